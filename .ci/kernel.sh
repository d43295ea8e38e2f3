#!/bin/sh
# Fetches Debian's stock kernel and unpacks it to target/kernel: vmlinuz, and modules/ with what belongs to it. The
# machine itself gets no kernel. Does nothing where it is there; --again fetches the newest.
set -eu
cd "$(dirname "$0")/.."

kernel=target/kernel
[ "${1:-}" = --again ] || [ ! -e $kernel/vmlinuz ] || exit 0

fail() { echo "kernel: $*" >&2; exit 2; }
command -v apt-get >/dev/null || fail "this is not Debian: unpack a kernel with vhci-hcd and uvcvideo to $kernel"
package=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1)
[ -n "$package" ] || fail "the package lists name no kernel: run apt-get update"

rm -rf $kernel.new
mkdir -p $kernel.new
(cd $kernel.new && apt-get download -qq "$package" 2>apt.log) || fail "cannot fetch $package: $(cat $kernel.new/apt.log)"
dpkg-deb -x $kernel.new/*.deb $kernel.new/root
# Newer packages have all under usr, and modules compressed.
find $kernel.new/root -path '*/modules/*/kernel' -type d -exec mv {} $kernel.new/modules \; -prune
find $kernel.new/modules -name '*.ko.xz' -exec xz -d {} +
mv $kernel.new/root/boot/vmlinuz-* $kernel.new/vmlinuz
rm -rf $kernel.new/root $kernel.new/*.deb $kernel.new/apt.log $kernel
mv $kernel.new $kernel
echo "kernel: $package"
