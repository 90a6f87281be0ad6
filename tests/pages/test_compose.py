"""The compose page as a person meets it, step by step, without a browser."""

import datetime
import io
import os
import time

import pytest

from nextpod_core import (
    campaigns,
    corrections,
    drafts,
    imports,
    making,
    options,
    outbox,
    review,
    saved_texts,
    schedule,
    senders,
    settings,
    staged,
)
from nextpod_core.people import DESK
from pages.parts import compose_people
from tests import apps

LIST = "mobil;navn\n91726200;Kari\n;Ola\nabc;Siv\n22334455;Per\n59123456;Ada\n+47 917 26 200;Kari\n92345678;Liv\n"


@pytest.fixture
def db(tmp_path, monkeypatch):
    found = apps.new_store(tmp_path, monkeypatch)
    yield found
    found.close()


def now():
    return time.time_ns() // 1_000_000


def listed(db, text=LIST, run=True):
    given = settings.load()
    found = imports.begin(given, db, io.BytesIO(text.encode()), filename="list.csv", region="NO", by=DESK, now=now())
    if run:
        imports.run(given, db, found, clock=now)
    return found


def composed(db, **values):
    """A draft that can be reviewed, and the page on it."""
    whole = {"name": "Desember", "sender": "Klubben", "text": "Hei {{navn}}!", "import_id": listed(db)} | values
    draft = drafts.new(db, by=DESK, now=now(), **whole)
    return draft.id, apps.open_page("compose", {"draft": str(draft.id)})


def fine(app):
    assert not app.exception
    return app


def told(app):
    return " | ".join(
        element.value for group in (app.error, app.warning, app.info, app.success, app.markdown, app.caption)
        for element in group
    )  # fmt: skip


def button(app, key):
    return app.button(key=key)


def labels(app):
    return [each.label for each in app.button]


def test_an_empty_page_says_what_to_do_first(db):
    app = fine(apps.open_page("compose"))
    assert [each.value for each in app.header] == ["1 · People", "2 · Text", "3 · Time", "4 · Review"]
    for missing in ("Give the campaign a name", "Choose the people", "Choose a sender", "Write the text"):
        assert missing in told(app)
    assert button(app, "compose_review").disabled
    assert not drafts.open_ones(db)


def test_the_first_word_makes_a_draft_and_its_address(db):
    app = apps.open_page("compose")
    app.text_input(key="compose_name").set_value("Desember").run()
    (draft,) = drafts.open_ones(db)
    assert draft.name == "Desember"
    assert app.query_params["draft"] == str(draft.id)
    app.text_area(key="compose_text").set_value("Hei").run()
    assert fine(app) and drafts.get(db, draft.id).text == "Hei"


def test_words_sent_before_the_browser_heard_of_the_draft_belong_to_it(db):
    app = apps.open_page("compose")
    app.text_input(key="compose_name").set_value("Desember").run()
    del app.query_params["draft"]  # As a message that was under way when the address came.
    app.text_area(key="compose_text").set_value("Hei").run()
    (draft,) = drafts.open_ones(db)
    assert (draft.name, draft.text, fine(app).query_params["draft"]) == ("Desember", "Hei", str(draft.id))
    assert app.text_input(key="compose_name").value == "Desember" and app.text_area(key="compose_text").value == "Hei"
    button(app, "compose_new").click().run()
    app.text_input(key="compose_name").set_value("Januar").run()
    assert {each.name for each in drafts.open_ones(db)} == {"Desember", "Januar"}


def test_a_draft_is_there_after_a_reload(db):
    draft, _ = composed(db)
    app = fine(apps.open_page("compose", {"draft": str(draft)}))
    assert app.text_area(key="compose_text").value == "Hei {{navn}}!"
    assert app.text_input(key="compose_name").value == "Desember"


@pytest.mark.parametrize("asked", ["99", "x", "-1", "99999999999999999999"])
def test_an_address_that_names_no_draft_is_told_or_begins_anew(db, asked):
    fine(apps.open_page("compose", {"draft": asked}))


