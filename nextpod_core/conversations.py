"""
One person's conversation: everything sent and received in order, and what colleagues do with it.

What it means to answer stands in `answers.py`; a new message from the person opens a closed conversation again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from nextpod_core import answers, changes, people, roles, segments, suppressions
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import Actor

SHOWN = 60
LONGEST_LABEL = 40
LONGEST_NOTE = 2_000
Kind = Literal["in", "out", "note", "opt_out", "lifted"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `status` and `campaign` are a message's; `by` is the colleague's or process's name."""

    kind: Kind
    id: int
    at: int
    text: str
    keyword: str | None = None
    sub_keyword: str | None = None
    number: str | None = None  # The short code written to, or the sender written from.
    campaign: str | None = None
    campaign_id: int | None = None
    status: str | None = None
    parts: int | None = None
    verdict: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A person as they stand now. `state` is None when they never wrote; `last_answer` is the newest answer's id."""

    msisdn: str
    state: str | None
    unread: int
    waiting_since: int | None
    owner: str | None
    labels: tuple[str, ...]
    entries: tuple[Entry, ...]
    has_earlier: bool
    suppression: Row | None
    wrote_after: bool
    last_answer: int
    last_inbound: int | None
    senders: tuple[answers.Sender, ...]


def read(db: Connection, msisdn: str, *, limit: int = SHOWN) -> Conversation:
    """Everything about one person: their newest `limit` entries, oldest first."""
    head = db.execute("SELECT * FROM conversations WHERE msisdn = :msisdn", {"msisdn": msisdn}).fetchone()
    entries = sorted(
        [*_received(db, msisdn, limit + 1), *_sent(db, msisdn, limit + 1), *_asides(db, msisdn, limit + 1)],
        key=lambda entry: entry.at,  # Equal times stay in the order given: what came in, then what went out.
    )
    suppression = answers.suppression_of(db, msisdn)
    return Conversation(
        msisdn=msisdn,
        state=head["state"] if head else None,
        unread=head["unread"] if head else 0,
        waiting_since=head["waiting_since"] if head else None,
        owner=head["owner"] if head else None,
        labels=tuple(_labels(db, msisdn)),
        entries=tuple(entries[-limit:]),
        has_earlier=len(entries) > limit,
        suppression=suppression,
        wrote_after=suppression is not None and answers.wrote_after(db, suppression),
        last_answer=answers.last_answer(db, msisdn)[0],
        last_inbound=head["last_inbound_id"] if head else None,
        senders=tuple(answers.senders(db, msisdn)),
    )


def is_known(db: Connection, msisdn: str) -> bool:
    """Whether anything was ever sent to this number, came from it, or was said about it on the suppression list."""
    row = db.execute(
        """
        SELECT EXISTS (SELECT 1 FROM messages WHERE msisdn = :msisdn)
            OR EXISTS (SELECT 1 FROM inbound WHERE msisdn = :msisdn)
            OR EXISTS (SELECT 1 FROM suppressions WHERE msisdn = :msisdn)
        """,
        {"msisdn": msisdn},
    ).fetchone()
    return bool(row[0])


def read_up_to(db: Connection, msisdn: str, *, last_inbound: int, by: Actor, now: int) -> None:
    """A colleague has opened the conversation and seen the messages up to `last_inbound`."""
    roles.allow(by, "inbox.handle")
    with transaction(db):
        left = db.execute(
            "SELECT count(*) FROM inbound WHERE msisdn = :msisdn AND id > :last AND read_at IS NULL",
            {"msisdn": msisdn, "last": last_inbound},
        ).fetchone()[0]
        found = db.execute(
            "UPDATE conversations SET unread = :left WHERE msisdn = :msisdn AND unread > :left",
            {"msisdn": msisdn, "left": left},
        )
        if found.rowcount:
            answers.mark_seen(db, msisdn, last_inbound, now)
            people.audit(
                db, by=by, action="conversation.read", now=now, subject="conversation", subject_id=last_inbound
            )
            changes.bump(db, "inbox")


