#!/bin/sh
# Installs cargo-deb, which packs what was built, into target/tools. Does nothing where this version is there.
set -eu
cd "$(dirname "$0")/.."

version=3.8.0
if [ "$(target/tools/bin/cargo-deb --version 2>/dev/null)" = "cargo-deb $version" ]; then
    exit 0
fi
echo "== tool: cargo-deb $version, once (about two minutes on two processors)"
# It packs one file: it need not be quick, but soon there.
export CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
cargo install --quiet --locked --root target/tools --version "$version" cargo-deb
