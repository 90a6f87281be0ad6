"""
Messages that may have been sent: a person sends them again, knowing the risk, or lets them rest as they are.

Their delivery reports settle most of them before anybody has to decide (`folding.settle`).
"""

from nextpod_core import changes, outbox, roles
from nextpod_core.counts import Facts, Tally
from nextpod_core.db import CHUNK, Connection, Row, transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import Actor, audit


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
        campaign = db.execute("SELECT state FROM campaigns WHERE id = :id", {"id": campaign_id}).fetchone()
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
            tally.change(facts, facts._replace(status="queued"))
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
