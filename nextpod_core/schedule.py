"""
When things may leave: wall-clock times in named zones, daily windows (quiet hours outside them), even spreading.

Times are INTEGER UTC milliseconds; zones are IANA names. The hour that does not exist is refused, the hour that happens
twice is asked about, and a window follows the wall clock over both.
"""

import functools
import re
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta

from nextpod_core.errors import BadInput

SECOND = 1_000
DAY = 86_400_000
FARTHEST = 3653 * DAY  # A day beyond it is a slip of the hand, and would wait unseen for years.

_LOCAL = re.compile(
    r"\s*(?:(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})|(?P<dd>\d{1,2})[./](?P<mm>\d{1,2})[./](?P<yy>\d{4}))"
    r"(?:\s*T\s*|,?\s+(?:kl\.?\s*)?)(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?\s*",
    re.ASCII | re.IGNORECASE,
)
_CLOCK = re.compile(r"\s*(\d{1,2})(?:[:.]?(\d{2}))?\s*", re.ASCII)


class Ambiguous(BadInput):
    """The time happens twice (clocks go back): `first` and `second` are the two, in UTC milliseconds; ask which."""

    def __init__(self, local: datetime, zone: str, first: int, second: int) -> None:
        self.first, self.second = first, second
        super().__init__(
            "{time} happens twice in {zone} that night: clocks go back. Choose the first or the second.",
            time=f"{local:%Y-%m-%d %H:%M}",
            zone=zone,
        )


def zone_info(zone: str) -> zoneinfo.ZoneInfo:
    """The zone of an IANA name. Raises BadInput for a name that does not exist."""
    try:
        return zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:  # "../x" and "Europe" are no zones either.
        raise BadInput("There is no time zone {zone}. Write it like Europe/Oslo.", zone=zone) from error


@functools.cache
def zones() -> tuple[str, ...]:
    """Every zone a person may choose, by name."""
    return tuple(sorted(name for name in zoneinfo.available_timezones() if "/" in name or name == "UTC"))


def parse_local(text: str, zone: str) -> int:
    """
    The moment that someone wrote, in UTC milliseconds: 2026-11-22 14:30, 22.11.2026 14.30, with or without seconds.

    Raises BadInput for what is no time and for the hour that does not exist, Ambiguous for the hour that happens twice.
    """
    found = _LOCAL.fullmatch(text)
    if not found:
        raise BadInput("{written} is not a time. Write it like 2026-11-22 14:30.", written=text.strip()[:40])
    year, month, day = (found[long] or found[short] for long, short in (("y", "yy"), ("m", "mm"), ("d", "dd")))
    try:
        local = datetime(
            int(year), int(month), int(day), int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
        )
    except ValueError as error:
        raise BadInput("{written} is not a time that exists.", written=text.strip()[:40]) from error
    return to_utc(local, zone)


def to_utc(local: datetime, zone: str, *, fold: int | None = None) -> int:
    """
    A wall-clock time in a zone as UTC milliseconds. `fold` 0 or 1 chooses when the time happens twice.

    Raises BadInput when the time does not exist (clocks go forward), Ambiguous when it happens twice and no `fold`.
    """
    info = zone_info(zone)
    naive = local.replace(tzinfo=None, fold=0)
    try:
        first, second = (_milliseconds(naive.replace(fold=each, tzinfo=info)) for each in (0, 1))
        exists = to_local(first, zone).replace(tzinfo=None, fold=0) == naive.replace(
            microsecond=naive.microsecond // 1000 * 1000
        )
    except (OverflowError, ValueError) as error:
        raise BadInput("{time} is out of range.", time=str(local)) from error
    if not exists:
        raise BadInput(
            "{time} does not exist in {zone}: clocks go forward that night. Choose an earlier or a later time.",
            time=f"{local:%Y-%m-%d %H:%M}",
            zone=zone,
        )
    if first == second or fold == 0:
        return first
    if fold is None:
        raise Ambiguous(local, zone, first, second)
    return second


