"""Texts that a team keeps under a name, to begin a campaign with."""

from dataclasses import dataclass

from nextpod_core import changes, roles, segments, templates
from nextpod_core.db import Connection, transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import Actor, audit

_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class SavedText:
    """A text with its placeholders, as it was saved."""

    id: int
    name: str
    text: str


def every(db: Connection) -> list[SavedText]:
    """All saved texts by name."""
    rows = db.execute("SELECT id, name, text FROM saved_texts ORDER BY lower(name), name LIMIT 500")
    return [SavedText(row["id"], row["name"], row["text"]) for row in rows]


def save(db: Connection, name: str, text: str, *, by: Actor, now: int) -> int:
    """Keep a text under a name, in place of the one that had it; its id. Raises BadInput."""
    roles.allow(by, "campaign.compose")
    name, text = " ".join(name.split()), segments.clean(text)
    if not name or len(name) > _LONGEST_NAME:
        raise BadInput("Give the text a name of 1 to {most} characters.", most=_LONGEST_NAME)
    if not text.strip():
        raise BadInput("Write the text first.")
    templates.parse(text)
    with transaction(db):
        row = db.execute(
            """
            INSERT INTO saved_texts (name, text, saved_at, saved_by) VALUES (:name, :text, :now, :by)
                ON CONFLICT (name) DO UPDATE
               SET text = excluded.text, saved_at = excluded.saved_at, saved_by = excluded.saved_by
            RETURNING id
            """,
            {"name": name, "text": text, "now": now, "by": by.name},
        ).fetchone()
        audit(db, by=by, action="text.save", now=now, subject="saved_text", subject_id=row["id"])
        changes.bump(db, "options")
    return int(row["id"])


def remove(db: Connection, text_id: int, *, by: Actor, now: int) -> None:
    """Let a saved text go. Campaigns that began with it keep what they have."""
    roles.allow(by, "campaign.compose")
    with transaction(db):
        db.execute("DELETE FROM saved_texts WHERE id = :id", {"id": text_id})
        audit(db, by=by, action="text.remove", now=now, subject="saved_text", subject_id=text_id)
        changes.bump(db, "options")
