"""
Staging: an uploaded file read into rows, numbers normalised, doubles and suppressed ones set aside.

A process of its own (`python -m nextpod_core import ID`). It streams: a chunk is judged outside any transaction and
written in a short one, so neither the memory nor another writer feels how long the file is. Killed at any moment it
can be run again and begins anew.
"""

import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice

from nextpod_core import audience, changes, imports, msisdn, suppressions, work
from nextpod_core.audience import Layout
from nextpod_core.db import Connection, transaction
from nextpod_core.delimited import Delimited
from nextpod_core.errors import BadInput
from nextpod_core.imports import Import, Verdict
from nextpod_core.numberplans import fast
from nextpod_core.people import Actor, audit
from nextpod_core.sentences import Sentence, say, say_count
from nextpod_core.settings import Settings

log = logging.getLogger(__name__)

BY = Actor("system", "import")
ROWS = 2_000
# The numbers seen are kept in memory, 65 MB to a million.
MOST_ROWS = 2_000_000

Staged = tuple[int, int, str, str | None, str, str | None]  # import, row, verdict, msisdn, cells, reason


class _Superseded(Exception):
    """Somebody asked for another reading meanwhile; that one has the import now."""


@dataclass(slots=True)
class _Found:
    """What is noticed on the way, to be told at the end."""

    seen: set[int] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    repaired: int = 0
    headers: int = 0
    ragged: int = 0
    first_ragged: int = 0
    cut: int = 0


def run(settings: Settings, db: Connection, import_id: int, *, clock: Callable[[], int]) -> None:
    """Read the upload of one import into staged rows. What goes wrong is kept with the import as a sentence."""
    with transaction(db):
        found = imports.get(db, import_id)
        if found.state == "done" or found.state == "running" and work.is_alive(found.pid):
            return
        db.execute(
            """
            UPDATE imports SET state = 'running', pid = :pid, started_at = :now, ended_at = NULL, error = NULL, done = 0
             WHERE id = :id
            """,
            {"id": import_id, "pid": os.getpid(), "now": clock()},
        )
        changes.bump(db, "imports")
    try:
        _stage(settings, db, imports.get(db, import_id), clock)
    except _Superseded:
        log.info("import %d was begun anew by another process", import_id)
    except BadInput as error:
        _fail(db, import_id, error.sentence, clock())
    except MemoryError:
        _fail(db, import_id, say("The file takes too much memory to be read. Save it as CSV, or split it."), clock())
    except Exception as error:
        log.exception("import %d failed", import_id)
        _fail(
            db,
            import_id,
            say("The list could not be read ({why}). Nothing was changed; try again.", why=str(error)[:200]),
            clock(),
        )


def _stage(settings: Settings, db: Connection, found: Import, clock: Callable[[], int]) -> None:
    _empty(db, found.id)
    table = audience.open_table(imports.spool_of(settings, found), sheet=found.sheet, region=found.region)
    rows = table.rows()
    first = audience.first_rows(rows)
    if not first:
        raise BadInput("The file is empty: there is no row with anything in it.")
    layout = audience.layout(first, region=found.region, number_column=found.number_column)
    sheets = list(audience.sheets_of(table))
    with transaction(db):
        db.execute(
            """
            UPDATE imports
               SET columns = :columns, number_column = :number, header_row = :header, examples = :examples,
                   sheets = :sheets, sheet = :sheet, total = :total
             WHERE id = :id
            """,
            {
                "id": found.id, "columns": json.dumps(layout.columns), "number": layout.number_column,
                "header": layout.header_row, "examples": json.dumps(layout.examples), "sheets": json.dumps(sheets),
                "sheet": None if isinstance(table, Delimited) else table.sheet, "total": table.total,
            },
        )  # fmt: skip
        changes.bump(db, "imports")
    after = layout.header_row or 0
    rest = chain((row for row in first if row[0] > after), rows)
    noticed = _Found()
    if layout.number_column is not None:
        _stage_rows(db, found, layout, rest, table.broken if isinstance(table, Delimited) else {}, noticed)
        if not sum(noticed.counts.values()):
            raise BadInput("The list has a header and no rows below it. Put the people in the rows below.")
        _name_the_first(db, found.id)
    notes = [*([] if isinstance(table, Delimited) else table.notes), *layout.notes, *_notes(noticed)]
    if isinstance(table, Delimited) and table.broken:
        notes.append(unclosed(len(table.broken), min(table.broken.values())))
    with transaction(db):
        db.execute(
            """
            UPDATE imports
               SET state = 'done', ended_at = :now, notes = :notes, total = done
             WHERE id = :id
            """,
            {"id": found.id, "now": clock(), "notes": json.dumps([note.dump() for note in notes])},
        )
        audit(db, by=BY, action="import.done", now=clock(), subject="import", subject_id=found.id,
              detail=dict(noticed.counts))  # fmt: skip
        imports.audience_changed(db, found.id)


