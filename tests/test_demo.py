"""The demonstration: only for practice, the same for the same seed, and told as what waits for a person."""

import pytest

from nextpod_core import attention, demo, rebuild
from nextpod_core.db import transaction
from nextpod_core.errors import WrongStore
from nextpod_core.people import COMMAND
from tests import filled
from tests.filled import NOW


def test_a_live_store_is_refused(tmp_path):
    db = filled.new(tmp_path / "a.db")
    with transaction(db):
        db.execute("UPDATE meta SET value = 'live' WHERE name = 'mode'")
    with pytest.raises(WrongStore, match="live"):
        demo.fill(db, messages=10, seed=1, now=NOW, by=COMMAND)
    db.close()


def test_a_store_in_use_is_left_alone(tmp_path):
    db, _told = filled.month(tmp_path)
    with pytest.raises(WrongStore, match="already"):
        demo.fill(db, messages=10, seed=1, now=NOW, by=COMMAND)
    db.close()


def test_the_same_seed_makes_the_same_month(tmp_path):
    made = []
    for name in ("a", "b"):
        db = filled.new(tmp_path / f"{name}.db")
        told = demo.fill(db, messages=600, seed=3, now=NOW, by=COMMAND, days=7)
        made.append((told, [tuple(row) for row in db.execute("SELECT * FROM counts")],
                     [tuple(row) for row in db.execute("SELECT arrived, msisdn, text FROM inbound")]))  # fmt: skip
        db.close()
    assert made[0] == made[1]


def test_what_waits_for_a_person_is_told_by_urgency(tmp_path):
    db, _told = filled.month(tmp_path)
    kinds = [matter.kind for matter in attention.matters(db)]
    assert kinds == ["paused", "unknown", "unrecognised", "waiting", "draft"]
    assert all(str(matter.sentence).strip().endswith(".") for matter in attention.matters(db))
    db.close()
    empty = filled.new(tmp_path / "empty.db")
    assert attention.matters(empty) == []
    empty.close()


def test_a_dozen_people_wait_for_an_answer_when_asked_for(tmp_path):
    db = filled.new(tmp_path / "desk.db")
    demo.fill(db, messages=600, seed=3, now=NOW, by=COMMAND, days=7, questions=True)
    waiting = db.execute("SELECT count(*) FROM conversations WHERE state = 'open' AND waiting_since <= ?", (NOW,))
    assert 10 <= waiting.fetchone()[0] <= 20
    done = rebuild.run(db, now=NOW, by=COMMAND)
    assert (done.inbound_counts, done.conversations) == (0, 0)
    db.close()
