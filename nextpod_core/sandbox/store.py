"""The sandbox's own record: what was accepted, and what is still to be told to the ingester. One file, one writer.

A change is answered for only after the commit it stands in; whatever has queued meanwhile shares the next commit.
"""

import asyncio
import fcntl
import logging
import os
import queue
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2 as sqlite

Connection = Any  # pysqlite3 carries no types
log = logging.getLogger(__name__)

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
-- Without the API key: only a hash of it, to keep the balance by.
CREATE TABLE IF NOT EXISTS accounts (key_hash TEXT PRIMARY KEY, spent INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY,
    key_hash TEXT NOT NULL,
    sender TEXT NOT NULL,
    text TEXT NOT NULL,
    parts INTEGER NOT NULL,
    reference TEXT NOT NULL,
    dlr_url TEXT NOT NULL,
    dlr_method TEXT NOT NULL,
    accepted_at INTEGER NOT NULL,
    send_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY,
    request_id INTEGER NOT NULL REFERENCES requests (id),
    guid TEXT NOT NULL,
    msisdn TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS people (
    msisdn TEXT PRIMARY KEY, texts INTEGER NOT NULL, stopped INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reports (
    id INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL REFERENCES messages (id),
    word TEXT NOT NULL,
    operator_code TEXT NOT NULL,
    happens_at INTEGER NOT NULL,
    due INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    done_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS reports_of_message ON reports (message_id);
CREATE INDEX IF NOT EXISTS reports_waiting ON reports (due) WHERE done_at IS NULL;
CREATE TABLE IF NOT EXISTS incoming (
    id INTEGER PRIMARY KEY,
    msisdn TEXT NOT NULL,
    shortcode TEXT NOT NULL,
    text TEXT NOT NULL,
    happens_at INTEGER NOT NULL,
    due INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    done_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS incoming_waiting ON incoming (due) WHERE done_at IS NULL;
"""

VERSION = 1
_LONGEST_GROUP = 512
Job = tuple[Callable[[Connection], Any], asyncio.Future[Any], asyncio.AbstractEventLoop]


class StoreBroken(Exception):
    """The file can't be used or written; nothing of the change is in it."""


def connect(path: Path) -> Connection:
    """A connection of its own, for one thread at a time."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # What people wrote in practice is nobody else's either.
    db = sqlite.connect(str(path), isolation_level=None, check_same_thread=False, timeout=5)
    db.row_factory = sqlite.Row
    db.execute("PRAGMA synchronous = FULL")
    return db


class Store:
    """The file with its writer thread. Reading takes a connection of its own, beside the writer."""

    def __init__(self, path: Path, *, now: int) -> None:
        """Open the file, or make it. Raises StoreBroken with a sentence, or OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock = path.with_name(path.name + "-lock").open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._db = connect(path)
            self._prepare(now)
        except BlockingIOError as error:
            self._lock.close()
            raise StoreBroken(f"Another sandbox uses {path}; give this one its own file.") from error
        except sqlite.Error as error:
            self._lock.close()
            raise StoreBroken(f"{path} can't be used ({error}); move it away or delete it.") from error
        self.born = int(self.meta("born"))
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_all, name="sandbox-writer", daemon=True)
        self._thread.start()

    def _prepare(self, now: int) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, VERSION):
            raise sqlite.DatabaseError(f"it is of version {version}, this sandbox writes {VERSION}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(SCHEMA)
        self._db.execute(f"PRAGMA user_version = {VERSION}")
        # Ids of incoming messages begin at the file's birth, so that a new file does not repeat those of an old one.
        self._db.execute("INSERT INTO meta VALUES ('born', ?) ON CONFLICT DO NOTHING", (str(now),))

    def meta(self, name: str) -> str:
        """A value kept beside the tables; empty when there is none."""
        with closing(connect(self.path)) as db:
            row = db.execute("SELECT value FROM meta WHERE name = :name", {"name": name}).fetchone()
        return str(row["value"]) if row else ""

    async def write(self, change: Callable[[Connection], Any]) -> Any:
        """Do `change` in the next commit and return its value once it is durable. Raises StoreBroken."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()
        self._jobs.put((change, done, loop))
        return await done

    async def read(self, question: Callable[[Connection], Any]) -> Any:
        """The answer to a question, asked beside the writer in a thread."""

        def ask() -> Any:
            with closing(connect(self.path)) as db:
                return question(db)

        return await asyncio.to_thread(ask)

    def close(self) -> None:
        """Write what has queued, then close the file."""
        self._jobs.put(None)
        self._thread.join(timeout=10)
        self._db.close()
        self._lock.close()

    def _write_all(self) -> None:
        while True:
            job = self._jobs.get()
            group: list[Job] = []
            while job is not None:
                group.append(job)
                if len(group) == _LONGEST_GROUP or self._jobs.empty():
                    break
                job = self._jobs.get()
            if group:
                _settle(group, self._commit(group))
            if job is None:
                return

    def _commit(self, group: list[Job]) -> list[Any]:
        """What each change returned or raised. A change that fails takes none of the others with it."""
        try:
            return self._in_one([change for change, _, _ in group])
        except Exception as error:
            if len(group) == 1:
                log.error("The sandbox's record could not be written: %s", error)
                return [StoreBroken(str(error))]
        return [outcome for job in group for outcome in self._commit([job])]

    def _in_one(self, changes: list[Callable[[Connection], Any]]) -> list[Any]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            outcomes = [change(self._db) for change in changes]
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        return outcomes


def _settle(group: list[Job], outcomes: list[Any]) -> None:
    def settle(done: asyncio.Future[Any], outcome: Any) -> None:
        if done.done():  # The connection went away, and with it the one who waited.
            return
        if isinstance(outcome, StoreBroken):
            done.set_exception(outcome)
        else:
            done.set_result(outcome)

    def settle_all() -> None:
        for (_, done, _), outcome in zip(group, outcomes, strict=True):
            settle(done, outcome)

    loop = group[0][2]
    if not loop.is_closed():
        loop.call_soon_threadsafe(settle_all)
