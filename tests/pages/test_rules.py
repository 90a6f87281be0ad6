"""The rules of the inbox as a person meets them: written, tried, switched on, ordered, forwarded, taken away."""

import pytest
from streamlit.testing.v1 import AppTest

from nextpod_core import audiences, conversations, forwards, rehearsal, rules
from nextpod_core.rules import Rule
from tests import apps
from tests.incoming import KARI, NOW, receive

ANNE, BO = "4791726200", "4745848412"


@pytest.fixture
def db(tmp_path, monkeypatch):
    connection = apps.new_store(tmp_path, monkeypatch)
    yield connection
    connection.close()


def opened(rule: str = "") -> AppTest:
    app = apps.open_page("inbox", {"view": "rules"} | ({"rule": rule} if rule else {}))
    assert not app.exception
    return app


def press(app: AppTest, key: str) -> AppTest:
    app = app.button(key=key).click().run()
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    return " | ".join(toast.value for toast in app.toast)


def texts(app: AppTest) -> str:
    return " | ".join(element.value for kind in (app.markdown, app.info, app.caption, app.error) for element in kind)


def kept(db, **asked) -> int:
    return rules.save(db, Rule(**({"name": "Åpent"} | asked)), by=KARI, now=NOW)


def test_a_page_without_rules_says_what_they_are_for(db):
    app = opened()
    assert "No rule yet" in app.info[0].value
    assert "New rule" in [head.value for head in press(app, "rules_new").header]


def test_a_rule_is_written_tried_and_switched_on(db):
    for msisdn, text in ((ANNE, "Når er det åpent?"), (BO, "JA"), (BO, "Åpent nå?"), (BO, "åpent?? 😀")):
        receive(db, msisdn, text)
    conversations.label(db, [ANNE], label="Timer", by=KARI, now=NOW)
    app = opened("new")
    app.text_input(key="rule_0_1_name").set_value("Åpningstider")
    app.selectbox(key="rule_0_1_way").set_value("contains").run()
    app.text_area(key="rule_0_1_words").set_value("åpent\nåpner")
    app.text_area(key="rule_0_1_answer").set_value("Vi har åpent fra 8 til 16.").run()
    app.selectbox(key="rule_0_1_label").select("Timer").run()
    app.checkbox(key="rule_0_1_closes").check().run()
    assert "A message that contains **åpent** / **åpner**:" in texts(app)
    assert "label it **Timer** and close it" in texts(app)
    app = press(app, "rule_try")
    shown = texts(app)
    assert "Of the last 4 messages" in shown and "3 fit, from 2 people" in shown
    assert "2 answers would have been sent" in shown and "1 answered already in that time" in shown
    assert len(app.dataframe[-1].value) == 3
    assert db.execute("SELECT count(*) FROM messages").fetchone()[0] == 0
    app = press(app, "rule_save_on")
    assert "saved and on" in told(app)
    [rule] = rules.active(db)
    assert (rule.words, rule.label, rule.closes) == ("åpent\nåpner", "Timer", True)
    receive(db, ANNE, "Åpner dere?", at=NOW + 90_000_000)
    assert "fitted 1 message" in texts(opened())


def test_a_rule_is_tried_further_back_when_asked(db, monkeypatch):
    monkeypatch.setattr(rehearsal, "LOOKED_THROUGH", 2)
    monkeypatch.setattr(rehearsal, "FURTHEST", 10)
    for number in range(5):
        receive(db, ANNE, "Åpent?", at=NOW + number)
    app = opened("new")
    app.text_input(key="rule_0_1_name").set_value("Åpningstider")
    app.selectbox(key="rule_0_1_way").set_value("contains").run()
    app.text_area(key="rule_0_1_words").set_value("åpent").run()
    app.text_input(key="rule_0_1_owner").set_value("Ola").run()
    app = press(app, "rule_try")
    assert "Of the last 2 messages" in texts(app)
    app = press(app, "rule_try_further")
    assert "Of the last 5 messages" in texts(app)
    assert "rule_try_further" not in [button.key for button in app.button]


