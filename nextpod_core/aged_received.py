"""What came in and is old: raw bodies, what people wrote, who they were, and what was noted of them."""

from collections.abc import Sequence

from nextpod_core import aged, changes, consent, emptying
from nextpod_core.db import Connection, Row


def bodies(db: Connection, table: str, before: int) -> tuple[int, aged.Taken]:
    """The bodies of reports or messages that came before then, as they came over the wire."""
    kind = f"{table} bodies"
    rows = aged.due(db, kind, table, before)
    ids = [row["id"] for row in rows]
    if not ids:
        ids = [
            row["id"]
            for row in db.execute(
                f"SELECT h.id FROM held_back h JOIN {table} t ON t.id = h.id"
                " WHERE h.kind = ? AND t.arrived < ? LIMIT ?",
                (kind, before, aged.ROWS),
            ).fetchall()
        ]
        db.executemany("DELETE FROM held_back WHERE kind = ? AND id = ?", [(kind, id) for id in ids])
    taken = db.executemany(
        f"UPDATE {table} SET body = NULL WHERE id = ? AND body IS NOT NULL", [(id,) for id in ids]
    ).rowcount
    return len(ids), {"bodies": max(0, taken)}


def quarantine(db: Connection, before: int, unread_before: int | None) -> tuple[int, aged.Taken]:
    """What was taken up since goes with other bodies; what nobody could read yet may hold an opt-out, and waits."""
    rows = db.execute(
        """
        SELECT id FROM quarantine
         WHERE body <> x'' AND (replayed_at IS NOT NULL AND arrived < :before OR arrived < :unread)
         LIMIT :limit
        """,
        {
            "before": before,
            "unread": min(before, unread_before if unread_before is not None else 0),
            "limit": aged.ROWS,
        },
    ).fetchall()
    for row in rows:
        empty_odd(db, row["id"])
    return len(rows), {"quarantine": len(rows)}


def empty_odd(db: Connection, quarantine_id: int) -> None:
    """Take the content of a request in quarantine away, within the caller's transaction."""
    db.execute(
        """
        UPDATE quarantine
           SET body = x'', query = '', digest = randomblob(16), replayed_at = coalesce(replayed_at, arrived)
         WHERE id = :id
        """,
        {"id": quarantine_id},
    )
    changes.bump(db, "quarantine")


def inbound(db: Connection, kind: str, before: int) -> tuple[int, aged.Taken]:
    """What people wrote, and later who they were; not what somebody still waits for an answer to."""
    rows = aged.due(db, kind, "inbound", before)
    ids = [row["id"] for row in rows] or _held(db, kind, before)
    marks = ", ".join("?" * len(ids))
    found = db.execute(
        f"""
        SELECT i.id, i.msisdn, i.campaign_id, i.digest, i.text <> '' OR i.body IS NOT NULL AS has_text,
               coalesce(v.state = 'open' AND i.arrived >= v.waiting_since, 0)
               OR EXISTS (SELECT 1 FROM forwards f WHERE f.inbound_id = i.id AND f.state = 'waiting') AS waits
          FROM inbound i LEFT JOIN conversations v ON v.msisdn = i.msisdn
         WHERE i.id IN ({marks})
        """,
        ids,
    ).fetchall()
    go = [row for row in found if not row["waits"]]
    aged.keep_back(db, kind, [row["id"] for row in found if row["waits"]], [row["id"] for row in go])
    if kind == "inbound_texts":
        go = [row for row in go if row["has_text"]]
        emptying.inbound_texts(db, [row["id"] for row in go])
    else:
        go = [row for row in go if row["msisdn"]]
        emptying.inbound_numbers(db, go)
    return len(rows) or (len(ids) and len(go)), {kind: len(go)}


