"""Numbers as people and spreadsheets write them."""

import json
import re
import time
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nextpod_core import msisdn, numberplans, readings
from nextpod_core.msisdn import Kind

CASES = json.loads((Path(__file__).parent / "cases" / "numbers.json").read_text(encoding="utf-8"))["cases"]
MORE = json.loads((Path(__file__).parent / "cases" / "more_numbers.json").read_text(encoding="utf-8"))["cases"]
REGIONS = [
    "NO",
    "SE",
    "DK",
    "FI",
    "IS",
    "DE",
    "GB",
    "US",
    "EE",
    "PL",
    "FR",
    "NL",
    "ES",
    "IT",
    "BR",
    "AR",
    "MX",
    "CA",
    "CO",
]
WRAPPINGS = ["{}", " {} ", '="{}"', "'{}", "{}.0", "tel:{}", "\ufeff{}", "{}\u200b", "({})", "{},"]


@pytest.mark.parametrize("read", [msisdn.read, msisdn.read_slow])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['tag']} {case['region']}"[:60])
def test_a_cell_is_read_as_a_person_would(case, read):
    number = read(case["input"], region=case["region"])
    assert (number.msisdn, number.sendable) == (case["msisdn"], case["sendable"])
    assert case["kind"] in (None, number.kind)


@pytest.mark.parametrize("read", [msisdn.read, msisdn.read_slow])
def test_what_the_numbering_plans_say_of_hundreds_of_writings(read):
    assert len(MORE) > 400
    found = [(tag, cell, region, read(cell, region=region)) for tag, cell, region, _digits, _kind in MORE]
    assert [
        [tag, cell, region, number.msisdn, str(number.kind) if number.msisdn else None]
        for tag, cell, region, number in found
    ] == MORE
    assert all((number.reason is None) == number.sendable for *_, number in found)


FORMATS = [phonenumbers.PhoneNumberFormat.E164, phonenumbers.PhoneNumberFormat.INTERNATIONAL,
           phonenumbers.PhoneNumberFormat.RFC3966, phonenumbers.PhoneNumberFormat.NATIONAL]  # fmt: skip


@pytest.mark.parametrize("home", ["NO", "SE", "DK", "FI", "DE", "GB", "FR", "ES", "PL", "NL", "EE", "US", "IT", "IN"])
@settings(max_examples=40, deadline=None)
@given(
    region=st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)),
    tail=st.text("0123456789", min_size=4, max_size=4),
    kind=st.sampled_from([1, 1, 2, 0]),
)
def test_what_the_library_writes_is_read_as_the_number_it_meant(region, home, tail, kind):
    example = phonenumbers.example_number_for_type(region, kind)
    if example is None:
        return
    number = phonenumbers.parse(phonenumbers.format_number(example, FORMATS[0])[:-4] + tail)
    if not phonenumbers.is_valid_number(number) or not 7 <= len(phonenumbers.format_number(number, FORMATS[0])) <= 16:
        return
    there = phonenumbers.region_code_for_number(number)
    written = [(phonenumbers.format_number(number, each), home) for each in FORMATS[:3]]
    written.append((phonenumbers.format_out_of_country_calling_number(number, home), home))
    if phonenumbers.number_type(number) == 1:  # Of landlines a few can be a mobile elsewhere, which wins by rule.
        written.append((phonenumbers.format_number(number, FORMATS[3]), there))
    for cell, read_in in written:
        found = msisdn.read(cell, region=read_in)
        assert found.msisdn == phonenumbers.format_number(number, FORMATS[0])[1:], (cell, read_in, found)
        assert found.kind == numberplans._KINDS.get(phonenumbers.number_type(number), Kind.OTHER)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['tag']} {case['region']}"[:60])
def test_what_is_not_sendable_says_why_and_what_is_does_not(case):
    number = msisdn.read(case["input"], region=case["region"])
    assert (number.reason is None) == number.sendable
    assert number.sendable or str(number.reason)


@pytest.mark.parametrize(
    ("cell", "candidate"), [("4758484412", "4758484412"), ("59445000", "4759445000"), ("+47 59 44 50 00", "4759445000")]
)
def test_a_number_outside_the_plan_is_doubtful_and_keeps_its_digits(cell, candidate):
    number = msisdn.read(cell, region="NO")
    assert (number.kind, number.msisdn, number.candidate, number.region) == (Kind.DOUBTFUL, None, candidate, "NO")
    assert msisdn.is_syntax(candidate)


@pytest.mark.parametrize(
    ("cell", "region", "words"),
    [
        ("4740612", "NO", "too short"),
        ("917262001", "NO", "too long"),
        ("31.12.2024", "NO", "date"),
        ("4.79172E+10", "NO", "Excel has rounded"),
        ("91726200,45848412", "NO", "two numbers"),
        ("tlf 91726200", "NO", "letters"),
        ("21234567", "NO", "landline"),
        ("82012345", "NO", "premium"),
        ("", "NO", "no number"),
    ],
)
def test_the_reason_is_in_the_persons_words(cell, region, words):
    assert words in str(msisdn.read(cell, region=region).reason)