def test_a_rule_that_can_not_work_is_told_and_nothing_is_lost(db):
    app = opened("new")
    app.text_area(key="rule_0_1_answer").set_value("Hei {{").run()
    app.text_input(key="rule_0_1_name").set_value("X").run()
    app = press(app, "rule_save")
    assert "which messages" in told(app)
    assert app.text_area(key="rule_0_1_answer").value == "Hei {{"
    assert rules.every(db) == []


def test_a_rule_is_changed_and_begins_with_what_is_kept(db):
    number = kept(db, keyword="JA", time_from="22:00", time_to="06:00", answer="Sov godt", answer_hours=12, opts="in")
    app = opened(str(number))
    assert "with the keyword **JA**, between 22:00 and 06:00:" in texts(app)
    app = press(app, "rule_save")
    changed = rules.get(db, number)
    assert (changed.version, changed.time_from, changed.answer_hours, changed.opts) == (2, "22:00", 12, "in")


def test_rules_are_switched_moved_and_taken_away(db):
    first, second = kept(db, keyword="A", label="A"), kept(db, keyword="B", label="B")
    app = opened()
    app.toggle(key=f"rules_on_{second}").set_value(True).run()
    assert [rule.id for rule in rules.active(db)] == [second]
    press(app, f"rules_up_{second}")
    assert [rule.id for rule in rules.every(db)] == [second, first]
    press(opened(str(first)), "rule_drop")
    assert [rule.id for rule in rules.every(db)] == [second]


def test_an_address_is_listed_used_and_taken_off(db):
    app = opened()
    app.text_input(key="rules_address").set_value("http://example.no").run()
    assert "https" in told(press(app, "rules_list"))
    app.text_input(key="rules_address").set_value("https://example.no/sms").run()
    press(app, "rules_list")
    [one] = forwards.destinations(db)
    app = opened("new")
    app.text_input(key="rule_0_1_name").set_value("X")
    app.selectbox(key="rule_0_1_webhook").set_value(one.id).run()
    press(app, "rule_save")
    assert rules.every(db)[0].webhook_id == one.id
    press(opened(), f"rules_strike_{one.id}")
    assert forwards.destinations(db) == [] and rules.every(db)[0].webhook_id is None


def test_what_could_not_be_forwarded_is_told(db):
    number = forwards.list_address(db, kind="webhook", address="https://example.no/x", by=KARI, now=NOW)
    rules.switch(db, kept(db, keyword="JA", webhook_id=number), True, by=KARI, now=NOW)
    receive(db, ANNE, "JA", keyword="JA")
    db.execute("UPDATE forwards SET state = 'given_up', ended_at = 1, error = 'Refused: *it* answered 500'")
    assert "1 message could not be forwarded" in opened().warning[0].value


def test_people_go_into_an_audience(db):
    made = audiences.create(db, name="Ja-folk", by=KARI, now=NOW)
    receive(db, ANNE, "JA", keyword="JA")
    app = opened("new")
    app.text_input(key="rule_0_1_name").set_value("Ja")
    app.selectbox(key="rule_0_1_keyword").select("JA")
    app.selectbox(key="rule_0_1_add_to").select("Ja-folk").run()
    assert "put the person into **Ja\\-folk**" in texts(app)
    press(app, "rule_save")
    assert [(rule.keyword, rule.add_to) for rule in rules.every(db)] == [("JA", made)]


@pytest.mark.parametrize("rule", ["99", "x", "-1", "9" * 30, "new'"])
def test_any_rule_in_the_address_is_survived(db, rule):
    opened(rule)


def test_what_somebody_wrote_is_never_markup(db):
    kept(db, keyword="**X**", label=":red[y]", answer="[a](http://x) <b>", way="is", words="*x*\n`y`")
    shown = texts(opened())
    assert ":red[" not in shown and "](http" not in shown
