"""The ledger of consent: what it keeps, what it notices, and what comes back from the file beside the database."""

import pytest

from nextpod_core import __main__, consent, keywords, options, rebuild, settings, store, suppressions
from nextpod_core.db import transaction
from nextpod_core.people import COMMAND, DESK
from tests.receiving import NOW, environment, open_store, write_in

ANNE, BO, CILLA = "4791726200", "4745848412", "46701234567"


@pytest.fixture
def db(tmp_path):
    db = open_store(tmp_path)
    yield db
    db.close()


def put(db, msisdn=BO):
    with transaction(db):
        suppressions.add(db, msisdn=msisdn, reason="hand", by=DESK, now=NOW)


def lift(db, msisdn):
    with transaction(db):
        suppressions.lift(db, msisdn=msisdn, by=DESK, now=NOW, reason="a mistake")


def a_day(db):
    """STOP and START by message, by hand and by list."""
    write_in(db, "STOPP", **{"from": ANNE})
    write_in(db, "START", **{"from": ANNE})
    write_in(db, "Stopp nå", **{"from": ANNE})
    put(db)
    suppressions.add_many(db, [BO, CILLA], by=DESK, now=NOW, note="old system")
    lift(db, BO)


def test_every_change_is_told_with_its_message_and_the_version_of_the_words(db):
    a_day(db)
    version = keywords.version(keywords.DEFAULT)
    told = [tuple(row) for row in db.execute("SELECT what, how, inbound_id, version FROM consent ORDER BY id")]
    assert told == [
        ("out", "stop", 1, version), ("in", "start", 2, version), ("out", "prefix", 3, version),
        ("out", "hand", None, version), ("out", "import", None, version), ("in", "hand", None, version),
    ]  # fmt: skip
    assert [row["what"] for row in consent.history(db, ANNE)] == ["out", "in", "out"]
    assert consent.verify(db).is_whole
    options.change(db, by=DESK, now=NOW, opt_out_words=["HOLD OPP"])
    write_in(db, "hold opp", **{"from": "4790000000"})
    assert consent.history(db, "4790000000")[0]["version"] not in ("", version)


def test_no_number_stands_in_it(db):
    a_day(db)
    for row in db.execute("SELECT * FROM consent"):
        assert not any(number in str(tuple(row)) for number in (ANNE, BO, CILLA))


@pytest.mark.parametrize(
    "done",
    [
        "UPDATE consent SET at = at - 1 WHERE id = 2",
        "UPDATE consent SET person = (SELECT person FROM consent WHERE id = 4) WHERE id = 1",
        "DELETE FROM consent WHERE id = 3",
        "DELETE FROM consent WHERE id >= 3",
        "UPDATE suppressions SET lifted_at = 1 WHERE msisdn = '46701234567'",
        "UPDATE suppressions SET lifted_at = NULL WHERE id = 1",
    ],
)
def test_what_is_changed_behind_its_back_shows(db, done):
    a_day(db)
    with transaction(db):
        if "lifted_at = NULL" in done:
            db.execute("UPDATE suppressions SET lifted_at = 1 WHERE id = 2")
        db.execute(done)
    assert not consent.verify(db).is_whole


def test_the_command_says_whether_it_is_whole(db, tmp_path, monkeypatch, capsys):
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    a_day(db)
    assert __main__.main(["consent", "verify"]) == 0
    assert "6 rows, whole" in capsys.readouterr().out
    with transaction(db):
        db.execute("DELETE FROM consent WHERE id = 2")
    assert __main__.main(["consent", "verify"]) == 1
    assert "row 3 is not as it was written" in capsys.readouterr().err


def test_a_change_that_is_undone_leaves_no_row(db):
    with pytest.raises(ZeroDivisionError), transaction(db):
        suppressions.add(db, msisdn=ANNE, reason="hand", by=DESK, now=NOW)
        _ = 1 / 0
    assert consent.count(db) == 0


def test_a_restored_database_hears_the_file_again(tmp_path):
    old = open_store(tmp_path)
    given = settings.load(environment(tmp_path))
    write_in(old, "Hei", **{"from": ANNE})
    write_in(old, "STOPP", **{"from": CILLA})
    backup = tmp_path / "backup.db"
    old.execute("VACUUM INTO ?", (str(backup),))
    write_in(old, "STOPP", **{"from": ANNE})  # known to the backup
    write_in(old, "STOPP", **{"from": BO})  # not known to it
    write_in(old, "STOPP", **{"from": "4790000000"})
    write_in(old, "START", **{"from": "4790000000"})
    write_in(old, "START", **{"from": CILLA})
    assert consent.append_to_file(old) == 6
    assert consent.append_to_file(old) == 0
    old.close()
    with consent.file_of(given.database).open("a") as file:
        file.write("179500000\tout\tst")  # cut off in the middle of a write
    for name in ("desk.db", "desk.db-wal", "desk.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    backup.rename(given.database)
    db = store.open(given)
    assert suppressions.suppressed_among(db, [ANNE, BO, CILLA]) == {CILLA}
    assert suppressions.replay_file(given, db) == suppressions.Replayed(known=1, hashed=1, unreadable=1)
    # Who opted in since the backup stays on the list: better once too often.
    assert suppressions.suppressed_among(db, [ANNE, BO, CILLA, "4790000000"]) == {ANNE, BO, CILLA}
    assert suppressions.is_suppressed(db, BO) and consent.verify(db).is_whole
    assert suppressions.replay_file(given, db) == suppressions.Replayed(known=0, hashed=0, unreadable=1)
    write_in(db, "START", **{"from": BO})
    write_in(db, "START", **{"from": ANNE})
    assert suppressions.suppressed_among(db, [ANNE, BO]) == set()
    # Two that came back, their two STARTs, and one that the backup had not written yet.
    assert consent.append_to_file(db) == 5
    assert [line is None for line in consent.read_file(consent.file_of(given.database))] == [False] * 6 + [True] + [
        False
    ] * 5
    db.close()


def test_the_file_is_begun_anew_when_it_was_moved_away(db, tmp_path):
    a_day(db)
    assert consent.append_to_file(db) == 6
    consent.file_of(tmp_path / "desk.db").unlink()
    assert consent.append_to_file(db) == 6
    assert consent.file_of(tmp_path / "desk.db").stat().st_mode & 0o777 == 0o600


def test_a_rebuild_leaves_the_ledger_alone(db):
    a_day(db)
    before = [tuple(row) for row in db.execute("SELECT * FROM consent")]
    rebuild.run(db, now=NOW, by=COMMAND)
    assert [tuple(row) for row in db.execute("SELECT * FROM consent")] == before


def test_older_lines_that_were_written_once_more_undo_no_opt_out(tmp_path, db):
    given = settings.load(environment(tmp_path))
    with transaction(db):
        suppressions.add(db, msisdn=ANNE, reason="stop", by=DESK, now=NOW)
        suppressions.lift_own(db, msisdn=ANNE, by=DESK, now=NOW + 1, inbound_id=1)
    consent.append_to_file(db)
    older = consent.file_of(given.database).read_bytes()
    with transaction(db):
        suppressions.add(db, msisdn=ANNE, reason="stop", by=DESK, now=NOW + 2)
    consent.append_to_file(db)
    # Another process had read these before and came to write them only now.
    with consent.file_of(given.database).open("ab") as file:
        file.write(older)
    with transaction(db):
        db.execute("DELETE FROM suppressions")
    suppressions.replay_file(given, db)
    assert suppressions.is_suppressed(db, ANNE)
