"""
The database as a file: born sandbox or live and that for ever, brought up to date, opened by every process.

Beside it stands the key file (mode 600): the secret of the keyed hashes and the webhook token. It travels with every
backup; with another one, opt-outs kept as keyed hashes would be ignored, so a wrong or missing one is refused.
"""

import contextlib
import datetime
import hashlib
import hmac
import json
import os
import secrets
import shutil
from pathlib import Path
from typing import Any

from nextpod_core.db import Connection, Error, connect, transaction
from nextpod_core.errors import WrongStore
from nextpod_core.people import Actor, audit
from nextpod_core.settings import Settings

SCHEMA = 18  # How many steps migrations.py has; kept here because importing them costs half a second of pandas.
UNBROKEN = 30_000  # Most milliseconds between two beats of one that was there all the time; they beat every 2 and 5 s.
LARGE = 256 * 1024 * 1024  # bytes that are written anew in memory without harm


def open(settings: Settings, *, busy_ms: int = 10_000) -> Connection:
    """The store of this installation, checked: right mode, right version, right key file.

    Raises WrongStore with a sentence that says what to do.
    """
    db = connect(settings.database, busy_ms=busy_ms)
    try:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA:
            raise WrongStore(
                "The database {path} was made by a newer version of the desk (step {found}; this one knows {known}). "
                "Install the newer version, or restore the backup made before it.",
                path=str(settings.database), found=version, known=SCHEMA,
            )  # fmt: skip
        if version < SCHEMA:
            raise WrongStore(
                "The database {path} is older than this program. Run: python -m nextpod_core migrate",
                path=str(settings.database),
            )
        meta = {row["name"]: row["value"] for row in db.execute("SELECT name, value FROM meta")}
        _check_mode(meta.get("mode", ""), settings)
        if meta.get("sealed"):
            raise WrongStore("This server was sealed when the desk moved to another one. It never sends again.")
        db.key = _check_key(read_keys(settings), meta.get("key_check", ""), settings)
    except BaseException:
        db.close()
        raise
    return db


def webhook_token(settings: Settings) -> str:
    """The secret part of the addresses that Nextpod calls: from the environment, else from the key file."""
    return settings.webhook_token or str(read_keys(settings)["webhook_token"])


def migrate(settings: Settings, *, now: int, by: Actor) -> list[str]:
    """Make the file or bring it up to date; the names of the steps that were taken, in order.

    An existing file is copied first (SQLite's own backup) to `<name>.before-<step>-<time>` beside it.
    Raises WrongStore when it is of the other mode, newer than this program, or too large for the room on the disk.
    """
    from sqlite_utils import Database

    from nextpod_core.migrations import migrations

    path = settings.database
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    if new:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    db = connect(path)
    try:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version:
            meta = {row["name"]: row["value"] for row in db.execute("SELECT name, value FROM meta")}
            _check_mode(meta.get("mode", ""), settings)
        if version >= SCHEMA:
            open(settings).close()
            return []
        if version:
            refuse_without_room(path, free=shutil.disk_usage(path.resolve().parent).free)
            _copy_beside(db, path, version, now)
        else:
            db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # Before anything is written: see tidying.py.
        keys = _make_keys(settings) if new or not version else read_keys(settings)
        db.execute("PRAGMA journal_mode = WAL")
        tables = Database(db)
        before = {step.name for step in migrations.applied(tables)}
        migrations.apply(tables)
        taken = [step.name for step in migrations.applied(tables) if step.name not in before]
        db.key = bytes.fromhex(keys["secret"])
        with transaction(db):
            if not version:
                db.execute("INSERT OR IGNORE INTO meta VALUES ('mode', :mode)", {"mode": settings.mode})
                db.execute("INSERT OR IGNORE INTO meta VALUES ('key_check', :check)", {"check": _check_value(db.key)})
                db.execute("INSERT OR IGNORE INTO meta VALUES ('instance', :id)", {"id": secrets.token_hex(8)})
            audit(db, by=by, action="store.migrate", now=now, subject="store", detail={"steps": len(taken)})
            db.execute(f"PRAGMA user_version = {SCHEMA}")
        if version:
            _let_it_shrink(db, path)
        return taken
    finally:
        db.close()


def refuse_without_room(path: Path, *, free: int) -> None:
    """Raises WrongStore when a copy of the database and the change of it would not fit into `free` bytes."""
    needed = 2 * path.stat().st_size
    if free < needed:
        raise WrongStore(
            "{path} must be copied before it is changed: {needed} MB are needed, {free} MB are free on the disk. Make "
            "room, then migrate again. Nothing was changed.",
            path=str(path), needed=(needed >> 20) + 1, free=free >> 20,
        )  # fmt: skip


def _let_it_shrink(db: Connection, path: Path) -> None:
    """Write a file of the first versions anew, once, so that it can give room back in steps later on.

    A large one stays as it is, and uses again what becomes free: this SQLite builds the new one in memory.
    """
    size = path.stat().st_size
    if db.execute("PRAGMA auto_vacuum").fetchone()[0] or size > LARGE:
        return
    if shutil.disk_usage(path.resolve().parent).free < 4 * size:
        return
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    with contextlib.suppress(*Error):  # Somebody has it open; it is as good without.
        db.execute("VACUUM")