def to_local(at: int, zone: str) -> datetime:
    """A moment on a zone's wall clock (aware)."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)).astimezone(zone_info(zone))


def clock(text: str) -> time:
    """A time of day: 08:00, 8.00, 8, and 24:00 for midnight at the end. Raises BadInput."""
    found = _CLOCK.fullmatch(text)
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (99, 0)
    if (hour, minute) == (24, 0):
        return time(0)
    if hour > 23 or minute > 59:
        raise BadInput("{written} is not a time of day. Write it like 08:00.", written=text.strip()[:20])
    return time(hour, minute)


def in_window(now: int, *, zone: str, start: str = "08:00", end: str = "20:00") -> bool:
    """
    Whether the wall clock stands in the daily window [start, end). A window may pass midnight; one whose ends are equal
    is open all day.
    """
    opens, closes = clock(start), clock(end)
    wall = to_local(now, zone).time()
    if opens == closes:
        return True
    if opens < closes:
        return opens <= wall < closes
    return wall >= opens or wall < closes


def next_open(now: int, *, zone: str, start: str = "08:00", end: str = "20:00") -> int:
    """The first moment from `now` on that is in the window: `now` itself when it is open."""
    if in_window(now, zone=zone, start=start, end=end):
        return now
    return next(
        moment
        for moment in _edges(now, zone=zone, clock_time=clock(start))
        if moment > now and in_window(moment, zone=zone, start=start, end=end)
    )


def next_close(now: int, *, zone: str, start: str = "08:00", end: str = "20:00") -> int | None:
    """When the open window closes, or None when it never does. Meaningful while `in_window`."""
    if clock(start) == clock(end):
        return None
    return next(
        moment
        for moment in _edges(now, zone=zone, clock_time=clock(end))
        if moment > now and not in_window(moment, zone=zone, start=start, end=end)
    )


def open_between(start_at: int, until: int, *, zone: str, start: str = "08:00", end: str = "20:00") -> int:
    """How many milliseconds of the window lie between two moments."""
    opened, at = 0, next_open(start_at, zone=zone, start=start, end=end)
    while at < until:
        closes = next_close(at, zone=zone, start=start, end=end)
        if closes is None or closes >= until:
            return opened + until - at
        opened += closes - at
        at = next_open(closes, zone=zone, start=start, end=end)
    return opened


def end_of(begin: int, seconds: float, *, zone: str | None = None, start: str = "08:00", end: str = "20:00") -> int:
    """When work of `seconds` that begins at `begin` is done, if it rests outside the window (none with `zone` None)."""
    left = round(seconds * SECOND)
    if zone is None:
        return begin + left
    at = next_open(begin, zone=zone, start=start, end=end)
    while True:
        closes = next_close(at, zone=zone, start=start, end=end)
        if closes is None or at + left <= closes:
            return at + left
        left -= closes - at
        at = next_open(closes, zone=zone, start=start, end=end)


def spread_quota(
    now: int,
    *,
    total: int,
    begin: int,
    seconds: float,
    zone: str | None = None,
    start: str = "08:00",
    end: str = "20:00",
) -> int:
    """
    How many of `total` may have left by `now` when they are spread evenly over `seconds` from `begin`: the first at
    once, all at the end. With `zone`, only the window's own time counts, so a night does not save up a flood.
    """
    if now < begin or total <= 0:
        return 0
    length = round(seconds * SECOND)
    gone = now - begin if zone is None else open_between(begin, now, zone=zone, start=start, end=end)
    if gone >= length:
        return total
    return min(total, 1 + gone * total // length)


def next_quota(
    quota: int,
    *,
    total: int,
    begin: int,
    seconds: float,
    zone: str | None = None,
    start: str = "08:00",
    end: str = "20:00",
) -> int:
    """The moment from which `spread_quota` is at least `quota` (1 to `total`)."""
    length = round(seconds * SECOND)
    wait = -(-(quota - 1) * length // total) if quota > 1 else 0
    return end_of(begin, wait / SECOND, zone=zone, start=start, end=end)


def _edges(now: int, *, zone: str, clock_time: time) -> list[int]:
    """
    The moments around `now` at which a window can open or close: when the zone's clock shows a time of day (twice where
    it happens twice), and when the clock is changed.
    """
    info = zone_info(zone)
    today: date = to_local(now, zone).date()
    edges: set[int] = set()
    for days in range(-1, 5):  # A zone has skipped a whole day (Samoa, 2011-12-30), never two.
        local = datetime.combine(today + timedelta(days=days), clock_time)
        for each in (0, 1):
            moment = _milliseconds(local.replace(fold=each, tzinfo=info))
            if to_local(moment, zone).replace(tzinfo=None, fold=0) == local:
                edges.add(moment)
    begin, end = now - 2 * DAY, now + 5 * DAY
    for day in range(begin, end, DAY):
        if to_local(day, zone).utcoffset() != to_local(day + DAY, zone).utcoffset():
            edges.add(_clock_change(day, day + DAY, zone=zone))
    return sorted(edges)


def _clock_change(low: int, high: int, *, zone: str) -> int:
    """The moment between two at which the zone's offset changes, to the millisecond."""
    before = to_local(low, zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if to_local(middle, zone).utcoffset() == before else (low, middle)
    return high


def _milliseconds(aware: datetime) -> int:
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
