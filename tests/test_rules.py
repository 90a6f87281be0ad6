"""Keyword rules: which messages they fit, what they do in the commit of the message, and what they never do."""

import pytest

from nextpod_core import answers, audiences, automation, conversations, forwards, inbox, options, rules, suppressions
from nextpod_core.db import transaction
from nextpod_core.errors import BadInput
from nextpod_core.rules import Heard, Rule
from tests.incoming import HOUR, KARI, MINUTE, NOW, campaign, make_store, receive

ANNE, BO = "4791726200", "4745848412"
OSLO = options.Options().zone


@pytest.fixture
def db(tmp_path):
    connection = make_store(tmp_path)
    yield connection
    connection.close()


def on(db, **asked) -> int:
    """A rule that is switched on."""
    number = rules.save(db, Rule(**({"name": "Rule"} | asked)), by=KARI, now=NOW)
    rules.switch(db, number, True, by=KARI, now=NOW)
    return number


def sent(db) -> list[tuple[str, str]]:
    rows = db.execute("SELECT m.msisdn, t.text FROM messages m JOIN texts t ON t.id = m.text_id ORDER BY m.id")
    return [tuple(row) for row in rows]


def held(db) -> list[str | None]:
    return [row["held"] for row in db.execute("SELECT held FROM rule_hits ORDER BY id")]


def state(db, msisdn=ANNE):
    row = db.execute("SELECT state, unread, owner FROM conversations WHERE msisdn = ?", (msisdn,)).fetchone()
    return tuple(row)


@pytest.mark.parametrize(
    ("asked", "text", "keyword", "does"),
    [
        ({"keyword": "ja"}, "JA takk", "JA", True),
        ({"keyword": "JA"}, "Ja takk", None, True),  # On a number of one's own nobody names the keyword.
        ({"keyword": "JA"}, "Jada", None, False),
        ({"keyword": "KONSERT", "sub_keyword": "JA"}, "konsert ja", "KONSERT", False),
        ({"keyword": "KONSERT", "sub_keyword": "ja"}, "konsert ja", None, True),
        ({"way": "is", "words": "åpningstider\nåpent"}, "Åpent?", None, True),
        ({"way": "is", "words": "åpent"}, "åpent nå", None, False),
        ({"way": "begins", "words": "når åpner"}, "  Når ÅPNER dere?", None, True),
        ({"way": "begins", "words": "når"}, "nårtid", None, False),
        ({"way": "contains", "words": "pris"}, "Hva er prisen", None, False),
        ({"way": "contains", "words": "hva koster"}, "Hei! Hva koster det?", None, True),
        ({"way": "contains", "words": "👍"}, "ok 👍", None, True),
        ({"way": "is", "words": "👍"}, " 👍 ", None, True),
        ({"short_code": "2345"}, "hei", None, True),
        ({"short_code": "1999"}, "hei", None, False),
        ({"time_from": "12:00", "time_to": "13:00"}, "hei", None, True),  # 12:06 in Oslo
        ({"time_from": "11:00", "time_to": "12:00"}, "hei", None, False),
        ({"time_from": "20:00", "time_to": "12:30"}, "hei", None, True),
        ({"time_from": "20:00", "time_to": "08:00"}, "hei", None, False),
    ],
)
def test_which_messages_a_rule_is_for(db, asked, text, keyword, does):
    on(db, label="L", **asked)
    receive(db, ANNE, text, keyword=keyword)
    assert [rule.hits for rule in rules.every(db)] == [int(does)]


def test_a_rule_answers_labels_hands_on_and_closes_in_the_messages_own_commit(db):
    campaign(db, "Konsert", "Svar JA", [ANNE])
    on(db, keyword="JA", answer="Takk! Ditt nummer er {{number}}.", label="Vote", owner="ole", closes=True)
    receive(db, ANNE, "JA", keyword="JA")
    assert sent(db)[1:] == [(ANNE, f"Takk! Ditt nummer er {ANNE}.")]
    assert state(db) == ("closed", 0, "ole")
    assert conversations.read(db, ANNE).labels == ("Vote",)
    assert conversations.read(db, ANNE).entries[-1].by == "rule: Rule"
    assert inbox.find(db, inbox.Filter(), me=KARI.name).lines == ()


def test_nothing_of_a_message_that_is_undone_is_left(db):
    on(db, keyword="JA", answer="Takk")
    with pytest.raises(ZeroDivisionError), transaction(db):
        automation.apply(db, Heard(receive_only(db), ANNE, "2345", "JA", None, None, NOW), state_before=None,
                         set_up=options.read(db), now=NOW)  # fmt: skip
        _ = 1 / 0
    assert sent(db) == [] and rules.every(db)[0].hits == 0


