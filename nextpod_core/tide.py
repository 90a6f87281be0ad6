"""
The tide mark: what has left, written down outside the database, so that the database can't go back in time unseen.

A file beside the database, or where `NEXTPOD_TIDE_FILE` says, holds the last request that left and the last change in
the audit log. It is raised after a claim is committed and before its requests begin. A database that lacks what the
file knows was rolled back, restored by hand or exchanged, however short ago: then the dispatcher holds everything.
"""

import contextlib
import fcntl
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nextpod_core.db import Connection

log = logging.getLogger("nextpod.tide")

_LENGTH = 128


@dataclass(frozen=True, slots=True)
class Mark:
    """The newest attempt with its reference, and the newest row of the audit log, 0 where there is none; whose."""

    instance: str
    attempt: int
    reference: bytes
    change: int


@dataclass(frozen=True, slots=True)
class Missing:
    """What the file knows of and the database does not: whether requests are among it, and at least how many."""

    has_left: bool
    requests: int


def raise_mark(db: Connection, path: Path, *, sync: bool = False) -> None:
    """Write down the newest request and change, where they are newer than what stands there.

    That it can't be written keeps nothing from leaving: the database is the truth, this is a second pair of eyes.
    """
    newest = _newest(db)
    try:
        with _open(path) as file:
            known = _read(file)
            # Of two dispatchers the second to write may be the one that claimed first.
            if known is None or known.instance != newest.instance:
                known = Mark(newest.instance, 0, bytes(16), 0)
            if newest.attempt > known.attempt or newest.change > known.change:
                _write(file, _higher(known, newest))
                if sync:
                    os.fsync(file)
    except OSError as error:
        log.warning("the tide mark can't be written: %s", error)


def begin_again(db: Connection, path: Path) -> None:
    """Let the file say what this database says: a person or the desk has dealt with what was missing."""
    with contextlib.suppress(OSError), _open(path) as file:
        _write(file, _newest(db))
        os.fsync(file)


def missing(db: Connection, path: Path) -> Missing | None:
    """What this database lacks; None where it lacks nothing, or there is no file that could tell."""
    try:
        with _open(path, create=False) as file:
            known = _read(file)
    except OSError:
        return None
    here = _newest(db)
    if known is None or known.instance != here.instance:  # Another database was here before, and is gone.
        return None
    row = db.execute("SELECT reference FROM attempts WHERE id = :id", {"id": known.attempt}).fetchone()
    if known.attempt and (row is None or row["reference"] != known.reference):
        return Missing(True, max(1, known.attempt - here.attempt))
    return Missing(False, 0) if known.change > here.change else None


def _newest(db: Connection) -> Mark:
    row = db.execute(
        """
        SELECT coalesce((SELECT value FROM meta WHERE name = 'instance'), '-') AS instance,
               (SELECT max(id) FROM attempts) AS attempt, (SELECT max(id) FROM audit) AS change,
               (SELECT reference FROM attempts ORDER BY id DESC LIMIT 1) AS reference
        """
    ).fetchone()
    return Mark(row["instance"], row["attempt"] or 0, row["reference"] or bytes(16), row["change"] or 0)


def _higher(one: Mark, other: Mark) -> Mark:
    newest = one if one.attempt > other.attempt else other
    return Mark(one.instance, newest.attempt, newest.reference, max(one.change, other.change))


@contextlib.contextmanager
def _open(path: Path, *, create: bool = True) -> Iterator[int]:
    file = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def _read(file: int) -> Mark | None:
    """None for a file that is new, or was torn by a power cut."""
    parts = os.pread(file, _LENGTH, 0).split()
    try:
        mark = Mark(parts[0].decode(), int(parts[1]), bytes.fromhex(parts[2].decode()), int(parts[3]))
    except (ValueError, IndexError):
        return None
    return mark if len(mark.reference) == 16 else None


def _write(file: int, mark: Mark) -> None:
    os.pwrite(file, f"{mark.instance} {mark.attempt:020d} {mark.reference.hex()} {mark.change:020d}\n".encode(), 0)
