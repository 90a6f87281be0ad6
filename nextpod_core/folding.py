"""
How the log of delivery reports becomes the status of messages: matched, judged, counted.

What follows from reports is made in one place, `settle`, from all reports of a message together, so any order of
arrival gives the same row, and folding twice changes nothing. `reports.py` passes these functions on as its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TypeVar

from nextpod_core import brakes, merge
from nextpod_core.counts import Facts, Tally
from nextpod_core.db import Connection, Row, transaction, tuples
from nextpod_core.people import INGESTER
from nextpod_core.sentences import say
from nextpod_core.verdicts import (
    ANSWERED,
    BY_REPORT,
    CONTRADICTED,
    HEARD,
    KNOWN,
    Heard,
    Known,
    Words,
    assigned_words,
    judged,
)

__all__ = [
    "AGAIN", "ANSWERED", "BY_REPORT", "CONTRADICTED", "MOST_FOLDED", "WATERMARK", "assigned_words", "facts_of", "fold",
    "fold_orphans", "mark_answered", "match", "settle", "unfolded",
]  # fmt: skip

MOST_FOLDED = 5_000  # rows a transaction: one of a million held the lock for six seconds
CHUNK = 500
WATERMARK = "reports"
AGAIN = "reports again"  # a second pass over the whole log, after a person gave a word its class

_Value = TypeVar("_Value")


def unfolded(db: Connection) -> int:
    """How many rows of the log, repeats left out, are not in messages and counts yet. Asked without a lock."""
    row = db.execute(
        "SELECT coalesce(max(id), 0) - coalesce((SELECT id FROM watermarks WHERE name = :name), 0) FROM reports",
        {"name": WATERMARK},
    ).fetchone()
    return int(row[0])


def fold(db: Connection, *, now: int, limit: int = MOST_FOLDED) -> int:
    """Bring the next rows of the log into messages and counts, in a transaction of its own; how many rows were taken.

    The watermark moves in the same transaction. What matches nothing passes it as an orphan.
    """
    if unfolded(db) > 0:
        with transaction(db):
            return _pass(db, WATERMARK, now=now, limit=limit)
    if db.execute("SELECT 1 FROM watermarks WHERE name = :name", {"name": AGAIN}).fetchone():
        with transaction(db):
            taken = _pass(db, AGAIN, now=now, limit=limit)
            if not taken:
                db.execute("DELETE FROM watermarks WHERE name = :name", {"name": AGAIN})
            return taken
    return 0


def _pass(db: Connection, watermark: str, *, now: int, limit: int) -> int:
    mark = db.execute("SELECT id FROM watermarks WHERE name = :name", {"name": watermark}).fetchone()
    since = mark["id"] if mark else 0
    last, taken = db.execute(
        "SELECT max(id), count(*) FROM (SELECT id FROM reports WHERE id > :since ORDER BY id LIMIT :limit) AS next",
        {"since": since, "limit": limit},
    ).fetchone()
    if not taken:
        return 0
    these = {"since": since, "last": last}
    # By id: the + keeps the index of orphans out of it, which may be long.
    lost = db.execute(
        """
        SELECT id, nextpod_id, reference, msisdn, arrived, event_at, sent_at
          FROM reports
         WHERE id > :since AND id <= :last AND +message_id IS NULL
         ORDER BY id
        """,
        these,
    ).fetchall()
    if lost:
        match(db, lost, now=now)
    tally, words = Tally(), Words(db)
    alone: list[tuple[Known, list[Heard]]] = []
    others: set[int] = set()
    # Most messages have one report in all. Then it and its message, read together, are all that there is to judge.
    for row in tuples(
        db,
        f"""
        SELECT EXISTS (SELECT 1 FROM reports AS o WHERE o.message_id = r.message_id AND o.id <> r.id), {HEARD}, {KNOWN}
          FROM reports AS r
          JOIN messages AS m ON m.id = r.message_id
          JOIN texts AS t ON t.id = m.text_id
         WHERE r.id > :since AND r.id <= :last
         ORDER BY r.id
        """,
        these,
    ):
        if row[0]:
            others.add(row[2])
        else:
            alone.append((Known._make(row[12:]), [Heard._make(row[1:12])]))
    _write_down(db, tally, alone, words)
    settle(db, tally, others, words=words)
    tally.write(db)
    db.execute(
        "INSERT INTO watermarks VALUES (:name, :id) ON CONFLICT (name) DO UPDATE SET id = excluded.id",
        {"name": watermark, "id": last},
    )
    return int(taken)


def match(db: Connection, rows: Iterable[Row], *, now: int) -> dict[int, int]:
    """Find the messages of reports that have none: by id, else by reference and number. Message by report.

    Within the caller's transaction; what is found is written to the log. A reference of our form that no attempt
    knows means that more has left than this file remembers, and all sending rests.
    """
    found: dict[int, int] = {}
    batches: dict[bytes, int | None] = {}
    for row in rows:
        message = _by_id(db, row["nextpod_id"]) if row["nextpod_id"] else None
        if message is None and row["reference"]:
            reference = row["reference"]
            if reference not in batches:
                known = db.execute("SELECT batch_id FROM attempts WHERE reference = ?", (reference,)).fetchone()
                batches[reference] = known["batch_id"] if known else None
                if known is None:
                    _rest_for_old_data(db, row, now=now)
            batch = batches[reference]
            if batch is not None and row["msisdn"]:
                message = _in_batch(db, batch, row["msisdn"])
        if message is not None:
            found[row["id"]] = message
    db.executemany(
        "UPDATE reports SET message_id = ? WHERE id = ?", [(message, report) for report, message in found.items()]
    )
    return found


def fold_orphans(db: Connection, tally: Tally, *, nextpod_ids: Mapping[bytes, int], reference: bytes, now: int) -> int:
    """Reports that were here before the answer: matched and folded within the transaction that records the answer.

    Called after the answer's ids and statuses are written; `nextpod_ids` gives each packed id its message. A message
    that was known to be accepted by its report alone gets the answer's time, `now`. How many messages changed.
    """
    lost: list[Row] = []
    if db.execute("SELECT 1 FROM reports WHERE message_id IS NULL LIMIT 1").fetchone():
        columns = "id, nextpod_id, reference, msisdn, arrived, event_at, sent_at"
        for chunk in _chunks(nextpod_ids, CHUNK):
            lost += db.execute(
                f"SELECT {columns} FROM reports WHERE message_id IS NULL AND nextpod_id IN ({_marks(len(chunk))})",
                chunk,
            ).fetchall()
        lost += db.execute(
            f"SELECT {columns} FROM reports WHERE message_id IS NULL AND reference = ?", (reference,)
        ).fetchall()
    touched = set(match(db, lost, now=now).values()) if lost else set()
    for ids in _chunks(set(nextpod_ids.values()), CHUNK):
        touched.update(
            row["id"]
            for row in db.execute(
                f"SELECT id FROM messages WHERE report_id IS NOT NULL AND id IN ({_marks(len(ids))})", ids
            ).fetchall()
        )
    return settle(db, tally, touched, answered_at=now) if touched else 0


def settle(
    db: Connection,
    tally: Tally,
    message_ids: Iterable[int],
    *,
    answered_at: int | None = None,
    words: Words | None = None,
) -> int:
    """Give these messages the status that their reports add up to, whatever they were; how many changed.

    Within the caller's transaction. A message that nothing was heard of stays as it is. One that nobody knew to be
    accepted (unknown, sending, even queued again) is by its report, at the earliest event's time: a report proves
    that Nextpod had it. `answered_at` is the time of an answer that is being recorded for these messages.
    """
    words = words if words is not None else Words(db)
    changed = 0
    for chunk in _chunks(sorted(set(message_ids)), CHUNK):
        marks = _marks(len(chunk))
        heard: defaultdict[int, list[Heard]] = defaultdict(list)
        for row in tuples(db, f"SELECT {HEARD} FROM reports AS r WHERE r.message_id IN ({marks})", chunk):
            heard[row[1]].append(Heard._make(row))
        known = tuples(
            db,
            f"SELECT {KNOWN} FROM messages AS m JOIN texts AS t ON t.id = m.text_id WHERE m.id IN ({marks})",
            chunk,
        )
        pairs = [(Known._make(row), heard[row[0]]) for row in known if row[0] in heard]
        changed += _write_down(db, tally, pairs, words, answered_at)
    return changed


def mark_answered(db: Connection, tally: Tally, message_id: int, *, answered: bool = True) -> None:
    """Note that the person has answered a message, or has not after all, within the caller's transaction."""
    row = db.execute(
        "SELECT m.*, t.parts, t.alphabet FROM messages AS m JOIN texts AS t ON t.id = m.text_id WHERE m.id = ?",
        (message_id,),
    ).fetchone()
    before = facts_of(row)
    after = before._replace(answered=int(answered))
    if before != after:
        tally.change(before, after)
        db.execute(
            "UPDATE messages SET flags = :flags WHERE id = :id",
            {"flags": row["flags"] | ANSWERED if answered else row["flags"] & ~ANSWERED, "id": message_id},
        )


