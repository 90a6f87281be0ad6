"""Tables of a hundred rows at a time, the way through them in the address, and what is downloaded from them."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from nextpod_core import formulas
from nextpod_core import msisdn as numbers
from pages.parts import words
from pages.parts.frame import may, note_shown
from pages.parts.words import _
from pages.parts.written import written

PAGE = 100
Kind = Literal[
    "text", "message", "msisdn", "number", "percent", "money", "when", "duration", "badge", "progress", "link", "spark"
]
_ROW_HEIGHT = 35
# A number in the middle of a text, in the usual writings; a day is none.
_WITHIN = re.compile(r"(?<!\d)\+?\d(?:[ \u00a0.-]?\d){7,14}(?!\d)", re.ASCII)
_DAY = re.compile(r"(?:19|20)\d\d-\d\d-\d\d|\d\d?[.-]\d\d?[.-](?:19|20)\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the name of its value in a row, its label (translated by the page), and how it is shown.

    `top` is the largest value of a progress column; `colours` says which colour a badge has, by the value itself, and
    `labels` what it is called; `zone` and `style` are for times. `text` of a link is what stands in every cell.
    """

    name: str
    label: str
    kind: Kind = "text"
    width: int | Literal["small", "medium", "large"] | None = None
    help: str | None = None
    pinned: bool = False
    digits: int | None = None
    currency: str = "NOK"
    top: float = 1.0
    zone: ZoneInfo | None = None
    style: words.Style = "short"
    labels: Callable[[str], str] | None = None
    colours: Mapping[str, str] | None = None
    text: str | None = None


def table(
    rows: Iterable[Any],
    columns: Sequence[Column],
    *,
    key: str,
    shown: int = 12,
    alt: str | None = None,
) -> None:
    """Draw rows (mappings, store rows or dataclasses) to be read; at most `shown` of them without scrolling."""
    _draw(list(rows), columns, key=key, shown=shown, alt=alt, pick=False)


def pick_one(
    rows: Iterable[Any],
    columns: Sequence[Column],
    *,
    key: str,
    shown: int = 12,
    alt: str | None = None,
    lines: int = 1,
    once: bool = False,
) -> Any | None:
    """Draw rows of which one can be chosen, and give the chosen one back as it was given; None while none is.

    A row is `lines` of text high, and longer texts are wrapped into them. `once`: given back in the run after the click
    alone, for what opens something on the same page, which may be closed while the row stays chosen.
    """
    kept = list(rows)
    chosen = _draw(kept, columns, key=key, shown=shown, alt=alt, pick=True, lines=lines)
    if once:
        before = st.session_state.get(f"{key}_chosen")
        st.session_state[f"{key}_chosen"] = chosen
        if chosen == before:
            return None
    return kept[chosen] if chosen is not None and chosen < len(kept) else None


def cursor(key: str) -> int | None:
    """The id below which the page asked for begins, from the address; None on the first page.

    The address is anybody's to write, so what isn't a number of an id's size is no cursor.
    """
    trail = _trail(key)
    return trail[-1] if trail else None


def pager(key: str, *, last: int | None, has_more: bool) -> None:
    """First, back, next: the buttons under a list whose last row has the id `last`. Nothing on a single page."""
    trail = _trail(key)
    if not trail and not has_more:
        return
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", key=f"{key}_pager"):
        st.caption(_("Page {page}", page=len(trail) + 1))
        st.button(_("First"), key=f"{key}_first", disabled=not trail, on_click=_walk, args=(key, []))
        st.button(_("Back"), icon=":material/chevron_left:", key=f"{key}_back", disabled=not trail,
                  on_click=_walk, args=(key, trail[:-1]))  # fmt: skip
        st.button(_("Next"), icon=":material/chevron_right:", icon_position="right", key=f"{key}_next",
                  disabled=not has_more or last is None, on_click=_walk, args=(key, [*trail, last]))  # fmt: skip


def first_page(key: str) -> None:
    """Back to the first page: for the `on_change` of a filter above the list."""
    _walk(key, [])


