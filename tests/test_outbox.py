"""The claim: what may leave, to whom, how much of it, and that nothing is ever claimed twice."""

import re
import threading
from pathlib import Path

import pytest

from nextpod_core import brakes, campaigns, options, outbox, pace, settlement, singles, store, suppressions
from nextpod_core.db import Connection, transaction
from nextpod_core.people import DESK, DISPATCHER
from nextpod_core.sentences import say
from nextpod_core.settings import Settings
from nextpod_core.settlement import Outcome
from tests.outboxes import NOW, campaign, counted, listen, new_store, numbers, statuses

LEASE = 90_000


@pytest.fixture
def shop(tmp_path: Path) -> tuple[Settings, Connection]:
    return new_store(tmp_path)


def claim(db: Connection, *, now: int = NOW, room: int = 64) -> list[outbox.Batch]:
    listen(db, until=now)  # Or nothing held ever goes out again.
    return outbox.claim(db, now=now, holder="test", lease=LEASE, room=room)


def record(
    shop: tuple[Settings, Connection], batch: outbox.Batch, outcome: Outcome, *, now: int = NOW, unknowns: int = 0
) -> int:
    return settlement.record(shop[1], [(batch, outcome)], settings=shop[0], unknowns_in_row=unknowns, now=now)


def ids(batch: outbox.Batch) -> dict[str, str]:
    return {number: f"00000000-0000-0000-0000-{int(number):012d}" for number in batch.to}


def is_whole(db: Connection, campaign_id: int) -> campaigns.Ledger:
    ledger = campaigns.ledger(db, campaign_id)
    assert ledger.balances, ledger
    assert statuses(db, campaign_id) == counted(db, campaign_id)
    return ledger


def test_equal_texts_leave_together_a_thousand_at_a_time(shop):
    db = shop[1]
    one = campaign(db, numbers(2_300))
    assert [len(batch.to) for batch in claim(db)] == [1000, 1000, 300]
    assert is_whole(db, one).in_flight == 2_300


def test_every_own_text_is_a_batch_of_its_own(shop):
    db = shop[1]
    campaign(db, numbers(5), texts=["Hei Ada", "Hei Bo", "Hei Cy"])
    batches = claim(db)
    assert sorted((batch.text, len(batch.to)) for batch in batches) == [("Hei Ada", 2), ("Hei Bo", 2), ("Hei Cy", 1)]
    assert len({batch.reference for batch in batches}) == 3


def test_a_claim_takes_no_more_than_there_is_room_for(shop):
    db = shop[1]
    one = campaign(db, numbers(10), texts=[f"Hei {place}" for place in range(10)])
    assert len(claim(db, room=4)) == 4
    assert is_whole(db, one).queued == 6


def test_nothing_is_claimed_twice_by_many_at_once(shop):
    settings, db = shop
    one = campaign(db, numbers(400), texts=[f"Hei {place}" for place in range(400)])
    seen: list[str] = []

    def take() -> None:
        own = store.open(settings)
        while batches := outbox.claim(own, now=NOW, holder="x", lease=LEASE, room=7):
            seen.extend(number for batch in batches for number in batch.to)
        own.close()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == numbers(400)
    assert is_whole(db, one).in_flight == 400


def test_who_opted_out_before_the_claim_is_skipped_and_counted(shop):
    db = shop[1]
    to = numbers(5)
    one = campaign(db, to)
    with transaction(db):
        suppressions.add(db, msisdn=to[2], reason="hand", by=DESK, now=NOW)
    (batch,) = claim(db)
    assert batch.to == (to[0], to[1], to[3], to[4])
    assert is_whole(db, one).skipped == 1


def test_a_campaign_of_nobody_but_opted_out_people_makes_no_request(shop):
    db = shop[1]
    to = numbers(3)
    one = campaign(db, to)
    with transaction(db):
        for number in to:
            suppressions.add(db, msisdn=number, reason="hand", by=DESK, now=NOW)
    assert claim(db) == []
    assert is_whole(db, one).skipped == 3
    campaigns.finish_done(db, now=NOW)
    assert campaigns.get(db, one)["state"] == "finished"


@pytest.mark.parametrize("state", ["draft", "scheduled", "paused", "finished", "cancelled"])
def test_only_sending_campaigns_are_claimed_from(shop, state):
    campaign(shop[1], numbers(3), state=state)
    assert claim(shop[1]) == []


def test_a_brake_rests_everything_until_its_time(shop):
    db = shop[1]
    campaign(db, numbers(3))
    with transaction(db):
        brakes.put_on(db, "lockout", say("Rest."), now=NOW, by=DISPATCHER, until=NOW + 1000)
    assert claim(db) == []
    assert len(claim(db, now=NOW + 1000)) == 1


