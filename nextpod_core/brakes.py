"""
The account's brakes: while any is on, nothing leaves. Each says why in a sentence, and until when or until whom.

`stop` a person stopped all sending · `key` 401, 403 · `credit` 402 · `lockout` 429, or our own stop before it ·
`address` something else than the API answered · `unknowns` two requests in a row without an answer · `overdue` old
data or a long downtime: a person looks first · `disk` the disk is full or nearly so.
"""

from dataclasses import dataclass
from typing import Literal

from nextpod_core import changes, roles
from nextpod_core.db import Connection, transaction
from nextpod_core.people import Actor, audit
from nextpod_core.sentences import Sentence, load

Name = Literal["stop", "key", "credit", "lockout", "address", "unknowns", "overdue", "disk"]


@dataclass(frozen=True, slots=True)
class Brake:
    """One reason why all sending rests. Times in UTC milliseconds; `until` None: until a person lets go."""

    name: str
    reason: Sentence
    at: int
    until: int | None


def active(db: Connection, *, now: int) -> list[Brake]:
    """Every brake that is on, the oldest first. One whose time is over is not on."""
    rows = db.execute(
        "SELECT name, reason, at, until FROM brakes WHERE until IS NULL OR until > :now ORDER BY at, name", {"now": now}
    )
    return [Brake(row["name"], load(row["reason"]) or Sentence(""), row["at"], row["until"]) for row in rows]


def put_on(db: Connection, name: Name, reason: Sentence, *, now: int, by: Actor, until: int | None = None) -> None:
    """Rest all sending, within the caller's transaction. One already on keeps the later end."""
    roles.allow(by, "sending.stop")
    db.execute(
        """
        INSERT INTO brakes (name, reason, at, until) VALUES (:name, :reason, :now, :until)
            ON CONFLICT (name) DO UPDATE
           SET reason = excluded.reason,
               at = CASE WHEN brakes.until <= excluded.at THEN excluded.at ELSE brakes.at END,
               until = CASE WHEN excluded.until IS NULL OR (brakes.until IS NULL AND brakes.at > 0) THEN NULL
                            ELSE max(excluded.until, coalesce(brakes.until, 0)) END
        """,
        {"name": name, "reason": reason.dump(), "now": now, "until": until},
    )
    audit(db, by=by, action="sending.rest", now=now, subject="brake", subject_id=name, detail={"until": until})
    changes.bump(db, "brakes")


def let_go(db: Connection, name: str, *, now: int, by: Actor) -> None:
    """A person, or the end of a rest, lets go of one brake. Letting go of one that is off changes nothing."""
    roles.allow(by, "sending.resume")
    with transaction(db):
        if db.execute("DELETE FROM brakes WHERE name = :name", {"name": name}).rowcount:
            audit(db, by=by, action="sending.resume", now=now, subject="brake", subject_id=name)
            changes.bump(db, "brakes")
