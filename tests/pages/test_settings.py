"""The settings page: senders, prices, pace, words of opting out, the installation, the log."""

import datetime
import re

import pytest

from nextpod_core import options, people, senders
from nextpod_core.db import transaction
from nextpod_core.people import COMMAND
from pages.parts import settings_texts
from tests import apps

NOW = 1_790_000_000_000


@pytest.fixture
def db(tmp_path, monkeypatch):
    """A new database, named in the environment, and a connection to it."""
    found = apps.new_store(tmp_path, monkeypatch)
    yield found
    found.close()


def see(tab=0):
    """The page with this tab open."""
    app = apps.open_page("settings", query={"tab": str(tab)})
    assert not app.exception
    return app


def captions(app):
    return "\n".join(each.value for each in app.caption)


def shown(app):
    return "\n".join(each.value for each in app.markdown)


def names(db):
    return [sender.name for sender in senders.every(db)]


@pytest.mark.parametrize("tab", ["0", "5", "6", "7", "99999999", "x", "-1", "²"])
def test_every_tab_opens_and_an_odd_address_opens_the_first(db, tab):
    app = see(tab)
    assert not app.error
    assert app.session_state["settings_tab"] == {"5": "Log", "6": "Privacy"}.get(tab, "Senders")


@pytest.mark.parametrize(
    ("name", "said", "may"),
    [
        ("No", "The sender No must have 3 to 11 characters", False),
        ("12", "must have 3 to 14 digits", False),
        ("+4791726200", "must be 3 to 14 digits and nothing else", False),
        ("Čas posta", "phones can't show in a sender", False),
        ("Kari & Ola", "A to Z, digits and spaces are safe", True),
        ("Klubben", "nobody can text back to it", True),
        ("2345", "people can text back to it", True),
    ],
)
def test_the_rules_of_a_sender_are_told_while_it_is_typed(db, name, said, may):
    app = see()
    app.text_input(key="settings_sender_name").input(name).run()
    assert said in captions(app)
    assert app.button(key="settings_sender_add").disabled is not may


def test_senders_are_added_made_default_and_removed(db):
    app = see()
    app.text_input(key="settings_sender_name").input("Klubben").run()
    app.button(key="settings_sender_add").click().run()
    assert app.text_input(key="settings_sender_name").value == ""
    app.text_input(key="settings_sender_name").input("2345").run()
    app.text_input(key="settings_sender_keyword").input("klubb").run()
    app.button(key="settings_sender_add").click().run()
    assert [(one.name, one.is_default, one.keyword) for one in senders.every(db)] == [
        ("Klubben", True, None), ("2345", False, "KLUBB"),
    ]  # fmt: skip
    assert "Answers begin with KLUBB" in shown(app)
    app.button(key="settings_default_2345").click().run()
    assert names(db) == ["2345", "Klubben"]
    app.button(key="settings_remove_2345").click().run()
    assert names(db) == ["Klubben"]


def test_a_keyword_that_is_none_is_told_and_nothing_typed_is_lost(db):
    app = see()
    app.text_input(key="settings_sender_name").input("2345").run()
    app.text_input(key="settings_sender_keyword").input("to ord").run()
    app.button(key="settings_sender_add").click().run()
    assert "A keyword is one word" in app.error[0].value
    assert app.text_input(key="settings_sender_name").value == "2345"
    assert app.text_input(key="settings_sender_keyword").value == "to ord"
    assert names(db) == []


def test_whether_nextpod_has_accepted_a_sender_is_shown(db):
    senders.add(db, "Klubben", by=COMMAND, now=NOW)
    assert "Not tried at Nextpod yet" in shown(see())
    with transaction(db):
        db.execute("UPDATE senders SET accepted_at = ?", (NOW,))
    assert "Accepted by Nextpod 21 Sept 2026" in shown(see())


def test_country_currency_price_and_prepared_answers_are_stored(db):
    app = see(1)
    app.selectbox(key="settings_region").select("SE")
    app.text_input(key="settings_currency").input("sek")
    app.number_input(key="settings_price").set_value(0.45)
    app.text_area(key="settings_canned").input("Takk!\n\n  Vi ringer deg  ")
    app.button(key="settings_texts_save").click().run()
    found = options.read(db)
    assert (found.region, found.currency, found.price, found.canned) == ("SE", "SEK", 0.45, ["Takk!", "Vi ringer deg"])
    row = people.recent(db, subject="options")[0]
    assert set(re.findall(r'"(\w+)":', row["detail"])) == {"region", "currency", "price", "canned"}


