"""
What a text costs over a whole list after merging: parts, price, and the rows and characters that make it dear.

Up to `EXACT` rows every one is rendered; of a longer list a spread of that many, told as an estimate. A text without
placeholders is exact at any length. The review counts every message whatever the length.
"""

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from nextpod_core import imports, msisdn, options, segments, templates
from nextpod_core.db import Connection
from nextpod_core.drafts import Draft
from nextpod_core.imports import Import
from nextpod_core.options import Options
from nextpod_core.segments import Alphabet, Size

EXACT = 20_000
QUICK = 2_000  # While somebody types: a twentieth of a second, on a busy machine too.
_PIECES = 40
_SHOWN = 20


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
    itself and not only in people's values.
    """

    character: str
    messages: int
    extra_parts: int
    extra_price: float | None
    replacement: str | None
    in_text: bool


@dataclass(frozen=True, slots=True)
class Measures:
    """Over the audience: `people` that would get a text, and what leaves for them. Money in the team's currency.

    `exact` False: reckoned from `looked_at` rows.
    """

    people: int
    exact: bool
    looked_at: int = 0
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
    dear: list[Sample] = field(default_factory=list)
    holes: list[tuple[int, list[str]]] = field(default_factory=list)


_kept: OrderedDict[tuple[object, ...], Measures] = OrderedDict()
_lock = threading.Lock()


def measure(db: Connection, draft: Draft, *, team: Options | None = None, most: int = EXACT) -> Measures:
    """
    The draft's text over its list as both stand; remembered until one of them, or a price, changes.

    Every row of a list of up to `most` is rendered, of a longer one a spread of that many. Raises BadInput for a text
    that can't be read as a template. Without a list, or a text, nothing is counted.
    """
    team = team or options.read(db)
    template = templates.parse(draft.text)
    if draft.import_id is None:
        return Measures(0, True)
    audience = imports.get(db, draft.import_id)
    if audience.state != "done" or not draft.text.strip():
        return Measures(audience.sendable, True)
    path = db.execute("PRAGMA database_list").fetchone()[2]
    prices = (team.price, *sorted(team.prices.items()))
    key = (path, audience.id, audience.version, audience.created_at, draft.text, prices, most)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    found = _measured(db, template, audience, team, most)
    with _lock:
        _kept[key] = found
        while len(_kept) > 64:
            _kept.popitem(last=False)
    return found


def sample(db: Connection, draft: Draft, *, row: int = 0) -> Sample | None:
    """The text of the first person at or after a row of the sheet; None beyond the last."""
    if draft.import_id is None:
        return None
    template = templates.parse(draft.text)
    audience = imports.get(db, draft.import_id)
    found = imports.rows(db, audience.id, after_row=row - 1, limit=1)
    if not found:
        return None
    text = template.compile(audience.columns)(found[0][2])
    return Sample(found[0][0], found[0][1], text, segments.measure(text))


def _measured(db: Connection, template: templates.Template, audience: Import, team: Options, most: int) -> Measures:
    tally = _Tally(template, audience, team)
    exact = audience.sendable <= most
    if not template.fields and not team.prices and not exact:
        # One text for all: what holds for one holds for every one.
        first = imports.rows(db, audience.id, limit=1)
        tally.add(*first[0])
        return tally.result(audience.sendable, exact=True)
    for row, number, cells in _everyone(db, audience) if exact else _some(db, audience, most):
        tally.add(row, number, cells)
    return tally.result(audience.sendable, exact=exact)


class _Tally:
    """What is added up, row by row."""

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
        self.plain = set(segments.blockers("".join(each for each in template.pieces if isinstance(each, str))))
        self.safe = segments.replacements()
        self.rows = self.ucs2 = self.extra = self.saved = self.empty = self.too_long = self.no_text = self.parts = 0
        self.by_parts: Counter[int] = Counter()
        self.by_region: Counter[str | None] = Counter()
        self.messages: Counter[str] = Counter()
        self.costs: Counter[str] = Counter()
        self.longest: Sample | None = None
        self.dear: list[Sample] = []
        self.holes: list[tuple[int, list[str]]] = []
        self.too_long_rows: list[tuple[int, int]] = []

    def add(self, row: int, number: str, cells: list[str]) -> None:
        self.rows += 1
        names = [name for at, name in self.needed if not (-1 < at < len(cells)) or not cells[at].strip()]
        if names:
            self.empty += 1
            if len(self.holes) < _SHOWN:
                self.holes.append((row, names))
            return
        text = self.render(cells)
        size = segments.measure(text)
        if not text.strip():
            self.no_text += 1
            return
        over = segments.units_utf16(text) - segments.LONGEST if size.units > segments.LONGEST else 0
        if over > 0:
            self.too_long += 1
            self.too_long_rows = sorted([*self.too_long_rows, (row, over)], key=lambda each: (-each[1], each[0]))[
                :_SHOWN
            ]
            return
        self.parts += size.parts
        self.by_parts[size.parts] += 1
        if self.team.prices:
            self.by_region[msisdn.region_of(number)] += size.parts
        if self.longest is None or (size.parts, size.units) > (self.longest.size.parts, self.longest.size.units):
            self.longest = Sample(row, number, text, size)
        if size.alphabet is Alphabet.UCS2:
            self._add_dear(Sample(row, number, text, size))

    def _add_dear(self, found: Sample) -> None:
        self.ucs2 += 1
        characters = segments.blockers(found.text)
        without = segments.measure(segments.replaced(found.text, dict.fromkeys(characters, "?")))
        more = found.size.parts - without.parts
        self.extra += more
        table = {each: self.safe[each] for each in characters if each in self.safe}
        if table:
            self.saved += found.size.parts - segments.measure(segments.replaced(found.text, table)).parts
        for character in characters:
            self.messages[character] += 1
            self.costs[character] += more
        if len(self.dear) < _SHOWN:
            self.dear.append(found)

    def result(self, people: int, *, exact: bool) -> Measures:
        scale = people / self.rows if self.rows else 0.0

        def up(count: int) -> int:
            return round(count * scale)

        blockers = [
            Blocker(
                character,
                up(count),
                up(self.costs[character]),
                None if self.team.price is None else self.team.price * up(self.costs[character]),
                self.safe.get(character),
                character in self.plain,
            )
            for character, count in self.messages.most_common(_SHOWN)
        ]
        return Measures(
            people=people - up(self.empty) - up(self.too_long) - up(self.no_text),
            exact=exact,
            looked_at=self.rows,
            parts_total=up(self.parts),
            parts_min=min(self.by_parts, default=0),
            parts_common=max(self.by_parts, key=lambda parts: self.by_parts[parts], default=0),
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
            longest=self.longest,
            dear=self.dear,
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


def _everyone(db: Connection, audience: Import) -> Iterator[tuple[int, str, list[str]]]:
    after = -1
    while page := imports.rows(db, audience.id, after_row=after, limit=5000):
        yield from page
        after = page[-1][0]


def _some(db: Connection, audience: Import, most: int) -> Iterator[tuple[int, str, list[str]]]:
    """Pieces spread evenly over the sheet: each is found by its key, where every n-th row would read them all."""
    stride = max(1, (audience.total or audience.sendable) // _PIECES)
    after = -1
    for piece in range(_PIECES):
        page = imports.rows(db, audience.id, after_row=max(after, piece * stride - 1), limit=most // _PIECES)
        if not page:
            return
        yield from page
        after = page[-1][0]
