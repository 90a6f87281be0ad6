import itertools
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nextpod_core import bodies, brakes, counts, quarantine, reports
from nextpod_core.bodies import Unreadable
from nextpod_core.db import transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import DESK
from tests.receiving import NOW, SECOND, answer, arrive, derived, dlr, iso, message, open_store, read_report, send

ID = "89ADEE05-5960-43D4-83B7-61EABA45F5F9"
REFERENCE = bytes(range(16))
OURS = "nd-" + REFERENCE.hex()
NUMBER = "4791726200"


@pytest.fixture
def db(tmp_path):
    db = open_store(tmp_path)
    yield db
    db.close()


@pytest.fixture
def sent(db):
    """One message that was accepted under the documented id."""
    [number] = send(db, [NUMBER], reference=REFERENCE)
    answer(db, reference=REFERENCE, ids={number: ID}, now=NOW)
    return number


def test_a_guid_takes_sixteen_bytes_in_whatever_case():
    assert reports.pack_id(ID) == reports.pack_id(f" {ID.lower()} ") == bytes.fromhex(ID.replace("-", ""))
    assert reports.show_id(reports.pack_id(ID)) == ID.lower()


@pytest.mark.parametrize("text", ["1053289234", "x", "æøå", "t" * 15, ID[:-1], "{" + ID + "}"])
def test_any_other_id_keeps_its_text(text):
    assert reports.show_id(reports.pack_id(text)) == text


def test_only_references_of_our_own_form_are_kept_as_such():
    assert reports.pack_reference(OURS) == reports.pack_reference(OURS.upper().replace("ND", "nd")) == REFERENCE
    assert reports.show_reference(REFERENCE) == OURS
    assert reports.pack_reference("5adFadX55sQfdsADFFS42") is None
    assert reports.pack_reference(OURS + "0") is None


def test_the_documented_report_is_understood():
    report = read_report(status_updated="2019-08-28T15:00:08Z", sent_time="2019-08-28T15:00:00Z")
    assert (report.msisdn, report.status_code, report.status_text, report.operator_code) == (
        NUMBER, "200", "DELIVERED", "1001",
    )  # fmt: skip
    assert (report.event_at, report.sent_at) == (1_567_004_408_000, 1_567_004_400_000)
    assert (report.mcc, report.mnc, report.parts) == (242, 1, 1)


def test_json_form_and_query_string_say_the_same():
    from urllib.parse import urlencode

    fields = dlr()
    form = urlencode(fields).encode()
    told = [
        bodies.fields(body, query=query, content_type="text/nonsense")
        for body, query in [
            (bodies.json.dumps(fields).encode(), b""),
            (bodies.json.dumps(dlr(mcc=242, mnc=1, status_code=200)).encode(), b""),
            (form, b""),
            (b"?" + form.replace(b"&", b"\r\n&"), b""),
            (b"", form),
            (form, urlencode(dlr(status_text="SENT")).encode()),
        ]
    ]
    assert all(each == told[0] for each in told)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"id": ID, "to": NUMBER}, "neither status_text"),
        ({"status_text": "DELIVERED"}, "neither an id"),
        ({"status_text": "DELIVERED", "to": NUMBER}, "neither an id"),
        ({"status_text": "DELIVERED", "id": "x" * 201}, "longer"),
    ],
)
def test_a_report_that_says_nothing_of_any_message_is_refused(fields, why):
    with pytest.raises(Unreadable, match=why):
        reports.parse(fields, body=b"", arrived=NOW, source="")


def test_a_delivered_message_knows_when_where_and_how_fast(db, sent):
    arrive(db, read_report())
    row = message(db, sent)
    assert (row["status"], row["status_at"], row["latency"]) == ("delivered", NOW + 8000, 8000)
    assert (row["mcc"], row["mnc"], row["operator_code"], row["word"]) == (242, 1, "1001", None)
    [cell] = db.execute("SELECT * FROM latencies").fetchall()
    assert (cell["bucket"], cell["messages"]) == (counts.bucket(8000), 1)


def test_without_sent_time_the_answer_is_where_the_way_to_the_handset_begins(db, sent):
    arrive(db, read_report(sent_time=None, status_updated=iso(NOW + 5000)))
    assert message(db, sent)["latency"] == 5000


def test_the_same_report_again_is_counted_and_nothing_else(db, sent):
    arrive(db, read_report())
    before = derived(db)
    arrive(db, *[read_report(arrived=NOW + 10_000 + more, mcc="999") for more in range(20)])
    assert derived(db) == before
    [row] = reports.of_message(db, sent)
    assert row["repeats"] == 20 and reports.orphans(db) == 0


