"""
Excel workbooks: which sheets can be seen, and the rows of one of them as a person reads them.

What is said about sizes is checked in the zip directory before anything is unpacked. A small sheet is read whole by the
library, a large one in `slices`.
"""

import contextlib
import datetime
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from nextpod_core import shared_texts, slices, small_books, worksheets
from nextpod_core.errors import BadInput
from nextpod_core.sentences import Sentence, say_count
from nextpod_core.shared_texts import SharedTexts
from nextpod_core.slices import Cell, Sliced
from nextpod_core.small_books import Odd
from nextpod_core.worksheets import Look

_MOST_UNPACKED = 1 << 30
_MOST_RATIO = 200  # Sheets of equal rows reach 40; deflate itself ends at 1,032.
_MOST_WHOLE = 16 << 20  # The library takes one and a half times as much for a sheet, twice for texts.
# How people of a country write a day; everybody else here writes 24.12.2026.
_DAY = {"SE": "%Y-%m-%d", "GB": "%d/%m/%Y", "IE": "%d/%m/%Y", "US": "%m/%d/%Y"}
_DAMAGE = (CalamineError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, Odd)


@dataclass(slots=True)
class Workbook:
    """An open workbook. `sheets` are the visible worksheets, `sheet` the one that is read."""

    path: Path
    sheets: tuple[str, ...]
    sheet: str
    total: int
    region: str
    notes: tuple[Sentence, ...]
    sliced: Sliced | None = None

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Every row with its number in the sheet, cells as text. Raises BadInput where the workbook is damaged."""
        text = _Shown(self.region).text
        try:
            for row, cells in self._rows():
                yield row, [cell if type(cell) is str else text(cell) for cell in cells]
        except _DAMAGE as error:
            raise damaged() from error

    def _rows(self) -> Iterator[tuple[int, list[Cell]]]:
        if self.sliced is not None and (texts := self._texts(self.sliced.size)):
            with contextlib.closing(texts):
                yield from slices.rows(self.path, texts, self.sheet, self.sliced)
            return
        sheet = CalamineWorkbook.from_path(self.path).get_sheet_by_name(self.sheet)
        if sheet.start is not None:
            yield from enumerate(sheet.iter_rows(), start=1)

    def _texts(self, size: int) -> SharedTexts | None:
        """The texts its cells point into; None where they are written as no program is known to write them."""
        try:
            with zipfile.ZipFile(self.path) as archive:
                return SharedTexts(archive, self.path.parent, size)
        except Odd:
            return None


def open_workbook(path: Path, *, sheet: str | None, region: str, most_whole: int = _MOST_WHOLE) -> Workbook:
    """
    Check the sizes, find the visible sheets, choose `sheet` or the first. Raises BadInput with what to do.

    A sheet that unfolds, with the texts of the workbook, to more than `most_whole` bytes is read in slices.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_bombs(archive, path.stat().st_size)
            looks = {
                each: worksheets.look(archive, each) for each in archive.namelist() if worksheets.is_worksheet(each)
            }
            sliced = _in_slices(archive, looks, most_whole)
            # What sheets there are is known without reading a million texts.
            book = small_books.book(small_books.outline(archive)) if sliced else CalamineWorkbook.from_path(path)
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
            if name in sliced:
                rows = sliced[name].look.rows if sliced[name].look.first is not None else 0
            else:
                read = (CalamineWorkbook.from_path(path) if sliced else book).get_sheet_by_name(name)
                rows = read.end[0] + 1 if read.end is not None else 0
            if rows:
                chosen, total = name, rows
                break
    except (*_DAMAGE, OSError) as error:
        raise damaged() from error
    notes = _notes(sum(each.hidden for each in looks.values()), sum(each.unreckoned for each in looks.values()))
    return Workbook(path, seen, chosen, total, region, tuple(notes), sliced.get(chosen))


def damaged() -> BadInput:
    """Why a workbook is refused that its library can't read."""
    return BadInput(
        "The workbook is damaged or has a password. Open it in Excel, save it as a new xlsx and upload that."
    )


def _refuse_bombs(archive: zipfile.ZipFile, packed: int) -> None:
    unpacked = sum(each.file_size for each in archive.infolist())
    if unpacked > _MOST_UNPACKED or (unpacked > 100 << 20 and unpacked > packed * _MOST_RATIO):
        raise BadInput(
            "The workbook unfolds to {size} MB, far more than a list of people needs, so it was not opened. "
            "Copy the list to a new workbook, or save it as CSV.",
            size=unpacked >> 20,
        )


def _in_slices(archive: zipfile.ZipFile, looks: dict[str, Look], most_whole: int) -> dict[str, Sliced]:
    """The sheets that are too large to be read whole and can be cut: by name."""
    sizes = {each.filename: each.file_size for each in archive.infolist()}
    texts = sizes.get(shared_texts.PART, 0)
    large = {part for part, look in looks.items() if look.plain and sizes[part] + texts > most_whole}
    if not large:
        return {}
    try:
        parts = small_books.parts_of(small_books.outline(archive))
    except Odd:
        return {}
    size = max(most_whole >> 3, 100)
    return {name: Sliced(part, looks[part], size) for name, part in parts.items() if part in large}


def _notes(hidden: int, unreckoned: int) -> Iterator[Sentence]:
    if hidden:
        yield say_count(
            "{count} row of the workbook is hidden in Excel. It is read like the others.",
            "{count} rows of the workbook are hidden in Excel. They are read like the others.",
            hidden,
        )
    if unreckoned:
        yield say_count(
            "{count} cell holds a formula without its result, so it is empty here. Open the workbook in Excel, "
            "save it and upload it again.",
            "{count} cells hold formulas without their results, so they are empty here. Open the workbook in "
            "Excel, save it and upload it again.",
            unreckoned,
        )


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
