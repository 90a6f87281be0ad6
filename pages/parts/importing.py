"""A list of numbers that opted out elsewhere: pasted, or a file with one number to a line or a column of them."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

import streamlit as st

from nextpod_core import msisdn as numbers
from nextpod_core.errors import BadInput
from nextpod_core.sentences import Sentence, say
from pages.parts import frame
from pages.parts.words import _

MOST_LINES = 200_000
TOLD = 100


@dataclass(frozen=True, slots=True)
class Found:
    """The numbers that were read, each once, and the lines that hold none with the reason."""

    msisdns: list[str]
    refused: list[tuple[int, Sentence]]


def draw(on_import: Callable[[], None]) -> None:
    """The form: numbers, where they come from, and when consent was withdrawn."""
    st.text_area(
        _("Numbers, one to a line"), key="suppressions_paste", height=120, placeholder="91726200\n+46 70 123 45 67"
    )
    st.file_uploader(_("Or a file (CSV or text)"), type=["csv", "txt", "tsv"], key="suppressions_file")
    st.text_input(_("Where the list comes from"), key="suppressions_source", placeholder=_("The old system"))
    today = datetime.fromtimestamp(frame.now() / 1000, UTC).astimezone(frame.zone()).date()
    st.date_input(
        _("When consent was withdrawn"), value=today, max_value=today, format="DD.MM.YYYY", key="suppressions_day"
    )
    st.button(_("Put them on the list"), type="primary", key="suppressions_import", on_click=on_import)


def numbers_in(file: BinaryIO | None, pasted: str, region: str) -> Found:
    """
    Every number of a file and of what was pasted, as someone in `region` writes them.

    The first cell of a line that can be read as a number counts. Line numbers are the file's own (pasted lines follow
    on their own count). Landlines stay: what can't be sent to may stand on the list all the same.
    Raises BadInput for a file that is no text, and for more lines than can be read at once.
    """
    lines = [*enumerate(_text_of(file).splitlines(), 1)] if file is not None else []
    lines += enumerate(pasted.splitlines(), 1)
    if len(lines) > MOST_LINES:
        raise BadInput("The list has more than {most} lines. Split it in two.", most=MOST_LINES)
    found: dict[str, None] = {}
    refused: list[tuple[int, Sentence]] = []
    for place, line in lines:
        if not line.strip():
            continue
        read = [numbers.read(cell, region=region) for cell in _cells(line) if cell.strip()]
        good = next((one.msisdn or one.candidate for one in read if one.msisdn or one.candidate), None)
        if good is not None:
            found[good] = None
        elif read and not (
            place == 1 and not any(letter.isdigit() for letter in line)
        ):  # A first line may be a header.
            refused.append((place, read[0].reason or say("There is no number.")))
    return Found(list(found), refused)


def _cells(line: str) -> list[str]:
    separator = next((one for one in (";", "\t", ",") if one in line), None)
    if separator is None:
        return [line]
    return next(csv.reader(io.StringIO(line), delimiter=separator), [])


def _text_of(file: BinaryIO) -> str:
    """The file as text: by its byte order mark, else UTF-8 when it is, else Windows-1252 as old exports are."""
    raw = file.read()
    file.seek(0)
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise BadInput("This is an Excel file. Save it as CSV first, or paste the numbers.")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        if b"\x00" in raw:
            raise BadInput("This file is not a list in text form. Save it as CSV first.") from None
        return raw.decode("cp1252", "replace")
