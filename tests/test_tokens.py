"""Secrets are replaced while everything runs: the webhook token, with the old one good for days, and the API key."""

import asyncio
import os
import signal

import pytest

from nextpod_core import brakes, settings, store, tokens
from nextpod_core.api import Nextpod
from nextpod_core.db import transaction
from nextpod_core.dispatcher import Dispatcher
from nextpod_core.errors import BadInput, NotPermitted, WrongSettings
from nextpod_core.people import COMMAND, DESK
from nextpod_core.tokens import HOUR, Tokens
from tests.outboxes import NOW, campaign, new_store
from tests.people import actor
from tests.sandboxes import Sandbox
from tests.test_ingester import Ingester, until


@pytest.fixture
def desk(tmp_path):
    given, db = new_store(tmp_path)
    yield given, db
    db.close()


def test_a_replaced_token_is_good_for_96_hours_and_then_no_more(desk):
    given, db = desk
    old = store.webhook_token(given)
    known = Tokens(given)
    tokens.rotate(given, db, by=COMMAND, now=NOW)
    new = store.webhook_token(given)
    assert new != old and known.present == new
    assert known.is_good(old) and known.is_good(new) and not known.is_good("wrong") and not known.is_good("")
    assert tokens.forget(given, db, now=NOW + 96 * HOUR - 1) == 0
    assert tokens.forget(given, db, now=NOW + 96 * HOUR) == 1
    assert not known.is_good(old) and known.is_good(new)
    # Neither stands in the database.
    for path in given.database.parent.glob("*.db*"):
        assert old.encode() not in path.read_bytes() and new.encode() not in path.read_bytes()


def test_it_stays_good_while_nextpod_holds_messages_that_carry_it(desk):
    given, db = desk
    due = NOW + 200 * HOUR
    held = campaign(db, ["4791726200"], ["Hei"], due_at=due)
    with transaction(db):
        db.execute(
            "UPDATE campaigns SET handed_over = 1, due_at = ?, created_at = ? WHERE id = ?", (due, NOW - 1, held)
        )
    tokens.rotate(given, db, by=COMMAND, now=NOW)
    silent = int(given.no_report_hours * HOUR)
    assert tokens.forget(given, db, now=due + silent - 1) == 0
    assert tokens.forget(given, db, now=due + silent) == 1


def test_replaced_twice_both_old_ones_are_good_and_the_key_file_is_whole(desk):
    given, db = desk
    first = store.webhook_token(given)
    tokens.rotate(given, db, by=COMMAND, now=NOW)
    second = store.webhook_token(given)
    tokens.rotate(given, db, by=COMMAND, now=NOW + 1)
    known = Tokens(given)
    assert known.is_good(first) and known.is_good(second)
    assert given.key_file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in given.key_file.parent.glob("*.key*")] == [given.key_file.name]
    store.open(given).close()  # The secret of the keyed hashes is still there.
    actions = [row["action"] for row in db.execute("SELECT action FROM audit WHERE subject = 'token'")]
    assert actions == ["token.rotate", "token.rotate"]


def test_who_may_and_where_the_token_is_set_by_hand(desk, tmp_path):
    given, db = desk
    with pytest.raises(NotPermitted):
        tokens.rotate(given, db, by=actor("approver"), now=NOW)
    by_hand = settings.load({"NEXTPOD_DATABASE": str(given.database), "NEXTPOD_WEBHOOK_TOKEN": "n" * 32,
                             "NEXTPOD_WEBHOOK_TOKEN_BEFORE": "o" * 32})  # fmt: skip
    with pytest.raises(BadInput, match="NEXTPOD_WEBHOOK_TOKEN_BEFORE"):
        tokens.rotate(by_hand, db, by=COMMAND, now=NOW)
    known = Tokens(by_hand)
    assert known.is_good("n" * 32) and known.is_good("o" * 32) and not known.is_good(store.webhook_token(given))


def test_a_key_file_that_is_damaged_for_a_moment_costs_nothing(desk):
    given, db = desk
    known, whole = Tokens(given), given.key_file.read_text()
    old = known.present
    given.key_file.write_text(whole[:20])
    assert known.is_good(old) and not known.is_good("wrong")
    given.key_file.write_text(whole)
    assert known.present == old