def csv_bytes(
    rows: Iterable[Any], columns: Sequence[Column], lang: words.Language | None = None, *, whole: bool | None = None
) -> bytes:
    """A file that a spreadsheet opens rightly with a double click: in bokmål semicolons and decimal commas.

    A text that would be taken for a formula gets an apostrophe before it; a mobile number is written so that no
    spreadsheet makes 4.79E+10 of it, and masked for those who may see figures only (`whole`: None asks who reads).
    Badges, times and links are written as they are called and stand.
    """
    norwegian = (lang or words.language()) == "nb"
    whole = may("numbers.read") if whole is None else whole
    out = io.StringIO()
    # csv ends rows with \r\n, which is what RFC 4180 and Excel want.
    writer = csv.writer(out, delimiter=";" if norwegian else ",")
    wanted = [column for column in columns if column.kind != "spark"]
    writer.writerow([formulas.tame(_heading(column)) for column in wanted])
    for row in rows:
        writer.writerow([_cell(value_of(row, column.name), column, norwegian, whole) for column in wanted])
    # The byte order mark tells Excel that the file is UTF-8.
    return out.getvalue().encode("utf-8-sig")


def hidden(number: str) -> str:
    """A number for those who may see figures only: 479*****200."""
    return numbers.masked(number.lstrip("+"))


def without_numbers(text: str) -> str:
    """A text that somebody is sent, for those who may see figures only: the words whole, numbers masked.

    >>> without_numbers("Hei Ada, du står med 917 26 200 hos oss siden 2026-11-24")
    'Hei Ada, du står med 917**200 hos oss siden 2026-11-24'
    """
    return _WITHIN.sub(lambda found: found[0] if _DAY.match(found[0]) else hidden(re.sub(r"\D", "", found[0])), text)


def message(text: str) -> str:
    """A text that somebody is sent, as this reader may see it."""
    return text if may("numbers.read") else without_numbers(text)


def _draw(
    rows: list[Any], columns: Sequence[Column], *, key: str, shown: int, alt: str | None, pick: bool, lines: int = 1
) -> int | None:
    high = _ROW_HEIGHT + 19 * (lines - 1)
    if not rows:
        st.caption(_("Nothing here."))
        return None
    if any(column.kind == "msisdn" for column in columns):
        note_shown(key, len(rows))
    frame = pd.DataFrame(
        {column.name: [_shown(value_of(row, column.name), column) for row in rows] for column in columns}
    )
    numeric = {
        column.name: _formatter(column)
        for column in columns
        if column.kind in ("number", "percent", "money", "duration")
    }
    for name in numeric:
        frame[name] = pd.to_numeric(frame[name])
    with st.container(key=key):
        state = st.dataframe(
            # The browser's own formats follow the browser's language and not the one that was chosen here.
            written(frame, {name: _texts(frame[name], numeric.get(name, _plain)) for name in frame})
            if numeric
            else frame,
            column_config={column.name: _config(column, rows) for column in columns},
            hide_index=True,
            height=min(len(rows), shown) * high + _ROW_HEIGHT + 3,
            row_height=high,
            placeholder="–",
            key=f"{key}_rows",
            on_select="rerun" if pick else "ignore",
            selection_mode="single-row",
            alt=alt,
        )
    chosen = state.selection.rows if pick else []
    return chosen[0] if chosen else None


def _texts(cells: pd.Series, write: Callable[[Any], str]) -> list[str]:
    return ["–" if cell is None or cell != cell else write(cell) for cell in cells.tolist()]  # Not itself: not a number


def _plain(cell: Any) -> str:
    return cell if isinstance(cell, str) else str(cell)