def edit_prices(app, added):
    app.session_state[settings_texts.prices_key({"DK": 0.4})] = {
        "edited_rows": {},
        "added_rows": added,
        "deleted_rows": [],
    }
    app.button(key="settings_texts_save").click().run()
    assert not app.exception


def test_prices_by_country_are_edited_in_their_table(db):
    options.change(db, by=COMMAND, now=NOW, prices={"DK": 0.4})
    app = see(1)
    edit_prices(app, [{"country": "Sweden (+46)", "price": 0.55}])
    assert options.read(db).prices == {"DK": 0.4, "SE": 0.55}


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ([{"country": "Atlantis", "price": 1}], "Choose the country that each price is for."),
        ([{"price": 1}], "Choose the country that each price is for."),
        ([{"country": "Sweden (+46)"}], "Write what a part to Sweden (+46) costs, or take the line away."),
        ([{"country": "Denmark (+45)", "price": 1}], "Denmark (+45) stands twice among the prices."),
        ([{"country": "Sweden (+46)", "price": -1}], "A price per SMS part must lie between 0 and 1000."),
        ([{"country": "Sweden (+46)", "price": 5000}], "A price per SMS part must lie between 0 and 1000."),
    ],
)
def test_what_the_browser_let_through_in_the_table_is_refused_in_a_sentence(db, added, said):
    options.change(db, by=COMMAND, now=NOW, prices={"DK": 0.4})
    app = see(1)
    app.text_input(key="settings_team").input("Eksempel AS")
    edit_prices(app, added)
    assert said in [each.value for each in app.error]
    assert app.text_input(key="settings_team").value == "Eksempel AS"
    assert options.read(db).prices == {"DK": 0.4}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("settings_currency", "k1", "is not a currency"),
        ("settings_short_code", "23 45", "A short code has digits only."),
    ],
)
def test_what_cant_be_used_is_told_and_stays_in_its_field(db, field, value, said):
    app = see(1)
    app.text_input(key=field).input(value)
    app.button(key="settings_texts_save").click().run()
    assert any(said in each.value for each in app.error)
    assert app.text_input(key=field).value == value
    assert people.recent(db, subject="options") == []


def test_hours_and_limits_are_stored(db):
    app = see(2)
    app.time_input(key="settings_from").set_value(datetime.time(9, 30))
    app.number_input(key="settings_per_minute").set_value(600)
    app.number_input(key="settings_daily").set_value(5000)
    app.number_input(key="settings_typed").set_value(200)
    app.number_input(key="settings_within").set_value(3)
    app.button(key="settings_sending_save").click().run()
    found = options.read(db)
    assert (found.window_from, found.window_to, found.per_minute, found.daily_limit) == ("09:30", "20:00", 600, 5000)
    assert (found.typed_count_above, found.texted_within_days) == (200, 3)


def test_a_window_without_length_is_refused(db):
    app = see(2)
    app.time_input(key="settings_from").set_value(datetime.time(20, 0))
    app.button(key="settings_sending_save").click().run()
    assert "The daily window must have a beginning and an end that differ." in [each.value for each in app.error]
    assert app.time_input(key="settings_from").value == datetime.time(20, 0)


def test_saving_what_nobody_changed_writes_nothing(db):
    app = see(2)
    app.button(key="settings_sending_save").click().run()
    assert any("Nothing was changed" in each.value for each in app.info)
    assert people.recent(db, subject="options") == []


def test_what_a_colleague_saved_meanwhile_is_not_written_back(db):
    app = see(2)
    options.change(db, by=COMMAND, now=NOW, daily_limit=700)
    app.number_input(key="settings_per_minute").set_value(60)
    app.button(key="settings_sending_save").click().run()
    found = options.read(db)
    assert (found.daily_limit, found.per_minute) == (700, 60)


def test_own_words_of_opting_out_are_stored_once_each_and_obeyed(db):
    app = see(3)
    app.text_area(key="settings_out").input("Gi meg fri\n gi  meg FRI\n\n!!!")
    app.text_area(key="settings_back").input("Angrer")
    app.button(key="settings_words_save").click().run()
    assert not app.error
    found = options.read(db)
    assert [word.casefold() for word in found.opt_out_words] == ["gi meg fri"]
    assert found.opt_in_words == ["Angrer"]
    app.text_input(key="settings_try_text").input("gi meg fri!").run()
    assert "Opts out." in shown(app)


@pytest.mark.parametrize(
    ("field", "word", "said"),
    [("settings_back", "stopp", "stopp opts out, so it can't opt in."),
     ("settings_out", "Start", "Start opts in, so it can't opt out.")],
)  # fmt: skip
def test_a_word_cant_say_both(db, field, word, said):
    app = see(3)
    app.text_area(key=field).input(word)
    app.button(key="settings_words_save").click().run()
    assert said in [each.value for each in app.error]
    assert app.text_area(key=field).value == word


