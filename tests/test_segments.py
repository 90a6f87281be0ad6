"""Alphabets, parts and cuts."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextpod_core import segments
from nextpod_core.segments import Alphabet

CASES = json.loads((Path(__file__).parent / "cases" / "texts.json").read_text(encoding="utf-8"))["cases"]
MORE = json.loads((Path(__file__).parent / "cases" / "more_texts.json").read_text(encoding="utf-8"))["cases"]
GSM = st.text(st.sampled_from(segments.BASIC + segments.EXTENSION * 4), max_size=700)
ANY = GSM | st.text(st.sampled_from("aж€😀ŧ\r\n"), max_size=400) | st.text(max_size=400)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["tag"])
def test_a_text_takes_as_many_parts_as_two_independent_splitters_say(case):
    size = segments.measure(case["text"])
    assert (size.alphabet.name, size.units) == (case["encoding"], case["units"])
    assert size.parts - case["parts"] in ((0, 1) if case["contested"] else (0,))


def test_hundreds_of_texts_take_what_the_standard_says():
    found = []
    for tag, pieces, *_ in MORE:
        size = segments.measure(segments.clean("".join(piece * count for piece, count in pieces)))
        found.append([tag, pieces, size.alphabet.name, size.units, size.parts])
    assert found == MORE


@given(ANY)
def test_the_pieces_are_the_text_and_each_fits_its_part(text):
    text = segments.clean(text)
    size, pieces = segments.measure(text), segments.split(text)
    assert "".join(pieces) == text
    assert len(pieces) == size.parts
    room = 160 if size.parts == 1 else 153
    if size.alphabet is Alphabet.UCS2:
        room = 70 if size.parts == 1 else 67
    costs = [sum(_cost(character, size.alphabet) for character in piece) for piece in pieces]
    assert all(cost <= room for cost in costs)
    assert sum(costs) == size.units
    assert not pieces or size.left == room - costs[-1]


@given(ANY)
def test_no_part_could_have_taken_the_next_character(text):
    text = segments.clean(text)
    size, pieces = segments.measure(text), segments.split(text)
    room = 153 if size.alphabet is Alphabet.GSM7 else 67
    for piece, following in zip(pieces, pieces[1:], strict=False):
        assert sum(_cost(each, size.alphabet) for each in piece) + _cost(following[0], size.alphabet) > room


@given(st.text())
def test_cleaning_is_nfc_with_plain_line_ends_and_done_once(text):
    cleaned = segments.clean(text)
    assert segments.clean(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert "\r" not in cleaned and "\x00" not in cleaned


@given(st.text())
def test_units_are_what_utf16_counts(text):
    assert segments.units_utf16(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2


def test_a_lone_surrogate_can_be_sent_as_something():
    assert segments.clean("a\ud83d") == "a\ufffd"
    segments.clean("a\ud83d").encode()


def test_the_characters_that_cost_are_named_with_how_often():
    assert segments.blockers("ŧŧ “æøå” €") == {"ŧ": 2, "“": 1, "”": 1}
    assert segments.blockers("Æ Ø Å {€}") == {}


def test_only_blockers_with_a_safe_replacement_are_suggested():
    text = "“Hei” – ŧ\u00a0…"
    assert segments.suggestions(text) == {"“": '"', "”": '"', "–": "-", "\u00a0": " ", "…": "..."}
    assert segments.replaced(text) == '"Hei" - ŧ ...'
    assert segments.replaced(text, {"ŧ": "t"}) == "“Hei” – t\u00a0…"


@given(ANY)
def test_every_replacement_is_gsm7_and_touches_nothing_else(text):
    assert all(not segments.blockers(new) for new in segments.replacements().values())
    assert set(segments.blockers(segments.replaced(text))) == set(segments.blockers(text)) - set(
        segments.replacements()
    )


def _cost(character, alphabet):
    return 2 if character in segments.EXTENSION and alphabet is Alphabet.GSM7 or character > "\uffff" else 1
