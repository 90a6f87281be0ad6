"""Cells of counts: how what is to be added to a table of them is written, and a cell that has come to nothing goes."""

from collections.abc import Iterable, Sequence

from nextpod_core.db import Connection

Cell = tuple[int | str, ...]


def add(
    db: Connection, table: str, names: Sequence[str], cells: Iterable[tuple[Cell, Sequence[int]]],
    values: Sequence[str] = ("messages",),
) -> bool:  # fmt: skip
    """Add `values` to the cells that `names` tell apart, within the caller's transaction; whether any was added."""
    added = [(*cell, *more) for cell, more in cells if any(more)]
    if not added:
        return False
    marks = ", ".join("?" * (len(names) + len(values)))
    sums = ", ".join(f"{name} = {name} + excluded.{name}" for name in values)
    db.executemany(f"INSERT INTO {table} VALUES ({marks}) ON CONFLICT DO UPDATE SET {sums}", added)
    wide = len(names)
    # What went from one value of a cell to another leaves the cell there.
    emptied = [row[:wide] for row in added if sum(row[wide:]) < 0]  # type: ignore[arg-type]
    where = " AND ".join([*(f"{name} = ?" for name in names), *(f"{name} = 0" for name in values)])
    db.executemany(f"DELETE FROM {table} WHERE {where}", emptied)
    return True


def empty(values: Sequence[str]) -> str:
    """SQL for "this cell has come to nothing"."""
    return " AND ".join(f"{name} = 0" for name in values)
