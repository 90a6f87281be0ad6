"""Zones, windows and spreading."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextpod_core import schedule
from nextpod_core.errors import BadInput
from nextpod_core.schedule import Ambiguous

OSLO = "Europe/Oslo"
HOUR = 3_600_000
ZONES = st.sampled_from([OSLO, "UTC", "Europe/Helsinki", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
MOMENTS = st.integers(1_700_000_000_000, 1_900_000_000_000)
CLOCKS = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59))


def at(text, zone=OSLO):
    return schedule.parse_local(text, zone)


def shown(moment, zone=OSLO):
    return f"{schedule.to_local(moment, zone):%Y-%m-%d %H:%M %z}"


@pytest.mark.parametrize(
    "text", ["2026-11-22 14:30", "22.11.2026 14.30", "22/11/2026, 14:30", "22.11.2026 kl. 14:30", "2026-11-22T14:30:00"]
)
def test_a_time_is_read_as_people_write_it(text):
    assert shown(at(text)) == "2026-11-22 14:30 +0100"


@pytest.mark.parametrize("text", ["", "i morgen", "2026-02-30 10:00", "2026-11-22 24:30", "14:30", "22.11.26 14:30"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(BadInput):
        at(text)


@pytest.mark.parametrize("zone", ["Oslo", "../../etc/passwd", "", "Europe", "Mars/Base"])
def test_what_is_no_zone_is_refused(zone):
    with pytest.raises(BadInput, match="no time zone"):
        schedule.to_local(0, zone)


def test_the_hour_that_does_not_exist_is_refused():
    with pytest.raises(BadInput, match="does not exist"):
        at("2026-03-29 02:30")
    assert at("2026-03-29 03:00") - at("2026-03-29 01:59") == 60_000


def test_the_hour_that_happens_twice_is_asked_about():
    with pytest.raises(Ambiguous) as asked:
        at("2026-10-25 02:30")
    assert asked.value.second - asked.value.first == HOUR
    local = datetime(2026, 10, 25, 2, 30)
    assert schedule.to_utc(local, OSLO, fold=0) == asked.value.first
    assert schedule.to_utc(local, OSLO, fold=1) == asked.value.second


@given(MOMENTS, ZONES)
def test_a_wall_clock_time_leads_back_to_its_moment(moment, zone):
    local = schedule.to_local(moment, zone)
    assert schedule.to_utc(local.replace(tzinfo=None), zone, fold=local.fold) == moment


@pytest.mark.parametrize(
    ("clock", "start", "end", "open_"),
    [
        ("08:00", "08:00", "20:00", True),
        ("19:59", "08:00", "20:00", True),
        ("20:00", "08:00", "20:00", False),
        ("07:59", "08:00", "20:00", False),
        ("23:00", "22:00", "06:00", True),
        ("05:59", "22:00", "06:00", True),
        ("06:00", "22:00", "06:00", False),
        ("12:00", "00:00", "24:00", True),
        ("23:59", "08:00", "24:00", True),
        ("12:00", "9", "9", True),
    ],
)
def test_a_window_holds_its_start_and_not_its_end_and_may_pass_midnight(clock, start, end, open_):
    assert schedule.in_window(at(f"2026-06-01 {clock}"), zone=OSLO, start=start, end=end) is open_


@pytest.mark.parametrize(
    ("now", "start", "end", "opens"),
    [
        ("2026-06-01 21:00", "08:00", "20:00", "2026-06-02 08:00 +0200"),
        ("2026-06-01 07:00", "08:00", "20:00", "2026-06-01 08:00 +0200"),
        ("2026-06-01 12:00", "08:00", "20:00", "2026-06-01 12:00 +0200"),
        ("2026-03-28 21:00", "08:00", "20:00", "2026-03-29 08:00 +0200"),
        ("2026-10-24 21:00", "08:00", "20:00", "2026-10-25 08:00 +0100"),
        ("2026-03-28 21:00", "02:30", "04:00", "2026-03-29 03:00 +0200"),
        ("2026-03-28 21:00", "02:00", "02:45", "2026-03-30 02:00 +0200"),
        ("2026-10-24 21:00", "02:30", "04:00", "2026-10-25 02:30 +0200"),
        ("2026-06-01 12:00", "22:00", "06:00", "2026-06-01 22:00 +0200"),
    ],
)
def test_the_next_opening_follows_the_wall_clock(now, start, end, opens):
    assert shown(schedule.next_open(at(now), zone=OSLO, start=start, end=end)) == opens


@given(MOMENTS, ZONES, CLOCKS, CLOCKS)
def test_the_next_opening_is_open_and_nothing_before_it_is(now, zone, start, end):
    opens = schedule.next_open(now, zone=zone, start=start, end=end)
    assert schedule.in_window(opens, zone=zone, start=start, end=end)
    assert now <= opens
    if opens > now:
        for step in range(1, 12):
            between = now + (opens - now) * step // 12
            assert between == opens or not schedule.in_window(between, zone=zone, start=start, end=end)


@given(MOMENTS, ZONES, CLOCKS, CLOCKS)
def test_a_window_is_open_until_it_closes(now, zone, start, end):
    opens = schedule.next_open(now, zone=zone, start=start, end=end)
    closes = schedule.next_close(opens, zone=zone, start=start, end=end)
    if closes is not None:
        assert not schedule.in_window(closes, zone=zone, start=start, end=end)
        assert schedule.in_window(closes - 1, zone=zone, start=start, end=end)
        assert closes - opens <= 26 * HOUR


def test_a_day_of_a_clock_change_has_its_own_length():
    assert (
        schedule.open_between(at("2026-03-29 00:00"), at("2026-03-30 00:00"), zone=OSLO, start="0", end="6") == 5 * HOUR
    )
    assert (
        schedule.open_between(at("2026-10-25 00:00"), at("2026-10-26 00:00"), zone=OSLO, start="0", end="6") == 7 * HOUR
    )


def test_work_rests_at_night():
    begin = at("2026-06-01 19:00")
    assert shown(schedule.end_of(begin, 2 * 3600, zone=OSLO)) == "2026-06-02 09:00 +0200"
    assert schedule.end_of(begin, 2 * 3600) == begin + 2 * HOUR


def test_spreading_begins_with_one_and_ends_with_all():
    begin = at("2026-06-01 12:00")
    quotas = [
        schedule.spread_quota(begin + s * 1000, total=10, begin=begin, seconds=100)
        for s in (-1, 0, 9, 10, 50, 99, 100, 999)
    ]
    assert quotas == [0, 1, 1, 2, 6, 10, 10, 10]


def test_a_night_does_not_save_up_a_flood():
    begin = at("2026-06-01 19:00")
    spread = {"total": 200, "begin": begin, "seconds": 2 * 3600, "zone": OSLO}
    evening = schedule.spread_quota(at("2026-06-01 20:00"), **spread)
    assert evening == schedule.spread_quota(at("2026-06-02 08:00"), **spread) == 101
    assert schedule.spread_quota(at("2026-06-02 09:00"), **spread) == 200


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(0, 2 * 10**9), st.integers(0, 10**9), st.floats(0, 1))
def test_the_quota_only_grows_and_is_even(total, seconds, now, later, share):
    begin = 10**12
    first = schedule.spread_quota(begin + now, total=total, begin=begin, seconds=seconds)
    second = schedule.spread_quota(begin + now + later, total=total, begin=begin, seconds=seconds)
    assert 1 <= first <= second <= total
    assert first >= min(total, now * total // (seconds * 1000))
    wanted = max(1, round(total * share))
    due = schedule.next_quota(wanted, total=total, begin=begin, seconds=seconds)
    assert schedule.spread_quota(due, total=total, begin=begin, seconds=seconds) >= wanted
    assert wanted == 1 or schedule.spread_quota(due - 1, total=total, begin=begin, seconds=seconds) < wanted


def test_zones_to_choose_from_have_names():
    assert OSLO in schedule.zones() and "UTC" in schedule.zones()
    assert schedule.to_local(0, "UTC").utcoffset() == timedelta(0)
