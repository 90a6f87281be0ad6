"""
A long stretch of time as whole weeks and the hours at its ends, to be read from the weekly counts of rollups.py.

A midnight of the team's clock is hardly ever where a week of UTC begins. The week that begins nearest to it stands in,
and the hours between the two are added or taken away, whichever it is. So every sum is exact, in every zone and across
every change of the clock, and a year costs what its weeks cost.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nextpod_core.db import Connection, tuples
from nextpod_core.filters import Filter, Values, one_of
from nextpod_core.periods import DAY, Grain, Period
from nextpod_core.rollups import WEEK, week_of

LONG = 28 * DAY  # A shorter stretch has few hours, and hardly a whole week,
WIDE = 6.5 * DAY  # and spans of days are nothing but ends. A week of a clock change is an hour short.
Span = tuple[int, int]
Rows = Iterator[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Weekly:
    """A table of weeks and that of hours with the same in it, and what is read of both: SQL of keys and of sums.

    `sums` go over rows of weeks; `signed` over those of hours, where `sign` is -1 for what is to be taken away.
    `senders`, `places`: whether the weeks know the sender, and country and operator. None of them knows the campaign.
    """

    weeks: str
    hours: str
    keys: Sequence[str]
    sums: Sequence[str]
    signed: Sequence[str]
    hour_keys: Sequence[str] | None = None  # Where a key is called otherwise in the table of hours.
    senders: bool = False
    places: bool = True

    def serves(self, asked: Filter, spans: Sequence[Span]) -> bool:
        """Whether the weeks can answer, and would be quicker: long spans, and no filter that they don't know."""
        long = sum(stop - start for start, stop in spans)
        return (
            long >= max(LONG, WIDE * len(spans))
            and not asked.campaigns
            and (self.senders or not asked.senders)
            and (self.places or not (asked.countries or asked.operators))
        )


def buckets(period: Period, grain: Grain | None = None) -> list[tuple[int, Span]]:
    """Where each bucket of a chart begins, and its part of the period."""
    starts = period.buckets(grain)
    stops = [*starts[1:], period.end]
    return [(start, (max(start, period.start), stop)) for start, stop in zip(starts, stops, strict=True)]


def whole(period: Period) -> Span:
    """All of the period."""
    return period.start, period.end


def halves(period: Period, cut: int) -> list[Span]:
    """The period before `cut` and from it on; one of them may be empty."""
    middle = min(max(cut, period.start), period.end)
    return [(period.start, middle), (middle, period.end)]


def rows(db: Connection, asked: Filter, spans: Sequence[Span], weekly: Weekly) -> list[tuple[Any, ...]]:
    """The rows of each span: its place in `spans`, the keys, the sums. Keys come more than once: add them up."""
    if weekly.serves(asked, spans):
        weeks, ends = pieces(spans)
    else:
        weeks, ends = [], [(place, 1, *span) for place, span in enumerate(spans)]
    return [
        *(_of_weeks(db, asked, weeks, weekly) if weeks else ()),
        *(_of_hours(db, asked, ends, weekly) if ends else ()),
    ]


def _of_weeks(db: Connection, asked: Filter, weeks: Sequence[tuple[int, ...]], weekly: Weekly) -> Rows:
    values: Values = {}
    parts = ["week >= start AND week < stop", *asked.place_parts(values)]
    if asked.senders:
        parts.append(one_of("sender", "sender", asked.senders, values))
    return tuples(
        db,
        f"""
        WITH spans (place, start, stop) AS (VALUES {", ".join(str(span) for span in weeks)})
        SELECT place, {", ".join([*weekly.keys, *weekly.sums])}
          FROM spans CROSS JOIN {weekly.weeks}
         WHERE {" AND ".join(parts)}
         GROUP BY {", ".join(str(place + 1) for place in range(len(weekly.keys) + 1))}
        """,
        values,
    )


def _of_hours(db: Connection, asked: Filter, ends: Sequence[tuple[int, ...]], weekly: Weekly) -> Rows:
    values: Values = {}
    parts = ["at >= start AND at < stop", "campaign_id = whose AND hour = at"]
    parts += [*asked.place_parts(values), *asked.campaign_parts("whose", values)]
    keys = weekly.hour_keys or weekly.keys
    # CROSS JOIN: hours by the key of the few that there are, and their cells by theirs.
    return tuples(
        db,
        f"""
        WITH ends (place, sign, start, stop) AS (VALUES {", ".join(str(end) for end in ends)})
        SELECT place, {", ".join([*keys, *weekly.signed])}
          FROM ends
         CROSS JOIN (SELECT campaign_id AS whose, hour AS at FROM count_hours) AS hours
         CROSS JOIN {weekly.hours}
         WHERE {" AND ".join(parts)}
         GROUP BY {", ".join(str(place + 1) for place in range(len(keys) + 1))}
        """,
        values,
    )


def pieces(spans: Iterable[Span]) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """Whole weeks (place, start, stop), and the hours at the ends (place, sign, start, stop) that mend what they miss.

    >>> day, week = 86_400_000, 604_800_000
    >>> pieces([(4 * day - 3_600_000, 4 * day + week - 3_600_000)])  # A week of a clock that is an hour ahead.
    ([(0, 345600000, 950400000)], [(0, 1, 342000000, 345600000), (0, -1, 946800000, 950400000)])
    """
    weeks: list[tuple[int, ...]] = []
    ends: list[tuple[int, ...]] = []
    for place, (start, stop) in enumerate(spans):
        first, last = _nearest(start), _nearest(stop)
        if first < last:
            weeks.append((place, first, last))
        for sign, bound, week in ((1, start, first), (-1, stop, last)):
            if bound != week and start != stop:
                ends.append((place, sign if bound < week else -sign, min(bound, week), max(bound, week)))
    return weeks, ends


def _nearest(at: int) -> int:
    return week_of(at + WEEK // 2)
