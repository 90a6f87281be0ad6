"""
Searching what people wrote: words as they are typed, by their beginnings, with Nordic letters however written.

The index holds each message as `searchable` says it, and gives rows at once for a word of up to three letters. A longer
beginning it gathers from all of its words first (62 ms where a fifth of ten million messages hold it: bench.inbox), so
a common one is looked for among the newest messages that hold its first three letters, and only a rare one is asked for
as it stands. Each question walks through a bounded number of rows and says how far back it came.
"""

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from nextpod_core import msisdn as numbers
from nextpod_core.db import Connection

INDEXED_LETTERS = 3  # Beginnings of two and three letters stand in the index.
TRIED = 600  # Messages that are read in one question, to see whether they hold the words themselves.
TAKEN = 2_000  # Messages that the index alone chose, in one question.
WALKED = 12_000  # Messages with one word that are set against those with another, where every word is common.
COMMON = 0.05  # A word that this share of the tried messages hold is not gathered.
MOST_WORDS = 12
PIECE, SAMPLE, RARE = 4, 100, 300  # digits looked up of a number; numbers with them that tell how many have them
_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "å": "a", "ö": "o", "ä": "a", "ð": "d", "đ": "d", "þ": "th", "ŧ": "t", "ŋ": "n", "ł": "l",
     "ı": "i"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a search as the index is asked for them; `begins` are those that may go on."""

    whole: tuple[str, ...]
    begins: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.whole or self.begins)

    @property
    def longer(self) -> frozenset[str]:
        """Beginnings that do not stand in the index themselves."""
        return frozenset(word for word in self.begins if len(word) > INDEXED_LETTERS)

    def match(self, *, shortened: frozenset[str] = frozenset()) -> str:
        """The full-text question; of those in `shortened` only the letters that stand in the index are asked for."""
        return " ".join(self.each(shortened=shortened))

    def each(self, *, shortened: frozenset[str] = frozenset()) -> list[str]:
        """The full-text question of each word."""
        cut = [word[:INDEXED_LETTERS] if word in shortened else word for word in self.begins]
        return list(dict.fromkeys([f'"{word}"' for word in self.whole] + [f'"{word}"*' for word in cut]))


@dataclass(frozen=True, slots=True)
class Found:
    """Messages with the words, newest first, as a JSON list of ids; `down_to` where older ones were not looked at."""

    ids: str
    down_to: int | None


def searchable(text: str) -> str:
    """A text as the index keeps it: its words, letters and digits alone, without case, accents and Nordic letters.

    FTS5 parts and folds nothing of this any further, so what it finds can be told by comparing words.

    >>> searchable("Møte på «lørdag»🤷, Ærlig!")
    'mote pa lordag aerlig'
    """
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    parted = unicodedata.normalize("NFD", plain)
    return " ".join(re.findall(r"[^\W_]+", "".join(one for one in parted if not unicodedata.combining(one))))


def read(text: str) -> Words:
    """The words that someone typed.

    >>> read("Møte på i").match(), bool(read('"-*'))
    ('"i" "mote"* "pa"*', False)
    """
    typed = list(dict.fromkeys(searchable(text).split()))[:MOST_WORDS]
    # One letter stands for itself: as a beginning it would be half of the language.
    return Words(tuple(one for one in typed if len(one) == 1), tuple(one for one in typed if len(one) > 1))


def held(text: str, words: Words) -> frozenset[str]:
    """Those of the words that `text` holds: a whole one, or a word that begins so.

    >>> sorted(held("Møte på lørdag?", read("lør ote p MØT")))
    ['lor', 'mot']
    """
    there = frozenset(searchable(text).split())
    return there.intersection(words.whole) | {
        word for word in words.begins if any(one.startswith(word) for one in there)
    }


def find(db: Connection, words: Words, *, before: int, first: int, end: int, enough: int | None) -> Found:
    """The newest messages with all of the words among the ids from `first` to `before` and `end`, both not included.

    `enough` of them end the search; None where the caller will ask more about each.
    """
    span = {"before": min(before, end), "first": first}
    reach = _reach(db, words, span)
    near = span | {"first": max(first, reach)}
    down_to = reach if reach > first else None
    source, values = _IDS, near | {"match": words.match(shortened=words.longer)}
    if reach:
        source, values = _MET, {"met": json.dumps(_met(db, words, near))}
    if not words.longer:
        limit = TAKEN if enough is None else min(TAKEN, enough)
        ids = [row["id"] for row in db.execute(source, values | {"limit": limit})]
        return Found(json.dumps(ids), ids[-1] if len(ids) == limit else down_to)
    ids, last, seen = _among(db, words, source, values, enough)
    if last is None:
        return Found(json.dumps(ids), down_to)
    if enough is not None and len(ids) >= enough:
        return Found(json.dumps(ids), last)
    common = frozenset(word for word in words.longer if seen.get(word, 0) >= COMMON * TRIED)
    if common == words.longer:
        return Found(json.dumps(ids), last)
    # What is rare brings few rows, however far back they lie.
    ids, last, _seen = _among(db, words, _IDS, span | {"match": words.match(shortened=common)}, enough)
    return Found(json.dumps(ids), last)


_IDS = """
    SELECT rowid AS id
      FROM inbound_words
     WHERE inbound_words MATCH :match AND rowid < :before AND rowid >= :first
     ORDER BY rowid DESC
     LIMIT :limit
