"""The command line: `python -m nextpod_core COMMAND`. Each command reads the settings, opens what it needs, ends."""

import argparse
import contextlib
import gc
import json
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from nextpod_core import logs
from nextpod_core import settings as settings_module
from nextpod_core.errors import BadInput, WrongSettings, WrongStore
from nextpod_core.people import COMMAND
from nextpod_core.settings import Settings

if TYPE_CHECKING:
    from nextpod_core.suppressions import Replayed

Command = Callable[[argparse.Namespace, Settings], int]


def now() -> int:
    """The clock, in UTC milliseconds; only commands and processes read it."""
    return time.time_ns() // 1_000_000


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


def dispatch(args: argparse.Namespace, settings: Settings) -> int:
    """Send what is due, until stopped."""
    from nextpod_core import dispatcher

    return dispatcher.main(settings)


def ingest(args: argparse.Namespace, settings: Settings) -> int:
    """Receive delivery reports and incoming messages, until stopped."""
    from nextpod_core import ingester

    return ingester.main(settings)


def import_file(args: argparse.Namespace, settings: Settings) -> int:
    """Read one uploaded list into staging rows (started by the dashboard)."""
    from nextpod_core import imports, store, work

    work.be_modest()
    gc.disable()  # A list makes millions of strings and no circles: looking for some took a tenth of the time.
    db = store.open(settings)
    imports.run(settings, db, args.id, clock=now)
    return 0


def prepare(args: argparse.Namespace, settings: Settings) -> int:
    """Make the messages of one draft for its review (started by the dashboard)."""
    from nextpod_core import review, store

    review.prepare(store.open(settings), args.id, by=COMMAND, now=now())
    return 0


def ledger(args: argparse.Namespace, settings: Settings) -> int:
    """Print where every message of a campaign is, as one JSON object."""
    from dataclasses import asdict

    from nextpod_core import campaigns, store

    found = campaigns.ledger(store.open(settings), args.id)
    print(json.dumps(asdict(found) | {"balances": found.balances}))
    return 0 if found.balances else 1


def report(args: argparse.Namespace, settings: Settings) -> int:
    """Print the delivery page's figures, of a period or of one campaign, as JSON or CSV."""
    import datetime
    from zoneinfo import ZoneInfo

    from nextpod_core import filters, operators, options, periods, reporting, store

    db, at = store.open(settings), now()
    chosen, silent_after = options.read(db), round(settings.no_report_hours * periods.HOUR)
    if args.campaign is not None:
        if args.period or args.first or args.last or args.sender or args.country or args.operator or args.keyword:
            raise BadInput("A campaign is reported over its whole life: leave the period and the other filters out.")
        found = reporting.of_campaign(db, args.campaign, chosen, now=at, silent_after=silent_after)
    else:
        try:
            first, last = (datetime.date.fromisoformat(day) if day else None for day in (args.first, args.last))
        except ValueError as error:
            raise BadInput("{given} is no date. Write one such as 2026-11-22.",
                           given=f"{args.first or ''} {args.last or ''}".strip()) from error  # fmt: skip
        pairs = [operators.read_code(code) for code in args.operator]
        if None in pairs:
            raise BadInput("An operator is written by its MCC and MNC, such as 242-1.")
        kind = args.period or ("own" if first or last else "30d")
        asked = filters.Filter(
            periods.asked(kind, now=at, zone=ZoneInfo(chosen.zone), first=first, last=last), (), tuple(args.sender),
            tuple(args.country), tuple(pair for pair in pairs if pair), args.keyword,
        )  # fmt: skip
        found = reporting.of_period(db, asked, chosen, now=at, silent_after=silent_after)
    sys.stdout.write(reporting.as_csv(found) if args.format == "csv" else reporting.as_json(found) + "\n")
    return 0


def send(args: argparse.Namespace, settings: Settings) -> int:
    """Send a campaign from a file: the same as the page, through the same functions."""
    from nextpod_core import sending

    return sending.run(args, settings, now=now)


def check(args: argparse.Namespace, settings: Settings) -> int:
    """Is this installation fit to send? With --file: check a list and a text without storing anything, as JSON."""
    from nextpod_core import checking

    found = checking.check(
        args.file, text=args.text, region=args.country, sheet=args.sheet, column=args.column,
        most_mb=settings.max_upload_mb,
    )  # fmt: skip
    print(json.dumps(found, ensure_ascii=False, indent=1))
    return 0 if found["readable"] else 1


def examine(args: argparse.Namespace) -> int:
    """The doctor; it reads the settings itself, since they may be what is wrong."""
    import os

    from nextpod_core import doctor

    checks = doctor.examine(os.environ, now=now)
    if args.json:
        print(json.dumps([{"name": one.name, "level": one.level, "found": str(one.found),
                           "todo": str(one.todo) if one.todo else None} for one in checks], indent=1))  # fmt: skip
    else:
        for one in checks:
            print(f"{one.level:5} {one.name}: {one.found}" + (f"\n      {one.todo}" if one.todo else ""))
    return doctor.exit_code(checks)


