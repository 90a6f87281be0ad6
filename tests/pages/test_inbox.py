"""The inbox as a person meets it: list, conversation, answer, what is asked first, vote and review."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from nextpod_core import answers, conversations, inbox_counts, options, suppressions
from nextpod_core.people import DESK
from tests import apps
from tests.incoming import HOUR, KARI, NOW, campaign, receive

ANNE, BO = "4791726200", "4745848412"
ODD = [
    "<script>x</script>",
    "=1+1",
    "\u202eabc",
    "a\nb\n",
    "a\x00b",
    "æ" * 5000,
    "😀",
    "",
    ":red[x] **y** [z](http://x)",
]


@pytest.fixture
def db(tmp_path, monkeypatch):
    connection = apps.new_store(tmp_path, monkeypatch)
    yield connection
    connection.close()


def opened(**query: str) -> AppTest:
    app = apps.open_page("inbox", query)
    assert not app.exception
    return app


def rows(app: AppTest) -> list[str]:
    return list(app.dataframe[0].value["number"]) if app.dataframe else []


def html(app: AppTest) -> str:
    return "".join(element.proto.body for element in app.get("html"))


def press(app: AppTest, key: str) -> AppTest:
    app = app.button(key=key).click().run()
    assert not app.exception
    return app


def write(app: AppTest, text: str, msisdn: str = ANNE) -> AppTest:
    return app.text_area(key=f"inbox_answer_{msisdn}").set_value(text).run()


def texts(db) -> list[str]:
    return [row["text"] for row in db.execute("SELECT text FROM texts ORDER BY id")]


def test_an_empty_inbox_says_what_to_do_first(db):
    assert "No message has come in yet" in opened().info[0].value


def test_the_list_shows_who_waits_and_filters_stand_in_the_address(db):
    now = time.time_ns() // 1_000_000  # The chips count the last seven days.
    receive(db, ANNE, "HELLO JA", keyword="HELLO", sub_keyword="JA", at=now - HOUR)
    receive(db, BO, "Er dere åpne?", at=now)
    assert rows(opened()) == ["+4791726200", "+4745848412"]
    assert rows(opened(keyword="HELLO")) == ["+4791726200"]
    assert rows(opened(find="apne")) == ["+4745848412"]
    assert rows(opened(find="458 48")) == ["+4745848412"]
    assert rows(opened(state="closed")) == []
    app = opened()
    app.pills(key="inbox_keyword").select("HELLO").run()
    assert app.query_params["keyword"] in ("HELLO", ["HELLO"])
    assert rows(app) == ["+4791726200"]


@pytest.mark.parametrize(
    "query",
    [
        {"state": "nonsense"}, {"only": "x.y..unread"}, {"campaign": "abc"}, {"campaign": "9" * 40}, {"from": "31.12"},
        {"to": "9999-12-31"}, {"from": "0001-01-01"}, {"after": "zzz"}, {"after": "1~2"}, {"view": "?"},
        {"keyword": "'; DROP TABLE inbound; --"}, {"person": "x" * 500}, {"person": "<b>"}, {"label": "none"},
        {"code": "1"}, {"sub": "JA"}, {"find": '"'},
    ],
)  # fmt: skip
def test_whatever_stands_in_the_address_is_survived(db, query):
    receive(db, ANNE, "Hei")
    opened(**query)


def test_opening_a_person_shows_the_conversation_and_reads_it(db):
    campaign(db, "Møte torsdag", "Kommer du?", [ANNE], at=NOW - HOUR)
    receive(db, ANNE, "Ja takk!")
    app = opened(person=ANNE)
    assert "Kommer du?" in html(app)
    assert "Ja takk!" in html(app)
    assert conversations.read(db, ANNE).unread == 0


def test_what_is_planned_for_a_person_is_told_and_what_is_being_written_is_not(db):
    later = time.time_ns() // 1_000_000 + 48 * HOUR
    planned = campaign(db, "Møte torsdag", "Vi ses!", [ANNE], at=NOW)
    written = campaign(db, "Ikke ferdig", "Utkast", [ANNE], at=NOW)
    db.execute("UPDATE campaigns SET state = 'scheduled', started_at = NULL, due_at = ? WHERE id = ?", (later, planned))
    db.execute("UPDATE campaigns SET state = 'draft' WHERE id = ?", (written,))
    db.execute("UPDATE messages SET status = 'queued', accepted_at = NULL")
    shown = html(opened(person=ANNE))
    assert "Vi ses!" in shown and "Planned for" in shown
    assert "Utkast" not in shown


@pytest.mark.parametrize("text", ODD)
def test_what_people_write_is_never_markup(db, text):
    receive(db, ANNE, text, keyword=":red[K]", sub_keyword="<i>")
    app = opened(person=ANNE)
    assert "<script>" not in html(app)
    assert "<i>" not in html(app)


def test_an_answer_is_sent_once_and_the_box_is_emptied(db):
    receive(db, ANNE, "Har dere åpent?")
    app = write(opened(person=ANNE), "Ja, til kl. 16")
    assert any("1 SMS part · 146 characters left" in caption.value for caption in app.caption)
    app = press(app, "inbox_send")
    assert texts(db) == ["Ja, til kl. 16"]
    assert app.text_area(key=f"inbox_answer_{ANNE}").value == ""
    assert "Ja, til kl. 16" in html(app)
    assert conversations.read(db, ANNE).state == "waiting"


def test_an_empty_answer_is_told_and_nothing_leaves(db):
    receive(db, ANNE, "Hei")
    app = press(opened(person=ANNE), "inbox_send")
    assert "Write the answer first" in app.toast[0].value
    assert texts(db) == []


def test_the_second_of_two_who_answer_is_asked_first(db):
    receive(db, ANNE, "Har dere åpent?")
    app = write(opened(person=ANNE), "Ja!")
    app.session_state["inbox_seen_answer"] = 0  # What this desk drew last, before the colleague was quicker.
    answers.answer(db, ANNE, text="Nei", sender="2345", key="kari", by=KARI, now=NOW)
    app = press(app, "inbox_send")
    assert "has answered this person" in app.warning[0].value
    assert texts(db) == ["Nei"]
    press(app, "inbox_send_anyway")
    assert texts(db) == ["Nei", "Ja!"]


def test_who_opted_out_is_answered_only_after_writing_again_and_with_a_confirmation(db):
    receive(db, ANNE, "STOPP")
    assert "can't be answered" in opened(person=ANNE).info[0].value
    receive(db, ANNE, "Når er møtet?", at=NOW + 1000)
    app = press(write(opened(person=ANNE), "Torsdag"), "inbox_send")
    assert "Answer all the same?" in app.warning[0].value
    assert texts(db) == []
    press(app, "inbox_send_anyway")
    assert texts(db) == ["Torsdag"]
    [row] = db.execute("SELECT override FROM answers").fetchall()
    assert row["override"] == f"confirmed by {DESK.name}"


def test_on_a_shared_short_code_the_box_offers_the_sentence(db):
    receive(db, ANNE, "HELLO hei", keyword="HELLO")
    app = press(write(opened(person=ANNE), "Hvor mange?"), "inbox_say_keyword")
    assert app.text_area(key=f"inbox_answer_{ANNE}").value == "Hvor mange? Begin your answer with HELLO."


def test_closing_opens_the_next(db):
    receive(db, ANNE, "Hei", at=NOW - HOUR)
    receive(db, BO, "Hallo")
    app = press(opened(person=ANNE), "inbox_close")
    assert rows(app) == ["+4745848412"]
    assert "Hallo" in html(app)
    app = press(app, "inbox_close")
    assert "Nobody waits" in app.success[0].value


def test_labels_notes_and_hands(db):
    receive(db, ANNE, "Hei")
    app = press(opened(person=ANNE), "inbox_take")
    app.text_area(key="inbox_note").set_value("Ringer i morgen").run()
    app = press(app, "inbox_note_keep")
    assert "Ringer i morgen" in html(app)
    conversations.label(db, [ANNE], label="ring", by=KARI, now=NOW)
    app = press(opened(person=ANNE), "inbox_unlabel_ring")
    found = conversations.read(db, ANNE)
    assert (found.owner, found.labels) == (DESK.name, ())


def test_opting_out_by_hand_and_lifting_it_with_a_reason(db):
    receive(db, ANNE, "Jeg har allerede ringt")
    app = press(opened(person=ANNE), "inbox_out")
    assert suppressions.is_suppressed(db, ANNE)
    app = press(app, "inbox_lift")
    assert suppressions.is_suppressed(db, ANNE)
    app.text_input(key="inbox_lift_why").set_value("Ba om det selv").run()
    press(app, "inbox_lift")
    assert not suppressions.is_suppressed(db, ANNE)


def test_many_are_answered_together_and_the_button_says_how_many(db):
    options.change(db, by=KARI, now=NOW, zone="Europe/Oslo")
    receive(db, ANNE, "Hei", at=NOW - HOUR)
    receive(db, BO, "STOPP")
    app = opened()
    app.toggle(key="inbox_choose").set_value(True).run()
    app.session_state["inbox_many"] = {"selection": {"rows": [0, 1], "columns": [], "cells": []}}
    app.run()
    assert app.button(key="inbox_bulk_send").label == "Send to 1 person"
    app.text_area(key="inbox_bulk_text").set_value("Takk!").run()
    app.session_state["inbox_many"] = {"selection": {"rows": [0, 1], "columns": [], "cells": []}}
    press(app, "inbox_bulk_send")
    assert texts(db) == ["Takk!"]


def test_ticks_do_not_stay_where_other_people_stand_now(db):
    receive(db, ANNE, "Hei", at=NOW - HOUR)
    receive(db, BO, "Hei")
    app = opened()
    app.toggle(key="inbox_choose").set_value(True).run()
    app.session_state["inbox_many"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    app = press(app, "inbox_bulk_close")
    assert rows(app) == ["+4745848412"]
    assert "inbox_bulk_close" not in {button.key for button in app.button}


def test_the_vote_counts_words_and_can_be_empty(db):
    assert "No message with a keyword" in opened(view="vote").info[0].value
    now = time.time_ns() // 1_000_000
    for word in ("JA", "JA", "NEI"):
        receive(db, ANNE, f"HELLO {word}", keyword="HELLO", sub_keyword=word, at=now)
    app = opened(view="vote", vote_keyword="HELLO")
    found = app.dataframe[0].value
    assert list(found["word"]) == ["JA", "NEI"]
    assert list(found["messages"]) == [2, 1]


def test_an_opt_out_by_prefix_is_reviewed_and_undone(db):
    receive(db, ANNE, "Stopp i neste uke heller")
    receive(db, BO, "Stopp nå med dette tullet")
    app = opened(view="review")
    first = db.execute("SELECT id FROM suppressions WHERE msisdn = ?", (ANNE,)).fetchone()["id"]
    app = press(app, f"review_undo_{first}")
    assert not suppressions.is_suppressed(db, ANNE)
    app = press(app, f"review_keep_{first + 1}")
    assert suppressions.is_suppressed(db, BO)
    assert "Nothing to review" in app.success[0].value


def test_a_text_that_may_mean_it_is_shown_until_it_is_handled(db):
    first = receive(db, ANNE, "Nå får det være nok med disse meldingene")
    receive(db, BO, "Dere maser fælt")
    receive(db, "4799999009", "Kan ikke komme i dag")
    assert not suppressions.is_suppressed(db, ANNE)
    assert [text.startswith("⚑") for text in opened().dataframe[0].value["text"]] == [True, True, False]
    assert "may ask to be left alone" in html(opened(person=ANNE))
    app = opened(view="review")
    app = press(app, f"flagged_out_{first}")
    assert suppressions.is_suppressed(db, ANNE)
    assert db.execute("SELECT inbound_id FROM suppressions").fetchone()["inbound_id"] == first
    conversations.close(db, [BO], by=DESK, now=NOW)
    assert "Nothing to review" in opened(view="review").success[0].value
    receive(db, BO, "Når åpner dere?", at=NOW + HOUR)
    assert inbox_counts.flagged(db) == []


def test_somebody_who_never_wrote_is_found_by_the_whole_number(db):
    campaign(db, "Møte torsdag", "Kommer du?", [ANNE], at=NOW - HOUR)
    receive(db, BO, "Hei")
    app = press(opened(find="917 26 200"), "inbox_open_known")
    assert "Kommer du?" in html(app)
    assert any("has not written" in caption.value for caption in app.caption)
