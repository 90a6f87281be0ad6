"""
What a webhook carried, whatever its shape: JSON, FORM or a query string, told apart by content, not by its label.

The document shows FORM fields in the query string of a POST, numbers as text and booleans as text; so every value
becomes text and the body goes over the query. `fields` never raises anything but Unreadable, which says why.
"""

import functools
import json
import re
import zlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_to_bytes
from zoneinfo import ZoneInfo

from nextpod_core.errors import BadInput

LARGEST = 65_536  # bytes, of a body as sent and as unpacked
MOST_FIELDS = 200

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_SURROGATES = re.compile("[\ud800-\udfff\x00]")
_LATIN = frozenset({"iso-8859-1", "iso8859-1", "latin1", "latin-1", "windows-1252", "cp1252", "iso-8859-15"})


class Unreadable(BadInput):
    """The body can't be understood; the sentence says why, and goes into quarantine with it."""


# Numbers keep their own writing: 0242, 1e400 and integers of 60,000 digits are all just text here.
_JSON = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


def fields(body: bytes, *, query: bytes, content_type: str) -> dict[str, str]:
    """The fields that `body` and `query` carry, by name in lower case, body over query. Raises Unreadable."""
    found = _pairs(query, content_type) if query else {}
    if body[:2] == b"\x1f\x8b":
        body = _unpacked(body)
    body = body.removeprefix(b"\xef\xbb\xbf").strip()
    if body[:1] in (b"{", b"["):
        found.update(_json(_decoded(body, content_type)))
    elif body:
        found.update(_pairs(body, content_type))
    return found


def time_ms(text: str | None, *, zone: str = "UTC") -> int | None:
    """An ISO 8601 time as UTC milliseconds, read in `zone` where it names none; None when it isn't one.

    >>> time_ms("2019-08-28T15:00:08Z"), time_ms("2019-08-28T15:00:08", zone="Europe/Oslo"), time_ms("soon")
    (1567004408000, 1566997208000, None)
    """
    return _time_ms(text, zone) if text and len(text) <= 40 else None


@functools.lru_cache(maxsize=4_096)  # of the reports of one second many tell the same time
def _time_ms(text: str, zone: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text.strip().upper())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC if zone == "UTC" else ZoneInfo(zone))
        return round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def digits(text: str | None) -> str | None:
    """A number as Nextpod means it, digits alone: without +, 00, spaces, dashes. None when there is more to it."""
    if not text:
        return None
    if text.isascii() and text.isdigit() and text[0] != "0" and len(text) <= 20:
        return text
    bare = re.sub(r"[\s().-]", "", text).removeprefix("+").removeprefix("00")
    return bare if bare.isascii() and bare.isdigit() and len(bare) <= 20 else None


def whole(text: str | None, *, most: int = 2**31) -> int | None:
    """A whole number from 0 to `most`; None when it isn't one."""
    if text and len(text) <= 12 and text.isascii() and text.isdigit():
        value = int(text)
        return value if value <= most else None
    return None


def clean(text: str) -> str:
    """Text that every store takes: what is half a character (a lone surrogate) or NUL becomes U+FFFD."""
    if text.isascii() and "\x00" not in text:
        return text
    return _SURROGATES.sub("\ufffd", text)


def _json(text: str) -> dict[str, str]:
    try:
        found: Any
        found, end = _JSON.raw_decode(text)
        if end != len(text):
            raise ValueError("there is more after its end")
    except RecursionError as error:
        raise Unreadable("The JSON is nested too deep.") from error
    except ValueError as error:
        raise Unreadable("The body begins like JSON, but it is not valid JSON.") from error
    if not isinstance(found, dict):
        raise Unreadable("The JSON is a list where one message was expected.")
    if len(found) > MOST_FIELDS:
        raise Unreadable("There are more than {most} fields.", most=MOST_FIELDS)
    escaped = "\\u" in text  # only an escape can bring in half a character or NUL
    told: dict[str, str] = {}
    for name, value in found.items():
        if not isinstance(value, str):
            if value is not True and value is not False:
                continue  # null, lists and objects stand in no documented field
            value = "true" if value else "false"
        told[name.strip().lower()] = value
    return {clean(name): clean(value) for name, value in told.items()} if escaped else told


def _pairs(raw: bytes, content_type: str) -> dict[str, str]:
    """`a=1&b=2`, also as printed in the document: with a leading ? and a line end around each pair."""
    # An escaped colon, of which every time holds two, stands for nothing else and separates nothing.
    bare = raw.strip().removeprefix(b"?").replace(b"+", b" ").replace(b"%3A", b":")
    parts = bare.split(b"&")
    if len(parts) > MOST_FIELDS:
        raise Unreadable("There are more than {most} fields.", most=MOST_FIELDS)
    found: dict[str, str] = {}
    for part in parts:
        name, mark, value = part.strip(b"\r\n").partition(b"=")
        if mark:
            found[_unescaped(name, content_type).strip().lower()] = _unescaped(value, content_type)
    if not found and raw.strip():
        raise Unreadable("The body is neither JSON nor FORM.")
    return found


def _unescaped(raw: bytes, content_type: str) -> str:
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
    # No surrogate can come out of bytes, so NUL is all that there is to clean.
    text = raw.decode("ascii") if raw.isascii() else _decoded(raw, content_type)
    return text if "\x00" not in text else clean(text)


def _decoded(raw: bytes, content_type: str) -> str:
    """UTF-8 unless the label names a Latin charset or the bytes can't be UTF-8: then Windows-1252."""
    if not _is_latin(content_type):
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            pass
    return raw.decode("cp1252", errors="replace")


@functools.lru_cache(maxsize=64)
def _is_latin(content_type: str) -> bool:
    charset = _CHARSET.search(content_type)
    return charset is not None and charset[1].lower() in _LATIN


def _unpacked(body: bytes) -> bytes:
    try:
        machine = zlib.decompressobj(wbits=31)
        plain = machine.decompress(body, LARGEST)
    except zlib.error as error:
        raise Unreadable("The body looks like gzip, but it can't be unpacked.") from error
    if machine.unconsumed_tail or not machine.eof:
        raise Unreadable("The body is cut short, or larger than 64 KB when unpacked.")
    return plain
