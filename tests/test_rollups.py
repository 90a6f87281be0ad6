"""Whole weeks and the hours at the ends are the same as all the hours: in every zone, for every period and filter."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextpod_core import analytics, choices, costs, options, rollups, spans, speed
from nextpod_core.db import transaction
from nextpod_core.filters import Filter
from nextpod_core.periods import HOUR, Period
from tests import filled
from tests.filled import NOW, SILENT_AFTER

MONDAY = 1_793_577_600_000  # 2026-11-02 00:00 UTC
hours = st.integers(-900, 900).map(lambda hour: MONDAY + hour * HOUR)


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    db, _told = filled.month(tmp_path_factory.mktemp("month"))
    yield db
    db.close()


@given(st.lists(hours, min_size=2, max_size=6).map(sorted), st.lists(hours, max_size=40))
def test_pieces_hold_each_hour_of_a_span_once(bounds, cells):
    cut = list(zip(bounds, bounds[1:], strict=False))
    weeks, ends = spans.pieces(cut)
    for place, (start, stop) in enumerate(cut):
        found = sum(first <= rollups.week_of(hour) < last for hour in cells for at, first, last in weeks if at == place)
        found += sum(sign * (low <= hour < high) for hour in cells for at, sign, low, high in ends if at == place)
        assert found == sum(start <= hour < stop for hour in cells)


def shown(found):
    return {place: getattr(one, "buckets", one) for place, one in found.items()}


@pytest.mark.parametrize("zone", ["Europe/Oslo", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Apia"])
@pytest.mark.parametrize(("first", "days"), [("2026-03-20", 365), ("2026-10-05", 29), ("2024-01-31", 1_200)])
@pytest.mark.parametrize("narrowed", [{}, {"senders": ("Nextpod",)}, {"countries": ("NO",)}], ids=str)
def test_a_long_period_says_the_same_by_weeks_as_by_hours(db, zone, first, days, narrowed):
    begin = datetime.date.fromisoformat(first)
    period = Period(begin, begin + datetime.timedelta(days=days - 1), ZoneInfo(zone))
    # Weeks don't know campaigns, so naming all of them reads the hours.
    weekly, hourly = Filter(period, **narrowed), Filter(period, campaigns=tuple(choices.campaigns(db)), **narrowed)
    prices = options.Options(price=0.39)
    for by in ("all", "country", "operator", "bucket"):
        told = {"now": NOW, "silent_after": SILENT_AFTER, "by": by}
        assert analytics.outcomes(db, weekly, **told) == analytics.outcomes(db, hourly, **told)
        if by != "country":
            assert shown(speed.handset(db, weekly, by=by)) == shown(speed.handset(db, hourly, by=by))
        if by != "operator":
            found, wanted = costs.costs(db, weekly, prices, by=by), costs.costs(db, hourly, prices, by=by)
            assert {at: (one.parts, one.delivered, round(one.price, 6)) for at, one in found.items()} == {
                at: (one.parts, one.delivered, round(one.price, 6)) for at, one in wanted.items()
            }
    assert analytics.reasons(db, weekly) == analytics.reasons(db, hourly)
    of_weeks, of_hours = costs.statement(db, weekly, prices), costs.statement(db, hourly, prices)
    assert {at: one.parts for at, one in of_weeks.items()} == {at: one.parts for at, one in of_hours.items()}


def test_cells_that_are_wrong_are_made_right_and_others_left(tmp_path):
    db, _told = filled.month(tmp_path)
    before = {table: [tuple(row) for row in db.execute(f"SELECT * FROM {table}")] for table in rollups.ROLLUPS}
    assert rollups.level(db) == 0
    with transaction(db):
        db.execute("DELETE FROM count_hours WHERE campaign_id = 3")
        db.execute("UPDATE count_weeks SET delivered = delivered + 1, failed = failed - 1 WHERE parts = 1")
        db.execute("INSERT INTO reason_weeks VALUES (0, 'failed', 'NEVER', '', 7)")
        db.execute("DELETE FROM latency_weeks")
    assert rollups.level(db) > len(before["latency_weeks"])
    assert {table: [tuple(row) for row in db.execute(f"SELECT * FROM {table}")] for table in rollups.ROLLUPS} == before
    db.close()