def close(db: Connection, msisdns: Sequence[str], *, by: Actor, now: int) -> int:
    """Nobody waits any more; the next message of the person opens it again. How many were not closed before."""
    roles.allow(by, "inbox.handle")
    return _set(
        db, msisdns, "state = 'closed', waiting_since = NULL, unread = 0", "state <> 'closed'", "close", by=by, now=now
    )


def reopen(db: Connection, msisdns: Sequence[str], *, by: Actor, now: int) -> int:
    """The person waits for us, from now on. How many were not open before."""
    roles.allow(by, "inbox.handle")
    return _set(
        db, msisdns, "state = 'open', waiting_since = coalesce(waiting_since, :now)", "state <> 'open'", "reopen",
        by=by, now=now,
    )  # fmt: skip


def mark_unread(db: Connection, msisdns: Sequence[str], *, by: Actor, now: int) -> int:
    """To be read again, by whoever comes next."""
    roles.allow(by, "inbox.handle")
    return _set(db, msisdns, "unread = 1", "unread = 0", "unread", by=by, now=now)


def assign(db: Connection, msisdns: Sequence[str], *, owner: str | None, by: Actor, now: int) -> int:
    """Give the conversations to a colleague, or to nobody. How many changed hands."""
    roles.allow(by, "inbox.handle")
    return _set(db, msisdns, "owner = :owner", "owner IS NOT :owner", "assign", by=by, now=now, owner=owner)


def label(db: Connection, msisdns: Sequence[str], *, label: str, by: Actor, now: int) -> int:
    """Put a label on people; how many did not have it. Raises BadInput for one that is empty or too long."""
    roles.allow(by, "inbox.handle")
    label = " ".join(segments.clean(label).split())
    if not 0 < len(label) <= LONGEST_LABEL:
        raise BadInput("A label has between 1 and {most} characters.", most=LONGEST_LABEL)
    with transaction(db):
        new: int = sum(
            db.execute(
                "INSERT INTO labels VALUES (:msisdn, :label, :now, :by) ON CONFLICT DO NOTHING",
                {"msisdn": msisdn, "label": label, "now": now, "by": by.name},
            ).rowcount
            for msisdn in msisdns
        )
        if new:
            _tell(db, "label", new, by=by, now=now, label=label)
    return new


def unlabel(db: Connection, msisdns: Sequence[str], *, label: str, by: Actor, now: int) -> int:
    """Take a label off people; how many had it."""
    roles.allow(by, "inbox.handle")
    with transaction(db):
        gone: int = sum(
            db.execute(
                "DELETE FROM labels WHERE msisdn = :msisdn AND label = :label", {"msisdn": msisdn, "label": label}
            ).rowcount
            for msisdn in msisdns
        )
        if gone:
            _tell(db, "unlabel", gone, by=by, now=now, label=label)
    return gone


def note(db: Connection, msisdn: str, *, text: str, by: Actor, now: int) -> int:
    """Write something for colleagues; the person never gets it. Raises BadInput when empty or too long."""
    roles.allow(by, "inbox.handle")
    text = segments.clean(text).strip()
    if not 0 < len(text) <= LONGEST_NOTE:
        raise BadInput("A note has between 1 and {most} characters.", most=LONGEST_NOTE)
    with transaction(db):
        row = db.execute(
            "INSERT INTO notes (msisdn, text, at, by) VALUES (:msisdn, :text, :now, :by)",
            {"msisdn": msisdn, "text": text, "now": now, "by": by.name},
        )
        _tell(db, "note", 1, by=by, now=now)
    return int(row.lastrowid)


def keep_prefix_opt_out(db: Connection, suppression: int, *, by: Actor, now: int) -> None:
    """A colleague has looked at an opt-out made because the text began with such a word, and it stands."""
    roles.allow(by, "inbox.handle")
    with transaction(db):
        found = db.execute(
            """
            UPDATE suppressions SET reviewed_at = :now, reviewed_by = :by
             WHERE id = :id AND lifted_at IS NULL AND reviewed_at IS NULL
            """,
            {"id": suppression, "now": now, "by": by.name},
        )
        if found.rowcount:
            people.audit(db, by=by, action="suppression.review", now=now, subject="suppression", subject_id=suppression)
            changes.bump(db, "suppressions")


