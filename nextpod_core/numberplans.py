"""
The numbering plans of the world as `phonenumbers` has them: what digits can be, and a quick way for the usual forms.

`phonenumbers` costs 50 µs a number and is loaded only when one is asked for. `fast` is made from its metadata, region
by region: expressions that say yes only where the long way would give the very same answer, and None otherwise.
"""

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a number is by its plan; doubtful = possible but outside it, invalid = not one number."""

    MOBILE = "mobile"
    FIXED_OR_MOBILE = "fixed_or_mobile"
    FIXED = "fixed"
    PREMIUM = "premium"
    TOLL_FREE = "toll_free"
    OTHER = "other"
    DOUBTFUL = "doubtful"
    INVALID = "invalid"


# By phonenumbers.PhoneNumberType; every other valid type is OTHER.
_KINDS = {0: Kind.FIXED, 1: Kind.MOBILE, 2: Kind.FIXED_OR_MOBILE, 3: Kind.TOLL_FREE, 4: Kind.PREMIUM}


# With hyphens: what is negative, or may be a date.
_NO_NUMBER = re.compile(r"^(?:-|\d{1,2}-\d{1,2}-(?:19|20)\d\d|(?:19|20)\d\d-\d{1,2}-\d{1,2})", re.ASCII | re.MULTILINE)


# Groups between dots that can be neither a date nor decimals, and the country code in brackets.
_DOTTED = re.compile(r"(?:(?:\(\+\d{1,3}\)|\+\d{1,3}|00\d{1,3}) ?)?\d{2,3}(?:\.\d{2,3}){2,4}", re.ASCII)
_IN_BRACKETS = re.compile(r"\(\+([1-9]\d{0,2})\)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that digits can be. `rank`: 2 can be texted, 1 valid but not a mobile, 0 doubtful."""

    msisdn: str
    kind: Kind
    region: str | None

    @property
    def rank(self) -> int:
        """What beats what when digits can be read in two ways."""
        return {Kind.MOBILE: 2, Kind.FIXED_OR_MOBILE: 2, Kind.DOUBTFUL: 0}.get(self.kind, 1)


@dataclass(frozen=True, slots=True)
class Plan:
    """One country's expressions: `national` and `bare` as written at home, `subscriber` after the country code.

    `foreign` are digits that are too long for any number at home, so that they can only begin with a country code.
    """

    region: str
    code: str
    subscriber: re.Pattern[str]
    national: re.Pattern[str]
    bare: re.Pattern[str]
    foreign: re.Pattern[str]
    fixed: re.Pattern[str] | None
    same: bool
    dials_00: bool


def fast(cell: str, region: str) -> tuple[str, Kind, str] | None:
    """
    MSISDN, kind and region of a mobile written in one of the usual ways: digits, spaces, hyphens and dots, perhaps
    after +, (+47), 00 or the country code. None for everything else, which says nothing about it.
    """
    digits = _digits(cell)
    if digits is None:
        return None
    plan = _plan(region)
    if plan is not None:
        if found := plan.national.fullmatch(digits):
            return _found(plan, found["subscriber"])
        if found := plan.bare.fullmatch(digits):
            return _found(plan, found["subscriber"])
    there, subscriber = _dialled(digits, plan)
    if there and (found := there.subscriber.fullmatch(subscriber)):
        return _found(there, found["subscriber"])
    return None


def column(cells: Sequence[str], region: str) -> list[str]:
    """What `fast` says of each cell, "" for None: a whole column in one go, of which most is written as at home."""
    pattern = _lines(region)
    joined = "\n".join(cells).replace(" ", "").replace("\xa0", "")
    if "-" in joined and not _NO_NUMBER.search(joined):
        joined = joined.replace("-", "")
    found = pattern.findall(joined) if pattern else []
    plan = _plan(region)
    if len(found) != len(cells) or plan is None:
        return [each[0] if (each := fast(cell, region)) else "" for cell in cells]
    code = plan.code
    numbers = [code + subscriber if subscriber else "" for subscriber in found]
    if "" in numbers:
        _look_again(cells, joined, numbers, plan)
    return numbers


