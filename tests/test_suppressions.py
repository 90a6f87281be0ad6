import pytest

from nextpod_core import suppressions
from nextpod_core.db import transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import DESK, INGESTER, audit_is_whole
from tests.receiving import NOW, open_store, write_in


@pytest.fixture
def db(tmp_path):
    db = open_store(tmp_path)
    yield db
    db.close()


def add(db, msisdn, **more):
    with transaction(db):
        return suppressions.add(db, **({"msisdn": msisdn, "reason": "hand", "by": DESK, "now": NOW} | more))


def test_a_number_on_the_list_is_suppressed_until_somebody_lifts_it(db):
    assert add(db, "4791726200")
    assert suppressions.is_suppressed(db, "4791726200")
    with transaction(db):
        assert suppressions.lift(db, msisdn="4791726200", by=DESK, now=NOW + 1, reason="asked by phone")
        assert not suppressions.lift(db, msisdn="4791726200", by=DESK, now=NOW + 2, reason="again")
    assert not suppressions.is_suppressed(db, "4791726200")
    [row] = suppressions.history(db, "4791726200")
    assert (row["added_by"], row["lifted_by"], row["lift_reason"]) == ("desk", "desk", "asked by phone")


def test_a_number_stands_on_the_list_once(db):
    assert add(db, "4791726200")
    assert add(db, "4791726200", reason="import") is None
    assert suppressions.count(db) == 1


def test_a_number_can_come_back_after_it_was_lifted(db):
    first = add(db, "4791726200")
    with transaction(db):
        suppressions.lift(db, msisdn="4791726200", by=DESK, now=NOW, reason="a mistake")
    assert add(db, "4791726200") not in (None, first)
    assert len(suppressions.history(db, "4791726200")) == 2


def test_lifting_needs_a_reason_and_adding_a_number(db):
    with transaction(db), pytest.raises(BadInput, match="Write why"):
        suppressions.lift(db, msisdn="4791726200", by=DESK, now=NOW, reason=" ")
    with transaction(db), pytest.raises(BadInput, match="Write the number"):
        suppressions.add(db, msisdn=" ", reason="hand", by=DESK, now=NOW)


def test_thousands_are_asked_about_at_once(db):
    numbers = [f"479{number:07d}" for number in range(2500)]
    assert suppressions.add_many(db, numbers[::2], by=DESK, now=NOW, note="old system, 1 May") == (1250, 0)
    assert suppressions.suppressed_among(db, numbers) == set(numbers[::2])
    assert suppressions.suppressed_among(db, []) == set()


def test_a_list_given_twice_changes_nothing(db):
    assert suppressions.add_many(db, ["4791726200", "4791726201"], by=DESK, now=NOW, note="old system") == (2, 0)
    assert suppressions.add_many(db, ["4791726200", "4791726202"], by=DESK, now=NOW, note="old system") == (1, 1)


def test_start_lifts_what_stop_made_and_nothing_else(db):
    write_in(db, "STOPP", **{"from": "4791726200"})
    add(db, "4791726201")
    suppressions.add_many(db, ["4791726202"], by=DESK, now=NOW, note="old system")
    for number in ("4791726200", "4791726201", "4791726202"):
        write_in(db, "START", **{"from": number})
    assert not suppressions.is_suppressed(db, "4791726200")
    assert suppressions.is_suppressed(db, "4791726201")
    assert suppressions.is_suppressed(db, "4791726202")


def test_the_list_is_read_by_pages_with_the_text_that_caused_each(db):
    for number in range(5):
        write_in(db, "Stopp", **{"from": f"479172620{number}"})
    first = suppressions.page(db, limit=3)
    rest = suppressions.page(db, before=first[-1]["id"], limit=3)
    assert [row["msisdn"][-1] for row in [*first, *rest]] == ["4", "3", "2", "1", "0"]
    assert {row["inbound_text"] for row in first} == {"Stopp"}
    assert [row["msisdn"] for row in suppressions.page(db, search="72 62 03")] == ["4791726203"]


def test_the_audit_log_says_who_and_never_the_whole_number(db):
    add(db, "4791726200", by=INGESTER)
    [row] = db.execute("SELECT * FROM audit WHERE action = 'suppression.add'").fetchall()
    assert row["actor"] == "ingester"
    assert "4791726200" not in row["detail"] and "479" in row["detail"]
    assert audit_is_whole(db) is None