def _received(db: Connection, msisdn: str, limit: int) -> list[Entry]:
    rows = db.execute(
        """
        SELECT i.*, c.name AS campaign
          FROM (SELECT * FROM inbound WHERE msisdn = :msisdn ORDER BY id DESC LIMIT :limit) i
          LEFT JOIN campaigns c ON c.id = i.campaign_id
         ORDER BY i.id
        """,
        {"msisdn": msisdn, "limit": limit},
    )
    return [
        Entry(
            "in", row["id"], row["arrived"], row["text"], row["keyword"], row["sub_keyword"], row["short_code"],
            row["campaign"], row["campaign_id"], verdict=row["verdict"],
        )
        for row in rows
    ]  # fmt: skip


def _sent(db: Connection, msisdn: str, limit: int) -> list[Entry]:
    # A campaign that is still being written sends nothing, so its messages are not yet anybody's.
    rows = db.execute(
        """
        SELECT m.id, m.status, t.text, t.parts, c.sender, c.name, c.kind, c.id AS campaign_id, a.by,
               coalesce(a.at, m.accepted_at, c.started_at, c.due_at, c.created_at) AS at
          FROM (SELECT own.* FROM messages own JOIN campaigns of ON of.id = own.campaign_id
                 WHERE own.msisdn = :msisdn AND of.state <> 'draft' ORDER BY own.id DESC LIMIT :limit) m
          JOIN texts t ON t.id = m.text_id
          JOIN campaigns c ON c.id = m.campaign_id
          LEFT JOIN answers a ON a.message_id = m.id
         ORDER BY m.id
        """,
        {"msisdn": msisdn, "limit": limit},
    )
    return [
        Entry(
            "out", row["id"], row["at"], row["text"], number=row["sender"], status=row["status"], parts=row["parts"],
            campaign=row["name"] if row["kind"] == "campaign" else None, campaign_id=row["campaign_id"], by=row["by"],
        )
        for row in rows
    ]  # fmt: skip


def _asides(db: Connection, msisdn: str, limit: int) -> list[Entry]:
    """Notes, and what the suppression list said about the person."""
    found = [
        Entry("note", row["id"], row["at"], row["text"], by=row["by"])
        for row in db.execute(
            "SELECT * FROM notes WHERE msisdn = :msisdn ORDER BY id DESC LIMIT :limit",
            {"msisdn": msisdn, "limit": limit},
        )
    ]
    for row in suppressions.history(db, msisdn)[:limit]:
        found.append(
            Entry("opt_out", row["id"], row["added_at"], row["note"], verdict=row["reason"], by=row["added_by"])
        )
        if row["lifted_at"] is not None:
            found.append(Entry("lifted", row["id"], row["lifted_at"], row["lift_reason"] or "", by=row["lifted_by"]))
    return found


def _labels(db: Connection, msisdn: str) -> list[str]:
    rows = db.execute("SELECT label FROM labels WHERE msisdn = :msisdn ORDER BY label", {"msisdn": msisdn})
    return [row["label"] for row in rows]


def _set(
    db: Connection, msisdns: Sequence[str], change: str, where: str, action: str, *, by: Actor, now: int,
    owner: str | None = None,
) -> int:  # fmt: skip
    """One change to the heads of some conversations, told once."""
    with transaction(db):
        changed: int = sum(
            db.execute(
                f"UPDATE conversations SET {change} WHERE msisdn = :msisdn AND {where}",
                {"msisdn": msisdn, "now": now, "owner": owner},
            ).rowcount
            for msisdn in msisdns
        )
        if changed:
            _tell(db, action, changed, by=by, now=now, owner=owner)
    return changed


def _tell(
    db: Connection, action: str, people_changed: int, *, by: Actor, now: int, label: str | None = None,
    owner: str | None = None,
) -> None:  # fmt: skip
    detail: people.Detail = {"people": people_changed, "label": label, "owner": owner}
    people.audit(
        db, by=by, action=f"conversation.{action}", now=now, subject="conversation",
        detail={name: value for name, value in detail.items() if value is not None},
    )  # fmt: skip
    changes.bump(db, "inbox")
