"""The whole list counted by kinds of rows: the same on every list as row by row, and at any length."""

import contextlib
import dataclasses
import json
import sys
import unicodedata

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nextpod_core import blocks, drafts, measures, options, shapes, staged, templates
from nextpod_core.db import transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import DESK
from tests.outboxes import NOW, new_store

COLUMNS = ["mobil", "navn", "sted", "medlem"]
# Plain, an escape, outside GSM-7 with and without a replacement, two units, what melts into the letter before it.
LETTERS = "aZ é\n€[~Łŧ–…č\u00a0\u200bЯ日😀🇳\u0301\u0327\u1161\u11a8\u09be\u094d\r\x00e\u1100\u0343"
WORDS = st.text(LETTERS, max_size=12)
LENGTHS = st.sampled_from([0, 30, 53, 54, 58, 60, 63, 64, 66, 67, 68, 100, 130, 140, 145, 147, 148, 149, 150, 152, 153])
VALUES = st.one_of(
    WORDS, st.sampled_from(["", " ", "ja", "Kari", "JÁ", "e\u0301va", "1.0", "Kyllä", "\x00"]),
    st.builds(lambda long, word: "n" * long + word, LENGTHS, WORDS),
)  # fmt: skip
FIELDS = st.one_of(
    st.sampled_from(["{{navn}}", "{{sted}}", "{{NAVN|venn}}", "{{sted|}}", "{{medlem??Takk! }}", "{{medlem}}"]),
    st.builds(lambda word: "{{navn|" + "".join(set(word) - set("{}|")) + "}}", WORDS),
    st.builds(lambda word: "{{medlem??" + "".join(set(word) - set("{}")) + "}}", WORDS),
)
TEXTS = st.lists(st.one_of(FIELDS, WORDS, st.builds("a".__mul__, LENGTHS)), min_size=1, max_size=6).map("".join)


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    _settings, db = new_store(tmp_path_factory.mktemp("groups"))
    db.execute("PRAGMA synchronous = OFF")  # No power is lost here, and every example writes.
    yield db
    db.close()


@contextlib.contextmanager
def begun(db):
    """A list that was read, by its number; what stands in it is written within the block."""
    with transaction(db):
        yield db.execute(
            """
            INSERT INTO imports (filename, bytes, digest, state, region, columns, number_column, created_at)
            VALUES ('x', 1, x'00', 'done', 'NO', ?, 0, ?) RETURNING id
            """,
            (json.dumps(COLUMNS), NOW),
        ).fetchone()[0]


def a_list(db, rows, *, alone=()):
    """A list that was read, its rows in blocks of three, those at `alone` as rows of their own."""
    with begun(db) as id:
        packed = [(f"4790{n:06d}" if n % 3 else f"4670{n:07d}", staged.pack(cells)) for n, cells in enumerate(rows)]
        for start in range(0, len(packed), 3):
            some = packed[start : start + 3]
            keep = [start + n not in alone for n in range(len(some))]
            blocks.write(
                db, id, 2 + start, [n if kept else "" for (n, _), kept in zip(some, keep, strict=True)],
                [line if kept else "" for (_, line), kept in zip(some, keep, strict=True)],
            )  # fmt: skip
        db.executemany(
            "INSERT INTO staged (import_id, row, verdict, msisdn, cells) VALUES (?, ?, 'good', ?, ?)",
            [(id, 2 + n, *packed[n]) for n in alone if n < len(packed)],
        )
        db.execute("UPDATE imports SET counts = ? WHERE id = ?", (json.dumps({"good": len(rows)}), id))
    return id


def both(db, id, text, team):
    """Quick and slow, of a draft with this text."""
    draft = drafts.new(db, by=DESK, now=NOW, import_id=id, text=text)
    return measures.measure(db, draft, team=team), measures.row_by_row(db, draft, team=team)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.lists(st.lists(VALUES, max_size=3), min_size=1, max_size=9), text=TEXTS,
    alone=st.sets(st.integers(0, 8), max_size=3), prices=st.booleans(),
)  # fmt: skip
def test_counted_by_kinds_it_is_what_it_is_row_by_row(db, rows, text, alone, prices):
    try:
        assume(templates.parse(text).pieces and text.strip())
    except BadInput:
        assume(False)
    team = options.Options(price=0.4, prices={"SE": 0.9} if prices else {})
    id = a_list(db, [["4790000000", *cells] for cells in rows], alone=sorted(alone))
    quick, slow = both(db, id, text, team)
    assert dataclasses.replace(quick, looked_at=slow.looked_at) == slow


def test_every_character_that_may_melt_into_the_one_before_it_is_known():
    melting = {chr(each) for each in range(sys.maxunicode + 1) if unicodedata.combining(chr(each))}
    for each in range(sys.maxunicode + 1):
        pair = unicodedata.decomposition(chr(each)).split()
        if len(pair) == 2 and not pair[0].startswith("<"):
            melting.add(chr(int(pair[1], 16)))
    melting |= {chr(each) for each in (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))}  # Hangul is composed by rule.
    assert len(melting) > 900
    assert [hex(ord(each)) for each in sorted(melting) if not shapes.joins(each)] == []
    assert not any(map(shapes.joins, "aåÅéŁЯ日😀 ←𝔸"[:-1]))


def test_a_long_list_is_read_beside_and_then_counted_to_the_last_row(db, monkeypatch):
    monkeypatch.setattr(shapes, "AT_ONCE", 3)
    id = a_list(db, [["x", "Łukasz" if n % 3 else "Kari"] for n in range(3_000)])
    team = options.Options(price=0.5)
    quick, slow = both(db, id, "Hei {{navn}}", team)
    assert (quick.exact, quick.counting, quick.looked_at) == (False, True, measures.QUICK)
    assert quick.people == slow.people and abs(quick.ucs2 - slow.ucs2) < 100
    shapes.wait()
    assert both(db, id, "Hei {{navn}}", team) == (slow, slow)


def test_a_list_of_too_many_kinds_is_counted_row_by_row_and_a_long_one_says_so(db, monkeypatch):
    monkeypatch.setattr(shapes, "MOST_SHAPES", 3)
    id = a_list(db, [["x", f"Ł{chr(0x430 + n % 30)}"] for n in range(60)])
    quick, slow = both(db, id, "Hei {{navn}}", options.Options())
    assert quick == slow
    draft = drafts.new(db, by=DESK, now=NOW, import_id=id, text="Hei, {{navn}}")
    told = measures.measure(db, draft, team=options.Options(), most=50)
    assert (told.exact, told.counting, told.people) == (False, False, 60)


def test_what_is_kept_of_lists_is_bounded(db, monkeypatch):
    monkeypatch.setattr(shapes, "MOST_KEPT", 100)
    for n in range(6):
        both(db, a_list(db, [["x", "Kari"]] * (20 + n)), "Hei {{navn}}", options.Options())
    assert sum(each.cells for each in shapes._kept.values() if each) <= 100
