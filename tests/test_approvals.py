"""Approval by a second person: a yes to what was reviewed, nobody to their own, and once is once."""

import threading

import pytest

from nextpod_core import approvals, campaigns, drafts, options, releases, review, store
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
        review.prepare(db, made.id, by=COMMAND, now=NOW + 5)
    else:
        drafts.change(db, made.id, by=EDITOR, now=NOW, **{what: "Noe annet"})
    assert approvals.waiting(db) == []
    with pytest.raises(BadInput, match="changed"):
        releases.approve(db, question, by=APPROVER, now=NOW)
    assert state(db, found) == "draft"
    review.prepare(db, made.id, by=COMMAND, now=NOW + 9)
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
    assert (approvals.why(db, row, ADMIN) is not None) == needed
    if needed:
        with pytest.raises(NotPermitted, match="second person"):
            review.send(db, row["draft_id"], version=found.version, by=ADMIN, now=NOW)
    else:
        assert review.send(db, row["draft_id"], version=found.version, by=ADMIN, now=NOW) == found.campaign_id


def test_without_people_nobody_is_asked(shop):
    _settings, db = shop
    options.change(db, by=COMMAND, now=NOW, approval_above=0)
    found = reviewed(shop, draft(shop))
    assert approvals.why(db, campaigns.get(db, found.campaign_id), ADMIN) is None
