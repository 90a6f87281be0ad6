"""The gate on a real server: nobody in who doesn't belong, over HTTP and over the websocket, and out when told."""

import asyncio
import re

import httpx
import pytest
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from nextpod_core import accounts, sessions
from nextpod_core.people import COMMAND
from nextpod_core.roles import PAGES, ROLES, may_open
from pages.parts import gate
from tests import people
from tests.apps import PAGES as KNOWN

ADMIN = people.email_of("admin")
HTML = {"accept": "text/html"}
# Every kind of address that the dashboard answers at: pages, uploads, media, metrics, components, its own programs.
CLOSED = (
    "/", *(f"/{page}" for page in sorted(PAGES)), "/_stcore/metrics", "/_stcore/host-config", "/_stcore/stream",
    "/_stcore/upload_file/a/b", "/media/0123.csv", "/component/x/index.html", "/_stcore/script-health-check",
    "/app/static/x", "/loginx", "/login/../settings", "/static/../_stcore/metrics", "//settings", "/invite",
)  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    with people.serving(tmp_path_factory.mktemp("desk")) as asked:
        yield asked


async def drawn(desk, page: str, cookie: str | None, **headers: str) -> list[ForwardMsg]:
    """What a browser is sent that asks for `page` over the websocket, to the end of the script."""
    given = headers | ({"Cookie": f"{gate.COOKIE}={cookie}"} if cookie is not None else {})
    async with websockets.connect(
        f"ws://127.0.0.1:{desk.port}/_stcore/stream", subprotocols=["streamlit"], additional_headers=given,
        origin=f"http://127.0.0.1:{desk.port}", max_size=None,
    ) as line:  # fmt: skip
        return await ask(line, page)


async def ask(line, page: str) -> list[ForwardMsg]:
    await line.send(BackMsg(rerun_script={"page_name": page}).SerializeToString())
    found: list[ForwardMsg] = []
    while not found or found[-1].WhichOneof("type") != "script_finished":
        found.append(ForwardMsg.FromString(await asyncio.wait_for(line.recv(), 30)))
    return found


def bodies(messages: list[ForwardMsg]) -> str:
    return " ".join(
        message.delta.new_element.html.body + message.delta.new_element.heading.body
        for message in messages if message.WhichOneof("type") == "delta"
    )  # fmt: skip


def pages_of(messages: list[ForwardMsg]) -> set[str]:
    """The menu that was drawn, by the addresses of its pages."""
    menu = next(message.navigation for message in messages if message.WhichOneof("type") == "navigation")
    return {page.url_pathname or "overview" for page in menu.app_pages}


@pytest.mark.parametrize("path", CLOSED)
def test_nobody_gets_in_at_any_address(desk, path):
    with desk.client() as nobody:
        seen = nobody.get(path, headers=HTML)
        assert seen.status_code in (303, 400, 404)
        if seen.status_code == 303:
            assert seen.headers["location"].startswith("/login")
        assert nobody.get(path).status_code in (400, 401, 404)
        assert nobody.post(path, content=b"x").status_code in (400, 401, 404, 405)


@pytest.mark.parametrize("path", ["/_stcore/health", "/assets/door.css", "/login"])
def test_what_a_signed_out_browser_needs_is_there(desk, path):
    with desk.client() as nobody:
        answer = nobody.get(path)
        assert answer.status_code == 200
        for name, value in gate.HEADERS.items():
            assert answer.headers[name] == (gate.DOOR_POLICY if path == "/login" and value is gate.POLICY else value)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Gate-User": ADMIN}, {"X-Gate-Role": "admin"}, {"X-Forwarded-User": ADMIN}, {"Remote-User": ADMIN},
        {"Authorization": "Basic YWRtaW46YWRtaW4="}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Streamlit-User": ADMIN},
        {"X-Original-URL": "/login"}, {"X-HTTP-Method-Override": "GET"},
    ],
    ids=lambda headers: next(iter(headers)),
)  # fmt: skip
def test_no_header_makes_somebody_of_nobody(desk, headers):
    with desk.client() as nobody:
        assert nobody.get("/settings", headers=HTML | headers).status_code == 303
        assert nobody.get("/_stcore/metrics", headers=headers).status_code == 401
    with pytest.raises(websockets.InvalidStatus, match="403"):
        asyncio.run(drawn(desk, "", None, **headers))


