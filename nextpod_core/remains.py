"""What an erasure leaves and tells of: copies of the database made before, and the number in the team's own words."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from nextpod_core import backups
from nextpod_core.db import Connection, Error, connect
from nextpod_core.settings import Settings
from nextpod_core.traces import HOLDS, Written

LOOKED_FOR = (
    "messages",
    "inbound",
    "conversations",
    "suppressions",
    "notes",
    "labels",
    "audience_people",
    "rule_hits",
)


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the database that was made before. `holds` is None for one that can't be looked into (encrypted)."""

    path: Path
    holds: bool | None


def copies(settings: Settings, number: str) -> list[Copy]:
    """Every backup and older copy of the database on this machine, and whether the number is in it."""
    beside = settings.database.parent
    files = {one.path for one in backups.recent(settings) if one.path.exists()}
    files |= set(beside.glob(f"{settings.database.stem}.before-*.db"))
    return [Copy(path, None if path.suffix == ".age" else _holds(path, number)) for path in sorted(files)]


def own_words(db: Connection, number: str) -> list[tuple[str, str]]:
    """Where the number stands in the team's own words, which are not touched: kind (table) and name or id."""
    written, found = Written(number), []
    for table, columns in HOLDS.items():
        for column in (name for name, holds in columns.items() if holds == "own"):
            key = "name" if "name" in columns else "rowid"
            for row in db.execute(f"SELECT {key} AS name, {column} AS told FROM {table}"):
                if written.is_in(row["told"]) and (table, str(row["name"])) not in found:
                    found.append((table, str(row["name"])))
    return found


def _holds(path: Path, number: str) -> bool | None:
    try:
        with contextlib.closing(connect(path, read_only=True)) as db:
            return any(
                db.execute(f"SELECT 1 FROM {table} WHERE msisdn = ? LIMIT 1", (number,)).fetchone()
                for table in LOOKED_FOR
            )
    except Error:
        return None
