"""
What came of a request, written down: the table of answers in `docs/sending.md` as code, one transaction a group.

| outcome | the batch | its messages | all sending |
|---|---|---|---|
| accepted | accepted | accepted, with their ids; a number missing from the answer is unknown | |
| not_sent | waits, growing | still sending, nothing left | |
| rejected | refused, or split to find the bad recipient | refused | its own campaign pauses |
| not_allowed, credit, blocked | waits | still sending, nothing left | rests |
| fault | held, out again if no report comes | still sending | |
| unknown, wrong_address | unknown | unknown | rests after two in a row, or at once |
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from nextpod_core import brakes, changes, outbox, reports
from nextpod_core.counts import Facts, Tally
from nextpod_core.db import Connection, transaction
from nextpod_core.outbox import Batch
from nextpod_core.people import DISPATCHER, audit
from nextpod_core.sentences import Sentence, say
from nextpod_core.settings import Settings

Kind = Literal[
    "accepted", "not_sent", "rejected", "not_allowed", "credit", "blocked", "fault", "unknown", "wrong_address"
]

FAILED_WINDOW = 20 * 60_000  # The API document: 429 blocks "for the next 20 minutes".
# The number that trips the lock-out is not documented. A search for one bad number among 1,000 costs four failed
# requests (pieces of a tenth each time), so splitting stops at four and everything rests at six.
SPLIT_UNTIL_FAILED = 4
REST_AT_FAILED = 6
PAUSE_AT_REFUSED = 3  # A campaign with many bad numbers stops itself before all sending has to rest.
PIECES = 10
LONGEST_WAIT = 5 * 60_000
MOST_FAULT_TRIES = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt. `ids` by MSISDN as Nextpod wrote them; `phrase` its reason; `retry_after` seconds."""

    kind: Kind
    ids: dict[str, str] = field(default_factory=dict)
    code: int | None = None
    phrase: str = ""
    retry_after: float | None = None


def record(
    db: Connection, done: Sequence[tuple[Batch, Outcome]], *, settings: Settings, unknowns_in_row: int, now: int
) -> int:
    """Write down what came of these attempts, in one transaction; how many unknown ones in a row there are now.

    `unknowns_in_row` counts those before, so that the second in a row rests all sending. To a lease that ran out a
    late 200 still counts; any other late answer changes nothing but the attempt.
    """
    with transaction(db):
        tally = Tally()
        for batch, outcome in done:
            db.execute(
                """
                UPDATE attempts SET ended_at = :now, outcome = :outcome, code = :code, phrase = :phrase WHERE id = :id
                """,
                {"now": now, "outcome": outcome.kind, "code": outcome.code, "phrase": outcome.phrase[:300],
                 "id": batch.attempt_id},
            )  # fmt: skip
            if outcome.kind != "accepted" and not _is_ours(db, batch):
                continue
            match outcome.kind:
                case "accepted":
                    unknowns_in_row = 0
                    _accepted(db, tally, batch, outcome, now=now)
                case "not_sent":
                    wait = min(LONGEST_WAIT, 1000 * 2 ** min(batch.tries, 10))
                    _wait(db, batch, "waiting", now + wait)
                case "rejected":
                    _rejected(db, tally, batch, outcome, now=now)
                case "not_allowed" | "credit" | "blocked":
                    _wait(db, batch, "waiting", now)
                    _rest(db, outcome, settings=settings, now=now)
                # One handed over for later can't be judged by its reports: none comes before its time.
                case "fault" if (
                    batch.tries < MOST_FAULT_TRIES and batch.send_time is None and not settings.fault_is_unknown
                ):
                    _wait(db, batch, "held", now + int(settings.held * 1000))
                    db.execute(
                        "UPDATE messages SET flags = flags | :flag WHERE batch_id = :id AND status = 'sending'",
                        {"flag": outbox.MAY_HAVE_LEFT, "id": batch.id},
                    )
                case _:
                    unknowns_in_row += outcome.kind != "fault"
                    make_unknown(db, tally, batch.id, now=now)
                    if outcome.kind == "wrong_address":
                        reason = say(
                            "Nextpod's address answered {answer}. Check NEXTPOD_API_URL. Nothing is sent until then.",
                            answer=f"{outcome.code or ''} {outcome.phrase}".strip() or "with something unknown",
                        )
                        brakes.put_on(db, "address", reason, now=now, by=DISPATCHER)
                    elif unknowns_in_row >= 2:
                        reason = say(
                            "Two requests in a row got no answer, so what became of them is unknown. "
                            "Nothing more is sent until somebody has looked."
                        )
                        brakes.put_on(db, "unknowns", reason, now=now, by=DISPATCHER)
        tally.write(db)
        changes.bump(db, "campaigns")
    return unknowns_in_row


