"""
What a text comes to over many people: parts, price, and the rows and characters that make it dear, added up.

`Reckoning.add` renders and measures one row; `groups` adds all rows of a kind at a time. In whatever order they come,
the sum is the same.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from nextpod_core import msisdn, options, segments, templates
from nextpod_core.imports import Import
from nextpod_core.options import Options
from nextpod_core.segments import Alphabet, Size

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Sample:
    """One recipient's text as it will leave."""

    row: int
    msisdn: str
    text: str
    size: Size


@dataclass(frozen=True, slots=True)
class Blocker:
    """
    A character that makes texts UCS-2: in how many messages, and how many parts those take more than in GSM-7.

    A message with two of them counts in full for both: it is UCS-2 until neither is left.

    `replacement` is the safe one, "" when it can simply go, None when there is none. `in_text`: it stands in the text
    itself; `in_values`: in what the text takes from the list.
    """

    character: str
    messages: int
    extra_parts: int
    extra_price: float | None
    replacement: str | None
    in_text: bool
    in_values: bool = False


@dataclass(frozen=True, slots=True)
class Measures:
    """Over the audience: `people` that would get a text, and what leaves for them. Money in the team's currency.

    `exact` False: reckoned from `looked_at` rows; `counting`: the whole list is being read, the next time it is exact.
    """

    people: int
    exact: bool
    looked_at: int = 0
    counting: bool = False
    parts_total: int = 0
    parts_min: int = 0
    parts_common: int = 0
    parts_max: int = 0
    ucs2: int = 0
    extra_parts: int = 0
    saved_parts: int = 0  # Of the extra ones, those that go when all that has a safe replacement is replaced.
    price: float | None = None
    empty: int = 0
    too_long: int = 0
    too_long_rows: list[tuple[int, int]] = field(default_factory=list)  # The sheet's row, and UTF-16 units over.
    no_text: int = 0
    blockers: list[Blocker] = field(default_factory=list)
    longest: Sample | None = None
    dear: Sample | None = None  # The first of those that are UCS-2.
    holes: list[tuple[int, list[str]]] = field(default_factory=list)


