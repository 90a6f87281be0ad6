"""When a campaign will be done, from what has left so far."""

import datetime

import pytest

from nextpod_core import campaigns, pace
from nextpod_core.db import transaction
from tests import filled
from tests.filled import NOW, OSLO

MINUTE = 60_000


@pytest.fixture
def db(tmp_path):
    db = filled.new(tmp_path / "desk.db")
    yield db
    db.close()


def campaign(db, *, left: int, began: int = NOW - 5 * MINUTE, state: str = "sending", window=(None, None)):
    with transaction(db):
        db.execute(
            """
            INSERT INTO campaigns (id, name, sender, text, state, planned, zone, created_at, started_at, created_by,
                                   window_from, window_to)
            VALUES (1, 'x', '2345', 'Hei', :state, 1000, 'Europe/Oslo', 0, :began, 'test', :opens, :closes)
            """,
            {"state": state, "began": began, "opens": window[0], "closes": window[1]},
        )
        db.execute("INSERT INTO timeline VALUES (1, :minute, 'left', :left)",
                   {"minute": began // MINUTE * MINUTE, "left": left})  # fmt: skip
    return campaigns.get(db, 1)


def test_half_in_five_minutes_is_done_in_five_more(db):
    row = campaign(db, left=500)
    assert pace.per_minute(db, row, now=NOW) == pytest.approx(100)
    assert pace.expected_end(db, row, waiting=500, now=NOW) == pytest.approx(NOW + 5 * MINUTE, abs=2)


@pytest.mark.parametrize(
    ("left", "began", "state", "waiting"),
    [(0, NOW - 5 * MINUTE, "sending", 10), (9, NOW - 5_000, "sending", 10), (500, NOW - 5 * MINUTE, "paused", 10),
     (500, NOW - 5 * MINUTE, "sending", 0), (500, None, "sending", 10)],
)  # fmt: skip
def test_there_is_no_end_to_tell_where_there_is_no_pace(db, left, began, state, waiting):
    row = campaign(db, left=left, began=NOW - 5 * MINUTE if began is None else began, state=state)
    if began is None:
        db.execute("UPDATE campaigns SET started_at = NULL")
        row = campaigns.get(db, 1)
    assert pace.expected_end(db, row, waiting=waiting, now=NOW) is None


def test_what_does_not_fit_before_the_window_closes_goes_on_when_it_opens(db):
    # It is 14:20; a hundred a minute until 15:00 are 4,000, and the other thousand take ten minutes from 08:00.
    row = campaign(db, left=500, window=("08:00", "15:00"))
    found = pace.expected_end(db, row, waiting=5_000, now=NOW)
    wanted = datetime.datetime(2026, 11, 3, 8, 10, tzinfo=OSLO).timestamp() * 1000
    assert found == pytest.approx(wanted, abs=2)
