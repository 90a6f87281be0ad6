"""
Blocks: the good rows of a staged list, up to a thousand to a row of the table, which costs a tenth of a row each.

`numbers` has a line for every row of the sheet from `first_row` to `last_row`, empty where no good row stands; `cells`
goes with it, place by place. Rows with problems, and those that a person corrected, are rows of `staged`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from nextpod_core.db import Connection

CELL = "\x1f"  # Unit and record separator: no spreadsheet holds them, and joining costs a tenth of JSON.
ROW = "\x1e"
MOST = 1_000
_AT_ONCE = 4  # Blocks to a transaction: fewer than 5,000 rows.


def write(db: Connection, import_id: int, first_row: int, numbers: Sequence[str], lines: Sequence[str]) -> None:
    """Keep a block, within the caller's transaction. Both lists are "" where no good row stands."""
    db.execute(
        """
        INSERT INTO staged_blocks (import_id, first_row, last_row, numbers, cells)
        VALUES (:id, :first, :last, :numbers, :cells)
        """,
        {
            "id": import_id, "first": first_row, "last": first_row + len(numbers) - 1, "numbers": "\n".join(numbers),
            "cells": ROW.join(lines),
        },
    )  # fmt: skip


def rows(db: Connection, import_id: int, *, after_row: int = -1) -> Iterator[tuple[int, str, str]]:
    """The good rows after `after_row` in the order of the sheet: row number, MSISDN, packed cells. Lazily."""
    found = db.execute(
        """
        SELECT first_row, numbers, cells
          FROM staged_blocks
         WHERE import_id = :id
           AND first_row >= coalesce(
               (SELECT max(first_row) FROM staged_blocks WHERE import_id = :id AND first_row <= :after), 0)
         ORDER BY first_row
        """,
        {"id": import_id, "after": after_row},
    )
    for first, numbers, cells in found:
        for row, number, line in zip(
            range(first, first + MOST), numbers.split("\n"), cells.split(ROW), strict=False
        ):  # fmt: skip
            if number and row > after_row:
                yield row, number, line


def whole(db: Connection, import_id: int) -> Iterator[tuple[int, list[str], list[str]]]:
    """Block by block in the order of the sheet: its first row, its MSISDNs ("" where no good row stands), its cells."""
    found = db.execute(
        "SELECT first_row, numbers, cells FROM staged_blocks WHERE import_id = :id ORDER BY first_row",
        {"id": import_id},
    )
    for first, numbers, cells in found:
        yield first, numbers.split("\n"), cells.split(ROW)


def cells(db: Connection, import_id: int, wanted: Iterable[int]) -> dict[int, str]:
    """The packed cells of the good rows among `wanted`, by row."""
    found: dict[int, str] = {}
    first = last = -1
    numbers: list[str] = []
    lines: list[str] = []
    for row in sorted(set(wanted)):
        if not first <= row <= last or first < 0:
            block = db.execute(
                """
                SELECT first_row, last_row, numbers, cells
                  FROM staged_blocks
                 WHERE import_id = :id AND first_row <= :row
                 ORDER BY first_row DESC
                 LIMIT 1
                """,
                {"id": import_id, "row": row},
            ).fetchone()
            if block is None or block["last_row"] < row:
                continue
            first, last = block["first_row"], block["last_row"]
            numbers, lines = block["numbers"].split("\n"), block["cells"].split(ROW)
        if numbers[row - first]:
            found[row] = lines[row - first]
    return found


def first_rows(db: Connection, import_id: int, numbers: set[str]) -> dict[str, int]:
    """The rows in which these numbers stand; read through once, a list of a million in a tenth of a second."""
    found: dict[str, int] = {}
    for first, kept in db.execute(
        "SELECT first_row, numbers FROM staged_blocks WHERE import_id = :id ORDER BY first_row", {"id": import_id}
    ):
        lines = kept.split("\n")
        here = numbers.intersection(lines)
        if len(here) > 4:  # Looking for each from the start would cost half a block a time.
            found.update((number, first + place) for place, number in enumerate(lines) if number in here)
        else:
            found.update((number, first + lines.index(number)) for number in here)
    return found


def replace(db: Connection, import_id: int, table: Mapping[int, str], *, after_row: int) -> tuple[int, int] | None:
    """Replace characters (`str.translate`) in the cells of the next few blocks, within the caller's transaction.

    How many rows changed, and the row up to which it went; None when there is no block after `after_row`.
    """
    found = db.execute(
        """
        SELECT id, last_row, cells
          FROM staged_blocks
         WHERE import_id = :id AND first_row > :after
         ORDER BY first_row
         LIMIT :most
        """,
        {"id": import_id, "after": after_row, "most": _AT_ONCE},
    ).fetchall()
    changed = 0
    for block in found:
        replaced = block["cells"].translate(table)
        if replaced != block["cells"]:
            pairs = zip(block["cells"].split(ROW), replaced.split(ROW), strict=True)
            changed += sum(old != new for old, new in pairs)
            db.execute("UPDATE staged_blocks SET cells = :cells WHERE id = :id", {"cells": replaced, "id": block["id"]})
    return (changed, found[-1]["last_row"]) if found else None


def empty(db: Connection, import_id: int) -> int:
    """Take away a few blocks of an import, within the caller's transaction; how many. 0 when none is left."""
    return int(
        db.execute(
            """
            DELETE FROM staged_blocks
             WHERE id IN (SELECT id FROM staged_blocks WHERE import_id = :id ORDER BY first_row LIMIT :most)
            """,
            {"id": import_id, "most": _AT_ONCE},
        ).rowcount
    )


def holding(db: Connection, written: str) -> list[tuple[int, int]]:
    """Every import and row of a block whose number or cells hold `written`: for what is known of one person."""
    found = []
    for block in db.execute(
        """
        SELECT import_id, first_row, numbers, cells
          FROM staged_blocks
         WHERE numbers LIKE '%' || :written || '%' OR cells LIKE '%' || :written || '%'
        """,
        {"written": written},
    ):
        pairs = zip(block["numbers"].split("\n"), block["cells"].split(ROW), strict=True)
        for place, (number, line) in enumerate(pairs):
            if number and (written in number or written in line):
                found.append((block["import_id"], block["first_row"] + place))
    return found


def forget(db: Connection, import_id: int, row: int) -> bool:
    """Take one row out of its block, within the caller's transaction; whether it stood there."""
    return _rewrite(db, import_id, row, None)


def put(db: Connection, import_id: int, row: int, line: str) -> bool:
    """Put other packed cells into one row of a block, within the caller's transaction; whether the row stood there."""
    return _rewrite(db, import_id, row, line)


def _rewrite(db: Connection, import_id: int, row: int, line: str | None) -> bool:
    block = db.execute(
        """
        SELECT id, first_row, last_row, numbers, cells
          FROM staged_blocks
         WHERE import_id = :id AND first_row <= :row
         ORDER BY first_row DESC
         LIMIT 1
        """,
        {"id": import_id, "row": row},
    ).fetchone()
    if block is None or block["last_row"] < row:
        return False
    numbers, lines = block["numbers"].split("\n"), block["cells"].split(ROW)
    place = row - block["first_row"]
    stood = bool(numbers[place])
    if line is None:
        numbers[place] = lines[place] = ""
    elif stood:
        lines[place] = line
    db.execute(
        "UPDATE staged_blocks SET numbers = :numbers, cells = :cells WHERE id = :id",
        {"numbers": "\n".join(numbers), "cells": ROW.join(lines), "id": block["id"]},
    )
    return stood
