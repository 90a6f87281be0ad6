"""
The log of delivery reports: what came, kept as it came.

The log is the truth: a report is appended in the commit before its 200 and never changed but for its match and its
count of repeats. What follows from it for messages and counts is `folding.py`, part of this noun and offered here.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from nextpod_core import bodies, changes, merge, roles
from nextpod_core.bodies import Unreadable
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.errors import BadInput
from nextpod_core.folding import AGAIN, assigned_words, fold, fold_orphans, match, settle, unfolded
from nextpod_core.people import Actor, audit

__all__ = [
    "Report", "append", "assign", "assigned_words", "fold", "fold_orphans", "match", "of_message", "orphans",
    "pack_id", "pack_reference", "parse", "settle", "show_id", "show_reference", "unfolded", "unrecognised",
]  # fmt: skip

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_REFERENCE = re.compile(r"nd-([0-9a-f]{32})", re.IGNORECASE | re.ASCII)


class Report(NamedTuple):
    """A delivery report as it was understood. Times UTC milliseconds; `event_at` and `sent_at` as stated, unjudged.

    The fields are the log's columns in their order: as a tuple it is the row that is written.
    """

    arrived: int
    source: str
    nextpod_id: bytes | None
    msisdn: str | None
    reference: bytes | None
    status_code: str | None
    status_text: str | None
    event_at: int | None
    sent_at: int | None
    operator_code: str | None
    mcc: int | None
    mnc: int | None
    parts: int | None
    body: bytes
    digest: bytes


def pack_id(text: str) -> bytes:
    """Nextpod's message id as it is stored: 16 bytes when it is a GUID in whatever case, else `t` and its UTF-8."""
    text = text.strip()
    if _GUID.fullmatch(text):
        return bytes.fromhex(text.replace("-", ""))
    return b"t" + text.encode("utf-8", "replace")


def show_id(packed: bytes) -> str:
    """A stored message id as Nextpod writes it."""
    if len(packed) == 16 and not (packed[:1] == b"t" and packed.isascii()):
        return "-".join((packed[:4].hex(), packed[4:6].hex(), packed[6:8].hex(), packed[8:10].hex(), packed[10:].hex()))
    return packed[1:].decode("utf-8", "replace")


def pack_reference(text: str) -> bytes | None:
    """The 16 bytes of a reference of ours (`nd-` and 32 hex digits); None for any other system's."""
    ours = _REFERENCE.fullmatch(text.strip())
    return bytes.fromhex(ours[1]) if ours else None


def show_reference(reference: bytes) -> str:
    """Our reference as it stands in a request and comes back in its reports."""
    return "nd-" + reference.hex()


def parse(fields: Mapping[str, str], *, body: bytes, arrived: int, source: str) -> Report:
    """The report that these fields tell (bodies.fields). Raises Unreadable when it says nothing of any message.

    What it needs: a status, and an id or a reference and a number. All else may be missing or odd.
    """
    given = {name: value.strip() for name, value in fields.items()}
    number, code, word = given.get("to", ""), given.get("status_code", ""), given.get("status_text", "")
    updated, operator = given.get("status_updated", ""), given.get("operator_status_code", "")
    identity, reference = given.get("id", ""), given.get("reference", "")
    if not code and not word:
        raise Unreadable("There is neither status_text nor status_code in it.")
    if not identity and not (reference and number):
        raise Unreadable("There is neither an id nor a reference with a number in it.")
    if len(identity) > 200:
        raise Unreadable("The id is longer than 200 characters.")
    packed = pack_id(identity) if identity else None
    event_at = bodies.time_ms(updated)
    # What makes two reports the same one said again; the reference stands in where there is no id.
    same = "\x1f".join((identity.casefold() or f"\x1e{reference}", number, code, word, updated, operator))
    return Report(
        arrived,
        source,
        packed,
        bodies.digits(number),
        pack_reference(reference) if reference else None,
        code[:64] or None,
        word[:64] or None,
        event_at,
        bodies.time_ms(given.get("sent_time")),
        operator[:64] or None,
        bodies.whole(given.get("mcc"), most=9_999),
        bodies.whole(given.get("mnc"), most=9_999),
        bodies.whole(given.get("msg_parts"), most=9_999),
        body,
        _digest(same, event_at),
    )


