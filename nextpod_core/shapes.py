"""
What the values of a list look like to the counting of parts, so that a list of a million is counted as one types.

The *shape* of a value is the value with each plain character of GSM-7 written "a": alphabet, length, cuts and dear
characters depend on nothing else. A list has few shapes. They are read out of it once, kept as arrays for a few lists,
and belong to one version of the list.
"""

import re
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nextpod_core import blocks, imports, msisdn, segments, staged, templates
from nextpod_core.db import Connection, connect, reading
from nextpod_core.imports import Import

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

AT_ONCE = 40_000  # Rows that are read while somebody waits; a longer list is read beside.
MOST_ODD = 2_000
MOST_SHAPES = 200_000
MOST_LETTERS = 10_000_000  # In all shapes of a column.
MOST_KEPT = 24_000_000  # Cells of all lists that are kept: four bytes each.

# Without the carriage return, which a cleaned text does not have.
_NOT_PLAIN = re.compile(f"[^{re.escape(segments.BASIC.replace(chr(13), ''))}]")
_LONGEST_YES = max(map(len, templates.YES))
_EXTENSION = frozenset(segments.EXTENSION)
# Letters of the older Hangul: two of them may become one.
_JAMO = ("\u1100", "\u11ff")


@dataclass(frozen=True, slots=True)
class Look:
    """
    What counting asks of a piece of text; of several pieces in a row it adds up.

    `letters` are code points, `pairs` those of GSM-7 that cost two, `high` those that are two UTF-16 units, `foreign`
    those outside GSM-7, `ink` those that are no space. The other four say it of the piece once all that has a safe
    replacement is replaced.
    """

    letters: int
    pairs: int
    high: int
    foreign: int
    ink: int
    new_letters: int
    new_pairs: int
    new_high: int
    new_foreign: int

    def figures(self) -> list[int]:
        """The nine, in the order of `groups`."""
        return [self.letters, self.pairs, self.high, self.foreign, self.ink, self.new_letters, self.new_pairs,
                self.new_high, self.new_foreign]  # fmt: skip


def look(text: str) -> Look:
    """What counting asks of a cleaned text, or of a shape."""
    foreign = sum(segments.blockers(text).values())
    new = segments.replaced(text) if foreign else text
    return Look(
        len(text), sum(map(_EXTENSION.__contains__, text)), segments.units_utf16(text) - len(text), foreign,
        len(text.strip()), len(new), sum(map(_EXTENSION.__contains__, new)), segments.units_utf16(new) - len(new),
        sum(segments.blockers(new).values()) if foreign else 0,
    )  # fmt: skip


def joins(text: str) -> bool:
    """Whether the beginning of a text may melt into what stands before it (NFC): counted apart it would be wrong."""
    first = text[:1]
    if first < "\u0300":
        return False
    return (
        unicodedata.category(first).startswith("M")
        or _JAMO[0] <= first <= _JAMO[1]
        or (first > "\uffff" and unicodedata.category(first).startswith("L"))
    )


def _shape(text: str) -> str:
    return _PLAIN.sub("a", text)


_PLAIN = re.compile(f"[{re.escape(segments.BASIC)}]")


class TooVaried(Exception):
    """The list has more shapes than are kept: its rows have to be counted one by one."""


@dataclass(slots=True, eq=False)
class Column:
    """One column: the shape of each row's value by number, and what there is to know of each shape."""

    ids: NDArray[np.int32]
    shapes: list[str]
    figures: Ints  # A row a shape: `Look.figures`.
    empty: Flags
    yes: Flags
    odd: Flags  # The value begins with what may melt into the text before it.


@dataclass(slots=True, eq=False)
class Listed:
    """A list as it is counted: the sheet's row and the country of each person, and the columns that were asked for.

    `odd` are whole rows of which a value is odd, to be counted one by one.
    """

    rows: NDArray[np.int32]
    region_ids: NDArray[np.uint16]
    regions: list[str | None]
    columns: dict[int, Column] = field(default_factory=dict)
    odd: dict[int, tuple[str, list[str]]] = field(default_factory=dict)
    made_of: dict[object, object] = field(default_factory=dict)  # What others reckoned from it; goes with it.

    @property
    def cells(self) -> int:
        """How much it takes, roughly: four bytes each."""
        return len(self.rows) * (2 + len(self.columns))


