#!/bin/sh
# A certificate for bundles of a developer, made on first use. Whoever ships machines has one of their own: RAUC_CERT
# and RAUC_KEY.
#   certificate.sh OUT
set -eu
out=$1
[ -s "$out/development.key" ] && [ -s "$out/development.pem" ] && exit
mkdir -p "$out"
(umask 077 && openssl req -x509 -newkey rsa:3072 -nodes -days 3650 -subj '/CN=packseal development' \
    -keyout "$out/development.key" -out "$out/development.pem" 2>/dev/null)
echo "image: a development certificate, $out/development.pem"
