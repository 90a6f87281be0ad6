"""
Campaigns: a text, an audience, a time, and the states they go through.

draft (made and reviewed, `review.py`) -> scheduled -> sending <-> paused -> finished; cancelled from any of them.
Nothing here sends. The states and the queued messages are what the outbox claims from, so a pause, a cancel or a stop
holds from the next claim on; what is under way at that moment finishes.
"""

from collections import defaultdict
from dataclasses import dataclass, replace

from nextpod_core import brakes, changes, outbox, roles, singles, suppressions
from nextpod_core.counts import Facts, Tally
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import Actor, audit
from nextpod_core.senders import check as check_sender
from nextpod_core.sentences import Sentence, say

CHUNK = 5_000  # No write transaction over 5,000 rows: a longer one keeps webhooks waiting (measured in docs/design.md).
OPEN = ("accepted", "pending", "sent", "unrecognised")
NEGATIVE = ("failed", "expired", "rejected")

__all__ = [
    "Ledger",
    "check_sender",
    "get",
    "ledger",
    "let_go",
    "pause",
    "recent",
    "resume",
    "cancel",
    "start_due",
    "test_send",
]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where every message of a campaign is.

    planned = skipped + cancelled + refused + queued + in_flight + unknown + accepted
    accepted = delivered + negative + open
    """

    planned: int
    skipped: int
    cancelled: int
    refused: int
    queued: int
    in_flight: int
    unknown: int
    accepted: int
    delivered: int
    negative: int
    open: int

    @property
    def balances(self) -> bool:
        """Whether both sums agree to the row."""
        return (
            self.planned
            == self.skipped
            + self.cancelled
            + self.refused
            + self.queued
            + self.in_flight
            + self.unknown
            + self.accepted
            and self.accepted == self.delivered + self.negative + self.open
        )


def get(db: Connection, campaign_id: int) -> Row | None:
    """One campaign's row, of any kind; None when there is none with this id."""
    row: Row | None = db.execute("SELECT * FROM campaigns WHERE id = :id", {"id": campaign_id}).fetchone()
    return row


def recent(db: Connection, *, before: int | None = None, state: str | None = None, search: str = "",
           limit: int = 100) -> list[Row]:  # fmt: skip
    """Campaigns, the newest first, a page at a time: those with an id below `before`, in one state or in all.

    Beside their own columns: `left` (left us, whatever came of it), `delivered`, `negative`, `open`, `waiting`
    (queued or under way), `unknown`. Drafts are not among them.
    """
    rows: list[Row] = db.execute(
        """
        SELECT c.*,
               coalesce(sum(n.messages) FILTER (WHERE n.hour > 0), 0) AS left,
               coalesce(sum(n.messages) FILTER (WHERE n.status = 'delivered'), 0) AS delivered,
               coalesce(sum(n.messages) FILTER (WHERE n.status IN ('failed', 'expired', 'rejected')), 0) AS negative,
               coalesce(sum(n.messages) FILTER
                   (WHERE n.status IN ('accepted', 'pending', 'sent', 'unrecognised')), 0) AS open,
               coalesce(sum(n.messages) FILTER (WHERE n.status IN ('queued', 'sending')), 0) AS waiting,
               coalesce(sum(n.messages) FILTER (WHERE n.status = 'unknown'), 0) AS unknown
          FROM (SELECT * FROM campaigns
                 WHERE kind = 'campaign' AND state <> 'draft' AND id < :before
                   AND (:state IS NULL OR state = :state)
                   AND (:search = '' OR name LIKE '%' || :search || '%')
                 ORDER BY id DESC LIMIT :limit) c
          LEFT JOIN counts n ON n.campaign_id = c.id
         GROUP BY c.id
         ORDER BY c.id DESC
        """,
        {"before": before if before is not None else 1 << 62, "state": state, "search": search, "limit": limit},
    ).fetchall()
    return rows


def planned_between(db: Connection, *, start: int, end: int) -> list[Row]:
    """Campaigns that are due within a span of UTC milliseconds and not over, by time."""
    rows: list[Row] = db.execute(
        """
        SELECT id, name, state, due_at, planned FROM campaigns
         WHERE state IN ('scheduled', 'sending', 'paused') AND kind = 'campaign' AND due_at BETWEEN :start AND :end
         ORDER BY due_at LIMIT 500
        """,
        {"start": start, "end": end},
    ).fetchall()
    return rows