def _config(column: Column, rows: list[Any]) -> Any:
    common = {"label": column.label, "width": column.width, "help": column.help, "pinned": column.pinned or None}
    match column.kind:
        case "number" | "percent" | "money" | "duration":
            return st.column_config.Column(**common, alignment="right")
        case "progress":
            return st.column_config.ProgressColumn(**common, min_value=0.0, max_value=1.0, format="percent", step=0.01)
        case "badge":
            values = list(dict.fromkeys(value_of(row, column.name) for row in rows if value_of(row, column.name)))
            called = [_called(value, column) for value in values]
            colours = [(column.colours or {}).get(value, "gray") for value in values]
            return st.column_config.MultiselectColumn(**common, options=called, color=colours)
        case "link":
            return st.column_config.LinkColumn(**common, display_text=column.text)
        case "spark":
            return st.column_config.AreaChartColumn(**common, y_min=0)
        case _:
            return st.column_config.TextColumn(**common)


def _shown(value: Any, column: Column) -> Any:
    match column.kind:
        case "badge":
            return [_called(value, column)] if value else []
        case "when":
            return words.when(value, column.zone or ZoneInfo("UTC"), column.style)
        case "progress":
            return None if value is None or not column.top else min(1.0, value / column.top)
        case "text" | "message" | "msisdn":
            # Streamlit's own download takes cells as they are shown, so none may begin a formula: a word joiner,
            # which nobody sees, stands before it.
            text = None if value is None else str(value)
            if text and column.kind == "msisdn" and not may("numbers.read"):
                return hidden(text)
            if text and column.kind == "msisdn" and plus(text) != text:
                return plus(text)  # A plus and digits are no formula that does harm.
            if text and column.kind == "message":
                text = message(text)
            return formulas.shown(text) if text else text
        case _:
            return value


def plus(msisdn: str) -> str:
    """A number with the plus that people write; a short code, or a sender that is a name, as it is.

    >>> plus("4791726200"), plus("2345"), plus("Nextpod")
    ('+4791726200', '2345', 'Nextpod')
    """
    return f"+{msisdn}" if msisdn.isascii() and msisdn.isdigit() and len(msisdn) > 6 else msisdn


def _formatter(column: Column) -> Callable[[float], str]:
    match column.kind:
        case "percent":
            return lambda value: words.percent(value, 1 if column.digits is None else column.digits)
        case "money":
            return lambda value: words.money(value, column.currency)
        case "duration":
            return words.duration
        case _:
            return lambda value: words.number(value, column.digits or 0)


def _cell(value: Any, column: Column, norwegian: bool, whole: bool) -> str:
    if value is None:
        return ""
    if column.kind == "msisdn" and not whole:
        return formulas.tame(hidden(str(value)))
    if column.kind == "message" and not whole:
        return formulas.tame(without_numbers(str(value)))
    if column.kind == "msisdn" and str(value).isascii() and str(value).isdigit():
        return f'="{value}"'
    if column.kind == "when":
        return words.when(value, column.zone or ZoneInfo("UTC"), "second")
    if column.kind == "badge":
        return formulas.tame(_called(value, column))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if column.kind == "duration":
            value = value / 1000
        # More decimals would be noise of the division, and a column too wide to read.
        plain = str(round(value, 6 if column.kind == "percent" else 3) if isinstance(value, float) else value)
        return plain.replace(".", ",") if norwegian and isinstance(value, float) else plain
    return formulas.tame(str(value))


def _heading(column: Column) -> str:
    """A column's label in a file, which has the unit of what a page writes out."""
    return _("{label} (seconds)", label=column.label) if column.kind == "duration" else column.label


def _called(value: Any, column: Column) -> str:
    return column.labels(str(value)) if column.labels else str(value)


def value_of(row: Any, name: str) -> Any:
    """A row's value by name, of whatever kind the row is; None where it has none."""
    if isinstance(row, Mapping):
        return row.get(name)
    try:
        return row[name]
    except (TypeError, KeyError, IndexError):
        return getattr(row, name, None)


def _trail(key: str) -> list[int]:
    asked = st.query_params.get(key, "")
    parts = asked.split(".")[-200:] if asked else []
    return (
        [int(part) for part in parts]
        if all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts)
        else []
    )


def _walk(key: str, trail: Sequence[int | None]) -> None:
    if trail:
        st.query_params[key] = ".".join(str(step) for step in trail)
    else:
        st.query_params.pop(key, None)