def beat(
    db: Connection, process: str, *, now: int, started_at: int, detail: dict[str, int | str] | None = None
) -> None:
    """Say that `process` lives. The pages show it, and a file without a fresh beat must not send by itself."""
    with transaction(db):
        last = db.execute("SELECT at, detail FROM heartbeats WHERE process = ?", (process,)).fetchone()
        unbroken = last is not None and 0 <= now - last["at"] <= UNBROKEN
        since = json.loads(last["detail"]).get("since", last["at"]) if unbroken else now
        db.execute(
            """
            INSERT INTO heartbeats (process, at, started_at, pid, detail)
            VALUES (:process, :now, :started, :pid, :detail)
                ON CONFLICT (process) DO UPDATE
               SET at = excluded.at, started_at = excluded.started_at, pid = excluded.pid, detail = excluded.detail
            """,
            {"process": process, "now": now, "started": started_at, "pid": os.getpid(),
             "detail": json.dumps({**(detail or {}), "since": since})},
        )  # fmt: skip


def is_alive(db: Connection, process: str, *, now: int, within: int = 10_000) -> bool:
    """Whether `process` said so within the last ten seconds."""
    last = last_beats(db).get(process)
    return last is not None and now - last <= within


def alive_since(db: Connection, process: str) -> int | None:
    """Since when `process` has lived without a gap (UTC milliseconds), over starts that were quick; None if never."""
    row = db.execute("SELECT at, detail FROM heartbeats WHERE process = ?", (process,)).fetchone()
    return None if row is None else int(json.loads(row["detail"]).get("since", row["at"]))


def other_at_work(db: Connection, process: str, *, now: int) -> int | None:
    """The id of another process of this name that works on this file on this machine; None when there is none."""
    row = db.execute("SELECT pid, at FROM heartbeats WHERE process = :process", {"process": process}).fetchone()
    if row is None or row["pid"] == os.getpid() or not 0 <= now - row["at"] <= 10_000:
        return None
    try:
        os.kill(row["pid"], 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass  # Of another user, but there.
    return int(row["pid"])


def last_beats(db: Connection) -> dict[str, int]:
    """When each process last said that it lives, UTC milliseconds by process name."""
    return {row["process"]: row["at"] for row in db.execute("SELECT process, at FROM heartbeats")}


def read_keys(settings: Settings) -> dict[str, Any]:
    """The key file's values. Raises WrongStore when it is missing, unreadable or open to others."""
    path = settings.key_file
    try:
        if path.stat().st_mode & 0o077:
            raise WrongStore("The key file {path} can be read by others. Run: chmod 600 {path}", path=str(path))
        keys: dict[str, Any] = json.loads(path.read_text())
        bytes.fromhex(keys["secret"])
        keys["webhook_token"]
    except FileNotFoundError as error:
        raise WrongStore(
            "The key file {path} is missing. It belongs to the database beside it: bring both back from the same "
            "backup. Without it opt-outs kept as hashes would be ignored, so nothing starts.",
            path=str(path),
        ) from error
    except (OSError, ValueError, KeyError) as error:
        raise WrongStore("The key file {path} can't be read. Bring it back from a backup.", path=str(path)) from error
    return keys


def _make_keys(settings: Settings) -> dict[str, str]:
    path = settings.key_file
    if path.exists():
        return read_keys(settings)
    keys = {"secret": secrets.token_hex(32), "webhook_token": secrets.token_urlsafe(24)}
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        json.dump(keys, file)
        file.flush()
        os.fsync(file.fileno())
    return keys


def _check_value(key: bytes) -> str:
    return hmac.new(key, b"nextpod desk", hashlib.sha256).hexdigest()[:32]


def _check_key(keys: dict[str, str], check: str, settings: Settings) -> bytes:
    key = bytes.fromhex(keys["secret"])
    if not hmac.compare_digest(_check_value(key), check):
        raise WrongStore(
            "The key file {path} belongs to another database. Bring the right one back from the backup.",
            path=str(settings.key_file),
        )
    return key


def _check_mode(born: str, settings: Settings) -> None:
    if born == settings.mode:
        return
    if born == "live":
        raise WrongStore(
            "The database {path} is live, but NEXTPOD_API_KEY is not set. Set the key, or name another "
            "NEXTPOD_DATABASE to practise in.",
            path=str(settings.database),
        )
    raise WrongStore(
        "The database {path} was made for practice, and NEXTPOD_API_KEY is set. Practice campaigns must never reach "
        "real people: name another NEXTPOD_DATABASE (the default is data/nextpod.db).",
        path=str(settings.database),
    )


def _copy_beside(db: Connection, path: Path, version: int, now: int) -> None:
    stamp = datetime.datetime.fromtimestamp(now / 1000, datetime.UTC).strftime("%Y%m%dT%H%M%S")
    copy = path.with_name(f"{path.stem}.before-{version + 1}-{stamp}.db")
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    target = connect(copy)
    try:
        db.backup(target)
        found = target.execute("PRAGMA quick_check").fetchone()[0]
    finally:
        target.close()
    if found != "ok":
        raise WrongStore("The copy {path} made before the change is not whole: {why}.", path=str(copy), why=found)
