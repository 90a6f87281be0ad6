"""Words: every sentence has its Norwegian, and numbers, money and times are written as the reader writes them."""

import ast
import doctest
from zoneinfo import ZoneInfo

import pytest

from nextpod_core import formulas, msisdn
from nextpod_core.sentences import say, say_count
from pages.parts import axes, catalogue, charts, downloads, gate, tables, words

OSLO = ZoneInfo("Europe/Oslo")
SUNDAY = 1_795_352_700_000  # 22 November 2026, 13:05 UTC
HOUR_THAT_COMES_TWICE = 1_792_890_000_000  # 25 October 2026, 01:00 UTC: 02:00 for the second time in Oslo


@pytest.fixture
def reader(monkeypatch):
    """Lets a test read as somebody with a language of their own, by what the browser asks for."""

    def reads(language):
        monkeypatch.setattr(words, "language", lambda: language)

    return reads


def test_the_norwegian_catalogue_is_whole():
    assert list(catalogue.problems()) == []


def test_no_sentence_is_put_together_before_it_is_said():
    assert list(catalogue.unreadable()) == []


@pytest.mark.parametrize("module", [axes, catalogue, charts, formulas, gate, tables, words])
def test_examples_in_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("nb-NO,nb;q=0.9,no;q=0.8,nn;q=0.7,en-US;q=0.6,en;q=0.5", "nb"),
        ("nn", "nb"),
        ("no", "nb"),
        ("nb_NO", "nb"),
        ("en-GB,en;q=0.9,nb;q=0.8", "en"),
        ("en;q=0.5, nb;q=0.9", "nb"),
        ("nb;q=0, en", "en"),
        ("sv-SE,sv;q=0.9,da;q=0.8", "en"),
        ("*", "en"),
        ("", "en"),
        ("nb;q=x, en", "en"),
    ],
)
def test_the_browser_says_which_language(accept, language):
    assert words.best(accept) == language


@pytest.mark.parametrize(
    ("language", "written", "expected"),
    [
        ("nb", lambda: words.number(48210), "48 210"),
        ("en", lambda: words.number(48210), "48,210"),
        ("nb", lambda: words.number(4.25, 1), "4,2"),
        ("nb", lambda: words.number(None), "–"),
        ("nb", lambda: words.percent(0.9661), "96,6 %"),
        ("en", lambda: words.percent(0.9661), "96.6%"),
        ("nb", lambda: words.percent(1, 0), "100 %"),
        ("nb", lambda: words.money(70863.5), "70 863,50 kr"),
        ("en", lambda: words.money(70863.5), "NOK 70,863.50"),
        ("nb", lambda: words.when(SUNDAY, OSLO), "22.11.2026 14:05"),
        ("en", lambda: words.when(SUNDAY, OSLO), "22 Nov 2026, 14:05"),
        ("nb", lambda: words.when(SUNDAY, OSLO, "long"), "søndag 22. november 2026 kl. 14:05"),
        ("nb", lambda: words.when(HOUR_THAT_COMES_TWICE, OSLO, "time"), "02:00"),
        ("nb", lambda: words.when(HOUR_THAT_COMES_TWICE - 3_600_000, OSLO, "time"), "02:00"),
        ("nb", lambda: words.ago(SUNDAY - 120_000, SUNDAY), "for 2 minutter siden"),
        ("en", lambda: words.ago(SUNDAY - 120_000, SUNDAY), "2 minutes ago"),
        ("nb", lambda: words.duration(420), "420 ms"),
        ("nb", lambda: words.duration(8_234), "8,2 s"),
        ("nb", lambda: words.duration(59_999), "1 min"),
        ("nb", lambda: words.duration(7_500_000), "2 t 5 min"),
        ("en", lambda: words.duration(90_000_000), "1 d 1 h"),
    ],
)
def test_figures_are_written_as_the_reader_writes_them(reader, language, written, expected):
    reader(language)
    assert written().replace("\u00a0", " ") == expected


