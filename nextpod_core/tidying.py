"""
The file itself is kept small: room that nobody needs goes back to the disk, and a long log is cut. In steps.

A step holds the file for a few milliseconds, so that neither sending nor receiving feels it. There is no ANALYZE: the
plan of every question is held by tests on files without statistics, and is the same on every desk because of that.
"""

from collections.abc import Iterator
from pathlib import Path

from nextpod_core.db import Connection, transaction

PAGES = 128  # of 4 KiB, moved in one step: 5-40 ms with the sync, measured on two busy cores
SPARE = 0.1  # The share of the file that stays free for what comes next: giving back and taking anew costs twice.
LEAST = 2_000  # pages worth the work
LONG_LOG = 64 * 1024 * 1024


def run(db: Connection, path: Path) -> Iterator[None]:
    """Give back what is free beyond a tenth of the file, a step to each value, then cut the log. May end anywhere."""
    free, pages = _free(db)
    if free > LEAST and free > 2 * SPARE * pages:
        while free > SPARE * pages:
            with transaction(db):
                db.execute(f"PRAGMA incremental_vacuum({PAGES})").fetchall()
            yield
            before, (free, pages) = free, _free(db)
            if free >= before:
                break  # A file that was born without it and had no room to be written anew.
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size > LONG_LOG:
        cut_log(db)
        yield


def cut_log(db: Connection) -> bool:
    """Write what stands in the log into the file, then cut it; whether it was cut.

    The first needs nobody to wait. The second waits for no one: where a reader still needs the log it is left alone,
    since whoever waits for readers here would keep all writers waiting too.
    """
    db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    patience = db.execute("PRAGMA busy_timeout").fetchone()[0]
    db.execute("PRAGMA busy_timeout = 0")
    try:
        return not db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    finally:
        db.execute(f"PRAGMA busy_timeout = {patience}")


def _free(db: Connection) -> tuple[int, int]:
    return (
        int(db.execute("PRAGMA freelist_count").fetchone()[0]),
        int(db.execute("PRAGMA page_count").fetchone()[0]),
    )
