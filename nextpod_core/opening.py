"""
An upload opened as a table, by its content and not by its name.

What is not a table is refused with what it is and what to do.
"""

import re
import zipfile
from pathlib import Path

from nextpod_core import audience
from nextpod_core.delimited import Delimited, open_delimited
from nextpod_core.errors import BadInput
from nextpod_core.sentences import Sentence, say
from nextpod_core.workbook import Workbook, open_workbook

_ZIPPED = {
    "word/": say("This is a Word document. Save the list as a table in CSV or xlsx and upload that."),
    "ppt/": say("This is a PowerPoint file. Save the list as a table in CSV or xlsx and upload that."),
    "xl/workbook.bin": say("This is a binary Excel workbook (xlsb). Save it as xlsx in Excel and upload that."),
    "content.xml": say("This is an OpenDocument file (ods). Save it as xlsx or CSV and upload that."),
    "Index/": say("This is a Numbers file. Export it as Excel or CSV and upload that."),
}
_PICTURE = say("This is a picture. A list of numbers must be a table: CSV or xlsx.")
_ARCHIVE = say("This is a packed archive. Unpack it and upload the table that is in it.")
_MAGIC: tuple[tuple[bytes, Sentence], ...] = (
    (b"%PDF", say("This is a PDF document. Save the list as a table in CSV or xlsx and upload that.")),
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"BM\x00", _PICTURE),
    (b"RIFF", _PICTURE),
    (b"\x1f\x8b", _ARCHIVE),
    (b"7z\xbc\xaf", _ARCHIVE),
    (b"Rar!", _ARCHIVE),
    (b"BZh", _ARCHIVE),
    (b"{\\rtf", say("This is a text document (RTF). Save the list as a table in CSV or xlsx and upload that.")),
    (b"SQLite format 3", say("This is a database file. Export the list as CSV and upload that.")),
)
_TEXTS: tuple[tuple[str, Sentence], ...] = (
    (r"\s*(?:<!--.*?-->\s*)*<(?:!doctype|html|table|head|meta|body|style|div|tr)\b", say(
        "This is a web page, whatever its name says. Open it in Excel, save it as xlsx and upload that.")),
    (r"\s*<\?xml", say("This is an XML file. Open it in Excel, save it as xlsx and upload that.")),
    (r"\s*BEGIN:VCARD", say("These are contact cards (vCard). Export the contacts as CSV and upload that.")),
    (r'\s*(?:\{|\[\s*\{)\s*"', say("This is a JSON file. Export the list as CSV or xlsx and upload that.")),
)  # fmt: skip
_MOST_COVERS = 10  # Sheets that are looked through for a list: each is opened anew.
_EXCEL_97 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def open_table(path: Path, *, sheet: str | None = None, region: str = "NO") -> Delimited | Workbook:
    """The table in the file at `path`, by its content and not by its name. Raises BadInput for everything else.

    Of a workbook the `sheet`, else the first that can hold a list: a page of explanations often stands in front.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        _check_zip(path)
        book = open_workbook(path, sheet=sheet, region=region)
        return book if sheet in book.sheets else _first_list(book)
    if head.startswith(_EXCEL_97):
        raise BadInput(_excel_97(path))
    for magic, sentence in _MAGIC:
        if head.startswith(magic):
            raise BadInput(sentence)
    if head[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif"):
        raise BadInput(_PICTURE)
    opening = head[:500].decode("utf-8-sig", errors="replace")
    for pattern, sentence in _TEXTS:
        if re.match(pattern, opening, re.IGNORECASE | re.DOTALL):
            raise BadInput(sentence)
    return open_delimited(path)


def sheets_of(table: Delimited | Workbook) -> tuple[str, ...]:
    """The sheets to choose from; none for a text table."""
    return table.sheets if isinstance(table, Workbook) else ()


def pasted(text: str) -> str:
    """
    What was pasted into a box, as a table: numbers side by side become numbers below each other.

    >>> pasted("917 26 200, 458 48 412")
    '917 26 200\\n458 48 412\\n'
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if all(re.fullmatch(r"[\d\s+(),;.\-\u00a0\t]*", line) for line in lines):
        # Numbers alone: whatever stands between them, a line end or a comma, parts them.
        return "".join(f"{part.strip()}\n" for line in lines for part in re.split(r"[,;\t]", line) if part.strip())
    return text


def _first_list(book: Workbook) -> Workbook:
    # A header alone is a list without people and is kept: what stands behind it may be the people of another one.
    if len(book.sheets) == 1:
        return book
    for name in book.sheets[book.sheets.index(book.sheet) :][:_MOST_COVERS]:
        table = book if name == book.sheet else open_workbook(book.path, sheet=name, region=book.region)
        found = audience.layout(audience.first_rows(table.rows()), region=book.region)
        if found.number_column is None:
            continue
        if table is not book:
            passed = say(
                "The sheet {sheet} is read: the sheet {first} holds no mobile numbers.", sheet=name, first=book.sheet
            )
            table.notes = (passed, *table.notes)
        return table
    return book


def _check_zip(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError) as error:
        raise BadInput(
            "The workbook is damaged or has a password. Open it in Excel, save it as a new xlsx and upload that."
        ) from error
    if "xl/workbook.xml" in names:
        return
    for start, sentence in _ZIPPED.items():
        if any(name.startswith(start) for name in names):
            raise BadInput(sentence)
    raise BadInput(_ARCHIVE)


def _excel_97(path: Path) -> Sentence:
    with path.open("rb") as file:
        # A workbook with a password is an old-style container around an encrypted package.
        if "EncryptedPackage".encode("utf-16-le") in file.read(1 << 20):
            return say("The workbook is protected by a password. Save it without one and upload it again.")
    return say("This is an old Excel or Word file (xls, doc). Save it as xlsx in Excel and upload that.")
