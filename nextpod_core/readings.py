"""
What digits can be by the numbering plans of the world: the answer of `phonenumbers`, at a tenth of its cost.

`of` goes the way that its parse, validity, type and possible length go for plain digits, over the same metadata with
the expressions kept compiled. A property test holds it equal to `numberplans.readings`, which asks the library itself.
"""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nextpod_core.numberplans import Kind, Reading, metadata_of, regions_by_code

_LONGEST_NATIONAL = 17
# In the order in which the library asks; fixed and mobile come last, since one number may be both.
_SPECIAL = (
    ("premium_rate", Kind.PREMIUM),
    ("toll_free", Kind.TOLL_FREE),
    ("shared_cost", Kind.OTHER),
    ("voip", Kind.OTHER),
    ("personal_number", Kind.OTHER),
    ("pager", Kind.OTHER),
    ("uan", Kind.OTHER),
    ("voicemail", Kind.OTHER),
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """One description of a plan: lengths (none given means any) and the expression."""

    kind: Kind
    lengths: frozenset[int]
    pattern: re.Pattern[str]

    def fits(self, national: str) -> bool:
        return (not self.lengths or len(national) in self.lengths) and self.pattern.fullmatch(national) is not None


@dataclass(frozen=True, slots=True)
class _Rules:
    """The plan of a region, or of a country code that belongs to none (`region` 001). `special` by length."""

    code: str
    general: _Kind | None
    possible: tuple[int, ...]
    local: frozenset[int]
    special: tuple[tuple[_Kind, ...], ...]
    fixed: _Kind | None
    mobile: _Kind | None
    same: bool
    leading: re.Pattern[str] | None
    abroad: re.Pattern[str] | None
    prefix: re.Pattern[str] | None
    transform: str | None

    def is_national(self, digits: str) -> bool:
        """Whether it fits the general description by its expression alone, which is how the library asks."""
        return self.general is not None and self.general.pattern.fullmatch(digits) is not None

    def kind(self, national: str) -> Kind | None:
        """What it is by the plan; None for a number that the plan does not have."""
        if self.general is None or not self.general.fits(national):
            return None
        for each in self.special[len(national)] if len(national) <= _LONGEST_NATIONAL else ():
            if each.pattern.fullmatch(national):
                return each.kind
        if self.fixed and self.fixed.fits(national):
            both = self.same or (self.mobile is not None and self.mobile.fits(national))
            return Kind.FIXED_OR_MOBILE if both else Kind.FIXED
        if not self.same and self.mobile and self.mobile.fits(national):
            return Kind.MOBILE
        return None

    def is_possible(self, national: str) -> bool:
        """Whether the plan has numbers of this length, dialled from anywhere."""
        return len(national) in self.possible and len(national) not in self.local

    def may_be_stripped_to(self, national: str) -> bool:
        """A prefix is taken off only when what is left has a possible length, or is too long already."""
        return self.is_possible(national) or self.is_too_long(national)

    def is_too_long(self, national: str) -> bool:
        """Whether no number of the plan has so many digits."""
        return len(national) not in self.local and len(national) > self.possible[-1]

    def without_prefix(self, number: str) -> str:
        """The number without the national prefix and the carrier's code, where it has them."""
        found = self.prefix.match(number) if self.prefix and number else None
        if found is None:
            return number
        if not self.transform or found.groups()[-1] is None:
            rest = number[found.end() :]
        else:
            rest = re.sub(found.re, self.transform, number, count=1)
        if self.is_national(number) and not self.is_national(rest):
            return number
        return rest


def of(digits: str, region: str | None) -> Iterator[Reading]:
    """What digits (ASCII, at least one) can be in `region`, or +digits where `region` is None: one reading or none."""
    found = _abroad(digits.removeprefix("+")) if region is None else _at_home(digits, region)
    if found is None:
        return
    rules, national = found
    if len(national) < 2:
        return
    stripped = rules.without_prefix(national)
    if rules.may_be_stripped_to(stripped):
        national = stripped
    msisdn = rules.code + national
    if not 2 <= len(national) <= _LONGEST_NATIONAL or not 7 <= len(msisdn) <= 15:
        return
    home, kind = _home(rules.code, national)
    if kind is not None:
        yield Reading(msisdn, kind, home)
    elif (main := _main(rules.code)) is not None and main.is_possible(national):
        yield Reading(msisdn, Kind.DOUBTFUL, regions_by_code()[rules.code])


def _at_home(digits: str, region: str) -> tuple[_Rules, str] | None:
    """The rules that digits written in `region` are read by, and the digits without country code; None for no number.

    Digits without a country code stay under the region's own rules, others go under those of the code's main region.
    """
    metadata = metadata_of(region)
    rules = None if metadata is None else _rules(str(metadata.country_code), region)
    if rules is None or len(digits) < 2:
        return None
    if rules.abroad and (dialled := rules.abroad.match(digits)) and not digits.startswith("0", dialled.end()):
        return _abroad(digits[dialled.end() :])
    if digits.startswith(rules.code):
        rest = rules.without_prefix(digits[len(rules.code) :])
        main = _main(rules.code)
        if main and (rules.is_too_long(digits) or (not rules.is_national(digits) and rules.is_national(rest))):
            return main, rest
    return rules, digits


def _abroad(digits: str) -> tuple[_Rules, str] | None:
    if len(digits) <= 2 or digits[0] == "0":
        return None
    # Country codes are prefix-free (ITU-T E.164).
    for size in (2, 3, 1):
        if digits[:size] in regions_by_code() and (main := _main(digits[:size])):
            return main, digits[size:]
    return None


def _home(code: str, national: str) -> tuple[str | None, Kind | None]:
    """The region that a number belongs to among those that share its country code, and what it is there."""
    regions = _regions(code)
    if len(regions) == 1:
        rules = _rules(code, regions[0])
        return regions[0], rules.kind(national) if rules else None
    for region in regions:
        rules = _rules(code, region)
        if rules is None:
            continue
        if rules.leading is not None:
            if rules.leading.match(national):
                return region, rules.kind(national)
        elif (kind := rules.kind(national)) is not None:
            return region, kind
    return None, None


def _main(code: str) -> _Rules | None:
    return _rules(code, regions_by_code()[code])


@functools.cache
def _regions(code: str) -> tuple[str, ...]:
    import phonenumbers

    return tuple(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)])