def ledger(db: Connection, campaign_id: int) -> Ledger:
    """Where every message of the campaign is, from the counts. Raises BadInput when there is no such campaign."""
    campaign = get(db, campaign_id)
    if campaign is None:
        raise BadInput("There is no campaign number {id}.", id=campaign_id)
    found: dict[str, int] = {
        row["status"]: row["messages"]
        for row in db.execute(
            "SELECT status, sum(messages) AS messages FROM counts WHERE campaign_id = :id GROUP BY status",
            {"id": campaign_id},
        )
    }
    delivered = found.get("delivered", 0)
    negative = sum(found.get(status, 0) for status in NEGATIVE)
    still_open = sum(found.get(status, 0) for status in OPEN)
    return Ledger(
        planned=campaign["planned"] if campaign["state"] != "draft" else 0,
        skipped=found.get("skipped", 0), cancelled=found.get("cancelled", 0), refused=found.get("refused", 0),
        queued=found.get("queued", 0), in_flight=found.get("sending", 0), unknown=found.get("unknown", 0),
        accepted=delivered + negative + still_open, delivered=delivered, negative=negative, open=still_open,
    )  # fmt: skip


def messages(db: Connection, campaign_id: int, *, statuses: tuple[str, ...] = (), after: int = 0,
             limit: int = 100) -> list[Row]:  # fmt: skip
    """Messages of a campaign in the order they were made, a page at a time: ids above `after`, of some statuses."""
    marks = ", ".join(f":s{place}" for place in range(len(statuses)))
    rows: list[Row] = db.execute(
        f"""
        SELECT m.*, t.text, t.parts, t.alphabet
          FROM messages m JOIN texts t ON t.id = m.text_id
         WHERE m.campaign_id = :campaign AND m.id > :after {f"AND m.status IN ({marks})" if statuses else ""}
         ORDER BY m.id
         LIMIT :limit
        """,
        {"campaign": campaign_id, "after": after, "limit": limit}
        | {f"s{place}": status for place, status in enumerate(statuses)},
    ).fetchall()
    return rows


def start_due(db: Connection, *, now: int) -> int:
    """Scheduled campaigns whose time has come begin sending; how many did. None does while a brake is on.

    What waits for a person can be changed or cancelled until that person lets go.
    """
    if (
        brakes.active(db, now=now)
        or not db.execute(
            """
            SELECT 1 FROM campaigns
             WHERE state = 'scheduled' AND (due_at <= :now OR handed_over) AND coalesce(held_until, 0) <= :now
            """,
            {"now": now},
        ).fetchone()
    ):
        return 0
    with transaction(db):
        started = db.execute(
            """
            UPDATE campaigns SET state = 'sending', started_at = coalesce(started_at, :now)
             WHERE state = 'scheduled' AND (due_at <= :now OR handed_over) AND coalesce(held_until, 0) <= :now
            """,
            {"now": now},
        ).rowcount
        changes.bump(db, "campaigns")
    return int(started)


def finish_done(db: Connection, *, now: int) -> int:
    """Campaigns of which nothing is queued or under way are finished; how many became so."""
    done = db.execute(
        """
        SELECT id FROM campaigns c
         WHERE state = 'sending' AND kind = 'campaign'
           AND NOT EXISTS (SELECT 1 FROM counts WHERE campaign_id = c.id AND hour = 0 AND mcc = 0 AND mnc = 0
                              AND status IN ('queued', 'sending'))
        """
    ).fetchall()
    if not done:
        return 0
    with transaction(db):
        for row in done:
            # Asked again: a person may have sent unknown ones again since, and what is queued must leave.
            db.execute(
                """
                UPDATE campaigns SET state = 'finished', ended_at = :now
                 WHERE id = :id AND state = 'sending'
                   AND NOT EXISTS (SELECT 1 FROM counts WHERE campaign_id = campaigns.id AND hour = 0 AND mcc = 0
                                      AND mnc = 0 AND status IN ('queued', 'sending'))
                """,
                {"now": now, "id": row["id"]},
            )
        changes.bump(db, "campaigns")
    return len(done)


def pause(db: Connection, campaign_id: int, *, by: Actor, now: int, reason: Sentence | None = None) -> None:
    """Nothing more of it is claimed; requests under way finish. Raises BadInput when it is not sending or scheduled."""
    roles.allow(by, "campaign.stop")
    _change(
        db, campaign_id, ("sending", "scheduled"), "paused", by=by, now=now, reason=reason or say("Paused by hand.")
    )


def resume(db: Connection, campaign_id: int, *, by: Actor, now: int) -> None:
    """Go on where it stopped, at once or when it is due. Raises BadInput when it is not paused."""
    roles.allow(by, "campaign.resume")
    _change(db, campaign_id, ("paused",), "scheduled", by=by, now=now, reason=None)


