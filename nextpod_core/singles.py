"""
One text to one person: answers from the inbox, confirmations of an opt-out, test sends.

They travel through the same outbox under the same promise as campaigns, as messages of a standing campaign per kind
and sender. The claim lets them overtake everything else.
"""

from typing import Literal

from nextpod_core import changes, options, segments
from nextpod_core.counts import Facts, Tally
from nextpod_core.db import Connection
from nextpod_core.people import Actor, audit

Kind = Literal["answers", "confirmations", "tests"]
# Two presses of one button reach the desk as two wishes, the second with the form's old text and, where the page was
# drawn in between, with a key of its own. Nobody writes the same twice to one person within so long.
ONE_PRESS = 15_000


def enqueue(
    db: Connection,
    *,
    kind: Kind,
    sender: str,
    text: str,
    msisdn: str,
    key: str,
    by: Actor,
    now: int,
    inbound_id: int | None = None,
    override: str | None = None,
) -> int:
    """Queue one text to one person, within the caller's transaction; the message's id.

    `key` is made when the form is drawn: the same key again gives the same message and queues nothing. `override` is
    the recorded reason why a suppressed person is answered. Suppressions are the caller's to ask, and are asked again
    in the claim.
    """
    done = db.execute("SELECT message_id FROM answers WHERE key = :key", {"key": key}).fetchone()
    if done:
        return int(done["message_id"])
    size = segments.measure(text)
    campaign = _standing_campaign(db, kind, sender, by=by, now=now)
    text_id = db.execute(
        "INSERT INTO texts (campaign_id, text, parts, alphabet) VALUES (:campaign, :text, :parts, :alphabet)",
        {"campaign": campaign, "text": text, "parts": size.parts, "alphabet": str(size.alphabet)},
    ).lastrowid
    message = db.execute(
        """
        INSERT INTO messages (campaign_id, text_id, msisdn, turn, status)
        SELECT :campaign, :text_id, :msisdn, coalesce(max(turn), 0) + 1, 'queued'
          FROM messages
         WHERE campaign_id = :campaign AND msisdn = :msisdn
        """,
        {"campaign": campaign, "text_id": text_id, "msisdn": msisdn},
    ).lastrowid
    assert message is not None
    db.execute(
        """
        INSERT INTO answers (message_id, key, inbound_id, override, by, at)
        VALUES (:message, :key, :inbound, :override, :by, :now)
        """,
        {"message": message, "key": key, "inbound": inbound_id, "override": override, "by": by.name, "now": now},
    )
    tally = Tally()
    tally.change(None, Facts(campaign, size.parts, str(size.alphabet), "queued"))
    tally.write(db)
    db.execute("UPDATE campaigns SET planned = planned + 1 WHERE id = :campaign", {"campaign": campaign})
    audit(
        db, by=by, action=f"{kind}.queue", now=now, subject="message", subject_id=message,
        detail={"parts": size.parts, "override": override},
    )  # fmt: skip
    changes.bump(db, "campaigns")
    return int(message)


def just_queued(
    db: Connection, *, kind: Kind, sender: str, text: str, msisdn: str, by: Actor, now: int,
    inbound_id: int | None = None,
) -> int | None:  # fmt: skip
    """The message with this very text that `by` queued to this person a moment ago: a second press means that one.

    Not one that is known not to have left, nor one from another sender or to what the person wrote before: those are
    meant to be sent once more.
    """
    row = db.execute(
        """
        SELECT m.id FROM messages m
          JOIN answers a ON a.message_id = m.id
          JOIN texts t ON t.id = m.text_id
          JOIN campaigns c ON c.id = m.campaign_id
         WHERE m.msisdn = :msisdn AND c.kind = :kind AND c.sender = :sender AND a.by = :by AND t.text = :text
           AND a.inbound_id IS :inbound AND a.at BETWEEN :now - :span AND :now
           AND m.status NOT IN ('refused', 'skipped', 'cancelled', 'failed', 'expired', 'rejected')
         ORDER BY m.id DESC LIMIT 1
        """,
        {
            "msisdn": msisdn, "kind": kind, "sender": sender, "by": by.name, "text": text, "inbound": inbound_id,
            "now": now, "span": ONE_PRESS,
        },
    ).fetchone()  # fmt: skip
    return None if row is None else int(row["id"])


def _standing_campaign(db: Connection, kind: Kind, sender: str, *, by: Actor, now: int) -> int:
    db.execute(
        """
        INSERT INTO campaigns (kind, name, sender, text, state, zone, created_at, started_at, created_by)
        VALUES (:kind, :kind, :sender, '', 'sending', :zone, :now, :now, :by)
            ON CONFLICT DO NOTHING
        """,
        {"kind": kind, "sender": sender, "zone": options.read(db).zone, "now": now, "by": by.name},
    )
    row = db.execute(
        "SELECT id FROM campaigns WHERE kind = :kind AND sender = :sender", {"kind": kind, "sender": sender}
    ).fetchone()
    return int(row["id"])
