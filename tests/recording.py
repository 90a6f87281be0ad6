"""
A disk that remembers: every write, cut and sync of a SQLite file through apsw's VFS, to lose power at any of them.

What a power cut leaves is at least what was synced before it. `Disk.after(n)` makes the files as they stood at the
n-th sync, with nothing of what was written since; `with_some_unsynced` adds writes that happened to reach the plate.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

Change = tuple[str, int, bytes | None]  # file, offset, bytes; None: cut to that length


@dataclass
class Disk:
    """One recording. `happened` holds, in order, changes of files and ("sync", file) marks."""

    happened: list[Change | tuple[str, str]] = field(default_factory=list)
    synced: Callable[[int], None] = lambda number: None
    syncs: int = 0

    def write(self, name: str, data: bytes, offset: int) -> None:
        self.happened.append((name, offset, bytes(data)))

    def cut(self, name: str, length: int) -> None:
        self.happened.append((name, length, None))

    def sync(self, name: str) -> None:
        self.happened.append(("sync", name))
        self.syncs += 1
        self.synced(self.syncs)

    def after(self, number: int, folder: Path, *, dice: random.Random | None = None) -> None:
        """Lay down the files as a cut right after the n-th sync leaves them.

        With `dice` the cut comes a little later, before the next sync, and any of the writes made in between, torn or
        whole and in any order, have reached the plate.
        """
        files: dict[str, bytearray] = {}
        waiting: list[Change] = []
        syncs = 0
        for change in self.happened:
            if len(change) == 2:
                if syncs == number:
                    break
                syncs += 1
                for done in [each for each in waiting if each[0] == change[1]]:
                    _apply(files, done)
                waiting = [each for each in waiting if each[0] != change[1]]
            else:
                waiting.append(change)
        if dice is not None:
            for change in dice.sample(waiting, dice.randint(0, len(waiting))):
                name, offset, data = change
                _apply(files, (name, offset, data[: dice.randint(0, len(data))] if data else data))
        for name, content in files.items():
            (folder / name).write_bytes(content)


def _apply(files: dict[str, bytearray], change: Change) -> None:
    name, offset, data = change
    content = files.setdefault(name, bytearray())
    if data is None:
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


class _File(apsw.VFSFile):  # type: ignore[misc]
    def __init__(self, disk: Disk, inherit: str, name: apsw.URIFilename | str | None, flags: list[int]) -> None:
        super().__init__(inherit, name, flags)
        told = name.filename() if isinstance(name, apsw.URIFilename) else name
        self.disk, self.name = disk, Path(told).name if told else ""

    def xWrite(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        if self.name:
            self.disk.write(self.name, data, offset)

    def xTruncate(self, size: int) -> None:
        super().xTruncate(size)
        if self.name:
            self.disk.cut(self.name, size)

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        if self.name:
            self.disk.sync(self.name)


class RecordingVFS(apsw.VFS):  # type: ignore[misc]
    """The usual VFS, with everything it does to files told to a disk."""

    def __init__(self, disk: Disk, name: str = "recording") -> None:
        self.disk = disk
        super().__init__(name, "")

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> _File:
        return _File(self.disk, "", name, flags)


class Row(tuple[Any, ...]):
    """A row by place and by name, as the driver's own."""

    names: tuple[str, ...]

    def __getitem__(self, place: Any) -> Any:
        return super().__getitem__(self.names.index(place) if isinstance(place, str) else place)

    def keys(self) -> list[str]:
        return list(self.names)


class _Cursor:
    def __init__(self, connection: apsw.Connection, rows: list[Row]) -> None:
        self.rows = iter(rows)
        self.rowcount, self.lastrowid = connection.changes(), connection.last_insert_rowid()

    def __iter__(self) -> Iterator[Row]:
        return self.rows

    def fetchone(self) -> Row | None:
        return next(self.rows, None)

    def fetchall(self) -> list[Row]:
        return list(self.rows)


class RecordedConnection:
    """What the desk asks of its driver, over apsw on a recording disk."""

    def __init__(self, path: Path, disk: Disk, key: bytes) -> None:
        disk.write(path.name, path.read_bytes(), 0)
        disk.sync(path.name)
        self.key = key
        self.vfs = RecordingVFS(disk)
        self.own = apsw.Connection(str(path), vfs="recording", flags=apsw.SQLITE_OPEN_READWRITE)
        self.own.row_trace = self._row
        # apsw hands on no shared memory; the only connection there is needs none, and syncs just the same.
        for pragma in ("locking_mode = EXCLUSIVE", "foreign_keys = ON", "synchronous = FULL", "secure_delete = ON",
                       "wal_autocheckpoint = 30"):  # fmt: skip
            self.own.execute(f"PRAGMA {pragma}")

    @staticmethod
    def _row(cursor: apsw.Cursor, values: tuple[Any, ...]) -> Row:
        row = Row(values)
        row.names = tuple(column[0] for column in cursor.get_description())
        return row

    def execute(self, sql: str, values: Any = ()) -> _Cursor:
        return _Cursor(self.own, list(self.own.execute(sql, values)))

    def executemany(self, sql: str, values: Any) -> _Cursor:
        return _Cursor(self.own, list(self.own.executemany(sql, values)))

    @property
    def in_transaction(self) -> bool:
        return self.own.in_transaction

    def close(self) -> None:
        self.own.close()
        self.vfs.unregister()
