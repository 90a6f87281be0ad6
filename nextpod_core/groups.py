"""
A text counted over a whole list by kinds of rows and not row by row: a list of a million in a few milliseconds.

A *group* is all rows whose values have the same shapes (`shapes`). Lengths add up, so that a few sums say what every
group comes to. Only where an escape or a surrogate pair may meet the border of two parts is the text of the group made
and cut; and rows with values that may melt into the text are rendered one by one. `reckoning` is what it must equal, on
every list (tests/test_groups.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nextpod_core import segments, shapes
from nextpod_core.db import Connection
from nextpod_core.imports import Import
from nextpod_core.reckoning import SHOWN, Reckoning, without
from nextpod_core.shapes import Flags, Ints, Listed, look
from nextpod_core.templates import Field, Template

LETTERS, PAIRS, HIGH, FOREIGN, INK, NEW_LETTERS, NEW_PAIRS, NEW_HIGH, NEW_FOREIGN = range(9)
_DENSE = 4_000_000  # Numbers that are counted in a table of their own; above it they are sorted.
_MOST_MADE = 9


@dataclass(slots=True, eq=False)
class Groups:
    """The groups of a list by some columns: how many rows each has, the first of them, and its shapes by column."""

    of_row: NDArray[np.int32]
    counts: Ints
    first: Ints
    region: Ints
    shape: dict[int, Ints]

    def rows(self, chosen: Flags, listed: Listed, most: int = SHOWN) -> list[tuple[int, int]]:
        """The first rows of the sheet in the chosen groups, each with its group."""
        if not chosen.any():
            return []
        places = np.flatnonzero(chosen[self.of_row])[:most]
        return [(int(listed.rows[place]), int(self.of_row[place])) for place in places]


class _Text(NamedTuple):
    """A piece of the text in the groups where it stands: a plain one, a default, or words shown on a condition."""

    text: str
    where: Flags | None  # None: in all of them.


def _stays_apart(template: Template) -> bool:
    """Whether no piece of the text may melt into the value before it."""
    return not any(
        shapes.joins(text)
        for piece in template.pieces
        for text in ([piece] if isinstance(piece, str) else [piece.default or "", piece.shown or ""])
    )


def add(db: Connection, template: Template, audience: Import, into: Reckoning) -> Literal["done", "later", "never"]:
    """Add the whole list to `into`. Nothing is added where it can't be counted this way, or while it is being read."""
    if not _stays_apart(template):
        return "never"
    at: dict[str, int] = {}
    for place, key in enumerate(audience.keys):
        at.setdefault(key, place)
    places = sorted({at.get(each.key, -1) for each in template.fields})
    try:
        listed = shapes.of(db, audience, places)
    except shapes.TooVaried:
        return "never"
    if listed is None:
        return "later"
    groups = _grouped(listed, places)
    _Count(template, listed, groups, at, into).add()
    if any(listed.columns[place].odd.any() for place in places):
        for row, (number, cells) in listed.odd.items():
            if row in _odd_rows(listed, places):
                into.add(row, number, cells)
    return "done"


def _odd_rows(listed: Listed, places: Sequence[int]) -> set[int]:
    key = ("odd", *places)
    if key not in listed.made_of:
        found = np.zeros(len(listed.rows), dtype=bool)
        for place in places:
            found |= listed.columns[place].odd[listed.columns[place].ids]
        listed.made_of[key] = set(listed.rows[found].tolist())
    kept = listed.made_of[key]
    assert isinstance(kept, set)
    return kept