def expire(db: Connection, *, now: int) -> int:
    """Make batches whose lease ran out unknown: their holder may have sent them. How many there were.

    Never back to due: a suspended dispatcher may wake up and send.
    """
    lost = db.execute(
        f"SELECT id FROM batches WHERE {outbox.OPEN_BATCHES} AND state = 'sending' AND lease_until < :now LIMIT 5",
        {"now": now},
    ).fetchall()
    if not lost:
        return 0
    with transaction(db):
        tally = Tally()
        for row in lost:
            still = db.execute(
                "SELECT 1 FROM batches WHERE id = :id AND state = 'sending' AND lease_until < :now",
                {"id": row["id"], "now": now},
            ).fetchone()
            if still is None:
                continue
            make_unknown(db, tally, row["id"], now=now)
            db.execute(
                """
                UPDATE attempts SET ended_at = :now, outcome = 'unknown', phrase = 'lease ran out'
                 WHERE batch_id = :id AND outcome IS NULL
                """,
                {"now": now, "id": row["id"]},
            )
        tally.write(db)
        changes.bump(db, "campaigns")
    return len(lost)


def make_unknown(db: Connection, tally: Tally, batch_id: int, *, now: int) -> None:
    """The batch's messages that are still under way become unknown; those that a report has settled stay."""
    row = db.execute(
        """
        SELECT b.campaign_id, t.parts, t.alphabet FROM batches b JOIN texts t ON t.id = b.text_id WHERE b.id = :id
        """,
        {"id": batch_id},
    ).fetchone()
    facts = Facts(row["campaign_id"], row["parts"], row["alphabet"], "sending")
    moved = db.execute(
        "UPDATE messages SET status = 'unknown' WHERE batch_id = :id AND status = 'sending'", {"id": batch_id}
    ).rowcount
    tally.change(facts, facts._replace(status="unknown"), moved)
    db.execute(
        "UPDATE batches SET state = 'unknown', lease_until = NULL, holder = NULL WHERE id = :id", {"id": batch_id}
    )


def _accepted(db: Connection, tally: Tally, batch: Batch, outcome: Outcome, *, now: int) -> None:
    facts = Facts(batch.campaign_id, batch.parts, batch.alphabet, "sending")
    ids: dict[bytes, int] = {}
    # A message that a person sent again is in a later batch, or queued for one: this answer says that it was sent.
    members = outbox.members(db, batch.id)
    for member in members:
        if member["msisdn"] in outcome.ids:
            ids[reports.pack_id(outcome.ids[member["msisdn"]])] = member["id"]
    missing = [(m["id"],) for m in members if m["here"] and m["msisdn"] not in outcome.ids and m["status"] == "sending"]
    if missing:
        db.executemany("UPDATE messages SET status = 'unknown' WHERE id = ?", missing)
        tally.change(facts, facts._replace(status="unknown"), len(missing))
    accepted = facts._replace(status="accepted", accepted_at=now)
    for before in ("sending", "unknown", "queued"):  # Unknown: the lease had run out, and now the answer is here.
        found = [(now, m["id"]) for m in members if m["status"] == before and m["msisdn"] in outcome.ids]
        if before == "sending" and len(found) == len(members) > 1 and all(m["here"] for m in members):
            db.execute(
                "UPDATE messages SET status = 'accepted', accepted_at = ? WHERE batch_id = ? AND status = 'sending'",
                (now, batch.id),
            )
        else:
            db.executemany("UPDATE messages SET status = 'accepted', accepted_at = ? WHERE id = ?", found)
        tally.change(facts._replace(status=before), accepted, len(found))
    back = [(batch.id, m["id"]) for m in members if m["status"] == "queued" and m["msisdn"] in outcome.ids]
    db.executemany("UPDATE messages SET batch_id = ? WHERE id = ?", back)
    db.executemany("DELETE FROM moved WHERE batch_id = ? AND message_id = ?", back)
    db.executemany(
        "INSERT OR IGNORE INTO message_ids (nextpod_id, message_id, attempt_id) VALUES (?, ?, ?)",
        sorted((nextpod_id, message, batch.attempt_id) for nextpod_id, message in ids.items()),
    )
    db.execute(
        "UPDATE batches SET state = :state, lease_until = NULL, holder = NULL WHERE id = :id",
        {"state": "unknown" if missing else "accepted", "id": batch.id},
    )
    db.execute(
        "UPDATE senders SET accepted_at = :now WHERE name = :name AND accepted_at IS NULL",
        {"now": now, "name": batch.sender},
    )
    reports.fold_orphans(db, tally, nextpod_ids=ids, reference=batch.reference, now=now)


