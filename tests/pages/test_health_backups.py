"""The health page's list of backups, and what it says when a live desk has none."""

import os
import time

import pytest

from nextpod_core import backups, settings, store
from nextpod_core.people import COMMAND
from tests import apps

LIVE = {"NEXTPOD_API_KEY": "a-key", "NEXTPOD_PUBLIC_URL": "https://sms.example.no"}


def now():
    return time.time_ns() // 1_000_000


@pytest.fixture
def live(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("NEXTPOD_")]:
        monkeypatch.delenv(name)
    for name, value in (LIVE | {"NEXTPOD_DATABASE": str(tmp_path / "nextpod.db")}).items():
        monkeypatch.setenv(name, value)
    given = settings.load()
    store.migrate(given, now=now(), by=COMMAND)
    db = store.open(given)
    apps.sign_in(db, monkeypatch)
    yield given, db
    db.close()


def see():
    app = apps.open_page("health", query={"part": "store"})
    assert not app.exception
    return app


def test_a_live_desk_without_a_backup_is_told_and_told_how_to_make_one(live):
    app = see()
    assert "There is no backup." in [each.value for each in app.text]
    assert "There is no backup of the last 26 hours." in [each.value for each in app.warning]
    assert "python -m nextpod_core backup" in [each.value for each in app.code]


def test_a_backup_is_listed_with_its_age_and_nothing_is_told(live):
    given, db = live
    made = backups.make(given, db, now=now() - 3_600_000, by=COMMAND)
    app = see()
    assert not app.warning
    table = next(each.value for each in app.dataframe if "age" in each.value)
    assert table[["name", "age", "state"]].values.tolist() == [[made.path.name, "1.0 h", "whole"]]
