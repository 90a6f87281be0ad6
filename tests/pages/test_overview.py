"""The overview as a person meets it: today's figures, what is under way, what waits, and an empty desk."""

import datetime
import os

import pytest
from streamlit.testing.v1 import AppTest

from nextpod_core import demo, settings, store
from nextpod_core.people import COMMAND
from pages.parts import words
from tests import apps
from tests.filled import OSLO


@pytest.fixture
def empty(tmp_path, monkeypatch):
    db = apps.new_store(tmp_path, monkeypatch)
    yield db
    db.close()


@pytest.fixture
def full(tmp_path, monkeypatch):
    """A week that ends now, since the page tells of today."""
    for name in [name for name in os.environ if name.startswith("NEXTPOD_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NEXTPOD_DATABASE", str(tmp_path / "desk.db"))
    given = settings.load()
    now = round(datetime.datetime.now(datetime.UTC).timestamp() * 1000)
    store.migrate(given, now=now, by=COMMAND)
    db = store.open(given)
    demo.fill(db, messages=1_500, seed=4, now=now, by=COMMAND, days=7)
    yield db, now
    db.close()


def opened() -> AppTest:
    app = apps.open_page("overview")
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    return " ".join(element.value for kind in (app.caption, app.text, app.markdown, app.header) for element in kind)


def test_an_empty_desk_says_what_to_do_first(empty):
    app = opened()
    assert "Send your first campaign" in told(app)
    assert app.button(key="overview_compose").label == "Compose a campaign"
    assert not app.metric


def test_the_figures_are_those_of_the_messages(full):
    db, now = full
    app = opened()
    midnight = datetime.datetime.fromtimestamp(now / 1000, OSLO).replace(hour=0, minute=0, second=0, microsecond=0)
    sent = db.execute(
        "SELECT count(*) FROM messages WHERE accepted_at >= :midnight",
        {"midnight": round(midnight.timestamp() * 1000)},
    ).fetchone()[0]
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Sent today"] == words.number(sent)
    waiting = db.execute("SELECT count(*) FROM conversations WHERE state = 'open'").fetchone()[0]
    assert figures["People to answer"] == words.number(waiting)


def test_what_is_under_way_and_what_waits_is_told(full):
    db, _now = full
    app = opened()
    row = db.execute("SELECT id, name, planned FROM campaigns WHERE state = 'paused'").fetchone()
    waiting = db.execute("SELECT count(*) FROM messages WHERE campaign_id = ? AND status = 'queued'", (row["id"],))
    gone = row["planned"] - waiting.fetchone()[0]
    assert f"{row['name']} is paused" in told(app)
    assert any(f"{words.number(gone)} of {words.number(row['planned'])} gone" in bar.proto.text
               for bar in app.get("progress"))  # fmt: skip
    assert "may have been sent; no answer came" in told(app)
    assert [element.value for element in app.subheader] == ["2 planned within two weeks"]


def test_the_newest_campaigns_add_up(full):
    db, _now = full
    rows = opened().dataframe[0].value
    assert len(rows) == 10
    for _place, row in rows.iterrows():
        counted = db.execute(
            "SELECT count(*) FROM messages JOIN campaigns ON campaigns.id = campaign_id WHERE name = ? AND status IN"
            " ('delivered', 'failed', 'expired', 'rejected')",
            (row["name"],),
        ).fetchone()[0]
        assert row["settled"] == counted
