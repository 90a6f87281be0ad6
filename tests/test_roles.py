"""The table of roles, cell by cell: through direct calls of the nouns, and every one of them asked."""

import ast
import itertools
from pathlib import Path

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetStates

from nextpod_core import (
    accounts,
    answers,
    audiences,
    brakes,
    campaigns,
    conversations,
    corrections,
    drafts,
    erasure,
    followups,
    forwards,
    imports,
    making,
    options,
    personal,
    quarantine,
    releases,
    reports,
    review,
    roles,
    rules,
    saved_texts,
    senders,
    sessions,
    suppressions,
)
from nextpod_core.errors import BadInput, NotPermitted
from nextpod_core.people import COMMAND, DESK, DISPATCHER, Actor
from nextpod_core.sentences import say
from tests import apps, incoming, outboxes, people
from tests.outboxes import NOW, new_store

ROOT = Path(__file__).resolve().parents[1]
V, G, E, P, A = ("viewer", "agent", "editor", "approver", "admin")
# As the docs tell it. Written out a second time on purpose: a slip of the pen in the one table shows here.
TOLD = {
    "figures.read": {V, G, E, P, A},
    "numbers.read": {G, E, P, A},
    "inbox.handle": {G, E, P, A},
    "suppression.add": {G, E, P, A},
    "suppression.lift": {G, E, P, A},
    "suppression.import": {E, P, A},
    "sending.stop": {G, E, P, A},
    "campaign.compose": {E, P, A},
    "campaign.stop": {E, P, A},
    "test.send": {E, P, A},
    "campaign.send": {P, A},
    "campaign.approve": {P, A},
    "campaign.resume": {P, A},
    "unknown.decide": {P, A},
    "sending.resume": {P, A},
    "reports.mend": {P, A},
    "senders.change": {A},
    "options.change": {A},
    "rules.change": {A},
    "people.change": {A},
    "audit.read": {A},
    "person.export": {P, A},
    "person.erase": {A},
}
# What a person can do by hand, each with what it needs; given things that don't exist, so that who is let through is
# told of those and not of their role.
CALLS = {
    "inbox.handle": [
        lambda db, by: answers.answer(db, "4799999001", text="x", sender="2345", key="k", by=by, now=NOW),
        lambda db, by: answers.answer_many(db, [], template="x", key="k", by=by, now=NOW),
        lambda db, by: conversations.close(db, [], by=by, now=NOW),
        lambda db, by: conversations.reopen(db, [], by=by, now=NOW),
        lambda db, by: conversations.mark_unread(db, [], by=by, now=NOW),
        lambda db, by: conversations.assign(db, [], owner="x", by=by, now=NOW),
        lambda db, by: conversations.label(db, [], label="x", by=by, now=NOW),
        lambda db, by: conversations.unlabel(db, [], label="x", by=by, now=NOW),
        lambda db, by: conversations.note(db, "4799999001", text="", by=by, now=NOW),
        lambda db, by: conversations.read_up_to(db, "4799999001", last_inbound=1, by=by, now=NOW),
        lambda db, by: conversations.keep_prefix_opt_out(db, 9, by=by, now=NOW),
    ],
    "suppression.add": [lambda db, by: suppressions.add(db, msisdn="", reason="hand", by=by, now=NOW, note="")],
    "suppression.lift": [lambda db, by: suppressions.lift(db, msisdn="1", by=by, now=NOW, reason="")],
    "suppression.import": [lambda db, by: suppressions.add_many(db, [], by=by, now=NOW, note="x")],
    "sending.resume": [lambda db, by: brakes.let_go(db, "stop", by=by, now=NOW)],
    "campaign.compose": [
        lambda db, by: drafts.new(db, by=by, now=NOW),
        lambda db, by: drafts.change(db, 999, by=by, now=NOW, name="x"),
        lambda db, by: drafts.copy(db, 999, by=by, now=NOW),
        lambda db, by: drafts.drop(db, 999, by=by, now=NOW),
        lambda db, by: imports.let_in_doubtful(db, 999, True, by=by, now=NOW),
        lambda db, by: corrections.correct(db, 999, {}, by=by, now=NOW),
        lambda db, by: making.prepare(db, 999, by=by, now=NOW),
        lambda db, by: releases.ask(db, 999, version=1, by=by, now=NOW),
        lambda db, by: saved_texts.save(db, "", "", by=by, now=NOW),
        lambda db, by: audiences.drop(db, 999, by=by, now=NOW),
        lambda db, by: followups.begin(None, db, 999, "not_delivered", by=by, now=NOW),
    ],
    "campaign.stop": [
        lambda db, by: campaigns.pause(db, 999, by=by, now=NOW),
        lambda db, by: campaigns.cancel(db, 999, by=by, now=NOW),
        lambda db, by: review.take_back(db, 999, by=by, now=NOW),
    ],
    "test.send": [lambda db, by: campaigns.test_send(db, sender="", text="x", msisdn="1", key="k", by=by, now=NOW)],
    "campaign.send": [lambda db, by: review.send(db, 999, version=1, by=by, now=NOW)],
    "campaign.approve": [
        lambda db, by: releases.approve(db, 999, by=by, now=NOW),
        lambda db, by: releases.give_back(db, 999, "x", by=by, now=NOW),
    ],
    "campaign.resume": [
        lambda db, by: campaigns.resume(db, 999, by=by, now=NOW),
        lambda db, by: campaigns.let_go(db, 999, by=by, now=NOW),
    ],
    "unknown.decide": [
        lambda db, by: campaigns.send_again(db, 999, by=by, now=NOW),
        lambda db, by: campaigns.write_off(db, 999, by=by, now=NOW),
    ],
    "reports.mend": [
        lambda db, by: reports.assign(db, word="x", status="y", by=by, now=NOW),
        lambda db, by: quarantine.replay(db, 999, by=by, now=NOW),
    ],
    "senders.change": [
        lambda db, by: senders.add(db, "", by=by, now=NOW),
        lambda db, by: senders.make_default(db, "x", by=by, now=NOW),
        lambda db, by: senders.remove(db, "x", by=by, now=NOW),
    ],
    "options.change": [
        lambda db, by: options.change(db, by=by, now=NOW, zone="nowhere"),
        lambda db, by: forwards.list_address(db, kind="mail", address="x", by=by, now=NOW),
        lambda db, by: forwards.strike_address(db, 999, by=by, now=NOW),
    ],
    "rules.change": [
        lambda db, by: rules.switch(db, 999, True, by=by, now=NOW),
        lambda db, by: rules.move(db, 999, 1, by=by, now=NOW),
        lambda db, by: rules.drop(db, 999, by=by, now=NOW),
    ],
    "people.change": [
        lambda db, by: accounts.add(db, "x", "viewer", by=by, now=NOW),
        lambda db, by: accounts.set_role(db, "x", "viewer", by=by, now=NOW),
        lambda db, by: accounts.remove(db, "x", by=by, now=NOW),
        lambda db, by: accounts.link(db, "x", by=by, now=NOW),
        lambda db, by: accounts.set_password(db, "x", "y", by=by, now=NOW),
        lambda db, by: accounts.drop_codes(db, "x", by=by, now=NOW),
        lambda db, by: sessions.end_all(db, "x", by=by, now=NOW),
    ],
    "person.export": [lambda db, by: personal.export(db, "4799999001", by=by, now=NOW)],
    "person.erase": [
        lambda db, by: erasure.ask(db, "", by=by, now=NOW),
        lambda db, by: erasure.replay(None, db, by=by, now=NOW),
    ],
}
CALLS["sending.stop"] = [lambda db, by: brakes.put_on(db, "stop", say("x"), now=NOW, by=by)]
# What is read and not changed: asked by the pages, which have the tests of `OF_PAGES` below and those named here.
READ = {
    "figures.read": "test_gate.py, every role opens the pages of figures",
    "numbers.read": "tests/pages/test_people.py, masked on page and in file",
    "audit.read": "test_gate.py, the settings open for administrators alone; the log asks once more",
}
NUMBERED = [(action, place) for action, calls in CALLS.items() for place in range(len(calls))]