def test_answers_overtake_tests_and_tests_overtake_campaigns(shop):
    db = shop[1]
    campaign(db, numbers(1), texts=["campaign"])
    campaign(db, numbers(1), texts=["urgent"], urgent=1)
    for kind in ("tests", "answers"):
        with transaction(db):
            singles.enqueue(db, kind=kind, sender="2345", text=kind, msisdn="4799999999", key=kind, by=DESK, now=NOW)
    assert [batch.text for batch in claim(db)] == ["answers", "tests", "urgent", "campaign"]


def test_campaigns_take_turns(shop):
    db = shop[1]
    for name in "ab":
        campaign(db, numbers(6), texts=[f"{name}{place}" for place in range(6)])
    told = [claim(db, now=NOW + place, room=1)[0].text[0] for place in range(6)]
    assert told in (list("ababab"), list("bababa"))


def test_the_same_key_queues_one_answer(shop):
    db = shop[1]
    made = set()
    for _ in range(3):
        with transaction(db):
            made.add(
                singles.enqueue(
                    db, kind="answers", sender="2345", text="Hei", msisdn="4799999999", key="k", by=DESK, now=NOW
                )
            )
    assert len(made) == 1
    assert [batch.to for batch in claim(db)] == [("4799999999",)]


def test_two_equal_answers_to_one_person_are_two_requests(shop):
    db = shop[1]
    for key in "ab":
        with transaction(db):
            singles.enqueue(
                db, kind="answers", sender="2345", text="Ja", msisdn="4799999999", key=key, by=DESK, now=NOW
            )
    assert [batch.to for batch in claim(db)] == [("4799999999",), ("4799999999",)]


def test_a_minute_takes_no_more_than_the_pace_allows(shop):
    db = shop[1]
    campaign(db, numbers(10), per_minute=4)
    assert sum(len(batch.to) for batch in claim(db)) == 4
    assert claim(db, now=NOW + 59_000) == []
    assert sum(len(batch.to) for batch in claim(db, now=NOW + 60_001)) == 4


def test_spreading_reaches_the_end_about_when_it_said(shop):
    db = shop[1]
    one = campaign(db, numbers(60), spread_ms=3_600_000)
    now, sent = NOW, []
    while campaigns.ledger(db, one).queued:
        sent += [now] * sum(len(batch.to) for batch in claim(db, now=now))
        now += 5_000
    assert 3_400_000 <= sent[-1] - NOW <= 3_700_000
    assert max(sent.count(moment) for moment in sent) == 1


def test_a_slow_spread_still_moves(shop):
    db = shop[1]
    campaign(db, numbers(3), spread_ms=3 * 3_600_000)
    assert [sum(len(b.to) for b in claim(db, now=NOW + hour * 3_600_000 + hour)) for hour in range(3)] == [1, 1, 1]


def test_a_first_wave_leaves_alone_and_the_rest_when_its_time_has_come(shop):
    db = shop[1]
    campaign(db, numbers(30), texts=("A", "B", "C"), wave_size=10, wave_ms=600_000)
    assert sum(len(batch.to) for batch in claim(db)) == 10
    assert claim(db, now=NOW + 599_999) == []
    assert sum(len(batch.to) for batch in claim(db, now=NOW + 600_000)) == 20


def test_a_wave_that_reached_nobody_goes_again_and_its_clock_with_it(shop):
    db = shop[1]
    one = campaign(db, numbers(30), wave_size=10, wave_ms=600_000)
    (batch,) = claim(db)
    db.execute("UPDATE attempts SET outcome = 'blocked', ended_at = ?", (NOW,))
    row = campaigns.get(db, one)
    assert pace.wave(db, row, now=NOW + 700_000) == pace.Wave(10, 0, None)
    assert pace.allowance(db, row, now=NOW + 700_000) == 10
    assert len(batch.to) == 10


def test_a_wave_keeps_to_the_pace_and_stopping_it_keeps_the_rest(shop):
    db = shop[1]
    one = campaign(db, numbers(30), wave_size=10, wave_ms=600_000, per_minute=4)
    assert [sum(len(b.to) for b in claim(db, now=NOW + minute * 60_001)) for minute in range(4)] == [4, 4, 2, 0]
    campaigns.pause(db, one, by=DESK, now=NOW + 300_000)
    assert claim(db, now=NOW + 700_000) == []
    assert campaigns.ledger(db, one).queued == 20


