"""Follow-ups: those who did not get it, or exactly those who may have it, and nobody else."""

import io
from pathlib import Path

import pytest

from nextpod_core import campaigns, drafts, followups, imports, making, review, suppressions
from nextpod_core.db import Connection, transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import DESK
from nextpod_core.settings import Settings
from nextpod_core.settlement import Outcome
from tests.outboxes import NOW, new_store
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
                "INSERT INTO counts SELECT campaign_id, hour, mcc, mnc, ?, parts, alphabet, 1 FROM counts"
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
    rows = imports.rows(db, draft.import_id)
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
    assert [number for _, number, _ in imports.rows(db, draft.import_id)] == ["4791726204"]


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
