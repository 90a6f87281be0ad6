#!/bin/sh
# Installs the desk on Debian 12 or Ubuntu 24.04 from this folder into /opt/nextpod. Run as root; may be run again.
#
#   sudo apt-get install python3 python3-venv
#   sudo deploy/install.sh
#
# It makes the user nextpod, a virtual environment, /etc/nextpod/nextpod.env and the units. It starts nothing.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
to=/opt/nextpod

[ "$(id -u)" = 0 ] || { echo "Run this as root: sudo deploy/install.sh"; exit 1; }
python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' ||
  { echo "Python 3.11, 3.12 or 3.13 is needed."; exit 1; }
python3 -c 'import ensurepip, venv' || { echo "Run: apt-get install python3-venv"; exit 1; }

# The user that the desk runs as: no shell, no home but its state.
id nextpod >/dev/null 2>&1 || useradd --system --home-dir /var/lib/nextpod --shell /usr/sbin/nologin nextpod
install -d -m 700 -o nextpod -g nextpod /var/lib/nextpod

# The program, owned by root, so that the desk can't change itself.
install -d -m 755 "$to"
for part in app.py pages nextpod_core data reference locale .streamlit requirements.lock; do
  [ -e "$here/$part" ] || continue
  rm -rf "${to:?}/$part"
  cp -R "$here/$part" "$to/$part"
done
rm -f "$to"/data/*.db* "$to"/data/*.key
python3 -m venv "$to/.venv"
"$to/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$to/requirements.lock"
"$to/.venv/bin/python" -m compileall -q "$to/app.py" "$to/pages" "$to/nextpod_core"
chown -R root:root "$to"
chmod -R go-w,a+rX "$to"

# The secrets. What is there already stays.
install -d -m 700 /etc/nextpod
[ -e /etc/nextpod/nextpod.env ] || install -m 600 "$here/deploy/nextpod.env.example" /etc/nextpod/nextpod.env
chmod 600 /etc/nextpod/nextpod.env

# A command that runs as the desk does: sudo nextpod check
install -m 755 "$here/deploy/nextpod" /usr/local/bin/nextpod
install -m 644 "$here"/deploy/systemd/* /etc/systemd/system/
[ ! -d /run/systemd/system ] || systemctl daemon-reload

echo "Installed. Now write the key and the address into /etc/nextpod/nextpod.env, then:"
echo "  sudo nextpod migrate && sudo nextpod check"
echo "  sudo nextpod people add you@example.org --role admin"
echo "  sudo systemctl enable --now nextpod.target"
