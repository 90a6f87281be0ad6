"""
Stretches of whole days on the team's clock, or of the last few hours, and the buckets a chart cuts them into.

Counts are kept by UTC hour. A local day is found by adding the zone's offset of that very hour, so a day of a clock
change has its 23 or 25 hours. In a zone whose offset is no whole hour, an hour belongs to the day in which it begins.
"""

import datetime
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from nextpod_core.errors import BadInput

MINUTE = 60_000
HOUR = 3_600_000
DAY = 86_400_000
LONGEST_DAYS = 3_660  # Ten years: more is a typing error, and no chart could show it.
EPOCH = datetime.date(1970, 1, 1)

Grain = Literal["hour", "day", "week", "month"]
Asked = Literal["3h", "today", "7d", "30d", "90d", "year", "own"]
Against = Literal["before", "year"]
LENGTHS: dict[str, int] = {"today": 1, "7d": 7, "30d": 30, "90d": 90, "year": 365}
HOURS = {"3h": 3}
BENCHMARK_DAYS = 90  # What the account usually reaches is reckoned from this long before a period.


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last`, both within, on the clock of `zone`.

    `hours` narrows it to a few whole hours: from and until, UTC milliseconds; the days are then those it touches.
    """

    first: datetime.date
    last: datetime.date
    zone: ZoneInfo
    hours: tuple[int, int] | None = None

    @property
    def days(self) -> int:
        """How many days it is."""
        return (self.last - self.first).days + 1

    @property
    def start(self) -> int:
        """Its first moment, UTC milliseconds."""
        return self.hours[0] if self.hours else midnight(self.first, self.zone)

    @property
    def end(self) -> int:
        """The first moment after it, UTC milliseconds."""
        return self.hours[1] if self.hours else midnight(self.last + datetime.timedelta(days=1), self.zone)

    @property
    def minutes(self) -> list[int]:
        """Where each minute begins, UTC milliseconds, for a period of a few hours; none for a longer one."""
        return list(range(self.start, self.end, MINUTE)) if self.hours else []

    @property
    def grain(self) -> Grain:
        """What a chart over it cuts it into: at most some hundred buckets."""
        if self.days <= 2:
            return "hour"
        if self.days <= 100:
            return "day"
        return "week" if self.days <= 740 else "month"

    def before(self) -> "Period":
        """As many days, or hours, right before it."""
        if self.hours:
            return few_hours(2 * self.start - self.end, self.start, self.zone)
        return Period(
            self.first - datetime.timedelta(days=self.days), self.first - datetime.timedelta(days=1), self.zone
        )

    def year_ago(self) -> "Period":
        """The same dates, and the same hours of the clock, a year earlier; 29 February becomes the 28th."""
        if self.hours:
            local = datetime.datetime.fromtimestamp(self.start / 1000, self.zone).replace(tzinfo=None)
            day = _year_back(local.date())
            then = datetime.datetime.combine(day, local.time(), self.zone)
            start = round(then.timestamp() * 1000)
            return few_hours(start, start + self.end - self.start, self.zone)
        first = _year_back(self.first)
        return Period(first, max(first, _year_back(self.last)), self.zone)

    def against(self, kind: Against) -> "Period":
        """What it is held against: the period before it, or the same a year ago."""
        return self.year_ago() if kind == "year" else self.before()

    def benchmark(self) -> "Period":
        """The days right before it from which the account's own benchmark is reckoned."""
        return Period(
            self.first - datetime.timedelta(days=BENCHMARK_DAYS), self.first - datetime.timedelta(days=1), self.zone
        )

    def buckets(self, grain: Grain | None = None) -> list[int]:
        """Where each bucket begins, UTC milliseconds, in order; the first may begin before the period does."""
        grain = grain or self.grain
        if grain == "hour":
            return list(range(-(-self.start // HOUR) * HOUR, self.end, HOUR))
        days = (self.first + datetime.timedelta(days=count) for count in range(self.days))
        return [midnight(day, self.zone) for day in dict.fromkeys(cut(day, grain) for day in days)]


def today(now: int, zone: ZoneInfo) -> datetime.date:
    """The date at `now` (UTC milliseconds) on the clock of `zone`."""
    return datetime.datetime.fromtimestamp(now / 1000, zone).date()


def midnight(day: datetime.date, zone: ZoneInfo) -> int:
    """When `day` begins, UTC milliseconds. Where midnight is skipped by a clock change: when the clock reaches it."""
    return round(datetime.datetime.combine(day, datetime.time(), zone).timestamp() * 1000)


def few_hours(start: int, end: int, zone: ZoneInfo) -> Period:
    """The hours from `start` until `end` (UTC milliseconds)."""
    return Period(today(start, zone), today(end - 1, zone), zone, (start, end))


def _year_back(day: datetime.date) -> datetime.date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def cut(day: datetime.date, grain: Grain) -> datetime.date:
    """The first day of the week (Monday, ISO 8601) or month that `day` lies in; the day itself for finer grains."""
    if grain == "week":
        return day - datetime.timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day


def asked(
    kind: str, *, now: int, zone: ZoneInfo, first: datetime.date | None = None, last: datetime.date | None = None
) -> Period:
    """The period a person asked for: "3h" up to this hour, "today", "7d", "30d", "90d", "year" up to today, or "own"
    from `first` to `last`.

    Raises BadInput for one that runs backwards or is longer than ten years, or a kind that is none of these.
    """
    end = today(now, zone)
    if kind in HOURS:
        until = now // HOUR * HOUR + HOUR
        return few_hours(until - HOURS[kind] * HOUR, until, zone)
    if kind in LENGTHS:
        return Period(end - datetime.timedelta(days=LENGTHS[kind] - 1), end, zone)
    if kind != "own":
        raise BadInput("{period} is not a period. Choose one of those above.", period=kind[:40])
    first, last = first or end, last or end
    if last < first:
        raise BadInput(
            "The period ends on {last}, before it begins on {first}. Turn the two dates round.",
            first=first.isoformat(),
            last=last.isoformat(),
        )
    if (last - first).days >= LONGEST_DAYS or first.year < 2000 or last.year > 2199:
        raise BadInput(
            "A period can be ten years long at most, between 2000 and 2199. Choose dates nearer to each other."
        )
    return Period(first, last, zone)


def offset_sql(period: Period, column: str) -> str:
    """SQL for the milliseconds to add to the UTC hour in `column` to read the clock of the zone, within the period."""
    steps = list(_offsets(period.start, period.end, period.zone))
    if len(steps) == 1:
        return str(steps[0][1])
    # Each offset holds until the next begins, so the later ones are asked first.
    cases = " ".join(f"WHEN {column} >= {begin} THEN {offset}" for begin, offset in reversed(steps[1:]))
    return f"CASE {cases} ELSE {steps[0][1]} END"


def day_sql(period: Period, column: str) -> str:
    """SQL for the local day of the UTC hour in `column`, as days since 1970."""
    return f"({column} + {offset_sql(period, column)}) / {DAY}"


def week_hour_sql(period: Period, column: str) -> str:
    """SQL for the weekday and hour on the team's clock: 0 is Monday 00, 167 Sunday 23."""
    # 1970-01-01 was a Thursday, three days after a Monday.
    return f"(({column} + {offset_sql(period, column)}) / {HOUR} + 72) % 168"


def day_of(number: int) -> datetime.date:
    """The date of a number that `day_sql` gave."""
    return EPOCH + datetime.timedelta(days=number)


@functools.lru_cache(maxsize=64)
def _offsets(start: int, end: int, zone: ZoneInfo) -> tuple[tuple[int, int], ...]:
    """When each offset of the zone begins to hold, from `start` on, and what it is; milliseconds."""
    found = [(start, _offset(start, zone))]
    for day in range(start, end + DAY, DAY):
        if _offset(day, zone) != found[-1][1]:
            low, high = day - DAY, day
            while high - low > 60_000:  # Clocks are changed on whole minutes.
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(middle, zone) == found[-1][1] else (low, middle)
            found.append((high // 60_000 * 60_000, _offset(high, zone)))
    return tuple(found)


def _offset(at: int, zone: ZoneInfo) -> int:
    passed = datetime.datetime.fromtimestamp(at / 1000, zone).utcoffset()
    return round(passed.total_seconds() * 1000) if passed else 0


def each_day(period: Period) -> Iterator[datetime.date]:
    """Its days in order."""
    return (period.first + datetime.timedelta(days=count) for count in range(period.days))