"""


_MET = "SELECT value AS id FROM json_each(:met) ORDER BY value DESC LIMIT :limit"


def _met(db: Connection, words: Words, span: dict[str, int]) -> list[int]:
    """The messages of a stretch with the beginnings of all words.

    FTS5 would walk on beyond the stretch until two of them meet.
    """
    met: set[int] | None = None
    for match in words.each(shortened=words.longer):
        there = {row["id"] for row in db.execute(_IDS, span | {"match": match, "limit": -1})}
        met = there if met is None else met & there
    return list(met or ())


def _among(
    db: Connection, words: Words, source: str, values: dict[str, Any], enough: int | None
) -> tuple[list[int], int | None, dict[str, int]]:
    """Those that hold the words among what `source` gives; the last one read, None for the end; each word's hits."""
    found: list[int] = []
    seen: dict[str, int] = {}
    asked, tried, last = len(words.whole) + len(words.begins), 0, 0
    for row in db.execute(
        f"SELECT i.id, i.text FROM ({source}) s CROSS JOIN inbound i WHERE i.id = s.id ORDER BY s.id DESC",
        values | {"limit": TRIED},
    ):
        tried, last = tried + 1, int(row["id"])
        here = held(row["text"], words)
        for word in here:
            seen[word] = seen.get(word, 0) + 1
        if len(here) == asked:
            found.append(last)
            if enough is not None and len(found) >= enough:
                return found, last, seen
    return found, last if tried == TRIED else None, seen


def _reach(db: Connection, words: Words, span: dict[str, int]) -> int:
    """The id down to which several words are looked for at once, where all of them are common; else 0."""
    each = words.each(shortened=words.longer)
    if len(each) < 2:
        return 0
    newest = db.execute("SELECT max(id) FROM inbound WHERE id < :before", span).fetchone()[0] or 0
    widest, narrowest = 0, newest
    for match in each:
        row = db.execute(f"SELECT id FROM ({_IDS}) LIMIT 1 OFFSET :skipped",
                         span | {"match": match, "limit": TRIED, "skipped": TRIED - 1}).fetchone()  # fmt: skip
        if row is None:
            return 0
        widest, narrowest = max(widest, newest - int(row["id"])), min(narrowest, newest - int(row["id"]))
    if newest * TRIED <= WALKED * max(1, widest):  # The rarest leads FTS5 from one of its few places to the next.
        return 0
    return max(0, newest - max(1, narrowest) * (WALKED // TRIED))


def number_part(typed: str) -> str:
    """The digits that someone typed in any writing, or a name that people write from; "" where it can be neither.

    >>> number_part("0047 917 26"), number_part("Telenor"), number_part("47"), number_part("200 kr?")
    ('4791726', 'telenor', '', '200 kr?')
    """
    sought = numbers.search_digits(typed) or typed.strip().lower()
    return sought if len(sought) >= INDEXED_LETTERS and "\x00" not in sought else ""


def rarest_piece(db: Connection, sought: str) -> str:
    """What is looked up of a number, the rest being compared: all of those with "4790" would be walked through."""
    if len(sought) <= PIECE or not sought.isdigit():
        return _quoted(sought)
    newest = db.execute("SELECT max(rowid) FROM numbers").fetchone()[0] or 0
    best, furthest = "", -1
    for end in range(len(sought), PIECE - 1, -1):  # The last digits first: they tell most people apart.
        piece = _quoted(sought[end - PIECE : end])
        row = db.execute(
            """
            SELECT rowid FROM (SELECT rowid FROM numbers WHERE numbers MATCH :piece ORDER BY rowid DESC LIMIT :most)
             LIMIT 1 OFFSET :skipped
            """,
            {"piece": piece, "most": SAMPLE, "skipped": SAMPLE - 1},
        ).fetchone()
        if row is None or newest - row[0] > SAMPLE * RARE:
            return piece
        if newest - row[0] > furthest:
            best, furthest = piece, newest - row[0]
    return best


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
