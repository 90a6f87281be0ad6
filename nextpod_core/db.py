"""The SQLite driver: the one place that imports it, opens files with it and begins transactions."""

import contextlib
import os
import sqlite3 as _stock  # only for the exception classes that sqlite-utils may still raise
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2 as driver

from nextpod_core.errors import WrongStore


class Connection(driver.Connection):  # type: ignore[misc]
    """The driver's connection, and the installation's secret key (from the key file) for keyed hashes."""

    key: bytes = b""


Row = driver.Row
Error = (driver.Error, _stock.Error)
OperationalError = (driver.OperationalError, _stock.OperationalError)
IntegrityError = (driver.IntegrityError, _stock.IntegrityError)


def _as_it_is(value: Any) -> Any:
    return value


# The driver asks of every value that is neither number nor text whether it can be adapted, and raises and catches
# exceptions until it knows that bytes and None need nothing. Told so, it logs a report in 7 µs instead of 12.
driver.register_adapter(bytes, _as_it_is)
driver.register_adapter(type(None), _as_it_is)

# From 3.7.0 to 3.51.2 two connections that write and checkpoint at the same instant can corrupt a WAL file
# (sqlite.org/releaselog, 3.51.3). Several processes that write at once are exactly our shape.
OLDEST = (3, 51, 3)
FOUND: tuple[int, ...] = driver.sqlite_version_info
BUSY_MS = 10_000
CHUNK = 5_000  # No write transaction over 5,000 rows: a longer one keeps webhooks waiting (measured in docs/design.md).


def connect(path: Path, *, read_only: bool = False, busy_ms: int = BUSY_MS) -> Connection:
    """A connection of its own to the file at `path`, with rows by name and the pragmas that hold per connection.

    Transactions are begun by `transaction` alone. Raises WrongStore when SQLite is too old to be trusted or there is
    no file to open; the driver's OperationalError when the file can't be read.
    """
    if FOUND < OLDEST:
        raise WrongStore(
            "SQLite {found} can damage a database that several processes write to; {needed} or newer is needed. "
            "Install the pinned requirements again.",
            found=driver.sqlite_version,
            needed=".".join(map(str, OLDEST)),
        )
    mode = "ro" if read_only else "rw"
    try:
        db: Connection = driver.connect(
            f"{path.resolve().as_uri()}?mode={mode}",
            factory=Connection,
            uri=True,
            isolation_level=None,
            timeout=busy_ms / 1000,
            check_same_thread=False,
        )
    except driver.OperationalError as error:
        if not path.exists():
            raise WrongStore(
                "There is no database at {path}. Run: python -m nextpod_core migrate", path=str(path)
            ) from error
        raise
    db.row_factory = driver.Row
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA secure_delete = ON")
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute("PRAGMA cache_size = -32768")
    return db


def tuples(db: Connection, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> Iterator[tuple[Any, ...]]:
    """Rows as plain tuples, for what is read by the thousand: looking up a name costs more than reading the value."""
    cursor = db.cursor()
    cursor.row_factory = None
    return iter(cursor.execute(sql, values))


@contextlib.contextmanager
def transaction(db: Connection) -> Iterator[None]:
    """All or nothing. IMMEDIATE, so that waiting for another writer happens here and not half-way.

    Fetch everything inside. A transaction within a transaction is a mistake and raises the driver's error.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # A full disk has rolled back already; a second ROLLBACK would hide why.
            db.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def reading(db: Connection) -> Iterator[None]:
    """Several questions about one and the same instant."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def is_full(error: BaseException) -> bool:
    """Whether `error` says that the disk, or the quota, is full."""
    return any(told in str(error) for told in ("disk is full", "database or disk", "No space left", "quota exceeded"))


def is_locked(error: BaseException) -> bool:
    """Whether `error` says that another process held the file for longer than we wait."""
    return "is locked" in str(error) or "is busy" in str(error)


def is_refusal(error: BaseException) -> bool:
    """Whether the store takes nothing at the moment, whatever it is given: full, locked, read-only, or a bad disk."""
    told = str(error)
    return isinstance(error, OperationalError) and (
        is_full(error)
        or is_locked(error)
        or any(word in told for word in ("readonly", "disk I/O error", "unable to open", "out of memory"))
    )


def unusable(folder: Path, error: BaseException) -> str:
    """What to do about a database that can't be used: a disk that is full or can't be written, rights, or damage."""
    if is_full(error):
        return f"The disk of {folder} is full. Make room; nothing is sent until there is some."
    if not os.access(folder, os.W_OK):
        return (
            f"{folder} can't be written to: the disk is read-only, or the folder belongs to another user. Nothing is "
            f"sent. Mend that, then start again; `python -m nextpod_core check` says more."
        )
    return (
        f"The database in {folder} can't be used: {error}. Nothing is sent. `python -m nextpod_core check` says more; "
        "a damaged one is put back with `python -m nextpod_core restore FILE`."
    )
