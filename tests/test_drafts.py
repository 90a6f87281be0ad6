"""Campaigns that are still being written, and what their text costs over a list."""

import dataclasses
import io
import os

import pytest

from nextpod_core import (
    corrections,
    drafts,
    edits,
    imports,
    measures,
    options,
    schedule,
    segments,
    senders,
    settings,
    staged,
    store,
)
from nextpod_core.drafts import Choices
from nextpod_core.errors import BadInput
from nextpod_core.people import COMMAND, DESK

NOW = 1_800_000_000_000


@pytest.fixture
def desk(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("NEXTPOD_")]:
        monkeypatch.delenv(name)
    found = settings.load({"NEXTPOD_DATABASE": str(tmp_path / "desk.db")})
    store.migrate(found, now=NOW, by=COMMAND)
    db = store.open(found)
    yield found, db
    db.close()


@pytest.fixture
def db(desk):
    return desk[1]


def listed(desk, text):
    given, db = desk
    found = imports.begin(given, db, io.BytesIO(text.encode()), filename="l.csv", region="NO", by=DESK, now=NOW)
    imports.run(given, db, found, clock=lambda: NOW)
    return found


def test_a_draft_begins_with_the_teams_own_choices(db):
    options.change(db, by=DESK, now=NOW, window_from="09:00", zone="Europe/Helsinki")
    senders.add(db, "Klubben", by=DESK, now=NOW)
    assert drafts.new(db, by=DESK, now=NOW).choices.window_from is None  # Practice wakes nobody.
    db.execute("UPDATE meta SET value = 'live' WHERE name = 'mode'")
    draft = drafts.new(db, by=DESK, now=NOW)
    assert (draft.sender, draft.choices.zone, draft.choices.window_from) == ("Klubben", "Europe/Helsinki", "09:00")
    assert (draft.version, draft.state, draft.due_at) == (1, "open", None)


def test_each_change_makes_a_version_and_no_change_makes_none(db):
    draft = drafts.new(db, by=DESK, now=NOW)
    named = drafts.change(db, draft.id, by=DESK, now=NOW + 1, name="Desember")
    assert (named.version, named.changed_at) == (2, NOW + 1)
    assert drafts.change(db, draft.id, by=DESK, now=NOW + 2, name="Desember") == named
    paced = drafts.change(db, draft.id, by=DESK, now=NOW + 3, choices={"per_minute": 60})
    assert paced.version == 3
    assert paced.choices == dataclasses.replace(draft.choices, per_minute=60)
    assert drafts.get(db, draft.id) == paced


def test_a_text_is_kept_clean(db):
    draft = drafts.new(db, by=DESK, now=NOW, text="A\u030a\r\nja")
    assert draft.text == "Å\nja"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"choices": {"zone": "Norge"}}, "no time zone Norge"),
        ({"choices": {"window_to": None}}, "both a beginning and an end"),
        ({"choices": {"window_from": "20:00"}}, "differ"),
        ({"choices": {"window_from": "25:00"}}, "not a time of day"),
        ({"choices": {"per_minute": 0}}, "1 or more"),
        ({"choices": {"spread_minutes": 0}}, "14 days"),
        ({"purpose": "fun"}, "marketing or service"),
        ({"text": "x" * 30_000}, "30000 characters"),
        ({"name": "x" * 300}, "200 characters"),
    ],
)
def test_a_value_that_can_not_be_used_is_told_and_not_kept(db, values, sentence):
    draft = drafts.new(db, by=DESK, now=NOW, choices=Choices())
    with pytest.raises(BadInput, match=sentence):
        drafts.change(db, draft.id, by=DESK, now=NOW, **values)
    assert drafts.get(db, draft.id) == draft


def test_drafts_with_nothing_in_them_are_not_listed(db):
    drafts.new(db, by=DESK, now=NOW)
    older = drafts.new(db, by=DESK, now=NOW, name="Eldre")
    newer = drafts.new(db, by=DESK, now=NOW + 5, text="Hei")
    assert [draft.id for draft in drafts.open_ones(db)] == [newer.id, older.id]


