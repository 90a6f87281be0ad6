"""Upgrading: a desk that an early version left behind, killed in mid-send, is brought to today and sends nothing."""

import contextlib
import itertools
import os
import re
import shutil
from pathlib import Path

import pytest

from nextpod_core import brakes, campaigns, db, rebuild, store, suppressions
from nextpod_core.dispatcher import Dispatcher
from nextpod_core.errors import WrongStore
from nextpod_core.people import COMMAND, audit_is_whole
from nextpod_core.settings import Settings, load

OLD = Path(__file__).parent / "cases" / "step_5.sql"
HOUR = 3_600_000
# What every migration writes; and what a step itself changes: flag 16 of the messages that were answered.
CHANGED = {"_sqlite_migrations", "audit"}
FLAGS = "SELECT id, flags & ~16 FROM messages"


class Nobody:
    """A gateway to which nothing may be sent."""

    def __getattr__(self, name: str) -> None:
        raise AssertionError(f"{name} was asked of the gateway")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """The old database as a file, with its key file."""
    path = tmp_path_factory.mktemp("old") / "sandbox.db"
    path.touch(mode=0o600)
    text = OLD.read_text()
    old = db.connect(path)
    old.executescript(text)
    old.close()
    with os.fdopen(os.open(path.with_suffix(".key"), os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        file.write(re.search(r"\{.*\}", text)[0])
    return path


@pytest.fixture
def old(made, tmp_path) -> Settings:
    for end in (".db", ".key"):
        shutil.copy(made.with_suffix(end), tmp_path / f"sandbox{end}")
    return load({"NEXTPOD_DATABASE": str(tmp_path / "sandbox.db")})


Columns = dict[str, list[str]]


def columns_of(at: db.Connection) -> Columns:
    """The columns of every table."""
    names = at.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall()
    return {name: [row["name"] for row in at.execute(f"PRAGMA table_info('{name}')")] for (name,) in names}


def contents(at: db.Connection, columns: Columns) -> dict[str, list[str]]:
    """Every row of these tables, in these columns."""
    found = {}
    for name, named in columns.items():
        asked = ", ".join(f'"{one}"' for one in named)
        found[name] = sorted(repr(tuple(row)) for row in at.execute(f"SELECT {asked} FROM {name}"))
    return found


def test_everything_that_stood_in_it_stands_in_it_afterwards(old):
    with contextlib.closing(db.connect(old.database)) as at:
        columns = columns_of(at)
        columns["messages"].remove("flags")
        before, flags = contents(at, columns), at.execute(FLAGS).fetchall()
    assert [name for name, rows in before.items() if not rows] == []
    taken = store.migrate(old, now=last_beat(old) + HOUR, by=COMMAND)
    assert taken[0].startswith("m006_") and len(taken) == store.SCHEMA - 5
    with contextlib.closing(store.open(old)) as at:
        after = contents(at, columns)
        assert {name for name in before if before[name] != after[name]} <= CHANGED
        assert at.execute(FLAGS).fetchall() == flags
        answered = at.execute("SELECT count(*) FROM messages WHERE flags & 16").fetchone()[0]
        for table in ("counts", "count_weeks"):
            assert at.execute(f"SELECT sum(answered) FROM {table}").fetchone()[0] == answered > 0
        assert set(before["audit"]) < set(after["audit"]) and len(after["audit"]) == len(before["audit"]) + 1
        assert audit_is_whole(at) is None
        done = rebuild.run(at, now=last_beat(old) + HOUR, by=COMMAND)
        assert (done.matches, done.messages, done.counts, done.inbound_counts, done.conversations) == (0, 0, 0, 0, 0)
        assert suppressions.is_suppressed(at, "4799999013")


def last_beat(given: Settings) -> int:
    at = db.connect(given.database)
    try:
        return int(at.execute("SELECT max(at) FROM heartbeats").fetchone()[0])
    finally:
        at.close()


def test_nothing_leaves_and_what_was_under_way_is_unknown(old):
    began = last_beat(old) + HOUR
    store.migrate(old, now=began, by=COMMAND)
    with contextlib.closing(store.open(old)) as at:
        under_way = at.execute("SELECT count(*) FROM messages WHERE status IN ('sending', 'unknown')").fetchone()[0]
        queued = at.execute("SELECT count(*) FROM messages WHERE status = 'queued'").fetchone()[0]
        assert under_way and queued
        dispatcher = Dispatcher(old, at, Nobody(), clock=itertools.count(began, 1_000).__next__)
        dispatcher.look_back(now=began)
        for _ in range(20):
            dispatcher.step()
        assert [brake.name for brake in brakes.active(at, now=began)] == ["overdue"]
        statuses = dict(at.execute("SELECT status, count(*) FROM messages GROUP BY status").fetchall())
        assert (statuses.get("sending"), statuses["unknown"], statuses["queued"]) == (None, under_way, queued)
        assert all(campaigns.ledger(at, row["id"]).balances for row in at.execute("SELECT id FROM campaigns"))


def test_it_is_copied_beside_first_and_can_give_room_back_afterwards(old):
    size = old.database.stat().st_size
    store.migrate(old, now=last_beat(old) + HOUR, by=COMMAND)
    (copy,) = old.database.parent.glob("sandbox.before-6-*.db")
    assert copy.stat().st_size == size
    with contextlib.closing(store.open(old)) as at:
        assert at.execute("PRAGMA auto_vacuum").fetchone()[0] == 2
        assert at.execute("PRAGMA quick_check").fetchone()[0] == "ok"
        assert at.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_without_room_for_the_copy_nothing_is_changed(old):
    with pytest.raises(WrongStore, match="Nothing was changed"):
        store.refuse_without_room(old.database, free=old.database.stat().st_size)
    store.refuse_without_room(old.database, free=2 * old.database.stat().st_size)
