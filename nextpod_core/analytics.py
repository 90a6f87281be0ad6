"""
What became of the messages accepted within a period: outcomes, rates, funnel, reasons. Reads counts alone.

A period is over the hour in which Nextpod accepted a message, so figures of a day still move while its reports come.
Delivered, failed, expired and rejected are settled; open, silent (no report for long) and unrecognised stand beside.
"""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from nextpod_core import operators, periods, rates
from nextpod_core.db import Connection
from nextpod_core.periods import HOUR, Period

WAITING = frozenset({"accepted", "pending", "sent"})
# What is told per step of the funnel about those who did not get further.
BEFORE_ACCEPTANCE = ("queued", "sending", "skipped", "cancelled", "refused", "unknown")
# What hangs on the hour alone.
BY_TIME = frozenset({"all", "bucket", "day", "week_hour"})
By = Literal["all", "bucket", "day", "week_hour", "country", "operator", "campaign", "sender"]


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked about. Empty means all. `countries` are ISO codes, `operators` (MCC, MNC) pairs."""

    period: Period
    campaigns: tuple[int, ...] = ()
    senders: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    operators: tuple[tuple[int, int], ...] = ()
    keyword: str | None = None

    def where(self, *, times: bool = True) -> tuple[str, dict[str, int | str]]:
        """The condition on counts, latencies and reasons, and its values; `times=False` leaves the period out."""
        parts: list[str] = []
        values: dict[str, int | str] = {}
        if times:
            parts.append("hour >= :start AND hour < :end")
            values.update(start=self.period.start, end=self.period.end)
        parts += self._campaign_parts("campaign_id", values)
        if self.countries:
            codes = [mcc for iso in self.countries for mcc in operators.mccs_of(iso)]
            parts.append(one_of("mcc", "country", codes, values))
        if self.operators:
            pairs = []
            for place, (mcc, mnc) in enumerate(self.operators):
                values.update({f"mcc{place}": mcc, f"mnc{place}": mnc})
                pairs.append(f"(mcc = :mcc{place} AND mnc = :mnc{place})")
            parts.append(f"({' OR '.join(pairs)})")
        return " AND ".join(parts) or "1 = 1", values

    def _campaign_parts(self, column: str, values: dict[str, int | str]) -> list[str]:
        parts = []
        if self.campaigns:
            parts.append(one_of(column, "campaign", self.campaigns, values))
        if self.senders:
            inner = one_of("sender", "sender", self.senders, values)
            parts.append(f"{column} IN (SELECT id FROM campaigns WHERE {inner})")
        return parts

    def begun(self) -> tuple[str, dict[str, int | str]]:
        """The condition on campaigns: those that began, or will begin, within the period; and its values."""
        values: dict[str, int | str] = {"start": self.period.start, "end": self.period.end}
        parts = ["kind = 'campaign'", "coalesce(started_at, due_at) >= :start", "coalesce(started_at, due_at) < :end"]
        if self.campaigns:
            parts.append(one_of("id", "campaign", self.campaigns, values))
        if self.senders:
            parts.append(one_of("sender", "sender", self.senders, values))
        return " AND ".join(parts), values


def one_of(column: str, name: str, wanted: Iterable[int | str], values: dict[str, int | str]) -> str:
    """SQL for "column is one of these", whose values it adds to `values` under names that begin with `name`."""
    marks = []
    for place, value in enumerate(wanted):
        values[f"{name}{place}"] = value
        marks.append(f":{name}{place}")
    return f"{column} IN ({', '.join(marks)})"


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

    def add(self, status: str, late: bool, messages: int, parts: int) -> None:
        """Count `messages` of one status; `late`: accepted too long ago for a report still to be expected."""
        name = ("silent" if late else "open") if status in WAITING else status
        setattr(self, name, getattr(self, name) + messages)
        self.parts += parts


def outcomes(db: Connection, asked: Filter, *, by: By, now: int, silent_after: int) -> dict[Any, Outcome]:
    """What became of the messages of a filter, by bucket, weekday and hour, country, operator, campaign or sender.

    `silent_after`: milliseconds until a missing report is no longer expected. Keys: None for "all"; a bucket's first
    moment; a date; 0-167; an ISO code ("" not known); (MCC, MNC); a campaign's id; a sender. Empty ones are left out.
    """
    where, values = asked.where()
    key, fold = grouping(asked.period, by)
    found: dict[Any, Outcome] = {}
    source = f"counts WHERE {where}"
    if by in BY_TIME:
        # Hour by hour first, in the order of the index; then only some thousand rows are left to sort.
        source = f"""
            (SELECT hour, status, sum(messages) AS messages, sum(messages * parts) AS parts
               FROM counts WHERE {where} GROUP BY hour, status)"""
    rows = db.execute(
        f"""
        SELECT {key} AS place, status, hour < :late AS late, sum(messages) AS messages,
               sum({"parts" if by in BY_TIME else "messages * parts"}) AS parts
          FROM {source}
         GROUP BY 1, 2, 3
        """,
        {**values, "late": (now - silent_after) // HOUR * HOUR},
    )
    for place, status, late, messages, parts in rows:
        found.setdefault(fold(place), Outcome()).add(status, bool(late), messages, parts)
    return _by_sender(db, found) if by == "sender" else found


def total(db: Connection, asked: Filter, *, now: int, silent_after: int) -> Outcome:
    """All of a filter in one."""
    return outcomes(db, asked, by="all", now=now, silent_after=silent_after).get(None, Outcome())


def _by_sender(db: Connection, found: dict[int, Outcome]) -> dict[str, Outcome]:
    senders = dict(db.execute("SELECT id, sender FROM campaigns").fetchall()) if found else {}
    merged: dict[str, Outcome] = {}
    for campaign, outcome in found.items():
        merged.setdefault(senders.get(campaign, ""), Outcome()).join(outcome)
    return merged


def grouping(period: Period, by: By) -> tuple[str, Callable[[Any], Any]]:
    """SQL for what rows are grouped by, and what makes the key of its values."""
    day = periods.day_sql(period, "hour")
    match by:
        case "all":
            return "NULL", lambda place: None
        case "bucket" if period.grain == "hour":
            return "hour", int
        case "bucket" if period.grain == "week":
            # 1970-01-01 was a Thursday, three days after a Monday.
            return f"({day} + 3) / 7", functools.cache(
                lambda place: periods.midnight(periods.day_of(place * 7 - 3), period.zone)
            )
        case "bucket":
            return day, functools.cache(
                lambda place: periods.midnight(periods.cut(periods.day_of(place), period.grain), period.zone)
            )
        case "day":
            return day, periods.day_of
        case "week_hour":
            return periods.week_hour_sql(period, "hour"), int
        case "country":
            return "mcc", lambda place: operators.country_of(place)[0]
        case "operator":
            return "mcc * 1000 + mnc", lambda place: divmod(place, 1000)
        case _:
            return "campaign_id", int


@dataclass(frozen=True, slots=True)
class Reason:
    """How many messages were not delivered, or are unheard of, with this status, status word and operator code."""

    status: str
    word: str
    code: str
    messages: int


def reasons(db: Connection, asked: Filter) -> list[Reason]:
    """Why messages were not delivered, the most frequent first."""
    where, values = asked.where()
    rows = db.execute(
        f"""
        SELECT status, word, code, sum(messages) AS messages
          FROM reasons
         WHERE {where}
         GROUP BY 1, 2, 3
         ORDER BY 4 DESC, 1, 2, 3
        """,
        values,
    )
    return [Reason(*row) for row in rows]


# Rows that hold nobody who could be texted; what else was left out held somebody, and was left out on purpose.
UNSENDABLE = frozenset({"missing", "invalid", "not_mobile", "doubtful", "duplicate"})


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the funnel: its key, how many are there, and where those are who did not get that far, by reason."""

    name: str
    messages: int
    lost: dict[str, int]