@pytest.fixture
def db(tmp_path):
    _settings, found = new_store(tmp_path)
    yield found
    found.close()


def test_the_table_is_what_is_told():
    assert {action: set(allowed) for action, allowed in roles.MAY.items()} == TOLD


def test_every_action_of_the_table_has_a_case():
    assert CALLS.keys() | READ.keys() == roles.MAY.keys()


@pytest.mark.parametrize(("role", "action"), list(itertools.product(roles.ROLES, TOLD)))
def test_a_cell_of_the_table(role, action):
    assert roles.may(people.actor(role), action) == (role in TOLD[action])


@pytest.mark.parametrize("action", TOLD)
def test_nobody_may_do_anything_and_systems_may_do_all(action):
    nobody = Actor("person", "nobody")
    assert not roles.may(nobody, action)
    with pytest.raises(NotPermitted, match="signed out"):
        roles.allow(nobody, action)
    assert all(roles.may(by, action) for by in (COMMAND, DISPATCHER, DESK))


@pytest.mark.parametrize("role", [*roles.ROLES, None])
@pytest.mark.parametrize(("action", "place"), NUMBERED, ids=[f"{action}-{place}" for action, place in NUMBERED])
def test_the_nouns_ask_before_they_change_anything(db, role, action, place):
    before = db.execute("SELECT count(*) FROM audit").fetchone()[0]
    by = Actor("person", "somebody@example.test", None, role)
    if role in TOLD[action]:
        try:
            CALLS[action][place](db, by)
        except NotPermitted:
            pytest.fail("turned away")
        except (BadInput, AttributeError):
            pass  # Let through to what does not exist.
        return
    with pytest.raises(NotPermitted):
        CALLS[action][place](db, by)
    assert db.execute("SELECT count(*) FROM audit").fetchone()[0] == before
    assert not db.in_transaction


