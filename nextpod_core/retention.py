"""
What is old is taken away by itself: numbers and texts, what people wrote, raw bodies, uploads, each after its time.

One step is one short transaction. Nothing that may still leave, or of which nobody knows whether it left, is emptied;
nor what a person still waits for an answer to. Counts stay exactly, since statuses, operators and times stay. What was
taken away is counted by day (`taken`) and told in the audit log. The steps: `aged_sent`, `aged_received`, `aged_lists`.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from nextpod_core import aged, aged_lists, aged_received, aged_sent, emptying, options
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.options import Options
from nextpod_core.people import Actor, audit
from nextpod_core.settings import Settings

BY = Actor("system", "retention")
DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """Before which moment (UTC milliseconds) what is taken away; None for never."""

    numbers: int | None
    inbound: int | None
    bodies: int | None
    uploads: int


def cutoffs(set_up: Options, *, now: int) -> Cutoffs:
    """The moments that the team's settings come to."""

    def before(days: int | None) -> int | None:
        return None if days is None else now - days * DAY

    numbers, inbound = before(set_up.keep_numbers_days), before(set_up.keep_inbound_days)
    # A text goes with the number of whoever wrote it, at the latest.
    inbound = numbers if inbound is None else max(inbound, numbers or inbound)
    return Cutoffs(numbers, inbound, before(set_up.keep_bodies_days), now - set_up.keep_uploads_days * DAY)


def run(settings: Settings, db: Connection, *, now: int) -> Iterator[int]:
    """Take away all that is due, one short transaction to each value: how many rows it took. May end at any of them."""
    at = cutoffs(options.read(db), now=now)
    emptying_ready = False
    for step in _steps(settings, at, now):
        while True:
            if not emptying_ready:
                with transaction(db):
                    emptying.secure_search(db)
                emptying_ready = True
            with transaction(db):
                looked, taken = step(db)
                _note(db, taken, now=now)
            yield sum(taken.values())
            if not looked:
                break
    yield from _merge(db, now=now)
    _tell(db, now=now)


def taken(db: Connection, *, days: int = 30) -> list[Row]:
    """What was taken away on each of the last days on which anything was: day (UTC), kind, rows; newest first."""
    rows: list[Row] = db.execute(
        """
        SELECT day, kind, rows FROM taken
         WHERE day IN (SELECT DISTINCT day FROM taken ORDER BY day DESC LIMIT :days)
         ORDER BY day DESC, kind
        """,
        {"days": days},
    ).fetchall()
    return rows


def held_back(db: Connection) -> int:
    """How many messages are old enough to be emptied and are not, since somebody has to settle them first."""
    return int(
        db.execute(
            """
            SELECT (SELECT count(*) FROM held_back WHERE kind IN ('answers', 'inbound_texts', 'inbound_numbers'))
                 + (SELECT count(*) FROM messages m
                     WHERE m.status IN ('sending', 'unknown', 'refused', 'skipped', 'failed', 'expired', 'rejected',
                                        'unrecognised')
                       AND m.status = 'unknown' AND m.flags & 2 = 0
                       AND m.campaign_id IN (SELECT id FROM campaigns WHERE emptied_at = -1))
            """
        ).fetchone()[0]
    )


def _steps(settings: Settings, at: Cutoffs, now: int) -> Iterator[aged.Step]:
    if at.bodies is not None:
        bodies = at.bodies
        yield lambda db: aged_received.bodies(db, "reports", bodies)
        yield lambda db: aged_received.bodies(db, "inbound", bodies)
        yield lambda db: aged_received.quarantine(db, bodies, at.inbound)
    if at.inbound is not None:
        inbound = at.inbound
        yield lambda db: aged_received.inbound(db, "inbound_texts", inbound)
    if at.numbers is not None:
        numbers = at.numbers
        tried: set[int] = set()
        yield lambda db: aged_sent.campaign(db, numbers, tried)
        yield lambda db: aged_sent.singles(db, numbers)
        yield lambda db: aged_received.inbound(db, "inbound_numbers", numbers)
        yield lambda db: aged_sent.orphans(db, numbers)
        yield lambda db: aged_received.rule_hits(db, numbers)
        yield lambda db: aged_received.notes(db, numbers)
        yield lambda db: aged_received.conversations(db, numbers)
        yield lambda db: aged_received.suppressions(db, numbers)
        yield lambda db: aged_sent.stale_reviews(db, numbers, now)
    yield aged_sent.late_reports
    yield lambda db: aged_lists.uploads(settings, db, at.uploads)
    yield lambda db: aged_lists.lists(db, at.uploads, now)


def _merge(db: Connection, *, now: int) -> Iterator[int]:
    """Once a day: words of texts that are gone leave the search's own files, a few pages to a transaction."""
    today = now // DAY
    if aged.mark(db, "search merged") == today:
        return
    first = True
    while True:
        with transaction(db):
            more = emptying.merge_search(db, first=first)
            if not more:
                aged.set_mark(db, "search merged", today)
        yield 0
        if not more:
            return
        first = False


def _note(db: Connection, taken: aged.Taken, *, now: int) -> None:
    day = _day(now)
    for kind, rows in taken.items():
        if rows:
            db.execute(
                "INSERT INTO taken VALUES (:day, :kind, :rows)"
                " ON CONFLICT (day, kind) DO UPDATE SET rows = rows + excluded.rows",
                {"day": day, "kind": kind, "rows": rows},
            )


def _tell(db: Connection, *, now: int) -> None:
    """A row in the audit log for each day that is over and was not told of."""
    days = db.execute(
        "SELECT DISTINCT day FROM taken WHERE day < :today AND substr(day, 1, 4) || substr(day, 6, 2) || substr(day, 9)"
        " > :told ORDER BY day",
        {"today": _day(now), "told": str(aged.mark(db, "taken told"))},
    ).fetchall()
    for row in days:
        with transaction(db):
            detail = {one["kind"]: one["rows"] for one in
                      db.execute("SELECT kind, rows FROM taken WHERE day = ?", (row["day"],)).fetchall()}  # fmt: skip
            audit(db, by=BY, action="retention.take", now=now, subject="store", subject_id=row["day"], detail=detail)
            aged.set_mark(db, "taken told", int(row["day"].replace("-", "")))


def _day(now: int) -> str:
    return datetime.datetime.fromtimestamp(now / 1000, datetime.UTC).date().isoformat()
