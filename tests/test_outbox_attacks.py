"""Ways to text somebody twice, to lose somebody, or to miscount, each tried: odd orders of answers, reports, people."""

import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nextpod_core import brakes, campaigns, options, outbox, pace, reports, settlement, store, suppressions
from nextpod_core.db import Connection, transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import DESK, DISPATCHER
from nextpod_core.sentences import say
from nextpod_core.settings import Settings
from nextpod_core.settlement import Outcome
from tests.outboxes import NOW, campaign, new_store, numbers
from tests.test_outbox import LEASE, claim, ids, is_whole, record

HELD = 600_000
HOUR = 3_600_000


@pytest.fixture
def shop(tmp_path: Path) -> tuple[Settings, Connection]:
    return new_store(tmp_path)


def report(db: Connection, batch: outbox.Batch, number: str, *, now: int, fold: bool = True) -> None:
    """A delivery report under the batch's reference; the id is one that no answer ever named."""
    told = {
        "id": f"{number:0>36}", "to": number, "status_code": "2", "status_text": "DELIVERED",
        "reference": outbox.show_reference(batch.reference),
    }  # fmt: skip
    with transaction(db):
        reports.append(db, [reports.parse(told, body=repr(told).encode(), arrived=now, source="127.0.0.1")])
    if fold:
        while reports.fold(db, now=now):
            pass


def opt_out(db: Connection, number: str, *, now: int = NOW) -> None:
    with transaction(db):
        suppressions.add(db, msisdn=number, reason="hand", by=DESK, now=now)


def unknown(db: Connection, one: int, *, now: int = NOW + LEASE + 1) -> None:
    """Everything claimed of it becomes unknown: its dispatcher died."""
    settlement.expire(db, now=now)
    assert campaigns.ledger(db, one).unknown


# Twice


def test_a_report_for_a_held_batch_counts_also_after_a_second_try_did_not_leave(shop):
    db = shop[1]
    one = campaign(db, numbers(3))
    (first,) = claim(db)
    record(shop, first, Outcome("fault", code=500))
    (second,) = claim(db, now=NOW + HELD)
    record(shop, second, Outcome("not_sent"), now=NOW + HELD)
    report(db, first, first.to[0], now=NOW + HELD + 1)
    assert claim(db, now=NOW + HELD + HOUR) == []
    ledger = is_whole(db, one)
    assert (ledger.delivered, ledger.open) == (1, 2)


def test_a_report_that_waits_to_be_folded_keeps_a_held_batch_from_leaving_again(shop):
    db = shop[1]
    one = campaign(db, numbers(3))
    (first,) = claim(db)
    record(shop, first, Outcome("fault", code=500))
    report(db, first, first.to[0], now=NOW + 1, fold=False)
    assert claim(db, now=NOW + HELD) == []
    while reports.fold(db, now=NOW + HELD):
        pass
    ledger = is_whole(db, one)
    assert (ledger.delivered, ledger.open) == (1, 2)


def test_a_held_batch_waits_while_nobody_listens_for_its_reports(shop):
    db = shop[1]
    campaign(db, numbers(3))
    (batch,) = claim(db)
    record(shop, batch, Outcome("fault", code=500))
    assert outbox.claim(db, now=NOW + HELD, holder="x", lease=LEASE, room=9) == []
    assert len(claim(db, now=NOW + HELD)) == 1


def test_what_got_a_500_and_then_did_not_leave_waits_while_nobody_listens_either(shop):
    """Reports of the first attempt may come at any time: that the second was proved not to leave changes nothing."""
    db = shop[1]
    one = campaign(db, numbers(3))
    (batch,) = claim(db)
    record(shop, batch, Outcome("fault", code=500))
    (again,) = claim(db, now=NOW + HELD)
    record(shop, again, Outcome("not_sent"), now=NOW + HELD)
    assert outbox.claim(db, now=NOW + HELD + HOUR, holder="x", lease=LEASE, room=9) == []
    assert is_whole(db, one).unknown == 0
    store.beat(db, "ingester", now=NOW + HELD + HOUR, started_at=NOW + HELD + HOUR)
    assert outbox.claim(db, now=NOW + HELD + HOUR, holder="x", lease=LEASE, room=9) == []
    assert is_whole(db, one).unknown == 3


