# packseal: every target prints what it does. `make demo` first.

# rustup's compiler before an older one of the system.
export PATH := $(HOME)/.cargo/bin:$(PATH)

.PHONY: help setup demo test day device deb image bundle test-appliance bench soak c2pa

help:
	@echo 'make demo    record a simulated packing bench, seal it, and verify what it sealed'
	@echo 'make test    format, lints, documentation, the verifier alone, all tests'
	@echo 'make day     a day at a bench, as fast as it can be sealed, with everything that goes wrong'
	@echo 'make device  the station on a Debian kernel in QEMU, with a USB camera and a USB scanner'
	@echo 'make deb     the Debian package of both programs, in target/debian'
	@echo 'make image   a disk that boots on a bench and records: target/image/packseal.img'
	@echo 'make bundle  a signed update for it (VERSION=...)'
	@echo 'make test-appliance   that disk in QEMU: parcels, power cuts, clock steps, updates, USB cameras'
	@echo 'make bench   speed and memory of the shipped programs'
	@echo 'make c2pa    the verifier that checks content credentials, with its lints and tests (five minutes to build)'
	@echo 'make soak    the tests with random input and crashes, in full number (long)'
	@echo 'make setup   install what building and testing need (Debian 12 or 13)'

setup:
	@echo '== setup: what building and testing need'
	@.ci/setup.sh

# A folder of its own for each run, or DIR=... On a terminal it then goes on as a station at work, with its pages.
demo: setup
	@echo '== build: packseal-station and packseal-verifier'
	cargo build --locked -p station -p verifier
	@echo '== demo: the station records and seals'
	@dir="$(DIR)"; mkdir -p target/demo && dir=$${dir:-$$(mktemp -d target/demo/XXXXXX)} && \
	    target/debug/packseal-station demo --data "$$dir" && \
	    echo && echo '== demo: the separate verifier checks each clip, with the key given from outside' && \
	    target/debug/packseal-station key --data "$$dir" >"$$dir.vkey" && \
	    find "$$dir/clips" -name '*.mp4' | sort | while read -r clip; do \
	        echo "target/debug/packseal-verifier verify $$clip --trust $$dir.vkey" && \
	        target/debug/packseal-verifier verify "$$clip" --trust "$$dir.vkey" 2>&1 || exit 1; done && \
	    if [ -t 0 ] && [ -t 1 ]; then target/debug/packseal-station demo --data "$$dir" --serve; fi

test: setup
	@echo '== format'
	cargo fmt --all --check
	@echo '== lints'
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo clippy --locked -p station --test package --test appliance -- -D warnings
	@echo '== documentation: every link leads somewhere'
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps --document-private-items
	@echo '== the verifier needs no FFmpeg, camera or clang'
	@.ci/verifier-alone.sh
	@echo '== tests'
	@.ci/tests.sh

day: setup
	@echo '== build: packseal-station and its day'
	cargo build --locked -p station --tests
	@echo '== day: sixty parcels on footage'
	cargo test --locked -q -p station --test day

device: setup
	@echo '== build: packseal-station, and the USB camera of the tests'
	cargo build --locked -p station --bins --example usb-camera
	@echo '== device: the station in a machine of its own'
	cargo test --locked -p station --test device -- --nocapture

deb: setup
	@.ci/cargo-deb.sh
	@echo '== build: the shipped programs, their manual pages and completions'
	cargo build --locked --release -p station -p verifier --bins
	rm -rf target/release/assets && cargo run --locked --release -q -p station --example manual -- target/release/assets
	@echo '== package'
	rm -f target/debian/packseal_*.deb
	PATH="$(CURDIR)/target/tools/bin:$$PATH" cargo deb --locked --no-build -p station
	@ls -l target/debian/packseal_*.deb

bench: setup
	@echo '== build: the shipped programs'
	cargo build --locked --release -p station -p verifier
	@echo '== bench: what was measured and the goal it is held to; MISS is no failure (one figure: FIGURE=verify)'
	cargo bench --locked -p station --bench figures -- $(FIGURE)

# By itself: what the feature needs takes as long to build as a third of all tests to run.
c2pa: setup
	@echo '== lints: the verifier with content credentials'
	cargo clippy --locked -p verifier --features c2pa --bins --test inspect_c2pa -- -D warnings
	@echo '== tests: content credentials'
	cargo test --locked -p verifier --features c2pa --bins --test inspect_c2pa

# So many times the usual number of random inputs.
PACKSEAL_FUZZ_ROUNDS ?= 50

soak: c2pa
	@echo '== soak: random input $(PACKSEAL_FUZZ_ROUNDS) times as often, crashes and long recordings in full'
	PACKSEAL_SOAK=1 PACKSEAL_FUZZ_ROUNDS=$(PACKSEAL_FUZZ_ROUNDS) cargo test --locked --workspace

# The disk's own version; bundles are signed by RAUC_KEY, and trusted by disks whose RAUC_CERT it belongs to.
VERSION ?= $(shell sed -n 's/^version = "\(.*\)"$$/\1/p' Cargo.toml)
RAUC_CERT ?= target/image/development.pem
RAUC_KEY ?= target/image/development.key
# Of `make deb`; its name has the version.
DEB := target/debian/packseal_*.deb
QUIET := nice -n 15 ionice -c 3

target/image/development.pem target/image/development.key:
	@image/certificate.sh target/image

image: deb $(RAUC_CERT)
	@echo '== image: Debian and the package'
	@mkdir -p target/image
	$(QUIET) image/rootfs.sh target/image '$(VERSION)' $(DEB) '$(RAUC_CERT)'
	@echo '== image: the disk'
	$(QUIET) image/disk.sh target/image

bundle: deb $(RAUC_CERT) $(RAUC_KEY)
	@echo '== bundle: Debian and the package'
	@mkdir -p target/image/bundle
	BASE=target/image/base $(QUIET) image/rootfs.sh target/image/bundle '$(VERSION)' $(DEB) '$(RAUC_CERT)'
	@echo '== bundle: signed'
	$(QUIET) image/bundle.sh target/image/bundle/root.ext4 '$(VERSION)' '$(RAUC_CERT)' '$(RAUC_KEY)' \
	    'target/image/packseal-$(VERSION).raucb'

# All of it, or PARTS='day usb update cuts'.
test-appliance: image
	@echo '== test-appliance: the package in a Debian of its own'
	cargo test --locked -p station --test package
	@echo '== test-appliance: that disk in QEMU'
	cargo build --locked -p station --bins --example usb-camera
	cargo test --locked -p station --test appliance -- $(PARTS)
