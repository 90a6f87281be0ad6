"""What is planned, on the campaigns page, as a week and as a month."""

import re

import pytest

from tests import apps
from tests.outboxes import campaign, numbers

MONDAY = 1_798_441_200_000  # 2026-12-28 08:00 in Oslo


@pytest.fixture
def db(tmp_path, monkeypatch):
    found = apps.new_store(tmp_path, monkeypatch)
    yield found
    found.close()


def shown(span, day):
    app = apps.open_page("campaigns", {"show": span, "day": day})
    assert not app.exception
    return app, " ".join(element.body for element in app.get("html"))


@pytest.mark.parametrize("span", ["week", "month"])
def test_a_campaign_stands_on_its_day_on_the_teams_clock(db, span):
    campaign(db, numbers(3), state="scheduled", due_at=MONDAY + 6 * 86_400_000, name="<b>Fest</b>")
    campaign(db, numbers(2), state="cancelled", due_at=MONDAY, name="Avlyst")
    # Half past midnight in Oslo is still the day before in UTC.
    campaign(db, numbers(2), state="paused", due_at=MONDAY - 27_000_000, name="Ved midnatt")
    _app, html = shown(span, "2026-12-30")
    assert "&lt;b&gt;Fest" in html and "Avlyst" not in html
    monday = re.search(r">Mon 28 Dec<.*?</div>\s*(.*?)</div>", html) or re.search(r">28 Dec<.*?</div>(.*?)</div>", html)
    assert monday and "Ved midnatt" in monday[1] and "00:30" in monday[1]


def test_one_can_turn_to_the_next_month_and_back(db):
    app, _html = shown("month", "2026-12-31")
    assert app.header[0].value == "December 2026"
    app.button(key="calendar_after").click().run()
    assert app.header[0].value == "January 2027"
    app.button(key="calendar_before").click().run()
    assert app.header[0].value == "December 2026"


@pytest.mark.parametrize("day", ["x", "0001-01-01", "9999-12-31"])
def test_a_day_that_can_not_be_shown_takes_nothing_down(db, day):
    shown("week", day)
    shown("month", day)
