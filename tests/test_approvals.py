"""Approval by a second person: a yes to what was reviewed, nobody to their own, and once is once."""

import threading

import pytest

from nextpod_core import accounts, approvals, campaigns, drafts, making, options, releases, review, store
from nextpod_core.errors import BadInput, NotPermitted
from nextpod_core.people import COMMAND, Actor
from tests.people import actor, add_quickly
from tests.test_review import NOW, draft, reviewed, shop

__all__ = ["shop"]
EDITOR, APPROVER, ADMIN = actor("editor"), actor("approver"), actor("admin")
OTHER = Actor("person", "annen@example.test", None, "approver")


@pytest.fixture
def asked(shop):
    """A desk with people, an editor's campaign, reviewed, and the question about it."""
    _settings, db = shop
    add_quickly(db)
    made = draft(shop)
    made = drafts.change(db, made.id, by=EDITOR, now=NOW, name="Medlemmer")
    found = reviewed(shop, made)
    return db, made, found, releases.ask(db, made.id, version=found.version, by=EDITOR, now=NOW, note="Takk!")


def state(db, found):
    return campaigns.get(db, found.campaign_id)["state"]


def test_an_editor_asks_and_cannot_send(asked):
    db, made, found, _question = asked
    with pytest.raises(NotPermitted):
        review.send(db, made.id, version=found.version, by=EDITOR, now=NOW)
    assert [one.note for one in approvals.waiting(db)] == ["Takk!"]
    assert state(db, found) == "draft"


def test_a_second_person_says_yes_to_what_was_reviewed(asked):
    db, made, found, question = asked
    assert releases.approve(db, question, by=APPROVER, now=NOW) == found.campaign_id
    assert state(db, found) == "scheduled"
    assert approvals.waiting(db) == []
    assert drafts.get(db, made.id).state == "used"
    actions = [row["action"] for row in db.execute("SELECT action FROM audit ORDER BY id DESC LIMIT 2")]
    assert actions == ["campaign.send", "campaign.approved"]


def test_nobody_says_yes_to_their_own_whatever_their_role(asked):
    db, made, _found, question = asked
    with pytest.raises(NotPermitted):
        releases.approve(db, question, by=EDITOR, now=NOW)
    risen = Actor("person", EDITOR.name, None, "admin")  # Made an administrator after asking.
    with pytest.raises(NotPermitted, match="somebody else"):
        releases.approve(db, question, by=risen, now=NOW)
    drafts.change(db, made.id, by=APPROVER, now=NOW, name="Rettet")
    with pytest.raises(NotPermitted, match="somebody else"):  # Who mends it has written in it.
        releases.approve(db, question, by=APPROVER, now=NOW)


@pytest.mark.parametrize("what", ["text", "name", "review"])
def test_a_change_needs_a_new_review_and_a_new_question(asked, shop, what):
    db, made, found, question = asked
    if what == "review":
        making.prepare(db, made.id, by=COMMAND, now=NOW + 5)
    else:
        drafts.change(db, made.id, by=EDITOR, now=NOW, **{what: "Noe annet"})
    assert approvals.waiting(db) == []
    with pytest.raises(BadInput, match="changed"):
        releases.approve(db, question, by=APPROVER, now=NOW)
    assert state(db, found) == "draft"
    making.prepare(db, made.id, by=COMMAND, now=NOW + 9)
    version = drafts.get(db, made.id).version
    second = releases.ask(db, made.id, version=version, by=EDITOR, now=NOW + 10)
    assert second != question
    with pytest.raises(BadInput, match="changed"):
        releases.approve(db, question, by=APPROVER, now=NOW + 10)
    releases.approve(db, second, by=APPROVER, now=NOW + 10)
    assert state(db, found) == "scheduled"


def test_asking_twice_is_one_question(asked):
    db, made, found, question = asked
    assert releases.ask(db, made.id, version=found.version, by=EDITOR, now=NOW + 1) == question


def test_given_back_it_waits_for_its_writer_with_the_note(asked):
    db, made, found, question = asked
    with pytest.raises(BadInput, match="what has to be changed"):
        releases.give_back(db, question, "  ", by=APPROVER, now=NOW)
    releases.give_back(db, question, "Feil lenke", by=APPROVER, now=NOW)
    assert (approvals.last_of(db, made.id).verdict, approvals.last_of(db, made.id).answer) == ("returned", "Feil lenke")
    with pytest.raises(BadInput, match="meanwhile"):
        releases.approve(db, question, by=OTHER, now=NOW)
    assert releases.ask(db, made.id, version=found.version, by=EDITOR, now=NOW + 1) != question


