"""One person's number in what others wrote, and in what the desk told of it: cut out, the rest stays."""

from nextpod_core import erased, inbound
from nextpod_core.db import Row, transaction
from nextpod_core.traces import HOLDS


def written_by_others(one: erased.One) -> None:
    """The number in what others wrote, and in what the desk told of it: cut out, the rest stays."""
    for table, columns in HOLDS.items():
        looked = [name for name, holds in columns.items() if holds == "written"]
        looked += ["text", "body"] if table == "inbound" else []
        if not looked or table == "staged":
            continue
        key = "name" if table == "brakes" else "rowid"
        mark: int | str = "" if table == "brakes" else -1
        while rows := one.ids(
            f"SELECT {key} AS key, {', '.join(looked)} FROM {table} WHERE {key} > :mark ORDER BY {key} LIMIT :limit",
            mark=mark, limit=erased.READ,
        ):  # fmt: skip
            mark = rows[-1]["key"]
            for row in rows:
                for column in looked:
                    _cut(one, table, key, row, column)


def _cut(one: erased.One, table: str, key: str, row: Row, column: str) -> None:
    told = row[column]
    text = told.decode("utf-8", "surrogateescape") if isinstance(told, bytes) else told
    if not text or not one.written.is_in(text):
        return
    cut = one.written.cut_from(text)
    with transaction(one.db):
        # Only as it was read: somebody may have changed it meanwhile, and it is looked at again at the next run.
        changed = one.db.execute(
            f"UPDATE {table} SET {column} = :cut WHERE {key} = :key AND {column} = :was",
            {"cut": cut.encode("utf-8", "surrogateescape") if isinstance(told, bytes) else cut, "key": row["key"],
             "was": told},
        ).rowcount  # fmt: skip
        if changed and table == "inbound" and column == "text":
            one.db.execute("DELETE FROM inbound_words WHERE rowid = ?", (row["key"],))
            inbound.index(one.db, row["key"], cut)
    one.count(table, changed)
