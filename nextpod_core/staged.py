"""
Staged rows: every row of a list with what was found in it, good ones in blocks and the others one by one.

A row is good, or held out with a reason (`Verdict`). The rows of an audience are the good ones and, when a person lets
them in, the doubtful ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from heapq import merge
from itertools import islice
from operator import itemgetter

from nextpod_core import blocks, msisdn
from nextpod_core.db import Connection
from nextpod_core.sentences import Sentence, load, say


class Verdict(StrEnum):
    """What was found in a row. Only good rows, and doubtful ones that were let in, are texted."""

    GOOD = auto()
    MISSING = auto()
    INVALID = auto()
    NOT_MOBILE = auto()
    DOUBTFUL = auto()
    DUPLICATE = auto()
    SUPPRESSED = auto()


# Those that a person can mend by typing; a duplicate or a suppressed number is right as it is.
MENDABLE = (Verdict.MISSING, Verdict.INVALID, Verdict.NOT_MOBILE, Verdict.DOUBTFUL)


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that is held out: the sheet's own number, its cells by column, and why."""

    row: int
    verdict: Verdict
    cells: list[str]
    reason: Sentence | None


def rows(db: Connection, import_id: int, *, after_row: int = -1, limit: int = 5000) -> list[tuple[int, str, list[str]]]:
    """The audience, a chunk at a time in the order of the sheet: row number, MSISDN, cells by column."""
    by_one = alone(db, import_id, after_row=after_row, limit=limit)
    in_blocks = blocks.rows(db, import_id, after_row=after_row)
    both = merge(by_one, in_blocks, key=itemgetter(0)) if by_one else in_blocks
    return [(row, msisdn, unpack(kept)) for row, msisdn, kept in islice(both, limit)]


def alone(db: Connection, import_id: int, *, after_row: int = -1, limit: int = -1) -> list[tuple[int, str, str]]:
    """Those of the audience that stand in no block: corrected rows, and doubtful ones that were let in."""
    found = db.execute(
        """
        SELECT s.row, s.msisdn, s.cells
          FROM staged s
         WHERE s.import_id = :id AND s.row > :after
           AND (s.verdict = 'good'
                OR s.verdict = 'doubtful' AND (SELECT let_in_doubtful FROM imports WHERE id = :id))
         ORDER BY s.row
         LIMIT :limit
        """,
        {"id": import_id, "after": after_row, "limit": limit},
    )
    return [(row["row"], row["msisdn"], row["cells"]) for row in found]


def cells(db: Connection, import_id: int, wanted: Sequence[int]) -> dict[int, list[str]]:
    """What stands in these rows of the sheet, whatever was found in them: cells by column, by row number."""
    found = {row: unpack(kept) for row, kept in blocks.cells(db, import_id, wanted).items()}
    others = [row for row in wanted if row not in found]
    for start in range(0, len(others), 500):
        some = others[start : start + 500]
        marks = ", ".join("?" * len(some))
        for row in db.execute(
            f"SELECT row, cells FROM staged WHERE import_id = ? AND row IN ({marks})", (import_id, *some)
        ).fetchall():
            found[row["row"]] = unpack(row["cells"])
    return found


def verdicts(db: Connection, import_id: int) -> Iterator[tuple[int, str, str | None]]:
    """Every row that was read, in no order: its number in the sheet, what was found in it, and its MSISDN."""
    yield from ((row, "good", number) for row, number, _cells in blocks.rows(db, import_id))
    yield from map(
        tuple, db.execute("SELECT row, verdict, msisdn FROM staged WHERE import_id = :id", {"id": import_id})
    )


def problems(
    db: Connection, import_id: int, *, verdicts: Sequence[str] = tuple(Verdict), after_row: int = -1, limit: int = 100
) -> list[Problem]:
    """Rows that are held out, by row number, a page at a time."""
    marks = ", ".join(f":v{place}" for place in range(len(verdicts)))
    found = db.execute(
        f"""
        SELECT row, verdict, cells, reason
          FROM staged
         WHERE import_id = :id AND verdict <> 'good' AND verdict IN ({marks}) AND row > :after
         ORDER BY row
         LIMIT :limit
        """,
        {"id": import_id, "after": after_row, "limit": limit} | {f"v{at}": v for at, v in enumerate(verdicts)},
    )
    return [Problem(row["row"], Verdict(row["verdict"]), unpack(row["cells"]), load(row["reason"])) for row in found]


def every_problem(db: Connection, import_id: int) -> Iterator[Problem]:
    """All of them, read in pages: for a download."""
    after = -1
    while page := problems(db, import_id, after_row=after, limit=5000):
        yield from page
        after = page[-1].row


def pack(cells: Sequence[str]) -> str:
    """Cells as they are kept in a column."""
    joined = blocks.CELL.join(cells)
    if joined.count(blocks.CELL) >= max(len(cells), 1) or blocks.ROW in joined:
        joined = blocks.CELL.join(cell.replace(blocks.CELL, " ").replace(blocks.ROW, " ") for cell in cells)
    return joined


def unpack(column: str) -> list[str]:
    """The cells that `pack` kept."""
    return column.split(blocks.CELL)


def verdict_of(number: msisdn.Number) -> Verdict:
    """What a number's kind means for its row."""
    if number.sendable:
        return Verdict.GOOD
    if number.kind is msisdn.Kind.DOUBTFUL:
        return Verdict.DOUBTFUL
    return Verdict.INVALID if number.kind is msisdn.Kind.INVALID else Verdict.NOT_MOBILE


def no_number() -> Sentence:
    """Why a row without a number is held out."""
    return say("There is no number in this row.")


def is_suppressed() -> Sentence:
    """Why a row whose number must not be sent to is held out."""
    return say("This number is on the suppression list and gets nothing.")


def same_as(row: int) -> Sentence:
    """Why a row with a number seen before is held out."""
    return say("The same number as in row {row}, which gets the text.", row=row)
