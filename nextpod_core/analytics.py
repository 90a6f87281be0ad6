"""
What became of the messages accepted within a period: outcomes, rates, reasons. Reads counts alone.

A period is over the hour in which Nextpod accepted a message, so figures of a day still move while its reports come.
Delivered, failed, expired and rejected are settled; open, silent (no report for long) and unrecognised stand beside.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nextpod_core import rates, spans
from nextpod_core.db import Connection
from nextpod_core.filters import By, Filter, Values, grouping
from nextpod_core.periods import HOUR
from nextpod_core.rollups import STATUSES

WAITING = frozenset({"accepted", "pending", "sent"})


@dataclass(slots=True)
class Outcome:
    """Messages by what became of them, and the parts they took. `open` still waits, `silent` has waited too long."""

    delivered: int = 0
    failed: int = 0
    expired: int = 0
    rejected: int = 0
    open: int = 0
    silent: int = 0
    unrecognised: int = 0
    parts: int = 0

    @property
    def negative(self) -> int:
        """Failed, expired and rejected."""
        return self.failed + self.expired + self.rejected

    @property
    def settled(self) -> int:
        """What the delivery rate is a share of: delivered, failed, expired and rejected."""
        return self.delivered + self.negative

    @property
    def accepted(self) -> int:
        """All that Nextpod took."""
        return self.settled + self.open + self.silent + self.unrecognised

    @property
    def rate(self) -> float | None:
        """Delivered of settled, 0-1; None while nothing is settled."""
        return rates.delivery(self.delivered, self.negative)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the rate (Wilson)."""
        return rates.wilson(self.delivered, self.settled)

    def join(self, other: "Outcome") -> None:
        """Count all that `other` has as well."""
        for name in Outcome.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def add(self, status: str, late: bool, messages: int) -> None:
        """Count `messages` of one status; `late`: accepted too long ago for a report still to be expected."""
        name = ("silent" if late else "open") if status in WAITING else status
        setattr(self, name, getattr(self, name) + messages)


_SUMS = [f"sum({status})" for status in STATUSES]
_BY_STATUS = [f"sum(CASE status WHEN '{status}' THEN messages ELSE 0 END)" for status in STATUSES]
_SIGNED = [f"sum(CASE status WHEN '{status}' THEN sign * messages ELSE 0 END)" for status in STATUSES]


def outcomes(db: Connection, asked: Filter, *, by: By, now: int, silent_after: int) -> dict[Any, Outcome]:
    """What became of the messages of a filter, by bucket, weekday and hour, country, operator, campaign or sender.

    `silent_after`: milliseconds until a missing report is no longer expected. Keys: None for "all"; a bucket's first
    moment; a date; 0-167; an ISO code ("" not known); (MCC, MNC); a campaign's id; a sender. Empty ones are left out.
    """
    key, fold = grouping(asked.period, by)
    late = (now - silent_after) // HOUR * HOUR
    if by not in ("country", "operator") and not (asked.countries or asked.operators):
        rows = _by_hours(db, asked, key, late)
    elif by in ("all", "country", "operator"):
        rows = _by_weeks(db, asked, key, late)
    else:
        rows = _by_counts(db, asked, key, late)
    found: dict[Any, Outcome] = {}
    for place, is_late, *sums, parts in rows:
        outcome = found.setdefault(fold(place), Outcome())
        outcome.parts += parts
        for status, messages in zip(STATUSES, sums, strict=True):
            if messages:
                outcome.add(status, bool(is_late), messages)
    # A day that the weeks had and the hours took away again leaves nothing behind.
    found = {place: outcome for place, outcome in found.items() if outcome.accepted}
    return _by_sender(db, found) if by == "sender" else found


def _by_hours(db: Connection, asked: Filter, key: str, late: int) -> Iterable[Any]:
    where, values = asked.where()
    yield from db.execute(
        f"""
        SELECT {key} AS place, hour < :late AS late, {", ".join(_SUMS)}, sum(parts)
          FROM count_hours
         WHERE {where}
         GROUP BY 1, 2
        """,
        {**values, "late": late},
    )