def test_a_running_ingester_takes_both_and_counts_the_wrong(tmp_path):
    ingester = Ingester(tmp_path)
    try:
        ingester.start()
        given = settings.load(ingester.env)
        report = {"id": "3AF3ABFA-3C5C-4F4B-B6D5-C4F6C3D0D8F7", "to": "4791726200", "status_text": "DELIVERED"}
        old = ingester.token
        tokens.rotate(given, ingester.db, by=COMMAND, now=NOW)
        ingester.token = store.webhook_token(given)
        assert ingester.post("dlr", report) == 200
        ingester.token = old
        assert ingester.post("dlr", report | {"to": "4791726201"}) == 200
        ingester.token = "neither"
        assert ingester.post("dlr", report) == 404
        until(lambda: ingester.count("reports") == 2)
        tokens.forget(given, ingester.db, now=NOW + 100 * HOUR)
        ingester.token = "neither"
        assert ingester.post("dlr", report) == 404  # It looks again when something wrong comes …
        ingester.token = old
        assert ingester.post("dlr", report) == 404  # … and the old one is wrong now.
        assert old not in (tmp_path / "log").read_text()
    finally:
        ingester.close()


def test_the_key_is_replaced_without_a_restart_and_a_refused_one_says_who_must_do_what(tmp_path):
    key_file = tmp_path / "api.key"
    key_file.write_text("sandbox-401\n")
    key_file.chmod(0o600)
    sandbox = Sandbox(tmp_path, answers="0", speed="1000")
    given, db = new_store(
        tmp_path, NEXTPOD_API_KEY_FILE=str(key_file), NEXTPOD_PUBLIC_URL="http://127.0.0.1:9",
        NEXTPOD_API_URL=f"http://127.0.0.1:{sandbox.port}/v2",
    )  # fmt: skip
    assert given.mode == "live"
    clock = [NOW]

    async def go() -> None:
        async with Nextpod.from_settings(given) as client:
            desk = Dispatcher(given, db, client, clock=lambda: clock[0])

            async def work() -> None:
                for _ in range(4):
                    clock[0] += 6_000
                    desk.step()
                    if desk.under_way:
                        await asyncio.wait(desk.under_way, timeout=20)
                        desk._collect()

            await work()
            (brake,) = [each for each in brakes.active(db, now=clock[0]) if each.name == "key"]
            assert "administrator" in str(brake.reason) and "whoever runs this server" in str(brake.reason)
            assert sandbox.ask("/sandbox/counts")["accepted"] == 0
            new = tmp_path / "api.key.new"
            new.write_text("a-key-that-is-good")
            new.chmod(0o600)
            os.replace(new, key_file)
            await work()
            assert sandbox.ask("/sandbox/counts")["accepted"] == 0  # Only a person lets sending go on.
            brakes.let_go(db, "key", now=clock[0], by=DESK)
            await work()

    campaign(db, ["4791726200", "4791726201"], ["Hei"])
    try:
        asyncio.run(go())
        assert len(sandbox.ask("/sandbox/messages?since=0&limit=10")["messages"]) == 2
    finally:
        db.close()
        sandbox.end(signal.SIGKILL)


@pytest.mark.parametrize(("content", "mode", "told"), [
    ("key-of-ours", 0o644, "chmod 600"), ("", 0o600, "nothing else"), ("two words", 0o600, "nothing else"),
    (None, 0o600, "can't be read"),
])  # fmt: skip
def test_a_key_file_that_can_not_be_used_is_told(tmp_path, content, mode, told):
    path = tmp_path / "api.key"
    if content is not None:
        path.write_text(content)
        path.chmod(mode)
    with pytest.raises(WrongSettings, match=told):
        settings.load({"NEXTPOD_API_KEY_FILE": str(path)})
    with pytest.raises(WrongSettings, match="both set"):
        settings.load({"NEXTPOD_API_KEY_FILE": str(path), "NEXTPOD_API_KEY": "x"})