@pytest.mark.parametrize("back", [1_000, HELD - 1_000])
def test_a_held_batch_never_leaves_again_where_its_reports_may_have_come_while_nobody_listened(shop, back):
    """The machine slept through the report, or the ingester was down: Nextpod promises to bring it once."""
    db = shop[1]
    one = campaign(db, numbers(3))
    (batch,) = claim(db)
    record(shop, batch, Outcome("fault", code=500))
    db.execute("DELETE FROM heartbeats")
    store.beat(db, "ingester", now=NOW + back, started_at=NOW + back)
    assert claim(db, now=NOW + HELD) == []
    assert is_whole(db, one).unknown == 3
    assert claim(db, now=NOW + HELD + HOUR) == []
    report(db, batch, batch.to[0], now=NOW + HELD + HOUR)
    assert is_whole(db, one).delivered == 1


def test_an_ingester_that_was_restarted_quickly_was_there_all_the_time(shop):
    db = shop[1]
    campaign(db, numbers(3))
    (batch,) = claim(db)
    record(shop, batch, Outcome("fault", code=500))
    store.beat(db, "ingester", now=NOW + 5_000, started_at=NOW + 5_000)
    assert len(claim(db, now=NOW + HELD)) == 1


def test_what_was_handed_over_for_later_is_never_repeated_after_a_500(shop):
    db = shop[1]
    one = campaign(db, numbers(3), due_at=NOW + 48 * HOUR, handed_over=1)
    (batch,) = claim(db)
    assert batch.send_time == NOW + 48 * HOUR
    record(shop, batch, Outcome("fault", code=500))
    assert is_whole(db, one).unknown == 3
    assert claim(db, now=NOW + HELD) == []


@pytest.mark.parametrize("claimed", [False, True])
def test_a_late_answer_keeps_what_was_sent_again_from_leaving(shop, claimed):
    db = shop[1]
    one = campaign(db, numbers(3))
    (first,) = claim(db)
    unknown(db, one)
    assert campaigns.send_again(db, one, by=DESK, now=NOW + LEASE + 2) == 3
    if claimed:
        (second,) = claim(db, now=NOW + LEASE + 3)
        record(shop, second, Outcome("not_sent"), now=NOW + LEASE + 3)
    record(shop, first, Outcome("accepted", ids=ids(first)), now=NOW + LEASE + 4)
    assert claim(db, now=NOW + LEASE + HOUR) == []
    assert is_whole(db, one).open == 3


def test_only_the_latest_attempt_of_a_batch_may_give_it_back(shop):
    db = shop[1]
    one = campaign(db, numbers(3))
    (first,) = claim(db)
    record(shop, first, Outcome("not_sent"))
    (second,) = claim(db, now=NOW + 1000)
    record(shop, first, Outcome("not_sent"), now=NOW + 1001)  # Told once more, by whatever mistake.
    assert claim(db, now=NOW + HOUR) == []
    record(shop, second, Outcome("accepted", ids=ids(second)), now=NOW + 1002)
    assert is_whole(db, one).open == 3


# Lost


@pytest.mark.parametrize("before", ["not_sent", "fault"])
def test_an_opt_out_between_two_tries_does_not_pass_for_a_report(shop, before):
    db = shop[1]
    one = campaign(db, numbers(3))
    (batch,) = claim(db)
    record(shop, batch, Outcome(before))
    opt_out(db, batch.to[0])
    (batch,) = claim(db, now=NOW + HELD)
    record(shop, batch, Outcome("fault", code=500), now=NOW + HELD)
    (again,) = claim(db, now=NOW + 2 * HELD)
    assert again.to == tuple(numbers(3)[1:])
    ledger = is_whole(db, one)
    assert (ledger.skipped, ledger.unknown) == ((1, 0) if before == "not_sent" else (0, 1))


