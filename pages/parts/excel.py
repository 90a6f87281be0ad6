"""
Tables as Excel workbooks, written cell by cell so that a million rows take no more memory than the file.

ECMA-376: a text is an inline string, which no spreadsheet reads as a formula, and a mobile number is such a text.
Figures are numbers with a format, times are Excel's own on the reader's clock.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from pages.parts import tables
from pages.parts.frame import may
from pages.parts.tables import Column

MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_576  # Of a sheet, with its heading; what is more stands on a further one.
MOST_CHARACTERS = 32_767  # Of a cell; Excel calls a longer one damaged.
EPOCH = datetime(1899, 12, 30)  # Day 0 of Excel's calendar, for every day after its 29 February 1900.
TEXT, HEADING, WHOLE, DECIMAL, PERCENT, TIME, DURATION = range(7)
# What XML 1.0 can't hold, and what Excel would read as one of its own escapes (ECMA-376, 22.9.2.19).
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# In the order of TEXT, HEADING, …: the number format and the font of each style.
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><numFmts count="3">'
    '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd hh:mm:ss"/>'
    '<numFmt numFmtId="165" formatCode="[h]:mm:ss.000"/><numFmt numFmtId="166" formatCode="0.0%"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="7">'
    + "".join(
        f'<xf numFmtId="{number}" fontId="{font}" xfId="0" applyNumberFormat="1" applyFont="1"/>'
        for number, font in ((49, 0), (49, 1), (3, 0), (4, 0), (166, 0), (164, 0), (165, 0))
    )
    + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def excel_bytes(
    rows: Iterable[Any], columns: Sequence[Column], most_rows: int = MOST_ROWS, *, whole: bool | None = None
) -> bytes:
    """A workbook of these rows under their headings; further sheets where one is full. Sparks are left out.

    Mobile numbers are masked for those who may see figures only (`whole`: None asks who reads).
    """
    whole = may("numbers.read") if whole is None else whole
    wanted = [column for column in columns if column.kind != "spark"]
    out = io.BytesIO()
    left, sheets = iter(rows), 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        first = next(left, None)
        while first is not None or not sheets:
            sheets += 1
            with book.open(f"xl/worksheets/sheet{sheets}.xml", "w", force_zip64=True) as sheet:
                for line in _sheet(first, left, wanted, most_rows, whole):
                    sheet.write(line.encode())
            first = next(left, None)
        for name, content in _parts(sheets):
            book.writestr(name, content)
    return out.getvalue()


def _sheet(first: Any, left: Iterator[Any], columns: Sequence[Column], most_rows: int, whole: bool) -> Iterator[str]:
    yield (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>'
    )
    for place, column in enumerate(columns, 1):
        wide = 21 if column.kind == "when" else max(12, min(40, len(column.label) + 3))
        yield f'<col min="{place}" max="{place}" width="{wide}" customWidth="1"/>'
    yield "</cols><sheetData><row>" + "".join(_text(column.label, HEADING) for column in columns) + "</row>"
    row, written = first, 1
    while row is not None:
        yield (
            "<row>" + "".join(_cell(tables.value_of(row, column.name), column, whole) for column in columns) + "</row>"
        )
        written += 1
        row = next(left, None) if written < most_rows else None
    yield "</sheetData></worksheet>"


def _cell(value: Any, column: Column, whole: bool) -> str:
    if value is None:
        return "<c/>"
    if column.kind == "message" and not whole:
        return _text(tables.without_numbers(str(value)))
    match column.kind:
        case "when":
            local = datetime.fromtimestamp(value / 1000, UTC).astimezone(column.zone or ZoneInfo("UTC"))
            return _number((local.replace(tzinfo=None) - EPOCH).total_seconds() / 86_400, TIME)
        case "badge":
            return _text(column.labels(str(value)) if column.labels else str(value))
        case "percent" | "progress":
            return _number(value, PERCENT)
        case "money":
            return _number(value, DECIMAL)
        case "duration":
            return _number(value / 86_400_000, DURATION)
        case "number":
            return _number(value, DECIMAL if isinstance(value, float) and not value.is_integer() else WHOLE)
        case "msisdn":
            return _text(str(value) if whole else tables.hidden(str(value)))
        case _:
            return _text(str(value))


def _number(value: float, style: int) -> str:
    return f'<c s="{style}"><v>{value!r}</v></c>'


def _text(text: str, style: int = TEXT) -> str:
    told = escape(_ILLEGAL.sub("\ufffd", _ESCAPE.sub("_x005F_", text)[:MOST_CHARACTERS]))
    return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{told}</t></is></c>'


def _parts(sheets: int) -> Iterator[tuple[str, str]]:
    """The small files that make a zip of sheets a workbook."""
    numbers = range(1, sheets + 1)
    relation = '<Relationship Id="{id}" Type="' + _OFFICE + '/{kind}" Target="{target}"/>'
    yield (
        "[Content_Types].xml",
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for n in numbers
        )
        + "</Types>",
    )
    yield (
        "_rels/.rels",
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
        + relation.format(id="rId1", kind="officeDocument", target="xl/workbook.xml")
        + "</Relationships>",
    )
    yield (
        "xl/workbook.xml",
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(f'<sheet name="{n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
        + "</sheets></workbook>",
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(relation.format(id=f"rId{n}", kind="worksheet", target=f"worksheets/sheet{n}.xml") for n in numbers)
        + relation.format(id=f"rId{sheets + 1}", kind="styles", target="styles.xml")
        + "</Relationships>",
    )
    yield "xl/styles.xml", _STYLES