def test_closing_leaves_who_waited_before_waiting(db):
    on(db, keyword="JA", closes=True)
    receive(db, ANNE, "Når begynner det?")
    receive(db, ANNE, "JA", keyword="JA", at=NOW + 1)
    assert state(db)[:2] == ("open", 1)
    answers.answer(db, ANNE, text="Klokka 8", sender="2345", key="k", by=KARI, now=NOW + 2)
    receive(db, ANNE, "JA", keyword="JA", at=NOW + 3)
    assert state(db)[:2] == ("waiting", 0)


def test_a_person_is_answered_once_in_so_many_hours(db):
    on(db, way="contains", words="åpent", answer="Fra 8 til 16", answer_hours=3)
    for minutes in (0, 60, 179, 181):
        receive(db, ANNE, "åpent?", at=NOW + minutes * MINUTE)
    receive(db, BO, "åpent?", at=NOW)
    assert [msisdn for msisdn, _ in sent(db)] == [ANNE, ANNE, BO]
    assert held(db) == [None, "answered_lately", "answered_lately", None, None]


def test_two_machines_do_not_answer_each_other_for_ever(db):
    """The other side answers whatever it gets, at once, with a text of its own."""
    for number in range(12):
        on(db, name=f"Rule {number}", way="contains", words="melding", answer=f"Takk for din melding {number}",
           answer_hours=1)  # fmt: skip
    at = NOW
    for _ in range(200):
        receive(db, ANNE, "Vi har mottatt din melding", at=at)
        at += 7 * MINUTE
    within_a_day = int(200 * 7 / 60 / 24) + 1
    assert len(sent(db)) <= automation.MOST_ANSWERS * within_a_day


def test_a_thousand_messages_from_one_person_in_a_minute(db):
    on(db, short_code="2345", answer="Hei", answer_hours=1, webhook_id=hook(db))
    for number in range(1000):
        receive(db, ANNE, f"nr {number}", at=NOW + number * 60)
    assert len(sent(db)) == 1
    assert db.execute("SELECT count(*) FROM forwards").fetchone()[0] == automation.MOST_FORWARDS
    assert rules.every(db)[0].hits == 1000
    assert len(inbox.find(db, inbox.Filter(), me=KARI.name).lines) == 1


def test_somebody_who_writes_like_a_machine_is_not_answered(db):
    for number in range(automation.MACHINE_WRITES):
        receive(db, ANNE, f"{number}", at=NOW + number)
    on(db, way="is", words="pris", answer="100 kr")
    receive(db, ANNE, "pris", at=NOW + MINUTE)
    assert (sent(db), held(db)) == ([], ["machine"])


def test_what_we_sent_coming_back_word_for_word_is_an_echo(db):
    on(db, way="contains", words="hei", answer="Hei hei", answer_hours=1)
    receive(db, ANNE, "hei")
    receive(db, ANNE, "Hei hei", at=NOW + 2 * HOUR)
    assert held(db) == [None, "echo"]


def test_who_opted_out_is_never_answered(db):
    on(db, short_code="2345", answer="Hei")
    receive(db, ANNE, "STOPP")
    receive(db, ANNE, "Hvorfor?", at=NOW + 1)
    receive(db, "Bank AS", "Hei")
    assert (sent(db), held(db)) == ([], ["suppressed", "suppressed", "no_number"])


def test_a_rule_opts_out_and_in_with_its_version_in_the_ledger(db):
    options.change(db, by=KARI, now=NOW, confirm_opt_out=True, confirmation_text="Du får ikke flere.")
    out, back = on(db, way="is", words="blåbær", opts="out"), on(db, way="is", words="angre", opts="in")
    receive(db, ANNE, "Blåbær!")
    assert suppressions.is_suppressed(db, ANNE)
    assert sent(db) == [(ANNE, "Du får ikke flere.")]
    receive(db, ANNE, "Angre", at=NOW + 1)
    assert not suppressions.is_suppressed(db, ANNE)
    versions = [row["version"] for row in db.execute("SELECT version FROM consent ORDER BY id")]
    assert versions == [f"rule {out}.1", f"rule {back}.1"]


