"""A finished campaign offers to write to those who did not get it, and to correct it for those who did."""

import time

import pytest

from nextpod_core import brakes, campaigns, drafts, holding, imports, settings
from nextpod_core.db import transaction
from nextpod_core.people import DESK
from nextpod_core.sentences import say
from tests import apps
from tests.outboxes import NOW, campaign, numbers
from tests.test_followups import sent


@pytest.fixture
def db(tmp_path, monkeypatch):
    connection = apps.new_store(tmp_path, monkeypatch)
    yield connection
    connection.close()


@pytest.mark.parametrize(("key", "people", "text"), [("missed", 2, "Hei {{navn}}"), ("reached", 3, "")])
def test_a_press_makes_a_draft_to_exactly_these(db, key, people, text):
    one = sent((settings.load(), db))
    app = apps.open_page("campaigns", {"campaign": str(one)})
    assert not app.exception
    (button,) = (each for each in app.button if each.key == f"campaign_{key}")
    assert str(people) in button.label
    button.click().run()
    (draft,) = drafts.open_ones(db)
    assert draft.text == text and draft.import_id is not None
    last = time.monotonic() + 30
    while imports.get(db, draft.import_id).state != "done":
        assert time.monotonic() < last, "the list was not read"
        time.sleep(0.05)
    assert imports.get(db, draft.import_id).sendable == people


def test_a_campaign_that_is_sending_offers_neither(db):
    one = sent((settings.load(), db))
    with transaction(db):
        db.execute("UPDATE campaigns SET state = 'sending' WHERE id = ?", (one,))
    assert campaigns.get(db, one)["state"] == "sending"
    app = apps.open_page("campaigns", {"campaign": str(one)})
    assert not [each for each in app.button if each.key in ("campaign_missed", "campaign_reached")]


def test_one_that_rests_because_all_sending_is_stopped_offers_both(db):
    one = sent((settings.load(), db))
    with transaction(db):
        db.execute("UPDATE campaigns SET state = 'sending' WHERE id = ?", (one,))
        brakes.put_on(db, "stop", say("A wrong text"), by=DESK, now=1)
    app = apps.open_page("campaigns", {"campaign": str(one)})
    assert not app.exception
    assert {"campaign_missed", "campaign_reached"} <= {each.key for each in app.button}


def test_who_resumes_what_may_have_left_before_a_restore_is_told_and_asked(db):
    one = campaign(db, numbers(3), state="scheduled", due_at=NOW + 1_000)
    holding.hold_restored(db, written_at=NOW - 1, now=NOW, by=DESK)
    app = apps.open_page("campaigns", {"campaign": str(one)})
    (button,) = (each for each in app.button if each.key == "campaign_resume")
    button.click().run()
    assert campaigns.get(db, one)["state"] == "paused"
    assert any("3 messages wait here" in each.value for each in app.markdown)
    (again,) = (each for each in app.button if each.key == "campaign_resume_now")
    again.click().run()
    assert not app.exception and campaigns.get(db, one)["state"] in ("scheduled", "sending")
