#!/bin/sh
# STAND-IN until there is a package: a .deb of an already built program with a plain unit.
#   stand-in.sh PROGRAM OUT.deb
set -eu
d=$(mktemp -d); chmod 755 "$d"; mkdir -p "$d/DEBIAN" "$d/usr/bin" "$d/lib/systemd/system" "$d/etc/packseal"
strip -o "$d/usr/bin/packseal-station" "$1"
cp config/station.toml "$d/etc/packseal/"
mkdir -p "$d/debian"; printf 'Source: packseal\n\nPackage: packseal\nArchitecture: amd64\n' >"$d/debian/control"
depends=$(cd "$d" && dpkg-shlibdeps -O usr/bin/packseal-station | sed 's/shlibs:Depends=//'); rm -r "$d/debian"
cat >"$d/DEBIAN/control" <<C
Package: packseal
Version: 0.0.1
Architecture: amd64
Maintainer: nobody <nobody@localhost>
Depends: $depends
Description: stand-in
C
cat >"$d/lib/systemd/system/packseal-station.service" <<C
[Unit]
Description=packseal
[Service]
User=packseal
SupplementaryGroups=video input
ExecStartPre=/bin/sh -c '[ -e /var/lib/packseal/catalogue.sqlite ] || packseal-station init --config /etc/packseal/station.toml --station bench'
ExecStart=/usr/bin/packseal-station run --config /etc/packseal/station.toml
Restart=always
RestartSec=2
[Install]
WantedBy=multi-user.target
C
dpkg-deb --root-owner-group -b "$d" "$2" >/dev/null; rm -r "$d"