def let_go(db: Connection, campaign_id: int, *, by: Actor, now: int) -> None:
    """Wait no longer: end a countdown, or let what a first wave holds back leave."""
    roles.allow(by, "campaign.resume")
    with transaction(db):
        freed = db.execute(
            """
            UPDATE campaigns
               SET due_at = CASE WHEN due_at = held_until THEN :now ELSE due_at END, held_until = NULL,
                   wave_size = CASE WHEN started_at IS NULL THEN wave_size END
             WHERE id = :id AND state IN ('scheduled', 'sending', 'paused')
               AND (held_until > :now OR (started_at IS NOT NULL AND wave_size IS NOT NULL))
            """,
            {"now": now, "id": campaign_id},
        ).rowcount
        if freed:
            audit(db, by=by, action="campaign.let_go", now=now, subject="campaign", subject_id=campaign_id)
            changes.bump(db, "campaigns")


def cancel(db: Connection, campaign_id: int, *, by: Actor, now: int) -> None:
    """Nothing more of it ever leaves. What is queued becomes cancelled in chunks (`sweep_cancelled`).

    Raises BadInput when it is over already, or was handed over to Nextpod, which knows no recall.
    """
    roles.allow(by, "campaign.stop")
    campaign = get(db, campaign_id)
    if campaign is not None and campaign["handed_over"] and campaign["started_at"]:
        raise BadInput("This campaign was handed over to Nextpod and can't be recalled.")
    _change(db, campaign_id, ("scheduled", "sending", "paused"), "cancelled", by=by, now=now, reason=None)
    sweep_cancelled(db)


def sweep_cancelled(db: Connection) -> bool:
    """Turn up to one chunk of queued messages of cancelled campaigns into cancelled ones; whether there were any."""
    row = db.execute(
        """
        SELECT c.id FROM campaigns c
         WHERE c.state = 'cancelled'
           AND EXISTS (SELECT 1 FROM messages WHERE campaign_id = c.id AND status = 'queued')
         LIMIT 1
        """
    ).fetchone()
    waiting = db.execute(
        f"""
        SELECT b.id FROM batches b CROSS JOIN campaigns c ON c.id = b.campaign_id
         WHERE {outbox.OPEN_BATCHES.replace("state", "b.state")} AND b.state IN ('waiting', 'held')
           AND c.state = 'cancelled' LIMIT 5
        """
    ).fetchall()
    if row is None and not waiting:
        return False
    with transaction(db):
        tally = Tally()
        if row is not None:
            _cancel_messages(db, tally, "m.campaign_id = :id AND m.status = 'queued'", row["id"])
        for batch in waiting:
            state = db.execute("SELECT state FROM batches WHERE id = :id", {"id": batch["id"]}).fetchone()["state"]
            if state not in ("waiting", "held"):
                continue
            # What was answered with 500 is not proved not to have left, and must not be called cancelled.
            _cancel_messages(db, tally, "m.batch_id = :id AND m.status = 'sending'", batch["id"])
            db.execute(
                """
                UPDATE batches
                   SET next_at = NULL,
                       state = CASE WHEN EXISTS (SELECT 1 FROM messages WHERE batch_id = :id AND status = 'unknown')
                                    THEN 'unknown' ELSE 'refused' END
                 WHERE id = :id
                """,
                {"id": batch["id"]},
            )
        tally.write(db)
        changes.bump(db, "campaigns")
    return True


def test_send(db: Connection, *, sender: str, text: str, msisdn: str, key: str, by: Actor, now: int) -> int:
    """Queue one test text, ahead of all campaigns; the message's id. `key` makes a second press harmless."""
    roles.allow(by, "test.send")
    check_sender(sender)
    with transaction(db):
        if suppressions.is_suppressed(db, msisdn):
            raise BadInput("This number has opted out. Lift its suppression first, or test with another phone.")
        return singles.enqueue(db, kind="tests", sender=sender, text=text, msisdn=msisdn, key=key, by=by, now=now)


def send_again(db: Connection, campaign_id: int, *, by: Actor, now: int) -> int:
    """Queue the unknown messages of a campaign once more; how many. They may have been sent: some may get it twice.

    Those written off stay. The campaign goes on sending. Raises BadInput when it was cancelled: nothing of it leaves.
    """
    roles.allow(by, "unknown.decide")
    again = 0
    while more := _send_chunk_again(db, campaign_id, by=by, now=now):
        again += more
    return again


def _send_chunk_again(db: Connection, campaign_id: int, *, by: Actor, now: int) -> int:
    with transaction(db):
        campaign = get(db, campaign_id)
        if campaign is not None and campaign["state"] == "cancelled":
            raise BadInput("This campaign was cancelled, so nothing of it is sent again. Write the unknown ones off.")
        rows = _unknown(db, campaign_id)
        tally = Tally()
        for row in rows:
            db.execute("INSERT OR IGNORE INTO moved VALUES (:batch, :id)", {"batch": row["batch_id"], "id": row["id"]})
            db.execute(
                """
                UPDATE messages SET status = 'queued', batch_id = NULL, flags = flags | :flag
                 WHERE id = :id AND status = 'unknown'
                """,
                {"id": row["id"], "flag": outbox.MAY_HAVE_LEFT},
            )
            facts = Facts(campaign_id, row["parts"], row["alphabet"], "unknown")
            tally.change(facts, replace(facts, status="queued"))
        if rows:
            db.execute(
                "UPDATE campaigns SET state = 'sending', ended_at = NULL WHERE id = :id AND state = 'finished'",
                {"id": campaign_id},
            )
            detail: dict[str, str | int | float | bool | None] = {"messages": len(rows)}
            audit(db, by=by, action="unknown.send_again", now=now, subject="campaign", subject_id=campaign_id,
                  detail=detail)  # fmt: skip
            changes.bump(db, "campaigns")
        tally.write(db)
    return len(rows)


