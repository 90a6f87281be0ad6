"""Corrections: what people change in the rows of a list after it was read, judged by the rules it was read by."""

import json
from collections.abc import Mapping

from nextpod_core import audience, blocks, imports, msisdn, roles, staged, suppressions
from nextpod_core.db import Connection, transaction
from nextpod_core.errors import BadInput
from nextpod_core.imports import Import
from nextpod_core.people import Actor, audit
from nextpod_core.sentences import Sentence
from nextpod_core.staged import Verdict, pack, unpack

_REPLACED_AT_ONCE = 5_000


def correct(
    db: Connection, import_id: int, corrections: Mapping[int, Mapping[int, str]], *, by: Actor, now: int
) -> tuple[int, int]:
    """Put what a person typed into rows with problems, cell by column index, and judge those rows anew.

    How many joined the audience and how many are still held out. A row that is good already is left alone.
    Raises BadInput while the list is being read.
    """
    roles.allow(by, "campaign.compose")
    with transaction(db):
        found = imports.get(db, import_id)
        if found.state != "done":
            raise BadInput("The list is still being read. Wait until it is done.")
        counts, joined, still = dict(found.counts), 0, 0
        for row, typed in corrections.items():
            kept = db.execute(
                "SELECT verdict, cells FROM staged WHERE import_id = :id AND row = :row AND verdict <> 'good'",
                {"id": import_id, "row": row},
            ).fetchone()
            if kept is None:
                continue
            cells = unpack(kept["cells"])
            cells += [""] * (len(found.columns) - len(cells))
            for column, value in typed.items():
                if 0 <= column < len(cells):
                    cells[column] = value or ""
            verdict, number, reason = _judged(db, found, row, cells)
            db.execute(
                """
                UPDATE staged SET verdict = :verdict, msisdn = :msisdn, cells = :cells, reason = :reason, corrected = 1
                 WHERE import_id = :id AND row = :row
                """,
                {
                    "id": import_id, "row": row, "verdict": verdict, "msisdn": number, "cells": pack(cells),
                    "reason": reason.dump() if reason else None,
                },
            )  # fmt: skip
            counts[kept["verdict"]] -= 1
            counts[verdict] = counts.get(verdict, 0) + 1
            joined += verdict == Verdict.GOOD
            still += verdict != Verdict.GOOD
        if not joined + still:
            return 0, 0
        _keep_counts(db, import_id, counts)
        audit(db, by=by, action="import.correct", now=now, subject="import", subject_id=import_id,
              detail={"joined": joined, "held_out": still})  # fmt: skip
    return joined, still


def fill(db: Connection, import_id: int, typed: Mapping[int, Mapping[int, str]], *, by: Actor, now: int) -> int:
    """Put what a person typed into rows of the audience, cell by column index, where something is missing; how many
    rows changed. The number stays as it is: it was judged. Raises BadInput while the list is being read."""
    roles.allow(by, "campaign.compose")
    with transaction(db):
        found = imports.get(db, import_id)
        if found.state != "done":
            raise BadInput("The list is still being read. Wait until it is done.")
        changed = 0
        for row, cells in staged.cells(db, import_id, list(typed)).items():
            new = cells + [""] * (len(found.columns) - len(cells))
            for column, value in typed[row].items():
                if 0 <= column < len(new) and column != found.number_column:
                    new[column] = (value or "")[: audience.LONGEST_CELL]
            if new == cells:
                continue
            if not blocks.put(db, import_id, row, pack(new)):
                db.execute(
                    "UPDATE staged SET cells = :cells, corrected = 1 WHERE import_id = :id AND row = :row",
                    {"cells": pack(new), "id": import_id, "row": row},
                )
            changed += 1
        if changed:
            imports.audience_changed(db, import_id)
            audit(db, by=by, action="import.fill", now=now, subject="import", subject_id=import_id,
                  detail={"rows": changed})  # fmt: skip
    return changed


def replace_characters(db: Connection, import_id: int, table: Mapping[str, str], *, by: Actor, now: int) -> int:
    """Replace characters in all cells of the list, as a person was shown and chose; how many rows changed.

    In chunks: a pause half-way leaves some rows as they were, and pressing again does the rest.
    """
    roles.allow(by, "campaign.compose")
    found = imports.get(db, import_id)
    if found.state != "done":
        raise BadInput("The list is still being read. Wait until it is done.")
    changed, wanted = 0, {old: new for old, new in table.items() if len(old) == 1 and old != new}
    characters = str.maketrans({old: staged.pack([new]) for old, new in wanted.items()})
    for start in range(0, (found.total or 0) + 1, _REPLACED_AT_ONCE):
        with transaction(db):
            rows = db.execute(
                """
                SELECT row, cells FROM staged
                 WHERE import_id = :id AND row >= :start AND row < :start + :span
                """,
                {"id": import_id, "start": start, "span": _REPLACED_AT_ONCE},
            ).fetchall()
            others = [
                (replaced, import_id, row["row"])
                for row in rows
                if (replaced := row["cells"].translate(characters)) != row["cells"]
            ]
            db.executemany("UPDATE staged SET cells = ?, corrected = 1 WHERE import_id = ? AND row = ?", others)
            changed += len(others)
    after: int | None = -1
    while after is not None:
        with transaction(db):
            some = blocks.replace(db, import_id, characters, after_row=after)
        changed, after = (changed + some[0], some[1]) if some else (changed, None)
    with transaction(db):
        _keep_counts(db, import_id, imports.get(db, import_id).counts)
        audit(db, by=by, action="import.replace", now=now, subject="import", subject_id=import_id,
              detail={"characters": "".join(wanted), "rows": changed})  # fmt: skip
    return changed


def _judged(db: Connection, found: Import, row: int, cells: list[str]) -> tuple[Verdict, str | None, Sentence | None]:
    if found.number_column is None or not cells[found.number_column].strip():
        return Verdict.MISSING, None, staged.no_number()
    number = msisdn.read(cells[found.number_column], region=found.region)
    verdict, digits = staged.verdict_of(number), number.msisdn or number.candidate
    if digits is None or verdict not in (Verdict.GOOD, Verdict.DOUBTFUL):
        return verdict, digits, number.reason
    # No index has the numbers: a million rows are looked through in a tenth of a second, and corrections are few.
    first = db.execute(
        """
        SELECT min(row) AS row FROM staged
         WHERE import_id = :id AND msisdn = :msisdn AND row <> :row AND verdict IN ('good', 'doubtful')
        """,
        {"id": found.id, "msisdn": digits, "row": row},
    ).fetchone()["row"]
    first = blocks.first_rows(db, found.id, {digits}).get(digits, first)
    if first is not None:
        return Verdict.DUPLICATE, digits, staged.same_as(first)
    if suppressions.suppressed_among(db, [digits]):
        return Verdict.SUPPRESSED, digits, staged.is_suppressed()
    return verdict, digits, number.reason


def _keep_counts(db: Connection, import_id: int, counts: Mapping[str, int]) -> None:
    db.execute(
        "UPDATE imports SET counts = :counts WHERE id = :id",
        {"id": import_id, "counts": json.dumps({verdict: n for verdict, n in counts.items() if n})},
    )
    imports.audience_changed(db, import_id)
