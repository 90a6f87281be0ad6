"""One person's rows in lists, read or as uploaded: emptied, and held out like those of somebody who opted out."""

import json

from nextpod_core import blocks, erased, imports
from nextpod_core.db import transaction


def lists(one: erased.One) -> None:
    """Their rows in lists, read or as uploaded. A list that a draft uses is another list by that."""
    for found in one.db.execute("SELECT id FROM imports ORDER BY id").fetchall():
        rows = _staged(one, found["id"]) + _blocks(one, found["id"])
        with transaction(one.db):
            row = one.db.execute("SELECT * FROM imports WHERE id = ?", (found["id"],)).fetchone()
            counts = json.loads(row["counts"])
            for verdict in rows:
                # Held out like somebody who opted out, so that every row of the sheet is still accounted for.
                counts[verdict] = counts.get(verdict, 0) - 1
                counts["suppressed"] = counts.get("suppressed", 0) + 1
            # A file that was not read to its end may hold anybody.
            if row["spool"] and (rows or row["state"] != "done"):
                (one.settings.database.parent / "spool" / row["spool"]).unlink(missing_ok=True)
                one.db.execute("UPDATE imports SET spool = NULL WHERE id = ?", (row["id"],))
                one.count("uploads", 1)
            if rows:
                examples = ["" if example else example for example in json.loads(row["examples"])]
                one.db.execute("UPDATE imports SET counts = ?, examples = ? WHERE id = ?",
                               (json.dumps(counts), json.dumps(examples), row["id"]))  # fmt: skip
                imports.audience_changed(one.db, row["id"])
                one.count("lists", len(rows))


def _staged(one: erased.One, import_id: int) -> list[str]:
    """Rows that are kept one by one: theirs are emptied; in others' the number is cut out. The verdicts they had."""
    mark = -1
    had: list[str] = []
    while True:
        rows = one.ids(
            "SELECT row, verdict, msisdn, cells, reason FROM staged WHERE import_id = :id AND row > :mark"
            " ORDER BY row LIMIT :limit",
            id=import_id, mark=mark, limit=erased.READ,
        )  # fmt: skip
        if not rows:
            return had
        mark = rows[-1]["row"]
        theirs = [row for row in rows if row["msisdn"] == one.number
                  or row["verdict"] != "good" and one.written.is_in(row["cells"])]  # fmt: skip
        others = [
            (one.written.cut_from(row["cells"]), row["row"])
            for row in rows if row not in theirs and one.written.is_in(row["cells"])
        ]  # fmt: skip
        if theirs or others:
            with transaction(one.db):
                one.db.executemany(
                    """
                    UPDATE staged SET verdict = 'suppressed', msisdn = NULL, cells = '', reason = NULL
                     WHERE import_id = ? AND row = ?
                    """,
                    [(import_id, row["row"]) for row in theirs],
                )
                one.db.executemany(
                    "UPDATE staged SET cells = ? WHERE import_id = ? AND row = ?",
                    [(cells, import_id, row) for cells, row in others],
                )
        had += [row["verdict"] for row in theirs]


def _blocks(one: erased.One, import_id: int) -> list[str]:
    """The same in blocks of good rows; their row becomes one that is held out, as `_staged` leaves it."""
    gone = 0
    for found in one.db.execute(
        "SELECT id FROM staged_blocks WHERE import_id = ? ORDER BY first_row", (import_id,)
    ).fetchall():
        block = one.db.execute("SELECT * FROM staged_blocks WHERE id = ?", (found["id"],)).fetchone()
        if block is None or not (f"\n{one.number}\n" in f"\n{block['numbers']}\n" or one.written.is_in(block["cells"])):
            continue
        with transaction(one.db):
            block = one.db.execute("SELECT * FROM staged_blocks WHERE id = ?", (found["id"],)).fetchone()
            if block is None:
                continue
            numbers, lines = block["numbers"].split("\n"), block["cells"].split(blocks.ROW)
            for place, number in enumerate(numbers):
                if number == one.number:
                    numbers[place] = lines[place] = ""
                    gone += 1
                    one.db.execute(
                        "INSERT OR REPLACE INTO staged (import_id, row, verdict, cells)"
                        " VALUES (?, ?, 'suppressed', '')",
                        (import_id, block["first_row"] + place),
                    )
                elif one.written.is_in(lines[place]):
                    lines[place] = one.written.cut_from(lines[place])
            one.db.execute(
                "UPDATE staged_blocks SET numbers = ?, cells = ? WHERE id = ?",
                ("\n".join(numbers), blocks.ROW.join(lines), block["id"]),
            )
    return ["good"] * gone