def _held(db: Connection, kind: str, before: int) -> list[int]:
    rows = db.execute(
        """
        SELECT h.id FROM held_back h JOIN inbound i ON i.id = h.id
          LEFT JOIN conversations v ON v.msisdn = i.msisdn
         WHERE h.kind = :kind AND i.arrived < :before
           AND NOT coalesce(v.state = 'open' AND i.arrived >= v.waiting_since, 0)
           AND NOT EXISTS (SELECT 1 FROM forwards f WHERE f.inbound_id = i.id AND f.state = 'waiting')
         LIMIT :limit
        """,
        {"kind": kind, "before": before, "limit": aged.ROWS},
    ).fetchall()
    return [row["id"] for row in rows]


def rule_hits(db: Connection, before: int) -> tuple[int, aged.Taken]:
    """Whom rules met."""
    # The partial index holds the rows that still have a number, by time.
    ids = db.execute(
        "SELECT id FROM rule_hits WHERE msisdn <> '' AND at < ? ORDER BY at LIMIT ?", (before, aged.ROWS)
    ).fetchall()
    db.executemany("UPDATE rule_hits SET msisdn = '' WHERE id = ?", [(row["id"],) for row in ids])
    return len(ids), {"rule_hits": len(ids)}


def notes(db: Connection, before: int) -> tuple[int, aged.Taken]:
    """What colleagues noted."""
    gone = db.execute(
        "DELETE FROM notes WHERE id IN (SELECT id FROM notes WHERE at < ? ORDER BY id LIMIT ?)",
        (before, aged.ROWS),
    ).rowcount
    return gone, {"notes": gone}


def conversations(db: Connection, before: int) -> tuple[int, aged.Taken]:
    """Heads of conversations in which nothing was said since, with their labels; what was said is emptied before."""
    rows = db.execute(
        """
        SELECT v.msisdn FROM conversations v
         WHERE v.last_at < :before AND v.state <> 'open'
           AND NOT EXISTS (SELECT 1 FROM inbound WHERE msisdn = v.msisdn)
         ORDER BY v.last_at LIMIT :limit
        """,
        {"before": before, "limit": aged.ROWS},
    ).fetchall()
    numbers = [(row["msisdn"],) for row in rows]
    db.executemany("DELETE FROM labels WHERE msisdn = ?", numbers)
    db.executemany("DELETE FROM conversations WHERE msisdn = ?", numbers)
    if rows:
        changes.bump(db, "inbox")
    return len(rows), {"conversations": len(rows)}


def suppressions(db: Connection, before: int) -> tuple[int, aged.Taken]:
    """Opt-outs of people of whom nothing else is left: they hold as before, by a keyed hash."""
    rows = db.execute(
        """
        SELECT s.id, s.msisdn, s.reason, s.added_at, s.lifted_at FROM suppressions s
         WHERE coalesce(s.lifted_at, s.added_at) < :before
           AND NOT EXISTS (SELECT 1 FROM conversations WHERE msisdn = s.msisdn)
           AND NOT EXISTS (SELECT 1 FROM messages WHERE msisdn = s.msisdn)
         LIMIT :limit
        """,
        {"before": before, "limit": aged.ROWS},
    ).fetchall()
    hash_suppressions(db, rows)
    return len(rows), {"suppressions": len(rows)}


def hash_suppressions(db: Connection, rows: Sequence[Row]) -> None:
    """Keep these rows of the suppression list as keyed hashes alone, within the caller's transaction.

    What is in force is in force before and after; what was lifted is told by the ledger of consent. What a colleague or
    a list put there stays theirs to lift, whatever the person writes later.
    """
    for row in rows:
        if row["lifted_at"] is None:
            db.execute(
                """
                INSERT INTO suppressed_people VALUES (:person, :how, :at)
                    ON CONFLICT (person) DO UPDATE SET how = excluded.how, at = excluded.at
                     WHERE suppressed_people.how IN ('stop', 'prefix')
                """,
                {"person": consent.person(db, row["msisdn"]), "how": row["reason"], "at": row["added_at"]},
            )
        db.execute("DELETE FROM suppressions WHERE id = ?", (row["id"],))
    if rows:
        changes.bump(db, "suppressions")