def _look_again(cells: Sequence[str], joined: str, numbers: list[str], home: Plan) -> None:
    """Fill in the numbers that are not written as at home, those of each country in one go."""
    abroad: dict[str, tuple[list[int], list[str]]] = {}
    left = [place for place, number in enumerate(numbers) if not number and cells[place]]
    lines = joined.split("\n")
    dialled = _dialled_lines(home.region).findall("\n".join([lines[place] for place in left])) if left else []
    for place, (code, subscriber) in zip(left, dialled, strict=True):
        if not code:  # Digits alone with no country in front of them say nothing; other writings are looked at.
            if cells[place].isdigit() or (digits := _digits(cells[place])) is None:
                continue
            if "." in cells[place] or "-" in cells[place]:
                # Without these two the column's own expression has said no.
                at_home = home.national.fullmatch(digits) or home.bare.fullmatch(digits)
                if at_home:
                    numbers[place] = home.code + at_home["subscriber"]
                    continue
            there, subscriber = _dialled(digits, home)
            if there is None or "\n" in subscriber:
                continue
            code = there.code
        known = abroad.get(code)
        if known is None:
            known = abroad[code] = ([], [])
        known[0].append(place)
        known[1].append(subscriber)
    for code, (places, subscribers) in abroad.items():
        if _plan(regions_by_code()[code]) is None:
            continue
        pattern = _subscribers(regions_by_code()[code])
        for place, subscriber in zip(places, pattern.findall("\n".join(subscribers)), strict=True):
            if subscriber:
                numbers[place] = code + subscriber


def _digits(cell: str) -> str | None:
    """A cell without what people put between digits; None where that could be a date or something negative."""
    digits = cell.replace(" ", "").replace("\xa0", "")
    if "-" in digits:
        if _NO_NUMBER.match(digits):
            return None
        digits = digits.replace("-", "")
    if "." in digits and _DOTTED.fullmatch(cell):
        digits = digits.replace(".", "")
    if digits.startswith("(+") and (found := _IN_BRACKETS.match(digits)):
        return f"+{found[1]}{digits[found.end() :]}"
    return digits


def _dialled(digits: str, home: Plan | None) -> tuple[Plan | None, str]:
    """The plan of the country whose code the digits begin with, and the digits after it."""
    if digits.startswith("+"):
        rest = digits[1:]
    elif home is not None and home.dials_00 and digits.startswith("00"):
        rest = digits[2:]
    elif home is not None and home.foreign.fullmatch(digits):
        rest = digits
    else:
        return None, ""
    # Country codes are prefix-free, so the first that fits is the right one (ITU-T E.164).
    plans = regions_by_code()
    for length in (2, 3, 1):
        if rest[:length] in plans:
            return _plan(plans[rest[:length]]), rest[length:]
    return None, ""


def readings(digits: str, region: str | None) -> Iterator[Reading]:
    """What `phonenumbers` makes of digits (or +digits, `region` None): one reading, or none when it is impossible."""
    import phonenumbers

    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return
    msisdn = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]
    if not 7 <= len(msisdn) <= 15:
        return
    home = phonenumbers.region_code_for_number(number)
    code = number.country_code or 0
    if home is not None and phonenumbers.is_valid_number_for_region(number, home):
        kind = _KINDS.get(phonenumbers.number_type(number), Kind.OTHER)
        yield Reading(msisdn, kind, home)
    elif phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE:
        yield Reading(msisdn, Kind.DOUBTFUL, phonenumbers.region_code_for_country_code(code))


