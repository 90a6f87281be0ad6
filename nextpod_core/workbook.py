"""
Excel workbooks: which sheets can be seen, and the rows of one of them as a person reads them.

What is said about sizes is checked in the zip directory before anything is unpacked: a workbook of a few kilobytes may
unfold to gigabytes, or have one cell in the last corner of the sheet.
"""

import datetime
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from nextpod_core.errors import BadInput
from nextpod_core.sentences import Sentence, say_count

Cell = int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta

_CHUNK = 1 << 20
_MOST_UNPACKED = 1 << 30
_MOST_RATIO = 200  # Sheets of equal rows reach 40; deflate itself ends at 1,032.
_MOST_CELLS = 25_000_000
_ROW = re.compile(rb"<row [^>]*?r=\"(\d+)\"")
_COLUMN = re.compile(rb"<c [^>]*?r=\"([A-Z]{1,3})\d")
_HIDDEN = re.compile(rb"<row [^>]*?hidden=\"(?:1|true)\"")
# Programs that write workbooks leave formulas without results, which only a spreadsheet reckons.
_UNRECKONED = re.compile(rb"(?:</f>|<f [^>]*/>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")
# How people of a country write a day; everybody else here writes 24.12.2026.
_DAY = {"SE": "%Y-%m-%d", "GB": "%d/%m/%Y", "IE": "%d/%m/%Y", "US": "%m/%d/%Y"}


@dataclass(slots=True)
class Workbook:
    """An open workbook. `sheets` are the visible worksheets, `sheet` the one that is read."""

    path: Path
    sheets: tuple[str, ...]
    sheet: str
    total: int
    region: str
    notes: tuple[Sentence, ...]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Every row with its number in the sheet, cells as text."""
        sheet = CalamineWorkbook.from_path(self.path).get_sheet_by_name(self.sheet)
        if sheet.start is None:
            return
        shown = _Shown(self.region)
        for row, cells in enumerate(sheet.iter_rows(), start=1):
            yield row, [cell if type(cell) is str else shown.text(cell) for cell in cells]


def open_workbook(path: Path, *, sheet: str | None, region: str) -> Workbook:
    """Check the sizes, find the visible sheets, choose `sheet` or the first. Raises BadInput with what to do."""
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_bombs(archive, path.stat().st_size)
            hidden, unreckoned = _look_through(archive)
        book = CalamineWorkbook.from_path(path)
        seen = tuple(
            each.name
            for each in book.sheets_metadata
            if each.visible == SheetVisibleEnum.Visible and each.typ == SheetTypeEnum.WorkSheet
        )
        if not seen:
            raise BadInput("The workbook has no sheet that can be seen. Show the sheet in Excel and save it again.")
        # The first one in which something stands: programs leave an empty one in front.
        chosen, total = sheet if sheet in seen else seen[0], 0
        for name in (sheet,) if sheet in seen else seen:
            read = book.get_sheet_by_name(name)
            if read.end is not None:
                chosen, total = name, read.end[0] + 1
                break
    except (
        CalamineError,
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        NotImplementedError,
        RuntimeError,
        EOFError,
    ) as error:
        raise BadInput(
            "The workbook is damaged or has a password. Open it in Excel, save it as a new xlsx and upload that."
        ) from error
    notes: tuple[Sentence, ...] = ()
    if hidden:
        notes = (
            say_count(
                "{count} row of the workbook is hidden in Excel. It is read like the others.",
                "{count} rows of the workbook are hidden in Excel. They are read like the others.",
                hidden,
            ),
        )
    if unreckoned:
        notes += (
            say_count(
                "{count} cell holds a formula without its result, so it is empty here. Open the workbook in Excel, "
                "save it and upload it again.",
                "{count} cells hold formulas without their results, so they are empty here. Open the workbook in "
                "Excel, save it and upload it again.",
                unreckoned,
            ),
        )
    return Workbook(path, seen, chosen, total, region, notes)


def _refuse_bombs(archive: zipfile.ZipFile, packed: int) -> None:
    unpacked = sum(each.file_size for each in archive.infolist())
    if unpacked > _MOST_UNPACKED or (unpacked > 100 * _CHUNK and unpacked > packed * _MOST_RATIO):
        raise BadInput(
            "The workbook unfolds to {size} MB, far more than a list of people needs, so it was not opened. "
            "Copy the list to a new workbook, or save it as CSV.",
            size=unpacked >> 20,
        )


def _look_through(archive: zipfile.ZipFile) -> tuple[int, int]:
    """How many rows are hidden and cells unreckoned; no sheet so wide and long that reading it takes all memory."""
    hidden = unreckoned = 0
    for each in archive.infolist():
        if not re.fullmatch(r"xl/worksheets/[^/]+\.xml", each.filename):
            continue
        columns: set[bytes] = set()
        last, rest = 0, b""
        with archive.open(each) as file:
            while chunk := file.read(_CHUNK):
                chunk = rest + chunk
                cut = chunk.rfind(b"<") if len(chunk) >= _CHUNK else len(chunk)
                chunk, rest = chunk[:cut], chunk[cut:][: 1 << 16]
                columns.update(_COLUMN.findall(chunk))
                rows = _ROW.findall(chunk)
                last = max([last, *map(int, rows[-1:])])
                if b"hidden=" in chunk:
                    hidden += len(_HIDDEN.findall(chunk))
                if b"<f" in chunk:
                    unreckoned += len(_UNRECKONED.findall(chunk))
        widest = max((_place(letters) for letters in columns), default=0)
        if last * widest > _MOST_CELLS:
            raise BadInput(
                "The sheet reaches to column {columns} and row {rows}: some cell stands far away from the list. "
                "Copy the list alone to a new workbook and upload that.",
                columns=max(columns, key=_place).decode(),
                rows=last,
            )
    return hidden, unreckoned


def _place(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place


class _Shown:
    """Cells as text: whole numbers without decimals, days as the region writes them."""

    def __init__(self, region: str) -> None:
        self.day = _DAY.get(region, "%d.%m.%Y")
        self.by_type: dict[type, Callable[..., str]] = {
            int: str,
            bool: lambda cell: "TRUE" if cell else "FALSE",
            float: _float,
            datetime.date: lambda cell: cell.strftime(self.day),
            datetime.datetime: self._moment,
            datetime.time: lambda cell: cell.strftime("%H:%M"),
            datetime.timedelta: str,
        }

    def text(self, cell: Cell) -> str:
        return self.by_type.get(type(cell), str)(cell)

    def _moment(self, cell: datetime.datetime) -> str:
        return cell.strftime(self.day if cell.time() == datetime.time() else f"{self.day} %H:%M")


def _float(cell: float) -> str:
    # Excel keeps 15 digits; above that the number is not the one that was typed, and its own writing shows it.
    return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
