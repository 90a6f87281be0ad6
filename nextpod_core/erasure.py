"""
Erasing one person everywhere: out of the tables, the raw log, the search, lists and uploads; out of the file's bytes.

Their opt-out goes on holding, by a keyed hash; counts stay. What is queued to them is cancelled first. A message that
is under way, or of which nobody knows whether it left, keeps its number until that is settled, at most seven days;
then it goes by itself. What came after the wish was made is a new contact and stays.
"""

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nextpod_core import (
    aged_received,
    backups,
    blocks,
    changes,
    consent,
    emptying,
    imports,
    inbound,
    msisdn,
    outbox,
    retention,
    roles,
    suppressions,
    work,
)
from nextpod_core.counts import Facts, Tally
from nextpod_core.db import Connection, Error, Row, connect, transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import Actor, audit
from nextpod_core.sentences import Sentence, load, say_count
from nextpod_core.settings import Settings
from nextpod_core.traces import HOLDS, Written

PATIENCE = 7 * 86_400_000  # Nextpod tries for three days at most; a week later no report comes any more.
ROWS = 500
READ = 5_000
_LOOKED_FOR = (
    "messages",
    "inbound",
    "conversations",
    "suppressions",
    "notes",
    "labels",
    "audience_people",
    "rule_hits",
)


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


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the database that was made before. `holds` is None for one that can't be looked into (encrypted)."""

    path: Path
    holds: bool | None


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
        _cancel(db, number)
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
    one = _One(settings, db, row["msisdn"], Written(row["msisdn"]), kept["upto"], row["at"])
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


def copies(settings: Settings, number: str) -> list[Copy]:
    """Every backup and older copy of the database on this machine, and whether the number is in it."""
    beside = settings.database.parent
    files = {one.path for one in backups.recent(settings) if one.path.exists()}
    files |= set(beside.glob(f"{settings.database.stem}.before-*.db"))
    return [Copy(path, None if path.suffix == ".age" else _holds(path, number)) for path in sorted(files)]


def own_words(db: Connection, number: str) -> list[tuple[str, str]]:
    """Where the number stands in the team's own words, which are not touched: kind (table) and name or id."""
    written, found = Written(number), []
    for table, columns in HOLDS.items():
        for column in (name for name, holds in columns.items() if holds == "own"):
            key = "name" if "name" in columns else "rowid"
            for row in db.execute(f"SELECT {key} AS name, {column} AS told FROM {table}"):
                if written.is_in(row["told"]) and (table, str(row["name"])) not in found:
                    found.append((table, str(row["name"])))
    return found


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
    for table in (*_LOOKED_FOR, "reports", "staged"):
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


def _cancel(db: Connection, number: str) -> None:
    """What is queued to a number, or waits to be tried again, never leaves; within the caller's transaction."""
    tally = Tally()
    rows = db.execute(
        """
        SELECT m.id, m.campaign_id, m.status, m.flags, t.parts, t.alphabet
          FROM messages m JOIN texts t ON t.id = m.text_id JOIN campaigns c ON c.id = m.campaign_id
          LEFT JOIN batches b ON b.id = m.batch_id
         WHERE m.msisdn = :number AND c.state <> 'draft'
           AND (m.status = 'queued' OR m.status = 'sending' AND b.state = 'waiting')
        """,
        {"number": number},
    ).fetchall()
    for row in rows:
        facts = Facts(row["campaign_id"], row["parts"], row["alphabet"], row["status"])
        outbox.leave_out(db, tally, [row], facts, "cancelled")
    tally.write(db)
    if rows:
        changes.bump(db, "campaigns")


@dataclass(slots=True)
class _One:
    """One person, whose traces are being taken away."""

    settings: Settings
    db: Connection
    number: str
    written: Written
    upto: dict[str, int]
    at: int
    found: dict[str, int] = field(default_factory=dict)

    def count(self, table: str, rows: int) -> None:
        """So many rows of a table were emptied."""
        if rows > 0:
            self.found[table] = self.found.get(table, 0) + rows

    def ids(self, sql: str, **values: object) -> list[Row]:
        """Rows of a question about this person."""
        return list(self.db.execute(sql, {"number": self.number, **values}).fetchall())

    def messages(self, *, waits_no_more: bool) -> int:
        """What was sent to them, but for what is not settled; how many that are."""
        with transaction(self.db):
            _cancel(self.db, self.number)
        keep = "m.status IN ('queued', 'sending') AND c.state <> 'draft'"
        if not waits_no_more:
            keep = f"({keep} OR m.status = 'unknown' AND m.flags & 2 = 0)"
        while True:
            with transaction(self.db):
                rows = self.ids(
                    f"""
                    SELECT m.id, m.text_id, m.campaign_id, m.batch_id, c.kind, c.draft_id, c.state, c.text AS template,
                           t.text
                      FROM messages m JOIN campaigns c ON c.id = m.campaign_id JOIN texts t ON t.id = m.text_id
                     WHERE m.msisdn = :number AND m.id <= :upto AND NOT ({keep})
                     ORDER BY m.id LIMIT 50
                    """,
                    upto=self.upto["messages"],
                )
                if not rows:
                    break
                self._empty(rows)
        return len(
            self.ids(
                f"""
                SELECT m.id FROM messages m JOIN campaigns c ON c.id = m.campaign_id
                 WHERE m.msisdn = :number AND m.id <= :upto AND {keep}
                """,
                upto=self.upto["messages"],
            )
        )

    def _empty(self, rows: Sequence[Row]) -> None:
        db = self.db
        for row in rows:
            for attempt in db.execute(
                """
                SELECT id, phrase FROM attempts
                 WHERE phrase IS NOT NULL AND (batch_id = :batch OR batch_id IN
                       (SELECT batch_id FROM moved WHERE message_id = :id))
                """,
                {"batch": row["batch_id"], "id": row["id"]},
            ).fetchall():
                if (cut := self.written.cut_from(attempt["phrase"])) != attempt["phrase"]:
                    db.execute("UPDATE attempts SET phrase = ? WHERE id = ?", (cut, attempt["id"]))
        emptying.messages(db, [row["id"] for row in rows])
        self.count("messages", len(rows))
        for row in rows:
            emptying.review_of(db, row["campaign_id"])
            if row["state"] == "draft" and row["draft_id"]:
                # What was reviewed had one more recipient.
                db.execute("UPDATE drafts SET version = version + 1 WHERE id = ?", (row["draft_id"],))
                db.execute("UPDATE campaigns SET reviewed_at = NULL WHERE id = ?", (row["campaign_id"],))
            if row["kind"] == "campaign" and (row["text"] == row["template"] or self._is_shared(row)):
                continue  # The same words went to others: they say nothing of this one.
            emptying.texts(db, [row["text_id"]])
            self.count("texts", 1)

    def _is_shared(self, row: Row) -> bool:
        found = self.db.execute(
            "SELECT 1 FROM messages WHERE campaign_id = ? AND msisdn > '' AND text_id = ? LIMIT 1",
            (row["campaign_id"], row["text_id"]),
        ).fetchone()
        return found is not None


