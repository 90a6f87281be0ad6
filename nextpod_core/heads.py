"""
The audit log's head, noted once a day in a file beside the database: what shows that the log was cut off at its end.

A chain shows what was changed or taken out, never what is missing behind its last row. Whoever can change the database
may be able to change the file too, so it is worth what its copy elsewhere is worth. No number and no name stands in it.
"""

import datetime
import os
import re
from dataclasses import dataclass
from pathlib import Path

from nextpod_core.db import Connection

EVERY = 24 * 3_600_000
_LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (\d{1,18}) ([0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class Head:
    """The last row of the log as it was at `at` (UTC ms): its id, and the beginning of its chain."""

    at: int
    row: int
    head: str


def file_of(database: Path) -> Path:
    """The file of heads that belongs to a database: beside it, to be copied elsewhere."""
    return database.with_name(database.name + ".heads")


def keep(db: Connection, database: Path, *, now: int) -> bool:
    """Add today's line unless the last is younger than a day; whether one was added. Raises OSError."""
    path = file_of(database)
    known = read(path)
    if known and 0 <= now - known[-1].at < EVERY:
        return False
    last = db.execute("SELECT id, substr(hex(chain), 1, 16) AS head FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    if last is None:
        return False
    when = datetime.datetime.fromtimestamp(now / 1000, datetime.UTC)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(file, f"{when:%Y-%m-%dT%H:%M:%SZ} {last['id']} {last['head'].lower()}\n".encode())
        os.fsync(file)
    finally:
        os.close(file)
    return True


def read(path: Path) -> list[Head]:
    """Every line that can be read, in order; none where there is no file. A line half written is left out."""
    if not path.exists():
        return []
    found = map(_LINE.fullmatch, path.read_text("ascii", "replace").splitlines())
    return [Head(_moment(line[1]), int(line[2]), line[3]) for line in found if line]


def first_missing(db: Connection, database: Path) -> Head | None:
    """The oldest head of the file that the log no longer has; None when it has them all, or there is no file."""
    for kept in read(file_of(database)):
        row = db.execute("SELECT substr(hex(chain), 1, 16) AS head FROM audit WHERE id = ?", (kept.row,)).fetchone()
        if row is None or row["head"].lower() != kept.head:
            return kept
    return None


def set_aside(database: Path, *, now: int) -> None:
    """After a restore, which lawfully lacks the newest rows: the file is kept under another name, and begun anew."""
    path = file_of(database)
    if path.exists():
        when = datetime.datetime.fromtimestamp(now / 1000, datetime.UTC)
        path.rename(path.with_name(f"{path.name}.before-{when:%Y%m%dT%H%M%SZ}"))


def _moment(text: str) -> int:
    try:
        return round(datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp() * 1000)
    except ValueError:  # The 99th of a month.
        return 0
