"""The two buttons that give rows as a file: CSV for anything, Excel for a double click. The file is made when asked."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import streamlit as st

from nextpod_core.db import Connection
from pages.parts import excel, later, tables
from pages.parts.tables import Column
from pages.parts.words import _

Write = Callable[[Iterable[Any], Sequence[Column]], bytes]


def buttons(make: Callable[[Connection, Write], bytes], *, name: str, key: str, disabled: bool = False) -> None:
    """Draw both. `make` gets a connection of its own and what writes the rows; `name` is the file's, without ending."""
    with st.container(horizontal=True, gap="xsmall", width="content", key=f"{key}_files"):
        for ending, label, mime, write in (
            ("csv", _("CSV"), "text/csv", tables.csv_bytes), ("xlsx", _("Excel"), excel.MIME, excel.excel_bytes),
        ):  # fmt: skip
            st.download_button(
                label, later.file(lambda own, write=write: make(own, write), what=name),
                file_name=f"{name}.{ending}", mime=mime,
                icon=":material/download:", key=f"{key}_{ending}", on_click="ignore", disabled=disabled,
                help=_("Download as a file for a spreadsheet"), type="tertiary",
            )  # fmt: skip
