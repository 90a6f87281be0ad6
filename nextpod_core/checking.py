"""What a list and a text would come to, without storing anything: the findings of the compose page as one dict."""

import tempfile
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import Any

from nextpod_core import audience, imports, msisdn, opening, segments, staging, templates
from nextpod_core.delimited import Delimited
from nextpod_core.errors import BadInput
from nextpod_core.sentences import Sentence
from nextpod_core.staged import Verdict, no_number, same_as, verdict_of

_MOST_LISTED = 1000
_ROWS_SHOWN = 100


def check(
    file: Path | str,
    *,
    text: str = "",
    region: str = "NO",
    sheet: str | None = None,
    column: str | None = None,
    most_mb: int | None = None,
    price: float | None = None,
) -> dict[str, Any]:
    """
    Read `file` and `text` as the compose page would and tell what was found, as plain values for JSON.

    `sheet` of a workbook and `column` with the numbers are chosen as on the page when they are not given. What is
    larger than `most_mb` is not read. With `price` (of a part) the total is told.

    `readable` is False, with the reason in `error`, for what is no table. Row numbers are the sheet's own. Rows that
    can't be texted are in `bad_rows` and `missing_rows`; good rows are never among them. Lists end after a thousand.
    """
    try:
        template = templates.parse(text)
    except BadInput as error:
        return {"readable": None, "error": str(error)}
    region = region.strip().upper()
    if region not in dict(msisdn.countries()):
        named = region[:20] or "Nothing"
        return {"readable": None, "error": f"{named} is not a country. Write two letters such as NO."}
    try:
        if most_mb is not None and Path(file).stat().st_size > most_mb << 20:
            raise imports.too_large(most_mb)
        table = opening.open_table(Path(file), sheet=sheet, region=region)
        if sheet is not None and isinstance(table, Delimited):
            raise BadInput("This is a text file, which has no sheets. Leave the sheet out.")
        if sheet is not None and sheet not in opening.sheets_of(table):
            raise BadInput(
                "The workbook has no sheet called {sheet}. It has {sheets}.",
                sheet=sheet,
                sheets=", ".join(opening.sheets_of(table)[:20]),
            )
        rows = table.rows()
        first = audience.first_rows(rows)
        layout = audience.layout(first, region=region)
        if column is not None:
            layout = audience.layout(first, region=region, number_column=audience.place_of(column, layout.columns))
        found = _Findings(layout, template, region)
        after = layout.header_row or 0
        broken = table.broken if isinstance(table, Delimited) else {}
        for row, cells in chain((each for each in first if each[0] > after), rows):
            if row > staging.MOST_ROWS:
                raise BadInput("The list has more than {most} rows. Split it into several.", most=staging.MOST_ROWS)
            if not audience.is_blank(cells):
                found.take(row, cells, broken.get(row))
    except BadInput as error:
        return {"readable": False, "error": str(error)}
    except OSError as error:
        return {"readable": False, "error": f"{file} can't be read: {error.strerror or error}."}
    notes = [*([] if isinstance(table, Delimited) else table.notes), *layout.notes, *found.notes()]
    if broken:
        notes.append(staging.unclosed(len(broken), min(broken.values())))
    if not found.counts:
        notes.append(imports.nothing_below() if first else imports.nothing_in_it())
    return {
        "readable": True,
        "encoding": table.encoding.name if isinstance(table, Delimited) else None,
        "delimiter": table.delimiter if isinstance(table, Delimited) else None,
        "sheets": list(opening.sheets_of(table)),
        "header_row": layout.header_row,
        "columns": list(layout.columns),
        "number_column": None if layout.number_column is None else layout.columns[layout.number_column],
        "notes": [str(note) for note in notes],
        **(told := found.told()),
        **({} if price is None else {"price": {"per_part": price, "total": round(price * told["parts"]["total"], 2)}}),
    }


