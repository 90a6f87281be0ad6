"""
The ledger of consent: who opted out or in, when, by which message and by which version of the words.

Every row is chained to the one before by a keyed hash, over keyed hashes of people and row ids alone: what is erased
elsewhere breaks nothing here. What it says also goes to a file outside the database, which a restore plays back.
"""

import contextlib
import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nextpod_core import keywords, options
from nextpod_core.db import Connection, Row, transaction

What = Literal["out", "in"]

_WRITTEN_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One change to write down. `how` is the reason on the suppression list, or why it was lifted."""

    msisdn: str
    what: What
    how: str
    suppression_id: int | None
    inbound_id: int | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """What the check found. `broken_at` is the first row that is not as it was written; the head names the whole."""

    entries: int
    broken_at: int | None
    unwritten: int
    head: str

    @property
    def is_whole(self) -> bool:
        """Whether every row is as it was written, and says the same as the suppression list."""
        return self.broken_at is None and not self.unwritten


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file beside the database."""

    at: int
    what: str
    how: str
    person: bytes


def person(db: Connection, msisdn: str) -> bytes:
    """Whom a row is about: a keyed hash that only this installation's key file can make."""
    return hmac.digest(db.key, b"person\x1f" + msisdn.encode("utf-8", "replace"), "sha256")


def record(db: Connection, entries: Sequence[Entry], *, now: int, version: str | None = None) -> None:
    """Write changes down, within the caller's transaction that makes them.

    `version` names the rule they were judged by: that of the words in force, unless another one is given.
    """
    record_people(
        db,
        [(person(db, one.msisdn), one.what, one.how, one.suppression_id, one.inbound_id) for one in entries],
        now=now,
        version=version or keywords.version(options.opt_words(options.read(db))),
    )


def record_people(
    db: Connection, rows: Sequence[tuple[bytes, What, str, int | None, int | None]], *, now: int, version: str
) -> None:
    """As `record`, of people who are known by their hash alone: hash, what, how, suppression, message."""
    last = db.execute("SELECT chain FROM consent ORDER BY id DESC LIMIT 1").fetchone()
    chain: bytes = last["chain"] if last else b""
    for who, what, how, suppression_id, inbound_id in rows:
        chain = _next(db, chain, [now, who.hex(), what, how, suppression_id, inbound_id, version])
        db.execute(
            """
            INSERT INTO consent (at, person, what, how, suppression_id, inbound_id, version, chain)
            VALUES (:at, :person, :what, :how, :suppression, :inbound, :version, :chain)
            """,
            {
                "at": now, "person": who, "what": what, "how": how, "suppression": suppression_id,
                "inbound": inbound_id, "version": version, "chain": chain,
            },
        )  # fmt: skip


def verify(db: Connection) -> Verified:
    """Walk the whole chain, and hold it against the suppression list: taken together neither can be cut unseen."""
    chain, entries, broken = b"", 0, None
    for row in db.execute("SELECT * FROM consent ORDER BY id"):
        entries += 1
        told = [row["at"], row["person"].hex(), row["what"], row["how"], row["suppression_id"], row["inbound_id"],
                row["version"]]  # fmt: skip
        chain = _next(db, chain, told)
        if not hmac.compare_digest(chain, row["chain"]):
            broken = int(row["id"])
            break
    return Verified(entries, broken, _unwritten(db), chain.hex()[:16])


def history(db: Connection, msisdn: str) -> list[Row]:
    """What the ledger says of one person, newest first."""
    rows: list[Row] = db.execute(
        "SELECT id, at, what, how, suppression_id, inbound_id, version FROM consent WHERE person = :person"
        " ORDER BY id DESC",
        {"person": person(db, msisdn)},
    ).fetchall()
    return rows


def count(db: Connection) -> int:
    """How many rows the ledger has."""
    return int(db.execute("SELECT coalesce(max(id), 0) FROM consent").fetchone()[0])


def file_of(database: Path) -> Path:
    """The file of opt-outs that belongs to a database: beside it, to be copied elsewhere more often than it."""
    return database.with_name(database.name + ".optouts")


def append_to_file(db: Connection) -> int:
    """Bring the file beside the database up to date with the ledger and with who was erased; how many lines were added.

    Outside any transaction, forced to the disk. A crash in between writes a line twice, which changes nothing when it
    is played back. Raises OSError when the file can't be written.
    """
    path = file_of(Path(db.execute("PRAGMA database_list").fetchone()["file"]))
    # A file that was moved away is begun anew, from the first row of both.
    is_new = not path.exists()
    return sum(_append(db, path, mark, rows, is_new=is_new) for mark, rows in _WRITTEN.items())


# What the file is made from: by the name of the mark up to which it is in there.
_WRITTEN = {
    "consent": "SELECT id, at, what, how, person FROM consent",
    "erasures": "SELECT id, at, 'erased' AS what, 'wish' AS how, person FROM erasures",
}


def _append(db: Connection, path: Path, mark: str, rows: str, *, is_new: bool) -> int:
    added = 0
    while True:
        above = 0 if is_new and not added else _mark(db, mark)
        found = db.execute(f"{rows} WHERE id > ? ORDER BY id LIMIT ?", (above, _WRITTEN_AT_ONCE)).fetchall()
        if not found:
            return added
        lines = "".join(f"{row['at']}\t{row['what']}\t{row['how']}\t{row['person'].hex()}\n" for row in found)
        file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)
        with contextlib.closing(os.fdopen(file, "a+b", buffering=0)) as out:
            fcntl.flock(out, fcntl.LOCK_EX)
            if out.seek(0, os.SEEK_END) and os.pread(file, 1, out.tell() - 1) != b"\n":
                lines = "\n" + lines  # The last line was cut off; it must not take this one with it.
            out.write(lines.encode())
            os.fsync(out)
        with transaction(db):
            db.execute(
                "INSERT INTO watermarks VALUES (:mark, :id) ON CONFLICT (name) DO UPDATE SET id = excluded.id",
                {"mark": mark, "id": found[-1]["id"]},
            )
        added += len(found)


def read_file(path: Path) -> Iterator[Line | None]:
    """The lines of such a file in order; None for one that was cut off or can't be read."""
    with path.open(encoding="ascii", errors="replace") as file:
        for text in file:
            at, _, rest = text.rstrip("\n").partition("\t")
            parts = rest.split("\t")
            try:
                line = Line(int(at), parts[0], parts[1], bytes.fromhex(parts[2]))
            except (ValueError, IndexError):
                yield None
                continue
            yield line if len(line.person) == 32 and line.what in ("out", "in", "erased") else None


def _next(db: Connection, chain: bytes, told: list[object]) -> bytes:
    return hmac.new(db.key, chain + json.dumps(told, separators=(",", ":")).encode(), hashlib.sha256).digest()


def _mark(db: Connection, name: str) -> int:
    row = db.execute("SELECT id FROM watermarks WHERE name = ?", (name,)).fetchone()
    return int(row["id"]) if row else 0


def _unwritten(db: Connection) -> int:
    """Rows of the suppression list, since the ledger began, that it does not tell of, or tells otherwise."""
    return int(
        db.execute(
            """
            SELECT count(*)
              FROM suppressions
             WHERE id >= (SELECT min(suppression_id) FROM consent)
               AND (id NOT IN (SELECT suppression_id FROM consent WHERE what = 'out' AND suppression_id IS NOT NULL)
                    OR (lifted_at IS NULL) =
                       (id IN (SELECT suppression_id FROM consent WHERE what = 'in' AND suppression_id IS NOT NULL)))
            """
        ).fetchone()[0]
    )
