"""How long messages take to the handset, from the logarithmic histograms of `counts.py`."""

from collections.abc import Iterable
from typing import Any

from nextpod_core import counts, periods
from nextpod_core.analytics import BY_TIME, By, Filter, grouping
from nextpod_core.db import Connection


class Histogram:
    """Durations in counts.py's logarithmic buckets: percentiles are at most 4.4 % off."""

    def __init__(self) -> None:
        self.buckets: dict[int, int] = {}

    def add(self, bucket: int, messages: int) -> None:
        """`messages` more in this bucket."""
        self.buckets[bucket] = self.buckets.get(bucket, 0) + messages

    @property
    def messages(self) -> int:
        """How many there are."""
        return sum(self.buckets.values())

    def percentile(self, share: float) -> float | None:
        """The duration in milliseconds within which this share (0-1) lies; None for an empty histogram."""
        wanted, passed = share * self.messages, 0
        for bucket in sorted(self.buckets):
            passed += self.buckets[bucket]
            if passed >= wanted:
                return counts.middle(bucket)
        return None

    def share_within(self, milliseconds: int) -> float | None:
        """The share (0-1) whose bucket lies within this time; None for an empty histogram."""
        whole, limit = self.messages, counts.bucket(milliseconds)
        return sum(many for bucket, many in self.buckets.items() if bucket <= limit) / whole if whole else None


def merged(histograms: Iterable[Histogram]) -> Histogram:
    """All of them in one."""
    whole = Histogram()
    for histogram in histograms:
        for bucket, messages in histogram.buckets.items():
            whole.add(bucket, messages)
    return whole


def handset(db: Connection, asked: Filter, *, by: By) -> dict[Any, Histogram]:
    """The time from acceptance to the handset of delivered messages; keys as in `outcomes` (no sender)."""
    where, values = asked.where()
    key, fold = grouping(asked.period, by)
    found: dict[Any, Histogram] = {}
    # As in `outcomes`: hour by hour first, in the order of the index.
    source = f"latencies WHERE {where}"
    if by in BY_TIME:
        source = f"""
            (SELECT hour, bucket, sum(messages) AS messages FROM latencies WHERE {where} GROUP BY hour, bucket)"""
    rows = db.execute(f"SELECT {key} AS place, bucket, sum(messages) FROM {source} GROUP BY 1, 2", values)
    for place, bucket, messages in rows:
        found.setdefault(fold(place), Histogram()).add(bucket, messages)
    return found


def usual_arrival(db: Connection, *, now: int) -> Histogram:
    """How this account's reports of delivery usually arrive: the 60 days that ended two days ago."""
    rows = db.execute(
        "SELECT bucket, sum(messages) FROM latencies WHERE hour >= :start AND hour < :end GROUP BY 1",
        {"start": now - 62 * periods.DAY, "end": now - 2 * periods.DAY},
    )
    found = Histogram()
    for bucket, messages in rows:
        found.add(bucket, messages)
    return found
