"""Trying a rule on past messages says what it would have done, and does nothing."""

from zoneinfo import ZoneInfo

import pytest

from nextpod_core import options, rehearsal, rules
from nextpod_core.automation import Held
from nextpod_core.rules import Rule
from tests.incoming import HOUR, KARI, MINUTE, NOW, make_store, receive

OSLO = ZoneInfo("Europe/Oslo")
PEOPLE = [f"47900000{number:02}" for number in range(6)]


@pytest.fixture
def db(tmp_path):
    connection = make_store(tmp_path)
    yield connection
    connection.close()


def a_week(db):
    for number in range(120):
        text = ["åpent?", "JA", "Hei", "STOPP", "er det åpent"][number % 5]
        receive(db, PEOPLE[number % 6], text, at=NOW + number * 37 * MINUTE)
    for second in range(30):
        receive(db, "4791726200", "åpent", at=NOW + 100 * HOUR + second * 1000)


def test_it_says_what_live_work_then_does(tmp_path):
    """The same messages, once past and once coming in: the same count."""
    rule = Rule("Åpent", way="contains", words="åpent", answer="Fra 8 til 16", answer_hours=2)
    before = make_store(tmp_path / "before")
    a_week(before)
    told = rehearsal.run(before, rule, zone=OSLO)
    live = make_store(tmp_path / "live")
    rules.switch(live, rules.save(live, rule, by=KARI, now=NOW), True, by=KARI, now=NOW)
    a_week(live)
    answered, hits = live.execute("SELECT sum(answered), count(*) FROM rule_hits").fetchone()
    assert (told.looked, told.fitted) == (150, hits)
    # Who has opted out by now counts as opted out all the time, so it never says more than would be sent.
    assert 0 < told.answered <= answered
    assert set(told.held) >= {Held.ANSWERED_LATELY, Held.SUPPRESSED}
    assert told.answered + sum(told.held.values()) == told.fitted
    before.close()
    live.close()


def test_nothing_is_changed(db):
    a_week(db)
    before = db.total_changes
    rehearsal.run(db, Rule("x", short_code="2345", answer="Hei {{number}}", opts="in", label="L"), zone=OSLO)
    assert db.total_changes == before


def test_it_looks_through_so_many_and_says_since_when(db):
    a_week(db)
    told = rehearsal.run(db, Rule("x", keyword="JA", label="L"), zone=OSLO, looked_through=40)
    assert (told.looked, told.has_more) == (40, True)
    assert told.since == NOW + 110 * 37 * MINUTE
    assert told.fitted == told.people == 2


def test_the_newest_examples_come_first_with_their_answers(db):
    a_week(db)
    told = rehearsal.run(db, Rule("x", keyword="JA", answer="Takk, {{keyword|du}} {{number}}"), zone=OSLO)
    times = [example.at for example in told.examples]
    assert times == sorted(times, reverse=True)
    assert {example.answer for example in told.examples} <= {None, *(f"Takk, du {who}" for who in PEOPLE)}


def test_an_empty_store(db):
    told = rehearsal.run(db, Rule("x", keyword="JA", answer="Hei"), zone=ZoneInfo(options.read(db).zone))
    assert (told.looked, told.fitted, told.examples) == (0, 0, ())
