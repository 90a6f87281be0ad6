"""The status model."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextpod_core import merge, reference
from nextpod_core.merge import RANK, Event, Status

EVENTS = st.builds(
    Event,
    status=st.sampled_from([status for status in RANK if status is not Status.ACCEPTED]),
    at=st.integers(0, 3),
    word=st.just("X"),
    digest=st.binary(min_size=1, max_size=2),
)


@given(st.lists(EVENTS, min_size=1, max_size=5))
def test_any_order_of_the_same_events_gives_the_same_status(events):
    winners = {merge.best(order) for order in itertools.permutations(events)}
    assert len({(merge.key(winner)) for winner in winners if winner}) == 1


@given(st.lists(EVENTS, max_size=6), EVENTS)
def test_a_further_report_never_moves_a_message_backwards(events, late):
    before, after = merge.best(events), merge.best([*events, late])
    assert after is not None
    assert before is None or RANK[after.status] >= RANK[before.status]


@given(st.lists(EVENTS, max_size=6))
def test_a_repeat_changes_nothing(events):
    assert merge.best(events) == merge.best(events + events)


def test_without_a_report_there_is_no_event():
    assert merge.best([]) is None


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("DELIVERED", Status.DELIVERED),
        (" delivered\n", Status.DELIVERED),
        ("Delivered_To_Handset", Status.DELIVERED),
        ("DELIVERED TO NETWORK", Status.SENT),
        ("UNDELIV", Status.FAILED),
        ("NOT-DELIVERED", Status.FAILED),
        ("TTL_EXPIRED", Status.EXPIRED),
        ("No Route", Status.REJECTED),
        ("en route", Status.SENT),
        ("DELIV", Status.UNRECOGNISED),
        ("NOTDELIVRD", Status.UNRECOGNISED),
        ("", Status.UNRECOGNISED),
        ("Страница", Status.UNRECOGNISED),
    ],
)
def test_a_word_is_looked_up_whole(word, status):
    assert merge.classify(word) is status


def test_what_a_person_assigned_goes_first():
    assert merge.classify("Lost_In Space", {"LOST IN SPACE": "failed"}) is Status.FAILED
    assert merge.classify("SENT", {"sent": "delivered"}) is Status.DELIVERED


def test_every_word_that_ships_has_a_class_of_reports_and_stands_once():
    rows = reference.table("status_words")
    assert len({merge.folded(row["word"]) for row in rows}) == len(rows)
    assert {Status(row["class"]) for row in rows} <= set(merge.ASSIGNABLE)
    assert [row["word"] for row in rows if row["source"] == "documented"] == ["DELIVERED"]


def test_every_status_stands_on_one_side_of_the_sum():
    sides = [merge.WAITING, merge.OPEN, merge.NEGATIVE, merge.NOT_SENT, {Status.DELIVERED}, {Status.UNKNOWN}]
    assert sorted(itertools.chain(*sides)) == sorted(Status)
    assert set(RANK) == set(merge.ACCEPTED_ALL)
    assert not merge.FINAL & (merge.OPEN | merge.WAITING)


@pytest.mark.parametrize("stated", [None, 0, 10**15, -5])
def test_an_absent_or_absurd_time_is_the_arrival(stated):
    arrived = 1_795_354_200_000
    assert merge.event_time(stated, arrived) == arrived
    assert merge.event_time(arrived - 8000, arrived) == arrived - 8000


def test_delivered_and_failed_together_are_flagged():
    delivered, failed = Event(Status.DELIVERED, 1, "A", b"1"), Event(Status.FAILED, 2, "B", b"2")
    assert merge.contradicted([delivered, failed])
    assert not merge.contradicted([failed])
    assert merge.best([delivered, failed]) == delivered
