"""
What the steps that take away what is old have in common: how far each has come, and what is kept back for now.

A mark says up to which row a kind was looked at. What was old enough there and could not go (somebody waits for an
answer, nobody knows whether it left) is written down in `held_back` and asked about again at every round.
"""

from collections.abc import Callable

from nextpod_core.db import Connection, Row

ROWS = 500  # a transaction; each row costs an index or two
Taken = dict[str, int]
Step = Callable[[Connection], tuple[int, Taken]]


def mark(db: Connection, name: str) -> int:
    """Up to which row this kind was looked at."""
    row = db.execute("SELECT id FROM watermarks WHERE name = ?", (name,)).fetchone()
    return int(row["id"]) if row else 0


def set_mark(db: Connection, name: str, id: int) -> None:
    """Remember up to which row this kind was looked at."""
    db.execute("INSERT INTO watermarks VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET id = excluded.id", (name, id))


def due(db: Connection, kind: str, table: str, before: int) -> list[Row]:
    """The next rows above the mark that arrived before then, and the mark moved behind them."""
    above = mark(db, kind)
    page = db.execute(
        f"SELECT id, arrived FROM {table} WHERE id > :above ORDER BY id LIMIT :limit",
        {"above": above, "limit": ROWS},
    ).fetchall()
    old = [row for row in page if row["arrived"] < before]
    if old:
        set_mark(db, kind, old[-1]["id"])
        # Ids follow arrival but where a clock was set: those between are asked about again.
        db.executemany(
            "INSERT OR IGNORE INTO held_back VALUES (?, ?)",
            [(kind, row["id"]) for row in page if row["arrived"] >= before and row["id"] < old[-1]["id"]],
        )
    return old


def keep_back(db: Connection, kind: str, kept: list[int], settled: list[int]) -> None:
    """Write down what could not go yet, and what needs no watching any more."""
    db.executemany("DELETE FROM held_back WHERE kind = ? AND id = ?", [(kind, id) for id in settled])
    db.executemany("INSERT OR IGNORE INTO held_back VALUES (?, ?)", [(kind, id) for id in kept])
