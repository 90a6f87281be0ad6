"""The counts: what goes in comes out again, and buckets stay near the truth."""

from hypothesis import given, settings
from hypothesis import strategies as st

from nextpod_core import rollups
from nextpod_core.counts import MOST_APART, Facts, Tally, bucket, middle
from nextpod_core.db import transaction
from tests.outboxes import new_store

facts = st.builds(
    Facts,
    campaign_id=st.integers(1, 3),
    parts=st.integers(1, 3),
    alphabet=st.sampled_from(["gsm7", "ucs2"]),
    status=st.sampled_from(["queued", "accepted", "delivered", "failed", "unrecognised"]),
    accepted_at=st.none() | st.integers(1, 10**10),
    status_at=st.none() | st.integers(1, 10**10),
    mcc=st.sampled_from([0, 242]),
    mnc=st.sampled_from([0, 1, 2]),
    word=st.none() | st.just("UNDELIV"),
    operator_code=st.none() | st.just("1006"),
    latency=st.none() | st.integers(0, 10**7),
    answered=st.integers(0, 1),
)
TABLES = ("counts", "latencies", "reasons", "timeline", *rollups.ROLLUPS)


@settings(max_examples=15, deadline=None)
@given(st.lists(facts, max_size=30))
def test_what_was_and_is_gone_leaves_no_trace(tmp_path_factory, messages):
    db = new_store(tmp_path_factory.mktemp("counts"))[1]
    for before, after in ((None, 1), (1, None)):
        tally = Tally()
        for message in messages:
            tally.change(message if before else None, message if after else None)
        with transaction(db):
            tally.write(db)
    assert not any(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES)
    db.close()


@given(st.integers(101, 10**9))
def test_the_middle_of_a_bucket_is_within_five_per_cent(milliseconds):
    assert abs(middle(bucket(milliseconds)) - milliseconds) / milliseconds <= 0.05


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_buckets_keep_the_order(one, other):
    assert bucket(min(one, other)) <= bucket(max(one, other))


def test_a_tally_of_more_different_facts_than_it_holds_apart_counts_every_one(tmp_path):
    db = new_store(tmp_path)[1]
    tally = Tally()
    for place in range(2 * MOST_APART + 5):
        tally.change(None, Facts(1, 1, "gsm7", "delivered", 10**9, 10**9 + place, latency=place * 1_000))
    with transaction(db):
        tally.write(db)
    for table in ("counts", "latencies"):
        assert db.execute(f"SELECT sum(messages) FROM {table}").fetchone()[0] == 2 * MOST_APART + 5
    db.close()