def test_outside_its_window_a_campaign_waits(shop):
    db = shop[1]
    campaign(db, numbers(1), window_from="08:00", window_to="20:00")
    night = NOW // 86_400_000 * 86_400_000 + 23 * 3_600_000
    assert claim(db, now=night) == []
    assert len(claim(db, now=night + 10 * 3_600_000)) == 1


def test_the_accounts_day_has_a_limit(shop):
    db = shop[1]
    options.change(db, by=DESK, now=NOW, daily_limit=5)
    campaign(db, numbers(8))
    assert sum(len(batch.to) for batch in claim(db)) == 5
    assert claim(db, now=NOW + 1000) == []
    assert sum(len(batch.to) for batch in claim(db, now=NOW + 86_400_000)) == 3


def test_an_answer_makes_all_accepted_with_their_ids(shop):
    db = shop[1]
    one = campaign(db, numbers(4))
    (batch,) = claim(db)
    record(shop, batch, Outcome("accepted", ids=ids(batch), code=200))
    assert is_whole(db, one).open == 4
    assert db.execute("SELECT count(*) FROM message_ids").fetchone()[0] == 4
    campaigns.finish_done(db, now=NOW)
    assert campaigns.get(db, one)["state"] == "finished"


def test_a_number_missing_from_the_answer_is_unknown(shop):
    db = shop[1]
    one = campaign(db, numbers(3))
    (batch,) = claim(db)
    given = ids(batch)
    del given[batch.to[1]]
    record(shop, batch, Outcome("accepted", ids=given))
    ledger = is_whole(db, one)
    assert (ledger.open, ledger.unknown) == (2, 1)


def test_what_was_not_sent_goes_out_again_with_growing_waits_and_new_references(shop):
    db = shop[1]
    one = campaign(db, numbers(3))
    (first,) = claim(db)
    record(shop, first, Outcome("not_sent"))
    assert claim(db, now=NOW + 999) == []
    (second,) = claim(db, now=NOW + 1000)
    assert (second.id, second.to) == (first.id, first.to) and second.reference != first.reference
    record(shop, second, Outcome("not_sent"), now=NOW + 1000)
    assert claim(db, now=NOW + 2999) == []
    assert len(claim(db, now=NOW + 3000)) == 1
    assert is_whole(db, one).in_flight == 3


def test_who_opts_out_while_a_batch_waits_is_not_in_it_when_it_leaves(shop):
    db = shop[1]
    one = campaign(db, numbers(3))
    (batch,) = claim(db)
    record(shop, batch, Outcome("not_sent"))
    with transaction(db):
        suppressions.add(db, msisdn=batch.to[0], reason="stop", by=DESK, now=NOW)
    (again,) = claim(db, now=NOW + 5000)
    assert again.to == batch.to[1:]
    assert is_whole(db, one).skipped == 1


def test_a_lease_that_ran_out_is_unknown_and_never_due(shop):
    db = shop[1]
    one = campaign(db, numbers(3))
    claim(db)
    assert settlement.expire(db, now=NOW + LEASE) == 0
    assert settlement.expire(db, now=NOW + LEASE + 1) == 1
    assert is_whole(db, one).unknown == 3
    assert claim(db, now=NOW + 10 * LEASE) == []


def test_a_late_answer_after_the_lease_still_counts(shop):
    db = shop[1]
    one = campaign(db, numbers(3))
    (batch,) = claim(db)
    settlement.expire(db, now=NOW + LEASE + 1)
    record(shop, batch, Outcome("accepted", ids=ids(batch)), now=NOW + LEASE + 2)
    assert is_whole(db, one).open == 3


@pytest.mark.parametrize("kind", ["not_sent", "rejected", "fault", "blocked"])
def test_any_other_late_answer_leaves_it_unknown(shop, kind):
    db = shop[1]
    one = campaign(db, numbers(3))
    (batch,) = claim(db)
    settlement.expire(db, now=NOW + LEASE + 1)
    record(shop, batch, Outcome(kind, code=400), now=NOW + LEASE + 2)
    assert is_whole(db, one).unknown == 3
    assert claim(db, now=NOW + 100 * LEASE) == []


def test_a_failed_transaction_is_held_and_tried_twice_more(shop):
    settings, db = shop
    one = campaign(db, numbers(3))
    now = NOW
    for _ in range(3):
        (batch,) = claim(db, now=now)
        record(shop, batch, Outcome("fault", code=500), now=now)
        assert claim(db, now=now + int(settings.held * 1000) - 1) == []
        now += int(settings.held * 1000)
    assert claim(db, now=now) == []
    assert is_whole(db, one).unknown == 3