def _stage_rows(
    db: Connection,
    found: Import,
    layout: Layout,
    rows: Iterator[tuple[int, list[str]]],
    broken: dict[int, int],
    noticed: _Found,
) -> None:
    last = 0
    while chunk := list(islice(rows, ROWS)):
        last = chunk[-1][0]
        if last > MOST_ROWS:
            raise BadInput("The list has more than {most} rows. Split it into several.", most=MOST_ROWS)
        staged = list(judge(chunk, found.id, found.region, layout, broken, noticed))
        numbers = [each[3] for each in staged if each[3] and each[2] in ("good", "doubtful")]
        if out := suppressions.suppressed_among(db, numbers):
            reason = imports.is_suppressed().dump()
            staged = [
                (*each[:2], Verdict.SUPPRESSED, each[3], each[4], reason)
                if each[3] in out and each[2] in ("good", "doubtful")
                else each
                for each in staged
            ]
        for each in staged:
            noticed.counts[each[2]] += 1
        with transaction(db):
            db.executemany(
                "INSERT INTO staged (import_id, row, verdict, msisdn, cells, reason) VALUES (?, ?, ?, ?, ?, ?)", staged
            )
            mine = db.execute(
                """
                UPDATE imports SET done = :done, counts = :counts, total = max(total, :done)
                 WHERE id = :id AND pid = :pid AND state = 'running'
                """,
                {
                    "id": found.id, "pid": os.getpid(), "done": last,
                    "counts": json.dumps({verdict: count for verdict, count in noticed.counts.items() if count}),
                },
            ).rowcount  # fmt: skip
            if not mine:
                raise _Superseded


def judge(
    chunk: list[tuple[int, list[str]]],
    import_id: int,
    region: str,
    layout: Layout,
    broken: dict[int, int],
    noticed: _Found,
) -> Iterator[Staged]:
    """The rows of a chunk as they are kept. Blank rows and repeated headers give none."""
    at, width = layout.number_column, len(layout.columns)
    assert at is not None
    seen, pack = noticed.seen, imports.pack
    for row, cells in chunk:
        if len(cells) > width:
            # Of a sheet that was cut to the most columns, the rest is no sign of a comma too many.
            if width < audience.MOST_COLUMNS and any(cell.strip() for cell in cells[width:]):
                noticed.ragged += 1
                noticed.first_ragged = noticed.first_ragged or row
            cells = cells[:width]
        cell = cells[at] if at < len(cells) else ""
        quick = fast(cell, region) if row not in broken else None
        kept = pack(cells)
        if len(kept) > audience.LONGEST_CELL and any(len(each) > audience.LONGEST_CELL for each in cells):
            noticed.cut += 1
            kept = pack([each[: audience.LONGEST_CELL] for each in cells])
        if quick is not None:
            key = int(quick[0])
            if key in seen:
                yield import_id, row, "duplicate", quick[0], kept, None
            else:
                seen.add(key)
                yield import_id, row, "good", quick[0], kept, None
            continue
        if audience.is_blank(cells):
            continue
        if layout.is_header(cells):
            noticed.headers += 1
            continue
        if row in broken:
            yield import_id, row, "invalid", None, kept, _open_quote(broken[row]).dump()
            continue
        if not cell.strip():
            yield import_id, row, "missing", None, kept, imports.no_number().dump()
            continue
        number = msisdn.read(cell, region=region)
        verdict, digits = imports.verdict_of(number), number.msisdn or number.candidate
        if verdict in (Verdict.GOOD, Verdict.DOUBTFUL) and digits is not None:
            noticed.repaired += number.repaired is not None
            if int(digits) in seen:
                yield import_id, row, "duplicate", digits, kept, None
                continue
            seen.add(int(digits))
        yield import_id, row, verdict, digits, kept, number.reason.dump() if number.reason else None


