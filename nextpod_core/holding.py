"""
Old data is held: nothing of a database that is older than what was sent leaves by itself.

Whatever may have left since it was written becomes unknown, every campaign waits with the reason, and the brake
`overdue` waits for a person. Nobody can tell any more who got a text; a person may find out, and then decides.
"""

import datetime

from nextpod_core import brakes, changes, settlement
from nextpod_core.counts import Facts, Tally
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.people import DISPATCHER, Actor, audit
from nextpod_core.sentences import Sentence, load, say
from nextpod_core.tide import Missing

AT_ONCE = 1_000  # messages a transaction: each may need a batch of its own


def hold_restored(db: Connection, *, written_at: int, now: int, by: Actor) -> tuple[int, list[str]]:
    """Hold a backup that was just put in place: how many messages are unknown now, and which campaigns wait."""
    time = datetime.datetime.fromtimestamp(written_at / 1000, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    reason = _restored(time)
    brake = say(
        "This database was restored from a backup of {time}. What was sent, answered or changed after that is not "
        "in it: look at paused campaigns, unknown messages and drafts before you let sending go on.",
        time=time,
    )
    unknown, paused = _hold(db, brake, reason, may_have_left=True, now=now, by=by)
    with transaction(db):
        audit(db, by=by, action="store.restore", now=now, subject="store",
              detail={"of": time, "unknown": unknown, "paused": len(paused)})  # fmt: skip
    return unknown, paused


def hold_behind(db: Connection, lacks: Missing, *, now: int) -> None:
    """Hold a database that lacks what is known to have left, or to have been changed, here (`tide.missing`)."""
    reason = _went_back()
    brake = say(
        "The database went back in time: requests that left, or changes that were made, are not in it. It may be an "
        "older copy or a snapshot. Look at paused campaigns and unknown messages before you let sending go on."
    )
    unknown, paused = _hold(db, brake, reason, may_have_left=lacks.has_left, now=now, by=DISPATCHER)
    with transaction(db):
        audit(db, by=DISPATCHER, action="store.behind", now=now, subject="store",
              detail={"requests": lacks.requests, "unknown": unknown, "paused": len(paused)})  # fmt: skip


def may_have_left(db: Connection, campaign: Row) -> int:
    """How many queued messages of the campaign in this row may have left after the copy was made that is here now.

    0 unless it waits because of that: who resumes it otherwise sends to people who have it already.
    """
    told = campaign["pause_reason"] if campaign["state"] == "paused" else None
    why = load(told) if told and told.startswith("[") else None
    if why is None or why.text not in (_restored("").text, _went_back().text):
        return 0
    return int(
        db.execute(
            "SELECT coalesce(sum(messages), 0) FROM counts"
            " WHERE campaign_id = :id AND hour = 0 AND status IN ('queued', 'sending')",
            {"id": campaign["id"]},
        ).fetchone()[0]
    )


def _restored(time: str) -> Sentence:
    return say(
        "Restored from a backup of {time}. Texts may have left since. Find out who got one before you go on.",
        time=time,
    )


def _went_back() -> Sentence:
    return say(
        "The database went back in time: it is older than what was sent or changed here. Find out who got a text "
        "before you go on."
    )


def _hold(
    db: Connection, brake: Sentence, reason: Sentence, *, may_have_left: bool, now: int, by: Actor
) -> tuple[int, list[str]]:
    # The brake comes first and the pauses last: stopped anywhere between, nothing leaves, and it is all done again.
    with transaction(db):
        brakes.put_on(db, "overdue", brake, now=now, by=by)
    before = _unknown(db)
    while may_have_left and _give_up_some(db, now=now):
        pass
    with transaction(db):
        tally = Tally()
        if may_have_left:
            for row in db.execute("SELECT id FROM batches WHERE state IN ('sending', 'waiting', 'held')").fetchall():
                settlement.make_unknown(db, tally, row["id"], now=now)
            db.execute("UPDATE batches SET next_at = NULL WHERE state = 'unknown'")
            db.execute(
                "UPDATE attempts SET ended_at = :now, outcome = 'unknown', phrase = 'restored' WHERE outcome IS NULL",
                {"now": now},
            )
        tally.write(db)
        paused = db.execute(
            """
            SELECT id, name, state FROM campaigns
             WHERE state IN ('sending', 'scheduled', 'paused') AND kind = 'campaign' ORDER BY id
            """
        ).fetchall()
        for row in paused:
            db.execute(
                "UPDATE campaigns SET state = 'paused', pause_reason = :reason WHERE id = :id",
                {"reason": reason.dump(), "id": row["id"]},
            )
            if row["state"] != "paused":
                audit(db, by=by, action="campaign.pause", now=now, subject="campaign", subject_id=row["id"])
        _review_again(db)
        for topic in ("campaigns", "messages"):
            changes.bump(db, topic)
    return _unknown(db) - before, [row["name"] for row in paused if row["state"] != "paused"]


def _review_again(db: Connection) -> None:
    """Drafts may have been sent since: what was reviewed, or waits for a second person, needs another review first."""
    db.execute(
        """
        UPDATE drafts SET version = version + 1
         WHERE state = 'open' AND version = (SELECT draft_version FROM campaigns
                                              WHERE draft_id = drafts.id AND state = 'draft')
        """
    )
    db.execute("UPDATE campaigns SET reviewed_at = NULL WHERE state = 'draft'")


def held_at(db: Connection) -> int | None:
    """When this database was last put in the place of a newer one (UTC milliseconds); None when it never was."""
    found = db.execute(
        "SELECT max(at) FROM audit WHERE subject = 'store' AND action IN ('store.restore', 'store.behind')"
    ).fetchone()[0]
    return None if found is None else int(found)


def _give_up_some(db: Connection, *, now: int) -> int:
    """Make some queued messages that may have left since unknown, in a transaction of their own; how many.

    Those of campaigns that were sending or are due by now, and every answer, confirmation and test: they know no pause.
    What is due only later, or was paused, waits for a person with the reason.
    """
    with transaction(db):
        rows: list[Row] = db.execute(
            """
            SELECT m.id, m.campaign_id, m.text_id, t.parts, t.alphabet
              FROM campaigns c
              JOIN messages m ON m.campaign_id = c.id AND m.status = 'queued'
              JOIN texts t ON t.id = m.text_id
             WHERE c.kind <> 'campaign' OR c.state = 'sending'
                OR (c.state = 'scheduled' AND (c.due_at <= :now OR c.handed_over))
             ORDER BY m.campaign_id, m.text_id
             LIMIT :most
            """,
            {"now": now, "most": AT_ONCE},
        ).fetchall()
        tally = Tally()
        alike: dict[tuple[int, int], list[Row]] = {}
        for row in rows:
            alike.setdefault((row["campaign_id"], row["text_id"]), []).append(row)
        for (campaign, text), those in alike.items():
            batch = db.execute(
                """
                INSERT INTO batches (campaign_id, text_id, state, size, created_at)
                VALUES (:campaign, :text, 'unknown', :size, :now)
                """,
                {"campaign": campaign, "text": text, "size": len(those), "now": now},
            ).lastrowid
            db.executemany(
                "UPDATE messages SET status = 'unknown', batch_id = ? WHERE id = ?",
                [(batch, row["id"]) for row in those],
            )
            facts = Facts(campaign, those[0]["parts"], those[0]["alphabet"], "queued")
            tally.change(facts, facts._replace(status="unknown"), len(those))
        tally.write(db)
    return len(rows)


def _unknown(db: Connection) -> int:
    return int(
        db.execute("SELECT coalesce(sum(messages), 0) FROM counts WHERE hour = 0 AND status = 'unknown'").fetchone()[0]
    )