def test_a_dropped_draft_is_changed_no_more(db):
    draft = drafts.new(db, by=DESK, now=NOW, name="Bort")
    drafts.drop(db, draft.id, by=DESK, now=NOW)
    assert not drafts.open_ones(db)
    with pytest.raises(BadInput, match="sent or dropped"):
        drafts.change(db, draft.id, by=DESK, now=NOW, name="Igjen")


def test_a_copy_has_everything_but_the_time(db):
    draft = drafts.new(db, by=DESK, now=NOW, name="A", text="Hei", due_at=NOW, choices=Choices(per_minute=5))
    copy = drafts.copy(db, draft.id, by=DESK, now=NOW + 1)
    assert (copy.name, copy.text, copy.choices.per_minute, copy.due_at) == ("A", "Hei", 5, None)
    assert copy.id != draft.id


def test_a_draft_that_does_not_exist_is_told(db):
    with pytest.raises(BadInput, match="no draft number 7"):
        drafts.get(db, 7)


def test_the_whole_list_is_counted_after_merging(desk):
    _, db = desk
    options.change(db, by=DESK, now=NOW, price=0.39)
    found = listed(desk, "mobil;navn\n91726200;Kari\n92345678;Łukasz\n93345678;\n94345678;" + "n" * 1600 + "\n")
    draft = drafts.new(db, by=DESK, now=NOW, import_id=found, text="Hei {{navn}}!" + "a" * 140)
    told = measures.measure(db, draft)
    assert (told.people, told.exact, told.empty, told.too_long) == (2, True, 1, 1)
    assert (told.parts_min, told.parts_max, told.parts_total, told.ucs2) == (1, 3, 4, 1)
    assert told.price == 4 * 0.39
    (blocker,) = told.blockers
    assert (blocker.character, blocker.messages, blocker.extra_parts, blocker.in_text) == ("Ł", 1, 2, False)
    assert told.holes == [(4, ["navn"])]
    assert told.too_long_rows == [(5, 4 + 1600 + 1 + 140 - 1500)]
    assert told.longest is not None and told.longest.row == 3


def test_characters_that_meet_in_a_text_cost_once_together(desk):
    _, db = desk
    found = listed(desk, "mobil;navn\n91726200;Łukasz…\n92345678;Kari…\n93345678;Kari\n")
    told = measures.measure(db, drafts.new(db, by=DESK, now=NOW, import_id=found, text="Hei {{navn}}!" + "a" * 120))
    assert {each.character: each.extra_parts for each in told.blockers} == {"…": 2, "Ł": 1}
    assert told.extra_parts == 2
    assert told.saved_parts == 1  # What holds an Ł stays long when the dots are replaced.


def test_a_price_of_its_own_for_a_country_counts(desk):
    _, db = desk
    options.change(db, by=DESK, now=NOW, price=1.0, prices={"SE": 3.0})
    found = listed(desk, "mobil\n91726200\n+46701234567\n")
    draft = drafts.new(db, by=DESK, now=NOW, import_id=found, text="Hei")
    assert measures.measure(db, draft).price == 4.0


def test_without_a_price_only_parts_are_told(desk):
    _, db = desk
    draft = drafts.new(db, by=DESK, now=NOW, import_id=listed(desk, "mobil\n91726200\n"), text="Hei")
    assert measures.measure(db, draft).price is None


def test_what_is_remembered_ends_with_the_list_it_belongs_to(desk):
    _, db = desk
    found = listed(desk, "mobil;navn\n91726200;Kari\nabc;Ola\n")
    draft = drafts.new(db, by=DESK, now=NOW, import_id=found, text="Hei {{navn}}")
    assert measures.measure(db, draft).people == 1
    corrections.correct(db, found, {3: {0: "92345678"}}, by=DESK, now=NOW)
    assert measures.measure(db, draft).people == 2