def facts_of(row: Row) -> Facts:
    """What the counts hang on, from a row of messages joined with its text's parts and alphabet."""
    return Facts(
        row["campaign_id"], row["parts"], row["alphabet"], row["status"], row["accepted_at"], row["status_at"],
        row["mcc"], row["mnc"], row["word"], row["operator_code"], row["latency"], int(row["flags"] & ANSWERED != 0),
    )  # fmt: skip


def _write_down(
    db: Connection,
    tally: Tally,
    pairs: Iterable[tuple[Known, list[Heard]]],
    words: Words,
    answered_at: int | None = None,
) -> int:
    """Judge each message by all of its reports and write what changed, within the caller's transaction; how many."""
    updates: list[tuple[object, ...]] = []
    unknown: set[int] = set()
    for message, reports in pairs:
        before = message.facts
        facts, report_id, flags = judged(message, reports, words, answered_at)
        if facts == before and report_id == message.report_id and flags == message.flags:
            continue
        tally.change(before, facts)
        updates.append((*facts[3:-1], report_id, flags, message.id))
        if message.status == "unknown" and message.batch_id is not None:
            unknown.add(message.batch_id)
    db.executemany(
        """
        UPDATE messages
           SET status = ?, accepted_at = ?, status_at = ?, mcc = ?, mnc = ?, word = ?, operator_code = ?, latency = ?,
               report_id = ?, flags = ?
         WHERE id = ?
        """,
        updates,
    )
    db.executemany(
        """
        UPDATE batches
           SET state = 'accepted'
         WHERE id = ? AND state = 'unknown'
           AND NOT EXISTS (SELECT 1 FROM messages WHERE batch_id = batches.id AND status = 'unknown')
        """,
        [(batch,) for batch in unknown],
    )
    return len(updates)