def test_what_was_mended_is_told():
    assert "decimals" in str(msisdn.read("4740612345.0", region="NO").repaired)
    assert "written it as" in str(msisdn.read("4.791726200E+9", region="NO").repaired)
    assert msisdn.read("91726200", region="NO").repaired is None


def test_a_mobile_reading_beats_a_fixed_one_and_home_wins_a_tie():
    assert msisdn.read("4534412345", region="NO").region == "DK"
    both = msisdn.read("96123456", region="DK")
    assert both.msisdn == "4596123456"


@settings(max_examples=1500, deadline=None)
@given(
    region=st.sampled_from(REGIONS),
    home=st.sampled_from(REGIONS),
    kind=st.sampled_from([0, 1, 1, 1, 2, 3, 4, 6]),
    swaps=st.lists(st.tuples(st.integers(0, 14), st.sampled_from("0123456789")), max_size=6),
    form=st.sampled_from(["+{cc}{n}", "00{cc}{n}", "{cc}{n}", "{np}{n}", "{n}", "+{cc}{np}{n}", "011{cc}{n}"]),
    space=st.integers(0, 12),
    wrapping=st.sampled_from(["{}", "{}", "{}", *WRAPPINGS]),
)
def test_the_fast_path_says_what_the_slow_path_says(region, home, kind, swaps, form, space, wrapping):
    example = phonenumbers.example_number_for_type(region, kind) or phonenumbers.example_number(region)
    national = list(phonenumbers.national_significant_number(example))
    for place, digit in swaps:
        if place < len(national):
            national[place] = digit
    plan = phonenumbers.PhoneMetadata.metadata_for_region(region)
    cell = form.format(cc=plan.country_code, np=plan.national_prefix or "0", n="".join(national))
    cell = wrapping.format(f"{cell[:space]} {cell[space:]}")
    assert msisdn.read(cell, region=home) == msisdn.read_slow(cell, region=home)


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=30) | st.text("0123456789+-.,/() eE='\"\u00a0\u200b٣", max_size=24), st.sampled_from(REGIONS))
def test_no_cell_breaks_it_and_both_paths_agree(cell, region):
    number = msisdn.read(cell, region=region)
    assert number == msisdn.read_slow(cell, region=region)
    assert number.msisdn is None or msisdn.is_syntax(number.msisdn)
    assert number.candidate is None or msisdn.is_syntax(number.candidate)


def test_the_usual_ways_take_the_fast_path():
    for cell in ("91726200", "917 26 200", "+4791726200", "004791726200", "4791726200"):
        assert numberplans.fast(cell, "NO") == ("4791726200", Kind.MOBILE, "NO")
    for cell, region in [("070-123", "SE"), ("0701234567", "SE"), ("07400123456", "GB"), ("015123456789", "DE")]:
        assert (numberplans.fast(cell, region) is None) == ("-" in cell)


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("917 26 200", "91726200"),
        ("+47 917 26", "4791726"),
        ("004791726200", "4791726200"),
        ("(+47) 91726200", "4791726200"),
        ("070-123 45 67", "701234567"),
        ("+46 (0)70", "4670"),
        ("9172", "9172"),
        ("Kari", ""),
        ("", ""),
    ],
)
def test_a_number_is_searched_for_in_any_writing(typed, digits):
    assert msisdn.search_digits(typed) == digits


def test_a_machines_number_is_told_and_never_let_in_with_the_doubtful_ones():
    for cell in ("580000000012", "+47 58 00 00 00 00 12", "0047 580 000 000 012"):
        number = msisdn.read(cell, region="NO")
        assert (number.kind, number.candidate) == (Kind.INVALID, None) and "machine" in str(number.reason)


LONG = ["9" + '"' * 500_000, "1" + ";" * 200_000, "1" * 200_000 + "x", " " * 200_000 + "91726200" + " " * 200_000,
        '="' * 100_000, "1 " * 100_000, "(0)" * 60_000, "\uff19" * 100_000, "1,0" * 60_000]  # fmt: skip


@pytest.mark.parametrize("cell", LONG, ids=lambda cell: cell[:8])
def test_no_cell_keeps_it_busy(cell):
    began = time.thread_time()
    number = msisdn.read(cell, region="NO")
    assert time.thread_time() - began < 0.5  # Typically 20 ms; a pattern that ran away would take minutes.
    assert number.msisdn == ("4791726200" if cell[0] == " " else None)


def test_masking_keeps_three_and_three():
    assert msisdn.masked("4791726200") == "479****200"
    assert msisdn.masked("123456") == "******"


