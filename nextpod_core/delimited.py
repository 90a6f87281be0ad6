"""
Tables kept as text: which delimiter, and the rows with the numbers that a spreadsheet would give them.

Nothing is read into memory as a whole. A quote that is never closed is told and its line set aside; what stands after
it is read as if the quote were an ordinary character, so that no row is swallowed.
"""

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO

from nextpod_core.charsets import Encoding, encoding_of

DELIMITERS = (";", ",", "\t", "|")
_CHUNK = 1 << 20
_SAMPLE = 200_000
_BLOCK = 1 << 17
# A cell of a spreadsheet holds at most 32,767 characters, and people write no address of two hundred lines.
_MOST_LINES = 200
_LONGEST_RECORD = 1 << 20
_SEP = re.compile(r'^"?sep=(.)"?[\r\n]*$', re.IGNORECASE)
_LOOKS_LIKE_A_NUMBER = re.compile(r"[+(]?\d[\d ()./-]{6,}", re.ASCII)

csv.field_size_limit(4 * _CHUNK)


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


def _best_delimiter(lines: list[str]) -> tuple[str, int]:
    """The delimiter that cuts most rows into the same number of cells, more than one; comma for a single column."""
    # Where every cell stands in quotes, a quote that closes is followed by the delimiter and by nothing else.
    quoted = all(line.startswith('"') and line.rstrip().endswith('"') for line in lines if line.strip())
    best = (0.0, 0, ",", 1)
    for place, delimiter in enumerate(DELIMITERS):
        try:
            # Cells that are only trailing delimiters say as much as others here.
            widths = Counter(
                len(row) for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=quoted) if row
            )
        except csv.Error:
            continue
        many = [(count, width) for width, count in widths.items() if width > 1]
        if not many:
            continue
        count, width = max(many)
        share = count / sum(widths.values())
        best = max(best, (round(share, 1), -place, delimiter, width))
    return best[2], best[3]
