"""
Erasing one person everywhere: out of the tables, the raw log, the search, lists and uploads; out of the file's bytes.

Their opt-out goes on holding, by a keyed hash; counts stay. What is queued to them is cancelled first. A message that
is under way, or of which nobody knows whether it left, keeps its number until that is settled, at most seven days;
then it goes by itself. What came after the wish was made is a new contact and stays. The steps: `erased`,
`erased_lists`, `erased_words`; what is left and told of: `remains`.
"""

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nextpod_core import (
    changes,
    consent,
    emptying,
    erased,
    erased_lists,
    erased_words,
    msisdn,
    remains,
    retention,
    roles,
    suppressions,
    work,
)
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import Actor, audit
from nextpod_core.sentences import Sentence, load, say_count
from nextpod_core.settings import Settings
from nextpod_core.traces import Written

PATIENCE = 7 * 86_400_000  # Nextpod tries for three days at most; a week later no report comes any more.


@dataclass(frozen=True, slots=True)
class Erasure:
    """A wish and how far it is. `waits` says what it waits for; `found` how many rows were emptied, by table."""

    id: int
    person: bytes
    at: int
    asked_by: str
    done_at: int | None
    waits: Sentence | None
    found: dict[str, int]


def ask(db: Connection, number: str, *, by: Actor, now: int, stop: bool = False) -> int:
    """Write the wish down, cancel what is queued to this number, and let nothing new be claimed for it; the wish's id.

    `run` does the rest. `stop` puts them on the suppression list too, for good. The same wish again, while it is open,
    is the same one. Raises BadInput without a number.
    """
    roles.allow(by, "person.erase")
    with transaction(db):
        who = consent.person(db, number)
        row = db.execute("SELECT id, found FROM erasures WHERE person = ? AND done_at IS NULL", (who,)).fetchone()
        if not number.strip():
            raise BadInput("Write the number of the person.")
        if stop:
            suppressions.add(db, msisdn=number, reason="hand", by=by, now=now)
        if row is not None:
            kept = json.loads(row["found"])
            kept["upto"]["suppressions"] = _newest(db, "suppressions")
            db.execute("UPDATE erasures SET found = ? WHERE id = ?", (json.dumps(kept), row["id"]))
            return int(row["id"])
        # What comes in from now on is a new contact: what was there is known by these.
        upto = {table: _newest(db, table) for table in ("messages", "inbound", "notes", "suppressions", "rule_hits",
                                                        "reports", "quarantine")}  # fmt: skip
        made = db.execute(
            """
            INSERT INTO erasures (person, msisdn, at, asked_by, found) VALUES (:who, :number, :now, :by, :upto)
            RETURNING id
            """,
            {"who": who, "number": number, "now": now, "by": by.name, "upto": json.dumps({"upto": upto, "rows": {}})},
        ).fetchone()["id"]
        erased.cancel(db, number)
        audit(db, by=by, action="person.erase", now=now, subject="person", subject_id=who.hex()[:16],
              detail={"number": msisdn.masked(number), "stop": stop})  # fmt: skip
        changes.bump(db, "inbox")
    return int(made)


def get(db: Connection, erasure_id: int) -> Erasure:
    """One wish. Raises BadInput when there is none."""
    row = db.execute("SELECT * FROM erasures WHERE id = ?", (erasure_id,)).fetchone()
    if row is None:
        raise BadInput("There is no such erasure.")
    return _erasure(row)


def recent(db: Connection, *, limit: int = 20) -> list[Erasure]:
    """The newest wishes, open or done."""
    rows = db.execute("SELECT * FROM erasures ORDER BY id DESC LIMIT ?", (limit,)).fetchall()
    return [_erasure(row) for row in rows]


