"""
What the figures are asked about, and by what they are grouped: the conditions that every count is read with.

A period is over the hour in which Nextpod accepted a message. The hours of campaigns (`count_hours`) lead to the cells
of the finer counts, so that a period reads its own rows of them and no others.
"""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from nextpod_core import operators, periods
from nextpod_core.periods import Period

# What hangs on the hour alone.
BY_TIME = frozenset({"all", "bucket", "day", "week_hour"})
By = Literal["all", "bucket", "day", "week_hour", "country", "operator", "campaign", "sender"]
Values = dict[str, int | str]
MNCS = 10_000  # A report's MNC has at most four digits.


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked about. Empty means all. `countries` are ISO codes, `operators` (MCC, MNC) pairs."""

    period: Period
    campaigns: tuple[int, ...] = ()
    senders: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    operators: tuple[tuple[int, int], ...] = ()
    keyword: str | None = None

    @property
    def has_place(self) -> bool:
        """Whether a country or an operator is asked about: what has no report yet, or never left, is in none."""
        return bool(self.countries or self.operators)

    def where(self) -> tuple[str, Values]:
        """The condition on what has an hour and a campaign of its own, and its values; no country and operator."""
        values: Values = {"start": self.period.start, "end": self.period.end}
        return " AND ".join(["hour >= :start AND hour < :end", *self.campaign_parts("campaign_id", values)]), values

    def source(self, table: str) -> tuple[str, Values]:
        """SQL from FROM on for the cells of counts, latencies or reasons, and its values."""
        where, values = self.where()
        parts = ["campaign_id = whose AND hour = at", *self.place_parts(values)]
        # CROSS JOIN: the hours first, which are few, and their cells by the key.
        return (
            f"""
            FROM (SELECT campaign_id AS whose, hour AS at FROM count_hours WHERE {where}) AS hours
           CROSS JOIN {table}
           WHERE {" AND ".join(parts)}""",
            values,
        )

    def place_parts(self, values: Values) -> list[str]:
        """The conditions on country and operator; `values` is given what they need."""
        parts = []
        if self.countries:
            codes = [mcc for iso in self.countries for mcc in operators.mccs_of(iso)]
            parts.append(one_of("mcc", "country", codes, values))
        if self.operators:
            pairs = []
            for place, (mcc, mnc) in enumerate(self.operators):
                values.update({f"mcc{place}": mcc, f"mnc{place}": mnc})
                pairs.append(f"(mcc = :mcc{place} AND mnc = :mnc{place})")
            parts.append(f"({' OR '.join(pairs)})")
        return parts

    def campaign_parts(self, column: str, values: Values) -> list[str]:
        """The conditions on campaign and sender, where `column` names a campaign; `values` is given what they need."""
        parts = []
        if self.campaigns:
            parts.append(one_of(column, "campaign", self.campaigns, values))
        if self.senders:
            inner = one_of("sender", "sender", self.senders, values)
            parts.append(f"{column} IN (SELECT id FROM campaigns WHERE {inner})")
        return parts

    def begun(self) -> tuple[str, Values]:
        """The condition on campaigns: those that began, or will begin, within the period; and its values."""
        values: Values = {"start": self.period.start, "end": self.period.end}
        parts = ["kind = 'campaign'", "coalesce(started_at, due_at) >= :start", "coalesce(started_at, due_at) < :end"]
        if self.campaigns:
            parts.append(one_of("id", "campaign", self.campaigns, values))
        if self.senders:
            parts.append(one_of("sender", "sender", self.senders, values))
        return " AND ".join(parts), values


def one_of(column: str, name: str, wanted: Iterable[int | str], values: Values) -> str:
    """SQL for "column is one of these", whose values it adds to `values` under names that begin with `name`."""
    marks = []
    for place, value in enumerate(wanted):
        values[f"{name}{place}"] = value
        marks.append(f":{name}{place}")
    return f"{column} IN ({', '.join(marks)})"


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
            return f"mcc * {MNCS} + mnc", lambda place: divmod(place, MNCS)
        case _:
            return "campaign_id", int
