"""Commands on campaigns and on sending as a whole: send, check, report, hold, let go on."""

import argparse
import contextlib
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nextpod_core.commands import Add, now, of_table
from nextpod_core.errors import BadInput
from nextpod_core.people import COMMAND
from nextpod_core.settings import Settings

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from nextpod_core.db import Connection
    from nextpod_core.filters import Filter


def send(args: argparse.Namespace, settings: Settings) -> int:
    """Send a campaign from a file: the same as the page, through the same functions."""
    from nextpod_core import sending

    return sending.run(args, settings, now=now)


def check(args: argparse.Namespace, settings: Settings) -> int:
    """Is this installation fit to send? With --file: check a list and a text without storing anything, as JSON."""
    from nextpod_core import checking

    with _settled(args.file, settings.max_upload_mb) as file:
        found = checking.check(
            file, text=args.text, region=args.country, sheet=args.sheet, column=args.column,
            most_mb=settings.max_upload_mb, price=args.price,
        )  # fmt: skip
    # Names of files and columns may hold bytes that are no text.
    told = json.dumps(found, ensure_ascii=False, indent=1).encode(errors="replace").decode()
    print(told)
    return 0 if found["readable"] else 1


@contextlib.contextmanager
def _settled(name: str, most_mb: int) -> Iterator[Path]:
    """The file as it is named; what comes through a pipe (- is standard input) as a file of its own, for as long."""
    path = Path(name)
    if name != "-" and not path.is_fifo():
        yield path
        return
    with tempfile.NamedTemporaryFile() as kept, sys.stdin.buffer if name == "-" else path.open("rb") as pipe:
        left = (most_mb << 20) + 1  # One more than may be, so that too much is seen to be.
        while left > 0 and (some := pipe.read(min(left, 1 << 20))):
            kept.write(some)
            left -= len(some)
        kept.flush()
        yield Path(kept.name)


def a_price(text: str) -> float:
    """The price of a part, from 0 up."""
    try:
        price = float(text.replace(",", "."))
    except ValueError:
        price = -1
    if not 0 <= price < 1_000_000:
        raise argparse.ArgumentTypeError(f"{text} is no price. Write what a part costs, such as 0.39.")
    return price


def a_campaign(text: str) -> int:
    """The number of a campaign as a command is given it; none that no store could hold."""
    number = int(text) if text.strip().isascii() and text.strip().isdigit() else 0
    if not 0 < number < 2**63:
        raise argparse.ArgumentTypeError(f"{text} is no number of a campaign.")
    return number


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


def ledger(args: argparse.Namespace, settings: Settings) -> int:
    """Print where every message of a campaign is, as one JSON object."""
    from dataclasses import asdict

    from nextpod_core import campaigns, store

    found = campaigns.ledger(store.open(settings), args.id)
    print(json.dumps(asdict(found) | {"balances": found.balances}))
    return 0 if found.balances else 1


def report(args: argparse.Namespace, settings: Settings) -> int:
    """Print the delivery page's figures, of a period or of one campaign, as JSON or CSV."""
    from zoneinfo import ZoneInfo

    from nextpod_core import options, periods, reporting, store

    db, at = store.open(settings), now()
    chosen, silent_after = options.read(db), round(settings.no_report_hours * periods.HOUR)
    if args.campaign is not None:
        if args.period or args.first or args.last or args.sender or args.country or args.operator or args.keyword:
            raise BadInput("A campaign is reported over its whole life: leave the period and the other filters out.")
        found = reporting.of_campaign(db, args.campaign, chosen, now=at, silent_after=silent_after)
    else:
        asked = _asked(args, db, ZoneInfo(chosen.zone), now=at)
        found = reporting.of_period(db, asked, chosen, now=at, silent_after=silent_after)
    sys.stdout.write(reporting.as_csv(found) if args.format == "csv" else reporting.as_json(found) + "\n")
    return 0


def _asked(args: argparse.Namespace, db: "Connection", zone: "ZoneInfo", *, now: int) -> "Filter":
    """What a report is asked about. What isn't known is refused: its figures would all be 0, and be believed."""
    import datetime

    from nextpod_core import choices, filters, operators, periods

    try:
        first, last = (datetime.date.fromisoformat(day) if day else None for day in (args.first, args.last))
    except ValueError as error:
        raise BadInput("{given} is no date. Write one such as 2026-11-22.",
                       given=f"{args.first or ''} {args.last or ''}".strip()) from error  # fmt: skip
    if (first or last) and args.period not in (None, "own"):
        raise BadInput("A period is either named or goes from one date to another: leave one of the two out.")
    pairs = [operators.read_code(code) for code in args.operator]
    if None in pairs:
        raise BadInput("An operator is written by its MCC and MNC, such as 242-1.")
    countries = tuple(code.upper() for code in args.country)
    for code in countries:
        if not operators.mccs_of(code):
            raise BadInput("{code} is no country of a mobile network. Write two letters, such as NO.", code=code)
    for sender in args.sender:
        if not choices.is_sender(db, sender):
            raise BadInput("Nothing was ever sent from {sender}.", sender=sender)
    kind = args.period or ("own" if first or last else "30d")
    period = periods.asked(kind, now=now, zone=zone, first=first, last=last)
    return filters.Filter(
        period, (), tuple(args.sender), countries, tuple(pair for pair in pairs if pair), args.keyword
    )


