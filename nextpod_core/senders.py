"""The senders a team may use: what a phone shows as from, which one is the default, which can be answered."""

from dataclasses import dataclass

from nextpod_core import changes, request, roles
from nextpod_core.db import Connection, transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import Actor, audit
from nextpod_core.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Sender:
    """`can_answer`: a person can text back to it. `keyword`: what an answer must begin with on a shared short code."""

    name: str
    can_answer: bool
    keyword: str | None
    is_default: bool
    accepted_at: int | None


def check(name: str) -> Sentence | None:
    """What to know about a sender that Nextpod's rules allow, None for nothing. BadInput when they forbid it."""
    request.check_sender(name)
    return request.sender_warning(name)


def can_be_answered(name: str) -> bool:
    """Digits can be texted back to, letters can't (GSM 03.40 alphanumeric addresses have no route back)."""
    return name.isascii() and name.isdigit()


def every(db: Connection) -> list[Sender]:
    """All saved senders, the default first, then by name."""
    rows = db.execute("SELECT * FROM senders ORDER BY is_default DESC, name")
    return [
        Sender(row["name"], bool(row["can_answer"]), row["keyword"], bool(row["is_default"]), row["accepted_at"])
        for row in rows
    ]


def add(db: Connection, name: str, *, by: Actor, now: int, keyword: str | None = None) -> None:
    """Save a sender, or its keyword anew; the first one becomes the default. Raises BadInput."""
    roles.allow(by, "senders.change")
    name = name.strip()
    check(name)
    twin = db.execute(
        "SELECT name FROM senders WHERE lower(name) = lower(:name) AND name <> :name", {"name": name}
    ).fetchone()
    if twin:
        raise BadInput("{twin} is saved already; phones show capital letters as they are written.", twin=twin["name"])
    word = (keyword or "").strip().upper() or None
    if word and not word.isalnum():
        raise BadInput("A keyword is one word of letters and digits; {word} is not.", word=word)
    with transaction(db):
        db.execute(
            """
            INSERT INTO senders (name, can_answer, keyword, is_default, added_at)
            VALUES (:name, :answer, :keyword, NOT EXISTS (SELECT 1 FROM senders), :now)
                ON CONFLICT (name) DO UPDATE SET keyword = excluded.keyword
            """,
            {"name": name, "answer": can_be_answered(name), "keyword": word, "now": now},
        )
        audit(db, by=by, action="sender.add", now=now, subject="sender", subject_id=name)
        changes.bump(db, "options")


def make_default(db: Connection, name: str, *, by: Actor, now: int) -> None:
    """Let this saved sender be the one that new campaigns begin with."""
    roles.allow(by, "senders.change")
    with transaction(db):
        db.execute("UPDATE senders SET is_default = (name = :name)", {"name": name})
        audit(db, by=by, action="sender.default", now=now, subject="sender", subject_id=name)
        changes.bump(db, "options")


def remove(db: Connection, name: str, *, by: Actor, now: int) -> None:
    """Take a sender off the list. Campaigns that used it keep it."""
    roles.allow(by, "senders.change")
    with transaction(db):
        db.execute("DELETE FROM senders WHERE name = :name", {"name": name})
        db.execute(
            """
            UPDATE senders SET is_default = 1
             WHERE name = (SELECT min(name) FROM senders) AND NOT EXISTS (SELECT 1 FROM senders WHERE is_default)
            """
        )
        audit(db, by=by, action="sender.remove", now=now, subject="sender", subject_id=name)
        changes.bump(db, "options")
