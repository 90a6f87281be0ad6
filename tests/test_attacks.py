"""Attacks on a real server: what a viewer's browser is sent, what the logs tell, and sign-ins by the thousand."""

import asyncio
import contextlib
import re
import time

import httpx
import pytest
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from nextpod_core import accounts, sessions, suppressions
from nextpod_core.db import transaction
from nextpod_core.people import COMMAND
from pages.parts import gate
from tests import people, receiving
from tests.receiving import write_in

WHO = "4791726200"
TEXT = "Timen din er torsdag. Tlf:917 26 200, +4791726200"
HTML = {"accept": "text/html"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    with people.serving(tmp_path_factory.mktemp("desk")) as asked:
        fill(asked.db)
        yield asked


def fill(db):
    """One campaign whose messages were delivered and not, an answer to it, an opt-out: the same two people in all."""
    campaign, text = receiving.campaign(db, text=TEXT)
    numbers = [WHO, "4791726201"]
    ids = receiving.send(db, numbers, reference=b"r" * 16, of=(campaign, text))
    receiving.answer(db, reference=b"r" * 16, ids={id: f"id {id}" for id in ids}, now=receiving.NOW)
    receiving.arrive(db, receiving.read_report(id=f"id {ids[0]}", to=WHO),
                     receiving.read_report(id=f"id {ids[1]}", to=numbers[1], status_text="FAILED"))  # fmt: skip
    write_in(db, "Det passer ikke", **{"from": WHO})
    suppressions.add(db, msisdn=numbers[1], reason="hand", by=COMMAND, now=receiving.NOW)
    with transaction(db):
        db.execute("UPDATE campaigns SET planned = 2, due_at = ?, reviewed_at = 1, review = ?", (receiving.NOW, "{}"))


async def drawn(desk, page: str, query: str, cookie: str) -> bytes:
    """All that a browser is sent for this page, as it travels."""
    async with websockets.connect(
        f"ws://127.0.0.1:{desk.port}/_stcore/stream", subprotocols=["streamlit"], max_size=None, compression=None,
        additional_headers={"Cookie": f"{gate.COOKIE}={cookie}"},
    ) as line:  # fmt: skip
        asked = BackMsg(rerun_script={"page_name": page, "query_string": query})
        await line.send(asked.SerializeToString())
        found = []
        while not found or ForwardMsg.FromString(found[-1]).WhichOneof("type") != "script_finished":
            found.append(await asyncio.wait_for(line.recv(), 60))
    return b"".join(found)


@pytest.mark.parametrize(
    ("page", "query"),
    [("", ""), ("campaigns", ""), ("campaigns", "campaign=1"), ("campaigns", "message=1"), ("campaigns", "message=2"),
     ("analytics", "period=year"), ("analytics", "period=year&behind=delivered"),
     ("analytics", "period=year&behind=failed"), ("account", ""), ("inbox", "state=all"), ("suppressions", "")],
)  # fmt: skip
def test_a_viewer_is_sent_no_whole_number(desk, page, query):
    sent = asyncio.run(drawn(desk, page, query, people.cookie_for(desk.db, people.email_of("viewer"))))
    for number in (WHO, "4791726201"):
        for form in (number, number[2:], f"{number[2:5]} {number[5:7]} {number[7:]}"):
            assert form.encode() not in sent, form


def test_those_who_may_are_sent_them(desk):
    """Else the test above would look for nothing."""
    cookie = people.cookie_for(desk.db, people.email_of("agent"))
    for page, query in (("campaigns", "campaign=1"), ("campaigns", "message=1"), ("inbox", "state=all")):
        assert WHO.encode() in asyncio.run(drawn(desk, page, query, cookie)), page


@pytest.mark.parametrize("path", [
    "/static/%2e%2e/_stcore/metrics", "/invite/..%2f..%2f_stcore/metrics", "/invite/a/b", "/assets/../app.py",
    "/assets/%2e%2e/frame.py", "/assets/..%5cframe.py", "/login/code", "/login%2f..%2fsettings", "/LOGIN", "/oidc/back",
    "/oidc/start", "/static/../../nextpod_core/people.py",
])  # fmt: skip
def test_what_begins_like_an_open_address_opens_no_other(desk, path):
    with httpx.Client(base_url=desk.address, trust_env=False) as nobody:
        answer = nobody.get(path)
    # At most the empty shell of Streamlit's own program.
    assert answer.status_code in (303, 400, 401, 404, 405) or "You need to enable JavaScript" in answer.text
    for secret in ("from nextpod_core", "# HELP", "# TYPE", "Sign out"):
        assert secret not in answer.text


@pytest.mark.parametrize("path", ["/_stcore/agent/interact", "/_stcore/agent/mcp", "/_stcore/agent/openapi.json"])
def test_no_program_drives_a_page(desk, path):
    with desk.client(people.cookie_for(desk.db, people.email_of("admin"))) as admin:
        assert admin.get(path).status_code == admin.post(path, json={}).status_code == 404


def test_a_line_without_a_session_is_told_nothing_even_when_it_speaks_first(desk):
    async def shout(**headers: str) -> None:
        async with websockets.connect(
            f"ws://127.0.0.1:{desk.port}/_stcore/stream", additional_headers=headers,
        ) as line:  # fmt: skip
            await line.send(BackMsg(rerun_script={"page_name": "settings"}).SerializeToString())
            await line.recv()

    half = people.cookie_for(desk.db, people.email_of("admin"))[:20]
    old = people.cookie_for(desk.db, people.email_of("admin"), when=people.now() - 13 * 3_600_000)
    for cookie in (half, old, f"{half}; {gate.COOKIE}=x"):
        with pytest.raises(websockets.InvalidStatus, match="403"):
            asyncio.run(shout(Cookie=f"{gate.COOKIE}={cookie}"))
    for origin in ("null", "http://127.0.0.1:1", f"http://127.0.0.1:{desk.port}.evil.example", "https://evil.example"):
        good = people.cookie_for(desk.db, people.email_of("admin"))
        with pytest.raises(websockets.InvalidStatus, match="403"):
            asyncio.run(shout(Cookie=f"{gate.COOKIE}={good}", Origin=origin))


def test_what_is_said_that_is_no_message_ends_in_no_traceback(desk):
    async def babble() -> None:
        cookie = people.cookie_for(desk.db, people.email_of("viewer"))
        for said in (b"\xff" * 100, b"", "text", BackMsg(rerun_script={"page_name": "x" * 5_000}).SerializeToString()):
            async with websockets.connect(
                f"ws://127.0.0.1:{desk.port}/_stcore/stream", subprotocols=["streamlit"], max_size=None,
                additional_headers={"Cookie": f"{gate.COOKIE}={cookie}"},
            ) as line:  # fmt: skip
                await line.send(said)
                with contextlib.suppress(TimeoutError, websockets.ConnectionClosed):
                    await asyncio.wait_for(line.recv(), 0.3)

    asyncio.run(babble())
    with desk.client() as nobody:
        assert nobody.get("/_stcore/health").status_code == 200


@pytest.mark.parametrize("role", ["viewer", "agent"])
def test_presses_of_buttons_that_were_never_drawn_do_nothing(desk, role):
    before = desk.db.execute("SELECT max(id) FROM audit").fetchone()[0]

    async def press() -> None:
        cookie = people.cookie_for(desk.db, people.email_of(role))
        async with websockets.connect(
            f"ws://127.0.0.1:{desk.port}/_stcore/stream", subprotocols=["streamlit"], max_size=None,
            additional_headers={"Cookie": f"{gate.COOKIE}={cookie}"},
        ) as line:  # fmt: skip
            for key in (
                "people_add",
                "settings_ages_save",
                "campaign_cancel",
                "settings_person_erase",
                "campaign_pause",
            ):
                asked = BackMsg()
                asked.rerun_script.query_string = "campaign=1"
                asked.rerun_script.page_name = "campaigns"
                state = asked.rerun_script.widget_states.widgets.add()
                state.id, state.trigger_value = f"$$ID-{'0' * 32}-{key}", True
                await line.send(asked.SerializeToString())
                while ForwardMsg.FromString(await asyncio.wait_for(line.recv(), 30)).WhichOneof("type") != (
                    "script_finished"
                ):
                    pass

    asyncio.run(press())
    done = desk.db.execute("SELECT action FROM audit WHERE id > ?", (before,)).fetchall()
    assert {row["action"] for row in done} <= {"people.sign_in"}
    assert [row["state"] for row in desk.db.execute("SELECT state FROM campaigns")] == ["sending"]


def test_unknown_accounts_take_as_long_as_known_ones(desk):
    """In processor time of this very process, where nothing else is measured along."""
    people.add_user(desk.db, "kjent@example.test", "viewer")
    accounts.add(desk.db, "ventende@example.test", "viewer", by=COMMAND, now=people.now())
    took = {}
    for email in ("kjent@example.test", "ukjent@example.test", "ventende@example.test"):
        began = time.process_time()
        for _again in range(2):
            assert accounts.verify(desk.db, email, "et helt annet passord") is None
        took[email] = time.process_time() - began
    assert max(took.values()) < 1.6 * min(took.values()), took


def test_guessing_goes_on_from_a_whole_network_as_from_one_address(desk):
    network = [f"2001:db8:1:2::{place:x}" for place in range(30)]
    for address in network[:-1]:
        who = {"email": f"{address}@example.test", "address": address, "device": ""}
        sessions.note_wrong(desk.db, **who, now=1_000)
    who = {"email": "en@example.test", "device": ""}
    assert sessions.wait_for(desk.db, **who, address=network[-1], now=1_001) > 0
    assert sessions.wait_for(desk.db, **who, address="2001:db8:1:3::1", now=1_001) == 0


def test_codes_can_not_be_tried_through(desk):
    people.add_user(desk.db, "med.kode@example.test", "viewer")
    who = {"email": "med.kode@example.test", "address": "10.7.7.7", "device": ""}
    at, tried = 1_000_000, 0
    while at < 1_000_000 + 86_400_000:
        sessions.note_wrong(desk.db, **who | {"address": f"10.7.{tried % 250}.{tried // 250}"}, now=at, code=True)
        tried += 1
        at += max(1, sessions.wait_for(desk.db, **who, now=at, code=True))
    assert tried < 120, "three of a million are good at any moment: 120 a day are one in a thousand days"


def test_the_whole_journey_leaves_no_number_no_text_and_no_secret_in_the_logs(desk):
    """Last in this file: everything before it has been logged by then."""
    cookie = people.cookie_for(desk.db, people.email_of("admin"))
    for page, query in (("inbox", f"person={WHO}"), ("settings", "tab=6"), ("suppressions", "number=91726200")):
        asyncio.run(drawn(desk, page, query, cookie))
    with desk.client(cookie) as admin:
        admin.get("/inbox", params={"find": "Det passer"}, headers=HTML)
        admin.get("/nowhere", headers=HTML)
    told = desk.log.read_text()
    for hidden in (
        WHO,
        "91726200",
        "4791726201",
        TEXT,
        "Det passer ikke",
        cookie,
        cookie.split(".")[0],
        people.PASSWORD,
    ):
        assert hidden not in told
    assert not re.search(r"Traceback|\b47\d{8}\b", told), told[-2000:]
    with desk.client(cookie) as admin:
        assert not re.search(r"\b47\d{8}\b", admin.get("/_stcore/metrics").text)