def test_a_setting_makes_a_failed_transaction_unknown_at_once(tmp_path):
    shop = new_store(tmp_path, NEXTPOD_FAULT_IS_UNKNOWN="yes")
    one = campaign(shop[1], numbers(3))
    (batch,) = claim(shop[1])
    record(shop, batch, Outcome("fault", code=500))
    assert is_whole(shop[1], one).unknown == 3


@pytest.mark.parametrize(
    ("kind", "brake"),
    [("not_allowed", "key"), ("credit", "credit"), ("blocked", "lockout"), ("wrong_address", "address")],
)
def test_the_accounts_own_refusals_rest_all_sending(shop, kind, brake):
    db = shop[1]
    one = campaign(db, numbers(3))
    (batch,) = claim(db)
    record(shop, batch, Outcome(kind, code=401))
    assert [found.name for found in brakes.active(db, now=NOW)] == [brake]
    assert claim(db, now=NOW + 1000) == []
    ledger = is_whole(db, one)
    assert (ledger.in_flight, ledger.unknown) == ((0, 3) if kind == "wrong_address" else (3, 0))


def test_after_a_refused_key_is_mended_the_batch_leaves(shop):
    db = shop[1]
    campaign(db, numbers(3))
    (batch,) = claim(db)
    record(shop, batch, Outcome("not_allowed", code=401))
    brakes.let_go(db, "key", now=NOW, by=DESK)
    assert [again.to for again in claim(db, now=NOW + 1)] == [batch.to]


def test_a_lockout_lasts_as_long_as_nextpod_says(shop):
    settings, db = shop
    campaign(db, numbers(3))
    (batch,) = claim(db)
    record(shop, batch, Outcome("blocked", code=429, retry_after=3000))
    assert brakes.active(db, now=NOW)[0].until == NOW + 3_000_000
    assert len(claim(db, now=NOW + 3_000_000)) == 1


def test_two_unknown_in_a_row_rest_everything_and_one_does_not(shop):
    db = shop[1]
    campaign(db, numbers(4), texts=list("abcd"))
    first, second = claim(db, room=2)
    row = record(shop, first, Outcome("unknown"))
    assert row == 1 and brakes.active(db, now=NOW) == []
    assert record(shop, second, Outcome("unknown"), unknowns=row) == 2
    assert [found.name for found in brakes.active(db, now=NOW)] == ["unknowns"]


@pytest.mark.parametrize("bad_place", [0, 1, 499, 500, 998, 999])
def test_one_bad_recipient_among_a_thousand_is_found_with_four_failed_requests(shop, bad_place):
    db = shop[1]
    to = numbers(1000)
    one = campaign(db, to)
    failed, now = 0, NOW
    while batches := claim(db, now=now, room=1):
        (batch,) = batches
        if to[bad_place] in batch.to:
            failed += 1
            record(shop, batch, Outcome("rejected", code=400, phrase="To parameter is missing or has an invalid value"))
        else:
            record(shop, batch, Outcome("accepted", ids=ids(batch)))
        now += 1
    ledger = is_whole(db, one)
    assert (ledger.refused, ledger.open, failed) == (1, 999, 4)
    assert brakes.active(db, now=NOW) == []


def test_a_second_bad_recipient_in_one_batch_goes_to_a_person(shop):
    db = shop[1]
    to = numbers(1000)
    one = campaign(db, to)
    now = NOW
    while batches := claim(db, now=now, room=1):
        (batch,) = batches
        bad = to[5] in batch.to or to[905] in batch.to
        given = Outcome("rejected", code=400, phrase="To parameter") if bad else Outcome("accepted", ids=ids(batch))
        record(shop, batch, given, now=now)
        now += 1
    assert campaigns.get(db, one)["state"] == "paused"
    assert settlement.recently_failed(db, now=now) < settlement.REST_AT_FAILED
    is_whole(db, one)


def test_a_refused_sender_stops_its_own_campaign_only(shop):
    db = shop[1]
    bad = campaign(db, numbers(3), sender="Blocked")
    good = campaign(db, numbers(3, start=100), texts=["other"])
    first, second = claim(db)
    refusal = Outcome("rejected", code=400, phrase="From parameter is missing or has an invalid value")
    record(shop, first, refusal)
    record(shop, second, Outcome("accepted", ids=ids(second)))
    assert campaigns.get(db, bad)["state"] == "paused" and campaigns.get(db, good)["state"] == "sending"
    assert is_whole(db, bad).refused == 3
    assert brakes.active(db, now=NOW) == []


def test_we_rest_before_nextpod_blocks_us(shop):
    db = shop[1]
    for place in range(6):
        campaign(db, numbers(1, start=place), texts=[f"t{place}"])
    for batch in claim(db):
        record(shop, batch, Outcome("rejected", code=400, phrase="To parameter"))
    assert [found.name for found in brakes.active(db, now=NOW)] == ["lockout"]


