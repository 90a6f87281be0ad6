"""
What the delivery page costs on a year of 1,000,000 messages (or more), made in SQL: every chart's question against the
same question put to the raw tables, the counts' share of the file, and the counts against a recount.

`python -m bench.analytics [--messages N] [--store FILE] [--runs N]` prints a table, and ends with 1 where a figure is
over its limit. Times are CPU milliseconds of this process, the median of the runs, after one that warms up.
"""

import argparse
import dataclasses
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import NormalDist
from typing import Any
from zoneinfo import ZoneInfo

from nextpod_core import (
    analytics,
    answering,
    behind,
    costs,
    counts,
    funnels,
    options,
    periods,
    rollups,
    settings,
    speed,
    store,
)
from nextpod_core.db import Connection, transaction
from nextpod_core.filters import By, Filter
from nextpod_core.people import COMMAND

OSLO = ZoneInfo("Europe/Oslo")
NOW = 1_795_384_800_000  # 2026-11-22 23:00 in Oslo
CAMPAIGNS, DAYS, A_MINUTE = 250, 365, 1_500
SILENT_AFTER = 78 * periods.HOUR
CHART_MS, LIST_MS, TIMES_FASTER, SHARE = 10.0, 150.0, 100.0, 0.005
FEW_MS = 150.0  # What the raw tables answer sooner is of few rows: how much faster it could be says nothing there.
COUNTS = ("counts", "latencies", "reasons", "timeline", "inbound_counts", "answered", *rollups.ROLLUPS)
# The networks of data/operators.csv that the practice world has: share in thousandths, mcc, mnc, median ms, delivered
# of ten thousand.
NETWORKS = ((460, 242, 1, 5_600, 9_810), (770, 242, 2, 6_900, 9_620), (910, 242, 14, 9_800, 9_150),
            (950, 240, 1, 11_000, 9_570), (980, 238, 1, 12_500, 9_490), (1000, 262, 2, 19_000, 9_030))  # fmt: skip


def make(path: Path, messages: int) -> Connection:
    """A practice store with so many messages, in SQL alone; the same for the same number."""
    given = settings.load({"NEXTPOD_DATABASE": str(path)})
    store.migrate(given, now=NOW, by=COMMAND)
    db = store.open(given)
    db.execute("PRAGMA synchronous = OFF")  # A store of random numbers is no loss.
    db.execute("PRAGMA cache_size = -400000")
    db.execute("PRAGMA temp_store = MEMORY")
    db.create_function("bucket", 1, lambda ms: None if ms is None else counts.bucket(ms), deterministic=True)
    normal = NormalDist()
    quantiles = [(place, math.exp(0.8 * normal.inv_cdf((place + 0.5) / 256))) for place in range(256)]
    with transaction(db):
        db.execute("CREATE TEMP TABLE digits (n INTEGER PRIMARY KEY)")
        db.executemany("INSERT INTO digits VALUES (?)", [(n,) for n in range(1000)])
        db.execute("CREATE TEMP TABLE quantiles (place INTEGER PRIMARY KEY, factor REAL)")
        db.executemany("INSERT INTO quantiles VALUES (?, ?)", quantiles)
        db.execute("CREATE TEMP TABLE networks (upto INTEGER, mcc INTEGER, mnc INTEGER, median INTEGER, good INTEGER)")
        db.executemany("INSERT INTO networks VALUES (?, ?, ?, ?, ?)", NETWORKS)
        db.execute(
            "CREATE TEMP TABLE net (place INTEGER PRIMARY KEY, mcc INTEGER, mnc INTEGER, median INTEGER, good INTEGER)"
        )
        db.execute(
            """
            INSERT INTO net SELECT n, mcc, mnc, median, good FROM digits
              JOIN networks ON upto = (SELECT min(upto) FROM networks WHERE upto > n)
            """
        )
    size = messages // CAMPAIGNS
    values = {"now": NOW, "size": size, "campaigns": CAMPAIGNS, "messages": size * CAMPAIGNS, "pace": 60_000 / A_MINUTE}
    for statement in GENERATOR:
        with transaction(db):
            named = {name: value for name, value in values.items() if f":{name}" in statement}
            db.execute(statement, named)
    rollups.level(db)
    options.change(db, by=COMMAND, now=NOW, price=0.39)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.execute("ANALYZE")
    return db


