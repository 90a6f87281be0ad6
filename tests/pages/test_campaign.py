"""One campaign's page: the ledger's lines open their rows, and both kinds of file are offered."""

import os

import pytest
from streamlit.testing.v1 import AppTest

from nextpod_core import campaigns, history, pace, people
from nextpod_core.db import transaction
from nextpod_core.people import COMMAND
from tests import apps, filled


@pytest.fixture
def month(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("NEXTPOD_")]:
        monkeypatch.delenv(name)
    db, _told = filled.month(tmp_path)
    monkeypatch.setenv("NEXTPOD_DATABASE", str(tmp_path / "desk.db"))
    yield db
    db.close()


def opened(**query: str) -> AppTest:
    app = apps.open_page("campaigns", {"campaign": "3", **query})
    assert not app.exception
    return app


def listed(app: AppTest):
    return next(frame.value for frame in app.dataframe if "msisdn" in frame.value)


@pytest.mark.parametrize(("line", "name"), [(3, "skipped"), (7, "accepted"), (8, "delivered"), (9, "negative")])
def test_a_line_of_the_ledger_opens_its_rows(month, line, name):
    app = opened()
    app.session_state["campaign_ledger_rows"] = {"selection": {"rows": [line], "columns": [], "cells": []}}
    app.run()
    assert not app.exception
    wanted = getattr(campaigns.ledger(month, 3), name)
    assert app.session_state["campaign_group"] == name
    assert len(listed(app)) == min(100, wanted) > 0


def test_an_unknown_group_in_the_address_shows_everybody(month):
    assert len(listed(opened(campaign_group="nonsense"))) == 100


def test_words_that_campaigns_are_looked_for_with_stand_sealed_in_the_address(month):
    """Campaigns are named after people too, and addresses end up in histories, chats and the logs of proxies."""
    name = month.execute("SELECT name FROM campaigns WHERE id = 3").fetchone()[0]
    app = apps.open_page("campaigns", {"campaigns_search": name})  # As an old bookmark.
    kept = str(app.query_params["campaigns_search"]).strip("[']")
    assert not app.exception and kept.startswith("~") and name not in kept
    assert set(app.dataframe[0].value["name"]) == {name}
    again = apps.open_page("campaigns", {"campaigns_search": kept})
    assert again.text_input(key="campaigns_search").value == name
    again.text_input(key="campaigns_search").input("").run()
    assert "campaigns_search" not in again.query_params and len(again.dataframe[0].value) > 1


def test_the_open_tab_stands_in_the_address(month):
    assert opened(tab="nonsense").session_state["campaign_tab"] == "Who got it"
    for word, name in (("who", "Who got it"), ("reviewed", "What was reviewed"), ("events", "Who pressed what")):
        assert opened(tab=word).session_state["campaign_tab"] == name


def test_the_log_of_a_campaign_reads_as_words(month):
    with transaction(month):
        for action, detail in (
            ("campaign.send", {"planned": 1200, "due_at": filled.NOW, "sender": "Klubben", "version": 3}),
            ("unknown.write_off", {"messages": 1}),
            ("campaign.pause", None),
        ):
            people.audit(
                month, by=COMMAND, action=action, now=filled.NOW, subject="campaign", subject_id=3, detail=detail
            )
    app = opened(tab="events")
    assert app.session_state["campaign_tab"] == "Who pressed what"
    shown = next(frame.value for frame in app.dataframe if "actor" in frame.value)
    assert list(shown["told"]) == ["", "1 message", "begins 2 Nov 2026, 14:20 · 1,200 messages planned · from Klubben"]


def test_the_life_of_a_message_ends_with_what_the_person_answered(month):
    came = month.execute(
        "SELECT message_id, arrived FROM inbound WHERE verdict = 'out' AND message_id IS NOT NULL LIMIT 1"
    ).fetchone()
    row, events = history.of_message(month, came["message_id"])
    assert [event.at for event in events] == sorted(event.at for event in events)
    last = events[-1]
    assert (last.kind, last.at) == ("inbound", came["arrived"])
    app = apps.open_page("campaigns", {"message": str(came["message_id"])})
    assert not app.exception
    assert "The person answered, and opted out." in [text.value for text in app.text]


def test_a_campaign_goes_no_faster_than_it_may(month):
    at = filled.NOW // 60_000 * 60_000
    with transaction(month):
        month.execute("UPDATE campaigns SET state = 'sending', started_at = ?, per_minute = 1500 WHERE id = 3", (at,))
        month.execute("DELETE FROM timeline WHERE campaign_id = 3")
        month.execute("INSERT INTO timeline (campaign_id, minute, status, messages) VALUES (3, ?, 'left', 1500)", (at,))
    # The minute's share left at once: half a minute later that is no 3,000 a minute.
    assert pace.per_minute(month, campaigns.get(month, 3), now=at + 30_000) == 1500


def test_a_link_to_a_group_or_a_state_has_names_that_are_the_same_in_every_language(month):
    app = opened()
    app.pills(key="campaign_group").set_value("negative").run()
    kept = app.query_params["campaign_group"]
    assert kept in ("negative", ["negative"])
    missed = listed(opened(campaign_group="negative"))
    assert len(missed) == min(100, campaigns.ledger(month, 3).negative) > 0
    assert missed["why"].str.len().min() > 10 and "why" not in listed(opened(campaign_group="delivered"))
    everything = apps.open_page("campaigns", {})
    everything.segmented_control(key="campaigns_state").set_value("paused").run()
    assert everything.query_params["campaigns_state"] in ("paused", ["paused"])
    paused = apps.open_page("campaigns", {"campaigns_state": "paused"})
    assert len(paused.dataframe[0].value) == len(campaigns.recent(month, state="paused", limit=100)) > 0
    assert not apps.open_page("campaigns", {"campaigns_state": "nonsense"}).exception
