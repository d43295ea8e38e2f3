#!/bin/sh
# Proves that the verifier needs neither FFmpeg nor a camera nor clang: nothing of them is among its dependencies, and
# it builds where none of them can be found.
set -eu
cd "$(dirname "$0")/.."

tree=$(cargo tree --locked -p verifier -e normal,build --prefix none)
if foreign=$(echo "$tree" | grep -iE '^(ffmpeg|nokhwa|v4l|bindgen|clang|pkg-config|cc |cmake|openh264|tokio|axum|rusqlite)'); then
    echo "the verifier depends on: $foreign" >&2
    exit 1
fi
echo "$tree" | grep -q '^evidence ' || { echo "the list of dependencies could not be read" >&2; exit 1; }
PKG_CONFIG=/nonexistent PKG_CONFIG_PATH=/nonexistent PKG_CONFIG_LIBDIR=/nonexistent LIBCLANG_PATH=/nonexistent \
    CLANG_PATH=/nonexistent FFMPEG_DIR=/nonexistent cargo build --locked -p verifier
echo "the verifier builds alone: $(echo "$tree" | sort -u | wc -l) crates, none of FFmpeg, cameras or clang"