class _Count:
    """One text over one grouping."""

    def __init__(self, template: Template, listed: Listed, groups: Groups, at: dict[str, int], into: Reckoning) -> None:
        self.template, self.listed, self.groups, self.at, self.into = template, listed, groups, at, into
        self.size = len(groups.counts)
        self.columns = {place: listed.columns[place] for place in groups.shape}
        self.values: list[int] = []  # Columns of which the value itself is in the text.
        self.texts: list[_Text] = []

    def add(self) -> None:
        odd = np.zeros(self.size, dtype=bool)
        for place, column in self.columns.items():
            odd |= column.odd[self.groups.shape[place]]
        counts = np.where(odd, 0, self.groups.counts)
        into = self.into
        into.rows += int(counts.sum())
        holes = self._holes() & ~odd
        into.empty += int(counts[holes].sum())
        for row, group in self.groups.rows(holes, self.listed):
            into.add_hole(row, [name for place, name in into.needed if self._is_empty(place)[group]])
        figures = self._figures()
        left = ~odd & ~holes & (counts > 0)
        blank = left & (figures[INK] == 0)
        into.no_text += int(counts[blank].sum())
        over = figures[LETTERS] + figures[HIGH] - segments.LONGEST
        too_long = left & ~blank & (over > 0)
        if too_long.any():
            into.too_long += int(counts[too_long].sum())
            into.add_too_long(self._worst(too_long, over))
        going = np.flatnonzero(left & ~blank & ~too_long)
        self._add_going(going, counts[going], figures[:, going])

    def _add_going(self, going: NDArray[np.intp], counts: Ints, figures: Ints) -> None:
        if not len(going):
            return
        into = self.into
        ucs2 = figures[FOREIGN] > 0
        units = np.where(ucs2, figures[LETTERS] + figures[HIGH], figures[LETTERS] + figures[PAIRS])
        parts, unsure = _parts(ucs2, units, np.where(ucs2, figures[HIGH], figures[PAIRS]))
        for place in np.flatnonzero(unsure):
            parts[place] = segments.measure(self._text(going[place])).parts
        into.parts += int((parts * counts).sum())
        sums = np.bincount(parts, weights=counts)
        into.by_parts.update({int(each): int(sums[each]) for each in np.flatnonzero(sums)})
        if into.team.prices:
            by_region = np.bincount(self.groups.region[going], weights=parts * counts)
            into.by_region.update(
                {self.listed.regions[each]: int(by_region[each]) for each in np.flatnonzero(by_region)}
            )
        longest = parts == parts.max()
        longest &= units == units[longest].max()
        first = self.listed.rows[self.groups.first[going[longest]].min()]
        into.add_longest(int(parts.max()), int(units[longest][0]), int(first))
        if ucs2.any():
            self._add_dear(going[ucs2], counts[ucs2], figures[:, ucs2], parts[ucs2])

    def _add_dear(self, going: NDArray[np.intp], counts: Ints, figures: Ints, parts: Ints) -> None:
        into = self.into
        into.ucs2 += int(counts.sum())
        into.add_dear_row(int(self.listed.rows[self.groups.first[going].min()]))
        never = np.zeros(len(going), dtype=bool)
        plain, unsure = _parts(never, figures[LETTERS] + figures[PAIRS], figures[PAIRS])
        for place in np.flatnonzero(unsure):
            plain[place] = without(self._text(going[place])).parts
        still = figures[NEW_FOREIGN] > 0
        pairs = np.where(still, figures[NEW_HIGH], figures[NEW_PAIRS])
        new, unsure = _parts(still, figures[NEW_LETTERS] + pairs, pairs)
        for place in np.flatnonzero(unsure):
            new[place] = segments.measure(segments.replaced(self._text(going[place]))).parts
        more = parts - plain
        into.extra += int((more * counts).sum())
        into.saved += int(((parts - new) * counts).sum())
        self._add_characters(going, counts, more)

    def _add_characters(self, going: NDArray[np.intp], counts: Ints, more: Ints) -> None:
        """In how many messages each character outside GSM-7 stands, and what it costs."""
        into = self.into
        of_group = np.zeros(self.size, dtype=np.int64)
        cost_of_group = np.zeros(self.size, dtype=np.int64)
        of_group[going], cost_of_group[going] = counts, counts * more
        groups, characters, names = self._characters()
        in_text: dict[str, Flags] = {}
        for text, where in self.texts:
            for character in segments.blockers(text):
                stands = in_text.setdefault(character, np.zeros(self.size, dtype=bool))
                stands |= True if where is None else where
        messages = np.bincount(characters, weights=of_group[groups], minlength=len(names))
        costs = np.bincount(characters, weights=cost_of_group[groups], minlength=len(names))
        number_of = {name: number for number, name in enumerate(names)}
        for character, stands in in_text.items():
            if character in number_of:
                stands[groups[characters == number_of[character]]] = True
            if found := int(of_group[stands].sum()):
                into.messages[character] += found
                into.costs[character] += int(cost_of_group[stands].sum())
        for number in np.flatnonzero(messages):
            into.in_values.add(names[number])
            if names[number] not in in_text:
                into.messages[names[number]] += int(messages[number])
                into.costs[names[number]] += int(costs[number])

    def _characters(self) -> tuple[Ints, Ints, list[str]]:
        """Each group with each character outside GSM-7 that its values hold, once; by number, and the characters."""
        key = ("characters", *self.columns, "of", *sorted(set(self.values)))
        kept = self.listed.made_of.get(key)
        if kept is None:
            numbers: dict[str, int] = {}
            pairs: list[tuple[int, int]] = []
            for place in sorted(set(self.values)):
                column = self.columns[place]
                held = {
                    shape: [numbers.setdefault(each, len(numbers)) for each in segments.blockers(column.shapes[shape])]
                    for shape in np.flatnonzero(column.figures[:, FOREIGN]).tolist()
                }
                shape_of = self.groups.shape[place]
                groups = np.flatnonzero(column.figures[shape_of, FOREIGN])
                for group, shape in zip(groups.tolist(), shape_of[groups].tolist(), strict=True):
                    pairs += [(group, each) for each in held[shape]]
            both = np.array(sorted(set(pairs)), dtype=np.int64).reshape(-1, 2)
            kept = self.listed.made_of[key] = (both[:, 0], both[:, 1], list(numbers))
        assert isinstance(kept, tuple)
        return kept

    def _figures(self) -> Ints:
        """What each group's text comes to: nine rows of sums."""
        found = np.zeros((9, self.size), dtype=np.int64)
        for piece in self.template.pieces:
            if isinstance(piece, str):
                self._add_text(found, piece, None)
                continue
            place = self.at.get(piece.key, -1)
            if piece.shown is not None:
                self._add_text(found, piece.shown, self._says_yes(place))
                continue
            self.values.append(place)
            found += self.columns[place].figures[self.groups.shape[place]].T
            if piece.default:
                self._add_text(found, piece.default, self._is_empty(place))
        return found

    def _add_text(self, found: Ints, text: str, where: Flags | None) -> None:
        self.texts.append(_Text(text, where))
        figures = np.array(look(text).figures(), dtype=np.int64)[:, None]
        found += figures if where is None else figures * where

    def _is_empty(self, place: int) -> Flags:
        column = self.columns[place]
        return column.empty[self.groups.shape[place]]

    def _says_yes(self, place: int) -> Flags:
        column = self.columns[place]
        return column.yes[self.groups.shape[place]]

    def _holes(self) -> Flags:
        found = np.zeros(self.size, dtype=bool)
        for place, _name in self.into.needed:
            found |= self._is_empty(place)
        return found

    def _worst(self, chosen: Flags, over: Ints) -> list[tuple[int, int]]:
        """Rows that are furthest over the limit."""
        found: list[tuple[int, int]] = []
        for units in np.unique(over[chosen])[::-1][:SHOWN]:
            rows = self.groups.rows(chosen & (over == units), self.listed)
            found += [(row, int(units)) for row, _group in rows]
            if len(found) >= SHOWN:
                break
        return found

    def _text(self, group: np.intp) -> str:
        """A text of the group's size, with its characters outside GSM-7 and its escapes where they stand."""
        return "".join(
            piece if isinstance(piece, str) else self._put_in(piece, group) for piece in self.template.pieces
        )

    def _put_in(self, piece: Field, group: np.intp) -> str:
        place = self.at.get(piece.key, -1)
        shape = self.groups.shape[place][group]
        column = self.columns[place]
        if piece.shown is not None:
            return piece.shown if column.yes[shape] else ""
        return (piece.default or "") if column.empty[shape] else column.shapes[shape]


