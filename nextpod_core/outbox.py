"""
The outbox: messages waiting to be sent, and the batches in which they leave.

The promise is at most once. A batch is cut, given a reference of its own and a lease, and all that is committed
before its request begins (`claim`). Only an error that proves that nothing was sent lets it go out again; a lease
that runs out makes it unknown, never due. What came of a request is written down by `settlement.record`.
"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nextpod_core import brakes, changes, merge, options, pace, store, suppressions
from nextpod_core.counts import Facts, Tally
from nextpod_core.db import Connection, Row, transaction

MOST_RECIPIENTS = 1_000  # The API document: "Limited to max 1000 recipients in each batch."
REFERENCE_BYTES = 16
MAY_HAVE_LEFT = 8  # messages.flags: an earlier attempt got a 500, or no answer and a person said "send again"
LISTENING = 30_000  # The ingester beats every 5 s.

# The condition of the index over batches that are not over, word for word: SQLite takes a partial index for nothing
# less (sqlite.org/partialindex.html). Without it every look would go through every batch there ever was.
OPEN_BATCHES = "state IN ('sending', 'waiting', 'held', 'unknown')"

# Answers and confirmations overtake tests, tests overtake urgent campaigns, those overtake the rest, which take turns.
LANES = "CASE kind WHEN 'answers' THEN 0 WHEN 'confirmations' THEN 0 WHEN 'tests' THEN 1 ELSE 3 - urgent END"


@dataclass(frozen=True, slots=True)
class Batch:
    """One request, claimed: what to send to whom, under which reference. `send_time` UTC ms, when handed over."""

    id: int
    attempt_id: int
    campaign_id: int
    text_id: int
    parts: int
    alphabet: str
    sender: str
    text: str
    to: tuple[str, ...]
    reference: bytes
    tries: int
    send_time: int | None
    lease_until: int


def show_reference(reference: bytes) -> str:
    """Our reference as it stands in a request and comes back in its reports: `nd-` and 32 hex digits."""
    return "nd-" + reference.hex()


def claim(db: Connection, *, now: int, holder: str, lease: int, room: int) -> list[Batch]:
    """Cut up to `room` batches that may leave at this moment, in one transaction that is committed before any request.

    `lease` in milliseconds. People suppressed meanwhile become `skipped` here, so an opt-out counts when it was
    committed before the claim. An empty list when nothing is due, or a brake is on.
    """
    if room < 1 or not _anything_open(db):
        return []
    with transaction(db):
        # Asked here too: a dispatcher that had the file open when it was sealed must not go on.
        if brakes.active(db, now=now) or db.execute("SELECT 1 FROM meta WHERE name = 'sealed'").fetchone():
            return []
        limits = options.read(db)
        left = pace.left_today(db, limits, now=now)
        tally = Tally()
        batches: list[Batch] = []
        exhausted: set[int] = set()
        for row in _waiting_batches(db, now=now, limit=room):
            campaign = db.execute("SELECT * FROM campaigns WHERE id = :id", {"id": row["campaign_id"]}).fetchone()
            too_large = row["state"] == "waiting" and row["size"] > (limits.daily_limit or row["size"])
            if too_large and not _is_proved_by_report(db, row["id"]) and not _went_unheard(db, row["id"]):
                _release(db, row, campaign, tally)
                continue
            room_left = min(left, pace.allowance(db, campaign, now=now))
            if not too_large and (campaign["id"] in exhausted or row["size"] > room_left):
                exhausted.add(campaign["id"])  # What is newer must not eat up the room that this one waits for.
                continue
            again = _claim_again(db, row, campaign, now=now, holder=holder, lease=lease, tally=tally)
            if again is not None:
                batches.append(again)
                left -= len(again.to)
        while len(batches) < room and left > 0:
            campaign = _next_campaign(db, exhausted, now=now)
            if campaign is None:
                break
            most = min(MOST_RECIPIENTS, left, pace.allowance(db, campaign, now=now))
            batch = (
                _cut(db, campaign, most=most, now=now, holder=holder, lease=lease, tally=tally) if most > 0 else None
            )
            if batch is None:
                exhausted.add(campaign["id"])
                continue
            batches.append(batch)
            left -= len(batch.to)
        tally.write(db)
        if batches:
            changes.bump(db, "campaigns")
    return batches


def members(db: Connection, batch_id: int) -> list[Row]:
    """The messages of a batch: those still in it, then those that were moved to a later one (`here` 0)."""
    rows: list[Row] = db.execute(
        """
        SELECT m.id, m.msisdn, m.status, m.flags, 1 AS here,
               NOT EXISTS (SELECT 1 FROM answers WHERE message_id = m.id AND override IS NOT NULL) AS asked
          FROM messages m
         WHERE m.batch_id = :batch
        UNION ALL
        SELECT m.id, m.msisdn, m.status, m.flags, 0, 1
          FROM moved v JOIN messages m ON m.id = v.message_id WHERE v.batch_id = :batch
        """,
        {"batch": batch_id},
    ).fetchall()
    return rows


def _anything_open(db: Connection) -> bool:
    # Asked without a lock, so that an idle dispatcher never keeps a writer waiting.
    return bool(
        db.execute(
            f"""
            SELECT EXISTS (SELECT 1 FROM batches WHERE {OPEN_BATCHES} AND state IN ('waiting', 'held'))
                OR EXISTS (SELECT 1 FROM campaigns c JOIN messages m ON m.campaign_id = c.id AND m.status = 'queued'
                            WHERE c.state = 'sending')
            """
        ).fetchone()[0]
    )


def _next_campaign(db: Connection, exhausted: set[int], *, now: int) -> Row | None:
    """The campaign whose turn it is: best lane, then the one served longest ago. Window and pace decide, not order."""
    rows: Iterator[Row] = db.execute(
        f"""
        SELECT * FROM campaigns c
         WHERE state = 'sending'
           AND EXISTS (SELECT 1 FROM messages WHERE campaign_id = c.id AND status = 'queued')
         ORDER BY {LANES}, last_claim_at, id
        """
    )
    for row in rows:
        if row["id"] not in exhausted and pace.is_open(row, now=now):
            return row
    return None


def _cut(db: Connection, campaign: Row, *, most: int, now: int, holder: str, lease: int, tally: Tally) -> Batch | None:
    """One batch of the campaign's next text; None when everyone left for that text was skipped or nobody is left."""
    alone = campaign["kind"] != "campaign"  # Answers to one person may be equal; a request names a number once.
    while True:
        text = db.execute(
            """
            SELECT t.* FROM texts t
             WHERE t.id = (SELECT text_id FROM messages
                            WHERE campaign_id = :campaign AND status = 'queued' ORDER BY text_id, id LIMIT 1)
            """,
            {"campaign": campaign["id"]},
        ).fetchone()
        if text is None:
            return None
        rows = db.execute(
            """
            SELECT m.id, m.msisdn, m.flags,
                   NOT EXISTS (SELECT 1 FROM answers a WHERE a.message_id = m.id AND a.override IS NOT NULL) AS asked
              FROM messages m
             WHERE m.campaign_id = :campaign AND m.status = 'queued' AND m.text_id = :text
             ORDER BY m.id
             LIMIT :most
            """,
            {"campaign": campaign["id"], "text": text["id"], "most": 1 if alone else most},
        ).fetchall()
        out, chosen = _part(db, rows, campaign)
        facts = Facts(campaign["id"], text["parts"], text["alphabet"], "queued")
        leave_out(db, tally, out, facts, "skipped")
        if not chosen:
            continue
        batch = db.execute(
            """
            INSERT INTO batches (campaign_id, text_id, state, size, holder, lease_until, created_at)
            VALUES (:campaign, :text, 'sending', :size, :holder, :until, :now)
            """,
            {"campaign": campaign["id"], "text": text["id"], "size": len(chosen), "holder": holder,
             "until": now + lease, "now": now},
        ).lastrowid  # fmt: skip
        assert batch is not None
        # Those left out are queued no more, so these are all that is queued up to the last of them: one statement costs
        # half of a thousand.
        db.execute(
            """
            UPDATE messages SET status = 'sending', batch_id = :batch
             WHERE campaign_id = :campaign AND status = 'queued' AND text_id = :text AND id <= :last
            """,
            {"batch": batch, "campaign": campaign["id"], "text": text["id"], "last": chosen[-1]["id"]},
        )
        tally.change(facts, facts._replace(status="sending"), len(chosen))
        db.execute("UPDATE campaigns SET last_claim_at = :now WHERE id = :id", {"now": now, "id": campaign["id"]})
        to = tuple(row["msisdn"] for row in chosen)
        return _attempt(db, batch, campaign, text, to, tries=0, lease_until=now + lease, now=now)