def test_a_file_is_taken_and_read_beside(db, monkeypatch):
    app = apps.open_page("compose")
    app.file_uploader[0].set_value(("list.csv", LIST.encode(), "text/csv")).run()
    fine(app)
    (draft,) = drafts.open_ones(db)
    deadline = time.monotonic() + 30
    while imports.get(db, draft.import_id).state != "done":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert "2 will be sent, 5 will not" in told(fine(app.run()))


def test_pasted_numbers_are_a_list_too(db):
    app = apps.open_page("compose")
    app.segmented_control(key="compose_way").set_value("paste").run()
    app.text_area(key="compose_pasted").set_value("917 26 200, 923 45 678").run()
    button(app, "compose_read_pasted").click().run()
    (draft,) = drafts.open_ones(db)
    imports.run(settings.load(), db, draft.import_id, clock=now)
    assert imports.get(db, draft.import_id).filename == "Pasted numbers"


def test_nothing_pasted_is_told(db):
    app = apps.open_page("compose")
    app.segmented_control(key="compose_way").set_value("paste").run()
    button(app, "compose_read_pasted").click().run()
    assert "Paste at least one number" in app.toast[0].value


def test_a_file_that_can_not_be_used_says_why_and_offers_another(db):
    _, app = composed(db, import_id=listed(db, "%PDF-1.7"))
    assert "PDF" in told(fine(app))
    button(app, "compose_other_list").click().run()
    assert len(fine(app).file_uploader) == 1


def test_an_import_whose_process_is_gone_can_be_run_again(db):
    found = listed(db, run=False)
    db.execute("UPDATE imports SET state = 'running', pid = 999999999 WHERE id = ?", (found,))
    _, app = composed(db, import_id=found)
    assert "interrupted" in told(fine(app))
    button(app, "compose_run_again").click().run()
    assert fine(app) and imports.get(db, found).state in ("waiting", "running", "done")


def test_while_a_list_is_read_a_bar_shows_how_far(db):
    found = listed(db, run=False)
    _, app = composed(db, import_id=found)
    (bar,) = fine(app).get("progress")
    assert "Opening the file" in bar.proto.text
    db.execute(
        "UPDATE imports SET state = 'running', pid = ?, done = 30, total = 60 WHERE id = ?", (os.getpid(), found)
    )
    (bar,) = fine(app.run()).get("progress")
    assert (bar.proto.value, bar.proto.text) == (50, "30 of about 60 rows read")


def test_problems_are_counted_and_listed_with_their_rows(db):
    _, app = composed(db)
    assert "Mend 1 number" in told(app)
    assert "Fill in 1 number" in told(app)
    shown = app.dataframe[0].value if app.dataframe else None
    assert shown is None or list(shown["row"])[:2] == [3, 4]


def test_a_corrected_row_joins_the_list(db):
    draft, app = composed(db)
    found = imports.get(db, drafts.get(db, draft).import_id)
    key = f"compose_editor_{found.id}_{found.version}_3_7"
    app.session_state[key] = {"edited_rows": {0: {"c0": "93345678"}}, "added_rows": [], "deleted_rows": []}
    fine(app.run())
    corrections.correct(db, found.id, {3: {0: "93345678"}}, by=DESK, now=now())
    assert "3 will be sent, 4 will not" in told(fine(app.run()))


def test_doubtful_numbers_join_with_one_tick(db):
    draft, app = composed(db)
    found = drafts.get(db, draft).import_id
    app.checkbox(key=f"compose_doubtful_{found}").check().run()
    assert imports.get(db, found).let_in_doubtful
    assert "3 will be sent" in told(fine(app))


def test_another_number_column_can_be_chosen(db):
    _, app = composed(db, import_id=listed(db, "navn;alder\nKari;5\n"))
    assert "No column looks like mobile numbers" in told(fine(app))
    (box,) = [each for each in app.selectbox if each.label == "Column with the numbers"]
    box.set_value(1).run()
    fine(app)


