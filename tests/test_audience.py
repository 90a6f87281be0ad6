"""Any real spreadsheet: what is found in it, and what is said about what is none."""

import base64
import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from nextpod_core import audience, checking, opening
from nextpod_core.errors import BadInput

CASES = json.loads((Path(__file__).parent / "cases" / "files.json").read_text())["cases"]

MORE = json.loads((Path(__file__).parent / "cases" / "more_files.json").read_text(encoding="utf-8"))["cases"]
LISTS = ("bad_rows", "missing_rows", "duplicate_rows", "missing_columns")


def table_of(tmp_path, content, name="list.csv"):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return opening.open_table(path)


def layout_of(tmp_path, content):
    return audience.layout(audience.first_rows(table_of(tmp_path, content).rows()), region="NO")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_file_gives_what_a_person_sees_in_it(case, tmp_path):
    path = tmp_path / case["filename"]
    path.write_bytes(base64.b64decode(case["bytes_base64"]))
    found = checking.check(path, text=case["text"], region=case["default_country"])
    wanted = dict(case["expected"])
    rows = wanted.pop("rows", None)
    if "error" in wanted:
        assert wanted.pop("error") in found["error"]
    assert {name: found[name] for name in wanted} == wanted
    for row, seen in zip(rows or [], found.get("rows", []), strict=rows is not None):
        assert {name: seen[name] for name in row} == row


@pytest.mark.parametrize("case", MORE, ids=lambda case: case["name"])
def test_a_text_file_of_any_make_gives_what_a_person_sees_in_it(case, tmp_path):
    path = tmp_path / case["filename"]
    path.write_bytes(base64.b64decode(case["base64"]) if "base64" in case else case["body"].encode(case["encoding"]))
    found = checking.check(path, text=case["text"], region=case["region"])
    if "error" in case:
        assert case["error"] in found["error"]
        return
    assert (found["number_column"], found["header_row"]) == (case["column"], case["header_row"])
    assert {name: found[name] for name in LISTS} == {name: case.get(name, []) for name in LISTS}
    assert case.get("note", "") in " ".join(found["notes"])
    for seen, wanted in zip(found["rows"], case["rows"] or found["rows"], strict=True):
        if case["rows"] is not None:
            name = next(
                (seen["values"][key] for key in ("navn", "name", "namn", "nimi") if key in seen["values"]), None
            )
            assert [seen["sheet_row"], seen["digits"], name][: len(wanted)] == wanted


NAMES = ["Åse", "Bjørn", "Kåre Østby", "Märta Öst", "Jürgen Größ", "Renée", "Søren Kjær", "ÅSE MØLLER", "Pär-Åke"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=9), st.sampled_from(["cp1252", "latin-1", "cp865", "cp850",
       "mac_roman", "utf-8", "utf-16"]))  # fmt: skip
def test_names_come_through_from_every_charset_of_these_countries(tmp_path_factory, names, charset):
    if charset == "cp865":
        names = [name.replace("ß", "ss") for name in names]
    written = "mobil;navn\n" + "".join(f"9172{n:04d};{name}\n" for n, name in enumerate(["Bjørn Åse", *names]))
    table = table_of(tmp_path_factory.mktemp("t"), written.encode(charset))
    assert [cells[1] for _, cells in table.rows()] == ["navn", "Bjørn Åse", *names]


@pytest.mark.parametrize("name", ["O’Brien", "D’Angelo", "“Kåre”", "Šarunas", "Dušan", "Oslo–Bergen",
                                  "Hei…", "5 €", "Žan", "Acme™", "£100", "£fond", "Þorsteinn", "Ðóra", "§ 12", "A · B",
                                  "10 µg", "Bo • Ola", "2ª", "¤x"])  # fmt: skip
def test_windows_quotes_and_carons_are_taken_for_no_old_charset(tmp_path, name):
    assert list(table_of(tmp_path, f"mobil;navn\n91726200;{name}\n".encode("cp1252")).rows())[1][1][1] == name


def test_customers_numbered_one_by_one_are_no_phones(tmp_path):
    rows = "".join(f"4000000{n};Kari;9172620{n * n}\n" for n in range(4))
    assert layout_of(tmp_path, f"nr;navn;kontakt\n{rows}").number_column == 2
    assert layout_of(tmp_path, "".join(f"4000000{n}\n" for n in range(4))).number_column == 0


@pytest.mark.parametrize("first", ["9172620", "22 12 34 56", "+47 9172620", "59445000", "'9172620"])
def test_a_first_row_whose_number_cant_be_texted_is_no_header(tmp_path, first):
    layout = layout_of(tmp_path, f"{first};Kari\n91726201;Ola\n")
    assert (layout.header_row, layout.number_column) == (None, 0)


