#!/bin/sh
# Installs what building and testing need on a bare Debian 12 or 13. Asks nothing; does nothing where nothing is missing.
set -eu
cd "$(dirname "$0")/.."

say() { echo "setup: $*"; }
fail() { echo "setup: $*" >&2; exit 2; }

# The compiler is not installed here: its version is yours to choose, as long as it is new enough.
needed=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
how="install Rust $needed or newer with its cargo, rustfmt and clippy (rustup, default profile)"
command -v cargo >/dev/null && command -v rustc >/dev/null || fail "no Rust compiler found: $how"
found=$(rustc --version | sed 's/^rustc \([0-9.]*\).*/\1/')
[ "$(printf '%s\n' "$needed" "$found" | sort -V | head -n 1)" = "$needed" ] || fail "Rust $found is too old: $how"
cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 || fail "cargo fmt or clippy is missing: $how"

# The build: a linker, FFmpeg's headers, and libclang, which reads them.
packages="build-essential pkg-config clang libclang-dev libavcodec-dev libavformat-dev libavutil-dev libswscale-dev"
# The tests: FFmpeg and OpenSSL as second opinions, a network camera (an RTSP server), and footage.
packages="$packages ffmpeg openssl curl python3 python3-gi gir1.2-gst-rtsp-server-1.0"
packages="$packages gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad"
packages="$packages gstreamer1.0-plugins-ugly opencv-doc"
# What files say about themselves, read by a second program that knows nearly all of their tags.
packages="$packages libimage-exiftool-perl"
# The sheet of control codes rendered and read like paper; metrics read by Prometheus' own reader.
packages="$packages poppler-utils zbar-tools python3-prometheus-client"
# Clips played where people open them, and archives.
packages="$packages chromium chromium-driver unzip"
# A program killed before each of its system calls.
packages="$packages strace"
# The interface tried against its description, by a program from PyPI.
packages="$packages python3-venv"
# Pictures by other encoders than FFmpeg, and what cameras and editors write into them.
packages="$packages imagemagick libheif-examples python3-pil libimage-exiftool-perl"
# The device test: Debian's kernel in an emulated machine, with the programs a machine needs.
packages="$packages qemu-system-x86 busybox-static"
# The service's files read by those who will read them, and a disk that stands still.
packages="$packages systemd udev e2fsprogs"
# The appliance image, its updates, and the machine it is tested in.
if [ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ]; then
    packages="$packages mmdebstrap e2fsprogs dosfstools mtools gdisk grub-common grub-pc-bin grub-efi-amd64-bin"
    packages="$packages rauc squashfs-tools nbdkit ovmf"
fi
# Small images leave documentation out, and with it the footage.
footage=/usr/share/doc/opencv-doc/examples/data/vtest.avi

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || {
    say "this is not Debian; install yourself what these packages hold: $packages"
    exit 0
}

missing=
for package in $packages; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=
    [ "$status" = installed ] || missing="$missing $package"
done
reinstall=
if [ ! -e "$footage" ] && ! echo "$missing" | grep -q opencv-doc; then
    missing="$missing opencv-doc"
    reinstall=--reinstall
fi
[ -n "$missing" ] || { .ci/schemathesis.sh; say "nothing is missing"; exit 0; }

root=
if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || fail "run this as root, then again: apt-get install --no-install-recommends$missing"
    root="sudo -n"
fi
say "installing$missing"
$root apt-get update -qq
# shellcheck disable=SC2086 # several words each
$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $reinstall --no-install-recommends \
    -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
    -o DPkg::Options::=--path-include='/usr/share/doc/opencv-doc/*' $missing
.ci/schemathesis.sh
say "done"