def leave_out(db: Connection, tally: Tally, rows: Sequence[Row], facts: Facts, status: str) -> None:
    """Give messages (`id`, `flags`) that are as `facts` says the status of not having been sent, in a transaction.

    One of which an earlier attempt may have left becomes unknown: nobody may be told that it never left.
    """
    for after, ids in (
        (status, [(row["id"],) for row in rows if not row["flags"] & MAY_HAVE_LEFT]),
        ("unknown", [(row["id"],) for row in rows if row["flags"] & MAY_HAVE_LEFT]),
    ):
        db.executemany(f"UPDATE messages SET status = '{after}' WHERE id = ?", ids)
        tally.change(facts, facts._replace(status=after), len(ids))


def _claim_again(
    db: Connection, row: Row, campaign: Row, *, now: int, holder: str, lease: int, tally: Tally
) -> Batch | None:
    """A batch that is proved not to have left, or was held long enough without a report: its members once more.

    None when nobody is left to send to. Who opted out meanwhile is taken out: skipped when it is proved that nothing
    left, unknown when Nextpod said 500, which proves nothing. So are all where their reports may have been missed.
    """
    text = db.execute("SELECT * FROM texts WHERE id = :id", {"id": row["text_id"]}).fetchone()
    inside = [member for member in members(db, row["id"]) if member["here"]]
    facts = Facts(campaign["id"], text["parts"], text["alphabet"], "sending")
    waiting = [member for member in inside if member["status"] == "sending"]
    if _is_proved_by_report(db, row["id"]):
        # A report for one of them proves that the "failed" transaction went through; then it did for all.
        db.execute(
            "UPDATE messages SET status = 'accepted', accepted_at = :now"
            " WHERE batch_id = :batch AND status = 'sending'",
            {"now": now, "batch": row["id"]},
        )
        db.execute("UPDATE batches SET state = 'accepted', next_at = NULL WHERE id = :id", {"id": row["id"]})
        tally.change(facts, facts._replace(status="accepted", accepted_at=now), len(waiting))
        return None
    out, chosen = (waiting, []) if _went_unheard(db, row["id"]) else _part(db, waiting, campaign)
    leave_out(db, tally, out, facts, "skipped")
    to = tuple(member["msisdn"] for member in chosen)
    if not to:
        ended = {member["status"] for member in inside if member["status"] != "sending"}
        ended |= {"unknown"} if any(member["flags"] & MAY_HAVE_LEFT for member in out) else set()
        state = "unknown" if "unknown" in ended else "accepted" if ended & merge.ACCEPTED_ALL else "refused"
        db.execute("UPDATE batches SET state = :s, next_at = NULL WHERE id = :id", {"s": state, "id": row["id"]})
        return None
    db.execute(
        """
        UPDATE batches
           SET state = 'sending', holder = :holder, lease_until = :until, next_at = NULL, tries = tries + 1
         WHERE id = :id
        """,
        {"holder": holder, "until": now + lease, "id": row["id"]},
    )
    return _attempt(
        db, row["id"], campaign, text, to, tries=row["tries"] + 1, lease_until=now + lease, now=now
    )  # fmt: skip


