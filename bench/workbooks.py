"""Large workbooks as Excel writes them: rows in one part of the archive, the texts that cells point to in another."""

import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

_NAMES = "http://schemas.openxmlformats.org/"
_TYPE = "application/vnd.openxmlformats"
_RELATED = f"{_NAMES}officeDocument/2006/relationships"
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_NAMES}package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Default Extension="rels" ContentType="{_TYPE}-package.relationships+xml"/>'
        + "".join(
            f'<Override PartName="/xl/{part}.xml" ContentType="{_TYPE}-officedocument.spreadsheetml.{kind}+xml"/>'
            for part, kind in (
                ("workbook", "sheet.main"),
                ("worksheets/sheet1", "worksheet"),
                ("sharedStrings", "sharedStrings"),
            )
        )
        + "</Types>"
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_NAMES}package/2006/relationships">'
        f'<Relationship Id="a" Type="{_RELATED}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_NAMES}package/2006/relationships">'
        f'<Relationship Id="a" Type="{_RELATED}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="b" Type="{_RELATED}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_NAMES}spreadsheetml/2006/main" xmlns:r="{_RELATED}">'
        '<sheets><sheet name="Ark1" sheetId="1" r:id="a"/></sheets></workbook>'
    ),
}
_MAIN = f'xmlns="{_NAMES}spreadsheetml/2006/main"'


def write(path: Path, rows: Iterable[Sequence[str | int]]) -> None:
    """Texts are kept in the table of texts, each once; whole numbers stand in their cells."""
    texts: dict[str, int] = {}

    def cell(column: str, row: int, value: str | int) -> str:
        if isinstance(value, int):
            return f'<c r="{column}{row}"><v>{value}</v></c>'
        return f'<c r="{column}{row}" t="s"><v>{texts.setdefault(value, len(texts))}</v></c>' if value else ""

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in _PARTS.items():
            archive.writestr(name, content)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            part.write(f"<worksheet {_MAIN}><sheetData>".encode())
            for row, cells in enumerate(rows, start=1):
                written = "".join(map(cell, "ABCDEFGHIJ", [row] * len(cells), cells))
                part.write(f'<row r="{row}" spans="1:{len(cells)}">{written}</row>'.encode())
            part.write(b"</sheetData></worksheet>")
        with archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
            part.write(f'<sst {_MAIN} count="{len(texts)}" uniqueCount="{len(texts)}">'.encode())
            for text in texts:
                part.write(f"<si><t>{escape(text)}</t></si>".encode())
            part.write(b"</sst>")
