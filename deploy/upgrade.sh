#!/bin/sh
# Brings an installed desk to the version in this folder. Run as root. Sending is stopped before, and held after.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
state=/var/lib/nextpod

# Room first, while everything still runs: the database is copied before it is changed.
needed=$(( $(stat -c %s "$state/nextpod.db") / 512 )) # twice its size, in KiB
free=$(df --output=avail "$state" | tail -n 1)
[ "$free" -gt "$needed" ] || { echo "$needed KiB must be free in $state; $free are. Nothing was changed."; exit 1; }
nextpod backup                      # before anything is touched: the way back is `nextpod restore` of this file

broken() {
  [ "$?" = 0 ] || echo "The upgrade broke off: nothing is sent and nothing received now. Mend what is said above and run" \
    "this again, or go back: install the version before, and restore the backup named above."
}
trap broken EXIT
systemctl stop nextpod.target nextpod-dashboard nextpod-ingester nextpod-dispatcher  # requests under way end first
"$here/deploy/install.sh"
nextpod migrate                     # copies the database beside itself first
nextpod hold "Held after an upgrade. Look at the health page, then let sending go on."
systemctl start nextpod.target      # held, it receives: reports and STOP must not wait for anything else to be mended
nextpod check || true
echo "Started and held. When the health page is green: sudo nextpod resume"
