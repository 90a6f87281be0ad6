"""Large workbooks are read in slices: what comes out is what the library reads of the whole, in little memory."""

import datetime
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from nextpod_core import workbook
from nextpod_core.errors import BadInput

_TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=12)
_CELL = st.one_of(
    st.none(), _TEXT, st.sampled_from(["", " x ", "a\nb", "_x0041_", "<si>&amp;", 't="s"><v>1</v>', "]]>", "'="]),
    st.integers(-(10**15), 10**15), st.floats(allow_nan=False, allow_infinity=False), st.booleans(),
    st.datetimes(datetime.datetime(1990, 1, 1), datetime.datetime(2090, 1, 1)), st.dates(datetime.date(1990, 1, 1)),
    st.times(), st.just("=A1"), st.just("=1/0"),
    _TEXT.map(lambda text: CellRichText("a ", TextBlock(InlineFont(b=True), text or "b"))),
)  # fmt: skip
_ROW = st.tuples(st.integers(1, 40), st.integers(0, 5), st.lists(_CELL, max_size=5), st.booleans())


def sheet_of(book, rows):
    sheet, at = book.active, 0
    for gap, margin, cells, hidden in rows:
        at += gap
        for place, cell in enumerate(cells):
            if cell is not None:
                sheet.cell(at, margin + place + 1).value = cell
        sheet.row_dimensions[at].hidden = hidden
    return sheet


def saved(book):
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def without_empty_ends(rows):
    found = []
    for row, cells in rows:
        while cells and cells[-1] == "":
            cells = cells[:-1]
        if cells:
            found.append((row, cells))
    return found


def read(path: Path, most_whole: int, sheet=None):
    """What is read and told, or the sentence that is said instead."""
    try:
        found = workbook.open_workbook(path, sheet=sheet, region="NO", most_whole=most_whole)
        return without_empty_ends(found.rows()), found.sheets, found.sheet, list(map(str, found.notes))
    except BadInput as error:
        return str(error)


def is_cut(path: Path):
    return workbook.open_workbook(path, sheet=None, region="NO", most_whole=SLICES).sliced is not None


WHOLE, SLICES = 1 << 30, 0


@given(st.lists(_ROW, min_size=1, max_size=12), st.booleans(), st.booleans())
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
def test_slices_hold_what_the_library_reads_of_the_whole(tmp_path, rows, since_1904, merged):
    book = Workbook()
    if since_1904:
        book.epoch = datetime.datetime(1904, 1, 1)
    sheet = sheet_of(book, rows)
    if merged:
        sheet.merge_cells("B2:C4")
    book.create_sheet("Another").append(["Kari", "91726200"])
    book.save(tmp_path / "list.xlsx")
    whole = read(tmp_path / "list.xlsx", WHOLE, "Sheet")
    assert isinstance(whole, str) or not whole[0] or is_cut(tmp_path / "list.xlsx")
    assert read(tmp_path / "list.xlsx", SLICES, "Sheet") == whole


_NAMES = "http://schemas.openxmlformats.org/"


