"""The audit log as it is read: by subject, by any part of an action or a name, a page at a time. `people` writes it."""

from collections.abc import Iterator
from dataclasses import dataclass

from nextpod_core.db import Connection, Row

PAGE = 100
# Rows looked through for one page of a search, so that a word that is rare costs no more than one that is common.
LOOKED_AT = 50_000
MOST_EXPORTED = 100_000


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, newest first, and the id below which the next page begins; None where the log ends."""

    rows: list[Row]
    after: int | None


def page(db: Connection, *, before: int | None = None, subject: str | None = None, search: str = "",
         limit: int = PAGE) -> Page:  # fmt: skip
    """The newest rows with an id below `before`. `search` is a part of the action, the subject's id or who did it.

    A page can hold fewer rows than `limit`, or none, and still have one after it: it stops after 50,000 rows.
    """
    newest = db.execute("SELECT coalesce(max(id), 0) FROM audit").fetchone()[0]
    top = min(before if before is not None else newest + 1, newest + 1)
    bottom = max(0, top - LOOKED_AT)
    pattern = "%" + search.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    rows: list[Row] = db.execute(
        """
        SELECT id, at, actor_kind, actor, address, action, subject, subject_id, detail
          FROM audit
         WHERE id < :top AND id >= :bottom
           AND (:subject IS NULL OR subject = :subject)
           AND (:search = '%%' OR action LIKE :search ESCAPE '\\' OR subject_id LIKE :search ESCAPE '\\'
                OR actor LIKE :search ESCAPE '\\')
         ORDER BY id DESC
         LIMIT :limit
        """,
        {"top": top, "bottom": bottom, "subject": subject, "search": pattern, "limit": limit + 1},
    ).fetchall()
    if len(rows) > limit:
        return Page(rows[:limit], int(rows[limit - 1]["id"]))
    return Page(rows, bottom if bottom > 1 else None)


def every(db: Connection, *, subject: str | None = None, search: str = "") -> Iterator[Row]:
    """All rows that `page` would show, newest first; at most 100,000."""
    before, given = None, 0
    while given < MOST_EXPORTED:
        found = page(db, before=before, subject=subject, search=search, limit=1_000)
        yield from found.rows[: MOST_EXPORTED - given]
        given += len(found.rows)
        if found.after is None:
            return
        before = found.after


def subjects(db: Connection) -> list[str]:
    """What the log tells of: campaign, sender, brake and so on."""
    # From one value to the next by the index: a plain DISTINCT would read every row.
    rows = db.execute(
        """
        WITH RECURSIVE found (subject) AS (
            SELECT min(subject) FROM audit
            UNION ALL
            SELECT (SELECT min(subject) FROM audit WHERE subject > found.subject) FROM found
             WHERE found.subject IS NOT NULL
        )
        SELECT subject FROM found WHERE subject IS NOT NULL LIMIT 200
        """
    )
    return [row["subject"] for row in rows]
