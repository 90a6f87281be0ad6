"""
Which characters the bytes of a text file are.

Byte order mark, then strict UTF-8, then Windows-1252: right on every Nordic file it was measured on. Only where the
words that come out can be no words ("KŒre", "Bj›rn") and are words as an old Mac or DOS wrote them, it is that.
"""

import codecs
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from nextpod_core.errors import BadInput

_CHUNK = 1 << 20
_CONTROLS = bytes(set(range(32)) - {9, 10, 11, 12, 13, 26} | {127})
_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_MOST_WORDS = 2_000
_SMALL = "a-zåäöæøéèüßáàóòúùíìñçëêâôîïšžœðþýµ"
_LARGE = "A-ZÅÄÖÆØÉÈÜÁÀÓÒÚÙÍÌÑÇËÊÂÔÎÏŠŽŒÐÞÝ"
# Capitals stand first or everywhere; what writing programs make of quotes and dashes stands around, ’ also within.
_IS_A_WORD = re.compile(
    rf"[“‘„‚«–—£¤]*(?:(?:[{_LARGE}]?[{_SMALL}]+|[{_LARGE}]+)(?:[’–—\u00a0]+|$|(?=[”…»™®©€])))*[”…»™®©€]*"
)
_OLD = ("mac_roman", "cp850")  # cp865, the Nordic one, has its letters in the same places.


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes of a file are to be read. `lines` is a good guess of how many rows there are."""

    name: str
    lines: int
    quotes: bool


def encoding_of(path: Path) -> Encoding:
    """The encoding of the file at `path`. Raises BadInput for what is no text: NUL bytes, control characters, a line
    without end."""
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
    if name == "cp1252":
        name = _single_byte(path)
    return Encoding(name, (feeds or returns) + 1, quotes)


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


def _single_byte(path: Path) -> str:
    """Windows-1252, or the old charset in which alone the words are words."""
    with path.open("rb") as file:
        found = _WORD.findall(file.read(_CHUNK))[:_MOST_WORDS]
    words = [word for word in found if not _is_sign(word)]
    shares = {name: _share_of_words(words, name) for name in ("cp1252", *_OLD)}
    old = max(_OLD, key=shares.__getitem__)
    if shares[old] >= 0.9 and shares["cp1252"] <= 0.5:
        return old
    if not _can_be_1252(path):
        raise _no_text()
    return "cp1252"


def _is_sign(word: bytes) -> bool:
    """Whether it is signs and no word: a pound sign alone would be one in the charset of DOS, where it is "ú"."""
    letters = word.decode("cp1252", errors="replace")
    return not any(letter == "\ufffd" or unicodedata.category(letter) in ("Ll", "Lu") for letter in letters)


def _share_of_words(words: list[bytes], name: str) -> float:
    if not words:
        return 0.0
    return sum(_IS_A_WORD.fullmatch(word.decode(name, errors="replace")) is not None for word in words) / len(words)


def _can_be_1252(path: Path) -> bool:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            try:
                chunk.decode("cp1252")
            except UnicodeDecodeError:
                return False
    return True


def _no_text() -> BadInput:
    return BadInput(
        "This file is not a table of text. Save the list from your spreadsheet as CSV (UTF-8) or xlsx and upload that."
    )