@dataclass(frozen=True, slots=True)
class Funnel:
    """The campaigns that began within a period, as they stand now.

    `from_file` of them came from a file; `left_out` says how many of its rows never became a message, by reason. The
    others begin at planned.
    """

    campaigns: int
    from_file: int
    left_out: dict[str, int]
    by_status: dict[str, int]
    answered: int
    opted_out: int

    def sum(self, *statuses: str) -> int:
        """How many messages are in one of these statuses."""
        return sum(self.by_status.get(status, 0) for status in statuses)

    @property
    def planned(self) -> int:
        """Messages made."""
        return sum(self.by_status.values())

    @property
    def accepted(self) -> int:
        """Messages that Nextpod took, whatever came of them."""
        return self.planned - self.sum(*BEFORE_ACCEPTANCE)

    @property
    def reported(self) -> int:
        """Accepted messages about which at least one report came."""
        return self.accepted - self.sum("accepted")

    @property
    def steps(self) -> list[Step]:
        """From the rows of the files to the answers. What is lost at a step adds up to the fall since the one before.

        Without any file it begins at planned. Of what was not answered no reason is known.
        """
        bad = {reason: many for reason, many in self.left_out.items() if reason in UNSENDABLE and many}
        chosen = {reason: many for reason, many in self.left_out.items() if reason not in UNSENDABLE and many}
        sendable = self.planned + sum(chosen.values())
        found = [
            Step("planned", self.planned, chosen),
            Step("accepted", self.accepted, self._lost(*BEFORE_ACCEPTANCE)),
            Step("reported", self.reported, self._lost("accepted")),
            Step(
                "delivered", self.sum("delivered"),
                self._lost("failed", "expired", "rejected", "unrecognised", "pending", "sent"),
            ),
            Step("answered", self.answered, {}),
        ]  # fmt: skip
        if self.from_file:
            found = [Step("rows", sendable + sum(bad.values()), {}), Step("sendable", sendable, bad), *found]
        return found

    def _lost(self, *statuses: str) -> dict[str, int]:
        return {status: self.by_status[status] for status in statuses if self.by_status.get(status)}