def test_stopping_is_for_all_but_viewers(db):
    for role in roles.ROLES:
        by = people.actor(role)
        if role == "viewer":
            with pytest.raises(NotPermitted):
                brakes.put_on(db, "stop", say("x"), now=NOW, by=by)


# By page: which buttons are drawn for whom, of those that a role decides about.
OF_PAGES = {
    ("overview", ""): {"frame_stop": {G, E, P, A}},
    ("campaigns", "campaign"): {"campaign_pause": {E, P, A}, "campaign_cancel": {E, P, A}, "frame_stop": {G, E, P, A}},
    ("inbox", "person"): {"inbox_send": {G, E, P, A}, "inbox_out": {G, E, P, A}, "inbox_person_erase": {A}},
    ("suppressions", ""): {"suppressions_add": {G, E, P, A}, "suppressions_import": {E, P, A}},
    ("compose", ""): {"compose_save": {E, P, A}, "compose_review": {E, P, A}},
}


def _changed_by_hand(at):
    tables = ("brakes", "suppressions", "drafts", "campaigns", "messages", "erasures", "conversations")
    return [tuple(row) for table in tables for row in at.execute(f"SELECT * FROM {table}")] + [
        row["action"] for row in at.execute("SELECT action FROM audit WHERE actor_kind = 'person' ORDER BY id")
    ]


def test_the_pages_draw_what_a_role_may_press_and_refuse_what_is_pressed_all_the_same(tmp_path, monkeypatch):
    at = apps.new_store(tmp_path, monkeypatch)
    now = people.now()
    campaign = outboxes.campaign(at, ["4791726200"], state="sending", review='{"cells": []}')
    incoming.receive(at, "4791726200", "Hei", at=now)
    given = {"campaign": str(campaign), "person": "4791726200"}
    for (page, asked), buttons in OF_PAGES.items():
        query = {asked: given[asked]} if asked else {}
        apps.sign_in(at, monkeypatch, A)
        ids = {button.key: button.id for button in apps.open_page(page, query).button}
        assert buttons.keys() <= ids.keys(), page
        # The roles on both sides of each line that the page draws.
        for role in (V, G, E, P):
            refused = [key for key, allowed in buttons.items() if role not in allowed]
            if not roles.may_open(people.actor(role), page) or (not refused and role != P):
                continue
            apps.sign_in(at, monkeypatch, role)
            app = apps.open_page(page, query)
            drawn = {button.key for button in app.button}
            assert {key for key in buttons if key in drawn} == buttons.keys() - set(refused), (page, role)
            before = _changed_by_hand(at)
            for key in refused:  # A message of one's own making, with the button's whole name.
                forged = WidgetStates()
                state = forged.widgets.add()
                state.id, state.trigger_value = ids[key], True
                app._run(forged)
                assert not app.exception
            assert _changed_by_hand(at) == before, (page, role)
    at.close()