def hold(args: argparse.Namespace, settings: Settings) -> int:
    """Let nothing leave until `resume`, with the reason that everybody is shown."""
    from nextpod_core import brakes, store
    from nextpod_core.db import transaction
    from nextpod_core.sentences import say

    db = store.open(settings)
    with transaction(db):
        brakes.put_on(db, "stop", say("{why}", why=args.why), now=now(), by=COMMAND)
    return 0


def resume(args: argparse.Namespace, settings: Settings) -> int:
    """Let sending go on: take off every brake, after somebody has looked at why they were put on; or one campaign."""
    from nextpod_core import brakes, campaigns, holding, store

    db = store.open(settings)
    if args.campaign is not None:
        campaigns.resume(db, args.campaign, by=COMMAND, now=now(), although=args.although)
        return 0
    for brake in brakes.active(db, now=now()):
        print(f"{brake.name}: {brake.reason}")
        brakes.let_go(db, brake.name, now=now(), by=COMMAND)
    for row in campaigns.recent(db, state="paused"):
        if many := holding.may_have_left(db, row):
            print(f"Still paused: campaign {row['id']}, {row['name']}: {many} messages may have left already.")
    return 0


def token(args: argparse.Namespace, settings: Settings) -> int:
    """Put a new webhook token in the place of the present one; the old one stays good for 96 hours or longer."""
    from nextpod_core import store, tokens

    with contextlib.closing(store.open(settings)) as db:
        tokens.rotate(settings, db, by=COMMAND, now=now())
    print("The token is replaced. Give Nextpod the new address for incoming messages: it stands on the health page,")
    print("under Connection. Until then, and for 96 hours, the old one is taken too.")
    return 0


def register(add: Add) -> None:
    """These commands, with what each takes."""
    one = add("send", send)
    one.add_argument("--file", required=True, help="a csv, tsv, txt or xlsx file; - for standard input")
    of_table(one)
    one.add_argument("--sender", required=True)
    one.add_argument("--text", required=True, help="may hold {{column}} and {{column|default}}")
    one.add_argument("--name", help="what the campaign is called; the file's name when not given")
    one.add_argument("--at", help="local time such as 2026-12-01T09:00; now when not given")
    one.add_argument("--country", help="two letters: how numbers without a country code are read")
    one.add_argument("--purpose", choices=("service", "marketing"), default="service")
    one.add_argument("--origin", default="", help="where the numbers and the consent come from")
    one.add_argument("--doubtful", action="store_true", help="let in numbers outside the numbering plan")
    one.add_argument("--wait", action="store_true", help="until nothing is queued or under way; prints the ledger")
    looked = add("check", check)
    looked.add_argument(
        "--file", help="a csv, tsv, txt or xlsx file (- for standard input); the installation when not given"
    )
    of_table(looked)
    looked.add_argument("--json", action="store_true")
    looked.add_argument("--text", default="")
    looked.add_argument("--country", default="NO")
    looked.add_argument("--price", type=a_price, help="of one part, such as 0.39: what it all costs is told as well")
    add("ledger", ledger).add_argument("id", type=a_campaign)
    told = add("report", report)
    told.add_argument("--campaign", type=a_campaign, help="its number; without it, a period")
    told.add_argument("--period", choices=("3h", "today", "7d", "30d", "90d", "year", "own"), help="30d when not given")
    told.add_argument("--from", dest="first", help="the first day of an own period, such as 2026-11-01")
    told.add_argument("--to", dest="last", help="its last day")
    told.add_argument("--sender", action="append", default=[])
    told.add_argument("--country", action="append", default=[], help="two letters, by the reports")
    told.add_argument("--operator", action="append", default=[], help="MCC-MNC such as 242-1, by the reports")
    told.add_argument("--keyword", help="acts on incoming messages alone")
    told.add_argument("--format", choices=("json", "csv"), default="json")
    add("hold", hold).add_argument("why", help="a sentence for those who see it")
    gone_on = add("resume", resume)
    gone_on.add_argument("--campaign", type=a_campaign, help="resume this one, and leave the brakes as they are")
    gone_on.add_argument("--although", type=int, help="so many of it may have left already, and leave all the same")
    add("token", token).add_argument("what", choices=("rotate",))