def _release(db: Connection, row: Row, campaign: Row, tally: Tally) -> None:
    """Queue the members of a batch that did not leave once more: a day's limit set since lets it never leave whole."""
    text = db.execute("SELECT * FROM texts WHERE id = :id", {"id": row["text_id"]}).fetchone()
    facts = Facts(campaign["id"], text["parts"], text["alphabet"], "sending")
    ids = [(row["id"], m["id"]) for m in members(db, row["id"]) if m["here"] and m["status"] == "sending"]
    # Reports under the references it had are still found by these rows.
    db.executemany("INSERT OR IGNORE INTO moved VALUES (?, ?)", ids)
    db.executemany("UPDATE messages SET status = 'queued', batch_id = NULL WHERE batch_id = ? AND id = ?", ids)
    tally.change(facts, facts._replace(status="queued"), len(ids))
    db.execute("UPDATE batches SET state = 'refused', next_at = NULL WHERE id = :id", {"id": row["id"]})


def _is_proved_by_report(db: Connection, batch: int) -> bool:
    """Whether a report came for an attempt of this batch that Nextpod answered with 500, folded already or not."""
    faults = db.execute(
        "SELECT reference FROM attempts WHERE batch_id = :batch AND outcome = 'fault'", {"batch": batch}
    ).fetchall()
    return any(
        db.execute(
            """
            SELECT EXISTS (SELECT 1 FROM reports WHERE message_id IS NULL AND reference = :reference)
                OR EXISTS (SELECT 1 FROM messages m JOIN reports r ON r.message_id = m.id
                            WHERE m.batch_id = :batch AND r.reference = :reference)
            """,
            {"batch": batch, "reference": fault["reference"]},
        ).fetchone()[0]
        for fault in faults
    )


