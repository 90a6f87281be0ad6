"""
Saved audiences: people kept under a name, or a question about a past campaign that is asked anew at each use.

A campaign takes one as a list like any other: it is written out as a file, with the columns of the campaign that it is
about, and read again, so that numbers, doubles and opt-outs are judged as ever.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from itertools import islice
from typing import IO, cast

from nextpod_core import changes, imports, keywords, roles, staged, suppressions
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import Actor, audit

LONGEST_NAME = 80
MOST_COUNTED = 10_000
_AT_ONCE = 1_000


class Question(StrEnum):
    """Who is meant: people put in by hand or by rules, or those of a campaign whom something became of."""

    PEOPLE = auto()
    ANSWERED = auto()
    SILENT = auto()
    DELIVERED = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class Audience:
    """`words`, one to a line, are what ANSWERED means: any of them as keyword or first word; empty is any answer."""

    id: int
    name: str
    question: Question
    campaign_id: int | None
    campaign: str | None
    words: str
    created_at: int
    created_by: str


def every(db: Connection, *, question: Question | None = None) -> list[Audience]:
    """All of them by name, or those of one kind."""
    rows = db.execute(
        """
        SELECT a.*, c.name AS campaign
          FROM audiences a LEFT JOIN campaigns c ON c.id = a.campaign_id
         WHERE :question IS NULL OR a.question = :question
         ORDER BY a.name
        """,
        {"question": question},
    )
    return [_audience(row) for row in rows]


def get(db: Connection, audience_id: int) -> Audience:
    """One of them. Raises BadInput when there is none with this id."""
    found = [one for one in every(db) if one.id == audience_id]
    if not found:
        raise BadInput("This audience is not there any more.")
    return found[0]


def create(
    db: Connection,
    *,
    name: str,
    question: Question = Question.PEOPLE,
    campaign: int | None = None,
    words: str = "",
    by: Actor,
    now: int,
) -> int:
    """Keep an audience under a name that no other has; its id. Raises BadInput."""
    roles.allow(by, "campaign.compose")
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadInput("An audience needs a name of at most {most} characters.", most=LONGEST_NAME)
    if (question is Question.PEOPLE) != (campaign is None):
        raise BadInput("Choose the campaign that the audience is about.")
    kept = "\n".join(word for line in words.splitlines() if (word := line.strip()))
    with transaction(db):
        number = db.execute(
            """
            INSERT INTO audiences (name, question, campaign_id, words, created_at, created_by)
            VALUES (:name, :question, :campaign, :words, :now, :by)
                ON CONFLICT (name) DO NOTHING
            RETURNING id
            """,
            {"name": name, "question": question, "campaign": campaign, "now": now, "by": by.name,
             "words": kept if question is Question.ANSWERED else ""},
        ).fetchone()  # fmt: skip
        if number is None:
            raise BadInput("There is an audience called {name} already.", name=name)
        audit(db, by=by, action="audience.create", now=now, subject="audience", subject_id=number["id"],
              detail={"question": question, "campaign": campaign})  # fmt: skip
        changes.bump(db, "imports")
    return int(number["id"])


def add(db: Connection, audience_id: int, msisdns: Sequence[str], *, by: Actor, now: int) -> int:
    """Put people into an audience of people; how many were not in it. Raises BadInput for one that is a question."""
    roles.allow(by, "campaign.compose")
    if get(db, audience_id).question is not Question.PEOPLE:
        raise BadInput("This audience is a question about a campaign; nobody can be put into it.")
    with transaction(db):
        new = put_in(db, audience_id, msisdns, now=now)
        audit(db, by=by, action="audience.add", now=now, subject="audience", subject_id=audience_id,
              detail={"people": new})  # fmt: skip
    return new


def put_in(db: Connection, audience_id: int, msisdns: Sequence[str], *, now: int) -> int:
    """As `add`, within the caller's transaction and without an audit row: for a rule, whose hit tells of it."""
    return sum(
        db.execute(
            "INSERT INTO audience_people VALUES (:audience, :msisdn, :now) ON CONFLICT DO NOTHING",
            {"audience": audience_id, "msisdn": msisdn, "now": now},
        ).rowcount
        for msisdn in msisdns
    )


def take_out(db: Connection, audience_id: int, msisdns: Sequence[str]) -> int:
    """Take people out of it, within the caller's transaction; how many were in it."""
    return sum(
        db.execute(
            "DELETE FROM audience_people WHERE audience_id = :audience AND msisdn = :msisdn",
            {"audience": audience_id, "msisdn": msisdn},
        ).rowcount
        for msisdn in msisdns
    )


def drop(db: Connection, audience_id: int, *, by: Actor, now: int) -> None:
    """Forget an audience. Rules that put people into it no longer do."""
    roles.allow(by, "campaign.compose")
    with transaction(db):
        db.execute("DELETE FROM audiences WHERE id = :id", {"id": audience_id})
        audit(db, by=by, action="audience.drop", now=now, subject="audience", subject_id=audience_id)
        changes.bump(db, "imports")


def size(db: Connection, audience: Audience) -> int:
    """How many people it holds now, opted out or not, at most `MOST_COUNTED` + 1: a label needs no more."""
    return sum(1 for _ in islice(_people(db, audience), MOST_COUNTED + 1))


def people(db: Connection, audience: Audience) -> Iterator[tuple[str, int | None]]:
    """Everybody in it who has not opted out, each once: the number, and the row of the campaign's list."""
    for msisdn, row in _people(db, audience):
        if not suppressions.is_suppressed(db, msisdn):
            yield msisdn, row


