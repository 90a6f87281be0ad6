"""
What a key costs that is pressed while a text is written: `python -m bench.composing`, of lists up to a million rows.

Each text is counted over the whole list as it stands after one more letter. What counts is processor time: others may
slow the clock. Memory is what the process holds with the list more than without.
"""

import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench import machine
from nextpod_core import blocks, drafts, measures, options, settings, shapes, store
from nextpod_core.db import Connection, transaction
from nextpod_core.drafts import Draft
from nextpod_core.people import COMMAND, DESK

NOW = 1_800_000_000_000
TIMES = 20
MOST_MS = 100.0
COLUMNS = ["mobil", "fornavn", "etternavn", "sted", "medlem", "pris"]
FIRST = ["Kari", "Ola", "Åse", "Bjørn", "Łukasz", "Mária", "Siv", "Per-Erik", "Ngọc", "Žana", "Liv", "Šarūnas"]
LAST = ["Nordmann", "Hansen", "Ødegård", "Kovačević", "Li", "Nguyễn", "Sæther", "Olsen", "Þórsdóttir", "Berg"]
TEXTS = {
    "one placeholder": "Hei {{fornavn}}! Møtet er flyttet til torsdag klokka 18, i samme lokale som sist. Vel møtt",
    "four, a default, a condition": "Hei {{fornavn|du}} {{etternavn}} fra {{sted}}! {{medlem??Takk for at du er med. }}"
    "Prisen er {{pris}} i år. Vel møtt til alle sammen, og ta gjerne med noen som er nysgjerrige på dette",
    "a pictogram: two units at every border": "Hei {{fornavn}} {{etternavn}} 🎉 " + "Vel møtt 🎈 på torsdag. " * 8,
    "no placeholder, a price by country": "Møtet er flyttet til torsdag klokka 18. Vel møtt",
}


def fill(db: Connection, rows: int) -> int:
    """A list that was read: names of a few hundred kinds, two of a hundred outside GSM-7."""
    dice = random.Random(rows)
    names = [f"{name}{'n' * place}" for name in FIRST for place in range(6)]
    plain = [each for each in names if each.isascii() or each[0] in "ÅB"]
    with transaction(db):
        found = int(
            db.execute(
                """
                INSERT INTO imports (filename, bytes, digest, state, region, columns, number_column, counts, total,
                                     created_at)
                VALUES ('people.csv', 1, x'00', 'done', 'NO', ?, 0, ?, ?, ?) RETURNING id
                """,
                (json.dumps(COLUMNS), json.dumps({"good": rows}), rows + 1, NOW),
            ).fetchone()[0]
        )
    for start in range(0, rows, 5_000):
        with transaction(db):
            for first in range(start, min(start + 5_000, rows), blocks.MOST):
                numbers = [f"479{first + place:07d}" for place in range(min(blocks.MOST, rows - first))]
                lines = [
                    blocks.CELL.join([
                        number, dice.choice(names if dice.random() < 0.04 else plain), dice.choice(LAST[:3]),
                        dice.choice(["Oslo", "Bø", "Mo i Rana", "Kristiansund"]), dice.choice(["ja", "nei", ""]),
                        f"{dice.choice(['€', 'kr'])} {dice.randrange(90, 1200)}",
                    ])
                    for number in numbers
                ]  # fmt: skip
                blocks.write(db, found, first + 2, numbers, lines)
    return found


def held() -> float:
    """Megabytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def typed(db: Connection, draft: Draft, text: str, team: options.Options) -> list[float]:
    """Milliseconds of processor for each of the last letters of a text."""
    found = []
    for end in range(len(text) - TIMES, len(text)):
        draft = drafts.change(db, draft.id, by=DESK, now=NOW, while_typing=True, text=text[: end + 1])
        begun = time.process_time()
        told = measures.measure(db, draft, team=team)
        found.append((time.process_time() - begun) * 1000)
        assert told.exact
    return found


def main(sizes: list[int]) -> int:
    """Fill, type, tell; 1 when a key cost more than it may."""
    print(f"{machine.told()}; load {machine.load():.1f}")
    slow = 0
    with tempfile.TemporaryDirectory() as folder:
        given = settings.load({"NEXTPOD_DATABASE": str(Path(folder) / "desk.db")})
        store.migrate(given, now=NOW, by=COMMAND)
        db = store.open(given)
        for size in sizes:
            listed = fill(db, size)
            for told, text in TEXTS.items():
                team = options.Options(price=0.4, prices={"SE": 0.9} if "country" in told else {})
                draft = drafts.new(db, by=DESK, now=NOW, import_id=listed, text=text[:-TIMES])
                before, begun = held(), time.process_time()
                measures.measure(db, draft, team=team)
                shapes.wait()
                measures.measure(db, draft, team=team)
                read, more = time.process_time() - begun, held() - before
                spent = typed(db, draft, text, team)
                slow += statistics.median(spent) > MOST_MS
                print(
                    f"{size:>9,} rows, {told}: a key {statistics.median(spent):.1f} ms (most {max(spent):.1f}); read "
                    f"once in {read:.2f} s, {more:+.0f} MB"
                )
        print(f"{held():.0f} MB in all; load {machine.load():.1f}")
    return int(slow > 0)


if __name__ == "__main__":
    sys.exit(main([int(each) for each in sys.argv[1:]] or [10_000, 100_000, 1_000_000]))
