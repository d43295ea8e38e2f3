#!/bin/sh
# A root file system: Debian with the packseal package, as a tree in $OUT/root, then as $OUT/root.ext4.
# Wants to be root, for the owners of files. Nothing is mounted on this machine.
#   rootfs.sh OUT VERSION PACKAGE.deb KEYRING.pem
set -eu
out=$1 version=$2 package=$3 keyring=$4
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=image/layout.sh
. "$here/layout.sh"
[ "$(id -u)" = 0 ] || { echo "image: must run as root" >&2; exit 2; }
# Same input, same image.
: "${SOURCE_DATE_EPOCH:=$(git -C "$here" log -1 --format=%ct)}"
export SOURCE_DATE_EPOCH LC_ALL=C.UTF-8

# Debian's archive as this machine's apt knows it. The package wants the libraries of the release it was built on.
. /etc/os-release
sources=$out/sources.list
# shellcheck disable=SC2016 # apt's own variables
apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
    awk -v suite="$VERSION_CODENAME" '$1 == "Debian" && $4 == "main" && $3 ~ "^" suite "(-updates|-security)?$" {
        print "deb", $2, $3, $4 }' | sort -u >"$sources"
[ -s "$sources" ] || { echo "image: apt knows no Debian $VERSION_CODENAME archive: run apt-get update" >&2; exit 2; }

include=linux-image-amd64,initramfs-tools,zstd,systemd-sysv,udev,dbus,kmod,tzdata,ca-certificates
include=$include,systemd-resolved,iproute2,chrony,rauc,rauc-service,grub-common
include=$include,e2fsprogs,dosfstools,gdisk,fdisk,util-linux
# What the package needs; of alternatives the first.
needs=$(dpkg-deb -f "$package" Pre-Depends Depends | sed 's/^[A-Za-z-]*: //; s/([^)]*)//g; s/|[^,]*//g; s/ //g' | paste -s -d ,)
include=$include,$needs

# Debian's part, which is made anew only when its list or what goes into its initial ramdisk changes.
base=${BASE:-$out/base}
inputs=$({ echo "$include"; cat "$sources" "$here/dpkg.cfg" "$here"/root/etc/initramfs-tools/*/* \
    "$here/root/etc/initramfs-tools/modules"; } | sha256sum)
if [ "$(cat "$base.inputs" 2>/dev/null)" != "$inputs" ]; then
    rm -rf "$base" "$base.inputs"
    # shellcheck disable=SC2016 # mmdebstrap's own variables
    mmdebstrap --mode=root --variant=minbase --include="$include" \
        --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' --dpkgopt="$here/dpkg.cfg" \
        --essential-hook='mkdir -p "$1/etc/initramfs-tools"' \
        --essential-hook='cp -r "'"$here"'/root/etc/initramfs-tools/." "$1/etc/initramfs-tools"' \
        "$VERSION_CODENAME" "$base" "$sources"
    echo "$inputs" >"$base.inputs"
fi
tree=$out/root
rm -rf "$tree"
cp -a "$base" "$tree"
"$here/customize.sh" "$tree" "$package"
cp "$keyring" "$tree/etc/rauc/keyring.pem"
printf 'IMAGE_ID=packseal\nIMAGE_VERSION=%s\n' "$version" >>"$tree/usr/lib/os-release"
find "$tree" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

# Nothing is ever written to it: an update carries no more than there is.
files=$(find "$tree" | wc -l)
size=$(($(du -s -m "$tree" | cut -f 1) * 21 / 20 + 8))
[ "$size" -le "$((root_size / mib))" ] || { echo "image: a root of $size MiB is too large for its slot" >&2; exit 1; }
rm -f "$out/root.ext4"
E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH mke2fs -q -t ext4 -O '^has_journal' -m 0 -N "$((files + 100))" -L packseal-root \
    -U 8a6f2c1e-0c5b-4b8e-9a61-7061636b00ff -E hash_seed=8a6f2c1e-0c5b-4b8e-9a61-7061636b00fe \
    -d "$tree" "$out/root.ext4" "${size}M"
rm -rf "$tree"
echo "image: $out/root.ext4, version $version, $size MiB"
