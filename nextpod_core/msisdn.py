"""
What a cell of a spreadsheet says as a number: MSISDN and kind, or the reason why it must not be texted.

`read` never guesses: what could be two numbers, a date or a number that Excel has rounded is refused with a sentence.
The common forms go through `numberplans.fast` and the others through `readings.of`, which are made from the metadata of
`phonenumbers` and held equal to `read_slow`, which asks the library itself, by property tests.
"""

import dataclasses
import functools
import re
import unicodedata
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nextpod_core import numberplans, readings
from nextpod_core.numberplans import Kind
from nextpod_core.sentences import Sentence, say

__all__ = [
    "SENDABLE",
    "Kind",
    "Number",
    "countries",
    "is_syntax",
    "look_at",
    "masked",
    "read",
    "read_slow",
    "search_digits",
]

SENDABLE = frozenset({Kind.MOBILE, Kind.FIXED_OR_MOBILE})

_Readings = Callable[[str, str | None], Iterator[numberplans.Reading]]

_SYNTAX = re.compile(r"[1-9]\d{6,14}", re.ASCII)
_QUOTES = "\"'’‘“”«»"
_LONGEST = 200  # Nothing longer is a number, however it is written; the expressions below may be slow on it.
_SCHEME = re.compile(r"^tel:(?://)?\s*", re.IGNORECASE)
_DASHES = re.compile(r"[\u2010-\u2015\u2212\u2043\u30fc]")
_SCIENTIFIC = re.compile(r"^(\+?)(\d)(?:[.,](\d+))?[eE]\+?(\d{1,2})$", re.ASCII)
_DATE = re.compile(
    r"^(?:(?:0?[1-9]|[12]\d|3[01])[./-](?:0?[1-9]|1[0-2])[./-](?:19|20)\d\d"
    r"|(?:0?[1-9]|1[0-2])[./-](?:0?[1-9]|[12]\d|3[01])[./-](?:19|20)\d\d"
    r"|(?:19|20)\d\d[./-](?:0?[1-9]|1[0-2])[./-](?:0?[1-9]|[12]\d|3[01]))\.?(?:[ T].*)?$",
    re.ASCII,
)
# Nothing to take off, and nothing to refuse: what the steps of `_unwrapped` and `_refused` would leave as it is.
_SIMPLE = re.compile(r"(?:\+[1-9])?\d+(?: \d+)*", re.ASCII)
_CLEAN = re.compile(r"(?!-)\(?\+?[\d .()-]*[1-9][\d .()-]*", re.ASCII)
_PLUS_TWICE = re.compile(r"^\+\s*(?:\+|00)\s*")
_SPACES = re.compile(r"[\t\u00a0 ]+")
_NO_DIGIT = re.compile(r"\D")
_TRAILING_ZERO = re.compile(r"^(\+?(?:\d+|\d{1,3}(?: \d{3})+))[.,]0{1,2}$", re.ASCII)
# The same without spaces: what is left is read like any cell, and nothing else can be meant.
_WITH_DECIMALS = re.compile(r"^(\+?\d+)[.,]0{1,2}$", re.ASCII | re.MULTILINE)
_NOT_ALIKE = (" ", "\xa0", "-", "(", ",0")
# Groups and decimals at once, "917 26 200.0": only where the whole says nothing, since "91 72 62.00" is a number too.
_GROUPED_ZERO = re.compile(r"^(\+?\d+(?: \d+)+)[.,]0{1,2}$", re.ASCII)
_DECIMAL = re.compile(r"^\+?\d+\.\d{1,2}$", re.ASCII)
_MACHINE = re.compile(r"(\+47|0047|47)?58\d{10}", re.ASCII)
_PLAIN = re.compile(r"\(?\+?[\d .()-]*\d[ .()-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Number:
    """
    A cell that was read. `msisdn` is digits with the country code, None when the number must be refused; a doubtful
    one keeps its digits in `candidate`. `region` is the ISO code of the number itself. `reason` says why it is left
    out, `repaired` what was mended.
    """

    msisdn: str | None
    kind: Kind
    region: str | None = None
    candidate: str | None = None
    repaired: Sentence | None = None
    reason: Sentence | None = None

    @property
    def sendable(self) -> bool:
        """Whether it may be texted without anyone's further word."""
        return self.kind in SENDABLE


def read(cell: str, *, region: str) -> Number:
    """The number that `cell` says to someone in `region` (ISO code). Never raises; see `read_slow` for the rules."""
    found = numberplans.fast(cell, region)
    if found:
        return Number(found[0], found[1], found[2])
    return look_at(cell, region=region)


def look_at(cell: str, *, region: str) -> Number:
    """What `read` says, for a cell of which `numberplans.fast` is known to say nothing."""
    # What is long is read anew: remembered it would fill the memory.
    return _remembered(cell, region) if len(cell) <= _LONGEST else _by_the_rules(cell, region, readings.of)


def without_decimals(cells: list[str]) -> tuple[list[str], int]:
    """
    A column without the decimals that a program added to whole numbers, and how many had some.

    >>> without_decimals(["91726200.0", "4791726200,00", "1.5"])
    (['91726200', '4791726200', '1.5'], 2)
    """
    joined = "\n".join(cells)
    if ".0" not in joined and ",0" not in joined:
        return cells, 0
    if joined.count("\n") != len(cells) - 1:  # A cell of two lines: each is looked at alone.
        found = [_WITH_DECIMALS.sub(r"\1", cell) if "\n" not in cell else cell for cell in cells]
        return found, sum(map(str.__ne__, found, cells))
    alike = joined.count(".0\n") + joined.endswith(".0")
    if joined.count(".") == alike and not any(map(joined.__contains__, _NOT_ALIKE)):
        # What else ends like that is no number without it either.
        return joined.replace(".0\n", "\n").removesuffix(".0").split("\n"), alike
    joined, many = _WITH_DECIMALS.subn(r"\1", joined)
    return (joined.split("\n"), many) if many else (cells, 0)


def read_slow(cell: str, *, region: str) -> Number:
    """
    The same by the seven rules, step by step through `phonenumbers`:

    what Excel and people wrap around a number is taken off; lost digits, dates, notes and two numbers in one cell
    are refused; the rest is read in `region` and, with 9 digits or more and no leading 0 or +, as `+digits` too.
    A mobile reading beats a fixed one, the reading in `region` wins a tie. Outside the plan is doubtful.
    """
    return _by_the_rules(cell, region, numberplans.readings)


def _by_the_rules(cell: str, region: str, readings: _Readings) -> Number:
    text = _unwrapped(cell)
    repaired: Sentence | None = None
    if len(text) > _LONGEST:
        return _invalid(_refused(text[:_LONGEST]) or say("{cell} is not a number.", cell=text[:40]))
    is_simple = _SIMPLE.fullmatch(text) and text.strip("+0 ")  # Of such nothing is said until it is read.
    if is_simple:
        pass
    elif scientific := _SCIENTIFIC.match(text):
        digits = _whole(scientific)
        if digits is None:
            return _invalid(
                say(
                    "Excel has rounded {cell}: digits are lost. Format the column as text and export it again.",
                    cell=text,
                )
            )
        text, repaired = scientific[1] + digits, say("Excel had written it as {cell}.", cell=text)
    elif _DATE.match(text):
        return _invalid(say("{cell} looks like a date.", cell=text))
    elif decimal := _TRAILING_ZERO.match(text):
        text, repaired = decimal[1], say("The decimals of {cell} were taken off.", cell=text)
    elif _DECIMAL.match(text):
        return _invalid(say("{cell} is a number with decimals, not a phone number.", cell=text))
    if not is_simple and (refused := _refused(text)):
        return _invalid(refused)
    plus = text.startswith(("+", "(+"))
    digits = text.lstrip("+").replace(" ", "") if is_simple else _NO_DIGIT.sub("", text)
    best: numberplans.Reading | None = None
    for reading in _readings(text, digits, readings, plus=plus, region=region):
        if reading.kind is Kind.DOUBTFUL and not numberplans.is_as_long_as_a_mobile(reading):
            continue  # The tables lag behind in new series, and never in how long a number is.
        if best is None or reading.rank > best.rank:
            best = reading
        if best.rank == 2:
            break  # Nothing beats a mobile, and of two the first wins.
    if not is_simple and (best is None or best.kind is Kind.DOUBTFUL) and (decimal := _GROUPED_ZERO.match(text)):
        found = _by_the_rules(decimal[1], region, readings)
        if found.sendable:
            return dataclasses.replace(found, repaired=say("The decimals of {cell} were taken off.", cell=text))
    if (best is None or best.kind is Kind.DOUBTFUL) and _is_a_machines(text, region):
        return _invalid(say("{cell} is a machine's number, not a phone.", cell=text[:40]))
    if best is None:
        return _invalid(_not_possible(text, digits, plus=plus, region=region))
    if best.kind is Kind.DOUBTFUL:
        reason = say("+{digits} is outside the numbering plan. Tick to send anyway.", digits=best.msisdn)
        return Number(None, Kind.DOUBTFUL, best.region, best.msisdn, repaired, reason)
    return Number(best.msisdn, best.kind, best.region, None, repaired, _held_out(best))


# Files repeat the odd forms (one foreign number, one "N/A" in ten thousand rows); 20,000 are a few megabytes.
@functools.lru_cache(maxsize=20_000)
def _remembered(cell: str, region: str) -> Number:
    return _by_the_rules(cell, region, readings.of)


def countries() -> list[tuple[str, int]]:
    """Every country that numbers can be read in: ISO code and calling code, by ISO code."""
    return numberplans.countries()


def is_syntax(msisdn: str) -> bool:
    """Whether it is an MSISDN by form alone (ITU-T E.164): all that the API edge asks."""
    return _SYNTAX.fullmatch(msisdn) is not None


def masked(msisdn: str) -> str:
    """For logs and lists that need no whole number: the first three and last three digits, 479•••••200 with stars."""
    if len(msisdn) < 8:
        return "*" * len(msisdn)
    return f"{msisdn[:3]}{'*' * (len(msisdn) - 6)}{msisdn[-3:]}"


def search_digits(text: str) -> str:
    """The digits of a number that someone typed in any writing, to be searched for as a part; "" if it is not one."""
    text = _unwrapped(text)
    if not _PLAIN.fullmatch(text):
        return ""
    digits = _NO_DIGIT.sub("", text.replace("(0)", ""))
    if text.startswith(("+", "(+")):
        return digits
    # 0047… and the national 0 in front stand in no MSISDN.
    return digits[2:] if digits.startswith("00") else digits.removeprefix("0")


def _unwrapped(cell: str) -> str:
    """Rule 1: NFKC, nothing invisible, and without what Excel, people and links put around a number."""
    if _SIMPLE.fullmatch(cell):
        return cell
    if not cell.isascii():
        cell = unicodedata.normalize("NFKC", cell)
        cell = "".join(
            str(unicodedata.decimal(each)) if each.isdecimal() else each
            for each in cell
            if unicodedata.category(each) != "Cf"
        )
        cell = _DASHES.sub("-", cell)
    text = cell.strip()
    text = text.removeprefix("=").strip(_QUOTES).strip()
    if found := _SCHEME.match(text):
        text = urllib.parse.unquote(text[found.end() :])  # A link has its spaces as %20.
    text = text.strip(" \t\r\n,;/")
    return _SPACES.sub(" ", _PLUS_TWICE.sub("+", text))


def _whole(scientific: re.Match[str]) -> str | None:
    """Rule 2: the digits of 4.791726200E+9 when every one is there, else None."""
    decimals, exponent = scientific[3] or "", int(scientific[4])
    if exponent < 6 or len(decimals) < exponent or decimals[exponent:].strip("0"):
        return None
    return scientific[2] + decimals[:exponent]


def _refused(text: str) -> Sentence | None:
    """Rule 3: what is no number, more than one, or a number with a note."""
    if _CLEAN.fullmatch(text):
        return None
    if not text:
        return say("There is no number.")
    digits = sum(each.isdigit() for each in text)
    if not digits or not text.strip("+0 .()-"):
        return say("{cell} is not a number.", cell=text[:40])
    if re.search(r"\d[^\d+]*[,;/\n|&][^\d]*\d", text):
        return say("{cell} could be two numbers. Keep one in the cell.", cell=text[:40])
    if re.search(r"[^\W\d_]", text):
        return say("{cell} has letters in it. Keep the number alone in the cell.", cell=text[:40])
    if text.count("+") > 1 or ("+" in text and not text.startswith(("+", "(+"))):
        return say("{cell} could be two numbers. Keep one in the cell.", cell=text[:40])
    if text.startswith("-"):
        return say("{cell} is a negative number: Excel has counted with it.", cell=text[:40])
    if not re.fullmatch(r"[\d+ .()-]+", text, re.ASCII):
        return say("{cell} has signs that no number has. Keep the number alone in the cell.", cell=text[:40])
    return None


def _readings(text: str, digits: str, readings: _Readings, *, plus: bool, region: str) -> Iterator[numberplans.Reading]:
    """Rule 4: what the number can be, the reading in `region` first."""
    if plus:
        yield from readings("+" + digits, None)
        if "(0)" in text:  # +45 (0)34 41 23 45: written by habit also where there is no national 0.
            yield from readings("+" + _NO_DIGIT.sub("", text.replace("(0)", "")), None)
        return
    yield from readings(digits, region)
    if digits.startswith("00"):  # 00 is how most of the world dials out, also on lists made elsewhere.
        yield from readings("+" + digits[2:], None)
    elif not digits.startswith("0") and len(digits) >= 9:
        yield from readings("+" + digits, None)


def _is_a_machines(text: str, region: str) -> bool:
    """Whether it is a machine's in Norway: twelve digits from 58 on, which the library's tables don't know."""
    found = _MACHINE.fullmatch(re.sub(r"[ .()-]", "", text))
    return found is not None and (found[1] is not None or region in ("NO", "SJ"))


def _invalid(reason: Sentence) -> Number:
    return Number(None, Kind.INVALID, reason=reason)


def _not_possible(text: str, digits: str, *, plus: bool, region: str) -> Sentence:
    lengths = None if plus else numberplans.lengths(region)
    if lengths and len(digits) < lengths[0]:
        return say("{cell} is too short for a mobile number in {region}.", cell=text[:40], region=region)
    if len(digits) > 15:
        return say("{cell} has more than 15 digits: too long for any number.", cell=text[:40])
    if lengths and len(digits) > lengths[1]:
        return say(
            "{cell} is too long for a mobile number in {region}, and is no number with a country code either.",
            cell=text[:40],
            region=region,
        )
    return say("{cell} is not a number that exists. Check its digits and country code.", cell=text[:40])


def _held_out(reading: numberplans.Reading) -> Sentence | None:
    """Rule 5: why a real number is left out all the same."""
    match reading.kind:
        case Kind.FIXED:
            return say("+{digits} is a landline; it can't receive texts.", digits=reading.msisdn)
        case Kind.PREMIUM:
            return say("+{digits} is a premium number; it can't receive texts.", digits=reading.msisdn)
        case Kind.TOLL_FREE:
            return say("+{digits} is a toll-free number; it can't receive texts.", digits=reading.msisdn)
        case Kind.OTHER:
            return say("+{digits} is a service number, not a mobile.", digits=reading.msisdn)
        case _:
            return None


@functools.lru_cache(maxsize=4_000)
def _region_of_start(start: str) -> str | None:
    by_code = numberplans.regions_by_code()
    # Country codes are prefix-free (ITU-T E.164), so the first that fits is the right one.
    return next((by_code[start[:size]] for size in (1, 2, 3) if start[:size] in by_code), None)


def region_of(msisdn: str) -> str | None:
    """The ISO code of the country that an MSISDN's calling code belongs to, the main one where several share it.

    >>> region_of("4791726200"), region_of("447723456789"), region_of("12015550123")
    ('NO', 'GB', 'US')
    """
    return _region_of_start(msisdn[:3])