def test_values_are_put_in_after_translating(reader):
    reader("nb")
    assert words.tr(
        say("Nobody translated {this}: {n}, {port}, {share}", this="{x}", n=48210, port=8501, share=0.5)
    ) == ("Nobody translated {x}: 48\u00a0210, 8501, 0,50")


@pytest.mark.parametrize(("count", "said"), [(0, "0 rows"), (1, "1 row"), (48210, "48,210 rows")])
def test_counts_choose_their_wording(reader, count, said):
    reader("en")
    assert words.tr(say_count("{count} row", "{count} rows", count)) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "9172 is too short for a mobile number in Norway."),
     ("nb", "9172 er for kort til å være et mobilnummer i Norge.")],
)  # fmt: skip
def test_a_country_in_a_sentence_of_the_core_is_called_by_its_name(reader, language, said):
    reader(language)
    assert words.tr(msisdn.read("9172", region="NO").reason) == said


def test_a_status_that_has_no_name_stands_as_it_is(reader):
    reader("en")
    assert words.status_label("BUFFERED_PHASE_3") == "BUFFERED_PHASE_3"


COLUMNS = [
    tables.Column("name", "Name"),
    tables.Column("msisdn", "Mobile", "msisdn"),
    tables.Column("share", "Share", "percent"),
    tables.Column("at", "When", "when", zone=OSLO),
    tables.Column("took", "Took", "duration"),
]
ROW = {"name": "=1+1", "msisdn": "4791726200", "share": 1 / 3, "at": SUNDAY, "took": 6683.352207}


def test_a_norwegian_file_opens_in_excel_with_a_double_click(reader):
    reader("nb")
    assert tables.csv_bytes([ROW], COLUMNS, whole=True) == (
        "\ufeffName;Mobile;Share;When;Took (sekunder)\r\n"
        '\'=1+1;"=""4791726200""";0,333333;22.11.2026 14:05:00;6,683\r\n'.encode()
    )


def test_an_english_file_has_commas_and_points(reader):
    reader("en")
    assert b'\'=1+1,"=""4791726200""",0.333333,"22 Nov 2026, 14:05:00",6.683' in tables.csv_bytes(
        [ROW], COLUMNS, whole=True
    )


@pytest.mark.parametrize("text", ["=cmd", "+47", "-2", "@SUM", "\tx", "\rx", "\nx", "＝1+1", "＋47", "－2", "＠SUM"])
def test_nothing_a_person_wrote_becomes_a_formula(text):
    assert formulas.tame(text) == "'" + text
    row, column = {"name": text}, tables.Column("name", "Name")
    assert ("'" + text).encode() in tables.csv_bytes([row], [column])


@pytest.mark.parametrize(("top", "last"), [(0, 1), (1, 1), (3, 3), (7, 8), (48210, 50000), (1e9, 1e9)])
def test_an_axis_ends_at_a_round_number_above_its_figures(top, last):
    steps = axes.nice_steps(top)
    assert steps[-1] == last
    assert len(steps) <= 6


def test_a_sentence_within_an_f_string_is_seen():
    tree = ast.parse("st.caption(f\"{head} · {_('nobody has to sign in')} {n_('{count} row', '{count} rows', n)}\")")
    assert list(catalogue._said_in(tree)) == ["nobody has to sign in", ("{count} row", "{count} rows")]


@pytest.mark.parametrize(
    ("rows", "most", "says"),
    [
        ([{"word": "a"}, {"word": "b"}], 2, None),
        ([{"word": "a"}, {"word": "b"}, {"word": "c"}], 2, "after 2 rows"),
        ([{"word": "a"}, None], 2, "after 1 row,"),
        ([], 2, None),
    ],
)
def test_a_file_that_ends_early_says_so_in_its_last_row(rows, most, says):
    told = [row["word"] for row in downloads.ending(rows, "word", most=most)]
    known = [row["word"] for row in rows if row][:most]
    assert told[: len(known)] == known
    assert (told[len(known) :] == []) if says is None else (says in told[-1] and len(told) == len(known) + 1)