def _rejected(db: Connection, tally: Tally, batch: Batch, outcome: Outcome, *, now: int) -> None:
    failed = recently_failed(db, now=now)
    about_all = outcome.code == 400 and any(word in outcome.phrase.casefold() for word in ("from", "msg", "message"))
    told = f"{outcome.code} {outcome.phrase}".strip()
    if failed >= REST_AT_FAILED:
        reason = say(
            "Nextpod refused {count} requests within 20 minutes. To keep the account from being blocked, "
            "all sending rests for 20 minutes.",
            count=failed,
        )
        brakes.put_on(db, "lockout", reason, now=now, by=DISPATCHER, until=now + FAILED_WINDOW)
    facts = Facts(batch.campaign_id, batch.parts, batch.alphabet, "sending")
    inside = [m for m in outbox.members(db, batch.id) if m["here"] and m["status"] == "sending"]
    doubtful = [m for m in inside if m["flags"] & outbox.MAY_HAVE_LEFT]
    outbox.leave_out(db, tally, doubtful, facts, "refused")  # This attempt is refused, an earlier one may have left.
    if len(batch.to) > 1 and not about_all and len(doubtful) < len(inside):
        if _other_bad_piece(db, batch):
            pause = say(
                "Nextpod refused more than one recipient of the same request ({told}). Look at the refused numbers "
                "before you go on.",
                told=told,
            )
            _pause(db, batch.campaign_id, pause, now=now)
        _split(db, batch, at=now if failed < SPLIT_UNTIL_FAILED else now + FAILED_WINDOW, now=now)
        if doubtful:
            _close(db, batch, "unknown")
        return
    refused = db.execute(
        "UPDATE messages SET status = 'refused' WHERE batch_id = :id AND status = 'sending'", {"id": batch.id}
    ).rowcount
    tally.change(facts, facts._replace(status="refused"), refused)
    _close(db, batch, "unknown" if doubtful else "refused")
    if about_all:
        _pause(db, batch.campaign_id, say("Nextpod refused the request: {told}", told=told), now=now)
    elif (refused_lately := _refused_lately(db, batch.campaign_id, now=now)) >= PAUSE_AT_REFUSED:
        pause = say(
            "Nextpod refused {count} recipients within 20 minutes ({told}). Look at the refused numbers before you "
            "go on.",
            count=refused_lately,
            told=told,
        )
        _pause(db, batch.campaign_id, pause, now=now)