@pytest.mark.parametrize("first", ["2026", "01.11.2026", "Dato", "", "Antall: 2"])
def test_a_year_or_a_date_above_the_numbers_is_a_header_or_a_title(tmp_path, first):
    assert layout_of(tmp_path, f"{first};Medlemmer\n91726201;Ola\n").header_row == 1


def test_a_quote_that_is_never_closed_is_told_with_its_line_and_swallows_nothing(tmp_path):
    rows = "".join(f"9172{n:04d};Person {n}\n" for n in range(1000))
    table = table_of(tmp_path, f'mobil;navn\n{rows}91720000;"open\n{rows}')
    found = list(table.rows())
    assert len(found) == 2002
    assert table.broken == {1002: 1002}
    assert found[-1] == (2002, ["91720999", "Person 999"])


def test_many_open_quotes_cost_no_more_than_a_few(tmp_path):
    table = table_of(tmp_path, "mobil;navn\n" + '91726200;"Kari\n' * 3001)
    assert len(list(table.rows())) == 3002


def test_a_line_without_end_is_no_table(tmp_path):
    with pytest.raises(BadInput, match="more than a million characters"):
        table_of(tmp_path, "9" * 3_000_000)


def test_a_cell_of_a_hundred_thousand_characters_is_read(tmp_path):
    ((_, cells),) = list(table_of(tmp_path, f'mobil;navn\n91726200;"{"x" * 100_000}"\n').rows())[1:]
    assert len(cells[1]) == 100_000


def test_sixteen_thousand_columns_are_told_and_the_first_five_hundred_read(tmp_path):
    layout = layout_of(tmp_path, ";".join(["mobil", *(f"k{n}" for n in range(16_383))]) + "\n91726200" + ";x" * 16_383)
    assert len(layout.columns) == 500
    assert layout.number_column == 0
    assert "16384 columns" in str(layout.notes[0])


def test_empty_columns_at_the_end_are_no_columns(tmp_path):
    assert layout_of(tmp_path, "mobil;navn" + ";" * 200 + "\n91726200;Kari" + ";" * 200).columns == ("mobil", "navn")


def test_columns_of_one_name_are_told_and_told_apart(tmp_path):
    layout = layout_of(tmp_path, "mobil;navn;Navn\n91726200;Kari;Eksempel\n")
    assert layout.columns == ("mobil", "navn", "Navn (2)")
    assert "More than one column is called Navn" in str(layout.notes[0])


@pytest.mark.parametrize("name", ["Bjørn", "Åse", "Märta", "Æse – x"])
def test_letters_that_were_garbled_on_the_way_are_told(tmp_path, name):
    garbled = name.encode().decode("cp1252", errors="replace")
    assert "look garbled" in str(layout_of(tmp_path, f"mobil;navn\n91726200;{garbled}\n").notes)
    assert not layout_of(tmp_path, f"mobil;navn\n91726200;{name}\n").notes


def test_a_column_without_a_name_goes_by_its_letter(tmp_path):
    assert layout_of(tmp_path, "mobil;;by\n91726200;Kari;Bergen\n").columns == ("mobil", "B", "by")


def test_a_workbook_that_unfolds_to_gigabytes_is_not_unpacked(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (150 << 20))
    with pytest.raises(BadInput, match="unfolds to 150 MB"):
        table_of(tmp_path, packed.getvalue(), "bomb.xlsx")


def test_a_cell_in_the_last_corner_of_the_sheet_does_not_fill_the_memory(tmp_path):
    book = Workbook()
    book.active.append(["Mobil", "Navn"])
    book.active["XFD1048576"] = "x"
    book.save(tmp_path / "far.xlsx")
    with pytest.raises(BadInput, match="column XFD and row 1048576"):
        opening.open_table(tmp_path / "far.xlsx")


def test_the_sheet_can_be_chosen_and_hidden_ones_can_not(tmp_path):
    book = Workbook()
    book.active.title = "Skjult"
    book.active.sheet_state = "hidden"
    for name in ("Januar", "Februar"):
        book.create_sheet(name).append([name])
    book.save(tmp_path / "sheets.xlsx")
    table = opening.open_table(tmp_path / "sheets.xlsx", sheet="Februar")
    assert opening.sheets_of(table) == ("Januar", "Februar")
    assert list(table.rows()) == [(1, ["Februar"])]
    assert opening.open_table(tmp_path / "sheets.xlsx", sheet="Skjult").sheet == "Januar"