# `hash` of an id: Knuth's multiplicative constant, so that no two columns walk in step.
GENERATOR = (
    f"""
    INSERT INTO campaigns (id, name, sender, text, state, planned, prepared, zone, created_at, due_at, started_at,
                           ended_at, created_by)
    SELECT n + 1, 'Campaign ' || (n + 1), CASE n % 3 WHEN 0 THEN 'Nextpod' WHEN 1 THEN 'Klubben' ELSE '2345' END,
           'Hei', 'finished', :size, :size, 'Europe/Oslo', at, at, at, at + 7200000, 'bench'
      FROM (SELECT n, :now - (n + 1) * {DAYS} * 86400000 / :campaigns / 3600000 * 3600000
                      + (n * 7 % 10) * 3600000 / 2 AS at FROM digits WHERE n < :campaigns)
    """,
    """
    INSERT INTO texts (id, campaign_id, text, parts, alphabet)
    SELECT id * 2 + side, id, 'Hei ' || side, CASE WHEN id % 4 = 0 THEN 2 ELSE 1 END + side,
           CASE WHEN id % 5 = 0 THEN 'ucs2' ELSE 'gsm7' END
      FROM campaigns, (SELECT 0 AS side UNION ALL SELECT 1)
    """,
    """
    INSERT INTO batches (id, campaign_id, text_id, state, size, created_at)
    SELECT (c.id - 1) * ((:size + 999) / 1000) + place.n + 1, c.id, c.id * 2, 'accepted', 1000,
           c.started_at + place.n * 40000
      FROM campaigns c JOIN digits place ON place.n < (:size + 999) / 1000
    """,
    """
    INSERT INTO attempts (id, batch_id, reference, size, started_at, ended_at, outcome, code)
    SELECT id, id, randomblob(16), size, created_at, created_at + 240, 'accepted', 200 FROM batches
    """,
    # One row a message; what became of it hangs on two hashes of its id.
    """
    INSERT INTO messages (id, campaign_id, text_id, row, msisdn, status, batch_id, accepted_at, status_at, report_id,
                          mcc, mnc, word, operator_code, latency, flags)
    SELECT id, campaign, text, turn, msisdn, status, batch,
           CASE WHEN status <> 'skipped' THEN at END,
           CASE WHEN status NOT IN ('skipped', 'accepted') THEN at + wait END,
           CASE WHEN status NOT IN ('skipped', 'accepted') THEN id END,
           CASE WHEN status IN ('skipped', 'accepted') THEN 0 ELSE mcc END,
           CASE WHEN status IN ('skipped', 'accepted') THEN 0 ELSE mnc END,
           CASE status WHEN 'failed' THEN 'FAILED' WHEN 'expired' THEN 'EXPIRED' WHEN 'rejected' THEN 'REJECTED'
                       WHEN 'unrecognised' THEN 'PARKED' END,
           CASE status WHEN 'failed' THEN CASE WHEN luck % 3 = 0 THEN '1006' ELSE '1004' END
                       WHEN 'expired' THEN '1002' WHEN 'rejected' THEN '2000' END,
           CASE status WHEN 'delivered' THEN wait END,
           CASE WHEN status = 'delivered' AND id % 33 = 0 THEN 16 ELSE 0 END
      FROM (SELECT *, CASE WHEN luck < 40 THEN 'skipped' WHEN luck < 80 THEN 'accepted'
                           WHEN luck < 95 THEN 'unrecognised'
                           WHEN luck * 7 % 10000 < good THEN 'delivered'
                           WHEN luck % 10 < 5 THEN 'failed' WHEN luck % 10 < 8 THEN 'expired'
                           ELSE 'rejected' END AS status
              FROM (SELECT k.id, campaign, turn, net.mcc, net.mnc, net.good, luck,
                           campaign * 2 + k.id % 2 AS text, '479' || printf('%07d', k.id % 10000000) AS msisdn,
                           (campaign - 1) * ((:size + 999) / 1000) + turn / 1000 + 1 AS batch,
                           c.started_at + CAST(turn * :pace AS INTEGER) AS at,
                           CAST(net.median * q.factor AS INTEGER) AS wait
                      FROM (SELECT id, (id - 1) / :size + 1 AS campaign, (id - 1) % :size AS turn,
                                   (id * 2654435761 >> 8) % 10000 AS luck, (id * 40503 >> 4) % 1000 AS where_to,
                                   (id * 2246822519 >> 11) % 256 AS how_long
                              FROM (SELECT a.n * 1000000 + b.n * 1000 + c.n + 1 AS id
                                      FROM digits a CROSS JOIN digits b CROSS JOIN digits c
                                     WHERE a.n <= :messages / 1000000
                                       AND a.n * 1000000 + b.n * 1000 + c.n < :messages)) k
                      JOIN net ON net.place = where_to
                      JOIN quantiles q ON q.place = how_long
                      JOIN campaigns c ON c.id = campaign))
    """,
    """
    INSERT INTO message_ids (nextpod_id, message_id, attempt_id)
    SELECT randomblob(16), id, batch_id FROM messages WHERE accepted_at IS NOT NULL
    """,
    """
    INSERT INTO reports (id, arrived, source, nextpod_id, msisdn, reference, status_code, status_text, event_at,
                         operator_code, mcc, mnc, parts, body, digest, message_id)
    SELECT id, status_at + 180, '127.0.0.1', randomblob(16), msisdn, randomblob(16), '200',
           coalesce(word, 'DELIVERED'), status_at, operator_code, mcc, mnc, 1, randomblob(220), randomblob(16), id
      FROM messages WHERE report_id IS NOT NULL
    """,
    """
    INSERT INTO inbound (arrived, source, msisdn, short_code, text, keyword, sub_keyword, mcc, mnc, digest, verdict,
                         campaign_id, message_id, delay)
    SELECT accepted_at + wait, '127.0.0.1', msisdn, '2345', said, said, CASE WHEN said = 'KLUBB' THEN '5' END, mcc, mnc,
           randomblob(16), CASE WHEN said = 'STOPP' THEN 'out' ELSE 'none' END, campaign_id, id, wait
      FROM (SELECT *, latency + (id * 97 % 5000) * 1000 AS wait,
                   CASE id % 9 WHEN 0 THEN 'STOPP' WHEN 1 THEN 'NEI' WHEN 2 THEN 'KLUBB' ELSE 'JA' END AS said
              FROM messages WHERE status = 'delivered' AND id % 33 = 0)
    """,
    # The counts as counts.py keeps them, recounted from the rows.
    """
    INSERT INTO counts
    SELECT m.campaign_id, coalesce(accepted_at, 0) / 3600000 * 3600000, mcc, mnc, status, parts, alphabet, count(*),
           sum(flags = 16)
      FROM messages m JOIN texts t ON t.id = m.text_id GROUP BY 1, 2, 3, 4, 5, 6, 7
    """,
    """
    INSERT INTO latencies
    SELECT campaign_id, accepted_at / 3600000 * 3600000, mcc, mnc, bucket(latency), count(*)
      FROM messages WHERE status = 'delivered' GROUP BY 1, 2, 3, 4, 5
    """,
    """
    INSERT INTO reasons
    SELECT campaign_id, accepted_at / 3600000 * 3600000, mcc, mnc, status, coalesce(word, ''),
           coalesce(operator_code, ''), count(*)
      FROM messages WHERE status IN ('failed', 'expired', 'rejected', 'unrecognised') GROUP BY 1, 2, 3, 4, 5, 6, 7
    """,
    """
    INSERT INTO timeline
    SELECT campaign_id, accepted_at / 60000 * 60000, 'left', count(*) FROM messages
     WHERE accepted_at IS NOT NULL GROUP BY 1, 2
     UNION ALL
    SELECT campaign_id, status_at / 60000 * 60000, status, count(*) FROM messages
     WHERE status_at IS NOT NULL GROUP BY 1, 2, 3
    """,
    """
    INSERT INTO inbound_counts
    SELECT arrived / 3600000 * 3600000, short_code, keyword, coalesce(sub_keyword, ''), verdict, campaign_id, count(*)
      FROM inbound GROUP BY 1, 2, 3, 4, 5, 6
    """,
    """
    INSERT INTO answered
    SELECT campaign_id, bucket(delay), count(*), sum(verdict = 'out') FROM inbound GROUP BY 1, 2
    """,
)