def check_text(pasted: str, *, text: str = "", region: str = "NO") -> dict[str, Any]:
    """The same for rows that were pasted."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".csv") as file:
        file.write(opening.pasted(pasted))
        file.flush()
        return check(file.name, text=text, region=region)


class _Findings:
    """What is noticed row by row."""

    def __init__(self, layout: audience.Layout, template: templates.Template, region: str) -> None:
        self.layout, self.template, self.region = layout, template, region
        self.keys = [templates.key(column) for column in layout.columns]
        self.unknown = templates.unknown(template, layout.columns)
        self.counts: Counter[str] = Counter()
        self.first: dict[str, int] = {}
        self.rows: list[dict[str, Any]] = []
        self.problems: list[dict[str, Any]] = []
        self.lists: dict[str, list[int]] = {"bad_rows": [], "missing_rows": [], "duplicate_rows": [],
                                            "too_long_rows": [], "empty_message_rows": []}  # fmt: skip
        self.noticed = dict.fromkeys(("repaired", "headers", "ragged", "first_ragged", "cut"), 0)
        self.parts: Counter[int] = Counter()
        self.ucs2 = 0
        self.blockers: Counter[str] = Counter()

    def take(self, row: int, cells: list[str], broken_line: int | None) -> None:
        """A row in which something stands: left out when it is the header again or lies outside the columns."""
        width, noticed = len(self.layout.columns), self.noticed
        if width < audience.MOST_COLUMNS and any(cell.strip() for cell in cells[width:]):
            noticed["ragged"] += 1
            noticed["first_ragged"] = noticed["first_ragged"] or row
        if self.layout.is_header(cells):
            noticed["headers"] += 1
        elif not audience.is_blank(cells[:width]) or broken_line is not None:
            noticed["cut"] += any(len(cell) > audience.LONGEST_CELL for cell in cells[:width])
            self.add(row, cells[:width], broken_line)

    def notes(self) -> list[Sentence]:
        """What is told of the rows as a whole."""
        return list(audience.noticed(**self.noticed))

    def add(self, row: int, cells: list[str], broken_line: int | None) -> None:
        """A row that is kept, with its verdict."""
        at = self.layout.number_column
        cell = cells[at] if at is not None and at < len(cells) else ""
        values = {
            key: (cells[place].strip() if place < len(cells) else "")
            for place, key in reversed(list(enumerate(self.keys)))
        }
        number = msisdn.read(cell, region=self.region)
        verdict, digits = verdict_of(number), number.msisdn or number.candidate
        reason = None if number.reason is None else str(number.reason)
        if broken_line is not None:
            verdict, digits = Verdict.INVALID, None
            reason = f"Line {broken_line} of the file opens a quote that is never closed. Correct the row."
        elif not cell.strip():
            verdict, digits, reason = Verdict.MISSING, None, str(no_number())
        elif verdict in (Verdict.GOOD, Verdict.DOUBTFUL) and digits is not None:
            if digits in self.first:
                verdict, reason = Verdict.DUPLICATE, str(same_as(self.first[digits]))
            self.first.setdefault(digits, row)
        self.noticed["repaired"] += (
            number.repaired is not None
            and broken_line is None
            and digits is not None
            and (verdict in (Verdict.GOOD, Verdict.DOUBTFUL, Verdict.DUPLICATE))
        )
        self.counts[verdict] += 1
        if len(self.rows) < _ROWS_SHOWN:
            shown = number.msisdn if broken_line is None else None
            others = {
                key: value or None
                for place, (key, value) in enumerate((key, values[key]) for key in self.keys)
                if place != at
            }
            self.rows.append({"sheet_row": row, "digits": shown, "verdict": str(verdict), "values": others})
        if verdict != Verdict.GOOD and len(self.problems) < _MOST_LISTED:
            self.problems.append({"row": row, "verdict": str(verdict), "cell": cell[:80], "reason": reason})
        if verdict in (Verdict.INVALID, Verdict.NOT_MOBILE, Verdict.DOUBTFUL):
            self._list("bad_rows", row)
        if verdict == Verdict.DUPLICATE:
            self._list("duplicate_rows", row)
        missing = [] if self.unknown else self.template.missing(values)
        if (verdict == Verdict.MISSING and at is not None) or missing:
            self._list("missing_rows", row)
        if self.template.pieces and not missing:
            self._measure(row, self.template.render(values), sendable=verdict == Verdict.GOOD)

    def _measure(self, row: int, text: str, *, sendable: bool) -> None:
        if segments.units_utf16(text) > segments.LONGEST:
            self._list("too_long_rows", row)
        elif not text.strip():
            self._list("empty_message_rows", row)
        elif sendable:
            size = segments.measure(text)
            self.parts[size.parts] += 1
            if size.alphabet is segments.Alphabet.UCS2:
                self.ucs2 += 1
                self.blockers.update(dict.fromkeys(segments.blockers(text), 1))

    def _list(self, name: str, row: int) -> None:
        if len(self.lists[name]) < _MOST_LISTED:
            self.lists[name].append(row)

    def told(self) -> dict[str, Any]:
        numbers = audience.number_columns(self.layout.header or ())
        doubled = [name for name in numbers if [templates.key(each) for each in numbers].count(templates.key(name)) > 1]
        missing = [name for name, _near in self.unknown]
        if self.layout.number_column is None:
            missing.append("phone number")
        return {
            "missing_columns": sorted(missing),
            "unknown_placeholders": [{"name": name, "nearest": near} for name, near in self.unknown],
            "duplicate_recipient_columns": doubled,
            "row_count": sum(self.counts.values()),
            "sendable": self.counts["good"],
            "counts": {str(verdict): count for verdict, count in self.counts.items()},
            **self.lists,
            "parts": {
                "total": sum(parts * count for parts, count in self.parts.items()),
                "min": min(self.parts, default=0),
                "common": max(self.parts, key=lambda parts: self.parts[parts], default=0),
                "max": max(self.parts, default=0),
                "ucs2_messages": self.ucs2,
                "blockers": dict(self.blockers.most_common(20)),
                "replacements": {
                    each: segments.replacements()[each] for each in self.blockers if each in segments.replacements()
                },
            },
            "problems": self.problems,
            "rows": self.rows,
        }