def rebuild(args: argparse.Namespace, settings: Settings) -> int:
    """Compute again, from the logs, all that is derived from them."""
    from nextpod_core import rebuild as rebuilding
    from nextpod_core import store

    rebuilding.run(store.open(settings), now=now(), by=COMMAND)
    print("done")
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


def consent(args: argparse.Namespace, settings: Settings) -> int:
    """Walk the ledger of opting out and in: whether every row is as it was written and says what the list says."""
    from nextpod_core import consent as ledger_of_consent
    from nextpod_core import store

    found = ledger_of_consent.verify(store.open(settings))
    if found.broken_at is not None:
        print(f"row {found.broken_at} is not as it was written", file=sys.stderr)
    if found.unwritten:
        print(f"{found.unwritten} rows of the suppression list are told otherwise, or not at all", file=sys.stderr)
    if found.is_whole:
        print(f"{found.entries} rows, whole; head {found.head}")
    return 0 if found.is_whole else 1


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


def print_replayed(found: "Replayed") -> None:
    """What came of playing the file of opt-outs back."""
    print(f"From the file of opt-outs {found.known} numbers and {found.hashed} people known by their hash are on the "
          f"list again; {found.unreadable} lines could not be read.")  # fmt: skip


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


def seal(args: argparse.Namespace, settings: Settings) -> int:
    """The desk moves away: this server never sends again. Makes the backup to restore on the other one."""
    from nextpod_core import restoring

    made = restoring.seal(settings, now=now(), by=COMMAND)
    print(f"Sealed. Restore these on the other server: {made.path} {made.key}")
    return 0


def hold(args: argparse.Namespace, settings: Settings) -> int:
    """Let nothing leave until `resume`, with the reason that everybody is shown."""
    from nextpod_core import brakes, store
    from nextpod_core.db import transaction
    from nextpod_core.sentences import say

    db = store.open(settings)
    with transaction(db):
        brakes.put_on(db, "stop", say("{why}", why=args.why), now=now(), by=COMMAND)
    return 0


def token(args: argparse.Namespace, settings: Settings) -> int:
    """Put a new webhook token in the place of the present one; the old one stays good for 96 hours or longer."""
    from nextpod_core import store, tokens

    with contextlib.closing(store.open(settings)) as db:
        tokens.rotate(settings, db, by=COMMAND, now=now())
    print("The token is replaced. Give Nextpod the new address for incoming messages: it stands on the health page,")
    print("under Connection. Until then, and for 96 hours, the old one is taken too.")
    return 0


def alive(args: argparse.Namespace, settings: Settings) -> int:
    """Whether a process said within thirty seconds that it lives: exit code 0, else 1. For containers."""
    from nextpod_core import store

    return 0 if store.is_alive(store.open(settings), args.process, now=now(), within=30_000) else 1


def resume(args: argparse.Namespace, settings: Settings) -> int:
    """Let sending go on: take off every brake, after somebody has looked at why they were put on."""
    from nextpod_core import brakes, store

    db = store.open(settings)
    for brake in brakes.active(db, now=now()):
        print(f"{brake.name}: {brake.reason}")
        brakes.let_go(db, brake.name, now=now(), by=COMMAND)
    return 0


def demo(args: argparse.Namespace, settings: Settings) -> int:
    """Fill a sandbox database with a believable year, to look at the pages with life in them."""
    from nextpod_core import demo as filling
    from nextpod_core import store

    filling.fill(
        store.open(settings), messages=args.messages, seed=args.seed, now=now(), by=COMMAND, days=max(1, args.days)
    )
    return 0


def people(args: argparse.Namespace, settings: Settings) -> int:
    """Who may sign in at the dashboard, and as what."""
    from nextpod_core import entry

    return entry.run(args, settings, now=now())


def erase(args: argparse.Namespace, settings: Settings) -> int:
    """Go on with erasing one person (started by the dashboard)."""
    from nextpod_core import erasure, store, work

    work.be_modest()
    erasure.run(settings, store.open(settings), args.id, clock=now)
    return 0


def person(args: argparse.Namespace, settings: Settings) -> int:
    """Everything about one person: `export` it into a zip, or `erase` it everywhere."""
    from nextpod_core import wishes

    return wishes.run(args, settings, now=now)