MINE = "accepted_at >= :start AND accepted_at < :end"
PAID = "count(*), sum(status = 'delivered'), sum(flags & 16 <> 0)"


@dataclasses.dataclass(frozen=True)
class Chart:
    """A chart: what its page asks for, and the same question put to the raw tables."""

    name: str
    ask: Callable[[Connection, Filter], Any]
    raw: str


def _outcomes(by: By) -> Callable[[Connection, Filter], Any]:
    return lambda db, asked: analytics.outcomes(db, asked, by=by, now=NOW, silent_after=SILENT_AFTER)


def _percentiles(place: str) -> str:
    return f"""
        SELECT place, share, max(latency)
          FROM (SELECT {place} AS place, latency, ntile(100) OVER (PARTITION BY {place} ORDER BY latency) AS share
                  FROM messages WHERE {MINE} AND status = 'delivered')
         WHERE share IN (50, 90, 95, 99) GROUP BY 1, 2"""


CHARTS = (
    Chart("outcomes and rate over time", _outcomes("bucket"),
          f"SELECT accepted_at / 86400000, status, count(*) FROM messages WHERE {MINE} GROUP BY 1, 2"),
    Chart("by operator", _outcomes("operator"),
          f"SELECT mcc, mnc, status, count(*) FROM messages WHERE {MINE} GROUP BY 1, 2, 3"),
    Chart("by country", _outcomes("country"),
          f"SELECT mcc, status, count(*) FROM messages WHERE {MINE} GROUP BY 1, 2"),
    Chart("weekday and hour", _outcomes("week_hour"),
          f"SELECT accepted_at / 3600000 % 168, status, count(*) FROM messages WHERE {MINE} GROUP BY 1, 2"),
    Chart("funnel", lambda db, asked: funnels.funnel(db, asked),
          """SELECT status, count(*), (SELECT count(DISTINCT msisdn || campaign_id) FROM inbound) FROM messages
             WHERE campaign_id IN (SELECT id FROM campaigns WHERE started_at >= :start AND started_at < :end)
             GROUP BY 1"""),
    Chart("why not delivered", lambda db, asked: analytics.reasons(db, asked),
          f"""SELECT status, word, operator_code, count(*) FROM messages
              WHERE {MINE} AND +status IN ('failed', 'expired', 'rejected', 'unrecognised') GROUP BY 1, 2, 3"""),
    Chart("time to handset over time", lambda db, asked: speed.handset(db, asked, by="bucket"),
          _percentiles("accepted_at / 604800000")),
    Chart("time to handset by operator", lambda db, asked: speed.handset(db, asked, by="operator"),
          _percentiles("mcc * 10000 + mnc")),
    Chart("incoming by keyword", lambda db, asked: answering.incoming(db, asked),
          """SELECT arrived / 86400000, keyword, count(*) FROM inbound WHERE arrived >= :start AND arrived < :end
             GROUP BY 1, 2"""),
    Chart("how soon people answer", lambda db, asked: answering.wait(db, asked),
          """SELECT min(arrived - accepted_at) FROM messages m JOIN inbound i ON i.msisdn = m.msisdn
             AND i.campaign_id = m.campaign_id GROUP BY m.id"""),
    Chart("answers by campaign", lambda db, asked: answering.by_campaign(db, asked),
          """SELECT m.campaign_id, count(*), sum(status = 'delivered') FROM messages m
             LEFT JOIN inbound i ON i.msisdn = m.msisdn AND i.campaign_id = m.campaign_id GROUP BY 1"""),
    Chart("cost over time",
          lambda db, asked: costs.costs(db, asked, options.Options(price=0.39), by="bucket"),
          f"""SELECT accepted_at / 604800000, mcc, parts, alphabet, {PAID} FROM messages m
              JOIN texts t ON t.id = m.text_id WHERE {MINE} GROUP BY 1, 2, 3, 4"""),
    Chart("statement by sender", lambda db, asked: costs.statement(db, asked, options.Options(price=0.39)),
          f"""SELECT accepted_at / 2629800000, sender, mcc, parts, alphabet, {PAID} FROM messages m
              JOIN texts t ON t.id = m.text_id JOIN campaigns c ON c.id = m.campaign_id
              WHERE {MINE} GROUP BY 1, 2, 3, 4, 5"""),
    Chart("cost of the newest 40 campaigns",
          lambda db, asked: costs.by_campaign(db, asked, options.Options(price=0.39), limit=40),
          f"""SELECT m.campaign_id, mcc, parts, alphabet, {PAID} FROM messages m
              JOIN texts t ON t.id = m.text_id WHERE {MINE} GROUP BY 1, 2, 3, 4"""),
    Chart("cost by country",
          lambda db, asked: costs.costs(db, asked, options.Options(price=0.39), by="country"),
          f"""SELECT mcc, parts, alphabet, {PAID} FROM messages m
              JOIN texts t ON t.id = m.text_id WHERE {MINE} GROUP BY 1, 2, 3"""),
)  # fmt: skip


