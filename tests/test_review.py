"""The review: what is frozen is what leaves, once, whoever presses and however often."""

import io
import threading
from pathlib import Path

import pytest

from nextpod_core import (
    campaigns,
    corrections,
    drafts,
    imports,
    making,
    options,
    outbox,
    rebuild,
    review,
    store,
    suppressions,
)
from nextpod_core.db import Connection, transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import COMMAND, DESK
from nextpod_core.settings import Settings
from tests.outboxes import NOW, counted, new_store

PEOPLE = "\n".join(
    ["mobil;navn", "40612345;Ada", "91726200;Bo", "40612345;Ada igjen", "abc;Cy", "21234567;Fast", "41234567;",
     "46700000;Łucja", ""]
)  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> tuple[Settings, Connection]:
    return new_store(tmp_path)


def upload(shop: tuple[Settings, Connection], text: str = PEOPLE) -> int:
    settings, db = shop
    id = imports.begin(settings, db, io.BytesIO(text.encode()), filename="people.csv", region="NO", by=COMMAND, now=NOW)
    imports.run(settings, db, id, clock=lambda: NOW)
    return id


def draft(shop: tuple[Settings, Connection], text: str = "Hei {{navn}}", **values: object) -> drafts.Draft:
    given = {"name": "A", "sender": "Nextpod", "text": text, "import_id": upload(shop)} | values
    return drafts.new(shop[1], by=DESK, now=NOW, **given)


def reviewed(shop: tuple[Settings, Connection], made: drafts.Draft) -> review.Review:
    making.prepare(shop[1], made.id, by=DESK, now=NOW)
    found = review.get(shop[1], made.id)
    assert found is not None and found.ready
    return found


def test_the_review_says_who_gets_it_and_who_does_not(shop):
    found = reviewed(shop, draft(shop))
    assert found.planned == 3
    assert found.left_out == {"duplicate": 1, "invalid": 1, "not_mobile": 1, "empty": 1}
    assert found.ucs2 == 1 and found.regions["NO"][0] == 3
    assert sorted(text for _, text, _, _ in found.samples) == ["Hei Ada", "Hei Bo", "Hei Łucja"]


def test_nothing_counts_and_nothing_leaves_before_it_is_sent(shop):
    made = draft(shop)
    found = reviewed(shop, made)
    assert counted(shop[1], found.campaign_id) == {}
    assert outbox.claim(shop[1], now=NOW, holder="t", lease=1000, room=9) == []
    assert campaigns.recent(shop[1]) == []


def test_what_was_reviewed_is_what_leaves(shop):
    made = draft(shop)
    found = reviewed(shop, made)
    id = review.send(shop[1], made.id, version=made.version, by=DESK, now=NOW)
    assert id == found.campaign_id and campaigns.ledger(shop[1], id).queued == 3
    campaigns.start_due(shop[1], now=NOW)
    left = {(batch.to, batch.text) for batch in outbox.claim(shop[1], now=NOW, holder="t", lease=1000, room=9)}
    assert left == {(("4740612345",), "Hei Ada"), (("4791726200",), "Hei Bo"), (("4746700000",), "Hei Łucja")}


def test_pressing_twice_makes_one_campaign(shop):
    made = draft(shop)
    reviewed(shop, made)
    ids = {review.send(shop[1], made.id, version=made.version, by=DESK, now=NOW) for _ in range(3)}
    assert len(ids) == 1 and campaigns.ledger(shop[1], ids.pop()).planned == 3


def test_two_people_pressing_at_once_make_one_campaign(shop):
    settings, db = shop
    made = draft(shop)
    found = reviewed(shop, made)
    start, sent = threading.Barrier(4), []

    def press() -> None:
        own = store.open(settings)
        start.wait()
        sent.append(review.send(own, made.id, version=made.version, by=DESK, now=NOW))
        own.close()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(sent) == {found.campaign_id} and len(sent) == 4
    assert campaigns.ledger(db, found.campaign_id).queued == 3


@pytest.mark.parametrize("change", [{"text": "Hallo {{navn}}"}, {"sender": "2345"}, {"due_at": NOW + 9_000_000}])
def test_a_draft_changed_after_the_review_is_not_sent(shop, change):
    made = draft(shop)
    reviewed(shop, made)
    changed = drafts.change(shop[1], made.id, by=DESK, now=NOW, **change)
    for version in (made.version, changed.version):
        with pytest.raises(BadInput, match="changed since it was reviewed"):
            review.send(shop[1], made.id, version=version, by=DESK, now=NOW)
    assert reviewed(shop, changed).planned == 3
    review.send(shop[1], made.id, version=changed.version, by=DESK, now=NOW)


