"""Follow-ups: those who did not get it, or exactly those who may have it, and nobody else."""

import io
from pathlib import Path

import pytest

from nextpod_core import brakes, campaigns, drafts, followups, imports, making, review, staged, suppressions
from nextpod_core.db import Connection, transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import DESK
from nextpod_core.sentences import say
from nextpod_core.settings import Settings
from nextpod_core.settlement import Outcome
from tests.outboxes import NOW, campaign, new_store, numbers, statuses
from tests.test_outbox import claim, ids, record

PEOPLE = {"4791726201": "Ada", "4791726202": "Bo", "4791726203": "Cy", "4791726204": "Dag", "4791726205": "Eli"}


@pytest.fixture
def shop(tmp_path: Path) -> tuple[Settings, Connection]:
    return new_store(tmp_path)


def run_import(shop: tuple[Settings, Connection], import_id: int) -> None:
    imports.run(*shop, import_id, clock=lambda: NOW)
    assert imports.get(shop[1], import_id).state == "done"


def sent(shop: tuple[Settings, Connection]) -> int:
    """A campaign to five: one delivered, one failed, one unknown, one refused, one accepted."""
    settings, db = shop
    lines = ["navn;mobil", *(f"{name};{number}" for number, name in PEOPLE.items())]
    list_id = imports.begin(
        settings, db, io.BytesIO("\n".join(lines).encode()), filename="p.csv", region="NO", by=DESK, now=NOW
    )
    run_import(shop, list_id)
    draft = drafts.new(db, by=DESK, now=NOW, name="Sale", import_id=list_id, sender="2345", text="Hei {{navn}}")
    one = making.prepare(db, draft.id, by=DESK, now=NOW)
    review.send(db, draft.id, version=draft.version, by=DESK, now=NOW)
    campaigns.start_due(db, now=NOW)
    done = ["accepted", "accepted", "unknown", "rejected", "accepted"]
    for batch, kind in zip(sorted(claim(db), key=lambda each: each.to), done, strict=True):
        record(shop, batch, Outcome(kind, ids=ids(batch), code=400, phrase="To"))  # type: ignore[arg-type]
    statuses = dict(zip(PEOPLE, ["delivered", "failed"], strict=False))
    with transaction(db):
        for number, status in statuses.items():
            db.execute("UPDATE messages SET status = ? WHERE msisdn = ?", (status, number))
            db.execute(
                "UPDATE counts SET messages = messages - 1 WHERE campaign_id = ? AND status = 'accepted'", (one,)
            )
            db.execute(
                "INSERT INTO counts SELECT campaign_id, hour, mcc, mnc, ?, parts, alphabet, 1, 0 FROM counts"
                " WHERE campaign_id = ? AND status = 'accepted'",
                (status, one),
            )
    campaigns.finish_done(db, now=NOW)
    return one


@pytest.mark.parametrize(
    ("whom", "names", "text"), [("missed", ["Bo", "Dag"], "Hei {{navn}}"), ("reached", ["Ada", "Cy", "Eli"], "")]
)
def test_a_follow_up_goes_to_exactly_these_with_their_own_columns(shop, whom, names, text):
    settings, db = shop
    one = sent(shop)
    assert followups.count(db, one, whom) == len(names)
    draft = followups.begin(settings, db, one, whom, by=DESK, now=NOW)
    assert draft.import_id is not None and (draft.text, draft.sender, draft.state) == (text, "2345", "open")
    run_import(shop, draft.import_id)
    rows = staged.rows(db, draft.import_id)
    assert [(number, cells[1]) for _, number, cells in rows] == [
        (number, name) for number, name in PEOPLE.items() if name in names
    ]


def test_who_opted_out_since_is_not_on_the_list(shop):
    settings, db = shop
    one = sent(shop)
    with transaction(db):
        suppressions.add(db, msisdn="4791726202", reason="hand", by=DESK, now=NOW)
    draft = followups.begin(settings, db, one, "missed", by=DESK, now=NOW)
    run_import(shop, draft.import_id)
    assert [number for _, number, _ in staged.rows(db, draft.import_id)] == ["4791726204"]