def test_a_report_of_an_earlier_request_says_nothing_of_a_later_one(shop):
    db = shop[1]
    one = campaign(db, numbers(3))
    (first,) = claim(db)
    unknown(db, one)
    campaigns.send_again(db, one, by=DESK, now=NOW + LEASE + 2)
    (second,) = claim(db, now=NOW + LEASE + 3)
    record(shop, second, Outcome("fault", code=500), now=NOW + LEASE + 3)
    report(db, first, first.to[0], now=NOW + LEASE + 4)
    (third,) = claim(db, now=NOW + LEASE + 4 + HELD)
    assert third.to == tuple(numbers(3)[1:])
    assert is_whole(db, one).delivered == 1


def test_what_is_sent_again_is_not_left_behind_in_a_finished_campaign(shop):
    settings, db = shop
    one = campaign(db, numbers(3))
    claim(db)
    unknown(db, one)
    other, pressed = store.open(settings), []

    def press(statement: str) -> None:
        """Between the dispatcher's question, what is done, and its change a person presses "send again"."""
        if statement.startswith("BEGIN IMMEDIATE") and not pressed:
            pressed.append(campaigns.send_again(other, one, by=DESK, now=NOW + LEASE + 2))

    db.set_trace_callback(press)
    campaigns.finish_done(db, now=NOW + LEASE + 3)
    db.set_trace_callback(None)
    other.close()
    assert pressed == [3]
    assert campaigns.get(db, one)["state"] == "sending"
    assert [len(batch.to) for batch in claim(db, now=NOW + LEASE + 4)] == [3]


# Called what it is not


@pytest.mark.parametrize("how", ["cancel", "cancel while it waits", "opt out", "refuse"])
def test_what_may_have_left_is_never_called_unsent(shop, how):
    db = shop[1]
    one = campaign(db, numbers(3))
    claim(db)
    unknown(db, one)
    campaigns.send_again(db, one, by=DESK, now=NOW + LEASE + 2)
    if how == "opt out":
        for number in numbers(3):
            opt_out(db, number)
        assert claim(db, now=NOW + LEASE + 3) == []
    if how == "refuse":
        (batch,) = claim(db, now=NOW + LEASE + 3)
        record(shop, batch, Outcome("rejected", code=400, phrase="To parameter"), now=NOW + LEASE + 3)
    if how == "cancel while it waits":
        (batch,) = claim(db, now=NOW + LEASE + 3)
        record(shop, batch, Outcome("not_sent"), now=NOW + LEASE + 3)
    if how.startswith("cancel"):
        campaigns.cancel(db, one, by=DESK, now=NOW + LEASE + 3)
        while campaigns.sweep_cancelled(db):
            pass
    assert is_whole(db, one).unknown == 3
    assert claim(db, now=NOW + LEASE + HOUR) == []


def test_a_500_and_then_a_cancel_stay_unknown_though_the_second_try_did_not_leave(shop):
    db = shop[1]
    one = campaign(db, numbers(3))
    (batch,) = claim(db)
    record(shop, batch, Outcome("fault", code=500))
    (batch,) = claim(db, now=NOW + HELD)
    record(shop, batch, Outcome("not_sent"), now=NOW + HELD)
    campaigns.cancel(db, one, by=DESK, now=NOW + HELD)
    while campaigns.sweep_cancelled(db):
        pass
    assert is_whole(db, one).unknown == 3


def test_unknown_ones_of_a_cancelled_campaign_are_not_sent_again(shop):
    db = shop[1]
    one = campaign(db, numbers(3))
    claim(db)
    campaigns.cancel(db, one, by=DESK, now=NOW)
    unknown(db, one)
    with pytest.raises(BadInput):
        campaigns.send_again(db, one, by=DESK, now=NOW + LEASE + 2)
    assert is_whole(db, one).unknown == 3


# Limits, clocks, brakes


@pytest.mark.parametrize("kind", ["wrong_address", "unknown", "fault"])
def test_whatever_may_have_been_sent_counts_towards_the_day(shop, kind):
    db = shop[1]
    options.change(db, by=DESK, now=NOW, daily_limit=5)
    campaign(db, numbers(3))
    (batch,) = claim(db)
    record(shop, batch, Outcome(kind, code=404))
    assert pace.left_today(db, options.read(db), now=NOW) == 2


