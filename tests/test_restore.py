"""Restoring: nothing of an old database leaves by itself, and nothing is changed that can't be brought back whole."""

import argparse
import contextlib
import io
import shutil
import signal
import stat
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from nextpod_core import (
    approvals,
    backups,
    brakes,
    campaigns,
    drafts,
    holding,
    imports,
    making,
    outbox,
    releases,
    restoring,
    review,
    settlement,
    singles,
    store,
    suppressions,
)
from nextpod_core.commands import sending as commands
from nextpod_core.db import connect, transaction
from nextpod_core.errors import BadInput, WrongStore
from nextpod_core.people import COMMAND
from nextpod_core.settings import load
from nextpod_core.settlement import Outcome
from tests import chaos
from tests.outboxes import NOW, campaign, counted, new_store, numbers, statuses
from tests.sandboxes import ROOT

MINUTE, HOUR = 60_000, 3_600_000


def backed_up(folder, **env):
    """A store with one campaign in every state that could send, and its backup; nothing is open."""
    given, db = new_store(folder, **env)
    ids = {
        "sending": campaign(db, numbers(6), ("a", "b", "c"), state="sending", name="Half out"),
        "scheduled": campaign(db, numbers(3), state="scheduled", name="Due later"),
        "finished": campaign(db, numbers(0), state="finished"),
    }
    with transaction(db):
        singles.enqueue(
            db, kind="tests", sender="Nextpod", text="Hei", msisdn=numbers(1)[0], key="k", by=COMMAND, now=NOW
        )
    # One test text leaves first; then one request under way, one proved not to have left, one answered with 500.
    first = outbox.claim(db, now=NOW, holder="test", lease=90_000, room=1)
    settlement.record(db, [(first[0], Outcome("not_sent"))], settings=given, unknowns_in_row=0, now=NOW)
    _one, two, three = outbox.claim(db, now=NOW, holder="test", lease=90_000, room=3)
    settlement.record(db, [(two, Outcome("not_sent")), (three, Outcome("fault", code=500))], settings=given,
                      unknowns_in_row=0, now=NOW)  # fmt: skip
    with transaction(db):
        singles.enqueue(
            db, kind="answers", sender="2345", text="Takk", msisdn=numbers(1)[0], key="q", by=COMMAND, now=NOW
        )
    store.beat(db, "dispatcher", now=NOW, started_at=NOW)
    made = backups.make(given, db, now=NOW, by=COMMAND)
    db.close()
    return given, made, ids


def restore(given, made, now=NOW + HOUR, **more):
    return restoring.restore(given, made.path, now=now, by=COMMAND, **more)


def elsewhere(folder, given):
    """The settings of an empty place beside."""
    (folder / "elsewhere").mkdir()
    return replace(given, database=folder / "elsewhere" / "sandbox.db")


def test_what_was_under_way_is_unknown_what_was_to_go_waits_and_a_person_must_let_go(tmp_path):
    given, made, ids = backed_up(tmp_path)
    there = elsewhere(tmp_path, given)
    done = restore(there, made)
    assert done.paused == ("Half out", "Due later")
    with contextlib.closing(store.open(there)) as db:
        assert "sending" not in statuses(db, ids["sending"])
        assert db.execute("SELECT count(*) FROM messages WHERE status IN ('sending')").fetchone()[0] == 0
        assert (
            db.execute("SELECT count(*) FROM batches WHERE state IN ('sending', 'waiting', 'held')").fetchone()[0] == 0
        )
        unknown = db.execute("SELECT count(*) FROM messages WHERE status = 'unknown'").fetchone()[0]
        assert unknown == done.unknown > 6
        for id in ids.values():
            assert campaigns.ledger(db, id).balances
            assert counted(db, id) == statuses(db, id)
        assert [one.name for one in brakes.active(db, now=NOW + HOUR)] == ["overdue"]
        # Even when a person lets go of the brake nothing leaves: everything that could is paused or unknown.
        brakes.let_go(db, "overdue", now=NOW + HOUR, by=COMMAND)
        campaigns.start_due(db, now=NOW + 100 * HOUR)
        assert outbox.claim(db, now=NOW + 100 * HOUR, holder="test", lease=90_000, room=50) == []
        # What waits is listed, the lone answer too, and can be decided.
        assert {row["kind"] for row in campaigns.unknown_campaigns(db)} == {"campaign", "tests", "answers"}
        campaigns.resume(db, ids["scheduled"], by=COMMAND, now=NOW + HOUR)


