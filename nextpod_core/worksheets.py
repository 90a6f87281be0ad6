"""
Worksheets as bytes: what stands in one, seen while it unfolds, before anything of it is read into memory.

A worksheet is cut between its rows only where it is written as nearly every program does; see `Look.plain`.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from nextpod_core.errors import BadInput

_CHUNK = 1 << 20
_LONGEST_ROW = 32 << 20
_MOST_CELLS = 25_000_000
_LAST_COLUMN = 16_384  # XFD

ROW = re.compile(rb"<row (?:[^>r][^>]*? )?r=\"(\d+)\"")
_NAMELESS = re.compile(rb"<(?:c|row)(?! r=\")(?![^>]* r=\")[\s>/]")
_HIDDEN = re.compile(rb"<row [^>]*?hidden=\"(?:1|true)\"")
# Programs that write workbooks leave formulas without results, which only a spreadsheet reckons.
_UNRECKONED = re.compile(rb"(?:</f>|<f [^>]*/>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")
_CELL = rb"<c (?:[^>r][^>]*? )?r=\"(%s)\d"
_CELLS = re.compile(_CELL % rb"[A-Z]{1,3}")
# All but cells in which nothing can stand: a format alone, or a formula without its result.
_FILLED = re.compile(
    (_CELL % rb"[A-Z]{1,3}")
    + rb"+\"[^>]*(?<!/)>(?!\s*(?:<f[^>]*/>\s*|<f[^>]*>[^<]*</f>\s*)?(?:<v\s*/>\s*|<v></v>\s*)?</c>)"
)
# A cell that points into the table of texts, as nearly every program writes it, and in any other way.
SHARED = re.compile(rb"t=\"s\"><v>(\d+)</v>")
SHARED_ANYHOW = re.compile(
    rb"(<c(?: [^>]*?)?) t=\"s\"((?: [^>]*?)?)\s*(?<!/)>\s*(?:<f[^>]*/>\s*|<f[^>]*>[^<]*</f>\s*)?<v[^>]*>\s*(\d+)\s*</v>"
)
# A name of a row or cell in any writing that the library takes.
_NAMES = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]*)(\d+)")
OTHER_ENCODING = re.compile(rb"<\?xml[^>]*encoding=[\"'](?!utf-?8[\"'])", re.IGNORECASE)
# What XML allows and no spreadsheet writes between rows. The one byte is looked for first: that costs a fifteenth.
_ODD = ((b"!", re.compile(rb"<!")), (b"?", re.compile(rb"<\?")), (b"'", re.compile(rb"<[a-zA-Z][^<>]*='")))


@dataclass(frozen=True, slots=True)
class Look:
    """
    What was seen of one worksheet. `rows` is the number of its last row, `width` that of its last column; `first` the
    column in which its first cells stand (0 is A), None when nothing stands in it. `plain` says that rows follow each
    other by their numbers, all of them and their cells named, and nothing else between them: such a sheet may be cut
    between its rows.
    """

    rows: int
    width: int
    first: int | None
    hidden: int
    unreckoned: int
    plain: bool


def is_worksheet(part: str) -> bool:
    """Whether a part of the archive is a worksheet."""
    return re.fullmatch(r"xl/worksheets/[^/]+\.xml", part) is not None


def look(archive: zipfile.ZipFile, part: str) -> Look:
    """Look through a worksheet. Raises BadInput for one so wide and long that some cell stands far from the list."""
    rows = hidden = unreckoned = 0
    widest, first, plain, ended = b"", None, True, False
    beyond = _CELLS
    for place, piece in enumerate(pieces(archive, part)):
        if place == 0:
            head, start, below = piece.partition(b"<sheetData>")
            plain = bool(start) and not OTHER_ENCODING.search(head) and b"<!" not in head
            plain = plain and (not below.strip() or below.lstrip().startswith((b"<row ", b"</sheetData>")))
            piece = below if plain else piece
        if plain:
            piece, end, _tail = piece.partition(b"</sheetData>")
            if ended:
                continue
            ended = bool(end)
        numbers = list(map(int, ROW.findall(piece)))
        plain = plain and is_plain(piece) and all(map(int.__lt__, [rows, *numbers], numbers))
        rows = max([rows, *numbers])
        if beyond.search(piece):
            widest = max(_CELLS.findall(piece), key=_place)
            beyond = _beyond(widest)
        wide = 10 ** len(str(rows)) * _place(widest) > _MOST_CELLS
        if not plain or _below(rows, wide).search(piece):
            # The library makes room for the cell that is named farthest away, whatever row it stands in.
            for letters, number in _NAMES.findall(piece):
                rows = max(rows, int(number[:20]))
                widest = max(widest, letters.upper()[:9], key=_place)
            plain = False
        if first != 0:
            found = [_place(letters) - 1 for letters in {*_FILLED.findall(piece)}]
            first = min(found if first is None else [first, *found], default=None)
        if b"hidden=" in piece:
            hidden += len(_HIDDEN.findall(piece))
        if b"</f>" in piece or b"<f " in piece:
            unreckoned += len(_UNRECKONED.findall(piece))
    if rows * _place(widest) > _MOST_CELLS or _place(widest) > _LAST_COLUMN:
        raise BadInput(
            "The sheet reaches to column {columns} and row {rows}: some cell stands far away from the list. "
            "Copy the list alone to a new workbook and upload that.",
            columns=widest.decode(),
            rows=rows,
        )
    return Look(rows, _place(widest), first, hidden, unreckoned, plain and ended)


def pieces(archive: zipfile.ZipFile, part: str, size: int = _CHUNK) -> Iterator[bytes]:
    """A part of the archive as it unfolds, about `size` bytes at a time, cut before a row wherever there are rows."""
    rest = b""
    with archive.open(part) as file:
        while chunk := file.read(size):
            chunk = rest + chunk
            cut = chunk.rfind(b"<row ")
            if cut <= 0:
                if len(chunk) < _LONGEST_ROW:
                    rest = chunk
                    continue
                cut = max(chunk.rfind(b"<"), 0) or len(chunk)
            yield chunk[:cut]
            rest = chunk[cut:]
    yield rest


def is_plain(piece: bytes) -> bool:
    """Whether nothing stands in it but named rows and cells, in quotes of the usual kind."""
    return not any(byte in piece and odd.search(piece) for byte, odd in _ODD) and not _NAMELESS.search(piece)


def _beyond(letters: bytes) -> re.Pattern[bytes]:
    """A cell in a column after this one."""
    size = len(letters)
    ways = [rb"[A-Z]{%d,3}" % (size + 1)] if size < 3 else []
    for place, letter in enumerate(letters):
        if letter < ord("Z"):
            ways.append(letters[:place] + rb"[%c-Z][A-Z]{%d}" % (letter + 1, size - place - 1))
    return re.compile(_CELL % (b"|".join(ways) or rb"(?!)"))


def _below(row: int, wide: bool) -> re.Pattern[bytes]:
    """
    A cell that is named below this row, or as no spreadsheet names one. Unless the sheet is `wide` it is enough to look
    for a number with more digits, which is quicker.
    """
    digits = str(row)
    ways = [rb"\d{%d}" % (len(digits) + 1)]
    for place, digit in enumerate(digits if wide else ""):
        if digit < "9":
            ways.append(b"%s[%d-9]\\d{%d}" % (digits[:place].encode(), int(digit) + 1, len(digits) - place - 1))
    return re.compile(rb" r=\"(?:[A-Z]{1,3}+(?:[A-Za-z]|%b)|[a-z])" % b"|".join(ways))


def _place(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place
