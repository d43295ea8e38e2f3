#!/bin/sh
# The machine inside the new root: the package, the services, and what a read-only root needs.
#   customize.sh ROOT PACKAGE.deb
set -eu
root=$1 package=$2
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=image/layout.sh
. "$here/layout.sh"
in_root() { chroot "$root" env DEBIAN_FRONTEND=noninteractive "$@"; }

# The machine's own files stand before those of the package.
cp -r "$here/root/." "$root"
cp "$package" "$root/packseal.deb"
in_root systemd-sysusers 10-packseal.conf
in_root dpkg --force-confold --install /packseal.deb
rm "$root/packseal.deb"

# The configuration lives on the data partition; a new machine gets this one.
mkdir -p "$root/usr/share/packseal" "$root/data" "$root/efi"
rm -rf "$root/usr/share/packseal/config"
cp -a "$root/etc/packseal" "$root/usr/share/packseal/config"
# A scanner that types is the usual one, and is found by 91-packseal-scanner.rules.
grep -q '^scanners = \["stdin"\]' "$root/usr/share/packseal/config/station.toml"
sed -i 's,^scanners = .*,scanners = ["evdev:/dev/packseal/scanner"],' "$root/usr/share/packseal/config/station.toml"
sed -i "s/@DATA_START@/$data_start/" "$root/usr/lib/packseal/data"

in_root systemctl --quiet enable packseal-data slot-confirm packseal-screen chrony \
    systemd-networkd systemd-resolved
# Nobody logs in. Package databases and seeds are not kept on a root that cannot be written.
in_root systemctl --quiet mask getty.target console-getty.service systemd-random-seed.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer \
    systemd-networkd-wait-online.service grub-common.service rauc-mark-good.service \
    e2scrub_reap.service systemd-update-utmp.service systemd-update-utmp-runlevel.service
echo packseal >"$root/etc/hostname"
printf '127.0.0.1 localhost packseal\n::1 localhost\n' >"$root/etc/hosts"
# Empty: one for each start. One in the image would be the same on all machines.
: >"$root/etc/machine-id"
rm -f "$root/var/lib/dbus/machine-id" "$root/etc/resolv.conf"
ln -s ../run/systemd/resolve/resolv.conf "$root/etc/resolv.conf"
# As systemd would make it.
ln -sf ../proc/self/mounts "$root/etc/mtab"
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/log/* "$root"/var/cache/debconf/*-old
