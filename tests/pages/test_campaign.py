"""One campaign's page: the ledger's lines open their rows, and both kinds of file are offered."""

import os

import pytest
from streamlit.testing.v1 import AppTest

from nextpod_core import campaigns
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
