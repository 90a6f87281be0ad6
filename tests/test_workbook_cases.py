"""Workbooks as people make them, with what a person sees in each: decided before they were read here."""

import datetime
import io
import zipfile

import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from nextpod_core import checking, opening

A, B = "4791726200", "4745848412"
HEADER = ["mobil", "navn"]
DAY = datetime.date(1980, 2, 3)
# Name, rows of the sheet, what is found: row, MSISDN, name. None for a row is an empty one.
SHEETS = [
    ("texts", [HEADER, ["91726200", "Kåre"], ["45848412", "Åse"]], [(2, A, "Kåre"), (3, B, "Åse")]),
    ("whole numbers", [HEADER, [91726200, "Kåre"], [4745848412, "Åse"]], [(2, A, "Kåre"), (3, B, "Åse")]),
    ("floats", [HEADER, [91726200.0, "Kåre"], [4745848412.0, "Åse"]], [(2, A, "Kåre"), (3, B, "Åse")]),
    ("half a number", [HEADER, [91726200.5, "Kåre"], [45848412, "Åse"]], [(2, None, "Kåre"), (3, B, "Åse")]),
    ("rounded text", [HEADER, ["4.79E+09", "Kåre"], [45848412, "Åse"]], [(2, None, "Kåre"), (3, B, "Åse")]),
    ("empty rows", [HEADER, [91726200, "Kåre"], [], [], [45848412, "Åse"]], [(2, A, "Kåre"), (5, B, "Åse")]),
    ("a sum below", [HEADER, [91726200, "Kåre"], [None, "Sum: 1"]], [(2, A, "Kåre"), (3, None, "Sum: 1")]),
    ("a title above", [["Medlemsliste"], [], HEADER, [91726200, "Kåre"]], [(4, A, "Kåre")]),
    ("two rows of names", [["Person", None, "Kontakt"], ["navn", "alder", "mobil"], ["Kåre", 41, 91726200]],
     [(3, A, "Kåre")]),
    ("days beside", [["navn", "født", "mobil"], ["Kåre", DAY, 91726200]], [(2, A, "Kåre")]),
    ("errors and truths", [HEADER, ["#N/A", "Kåre"], [True, "Åse"], [45848412, "Liv"]],
     [(2, None, "Kåre"), (3, None, "Åse"), (4, B, "Liv")]),
    ("a formula without result", [HEADER, ["=9+1", "Kåre"], [45848412, "Åse"]], [(2, None, "Kåre"), (3, B, "Åse")]),
    ("two columns of one name", [["mobil", "navn", "navn"], [91726200, "Kåre", "x"]], [(2, A, "Kåre")]),
    ("two numbers in a cell", [HEADER, ["91726200\n45848412", "Kåre"], [45848412, "Å\nse"]],
     [(2, None, "Kåre"), (3, B, "Å\nse")]),
    ("spaces that don't break", [HEADER, ["\u00a0917\u00a026\u00a0200", "Kåre"]], [(2, A, "Kåre")]),
    ("a running number", [["Nr", "Navn", "Mobil"], [1, "Kåre", 91726200], [2, "Åse", 45848412]],
     [(2, A, "Kåre"), (3, B, "Åse")]),
    ("formatted letters", [HEADER, ["91726200", CellRichText("Kå", TextBlock(InlineFont(b=True), "re"))]],
     [(2, A, "Kåre")]),
    ("a header alone", [HEADER], []),
]  # fmt: skip


def found_in(book, tmp_path, *, name="list.xlsx", region="NO"):
    book.save(tmp_path / name)
    found = checking.check(tmp_path / name, text="Hei {{navn}}", region=region)
    assert found["readable"], found
    return [(row["sheet_row"], row["digits"], row["values"]["navn"]) for row in found["rows"]]


@pytest.mark.parametrize(("rows", "wanted"), [case[1:] for case in SHEETS], ids=[case[0] for case in SHEETS])
def test_a_sheet_gives_what_a_person_sees_in_it(rows, wanted, tmp_path):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    assert found_in(book, tmp_path) == wanted


def test_a_list_may_stand_anywhere_and_keeps_the_sheets_own_rows(tmp_path):
    book = Workbook()
    for cell, value in {
        "C5": "mobil",
        "D5": "navn",
        "C6": 91726200,
        "D6": "Kåre",
        "C9": "45848412",
        "D9": "Åse",
    }.items():
        book.active[cell] = value
    assert found_in(book, tmp_path) == [(6, A, "Kåre"), (9, B, "Åse")]