@pytest.mark.parametrize(
    ("digits", "fits"),
    [("4791726200", True), ("0791726200", False), ("+4791726200", False), ("123456", False), ("1" * 16, False)],
)
def test_syntax_is_seven_to_fifteen_digits(digits, fits):
    assert msisdn.is_syntax(digits) is fits


def test_every_country_can_be_chosen():
    countries = dict(msisdn.countries())
    assert (countries["NO"], countries["SE"], countries["US"]) == (47, 46, 1)
    assert len(countries) > 240


EVERYWHERE = [*sorted(phonenumbers.SUPPORTED_REGIONS), "XX"]
CODES = [str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE]


WRITTEN = [
    lambda digits: digits,
    lambda digits: f"+{digits}",
    lambda digits: f"{digits[:3]} {digits[3:]}",
    lambda digits: f"{digits[:2]}-{digits[2:]}",
    lambda digits: f"{digits[:2]}-{digits[2:4]}-{digits[4:]}",
    lambda digits: f"-{digits}",
    lambda digits: f"\u00a0{digits}",
]


@st.composite
def dialled(draw):
    """Digits near the edges of the world's plans: examples of every kind, changed, cut and begun in every way."""
    region = draw(st.sampled_from(EVERYWHERE))
    example = phonenumbers.example_number_for_type(region, draw(st.integers(0, 10)))
    national = list("91726200" if example is None else phonenumbers.national_significant_number(example))
    for place, digit in draw(st.lists(st.tuples(st.integers(0, 12), st.sampled_from("0123456789")), max_size=4)):
        national[place % len(national)] = digit
    cut, more = draw(st.integers(0, 2)), draw(st.text("0123456789", max_size=1))
    metadata = numberplans.metadata_of(region)
    code, prefix = (str(metadata.country_code), metadata.national_prefix or "0") if metadata else ("47", "0")
    begin = draw(st.sampled_from(["", code, f"00{code}", "0", "00", f"011{code}", prefix, code + prefix]))
    digits = (
        draw(st.sampled_from([begin, begin, draw(st.sampled_from(CODES))])) + "".join(national)[cut:] + more
    ) or "0"
    return digits, draw(st.sampled_from([region, None, draw(st.sampled_from(EVERYWHERE))]))


@settings(max_examples=3000, deadline=None)
@given(dialled() | st.tuples(st.text("0123456789", min_size=1, max_size=22), st.sampled_from([*EVERYWHERE, None])))
def test_what_digits_can_be_is_what_the_library_says(asked):
    digits, region = asked
    written = digits if region else f"+{digits}"
    assert list(readings.of(written, region)) == list(numberplans.readings(written, region))


@settings(max_examples=600, deadline=None)
@given(
    st.lists(
        st.tuples(dialled(), st.sampled_from(WRITTEN)).map(lambda both: both[1](both[0][0]))
        | st.sampled_from(["", "ukjent", "12-11-2024", "2024-12-11", "4791726200", "0047 91 72 62 00", "a\nb", "\r"]),
        min_size=1, max_size=20,
    ),
    st.sampled_from(EVERYWHERE),
)  # fmt: skip
def test_a_column_is_read_as_its_cells_are(cells, region):
    assert numberplans.column(cells, region) == [
        found[0] if (found := numberplans.fast(cell, region)) else "" for cell in cells
    ]
    for cell in cells:
        assert msisdn.read(cell, region=region) == msisdn.read_slow(cell, region=region)


@pytest.mark.parametrize(
    ("cell", "region"), [("91726", "NO"), ("+4791726", "SE"), ("0712345678", "GB"), ("91726", "DK")]
)
def test_what_is_too_short_or_long_for_a_mobile_is_never_doubtful(cell, region):
    assert msisdn.read(cell, region=region).kind is Kind.INVALID


@given(
    st.lists(
        st.one_of(
            st.from_regex(r"(\+|00)?(47|46|45|44|358|1|7|995)?[0-9]{6,10}(\.0|,00)?", fullmatch=True),
            st.from_regex(r"(\+\d{1,3} |\(\+\d{2}\) ?)?\d{2,3}([ .-]\d{2,3}){2,3}(\.0)?", fullmatch=True),
            st.text("0123456789+ ()-.,\n\u0664", max_size=14),
        ),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(["NO", "SE", "GB", "US", "IT", "AR"]),
)
@settings(deadline=None)
def test_decimals_are_taken_off_a_column_where_they_are_the_only_thing_between(cells, region):
    mended, many = msisdn.without_decimals(cells)
    decimals = [re.fullmatch(r"(\+?[0-9]+)[.,]0{1,2}", cell) for cell in cells]
    wanted = [numberplans.fast(found[1], region) if found else numberplans.fast(cell, region)
              for found, cell in zip(decimals, cells, strict=True)]  # fmt: skip
    assert numberplans.column(mended, region) == [each[0] if each else "" for each in wanted]
    assert many or not any(decimals)
