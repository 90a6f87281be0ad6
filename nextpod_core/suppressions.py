"""
The suppression list: numbers that must not be sent to, why, since when and by which message.

Account-wide, on normalised numbers. A lifted row stays as history; at most one per number is in force. What a
person's own STOP made is lifted by their START; what a colleague or a list put in is lifted by a person alone.
Each change is written into the ledger of consent in its own transaction.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal, TypeVar

from nextpod_core import changes, consent, roles
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.errors import BadInput
from nextpod_core.msisdn import masked
from nextpod_core.people import COMMAND, Actor, audit
from nextpod_core.settings import Settings

Reason = Literal["stop", "prefix", "hand", "import"]
REASONS: tuple[Reason, ...] = ("stop", "prefix", "hand", "import")

T = TypeVar("T")
MOST_ASKED = 900  # SQLite took 999 values in a statement for most of its life; other engines differ.
CHUNK = 1000
DAY = 86_400_000


def add(
    db: Connection,
    *,
    msisdn: str,
    reason: Reason,
    by: Actor,
    now: int,
    inbound_id: int | None = None,
    note: str = "",
    version: str | None = None,
) -> int | None:
    """Put a number on the list, within the caller's transaction: the row's id, or None when it is on it already.

    `inbound_id` is the message that caused it, `version` the rule that judged it where that was not the words of
    opting out. Raises BadInput without a number.
    """
    roles.allow(by, "suppression.add")
    if not msisdn.strip():
        raise BadInput("Write the number that must not be sent to.")
    row = db.execute(
        """
        INSERT INTO suppressions (msisdn, reason, inbound_id, note, added_at, added_by)
        VALUES (:msisdn, :reason, :inbound, :note, :now, :by)
            ON CONFLICT (msisdn) WHERE lifted_at IS NULL DO NOTHING
        RETURNING id
        """,
        {"msisdn": msisdn.strip(), "reason": reason, "inbound": inbound_id, "note": note, "now": now, "by": by.name},
    ).fetchone()
    if row is None:
        return None
    audit(db, by=by, action="suppression.add", now=now, subject="suppression", subject_id=row["id"],
          detail={"number": masked(msisdn), "reason": reason, "inbound": inbound_id})  # fmt: skip
    entry = consent.Entry(msisdn.strip(), "out", reason, row["id"], inbound_id)
    consent.record(db, [entry], now=now, version=version)
    changes.bump(db, "suppressions")
    return int(row["id"])


def add_many(db: Connection, msisdns: Iterable[str], *, by: Actor, now: int, note: str) -> tuple[int, int]:
    """Put a whole list on it, a thousand to a transaction of its own: how many were new, how many stood there already.

    `note` says where the list comes from and when consent was withdrawn; BadInput without it. A list that is broken
    off may be given again: what is on it already stays as it was.
    """
    roles.allow(by, "suppression.import")
    if not note.strip():
        raise BadInput("Write where this list comes from.")
    new = given = 0
    for chunk in _chunks(msisdns, CHUNK):
        with transaction(db):
            entries = []
            for msisdn in chunk:
                row = db.execute(
                    """
                    INSERT INTO suppressions (msisdn, reason, note, added_at, added_by)
                    VALUES (:msisdn, 'import', :note, :now, :by)
                        ON CONFLICT (msisdn) WHERE lifted_at IS NULL DO NOTHING
                    RETURNING id
                    """,
                    {"msisdn": msisdn, "note": note.strip(), "now": now, "by": by.name},
                ).fetchone()
                if row is not None:
                    entries.append(consent.Entry(msisdn, "out", "import", row["id"]))
            new += len(entries)
            given += len(chunk)
            if entries:
                consent.record(db, entries, now=now)
                audit(db, by=by, action="suppression.import", now=now, subject="suppression",
                      detail={"numbers": len(entries), "note": note.strip()[:200]})  # fmt: skip
                changes.bump(db, "suppressions")
    return new, given - new


def lift(db: Connection, *, msisdn: str, by: Actor, now: int, reason: str) -> bool:
    """Take a number off the list, whoever put it there, within the caller's transaction. False: it was not on it.

    Raises BadInput without a reason: it is what a colleague, or the authorities, will ask for.
    """
    roles.allow(by, "suppression.lift")
    if not reason.strip():
        raise BadInput("Write why this number may be sent to again.")
    return _lift(db, msisdn=msisdn, by=by, now=now, reason=reason.strip())


def lift_own(db: Connection, *, msisdn: str, by: Actor, now: int, inbound_id: int, version: str | None = None) -> bool:
    """A START: lift what that number's own message made and nothing else, within the caller's transaction."""
    return _lift(db, msisdn=msisdn, by=by, now=now, reason=f"inbound {inbound_id}", start=inbound_id, version=version)


def _lift(
    db: Connection, *, msisdn: str, by: Actor, now: int, reason: str, start: int | None = None,
    version: str | None = None,
) -> bool:  # fmt: skip
    hashed = db.execute(
        """
        DELETE FROM suppressed_people WHERE person = :person AND (NOT :own_only OR how IN ('stop', 'prefix'))
        RETURNING how
        """,
        {"person": consent.person(db, msisdn), "own_only": start is not None},
    ).fetchone()
    row = db.execute(
        """
        UPDATE suppressions
           SET lifted_at = :now, lifted_by = :by, lift_reason = :reason
         WHERE msisdn = :msisdn AND lifted_at IS NULL
           AND (NOT :own_only OR reason IN ('stop', 'prefix'))
        RETURNING id
        """,
        {"now": now, "by": by.name, "reason": reason, "msisdn": msisdn, "own_only": start is not None},
    ).fetchone()
    if row is None and hashed is None:
        return False
    subject = row["id"] if row else None
    audit(db, by=by, action="suppression.lift", now=now, subject="suppression", subject_id=subject,
          detail={"number": masked(msisdn), "reason": reason[:200]})  # fmt: skip
    entry = consent.Entry(msisdn, "in", "hand" if start is None else "start", subject, start)
    consent.record(db, [entry], now=now, version=version)
    changes.bump(db, "suppressions")
    return True


def is_suppressed(db: Connection, msisdn: str) -> bool:
    """Whether this number must not be sent to now."""
    return bool(suppressed_among(db, [msisdn]))


def suppressed_among(db: Connection, msisdns: Sequence[str]) -> set[str]:
    """Those of `msisdns` that must not be sent to now: asked in the claim, in the transaction that cuts a batch."""
    found: set[str] = set()
    for chunk in _chunks(msisdns, MOST_ASKED):
        marks = ", ".join("?" * len(chunk))
        found.update(
            row["msisdn"]
            for row in db.execute(
                f"SELECT msisdn FROM suppressions WHERE lifted_at IS NULL AND msisdn IN ({marks})", chunk
            ).fetchall()
        )
    # Those known by their hash alone, and those who are being erased: nothing new may be sent to them meanwhile.
    if db.execute(
        "SELECT EXISTS (SELECT 1 FROM suppressed_people) OR EXISTS (SELECT 1 FROM erasures WHERE done_at IS NULL)"
    ).fetchone()[0]:
        for msisdn in msisdns:
            if db.execute(
                """
                SELECT 1 FROM suppressed_people WHERE person = :who
                UNION ALL
                SELECT 1 FROM erasures WHERE person = :who AND done_at IS NULL
                """,
                {"who": consent.person(db, msisdn)},
            ).fetchone():
                found.add(msisdn)
    return found


def opted_out_lately(db: Connection, *, msisdn: str, now: int, except_id: int) -> bool:
    """Whether another message of this number opted it out within a day: two machines must not confirm in turn."""
    row = db.execute(
        """
        SELECT 1
          FROM suppressions
         WHERE msisdn = :msisdn AND id <> :id AND reason IN ('stop', 'prefix') AND added_at > :since
         LIMIT 1
        """,
        {"msisdn": msisdn, "id": except_id, "since": now - DAY},
    ).fetchone()
    return row is not None


def page(
    db: Connection, *, before: int | None = None, search: str = "", reason: Reason | None = None, limit: int = 100
) -> list[Row]:
    """The newest numbers in force with an id below `before`, with the text that caused each (`inbound_text`).

    `search` is any part of a number, digits only (`msisdn.search_digits`).
    """
    digits = "".join(letter for letter in search if letter.isdigit())
    rows: list[Row] = db.execute(
        """
        SELECT s.id, s.msisdn, s.reason, s.inbound_id, s.note, s.added_at, s.added_by, i.text AS inbound_text
          FROM suppressions AS s
          LEFT JOIN inbound AS i ON i.id = s.inbound_id
         WHERE s.lifted_at IS NULL
           AND s.id < :before
           AND (:digits = '' OR s.msisdn LIKE '%' || :digits || '%')
           AND (:reason IS NULL OR s.reason = :reason)
         ORDER BY s.id DESC
         LIMIT :limit
        """,
        {"before": before if before is not None else 1 << 62, "digits": digits, "reason": reason, "limit": limit},
    ).fetchall()
    return rows


def history(db: Connection, msisdn: str) -> list[Row]:
    """Everything the list ever said about one number, newest first, lifted rows included."""
    rows: list[Row] = db.execute(
        """
        SELECT s.id, s.msisdn, s.reason, s.inbound_id, s.note, s.added_at, s.added_by,
               s.lifted_at, s.lifted_by, s.lift_reason, i.text AS inbound_text
          FROM suppressions AS s
          LEFT JOIN inbound AS i ON i.id = s.inbound_id
         WHERE s.msisdn = :msisdn
         ORDER BY s.id DESC
        """,
        {"msisdn": msisdn},
    ).fetchall()
    return rows


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the file of opt-outs brought back: known numbers, people known by their hash alone, lines unreadable."""

    known: int
    hashed: int
    unreadable: int


