"""The dispatcher as a process, against the sandbox: what is due leaves, what must rest rests, stopping is clean."""

import resource
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nextpod_core import brakes, campaigns, singles
from nextpod_core.__main__ import now
from nextpod_core.db import transaction
from nextpod_core.people import DESK
from nextpod_core.sentences import say
from tests.chaos import Desk, attempts
from tests.outboxes import campaign, numbers


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, {"answers": "0", "speed": "1000"})
    yield made
    made.close()


def state(desk: Desk, id: int) -> str:
    found = campaigns.get(desk.db, id)
    assert found is not None
    return str(found["state"])


def braked(desk: Desk) -> list[str]:
    return [brake.name for brake in brakes.active(desk.db, now=now())]


def test_a_due_campaign_leaves_and_finishes_and_the_sandbox_agrees(desk: Desk) -> None:
    id = campaign(desk.db, numbers(1500), state="scheduled", due_at=now() - 10)
    desk.start("dispatch")
    desk.until(lambda: state(desk, id) == "finished")
    assert desk.arrived() == dict.fromkeys(numbers(1500), 1)
    assert campaigns.ledger(desk.db, id).accepted == 1500


def test_a_campaign_due_in_a_second_starts_within_the_second_after(desk: Desk) -> None:
    desk.start("dispatch")
    desk.until(lambda: desk.db.execute("SELECT 1 FROM heartbeats WHERE process = 'dispatcher'").fetchone())
    due = now() + 1000
    id = campaign(desk.db, numbers(1), state="scheduled", due_at=due)
    desk.until(lambda: state(desk, id) == "finished")
    started = desk.db.execute("SELECT min(started_at) FROM attempts").fetchone()[0]
    assert due <= started <= due + 1000


def test_stopping_waits_for_what_is_under_way(tmp_path: Path) -> None:
    desk = Desk(tmp_path, {"answers": "0", "latency_ms": "700"})
    try:
        id = campaign(desk.db, numbers(40), [f"t{place}" for place in range(40)])
        desk.start("dispatch")
        desk.until(lambda: attempts(desk))
        assert desk.end("dispatch", signal.SIGINT) == 0
        ledger = campaigns.ledger(desk.db, id)
        assert (ledger.in_flight, ledger.unknown) == (0, 0) and ledger.open == attempts(desk) > 0
        assert sum(desk.arrived().values()) == ledger.open
    finally:
        desk.close()


def test_a_sandbox_that_is_away_costs_nothing_but_time(desk: Desk) -> None:
    id = campaign(desk.db, numbers(3))
    desk.sandbox.end()
    desk.start("dispatch")
    desk.until(lambda: attempts(desk) >= 2)
    desk.sandbox.start()
    desk.until(lambda: state(desk, id) == "finished")
    assert desk.arrived() == dict.fromkeys(numbers(3), 1)


def test_an_answer_lost_after_acceptance_is_unknown_and_not_repeated(desk: Desk) -> None:
    lost = "4799999020"  # The sandbox's number for it, docs/sandbox.md.
    id = campaign(desk.db, [lost])
    desk.start("dispatch")
    desk.until(lambda: state(desk, id) == "finished")
    assert campaigns.ledger(desk.db, id).unknown == 1
    assert desk.arrived() == {lost: 1}


def test_old_data_does_not_send_by_itself(desk: Desk) -> None:
    id = campaign(desk.db, numbers(2))
    with transaction(desk.db):
        desk.db.execute("INSERT INTO heartbeats VALUES ('dispatcher', :at, :at, 1, '{}')", {"at": now() - 11 * 60_000})
    desk.start("dispatch")
    desk.until(lambda: braked(desk))
    assert braked(desk) == ["overdue"] and attempts(desk) == 0
    brakes.let_go(desk.db, "overdue", now=now(), by=DESK)
    desk.until(lambda: state(desk, id) == "finished")


