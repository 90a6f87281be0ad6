#!/bin/sh
# Brings an installed desk to the version in this folder. Run as root. Sending is stopped before, and held after.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)

nextpod backup                      # before anything is touched: the way back is `nextpod restore` of this file
systemctl stop nextpod.target nextpod-dashboard nextpod-ingester nextpod-dispatcher  # requests under way end first
"$here/deploy/install.sh"
nextpod migrate                     # copies the database beside itself first
nextpod hold "Held after an upgrade. Look at the health page, then let sending go on."
systemctl start nextpod.target      # held, it receives: reports and STOP must not wait for anything else to be mended
nextpod check || true
echo "Started and held. When the health page is green: sudo nextpod resume"
