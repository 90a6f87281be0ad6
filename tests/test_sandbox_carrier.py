"""The simulated network: chance that can be repeated, believable shares, and numbers that do as told."""

import ast
import random
import statistics
from collections import Counter
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysqlite3 import dbapi2 as sqlite

import nextpod_core.sandbox
from nextpod_core.sandbox import carrier, gsm, magic, operators, record, replies, settings, store
from tests.sandboxes import ROOT

PEOPLE = [str(4790000000 + 1999 * n) for n in range(4000)]
MANUAL = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")


def plan(number, nth=1, *, seed="1", way=None, answers=0.15, stopped=False):
    return carrier.plan(seed, number, nth, way=way, answers=answers, stopped=stopped, fallback="2345")


@pytest.fixture(scope="module")
def plans():
    return {number: plan(number, way=replies.Route("2345")) for number in PEOPLE}


def test_outcomes_hang_on_seed_number_and_how_many_texts_came_before_and_on_nothing_else(plans):
    shuffled = random.Random(7).sample(PEOPLE, len(PEOPLE))
    assert {number: plan(number, way=replies.Route("2345")) for number in shuffled} == plans
    assert any(plan(number, 2) != plan(number, 1) for number in PEOPLE[:50])
    assert any(plan(number, seed="2") != plan(number, seed="1") for number in PEOPLE[:50])


def accepted(recipients):
    return record.Accepted("k", "2345", "Hei", 1, recipients, record.new_guids(len(recipients)), "r", "", "JSON", 0)


def test_the_order_of_arrival_changes_nothing_in_the_record():
    def outcome(order, size):
        db = sqlite.connect(":memory:", isolation_level=None)
        db.row_factory = sqlite.Row
        db.executescript(store.SCHEMA)
        for at in range(0, len(order), size):
            record.accept(db, accepted(tuple(order[at : at + size])), settings.load({}), now=1_800_000_000_000)
        told = db.execute("SELECT msisdn, word, happens_at, due FROM reports JOIN messages ON messages.id = message_id")
        said = db.execute("SELECT msisdn, text, happens_at FROM incoming")
        found = sorted(map(tuple, told)), sorted(map(tuple, said))
        db.close()
        return found

    people = PEOPLE[:600]
    reports, answers = outcome(people, 1000)
    assert outcome(random.Random(3).sample(people, len(people)), 7) == (reports, answers) and len(answers) > 40


def test_shares_and_times_are_believable(plans):
    last = Counter(made.reports[-1].word if made.reports else "" for made in plans.values())
    assert 0.92 < last["DELIVERED"] / len(plans) < 0.98
    assert min(last["FAILED"], last["EXPIRED"], last["REJECTED"], last[""]) > 0
    seconds = [made.reports[-1].at for made in plans.values() if made.reports and made.reports[-1].word == "DELIVERED"]
    median, slowest = statistics.median(seconds), statistics.quantiles(seconds, n=100)[98]
    assert 5 < median < 8.5 and slowest > 60
    mean = statistics.mean(seconds)
    assert mean > median * 1.5  # the tail of a log-normal


def test_norwegians_are_spread_over_their_operators_by_share():
    found = Counter(operators.operator_of(number, seed="1").brand for number in PEOPLE)
    assert [brand for brand, _ in found.most_common(3)] == ["Telenor", "Telia", "ice"]
    assert 0.42 < found["Telenor"] / len(PEOPLE) < 0.50
    assert all(operators.operator_of(number, seed="1").mcc == "242" for number in PEOPLE[:20])


@pytest.mark.parametrize(("number", "mcc"), [("46701234567", "240"), ("4520123456", "238"), ("358401234567", "244")])
def test_other_countries_have_their_own_operators(number, mcc):
    assert operators.operator_of(number, seed="1").mcc == mcc
    assert operators.operator_of("999123456", seed="1") == operators.NOWHERE


def test_about_so_many_answer_as_the_setting_says_within_two_minutes(plans):
    answers = [(made.reply_at, made.reply) for made in plans.values() if made.reply]
    delivered = sum(bool(made.reports) and made.reports[-1].word == "DELIVERED" for made in plans.values())
    assert 0.12 < len(answers) / delivered < 0.18
    assert all(8 <= said.after <= 110 for _, said in answers)
    assert {"JA", "NEI", "STOPP", "Takk!"} <= {said.text for _, said in answers}
    assert not any(plan(number, way=replies.Route("2345"), answers=0).reply for number in PEOPLE)


