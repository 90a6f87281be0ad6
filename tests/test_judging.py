"""A list read a block at a time says of every row what reading it alone says, wherever the blocks begin."""

import os

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from nextpod_core import audience, blocks, consent, msisdn, settings, staged, store, suppressions
from nextpod_core.charsets import Encoding
from nextpod_core.db import transaction
from nextpod_core.delimited import Block, Delimited
from nextpod_core.judging import Judge
from nextpod_core.people import COMMAND, DESK
from nextpod_core.seen import Seen
from nextpod_core.staged import Verdict, pack
from nextpod_core.standing import Standing

NOW = 1_800_000_000_000
SHORT = hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=150, deadline=None
)
SUPPRESSED = "4791726201"

NUMBERS = st.sampled_from(
    ["91726200", "917 26 200", "917-26-200", "+4791726200", "004791726200", "4791726200", "91726201", "91726200.0",
     "+46701234567", "0701234567", "+45 20 12 34 56", "22334455", "59445000", "12-11-2024", "-91726200", "917262",
     "", " ", "ukjent", "mobil", "\u00a091726202", "+47 (0) 91726203", "91726204\n91726205", "２２"]
) | st.from_regex(r"(\+47|0047|47)?9172[67]\d{3}", fullmatch=True)  # fmt: skip
CELLS = st.sampled_from(
    ["", " ", "Kari", "Ola; Siv", "Åse\nLiv", '"Per"', "navn", "a\x1fb", "c\x1ed", "x" * 5001, "\t"]
)
ROWS = st.lists(
    st.tuples(NUMBERS, CELLS, st.lists(CELLS, max_size=2)).map(lambda row: [row[0], row[1], *row[2]])
    | st.just([])
    | st.just(["mobil", "navn"])
    | NUMBERS.map(lambda number: [number]),
    min_size=1,
    max_size=30,
)


@pytest.fixture
def db(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("NEXTPOD_")]:
        monkeypatch.delenv(name)
    given_settings = settings.load({"NEXTPOD_DATABASE": str(tmp_path / "desk.db")})
    store.migrate(given_settings, now=NOW, by=COMMAND)
    found = store.open(given_settings)
    with transaction(found):
        suppressions.add(found, msisdn=SUPPRESSED, reason="hand", by=DESK, now=NOW)
    yield found
    found.close()


def alone(rows, broken):
    """What is wanted of each row, one by one, from the slow reading of its number: the rules without any haste."""
    seen, found = set(), {}
    for row, cells in rows:
        cells = cells[:2]
        cell = cells[0] if cells else ""
        if audience.is_blank(cells) and row not in broken:
            continue
        if audience.is_blank(cells) or [each.strip() for each in cells] == ["mobil", "navn"]:
            continue
        number = msisdn.read_slow(cell, region="NO")
        verdict, digits = staged.verdict_of(number), number.msisdn or number.candidate
        if row in broken:
            verdict, digits = Verdict.INVALID, None
        elif not cell.strip():
            verdict, digits = Verdict.MISSING, None
        elif verdict in (Verdict.GOOD, Verdict.DOUBTFUL):
            if digits in seen:
                verdict = Verdict.DUPLICATE
            elif digits == SUPPRESSED:
                verdict = Verdict.SUPPRESSED
            seen.add(digits)
        kept = pack([each[: audience.LONGEST_CELL] for each in cells])
        found[row] = (str(verdict), digits, kept)
    return found


def judged(db, some, *, delimiter=None, broken=None):
    layout = audience.Layout(1, ("mobil", "navn"), ("mobil", "navn"), 0, ("", ""), ())
    judge = Judge(layout, region="NO", delimiter=delimiter, broken=broken or {}, standing=Standing(db))
    found = {}
    for block in some:
        each = judge.judge(block)
        assert len(each.numbers) == len(each.lines) == block.count
        for row, (number, line) in enumerate(zip(each.numbers, each.lines, strict=True), start=each.first):
            assert number or not line
            if number:
                found[row] = ("good", number, line)
        found |= {row: (verdict, digits, line) for row, verdict, digits, line, _reason in each.held}
        assert not [row for row, verdict, _, _, reason in each.held if not reason and verdict != "duplicate"]
    assert sum(judge.noticed.counts.values()) == len(found)
    return found, judge.noticed


@given(rows=ROWS, size=st.integers(1, 12), broken=st.sets(st.integers(2, 20), max_size=2))
@SHORT
def test_rows_in_blocks_are_judged_as_each_alone(db, rows, size, broken):
    numbered = list(enumerate(rows, start=2))
    some = [Block(at + 2, len(rows[at : at + size]), [[*row] for row in rows[at : at + size]])
            for at in range(0, len(rows), size)]  # fmt: skip
    opened = dict.fromkeys(broken, 7)
    found, noticed = judged(db, some, broken=opened)
    assert found == alone(numbered, opened)
    assert noticed.ragged == sum(any(cell.strip() for cell in row[2:]) for row in rows)
    assert noticed.cut == sum(any(len(cell) > audience.LONGEST_CELL for cell in row[:2]) for row in rows)