def test_columns_are_put_in_with_a_button(db):
    draft, app = composed(db, text="Hei")
    button(app, "compose_insert_0").click().run()
    assert drafts.get(db, draft).text == "Hei {{navn}}"
    assert fine(app).text_area(key="compose_text").value == "Hei {{navn}}"


def test_an_unknown_placeholder_is_named_with_the_nearest_column(db):
    draft, app = composed(db, text="Hei {{nvan}}")
    assert "The list has no column **nvan**" in told(app)
    button(app, "compose_use_0").click().run()
    assert drafts.get(db, draft).text == "Hei {{navn}}"
    assert "no column" not in told(fine(app))


def test_an_unknown_placeholder_with_nothing_near_lists_the_columns(db):
    _, app = composed(db, text="Hei {{zzzzzz}}")
    assert "It has mobil and navn" in told(fine(app))
    assert "Mend the text" in told(app)


def test_an_open_brace_is_told_beside_the_text(db):
    _, app = composed(db, text="Hei {{navn")
    assert "never closed" in told(fine(app))


def test_empty_values_can_be_given_a_word(db):
    found = listed(db, "mobil;navn\n91726200;\n92345678;Liv\n")
    draft, app = composed(db, import_id=found)
    assert "1 person has nothing in navn" in told(fine(app))
    app.text_input(key="compose_default").set_value("venn").run()
    button(app, "compose_use_default").click().run()
    assert drafts.get(db, draft).text == "Hei {{navn|venn}}!"
    assert "has nothing in" not in told(fine(app))


def test_what_the_text_costs_stands_beside_it(db):
    options.change(db, by=DESK, now=now(), price=0.39)
    _, app = composed(db, text="Hei {{navn}} " + "a" * 160)
    figures = {each.label: each.value for each in fine(app).metric}
    assert figures == {"Recipients": "2", "SMS parts": "4", "Price": "NOK\xa01.56"}


def test_characters_that_make_texts_dear_are_named_and_replaced(db):
    draft, app = composed(db, text="Hei {{navn}} – velkommen")
    assert "**2 texts** have characters outside GSM-7" in told(fine(app))
    button(app, "compose_replace_now").click().run()
    assert drafts.get(db, draft).text == "Hei {{navn}} - velkommen"
    assert "outside GSM-7" not in told(fine(app))


def test_a_character_that_stands_in_text_and_list_is_replaced_in_both_at_once(db):
    draft, app = composed(db, text="Hei {{navn}} – du", import_id=listed(db, "mobil;navn\n91726200;Kari – Ola\n"))
    button(app, "compose_replace_now").click().run()
    assert drafts.get(db, draft).text == "Hei {{navn}} - du"
    assert "outside GSM-7" not in told(fine(app)) and staged.rows(db, 1)[0][2][1] == "Kari - Ola"


def test_a_marketing_text_without_a_way_out_gets_one_with_a_button(db):
    senders.add(db, "2345", keyword="KLUBB", by=DESK, now=now())
    draft, app = composed(db, purpose="marketing", sender="2345")
    assert "doesn't say how to stop" in told(fine(app))
    assert "Say where the numbers and the consent come from" in told(app)
    button(app, "compose_add_way_out").click().run()
    assert drafts.get(db, draft).text == "Hei {{navn}}! STOPP KLUBB til 2345"
    assert "doesn't say how to stop" not in told(fine(app))


def test_a_text_that_asks_for_an_answer_needs_a_sender_that_can_get_one(db):
    _, app = composed(db, text="Svar JA eller NEI")
    assert "nobody can answer Klubben" in told(fine(app))
    senders.add(db, "2345", keyword="KLUBB", by=DESK, now=now())
    _, app = composed(db, text="Svar JA eller NEI", sender="2345")
    assert "must begin with KLUBB" in told(fine(app))


def write_sender(app, name):
    """What is typed into the box and stands in no list."""
    box = app.selectbox(key="compose_sender")
    box.options.append(name)
    box.set_value(name).run()