def retain(args: argparse.Namespace, settings: Settings) -> int:
    """Take away now what is older than the settings say; the dispatcher does it by itself every hour."""
    from nextpod_core import wishes

    return wishes.retain(settings, now=now)


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(prog="python -m nextpod_core", description="A desk for SMS campaigns over Nextpod.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Command) -> argparse.ArgumentParser:
        told = (run.__doc__ or "").strip()
        one = commands.add_parser(name, help=told, description=told)
        one.set_defaults(run=run)
        return one

    add("migrate", migrate)
    add("dispatch", dispatch)
    add("ingest", ingest)
    commands.add_parser("sandbox", help="The stand-in for Nextpod; `sandbox mo` sends an incoming message by hand.")
    add("import", import_file).add_argument("id", type=int)
    add("prepare", prepare).add_argument("id", type=int)
    add("erase", erase).add_argument("id", type=int)
    add("retain", retain)
    add("ledger", ledger).add_argument("id", type=int)
    add("rebuild", rebuild)
    add("resume", resume)
    add("consent", consent).add_argument("what", choices=("verify",))
    add("hold", hold).add_argument("why", help="a sentence for those who see it")
    add("token", token).add_argument("what", choices=("rotate",))
    add("alive", alive).add_argument("process", choices=("dispatcher", "ingester"))
    add("backup", backup)
    restored = add("restore", restore)
    restored.add_argument("file", help="a .db or .db.age that the backup command made")
    restored.add_argument("--key", help="the key file, when it is not in keys/ beside the backup")
    restored.add_argument("--identity", help="the file with age's secret key, for an encrypted backup")
    restored.add_argument("--other", action="store_true", help="let in a backup of another installation")
    add("seal", seal)
    add("replay", replay)
    listed = add("backups", list_backups)
    listed.add_argument("list", nargs="?", choices=("list",), help="the only thing to do with them here")
    listed.add_argument("--json", action="store_true")
    filled = add("demo", demo)
    filled.add_argument("--messages", type=int, default=200_000)
    filled.add_argument("--seed", type=int, default=1)
    filled.add_argument("--days", type=int, default=365)
    one = add("send", send)
    one.add_argument("--file", required=True, help="a csv, tsv, txt or xlsx file; - for standard input")
    _of_table(one)
    one.add_argument("--sender", required=True)
    one.add_argument("--text", required=True, help="may hold {{column}} and {{column|default}}")
    one.add_argument("--name", help="what the campaign is called; the file's name when not given")
    one.add_argument("--at", help="local time such as 2026-12-01T09:00; now when not given")
    one.add_argument("--country", help="two letters: how numbers without a country code are read")
    one.add_argument("--purpose", choices=("service", "marketing"), default="service")
    one.add_argument("--origin", default="", help="where the numbers and the consent come from")
    one.add_argument("--doubtful", action="store_true", help="let in numbers outside the numbering plan")
    one.add_argument("--wait", action="store_true", help="until nothing is queued or under way; prints the ledger")
    told = add("report", report)
    told.add_argument("--campaign", type=int, help="its number; without it, a period")
    told.add_argument("--period", choices=("3h", "today", "7d", "30d", "90d", "year", "own"), help="30d when not given")
    told.add_argument("--from", dest="first", help="the first day of an own period, such as 2026-11-01")
    told.add_argument("--to", dest="last", help="its last day")
    told.add_argument("--sender", action="append", default=[])
    told.add_argument("--country", action="append", default=[], help="two letters, by the reports")
    told.add_argument("--operator", action="append", default=[], help="MCC-MNC such as 242-1, by the reports")
    told.add_argument("--keyword", help="acts on incoming messages alone")
    told.add_argument("--format", choices=("json", "csv"), default="json")
    looked = add("check", check)
    looked.add_argument("--file", help="a csv, tsv, txt or xlsx file; without it the installation is checked")
    _of_table(looked)
    looked.add_argument("--json", action="store_true")
    looked.add_argument("--text", default="")
    looked.add_argument("--country", default="NO")
    from nextpod_core import entry, wishes

    entry.arguments(add("people", people))
    wishes.arguments(add("person", person))
    return top


def _of_table(command: argparse.ArgumentParser) -> None:
    command.add_argument("--sheet", help="the sheet of a workbook; the first when not given")
    command.add_argument("--column", help="the column with the numbers; found by name and content when not given")


def main(argv: list[str] | None = None) -> int:
    """Run one command; 0, or 1 after a sentence on standard error, or 2 for a command line that makes no sense."""
    given = sys.argv[1:] if argv is None else argv
    if given[:1] == ["sandbox"]:  # Has a command line and settings of its own: it stands in for somebody else.
        from nextpod_core.sandbox import main as sandbox_main

        return sandbox_main(given[1:])
    args = parser().parse_args(given)
    if args.command == "check" and not args.file:
        return examine(args)
    try:
        settings = settings_module.load()
        logs.begin(settings)
        run: Command = args.run
        return run(args, settings)
    except (BadInput, WrongSettings, WrongStore) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