def test_a_paused_campaign_keeps_its_waiting_batch_and_goes_on_where_it_was(shop):
    db = shop[1]
    one = campaign(db, numbers(3))
    (batch,) = claim(db)
    record(shop, batch, Outcome("not_sent"))
    campaigns.pause(db, one, by=DESK, now=NOW)
    assert claim(db, now=NOW + 9000) == []
    campaigns.resume(db, one, by=DESK, now=NOW)
    campaigns.start_due(db, now=NOW + 9000)
    assert [again.to for again in claim(db, now=NOW + 9000)] == [batch.to]


def test_a_cancelled_campaign_sends_nothing_more_and_still_balances(shop):
    db = shop[1]
    one = campaign(db, numbers(12_000))
    (batch,) = claim(db, room=1)
    (waiting,) = claim(db, room=1)
    record(shop, waiting, Outcome("not_sent"))
    campaigns.cancel(db, one, by=DESK, now=NOW)
    assert claim(db, now=NOW + 9000) == []
    while campaigns.sweep_cancelled(db):
        is_whole(db, one)
    record(shop, batch, Outcome("accepted", ids=ids(batch)))
    ledger = is_whole(db, one)
    assert (ledger.cancelled, ledger.open, ledger.queued) == (11_000, 1000, 0)


def test_a_held_batch_of_a_cancelled_campaign_is_unknown_not_cancelled(shop):
    db = shop[1]
    one = campaign(db, numbers(3))
    (batch,) = claim(db)
    record(shop, batch, Outcome("fault", code=500))
    campaigns.cancel(db, one, by=DESK, now=NOW)
    while campaigns.sweep_cancelled(db):
        pass
    assert is_whole(db, one).unknown == 3


def test_unknown_ones_leave_again_only_when_a_person_says_so(shop):
    db = shop[1]
    one = campaign(db, numbers(3))
    claim(db)
    settlement.expire(db, now=NOW + LEASE + 1)
    campaigns.finish_done(db, now=NOW + LEASE + 1)
    assert campaigns.get(db, one)["state"] == "finished"
    assert campaigns.send_again(db, one, by=DESK, now=NOW + LEASE + 2) == 3
    assert [len(batch.to) for batch in claim(db, now=NOW + LEASE + 3)] == [3]
    is_whole(db, one)


@pytest.mark.parametrize(
    ("decide", "action"),
    [(campaigns.send_again, "unknown.send_again"), (campaigns.write_off, "unknown.write_off")],
    ids=["send again", "write off"],
)
def test_who_decided_what_of_the_unknown_is_in_the_audit_log(shop, decide, action):
    db = shop[1]
    one = campaign(db, numbers(3))
    claim(db)
    settlement.expire(db, now=NOW + LEASE + 1)
    decide(db, one, by=DESK, now=NOW + LEASE + 2)
    row = db.execute("SELECT * FROM audit WHERE action = ?", (action,)).fetchone()
    assert (row["actor"], row["subject_id"], row["at"]) == (DESK.name, str(one), NOW + LEASE + 2)
    assert '"messages": 3' in row["detail"] or '"messages":3' in row["detail"]


def test_written_off_stays_unknown_and_is_not_sent_again(shop):
    db = shop[1]
    one = campaign(db, numbers(3))
    claim(db)
    settlement.expire(db, now=NOW + LEASE + 1)
    assert campaigns.write_off(db, one, by=DESK, now=NOW) == 3
    assert campaigns.send_again(db, one, by=DESK, now=NOW) == 0
    assert campaigns.unknown_campaigns(db) == []
    assert is_whole(db, one).unknown == 3


@pytest.mark.parametrize(
    "look",
    [
        lambda db: settlement.expire(db, now=NOW),
        lambda db: claim(db),
        lambda db: campaigns.sweep_cancelled(db),
    ],
    ids=["expire", "claim", "sweep"],
)
def test_no_look_of_the_dispatcher_goes_through_every_batch_there_ever_was(shop, look):
    db = shop[1]
    campaign(db, numbers(2))
    asked: list[str] = []
    db.set_trace_callback(asked.append)
    look(db)
    db.set_trace_callback(None)
    for statement in asked:
        if statement.lstrip().upper().startswith("SELECT"):
            plan = [row["detail"] for row in db.execute(f"EXPLAIN QUERY PLAN {statement}")]
            assert not [line for line in plan if re.search(r"SCAN (b|batches|m|messages|attempts)$", line)], statement
