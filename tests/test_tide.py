"""The tide mark: a database that went back in time, by seconds or by days, sends nothing by itself."""

import os
import signal
from pathlib import Path

import pytest

from nextpod_core import brakes, campaigns, db, holding, outbox, people, store, tide
from nextpod_core.__main__ import now
from nextpod_core.people import COMMAND, DESK
from tests.chaos import Desk
from tests.outboxes import NOW, campaign, counted, new_store, numbers, statuses
from tests.test_outbox import LEASE


@pytest.fixture
def shop(tmp_path):
    return new_store(tmp_path)


def snapshot(at: db.Connection, to: Path) -> Path:
    at.execute("VACUUM INTO ?", (str(to),))
    return to


def put_back(given, at: db.Connection, file: Path) -> db.Connection:
    """The older file by hand in the place of the database, as no command would."""
    at.close()
    for end in ("-wal", "-shm"):
        Path(f"{given.database}{end}").unlink(missing_ok=True)
    os.replace(file, given.database)
    with db.connect(given.database) as plain:
        plain.execute("PRAGMA journal_mode = WAL")
    return store.open(given)


def claim(at: db.Connection, given) -> list[outbox.Batch]:
    batches = outbox.claim(at, now=NOW, holder="test", lease=LEASE, room=1)
    tide.raise_mark(at, given.tide)
    return batches


def test_what_only_grew_lacks_nothing(shop, tmp_path):
    given, at = shop
    assert tide.missing(at, given.tide) is None and not given.tide.exists()
    campaign(at, numbers(4), ("a", "b"))
    for _ in range(2):
        claim(at, given)
        assert tide.missing(at, given.tide) is None
    assert given.tide.stat().st_mode & 0o777 == 0o600


def test_a_request_that_left_and_is_not_in_the_file_is_seen_however_young_the_file_is(shop, tmp_path):
    given, at = shop
    one = campaign(at, numbers(6), ("a", "b", "c"))
    claim(at, given)
    old = snapshot(at, tmp_path / "old.db")
    claim(at, given)
    at = put_back(given, at, old)
    lacks = tide.missing(at, given.tide)
    assert lacks == tide.Missing(True, 1)
    # Also when as many have left since as are missing: the reference is another one.
    outbox.claim(at, now=NOW, holder="test", lease=LEASE, room=1)
    assert tide.missing(at, given.tide) == tide.Missing(True, 1)
    later = campaign(at, numbers(2), state="scheduled", due_at=NOW + 1)
    paused = campaign(at, numbers(2), state="paused")
    holding.hold_behind(at, lacks, now=NOW)
    tide.begin_again(at, given.tide)
    assert tide.missing(at, given.tide) is None
    assert statuses(at, one) == {"unknown": 6} == counted(at, one) and campaigns.ledger(at, one).balances
    assert statuses(at, later) == statuses(at, paused) == {"queued": 2}
    assert {row["state"] for row in campaigns.recent(at)} == {"paused"}
    assert [brake.name for brake in brakes.active(at, now=NOW)] == ["overdue"]
    brakes.let_go(at, "overdue", now=NOW, by=DESK)
    campaigns.start_due(at, now=NOW + 10)
    assert outbox.claim(at, now=NOW + 10, holder="test", lease=LEASE, room=9) == []
    # Somebody who knows the risk decides.
    assert campaigns.send_again(at, one, by=DESK, now=NOW) == 6
    campaigns.resume(at, one, by=DESK, now=NOW, although=6)


def test_a_change_that_was_lost_pauses_everything_and_makes_nothing_unknown(shop, tmp_path):
    given, at = shop
    one = campaign(at, numbers(3))
    old = snapshot(at, tmp_path / "old.db")
    campaigns.pause(at, one, by=DESK, now=NOW)
    tide.raise_mark(at, given.tide)
    at = put_back(given, at, old)
    lacks = tide.missing(at, given.tide)
    assert lacks == tide.Missing(False, 0)
    holding.hold_behind(at, lacks, now=NOW)
    assert statuses(at, one) == {"queued": 3}
    assert campaigns.get(at, one)["state"] == "paused"


@pytest.mark.parametrize("harm", ["gone", "torn", "empty", "another database's"])
def test_a_mark_that_says_nothing_stops_nothing(shop, tmp_path, harm):
    given, at = shop
    campaign(at, numbers(3))
    claim(at, given)
    text = given.tide.read_text()
    if harm == "gone":
        given.tide.unlink()
    else:
        given.tide.write_text({"torn": text[:30], "empty": ""}.get(harm, "f" * 16 + text[16:].replace("1 ", "9 ")))
    assert tide.missing(at, given.tide) is None
    tide.raise_mark(at, given.tide)
    assert given.tide.read_text() == text


def test_of_two_dispatchers_the_one_that_writes_late_lowers_nothing(shop, tmp_path):
    given, at = shop
    campaign(at, numbers(4), ("a", "b"))
    claim(at, given)
    first = given.tide.read_text()
    with db.transaction(at):
        people.audit(at, by=COMMAND, action="store.check", now=NOW, subject="store")
    claim(at, given)
    second = given.tide.read_text()
    assert second > first
    old = store.open(given)
    old.execute("BEGIN")
    tide.raise_mark(old, given.tide)
    assert given.tide.read_text() == second
    old.close()


def test_a_mark_that_can_not_be_written_keeps_nothing_from_leaving(shop, tmp_path):
    _given, at = shop
    tide.raise_mark(at, tmp_path / "no" / "such" / "folder")


def test_a_dispatcher_on_a_snapshot_of_seconds_ago_sends_nothing_and_says_why(tmp_path):
    desk = Desk(tmp_path, {"answers": "0", "latency_ms": "20"})
    try:
        id = campaign(desk.db, numbers(400), [f"t{place}" for place in range(400)])
        desk.start("dispatch")
        desk.until(lambda: campaigns.ledger(desk.db, id).accepted >= 20)
        old = snapshot(desk.db, tmp_path / "old.db")
        desk.until(lambda: campaigns.ledger(desk.db, id).accepted >= 100)
        desk.end("dispatch", signal.SIGKILL)
        claimed = desk.db.execute("SELECT count(*) FROM attempts").fetchone()[0]
        desk.db = put_back(desk.settings, desk.db, old)
        desk.start("dispatch")
        desk.until(lambda: campaigns.get(desk.db, id)["state"] == "paused")
        assert [brake.name for brake in brakes.active(desk.db, now=now())] == ["overdue"]
        ledger = campaigns.ledger(desk.db, id)
        assert ledger.balances and ledger.queued == 0 and ledger.unknown + ledger.accepted == 400
        arrived = desk.arrived()  # Those under way at the kill may come late; nothing that was claimed after it.
        assert len(arrived) <= claimed and max(arrived.values()) == 1
    finally:
        desk.close()
