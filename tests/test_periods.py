"""Days on the team's clock, and the hours in them."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysqlite3 import dbapi2

from nextpod_core import periods
from nextpod_core.errors import BadInput
from nextpod_core.periods import HOUR, Period

OSLO, KOLKATA, APIA = ZoneInfo("Europe/Oslo"), ZoneInfo("Asia/Kolkata"), ZoneInfo("Pacific/Apia")
ZONES = ["Europe/Oslo", "UTC", "America/St_Johns", "Asia/Kolkata", "Australia/Lord_Howe", "America/Santiago"]
NOW = round(datetime.datetime(2026, 11, 22, 23, 30, tzinfo=datetime.UTC).timestamp() * 1000)
DAY = datetime.date


@pytest.mark.parametrize(
    ("day", "hours"), [(DAY(2026, 3, 29), 23), (DAY(2026, 10, 25), 25), (DAY(2026, 10, 26), 24)]
)  # fmt: skip
def test_a_day_of_a_clock_change_has_the_hours_it_has(day, hours):
    found = Period(day, day, OSLO)
    assert found.end - found.start == hours * HOUR
    assert len(found.buckets()) == hours


def test_today_is_the_teams_today():
    assert periods.today(NOW, OSLO) == DAY(2026, 11, 23)
    assert periods.asked("today", now=NOW, zone=OSLO).first == DAY(2026, 11, 23)
    assert periods.asked("7d", now=NOW, zone=OSLO) == Period(DAY(2026, 11, 17), DAY(2026, 11, 23), OSLO)


def test_the_period_before_is_as_long_and_ends_where_this_begins():
    found = periods.asked("30d", now=NOW, zone=OSLO)
    assert found.before().end == found.start
    assert found.before().days == found.days == 30


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [("own", DAY(2026, 2, 2), DAY(2026, 2, 1)), ("own", DAY(1926, 1, 1), DAY(2026, 1, 1)), ("own", DAY(1, 1, 1), None),
     ("fortnight", None, None), ("own", None, DAY(9999, 12, 31))],
)  # fmt: skip
def test_a_period_that_cannot_be_is_refused_with_a_sentence(kind, first, last):
    with pytest.raises(BadInput) as told:
        periods.asked(kind, now=NOW, zone=OSLO, first=first, last=last)
    assert str(told.value).endswith(".")


@pytest.mark.parametrize(
    ("days", "grain"), [(1, "hour"), (2, "hour"), (3, "day"), (100, "day"), (365, "week"), (800, "month")]
)
def test_a_chart_has_some_hundred_buckets_at_most(days, grain):
    found = Period(DAY(2026, 1, 1), DAY(2026, 1, 1) + datetime.timedelta(days=days - 1), OSLO)
    assert found.grain == grain
    assert len(found.buckets()) <= 110


@given(st.sampled_from(ZONES), st.dates(DAY(2024, 1, 1), DAY(2027, 12, 31)), st.integers(1, 400), st.data())
def test_sql_puts_every_hour_into_the_day_and_weekday_that_the_clock_shows(name, first, days, data):
    zone = ZoneInfo(name)
    found = Period(first, first + datetime.timedelta(days=days - 1), zone)
    begin = -(-found.start // HOUR)
    hour = data.draw(st.integers(begin, (found.end - 1) // HOUR)) * HOUR
    local = datetime.datetime.fromtimestamp(hour / 1000, zone)
    db = dbapi2.connect(":memory:")
    day, slot = db.execute(
        f"SELECT {periods.day_sql(found, 'h')}, {periods.week_hour_sql(found, 'h')} FROM (SELECT {hour} AS h)"
    ).fetchone()
    db.close()
    assert periods.day_of(day) == local.date()
    assert slot == local.weekday() * 24 + local.hour


def test_a_day_that_never_was_has_no_hours():
    # Samoa left out 30 December 2011.
    found = Period(DAY(2011, 12, 30), DAY(2011, 12, 30), APIA)
    assert found.buckets() == []


def test_midnight_in_a_zone_of_half_hours():
    assert periods.midnight(DAY(2026, 11, 22), KOLKATA) % HOUR == HOUR // 2


def test_a_year_ago_has_the_same_dates_and_the_same_hours_of_the_clock():
    leap = Period(DAY(2024, 2, 29), DAY(2024, 3, 2), OSLO)
    assert leap.year_ago() == Period(DAY(2023, 2, 28), DAY(2023, 3, 2), OSLO)
    now = periods.asked("3h", now=NOW, zone=OSLO)
    ago = now.year_ago()
    assert ago.end - ago.start == now.end - now.start == 3 * HOUR
    local = [datetime.datetime.fromtimestamp(at.start / 1000, OSLO) for at in (now, ago)]
    assert (local[0].hour, local[0].year - 1) == (local[1].hour, local[1].year)
    assert now.against("before").end == now.start
    assert now.against("year") == ago


def test_a_few_hours_are_cut_into_minutes_and_end_with_this_hour():
    found = periods.asked("3h", now=NOW, zone=OSLO)
    assert found.end > NOW >= found.end - HOUR
    assert len(found.minutes) == 180
    assert len(found.buckets()) == 3
    assert periods.asked("today", now=NOW, zone=OSLO).minutes == []


def test_the_benchmark_is_the_ninety_days_before():
    found = periods.asked("7d", now=NOW, zone=OSLO)
    assert found.benchmark().end == found.start
    assert found.benchmark().days == 90