def test_an_opt_out_stands_whatever_a_rule_does(db, caplog):
    number = on(db, short_code="2345", label="L", add_to=audiences.create(db, name="A", by=KARI, now=NOW))
    with transaction(db):
        db.execute("CREATE TRIGGER broken BEFORE INSERT ON audience_people BEGIN SELECT raise(ABORT, 'no'); END")
    receive(db, ANNE, "STOPP")
    assert suppressions.is_suppressed(db, ANNE)
    assert held(db) == ["failed"] and rules.get(db, number).hits == 1
    assert conversations.read(db, ANNE).labels == ()  # undone together


def test_rules_are_asked_in_their_order_until_one_is_the_last(db):
    first, second = (
        on(db, name="A", way="contains", words="hei", label="A"),
        on(db, name="B", short_code="2345", label="B"),
    )
    receive(db, ANNE, "hei")
    assert conversations.read(db, ANNE).labels == ("A", "B")
    rules.save(db, Rule(**{name: getattr(rules.get(db, first), name) for name in rules.WRITTEN} | {
        "id": first, "is_last": True}), by=KARI, now=NOW)  # fmt: skip
    receive(db, BO, "hei")
    assert conversations.read(db, BO).labels == ("A",)
    rules.move(db, second, -1, by=KARI, now=NOW)
    assert [rule.id for rule in rules.every(db)] == [second, first]
    rules.switch(db, first, False, by=KARI, now=NOW)
    rules.drop(db, second, by=KARI, now=NOW)
    assert [rule.id for rule in rules.every(db)] == [first] and rules.active(db) == []
    assert rules.get(db, first).version == 2


def test_people_are_put_into_an_audience_and_taken_out(db):
    audience = audiences.create(db, name="Ja-folk", by=KARI, now=NOW)
    on(db, keyword="JA", add_to=audience)
    on(db, keyword="NEI", remove_from=audience)
    for msisdn, text in ((ANNE, "JA"), (BO, "JA"), (BO, "NEI"), (ANNE, "JA")):
        receive(db, msisdn, text)
    assert [who for who, _ in audiences.people(db, audiences.get(db, audience))] == [ANNE]


def test_what_is_not_known_is_not_sent_with_a_hole(db):
    on(db, keyword="JA", answer="Hei {{navn}}")
    on(db, keyword="JA", answer="Hei {{navn|du}}")
    receive(db, ANNE, "JA", keyword="JA")
    assert (sent(db), held(db)) == ([(ANNE, "Hei du")], ["unfilled", None])


def test_what_comes_out_of_quarantine_days_later_is_not_answered(db):
    on(db, keyword="JA", answer="Takk", webhook_id=hook(db))
    with transaction(db):
        heard = Heard(receive_only(db), ANNE, "2345", "JA", "JA", None, NOW)
        automation.apply(db, heard, state_before=None, set_up=options.read(db), now=NOW + 25 * HOUR)
    assert (sent(db), held(db)) == ([], ["too_old"])
    assert db.execute("SELECT count(*) FROM forwards").fetchone()[0] == 0


def receive_only(db) -> int:
    return int(
        db.execute(
            """
            INSERT INTO inbound (arrived, source, msisdn, short_code, text, digest, verdict)
            VALUES (1, 'test', '4791726200', '2345', 'JA', x'00', 'none')
            """
        ).lastrowid
    )


def hook(db) -> int:
    return forwards.list_address(db, kind="webhook", address="http://127.0.0.1:9/", by=KARI, now=NOW)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"name": " "}, "needs a name"),
        ({"keyword": "JA"}, "Say what the rule should do"),
        ({"answer": "Hei"}, "which messages"),
        ({"opts": "out"}, "which messages"),
        ({"keyword": "JA", "answer": "Hei", "opts": "out"}, "can't be answered"),
        ({"keyword": "JA", "answer": "Hei {{"}, "never closed"),
        ({"keyword": "JA", "answer": "x" * 1501}, "1500"),
        ({"keyword": "JA", "answer": "x", "answer_hours": 0}, "once in"),
        ({"label": "x", "time_from": "8"}, "not a time"),
        ({"label": "x", "time_from": "08:00"}, "beginning and an end"),
        ({"label": "x", "time_from": "08:00", "time_to": "08:00"}, "beginning and an end"),
        ({"webhook_id": 99}, "not listed"),
        ({"add_to": 1, "remove_from": 1}, "takes them from"),
    ],
)
def test_what_can_not_work_is_told(db, asked, told):
    with pytest.raises(BadInput, match=told):
        rules.save(db, Rule(**({"name": "Rule"} | asked)), by=KARI, now=NOW)
    assert rules.every(db) == []
