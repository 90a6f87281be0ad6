"""Placeholders."""

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nextpod_core import segments, templates
from nextpod_core.errors import BadInput


@pytest.mark.parametrize(
    "header", ["For navn", "for_navn", "FOR-NAVN", " fornavn ", "For\u00a0Navn", "\ufeffFornavn", "for\u2011navn"]
)
def test_a_column_is_found_without_regard_to_case_and_separators(header):
    assert templates.key(header) == "fornavn"


@pytest.mark.parametrize(
    ("text", "values", "rendered"),
    [
        ("Hei {{navn}}!", {"navn": "  Åse "}, "Hei Åse!"),
        ("Hei {{Navn|venn}}!", {"navn": " "}, "Hei venn!"),
        ("Hei {{navn|}}!", {}, "Hei !"),
        ("A{{medlem?? Vis kortet.}}", {"medlem": "JA"}, "A Vis kortet."),
        ("A{{medlem?? Vis kortet.}}", {"medlem": "nei"}, "A"),
        ("A{{medlem??B}}", {}, "A"),
        ("{{a}}", {"a": "{{b}}", "b": "no"}, "{{b}}"),
        ("{{{a}}} {x}", {"a": "1"}, "{1} {x}"),
        ("{{ a b }}{{A_B}}", {"ab": "1"}, "11"),
        ("e{{a}}", {"a": "\u0301"}, "é"),
        ("a\r\nb{{a}}", {"a": "x\r\ny"}, "a\nbx\ny"),
        ("plain", {}, "plain"),
    ],
)
def test_a_text_is_filled(text, values, rendered):
    template = templates.parse(text)
    assert template.render(values) == rendered
    assert template.compile(list(values))(list(values.values())) == rendered


# Decided from the rules before they were run: text, values by column, what comes out.
FILLED = [
    ('{{ NAVN }}', {'Navn': 'Åse'}, 'Åse'),
    ('{{n a v n}}', {'na_vn': 'x'}, 'x'),
    ('{{na-vn}}', {'NA VN': 'x'}, 'x'),
    ('{{navn| venn }}', {'navn': ''}, 'venn'),
    ('{{navn|a|b}}', {'navn': ''}, 'a|b'),
    ('{{navn|kl: 10 😀}}', {'navn': ''}, 'kl: 10 😀'),
    ('A{{m??  B}}', {'m': 'ja'}, 'A  B'),
    ('{{m??x|y}}', {'m': 'ja'}, 'x|y'),
    ('{{m??}}.', {'m': 'ja'}, '.'),
    ('{{a}}', {'a': '}} {{b|c}} ?? |'}, '}} {{b|c}} ?? |'),
    ('{{a}}', {'a': '%s {0} \\1 \\g<0> $x ${x} {x.__class__}'}, '%s {0} \\1 \\g<0> $x ${x} {x.__class__}'),
    ('{{{a}}}', {'a': '1'}, '{1}'),
    ('{ {a} }', {'a': '1'}, '{ {a} }'),
    ('｛｛a｝｝', {'a': '1'}, '｛｛a｝｝'),
    ('{{ｎａｖｎ}}', {'navn': 'x'}, 'x'),
    ('{{Förnamn}}', {'FÖRNAMN': 'x'}, 'x'),
    ('{{Straße}}', {'STRASSE': 'x'}, 'x'),
    ('{{1}}', {'1': 'x'}, 'x'),
    ('{{a}}{{a}}{{A}}', {'a': 'x'}, 'xxx'),
    ('{{navn?}}', {'navn?': 'x'}, 'x'),
    ('{{pris (kr)}}', {'Pris (kr)': '10'}, '10'),
    ('{{e-post}}', {'Epost': 'a'}, 'a'),
    ('{{a|}}b', {'a': ''}, 'b'),
    ('{{a | b}}', {'a': '  '}, 'b'),
    ("{{a\n}}", {'a': 'x'}, 'x'),
    ("{{a??en\nto}}", {'a': '1'}, 'en\nto'),
    ('{{a ?? b }}', {'a': 'JA'}, ' b '),
    ('{{kunde nr.}}', {'Kunde-nr.': '5'}, '5'),
    ('{{a}}', {'a': 'x\r\ny\x00'}, 'x\ny'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "values", "rendered"), FILLED)
def test_a_placeholder_meets_its_column_and_a_value_is_never_more_than_text(text, values, rendered):
    template = templates.parse(text)
    assert template.render({templates.key(column): value for column, value in values.items()}) == rendered
    assert template.compile(list(values))(list(values.values())) == rendered


