"""
Backups: the whole database as it stood at one moment, copied while everything runs, and believed only after counting.

A backup is a file `<database>-<UTC time>.db` in the backup folder, a `.json` beside it that says what is in it, the
audit log's heads (`heads.py`), and the key file, apart from them in `keys/`, so that they can be kept in different
places. Each is of mode 600. Never copy
the database file itself: half of what was last written stands in its `-wal` file.
"""

import contextlib
import datetime
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from nextpod_core import heads
from nextpod_core.db import Connection, Error, connect, reading, transaction
from nextpod_core.errors import BadInput, WrongStore
from nextpod_core.people import Actor, audit
from nextpod_core.settings import Settings

COUNTED = ("campaigns", "messages", "reports", "inbound", "suppressions", "audit")
LATE = 26 * 3_600_000  # One is made every night; two hours for a night that was slow.
STEP = 512  # pages of 4 KB; between two of them others get the disk
PAUSE = 0.002
_SPARE = 64 << 20


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup. `path` of the database's copy, `key` of the key file's; `counts` rows by table, as counted in it."""

    path: Path
    key: Path
    made_at: int
    bytes: int
    digest: str
    mode: str
    instance: str
    step: int
    is_encrypted: bool
    counts: dict[str, int]
    is_there: bool = True


def make(settings: Settings, db: Connection, *, now: int, by: Actor) -> Backup:
    """Copy the database while it is in use, open the copy, count it, delete what is older than the newest so many.

    The copy is of one instant (a read transaction holds it), so nobody who writes waits for it; meanwhile the `-wal`
    file can't be cut, and grows. Raises BadInput for what a person must mend, WrongStore when the copy is not whole.
    """
    folder = settings.backups
    _check_age(settings)
    with _alone(folder):
        for left in folder.glob("*.part"):
            left.unlink()
        _check_room(settings, folder)
        stamp = datetime.datetime.fromtimestamp(now / 1000, datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
        name = f"{settings.database.stem}-{stamp}"
        part = folder / f"{name}.db.part"
        if sidecar(part.with_suffix("")).exists():
            raise BadInput("A backup was made within this second already.")
        try:
            counted = _copy(db, part)
            found = examine(part)
            if found != counted:
                raise WrongStore("The backup {path} does not hold what the database holds.", path=str(part))
            meta = describe(part)
            path = _put(settings, part, folder / f"{name}.db")
            key = _put_key(settings, folder, name)
            _put_heads(settings, folder, name)
        except BaseException as error:
            for left in (*folder.glob(f"{name}.*"), *(folder / "keys").glob(f"{name}.*")):
                left.unlink()
            if isinstance(error, (*Error, OSError)):
                raise BadInput("The backup can't be made: {why}.", why=str(error)) from error
            raise
        made = Backup(path, key, now, path.stat().st_size, digest(path), meta["mode"], meta["instance"],
                      int(meta["step"]), bool(settings.backup_age_recipient), counted)  # fmt: skip
        _write_private(folder / f"{name}.json", json.dumps(_told(made), indent=1).encode())
        _prune(settings)
        with transaction(db):
            audit(db, by=by, action="backup.make", now=now, subject="store",
                  detail={"file": path.name, "messages": counted["messages"], "bytes": made.bytes})  # fmt: skip
    return made


def recent(settings: Settings) -> list[Backup]:
    """Every backup of this database in the backup folder, the newest first; one whose file is gone is marked."""
    found = []
    for file in settings.backups.glob(f"{settings.database.stem}-*Z.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            found.append(read(file))
    return sorted(found, key=lambda one: one.made_at, reverse=True)


def read(file: Path) -> Backup:
    """What the `.json` beside a backup says. Raises OSError, ValueError, KeyError or TypeError for anything else."""
    told = json.loads(file.read_text())
    path = file.parent / told.pop("file")
    key = file.parent / "keys" / told.pop("key")
    return Backup(path=path, key=key, is_there=path.exists() and key.exists(), **told)


def is_late(settings: Settings, found: list[Backup], *, now: int) -> bool:
    """Whether a live database has no backup of the last 26 hours."""
    return settings.mode == "live" and not any(one.is_there and now - one.made_at <= LATE for one in found)


def examine(path: Path) -> dict[str, int]:
    """Open a copy, check every page and index of it, count its rows by table. Raises WrongStore when it isn't whole."""
    try:
        with contextlib.closing(connect(path, read_only=True)) as db:
            wrong = db.execute("PRAGMA integrity_check").fetchone()[0]
            if wrong != "ok":
                raise WrongStore("{path} is damaged: {why}.", path=str(path), why=wrong)
            return _count(db)
    except Error as error:
        raise WrongStore(
            "{path} is no whole database of the desk: {why}.", path=str(path), why=str(error)
        ) from error  # fmt: skip


