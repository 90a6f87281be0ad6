"""
What a text costs over a whole list after merging: parts, price, and the rows and characters that make it dear.

The whole list is counted at any length, while somebody types too (`groups`). Only while a long list is still being read
for that, or where it can't be, a spread of its rows is rendered and told as an estimate; the review counts every one.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator

from nextpod_core import groups, imports, options, segments, staged, templates
from nextpod_core.db import Connection
from nextpod_core.drafts import Draft
from nextpod_core.imports import Import
from nextpod_core.options import Options
from nextpod_core.reckoning import Measures, Reckoning, Sample

EXACT = 20_000  # Rows that are rendered where a list can't be counted by groups.
QUICK = 2_000  # While somebody types: a twentieth of a second, on a busy machine too.
_PIECES = 40

_kept: OrderedDict[tuple[object, ...], Measures] = OrderedDict()
_lock = threading.Lock()


def measure(db: Connection, draft: Draft, *, team: Options | None = None, most: int = EXACT) -> Measures:
    """
    The draft's text over its list as both stand; remembered until one of them, or a price, changes.

    Where it can't be counted by groups, a list of up to `most` is rendered row by row and of a longer one a spread of
    that many. Raises BadInput for a text that can't be read. Without a list, or a text, nothing is counted.
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
    if found.counting:
        return found
    with _lock:
        _kept[key] = found
        while len(_kept) > 64:
            _kept.popitem(last=False)
    return found


def sample(db: Connection, draft: Draft, *, row: int = 0) -> Sample | None:
    """The text of the first person at or after a row of the sheet; None beyond the last."""
    if draft.import_id is None:
        return None
    return _sample(db, templates.parse(draft.text), imports.get(db, draft.import_id), row)


def _sample(db: Connection, template: templates.Template, audience: Import, row: int) -> Sample | None:
    found = staged.rows(db, audience.id, after_row=row - 1, limit=1)
    if not found:
        return None
    text = template.compile(audience.columns)(found[0][2])
    return Sample(found[0][0], found[0][1], text, segments.measure(text))


def _measured(db: Connection, template: templates.Template, audience: Import, team: Options, most: int) -> Measures:
    def shown(row: int) -> Sample | None:
        return _sample(db, template, audience, row)

    found = Reckoning(template, audience, team)
    if not template.fields and not team.prices:
        # One text for all: what holds for one holds for every one.
        for row, number, cells in staged.rows(db, audience.id, limit=1):
            found.add(row, number, cells)
        return found.result(audience.sendable, exact=True, sample=shown)
    counted = groups.add(db, template, audience, found)
    if counted == "done":
        return found.result(audience.sendable, exact=True, sample=shown)
    later = counted == "later"  # In a moment: for so long a few rows do.
    most = min(most, QUICK) if later else most
    exact = audience.sendable <= most
    for row, number, cells in _everyone(db, audience) if exact else _some(db, audience, most):
        found.add(row, number, cells)
    return found.result(audience.sendable, exact=exact, counting=later and not exact, sample=shown)


def row_by_row(db: Connection, draft: Draft, *, team: Options) -> Measures:
    """What `measure` must say of a draft whose list is read: every row rendered, which takes a million 15 s."""
    assert draft.import_id is not None
    template, audience = templates.parse(draft.text), imports.get(db, draft.import_id)
    found = Reckoning(template, audience, team)
    for row, number, cells in _everyone(db, audience):
        found.add(row, number, cells)
    return found.result(audience.sendable, exact=True, sample=lambda row: _sample(db, template, audience, row))


def _everyone(db: Connection, audience: Import) -> Iterator[tuple[int, str, list[str]]]:
    after = -1
    while page := staged.rows(db, audience.id, after_row=after, limit=5000):
        yield from page
        after = page[-1][0]


def _some(db: Connection, audience: Import, most: int) -> Iterator[tuple[int, str, list[str]]]:
    """Pieces spread evenly over the sheet: each is found by its key, where every n-th row would read them all."""
    stride = max(1, (audience.total or audience.sendable) // _PIECES)
    after = -1
    for piece in range(_PIECES):
        page = staged.rows(db, audience.id, after_row=max(after, piece * stride - 1), limit=most // _PIECES)
        if not page:
            return
        yield from page
        after = page[-1][0]