@functools.cache
def _rules(code: str, region: str) -> _Rules | None:
    import phonenumbers

    metadata = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(int(code), region)
    if metadata is None:
        return None
    general = metadata.general_desc
    assert general is not None
    special = [kind for name, each in _SPECIAL if (kind := _kind(getattr(metadata, name), each))]
    return _Rules(
        code=str(metadata.country_code),
        general=_kind(general, Kind.OTHER),
        possible=tuple(general.possible_length),
        local=frozenset(general.possible_length_local_only),
        special=tuple(
            tuple(each for each in special if not each.lengths or length in each.lengths)
            for length in range(_LONGEST_NATIONAL + 1)
        ),
        fixed=_kind(metadata.fixed_line, Kind.FIXED),
        mobile=_kind(metadata.mobile, Kind.MOBILE),
        same=bool(metadata.same_mobile_and_fixed_line_pattern),
        leading=None if metadata.leading_digits is None else re.compile(metadata.leading_digits),
        abroad=re.compile(metadata.international_prefix) if metadata.international_prefix else None,
        prefix=re.compile(metadata.national_prefix_for_parsing) if metadata.national_prefix_for_parsing else None,
        transform=metadata.national_prefix_transform_rule or None,
    )


def _kind(description: Any, kind: Kind) -> _Kind | None:
    if description is None or not description.national_number_pattern:
        return None
    return _Kind(kind, frozenset(description.possible_length), re.compile(description.national_number_pattern))