def test_reports_of_one_time_stand_side_by_side_in_their_index():
    early, late = iso(NOW), iso(NOW + 1_000)
    found = [read_report(id=f"id {n}", status_updated=at).digest for at in (early, late) for n in range(50)]
    assert max(found[:50]) < min(found[50:]) and len(set(found)) == 100
    assert read_report(status_updated=late, id="id 7").digest == found[57]
    assert len(read_report(status_updated="soon").digest) == len(found[0]) == 16


def test_an_id_in_lower_case_is_the_same_id(db, sent):
    arrive(db, read_report(id=ID.lower()))
    assert message(db, sent)["status"] == "delivered"


def test_a_report_before_the_answer_waits_for_it_as_an_orphan(db):
    [number] = send(db, [NUMBER], reference=REFERENCE)
    arrive(db, read_report())  # the documented reference is not ours, and the id not known yet
    assert reports.orphans(db) == 1 and message(db, number)["status"] == "sending"
    answer(db, reference=REFERENCE, ids={number: ID}, now=NOW)
    assert message(db, number)["status"] == "delivered" and reports.orphans(db) == 0


@pytest.mark.parametrize("status", ["unknown", "sending", "queued"])
def test_a_report_with_reference_and_number_settles_what_no_answer_did(db, status):
    [number] = send(db, [NUMBER], reference=REFERENCE, status=status, batch="unknown")
    arrive(db, read_report(reference=OURS, sent_time=None))
    row = message(db, number)
    assert (row["status"], row["accepted_at"], row["latency"]) == ("delivered", NOW + 8000, None)


def test_an_unknown_batch_is_accepted_when_nothing_in_it_is_unknown_any_more(db):
    send(db, [NUMBER, "4791726201"], reference=REFERENCE, status="unknown", batch="unknown")
    arrive(db, read_report(reference=OURS))
    assert db.execute("SELECT state FROM batches").fetchone()[0] == "unknown"
    arrive(db, read_report(id="another", reference=OURS, to="+47 917 26 201"))
    assert db.execute("SELECT state FROM batches").fetchone()[0] == "accepted"


def test_a_message_that_was_moved_is_found_by_the_old_reference(db):
    [number] = send(db, [NUMBER], reference=REFERENCE, status="unknown", batch="unknown")
    with transaction(db):
        db.execute("INSERT INTO moved SELECT batch_id, id FROM messages")
        db.execute("UPDATE messages SET batch_id = NULL")
    arrive(db, read_report(reference=OURS))
    assert message(db, number)["status"] == "delivered"


def test_a_late_answer_gives_the_time_of_acceptance_after_all(db):
    [number] = send(db, [NUMBER], reference=REFERENCE)
    arrive(db, read_report(reference=OURS))
    answer(db, reference=REFERENCE, ids={number: ID}, now=NOW + 500)
    assert message(db, number)["accepted_at"] == NOW + 500


