"""
Tables kept as text: which encoding, which delimiter, and the rows with the numbers that a spreadsheet would give them.

Nothing is read into memory as a whole. A quote that is never closed is told and its line set aside; what stands after
it is read as if the quote were an ordinary character, so that no row is swallowed.
"""

import codecs
import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO

from nextpod_core.errors import BadInput

DELIMITERS = (";", ",", "\t", "|")
_CHUNK = 1 << 20
_SAMPLE = 200_000
_BLOCK = 1 << 17
# A cell of a spreadsheet holds at most 32,767 characters, and people write no address of two hundred lines.
_MOST_LINES = 200
_LONGEST_RECORD = 1 << 20
_CONTROLS = bytes(set(range(32)) - {9, 10, 11, 12, 13, 26} | {127})
_SEP = re.compile(r'^"?sep=(.)"?[\r\n]*$', re.IGNORECASE)
_LOOKS_LIKE_A_NUMBER = re.compile(r"[+(]?\d[\d ()./-]{6,}", re.ASCII)

csv.field_size_limit(4 * _CHUNK)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes of a file are to be read. `lines` is a good guess of how many rows there are."""

    name: str
    lines: int
    quotes: bool


def encoding_of(path: Path) -> Encoding:
    """Byte order mark, then strict UTF-8, then Windows-1252: right on every Nordic file it was measured on.

    Raises BadInput for what is no text: NUL bytes, control characters, a line without end.
    """
    with path.open("rb") as file:
        head = file.read(4)
        marked = _marked(head)
        wide = marked is None and _is_wide(path)
        name = marked or wide or "utf-8"
        decoder = codecs.getincrementaldecoder("utf-8" if name == "utf-8-sig" else name)()
        file.seek(0)
        feeds = returns = controls = size = 0
        quotes = False
        while chunk := file.read(_CHUNK):
            size += len(chunk)
            if name.startswith("utf-8") or name == "cp1252":
                if b"\0" in chunk:
                    raise _no_text()
                controls += len(chunk) - len(chunk.translate(None, _CONTROLS))
            if name != "cp1252":
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError as error:
                    if name != "utf-8":
                        raise _no_text() from error
                    name = "cp1252"
            if len(chunk) == _CHUNK and b"\n" not in chunk and b"\r" not in chunk:
                raise BadInput(
                    "The file has a line of more than a million characters, so it is no table. "
                    "Save the list from your spreadsheet as CSV or xlsx and upload that."
                )
            quotes = quotes or b'"' in chunk
            feeds += chunk.count(b"\n")
            returns += chunk.count(b"\r")
        try:
            if name not in ("cp1252",):
                decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            if name != "utf-8":
                raise _no_text() from error
            name = "cp1252"
    if controls > size // 200:
        raise _no_text()
    if name == "cp1252" and not _can_be_1252(path):
        raise _no_text()
    return Encoding(name, (feeds or returns) + 1, quotes)


@dataclass(frozen=True, slots=True)
class Block:
    """
    Rows that follow each other: `first` is the number of the first. Either `rows` are their cells, or, where a row is a
    line and a cell what stands between two delimiters, `text` is the lines themselves, `count` of them.
    """

    first: int
    count: int
    rows: list[list[str]] | None = None
    text: str = ""


@dataclass(slots=True)
class Delimited:
    """An open text table. `broken` fills while rows are read: row number to the line where its quote was opened."""

    path: Path
    encoding: Encoding
    delimiter: str
    sep_line: bool
    width: int
    broken: dict[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """About how many rows there are."""
        return self.encoding.lines

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Every row with the number a spreadsheet gives it; an empty line is a row without cells."""
        with self.path.open(encoding=self.encoding.name, newline="") as stream:
            if self.sep_line:  # Spreadsheets take it for themselves and don't show it.
                stream.readline()
            if self.encoding.quotes:
                yield from self._rows_with_quotes(_Feed(stream), 1, 2 if self.sep_line else 1)
            else:
                yield from enumerate(self._reader(stream), start=1)

    def blocks(self, most: int) -> Iterator[Block]:
        """The same rows as `rows` gives, up to `most` at a time; of a plain file ten times as fast."""
        with self.path.open(encoding=self.encoding.name, newline="") as stream:
            if self.sep_line:
                stream.readline()
            feed = _Feed(stream)
            row, line = 1, 2 if self.sep_line else 1
            while lines := feed.take(most):
                found = self._plain(row, lines) or self._parsed(row, lines)
                if found is None:
                    feed.give_back(lines)
                    rows = [cells for _row, cells in islice(self._rows_with_quotes(feed, row, line), len(lines))]
                    line += feed.given
                    found = Block(row, len(rows), rows)
                    feed.forget()
                else:
                    line += len(lines)
                row += found.count
                yield found

    def _plain(self, row: int, lines: list[str]) -> Block | None:
        """Lines that need no parser: no quote, no lone carriage return, no space that would be taken off."""
        text = "".join(lines)
        if '"' in text or self.delimiter not in DELIMITERS or self.delimiter + " " in text:
            return None
        text = text.replace("\r\n", "\n").removesuffix("\n")
        if "\r" in text or "\n " in text or text.startswith(" "):
            return None
        return Block(row, len(lines), text=text)

    def _parsed(self, row: int, lines: list[str]) -> Block | None:
        """Lines that hold a row each, quotes or not. A quote still open at the end would take the last line in."""
        try:
            rows = list(self._reader([*lines, "end"]))
        except csv.Error:
            return None
        if len(rows) != len(lines) + 1:
            return None
        rows.pop()
        return Block(row, len(rows), rows)

    def _rows_with_quotes(self, feed: "_Feed", row: int, line: int) -> Iterator[tuple[int, list[str]]]:
        """Row by row from `row` on, which stands in `line` of the file."""
        reader = self._reader(feed.lines())
        row -= 1
        while True:
            try:
                cells = next(reader, None)
            except (csv.Error, _TooLong):
                cells, broken = [], True
            else:
                if cells is None:
                    return
                broken = feed.ended or (len(feed.record) > 1 and self._is_broken(feed.record))
            row += 1
            if broken:
                self.broken[row] = line
                opened, *rest = feed.record
                # The quote is taken for an ordinary character, and what it had swallowed is read again.
                (cells,) = csv.reader([opened.rstrip("\r\n") or " "], delimiter=self.delimiter, quoting=csv.QUOTE_NONE)
                cells = [cell.strip().strip('"') for cell in cells]
                feed.give_back(rest)
                reader = self._reader(feed.lines())
                line += 1
            else:
                line += len(feed.record)
            feed.given += 1 if broken else len(feed.record)
            feed.record.clear()
            yield row, cells

    def _is_broken(self, record: list[str]) -> bool:
        """Whether a record of several lines is an open quote that met the next one, and no cell with line ends."""
        try:
            whole = list(self._reader(record, strict=True))
        except csv.Error:
            return True
        if len(whole) == 1 and len(whole[0]) == self.width and self._is_one_row(whole[0]):
            return False
        for cells in self._reader(record[1:]):
            if len(cells) >= max(self.width, 2) and any(_LOOKS_LIKE_A_NUMBER.fullmatch(cell.strip()) for cell in cells):
                return True
        return False

    def _is_one_row(self, cells: list[str]) -> bool:
        """Whether the line ends stand inside cells that hold nothing of another row, with a number beside them."""
        long = [cell for cell in cells if "\n" in cell or "\r" in cell]
        short = [cell for cell in cells if cell not in long]
        return not any(self.delimiter in cell for cell in long) and any(
            _LOOKS_LIKE_A_NUMBER.fullmatch(cell.strip()) for cell in short
        )

    def _reader(self, lines: Iterable[str], *, strict: bool = False) -> Iterator[list[str]]:
        # A space before a quote would make the quote an ordinary character.
        return csv.reader(lines, delimiter=self.delimiter, skipinitialspace=True, strict=strict)


