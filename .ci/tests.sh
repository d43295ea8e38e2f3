#!/bin/sh
# All tests of the workspace, in two rows side by side: those of the verifier compute, those of the station wait for
# cameras and clocks. `cargo test --workspace` gives the same in one row, and takes as long as both.
set -eu
cd "$(dirname "$0")/.."

# Test programs of the verifier (1) or of all others (0), as arguments for cargo.
programs() {
    cargo metadata --locked --no-deps --format-version 1 | python3 -c '
import json, sys
for package in json.load(sys.stdin)["packages"]:
    for target in package["targets"]:
        if "test" in target["kind"] and target["test"] and (package["name"] == "verifier") == (sys.argv[1] == "1"):
            print("--test", target["name"])' "$1"
}

cargo test --locked --workspace --no-run
log=target/verifier-tests.log
# Both have every package selected, so that what was built fits.
# shellcheck disable=SC2046
cargo test --locked --workspace $(programs 1) >"$log" 2>&1 &
verifier=$!
status=0
# shellcheck disable=SC2046
cargo test --locked --workspace --lib --bins $(programs 0) || status=1
wait "$verifier" || status=1
cat "$log"
cargo test --locked --workspace --doc || status=1
exit "$status"