def describe(path: Path) -> dict[str, str]:
    """What a database file says of itself: mode, instance, key_check, step, and sealed where it is."""
    with contextlib.closing(connect(path, read_only=True)) as db:
        meta = {row["name"]: row["value"] for row in db.execute("SELECT name, value FROM meta")}
        return meta | {"step": str(db.execute("PRAGMA user_version").fetchone()[0])}


def digest(path: Path) -> str:
    """The SHA-256 of a file, as `sha256sum` writes it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy(db: Connection, path: Path) -> None:
    """Copy an open database to a new file of mode 600: one file without a log, on the disk when this returns."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with contextlib.closing(connect(path)) as target:
        db.backup(target, pages=STEP, progress=lambda *_: time.sleep(PAUSE))
        target.execute("PRAGMA journal_mode = DELETE")
    sync(path)


def sync(path: Path) -> None:
    """Wait until a file and its name are on the disk."""
    for one in (path, path.parent):
        number = os.open(one, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _copy(db: Connection, path: Path) -> dict[str, int]:
    # A copy of another instant than the counts would prove nothing, and one that others write to begins anew each time.
    with reading(db):
        counted = _count(db)
        copy(db, path)
    return counted


def _count(db: Connection) -> dict[str, int]:
    return {table: int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) for table in COUNTED}


def _put(settings: Settings, part: Path, path: Path) -> Path:
    """Give the finished copy its name, encrypted when that is asked for."""
    if settings.backup_age_recipient:
        path = path.with_name(path.name + ".age")
        _encrypt(settings, part, path)
        part.unlink()
    else:
        part.replace(path)
    sync(path)
    return path


def _put_key(settings: Settings, folder: Path, name: str) -> Path:
    keys = folder / "keys"
    keys.mkdir(mode=0o700, exist_ok=True)
    key = keys / f"{name}.key"
    if settings.backup_age_recipient:
        key = key.with_name(key.name + ".age")
        _encrypt(settings, settings.key_file, key)
    else:
        _write_private(key, settings.key_file.read_bytes())
    sync(key)
    return key


def _put_heads(settings: Settings, folder: Path, name: str) -> None:
    # What shows that the log was cut off must not lie beside the log alone. Nothing of people is in it.
    with contextlib.suppress(FileNotFoundError):  # No day is over yet.
        _write_private(folder / f"{name}.heads", heads.file_of(settings.database).read_bytes())


def _check_age(settings: Settings) -> None:
    if settings.backup_age_recipient and not shutil.which("age"):
        raise BadInput(
            "NEXTPOD_BACKUP_AGE_RECIPIENT is set, but the program age is not installed. On Debian and Ubuntu: "
            "sudo apt-get install age"
        )


def _encrypt(settings: Settings, plain: Path, secret: Path) -> None:
    os.close(os.open(secret, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    command = ["age", "--encrypt", "--recipient", settings.backup_age_recipient, "--output", str(secret), str(plain)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        secret.unlink()
        raise BadInput("The backup can't be encrypted: {why}.", why=done.stderr.strip()[:300])


def _check_room(settings: Settings, folder: Path) -> None:
    size = sum(file.stat().st_size for file in (settings.database, settings.database.with_name(
        settings.database.name + "-wal")) if file.exists())  # fmt: skip
    needed = size * (2 if settings.backup_age_recipient else 1) + _SPARE
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise BadInput(
            "There is no room for a backup in {folder}: {needed} MB are needed, {free} MB are free.",
            folder=str(folder), needed=needed >> 20, free=free >> 20,
        )  # fmt: skip


def _prune(settings: Settings) -> None:
    for old in recent(settings)[settings.backup_keep :]:
        beside = sidecar(old.path)
        for file in (old.path, old.key, beside, beside.with_suffix(".heads")):
            file.unlink(missing_ok=True)


def sidecar(path: Path) -> Path:
    """The file that says what is in the backup at `path`."""
    return path.with_name(path.name.removesuffix(".age").removesuffix(".db") + ".json")


def _told(made: Backup) -> dict[str, object]:
    told = asdict(made)
    del told["is_there"]
    told["file"], told["key"] = told.pop("path").name, told["key"].name
    return told


def _write_private(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else makes a backup in this folder meanwhile. Raises BadInput with the reason when that can't be."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise BadInput(
            "No backup can be made in {folder}: {why}.", folder=str(folder), why=error.strerror or str(error)
        ) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BadInput("A backup is being made already.") from error
        yield
    finally:
        os.close(lock)
