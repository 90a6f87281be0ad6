"""Saved audiences and the search field, as a person meets them."""

import pytest
from streamlit.testing.v1 import AppTest

from nextpod_core import audiences, drafts, imports
from nextpod_core.audiences import Question
from tests import apps
from tests.incoming import KARI, NOW, campaign, receive

ANNE, BO = "4791726200", "4745848412"


@pytest.fixture
def db(tmp_path, monkeypatch):
    connection = apps.new_store(tmp_path, monkeypatch)
    yield connection
    connection.close()


def press(app: AppTest, key: str) -> AppTest:
    app = app.button(key=key).click().run()
    assert not app.exception
    return app


def composing() -> AppTest:
    app = apps.open_page("compose")
    way = next(one for one in app.get("button_group") if "From a saved audience" in str(one.proto))
    return way.set_value("audience").run()


def test_the_people_of_a_past_campaign_become_a_list(db):
    campaign(db, "Konsert", "Svar JA", [ANNE, BO])
    receive(db, ANNE, "JA", keyword="JA")
    app = composing()
    assert "No audience yet" in " ".join(one.value for one in app.caption)
    app.text_area(key="compose_question_words").set_value("JA")
    app.text_input(key="compose_question_name").set_value("Ja-folk").run()
    app = press(app, "compose_question_keep")
    [one] = audiences.every(db)
    assert (one.name, one.question, one.words) == ("Ja-folk", Question.ANSWERED, "JA")
    told = " ".join(caption.value for caption in app.caption)
    assert "Everyone who answered JA to Konsert. 1 person now." in told
    press(app, "compose_audience_use")
    draft = drafts.get(db, db.execute("SELECT max(id) FROM drafts").fetchone()[0])
    assert imports.get(db, draft.import_id).filename == "Ja-folk.csv"


def test_an_audience_is_forgotten(db):
    audiences.create(db, name="A", by=KARI, now=NOW)
    press(composing(), "compose_audience_drop")
    assert audiences.every(db) == []


def test_nobody_to_send_to_is_told(db):
    audiences.create(db, name="A", by=KARI, now=NOW)
    app = press(composing(), "compose_audience_use")
    assert "Nobody is in this audience" in app.toast[0].value


def test_people_chosen_in_the_inbox_are_put_into_one(db):
    number = audiences.create(db, name="Venner", by=KARI, now=NOW)
    for msisdn in (ANNE, BO):
        receive(db, msisdn, "Hei")
    app = apps.open_page("inbox")
    app.toggle(key="inbox_choose").set_value(True).run()
    app.session_state["inbox_many"] = {"selection": {"rows": [0, 1], "columns": [], "cells": []}}
    app.run()
    app.selectbox(key="inbox_bulk_audience").select("Venner").run()
    app = press(app, "inbox_bulk_gather")
    assert "2 are new in Venner." in [toast.value for toast in app.toast]
    assert audiences.size(db, audiences.get(db, number)) == 2


@pytest.mark.parametrize("page", apps.PAGES)
@pytest.mark.parametrize("typed", ["917 26 200", "+47 91726200", "0047-917.26.200"])
def test_a_number_in_any_writing_opens_the_person_from_every_page(db, page, typed):
    receive(db, ANNE, "Hei, hvem er dette?")
    app = apps.open_page(page)
    app = app.text_input(key="frame_find").set_value(typed).run()
    assert not app.exception
    assert f"+{ANNE}" in [head.value for head in app.header]
