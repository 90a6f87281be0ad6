"""
Campaigns: a text, an audience, a time, and the states they go through.

draft (made and reviewed, `review.py`) -> scheduled -> sending <-> paused -> finished; cancelled from any of them.
Nothing here sends. The states and the queued messages are what the outbox claims from, so a pause, a cancel or a stop
holds from the next claim on; what is under way at that moment finishes. Two parts of this noun stand by themselves
and are offered here: where every message is (`ledgers.py`), and what a person decides of the unknown (`unknowns.py`).
"""

from collections import defaultdict

from nextpod_core import brakes, changes, holding, outbox, roles, singles, suppressions
from nextpod_core.counts import Facts, Tally
from nextpod_core.db import CHUNK, Connection, Row, transaction
from nextpod_core.errors import BadInput
from nextpod_core.ledgers import Ledger, ledger
from nextpod_core.people import Actor, audit
from nextpod_core.senders import check as check_sender
from nextpod_core.sentences import Sentence, say, say_count
from nextpod_core.unknowns import send_again, unknown_campaigns, write_off

__all__ = [
    "CHUNK", "Ledger", "cancel", "check_sender", "finish_done", "get", "ledger", "let_go", "messages", "pause",
    "planned_between", "recent", "resume", "send_again", "start_due", "sweep_cancelled", "test_send",
    "unknown_campaigns", "write_off",
]  # fmt: skip


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


def resume(db: Connection, campaign_id: int, *, by: Actor, now: int, although: int | None = None) -> None:
    """Go on where it stopped, at once or when it is due. Raises BadInput when it is not paused.

    Where its queue may have left already (`holding.may_have_left`), `although` is how many the person was told of;
    BadInput with the number when it is another one, or none.
    """
    roles.allow(by, "campaign.resume")
    _change(db, campaign_id, ("paused",), "scheduled", by=by, now=now, reason=None, although=although)


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
        same = singles.just_queued(db, kind="tests", sender=sender, text=text, msisdn=msisdn, by=by, now=now)
        if same:
            return same
        return singles.enqueue(db, kind="tests", sender=sender, text=text, msisdn=msisdn, key=key, by=by, now=now)


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
    reason: Sentence | None, although: int | None = None,
) -> None:  # fmt: skip
    with transaction(db):
        campaign = get(db, campaign_id)
        if campaign is None or campaign["kind"] != "campaign":
            raise BadInput("There is no campaign number {id}.", id=campaign_id)
        if campaign["state"] == state:
            return  # Pressed twice, or by two people at once: what they want is so already.
        if campaign["state"] not in allowed:
            raise BadInput("The campaign is in another state by now, so that can't be done any more. Look at it again.")
        if state == "scheduled" and (many := holding.may_have_left(db, campaign)) and although != many:
            raise BadInput(
                say_count(
                    "{count} text of this campaign may have left since the backup, and would be sent twice. Find out "
                    "first; to send it all the same, say that it is {count}.",
                    "{count} texts of this campaign may have left since the backup, and would be sent twice. Find out "
                    "first; to send them all the same, say that they are {count}.",
                    many,
                )
            )
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