def test_a_campaign_that_still_sends_has_no_follow_up(shop):
    settings, db = shop
    one = sent(shop)
    with transaction(db):
        db.execute("UPDATE campaigns SET state = 'sending' WHERE id = ?", (one,))
    with pytest.raises(BadInput):
        followups.begin(settings, db, one, "missed", by=DESK, now=NOW)


def test_a_follow_up_to_nobody_is_refused_before_anything_is_made(shop):
    settings, db = shop
    one = sent(shop)
    with transaction(db):
        db.execute("DELETE FROM counts WHERE status IN ('failed', 'refused')")
    with pytest.raises(BadInput):
        followups.begin(settings, db, one, "missed", by=DESK, now=NOW)
    assert drafts.open_ones(db) == []


def stopped(shop: tuple[Settings, Connection]) -> int:
    """A campaign to eight that left in part when all sending was stopped: see the test for who has it."""
    settings, db = shop
    one = campaign(db, numbers(8), ["a", "b", "c", "d"])
    first, second, third = claim(db, room=3)
    record(shop, first, Outcome("accepted", ids=ids(first)))
    record(shop, second, Outcome("fault", code=500, phrase="?"))
    with transaction(db):
        brakes.put_on(db, "stop", say("A wrong text"), by=DESK, now=NOW)
    record(shop, third, Outcome("not_sent"))
    return one


def test_a_correction_is_offered_while_all_sending_is_stopped_and_the_rest_stays(shop):
    settings, db = shop
    one = stopped(shop)
    # Two were accepted, two were answered with 500 and may have it, two never left, two wait.
    assert followups.count(db, one, "reached") == 4
    draft = followups.begin(settings, db, one, "reached", by=DESK, now=NOW)
    run_import(shop, draft.import_id)
    reached = {row["msisdn"] for row in campaigns.messages(db, one) if row["text"] in ("a", "b")}
    assert {number for _, number, _ in staged.rows(db, draft.import_id)} == reached
    # When sending goes on the wrong text goes to nobody more.
    brakes.let_go(db, "stop", by=DESK, now=NOW)
    assert campaigns.get(db, one)["state"] == "paused"
    assert claim(db, now=NOW + 3_600_000) == []
    campaigns.cancel(db, one, by=DESK, now=NOW)
    while campaigns.sweep_cancelled(db):
        pass
    assert statuses(db, one) == {"accepted": 2, "unknown": 2, "cancelled": 4}


def test_a_correction_waits_for_the_requests_that_are_under_way(shop):
    settings, db = shop
    one = campaign(db, numbers(4), ["a", "b"])
    first, second = claim(db, room=2)
    record(shop, first, Outcome("accepted", ids=ids(first)))
    campaigns.pause(db, one, by=DESK, now=NOW)
    with pytest.raises(BadInput, match="on their way"):
        followups.begin(settings, db, one, "reached", by=DESK, now=NOW)
    record(shop, second, Outcome("accepted", ids=ids(second)))
    draft = followups.begin(settings, db, one, "reached", by=DESK, now=NOW)
    run_import(shop, draft.import_id)
    assert imports.get(db, draft.import_id).sendable == 4


def test_what_is_sent_again_and_has_not_left_is_corrected_too(shop):
    settings, db = shop
    one = campaign(db, numbers(3))
    (only,) = claim(db)
    record(shop, only, Outcome("unknown"))
    campaigns.send_again(db, one, by=DESK, now=NOW)
    campaigns.pause(db, one, by=DESK, now=NOW)
    assert followups.count(db, one, "reached") == 3
    draft = followups.begin(settings, db, one, "reached", by=DESK, now=NOW)
    run_import(shop, draft.import_id)
    assert imports.get(db, draft.import_id).sendable == 3
