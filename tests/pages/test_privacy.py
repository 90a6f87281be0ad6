"""The page's side of privacy: how long things are kept, one person's file, one person erased."""

import time

import pytest

from nextpod_core import conversations, erasure, options, personal, settings, suppressions
from nextpod_core.people import COMMAND
from tests import apps, people, receiving
from tests.receiving import write_in

WHO = "4791726200"


@pytest.fixture
def db(tmp_path, monkeypatch):
    found = apps.new_store(tmp_path, monkeypatch)
    yield found
    found.close()


def see():
    app = apps.open_page("settings", query={"tab": "6"})
    assert not app.exception and not app.error
    return app


def test_the_ages_are_changed_and_one_that_makes_no_sense_is_refused(db):
    app = see()
    app.number_input(key="settings_keep_numbers_days").set_value(None)
    app.number_input(key="settings_keep_inbound_days").set_value(90)
    app.button(key="settings_ages_save").click().run()
    assert (options.read(db).keep_numbers_days, options.read(db).keep_inbound_days) == (None, 90)
    app.number_input(key="settings_keep_uploads_days").set_value(None)
    app.button(key="settings_ages_save").click().run()
    assert "can't be kept for ever" in app.error[0].value
    assert options.read(db).keep_uploads_days == 7


def test_a_person_is_found_in_any_writing_and_erased_when_the_number_is_typed_again(db, monkeypatch):
    apps.sign_in(db, monkeypatch)
    receiving.send(db, [WHO], reference=b"r" * 16, status="delivered", batch="accepted")
    write_in(db, "Hei på deg", **{"from": WHO})
    app = see()
    app.text_input(key="settings_person").input("917 26 200").run()
    assert any("messages: 1" in each.value and "messages from them: 1" in each.value for each in app.markdown)
    app.text_input(key="settings_person_again").input("917 26 201")
    app.button(key="settings_person_erase").click().run()
    assert erasure.recent(db) == [] and personal.held(db, WHO)["received"] == 1
    app.text_input(key="settings_person_again").input("+47 91726200")
    app.button(key="settings_person_erase").click().run()
    assert not app.exception
    [wish] = erasure.recent(db)
    assert wish.asked_by == "admin@example.test"
    until = time.monotonic() + 20
    while erasure.get(db, wish.id).done_at is None and time.monotonic() < until:
        erasure.go_on(settings.load(), db, clock=people.now)  # As the dispatcher does, should the process be slow.
    assert personal.held(db, WHO)["messages"] == 0 == personal.held(db, WHO)["received"]
    assert suppressions.is_suppressed(db, WHO), "asked for by the switch, which is on"
    app.run()
    assert not app.exception


@pytest.mark.parametrize(("role", "may"), [("agent", False), ("editor", False), ("approver", True), ("admin", True)])
def test_the_file_of_a_person_is_for_those_who_send(db, monkeypatch, role, may):
    apps.sign_in(db, monkeypatch, role)
    write_in(db, "Hei", **{"from": WHO})
    assert conversations.is_known(db, WHO)
    app = apps.open_page("inbox", query={"person": WHO})
    assert not app.exception
    assert (len([one for one in app.get("download_button") if "about this person" in one.proto.label]) == 1) == may
    assert bool([one for one in app.button if one.key == "inbox_person_erase"]) == (role == "admin")


def test_nothing_found_says_so(db):
    app = see()
    app.text_input(key="settings_person").input("+47 99 99 99 99").run()
    assert any("Nothing stands under this number" in each.value for each in app.markdown)
    options.change(db, by=COMMAND, now=1, keep_numbers_days=None)


def test_no_number_and_no_words_of_a_search_stand_in_an_address(db, monkeypatch):
    apps.sign_in(db, monkeypatch, "agent")
    write_in(db, "Brekkestø kl. ti", **{"from": WHO})
    suppressions.add(db, msisdn=WHO, reason="hand", by=COMMAND, now=1)
    app = apps.open_page("inbox", query={"person": WHO})  # As an old bookmark, or typed by hand.
    kept = dict(app.query_params)
    assert WHO not in str(kept) and str(kept["person"]).strip("[']").startswith("~")
    assert any("+" + WHO in each.value for each in app.header)
    again = apps.open_page("inbox", query={"person": str(kept["person"]).strip("[']")})
    assert any("+" + WHO in each.value for each in again.header), "a link shows a colleague the same"
    app.text_input(key="inbox_find").input("Brekkestø").run()
    assert "Brekkest" not in str(dict(app.query_params)) and "find" in app.query_params
    app.text_input(key="frame_find").input("917 26 200").run()
    assert "91726200" not in str(dict(app.query_params))
    app = apps.open_page("suppressions")
    app.text_input(key="suppressions_search").input("917 26").run()
    assert "917" not in str(dict(app.query_params)) and len(app.dataframe[0].value) == 1
    assert not app.exception


@pytest.mark.parametrize("odd", ["~", "~x", "~" + "A" * 60, "~é", "~%00", "~" + "A" * 5000])
def test_an_address_that_was_cut_or_made_elsewhere_names_nobody(db, odd):
    app = apps.open_page("inbox", query={"person": odd, "find": odd})
    assert not app.exception and not app.error