def test_any_row_can_be_seen_as_it_will_leave(desk):
    _, db = desk
    found = listed(desk, "mobil;navn\n91726200;Kari\nabc;Ola\n92345678;Liv\n")
    draft = drafts.new(db, by=DESK, now=NOW, import_id=found, text="Hei {{ NAVN }}")
    seen = [measures.sample(db, draft, row=row) for row in (0, 2, 3, 4, 5)]
    assert [each and each.text for each in seen] == ["Hei Kari", "Hei Kari", "Hei Liv", "Hei Liv", None]


def test_an_open_brace_is_told(desk):
    _, db = desk
    with pytest.raises(BadInput, match="never closed"):
        measures.measure(db, drafts.new(db, by=DESK, now=NOW, text="Hei {{navn"))


@pytest.mark.parametrize(
    ("text", "placeholder", "column", "after"),
    [
        ("Hei {{nvan}} og {{ NVAN |du}}", "nvan", "Navn", "Hei {{Navn}} og {{Navn|du}}"),
        ("{{nvan??hei {navn}}}", "nvan", "Navn", "{{nvan??hei {navn}}}"),
        ("{{a??x}} {{ab}}", "a", "b", "{{b??x}} {{ab}}"),
    ],
)
def test_a_placeholder_can_be_given_another_column(text, placeholder, column, after):
    assert edits.with_column(text, placeholder, column) == after


def test_a_default_goes_where_there_is_none():
    assert (
        edits.with_default("{{navn}} {{by|Oslo}} {{m??x}}", ["navn", "by", "m"], "v{}enn")
        == "{{navn|venn}} {{by|Oslo}} {{m??x}}"
    )


def test_the_times_of_a_draft_are_moments(db):
    due = schedule.parse_local("2026-12-01 09:00", "Europe/Oslo")
    assert drafts.new(db, by=DESK, now=NOW, due_at=due).due_at == due
    assert segments.measure("Hei").parts == 1


def test_every_letter_is_kept_and_one_line_a_minute_is_audited(db):
    made = drafts.new(db, by=DESK, now=NOW, name="A")
    before = db.execute("SELECT count(*) FROM audit").fetchone()[0]
    for place in range(1, 41):
        drafts.change(db, made.id, by=DESK, now=NOW + 61_000 + place * 2_000, while_typing=True, text="x" * place)
    assert drafts.get(db, made.id).text == "x" * 40
    assert db.execute("SELECT count(*) FROM audit").fetchone()[0] - before == 2


def test_what_is_missing_in_rows_of_the_list_can_be_filled_in(desk):
    _, db = desk
    found = listed(desk, "mobil;navn;sted\n91726200;;Oslo\nabc;Siv;\n92345678;;\n93345678;Liv;\n")
    corrections.correct(db, found, {3: {0: "94345678", 1: ""}}, by=DESK, now=NOW)
    draft = drafts.new(db, by=DESK, now=NOW, import_id=found, text="Hei {{navn}}")
    assert measures.measure(db, draft).holes == [(2, ["navn"]), (3, ["navn"]), (4, ["navn"])]
    typed = {2: {1: "Kari"}, 3: {1: "Siv", 0: "1"}, 4: {1: "Ola", 2: "Bø\x1f", 9: "x"}, 99: {1: "nobody"}}
    assert corrections.fill(db, found, typed, by=DESK, now=NOW) == 3
    assert measures.measure(db, draft).holes == [] and drafts.get(db, draft.id).version > draft.version
    assert [(row, number, cells) for row, number, cells in staged.rows(db, found)] == [
        (2, "4791726200", ["91726200", "Kari", "Oslo"]), (3, "4794345678", ["94345678", "Siv", ""]),
        (4, "4792345678", ["92345678", "Ola", "Bø "]), (5, "4793345678", ["93345678", "Liv", ""]),
    ]  # fmt: skip
    assert corrections.fill(db, found, {5: {1: "Liv"}}, by=DESK, now=NOW) == 0
