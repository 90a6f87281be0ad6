"""
Imports: an uploaded list, from its first byte to what is known of it. Its rows are in `staged`.

`staging.py` fills an import in a process of its own.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from nextpod_core import changes, roles, templates, work
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import Actor, audit
from nextpod_core.sentences import Sentence, load, say
from nextpod_core.settings import Settings

State = Literal["waiting", "running", "done", "failed"]
_CHUNK = 1 << 20
_DAY = 86_400_000
_PATIENCE = 20_000  # How long a process may take to say that it has begun.


@dataclass(frozen=True, slots=True)
class Import:
    """One upload as it stands. `version` grows with whatever changes its audience; `done` of `total` rows are read."""

    id: int
    filename: str
    bytes: int
    state: State
    error: Sentence | None
    region: str
    sheet: str | None
    sheets: list[str]
    columns: list[str]
    number_column: int | None
    header_row: int | None
    examples: list[str]
    notes: list[Sentence]
    counts: dict[str, int]
    version: int
    done: int
    total: int | None
    let_in_doubtful: bool
    created_at: int
    started_at: int | None
    ended_at: int | None
    pid: int | None
    spool: str | None

    @property
    def keys(self) -> list[str]:
        """What placeholders find the columns by."""
        return [templates.key(column) for column in self.columns]

    @property
    def sendable(self) -> int:
        """How many rows are in the audience."""
        return self.counts.get("good", 0) + (self.counts.get("doubtful", 0) if self.let_in_doubtful else 0)

    @property
    def held_out(self) -> int:
        """How many rows are not."""
        return sum(self.counts.values()) - self.sendable

    def has_stopped(self, now: int) -> bool:
        """Whether its process died, or never began: it must be run again."""
        if self.state == "running":
            return not work.is_alive(self.pid)
        return self.state == "waiting" and now - self.created_at > _PATIENCE


def begin(
    settings: Settings, db: Connection, stream: IO[bytes], *, filename: str, region: str, by: Actor, now: int
) -> int:
    """Keep an upload beside the store and note it down as waiting; its id. `work.start` then sets it going.

    Raises BadInput when it is larger than the limit, before anything is read out of it.
    """
    roles.allow(by, "campaign.compose")
    tidy(settings, db, now=now)
    folder = settings.database.parent / "spool"
    folder.mkdir(mode=0o700, exist_ok=True)
    spool = folder / f"{secrets.token_hex(8)}.upload"
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(os.open(spool, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > settings.max_upload_mb << 20:
                    raise too_large(settings.max_upload_mb)
                digest.update(chunk)
                file.write(chunk)
        with transaction(db):
            row = db.execute(
                """
                INSERT INTO imports (filename, spool, bytes, digest, state, region, created_at)
                VALUES (:filename, :spool, :bytes, :digest, 'waiting', :region, :now)
                RETURNING id
                """,
                {
                    "filename": filename[:200], "spool": spool.name, "bytes": size, "digest": digest.digest(),
                    "region": region, "now": now,
                },
            ).fetchone()  # fmt: skip
            audit(db, by=by, action="import.begin", now=now, subject="import", subject_id=row["id"],
                  detail={"bytes": size})  # fmt: skip
            changes.bump(db, "imports")
    except BaseException:
        spool.unlink(missing_ok=True)
        raise
    return int(row["id"])


def get(db: Connection, import_id: int) -> Import:
    """One import. Raises BadInput when there is none with this id."""
    row = db.execute("SELECT * FROM imports WHERE id = :id", {"id": import_id}).fetchone()
    if row is None:
        raise BadInput("There is no list number {id}. Upload it again.", id=import_id)
    return _import(row)


def run(settings: Settings, db: Connection, import_id: int, *, clock: Callable[[], int]) -> None:
    """Read the upload into rows, here and now. What goes wrong is kept with the import as a sentence; see `staging`."""
    from nextpod_core import staging  # It stands above this module, and pages have no use for it.

    staging.run(settings, db, import_id, clock=clock)


def spool_of(settings: Settings, found: Import) -> Path:
    """Where the upload is kept. Raises BadInput when it has been tidied away."""
    path = settings.database.parent / "spool" / (found.spool or "")
    if not found.spool or not path.is_file():
        raise BadInput("The uploaded file is no longer kept. Upload it again.")
    return path


def again(
    db: Connection,
    import_id: int,
    *,
    by: Actor,
    now: int,
    region: str | None = None,
    sheet: str | None = None,
    number_column: int | None = None,
) -> None:
    """Let it be read once more, in another country, from another sheet or with another number column.

    The corrections made so far go with the old reading. `work.start` then sets it going.
    """
    roles.allow(by, "campaign.compose")
    found = get(db, import_id)
    # Another sheet has other columns, so the choice is made anew there.
    column = None if sheet is not None else found.number_column if number_column is None else number_column
    if sheet is not None and sheet not in found.sheets:
        raise BadInput("The workbook has no sheet called {sheet}.", sheet=sheet)
    if number_column is not None and not 0 <= number_column < len(found.columns):
        raise BadInput("The list has no such column.")
    with transaction(db):
        db.execute(
            """
            UPDATE imports
               SET state = 'waiting', error = NULL, pid = NULL, done = 0, counts = '{}', created_at = :now,
                   region = coalesce(:region, region), sheet = coalesce(:sheet, sheet),
                   number_column = :column
             WHERE id = :id
            """,
            {"id": import_id, "now": now, "region": region, "sheet": sheet, "column": column},
        )
        audit(db, by=by, action="import.again", now=now, subject="import", subject_id=import_id,
              detail={"region": region, "sheet": sheet, "column": number_column})  # fmt: skip
        audience_changed(db, import_id)


def let_in_doubtful(db: Connection, import_id: int, let_in: bool, *, by: Actor, now: int) -> None:
    """Whether the rows whose number is outside the numbering plan are texted all the same."""
    roles.allow(by, "campaign.compose")
    with transaction(db):
        db.execute("UPDATE imports SET let_in_doubtful = :let_in WHERE id = :id", {"id": import_id, "let_in": let_in})
        audience_changed(db, import_id)
        audit(db, by=by, action="import.let_in_doubtful", now=now, subject="import", subject_id=import_id,
              detail={"let_in": let_in})  # fmt: skip


def tidy(settings: Settings, db: Connection, *, now: int) -> int:
    """Remove uploads that were kept for a week; the rows read from them stay. How many went."""
    old = db.execute(
        "SELECT id, spool FROM imports WHERE spool IS NOT NULL AND created_at < :before AND state <> 'running'",
        {"before": now - 7 * _DAY},
    ).fetchall()
    for row in old:
        (settings.database.parent / "spool" / row["spool"]).unlink(missing_ok=True)
        with transaction(db):
            db.execute("UPDATE imports SET spool = NULL WHERE id = :id", {"id": row["id"]})
    return len(old)


def too_large(most_mb: int) -> BadInput:
    """Why an upload is refused before it is read."""
    return BadInput("The file is larger than {limit} MB. Split it, or keep only the columns you need.", limit=most_mb)


def nothing_in_it() -> Sentence:
    """What is said of an empty file."""
    return say("The file is empty: there is no row with anything in it.")


def nothing_below() -> Sentence:
    """What is said of a header without people."""
    return say("The list has a header and no rows below it. Put the people in the rows below.")


def audience_changed(db: Connection, import_id: int) -> None:
    """Say, within the caller's transaction, that the audience is another than before.

    Drafts on this list are another version by that too, so that a review of the old rows is made again.
    """
    db.execute("UPDATE imports SET version = version + 1 WHERE id = :id", {"id": import_id})
    db.execute("UPDATE drafts SET version = version + 1 WHERE import_id = :id AND state = 'open'", {"id": import_id})
    changes.bump(db, "imports")


def _import(row: Row) -> Import:
    return Import(
        id=row["id"], filename=row["filename"], bytes=row["bytes"], state=row["state"], error=load(row["error"]),
        region=row["region"], sheet=row["sheet"], sheets=json.loads(row["sheets"]), columns=json.loads(row["columns"]),
        number_column=row["number_column"], header_row=row["header_row"], examples=json.loads(row["examples"]),
        notes=[told for text in json.loads(row["notes"]) if (told := load(text))], counts=json.loads(row["counts"]),
        version=row["version"], done=row["done"], total=row["total"], let_in_doubtful=bool(row["let_in_doubtful"]),
        created_at=row["created_at"], started_at=row["started_at"], ended_at=row["ended_at"], pid=row["pid"],
        spool=row["spool"],
    )  # fmt: skip
