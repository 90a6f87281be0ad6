"""The database as a file: born sandbox or live, brought up to date with a copy beside it, refused when it must be."""

import stat
from pathlib import Path

import pytest

from nextpod_core import options, people, store
from nextpod_core.db import connect, transaction
from nextpod_core.errors import BadInput, WrongStore
from nextpod_core.people import COMMAND, DESK
from nextpod_core.settings import load
from tests.outboxes import NOW, new_store

LIVE = {"NEXTPOD_API_KEY": "a-key", "NEXTPOD_PUBLIC_URL": "https://sms.example.no"}


def test_the_schema_number_is_the_number_of_steps():
    from nextpod_core.migrations import migrations

    assert len(migrations._migrations) == store.SCHEMA


def test_a_new_store_is_private_and_has_its_key_beside_it(tmp_path):
    settings, db = new_store(tmp_path)
    for path in (settings.database, settings.key_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(db.key) == 32
    assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert db.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert db.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_every_table_of_ours_is_strict(tmp_path):
    _, db = new_store(tmp_path)
    loose = [
        row["name"]
        for row in db.execute("SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict")
        if not row["name"].startswith(("sqlite_", "_sqlite_", "inbound_words", "msisdn_parts"))
        and "fts" not in row["name"]
    ]
    assert loose == []


def test_migrating_again_changes_nothing(tmp_path):
    settings, _ = new_store(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    assert store.migrate(settings, now=NOW, by=COMMAND) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_practice_store_refuses_a_key(tmp_path):
    settings, _ = new_store(tmp_path)
    with pytest.raises(WrongStore, match="Practice campaigns must never reach real people"):
        store.open(load(LIVE | {"NEXTPOD_DATABASE": str(settings.database)}))


def test_a_live_store_refuses_to_open_without_a_key(tmp_path):
    path = str(tmp_path / "nextpod.db")
    store.migrate(load(LIVE | {"NEXTPOD_DATABASE": path}), now=NOW, by=COMMAND)
    for refused in (store.open, lambda settings: store.migrate(settings, now=NOW, by=COMMAND)):
        with pytest.raises(WrongStore, match="is live, but NEXTPOD_API_KEY is not set"):
            refused(load({"NEXTPOD_DATABASE": path}))


def test_a_store_of_a_newer_program_is_refused(tmp_path):
    settings, db = new_store(tmp_path)
    db.execute(f"PRAGMA user_version = {store.SCHEMA + 1}")
    with pytest.raises(WrongStore, match="made by a newer version"):
        store.open(settings)


def test_an_older_store_is_copied_beside_before_it_is_changed(tmp_path):
    settings, db = new_store(tmp_path)
    db.execute("DELETE FROM _sqlite_migrations WHERE name = 'm005_counts'")
    for table in ("counts", "latencies", "reasons", "timeline", "inbound_counts", "answered"):
        db.execute(f"DROP TABLE {table}")
    db.execute(f"PRAGMA user_version = {store.SCHEMA - 1}")
    with pytest.raises(WrongStore, match="Run: python -m nextpod_core migrate"):
        store.open(settings)
    assert store.migrate(settings, now=NOW, by=COMMAND) == ["m005_counts"]
    (copy,) = tmp_path.glob("sandbox.before-*.db")
    assert connect(copy).execute("PRAGMA user_version").fetchone()[0] == store.SCHEMA - 1
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    store.open(settings).execute("SELECT count(*) FROM counts")


def test_a_missing_store_says_what_to_do(tmp_path):
    with pytest.raises(WrongStore, match="Run: python -m nextpod_core migrate"):
        store.open(load({"NEXTPOD_DATABASE": str(tmp_path / "none.db")}))


@pytest.mark.parametrize("harm", ["gone", "open", "other", "torn"])
def test_a_key_file_that_is_not_right_is_refused(tmp_path, harm):
    settings, _ = new_store(tmp_path)
    path = settings.key_file
    if harm == "gone":
        path.unlink()
    elif harm == "open":
        path.chmod(0o644)
    elif harm == "torn":
        path.write_text(path.read_text()[:20])
    else:
        other = tmp_path / "other"
        other.mkdir()
        path.write_text(new_store(other)[0].key_file.read_text())
    with pytest.raises(WrongStore, match="key file"):
        store.open(settings)


def test_a_sealed_store_never_opens_again(tmp_path):
    settings, db = new_store(tmp_path)
    db.execute("INSERT INTO meta VALUES ('sealed', '1')")
    with pytest.raises(WrongStore, match="sealed"):
        store.open(settings)


def test_bytes_and_nothing_are_stored_as_they_are(tmp_path):
    _, db = new_store(tmp_path)
    given = (None, b"", b"\x00\xff", "a\x00b", 1, 2.5)
    assert tuple(db.execute("SELECT ?, ?, ?, ?, ?, ?", given).fetchone()) == given
    assert tuple(db.execute("SELECT typeof(?), typeof(?)", (None, b"")).fetchone()) == ("null", "blob")


def test_a_failed_transaction_leaves_nothing(tmp_path):
    _, db = new_store(tmp_path)
    with pytest.raises(ZeroDivisionError), transaction(db):
        db.execute("INSERT INTO meta VALUES ('x', 'y')")
        1 / 0  # noqa: B018
    assert db.execute("SELECT 1 FROM meta WHERE name = 'x'").fetchone() is None
    assert not db.in_transaction


def test_the_audit_log_shows_a_row_that_was_changed_or_taken_out(tmp_path: Path):
    _, db = new_store(tmp_path)
    for place in range(5):
        options.change(db, by=DESK, now=NOW + place, daily_limit=place + 1)
    assert people.audit_is_whole(db) is None
    last = db.execute("SELECT max(id) FROM audit").fetchone()[0]
    db.execute("UPDATE audit SET detail = '{}' WHERE id = ?", (last - 2,))
    assert people.audit_is_whole(db) == last - 2
    db.execute("DELETE FROM audit WHERE id = ?", (last - 3,))
    assert people.audit_is_whole(db) == last - 2


@pytest.mark.parametrize(
    "wrong",
    [{"zone": "Oslo"}, {"window_from": "8"}, {"window_to": "25:00"}, {"window_from": "20:00"}, {"currency": "kr"},
     {"price": -1.0}, {"prices": {"NO": 5000.0}}, {"daily_limit": 0}, {"confirm_opt_out": True}],
    ids=str,
)  # fmt: skip
def test_options_that_can_not_be_used_are_refused_and_nothing_changes(tmp_path, wrong):
    _, db = new_store(tmp_path)
    with pytest.raises(BadInput):
        options.change(db, by=DESK, now=NOW, **wrong)
    assert options.read(db) == options.Options()