def unclosed(count: int, line: int) -> Sentence:
    """Quotes that are opened and never closed."""
    return say_count(
        "A quote is opened in line {line} of the file and never closed. That row waits for your correction.",
        "{count} quotes are opened and never closed, the first in line {line} of the file. "
        "Those rows wait for your correction.",
        count,
        line=line,
    )


def _open_quote(line: int) -> Sentence:
    return say("Line {line} of the file opens a quote that is never closed. Correct the row.", line=line)


def _notes(noticed: _Found) -> Iterator[Sentence]:
    if noticed.repaired:
        yield say_count(
            "{count} number was mended: Excel had changed how it is written.",
            "{count} numbers were mended: Excel had changed how they are written.",
            noticed.repaired,
        )
    if noticed.headers:
        yield say_count(
            "The header stands once more further down; that row is left out.",
            "The header stands {count} times more further down; those rows are left out.",
            noticed.headers,
        )
    if noticed.ragged:
        yield audience.ragged(noticed.ragged, noticed.first_ragged)
    if noticed.cut:
        yield say_count(
            "{count} row has a cell of more than {most} characters; it was cut there.",
            "{count} rows have a cell of more than {most} characters; it was cut there.",
            noticed.cut,
            most=audience.LONGEST_CELL,
        )


def _name_the_first(db: Connection, import_id: int) -> None:
    """Tell of each double which row it doubles. Asked once at the end: remembering the rows would double the memory."""
    db.execute("CREATE TEMP TABLE IF NOT EXISTS doubled (msisdn TEXT PRIMARY KEY, row INTEGER) WITHOUT ROWID")
    db.execute("DELETE FROM temp.doubled")
    db.execute(
        """
        INSERT OR IGNORE INTO temp.doubled
        SELECT msisdn, NULL FROM staged WHERE import_id = :id AND verdict = 'duplicate' AND verdict <> 'good'
        """,
        {"id": import_id},
    )
    if not db.execute("SELECT 1 FROM temp.doubled LIMIT 1").fetchone():
        return
    first = {
        row["msisdn"]: row["row"]
        for row in db.execute(
            """
            SELECT msisdn, min(row) AS row FROM staged
             WHERE import_id = :id AND verdict <> 'duplicate' AND msisdn IN (SELECT msisdn FROM temp.doubled)
             GROUP BY msisdn
            """,
            {"id": import_id},
        )
    }
    after = -1
    while page := imports.problems(db, import_id, verdicts=[Verdict.DUPLICATE], after_row=after, limit=ROWS):
        after = page[-1].row
        numbers = dict(
            db.execute(
                """
                SELECT row, msisdn FROM staged
                 WHERE import_id = :id AND verdict = 'duplicate' AND verdict <> 'good' AND row BETWEEN :first AND :last
                """,
                {"id": import_id, "first": page[0].row, "last": after},
            ).fetchall()
        )
        with transaction(db):
            db.executemany(
                "UPDATE staged SET reason = ? WHERE import_id = ? AND row = ?",
                [
                    (imports.same_as(first[number]).dump(), import_id, row)
                    for row, number in numbers.items()
                    if number in first
                ],
            )


def _empty(db: Connection, import_id: int) -> None:
    """Rows of an earlier reading go in chunks."""
    while True:
        with transaction(db):
            gone = db.execute(
                """
                DELETE FROM staged
                 WHERE import_id = :id
                   AND row IN (SELECT row FROM staged WHERE import_id = :id ORDER BY row LIMIT :chunk)
                """,
                {"id": import_id, "chunk": ROWS},
            ).rowcount
        if not gone:
            return


def _fail(db: Connection, import_id: int, sentence: Sentence, now: int) -> None:
    with transaction(db):
        db.execute(
            "UPDATE imports SET state = 'failed', error = :error, ended_at = :now WHERE id = :id",
            {"id": import_id, "error": sentence.dump(), "now": now},
        )
        audit(db, by=BY, action="import.fail", now=now, subject="import", subject_id=import_id)
        changes.bump(db, "imports")