@given(rows=ROWS, size=st.integers(1, 12))
@SHORT
def test_lines_that_need_no_parser_are_judged_as_rows(db, rows, size):
    lines = [";".join(cell.replace(";", "").replace("\n", "") for cell in row) for row in rows]
    some = [Block(at + 2, len(lines[at : at + size]), text="\n".join(lines[at : at + size]))
            for at in range(0, len(lines), size)]  # fmt: skip
    found, _ = judged(db, some, delimiter=";")
    assert found == alone([(row, line.split(";")) for row, line in enumerate(lines, start=2)], {})


LINES = st.lists(
    st.sampled_from(
        ["91726200;Kari", "91726201; Ola", '91726202;"Siv; Per"', '91726203;"Åse', '91726204;"Liv\nhos Per"', '"',
         '91726205;Ada"', " 91726206;Bo", "", ";", '"91726207";"a ""b"" c"', "91726208;x;y", 'a"b;c', "   "]
    ),
    max_size=25,
)  # fmt: skip


@given(lines=LINES, end=st.sampled_from(["\n", "\r\n", "\r"]), last=st.booleans(), most=st.integers(1, 7),
       delimiter=st.sampled_from([";", ",", "x"]))  # fmt: skip
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=400, deadline=None)
def test_blocks_hold_the_very_rows_that_are_read_one_by_one(tmp_path, lines, end, last, most, delimiter):
    text = end.join(lines) + (end if last else "")
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8", newline="")
    one, other = (Delimited(path, Encoding("utf-8", 1, '"' in text), delimiter, False, 2) for _ in range(2))
    found = []
    for block in other.blocks(most):
        rows = [line.split(delimiter) for line in block.text.split("\n")] if block.rows is None else block.rows
        assert len(rows) == block.count
        found += enumerate(rows, start=block.first)
    wanted = list(one.rows())
    # An empty line is a row without cells in one, and with one empty cell in the other.
    assert [(row, cells or [""]) for row, cells in found] == [(row, cells or [""]) for row, cells in wanted]
    assert other.broken == one.broken


@given(st.lists(st.sets(st.integers(1, 60), min_size=1, max_size=8), max_size=20), st.integers(0, 20))
def test_numbers_met_before_are_known_however_many(chunks, in_a_set):
    seen, met = Seen(in_a_set), set()
    for keys in chunks:
        assert seen.add(set(keys)) == keys & met
        met |= keys


@pytest.mark.parametrize("most", [1, 1000])
def test_who_is_suppressed_is_known_as_the_store_knows_it_also_who_came_meanwhile(db, most):
    standing = Standing(db, most)
    numbers = [f"479172620{n}" for n in range(6)]
    assert standing.among(numbers) == {SUPPRESSED}
    with transaction(db):
        suppressions.add(db, msisdn=numbers[3], reason="stop", by=DESK, now=NOW)
    with transaction(db):
        db.execute("INSERT INTO suppressed_people VALUES (?, 'stop', ?)", (consent.person(db, numbers[4]), NOW))
        db.execute("UPDATE changes SET version = version + 1 WHERE topic = 'suppressions'")
    standing.refresh()
    assert standing.among(numbers) == {SUPPRESSED, numbers[3], numbers[4]} == suppressions.suppressed_among(db, numbers)


@pytest.fixture
def listed(db):
    db.execute(
        """
        INSERT INTO imports (id, filename, bytes, digest, state, region, columns, number_column, created_at)
        VALUES (1, 'l.csv', 1, x'00', 'done', 'NO', '["mobil", "navn"]', 0, 0)
        """
    )
    for first in (2, 5, 11):
        numbers = [f"4791726{row:03d}" if row % 3 else "" for row in range(first, first + 3)]
        blocks.write(db, 1, first, numbers, [pack([number, "Łucja"]) if number else "" for number in numbers])
    db.execute(
        "INSERT INTO staged (import_id, row, verdict, msisdn, cells) VALUES (1, 6, 'good', '4791726006', ?)",
        (pack(["91726006", "Siv"]),),
    )
    return db


def test_good_rows_come_in_the_order_of_the_sheet_wherever_they_are_kept(listed):
    assert [row for row, _, _ in staged.rows(listed, 1)] == [2, 4, 5, 6, 7, 11, 13]
    assert [row for row, _, _ in staged.rows(listed, 1, after_row=4, limit=3)] == [5, 6, 7]
    assert [row for row, _, _ in staged.rows(listed, 1, after_row=8)] == [11, 13]
    assert staged.cells(listed, 1, [3, 4, 6, 9, 13, 99]) == {
        4: ["4791726004", "Łucja"], 6: ["91726006", "Siv"], 13: ["4791726013", "Łucja"],
    }  # fmt: skip


def test_one_row_can_be_taken_out_and_found_before_that(listed):
    assert blocks.holding(listed, "4791726004") == [(1, 4)]
    with transaction(listed):
        assert blocks.forget(listed, 1, 4)
        assert not blocks.forget(listed, 1, 3)
        assert not blocks.forget(listed, 1, 9)
    assert blocks.holding(listed, "4791726004") == []
    assert [row for row, _, _ in staged.rows(listed, 1)] == [2, 5, 6, 7, 11, 13]
