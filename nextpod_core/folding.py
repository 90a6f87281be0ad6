"""
How the log of delivery reports becomes the status of messages: matched, judged, counted.

What follows from reports is made in one place, `settle`, from all reports of a message together, so any order of
arrival gives the same row, and folding twice changes nothing. `reports.py` passes these functions on as its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple, TypeVar

from nextpod_core import brakes, merge
from nextpod_core.counts import Facts, Tally
from nextpod_core.db import Connection, Row, transaction, tuples
from nextpod_core.people import INGESTER
from nextpod_core.sentences import say

MOST_FOLDED = 5_000  # rows a transaction: one of a million held the lock for six seconds
CHUNK = 500
WATERMARK = "reports"
AGAIN = "reports again"  # a second pass over the whole log, after a person gave a word its class

CONTRADICTED = 1  # messages.flags: delivered, and a negative was reported too
BY_REPORT = 4  # messages.flags: known to be accepted only because a report came; no answer was ever read

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
    tally, words = Tally(), _Words(db)
    alone: list[tuple[_Known, list[_Heard]]] = []
    others: set[int] = set()
    # Most messages have one report in all. Then it and its message, read together, are all that there is to judge.
    for row in tuples(
        db,
        f"""
        SELECT EXISTS (SELECT 1 FROM reports AS o WHERE o.message_id = r.message_id AND o.id <> r.id), {_HEARD}, {_KNOWN}
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
            alone.append((_Known._make(row[12:]), [_Heard._make(row[1:12])]))
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
    words: "_Words | None" = None,
) -> int:
    """Give these messages the status that their reports add up to, whatever they were; how many changed.

    Within the caller's transaction. A message that nothing was heard of stays as it is. One that nobody knew to be
    accepted (unknown, sending, even queued again) is by its report, at the earliest event's time: a report proves
    that Nextpod had it. `answered_at` is the time of an answer that is being recorded for these messages.
    """
    words = words if words is not None else _Words(db)
    changed = 0
    for chunk in _chunks(sorted(set(message_ids)), CHUNK):
        marks = _marks(len(chunk))
        heard: defaultdict[int, list[_Heard]] = defaultdict(list)
        for row in tuples(db, f"SELECT {_HEARD} FROM reports AS r WHERE r.message_id IN ({marks})", chunk):
            heard[row[1]].append(_Heard._make(row))
        known = tuples(
            db,
            f"SELECT {_KNOWN} FROM messages AS m JOIN texts AS t ON t.id = m.text_id WHERE m.id IN ({marks})",
            chunk,
        )
        pairs = [(_Known._make(row), heard[row[0]]) for row in known if row[0] in heard]
        changed += _write_down(db, tally, pairs, words, answered_at)
    return changed


def facts_of(row: Row) -> Facts:
    """What the counts hang on, from a row of messages joined with its text's parts and alphabet."""
    return Facts(
        row["campaign_id"], row["parts"], row["alphabet"], row["status"], row["accepted_at"], row["status_at"],
        row["mcc"], row["mnc"], row["word"], row["operator_code"], row["latency"],
    )  # fmt: skip


class _Heard(NamedTuple):
    """A row of the log: what its message's status hangs on."""

    id: int
    message_id: int
    arrived: int
    status_code: str | None
    status_text: str | None
    event_at: int | None
    sent_at: int | None
    operator_code: str | None
    mcc: int | None
    mnc: int | None
    digest: bytes

    @property
    def word(self) -> str:
        return self.status_text or self.status_code or ""


class _Known(NamedTuple):
    """A message as it stands, with its text's parts and alphabet: from `campaign_id` on its Facts."""

    id: int
    batch_id: int | None
    report_id: int | None
    flags: int
    campaign_id: int
    parts: int
    alphabet: str
    status: str
    accepted_at: int | None
    status_at: int | None
    mcc: int
    mnc: int
    word: str | None
    operator_code: str | None
    latency: int | None


_HEARD = ", ".join(f"r.{name}" for name in _Heard._fields)
_KNOWN = ", ".join(f"{'t' if name in ('parts', 'alphabet') else 'm'}.{name}" for name in _Known._fields)
_FACTS = slice(_Known._fields.index("campaign_id"), None)


class _Words(dict[str, tuple[merge.Status, str, bool]]):
    """Of every status word met: its class, the class as it is stored, and whether its word and code are kept."""

    def __init__(self, db: Connection) -> None:
        self._assigned = assigned_words(db)

    def __missing__(self, word: str) -> tuple[merge.Status, str, bool]:
        status = merge.classify(word, self._assigned)
        odd = status in merge.NEGATIVE or status is merge.Status.UNRECOGNISED
        found = self[word] = (status, status.value, odd)
        return found


def _write_down(
    db: Connection,
    tally: Tally,
    pairs: Iterable[tuple[_Known, list[_Heard]]],
    words: _Words,
    answered_at: int | None = None,
) -> int:
    """Judge each message by all of its reports and write what changed, within the caller's transaction; how many."""
    updates: list[tuple[object, ...]] = []
    unknown: set[int] = set()
    for message, reports in pairs:
        before = Facts._make(message[_FACTS])
        facts, report_id, flags = _judged(message, reports, words, answered_at)
        if facts == before and report_id == message.report_id and flags == message.flags:
            continue
        tally.change(before, facts)
        updates.append((*facts[3:], report_id, flags, message.id))
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


def _judged(
    message: _Known, reports: list[_Heard], words: _Words, answered_at: int | None
) -> tuple[Facts, int, int]:
    if len(reports) == 1:
        row = network = reports[0]
        at = first = merge.event_time(row.event_at, row.arrived)
        contradicted = False
    else:
        events: dict[bytes, _Heard] = {}
        told: list[merge.Event] = []
        for each in reports:
            when = merge.event_time(each.event_at, each.arrived)
            told.append(merge.Event(words[each.word][0], when, each.word, each.digest))
            events[each.digest] = each
        best = max(told, key=merge.key)
        row = network = events[best.digest]
        if not row.mcc:  # the best says nothing of the network: then the best of those that do
            network = events[
                max((event for event in told if events[event.digest].mcc), key=merge.key, default=best).digest
            ]
        at, first, contradicted = best.at, min(event.at for event in told), merge.contradicted(told)
    flags, accepted_at = message.flags, message.accepted_at
    if answered_at is not None and (accepted_at is None or flags & BY_REPORT):
        accepted_at, flags = answered_at, flags & ~BY_REPORT
    elif accepted_at is None or flags & BY_REPORT:
        accepted_at, flags = first, flags | BY_REPORT
    flags = flags | CONTRADICTED if contradicted else flags & ~CONTRADICTED
    word = row.word
    status, stored, odd = words[word]
    latency = None
    if status is merge.Status.DELIVERED:
        began = row.sent_at
        if began is None or not at - merge.EARLIEST <= began <= at:
            began = None if flags & BY_REPORT else accepted_at
        latency = None if began is None else max(0, at - began)
    facts = Facts(
        message.campaign_id, message.parts, message.alphabet, stored, accepted_at, at,
        network.mcc or 0, network.mnc or 0, word if odd else None, row.operator_code, latency,
    )  # fmt: skip
    return facts, row.id, flags


def assigned_words(db: Connection) -> dict[str, str]:
    """The status words that people gave a class, and the class."""
    return {row["word"]: row["class"] for row in db.execute("SELECT word, class FROM status_words")}


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
