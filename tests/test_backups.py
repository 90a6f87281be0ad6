"""Backups: made while everything writes, opened and counted before they are believed, the newest so many kept."""

import contextlib
import json
import shutil
import stat
import subprocess
import threading
import time

import pytest

from nextpod_core import backups, heads, options, store
from nextpod_core.db import connect, transaction
from nextpod_core.errors import BadInput, WrongStore
from nextpod_core.people import COMMAND
from nextpod_core.settings import load
from tests import filled
from tests.outboxes import NOW, campaign, new_store, numbers

HOUR = 3_600_000
LIVE = {"NEXTPOD_API_KEY": "a-key", "NEXTPOD_PUBLIC_URL": "https://sms.example.no"}


@pytest.fixture
def desk(tmp_path):
    given, db = new_store(tmp_path)
    campaign(db, numbers(30))
    yield given, db
    db.close()


def make(desk, now=NOW):
    given, db = desk
    return backups.make(given, db, now=now, by=COMMAND)


def test_a_backup_is_one_private_file_that_opens_and_counts_with_its_key_apart(desk):
    made = make(desk)
    assert backups.examine(made.path) == made.counts
    assert made.counts["messages"] == 30
    assert made.key.parent != made.path.parent
    assert made.key.read_bytes() == desk[0].key_file.read_bytes()
    for file in (made.path, made.key, backups.sidecar(made.path)):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [file.name for file in made.path.parent.glob("*.db*")] == [made.path.name]  # no -wal, no -shm, no part
    assert backups.recent(desk[0]) == [made]


def test_what_shows_that_the_log_was_cut_off_lies_with_the_backup_and_goes_with_it(tmp_path):
    given, db = new_store(tmp_path, NEXTPOD_BACKUP_KEEP="1")
    heads.keep(db, given.database, now=NOW)
    made = backups.make(given, db, now=NOW, by=COMMAND)
    kept = made.path.with_suffix(".heads")
    assert heads.read(kept) == heads.read(heads.file_of(given.database)) != []
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    backups.make(given, db, now=NOW + HOUR, by=COMMAND)
    assert not kept.exists()
    db.close()


def test_what_was_written_a_moment_ago_and_stands_in_the_log_alone_is_in_it(desk):
    given, db = desk
    options.change(db, by=COMMAND, now=NOW, daily_limit=7)
    assert given.database.with_name("sandbox.db-wal").stat().st_size > 0
    with contextlib.closing(connect(make(desk).path)) as copy:
        assert options.read(copy).daily_limit == 7


def test_nobody_who_writes_waits_a_tenth_of_a_second_and_the_copy_is_of_one_instant(tmp_path):
    db, _ = filled.month(tmp_path)
    given = load({"NEXTPOD_DATABASE": str(tmp_path / "desk.db")})
    waits, over = [], threading.Event()

    def write():
        with contextlib.closing(store.open(given)) as own:
            while not over.is_set():
                began = time.perf_counter()
                with transaction(own):
                    own.execute("INSERT INTO quarantine (arrived, source, kind, content_type, query, body, reason,"
                                " digest) VALUES (1, '', 'mo', '', '', x'', '', randomblob(16))")  # fmt: skip
                waits.append(time.perf_counter() - began)
                over.wait(0.001)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for place in range(3):
            made = backups.make(given, db, now=NOW + place * 1000, by=COMMAND)
            assert backups.examine(made.path) == made.counts
    finally:
        over.set()
        writer.join()
    db.close()
    assert len(waits) > 50
    # A slow disk may keep a commit of anybody waiting now and then; the lock itself is never held.
    assert sorted(waits)[int(len(waits) * 0.98)] < 0.1


def test_the_newest_are_kept_and_the_oldest_go_with_their_keys(tmp_path):
    given, db = new_store(tmp_path, NEXTPOD_BACKUP_KEEP="3")
    made = [backups.make(given, db, now=NOW + day * 24 * HOUR, by=COMMAND) for day in range(5)]
    assert backups.recent(given) == made[:1:-1]
    assert len(list(given.backups.rglob("sandbox-*"))) == 9
    db.close()