def _by_id(db: Connection, nextpod_id: bytes) -> int | None:
    row = db.execute("SELECT message_id FROM message_ids WHERE nextpod_id = ?", (nextpod_id,)).fetchone()
    return int(row["message_id"]) if row else None


def _in_batch(db: Connection, batch: int, msisdn: str) -> int | None:
    """The batch's message to this number, also when it was moved to another batch since."""
    # By person first: they have a handful of messages, the batch a thousand. The + keeps its index out of it.
    row = db.execute(
        """
        SELECT m.id
          FROM messages AS m
         WHERE m.msisdn = :msisdn
           AND (+m.batch_id = :batch
                OR EXISTS (SELECT 1 FROM moved AS v WHERE v.batch_id = :batch AND v.message_id = m.id))
         ORDER BY m.id
         LIMIT 1
        """,
        {"msisdn": msisdn, "batch": batch},
    ).fetchone()
    return int(row["id"]) if row else None


def _rest_for_old_data(db: Connection, row: Row, *, now: int) -> None:
    """A reference of ours that this file never gave: it is older than what was sent, so sending rests.

    Once somebody has let go, only what was sent after that rests it again: the reports of the lost hours are still
    on their way, and each would stop everything anew.
    """
    if db.execute("SELECT 1 FROM brakes WHERE name = 'overdue' AND (until IS NULL OR until > ?)", (now,)).fetchone():
        return
    let_go = db.execute(
        "SELECT max(at) FROM audit WHERE subject = 'brake' AND subject_id = 'overdue' AND action = 'sending.resume'"
    ).fetchone()[0]
    sent = row["sent_at"] or merge.event_time(row["event_at"], row["arrived"])
    if let_go is not None and sent <= let_go:
        return
    brakes.put_on(
        db,
        "overdue",
        say(
            "A delivery report came for something that this database does not know of, though it was sent from here. "
            "The database may be an older copy: look at what was sent before you let go."
        ),
        now=now,
        by=INGESTER,
    )


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def _chunks(values: Iterable[_Value], size: int) -> Iterator[list[_Value]]:
    left = iter(values)
    while chunk := list(islice(left, size)):
        yield chunk