@pytest.mark.parametrize("harm", ["", "x", "cut", "swap", "longer", "other key", "null", "4k"])
def test_a_cookie_that_was_forged_or_cut_is_nobodys(desk, harm):
    good = people.cookie_for(desk.db, ADMIN)
    token, signature = good.rsplit(".", 1)
    bad = {
        "": "", "x": "x", "cut": good[: len(good) // 2], "swap": f"{signature}.{token}", "longer": good + "0",
        "other key": f"{token}.{'0' * 32}", "null": good + "%00", "4k": "a" * 4_000,
    }[harm]  # fmt: skip
    with desk.client(bad) as forger:
        assert forger.get("/settings", headers=HTML).status_code == 303
    with pytest.raises(websockets.InvalidStatus, match="403"):
        asyncio.run(drawn(desk, "", bad))
    with desk.client(good) as admin:
        assert admin.get("/settings", headers=HTML).status_code == 200


@pytest.mark.parametrize("role", ROLES)
def test_the_menu_is_what_the_role_may_open_and_no_other_page_opens(desk, role):
    cookie, by = people.cookie_for(desk.db, people.email_of(role)), people.actor(role)
    mine = {page for page in PAGES if may_open(by, page)}
    assert pages_of(asyncio.run(drawn(desk, "", cookie))) == mine
    for page in sorted(set(KNOWN) - mine):
        messages = asyncio.run(drawn(desk, page, cookie))
        assert any(message.WhichOneof("type") == "page_not_found" for message in messages), page


def test_every_page_of_the_desk_has_a_role(desk):
    assert {*KNOWN, "account"} == set(PAGES)


def test_another_site_gets_nothing_done(desk):
    cookie = people.cookie_for(desk.db, ADMIN)
    foreign = {"origin": "http://evil.example"}
    with desk.client(cookie) as victim:
        assert victim.post("/login", data={}, headers=foreign).status_code == 403
        assert victim.post("/logout", data={}, headers=foreign).status_code == 403
        assert victim.put("/_stcore/upload_file/a/b", content=b"x", headers=foreign).status_code == 403
        asked = victim.get("/logout").text
        assert asked.count("<form") == 1  # A link on another site signs nobody out.
        assert 'href="/"' in asked and "@example.test" in asked  # It says who sits there, and there is a way back.
        assert victim.get("/", headers=HTML).status_code == 200

    async def listen() -> None:
        async with websockets.connect(
            f"ws://127.0.0.1:{desk.port}/_stcore/stream", origin="http://evil.example",
            additional_headers={"Cookie": f"{gate.COOKIE}={cookie}"},
        ):  # fmt: skip
            pass

    with pytest.raises(websockets.InvalidStatus, match="403"):
        asyncio.run(listen())


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("/compose?draft=3", "/compose?draft=3"), ("//evil.example", "/"), ("https://evil.example", "/"),
        ("/\\evil.example", "/"), ("/\t/evil.example", "/"), ("javascript:alert(1)", "/"), ("evil.example", "/"),
        ("/login", "/login"),
    ],
)  # fmt: skip
def test_sign_in_leads_back_and_never_away(desk, asked, goes):
    with desk.client() as visitor:
        answer = desk.sign_in(visitor, ADMIN, next_=asked)
        assert (answer.status_code, answer.headers["location"]) == (303, goes)
        kept = [line for line in answer.headers.get_list("set-cookie") if line.startswith(gate.COOKIE)]
        assert len(kept) == 1
        assert re.search(r"; HttpOnly; .*SameSite=lax", kept[0])
        assert "Secure" not in kept[0]


