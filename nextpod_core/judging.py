"""
Judging: the rows of a list a block at a time, whole columns in one go, and what is noticed on the way.

A row whose number is a mobile in one of the usual writings costs about a microsecond; every other row is looked at for
itself. What is found does not hang on where blocks begin.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, repeat

from nextpod_core import audience, msisdn, numberplans, staged
from nextpod_core.audience import Layout
from nextpod_core.blocks import CELL, ROW
from nextpod_core.delimited import Block
from nextpod_core.seen import Seen
from nextpod_core.sentences import Sentence, say
from nextpod_core.staged import Verdict
from nextpod_core.standing import Standing

Held = tuple[int, str, str | None, str, str | None]  # row, verdict, MSISDN, packed cells, reason


@dataclass(slots=True)
class Noticed:
    """What is told at the end. `doubled` are the numbers that stand more than once."""

    seen: Seen = field(default_factory=Seen)
    doubled: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    repaired: int = 0
    headers: int = 0
    ragged: int = 0
    first_ragged: int = 0
    cut: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """A block as it is kept: `numbers` and `lines` are "" where no good row stands, `held` the rows with problems."""

    first: int
    numbers: list[str]
    lines: list[str]
    held: list[Held]


class Judge:
    """
    Looks at the blocks of one list in their order. `broken` names the rows that open a quote without end (row to line);
    it may fill meanwhile.
    """

    def __init__(
        self, layout: Layout, *, region: str, delimiter: str | None, broken: Mapping[int, int], standing: Standing
    ) -> None:
        assert layout.number_column is not None
        self.layout, self.region, self.broken, self.standing = layout, region, broken, standing
        self.at, self.width = layout.number_column, len(layout.columns)
        self.delimiter = delimiter or ""
        self.noticed = Noticed()
        self.no_number, self.is_suppressed = staged.no_number().dump(), staged.is_suppressed().dump()

    def judge(self, block: Block) -> Judged:
        """What becomes of each row of a block. Blank rows and repeated headers are kept nowhere."""
        rows = block.rows
        found = self._columns_of_text(block.text) if rows is None else None
        if found is None:
            if rows is None:
                rows = [line.split(self.delimiter) for line in block.text.split("\n")]
            found = self._columns_of_rows(block.first, rows)
        lines, cells = found
        numbers = self._numbers(cells)
        apart: dict[int, tuple[str, str | None, str | None]] = {}
        skipped: list[int] = []
        if self.broken:
            for place in range(len(numbers)):
                if block.first + place in self.broken:
                    numbers[place] = ""
        if "" in numbers:
            for place, number in enumerate(numbers):
                if not number:
                    self._one(place, block.first + place, cells[place], lines, rows, numbers, apart, skipped)
        self._doubles(numbers, apart)
        if out := self.standing.among(number for number in numbers if number):
            for place, number in enumerate(numbers):
                if number in out and apart.get(place, ("",))[0] != "duplicate":
                    apart[place] = ("suppressed", number, self.is_suppressed)
        held = []
        counts = self.noticed.counts
        for place in sorted(apart):
            verdict, digits, why = apart[place]
            held.append((block.first + place, verdict, digits, lines[place], why))
            counts[verdict] += 1
            numbers[place] = lines[place] = ""
        for place in skipped:
            lines[place] = ""
        counts["good"] += len(numbers) - len(apart) - len(skipped)
        return Judged(block.first, numbers, lines, held)

    def _numbers(self, cells: list[str]) -> list[str]:
        """The MSISDNs of the cells in one of the usual writings, "" for the others."""
        mended, many = msisdn.without_decimals(cells)
        numbers = numberplans.column(mended, self.region)
        if many == len(cells):
            self.noticed.repaired += len(numbers) - numbers.count("")
        elif many:
            changed = map(str.__ne__, mended, cells)
            self.noticed.repaired += sum(map(bool, compress(numbers, changed)))
        return numbers

    def _columns_of_text(self, text: str) -> tuple[list[str], list[str]] | None:
        """Packed rows and cells of the number column, of lines with no more cells than there are columns."""
        delimiter, most = self.delimiter, self.width - 1
        if CELL in text or ROW in text:
            return None
        lines = text.split("\n")
        counts = list(map(str.count, lines, repeat(delimiter)))
        if (more := max(counts) - most) > 0:
            # What a spreadsheet writes of columns without names: as many delimiters more at the end of every line.
            end = delimiter * more
            if min(counts) - more != most or not all(map(str.endswith, lines, repeat(end))):
                return None
            lines = [line[:-more] for line in lines]
        elif min(counts) < most:
            if not delimiter:
                return None
            text = "\n".join(line + delimiter * (most - count) for line, count in zip(lines, counts, strict=True))
        if len(max(lines, key=len)) > audience.LONGEST_CELL:
            return None
        if not most:
            return lines, lines[:]
        cells = text.replace("\n", delimiter).split(delimiter)[self.at :: self.width + max(more, 0)]
        return "\n".join(lines).replace(delimiter, CELL).split("\n"), cells

    def _columns_of_rows(self, first: int, rows: list[list[str]]) -> tuple[list[str], list[str]]:
        """The same of any rows, cut to the columns there are and to the longest cell that is kept."""
        at, width, noticed = self.at, self.width, self.noticed
        if len(max(rows, key=len)) > width:
            for place, cells in enumerate(rows):
                if len(cells) > width:
                    # Of a sheet that was cut to the most columns, the rest is no sign of a comma too many.
                    if width < audience.MOST_COLUMNS and any(cell.strip() for cell in cells[width:]):
                        noticed.ragged += 1
                        noticed.first_ragged = noticed.first_ragged or first + place
                    rows[place] = cells[:width]
        lines = list(map(CELL.join, rows))
        if "".join(lines).count(CELL) != sum(map(len, rows)) - sum(map(bool, rows)) or any(
            ROW in each for each in lines
        ):
            lines = list(map(staged.pack, rows))
        if len(max(lines, key=len)) > audience.LONGEST_CELL:
            for place, cells in enumerate(rows):
                if any(len(each) > audience.LONGEST_CELL for each in cells):
                    noticed.cut += 1
                    lines[place] = staged.pack([each[: audience.LONGEST_CELL] for each in cells])
        return lines, [cells[at] if at < len(cells) else "" for cells in rows]

    def _one(
        self,
        place: int,
        row: int,
        cell: str,
        lines: Sequence[str],
        rows: Sequence[Sequence[str]] | None,
        numbers: list[str],
        apart: dict[int, tuple[str, str | None, str | None]],
        skipped: list[int],
    ) -> None:
        """A row whose number is not in one of the usual writings."""
        line = lines[place]
        if not line or not line.strip() or audience.is_blank([line]):  # The separators count as space too.
            skipped.append(place)
        elif self.layout.header and self.layout.is_header(line.split(CELL) if rows is None else rows[place]):
            self.noticed.headers += 1
            skipped.append(place)
        elif row in self.broken:
            apart[place] = ("invalid", None, _open_quote(self.broken[row]).dump())
        elif not cell.strip():
            apart[place] = ("missing", None, self.no_number)
        else:
            number = msisdn.look_at(cell, region=self.region)
            verdict, digits = staged.verdict_of(number), number.msisdn or number.candidate
            if verdict in (Verdict.GOOD, Verdict.DOUBTFUL) and digits is not None:
                self.noticed.repaired += number.repaired is not None
                numbers[place] = digits
            if verdict != Verdict.GOOD:
                apart[place] = (str(verdict), digits, number.reason.dump() if number.reason else None)

    def _doubles(self, numbers: Sequence[str], apart: dict[int, tuple[str, str | None, str | None]]) -> None:
        """Put every number that was met before apart; the first stays what it is."""
        present = [number for number in numbers if number]
        fresh = set(present)
        known = {str(key) for key in self.noticed.seen.add(set(map(int, fresh)))}
        if not known and len(fresh) == len(present):
            return
        if len(fresh) == len(present):
            doubles = [place for place, number in enumerate(numbers) if number in known]
        else:
            met, doubles = known, []
            for place, number in enumerate(numbers):
                if number in met:
                    doubles.append(place)
                elif number:
                    met.add(number)
        for place in doubles:
            apart[place] = ("duplicate", numbers[place], None)
            self.noticed.doubled.add(numbers[place])


def _open_quote(line: int) -> Sentence:
    return say("Line {line} of the file opens a quote that is never closed. Correct the row.", line=line)
