"""
Restoring a backup, and sealing a server that the desk has moved away from. Old data never sends by itself.

What was sent after a backup was made is not in it. So the restored database is held before it gets its name
(`holding.py`): whatever may have left since is unknown, campaigns are paused with the reason, and a brake waits for a
person.
"""

import contextlib
import datetime
import fcntl
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nextpod_core import backups, consent, erasure, heads, health, holding, store, suppressions, tide
from nextpod_core.backups import Backup
from nextpod_core.db import Connection, Error, connect, transaction
from nextpod_core.errors import BadInput, WrongStore
from nextpod_core.people import Actor, audit
from nextpod_core.settings import Settings

# Every connection in WAL mode holds a read lock on these bytes of the file (sqlite.org/src, os.h: SHARED_FIRST).
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore came to. `written_at`: the last that the backup knows of; `aside`: what lay there before;
    `erased`: how many people were erased again."""

    written_at: int
    unknown: int
    paused: tuple[str, ...]
    opted_out: suppressions.Replayed | None
    aside: Path | None
    steps: tuple[str, ...]
    erased: int


def restore(
    settings: Settings, file: Path, *, now: int, by: Actor, key: Path | None = None, identity: Path | None = None,
    other: bool = False,
) -> Restored:  # fmt: skip
    """Put the backup `file` in the place of the database, held. What lay there is kept beside it under another name.

    `key`: the key file, when it does not lie in `keys/` beside the backup; `identity`: age's secret key, for an
    encrypted one; `other` lets a backup of another installation in. Raises BadInput or WrongStore before anything is
    changed.
    """
    refuse_while_in_use(settings, now=now)
    known = _known(file)
    coming = replace(settings, database=settings.database.with_suffix(".restoring.db"))
    settings.database.parent.mkdir(parents=True, exist_ok=True)
    _forget(coming)
    try:
        _fetch(file, coming.database, identity)
        counts = backups.examine(coming.database)
        if known and counts != known.counts:
            raise WrongStore("{path} does not hold what was counted when it was made.", path=str(file))
        _refuse_other(settings, coming, other=other)
        _fetch_key(key or (known.key if known else None) or _key_beside(file), coming, settings, identity)
        with contextlib.closing(connect(coming.database)) as db, transaction(db):
            # The copy of a sealed server is what the desk moves to; the sealed one itself stays sealed.
            db.execute("DELETE FROM meta WHERE name = 'sealed'")
        steps = store.migrate(coming, now=now, by=by)
        with contextlib.closing(store.open(coming)) as db:
            written_at = _last_written(db)
            unknown, paused = holding.hold_restored(db, written_at=written_at, now=now, by=by)
            opted_out = _replay(settings, db, now=now, by=by)
            erased = _erase_again(settings, db, now=now, by=by)
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            db.execute("PRAGMA journal_mode = DELETE")
        aside = _swap(settings, coming, now)
        heads.set_aside(settings.database, now=now)
    finally:
        _forget(coming)
    with contextlib.closing(connect(settings.database)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        tide.begin_again(db, settings.tide)
    return Restored(written_at, unknown, tuple(paused), opted_out, aside, tuple(steps), erased)


def seal(settings: Settings, *, now: int, by: Actor) -> Backup:
    """This server never sends again; the backup that is made of it is what the desk moves to.

    Raises BadInput while anything runs.
    """
    refuse_while_in_use(settings, now=now)
    with contextlib.closing(store.open(settings)) as db:
        with transaction(db):
            db.execute("INSERT INTO meta VALUES ('sealed', :now)", {"now": str(now)})
            audit(db, by=by, action="store.seal", now=now, subject="store")
        return backups.make(settings, db, now=now, by=by)


def refuse_while_in_use(settings: Settings, *, now: int) -> None:
    """Raises BadInput while a process has the database open, or said within ten seconds that it lives; WrongStore when
    it is sealed."""
    path = settings.database
    if not path.exists():
        return
    with path.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
        except OSError as error:
            raise BadInput("Something has {path} open. Stop all processes first.", path=str(path)) from error
    try:
        with contextlib.closing(connect(path)) as db:
            alive = [name for name, at in store.last_beats(db).items() if abs(now - at) <= health.ALIVE]
            sealed = db.execute("SELECT 1 FROM meta WHERE name = 'sealed'").fetchone()
    except Error:
        return  # Damaged: that is why somebody restores.
    if sealed:
        raise WrongStore("This server was sealed when the desk moved to another one. It never sends again.")
    if alive:
        raise BadInput(
            "{processes} said less than ten seconds ago that it lives. Stop everything, wait, then try again.",
            processes=", ".join(sorted(alive)),
        )


def _known(file: Path) -> Backup | None:
    """What was written down when the backup was made. Raises when the file is not the one that was made."""
    if not file.is_file():
        raise BadInput("There is no file {path}.", path=str(file))
    if file.with_name(file.name + "-wal").exists():
        raise BadInput(
            "{path} is a copy of the file alone, or is in use: a -wal file lies beside it. Restore a backup that was "
            "made by the backup command.",
            path=str(file),
        )
    try:
        known = backups.read(backups.sidecar(file))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WrongStore("The .json beside {path} can't be read.", path=str(file)) from error
    if backups.digest(file) != known.digest:
        raise WrongStore("{path} was changed or cut off since it was made. Take another one.", path=str(file))
    return known


def _fetch(file: Path, target: Path, identity: Path | None) -> None:
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        if file.suffix != ".age":
            shutil.copyfile(file, target)
            return
    except OSError as error:
        raise BadInput("{path} can't be copied: {why}.", path=str(file), why=error.strerror or str(error)) from error
    if identity is None:
        raise BadInput("{path} is encrypted. Give the file with age's secret key: --identity FILE", path=str(file))
    if not shutil.which("age"):
        raise BadInput("The program age is not installed. On Debian and Ubuntu: sudo apt-get install age")
    command = ["age", "--decrypt", "--identity", str(identity), "--output", str(target), str(file)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise BadInput("{path} can't be decrypted: {why}.", path=str(file), why=done.stderr.strip()[:300])


def _key_beside(file: Path) -> Path | None:
    name = file.name.removesuffix(".age").removesuffix(".db")
    for folder in (file.parent / "keys", file.parent):
        for end in (".key", ".key.age"):
            if (found := folder / f"{name}{end}").exists():
                return found
    return None


def _fetch_key(found: Path | None, coming: Settings, settings: Settings, identity: Path | None) -> None:
    source = found if found and found.exists() else settings.key_file
    if not source.exists():
        raise WrongStore(
            "The key file of this backup is not in keys/ beside it. Give it: --key FILE. Without it opt-outs kept as "
            "hashes would be ignored, so nothing is restored."
        )
    _fetch(source, coming.key_file, identity)


def _refuse_other(settings: Settings, coming: Settings, *, other: bool) -> None:
    if other or not settings.database.exists():
        return
    try:
        here = backups.describe(settings.database).get("instance")
    except Error:
        return
    if here != backups.describe(coming.database).get("instance"):
        raise WrongStore(
            "This is a backup of another installation than the one at {path}. If that is what you want, add --other.",
            path=str(settings.database),
        )


def _last_written(db: Connection) -> int:
    row = db.execute("SELECT max(at) FROM (SELECT at FROM heartbeats UNION ALL SELECT max(at) FROM audit)").fetchone()
    return int(row[0] or 0)


def _replay(settings: Settings, db: Connection, *, now: int, by: Actor) -> suppressions.Replayed | None:
    """Those who opted out after the backup was made, from the file beside the database; None where there is none."""
    if not consent.file_of(settings.database).exists():
        return None
    return suppressions.replay_file(settings, db, by=by, now=now)


def _erase_again(settings: Settings, db: Connection, *, now: int, by: Actor) -> int:
    """Those who were erased after the backup was made, from the same file."""
    return erasure.replay(settings, db, by=by, now=now) if consent.file_of(settings.database).exists() else 0


def _swap(settings: Settings, coming: Settings, now: int) -> Path | None:
    """Give the restored files their names. What lay there goes aside first, whole: a log that stayed behind would be
    played into the restored file."""
    backups.sync(coming.database)
    backups.sync(coming.key_file)
    aside = None
    if settings.database.exists():
        stamp = datetime.datetime.fromtimestamp(now / 1000, datetime.UTC).strftime("%Y%m%dT%H%M%S")
        aside = settings.database.with_name(f"{settings.database.stem}.before-restore-{stamp}.db")
        os.link(settings.database, aside)
        _move(_beside(settings.database, "-wal"), _beside(aside, "-wal"))
        _beside(settings.database, "-shm").unlink(missing_ok=True)
        _move(settings.key_file, aside.with_suffix(".key"))
    os.replace(coming.key_file, settings.key_file)
    os.replace(coming.database, settings.database)
    backups.sync(settings.database)
    return aside


def _beside(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


def _move(path: Path, to: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.replace(path, to)


def _forget(coming: Settings) -> None:
    """What an interrupted restore, or the step of an old one to the newest tables, left behind."""
    folder, stem = coming.database.parent, coming.database.stem
    left: Sequence[Path] = [
        *(_beside(coming.database, end) for end in ("", "-wal", "-shm", "-journal")), coming.key_file,
        *folder.glob(f"{stem}.before-*.db"),
    ]  # fmt: skip
    for path in left:
        path.unlink(missing_ok=True)