def _digest(same: str, event_at: int | None) -> bytes:
    """
    Sixteen bytes that stand for a report: the second that it tells of, then a hash. Reports arrive about when they
    happen, so their index is written at its end, and not on a page of its own for each, all over a large file.
    """
    second = max(0, event_at or 0) // 1000 & 0xFFFFFFFF
    return second.to_bytes(4, "big") + hashlib.blake2b(same.encode("utf-8", "replace"), digest_size=12).digest()


# The match is made on the way in where the id is known already: most reports then never touch the orphans' indexes.
_WIDTH, _ID = len(Report._fields), Report._fields.index("nextpod_id") + 1


def _insert(rows: int) -> str:
    values = ", ".join(
        f"({'?, ' * _WIDTH}(SELECT message_id FROM message_ids WHERE nextpod_id = ?{place * _WIDTH + _ID}))"
        for place in range(rows)
    )
    return f"""
    INSERT INTO reports ({", ".join(Report._fields)}, message_id)
    VALUES {values}
        ON CONFLICT (digest) DO UPDATE SET repeats = repeats + 1
    """


# Rows by sixteen cost half of one by one.
_INSERT = {size: _insert(size) for size in (64, 16, 4, 1)}


def append(db: Connection, reports: Sequence[Report]) -> None:
    """Add reports to the log, within the caller's transaction; one that is there already counts as a repeat."""
    start = 0
    for size, statement in _INSERT.items():
        while len(reports) - start >= size:
            db.execute(statement, list(chain.from_iterable(reports[start : start + size])))
            start += size


def assign(db: Connection, *, word: str, status: str, by: Actor, now: int) -> None:
    """Give an unheard-of status word its class; the whole log is folded again beside the daily work.

    Raises BadInput for a class that no report can have.
    """
    roles.allow(by, "reports.mend")
    if status not in {str(allowed) for allowed in merge.ASSIGNABLE}:
        raise BadInput("{status} is not a status that a report can have.", status=status)
    if not merge.folded(word):
        raise BadInput("Choose the word that this is about.")
    with transaction(db):
        db.execute(
            """
            INSERT INTO status_words VALUES (:word, :status, :now, :by)
                ON CONFLICT (word) DO UPDATE
               SET class = excluded.class, assigned_at = excluded.assigned_at, assigned_by = excluded.assigned_by
            """,
            {"word": merge.folded(word), "status": status, "now": now, "by": by.name},
        )
        db.execute("INSERT INTO watermarks VALUES (:name, 0) ON CONFLICT (name) DO UPDATE SET id = 0", {"name": AGAIN})
        audit(db, by=by, action="status_word.assign", now=now, subject="status_word", subject_id=merge.folded(word),
              detail={"class": status})  # fmt: skip
        changes.bump(db, "messages")


def unrecognised(db: Connection) -> list[Row]:
    """Status words that nobody knows, as they came, with how many messages stand at each; most first."""
    rows: list[Row] = db.execute(
        """
        SELECT word, sum(messages) AS messages
          FROM reason_weeks
         WHERE status = 'unrecognised'
         GROUP BY word
         ORDER BY messages DESC, word
        """
    ).fetchall()
    return rows


def of_message(db: Connection, message_id: int) -> list[Row]:
    """Every report of one message in the order of arrival: the timeline that a page shows."""
    rows: list[Row] = db.execute(
        "SELECT * FROM reports WHERE message_id = :id ORDER BY id", {"id": message_id}
    ).fetchall()
    return rows


def orphans(db: Connection) -> int:
    """How many reports belong to no message that is known here."""
    return int(db.execute("SELECT count(*) FROM reports WHERE message_id IS NULL").fetchone()[0])