def replay_file(settings: Settings, db: Connection, *, by: Actor = COMMAND, now: int | None = None) -> Replayed:
    """After a restore: put everybody back on the list whose last word in the file beside the database was to stop.

    Numbers that the restored file knows come back as numbers, others as the hash of one, which is asked about just the
    same. Nobody is taken off. May be run again. `now` is the time of the file's last line unless it is given. Raises
    OSError when there is no file.
    """
    last: dict[bytes, consent.Line] = {}
    newest_of: dict[bytes, consent.Line] = {}
    unreadable, newest = 0, 0
    for line in consent.read_file(consent.file_of(settings.database)):
        if line is None:
            unreadable += 1
            continue
        if line.what == "erased":
            continue  # That is played back by `erasure.replay`.
        last[line.person] = line
        if line.at >= newest_of.get(line.person, line).at:
            newest_of[line.person] = line
        newest = max(newest, line.at)
    # Two processes that write at once may write older lines once more behind newer ones, and a clock may go back:
    # whoever's last word was to stop in the order of the file or of the clock is on the list.
    wanted = {who: line for who, line in newest_of.items() if line.what == "out"}
    wanted |= {who: line for who, line in last.items() if line.what == "out"}
    moment = newest if now is None else now
    known = 0
    # By the index, from one number to the next: reading every message would take minutes.
    for table in ("conversations", "messages", "suppressions"):
        mark = ""
        while wanted:
            rows = db.execute(
                f"SELECT DISTINCT msisdn FROM {table} WHERE msisdn > :mark ORDER BY msisdn LIMIT {CHUNK}",
                {"mark": mark},
            ).fetchall()
            if not rows:
                break
            mark = rows[-1]["msisdn"]
            here = [(row["msisdn"], wanted.pop(who)) for row in rows
                    if (who := consent.person(db, row["msisdn"])) in wanted]  # fmt: skip
            with transaction(db):
                for msisdn, line in here:
                    reason: Reason = next((one for one in REASONS if one == line.how), "hand")
                    known += add(db, msisdn=msisdn, reason=reason, by=by, now=moment,
                                 note="opt-outs file", version="replayed") is not None  # fmt: skip
    hashed = 0
    for chunk in _chunks(wanted.values(), CHUNK):
        with transaction(db):
            new: list[tuple[bytes, consent.What, str, int | None, int | None]] = [
                (line.person, "out", line.how, None, None)
                for line in chunk
                if db.execute(
                    "INSERT INTO suppressed_people VALUES (:person, :how, :at) ON CONFLICT DO NOTHING",
                    {"person": line.person, "how": line.how, "at": line.at},
                ).rowcount
            ]
            consent.record_people(db, new, now=moment, version="replayed")
            hashed += len(new)
    with transaction(db):
        audit(db, by=by, action="suppression.replay", now=moment, subject="suppression",
              detail={"known": known, "hashed": hashed, "unreadable": unreadable})  # fmt: skip
        changes.bump(db, "suppressions")
    return Replayed(known, hashed, unreadable)


def count(db: Connection) -> int:
    """How many numbers are on the list, those known by their hash alone left out (`count_hashed`)."""
    return int(db.execute("SELECT count(*) FROM suppressions WHERE lifted_at IS NULL").fetchone()[0])


def count_hashed(db: Connection) -> int:
    """How many people are on the list by a keyed hash alone: their numbers are not kept here any more."""
    return int(db.execute("SELECT count(*) FROM suppressed_people").fetchone()[0])


def _chunks(values: Iterable[T], size: int) -> Iterator[list[T]]:
    left = iter(values)
    while chunk := list(islice(left, size)):
        yield chunk