def held(folder):
    """A campaign that was due only later when the copy was made, after a restore; the store stays open."""
    given, at = new_store(folder)
    draft = drafts.new(at, by=COMMAND, now=NOW)
    one = campaign(at, numbers(3), state="scheduled", name="Due later", due_at=NOW + HOUR, draft_id=draft.id)
    assert review.can_be_taken_back(at, campaigns.get(at, one))
    holding.hold_restored(at, written_at=NOW - HOUR, now=NOW, by=COMMAND)
    assert statuses(at, one) == {"queued": 3}
    return given, at, one


def test_who_resumes_what_may_have_left_since_says_that_they_know_of_how_many(tmp_path):
    _given, at, one = held(tmp_path)
    assert holding.may_have_left(at, campaigns.get(at, one)) == 3
    for although in (None, 0, 4):
        with pytest.raises(BadInput, match="3 texts"):
            campaigns.resume(at, one, by=COMMAND, now=NOW, although=although)
    campaigns.resume(at, one, by=COMMAND, now=NOW, although=3)
    assert holding.may_have_left(at, campaigns.get(at, one)) == 0
    campaigns.pause(at, one, by=COMMAND, now=NOW)
    campaigns.resume(at, one, by=COMMAND, now=NOW)


def test_the_command_resumes_one_campaign_and_tells_of_those_that_may_have_left(tmp_path, capsys):
    given, at, one = held(tmp_path)
    asked = argparse.Namespace(campaign=None, although=None)
    assert commands.resume(asked, given) == 0
    assert "Due later: 3 messages may have left already" in capsys.readouterr().out
    asked.campaign = one
    with pytest.raises(BadInput, match="twice"):
        commands.resume(asked, given)
    asked.although = 3
    assert commands.resume(asked, given) == 0
    assert campaigns.get(at, one)["state"] == "scheduled"


def test_what_may_have_left_since_the_backup_is_not_taken_for_something_that_never_left(tmp_path):
    _given, at, one = held(tmp_path)
    assert not review.can_be_taken_back(at, campaigns.get(at, one))
    with pytest.raises(BadInput, match="may have left"):
        review.take_back(at, one, by=COMMAND, now=NOW)