def _inbound(one: _One) -> None:
    while True:
        with transaction(one.db):
            rows = one.ids(
                """
                SELECT id, msisdn, campaign_id, digest FROM inbound
                 WHERE msisdn = :number AND id <= :upto ORDER BY id LIMIT :limit
                """,
                upto=one.upto["inbound"], limit=ROWS,
            )  # fmt: skip
            if not rows:
                return
            ids = [(row["id"],) for row in rows]
            one.db.executemany(
                "UPDATE forwards SET state = 'given_up', error = NULL WHERE inbound_id = ? AND state = 'waiting'", ids
            )
            one.db.executemany("UPDATE forwards SET error = NULL WHERE inbound_id = ?", ids)
            emptying.inbound_numbers(one.db, rows)
            one.count("inbound", len(rows))


def _person(one: _One) -> None:
    """The conversation and what colleagues wrote of the person; their place in audiences; what rules did."""
    with transaction(one.db):
        for table in ("notes", "rule_hits"):
            way = "DELETE FROM notes" if table == "notes" else "UPDATE rule_hits SET msisdn = ''"
            one.count(table, one.db.execute(f"{way} WHERE msisdn = ? AND id <= ?",
                                            (one.number, one.upto[table])).rowcount)  # fmt: skip
        for table in ("labels", "audience_people"):
            one.count(table, one.db.execute(
                f"DELETE FROM {table} WHERE msisdn = ? AND at <= ?", (one.number, one.at)
            ).rowcount)  # fmt: skip
        if not one.ids("SELECT 1 FROM inbound WHERE msisdn = :number LIMIT 1"):
            one.count("conversations", one.db.execute(
                "DELETE FROM conversations WHERE msisdn = ?", (one.number,)
            ).rowcount)  # fmt: skip


def _suppressions(one: _One) -> None:
    with transaction(one.db):
        rows = one.ids(
            "SELECT id, msisdn, reason, added_at, lifted_at FROM suppressions WHERE msisdn = :number AND id <= :upto",
            upto=one.upto["suppressions"],
        )
        aged_received.hash_suppressions(one.db, rows)
        one.count("suppressions", len(rows))


def _lists(one: _One) -> None:
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


def _staged(one: _One, import_id: int) -> list[str]:
    """Rows that are kept one by one: theirs are emptied; in others' the number is cut out. The verdicts they had."""
    mark = -1
    had: list[str] = []
    while True:
        rows = one.ids(
            "SELECT row, verdict, msisdn, cells, reason FROM staged WHERE import_id = :id AND row > :mark"
            " ORDER BY row LIMIT :limit",
            id=import_id, mark=mark, limit=READ,
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


def _blocks(one: _One, import_id: int) -> list[str]:
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


def _odd(one: _One) -> None:
    """What could not be understood, where the number stands in it in any writing."""
    for row in one.ids("SELECT id, query, body FROM quarantine WHERE id <= :upto", upto=one.upto["quarantine"]):
        if one.written.is_in(row["query"]) or one.written.is_in(row["body"].decode("utf-8", "replace")):
            with transaction(one.db):
                aged_received.empty_odd(one.db, row["id"])
            one.count("quarantine", 1)


def _orphans(one: _One) -> None:
    with transaction(one.db):
        rows = one.ids("SELECT id FROM reports WHERE message_id IS NULL AND msisdn = :number AND id <= :upto",
                       upto=one.upto["reports"])  # fmt: skip
        emptying.orphans(one.db, [row["id"] for row in rows])
        one.count("reports", len(rows))


def _written_by_others(one: _One) -> None:
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
            mark=mark, limit=READ,
        ):  # fmt: skip
            mark = rows[-1]["key"]
            for row in rows:
                for column in looked:
                    _cut(one, table, key, row, column)


def _cut(one: _One, table: str, key: str, row: Row, column: str) -> None:
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


_STEPS = (_suppressions, _inbound, _person, _lists, _odd, _orphans, _written_by_others)


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


def _holds(path: Path, number: str) -> bool | None:
    try:
        with contextlib.closing(connect(path, read_only=True)) as db:
            return any(
                db.execute(f"SELECT 1 FROM {table} WHERE msisdn = ? LIMIT 1", (number,)).fetchone()
                for table in _LOOKED_FOR
            )
    except Error:
        return None