def write_off(db: Connection, campaign_id: int, *, by: Actor, now: int) -> int:
    """Let the unknown messages of a campaign rest as they are; how many. They stay unknown, marked (flag 2)."""
    roles.allow(by, "unknown.decide")
    with transaction(db):
        rows = _unknown(db, campaign_id)
        db.executemany("UPDATE messages SET flags = flags | 2 WHERE id = ?", [(row["id"],) for row in rows])
        if rows:
            audit(db, by=by, action="unknown.write_off", now=now, subject="campaign", subject_id=campaign_id,
                  detail={"messages": len(rows)})  # fmt: skip
            changes.bump(db, "campaigns")
    return len(rows)


def unknown_campaigns(db: Connection, *, limit: int = 100) -> list[Row]:
    """Campaigns with unknown messages that nobody has written off: id, name, kind, messages."""
    rows: list[Row] = db.execute(
        """
        SELECT c.id, c.name, c.kind, c.sender, count(*) AS messages, min(b.created_at) AS since
          FROM (SELECT DISTINCT campaign_id FROM counts WHERE hour = 0 AND status = 'unknown') n
          JOIN campaigns c ON c.id = n.campaign_id
          JOIN messages m ON m.campaign_id = c.id AND m.status = 'unknown' AND m.flags & 2 = 0
          LEFT JOIN batches b ON b.id = m.batch_id
         GROUP BY c.id ORDER BY c.id DESC LIMIT :limit
        """,
        {"limit": limit},
    ).fetchall()
    return rows


def _unknown(db: Connection, campaign_id: int) -> list[Row]:
    rows: list[Row] = db.execute(
        """
        SELECT m.id, m.batch_id, t.parts, t.alphabet
          FROM messages m JOIN texts t ON t.id = m.text_id
         WHERE m.campaign_id = :id AND m.status = 'unknown' AND m.flags & 2 = 0
           AND m.status IN ('sending', 'unknown', 'refused', 'skipped', 'failed', 'expired', 'rejected', 'unrecognised')
         LIMIT :chunk
        """,
        {"id": campaign_id, "chunk": CHUNK},
    ).fetchall()
    return rows


def _cancel_messages(db: Connection, tally: Tally, where: str, id: int) -> None:
    rows = db.execute(
        f"""
        SELECT m.id, m.campaign_id, m.status, m.flags, t.parts, t.alphabet
          FROM messages m JOIN texts t ON t.id = m.text_id WHERE {where} LIMIT :chunk
        """,
        {"id": id, "chunk": CHUNK},
    ).fetchall()
    alike: defaultdict[Facts, list[Row]] = defaultdict(list)
    for row in rows:
        alike[Facts(row["campaign_id"], row["parts"], row["alphabet"], row["status"])].append(row)
    for facts, those in alike.items():
        outbox.leave_out(db, tally, those, facts, "cancelled")


def _change(
    db: Connection, campaign_id: int, allowed: tuple[str, ...], state: str, *, by: Actor, now: int,
    reason: Sentence | None,
) -> None:  # fmt: skip
    with transaction(db):
        campaign = get(db, campaign_id)
        if campaign is None or campaign["kind"] != "campaign":
            raise BadInput("There is no campaign number {id}.", id=campaign_id)
        if campaign["state"] == state:
            return  # Pressed twice, or by two people at once: what they want is so already.
        if campaign["state"] not in allowed:
            raise BadInput("The campaign is in another state by now, so that can't be done any more. Look at it again.")
        db.execute(
            """
            UPDATE campaigns
               SET state = :state, pause_reason = :reason,
                   ended_at = CASE WHEN :state = 'cancelled' THEN :now ELSE ended_at END
             WHERE id = :id
            """,
            {"state": state, "reason": reason.dump() if reason else None, "now": now, "id": campaign_id},
        )
        audit(db, by=by, action=f"campaign.{_VERBS[state]}", now=now, subject="campaign", subject_id=campaign_id)
        changes.bump(db, "campaigns")


_VERBS = {"paused": "pause", "scheduled": "resume", "cancelled": "cancel"}