def test_nobody_answers_a_name_or_after_having_said_stop():
    assert replies.route("Nextpod", "Hei! Vi sees.") is None
    assert not any(plan(number, answers=1).reply for number in PEOPLE[:200])
    assert not any(plan(number, way=replies.Route("2345"), answers=1, stopped=True).reply for number in PEOPLE[:200])


ROUTES = [
    ("2345", "STOPP HELLO til 9999", replies.Route("2345")),
    ("4759440001", "Hei", replies.Route("4759440001")),
    ("Nextpod", "Svar JA HELLO til 2345", replies.Route("2345", "HELLO", keyword_last=True)),
    ("Nextpod", "Send HELLO JA til 2345.", replies.Route("2345", "HELLO")),
    ("Nextpod", "Text STOP to 26112", replies.Route("26112", stop_only=True)),
    ("Nextpod", "Avmelding: STOPP HELLO til 2345", replies.Route("2345", "HELLO", keyword_last=True, stop_only=True)),
    ("Nextpod", "Svar HELLO JA til 2345. Stopp: STOPP HELLO til 2345", replies.Route("2345", "HELLO")),
    ("Nextpod", "Fra 10 til 12 i morgen", None),
]


@pytest.mark.parametrize(("sender", "text", "way"), ROUTES)
def test_where_a_text_is_answered(sender, text, way):
    assert replies.route(sender, text) == way


def test_a_text_that_only_says_how_to_stop_gets_a_few_stops_and_nothing_else():
    way = replies.route("Nextpod", "Tilbud! Avmelding: STOPP HELLO til 2345")
    answers = [made.reply for number in PEOPLE if (made := plan(number, way=way)).reply]
    assert 0.01 < len(answers) / len(PEOPLE) < 0.04
    assert all(said.stops and said.text.endswith(" HELLO") for said in answers)


def test_people_answer_in_the_language_of_their_country():
    swede = replies.reply("1", "46701234567", 1, country="SE", way=replies.Route("72456"), mood=replies.Mood.NO)
    assert swede.text in replies.SAID["sv"][replies.Mood.NO]
    assert {tuple(moods) for moods in replies.SAID.values()} == {tuple(replies.Mood)}


def test_magic_numbers_are_mobile_numbers_of_the_norwegian_plan():
    assert {each.outcome for each in magic.TABLE} == set(magic.Outcome)
    assert len(magic.BY_NUMBER) == len(magic.TABLE)
    for each in magic.TABLE:
        parsed = phonenumbers.parse(f"+{each.number}")
        assert phonenumbers.is_valid_number(parsed) and each.number.startswith(magic.PREFIX)
        assert phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.MOBILE


def test_the_manual_has_every_magic_number_key_sender_and_setting():
    for each in magic.TABLE:
        assert f"| `{each.number}` | {each.en} |" in MANUAL
    for word in [*magic.KEYS, *magic.BLOCKED_SENDERS]:
        assert f"`{word}`" in MANUAL
    for name, default in settings.DEFAULTS.items():
        assert f"| `{name}` | {f'`{default}`' if default else ''} |".replace("|  |", "| |") in MANUAL


WRONG = [
    ("SPEED", "0"),
    ("SPEED", "fast"),
    ("ANSWERS", "2"),
    ("PORT", "99999"),
    ("MO_METHOD", "XML"),
    ("BALANCE", "-1"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_setting_that_cannot_be_used_is_named(name, value):
    with pytest.raises(settings.WrongSetting, match=f"NEXTPOD_SANDBOX_{name}"):
        settings.load({f"NEXTPOD_SANDBOX_{name}": value})


def test_the_sandbox_shares_no_code_with_the_rest():
    for file in Path(nextpod_core.sandbox.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not any(
                name.startswith("nextpod_core") and not name.startswith("nextpod_core.sandbox") for name in names
            ), file


@given(st.text(alphabet=[*"aÆ€^ŧ😀"], min_size=1, max_size=700))
def test_parts_are_as_many_as_a_plain_walk_over_the_text_finds(text):
    count = gsm.parts(text)
    units = [(2 if c in "€^" else 1) if gsm.is_gsm7(text) else (2 if c == "😀" else 1) for c in text]
    alone, joined = (160, 153) if gsm.is_gsm7(text) else (70, 67)
    if sum(units) <= alone:
        assert count == 1
    else:
        assert -(-sum(units) // joined) <= count <= -(-sum(units) // (joined - 1))
