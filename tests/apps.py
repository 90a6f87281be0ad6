"""The pages without a browser: Streamlit's own `AppTest`, always inside the frame, as a person meets them."""

import os
import time
from pathlib import Path

import streamlit as st
from streamlit.testing.v1 import AppTest

from nextpod_core import accounts, db, sessions, settings, store
from nextpod_core.people import COMMAND, Role
from pages.parts import gate

ROOT = Path(__file__).resolve().parents[1]
MENU = ROOT / "pages" / "parts" / "menu.py"
PAGES = ("overview", "inbox", "compose", "campaigns", "analytics", "suppressions", "settings", "health", "people")


def new_store(folder: Path, monkeypatch) -> db.Connection:
    """A sandbox database of its own in `folder`, named in the environment; the connection is the test's to close."""
    for name in [name for name in os.environ if name.startswith("NEXTPOD_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NEXTPOD_DATABASE", str(folder / "desk.db"))
    given = settings.load()
    store.migrate(given, now=time.time_ns() // 1_000_000, by=COMMAND)
    return store.open(given)


def sign_in(at: db.Connection, monkeypatch, role: Role = "admin") -> str:
    """Let somebody of this role sit before the pages that are opened from now on, by the cookie of their browser."""
    email = f"{role}@example.test"
    if accounts.find(at, email) is None:
        accounts.add(at, email, role, by=COMMAND, now=time.time_ns() // 1_000_000)
        accounts.set_password(at, email, "fire blå elger danser", by=COMMAND, now=time.time_ns() // 1_000_000)
    user = accounts.find(at, email)
    assert user is not None
    cookie = sessions.begin(at, user, address=None, browser="a test", now=time.time_ns() // 1_000_000)
    monkeypatch.setattr(type(st.context), "cookies", property(lambda _self: {gate.COOKIE: cookie}))
    return email


def open_page(name: str = "overview", query: dict[str, str] | None = None) -> AppTest:
    """The page `name` as it stands after its first run, with `query` in its address."""
    app = AppTest.from_file(str(MENU), default_timeout=20)
    for key, value in (query or {}).items():
        app.query_params[key] = value
    app.run()
    return app if name == "overview" else app.switch_page(f"../{name}.py").run()
