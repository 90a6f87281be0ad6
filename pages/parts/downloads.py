"""The two buttons that give rows as a file: CSV for anything, Excel for a double click. The file is made when asked."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import streamlit as st

from nextpod_core.db import Connection
from pages.parts import excel, later, tables
from pages.parts.tables import Column
from pages.parts.words import _, n_, number

Write = Callable[[Iterable[Any], Sequence[Column]], bytes]
MOST = 200_000  # Rows of a file whose making must end: a spreadsheet is slow beyond them, and so is a search.


def ending(rows: Iterable[Any], says_in: str, *, most: int = MOST) -> Iterator[Any]:
    """The first `most` rows; where there are more, a last row says so in the column `says_in`.

    A None among the rows says that there are more which were not looked up.
    """
    for place, row in enumerate(rows):
        if place >= most or row is None:
            told = n_("THE FILE ENDS HERE after {count} row, and there are more: narrow the filters or the period.",
                      "THE FILE ENDS HERE after {count} rows, and there are more: narrow the filters or the period.",
                      place)  # fmt: skip
            yield {says_in: told}
            return
        yield row


def buttons(
    make: Callable[[Connection, Write], bytes], *, name: str, key: str, disabled: bool = False, ends: bool = False
) -> None:
    """Draw both. `make` gets a connection of its own and what writes the rows; `name` is the file's, without ending.
    `ends`: its rows go through `ending`, which the buttons say."""
    told = _("Download as a file for a spreadsheet")
    if ends:
        told += ". " + _("It holds {most} rows at most; where there are more, its last row says so.", most=number(MOST))
    with st.container(horizontal=True, gap="xsmall", width="content", key=f"{key}_files"):
        for ending, label, mime, write in (
            ("csv", _("CSV"), "text/csv", tables.csv_bytes), ("xlsx", _("Excel"), excel.MIME, excel.excel_bytes),
        ):  # fmt: skip
            st.download_button(
                label, later.file(lambda own, write=write: make(own, write), what=name),
                file_name=f"{name}.{ending}", mime=mime,
                icon=":material/download:", key=f"{key}_{ending}", on_click="ignore", disabled=disabled,
                help=told, type="tertiary",
            )  # fmt: skip