def test_a_damaged_copy_is_told(desk):
    made = make(desk)
    content = bytearray(made.path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 3000] = b"\x5a" * 3000
    made.path.write_bytes(content)
    with pytest.raises(WrongStore, match=r"damaged|whole"):
        backups.examine(made.path)


@pytest.mark.parametrize("share", [0.0, 0.4, 0.9])
def test_half_a_backup_is_told(desk, share):
    made = make(desk)
    content = made.path.read_bytes()
    made.path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(WrongStore):
        backups.examine(made.path)


def test_a_folder_that_can_not_be_written_is_told_and_leaves_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    given, db = new_store(tmp_path, NEXTPOD_BACKUP_FOLDER=str(tmp_path / "file" / "backups"))
    with pytest.raises(BadInput, match="No backup can be made in"):
        backups.make(given, db, now=NOW, by=COMMAND)
    db.close()


def test_two_at_once_is_told(desk):
    given, _db = desk
    with backups._alone(given.backups), pytest.raises(BadInput, match="being made already"):
        make(desk)


def test_what_an_interrupted_one_left_behind_goes_with_the_next(desk):
    given, _db = desk
    given.backups.mkdir()
    (given.backups / "sandbox-20260101T000000Z.db.part").write_bytes(b"half")
    make(desk)
    assert not list(given.backups.glob("*.part"))


def test_one_whose_file_is_gone_is_marked_and_does_not_count(tmp_path):
    given = load(LIVE | {"NEXTPOD_DATABASE": str(tmp_path / "nextpod.db")})
    store.migrate(given, now=NOW, by=COMMAND)
    with contextlib.closing(store.open(given)) as db:
        made = backups.make(given, db, now=NOW, by=COMMAND)
    assert not backups.is_late(given, backups.recent(given), now=NOW + 26 * HOUR)
    assert backups.is_late(given, backups.recent(given), now=NOW + 26 * HOUR + 1)
    made.key.unlink()
    (found,) = backups.recent(given)
    assert not found.is_there
    assert backups.is_late(given, [found], now=NOW)


def test_a_practice_store_is_never_late(desk):
    assert not backups.is_late(desk[0], [], now=NOW)


def test_the_log_says_who_made_one(desk):
    made = make(desk)
    row = desk[1].execute("SELECT actor, detail FROM audit WHERE action = 'backup.make'").fetchone()
    assert (row["actor"], json.loads(row["detail"])["file"]) == ("command line", made.path.name)


@pytest.mark.skipif(not shutil.which("age-keygen"), reason="age is not installed")
def test_an_encrypted_backup_opens_with_the_secret_key_alone(tmp_path):
    subprocess.run(["age-keygen", "-o", tmp_path / "secret"], check=True, capture_output=True)
    recipient = (tmp_path / "secret").read_text().split("public key: ")[1].split()[0]
    given, db = new_store(tmp_path, NEXTPOD_BACKUP_AGE_RECIPIENT=recipient)
    made = backups.make(given, db, now=NOW, by=COMMAND)
    assert made.is_encrypted
    assert made.path.read_bytes().startswith(b"age-encryption.org")
    assert made.key.read_bytes().startswith(b"age-encryption.org")
    assert not list(given.backups.glob("*.db")), "nothing plain may be left"
    plain = tmp_path / "plain.db"
    subprocess.run(["age", "--decrypt", "--identity", tmp_path / "secret", "--output", plain, made.path], check=True)
    assert backups.examine(plain) == made.counts
    db.close()


def test_encryption_without_age_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    given, db = new_store(tmp_path, NEXTPOD_BACKUP_AGE_RECIPIENT="age1example")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadInput, match="age is not installed"):
        backups.make(given, db, now=NOW, by=COMMAND)
    assert not given.backups.exists()
    db.close()