def test_rows_corrected_after_the_review_need_a_new_one(shop):
    made = draft(shop)
    reviewed(shop, made)
    corrections.correct(shop[1], made.import_id, {5: {0: "47000005"}}, by=DESK, now=NOW)
    with pytest.raises(BadInput, match="changed since it was reviewed"):
        review.send(shop[1], made.id, version=made.version, by=DESK, now=NOW)
    assert reviewed(shop, made).planned == 4


def test_who_opted_out_since_the_upload_is_left_out_and_counted(shop):
    made = draft(shop)
    with transaction(shop[1]):
        suppressions.add(shop[1], msisdn="4740612345", reason="stop", by=DESK, now=NOW)
    found = reviewed(shop, made)
    assert (found.planned, found.left_out["suppressed"]) == (2, 1)


def test_a_large_send_asks_for_the_count(shop):
    options.change(shop[1], by=DESK, now=NOW, typed_count_above=2)
    made = draft(shop)
    reviewed(shop, made)
    for typed in (None, 2, 4):
        with pytest.raises(BadInput, match="Type the number of recipients"):
            review.send(shop[1], made.id, version=made.version, by=DESK, now=NOW, typed=typed)
    assert review.send(shop[1], made.id, version=made.version, by=DESK, now=NOW, typed=3)


def test_a_time_that_has_passed_is_told(shop):
    made = draft(shop, due_at=NOW + 1000)
    reviewed(shop, made)
    with pytest.raises(BadInput, match="past"):
        review.send(shop[1], made.id, version=made.version, by=DESK, now=NOW + 120_000)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"name": " "}, "name"),
        ({"import_id": None}, "people first"),
        ({"sender": ""}, "sender"),
        ({"text": " "}, "text first"),
        ({"text": "Hei {{nawn}}"}, "Did you mean navn"),
        ({"text": "Hei {{xyzzy}}"}, "no column xyzzy"),
    ],
)
def test_what_is_still_to_be_done_is_said(shop, values, told):
    made = draft(shop, **values)
    with pytest.raises(BadInput, match=told):
        making.check(shop[1], made.id)


def test_texts_over_the_limit_are_left_out(shop):
    long = upload(shop, f"mobil;navn\n40612345;{'a' * 1500}\n91726200;Bo\n")
    found = reviewed(shop, draft(shop, import_id=long))
    assert (found.planned, found.left_out) == (1, {"too_long": 1})


def test_a_review_killed_half_way_begins_anew(shop):
    made = draft(shop)
    reviewed(shop, made)
    shop[1].execute("UPDATE campaigns SET reviewed_at = NULL")
    assert not review.get(shop[1], made.id).ready
    assert reviewed(shop, made).planned == 3
    assert shop[1].execute("SELECT count(*) FROM messages").fetchone()[0] == 3


def test_marketing_from_letters_without_a_way_out_is_warned_of(shop):
    found = reviewed(shop, draft(shop, purpose="marketing", text="Tilbud! Svar JA"))
    told = " ".join(map(str, found.warnings))
    assert "how to stop" in told and "nobody can answer Nextpod" in told
    kind = reviewed(shop, draft(shop, purpose="marketing", text="Tilbud! Avmeld: STOPP HEI til 2345", name="B"))
    assert "how to stop" not in " ".join(map(str, kind.warnings))


def test_the_same_list_and_people_texted_lately_are_warned_of(shop):
    made = draft(shop)
    reviewed(shop, made)
    review.send(shop[1], made.id, version=made.version, by=DESK, now=NOW)
    shop[1].execute("UPDATE messages SET status = 'accepted', accepted_at = ?", (NOW,))
    told = " ".join(map(str, reviewed(shop, draft(shop, name="B")).warnings))
    assert "same text was sent to the same people" in told and "3 of these people were texted" in told
    told = " ".join(map(str, reviewed(shop, draft(shop, name="C", text="Noe annet")).warnings))
    assert "same list was sent to before" in told


def test_a_test_to_somebody_on_the_list_is_no_campaign_that_texted_them(shop):
    made = draft(shop)
    campaigns.test_send(shop[1], sender="Klubben", text="Hei", msisdn="4791726200", key="a", by=DESK, now=NOW)
    shop[1].execute("UPDATE messages SET status = 'accepted', accepted_at = ?", (NOW,))
    assert "texted by another campaign" not in " ".join(map(str, reviewed(shop, made).warnings))