def test_two_who_say_yes_at_once_make_one_send(asked, shop):
    settings, _db = shop
    _db, _made, found, question = asked
    ready, got = threading.Barrier(2), []

    def press(by):
        mine = store.open(settings)
        ready.wait()
        got.append(releases.approve(mine, question, by=by, now=NOW))
        mine.close()

    threads = [threading.Thread(target=press, args=(by,)) for by in (APPROVER, OTHER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [found.campaign_id] * 2
    sent = _db.execute("SELECT count(*) FROM audit WHERE action = 'campaign.send'").fetchone()[0]
    assert sent == 1
    assert campaigns.ledger(_db, found.campaign_id).balances


@pytest.mark.parametrize(
    ("asks", "needed"),
    [
        ({}, False),
        ({"approval_above": 0}, True),
        ({"approval_above": 1_000}, False),
        ({"approval_above_price": 1_000.0}, True),  # Nobody has set a price, so nobody knows.
        ({"approval_above_price": 0.1, "price": 0.5}, True),
        ({"approval_above_price": 1_000.0, "price": 0.5}, False),
    ],
)
def test_size_and_price_ask_for_a_second_person_of_approvers_too(shop, asks, needed):
    _settings, db = shop
    add_quickly(db)
    options.change(db, by=COMMAND, now=NOW, **asks)
    found = reviewed(shop, draft(shop))
    row = campaigns.get(db, found.campaign_id)
    assert (approvals.why(db, row, ADMIN, now=NOW) is not None) == needed
    if needed:
        with pytest.raises(NotPermitted, match="second person"):
            review.send(db, row["draft_id"], version=found.version, by=ADMIN, now=NOW)
    else:
        assert review.send(db, row["draft_id"], version=found.version, by=ADMIN, now=NOW) == found.campaign_id


def test_without_people_nobody_is_asked(shop):
    _settings, db = shop
    options.change(db, by=COMMAND, now=NOW, approval_above=0)
    found = reviewed(shop, draft(shop))
    assert approvals.why(db, campaigns.get(db, found.campaign_id), ADMIN, now=NOW) is None


@pytest.mark.parametrize("limit", [{"approval_above": 5}, {"approval_above_price": 2.0, "price": 0.5}])
def test_a_list_cut_in_two_needs_the_second_person_all_the_same(shop, limit):
    _settings, db = shop
    add_quickly(db)
    options.change(db, by=COMMAND, now=NOW, **limit)
    first, second = (reviewed(shop, draft(shop, name=name)) for name in ("a", "b"))
    third = reviewed(shop, draft(shop, name="c", text="Noe helt annet"))
    send_one(db, first, ADMIN)
    with pytest.raises(NotPermitted, match="within a day"):
        send_one(db, second, ADMIN, now=NOW + 3_600_000)
    with pytest.raises(NotPermitted, match="others with the same text"):
        send_one(db, second, APPROVER, now=NOW + 3_600_000)  # Nor by two, each with one half.
    send_one(db, third, APPROVER, now=NOW + 3_600_000)  # Another person's day with another text is another day.
    send_one(db, second, ADMIN, now=NOW + approvals.DAY + 1)


def send_one(db, found, by, *, now=NOW):
    made = campaigns.get(db, found.campaign_id)["draft_id"]
    review.send(db, made, version=found.version, by=by, now=now)


def test_what_a_second_person_approved_counts_for_nobodys_day(shop):
    _settings, db = shop
    add_quickly(db)
    options.change(db, by=COMMAND, now=NOW, approval_above=5)
    first, second = (reviewed(shop, draft(shop, name=name)) for name in ("a", "b"))
    made = campaigns.get(db, first.campaign_id)["draft_id"]
    question = releases.ask(db, made, version=first.version, by=EDITOR, now=NOW)
    releases.approve(db, question, by=ADMIN, now=NOW)
    send_one(db, second, ADMIN)


def test_what_was_taken_back_after_its_approval_needs_another(asked, shop):
    db, made, found, question = asked
    releases.approve(db, question, by=APPROVER, now=NOW, countdown=60_000)
    review.take_back(db, found.campaign_id, by=EDITOR, now=NOW + 1)
    drafts.change(db, made.id, by=EDITOR, now=NOW + 2, text="Noe helt annet")
    making.prepare(db, made.id, by=COMMAND, now=NOW + 3)
    assert releases.approve(db, question, by=APPROVER, now=NOW + 4) == found.campaign_id
    assert state(db, found) == "draft", "the old yes sends nothing"
    version = drafts.get(db, made.id).version
    with pytest.raises(NotPermitted):
        review.send(db, made.id, version=version, by=EDITOR, now=NOW + 5)
    again = releases.ask(db, made.id, version=version, by=EDITOR, now=NOW + 5)
    releases.approve(db, again, by=APPROVER, now=NOW + 6)
    assert state(db, found) == "scheduled"


def test_a_copy_of_what_was_approved_is_not_approved_and_its_copier_is_its_maker(asked):
    db, made, _found, question = asked
    releases.approve(db, question, by=APPROVER, now=NOW)
    copy = drafts.copy(db, made.id, by=APPROVER, now=NOW + 1)
    assert approvals.last_of(db, copy.id) is None and APPROVER.name in approvals.makers(db, copy.id)


def test_a_role_that_is_taken_away_between_question_and_yes_approves_nothing(asked):
    db, _made, found, question = asked
    was = Actor("person", APPROVER.name, None, "viewer")
    for act in (lambda: releases.approve(db, question, by=was, now=NOW),
                lambda: releases.give_back(db, question, "x", by=was, now=NOW)):  # fmt: skip
        with pytest.raises(NotPermitted):
            act()
    assert state(db, found) == "draft"


def test_what_was_planned_by_somebody_who_is_removed_goes_on_and_can_be_stopped(asked):
    db, _made, found, question = asked
    releases.approve(db, question, by=APPROVER, now=NOW)
    for gone in (EDITOR, APPROVER):
        accounts.remove(db, gone.name, by=ADMIN, now=NOW + 1)
    assert state(db, found) == "scheduled"
    campaigns.cancel(db, found.campaign_id, by=ADMIN, now=NOW + 2)
    assert state(db, found) == "cancelled"