def open_delimited(path: Path) -> Delimited:
    """Look at a text file: its encoding, delimiter and usual width. Raises BadInput when it is no text."""
    encoding = encoding_of(path)
    with path.open(encoding=encoding.name, newline="") as stream:
        first = stream.readline(200)
        if found := _SEP.match(first):
            return Delimited(path, encoding, found[1], True, 1)
        sample = first + stream.read(_SAMPLE)
    whole = len(sample) < _SAMPLE
    lines = sample.splitlines(keepends=True)[: 200 if whole else 199]
    delimiter, width = _best_delimiter(lines)
    return Delimited(path, encoding, delimiter, False, width)


class _TooLong(Exception):
    """A record that is longer than any real one."""


class _Feed:
    """Lines for csv.reader, with the record under way kept, so that it can be given back."""

    def __init__(self, stream: IO[str]) -> None:
        self.stream = stream
        self.back: deque[str] = deque()
        self.record: list[str] = []
        self.ended = False
        self.given = 0  # Lines that rows were made of.

    def take(self, most: int) -> list[str]:
        """Some whole lines, at most `most`, of 128 kB together or one more."""
        if not self.back:
            self.back.extend(self.stream.readlines(_BLOCK))
        back = self.back
        if len(back) <= most:
            lines = list(back)
            back.clear()
            return lines
        return [back.popleft() for _ in range(most)]

    def forget(self) -> None:
        """Begin a new count of lines."""
        self.given = 0

    def lines(self) -> Iterator[str]:
        self.ended = False
        record, back = self.record, self.back
        while True:
            line = back.popleft() if back else next(self.stream, None)
            if line is None:
                self.ended = True
                return
            record.append(line)
            if len(record) > _MOST_LINES or (len(record) > 1 and sum(map(len, record)) > _LONGEST_RECORD):
                raise _TooLong
            yield line

    def give_back(self, lines: list[str]) -> None:
        self.back.extendleft(reversed(lines))


def _marked(head: bytes) -> str | None:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return None


def _is_wide(path: Path) -> str | None:
    """UTF-16 without its mark: every other byte of western text is NUL."""
    with path.open("rb") as file:
        head = file.read(4096)
    half = len(head) // 2
    if half < 4:
        return None
    if head[1::2].count(0) > half * 0.8 and head[0::2].count(0) < half * 0.05:
        return "utf-16-le"
    if head[0::2].count(0) > half * 0.8 and head[1::2].count(0) < half * 0.05:
        return "utf-16-be"
    return None


def _can_be_1252(path: Path) -> bool:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            try:
                chunk.decode("cp1252")
            except UnicodeDecodeError:
                return False
    return True


def _best_delimiter(lines: list[str]) -> tuple[str, int]:
    """The delimiter that cuts most rows into the same number of cells, more than one; comma for a single column."""
    best = (0.0, 0, ",", 1)
    for place, delimiter in enumerate(DELIMITERS):
        try:
            # Cells that are only trailing delimiters say as much as others here.
            widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True) if row)
        except csv.Error:
            continue
        many = [(count, width) for width, count in widths.items() if width > 1]
        if not many:
            continue
        count, width = max(many)
        share = count / sum(widths.values())
        best = max(best, (round(share, 1), -place, delimiter, width))
    return best[2], best[3]


def _no_text() -> BadInput:
    return BadInput(
        "This file is not a table of text. Save the list from your spreadsheet as CSV (UTF-8) or xlsx and upload that."
    )