def test_a_sender_that_the_rules_refuse_is_not_kept(db):
    draft, app = composed(db)
    write_sender(app, "AB")
    assert drafts.get(db, draft).sender == "Klubben"
    assert fine(app).toast


def test_a_new_sender_is_saved_for_the_next_campaign(db):
    _, app = composed(db)
    write_sender(app, "Teateret")
    fine(app)
    assert "Teateret" in [each.name for each in senders.every(db)]


def test_a_time_is_kept_as_a_moment_in_the_zone_of_the_campaign(db):
    draft, app = composed(db)
    app.segmented_control(key="compose_when").set_value("later").run()
    app.datetime_input[0].set_value(datetime.datetime(2031, 7, 1, 9, 0)).run()
    assert drafts.get(db, draft).due_at == schedule.parse_local("2031-07-01 09:00", "Europe/Oslo")
    app.segmented_control(key="compose_when").set_value("now").run()
    assert fine(app) and drafts.get(db, draft).due_at is None


def test_the_hour_that_comes_twice_is_asked_about(db):
    draft, app = composed(db, due_at=schedule.parse_local("2031-10-26 01:00", "Europe/Oslo"))
    app.datetime_input[0].set_value(datetime.datetime(2031, 10, 26, 2, 30)).run()
    first = drafts.get(db, draft).due_at
    app.radio(key="compose_fold").set_value(1).run()
    assert drafts.get(db, draft).due_at - first == 3_600_000
    fine(app)


def test_the_hour_that_does_not_exist_is_refused(db):
    draft, app = composed(db, due_at=schedule.parse_local("2031-03-30 01:00", "Europe/Oslo"))
    app.datetime_input[0].set_value(datetime.datetime(2031, 3, 30, 2, 30)).run()
    assert "does not exist" in told(fine(app))
    assert "Choose a time that can be used" in told(app)


def test_a_time_that_is_past_is_told(db):
    _, app = composed(db, due_at=now() - 3_600_000)
    assert "That time is past" in told(fine(app))


def test_hours_pace_and_spread_are_kept(db):
    draft, app = composed(db, choices=drafts.Choices())
    app.toggle(key="compose_window").set_value(False).run()
    assert drafts.get(db, draft).choices.window_from is None
    app.text_input(key="compose_window_reason").set_value("Vannlekkasje").run()
    app.toggle(key="compose_window").set_value(True).run()
    app.number_input(key="compose_per_minute").set_value(60).run()
    app.number_input(key="compose_spread").set_value(1.5).run()
    choices = drafts.get(db, draft).choices
    assert (choices.window_from, choices.window_to, choices.window_reason) == ("08:00", "20:00", "Vannlekkasje")
    assert (choices.per_minute, choices.spread_minutes) == (60, 90)
    fine(app)


def test_a_window_without_length_is_told_and_not_kept(db):
    draft, app = composed(db, choices=drafts.Choices())
    app.time_input(key="compose_to").set_value(datetime.time(8, 0)).run()
    assert drafts.get(db, draft).choices.window_to == "20:00"
    assert "differ" in fine(app).toast[0].value


def reviewed(db, **values):
    draft, _ = composed(db, **values)
    making.prepare(db, draft, by=DESK, now=now())
    return draft, fine(apps.open_page("compose", {"draft": str(draft)}))


def test_the_review_shows_what_leaves_and_what_does_not(db):
    _, app = reviewed(db)
    figures = [(each.label, each.value) for each in app.metric]
    assert ("Will be sent", "2") in figures
    assert "compose_send" in [each.key for each in app.button]


def test_a_change_after_the_review_asks_for_another(db):
    _, app = reviewed(db)
    app.text_area(key="compose_text").set_value("Hallo {{navn}}").run()
    assert "Something was changed since the last review" in told(fine(app))