def _went_unheard(db: Connection, batch: int) -> bool:
    """Whether reports of an attempt that got a 500 may have come while nobody listened: no sign is no proof then.

    The machine slept, or the ingester was down. Nextpod promises no second delivery of a report.
    """
    fault = db.execute(
        "SELECT max(ended_at) FROM attempts WHERE batch_id = :batch AND outcome = 'fault'", {"batch": batch}
    ).fetchone()[0]
    if fault is None:
        return False
    since = store.alive_since(db, "ingester")
    return since is None or since > fault


def _part(db: Connection, rows: list[Row], campaign: Row) -> tuple[list[Row], list[Row]]:
    """Those who must not be sent to any more, and the others. An answer with a recorded override is not `asked`.

    The confirmation of an opt-out is the one text that goes to somebody who opted out.
    """
    if campaign["kind"] == "confirmations":
        return [], rows
    gone = suppressions.suppressed_among(db, [row["msisdn"] for row in rows if row["asked"]])
    if not gone:
        return [], rows
    out = [row for row in rows if row["asked"] and row["msisdn"] in gone]
    return out, [row for row in rows if not (row["asked"] and row["msisdn"] in gone)]


def _attempt(
    db: Connection, batch: int, campaign: Row, text: Row, to: tuple[str, ...], *, tries: int, lease_until: int, now: int
) -> Batch:
    reference = secrets.token_bytes(REFERENCE_BYTES)
    attempt = db.execute(
        "INSERT INTO attempts (batch_id, reference, size, started_at) VALUES (:batch, :reference, :size, :now)",
        {"batch": batch, "reference": reference, "size": len(to), "now": now},
    ).lastrowid
    assert attempt is not None
    handed_over = campaign["handed_over"] and campaign["due_at"] and campaign["due_at"] > now
    return Batch(
        batch, attempt, campaign["id"], text["id"], text["parts"], text["alphabet"], campaign["sender"], text["text"],
        to, reference, tries, campaign["due_at"] if handed_over else None, lease_until,
    )  # fmt: skip


def _waiting_batches(db: Connection, *, now: int, limit: int) -> list[Row]:
    # While nobody listens no report can come, so that none came proves nothing of a batch that got a 500.
    listening = store.is_alive(db, "ingester", now=now, within=LISTENING)
    rows: list[Row] = db.execute(
        f"""
        SELECT b.*, c.window_from, c.window_to, c.zone FROM batches b CROSS JOIN campaigns c ON c.id = b.campaign_id
         WHERE {OPEN_BATCHES.replace("state", "b.state")} AND b.state IN ('waiting', 'held')
           AND b.next_at <= :now AND c.state = 'sending'
           AND (:listening OR b.state = 'waiting' AND NOT EXISTS (
                                SELECT 1 FROM attempts WHERE batch_id = b.id AND outcome = 'fault'))
         ORDER BY {LANES}, b.next_at, b.id
         LIMIT :limit
        """,
        {"now": now, "limit": limit, "listening": listening},
    ).fetchall()
    return [row for row in rows if pace.is_open(row, now=now)]
