"""
The counts that the pages read, and the one way in which they change.

A tally collects what happened to messages within a transaction and is written at its end. All it adds follows from
the message rows alone (`Facts`), so that counting again from zero gives the same tables (`rebuild`).
"""

import math
from collections import defaultdict
from typing import NamedTuple

from nextpod_core import cells, changes, rollups
from nextpod_core.cells import Cell
from nextpod_core.db import Connection

HOUR = 3_600_000
MINUTE = 60_000
# Eight buckets to a doubling: their middle is at most 4.4 % from any value in them (2 ** (1 / 16) - 1).
BUCKETS_PER_DOUBLING = 8
NEGATIVE = frozenset({"failed", "expired", "rejected"})
# What tells the cells of each table apart.
TABLES = {
    "counts": ("campaign_id", "hour", "mcc", "mnc", "status", "parts", "alphabet"),
    "latencies": ("campaign_id", "hour", "mcc", "mnc", "bucket"),
    "reasons": ("campaign_id", "hour", "mcc", "mnc", "status", "word", "code"),
    "timeline": ("campaign_id", "minute", "status"),
}
# What is added up in them: messages, and of those how many were answered.
VALUES = {table: ("messages", "answered") if table == "counts" else ("messages",) for table in TABLES}

MOST_APART = 4_096  # different facts that a tally holds before it puts them into their cells


class Facts(NamedTuple):
    """What the counts hang on: a message's own columns and its text's. Times UTC milliseconds, latency milliseconds.

    A tuple, because two are made for every report that is folded, and it costs a third of a frozen dataclass.
    """

    campaign_id: int
    parts: int
    alphabet: str
    status: str
    accepted_at: int | None = None
    status_at: int | None = None
    mcc: int = 0
    mnc: int = 0
    word: str | None = None
    operator_code: str | None = None
    latency: int | None = None
    answered: int = 0  # 1 when the person has answered it


def bucket(milliseconds: int) -> int:
    """The histogram bucket of a duration: 0 is up to 100 ms, then eight to a doubling.

    >>> bucket(0), bucket(100), bucket(200), bucket(400)
    (0, 0, 8, 16)
    """
    return 0 if milliseconds <= 100 else math.ceil(round(math.log2(milliseconds / 100) * BUCKETS_PER_DOUBLING, 9))


def middle(number: int) -> float:
    """The duration in milliseconds that stands for a bucket: the geometric middle of its ends."""
    return 100.0 if number <= 0 else float(100 * 2 ** ((number - 0.5) / BUCKETS_PER_DOUBLING))


class Tally:
    """What to add to the counts. `change` as often as needed, then `write` once, in the same transaction."""

    def __init__(self) -> None:
        self._apart: defaultdict[Facts, int] = defaultdict(int)  # most messages of a group are alike in what they were
        self._cells = {table: _cells(len(values)) for table, values in VALUES.items()}

    def change(self, before: Facts | None, after: Facts | None, messages: int = 1) -> None:
        """`messages` messages were as `before` (None: were not there) and are as `after` (None: are gone)."""
        if before is not None:
            self._apart[before] -= messages
        if after is not None:
            self._apart[after] += messages
        if len(self._apart) > MOST_APART:
            self._spread()

    def _spread(self) -> None:
        for facts, messages in self._apart.items():
            if messages:
                self._add(facts, messages)
        self._apart.clear()

    def _add(self, facts: Facts, messages: int) -> None:
        hour = facts.accepted_at // HOUR * HOUR if facts.accepted_at else 0
        place = (facts.campaign_id, hour, facts.mcc, facts.mnc)
        cell = self._cells["counts"][(*place, facts.status, facts.parts, facts.alphabet)]
        cell[0] += messages
        if facts.accepted_at:
            cell[1] += messages * facts.answered
            self._cells["timeline"][(facts.campaign_id, facts.accepted_at // MINUTE * MINUTE, "left")][0] += messages
        if facts.status_at and facts.status != "accepted":
            happened = (facts.campaign_id, facts.status_at // MINUTE * MINUTE, facts.status)
            self._cells["timeline"][happened][0] += messages
        if facts.status == "delivered" and facts.latency is not None:
            self._cells["latencies"][(*place, bucket(facts.latency))][0] += messages
        if facts.status in NEGATIVE or facts.status == "unrecognised":
            why = (*place, facts.status, facts.word or "", facts.operator_code or "")
            self._cells["reasons"][why][0] += messages

    def write(self, db: Connection) -> None:
        """Add what was collected and forget it, within the caller's transaction."""
        self._spread()
        rollups.add(db, self._cells["counts"], self._cells["latencies"], self._cells["reasons"])
        touched = [cells.add(db, table, TABLES[table], added.items(), VALUES[table])
                   for table, added in self._cells.items()]  # fmt: skip
        for added in self._cells.values():
            added.clear()
        if any(touched):
            changes.bump(db, "messages")


def _cells(values: int) -> defaultdict[Cell, list[int]]:
    return defaultdict(lambda: [0] * values)