def test_the_same_people_in_another_file_are_met(shop):
    numbers = ["91726200", "92345678", "93345678"]
    made = draft(shop, "Hei", import_id=upload(shop, "mobil\n" + "\n".join(numbers)))
    reviewed(shop, made)
    review.send(shop[1], made.id, version=made.version, by=DESK, now=NOW)
    again = upload(shop, "tlf;navn\n" + "\n".join(f"+47{each};X" for each in reversed(numbers)))
    told = " ".join(map(str, reviewed(shop, draft(shop, "Hei", name="B", import_id=again)).warnings))
    assert "The same text was sent to the same people before, in campaign" in told
    told = " ".join(map(str, reviewed(shop, draft(shop, "Hallo", name="C", import_id=again)).warnings))
    assert "The same people were sent to before" in told
    others = upload(shop, "mobil\n" + "\n".join([numbers[0], "92345679", numbers[2]]))
    told = " ".join(map(str, reviewed(shop, draft(shop, "Hei", name="D", import_id=others)).warnings))
    assert "before, in campaign" not in told


def test_price_is_parts_by_country_and_nothing_where_nobody_set_one(shop):
    assert reviewed(shop, draft(shop)).price is None
    options.change(shop[1], by=DESK, now=NOW, price=0.5, prices={"NO": 0.4})
    found = reviewed(shop, draft(shop, name="B"))
    assert found.price == pytest.approx(0.4 * found.parts_total)


def test_what_is_sent_at_once_can_be_stopped_until_its_countdown_ends(shop):
    db = shop[1]
    made = draft(shop)
    found = reviewed(shop, made)
    id = review.send(db, made.id, version=made.version, by=DESK, now=NOW, countdown=60_000)
    assert campaigns.start_due(db, now=NOW + 59_999) == 0
    assert review.take_back(db, id, by=DESK, now=NOW + 59_999) == made.id
    assert review.take_back(db, id, by=DESK, now=NOW + 59_999) == made.id  # Two people pressed.
    assert campaigns.start_due(db, now=NOW + 90_000) == 0 and counted(db, id) == {}
    again = drafts.get(db, made.id)
    assert (again.state, again.text, again.import_id) == ("open", made.text, made.import_id)
    with pytest.raises(BadInput):  # By a button that was drawn before it was stopped.
        review.send(db, made.id, version=made.version, by=DESK, now=NOW + 90_000)
    assert reviewed(shop, again).planned == found.planned
    assert review.send(db, made.id, version=again.version, by=DESK, now=NOW + 99_000) == id
    campaigns.start_due(db, now=NOW + 99_000)
    assert len(outbox.claim(db, now=NOW + 99_000, holder="t", lease=1000, room=9)) == 3


def test_counting_again_finds_nothing_wrong_before_and_after_a_campaign_was_taken_back(shop):
    db = shop[1]
    made = draft(shop)
    reviewed(shop, made)
    assert rebuild.run(db, now=NOW, by=DESK).counts == 0
    id = review.send(db, made.id, version=made.version, by=DESK, now=NOW, countdown=60_000)
    assert rebuild.run(db, now=NOW, by=DESK).counts == 0
    review.take_back(db, id, by=DESK, now=NOW)
    assert rebuild.run(db, now=NOW, by=DESK).counts == 0 and counted(db, id) == {}


def test_a_stop_that_comes_too_late_says_so_and_changes_nothing(shop):
    db = shop[1]
    made = draft(shop)
    reviewed(shop, made)
    id = review.send(db, made.id, version=made.version, by=DESK, now=NOW, countdown=60_000)
    assert campaigns.start_due(db, now=NOW + 60_000) == 1
    assert len(outbox.claim(db, now=NOW + 60_000, holder="t", lease=1000, room=1)) == 1
    with pytest.raises(BadInput, match="begun"):
        review.take_back(db, id, by=DESK, now=NOW + 60_000)
    campaigns.pause(db, id, by=DESK, now=NOW + 60_000)
    with pytest.raises(BadInput, match="begun"):
        review.take_back(db, id, by=DESK, now=NOW + 61_000)
    assert campaigns.ledger(db, id).queued == 2 and not review.can_be_taken_back(db, campaigns.get(db, id))


def test_what_waits_for_its_hours_has_not_left_and_can_still_be_taken_back(shop):
    db = shop[1]
    made = draft(shop, choices={"window_from": "02:00", "window_to": "02:01"})
    reviewed(shop, made)
    id = review.send(db, made.id, version=made.version, by=DESK, now=NOW)
    assert campaigns.start_due(db, now=NOW) == 1 and outbox.claim(db, now=NOW, holder="t", lease=1000, room=1) == []
    assert review.can_be_taken_back(db, campaigns.get(db, id))
    assert review.take_back(db, id, by=DESK, now=NOW) == made.id and counted(db, id) == {}
    again = drafts.change(db, made.id, by=DESK, now=NOW, choices={"window_from": None, "window_to": None})
    reviewed(shop, again)
    review.send(db, made.id, version=again.version, by=DESK, now=NOW)
    assert campaigns.start_due(db, now=NOW) == 1
    assert len(outbox.claim(db, now=NOW, holder="t", lease=1000, room=9)) == 3


