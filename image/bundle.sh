#!/bin/sh
# A signed update of the root file system.
#   bundle.sh ROOT.ext4 VERSION CERTIFICATE.pem KEY.pem OUT.raucb
set -eu
root=$1 version=$2 certificate=$3 key=$4 out=$5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ln "$root" "$work/root.ext4" 2>/dev/null || cp --sparse=always "$root" "$work/root.ext4"
cat >"$work/manifest.raucm" <<M
[update]
compatible=packseal-amd64
version=$version

[bundle]
format=verity

[image.rootfs]
filename=root.ext4
M
rm -f "$out"
rauc bundle --cert="$certificate" --key="$key" --keyring="$certificate" \
    --mksquashfs-args="-comp zstd -Xcompression-level ${ZSTD_LEVEL:-15} -no-progress" "$work" "$out"
echo "image: $out, version $version, $(du -m "$out" | cut -f 1) MiB"