def test_a_row_corrected_after_the_review_asks_for_another(db):
    draft, app = reviewed(db)
    corrections.correct(db, drafts.get(db, draft).import_id, {4: {0: "93345678"}}, by=DESK, now=now())
    assert "Something was changed since the last review" in told(fine(app.run()))


def test_sending_makes_one_campaign_and_leads_to_it(db):
    draft, app = reviewed(db)
    button(app, "compose_send").click().run()
    fine(app)
    assert drafts.get(db, draft).state == "used"
    again = fine(apps.open_page("compose", {"draft": str(draft)}))
    assert "on its way" in told(again)
    assert db.execute("SELECT count(*) FROM campaigns WHERE kind = 'campaign'").fetchone()[0] == 1
    button(again, "compose_copy").click().run()
    assert fine(again).text_input(key="compose_name").value == "Desember"


def test_a_large_send_asks_for_its_count(db):
    options.change(db, by=DESK, now=now(), typed_count_above=1)
    draft, app = reviewed(db)
    assert button(app, "compose_send").disabled
    app.number_input(key="compose_typed").set_value(3).run()
    assert button(app, "compose_send").disabled
    app.number_input(key="compose_typed").set_value(2).run()
    button(app, "compose_send").click().run()
    assert fine(app) and drafts.get(db, draft).state == "used"


def test_nobody_to_send_to_is_told(db):
    _, app = composed(db, import_id=listed(db, "mobil;navn\nabc;Ola\n"))
    assert "None of the rows can be sent to" in told(fine(app))
    assert "Mend at least one row" in told(app)


def test_the_review_is_made_beside(db):
    draft, app = composed(db)
    button(app, "compose_review").click().run()
    fine(app)
    deadline = time.monotonic() + 30
    while (found := review.get(db, draft)) is None or not found.ready:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert "compose_send" in [each.key for each in fine(app.run()).button]


def test_a_dropped_draft_says_so(db):
    draft, app = composed(db)
    button(app, "compose_drop").click().run()
    assert drafts.get(db, draft).state == "dropped"
    fine(app)
    assert "let go" in told(fine(apps.open_page("compose", {"draft": str(draft)})))


def test_other_drafts_are_offered_on_an_empty_page(db):
    composed(db)
    app = fine(apps.open_page("compose"))
    assert any("Go on with a draft" in each.label for each in app.expander)


def test_a_test_to_oneself_is_queued_once(db):
    _, app = composed(db)
    app.text_input(key="compose_test_number").set_value("932 45 678").run()
    button(app, "compose_test_send").click().run()
    fine(app)
    rows = db.execute("SELECT msisdn FROM messages").fetchall()
    assert [row["msisdn"] for row in rows] == ["4793245678"]


def test_a_review_that_somebody_else_began_is_waited_for_and_can_be_begun_anew(db):
    draft, _ = composed(db)
    making.prepare(db, draft, by=DESK, now=now())
    db.execute("UPDATE campaigns SET reviewed_at = NULL WHERE draft_id = ?", (draft,))
    app = fine(apps.open_page("compose", {"draft": str(draft)}))
    (bar,) = app.get("progress")
    assert bar.proto.text == "2 of 2 texts made and counted"
    assert not button(app, "compose_review").disabled


def test_a_review_whose_process_is_gone_says_so(db):
    draft, app = composed(db)
    making.prepare(db, draft, by=DESK, now=now())
    db.execute("UPDATE campaigns SET reviewed_at = NULL WHERE draft_id = ?", (draft,))
    app.session_state["compose_review_pid"] = 999_999_999
    assert "The review was interrupted" in told(fine(app.run()))


def test_a_review_whose_process_ended_before_it_began_says_so(db):
    draft, app = composed(db)
    app.session_state["compose_review_pid"], app.session_state["compose_review_of"] = 999_999_999, draft
    assert "The review was interrupted" in told(fine(app.run()))
    app.session_state["compose_review_of"] = draft + 1
    assert "The review was interrupted" not in told(fine(app.run()))