def as_file(db: Connection, audience_id: int) -> tuple[IO[bytes], str]:
    """The audience as it is now, as a file to read like any uploaded one (`imports.begin`), and its name.

    The people are asked for while it is read. Raises BadInput when nobody is in it.
    """
    audience = get(db, audience_id)
    columns, at = _columns(db, audience)
    lines = _lines(db, audience, columns, at)
    first = list(islice(lines, 2))
    if len(first) < 2:
        raise BadInput("Nobody is in this audience now who may be sent to.")
    return cast(IO[bytes], _Stream(first, lines)), f"{audience.name}.csv"


class _Stream(io.RawIOBase):
    """Lines as a file that is read once, so that a million people never stand in memory."""

    def __init__(self, first: list[bytes], rest: Iterator[bytes]) -> None:
        self._first, self._rest = first, rest

    def read(self, size: int = -1) -> bytes:
        """The next thousand lines or so, whatever `size` is; nothing at the end."""
        lines, self._first = self._first, []
        return b"".join([*lines, *islice(self._rest, _AT_ONCE)])


def _lines(db: Connection, audience: Audience, columns: list[str], number_at: int) -> Iterator[bytes]:
    yield _line(["msisdn", *columns])
    for msisdn, row in people(db, audience):
        yield _line([f"+{msisdn}", *_cells(db, audience, row, columns, number_at)])


def _line(cells: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue().encode()


def _columns(db: Connection, audience: Audience) -> tuple[list[str], int]:
    """The columns of the campaign's own list but that of the number, and where that stood."""
    row = db.execute(
        "SELECT i.id FROM campaigns c JOIN imports i ON i.id = c.import_id WHERE c.id = :id",
        {"id": audience.campaign_id},
    ).fetchone()
    if row is None:
        return [], -1
    found = imports.get(db, row["id"])
    at = -1 if found.number_column is None else found.number_column
    return [name for place, name in enumerate(found.columns) if place != at], at


def _cells(db: Connection, audience: Audience, row: int | None, columns: list[str], number_at: int) -> list[str]:
    if not columns or row is None:
        return [""] * len(columns)
    campaign = db.execute(
        "SELECT import_id FROM campaigns WHERE id = :campaign", {"campaign": audience.campaign_id}
    ).fetchone()
    cells = staged.cells(db, campaign["import_id"], [row]).get(row, []) if campaign else []
    cells += [""] * (len(columns) + 1 - len(cells))
    return [cell for place, cell in enumerate(cells) if place != number_at][: len(columns)]


def _people(db: Connection, audience: Audience) -> Iterator[tuple[str, int | None]]:
    """In pages, so that no question stays open while somebody reads."""
    mark: str | int = 0 if audience.question in _BY_ID else ""
    while True:
        rows = db.execute(
            _WHO[audience.question], {"audience": audience.id, "campaign": audience.campaign_id, "mark": mark,
                                      "limit": _AT_ONCE},
        ).fetchall()  # fmt: skip
        if not rows:
            return
        mark = rows[-1]["mark"]
        for row in rows:
            if audience.question is not Question.ANSWERED or _has_said(db, audience, row["msisdn"]):
                yield row["msisdn"], row["row"]


def _has_said(db: Connection, audience: Audience, msisdn: str) -> bool:
    words = {keywords.fold(word) for word in audience.words.splitlines()}
    for row in db.execute(
        """
        SELECT keyword, text FROM inbound
         WHERE msisdn = :msisdn AND campaign_id = :campaign ORDER BY id DESC LIMIT 50
        """,
        {"msisdn": msisdn, "campaign": audience.campaign_id},
    ).fetchall():
        said = keywords.fold(row["text"])
        if not words or keywords.fold(row["keyword"] or "") in words or any(said[: len(w)] == w for w in words if w):
            return True
    return False


_REACHED = """
    SELECT m.msisdn, m.row, m.msisdn AS mark FROM messages m
     WHERE m.campaign_id = :campaign AND m.msisdn > :mark AND m.turn = 0 AND m.status = 'delivered' {which}
     ORDER BY m.msisdn LIMIT :limit
"""
_BY_ID = (Question.ANSWERED, Question.FAILED)
# Each walks along an index, so that a page costs the same wherever it lies.
_WHO: dict[Question, str] = {
    Question.PEOPLE: """
    SELECT msisdn, NULL AS row, msisdn AS mark FROM audience_people
     WHERE audience_id = :audience AND msisdn > :mark ORDER BY msisdn LIMIT :limit
    """,
    Question.ANSWERED: """
    SELECT i.msisdn, i.id AS mark,
           (SELECT m.row FROM messages m WHERE m.campaign_id = :campaign AND m.msisdn = i.msisdn LIMIT 1) AS row
      FROM inbound i
     WHERE i.campaign_id = :campaign AND i.id > :mark
       AND NOT EXISTS (SELECT 1 FROM inbound e
                        WHERE e.msisdn = i.msisdn AND e.id < i.id AND +e.campaign_id = i.campaign_id)
     ORDER BY i.id LIMIT :limit
    """,
    Question.SILENT: _REACHED.format(
        which="AND NOT EXISTS (SELECT 1 FROM inbound i WHERE i.msisdn = m.msisdn AND +i.campaign_id = m.campaign_id)"
    ),
    Question.DELIVERED: _REACHED.format(which=""),
    Question.FAILED: """
    SELECT m.msisdn, m.row, m.id AS mark FROM messages m
     WHERE m.campaign_id = :campaign AND m.id > :mark
       AND m.status IN ('failed', 'expired', 'rejected', 'refused')
     ORDER BY m.id LIMIT :limit
    """,
}


def _audience(row: Row) -> Audience:
    return Audience(
        row["id"], row["name"], Question(row["question"]), row["campaign_id"], row["campaign"], row["words"],
        row["created_at"], row["created_by"],
    )  # fmt: skip