@pytest.mark.parametrize(
    ("cover", "read"),
    [
        ([["Members of the club"], ["Made by Kari Testesen, 24.12.2025"]], "list"),
        ([["About"], ["Questions: kari@example.test"]], "list"),
        ([HEADER], "first"),  # A list without people is no cover of another list.
        ([["mobil", "navn"], ["12", "Åse"]], "first"),
        ([["91726299"]], "first"),
        ([], "list"),
    ],
    ids=["a title", "an address", "a header alone", "no good number", "one number", "nothing"],
)
def test_a_cover_in_front_of_the_list_is_passed_over(cover, read, tmp_path):
    book = Workbook()
    book.active.title = "first"
    for row in cover:
        book.active.append(row)
    list_ = book.create_sheet("list")
    for row in (HEADER, [91726200, "Kåre"]):
        list_.append(row)
    book.create_sheet("notes").append(["nothing"])
    book.save(tmp_path / "list.xlsx")
    table = opening.open_table(tmp_path / "list.xlsx")
    assert table.sheet == read
    assert bool(table.notes) == (read == "list" and bool(cover))
    assert opening.open_table(tmp_path / "list.xlsx", sheet="notes").sheet == "notes"


def test_what_is_hidden_filtered_merged_protected_or_noted_changes_no_row(tmp_path):
    book = Workbook()
    sheet = book.active
    for row in (["Medlemmer"], [], HEADER, [91726200, "Kåre"], [45848412, "Åse"]):
        sheet.append(row)
    sheet.merge_cells("A1:B1")
    sheet.auto_filter.ref = "A3:B5"
    sheet.row_dimensions[5].hidden = True
    sheet.column_dimensions["B"].hidden = True
    sheet["A4"].hyperlink = "tel:+4791726200"
    sheet["A4"].number_format = "0.00E+00"
    sheet.protection.set_password("x")
    book.create_chartsheet("Graf", 0)
    hidden = book.create_sheet("Skjult", 0)
    hidden.append(["mobil", "navn"])
    hidden.append([93345678, "Liv"])
    hidden.sheet_state = "veryHidden"
    assert found_in(book, tmp_path, name="list.csv") == [(4, A, "Kåre"), (5, B, "Åse")]


def test_a_zero_that_only_the_format_shows_is_put_back(tmp_path):
    book = Workbook()
    book.active.append(HEADER)
    book.active.append([7400123456, "Anne"])
    book.active["A2"].number_format = "00000000000"
    assert found_in(book, tmp_path, region="GB") == [(2, "447400123456", "Anne")]


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ("content.xml", "OpenDocument"),
        ("Index/Document.iwa", "Numbers file"),
        ("word/document.xml", "Word document"),
        ("ppt/presentation.xml", "PowerPoint"),
        ("xl/workbook.bin", "xlsb"),
        ("list.csv", "packed archive"),
        ("xl/workbook.xml", "damaged"),
    ],
)
def test_what_is_packed_like_a_workbook_and_is_none_is_named(member, words, tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(member, "x")
    (tmp_path / "list.xlsx").write_bytes(packed.getvalue())
    assert words in checking.check(tmp_path / "list.xlsx")["error"]


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        (b'r="A2"', b'r="A1048576"'),
        (b'r="A2"', b'r="A99999999999"'),
        (b'r="A2"', b'r="ZZZZZ2"'),
        (b'r="A2"', b'r="zzz9999999"'),
        (b'r="A2"', b"r='ZZZ9999999'"),
        (b'r="2"', b'r="99999999999"'),
    ],
)
def test_a_cell_that_is_named_far_away_in_its_row_takes_no_memory(written, instead, tmp_path):
    book = Workbook()
    for row in (["mobil", "navn", *map(str, range(30))], [91726200, "Kåre"]):
        book.active.append(row)
    made, changed = io.BytesIO(), tmp_path / "list.xlsx"
    book.save(made)
    with zipfile.ZipFile(made) as archive, zipfile.ZipFile(changed, "w") as other:
        for name in archive.namelist():
            other.writestr(
                name, archive.read(name).replace(written, instead) if "sheet1" in name else archive.read(name)
            )
    assert "some cell stands far away" in checking.check(changed)["error"]
