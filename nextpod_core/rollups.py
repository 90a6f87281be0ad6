"""
The counts of all accepted messages once more, coarser: by hour of a campaign, and by week of all campaigns together.

A figure of a year reads whole weeks, and the hours only at the ends (spans.py), so it costs little however many
messages and campaigns there are. They follow from counts, latencies and reasons alone: `add` is told what those are
given, in the same transaction, and `level` finds where they differ. A week is one of UTC, from Monday.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nextpod_core import cells
from nextpod_core.cells import Cell
from nextpod_core.db import Connection, reading, transaction

WEEK = 7 * 86_400_000
MONDAY = 3 * 86_400_000  # 1970-01-01 was a Thursday, three days after a Monday.
# The statuses of messages that Nextpod took; each is a column of its own where rows are to be few.
STATUSES = ("accepted", "pending", "sent", "delivered", "failed", "expired", "rejected", "unrecognised")
CHUNK = 2_000  # rows a transaction
_PLACE = {status: place for place, status in enumerate(STATUSES)}
_MESSAGES = ("messages",)
Added = Mapping[Cell, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Rollup:
    """A table: what tells its cells apart, what is added up in them, and the SQL that makes it from the counts."""

    names: tuple[str, ...]
    values: tuple[str, ...]
    made: str


def week_sql(column: str) -> str:
    """SQL for the first hour of the week of the UTC hour in `column`."""
    return f"(({column} + {MONDAY}) / {WEEK} * {WEEK} - {MONDAY})"


def week_of(hour: int) -> int:
    """The first hour of the week of this UTC hour."""
    return (hour + MONDAY) // WEEK * WEEK - MONDAY


_BY_STATUS = ", ".join(f"sum(CASE status WHEN '{status}' THEN messages ELSE 0 END) AS {status}" for status in STATUSES)
_ACCEPTED = f"hour > 0 AND status IN {STATUSES}"
ROLLUPS = {
    "count_hours": Rollup(
        ("hour", "campaign_id"), (*STATUSES, "parts"),
        f"""
        SELECT hour, campaign_id, {_BY_STATUS}, sum(messages * parts) AS parts
          FROM counts WHERE {_ACCEPTED} GROUP BY 1, 2
        """,
    ),
    "count_weeks": Rollup(
        ("week", "sender", "mcc", "mnc", "parts", "alphabet"), (*STATUSES, "answered"),
        f"""
        SELECT {week_sql("hour")} AS week, coalesce(sender, '') AS sender, mcc, mnc, parts, alphabet, {_BY_STATUS},
               sum(answered) AS answered
          FROM counts LEFT JOIN campaigns ON campaigns.id = counts.campaign_id
         WHERE {_ACCEPTED} GROUP BY 1, 2, 3, 4, 5, 6
        """,
    ),
    "latency_weeks": Rollup(
        ("week", "bucket", "mcc", "mnc"), _MESSAGES,
        f"""
        SELECT {week_sql("hour")} AS week, bucket, mcc, mnc, sum(messages) AS messages
          FROM latencies WHERE hour > 0 GROUP BY 1, 2, 3, 4
        """,
    ),
    "reason_weeks": Rollup(
        ("week", "status", "word", "code"), _MESSAGES,
        f"""
        SELECT {week_sql("hour")} AS week, status, word, code, sum(messages) AS messages
          FROM reasons WHERE hour > 0 GROUP BY 1, 2, 3, 4
        """,
    ),
}  # fmt: skip


def add(db: Connection, counts: Added, latencies: Added, reasons: Added) -> None:
    """What counts, latencies and reasons are given, added to the coarser ones too; cells as `counts.Tally` has them."""
    hours: defaultdict[Cell, list[int]] = defaultdict(lambda: [0] * (len(STATUSES) + 1))
    weeks: defaultdict[Cell, list[int]] = defaultdict(lambda: [0] * (len(STATUSES) + 1))
    senders: dict[int | str, str] = {}
    for (campaign, hour, mcc, mnc, status, parts, alphabet), (messages, answered) in counts.items():
        place = _PLACE.get(str(status))
        if not (messages or answered) or not hour or place is None:
            continue
        if campaign not in senders:
            senders[campaign] = _sender(db, campaign)
        cell = hours[(hour, campaign)]
        cell[place] += messages
        cell[-1] += messages * int(parts)
        cell = weeks[(week_of(int(hour)), senders[campaign], mcc, mnc, parts, alphabet)]
        cell[place] += messages
        cell[-1] += answered
    speeds: defaultdict[Cell, int] = defaultdict(int)
    for (_campaign, hour, mcc, mnc, bucket), (messages,) in latencies.items():
        if hour:
            speeds[(week_of(int(hour)), bucket, mcc, mnc)] += messages
    whys: defaultdict[Cell, int] = defaultdict(int)
    for (_campaign, hour, _mcc, _mnc, status, word, code), (messages,) in reasons.items():
        if hour:
            whys[(week_of(int(hour)), status, word, code)] += messages
    for table, wide in (("count_hours", hours), ("count_weeks", weeks)):
        cells.add(db, table, ROLLUPS[table].names, wide.items(), ROLLUPS[table].values)
    for table, narrow in (("latency_weeks", speeds), ("reason_weeks", whys)):
        cells.add(db, table, ROLLUPS[table].names, ((cell, (messages,)) for cell, messages in narrow.items()))


def _sender(db: Connection, campaign: int | str) -> str:
    # It may be changed while nothing has left, and only what was accepted stands in these tables.
    row = db.execute("SELECT sender FROM campaigns WHERE id = :id", {"id": campaign}).fetchone()
    return str(row[0]) if row else ""


def level(db: Connection) -> int:
    """Make them what the counts say, in transactions of its own, beside live work; how many cells were wrong."""
    wrong = 0
    with reading(db):
        lacking = {table: _lacking(db, table, rollup) for table, rollup in ROLLUPS.items()}
    for table, left in lacking.items():
        rollup = ROLLUPS[table]
        for start in range(0, len(left), CHUNK):
            with transaction(db):
                cells.add(db, table, rollup.names, left[start : start + CHUNK], rollup.values)
        if left:
            with transaction(db):
                db.execute(f"DELETE FROM {table} WHERE {cells.empty(rollup.values)}")
        wrong += len(left)
    return wrong


def _lacking(db: Connection, table: str, rollup: Rollup) -> list[tuple[Cell, tuple[int, ...]]]:
    """What each cell lacks to be what the counts say, less than nothing where it has too much."""
    names, wide = ", ".join(rollup.names), len(rollup.names)
    rows = db.execute(
        f"""
        SELECT {names}, {", ".join(f"sum({value})" for value in rollup.values)}
          FROM (SELECT {names}, {", ".join(rollup.values)} FROM ({rollup.made}) AS made
                 UNION ALL
                SELECT {names}, {", ".join(f"-{value}" for value in rollup.values)} FROM {table}) AS both
         GROUP BY {names}
        HAVING {" OR ".join(f"sum({value}) <> 0" for value in rollup.values)}
        """
    ).fetchall()
    return [(tuple(row[:wide]), tuple(row[wide:])) for row in rows]