# Every page that is closed to some role, and the highest of those; and views that all may open, read by the lowest.
CLOSED = {"settings": P, "people": P, "health": E, "compose": G, "suppressions": V, "inbox": V}
OPEN_TO_ALL = [("analytics", {}), ("analytics", {"tab": "answers"}), ("campaigns", {}), ("campaigns", {"message": "1"}),
        ("account", {})]  # fmt: skip


def _press_everything(app, ids: list[str]) -> None:
    forged = WidgetStates()
    for one in ids:
        state = forged.widgets.add()
        state.id, state.trigger_value = one, True
    app._run(forged)
    assert not app.exception


@pytest.mark.parametrize(("page", "role"), CLOSED.items())
def test_who_has_a_page_open_and_loses_it_presses_its_buttons_in_vain(tmp_path, monkeypatch, page, role):
    at = _with_life(tmp_path, monkeypatch)
    app = apps.open_page(page, {"inbox": {"person": "4791726200"}, "health": {"part": "connection"}}.get(page, {}))
    ids = [button.id for button in app.button if not button.key.startswith("frame_")]
    assert ids, "the page has buttons to press"
    apps.sign_in(at, monkeypatch, role)
    before = _changed_by_hand(at)
    for pressed in ([one] for one in ids[:2]):
        _press_everything(app, pressed)
        assert _changed_by_hand(at) == before
        assert not {button.key for button in app.button if not button.key.startswith(("frame_", "overview_"))}
        assert "91726200" not in str([each.value for each in [*app.markdown, *app.dataframe, *app.caption]])
    at.close()


@pytest.mark.parametrize(("page", "query"), OPEN_TO_ALL)
def test_a_viewer_sees_no_number_and_none_of_the_buttons_that_others_have_works(tmp_path, monkeypatch, page, query):
    at = _with_life(tmp_path, monkeypatch)
    admins = {button.key: button.id for button in apps.open_page(page, query).button}
    apps.sign_in(at, monkeypatch, V)
    app = apps.open_page(page, query)
    shown = str([each.value for each in [*app.title, *app.header, *app.markdown, *app.dataframe, *app.caption]])
    assert "91726200" not in shown and "917 26 200" not in shown
    before = _changed_by_hand(at)
    drawn = {button.key for button in app.button}
    _press_everything(app, [id for key, id in admins.items() if key not in drawn])
    assert _changed_by_hand(at) == before
    at.close()


def _with_life(tmp_path, monkeypatch):
    """A store with a campaign under way and a person who wrote; an administrator sits at the desk."""
    at = apps.new_store(tmp_path, monkeypatch)
    outboxes.campaign(at, ["4791726200"], state="sending", review='{"cells": []}')
    incoming.receive(at, "4791726200", "Hei", at=people.now())
    apps.sign_in(at, monkeypatch, A)
    return at


# Functions that take `by` and need not ask: nothing that a person at a page can reach changes anything through them.
WITHOUT = {
    "accounts.confirm_codes",  # one's own, by the session
    "approvals.why", "people.audit", "people.exported", "people.shown", "roles.may", "roles.allow", "roles.may_open",
    "backups.make", "demo.fill", "rebuild.run", "restoring.restore", "holding.hold_restored", "restoring.seal",
    "store.migrate", "suppressions.replay_file",  # the command line
    "optouts.hear_out", "optouts.hear_in", "suppressions.lift_own", "singles.enqueue",  # within one that asked
    "singles.just_queued",  # the same
    "review.let_go",  # within `send` and `approve`
    "sessions.end_all",  # asks, unless it is one's own
    "analytics.outcomes", "filters.grouping", "costs.costs", "speed.handset",  # another `by`: grouped by what
}  # fmt: skip


def test_every_function_that_knows_who_asks_asks_what_they_may():
    for path in sorted((ROOT / "nextpod_core").glob("*.py")):
        source = path.read_text()
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                takes = {argument.arg for argument in [*node.args.args, *node.args.kwonlyargs]}
                if "by" in takes and f"{path.stem}.{node.name}" not in WITHOUT:
                    assert "roles.allow(by," in (ast.get_source_segment(source, node) or ""), (path.stem, node.name)
