"""A finished campaign offers to write to those who did not get it, and to correct it for those who did."""

import time

import pytest

from nextpod_core import campaigns, drafts, imports, settings
from nextpod_core.db import transaction
from tests import apps
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