@pytest.mark.parametrize(
    ("text", "keyword", "said"),
    [
        ("STOPP", "", "Opts out."),
        ("KLUBB stopp", "KLUBB", "Opts out."),
        ("Stopp, takk for alt og ha en fin dag videre", "", "listed in the inbox"),
        ("Start", "", "Opts in again"),
        ("Kan dere si stopp snart", "", "flagged for a person"),
        ("Ja takk", "", "Changes nothing."),
    ],
)
def test_a_text_is_tried_and_its_verdict_shown(db, text, keyword, said):
    app = see(3)
    app.text_input(key="settings_try_keyword").input(keyword)
    app.text_input(key="settings_try_text").input(text).run()
    assert said in shown(app)


def test_the_confirmation_is_stored_with_its_text_and_sender(db):
    senders.add(db, "Klubben", by=COMMAND, now=NOW)
    app = see(3)
    app.toggle(key="settings_confirm").set_value(True).run()
    app.button(key="settings_confirm_save").click().run()
    assert "Write the text that confirms an opt-out, or switch the confirmation off." in [
        each.value for each in app.error
    ]
    assert app.toggle(key="settings_confirm").value is True
    app.text_input(key="settings_confirm_text").input("Du får ingen flere meldinger 👋").run()
    assert "1 SMS part · a letter in it makes it dearer" in captions(app)
    app.selectbox(key="settings_confirm_sender").select("Klubben").run()
    app.button(key="settings_confirm_save").click().run()
    found = options.read(db)
    assert (found.confirm_opt_out, found.confirmation_sender) == (True, "Klubben")


def test_the_installation_is_described_without_its_secrets(db, monkeypatch):
    monkeypatch.setenv("NEXTPOD_WEBHOOK_TOKEN", "a-secret-token")
    app = see(4)
    told = str([each.value for each in app.table]) + str([each.value for each in app.dataframe])
    assert "NEXTPOD_WEBHOOK_TOKEN" in str(app.dataframe[-1].value.values.tolist())
    assert "a-secret-token" not in told + str(app.dataframe[-1].value.values.tolist())


def test_the_log_is_searched_and_paged(db):
    with transaction(db):
        for number in range(150):
            people.audit(db, by=COMMAND, action="campaign.pause", now=NOW, subject="campaign", subject_id=number)
    senders.add(db, "Klubben", by=COMMAND, now=NOW)
    app = see(5)
    assert len(app.dataframe[-1].value) == 100
    app.button(key="log_next").click().run()
    assert len(app.dataframe[-1].value) == 52
    app.text_input(key="settings_log_search").input("klubb").run()
    assert app.dataframe[-1].value["thing"].tolist() == ["sender Klubben"]
    app.text_input(key="settings_log_search").input("")
    app.selectbox(key="settings_log_subject").select("sender").run()
    assert app.dataframe[-1].value["action"].tolist() == ["sender.add"]


def test_a_row_of_the_log_that_was_changed_shows(db):
    senders.add(db, "Klubben", by=COMMAND, now=NOW)
    app = see(5)
    app.button(key="settings_log_check").click().run()
    assert "The log is whole: every row is as it was written." in [each.value for each in app.success]
    db.execute("UPDATE audit SET actor = 'somebody else' WHERE id = 2")
    app.button(key="settings_log_check").click().run()
    assert "Row 2 is not as it was written" in app.error[0].value


def test_a_database_that_another_process_holds_is_told_and_nothing_is_lost(db):
    app = see(2)
    app.number_input(key="settings_daily").set_value(5000)
    db.execute("BEGIN IMMEDIATE")
    app.button(key="settings_sending_save").click().run(timeout=30)
    db.execute("ROLLBACK")
    assert any("Another process is busy with the database" in each.value for each in app.warning)
    assert options.read(db).daily_limit is None
    app.run()
    assert app.number_input(key="settings_daily").value == 5000


def test_the_countdown_and_the_first_wave_are_the_teams_to_set(db):
    app = apps.open_page("settings")
    app.number_input(key="settings_countdown").set_value(30)
    app.number_input(key="settings_wave_above").set_value(500)
    app.number_input(key="settings_wave_size").set_value(50)
    app.button(key="settings_sending_save").click().run()
    assert not app.exception
    set_up = options.read(db)
    assert (set_up.countdown, set_up.wave_above, set_up.wave_size, set_up.wave_minutes) == (30, 500, 50, 10)