def cpu_ms(runs: int, ask: Callable[..., Any], *given: Any) -> float:
    """CPU milliseconds of this process, the median of `runs`."""
    taken = []
    for _run in range(runs):
        began = time.process_time()
        ask(*given)
        taken.append((time.process_time() - began) * 1000)
    return statistics.median(taken)


def fetch(db: Connection, statement: str, values: dict[str, int]) -> Any:
    """All rows of a statement."""
    return db.execute(statement, values).fetchall()


def listed(db: Connection, asked: Filter, which: str) -> Any:
    """The first page of the list behind a figure."""
    return behind.messages_behind(db, asked, which, now=NOW, silent_after=SILENT_AFTER)


def measure(db: Connection, path: Path, runs: int) -> bool:
    """Print every figure; whether all are within their limits."""
    good = True
    spans = {kind: Filter(periods.asked(kind, now=NOW - 1, zone=OSLO)) for kind in ("30d", "year")}
    print(f"{'chart':32} {'30 days':>10} {'a year':>10} {'raw, a year':>12} {'faster':>8}")
    for chart in CHARTS:
        ms = {}
        for kind, asked in spans.items():
            chart.ask(db, asked)
            ms[kind] = cpu_ms(runs, chart.ask, db, asked)
        period = spans["year"].period
        values = {
            name: value for name, value in (("start", period.start), ("end", period.end)) if f":{name}" in chart.raw
        }
        raw = cpu_ms(1, fetch, db, chart.raw, values)
        slow, few = raw / ms["year"] < TIMES_FASTER, raw < FEW_MS
        over = max(ms.values()) > CHART_MS or (slow and not few)
        good = good and not over
        print(f"{chart.name:32} {ms['30d']:7.1f} ms {ms['year']:7.1f} ms {raw:9.0f} ms {raw / ms['year']:6.0f} x"
              + ("  over" if over else "  few rows" if slow else ""))  # fmt: skip
    for which in ("delivered", "negative", "silent", "unrecognised"):
        ms_list = cpu_ms(runs, listed, db, spans["year"], which)
        good = good and ms_list <= LIST_MS
        print(f"{'list: ' + which:32} {'':10} {ms_list:7.1f} ms")
    return _share(db, path) and good


