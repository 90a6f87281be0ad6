"""The audit log: chained, walked by command, masked; and a list of whole numbers that was shown stands in it."""

import pytest

from nextpod_core import heads, keeping, people
from nextpod_core.__main__ import main
from nextpod_core.db import transaction
from nextpod_core.people import COMMAND
from nextpod_core.settings import load
from tests import apps, outboxes
from tests.outboxes import NOW

DAY = 24 * 3_600_000
LIST = [f"47917262{place:02}" for place in range(40)]


@pytest.fixture
def db(tmp_path, monkeypatch):
    found = apps.new_store(tmp_path, monkeypatch)
    yield found
    found.close()


def write(db, count):
    with transaction(db):
        for number in range(count):
            people.audit(db, by=COMMAND, action="campaign.pause", now=NOW, subject="campaign", subject_id=number,
                         detail={"why": "ring 91726200 eller +47 917 26 201"})  # fmt: skip


@pytest.mark.parametrize(
    "harm",
    ["UPDATE audit SET actor = 'nobody' WHERE id = {id}", "UPDATE audit SET at = at + 1 WHERE id = {id}",
     "UPDATE audit SET detail = '{{}}' WHERE id = {id}", "DELETE FROM audit WHERE id = {id}",
     "UPDATE audit SET address = '10.0.0.1' WHERE id = {id}",
     "UPDATE audit SET chain = randomblob(32) WHERE id = {id}"],
)  # fmt: skip
def test_a_row_that_was_changed_or_taken_out_shows_by_command(db, harm, capsys):
    write(db, 5)
    assert main(["audit", "verify"]) == 0
    middle = db.execute("SELECT max(id) - 2 FROM audit").fetchone()[0]
    db.execute(harm.format(id=middle))
    assert main(["audit", "verify"]) == 1
    assert "not as it was written" in capsys.readouterr().err


def test_a_log_cut_off_at_its_end_shows_by_a_head_that_was_kept(db, capsys):
    write(db, 3)
    _rows, head = people.audit_head(db)
    write(db, 2)
    assert main(["audit", "verify", "--head", head]) == 0
    db.execute("DELETE FROM audit WHERE id > (SELECT max(id) - 4 FROM audit)")
    assert main(["audit", "verify"]) == 0, "which no chain shows by itself"
    assert main(["audit", "verify", "--head", head]) == 1
    assert "cut off" in capsys.readouterr().err
    assert main(["audit", "verify", "--head", "%"]) == 1


def test_no_number_stands_in_it_however_it_was_written(db):
    write(db, 1)
    [row] = db.execute("SELECT detail FROM audit WHERE action = 'campaign.pause'").fetchall()
    assert "26" not in row["detail"].replace("***", "") and "*" in row["detail"]


@pytest.mark.parametrize(("role", "noted"), [("viewer", 0), ("approver", 1)])
def test_a_list_of_whole_numbers_is_noted_once_and_a_masked_one_is_none(db, monkeypatch, role, noted):
    campaign = outboxes.campaign(db, LIST, review='{"cells": []}')
    apps.sign_in(db, monkeypatch, role)
    app = apps.open_page("campaigns", query={"campaign": str(campaign)})
    app.run()
    rows = db.execute("SELECT actor, subject, subject_id, detail FROM audit WHERE action = 'numbers.shown'").fetchall()
    assert [(row["actor"], row["subject_id"], row["detail"]) for row in rows] == [
        (f"{role}@example.test", str(campaign), '{"rows":40}')
    ] * noted


def test_the_head_is_noted_once_a_day_and_the_log_is_compared_with_it_by_itself(db, tmp_path, capsys):
    given = load()
    write(db, 3)
    assert heads.keep(db, given.database, now=NOW)
    assert not heads.keep(db, given.database, now=NOW + DAY - 1_000)
    write(db, 2)
    keeping.Keeper(given, lambda: NOW + DAY).look(db)
    path = heads.file_of(given.database)
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(heads.read(path)) == 2
    assert main(["audit", "verify"]) == 0
    assert "2 heads kept" in capsys.readouterr().out
    with path.open("a") as file:
        file.write("2026-11-28T1")  # The disk was full in the middle of a line.
    db.execute("DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)")
    assert people.audit_is_whole(db) is None, "which no chain shows by itself"
    assert main(["audit", "verify"]) == 1
    assert "cut off" in capsys.readouterr().err
    write(db, 1)
    assert main(["audit", "verify"]) == 1, "another row in its place is not the one that was there"
    heads.set_aside(given.database, now=NOW)  # As a restore does.
    assert main(["audit", "verify"]) == 0


def test_a_folder_that_cannot_be_written_keeps_no_house_from_being_kept(db, caplog):
    given = load()
    heads.file_of(given.database).mkdir()
    keeping.Keeper(given, lambda: NOW).look(db)
    assert "can't be noted" in caplog.text