@settings(deadline=None)
@given(st.lists(st.sampled_from(["{{a}}", "{{b|-}}", "{{c??x}}", " og ", "€", "å"]), max_size=8),
       st.lists(st.text("{}|?ab€\U0001f600 \\%$", max_size=60), min_size=3, max_size=3))  # fmt: skip
def test_what_is_counted_is_what_is_rendered_and_values_are_put_in_once(pieces, row):
    a, b, c = (each.strip() for each in row)
    by_hand = {"{{a}}": a, "{{b|-}}": b or "-", "{{c??x}}": "x" if templates.is_yes(c) else ""}
    rendered = templates.parse("".join(pieces)).compile(["A", "b", "C"])(row)
    assert rendered == "".join(by_hand.get(piece, piece) for piece in pieces)
    size = segments.measure(rendered)
    assert len(segments.split(rendered)) == size.parts
    assert size.units == (
        segments.units_utf16(rendered)
        if size.alphabet is segments.Alphabet.UCS2
        else len(rendered) + sum(map(rendered.count, segments.EXTENSION))
    )


@pytest.mark.parametrize("text", ["{{" * 100_000, "{{a" * 100_000, "}}" * 100_000, "{{a|" * 50_000 + "}}" * 50_000])
def test_no_text_keeps_the_reader_busy(text):
    began = time.thread_time()
    with pytest.raises(BadInput):
        templates.parse(text)
    assert time.thread_time() - began < 0.5


@pytest.mark.parametrize("yes", ["yes", "Ja", "TRUE", "1", "sann", "kyllä", "já", " x ", "1.0"])
def test_yes_is_understood_as_spreadsheets_write_it(yes):
    assert templates.is_yes(yes)


@pytest.mark.parametrize("no", ["", "no", "nei", "0", "FALSE", "usann", "kanskje"])
def test_everything_else_is_no(no):
    assert not templates.is_yes(no)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Hei {{navn", "Line 1, character 5: {{ is never closed by }}."),
        ("Hei\ndu }}", "Line 2, character 4: }} closes nothing; no {{ before it."),
        ("{{ {{navn}} }}", "Line 1, character 1: {{ is never closed by }}."),
        ("{{navn|{x}}}", "Line 1, character 1: another brace stands between {{ and }}. Take it out."),
        ("Hei {{na{vn}}", "Line 1, character 5: another brace stands between {{ and }}. Take it out."),
        ("{{{{navn}}}}", "Line 1, character 1: {{ is never closed by }}."),
        ("{{ }}", "Line 1, character 1: the placeholder has no name. Write a column's name between the braces."),
        ("{{|x}}", "Line 1, character 1: the placeholder has no name. Write a column's name between the braces."),
    ],
)
def test_a_broken_placeholder_is_told_with_its_place(text, sentence):
    with pytest.raises(BadInput) as told:
        templates.parse(text)
    assert str(told.value) == sentence


def test_holes_are_named_once_by_their_first_writing():
    template = templates.parse("{{For navn}} {{fornavn}} {{by|Oslo}} {{medlem??x}} {{alder}}")
    assert template.names == ["For navn", "by", "medlem", "alder"]
    assert template.missing({"fornavn": " ", "medlem": ""}) == ["For navn", "alder"]
    assert template.missing({"fornavn": "Kari", "alder": "4"}) == ["medlem"]


def test_an_unknown_placeholder_is_named_with_the_nearest_column():
    template = templates.parse("{{fornvan}} {{zzz}} {{By}}")
    assert templates.unknown(template, ["Fornavn", "by"]) == [("fornvan", "Fornavn"), ("zzz", None)]


def test_of_two_columns_with_one_name_the_first_counts_and_short_rows_are_empty():
    render = templates.parse("{{a}}{{b|-}}").compile(["a", "A", "b"])
    assert (render(["1", "2", "3"]), render(["1"]), render([])) == ("13", "1-", "-")


PIECES = st.sampled_from(["Hei ", "{{a}}", "{{B c|x}}", "{{a??ja}}", "{", "}", " ", "{{d}}", "å", "e", "\n"])


@given(st.lists(PIECES, max_size=12), st.lists(st.text(max_size=12), min_size=3, max_size=3))
def test_the_bulk_way_renders_the_same_and_always_clean(pieces, row):
    try:
        template = templates.parse("".join(pieces))
    except BadInput:
        return
    columns = ["a", "b_c", "D"]
    values = dict(zip(map(templates.key, columns), row, strict=True))
    rendered = template.render(values)
    assert template.compile(columns)(row) == rendered
    assert unicodedata.is_normalized("NFC", rendered) and segments.clean(rendered) == rendered


@given(st.text())
def test_a_text_without_double_braces_is_itself(text):
    if "{{" not in text and "}}" not in text:
        assert templates.parse(text).render({}) == segments.clean(text)