def test_pause_stop_and_cancel_hold_within_a_second_and_what_goes_on_goes_on_where_it_stopped(tmp_path: Path) -> None:
    desk = Desk(tmp_path, {"answers": "0", "latency_ms": "100"}, {"NEXTPOD_UNDER_WAY": "4"})

    def holds() -> bool:
        """Nothing more begins but what was claimed at that moment, and that is over within the second."""
        held = attempts(desk)
        desk.until(lambda: campaigns.ledger(desk.db, id).in_flight == 0, seconds=1.5)
        return attempts(desk) <= held + 4

    def goes_on() -> None:
        before = attempts(desk)
        desk.until(lambda: attempts(desk) > before + 4)

    try:
        id = campaign(desk.db, numbers(200), [f"t{place}" for place in range(200)])
        desk.start("dispatch")
        goes_on()
        campaigns.pause(desk.db, id, by=DESK, now=now())
        assert holds()
        campaigns.resume(desk.db, id, by=DESK, now=now())
        goes_on()
        with transaction(desk.db):
            brakes.put_on(desk.db, "stop", say("Somebody at the desk stopped all sending."), now=now(), by=DESK)
        assert holds()
        brakes.let_go(desk.db, "stop", now=now(), by=DESK)
        goes_on()
        campaigns.cancel(desk.db, id, by=DESK, now=now())
        assert holds()
        ledger = campaigns.ledger(desk.db, id)
        assert ledger.balances and ledger.cancelled == 200 - ledger.accepted > 100
        assert desk.arrived() == dict.fromkeys(numbers(ledger.accepted), 1)
    finally:
        desk.close()


def test_two_dispatchers_share_the_work_and_never_a_batch(desk: Desk) -> None:
    id = campaign(desk.db, numbers(300), [f"t{place}" for place in range(300)])
    holders: set[str] = set()
    desk.start("dispatch")
    desk.start("second")

    def is_over() -> bool:
        holders.update(row[0] for row in desk.db.execute("SELECT holder FROM batches WHERE state = 'sending'"))
        return state(desk, id) == "finished"

    desk.until(is_over)
    assert len(holders) == 2
    assert desk.arrived() == dict.fromkeys(numbers(300), 1)
    assert campaigns.ledger(desk.db, id).accepted == 300


def test_on_a_full_disk_it_stops_claiming_and_afterwards_goes_on(desk: Desk) -> None:
    id = campaign(desk.db, numbers(400), [f"t{place}" for place in range(400)])
    desk.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    largest = desk.settings.database.stat().st_size + 16_384
    desk.start("dispatch", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest)))
    desk.until(lambda: attempts(desk))
    seen: list[tuple[int, float]] = []

    def rests() -> bool:
        """Whether nothing has begun for a second."""
        if not seen or seen[-1][0] != attempts(desk):
            seen.append((attempts(desk), time.monotonic()))
        return time.monotonic() - seen[-1][1] > 1

    desk.until(rests)
    begun = attempts(desk)
    assert begun < 400 and len(desk.arrived()) <= begun
    desk.end("dispatch", signal.SIGKILL)
    assert "nothing is claimed" in desk.output
    desk.start("dispatch")
    desk.until(lambda: attempts(desk) > begun + 20)
    desk.end("dispatch")
    ledger = campaigns.ledger(desk.db, id)
    assert ledger.balances and max(desk.arrived().values()) == 1
    assert len(desk.arrived()) <= 400 - ledger.queued


def test_an_answer_from_the_inbox_leaves_while_a_campaign_is_sending(tmp_path: Path) -> None:
    desk = Desk(tmp_path, {"answers": "0", "latency_ms": "50"}, {"NEXTPOD_UNDER_WAY": "2"})
    try:
        campaign(desk.db, numbers(400), [f"t{place}" for place in range(400)])
        desk.start("dispatch")
        desk.until(lambda: attempts(desk) > 4)
        with transaction(desk.db):
            answer = singles.enqueue(
                desk.db, kind="answers", sender="2345", text="Ja", msisdn="4799000000", key="k", by=DESK, now=now()
            )
        before = attempts(desk)
        desk.until(
            lambda: desk.db.execute("SELECT status FROM messages WHERE id = ?", (answer,)).fetchone()[0] == "accepted"
        )
        assert attempts(desk) < before + 40
    finally:
        desk.close()