def test_behind_https_the_cookie_stays_on_https(desk):
    with desk.client(headers={"x-forwarded-proto": "https"}) as visitor:
        page = visitor.get("/login")
        cookies = {line.split("=")[0]: line.split("=", 1)[1].split(";")[0] for line in
                   page.headers.get_list("set-cookie")}  # fmt: skip
        answer = visitor.post(
            "/login", data=people.hidden(page.text) | {"email": ADMIN, "password": people.PASSWORD},
            headers={"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())},
        )  # fmt: skip
        assert answer.status_code == 303
        assert all("Secure" in line for line in answer.headers.get_list("set-cookie") if "Max-Age=0" not in line)


def test_a_form_that_was_made_elsewhere_signs_nobody_in(desk):
    with desk.client() as visitor, desk.client() as attacker:
        mine, theirs = visitor.get("/login"), attacker.get("/login")
        fields = {"email": ADMIN, "password": people.PASSWORD}
        assert visitor.post("/login", data=people.hidden(theirs.text) | fields).status_code == 400
        assert visitor.post("/login", data=fields).status_code == 400
        assert visitor.post("/login", data=people.hidden(mine.text) | fields).status_code == 303


def test_the_session_is_new_at_every_sign_in_and_the_one_before_ends(desk):
    before = people.cookie_for(desk.db, ADMIN)
    with desk.client(before) as visitor:
        # The page itself sends on who is signed in already; the form of another tab is still there.
        with desk.client() as tab:
            fields = people.hidden(tab.get("/login").text)
            visitor.cookies.update(tab.cookies)
        answer = visitor.post("/login", data=fields | {"email": ADMIN, "password": people.PASSWORD})
        assert answer.status_code == 303
    assert sessions.find(desk.db, before, now=people.now()) is None


@pytest.mark.parametrize("size", [20_000, 10_000_000])
def test_a_password_of_ten_megabytes_is_refused_unread(desk, size):
    with desk.client() as visitor:
        fields = people.hidden(visitor.get("/login").text)
        try:
            answer = visitor.post("/login", data=fields | {"email": ADMIN, "password": "a" * size})
        except httpx.WriteError:
            return  # Hung up on, half-way.
        assert answer.status_code == 413


@pytest.mark.parametrize("body", [b"\xff\xfe", b"email=%ff%fe&password=x", b"&".join([b"a=1"] * 100), b"", b"{}"])
def test_a_body_that_is_no_form_is_refused_in_a_sentence(desk, body):
    with desk.client() as visitor:
        answer = visitor.post("/login", content=body, headers={"content-type": "application/x-www-form-urlencoded"})
        assert answer.status_code == 400
        assert "Traceback" not in answer.text


def test_an_invitation_works_once_and_its_password_signs_in(desk):
    accounts.add(desk.db, "ny@example.test", "viewer", by=COMMAND, now=people.now())
    token = accounts.link(desk.db, "ny@example.test", by=COMMAND, now=people.now())
    with desk.client() as guest:
        page = guest.get(f"/invite/{token}")
        assert "ny@example.test" in page.text
        assert page.headers["referrer-policy"] == "same-origin"  # The address is a secret.
        fields = people.hidden(page.text)
        weak = guest.post(f"/invite/{token}", data=fields | {"password": "kort", "again": "kort"})
        assert (weak.status_code, "longer password" in weak.text) == (400, True)
        differ = guest.post(f"/invite/{token}", data=fields | {"password": people.PASSWORD, "again": "x"})
        assert differ.status_code == 400
        chosen = guest.post(f"/invite/{token}", data=fields | {"password": people.PASSWORD, "again": people.PASSWORD})
        assert chosen.status_code == 303
        assert guest.get("/", headers=HTML).status_code == 200
        assert guest.get(f"/invite/{token}").status_code == 404
        again = guest.post(f"/invite/{token}", data=fields | {"password": people.PASSWORD, "again": people.PASSWORD})
        assert again.status_code in (400, 404)
    with desk.client() as guest:
        assert desk.sign_in(guest, "NY@Example.test").status_code == 303


def test_one_time_codes_are_asked_for_and_good_once(desk):
    people.add_user(desk.db, "kode@example.test", "admin")
    user = accounts.find(desk.db, "kode@example.test")
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    accounts.confirm_codes(desk.db, user.id, secret, people.code_now(secret), by=COMMAND, now=people.now() - 0)
    desk.db.execute("UPDATE users SET totp_used = 0 WHERE id = ?", (user.id,))
    with desk.client() as visitor:
        step = desk.sign_in(visitor, "kode@example.test")
        assert (step.status_code, gate.COOKIE in step.headers.get("set-cookie", "")) == (200, False)
        fields = people.hidden(step.text)
        assert visitor.post("/login/code", data=fields | {"code": "000000"}).status_code == 401
        assert visitor.post("/login/code", data=fields | {"ticket": "1:2:3.x", "code": "1"}).status_code == 400
        code = people.code_now(secret)
        assert visitor.post("/login/code", data=fields | {"code": code}).status_code == 303
        with desk.client() as thief:
            step = desk.sign_in(thief, "kode@example.test")
            assert thief.post("/login/code", data=people.hidden(step.text) | {"code": code}).status_code == 401


def test_signing_out_everywhere_reaches_an_open_tab_at_its_next_message(desk):
    cookie = people.cookie_for(desk.db, people.email_of("approver"))

    async def tab() -> None:
        async with websockets.connect(
            f"ws://127.0.0.1:{desk.port}/_stcore/stream", subprotocols=["streamlit"], max_size=None,
            additional_headers={"Cookie": f"{gate.COOKIE}={cookie}"},
        ) as line:  # fmt: skip
            assert "signed_out.js" not in bodies(await ask(line, ""))
            sessions.end_all(desk.db, people.email_of("approver"), by=COMMAND, now=people.now())
            last = await ask(line, "campaigns")
            assert "signed_out.js" in bodies(last)
            assert not any(message.WhichOneof("type") == "navigation" for message in last)
            await line.send(BackMsg(rerun_script={"page_name": ""}).SerializeToString())
            with pytest.raises(websockets.ConnectionClosed):
                while True:
                    await asyncio.wait_for(line.recv(), 10)

    asyncio.run(tab())


def test_a_role_that_is_taken_away_is_gone_at_the_next_click(desk):
    people.add_user(desk.db, "snart@example.test", "admin")
    cookie = people.cookie_for(desk.db, "snart@example.test")
    assert "people" in pages_of(asyncio.run(drawn(desk, "", cookie)))
    accounts.set_role(desk.db, "snart@example.test", "viewer", by=COMMAND, now=people.now())
    assert pages_of(asyncio.run(drawn(desk, "", cookie))) == {"overview", "campaigns", "analytics", "account"}
    accounts.remove(desk.db, "snart@example.test", by=COMMAND, now=people.now())
    with pytest.raises(websockets.InvalidStatus, match="403"):
        asyncio.run(drawn(desk, "", cookie))


def test_the_log_names_no_token_and_no_password(desk):
    told = desk.log.read_text()
    assert people.PASSWORD not in told
    assert "/invite/" not in told
    assert "Traceback" not in told


def test_the_policy_lets_nothing_be_evaluated_framed_or_fetched_from_elsewhere(desk):
    rules = dict(rule.split(" ", 1) for rule in gate.POLICY.split("; "))
    assert rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert "unsafe" not in rules["script-src"] and "http" not in gate.POLICY
    with desk.client() as nobody:
        assert nobody.get("/login").headers["content-security-policy"] == gate.DOOR_POLICY
        assert "script" not in gate.DOOR_POLICY
        assert "<script" not in nobody.get("/login").text


def test_what_was_typed_stays_but_for_the_password_and_is_no_markup(desk):
    with desk.client() as visitor:
        answer = desk.sign_in(visitor, '"><script>alert(1)</script>@x.no', "feil passord her")
        assert "<script" not in answer.text and "feil passord" not in answer.text
        assert "&quot;&gt;&lt;script&gt;" in answer.text