def _parts(ucs2: Flags, units: Ints, pairs: Ints) -> tuple[Ints, Flags]:
    """Parts by division, and where that may be wrong: each border costs a unit when a pair stands on it."""
    joined = np.where(ucs2, 67, 153)
    parts = np.where(units > np.where(ucs2, 70, 160), -(-units // joined), units > 0)
    unsure = (parts > 1) & (parts * joined - units < np.minimum(pairs, parts - 1))
    return parts, unsure


def _grouped(listed: Listed, places: Sequence[int]) -> Groups:
    """The rows grouped by the shapes of these columns and by country; the last few groupings are kept."""
    key = ("groups", *places)
    kept = listed.made_of.get(key)
    if kept is None:
        if len(listed.made_of) > _MOST_MADE:  # Other columns than a while ago.
            listed.made_of.clear()
        kept = listed.made_of[key] = _group(listed, places)
    assert isinstance(kept, Groups)
    return kept


def _group(listed: Listed, places: Sequence[int]) -> Groups:
    size = len(listed.rows)
    key = listed.region_ids.astype(np.int64)
    bound = max(len(listed.regions), 1)
    for place in places:
        column = listed.columns[place]
        key = key * len(column.shapes) + column.ids
        bound *= max(len(column.shapes), 1)
        if bound > _DENSE:
            _values, key = np.unique(key, return_inverse=True)
            bound = int(key.max()) + 1 if size else 1
    present = np.flatnonzero(np.bincount(key, minlength=bound))
    table = np.zeros(bound, dtype=np.int32)
    table[present] = np.arange(len(present), dtype=np.int32)
    of_row = table[key]
    first = np.zeros(len(present), dtype=np.int64)
    first[of_row[::-1]] = np.arange(size)[::-1]  # The last that is written stands: the first row.
    return Groups(
        of_row, np.bincount(of_row, minlength=len(present)), first, listed.region_ids[first].astype(np.int64),
        {place: listed.columns[place].ids[first].astype(np.int64) for place in places},
    )  # fmt: skip