def test_a_column_called_like_a_picture_is_only_a_name(db):
    found = listed(db, "mobil;![x](http://elsewhere.test/x.png);![x](http://elsewhere.test/x.png)\n91726200;Kari;x\n")
    _, app = composed(db, import_id=found, text="Hei {{zzzzzzz}}")
    shown = told(fine(app)) + " ".join(labels(app))
    assert "elsewhere" in shown
    assert "![x](" not in shown


def test_sending_counts_down_and_stop_gives_the_draft_back(db):
    draft, app = reviewed(db)
    button(app, "compose_send").click().run()
    campaign = db.execute("SELECT * FROM campaigns WHERE draft_id = ?", (draft,)).fetchone()
    assert campaign["state"] == "scheduled" and campaign["held_until"] > now()
    shown = fine(apps.open_page("campaigns", {"campaign": str(campaign["id"])}))
    button(shown, "campaign_stop").click().run()
    assert fine(shown) and drafts.get(db, draft).state == "open"
    assert shown.text_area(key="compose_text").value == "Hei {{navn}}!"
    other = fine(apps.open_page("campaigns", {"campaign": str(campaign["id"])}))
    assert "This campaign is a draft" in told(other)
    back = fine(apps.open_page("compose", {"draft": str(draft)}))
    assert back.text_area(key="compose_text").value == "Hei {{navn}}!"
    assert "Something was changed since the last review" in told(back) or "Nothing is sent yet" in told(back)


def test_a_team_can_do_without_the_countdown(db):
    options.change(db, by=DESK, now=now(), countdown=0)
    draft, app = reviewed(db)
    button(app, "compose_send").click().run()
    assert fine(app) and review.get(db, draft)
    assert db.execute("SELECT held_until FROM campaigns WHERE draft_id = ?", (draft,)).fetchone()[0] is None


def test_a_campaign_for_later_can_be_changed_until_it_begins(db):
    draft, app = reviewed(db)
    drafts.change(db, draft, by=DESK, now=now(), due_at=now() + 7_200_000)
    making.prepare(db, draft, by=DESK, now=now())
    id = review.send(db, draft, version=drafts.get(db, draft).version, by=DESK, now=now())
    shown = fine(apps.open_page("campaigns", {"campaign": str(id)}))
    button(shown, "campaign_change").click().run()
    assert fine(shown) and drafts.get(db, draft).state == "open"


def test_a_first_wave_says_when_the_rest_leaves_and_can_be_let_go(db):
    options.change(db, by=DESK, now=now(), wave_above=1, wave_size=1)
    draft, _app = reviewed(db)
    id = review.send(db, draft, version=drafts.get(db, draft).version, by=DESK, now=now())
    campaigns.start_due(db, now=now())
    outbox.claim(db, now=now(), holder="t", lease=90_000, room=9)
    shown = fine(apps.open_page("campaigns", {"campaign": str(id)}))
    assert "1 of 1 have left" in told(shown)
    button(shown, "campaign_rest").click().run()
    assert fine(shown) and "have left" not in told(shown)


def test_what_is_heard_while_typing_is_counted_and_kept_before_the_box_is_left(db):
    draft, app = composed(db, text="")
    app.text_input(key="compose_text_heard").set_value("Hei ŧ {{navn}}\u2028Velkommen").run()
    assert drafts.get(db, draft).text == "Hei ŧ {{navn}}\nVelkommen"
    assert ("Recipients", "2") in [(each.label, each.value) for each in fine(app).metric]
    assert "UCS-2" in told(app)


def test_the_first_letter_heard_makes_the_draft(db):
    app = apps.open_page("compose")
    app.text_input(key="compose_text_heard").set_value("H").run()
    (draft,) = drafts.open_ones(db)
    assert fine(app) and draft.text == "H" and app.query_params["draft"] == str(draft.id)


def test_a_window_that_only_shows_a_text_never_writes_over_a_newer_one(db):
    draft, app = composed(db)
    drafts.change(db, draft, by=DESK, now=now(), text="Skrevet i et annet vindu")
    app.text_input(key="compose_name").set_value("Januar").run()
    assert fine(app) and drafts.get(db, draft).text == "Skrevet i et annet vindu"


