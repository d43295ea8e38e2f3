#!/bin/sh
# All tests of the workspace, in two rows side by side: those of the verifier and three long ones compute, the others wait
# for cameras and clocks. `cargo test --workspace` gives the same in one row, and takes as long as both.
set -eu
cd "$(dirname "$0")/.."

# Test programs of the one row (1) or of the other (0), as arguments for cargo.
programs() {
    cargo metadata --locked --no-deps --format-version 1 | python3 -c '
import json, sys
def computes(package, target):
    return package["name"] == "verifier" or target["name"] in ("device", "crash", "restore")
for package in json.load(sys.stdin)["packages"]:
    for target in package["targets"]:
        # What needs a feature has a make target of its own.
        if "required-features" in target:
            continue
        if "test" in target["kind"] and target["test"] and computes(package, target) == (sys.argv[1] == "1"):
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
