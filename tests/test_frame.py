"""The frame: no page without it, trouble told in sentences, no other site at the desk, nothing fetched from outside."""

import asyncio
import gc
import http.client
import os
import re
import subprocess
import sys
import time

import pytest
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.testing.v1 import AppTest

from nextpod_core import alerts, brakes, db, settings, store
from nextpod_core.people import COMMAND, DISPATCHER
from nextpod_core.sentences import say
from pages.parts import gate, preloads, shell
from tests import apps, browser

SANDBOX = "Sandbox: nothing leaves this machine"


@pytest.fixture
def desk_db(tmp_path, monkeypatch):
    """A new database, named in the environment, and a connection to it."""
    found = apps.new_store(tmp_path, monkeypatch)
    yield found
    found.close()


@pytest.fixture
def served(tmp_path):
    """Starts a dashboard on a database of its own; every call is a fresh process. Gives its port."""
    port = browser.free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith("NEXTPOD_")}
    env |= {"NEXTPOD_DATABASE": str(tmp_path / "desk.db"), "NEXTPOD_DASHBOARD_PORT": str(port)}
    store.migrate(settings.load(env), now=time.time_ns() // 1_000_000, by=COMMAND)
    with browser.serving(env, port, tmp_path / "log"):
        yield port


async def first_messages(port: int, page: str) -> list[ForwardMsg]:
    """What a browser that asks a server for `page` before anything else is sent, to the end of the script."""
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    async with websockets.connect(
        address, subprotocols=["streamlit"], origin=f"http://127.0.0.1:{port}", max_size=None
    ) as line:
        await line.send(BackMsg(rerun_script={"page_name": page}).SerializeToString())
        found: list[ForwardMsg] = []
        while not found or found[-1].WhichOneof("type") != "script_finished":
            found.append(ForwardMsg.FromString(await asyncio.wait_for(line.recv(), 30)))
        return found


@pytest.mark.parametrize("page", apps.PAGES)
def test_no_page_is_reachable_without_the_frame_on_a_fresh_server(served, page):
    messages = asyncio.run(first_messages(served, page))
    drawn = [message.delta.new_element for message in messages if message.WhichOneof("type") == "delta"]
    assert any(SANDBOX in element.html.body for element in drawn)
    assert any(message.WhichOneof("type") == "navigation" for message in messages)
    assert not any(element.WhichOneof("type") == "exception" for element in drawn)


@pytest.mark.parametrize("page", apps.PAGES)
def test_a_page_by_itself_draws_nothing_but_a_sentence(desk_db, page):
    app = AppTest.from_file(str(apps.ROOT / "pages" / f"{page}.py"), default_timeout=20).run()
    assert [error.value for error in app.error] == [
        "This page can only be shown inside the desk. Open the desk's own address."
    ]
    assert not app.title
    assert not app.exception


@pytest.mark.parametrize("page", apps.PAGES)
def test_every_page_of_an_empty_desk_has_one_title_and_says_sandbox(desk_db, page):
    app = apps.open_page(page)
    assert not app.exception
    assert len(app.title) == 1
    assert any(SANDBOX in html.proto.body for html in app.get("html"))


def test_a_page_that_is_kept_open_lets_its_connections_go(desk_db):
    app = apps.open_page()
    for _ in range(5):
        app.run()
    gc.collect()
    files = [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if _is_open(fd)]
    own = desk_db.execute("PRAGMA database_list").fetchone()["file"]
    assert files.count(own) <= 3  # the test's own, the session's, one being closed


def test_why_all_sending_rests_is_told_on_every_page_and_a_person_lets_it_go_on(desk_db):
    with db.transaction(desk_db):
        brakes.put_on(desk_db, "key", say("Nextpod refuses the key."), now=1, by=DISPATCHER)
    app = apps.open_page("inbox")
    assert "**All sending rests.** Nextpod refuses the key." in [error.value for error in app.error]
    app.button(key="frame_let_go_key").click().run()
    assert brakes.active(desk_db, now=2) == []
    assert desk_db.execute("SELECT actor FROM audit WHERE action = 'sending.resume'").fetchone()["actor"] == "desk"


def test_an_incident_is_a_line_on_every_page_until_it_is_over(desk_db):
    now = time.time_ns() // 1_000_000
    silent = say("Nextpod accepted messages and no delivery report has come since.")
    alerts.note(desk_db, {"reports": silent, "key": say("A brake, which is told as such.")}, now=now)
    store.beat(desk_db, "dispatcher", now=now - 130_000, started_at=now)
    told = ["The dispatcher does not run: nothing is sent.", str(silent)]
    assert [warning.value for warning in apps.open_page("inbox").warning] == told
    store.beat(desk_db, "dispatcher", now=now, started_at=now)
    alerts.note(desk_db, {}, now=now + 61_000)
    assert not apps.open_page("inbox").warning


@pytest.mark.parametrize(
    ("role", "kind", "place"),
    [("admin", "unknown", "part=unknown"), ("admin", "disk_low", "part=store"), ("agent", "disk_low", None)],
)
def test_an_incident_leads_to_where_it_is_dealt_with(desk_db, monkeypatch, role, kind, place):
    apps.sign_in(desk_db, monkeypatch, role)
    alerts.note(desk_db, {kind: say("Something is wrong.")}, now=time.time_ns() // 1_000_000)
    app = apps.open_page("inbox")
    assert [warning.value for warning in app.warning] == ["Something is wrong."]
    links = [link.proto.query_string for link in app.get("page_link") if link.proto.label == "Open"]
    assert links == ([place] if place else [])


def test_stopping_all_sending_takes_two_clicks(desk_db):
    app = apps.open_page()
    app.button(key="frame_stop").click().run()
    assert brakes.active(desk_db, now=2) == []
    app.button(key="frame_stop_now").click().run()
    assert [brake.name for brake in brakes.active(desk_db, now=2)] == ["stop"]


def test_a_database_that_is_missing_or_newer_is_told_in_a_sentence(desk_db, monkeypatch, tmp_path):
    desk_db.execute("PRAGMA user_version = 99")
    app = apps.open_page()
    assert "newer version" in app.error[0].value
    monkeypatch.setenv("NEXTPOD_DATABASE", str(tmp_path / "elsewhere.db"))
    app = apps.open_page()
    assert "There is no database" in app.error[0].value
    assert not app.exception


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("database is locked", "Another process is busy"),
        ("database or disk is full", "The disk is full"),
        ("disk I/O error", "can't be read or written: disk I/O error"),
    ],
)
def test_trouble_with_the_database_is_told_in_a_sentence(what, told):
    def page(what):
        from nextpod_core.db import driver
        from pages.parts import frame

        with frame.telling():
            raise driver.OperationalError(what)

    app = AppTest.from_function(page, kwargs={"what": what}).run()
    assert [told in element.value for element in (*app.error, *app.warning)] == [True]
    assert not app.exception


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"NEXTPOD_DASHBOARD_PORT": "x"}, "NEXTPOD_DASHBOARD_PORT must be a whole number from 1 up; it is x."),
        ({}, "There is no database at nowhere.db. Run: python -m nextpod_core migrate"),
    ],
)
def test_it_refuses_to_start_with_a_sentence(env, sentence):
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("NEXTPOD_")}
    surroundings |= {"NEXTPOD_DATABASE": "nowhere.db", **env}
    ended = subprocess.run(
        [sys.executable, "app.py"], cwd=apps.ROOT, env=surroundings, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1
    assert ended.stderr.strip() == sentence


def asked(port: int, path: str, **headers: str) -> http.client.HTTPResponse:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    line.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = line.getresponse()
    answer.read()
    line.close()
    return answer


def test_the_gate_keeps_other_sites_out_and_says_what_a_browser_may_do(served):
    plain = asked(served, "/")
    assert plain.status == 200
    for name, value in gate.HEADERS.items():
        assert plain.headers[name] == value
    assert asked(served, "/", Host="evil.example").status == 403
    assert asked(served, "/", Host=f"localhost:{served}").status == 200
    assert asked(served, "/assets/inter-latin-wght-normal.woff2").status == 200
    assert asked(served, "/assets/../frame.py").status in (400, 404)

    kept = asked(served, "/language?to=nb&next=/compose%3Fdraft=3")
    assert (kept.status, kept.headers["location"]) == (303, "/compose?draft=3")
    assert re.match(
        r"nextpod_language=nb; HttpOnly; Max-Age=31536000; Path=/; SameSite=lax", kept.headers["set-cookie"]
    )
    away = asked(served, "/language?to=tlh&next=//evil.example")
    assert (away.headers["location"], away.headers["set-cookie"]) == ("/", None)

    async def another_site() -> None:
        async with websockets.connect(f"ws://127.0.0.1:{served}/_stcore/stream", origin="http://evil.example"):
            pass

    with pytest.raises(websockets.InvalidStatus, match="403"):
        asyncio.run(another_site())


@browser.needs_browser
def test_a_real_browser_sees_the_desk_in_two_languages_and_fetches_nothing_from_outside(tmp_path):
    with browser.desk(tmp_path) as desk:
        for dark, width in ((False, browser.DESKTOP), (True, browser.PHONE)):
            page = desk.open("/health", dark=dark, width=width)
            assert page.get_by_text(SANDBOX).is_visible()
            # Nothing to scroll to the side for, on a phone either.
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            page.context.close()
        page = desk.open("/compose")
        page.get_by_role("link", name="Norsk").click()
        browser.wait(page)
        assert page.url == f"{desk.address}/compose"
        assert page.get_by_role("link", name="English").is_visible()
        host = desk.address.removeprefix("http://")
        assert [
            request for request in desk.requests if host not in request and not request.startswith(("data:", "blob:"))
        ] == []
        assert desk.complaints == []


def _is_open(fd: str) -> bool:
    return os.path.lexists(f"/proc/self/fd/{fd}")


def test_every_part_that_a_page_names_is_in_streamlits_program():
    for part in {*preloads.FRAME, *(part for parts in preloads.BY_PAGE.values() for part in parts)}:
        assert len(preloads.chunks(part)) == 1, part
    for page in preloads.BY_PAGE:
        for file in re.findall(r'static/js/([^"]+)"', shell.dressed("nb", page).decode()):
            assert (preloads.PROGRAM / file).is_file()


def test_every_page_of_the_desk_says_what_it_draws_with():
    assert {*preloads.BY_PAGE, "overview"} - {""} == {path.stem for path in browser.ROOT.glob("pages/*.py")}


def test_the_page_says_where_its_server_is_instead_of_letting_the_client_try():
    page = shell.dressed("en").decode()
    assert page.count("BACKEND_BASE_URL: location.origin") == 1
    assert "SourceSans" not in page


def test_a_file_is_made_although_the_run_that_drew_its_button_was_called_off(tmp_path, monkeypatch):
    def page():
        import threading

        import streamlit as st
        from streamlit.runtime.scriptrunner import get_script_run_ctx

        from pages.parts import frame, later

        with frame.desk():
            made = later.file(lambda db: b"rows", what="test")
            got = st.session_state["got"] = []
            get_script_run_ctx().parallel_coordinator.request_stop()
            maker = threading.Thread(target=lambda: got.append(made()))
            maker.start()
            maker.join()

    apps.new_store(tmp_path, monkeypatch).close()
    app = AppTest.from_function(page).run()
    assert not app.exception, app.exception
    assert app.session_state["got"] == [b"rows"]