def test_a_text_is_counted_before_there_is_a_list(db):
    _, app = composed(db, import_id=None, text="Hei €")
    assert "GSM-7 · 6 characters · 1 SMS part" in told(fine(app))


def test_a_text_is_saved_under_a_name_and_used_again(db):
    draft, app = composed(db)
    app.text_input(key="compose_save_name").set_value("Velkomst").run()
    button(app, "compose_save").click().run()
    assert [each.name for each in saved_texts.every(db)] == ["Velkomst"]
    app.text_area(key="compose_text").set_value("Noe annet").run()
    box = app.selectbox(key="compose_saved_text")
    box.set_value(saved_texts.every(db)[0]).run()
    button(app, "compose_saved_use").click().run()
    assert fine(app) and drafts.get(db, draft).text == "Hei {{navn}}!"
    assert app.text_area(key="compose_text").value == "Hei {{navn}}!"
    button(app, "compose_saved_drop").click().run()
    assert fine(app) and saved_texts.every(db) == []


def test_a_sender_never_accepted_asks_for_a_test_first(db):
    senders.add(db, "Klubben", by=DESK, now=now())
    _, app = reviewed(db)
    assert "has not accepted anything from Klubben yet" in told(fine(app))
    app.text_input(key="compose_test_review_number").set_value("917 26 200").run()
    button(app, "compose_test_review_send").click().run()
    assert fine(app) and db.execute("SELECT count(*) FROM campaigns WHERE kind = 'tests'").fetchone()[0] == 1
    db.execute("UPDATE senders SET accepted_at = 1")
    assert "has not accepted anything" not in told(fine(app.run()))


def test_a_text_over_the_limit_is_told_at_the_text_with_how_much_must_go(db):
    _, app = composed(db, text="a" * 1501)
    assert "1 character too long" in told(fine(app))
    draft, app = composed(db, text="Hei {{navn}}! " + "a" * 1497)
    words = told(fine(app))
    assert "longer than 1,500 characters" in words and "must be 7 characters shorter" in words


def test_a_day_beyond_all_reason_is_told_at_the_clock(db):
    _, app = composed(db, due_at=253_370_764_800_000)  # The year 9999.
    assert "more than ten years ahead" in told(fine(app))


def test_the_older_of_many_drafts_can_be_found(db):
    made = [drafts.new(db, by=DESK, now=now() + at, name=f"Utkast {at}").id for at in range(30)]
    app = apps.open_page("compose")
    app.selectbox(key="compose_older").select_index(19).run()
    assert app.text_input(key="compose_name").value == "Utkast 0" and made


def test_a_new_campaign_is_opened_at_once_however_young_the_draft_is(db):
    app = apps.open_page("compose")
    app.text_input(key="compose_name").set_value("Desember").run()
    app.text_area(key="compose_text").set_value("Hei").run()  # The browser knows the draft by now.
    del app.query_params["draft"]
    app.run()
    assert fine(app).text_input(key="compose_name").value == "" and "draft" not in app.query_params
    app.text_input(key="compose_name").set_value("Januar").run()
    assert {(each.name, each.text) for each in drafts.open_ones(db)} == {("Desember", "Hei"), ("Januar", "")}


def test_two_windows_on_one_text_show_both_and_keep_what_is_chosen(db):
    draft, app = composed(db)
    drafts.change(db, draft, by=DESK, now=now(), text="Fra det andre vinduet")
    app.text_input(key="compose_text_heard").set_value("Hei {{navn}}! Vel møtt").run()
    assert drafts.get(db, draft).text == "Fra det andre vinduet"
    shown = [each.value for each in fine(app).code]
    assert "Fra det andre vinduet" in shown and "Hei {{navn}}! Vel møtt" in shown
    app.run()
    assert button(app, "compose_review").disabled and "changed in another window" in told(app)
    button(app, "compose_text_keep").click().run()
    assert drafts.get(db, draft).text == "Hei {{navn}}! Vel møtt" == app.text_area(key="compose_text").value
    assert "another window" not in told(fine(app)) and not button(app, "compose_review").disabled