def _share(db: Connection, path: Path) -> bool:
    """What the counts and their indices take in a file of their own, of the whole file."""
    alone = path.with_suffix(".counts")
    told = []
    db.execute("ATTACH :alone AS alone", {"alone": str(alone)})
    try:
        for table in COUNTS:
            for kind, made in db.execute(
                """
                SELECT type, sql FROM main.sqlite_schema WHERE tbl_name = :table AND sql IS NOT NULL ORDER BY type DESC
                """,
                {"table": table},
            ).fetchall():
                what = "TABLE" if kind == "table" else "INDEX"
                db.execute(made.replace(f"CREATE {what} ", f"CREATE {what} alone.", 1))
            db.execute(f"INSERT INTO alone.{table} SELECT * FROM main.{table}")
            told.append(f"{table} {db.execute(f'SELECT count(*) FROM main.{table}').fetchone()[0]:,}")
    finally:
        db.execute("DETACH alone")
    whole, part = path.stat().st_size, alone.stat().st_size
    share = part / whole
    print(f"file {whole / 1e6:.0f} MB; counts {part / 1e6:.1f} MB, {share:.2%} of it ({', '.join(told)} rows)")
    alone.unlink()
    return share <= SHARE


def main() -> int:
    """One store, every figure; 0 when all are within their limits."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--messages", type=int, default=1_000_000)
    command.add_argument("--store", type=Path, help="a file to keep and to use again; a temporary one when not given")
    command.add_argument("--runs", type=int, default=7)
    args = command.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = args.store or Path(folder) / "bench.db"
        if path.exists():
            given = settings.load({"NEXTPOD_DATABASE": str(path)})
            store.migrate(given, now=NOW, by=COMMAND)
            db = store.open(given)
        else:
            began = time.monotonic()
            db = make(path, args.messages)
            print(f"{args.messages:,} messages made in {time.monotonic() - began:.0f} s")
        try:
            return 0 if measure(db, path, args.runs) else 1
        finally:
            db.close()


if __name__ == "__main__":
    sys.exit(main())
