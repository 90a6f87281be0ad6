"""The `send` command: a campaign from a file without a browser, through the same functions as the pages."""

import argparse
import io
import json
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from nextpod_core import audience, campaigns, drafts, imports, making, msisdn, options, review, schedule, senders, store
from nextpod_core.db import Connection
from nextpod_core.errors import BadInput
from nextpod_core.people import COMMAND
from nextpod_core.sentences import Sentence, say
from nextpod_core.settings import Settings

LOOK = 0.25  # Seconds between looks at a campaign that is waited for.


def run(args: argparse.Namespace, settings: Settings, *, now: Callable[[], int]) -> int:
    """Read, check, review and send; print one JSON object; with --wait the final ledger in it.

    Raises BadInput with a sentence when the file, the text, the sender or the time can't be used; nothing is sent then.
    """
    db = store.open(settings)
    region = _region(args.country or options.read(db).region)
    due = schedule.parse_local(args.at, options.read(db).zone) if args.at else None
    if due is not None and due < now():
        raise BadInput("{time} is past. Leave --at out to send now.", time=args.at)
    with _opened(args.file) as stream:
        name = "standard input" if args.file == "-" else Path(args.file).name
        import_id = imports.begin(settings, db, stream, filename=name, region=region, by=COMMAND, now=now())
    _read(settings, db, import_id, now)
    _choose(settings, db, import_id, args.sheet, args.column, now)
    if args.doubtful:
        imports.let_in_doubtful(db, import_id, True, by=COMMAND, now=now())
    draft = drafts.new(
        db, by=COMMAND, now=now(), name=args.name or name, import_id=import_id, sender=args.sender, text=args.text,
        purpose=args.purpose, origin=args.origin, due_at=due,
    )  # fmt: skip
    try:
        campaign_id = making.prepare(db, draft.id, by=COMMAND, now=now())
        found = review.get(db, draft.id)
        assert found is not None
        review.send(db, draft.id, version=draft.version, by=COMMAND, now=now(), typed=found.planned)
    except BadInput:
        drafts.drop(db, draft.id, by=COMMAND, now=now())  # Who mends the command sends it again; nobody mends this one.
        raise
    listed = imports.get(db, import_id)
    told: dict[str, Any] = {
        "campaign": campaign_id,
        "mode": settings.mode,
        "rows": sum(listed.counts.values()),
        "will_be_sent": found.planned,
        "left_out": found.left_out,
        "parts": {
            "total": found.parts_total, "least": found.parts_min, "most_common": found.parts_common,
            "most": found.parts_max,
        },
        "price": found.price,
        "currency": found.currency if found.price is not None else None,
        "first_at": _iso(found.first_at),
        "last_at": _iso(found.last_at),
        "warnings": [str(warning) for warning in [*found.warnings, *_about_sender(db, args.sender)]],
    }  # fmt: skip
    if args.wait:
        _wait(db, campaign_id, now)
        ledger = campaigns.ledger(db, campaign_id)
        told["ledger"] = asdict(ledger) | {"balances": ledger.balances}
    print(json.dumps(told, ensure_ascii=False))
    return 0


def _about_sender(db: Connection, name: str) -> Iterator[Sentence]:
    if name not in [sender.name for sender in senders.every(db)]:
        yield say("{sender} is not among the saved senders. See whether it is spelt as it should be.", sender=name)


def _region(given: str) -> str:
    region = given.upper()
    if region not in [iso for iso, _ in msisdn.countries()]:
        raise BadInput("{country} is not a country. Write two letters such as NO.", country=given)
    return region


def _opened(path: str) -> IO[bytes]:
    if path == "-":
        return io.BytesIO(sys.stdin.buffer.read())
    try:
        return open(path, "rb")
    except OSError as error:
        raise BadInput("{path} can't be opened: {why}.", path=path, why=error.strerror or str(error)) from error


def _read(settings: Settings, db: Connection, import_id: int, now: Callable[[], int]) -> None:
    if sys.stderr.isatty():
        done = threading.Event()
        bar = threading.Thread(target=_show_reading, args=(settings, import_id, done), daemon=True)
        bar.start()
        try:
            imports.run(settings, db, import_id, clock=now)
        finally:
            done.set()
            bar.join()
    else:
        imports.run(settings, db, import_id, clock=now)
    found = imports.get(db, import_id)
    if found.state != "done":
        raise BadInput(found.error or "The list could not be read.")


def _choose(
    settings: Settings, db: Connection, import_id: int, sheet: str | None, column: str | None, now: Callable[[], int]
) -> None:
    """Read the list once more from the sheet and the column that were asked for, when they are not what was read."""
    found = imports.get(db, import_id)
    if sheet is None and found.sheets and found.sheet != found.sheets[0]:
        # On the page somebody sees which sheet was read before anything leaves; here nobody would.
        raise BadInput(
            "The list seems to be on the sheet {sheet}, which is not the first one. If that is so, add --sheet.",
            sheet=found.sheet,
        )
    if sheet is not None and sheet != found.sheet:
        imports.again(db, import_id, sheet=sheet, by=COMMAND, now=now())
        _read(settings, db, import_id, now)
        found = imports.get(db, import_id)
    if column is not None and (place := audience.place_of(column, found.columns)) != found.number_column:
        imports.again(db, import_id, number_column=place, by=COMMAND, now=now())
        _read(settings, db, import_id, now)
        found = imports.get(db, import_id)
    if found.number_column is None:
        raise BadInput("No column with mobile numbers was found. Give it a heading such as Mobil.")


def _show_reading(settings: Settings, import_id: int, done: threading.Event) -> None:
    own = store.open(settings)
    while not done.wait(LOOK):
        found = imports.get(own, import_id)
        _bar("reading", found.done, found.total)
    own.close()
    print(file=sys.stderr)


def _wait(db: Connection, campaign_id: int, now: Callable[[], int]) -> None:
    waiting = threading.Event()
    while True:
        row = campaigns.get(db, campaign_id)
        assert row is not None
        ledger = campaigns.ledger(db, campaign_id)
        if sys.stderr.isatty():
            _bar("sending", ledger.planned - ledger.queued - ledger.in_flight, ledger.planned)
        if row["state"] in ("finished", "cancelled"):
            break
        if row["state"] == "paused":
            raise BadInput("Campaign {id} was paused. Look at it on its page, or resume it there.", id=campaign_id)
        if not store.is_alive(db, "dispatcher", now=now()):
            raise BadInput(
                "Campaign {id} is scheduled, but no dispatcher runs. Start one: python -m nextpod_core dispatch",
                id=campaign_id,
            )
        waiting.wait(LOOK)
    if sys.stderr.isatty():
        print(file=sys.stderr)


def _bar(what: str, done: int, total: int | None) -> None:
    width = 30
    if total:
        filled = round(width * min(done, total) / total)
        print(f"\r{what} [{'#' * filled}{'.' * (width - filled)}] {done}/{total}", end="", file=sys.stderr, flush=True)
    else:
        print(f"\r{what} {done}", end="", file=sys.stderr, flush=True)


def _iso(at: int | None) -> str | None:
    return None if at is None else schedule.to_local(at, "UTC").strftime("%Y-%m-%dT%H:%M:%SZ")