def run(
    settings: Settings, db: Connection, erasure_id: int, *, clock: Callable[[], int], at_once: bool = False
) -> bool:
    """Do what a wish asks for, in short transactions; whether it is done. May be killed and run again at any time.

    `at_once` doesn't wait for what is not settled (a restored copy, in which nothing is under way).
    """
    row = db.execute("SELECT * FROM erasures WHERE id = ?", (erasure_id,)).fetchone()
    if row is None or row["done_at"] is not None:
        return True
    with transaction(db):
        if row["pid"] != os.getpid() and work.is_alive(row["pid"]):
            return False  # Another process is at it.
        db.execute("UPDATE erasures SET pid = ? WHERE id = ?", (os.getpid(), erasure_id))
        emptying.secure_search(db)
    kept = json.loads(row["found"])
    one = erased.One(settings, db, row["msisdn"], Written(row["msisdn"]), kept["upto"], row["at"])
    waits_no_more = at_once or clock() - row["at"] > PATIENCE
    for step in _STEPS:
        step(one)
    left = one.messages(waits_no_more=waits_no_more)
    for table, rows in one.found.items():
        kept["rows"][table] = kept["rows"].get(table, 0) + rows
    if left:
        told = say_count(
            "{count} message is under way, or it isn't known whether it left. Its number goes when that is settled, "
            "after seven days at the latest.",
            "{count} messages are under way, or it isn't known whether they left. Their number goes when that is "
            "settled, after seven days at the latest.",
            left,
        )
        with transaction(db):
            db.execute(
                "UPDATE erasures SET waits = :told, found = :found, pid = NULL WHERE id = :id",
                {"told": told.dump(), "found": json.dumps(kept), "id": erasure_id},
            )
        return False
    with transaction(db):
        db.execute(
            """
            UPDATE erasures SET msisdn = NULL, waits = NULL, pid = NULL, done_at = :now, found = :found WHERE id = :id
            """,
            {"now": clock(), "found": json.dumps({"rows": kept["rows"]}), "id": erasure_id},
        )
        audit(db, by=retention.BY, action="person.erased", now=clock(), subject="person",
              subject_id=row["person"].hex()[:16], detail=kept["rows"])  # fmt: skip
        changes.bump(db, "inbox")
    _wash(db)
    with contextlib.suppress(OSError):  # The ingester writes it within seconds where this could not.
        consent.append_to_file(db)
    return True


def go_on(settings: Settings, db: Connection, *, clock: Callable[[], int]) -> int:
    """Take up every wish that is open and that no other process is at; how many are done now.

    One that this process left half-way (the disk was full, the store busy) is nobody's, and taken up again.
    """
    rows = db.execute("SELECT id, pid FROM erasures WHERE done_at IS NULL").fetchall()
    free = [row["id"] for row in rows if row["pid"] == os.getpid() or not work.is_alive(row["pid"])]
    return sum(run(settings, db, id, clock=clock) for id in free)


def replay(settings: Settings, db: Connection, *, by: Actor, now: int) -> int:
    """After a restore: erase everybody again whom the file beside the database says to have been erased; how many.

    Whom the restored database itself knows to be erased is not erased again: who wrote since is a new contact. Raises
    OSError when there is no file.
    """
    roles.allow(by, "person.erase")
    wanted: dict[bytes, int] = {}
    for line in consent.read_file(consent.file_of(settings.database)):
        if line is not None and line.what == "erased":
            wanted[line.person] = line.at
    for row in db.execute("SELECT person, max(at) AS at FROM erasures WHERE done_at IS NOT NULL GROUP BY person"):
        if wanted.get(row["person"], row["at"] + 1) <= row["at"]:
            del wanted[row["person"]]
    here = {number for number in _everybody(db) if consent.person(db, number) in wanted} if wanted else set()
    for number in here:
        erased_at = wanted[consent.person(db, number)]
        run(settings, db, ask(db, number, by=by, now=erased_at), clock=lambda: now, at_once=True)
    return len(here)


def _everybody(db: Connection) -> Iterator[str]:
    """Every number that the store knows; some more than once."""
    for table in (*remains.LOOKED_FOR, "reports", "staged"):
        for row in db.execute(f"SELECT DISTINCT msisdn FROM {table} WHERE msisdn <> ''"):
            yield row["msisdn"]
    for row in db.execute("SELECT numbers FROM staged_blocks"):
        yield from filter(None, row["numbers"].split("\n"))


def _erasure(row: Row) -> Erasure:
    return Erasure(
        row["id"], row["person"], row["at"], row["asked_by"], row["done_at"], load(row["waits"]),
        json.loads(row["found"]).get("rows", {}),
    )  # fmt: skip


def _newest(db: Connection, table: str) -> int:
    return int(db.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0])


_STEPS = (
    erased.suppressions,
    erased.inbound,
    erased.person,
    erased_lists.lists,
    erased.odd,
    erased.orphans,
    erased_words.written_by_others,
)


def _wash(db: Connection) -> None:
    """Nothing of what was deleted stays in the file's bytes: the search is written anew, the log is cut."""
    first = True
    while True:
        with transaction(db):
            more = emptying.merge_search(db, first=first)
        first = False
        if not more:
            break
    # A reader that holds an old picture keeps the log from being cut; the next commits' checkpoints do it then.
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
