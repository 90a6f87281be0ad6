"""
A large worksheet read in slices: each is cut out between rows as a small workbook and read by the library, so that
memory does not feel how long the sheet is.

The library itself reads a sheet, and the table of texts that its cells point into, whole. Here each slice gets its
texts put into its cells, from `SharedTexts`. What comes out is what the library makes of the whole sheet.
"""

import datetime
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nextpod_core.shared_texts import SharedTexts
from nextpod_core.small_books import Odd, book, outline
from nextpod_core.worksheets import ROW, SHARED, SHARED_ANYHOW, Look, pieces

Cell = int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta

_MOST_CELLS = 250_000  # The library lays a slice out with every empty cell between its corners.


@dataclass(frozen=True, slots=True)
class Sliced:
    """A sheet that is read in slices of about `size` bytes: its part of the archive and what was seen of it."""

    part: str
    look: Look
    size: int


def blocks(path: Path, texts: SharedTexts, sheet: str, sliced: Sliced) -> Iterator[tuple[int, list[list[Cell]]]]:
    """
    The rows of a sheet that is `plain`: the number of one and those that follow it, as many cells to each. Empty rows
    between them, and cells at the end of rows, may be missing.

    Raises Odd for a cell that is not in the row where it is written, and for one whose text is not there.
    """
    with zipfile.ZipFile(path) as archive:
        outlined = outline(archive)
        below = 0
        for piece in _slices(archive, sliced):
            found = book(outlined, sliced.part, _with_texts(piece, texts)).get_sheet_by_name(sheet)
            if found.start is None or found.end is None:
                continue
            margin = found.start[1] - (sliced.look.first or 0)
            if found.start[0] < below or margin < 0:
                raise Odd
            below = found.end[0] + 1
            rows = found.to_python()
            yield found.start[0] + 1, [[*[""] * margin, *cells] for cells in rows] if margin else rows


def _slices(archive: zipfile.ZipFile, sliced: Sliced) -> Iterator[bytes]:
    """The rows of a sheet, some whole ones at a time."""
    for place, piece in enumerate(pieces(archive, sliced.part, sliced.size)):
        if place == 0:
            piece = piece.partition(b"<sheetData>")[2]
        piece, ended, _tail = piece.partition(b"</sheetData>")
        yield from _not_too_sparse(piece, sliced.look.width)
        if ended:
            return


def _not_too_sparse(piece: bytes, width: int) -> Iterator[bytes]:
    """Cut once more where rows, few as they are, stand far from each other."""
    most = max(_MOST_CELLS // max(width, 1), 1)
    numbers = [int(number) for number in ROW.findall(piece)]
    if not numbers or numbers[-1] - numbers[0] < most:
        yield piece
        return
    start, first = 0, numbers[0]
    for found in ROW.finditer(piece):
        if int(found[1]) - first >= most:
            yield piece[start : found.start()]
            start, first = found.start(), int(found[1])
    yield piece[start:]


def _with_texts(piece: bytes, texts: SharedTexts) -> list[bytes]:
    """The same rows with the texts in their cells, in parts to be put together."""
    cut = SHARED.split(piece)
    if len(cut) // 2 != piece.count(b't="s"'):
        cut = SHARED.split(SHARED_ANYHOW.sub(rb'\1\2 t="s"><v>\3</v>', piece))
    try:
        cut[1::2] = [b't="inlineStr"><is>%b</is>' % text for text in texts.at(map(int, cut[1::2]))]
    except IndexError as error:
        raise Odd from error
    return cut