def test_the_restored_file_is_whole_private_and_has_its_key(tmp_path):
    given, made, _ids = backed_up(tmp_path)
    there = elsewhere(tmp_path, given)
    restore(there, made)
    assert {file.name for file in there.database.parent.iterdir()} == {"sandbox.db", "sandbox.key", "sandbox.db.tide"}
    for file in (there.database, there.key_file):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with contextlib.closing(connect(there.database)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_what_lay_there_is_kept_whole_even_after_a_crash(tmp_path):
    given, made, _ids = backed_up(tmp_path)
    crash = (
        "import os, pathlib, sys; from nextpod_core.db import connect, transaction\n"
        "db = connect(pathlib.Path(sys.argv[1]))\n"
        "with transaction(db): db.execute(\"INSERT INTO meta VALUES ('late', 'word')\")\n"
        "os._exit(9)"
    )  # fmt: skip
    subprocess.run([sys.executable, "-c", crash, given.database], cwd=ROOT)
    assert given.database.with_name("sandbox.db-wal").exists()
    done = restore(given, made)
    with contextlib.closing(connect(done.aside)) as db:
        assert db.execute("SELECT value FROM meta WHERE name = 'late'").fetchone()[0] == "word"
    with contextlib.closing(store.open(given)) as db:
        assert db.execute("SELECT 1 FROM meta WHERE name = 'late'").fetchone() is None
    assert done.aside.with_suffix(".key").exists()


def test_a_damaged_database_is_no_hindrance(tmp_path):
    given, made, _ids = backed_up(tmp_path)
    given.database.write_bytes(b"nothing of use" * 1000)
    restore(given, made)
    store.open(given).close()


def test_opt_outs_since_the_backup_are_played_back(tmp_path):
    from nextpod_core import consent

    given, made, _ids = backed_up(tmp_path)
    with contextlib.closing(store.open(given)) as db:
        with transaction(db):
            suppressions.add(db, msisdn=numbers(2)[1], reason="stop", by=COMMAND, now=NOW + MINUTE)
        consent.append_to_file(db)
    done = restore(given, made)
    assert done.opted_out.known == 1
    with contextlib.closing(store.open(given)) as db:
        assert suppressions.is_suppressed(db, numbers(2)[1])


def test_it_refuses_while_somebody_has_the_file_open(tmp_path):
    given, made, _ids = backed_up(tmp_path)
    hold = "import pathlib, sys; from nextpod_core.db import connect; db = connect(pathlib.Path(sys.argv[1]));" \
           " db.execute('SELECT * FROM meta').fetchall(); print('open', flush=True); sys.stdin.read()"  # fmt: skip
    with subprocess.Popen([sys.executable, "-c", hold, given.database], cwd=ROOT, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as other:  # fmt: skip
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(BadInput, match="Stop all processes first"):
            restore(given, made)
        other.communicate()
    restore(given, made)


def test_it_refuses_while_a_process_said_just_now_that_it_lives(tmp_path):
    given, made, _ids = backed_up(tmp_path)
    with pytest.raises(BadInput, match="dispatcher said less than ten seconds ago"):
        restore(given, made, now=NOW + 9_000)


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        ("gone", "There is no file"), ("half", "changed or cut off"), ("half alone", r"damaged|no whole database"),
        ("bare", "-wal file lies beside it"), ("other key", "belongs to another database"), ("no key", "key file"),
        ("newer", "made by a newer version"), ("live", "is live"), ("no table", "no whole database"),
        ("torn json", "can't be read"),
    ],
)  # fmt: skip
def test_what_can_not_be_restored_is_refused_in_a_sentence_and_nothing_changes(tmp_path, harm, told):
    given, made, _ids = backed_up(tmp_path)
    there = elsewhere(tmp_path, given)
    json = backups.sidecar(made.path)
    if harm == "gone":
        made.path.unlink()
    elif harm.startswith("half"):
        made.path.write_bytes(made.path.read_bytes()[: made.bytes // 2])
        if harm == "half alone":
            json.unlink()
    elif harm == "bare":
        made.path.with_name(made.path.name + "-wal").touch()
    elif harm == "no table":
        made.path.write_bytes(b"hello")
        json.unlink()
    elif harm == "torn json":
        json.write_text("{")
    elif harm == "no key":
        made.key.unlink()
    elif harm == "other key":
        (tmp_path / "another").mkdir()
        made.key.write_bytes(new_store(tmp_path / "another")[0].key_file.read_bytes())
    else:
        json.unlink()
        with contextlib.closing(connect(made.path)) as db:
            db.execute("PRAGMA user_version = 99" if harm == "newer" else "UPDATE meta SET value = 'live'"
                       " WHERE name = 'mode'")  # fmt: skip
    with pytest.raises((BadInput, WrongStore), match=told):
        restore(there, made)
    assert list(there.database.parent.iterdir()) == []


def test_a_backup_of_another_installation_is_let_in_only_when_it_is_meant(tmp_path):
    given, made, _ids = backed_up(tmp_path)
    (tmp_path / "another").mkdir()
    there, db = new_store(tmp_path / "another")
    db.close()
    with pytest.raises(WrongStore, match="another installation"):
        restore(there, made)
    restore(there, made, other=True)
    store.open(there).close()


@pytest.mark.skipif(not shutil.which("age-keygen"), reason="age is not installed")
def test_an_encrypted_backup_needs_the_secret_key(tmp_path):
    subprocess.run(["age-keygen", "-o", tmp_path / "secret"], check=True, capture_output=True)
    recipient = (tmp_path / "secret").read_text().split("public key: ")[1].split()[0]
    given, made, _ids = backed_up(tmp_path, NEXTPOD_BACKUP_AGE_RECIPIENT=recipient)
    there = elsewhere(tmp_path, given)
    with pytest.raises(BadInput, match="--identity"):
        restore(there, made)
    subprocess.run(["age-keygen", "-o", tmp_path / "wrong"], check=True, capture_output=True)
    with pytest.raises(BadInput, match="can't be decrypted"):
        restore(there, made, identity=tmp_path / "wrong")
    restore(there, made, identity=tmp_path / "secret")
    store.open(there).close()


def test_a_sealed_server_never_sends_again_and_the_copy_of_it_does(tmp_path):
    given, _made, ids = backed_up(tmp_path)
    with contextlib.closing(store.open(given)) as open_before:
        with transaction(open_before):
            open_before.execute("INSERT INTO meta VALUES ('sealed', '1')")
        assert outbox.claim(open_before, now=NOW + HOUR, holder="old", lease=90_000, room=9) == []
        with transaction(open_before):
            open_before.execute("DELETE FROM meta WHERE name = 'sealed'")
    made = restoring.seal(given, now=NOW + HOUR, by=COMMAND)
    for refused in (lambda: store.open(given), lambda: restore(given, made)):
        with pytest.raises(WrongStore, match="sealed"):
            refused()
    there = elsewhere(tmp_path, given)
    restore(there, made)
    with contextlib.closing(store.open(there)) as db:
        assert campaigns.get(db, ids["sending"])["state"] == "paused"


def test_a_backup_in_the_middle_of_a_send_restored_elsewhere_texts_nobody_twice(tmp_path):
    desk = chaos.Desk(tmp_path, {"latency_ms": "40", "answers": "0"}, {"NEXTPOD_UNDER_WAY": "4"})
    try:
        to = numbers(3_000)
        id = campaign(desk.db, to, [f"Hei {place}" for place in range(len(to))])
        desk.start("ingest")
        desk.start("dispatch")
        desk.until(lambda: chaos.attempts(desk) > 40)
        command = [sys.executable, "-m", "nextpod_core"]
        run = {"cwd": ROOT, "env": desk.env, "capture_output": True, "text": True}
        made = subprocess.run([*command, "backup"], **run)
        assert made.returncode == 0, made.stderr
        (backup,) = backups.recent(desk.settings)
        at_backup = chaos.attempts(desk)
        desk.until(lambda: chaos.attempts(desk) > at_backup + 40)  # what leaves after it, and is not in it
        for name in ("dispatch", "ingest"):
            desk.end(name, signal.SIGKILL)
        desk.db.close()
        killed = time.monotonic()
        desk.until(lambda: time.monotonic() > killed + 0.5)  # what had left by then arrives within 40 ms
        before = desk.arrived()
        assert 80 < len(before) < len(to)
        there = tmp_path / "elsewhere" / "sandbox.db"
        desk.env["NEXTPOD_DATABASE"] = str(there)
        desk.settings = load(desk.env)
        done = subprocess.run([*command, "restore", str(backup.path)], **run)
        assert done.returncode == 0, done.stderr
        desk.db = store.open(desk.settings)
        rounds = store.last_beats(desk.db)["dispatcher"]
        desk.start("ingest")
        desk.start("dispatch")
        desk.until(lambda: store.last_beats(desk.db)["dispatcher"] > rounds + 5_000)
        desk.until(lambda: desk.sandbox.ask("/sandbox/counts")["reports_waiting"] == 0)
        assert desk.arrived() == before, "a restored desk sent by itself"
        assert set(before.values()) == {1}
        assert campaigns.get(desk.db, id)["state"] == "paused"
        assert campaigns.ledger(desk.db, id).balances
        # Those that the backup knew as under way and that did arrive are settled by their reports.
        desk.until(lambda: chaos.folded(desk))
        rows = dict(desk.db.execute("SELECT msisdn, status FROM messages").fetchall())
        assert all(rows[number] == "queued" or number in before or rows[number] == "unknown" for number in to)
    finally:
        desk.close()


def test_a_file_that_was_rolled_back_with_its_disk_does_not_send_by_itself(tmp_path):
    """A snapshot of the machine, or a copied disk: nobody ran `restore`, only the heartbeat in the file is old."""
    desk = chaos.Desk(tmp_path, {"answers": "0"}, {"NEXTPOD_UNDER_WAY": "2", "NEXTPOD_OVERDUE_SECONDS": "4"})
    try:
        to = numbers(400)
        campaign(desk.db, to, [f"Hei {place}" for place in range(len(to))])
        desk.start("dispatch")
        desk.until(lambda: chaos.attempts(desk) > 20)
        snapshot = tmp_path / "snapshot.db"
        backups.copy(desk.db, snapshot)
        shutil.copy(desk.settings.key_file, snapshot.with_suffix(".key"))
        beat = connect(snapshot).execute("SELECT at FROM heartbeats").fetchone()[0]
        desk.until(lambda: len(desk.arrived()) == len(to))
        desk.until(lambda: store.last_beats(desk.db)["dispatcher"] > beat + 4_000)
        desk.end("dispatch", signal.SIGKILL)
        desk.db.close()
        desk.env["NEXTPOD_DATABASE"] = str(snapshot)
        desk.settings = load(desk.env)
        desk.db = store.open(desk.settings)
        desk.start("dispatch")
        desk.until(lambda: store.last_beats(desk.db)["dispatcher"] > beat + 8_000)
        assert [row["name"] for row in desk.db.execute("SELECT name FROM brakes")] == ["overdue"]
        assert set(desk.arrived().values()) == {1}
    finally:
        desk.close()


def test_a_draft_of_the_copy_is_sent_only_after_another_review_that_says_it_may_have_left(tmp_path):
    given, at = new_store(tmp_path)
    list_id = imports.begin(
        given, at, io.BytesIO(b"mobil\n91726200\n"), filename="p.csv", region="NO", by=COMMAND, now=NOW
    )
    imports.run(given, at, list_id, clock=lambda: NOW)
    draft = drafts.new(at, by=COMMAND, now=NOW, name="Sale", import_id=list_id, sender="2345", text="Hei")
    making.prepare(at, draft.id, by=COMMAND, now=NOW)
    releases.ask(at, draft.id, version=draft.version, by=COMMAND, now=NOW)
    holding.hold_restored(at, written_at=NOW, now=NOW + HOUR, by=COMMAND)
    assert approvals.waiting(at) == []
    with pytest.raises(BadInput, match="review"):
        review.send(at, draft.id, version=draft.version, by=COMMAND, now=NOW + HOUR)
    making.prepare(at, draft.id, by=COMMAND, now=NOW + HOUR)
    found = review.get(at, draft.id)
    assert found is not None and any("older than the restore" in str(each) for each in found.warnings)
    later = drafts.new(at, by=COMMAND, now=NOW + 2 * HOUR, name="New", import_id=list_id, sender="2345", text="Hei")
    making.prepare(at, later.id, by=COMMAND, now=NOW + 2 * HOUR)
    found = review.get(at, later.id)
    assert found is not None and not any("older than the restore" in str(each) for each in found.warnings)