def funnel(db: Connection, asked: Filter) -> Funnel:
    """From the file to the answer, over the whole life of the campaigns that began within the period.

    Campaign and sender act on it; country and operator can't, since they are known from reports only. Which rows were
    left out is what the review froze, so a list that is corrected later changes nothing.
    """
    where, values = asked.begun()
    mine = f"SELECT id FROM campaigns WHERE {where}"
    begun = db.execute(f"SELECT count(*), count(import_id) FROM campaigns WHERE id IN ({mine})", values).fetchone()
    left_out = dict(
        db.execute(
            f"""
            SELECT key, sum(value) FROM campaigns, json_each(review, '$.left_out')
             WHERE campaigns.id IN ({mine}) AND import_id IS NOT NULL
             GROUP BY key
            """,
            values,
        ).fetchall()
    )
    by_status = dict(
        db.execute(
            f"SELECT status, sum(messages) FROM counts WHERE campaign_id IN ({mine}) GROUP BY status", values
        ).fetchall()
    )
    people = db.execute(
        f"SELECT coalesce(sum(people), 0), coalesce(sum(opted_out), 0) FROM answered WHERE campaign_id IN ({mine})",
        values,
    ).fetchone()
    return Funnel(begun[0], begun[1], left_out, by_status, people[0], people[1])


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
    values: dict[str, int | str] = {"start": asked.period.start, "end": asked.period.end}
    parts = ["minute >= :start", "minute < :end", *asked._campaign_parts("campaign_id", values)]
    found: dict[int, dict[str, int]] = {}
    rows = db.execute(
        f"SELECT minute, status, sum(messages) FROM timeline WHERE {' AND '.join(parts)} GROUP BY 1, 2", values
    )
    for minute, status, messages in rows:
        found.setdefault(minute, {})[status] = messages
    return found