def lengths(region: str) -> tuple[int, int] | None:
    """The shortest and longest mobile number of a region, national form; None for a region that does not exist."""
    metadata = metadata_of(region)
    if metadata is None:
        return None
    # Tristan da Cunha has no mobile phones.
    mobile = metadata.mobile.possible_length if metadata.mobile else ()
    possible = [n for n in (mobile or metadata.general_desc.possible_length) if n > 0]
    return min(possible), max(possible)


def is_as_long_as_a_mobile(reading: Reading) -> bool:
    """Whether the country of a reading has mobile numbers with so many digits."""
    known = _mobile_lengths(reading.region)
    return known is None or len(reading.msisdn) in known


@functools.cache
def _mobile_lengths(region: str | None) -> frozenset[int] | None:
    """How long the MSISDNs of a region's mobiles are; None where nothing is known of them."""
    metadata = metadata_of(region) if region else None
    if metadata is None or not metadata.mobile or not metadata.mobile.possible_length:
        return None
    code = len(str(metadata.country_code))
    return frozenset(code + length for length in metadata.mobile.possible_length if length > 0)


@functools.cache
def countries() -> list[tuple[str, int]]:
    """Every region with a plan: ISO code and calling code, by ISO code."""
    import phonenumbers

    return sorted((region, phonenumbers.country_code_for_region(region)) for region in phonenumbers.SUPPORTED_REGIONS)


def _found(plan: Plan, national: str) -> tuple[str, Kind, str]:
    if plan.same or (plan.fixed is not None and plan.fixed.fullmatch(national)):
        return plan.code + national, Kind.FIXED_OR_MOBILE, plan.region
    return plan.code + national, Kind.MOBILE, plan.region


@functools.cache
def metadata_of(region: str) -> Any:
    """What the library knows of a region; None for one that does not exist."""
    import phonenumbers

    return phonenumbers.PhoneMetadata.metadata_for_region(region, None)


@functools.cache
def regions_by_code() -> dict[str, str]:
    """The main region of every country code: "47" is NO, "1" is US, "800" is 001, the world."""
    import phonenumbers

    return {str(code): regions[0] for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()}


@functools.cache
def _plan(region: str) -> Plan | None:
    """
    A region's expressions, or None where a short cut can't be proved right: regions that share their country code
    with a larger one, and those whose national prefix rewrites the number (Argentina, Mexico, Brazil).
    """
    metadata = metadata_of(region)
    if metadata is None or metadata.national_prefix_transform_rule:
        return None
    code = str(metadata.country_code)
    if regions_by_code().get(code) != region:
        return None
    same = bool(metadata.same_mobile_and_fixed_line_pattern)
    mobile = metadata.fixed_line if same else metadata.mobile
    if not _pattern(mobile):
        return None
    subscriber = _subscriber(metadata, mobile)
    stripped = metadata.national_prefix_for_parsing
    prefix = metadata.national_prefix or ""
    # The prefix is taken off only where the rule for taking it off would take off exactly that.
    exactly = prefix != "" and stripped is not None and (stripped + "|").startswith(prefix + "|")
    written = f"(?:{prefix})?" if exactly else ""
    abroad = metadata.international_prefix
    not_abroad = f"(?!{abroad})" if abroad else ""
    not_stripped = f"(?!{stripped})" if stripped else ""
    # Bare digits with the country code: only where they can't be a mobile number at home, which would win.
    not_home = f"(?!(?:{_pattern(mobile)})\\Z)"
    longest = max([*metadata.general_desc.possible_length, *metadata.general_desc.possible_length_local_only])
    return Plan(
        region=region,
        code=code,
        subscriber=re.compile(subscriber, re.ASCII),
        national=re.compile(f"{not_abroad}{written}{subscriber}", re.ASCII),
        bare=re.compile(rf"{not_abroad}{not_stripped}{not_home}(?=\d{{9}}){code}{subscriber}", re.ASCII),
        foreign=re.compile(rf"{not_abroad}{not_stripped}(?!{code})[1-9]\d{{{max(longest, 8)},}}", re.ASCII),
        fixed=re.compile(_pattern(metadata.fixed_line), re.ASCII) if _pattern(metadata.fixed_line) else None,
        same=same,
        dials_00=abroad is not None and (found := re.match(abroad, "00" + code)) is not None and found.end() == 2,
    )


