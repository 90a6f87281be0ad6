"""
How a text becomes parts on the air: alphabet, units, exact cuts, and the characters that make it dear.

A part holds 160 septets of GSM-7 or 70 UTF-16 units of UCS-2 alone, 153 or 67 when joined with others (3GPP TS 23.038
and 23.040 9.2.3.24.1). Texts are cleaned (`clean`) before they are measured; nothing here changes one silently.
"""

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from nextpod_core import reference

# 3GPP TS 23.038 6.2.1, without the escape itself: it stands for no character.
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"  # 3GPP TS 23.038 6.2.1.1: an escape and a septet each.
LONGEST = 1500  # The API's limit on `msg`, taken as UTF-16 units: the strictest reading of "characters".

_NOT_BASIC = re.compile(f"[^{re.escape(BASIC)}]")
_NOT_GSM = re.compile(f"[^{re.escape(BASIC + EXTENSION)}]")
_IN_EXTENSION = re.compile(f"[{re.escape(EXTENSION)}]")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_UNCLEAN = re.compile("[\r\x00\ud800-\udfff]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class Alphabet(StrEnum):
    """The two alphabets a text can travel in."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


_ALONE = {Alphabet.GSM7: 160, Alphabet.UCS2: 70}
_JOINED = {Alphabet.GSM7: 153, Alphabet.UCS2: 67}


@dataclass(frozen=True, slots=True)
class Size:
    """What a text takes: `units` are septets or UTF-16 units; `left` is the room in the last part."""

    alphabet: Alphabet
    units: int
    parts: int
    left: int


# Every size of a text without two-unit characters, made once: a bulk measures by looking up a length.
_PLAIN: dict[Alphabet, list[Size]] = {Alphabet.GSM7: [], Alphabet.UCS2: []}


def clean(text: str) -> str:
    """The text as it is stored, measured and sent: NFC, line ends as LF, no NUL, no half of a surrogate pair."""
    if _UNCLEAN.search(text):
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
        text = _LONE_SURROGATE.sub("\ufffd", text)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def units_utf16(text: str) -> int:
    """Length in UTF-16 units, in which the API's limit (`LONGEST`) and UCS-2 parts are counted."""
    return len(text) if text.isascii() else len(text) + len(_ASTRAL.findall(text))


def alphabet(text: str) -> Alphabet:
    """GSM-7 unless one character is outside it; then the whole text travels as UCS-2."""
    return Alphabet.UCS2 if _NOT_GSM.search(text) else Alphabet.GSM7


def measure(text: str) -> Size:
    """Alphabet, units, parts and room left of a cleaned text. An empty text has no part."""
    if not _NOT_BASIC.search(text):
        return _plain(Alphabet.GSM7, len(text))
    letters = alphabet(text)
    if letters is Alphabet.UCS2 and not _ASTRAL.search(text):
        return _plain(letters, len(text))
    units = len(text) + len((_IN_EXTENSION if letters is Alphabet.GSM7 else _ASTRAL).findall(text))
    if units <= _ALONE[letters]:
        return Size(letters, units, 1, _ALONE[letters] - units)
    *_, (last, room) = enumerate(left for _, left in _cuts(text, letters))
    return Size(letters, units, last + 1, room)


def split(text: str) -> list[str]:
    """A cleaned text cut where the phone network cuts it; joined again the pieces are the text."""
    size = measure(text)
    if size.parts <= 1:
        return [text] if text else []
    borders = [0, *(end for end, _ in _cuts(text, size.alphabet))]
    return [text[start:end] for start, end in zip(borders, borders[1:], strict=False)]


def blockers(text: str) -> dict[str, int]:
    """The characters that force UCS-2 on this text, with how often each stands in it, most common first."""
    return dict(Counter(_NOT_GSM.findall(text)).most_common())


@functools.cache
def replacements() -> Mapping[str, str]:
    """Every character that has a safe GSM-7 replacement (`data/gsm_replacements.csv`); "" means that it can go."""
    return {
        chr(int(row["code_point"][2:], 16)): row["replacement"].replace("\\n", "\n")
        for row in reference.table("gsm_replacements")
    }


def suggestions(text: str) -> dict[str, str]:
    """For the text's own blockers: those that have a safe replacement. To be offered with the change shown."""
    table = replacements()
    return {character: table[character] for character in blockers(text) if character in table}


def replaced(text: str, table: Mapping[str, str] | None = None) -> str:
    """The text with its blockers replaced as in `table` (default: every safe one); all else stays as it is."""
    chosen = replacements() if table is None else table
    return _NOT_GSM.sub(lambda found: chosen.get(found[0], found[0]), text)


def _plain(letters: Alphabet, length: int) -> Size:
    """The size of `length` characters of one unit each."""
    made = _PLAIN[letters]
    if length < len(made):
        return made[length]
    if length > LONGEST:  # Too long to be sent; measured so that a page can say so, not kept.
        return _plain_size(letters, length)
    made.extend(_plain_size(letters, each) for each in range(len(made), LONGEST + 1))
    return made[length]


def _plain_size(letters: Alphabet, length: int) -> Size:
    alone, joined = _ALONE[letters], _JOINED[letters]
    if length <= alone:
        return Size(letters, length, 1 if length else 0, alone - length)
    parts = -(-length // joined)
    return Size(letters, length, parts, parts * joined - length)


def _cuts(text: str, letters: Alphabet) -> Iterator[tuple[int, int]]:
    """Of a text of several parts: where each part ends and the room left in it."""
    joined = _JOINED[letters]
    room = joined
    for place, character in enumerate(text):
        cost = 1 + (character in EXTENSION if letters is Alphabet.GSM7 else character > "\uffff")
        if cost > room:  # An escape or surrogate pair is never cut, so dividing is wrong (3GPP TS 23.040 9.2.3.24.1).
            yield place, room
            room = joined
        room -= cost
    yield len(text), room