@pytest.mark.parametrize("due", [None, NOW + 7_200_000])
def test_a_countdown_can_be_cut_short(shop, due):
    db = shop[1]
    made = draft(shop, due_at=due, choices={"hand_over": due is not None})
    reviewed(shop, made)
    id = review.send(db, made.id, version=made.version, by=DESK, now=NOW, countdown=60_000)
    assert campaigns.start_due(db, now=NOW + 1_000) == 0
    campaigns.let_go(db, id, by=DESK, now=NOW + 1_000)
    assert campaigns.start_due(db, now=NOW + 1_000) == 1
    assert campaigns.get(db, id)["due_at"] == (due or NOW + 1_000)


def test_what_is_due_later_needs_no_countdown_and_can_be_taken_back_until_it_begins(shop):
    db = shop[1]
    made = draft(shop, due_at=NOW + 7_200_000)
    reviewed(shop, made)
    id = review.send(db, made.id, version=made.version, by=DESK, now=NOW, countdown=60_000)
    assert (campaigns.get(db, id)["due_at"], campaigns.get(db, id)["held_until"]) == (NOW + 7_200_000, None)
    campaigns.pause(db, id, by=DESK, now=NOW)
    assert review.take_back(db, id, by=DESK, now=NOW + 7_000_000) == made.id


@pytest.mark.parametrize(("urgent", "leave"), [(False, [1, 0, 2]), (True, [3, 0, 0])])
def test_a_large_campaign_begins_with_a_first_wave_unless_it_is_urgent(shop, urgent, leave):
    db = shop[1]
    options.change(db, by=DESK, now=NOW, wave_above=2, wave_size=1)
    made = draft(shop, choices={"urgent": urgent})
    found = reviewed(shop, made)
    assert found.wave == (None if urgent else (1, 600_000))
    assert found.last_at - found.first_at >= (0 if urgent else 600_000)
    id = review.send(db, made.id, version=made.version, by=DESK, now=NOW)
    campaigns.start_due(db, now=NOW)

    def claimed(now):
        return sum(len(batch.to) for batch in outbox.claim(db, now=now, holder="t", lease=1000, room=9))

    assert [claimed(NOW), claimed(NOW + 1), claimed(NOW + 600_000)] == leave
    assert campaigns.get(db, id)["state"] == "sending"


def test_the_rest_can_be_let_go_without_waiting(shop):
    db = shop[1]
    options.change(db, by=DESK, now=NOW, wave_above=2, wave_size=1)
    made = draft(shop)
    reviewed(shop, made)
    id = review.send(db, made.id, version=made.version, by=DESK, now=NOW)
    campaigns.start_due(db, now=NOW)
    outbox.claim(db, now=NOW, holder="t", lease=1000, room=9)
    campaigns.let_go(db, id, by=DESK, now=NOW + 1)
    assert len(outbox.claim(db, now=NOW + 1, holder="t", lease=1000, room=9)) == 2


def test_two_who_make_the_same_review_at_once_never_mix_their_messages(shop):
    settings, db = shop
    many = upload(shop, "mobil;navn\n" + "".join(f"4{place:07d};N{place}\n" for place in range(1_000_000, 1_011_000)))
    made = draft(shop, import_id=many)
    start, told = threading.Barrier(3), []

    def make() -> None:
        own = store.open(settings)
        start.wait()
        try:
            making.prepare(own, made.id, by=DESK, now=NOW)
            told.append("ready")
        except BadInput as error:
            told.append(str(error))
        own.close()

    threads = [threading.Thread(target=make) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "ready" in told and set(told) <= {"ready", "This review is being made anew. Wait until that one is ready."}
    found = review.get(db, made.id)
    assert found.ready and found.planned > 10_000
    assert db.execute("SELECT count(*) FROM messages").fetchone()[0] == found.planned
    id = review.send(db, made.id, version=made.version, by=DESK, now=NOW, typed=found.planned)
    assert campaigns.ledger(db, id).balances and counted(db, id) == {"queued": found.planned}


def test_a_row_shorter_than_the_header_gets_the_text_without_what_depends_on_it(shop):
    # The spare cell in a later row keeps the list from being read as whole columns.
    rows = 'mobil;navn;medlem\n91726200;Kari\n92345678;"Ola; den andre";ja;x\n'
    found = reviewed(shop, draft(shop, "Hei {{navn}}!{{medlem?? Takk.}}", import_id=upload(shop, rows)))
    assert found.planned == 2 and found.left_out == {}
    assert sorted(text for _to, text, _parts, _alphabet in found.samples) == ["Hei Kari!", "Hei Ola; den andre! Takk."]
