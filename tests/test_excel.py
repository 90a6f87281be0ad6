"""Workbooks as other programs read them: texts stay texts, figures are figures, nothing is a formula."""

import datetime
import io
import zipfile
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pages.parts import excel, tables
from pages.parts.tables import Column

COLUMNS = [
    Column("msisdn", "Mobile number", "msisdn"), Column("text", "Text"), Column("many", "Messages", "number"),
    Column("share", "Rate", "percent"), Column("price", "Price", "money"), Column("took", "Took", "duration"),
    Column("at", "When", "when", zone=ZoneInfo("Europe/Oslo")),
    Column("status", "Status", "badge", labels=lambda name: f"is {name}"),
]  # fmt: skip
ROW = {"msisdn": "4791726200", "text": "=1+1", "many": 3, "share": 0.5, "price": 1.25, "took": 1500,
       "at": 1_795_384_800_000, "status": "delivered"}  # fmt: skip


def cells(data: bytes, sheet: int = 0):
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [list(row) for row in book.worksheets[sheet].iter_rows()]


def test_a_row_is_read_by_another_program_as_it_was_meant():
    heading, row = cells(excel.excel_bytes([ROW], COLUMNS, whole=True))
    assert [cell.value for cell in heading] == [column.label for column in COLUMNS]
    assert [cell.value for cell in row[:5]] == ["4791726200", "=1+1", 3, 0.5, 1.25]
    assert row[5].value == datetime.timedelta(seconds=1.5)
    assert row[6].value == datetime.datetime(2026, 11, 22, 23)
    assert row[7].value == "is delivered"
    assert [cell.data_type for cell in row[:3]] == ["s", "s", "n"]
    assert row[3].number_format == "0.0%"


def test_no_cell_is_a_formula_whatever_stands_in_it():
    data = excel.excel_bytes([ROW | {"text": text} for text in ("=1+1", "+1", "-1", "@x", "\t=1")], COLUMNS)
    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<f " not in sheet


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_text_comes_back(text):
    _heading, row = cells(excel.excel_bytes([{"text": text}], [Column("text", "Text")]))
    wanted = excel._ILLEGAL.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n")
    assert (row[0].value or "").replace("_x005F_", "_") == wanted.replace("_x005F_", "_")


def test_what_xml_cant_hold_and_excels_own_escapes_are_made_harmless():
    data = excel.excel_bytes([{"text": "a\x00b\ud800 _x0041_ <b>&"}], [Column("text", "T")])
    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()
    assert "a\ufffdb\ufffd _x005F_x0041_ &lt;b&gt;&amp;" in sheet


def test_nothing_gives_a_sheet_with_its_headings_and_too_much_a_further_one():
    assert len(cells(excel.excel_bytes([], COLUMNS))) == 1
    data = excel.excel_bytes([ROW] * 7, COLUMNS, 4)
    assert [len(cells(data, sheet)) for sheet in range(3)] == [4, 4, 2]


@pytest.mark.parametrize("length", [32_767, 32_768, 70_000])
def test_a_text_longer_than_a_cell_is_cut(length):
    _heading, row = cells(excel.excel_bytes([{"text": "x" * length}], [Column("text", "T")]))
    assert len(row[0].value) == 32_767


def test_a_number_in_the_middle_of_a_text_is_masked_for_who_may_see_figures_only():
    rows, columns = [{"text": "Du står med 917 26 200."}], [Column("text", "T", "message")]
    assert cells(excel.excel_bytes(rows, columns, whole=False))[1][0].value == "Du står med 917**200."
    assert cells(excel.excel_bytes(rows, columns, whole=True))[1][0].value == "Du står med 917 26 200."
    assert b"917 26 200" not in tables.csv_bytes(rows, columns, "nb", whole=False)
    assert b"917 26 200" in tables.csv_bytes(rows, columns, "nb", whole=True)
