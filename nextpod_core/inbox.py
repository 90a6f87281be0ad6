"""
The lists of the inbox: who waits for an answer, what came in by keyword, and what a search finds.

Two lists in one: without a filter on messages it shows conversations, the longest waiting first; with one (a keyword,
a campaign, words) it shows messages, newest first. Every question looks through a bounded number of rows by an index
and says where to go on, so that it costs the same among a thousand messages as among ten million.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any, Literal

from nextpod_core import inbox_search
from nextpod_core.db import Connection, Row

PAGE = 100
# How many rows one question looks through before it says "look further back": 2,000 cost 4 to 9 ms (bench.inbox).
LOOKED_THROUGH = 2_000
COUNTED = 999
_NUMBERS = "n"  # what a cursor among numbers begins with
_ENDLESS = 1 << 62


class State(StrEnum):
    """Open: the person waits for us. Waiting: we wait for the person. Closed: nobody waits."""

    OPEN = auto()
    WAITING = auto()
    CLOSED = auto()


Whose = Literal["mine_or_free", "mine", "free", "anyone"]


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is asked for. `state` None is every state; times are UTC milliseconds, `until` not included."""

    state: State | None = State.OPEN
    whose: Whose = "mine_or_free"
    unread: bool = False
    label: str | None = None
    keyword: str | None = None
    sub_keyword: str | None = None
    short_code: str | None = None
    campaign: int | None = None
    opted_out: bool = False
    since: int | None = None
    until: int | None = None
    search: str = ""

    @property
    def of_messages(self) -> bool:
        """Whether the list is one of messages, newest first; else it is one of conversations."""
        asked = (self.keyword, self.sub_keyword, self.short_code, self.campaign, self.since, self.until)
        return any(one is not None for one in asked) or self.opted_out or bool(inbox_search.read(self.search))


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list: the person's conversation as it stands, and the message that the row is about."""

    msisdn: str
    state: State
    unread: int
    waiting_since: int | None
    owner: str | None
    inbound_id: int
    text: str
    arrived: int
    keyword: str | None
    sub_keyword: str | None
    short_code: str
    verdict: str
    suppressed: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in order, and the cursor that the next question begins at; None when everything has been looked through."""

    lines: tuple[Line, ...]
    after: str | None


def find(db: Connection, wanted: Filter, *, me: str, after: str | None = None, limit: int = PAGE) -> Page:
    """A page of the list for the colleague `me`, from the cursor `after` on (what isn't a cursor is the beginning).

    A search shows the people whose number it is a part of first, then the messages with its words.
    """
    named: tuple[Line, ...] = ()
    if not after or after.startswith(_NUMBERS):
        page = _by_number(db, wanted, after, limit)
        if page.after:
            return page
        named, after, limit = page.lines, None, max(1, limit - len(page.lines))
    if wanted.of_messages:
        page = _messages(db, wanted, me=me, after=after, limit=limit)
    else:
        page = _conversations(db, wanted, me=me, after=after, limit=limit)
    return Page(named + page.lines, page.after)


def texts(db: Connection, ids: Sequence[int]) -> dict[int, str]:
    """Whole texts of messages by id; a row of the list holds the beginning."""
    rows = db.execute(
        "SELECT i.id, i.text FROM json_each(:ids) j CROSS JOIN inbound i WHERE i.id = j.value", {"ids": json.dumps(ids)}
    )
    return {row["id"]: row["text"] for row in rows}


def newest(db: Connection) -> int:
    """The id of the newest message; 0 when none ever came."""
    return int(db.execute("SELECT coalesce(max(id), 0) FROM inbound").fetchone()[0])


def newer(db: Connection, than: int) -> int:
    """How many messages came after the one with the id `than`, at most `COUNTED` + 1."""
    return count(db, "SELECT 1 FROM inbound WHERE id > :than", {"than": than})


_LINE = """
    v.msisdn, v.state, v.unread, v.waiting_since, v.owner, i.id AS inbound_id, substr(i.text, 1, 400) AS text,
    i.arrived, i.keyword, i.sub_keyword, i.short_code, i.verdict,
    EXISTS (SELECT 1 FROM suppressions x WHERE x.msisdn = v.msisdn AND x.lifted_at IS NULL) AS suppressed
"""
# A unary plus keeps a condition from choosing the index: the order's own index is the right one.
_FITS = """
       (:state IS NULL OR +v.state = :state)
   AND (:whose = 'anyone'
        OR (:whose <> 'free' AND v.owner = :me)
        OR (:whose <> 'mine' AND v.owner IS NULL))
   AND (NOT :unread OR v.unread > 0)
   AND (:label IS NULL OR EXISTS (SELECT 1 FROM labels l WHERE l.label = :label AND l.msisdn = v.msisdn))
"""


def _conversations(db: Connection, wanted: Filter, *, me: str, after: str | None, limit: int) -> Page:
    oldest_first = wanted.state is State.OPEN
    time, way, beyond = ("waiting_since", "ASC", ">") if oldest_first else ("last_at", "DESC", "<")
    where = ["TRUE"]
    if wanted.whose == "mine":
        where.append("owner = :me AND (:state IS NULL OR +state = :state)")
    elif wanted.label is not None:
        where.append("msisdn IN (SELECT msisdn FROM labels WHERE label = :label)")
        where.append("(:state IS NULL OR +state = :state)")
    elif wanted.unread and oldest_first:
        where.append("unread > 0 AND +state = :state")
    elif wanted.state is not None:
        where.append("state = :state")
    values = _values(wanted, me)
    if start := _place(after):
        where.append(f"({time}, msisdn) {beyond} (:time, :msisdn)")
        values |= {"time": start[0], "msisdn": start[1]}
    inner = f"SELECT * FROM conversations WHERE {' AND '.join(where)} ORDER BY {time} {way}, msisdn {way}"
    rows = db.execute(
        f"""
        SELECT {_LINE}, v.{time} AS time
          FROM ({inner} LIMIT :scan) v CROSS JOIN inbound i
         WHERE i.id = v.last_inbound_id AND {_FITS}
         ORDER BY v.{time} {way}, v.msisdn {way}
         LIMIT :limit
        """,
        values | {"limit": limit + 1, "scan": LOOKED_THROUGH},
    ).fetchall()
    if len(rows) > limit:
        return Page(_lines(rows[:limit]), f"{rows[limit - 1]['time']}~{rows[limit - 1]['msisdn']}")
    last = db.execute(
        f"SELECT {time} AS time, msisdn FROM ({inner} LIMIT 1 OFFSET :scan)", values | {"scan": LOOKED_THROUGH - 1}
    ).fetchone()
    return Page(_lines(rows), f"{last['time']}~{last['msisdn']}" if last else None)


def _messages(db: Connection, wanted: Filter, *, me: str, after: str | None, limit: int) -> Page:
    values = _values(wanted, me) | {
        "before": _before(after),
        "first": 0 if wanted.since is None else _first_since(db, wanted.since),
        "end": _ENDLESS if wanted.until is None else _first_since(db, wanted.until),
    }
    words = inbox_search.read(wanted.search)
    if not words:
        return _page_of_messages(db, wanted, values, limit=limit)
    enough = None if _filters_further(wanted, values, words=True) else limit + 1
    found = inbox_search.find(
        db, words, before=values["before"], first=values["first"], end=values["end"], enough=enough
    )
    page = _page_of_messages(db, wanted, values | {"found": found.ids}, limit=limit)
    return page if page.after or found.down_to is None else Page(page.lines, str(found.down_to))


def _page_of_messages(db: Connection, wanted: Filter, values: dict[str, Any], *, limit: int) -> Page:
    span = "{id} < :before AND {id} >= :first AND {id} < :end ORDER BY {id} DESC"
    if "found" in values:
        inner = f"SELECT value AS id FROM json_each(:found) WHERE {span.format(id='value')}"
    elif wanted.opted_out:
        inner = f"SELECT inbound_id AS id FROM suppressions WHERE {span.format(id='inbound_id')}"
    elif wanted.campaign is not None:
        inner = f"SELECT id FROM inbound WHERE campaign_id = :campaign AND {span.format(id='id')}"
    elif wanted.keyword is not None and wanted.sub_keyword is not None:
        inner = f"""SELECT id FROM inbound WHERE keyword = :keyword AND sub_keyword = :sub_keyword
                       AND {span.format(id="id")}"""
    elif wanted.keyword is not None:
        inner = f"SELECT id FROM inbound WHERE keyword = :keyword AND {span.format(id='id')}"
    elif wanted.short_code is not None:
        inner = f"SELECT id FROM inbound WHERE short_code = :short_code AND {span.format(id='id')}"
    else:
        inner = f"SELECT id FROM inbound WHERE {span.format(id='id')}"
    # Where the index alone chooses the rows, no more than a page of them is looked at.
    scan = LOOKED_THROUGH if _filters_further(wanted, values, words="found" in values) else limit + 1
    rows = db.execute(
        f"""
        SELECT {_LINE}
          FROM ({inner} LIMIT :scan) s CROSS JOIN inbound i CROSS JOIN conversations v
         WHERE i.id = s.id AND v.msisdn = i.msisdn AND {_FITS}
           AND (:keyword IS NULL OR i.keyword = :keyword)
           AND (:sub_keyword IS NULL OR i.sub_keyword = :sub_keyword)
           AND (:short_code IS NULL OR i.short_code = :short_code)
           AND (:campaign IS NULL OR i.campaign_id = :campaign)
         ORDER BY s.id DESC
         LIMIT :limit
        """,
        values | {"limit": limit + 1, "scan": scan},
    ).fetchall()
    if len(rows) > limit:
        return Page(_lines(rows[:limit]), str(rows[limit - 1]["inbound_id"]))
    last = db.execute(f"SELECT id FROM ({inner} LIMIT 1 OFFSET :scan)", values | {"scan": scan - 1}).fetchone()
    return Page(_lines(rows), str(last["id"]) if last else None)


def _filters_further(wanted: Filter, values: dict[str, Any], *, words: bool) -> bool:
    """Whether rows that one index has chosen are asked about anything else."""
    asked = (words, wanted.opted_out, wanted.campaign is not None, wanted.short_code is not None,
             wanted.keyword is not None)  # fmt: skip
    return (
        sum(map(bool, asked)) > 1
        or values["state"] is not None
        or values["whose"] != "anyone"
        or wanted.unread
        or wanted.label is not None
    )


def _by_number(db: Connection, wanted: Filter, after: str | None, limit: int) -> Page:
    """People with these digits, or this name, anywhere in what they wrote from, whatever the other filters are."""
    if not (sought := inbox_search.number_part(wanted.search)):
        return Page((), None)
    piece = inbox_search.rarest_piece(db, sought)
    values = {"piece": piece, "sought": sought, "typed": wanted.search.strip(), "limit": limit + 1,
              "before": _before(after and after.removeprefix(_NUMBERS)), "scan": LOOKED_THROUGH}  # fmt: skip
    inner = "SELECT rowid AS id, msisdn FROM numbers WHERE numbers MATCH :piece AND rowid < :before ORDER BY rowid DESC"
    rows = db.execute(
        f"""
        SELECT {_LINE}, n.id AS number_id
          FROM ({inner} LIMIT :scan) n CROSS JOIN conversations v CROSS JOIN inbound i
         WHERE (instr(lower(n.msisdn), :sought) OR instr(n.msisdn, :typed))
           AND v.msisdn = n.msisdn AND i.id = v.last_inbound_id
         ORDER BY n.id DESC
         LIMIT :limit
        """,
        values,
    ).fetchall()
    if len(rows) > limit:
        return Page(_lines(rows[:limit]), f"{_NUMBERS}{rows[limit - 1]['number_id']}")
    last = db.execute(
        f"SELECT id FROM ({inner} LIMIT 1 OFFSET :scan)", values | {"scan": LOOKED_THROUGH - 1}
    ).fetchone()
    return Page(_lines(rows), f"{_NUMBERS}{last['id']}" if last else None)


def _values(wanted: Filter, me: str) -> dict[str, Any]:
    return {
        # What is searched for may have been answered long ago, and an opt-out is closed by itself.
        "state": None if wanted.opted_out or wanted.search.strip() else wanted.state,
        "whose": "anyone" if wanted.opted_out or wanted.search.strip() else wanted.whose,
        "me": me, "unread": wanted.unread, "label": wanted.label, "keyword": wanted.keyword,
        "sub_keyword": wanted.sub_keyword, "short_code": wanted.short_code, "campaign": wanted.campaign,
    }  # fmt: skip


def _lines(rows: list[Row]) -> tuple[Line, ...]:
    return tuple(
        Line(
            row["msisdn"], State(row["state"]), row["unread"], row["waiting_since"], row["owner"], row["inbound_id"],
            row["text"], row["arrived"], row["keyword"], row["sub_keyword"], row["short_code"], row["verdict"],
            bool(row["suppressed"]),
        )
        for row in rows
    )  # fmt: skip


def _before(after: str | None) -> int:
    """The cursor of a list of messages: the id that the next page comes before."""
    return int(after) if after and after.isascii() and after.isdigit() and len(after) < 19 else _ENDLESS


def _place(after: str | None) -> tuple[int, str] | None:
    """The cursor of a list of conversations. It stands in the address, so anybody may have written it."""
    time, tilde, msisdn = (after or "").partition("~")
    return (int(time), msisdn) if tilde and time.isascii() and time.isdigit() and len(time) < 19 else None


def _first_since(db: Connection, time: int) -> int:
    """The id of the first message that arrived at `time` or later: ids follow arrival."""
    first = db.execute("SELECT id, arrived FROM inbound ORDER BY id LIMIT 1").fetchone()
    last = db.execute("SELECT id, arrived FROM inbound ORDER BY id DESC LIMIT 1").fetchone()
    if first is None or last["arrived"] < time:
        return newest(db) + 1
    low, before, high, after = int(first["id"]), first["arrived"], int(last["id"]), last["arrived"]
    guesses = 0
    while low < high:
        guesses += 1
        # Guessed as if messages came evenly, in turn with halving, which ends also where they did not.
        part = (time - before) / (after - before) if guesses % 2 and before < time < after else 0.5
        middle = min(high - 1, low + int((high - low) * part))
        row = db.execute(
            "SELECT id, arrived FROM inbound WHERE id >= :middle ORDER BY id LIMIT 1", {"middle": middle}
        ).fetchone()
        if row["arrived"] >= time:
            high, after = middle, row["arrived"]
        else:
            low, before = int(row["id"]) + 1, row["arrived"]
    return low


def count(db: Connection, rows: str, values: dict[str, Any]) -> int:
    """How many rows a statement gives, at most `COUNTED` + 1."""
    most = COUNTED + 1  # Counting further would cost as much as there are rows, and says no more to a person.
    return int(db.execute(f"SELECT count(*) FROM ({rows} LIMIT {most})", values).fetchone()[0])
