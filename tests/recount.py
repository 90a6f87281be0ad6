"""Every table of counts once more, by pandas from the rows: what live work and `rebuild` must both come to."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nextpod_core import counts, rollups
from nextpod_core.db import Connection

Cells = dict[tuple[object, ...], tuple[int, ...]]
HOUR, MINUTE = 3_600_000, 60_000
NAMES = counts.TABLES | {table: rollup.names for table, rollup in rollups.ROLLUPS.items()} | {
    "inbound_counts": ("hour", "short_code", "keyword", "sub_keyword", "verdict", "campaign_id"),
    "answered": ("campaign_id", "bucket"),
}  # fmt: skip
REASONED = ["failed", "expired", "rejected", "unrecognised"]
PLACE = ["campaign_id", "hour", "mcc", "mnc"]


def stored(db: Connection) -> dict[str, Cells]:
    """What the tables hold."""
    found = {}
    for table, names in NAMES.items():
        rows = [tuple(row) for row in db.execute(f"SELECT * FROM {table}")]
        found[table] = {row[: len(names)]: row[len(names) :] for row in rows}
    return found


def recounted(db: Connection) -> dict[str, Cells]:
    """What they should hold."""
    messages = frame(
        db,
        """
        SELECT m.id, m.campaign_id, c.sender, m.status, m.accepted_at, m.status_at, m.mcc, m.mnc,
               coalesce(m.word, '') AS word, coalesce(m.operator_code, '') AS code, m.latency, t.parts, t.alphabet
          FROM messages m JOIN texts t ON t.id = m.text_id JOIN campaigns c ON c.id = m.campaign_id
         WHERE c.state <> 'draft'
        """,
    )
    inbound = frame(
        db,
        """
        SELECT id, arrived, short_code, coalesce(keyword, '') AS keyword, coalesce(sub_keyword, '') AS sub_keyword,
               verdict, coalesce(campaign_id, 0) AS campaign_id, message_id, delay
          FROM inbound ORDER BY id
        """,
    )
    messages["hour"] = whole(messages["accepted_at"], HOUR)
    messages["answered"] = (messages["id"].isin(inbound["message_id"]) & messages["accepted_at"].notna()).astype(int)
    messages["messages"] = 1
    found = {"counts": summed(messages, counts.TABLES["counts"], ["messages", "answered"])}
    fast = messages[(messages["status"] == "delivered") & messages["latency"].notna()].copy()
    fast["bucket"] = buckets(fast["latency"])
    found["latencies"] = summed(fast, [*PLACE, "bucket"], ["messages"])
    why = messages[messages["status"].isin(REASONED)]
    found["reasons"] = summed(why, [*PLACE, "status", "word", "code"], ["messages"])
    left = messages[messages["accepted_at"].notna()].assign(status="left", at=messages["accepted_at"])
    came = messages[messages["status_at"].notna() & (messages["status"] != "accepted")].assign(at=messages["status_at"])
    both = pd.concat([left, came])
    both["minute"] = whole(both["at"], MINUTE)
    found["timeline"] = summed(both, ["campaign_id", "minute", "status"], ["messages"])
    return found | coarser(messages, fast, why) | incoming(inbound)


def coarser(messages: pd.DataFrame, fast: pd.DataFrame, why: pd.DataFrame) -> dict[str, Cells]:
    for each in (messages, fast, why):
        # The Monday of the week by the calendar, where the product divides.
        monday = pd.to_datetime(each["hour"], unit="ms").dt.to_period("W-SUN").dt.start_time
        each.insert(0, "week", monday.astype("datetime64[ms]").astype("int64"))
    taken = messages[(messages["hour"] > 0) & messages["status"].isin(rollups.STATUSES)].copy()
    taken["size"] = taken["parts"]
    for status in rollups.STATUSES:
        taken[status] = (taken["status"] == status).astype(int)
    statuses = list(rollups.STATUSES)
    return {
        "count_hours": summed(taken, ["hour", "campaign_id"], [*statuses, "size"]),
        "count_weeks": summed(
            taken, ["week", "sender", "mcc", "mnc", "parts", "alphabet"], [*statuses, "answered"]
        ),
        "latency_weeks": summed(fast[fast["hour"] > 0], ["week", "bucket", "mcc", "mnc"], ["messages"]),
        "reason_weeks": summed(why[why["hour"] > 0], ["week", "status", "word", "code"], ["messages"]),
    }  # fmt: skip


def incoming(inbound: pd.DataFrame) -> dict[str, Cells]:
    inbound["hour"] = whole(inbound["arrived"], HOUR)
    inbound["messages"] = 1
    answers = inbound[inbound["message_id"].notna()].copy()
    answers["bucket"] = buckets(answers["delay"])
    # Once a person and campaign: each was texted once by it.
    first = answers.drop_duplicates("message_id").assign(people=1, opted_out=0)
    out = answers[answers["verdict"].isin(["out", "out_by_prefix"])].drop_duplicates("message_id")
    both = pd.concat([first, out.assign(people=0, opted_out=1)])
    return {
        "inbound_counts": summed(inbound, NAMES["inbound_counts"], ["messages"]),
        "answered": summed(both, ["campaign_id", "bucket"], ["people", "opted_out"]),
    }


def frame(db: Connection, statement: str) -> pd.DataFrame:
    rows = db.execute(statement)
    names = [column[0] for column in rows.description]
    return pd.DataFrame([tuple(row) for row in rows], columns=names)


def whole(at: pd.Series, step: int) -> pd.Series:
    return at.astype("float64").fillna(0).astype("int64") // step * step


def buckets(milliseconds: pd.Series) -> pd.Series:
    """Eight to a doubling above 100 ms."""
    doubled = np.log2(milliseconds.astype("float64").clip(lower=100) / 100) * 8
    return np.ceil(doubled.round(9)).astype("int64")


def summed(rows: pd.DataFrame, names: Sequence[str], values: Sequence[str]) -> Cells:
    if rows.empty:
        return {}
    table = rows.groupby(list(names))[list(values)].sum().reset_index()
    table = table.astype(dict.fromkeys(values, "int64"))
    return {
        tuple(key): tuple(row)
        for key, row in zip(
            table[list(names)].itertuples(index=False), table[list(values)].itertuples(index=False), strict=True
        )
    }