def test_a_batch_that_goes_out_again_keeps_to_the_pace_and_is_not_starved(shop):
    db = shop[1]
    campaign(db, numbers(20), per_minute=4)
    (first,) = claim(db)
    record(shop, first, Outcome("not_sent"))
    left = [(NOW + second * 1000, batch) for second in range(1, 150) for batch in claim(db, now=NOW + second * 1000)]
    assert left[0][1].to == first.to
    for at, _ in left:
        assert sum(len(batch.to) for then, batch in left if at <= then < at + 60_000) <= 4
    assert sum(len(batch.to) for _, batch in left) == 12


def test_a_clock_that_jumps_back_sends_nothing_twice_and_nothing_too_fast(shop):
    db = shop[1]
    one = campaign(db, numbers(8), per_minute=4)
    (batch,) = claim(db)
    assert claim(db, now=NOW - HOUR) == []
    assert settlement.expire(db, now=NOW - HOUR) == 0
    record(shop, batch, Outcome("accepted", ids=ids(batch)), now=NOW - HOUR)
    assert is_whole(db, one).open == 4
    assert sum(len(batch.to) for batch in claim(db, now=NOW + 61_000)) == 4


def test_a_clock_that_jumps_ahead_makes_unknown_and_the_answer_mends_it(shop):
    db = shop[1]
    one = campaign(db, numbers(3))
    (batch,) = claim(db)
    unknown(db, one, now=NOW + 24 * HOUR)
    campaigns.finish_done(db, now=NOW + 24 * HOUR)
    record(shop, batch, Outcome("accepted", ids=ids(batch)), now=NOW + 24 * HOUR)
    assert is_whole(db, one).open == 3


def test_a_campaign_due_under_a_brake_stays_scheduled_until_somebody_lets_go(shop):
    db = shop[1]
    one = campaign(db, numbers(1), state="scheduled")
    with transaction(db):
        brakes.put_on(db, "overdue", say("Look first."), now=NOW, by=DISPATCHER)
    assert campaigns.start_due(db, now=NOW) == 0
    assert campaigns.get(db, one)["state"] == "scheduled"
    brakes.let_go(db, "overdue", now=NOW, by=DESK)
    assert campaigns.start_due(db, now=NOW) == 1


def test_a_campaign_with_many_bad_numbers_pauses_before_all_sending_has_to_rest(shop):
    db = shop[1]
    to = numbers(30)
    one = campaign(db, to, texts=[f"t{place}" for place in range(30)])
    refused = 0
    while batches := claim(db, room=1):
        record(shop, batches[0], Outcome("rejected", code=400, phrase="To parameter"))
        refused += 1
    assert (refused, campaigns.get(db, one)["state"]) == (3, "paused")
    assert brakes.active(db, now=NOW) == []
    assert is_whole(db, one).refused == 3


def test_a_batch_larger_than_a_limit_set_since_goes_out_in_pieces(shop):
    db = shop[1]
    one = campaign(db, numbers(10))
    (batch,) = claim(db)
    record(shop, batch, Outcome("not_sent"))
    options.change(db, by=DESK, now=NOW, daily_limit=4)
    days = []
    for day in range(4):
        at = NOW + day * 24 * HOUR + 5_000
        days.append(sum(len(batch.to) for _ in range(2) for batch in claim(db, now=at)))
    assert days == [4, 4, 2, 0]
    assert is_whole(db, one).in_flight == 10


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2026-09-21 23:59:59", "2026-09-22 00:00:00"),
        ("2026-10-25 23:59:59", "2026-10-26 00:00:00"),  # the day of 25 hours
        ("2026-03-29 23:59:59", "2026-03-30 00:00:00"),  # the day of 23
    ],
)
def test_a_day_of_the_account_ends_at_midnight_on_the_teams_own_clock(shop, before, after):
    db = shop[1]

    def at(text: str) -> int:
        clock = datetime.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Oslo"))
        return int(clock.timestamp() * 1000)

    options.change(db, by=DESK, now=NOW, daily_limit=5, zone="Europe/Oslo")
    campaign(db, numbers(20))
    morning = at(before[:10] + " 00:30:00")
    assert sum(len(batch.to) for batch in claim(db, now=morning)) == 5
    assert claim(db, now=at(before)) == []
    assert sum(len(batch.to) for batch in claim(db, now=at(after))) == 5
    # A clock that goes back over midnight does not give the old day a second time.
    assert claim(db, now=at(before)) == []
