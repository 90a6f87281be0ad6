"""
Excel workbooks: which sheets can be seen, and the rows of one of them as a person reads them.

What is said about sizes is checked in the zip directory before anything is unpacked. A small sheet is read whole by the
library, a large one in `slices`.
"""

import contextlib
import datetime
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from nextpod_core import shared_texts, slices, small_books, worksheets
from nextpod_core.delimited import Block
from nextpod_core.errors import BadInput
from nextpod_core.sentences import Sentence, say_count
from nextpod_core.shared_texts import SharedTexts
from nextpod_core.slices import Cell, Sliced
from nextpod_core.small_books import Odd
from nextpod_core.worksheets import Look

_MOST_UNPACKED = 1 << 30
_MOST_RATIO = 200  # Sheets of equal rows reach 40; deflate itself ends at 1,032.
_MOST_WHOLE = 16 << 20  # The library takes one and a half times as much for a sheet, twice for texts.
_SOME = 1_000
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
        """Rows with their numbers in the sheet, cells as text. Raises BadInput where the workbook is damaged."""
        for block in self.blocks(_SOME):
            yield from enumerate(block.rows or (), start=block.first)

    def blocks(self, most: int) -> Iterator[Block]:
        """The same rows, up to `most` at a time. Empty ones between them may be passed over."""
        shown = _Shown(self.region)
        try:
            for first, rows in self._blocks():
                for start in range(0, len(rows), most):
                    some = shown.rows(rows[start : start + most])
                    yield Block(first + start, len(some), some)
        except _DAMAGE as error:
            raise damaged() from error

    def _blocks(self) -> Iterator[tuple[int, list[list[Cell]]]]:
        if self.sliced is not None and (texts := self._texts(self.sliced.size)):
            with contextlib.closing(texts):
                yield from slices.blocks(self.path, texts, self.sheet, self.sliced)
            return
        sheet = CalamineWorkbook.from_path(self.path).get_sheet_by_name(self.sheet)
        if sheet.start is not None:
            first, rows = 1, sheet.iter_rows()
            while some := list(islice(rows, _SOME)):
                yield first, some
                first += len(some)

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
    size = max(most_whole >> 5, 100)
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
            datetime.date: lambda cell: cell.strftime(self.day),
            datetime.datetime: self._moment,
            datetime.time: lambda cell: cell.strftime("%H:%M"),
            datetime.timedelta: str,
        }

    def rows(self, rows: list[list[Cell]]) -> list[list[str]]:
        """Rows of as many cells each as text, a column at a time."""
        columns = [self._column(column) for column in zip(*rows, strict=True)]
        return list(map(list, zip(*columns, strict=True))) if columns else [[] for _ in rows]

    def _column(self, column: Sequence[Cell]) -> Sequence[str]:
        kinds = set(map(type, column))
        if kinds == {float}:
            return _floats(column)  # type: ignore[arg-type]
        if float in kinds:
            written = iter(_floats([cell for cell in column if type(cell) is float]))
            column = [next(written) if type(cell) is float else cell for cell in column]
            kinds.remove(float)
        if kinds == {str}:
            return column  # type: ignore[return-value]
        return [cell if type(cell) is str else self.by_type.get(type(cell), str)(cell) for cell in column]

    def _moment(self, cell: datetime.datetime) -> str:
        return cell.strftime(self.day if cell.time() == datetime.time() else f"{self.day} %H:%M")


def _floats(numbers: Sequence[float]) -> list[str]:
    # Excel keeps 15 digits; above that the number is not the one that was typed, and its own writing shows it.
    whole = [int(number) if -1e15 < number < 1e15 else 0 for number in numbers]
    if whole == numbers:
        return list(map(str, whole))
    return [str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number) for number in numbers]