def packed(path: Path, rows: str, *, texts="", head="<worksheet>", before="", compression=zipfile.ZIP_STORED):
    """A workbook as some program may write it: rows and texts are given by the letter, `before` the tags of a sheet."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{_NAMES}package/2006/content-types"/>')
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_NAMES}package/2006/relationships"><Relationship Id="a" Target="xl/workbook.xml" '
            f'Type="{_NAMES}officeDocument/2006/relationships/officeDocument"/></Relationships>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_NAMES}package/2006/relationships"><Relationship Id="a" '
            f'Type="{_NAMES}officeDocument/2006/relationships/worksheet" Target="/xl/worksheets/sheet1.xml"/>'
            "</Relationships>",
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_NAMES}spreadsheetml/2006/main" xmlns:r="{_NAMES}officeDocument/2006/relationships">'
            '<sheets><sheet name="Ark &amp; å" sheetId="1" r:id="a"/></sheets></workbook>',
        )
        if texts:
            archive.writestr("xl/sharedStrings.xml", f"<sst>{texts}</sst>")
        archive.writestr(
            "xl/worksheets/sheet1.xml", f"{head}<{before}sheetData>{rows}</{before}sheetData></{before}worksheet>"
        )


TEXTS = (
    '<si><t>Kari</t></si><si/><si><t/></si><si><t> a &amp; b_x0041_ </t></si><si><t xml:space="preserve"> c </t></si>'
    "<si><r><t>x</t></r><r><rPr><b/></rPr><t>y</t></r></si>"
    '<si><t>山</t><rPh sb="0" eb="1"><t>ヤマ</t></rPh></si><si></si>'
)


def row(number, *cells):
    return f'<row r="{number}">{"".join(cells)}</row>'


def shared(column, number, place, before="", after=""):
    return f'<c{before} r="{column}{number}" t="s"{after}><v>{place}</v></c>'


@pytest.mark.parametrize(
    "rows",
    [
        "".join(row(n + 1, shared("A", n + 1, n), shared("C", n + 1, 0)) for n in range(8)),
        "".join(row(n + 3, shared("B", n + 3, n, after=' s="0"'), shared("C", n + 3, n, ' s="0"')) for n in range(8)),
        row(2, '<c r="A2" s="0" t="s">\n<v>3</v></c>', '<c r="B2" t="s"><f>A1</f><v>4</v></c>', '<c r="D2" t="s"/>'),
        row(1, '<c r="C1" s="0"/>', '<c r="D1"><v>1</v></c>') + '<row r="5" spans="1:3"/>' + row(9, '<c r="B9"></c>'),
        row(1, '<c r="A1" s="0"></c>', '<c r="B1"><f>1+1</f></c>', '<c r="C1"><f>1</f><v></v></c>')
        + row(2, '<c r="D2" t="str"><v> a_x0041_ &gt; t="s" </v></c>', '<c r="F2" t="e"><v>#N/A</v></c>'),
        row(1, '<c r="A1" t="inlineStr"><is><t>t="s"&gt;</t></is></c>', '<c r="B1" t="b"><v>1</v></c>')
        + row(3, '<c r="A3" t="d"><v>2024-01-02</v></c>', '<c r="B3"><v>1e3</v></c>', shared("C", 3, 0)),
        row(1, shared("A", 1, 0)) + row(300_000, shared("A", 300_000, 5)),
        "",
    ],
)
def test_what_programs_write_is_read_the_same_in_slices(tmp_path, rows):
    packed(tmp_path / "list.xlsx", rows, texts=TEXTS)
    assert is_cut(tmp_path / "list.xlsx")
    assert read(tmp_path / "list.xlsx", SLICES) == read(tmp_path / "list.xlsx", WHOLE)


PLAIN = row(1, '<c r="A1"><v>5</v></c>') + row(2, shared("A", 2, 0))


@pytest.mark.parametrize(
    ("rows", "more"),
    [
        ("<!-- x -->" + PLAIN, {}),
        (row(1, '<c r="A1" t="str"><v><![CDATA[a<row b]]></v></c>') + PLAIN.replace('"1"', '"2"'), {}),
        ("<row><c><v>1</v></c></row><row><c><v>2</v></c></row>", {}),
        ('<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>2</v></c></row>', {}),
        ("<row r='1'><c r='A1'><v>1</v></c></row>", {}),
        (PLAIN, {"head": '<?xml version="1.0" encoding="ISO-8859-1"?><worksheet>'}),
        (PLAIN.replace("<", "<x:").replace("<x:/", "</x:"), {}),
        (PLAIN.replace("<", "<x:").replace("<x:/", "</x:"), {"head": "<x:worksheet>", "before": "x:"}),
        ("x", {}),
        (PLAIN, {"texts": "<si><t><![CDATA[Kari]]></t></si>"}),
        (PLAIN, {"texts": '<si xml:space="preserve"><t>Kari</t></si>'}),
    ],
)
def test_what_is_written_as_hardly_any_program_does_is_read_whole(tmp_path, rows, more):
    packed(tmp_path / "list.xlsx", rows, **{"texts": TEXTS, **more})
    assert read(tmp_path / "list.xlsx", SLICES) == read(tmp_path / "list.xlsx", WHOLE)


@pytest.mark.parametrize(
    "rows", [row(1, shared("A", 1, 99)), row(2, '<c r="A2"><v>1</v></c>') + row(3, '<c r="A1"><v>1</v></c>')]
)
def test_cells_that_point_nowhere_or_stand_elsewhere_are_damage(tmp_path, rows):
    packed(tmp_path / "list.xlsx", rows, texts=TEXTS)
    assert "is damaged" in read(tmp_path / "list.xlsx", SLICES)


@pytest.mark.parametrize(
    ("rows", "texts", "cell"),
    [
        (row(1, shared("A", 1, 0)), f"<si><t>{'x' * 100_000}</t></si>", "x" * 100_000),
        (row(1, f'<c r="A1" t="inlineStr"><is><t>{"y" * 100_000}</t></is></c>'), "", "y" * 100_000),
        (row(1, shared("A", 1, 0)), "<si><t>\u200f+47 917 26 200\u200e</t></si>", "\u200f+47 917 26 200\u200e"),
        (row(1, shared("A", 1, 0), shared("XFD", 1, 0)), "<si><t>last</t></si>", "last"),
    ],
)
def test_long_and_far_cells_and_marks_of_direction_are_read_in_slices(tmp_path, rows, texts, cell):
    packed(tmp_path / "list.xlsx", rows, texts=texts)
    found = read(tmp_path / "list.xlsx", SLICES)
    assert found == read(tmp_path / "list.xlsx", WHOLE)
    assert (found[0][0][1][0], found[0][0][1][-1]) == (cell, cell)


def damage(content, place, by):
    return content[:place] + by + content[place + len(by) :]


def test_damage_of_any_kind_is_one_sentence(tmp_path):
    path = tmp_path / "list.xlsx"
    packed(
        path, "".join(row(n, f'<c r="A{n}"><v>{n}</v></c>') for n in range(1, 3000)), compression=zipfile.ZIP_DEFLATED
    )
    content = path.read_bytes()
    at = content.index(b"xl/worksheets/sheet1.xml") + 2000
    size = content.rindex(b"xl/worksheets/sheet1.xml") - 22  # What the directory says that the sheet unfolds to.
    for broken in (content[: len(content) // 2], damage(content, at, b"junk"), damage(content, size, b"\x10\0\0\0")):
        path.write_bytes(broken)
        assert "is damaged" in read(path, SLICES)
        assert "is damaged" in read(path, WHOLE)