def test_formulas_that_nobody_has_reckoned_are_told(tmp_path):
    book = Workbook()
    for row in (["mobil", "navn"], ['=CONCATENATE("917","26200")', "=A1"], [91726200, "Bo"]):
        book.active.append(row)
    book.save(tmp_path / "formulas.xlsx")
    (note,) = opening.open_table(tmp_path / "formulas.xlsx").notes
    assert "2 cells hold formulas without their results" in str(note)


def test_hidden_rows_are_told(tmp_path):
    book = Workbook()
    for row in (["Mobil"], ["91726200"], ["92345678"]):
        book.active.append(row)
    book.active.row_dimensions[3].hidden = True
    book.save(tmp_path / "hidden.xlsx")
    assert "1 row of the workbook is hidden" in str(opening.open_table(tmp_path / "hidden.xlsx").notes[0])


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("91726200", 1),
        ("917 26 200, 923 45 678", 2),
        ("91726200;92345678\n93456789", 3),
        ("+47 917 26 200\r\n\r\n923 45 678", 2),
        ("mobil\tnavn\n91726200\tKari", 2),
    ],
)
def test_pasted_numbers_become_rows(text, rows):
    assert len(opening.pasted(text).splitlines()) == rows


@settings(deadline=None)
@example([["", "", ","], ["", "", "", ""]])
@example([["", "", ","], ["", "", "", ","], ["", ""]])
@given(
    st.lists(st.lists(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=8), min_size=2, max_size=4))
)
def test_what_a_spreadsheet_writes_is_read_back(tmp_path_factory, rows):
    import csv

    written = io.StringIO()
    csv.writer(written, delimiter=";", quoting=csv.QUOTE_ALL).writerows([["mobil", "navn"], *rows])
    table = table_of(tmp_path_factory.mktemp("t"), written.getvalue())
    # Spaces before a cell are taken off by design.
    assert [cells for _, cells in table.rows()][1:] == rows


@settings(deadline=None)
@given(st.binary(max_size=3000))
def test_no_bytes_bring_more_than_a_sentence(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("t") / "any"
    path.write_bytes(content)
    found = checking.check(path, text="Hei {{navn}}")
    assert found["readable"] or found["error"]


def test_a_cell_of_two_lines_is_one_cell_wherever_it_stands(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text('Navn;Mobil;By\n"Åse\nLinje";91726370;Oslo\nKari;91726371;"Bodø\nsør"\n', encoding="utf-8")
    found = checking.check(path, region="NO")
    assert [(row["digits"], row["values"]["navn"]) for row in found["rows"]] == [
        ("4791726370", "Åse\nLinje"), ("4791726371", "Kari"),
    ]  # fmt: skip
    assert found["bad_rows"] == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "The file is empty"),
        (" \n\n", "The file is empty"),
        ("mobil;navn\n", "a header and no rows below it"),
        ("landkode;mobil\n45;40123456\n", "other country codes, such as 45"),
    ],
)
def test_what_a_person_must_know_of_a_list_is_told(tmp_path, content, words):
    path = tmp_path / "list.csv"
    path.write_text(content)
    found = checking.check(path, text="Hei")
    assert found["readable"] and words in " ".join(found["notes"])


def test_a_column_of_the_countrys_own_code_is_nothing_to_tell(tmp_path):
    assert not layout_of(tmp_path, "landkode;mobil\n+47;91726200\n47;92345678\n;93456789\n").notes


def test_a_repeated_header_in_capitals_and_the_end_of_an_old_file_are_no_people(tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes(b"mobil;navn\n91726200;Kari\nMOBIL;NAVN\n92345678;Ola\n\x1a")
    found = checking.check(path, text="Hei {{navn}}")
    assert [row["sheet_row"] for row in found["rows"]] == [2, 4]


def test_a_country_is_two_letters_in_any_case_and_a_large_file_is_not_read(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("mobil\n91726200\n" + "\n" * (2 << 20))
    assert checking.check(path, text="Hei", region="no")["sendable"] == 1
    assert "QQ is not a country" in checking.check(path, text="Hei", region="QQ")["error"]
    assert "larger than 1 MB" in checking.check(path, text="Hei", most_mb=1)["error"]


def test_an_empty_sheet_in_front_is_passed_over(tmp_path):
    book = Workbook()
    book.create_sheet("Medlemmer").append(["91726200"])
    book.create_sheet("Tom")
    book.save(tmp_path / "sheets.xlsx")
    assert opening.open_table(tmp_path / "sheets.xlsx").sheet == "Medlemmer"
    assert opening.open_table(tmp_path / "sheets.xlsx", sheet="Tom").sheet == "Tom"
