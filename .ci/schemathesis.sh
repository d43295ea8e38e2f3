#!/bin/sh
# Installs Schemathesis of the versions in schemathesis.txt into target/tools. Does nothing where they are there.
set -eu
cd "$(dirname "$0")/.."

list=.ci/schemathesis.txt
folder=target/tools/schemathesis
if cmp -s "$list" "$folder/installed.txt"; then
    exit 0
fi
echo "setup: installing Schemathesis into $folder, once (half a minute)"
rm -rf "$folder"
# Debian's Python: another one may be of any version, or gone tomorrow.
/usr/bin/python3 -m venv "$folder"
"$folder/bin/pip" install --quiet --disable-pip-version-check --no-input --requirement "$list" || {
    echo "setup: Schemathesis cannot be installed from PyPI: see to the network, then again" >&2
    exit 2
}
cp "$list" "$folder/installed.txt"