def _by_counts(db: Connection, asked: Filter, key: str, late: int) -> Iterable[Any]:
    source, values = asked.source("counts")
    yield from db.execute(
        f"""
        SELECT {key} AS place, hour < :late AS late, {", ".join(_BY_STATUS)}, sum(messages * parts)
        {source}
         GROUP BY 1, 2
        """,
        {**values, "late": late},
    )


def _by_weeks(db: Connection, asked: Filter, key: str, late: int) -> Iterable[Any]:
    weekly = spans.Weekly(
        "count_weeks", "counts", [key], [*_SUMS, f"sum(parts * ({' + '.join(STATUSES)}))"],
        [*_SIGNED, "sum(sign * messages * parts)"], senders=True,
    )  # fmt: skip
    for half, place, *sums in spans.rows(db, asked, spans.halves(asked.period, late), weekly):
        yield place, half == 0, *sums


def total(db: Connection, asked: Filter, *, now: int, silent_after: int) -> Outcome:
    """All of a filter in one."""
    return outcomes(db, asked, by="all", now=now, silent_after=silent_after).get(None, Outcome())


def _by_sender(db: Connection, found: dict[int, Outcome]) -> dict[str, Outcome]:
    senders = dict(db.execute("SELECT id, sender FROM campaigns").fetchall()) if found else {}
    merged: dict[str, Outcome] = {}
    for campaign, outcome in found.items():
        merged.setdefault(senders.get(campaign, ""), Outcome()).join(outcome)
    return merged


@dataclass(frozen=True, slots=True)
class Reason:
    """How many messages were not delivered, or are unheard of, with this status, status word and operator code."""

    status: str
    word: str
    code: str
    messages: int


def reasons(db: Connection, asked: Filter) -> list[Reason]:
    """Why messages were not delivered, the most frequent first."""
    keys = ["status", "word", "code"]
    weekly = spans.Weekly("reason_weeks", "reasons", keys, ["sum(messages)"], ["sum(sign * messages)"], places=False)
    found: dict[tuple[str, str, str], int] = {}
    for _place, status, word, code, messages in spans.rows(db, asked, [spans.whole(asked.period)], weekly):
        found[status, word, code] = found.get((status, word, code), 0) + messages
    ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Reason(*key, messages) for key, messages in ordered if messages]


@dataclass(frozen=True, slots=True)
class Began:
    """A campaign and when it began."""

    id: int
    name: str
    at: int
    planned: int


def begun(db: Connection, asked: Filter, *, limit: int = 200) -> list[Began]:
    """The campaigns that began within the period, in order; the newest `limit` of them."""
    where, values = asked.begun()
    rows = db.execute(
        f"""
        SELECT id, name, started_at, planned FROM campaigns
         WHERE {where} AND started_at >= :start AND started_at < :end
         ORDER BY started_at DESC, id DESC
         LIMIT :limit
        """,
        {**values, "limit": limit},
    ).fetchall()
    return [Began(*row) for row in reversed(rows)]


def by_minute(db: Connection, asked: Filter) -> dict[int, dict[str, int]]:
    """What happened in each minute of the period: by its first moment (UTC milliseconds) and status, how many messages
    came to it then; "left" is when Nextpod took them. Country and operator don't act: the minutes don't know them.
    """
    values: Values = {"start": asked.period.start, "end": asked.period.end}
    parts = ["minute >= :start", "minute < :end", *asked.campaign_parts("campaign_id", values)]
    found: dict[int, dict[str, int]] = {}
    rows = db.execute(
        f"SELECT minute, status, sum(messages) FROM timeline WHERE {' AND '.join(parts)} GROUP BY 1, 2", values
    )
    for minute, status, messages in rows:
        found.setdefault(minute, {})[status] = messages
    return found
