"""Lists that are old: the files as they were uploaded, and the rows that were read from them."""

from nextpod_core import aged, blocks, imports
from nextpod_core.db import Connection
from nextpod_core.sentences import say
from nextpod_core.settings import Settings


def uploads(settings: Settings, db: Connection, before: int) -> tuple[int, aged.Taken]:
    """Files as they were uploaded; what was read from them is `lists`."""
    rows = db.execute(
        """
        SELECT id, spool FROM imports
         WHERE spool IS NOT NULL AND created_at < :before AND state <> 'running' LIMIT 50
        """,
        {"before": before},
    ).fetchall()
    for row in rows:
        (settings.database.parent / "spool" / row["spool"]).unlink(missing_ok=True)
        db.execute("UPDATE imports SET spool = NULL WHERE id = ?", (row["id"],))
    gone = _strays(settings, db, before) if not rows else 0
    return len(rows), {"uploads": len(rows) + gone}


def _strays(settings: Settings, db: Connection, before: int) -> int:
    """Files of uploads that no list knows: what a crash left behind."""
    folder = settings.database.parent / "spool"
    known = {row["spool"] for row in db.execute("SELECT spool FROM imports WHERE spool IS NOT NULL")}
    gone = 0
    for file in folder.glob("*.upload"):
        if file.name not in known and file.stat().st_mtime * 1000 < before:
            file.unlink(missing_ok=True)
            gone += 1
    return gone


def lists(db: Connection, before: int, now: int) -> tuple[int, aged.Taken]:
    """The rows of a list that no draft was worked on with since, and of which every campaign ended before."""
    row = db.execute(
        """
        SELECT id FROM imports i
         WHERE i.emptied_at IS NULL AND i.created_at < :before AND i.state <> 'running'
           AND NOT EXISTS (SELECT 1 FROM drafts WHERE import_id = i.id AND state = 'open' AND changed_at >= :before)
           AND NOT EXISTS (SELECT 1 FROM campaigns WHERE import_id = i.id AND state <> 'draft'
                              AND (ended_at IS NULL OR ended_at >= :before))
         LIMIT 1
        """,
        {"before": before},
    ).fetchone()
    if row is None:
        return 0, {}
    gone = (
        blocks.empty(db, row["id"])
        or db.execute(
            """
            DELETE FROM staged
             WHERE import_id = :id AND row IN (SELECT row FROM staged WHERE import_id = :id LIMIT :limit)
            """,
            {"id": row["id"], "limit": aged.ROWS},
        ).rowcount
    )
    if gone:
        return 1, {}
    told = say("The rows of this list are no longer kept. Upload it again.")
    db.execute(
        """
        UPDATE imports SET emptied_at = :now, state = 'failed', error = :told, examples = '[]', counts = '{}'
         WHERE id = :id
        """,
        {"now": now, "told": told.dump(), "id": row["id"]},
    )
    imports.audience_changed(db, row["id"])
    return 1, {"lists": 1}