_kept: OrderedDict[tuple[object, ...], Listed | None] = OrderedDict()
_reading: dict[tuple[object, ...], threading.Thread] = {}
_lock = threading.Lock()
_one_at_a_time = threading.Lock()


def of(db: Connection, audience: Import, places: Sequence[int]) -> Listed | None:
    """
    The list with these columns; None while it is being read. Raises TooVaried.

    A list of up to `AT_ONCE` rows is read here and now, a longer one in a thread with a connection of its own.
    """
    path = Path(db.execute("PRAGMA database_list").fetchone()[2])
    key = _key(path, audience)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            found = _kept[key]
            if found is None:
                raise TooVaried
            if all(place in found.columns for place in places):
                return found
        if audience.sendable > AT_ONCE:
            if key not in _reading:
                _reading[key] = threading.Thread(
                    target=_read_beside, args=(path, key, audience, tuple(places)), daemon=True, name="shapes"
                )
                _reading[key].start()
            return None
    return _read_and_keep(db, key, audience, places)


def is_being_read(db: Connection, audience: Import) -> bool:
    """Whether a thread is at this list."""
    with _lock:
        return _key(Path(db.execute("PRAGMA database_list").fetchone()[2]), audience) in _reading


def wait(seconds: float = 60.0) -> None:
    """Until no list is being read."""
    for thread in list(_reading.values()):
        thread.join(seconds)


def _key(path: Path, audience: Import) -> tuple[object, ...]:
    return str(path), audience.id, audience.version, audience.created_at


def _read_beside(path: Path, key: tuple[object, ...], audience: Import, places: Sequence[int]) -> None:
    try:
        with _one_at_a_time:
            db = connect(path, read_only=True)
            try:
                db.execute("PRAGMA cache_size = -4096")
                _read_and_keep(db, key, audience, places)
            finally:
                db.close()
    except TooVaried:
        pass  # Kept as such.
    finally:
        with _lock:
            del _reading[key]


def _read_and_keep(db: Connection, key: tuple[object, ...], audience: Import, places: Sequence[int]) -> Listed | None:
    with _lock:
        before = _kept.get(key)
    try:
        with reading(db):
            if imports.get(db, audience.id).version != audience.version:
                return None  # It is another list by now, and asked for as such.
            found = read(db, audience, [place for place in places if not before or place not in before.columns])
    except TooVaried:
        _keep(key, None)
        raise
    if before:
        found.columns |= before.columns
        found.odd |= before.odd
    _keep(key, found)
    return found


def _keep(key: tuple[object, ...], found: Listed | None) -> None:
    with _lock:
        _kept[key] = found
        _kept.move_to_end(key)
        for older in [each for each in _kept if each[:2] == key[:2] and each != key]:
            del _kept[older]  # The same list as it was before.
        while len(_kept) > 1 and sum(each.cells for each in _kept.values() if each) > MOST_KEPT or len(_kept) > 32:
            _kept.popitem(last=False)