@functools.cache
def _lines(region: str) -> re.Pattern[str] | None:
    """`fast` for the home country, as one expression over a column: each line's subscriber, empty where it is none."""
    plan = _plan(region)
    if plan is None:
        return None
    written = [plan.national.pattern, plan.bare.pattern, rf"\+{plan.code}{plan.subscriber.pattern}"]
    if plan.dials_00:
        written.append(f"00{plan.code}{plan.subscriber.pattern}")
    # A group of its own would come back beside the subscriber; the numbering plans refer to none.
    heads = [each.replace("(?P<subscriber>", "\0") for each in written]
    heads = [re.sub(r"\((?!\?)", "(?:", each).replace(r"\Z", "$") for each in heads]
    if any(each.count("\0") != 1 for each in heads):
        return None
    # The subscriber's own expression is the same in all of them and stands last.
    tail = heads[0][heads[0].index("\0") + 1 :]
    if any(not each.endswith("\0" + tail) for each in heads):
        return None
    heads = [each[: each.index("\0")] for each in heads]
    return re.compile(rf"^(?:{'|'.join(heads)})({tail}$|^.*$", re.ASCII | re.MULTILINE)


@functools.cache
def _dialled_lines(region: str) -> re.Pattern[str]:
    """`_dialled` over a column: each line's country code and the digits after it, both empty where none is dialled."""
    home = _plan(region)
    assert home is not None
    ways = [r"\+", "00"] if home.dials_00 else [r"\+"]
    foreign = re.sub(r"\((?!\?)", "(?:", home.foreign.pattern).replace(r"\Z", "$")
    begin, codes = "|".join([*ways, f"(?={foreign}$)"]), "|".join(regions_by_code())
    return re.compile(rf"^(?:{begin})({codes})(\d*)$|^.*$", re.ASCII | re.MULTILINE)


@functools.cache
def _subscribers(region: str) -> re.Pattern[str]:
    """The subscriber's expression of a region over a column: each line's number, empty where it is none."""
    plan = _plan(region)
    assert plan is not None
    alone = plan.subscriber.pattern.replace("(?P<subscriber>", "\0")
    alone = re.sub(r"\((?!\?)", "(?:", alone).replace(r"\Z", "$")
    return re.compile(f"^{alone.replace(chr(0), '(')}$|^.*$", re.ASCII | re.MULTILINE)


def _subscriber(metadata: Any, mobile: Any) -> str:
    """A mobile number without country code or prefix, that no other type of number claims first."""
    others = (
        metadata.premium_rate,
        metadata.toll_free,
        metadata.shared_cost,
        metadata.voip,
        metadata.personal_number,
        metadata.pager,
        metadata.uan,
        metadata.voicemail,
    )
    claimed = "|".join(_pattern(other) for other in others if _pattern(other))
    lengths = [n for n in (mobile.possible_length or metadata.general_desc.possible_length) if n > 0]
    stripped = metadata.national_prefix_for_parsing
    leading = metadata.leading_digits
    return "".join(
        [
            f"(?!{stripped})" if stripped else "",
            rf"(?=(?:{'|'.join(rf'[0-9]{{{n}}}' for n in lengths)})\Z)",
            rf"(?=(?:{_pattern(metadata.general_desc)})\Z)",
            f"(?={leading})" if leading else "",
            rf"(?!(?:{claimed})\Z)" if claimed else "",
            f"(?P<subscriber>{_pattern(mobile)})",
        ]
    )


def _pattern(description: Any) -> str:
    return (description.national_number_pattern or "") if description is not None else ""