def _split(db: Connection, batch: Batch, *, at: int, now: int) -> None:
    """Cut a refused batch into tenths, so that one bad number among 1,000 is found with four failed requests."""
    rows = [m["id"] for m in outbox.members(db, batch.id) if m["here"] and m["status"] == "sending"]
    size = max(1, -(-len(rows) // PIECES))
    for start in range(0, len(rows), size):
        piece = rows[start : start + size]
        child = db.execute(
            """
            INSERT INTO batches (campaign_id, text_id, parent_id, state, size, next_at, created_at)
            VALUES (:campaign, :text, :parent, 'waiting', :size, :at, :now)
            """,
            {"campaign": batch.campaign_id, "text": batch.text_id, "parent": batch.id, "size": len(piece),
             "at": at, "now": now},
        ).lastrowid  # fmt: skip
        db.executemany("INSERT INTO moved VALUES (?, ?)", [(batch.id, id) for id in piece])
        db.executemany("UPDATE messages SET batch_id = ? WHERE id = ?", [(child, id) for id in piece])
    _close(db, batch, "split")


def _other_bad_piece(db: Connection, batch: Batch) -> bool:
    return bool(
        db.execute(
            """
            SELECT 1 FROM batches own JOIN batches other ON other.parent_id = own.parent_id AND other.id <> own.id
             WHERE own.id = :id AND other.state IN ('refused', 'split')
            """,
            {"id": batch.id},
        ).fetchone()
    )


def recently_failed(db: Connection, *, now: int) -> int:
    """How many requests Nextpod refused in the last 20 minutes; what its lock-out is believed to count."""
    return int(
        db.execute(
            """
            SELECT count(*) FROM attempts
             WHERE ended_at > :since AND outcome NOT IN ('accepted', 'not_sent')
               AND outcome IN ('rejected', 'not_allowed', 'credit', 'blocked')
            """,
            {"since": now - FAILED_WINDOW},
        ).fetchone()[0]
    )


def _refused_lately(db: Connection, campaign_id: int, *, now: int) -> int:
    # The first line of the condition is what lets SQLite use the index of failed attempts.
    return int(
        db.execute(
            """
            SELECT count(*) FROM attempts a JOIN batches b ON b.id = a.batch_id
             WHERE a.ended_at > :since AND a.outcome NOT IN ('accepted', 'not_sent')
               AND a.outcome = 'rejected' AND b.state = 'refused' AND b.campaign_id = :campaign
            """,
            {"since": now - FAILED_WINDOW, "campaign": campaign_id},
        ).fetchone()[0]
    )


def _is_ours(db: Connection, batch: Batch) -> bool:
    return bool(
        db.execute(
            """
            SELECT 1 FROM batches b
             WHERE id = :id AND state = 'sending'
               AND NOT EXISTS (SELECT 1 FROM attempts WHERE batch_id = b.id AND id > :attempt)
            """,
            {"id": batch.id, "attempt": batch.attempt_id},
        ).fetchone()
    )


def _close(db: Connection, batch: Batch, state: str) -> None:
    db.execute(
        "UPDATE batches SET state = :state, lease_until = NULL, holder = NULL WHERE id = :id",
        {"state": state, "id": batch.id},
    )


def _wait(db: Connection, batch: Batch, state: str, at: int) -> None:
    db.execute(
        "UPDATE batches SET state = :state, next_at = :at, lease_until = NULL, holder = NULL WHERE id = :id",
        {"state": state, "at": at, "id": batch.id},
    )


def _rest(db: Connection, outcome: Outcome, *, settings: Settings, now: int) -> None:
    told = f"{outcome.code} {outcome.phrase}".strip()
    if outcome.kind == "blocked":
        rest = max(settings.rest, outcome.retry_after or 0)
        reason = say("Nextpod blocks this account after too many failed requests ({told}). Sending rests.", told=told)
        brakes.put_on(db, "lockout", reason, now=now, by=DISPATCHER, until=now + int(rest * 1000))
    elif outcome.kind == "credit":
        reason = say("The Nextpod account is out of credit ({told}). Fill it, then let sending go on.", told=told)
        brakes.put_on(db, "credit", reason, now=now, by=DISPATCHER)
    else:
        reason = say(
            "Nextpod refuses the API key ({told}). An administrator of the account at Nextpod must look at the key and "
            "its restrictions; whoever runs this server puts the new key in place. Then let sending go on.",
            told=told,
        )
        brakes.put_on(db, "key", reason, now=now, by=DISPATCHER)


def _pause(db: Connection, campaign_id: int, reason: Sentence, *, now: int) -> None:
    paused = db.execute(
        """
        UPDATE campaigns SET state = 'paused', pause_reason = :reason
         WHERE id = :id AND state = 'sending' AND kind = 'campaign'
        """,
        {"reason": reason.dump(), "id": campaign_id},
    ).rowcount
    if paused:
        audit(db, by=DISPATCHER, action="campaign.pause", now=now, subject="campaign", subject_id=campaign_id)