def read(db: Connection, audience: Import, places: Sequence[int]) -> Listed:
    """Read the shapes of these columns (-1: a column that is not there) out of the list. Raises TooVaried."""
    readers = {place: _Reader(place) for place in places}
    rows: list[NDArray[np.int32]] = []
    starts: list[NDArray[np.uint16]] = []
    regions: dict[str | None, int] = {}
    odd: dict[int, tuple[str, list[str]]] = {}

    def take(at: NDArray[np.int32], numbers: Sequence[str], lines: Sequence[str]) -> None:
        rows.append(at)
        found = [regions.setdefault(msisdn.region_of(number), len(regions)) for number in numbers]
        starts.append(np.array(found, dtype=np.uint16))
        table = [line.split(blocks.CELL) for line in lines] if readers else []
        for reader in readers.values():
            for place in reader.take(table):
                odd[int(at[place])] = (numbers[place], table[place])
                if len(odd) > MOST_ODD:
                    raise TooVaried

    for first, numbers, lines in blocks.whole(db, audience.id):
        if all(numbers):
            take(np.arange(first, first + len(numbers), dtype=np.int32), numbers, lines)
        elif good := [place for place, number in enumerate(numbers) if number]:
            take(
                np.array(good, dtype=np.int32) + first, [numbers[place] for place in good],
                [lines[place] for place in good],
            )  # fmt: skip
    alone = staged.alone(db, audience.id)
    if alone:
        take(np.array([row for row, _, _ in alone], dtype=np.int32), [number for _, number, _ in alone],
             [line for _, _, line in alone])  # fmt: skip
    made = Listed(
        np.concatenate(rows) if rows else np.zeros(0, dtype=np.int32),
        np.concatenate(starts) if starts else np.zeros(0, dtype=np.uint16),
        list(regions), {place: reader.column() for place, reader in readers.items()}, odd,
    )  # fmt: skip
    if alone:
        order = np.argsort(made.rows, kind="stable")
        made.rows, made.region_ids = made.rows[order], made.region_ids[order]
        for column in made.columns.values():
            column.ids = column.ids[order]
    return made


class _Reader:
    """Reads one column. A plain value of n characters has the number 2 n, or 2 n + 1 when it says yes."""

    def __init__(self, place: int) -> None:
        self.place = place
        self.ids: list[NDArray[np.int32]] = []
        self.special: dict[tuple[str, bool, bool, bool], int] = {}
        self.letters = 0

    def take(self, table: Sequence[Sequence[str]]) -> list[int]:
        """Take the column out of these rows; which of them are odd."""
        at = self.place
        if at < 0:
            self.ids.append(np.zeros(len(table), dtype=np.int32))
            return []
        values = [cells[at].strip() if at < len(cells) else "" for cells in table]
        yes = templates.YES
        found = [
            2 * length + 1 if length <= _LONGEST_YES and value.casefold() in yes else 2 * length
            for value, length in zip(values, map(len, values), strict=True)
        ]
        odd: list[int] = []
        if _NOT_PLAIN.search("".join(values)):
            search = _NOT_PLAIN.search
            for place, value in enumerate(values):
                if search(value):
                    found[place], is_odd = self._special(value)
                    if is_odd:
                        odd.append(place)
        self.ids.append(np.array(found, dtype=np.int32))
        return odd

    def _special(self, value: str) -> tuple[int, bool]:
        cleaned = segments.clean(value)
        is_odd = joins(cleaned)
        # A value that cleaning empties leaves no hole: that is asked of what stands in the cell.
        key = ("" if is_odd else _shape(cleaned), templates.is_yes(value), not cleaned.strip(), is_odd)
        number = self.special.get(key)
        if number is None:
            self.letters += len(key[0])
            if len(self.special) >= MOST_SHAPES or self.letters > MOST_LETTERS:
                raise TooVaried
            number = self.special[key] = -1 - len(self.special)
        return number, is_odd

    def column(self) -> Column:
        ids = np.concatenate(self.ids) if self.ids else np.zeros(0, dtype=np.int32)
        specials = list(self.special)
        # Numbers without gaps, so that several columns can be grouped by one small number.
        lowest = -len(specials)
        present = np.flatnonzero(np.bincount(ids - lowest)) + lowest if len(ids) else np.zeros(0, dtype=np.int64)
        table = np.zeros(int(present[-1]) - lowest + 1 if len(present) else 0, dtype=np.int32)
        table[present - lowest] = np.arange(len(present))
        keys = [
            specials[-1 - number] if number < 0 else ("a" * (number // 2), bool(number % 2), False, False)
            for number in present.tolist()
        ]
        figures = np.array([look(shape).figures() for shape, *_ in keys], dtype=np.int64).reshape(-1, 9)
        for place, (_letters, _yes, blank, _odd) in enumerate(keys):
            if blank:
                figures[place, 4] = 0
        return Column(
            table[ids - lowest] if len(ids) else ids, [shape for shape, *_ in keys], figures,
            np.array(present == 0), np.array([yes for _, yes, _, _ in keys], dtype=bool),
            np.array([is_odd for *_, is_odd in keys], dtype=bool),
        )  # fmt: skip
