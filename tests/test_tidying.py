"""Keeping the file small: in steps that nobody who writes waits for, however much there is to give back."""

import contextlib
import threading
import time

import pytest

from nextpod_core import store, tidying
from nextpod_core.db import transaction
from nextpod_core.keeping import Keeper
from tests.outboxes import NOW, new_store


@pytest.fixture
def desk(tmp_path):
    """A store of 16 MB, three quarters of which are free: the rows of an upload that went after its week."""
    given, db = new_store(tmp_path)
    for _ in range(4):
        with transaction(db):
            db.executemany(
                "INSERT INTO quarantine (arrived, source, kind, content_type, query, body, reason, digest)"
                " VALUES (?, '', 'mo', '', '', zeroblob(4000), '', randomblob(16))",
                [(row,) for row in range(1_000)],
            )
    for first in range(0, 1_000, 250):
        with transaction(db):
            db.execute("DELETE FROM quarantine WHERE arrived BETWEEN ? AND ? AND arrived % 4",
                       (first, first + 249))  # fmt: skip
    yield given, db
    db.close()


def pages(db):
    return db.execute("PRAGMA page_count").fetchone()[0]


def test_room_goes_back_to_the_disk_and_nobody_who_writes_waits_a_tenth_of_a_second(desk):
    given, db = desk
    before, waits, over = pages(db), [], threading.Event()

    def write():
        with contextlib.closing(store.open(given)) as own:
            while not over.is_set():
                began = time.perf_counter()
                store.beat(own, "ingester", now=NOW, started_at=NOW)
                waits.append(time.perf_counter() - began)
                over.wait(0.001)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        Keeper(given, lambda: NOW).look(db)
    finally:
        over.set()
        writer.join()
    assert pages(db) < before / 2
    assert db.execute("PRAGMA freelist_count").fetchone()[0] <= tidying.SPARE * pages(db) + tidying.PAGES
    assert db.execute("PRAGMA quick_check").fetchone()[0] == "ok"
    assert len(waits) > 20
    # A slow disk may keep a commit of anybody waiting now and then.
    assert sorted(waits)[int(len(waits) * 0.98)] < 0.1


def test_a_little_room_is_kept_for_what_comes_next(tmp_path):
    given, db = new_store(tmp_path)
    assert list(tidying.run(db, given.database)) == []


def test_a_long_log_is_cut_but_never_while_somebody_reads_it(desk):
    given, db = desk
    log = given.database.with_name(given.database.name + "-wal")
    with contextlib.closing(store.open(given)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM quarantine").fetchone()
        store.beat(db, "ingester", now=NOW, started_at=NOW)
        began = time.perf_counter()
        assert not tidying.cut_log(db)
        assert time.perf_counter() - began < 1
        reader.execute("ROLLBACK")
    assert tidying.cut_log(db)
    assert log.stat().st_size == 0
    assert db.execute("PRAGMA busy_timeout").fetchone()[0] == 10_000
