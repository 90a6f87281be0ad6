"""How long messages take to the handset, from the logarithmic histograms of `counts.py`."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Literal
from zoneinfo import ZoneInfo

from nextpod_core import counts, periods, spans
from nextpod_core.db import Connection
from nextpod_core.filters import Filter


class Histogram:
    """Durations in counts.py's logarithmic buckets: percentiles are at most 4.4 % off."""

    def __init__(self) -> None:
        self.buckets: dict[int, int] = {}

    def add(self, bucket: int, messages: int) -> None:
        """`messages` more in this bucket, or fewer."""
        if known := messages + self.buckets.get(bucket, 0):
            self.buckets[bucket] = known
        else:
            self.buckets.pop(bucket, None)

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


def handset(db: Connection, asked: Filter, *, by: Literal["all", "bucket", "day", "operator"]) -> dict[Any, Histogram]:
    """The time from acceptance to the handset of delivered messages: in one (None), by bucket (its first moment), by
    date or by operator (MCC, MNC).
    """
    cut: list[tuple[Any, spans.Span]] = [(None, spans.whole(asked.period))]
    if by == "bucket":
        cut = list(spans.buckets(asked.period))
    elif by == "day":
        cut = [(periods.today(start, asked.period.zone), span) for start, span in spans.buckets(asked.period, "day")]
    cells = spans.rows(
        db, asked, [span for _start, span in cut], _weekly(*(["mcc", "mnc"] if by == "operator" else []))
    )
    found: defaultdict[Any, Histogram] = defaultdict(Histogram)
    if by == "operator":
        for _number, mcc, mnc, bucket, messages in cells:
            found[mcc, mnc].add(bucket, messages)
    else:
        for number, bucket, messages in cells:
            found[cut[number][0]].add(bucket, messages)
    return {name: histogram for name, histogram in found.items() if histogram.buckets}


def _weekly(*keys: str) -> spans.Weekly:
    return spans.Weekly("latency_weeks", "latencies", [*keys, "bucket"], ["sum(messages)"], ["sum(sign * messages)"])


def usual_arrival(db: Connection, *, now: int) -> Histogram:
    """How this account's reports of delivery usually arrive: the 60 days that ended two days ago."""
    span = (now - 62 * periods.DAY, now - 2 * periods.DAY)
    asked = Filter(periods.few_hours(*span, ZoneInfo("UTC")))
    found = Histogram()
    for _number, bucket, messages in spans.rows(db, asked, [span], _weekly()):
        found.add(bucket, messages)
    return found