@pytest.mark.parametrize("stated", ["9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "yesterday", "", None])
def test_an_absurd_time_is_the_time_of_arrival(db, sent, stated):
    arrive(db, read_report(arrived=NOW + 9000, status_updated=stated))
    assert message(db, sent)["status_at"] == NOW + 9000


def test_a_negative_after_delivered_is_kept_and_flagged(db, sent):
    arrive(db, read_report(), read_report(status_text="UNDELIV", status_code="500", status_updated=iso(NOW + 60_000)))
    row = message(db, sent)
    assert row["status"] == "delivered" and row["flags"] & 1
    assert len(reports.of_message(db, sent)) == 2


def test_an_unheard_of_word_is_shown_and_a_person_can_say_what_it_means(db, sent):
    arrive(db, read_report(status_text="Teleported ", status_code="777"))
    assert message(db, sent)["status"] == "unrecognised"
    assert [tuple(row) for row in reports.unrecognised(db)] == [("Teleported", 1)]
    with pytest.raises(BadInput):
        reports.assign(db, word="Teleported", status="queued", by=DESK, now=NOW)
    reports.assign(db, word="TELEPORTED", status="delivered", by=DESK, now=NOW)
    while reports.fold(db, now=NOW):
        pass
    assert message(db, sent)["status"] == "delivered"
    assert reports.unrecognised(db) == []
    assert db.execute("SELECT count(*) FROM watermarks").fetchone()[0] == 1


def test_a_failure_keeps_its_word_and_code_for_the_reasons(db, sent):
    arrive(db, read_report(status_text="EXPIRED", operator_status_code="1002"))
    [cell] = db.execute("SELECT * FROM reasons").fetchall()
    assert (cell["status"], cell["word"], cell["code"], cell["messages"]) == ("expired", "EXPIRED", "1002", 1)


def test_a_reference_of_ours_that_this_file_never_gave_rests_all_sending(db):
    arrive(db, read_report(reference="nd-" + "f" * 32))
    [brake] = brakes.active(db, now=NOW)
    assert brake.name == "overdue" and "older copy" in str(brake.reason)


def test_what_was_sent_before_somebody_let_go_does_not_stop_everything_anew(db):
    arrive(db, read_report(reference="nd-" + "f" * 32))
    brakes.let_go(db, "overdue", now=NOW + 60_000, by=DESK)
    arrive(db, read_report(id="2", reference="nd-" + "e" * 32))
    assert brakes.active(db, now=NOW) == []
    arrive(db, read_report(id="3", reference="nd-" + "d" * 32, sent_time=iso(NOW + 120_000)))
    assert len(brakes.active(db, now=NOW)) == 1


def test_a_reference_of_another_system_stops_nothing(db):
    arrive(db, read_report())
    assert brakes.active(db, now=NOW) == []


def test_what_was_not_understood_is_kept_and_can_be_replayed(db, sent):
    def keep(body):
        odd = quarantine.read("dlr", body=body, query=b"", content_type="", arrived=NOW + 1, source="x", zone="UTC")
        with transaction(db):
            quarantine.keep(db, odd)

    keep(b"[]")
    keep(b"[]")
    [row] = quarantine.page(db)
    assert row["repeats"] == 1 and quarantine.count(db) == 1
    assert not quarantine.replay(db, row["id"], by=DESK, now=NOW)
    with transaction(db):  # as if a later version understood it
        db.execute("UPDATE quarantine SET body = ?", (bodies.json.dumps(dlr()).encode(),))
    assert quarantine.replay(db, row["id"], by=DESK, now=NOW)
    reports.fold(db, now=NOW)
    assert message(db, sent)["status"] == "delivered" and quarantine.count(db) == 0
    with pytest.raises(BadInput):
        quarantine.replay(db, row["id"], by=DESK, now=NOW)


def test_folding_goes_on_where_it_stopped(db, sent):
    told = [read_report(status_text=word, status_updated=iso(NOW + n * SECOND)) for n, word in enumerate(
        ["QUEUED", "SENT", "BUFFERED", "DELIVERED", "SENT"])]  # fmt: skip
    arrive(db, *told, fold=False)
    assert [reports.fold(db, now=NOW, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert message(db, sent)["status"] == "delivered"


WORDS = ["QUEUED", "SENT", "SENT ", "DELIVERED", "FAILED", "EXPIRED", "REJECTED", "Strange", "delivrd"]
told = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(WORDS), st.sampled_from([0, 1, 1, 60, 90_000_000]), st.booleans()),
    max_size=7,
)


def play(folder, events, order, answered_after):
    """The same events in one order, with the answer after some of them; what is derived in the end."""
    db = open_store(folder)
    try:
        numbers = [f"479172620{n}" for n in range(4)]
        messages = send(db, numbers, reference=REFERENCE)
        for step, place in enumerate([*order, None]):
            if step == answered_after:
                answer(db, reference=REFERENCE, ids={m: f"id {n}" for n, m in enumerate(messages)}, now=NOW)
            if place is None:
                break
            who, word, at, with_reference = events[place]
            arrive(db, read_report(
                arrived=NOW + 100_000 + place, id=f"id {who}", to=numbers[who], status_text=word,
                status_updated=iso(NOW + at * SECOND), reference=OURS if with_reference else None,
                mcc=place % 3 and 242, sent_time=None if place % 2 else iso(NOW),
            ))  # fmt: skip
        return derived(db, without=("report_id",))
    finally:
        db.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=told, seed=st.integers(0, 1000))
def test_any_order_of_reports_and_answer_gives_the_same_rows(tmp_path_factory, events, seed):
    dice = random.Random(seed)
    # The same report said twice keeps the arrival of the first; which one that was is all that order may change.
    events = list({(who, word.strip(), at): (who, word, at, ours) for who, word, at, ours in events}.values())
    first = play(tmp_path_factory.mktemp("a"), events, range(len(events)), 0)
    order = dice.sample(range(len(events)), len(events))
    second = play(tmp_path_factory.mktemp("b"), events, order, dice.randint(0, len(events)))
    assert first == second


def test_every_permutation_of_five_reports_gives_one_status(db):
    words = ["SENT", "DELIVERED", "FAILED", "Strange", "QUEUED"]
    found = set()
    for number, order in enumerate(itertools.permutations(range(5))):
        reference = number.to_bytes(16, "big")
        [sent] = send(db, [NUMBER], reference=reference)
        for place in order:
            arrive(db, read_report(
                id=f"{number}", reference="nd-" + reference.hex(), status_text=words[place],
                status_updated=iso(NOW + place * SECOND), arrived=NOW + 90_000,
            ))  # fmt: skip
        row = message(db, sent)
        found.add((row["status"], row["status_at"], row["accepted_at"], row["flags"], row["latency"]))
    assert len(found) == 1
