"""Commands on the database as a file: made, brought up to date, copied, put back, moved away, computed again."""

import argparse
import json
import time
from typing import TYPE_CHECKING

from nextpod_core.commands import Add, now
from nextpod_core.errors import BadInput
from nextpod_core.people import COMMAND
from nextpod_core.settings import Settings

if TYPE_CHECKING:
    from nextpod_core.suppressions import Replayed


def migrate(args: argparse.Namespace, settings: Settings) -> int:
    """Make the database, or bring it up to date after copying it."""
    from nextpod_core import senders, store

    new = not settings.database.exists()
    taken = store.migrate(settings, now=now(), by=COMMAND)
    if new and settings.mode == "sandbox":
        # Something to send from on the first try: a name, and a short code that people can answer.
        db = store.open(settings)
        for name in ("Nextpod", "2345"):
            senders.add(db, name, by=COMMAND, now=now())
        db.close()
    print(f"{settings.database} ({settings.mode}): {', '.join(taken) if taken else 'up to date'}")
    return 0


def backup(args: argparse.Namespace, settings: Settings) -> int:
    """Copy the database while everything runs, open the copy and count it; the newest fourteen are kept."""
    from nextpod_core import backups, store

    made = backups.make(settings, store.open(settings), now=now(), by=COMMAND)
    print(f"{made.path}: {made.bytes} bytes, " + ", ".join(f"{count} {table}" for table, count in made.counts.items()))
    print(f"{made.key}: the key file that belongs to it. Keep a copy of both on another machine, apart.")
    return 0


def list_backups(args: argparse.Namespace, settings: Settings) -> int:
    """List the backups in the backup folder, the newest first."""
    from dataclasses import asdict

    from nextpod_core import backups

    found = backups.recent(settings)
    if args.json:
        print(json.dumps([asdict(one) for one in found], default=str, indent=1))
        return 0
    for one in found:
        hours = (now() - one.made_at) / 3_600_000
        print(f"{one.path}  {hours:.1f} h old  {one.bytes >> 20} MB  {one.counts['messages']} messages"
              + ("" if one.is_there else "  the file or its key is gone"))  # fmt: skip
    if not found:
        print(f"none in {settings.backups}")
    return 1 if backups.is_late(settings, found, now=now()) else 0


def restore(args: argparse.Namespace, settings: Settings) -> int:
    """Put a backup in the place of the database, held: nothing leaves until a person has looked."""
    from pathlib import Path

    from nextpod_core import restoring

    done = restoring.restore(
        settings, Path(args.file), now=now(), by=COMMAND, key=Path(args.key) if args.key else None,
        identity=Path(args.identity) if args.identity else None, other=args.other,
    )  # fmt: skip
    until = time.strftime("%F %T UTC", time.gmtime(done.written_at / 1000))
    print(f"{settings.database} holds what was written until {until}.")
    print(f"{done.unknown} messages were under way then and are unknown now; {len(done.paused)} campaigns are paused.")
    for name in done.paused:
        print(f"  paused: {name}")
    if done.opted_out is None:
        print(f"There is no {settings.database.name}.optouts here, so who opted out after that time is NOT known.")
        print("Bring it from the other server, put it beside the database and run: python -m nextpod_core replay")
    else:
        print_replayed(done.opted_out)
    if done.erased:
        print(f"{done.erased} people who were erased after that time were erased again.")
    if done.aside:
        print(f"What lay there before is {done.aside}.")
    print("Sending rests. Start the processes, look at the health page, then let sending go on there.")
    return 0


def print_replayed(found: "Replayed") -> None:
    """What came of playing the file of opt-outs back."""
    print(
        f"From the file of opt-outs {found.known} numbers and {found.hashed} people known by their hash are on the "
        f"list again; {found.unreadable} lines could not be read."
    )


def replay(args: argparse.Namespace, settings: Settings) -> int:
    """Put back on the list who opted out since a backup, and erase again who was erased, from the file beside it."""
    from nextpod_core import erasure, store, suppressions

    db = store.open(settings)
    try:
        print_replayed(suppressions.replay_file(settings, db, by=COMMAND, now=now()))
        print(f"{erasure.replay(settings, db, by=COMMAND, now=now())} people were erased again.")
    except OSError as error:
        raise BadInput("The file of opt-outs can't be read: {why}.", why=str(error)) from error
    return 0


def seal(args: argparse.Namespace, settings: Settings) -> int:
    """The desk moves away: this server never sends again. Makes the backup to restore on the other one."""
    from nextpod_core import restoring

    made = restoring.seal(settings, now=now(), by=COMMAND)
    print(f"Sealed. Restore these on the other server: {made.path} {made.key}")
    return 0


def rebuild(args: argparse.Namespace, settings: Settings) -> int:
    """Compute again, from the logs, all that is derived from them."""
    from nextpod_core import rebuild as rebuilding
    from nextpod_core import store

    rebuilding.run(store.open(settings), now=now(), by=COMMAND)
    print("done")
    return 0


def retain(args: argparse.Namespace, settings: Settings) -> int:
    """Take away now what is older than the settings say; the dispatcher does it by itself every hour."""
    from nextpod_core import wishes

    return wishes.retain(settings, now=now)


def demo(args: argparse.Namespace, settings: Settings) -> int:
    """Fill a sandbox database with a believable year, to look at the pages with life in them."""
    from nextpod_core import demo as filling
    from nextpod_core import store

    filling.fill(
        store.open(settings),
        messages=args.messages,
        seed=args.seed,
        now=now(),
        by=COMMAND,
        days=max(1, args.days),
        questions=True,
    )
    return 0


def register(add: Add) -> None:
    """These commands, with what each takes."""
    add("migrate", migrate)
    add("backup", backup)
    listed = add("backups", list_backups)
    listed.add_argument("list", nargs="?", choices=("list",), help="the only thing to do with them here")
    listed.add_argument("--json", action="store_true")
    restored = add("restore", restore)
    restored.add_argument("file", help="a .db or .db.age that the backup command made")
    restored.add_argument("--key", help="the key file, when it is not in keys/ beside the backup")
    restored.add_argument("--identity", help="the file with age's secret key, for an encrypted backup")
    restored.add_argument("--other", action="store_true", help="let in a backup of another installation")
    add("replay", replay)
    add("seal", seal)
    add("rebuild", rebuild)
    add("retain", retain)
    filled = add("demo", demo)
    filled.add_argument("--messages", type=int, default=200_000)
    filled.add_argument("--seed", type=int, default=1)
    filled.add_argument("--days", type=int, default=365)
