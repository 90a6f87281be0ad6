"""The commands `person export`, `person erase` and `retain`: what a person may ask for, and what is old."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from nextpod_core import consent, erasure, msisdn, options, personal, remains, retention, store
from nextpod_core.errors import BadInput
from nextpod_core.people import COMMAND
from nextpod_core.sentences import say
from nextpod_core.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `person`."""
    ways = parser.add_subparsers(dest="way", required=True, metavar="WAY")
    export = ways.add_parser("export", help="a zip with all that is held of this number, as JSON and CSV")
    export.add_argument("number", help="in any writing")
    export.add_argument("--to", required=True, metavar="FILE", help="a new file; - for standard output")
    erase = ways.add_parser("erase", help="erase this number and its texts everywhere; opt-outs hold on as hashes")
    erase.add_argument("number", help="in any writing, or as it stands in the inbox")
    erase.add_argument("--stop", action="store_true", help="and put it on the suppression list, as a hash")
    erase.add_argument("--yes", action="store_true", help="don't ask; it can't be undone")


def run(args: argparse.Namespace, settings: Settings, *, now: Callable[[], int]) -> int:
    """Do it; 0, or 3 when an erasure still waits for messages under way. Raises BadInput."""
    db = store.open(settings)
    read = msisdn.read(args.number, region=options.read(db).region)
    number = read.msisdn or read.candidate or args.number.strip()
    if args.way == "export":
        _write(args.to, personal.export(db, number, by=COMMAND, now=now()))
        return 0
    if not args.yes:
        print(f"Everything about {number} is erased, here and for good. Type the number to go on: ", end="", flush=True)
        if "".join(filter(str.isdigit, sys.stdin.readline())) != "".join(filter(str.isdigit, number)):
            raise BadInput("That is another number. Nothing was erased.")
    copies = remains.copies(settings, number)
    words = remains.own_words(db, number)
    wish = erasure.ask(db, number, by=COMMAND, now=now(), stop=args.stop)
    done = erasure.run(settings, db, wish, clock=now)
    found = erasure.get(db, wish)
    for table, rows in sorted(found.found.items()):
        print(f"{rows} {table}")
    if not done:
        print(found.waits or say("Another process is at it."))
    for copy in copies:
        if copy.holds is not False:
            print(f"{'still in' if copy.holds else 'may be in'} {copy.path}")
    for kind, name in words:
        print(f"stands in your own words, and was left there: {kind} {name}")
    print(f"Erasures are told in {consent.file_of(settings.database).name}, so that a restored backup erases again.")
    return 0 if done else 3


def retain(settings: Settings, *, now: Callable[[], int]) -> int:
    """Take away what is old, all of it, and print how much."""
    db = store.open(settings)
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    for counter in (before, after):
        for row in retention.taken(db, days=1):
            counter[row["day"] + " " + row["kind"]] += row["rows"]
        if counter is before:
            for _rows in retention.run(settings, db, now=now()):
                pass
    for name, rows in sorted((after - before).items()):
        print(f"{rows} {name.partition(' ')[2]}")
    if held := retention.held_back(db):
        print(f"{held} are old enough, and wait for somebody to settle or answer them")
    return 0


def _write(to: str, content: bytes) -> None:
    if to == "-":
        sys.stdout.buffer.write(content)
        return
    try:
        with os.fdopen(os.open(Path(to), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(content)
    except OSError as error:
        raise BadInput("{path} can't be written: {why}.", path=to, why=error.strerror or str(error)) from error
    print(f"{to}: {len(content)} bytes. Hand it over safely, then delete it.")
