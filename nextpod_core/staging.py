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
from itertools import chain, islice

from nextpod_core import audience, blocks, changes, imports, opening, staged, work
from nextpod_core.db import Connection, is_full, transaction
from nextpod_core.delimited import Block, Delimited
from nextpod_core.errors import BadInput
from nextpod_core.imports import Import
from nextpod_core.judging import Judge, Noticed
from nextpod_core.people import Actor, audit
from nextpod_core.sentences import Sentence, say, say_count
from nextpod_core.settings import Settings
from nextpod_core.standing import Standing
from nextpod_core.workbook import Workbook

log = logging.getLogger(__name__)

BY = Actor("system", "import")
ROWS = 2_000
_AT_ONCE = 4  # Blocks to a transaction.
MOST_ROWS = 2_000_000

Row = tuple[int, list[str]]


class _Superseded(Exception):
    """Somebody asked for another reading meanwhile; that one has the import now."""


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
        if is_full(error):
            _fail(
                db, import_id, say("The disk is full, so the list could not be kept. Make room and try again."), clock()
            )
            return
        _fail(
            db,
            import_id,
            say("The list could not be read ({why}). Nothing was changed; try again.", why=str(error)[:200]),
            clock(),
        )


def _stage(settings: Settings, db: Connection, found: Import, clock: Callable[[], int]) -> None:
    db.execute("PRAGMA cache_size = -8192")  # It writes on and on, and reads nothing twice.
    _empty(db, found.id)
    table = opening.open_table(imports.spool_of(settings, found), sheet=found.sheet, region=found.region)
    first, read = _opened(table)
    layout = audience.layout(first, region=found.region, number_column=found.number_column)
    sheets = list(opening.sheets_of(table))
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
    if not first:  # Said once the sheets are kept, so that another one can be chosen.
        raise BadInput(imports.nothing_in_it())
    noticed = Noticed()
    if layout.number_column is not None:
        judge = Judge(
            layout,
            region=found.region,
            delimiter=table.delimiter if isinstance(table, Delimited) else None,
            broken=table.broken if isinstance(table, Delimited) else {},
            standing=Standing(db),
        )
        noticed = judge.noticed
        _stage_blocks(db, found.id, _below(read, layout.header_row or 0), judge)
        if not sum(noticed.counts.values()):
            raise BadInput(imports.nothing_below())
        _name_the_first(db, found.id, noticed.doubled)
    notes = [
        *([] if isinstance(table, Delimited) else table.notes),
        *layout.notes,
        *audience.noticed(
            repaired=noticed.repaired,
            headers=noticed.headers,
            ragged=noticed.ragged,
            first_ragged=noticed.first_ragged,
            cut=noticed.cut,
        ),
    ]
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


def _stage_blocks(db: Connection, import_id: int, blocks_read: Iterator[Block], judge: Judge) -> None:
    while some := list(islice(blocks_read, _AT_ONCE)):
        last = some[-1].first + some[-1].count - 1
        if last > MOST_ROWS:
            raise BadInput("The list has more than {most} rows. Split it into several.", most=MOST_ROWS)
        judge.standing.refresh()
        judged = [judge.judge(block) for block in some]
        with transaction(db):
            for each in judged:
                if any(each.numbers):
                    blocks.write(db, import_id, each.first, each.numbers, each.lines)
            db.executemany(
                "INSERT INTO staged (import_id, row, verdict, msisdn, cells, reason) VALUES (?, ?, ?, ?, ?, ?)",
                ((import_id, *held) for each in judged for held in each.held),
            )
            mine = db.execute(
                """
                UPDATE imports SET done = :done, counts = :counts, total = max(total, :done)
                 WHERE id = :id AND pid = :pid AND state = 'running'
                """,
                {
                    "id": import_id, "pid": os.getpid(), "done": last,
                    "counts": json.dumps({verdict: count for verdict, count in judge.noticed.counts.items() if count}),
                },
            ).rowcount  # fmt: skip
            if not mine:
                raise _Superseded


def _opened(table: Delimited | Workbook) -> tuple[list[Row], Iterator[Block]]:
    """The first rows in which something stands, and all rows in blocks. A workbook is not begun twice."""
    if isinstance(table, Delimited):
        return audience.first_rows(table.rows()), table.blocks(blocks.MOST)
    first: list[Row] = []
    held: list[Block] = []
    read = table.blocks(blocks.MOST)
    for block in read:
        some = audience.first_rows(enumerate(block.rows or (), start=block.first))
        if some:
            first += some
            held.append(block)
        if len(first) >= audience.SAMPLE:
            break
    return first[: audience.SAMPLE], chain(held, read)


def _below(read: Iterator[Block], header_row: int) -> Iterator[Block]:
    """The rows below the header."""
    for block in read:
        if block.first > header_row:
            yield block
        elif (over := header_row - block.first + 1) < block.count:
            if block.rows is not None:
                yield Block(header_row + 1, block.count - over, block.rows[over:])
            else:
                yield Block(header_row + 1, block.count - over, text=block.text.split("\n", over)[over])


def unclosed(count: int, line: int) -> Sentence:
    """Quotes that are opened and never closed."""
    return say_count(
        "A quote is opened in line {line} of the file and never closed. That row waits for your correction.",
        "{count} quotes are opened and never closed, the first in line {line} of the file. "
        "Those rows wait for your correction.",
        count,
        line=line,
    )


def _name_the_first(db: Connection, import_id: int, doubled: set[str]) -> None:
    """Tell of each double which row it doubles. Asked once at the end: remembering the rows would double the memory."""
    if not doubled:
        return
    first = blocks.first_rows(db, import_id, doubled)
    for verdict in ("doubtful", "suppressed"):
        first.update((number, row) for row, number in _staged(db, import_id, verdict) if number in doubled)
    doubles = _staged(db, import_id, "duplicate")
    while page := list(islice(doubles, ROWS)):
        with transaction(db):
            db.executemany(
                "UPDATE staged SET reason = ? WHERE import_id = ? AND row = ?",
                [(staged.same_as(first[number]).dump(), import_id, row) for row, number in page if number in first],
            )


def _staged(db: Connection, import_id: int, verdict: str) -> Iterator[tuple[int, str]]:
    """Row and MSISDN of all that were held out as `verdict`, in pages, so that no question stays open meanwhile."""
    after = -1
    while page := db.execute(
        """
        SELECT row, msisdn
          FROM staged
         WHERE import_id = :id AND verdict = :verdict AND verdict <> 'good' AND row > :after
         ORDER BY row
         LIMIT :limit
        """,
        {"id": import_id, "verdict": verdict, "after": after, "limit": ROWS},
    ).fetchall():
        after = page[-1]["row"]
        yield from ((row["row"], row["msisdn"]) for row in page)


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
            break
    while True:
        with transaction(db):
            gone = blocks.empty(db, import_id)
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