def test_a_text_from_another_window_can_be_taken_instead(db):
    draft, app = composed(db)
    drafts.change(db, draft, by=DESK, now=now(), text="Fra det andre vinduet")
    app.text_area(key="compose_text").set_value("Mitt").run()
    assert drafts.get(db, draft).text == "Fra det andre vinduet"
    button(app, "compose_text_take").click().run()
    assert app.text_area(key="compose_text").value == "Fra det andre vinduet" == drafts.get(db, draft).text
    app.text_area(key="compose_text").set_value("Videre").run()
    assert drafts.get(db, draft).text == "Videre" and "another window" not in told(fine(app))


def test_windows_that_change_different_things_do_not_disturb_each_other(db):
    draft, app = composed(db)
    drafts.change(db, draft, by=DESK, now=now(), name="Januar", choices={"per_minute": 9})
    app.number_input(key="compose_spread").set_value(2.0).run()
    kept = drafts.get(db, draft)
    assert (kept.name, kept.choices.per_minute, kept.choices.spread_minutes) == ("Januar", 9, 120)
    assert "In another window the name and what stands under More choices was changed" in told(fine(app))
    button(app, "compose_look_again").click().run()
    assert app.text_input(key="compose_name").value == "Januar"
    assert app.number_input(key="compose_per_minute").value == 9 and "another window" not in told(fine(app))


def test_a_name_that_another_window_changed_too_is_asked_about(db):
    draft, app = composed(db)
    drafts.change(db, draft, by=DESK, now=now(), name="Januar")
    app.text_input(key="compose_name").set_value("Februar").run()
    assert drafts.get(db, draft).name == "Januar" and "What you changed here was not kept" in told(fine(app))
    button(app, "compose_insist").click().run()
    assert drafts.get(db, draft).name == "Februar" == app.text_input(key="compose_name").value
    assert "another window" not in told(fine(app))


def test_words_that_could_not_be_kept_are_kept_as_soon_as_it_works_again(db):
    draft, app = composed(db)
    db.execute("CREATE TRIGGER no_room BEFORE UPDATE ON drafts BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    app.text_input(key="compose_text_heard").set_value("Hei {{navn}}! Vel møtt").run()
    assert "The disk is full" in told(app)
    app.text_input(key="compose_name").set_value("Januar").run()
    assert drafts.get(db, draft).name == "Desember"
    db.execute("DROP TRIGGER no_room")
    fine(app.run())
    kept = drafts.get(db, draft)
    assert (kept.name, kept.text) == ("Januar", "Hei {{navn}}! Vel møtt")


def test_empty_values_can_be_filled_in_where_they_stand(db):
    draft, app = composed(db, import_id=listed(db, "mobil;navn\n91726200;\n92345678;Liv\n93345678;\n"))
    assert "2 people have nothing in navn" in told(app)
    key = f"compose_fill_1_{imports.get(db, 1).version}"
    app.session_state[key] = {"edited_rows": {1: {"c1": "Ada"}}, "added_rows": [], "deleted_rows": []}
    fine(app.run())
    corrections.fill(db, 1, {4: {1: "Ada"}}, by=DESK, now=now())
    assert "1 person has nothing in navn" in told(fine(app.run()))


def test_the_example_file_has_the_columns_of_the_text(db):
    text = "Hei {{navn}}! Pris {{beløp|0}}, {{ NAVN }} {{mobil}}"
    header, first = compose_people._example(text).decode("utf-8-sig").splitlines()[:2]
    assert set(header.replace(";", ",").split(",")[1:]) == {"navn", "beløp"}
    assert "Kari Eksempel" in first and "beløp 1" in first
    assert "Name" in compose_people._example("Hei {{").decode("utf-8-sig")