class Reckoning:
    """What is added up. `longest` and `dear` are found once, at the end, from the rows they stand in."""

    def __init__(self, template: templates.Template, audience: Import, team: Options) -> None:
        self.team = team
        self.render: Callable[[Sequence[str]], str] = template.compile(audience.columns)
        places = {key: place for place, key in reversed(list(enumerate(audience.keys)))}
        # As `Template.missing`, made for many rows: places that leave a hole when they are empty.
        self.needed = [
            (places.get(each.key, -1), each.name)
            for each in template.fields
            if each.default is None and each.shown is None
        ]
        self.taken = [places[each.key] for each in template.fields if each.shown is None and each.key in places]
        self.in_values: set[str] = set()
        self.plain = set(segments.blockers("".join(each for each in template.pieces if isinstance(each, str))))
        self.rows = self.ucs2 = self.extra = self.saved = self.empty = self.too_long = self.no_text = self.parts = 0
        self.by_parts: Counter[int] = Counter()
        self.by_region: Counter[str | None] = Counter()
        self.messages: Counter[str] = Counter()
        self.costs: Counter[str] = Counter()
        self.longest: tuple[int, int, int] | None = None  # Parts, units, and the row below zero: the first of equals.
        self.dear_row: int | None = None
        self.holes: list[tuple[int, list[str]]] = []
        self.too_long_rows: list[tuple[int, int]] = []

    def add(self, row: int, number: str, cells: Sequence[str]) -> None:
        """One row of the list."""
        self.rows += 1
        names = [name for at, name in self.needed if not (-1 < at < len(cells)) or not cells[at].strip()]
        if names:
            self.empty += 1
            self.add_hole(row, names)
            return
        text = self.render(cells)
        size = segments.measure(text)
        if not text.strip():
            self.no_text += 1
            return
        over = segments.units_utf16(text) - segments.LONGEST if size.units > segments.LONGEST else 0
        if over > 0:
            self.too_long += 1
            self.add_too_long([(row, over)])
            return
        self.parts += size.parts
        self.by_parts[size.parts] += 1
        if self.team.prices:
            self.by_region[msisdn.region_of(number)] += size.parts
        self.add_longest(size.parts, size.units, row)
        if size.alphabet is Alphabet.UCS2:
            self._add_dear(row, text, size)
            values = [segments.clean(cells[at].strip()) for at in self.taken if at < len(cells)]
            self.in_values.update(*map(segments.blockers, values))

    def add_hole(self, row: int, names: list[str]) -> None:
        """A row that lacks a value for each of these names."""
        if len(self.holes) < SHOWN or row < self.holes[-1][0]:
            self.holes = sorted([*self.holes, (row, names)])[:SHOWN]

    def add_too_long(self, rows: Sequence[tuple[int, int]]) -> None:
        """Rows, each with how many UTF-16 units it is over the limit."""
        self.too_long_rows = sorted([*self.too_long_rows, *rows], key=lambda each: (-each[1], each[0]))[:SHOWN]

    def add_longest(self, parts: int, units: int, row: int) -> None:
        """A row that may be the longest."""
        self.longest = max(self.longest or (0, 0, 0), (parts, units, -row))

    def add_dear_row(self, row: int) -> None:
        """A row whose text is UCS-2."""
        self.dear_row = row if self.dear_row is None else min(self.dear_row, row)

    def _add_dear(self, row: int, text: str, size: Size) -> None:
        self.ucs2 += 1
        self.add_dear_row(row)
        more = size.parts - without(text).parts
        self.extra += more
        self.saved += size.parts - segments.measure(segments.replaced(text)).parts
        for character in segments.blockers(text):
            self.messages[character] += 1
            self.costs[character] += more

    def result(self, people: int, *, exact: bool, counting: bool = False, sample: Callable[[int], Sample | None],
               ) -> Measures:  # fmt: skip
        """The sum, scaled up to `people` where only some of the rows were added. `sample` shows the text of a row."""
        scale = people / self.rows if self.rows else 0.0

        def up(count: int) -> int:
            return round(count * scale)

        safe = segments.replacements()
        most_first = sorted(self.messages, key=lambda each: (-self.messages[each], each))
        blockers = [
            Blocker(
                character,
                up(self.messages[character]),
                up(self.costs[character]),
                None if self.team.price is None else self.team.price * up(self.costs[character]),
                safe.get(character),
                character in self.plain,
                character in self.in_values,
            )
            for character in most_first[:SHOWN]
        ]
        return Measures(
            people=people - up(self.empty) - up(self.too_long) - up(self.no_text),
            exact=exact,
            looked_at=self.rows,
            counting=counting,
            parts_total=up(self.parts),
            parts_min=min(self.by_parts, default=0),
            parts_common=max(self.by_parts, key=lambda parts: (self.by_parts[parts], -parts), default=0),
            parts_max=max(self.by_parts, default=0),
            ucs2=up(self.ucs2),
            extra_parts=up(self.extra),
            saved_parts=up(self.saved),
            price=self._price(up),
            empty=up(self.empty),
            too_long=up(self.too_long),
            too_long_rows=self.too_long_rows,
            no_text=up(self.no_text),
            blockers=blockers,
            longest=None if self.longest is None else sample(-self.longest[2]),
            dear=None if self.dear_row is None else sample(self.dear_row),
            holes=self.holes,
        )

    def _price(self, up: Callable[[int], int]) -> float | None:
        if not self.team.prices:
            return None if self.team.price is None else round(self.team.price * up(self.parts), 2)
        total = 0.0
        for region, parts in self.by_region.items():
            price = options.price_of(self.team, region)
            if price is None:
                return None
            total += price * up(parts)
        return round(total, 2)


def without(text: str) -> Size:
    """What a text would be if each of its characters outside GSM-7 were one of it."""
    return segments.measure(segments.replaced(text, dict.fromkeys(segments.blockers(text), "?")))
