"""Signing in through a company's own provider: a real one on this machine, a real dashboard, and every lie we know."""

import re
from html import unescape

import httpx
import pytest

from nextpod_core import accounts, errors, people, sessions, settings
from nextpod_core.oidc_settings import ROLES as ROLES_OF_SETTINGS
from nextpod_core.people import COMMAND
from nextpod_core.roles import ROLES
from pages.parts import gate
from tests import people as desks
from tests import provider as providers
from tests.browser import free_port
from tests.people import Asked

LEADER = {"sub": "7", "email": "leder@example.test", "email_verified": True, "groups": ["all", "leaders"]}

BROWSERS: list[httpx.Client] = []


@pytest.fixture(scope="module")
def provider():
    with providers.serving() as serving:
        yield serving


@pytest.fixture(scope="module")
def desk(provider, tmp_path_factory):
    port = free_port()
    more = {
        "NEXTPOD_OIDC_ISSUER": provider.issuer,
        "NEXTPOD_OIDC_CLIENT_ID": providers.CLIENT,
        "NEXTPOD_OIDC_CLIENT_SECRET": providers.SECRET,
        "NEXTPOD_OIDC_NAME": "Eksempel",
        "NEXTPOD_OIDC_ROLES": "all=viewer,editors=editor,leaders=admin",
        "NEXTPOD_OIDC_PASSWORDS": "no",
        "NEXTPOD_DASHBOARD_URL": f"http://127.0.0.1:{port}",
    }
    with desks.serving(tmp_path_factory.mktemp("desk"), (), port=port, **more) as serving:
        yield serving
    while BROWSERS:
        BROWSERS.pop().close()


def visitor(desk: Asked) -> httpx.Client:
    """A browser of its own, closed when all is done."""
    BROWSERS.append(desk.client())
    return BROWSERS[-1]


def come_in(desk: Asked, client: httpx.Client | None = None, next_: str = "/") -> tuple[httpx.Response, httpx.Client]:
    """What the desk answers to a browser that came back from the provider."""
    client = client or visitor(desk)
    away = client.get("/oidc/start", params={"next": next_})
    back = httpx.get(away.headers["location"], trust_env=False).headers["location"]
    return client.get(back), client


def told(answer: httpx.Response) -> str:
    return unescape(re.search(r'role="alert">(.*?)</p>', answer.text)[1])


def test_the_strongest_group_gives_the_role_and_the_session_is_one_of_the_desks_own(desk, provider):
    provider.well_behaved(**LEADER)
    answer, client = come_in(desk, next_="/settings?part=texts")
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings?part=texts")
    session = sessions.find(desk.db, client.cookies[gate.COOKIE], now=desks.now())
    assert (session.email, session.role, session.must_set_up_codes) == ("leder@example.test", "admin", False)
    assert client.get("/", headers={"accept": "text/html"}).status_code == 200
    sessions.end_all(desk.db, session.email, by=COMMAND, now=desks.now())
    assert client.get("/", headers={"accept": "text/html"}).headers["location"] == "/login"


def test_the_role_is_taken_anew_at_every_sign_in_and_stands_in_the_log(desk, provider):
    for groups, role in ((["editors"], "editor"), (["all"], "viewer")):
        provider.well_behaved(sub="8", email="skriver@example.test", groups=groups)
        come_in(desk)
        assert accounts.find(desk.db, "skriver@example.test").role == role
    assert [row["action"] for row in people.recent(desk.db, subject="user", subject_id="skriver@example.test")] == [
        "people.sign_in", "people.role", "people.sign_in", "people.add",
    ]  # fmt: skip


def test_who_has_no_group_of_ours_is_told_so_and_gets_no_account(desk, provider):
    provider.well_behaved(sub="9", email="fremmed@example.test", email_verified=True, groups=["economy"])
    answer, client = come_in(desk)
    assert (answer.status_code, gate.COOKIE in client.cookies) == (403, False)
    assert told(answer).startswith("Eksempel knows you, but gives you no role at this desk.")
    assert accounts.find(desk.db, "fremmed@example.test") is None


def test_what_the_token_leaves_out_is_asked_for(desk, provider):
    provider.well_behaved(sub="10", email="mer@example.test")
    provider.more = {"groups": ["editors"]}
    assert come_in(desk)[0].status_code == 303
    assert accounts.find(desk.db, "mer@example.test").role == "editor"
    provider.more = {"groups": ["leaders"], "sub": "somebody else"}
    assert come_in(desk)[0].status_code == 403


@pytest.mark.parametrize(
    "lies",
    [
        {"nonce": "another"}, {"nonce": None}, {"iss": "https://evil.example"}, {"iss": None}, {"aud": "another desk"},
        {"aud": []}, {"aud": None}, {"aud": [providers.CLIENT, "another"], "azp": "another"},
        {"aud": [providers.CLIENT, "another"]}, {"azp": "another"}, {"exp": -120}, {"exp": None},
        {"exp": "never"}, {"iat": 600}, {"iat": None}, {"nbf": 600}, {"sub": None}, {"sub": ""},
        {"sub": 7},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_that_is_not_the_answer_to_this_question_is_refused(desk, provider, lies):
    provider.well_behaved(**LEADER)
    provider.lies = lies
    answer, client = come_in(desk)
    assert (answer.status_code, gate.COOKIE in client.cookies) == (403, False)
    assert told(answer).startswith("Signing in through Eksempel did not work.")


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS256 with the client's secret", "a key of somebody else"])
def test_a_token_that_the_provider_did_not_sign_is_refused(desk, provider, algorithm):
    provider.well_behaved(**LEADER)
    if algorithm.startswith("HS256"):
        provider.algorithm = "HS256"
        # The oldest trick against such libraries: the public key, which everybody has, taken for a secret.
        provider.sign_with = providers.SECRET.encode() if "secret" in algorithm else provider.key.as_pem(private=False)
    elif algorithm == "none":
        provider.algorithm = "none"
    else:
        provider.sign_with = providers.new_key(provider.key.kid)
    answer, client = come_in(desk)
    assert (answer.status_code, gate.COOKIE in client.cookies) == (403, False)


def test_a_new_key_of_the_provider_is_fetched_when_it_is_met(desk, provider):
    provider.well_behaved(**LEADER)
    assert come_in(desk)[0].status_code == 303
    provider.key = providers.new_key("two")
    assert come_in(desk)[0].status_code == 303


def test_an_answer_to_nobodys_question_is_refused_before_the_provider_is_asked(desk, provider):
    provider.well_behaved(**LEADER)
    client, stranger = visitor(desk), visitor(desk)
    back = httpx.get(client.get("/oidc/start").headers["location"], trust_env=False).headers["location"]
    state = re.search(r"state=([^&]+)", back)[1]
    for wrong, browser in ((back, stranger), (back.replace(state, "x" * len(state)), client)):
        assert browser.get(wrong).status_code == 400
        assert gate.COOKIE not in browser.cookies
    assert client.get(back).status_code == 400  # The question was answered, if wrongly.
    answer, client = come_in(desk)
    assert answer.status_code == 303
    assert visitor(desk).get(back).status_code == 400


def test_an_answer_of_another_issuer_or_a_no_is_told(desk, provider):
    provider.well_behaved(**LEADER)
    provider.answer = {"code": "x", "iss": "https://evil.example"}
    assert come_in(desk)[0].status_code == 400
    provider.answer = {"error": "access_denied"}
    answer, _ = come_in(desk)
    assert (answer.status_code, told(answer)) == (
        403, "Eksempel did not let you in. Try again, or ask whoever keeps it.",
    )  # fmt: skip


def test_an_account_of_the_same_e_mail_is_joined_only_when_it_is_proved_to_be_theirs(desk, provider):
    desks.add_user(desk.db, "kari@example.test", "approver")
    for proved in (None, False, "false", 1):
        says = {"sub": "20", "email": "Kari@example.test", "groups": ["all"], "email_verified": proved}
        provider.well_behaved(**says)
        answer, client = come_in(desk)
        assert (answer.status_code, gate.COOKIE in client.cookies) == (403, False)
        assert accounts.find(desk.db, "kari@example.test").role == "approver"
    provider.well_behaved(**{**says, "email_verified": True})
    assert come_in(desk)[0].status_code == 303
    # The address was given to somebody else since.
    provider.well_behaved(**{**says, "sub": "21", "email_verified": True})
    answer, _ = come_in(desk)
    assert (answer.status_code, "somebody else's account" in told(answer)) == (403, True)


def test_who_comes_through_the_provider_has_no_password_where_that_is_switched_off(desk, provider):
    desks.add_user(desk.db, "ola@example.test", "editor")
    assert desk.sign_in(visitor(desk), "ola@example.test").status_code == 303
    provider.well_behaved(sub="30", email="ola@example.test", email_verified="true", groups=["editors"])
    assert come_in(desk)[0].status_code == 303
    answer = desk.sign_in(visitor(desk), "ola@example.test")
    assert (answer.status_code, told(answer)) == (403, "You sign in through Eksempel.")
    invited = accounts.link(desk.db, "ola@example.test", by=COMMAND, now=desks.now())
    client = visitor(desk)
    form = desks.hidden(client.get(f"/invite/{invited}").text)
    new = {"password": desks.PASSWORD, "again": desks.PASSWORD}
    assert client.post(f"/invite/{invited}", data=form | new).status_code == 403
    assert gate.COOKIE not in client.cookies


def test_who_was_taken_off_the_desk_stays_off_until_an_administrator_lets_them_in(desk, provider):
    says = {"sub": "40", "email": "ute@example.test", "email_verified": True, "groups": ["all"]}
    provider.well_behaved(**says)
    _, client = come_in(desk)
    accounts.remove(desk.db, "ute@example.test", by=COMMAND, now=desks.now())
    assert sessions.find(desk.db, client.cookies[gate.COOKIE], now=desks.now()) is None
    answer, _ = come_in(desk)
    assert (answer.status_code, told(answer)) == (
        403, "An administrator took you off this desk. Ask one to let you in again.",
    )  # fmt: skip
    accounts.add(desk.db, "ute@example.test", "viewer", by=COMMAND, now=desks.now())
    assert come_in(desk)[0].status_code == 303


def test_nothing_of_a_token_or_a_secret_is_in_the_log(desk, provider):
    text = desk.log.read_text()
    assert "identity token: " in text
    assert providers.SECRET not in text and "eyJ" not in text and "code_verifier" not in text


def test_the_page_offers_it_and_an_own_password_beside_it(desk):
    page = visitor(desk).get("/login", params={"next": "/inbox"}, headers={"accept-language": "nb"}).text
    assert 'href="/oidc/start?next=%2Finbox">Logg inn med Eksempel</a>' in page and 'name="password"' in page
    assert visitor(desk).get("/oidc/start?next=//evil.example").headers["location"].startswith("http://127.0.0.1")


ENV = {
    "NEXTPOD_OIDC_ISSUER": "https://login.example.no/team", "NEXTPOD_OIDC_CLIENT_ID": "desk",
    "NEXTPOD_OIDC_ROLES": "a=viewer", "NEXTPOD_DASHBOARD_URL": "https://desk.example.no",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"NEXTPOD_OIDC_ISSUER": "http://login.example.no"}, "NEXTPOD_OIDC_ISSUER must be an https address"),
        ({"NEXTPOD_OIDC_CLIENT_ID": ""}, "needs NEXTPOD_OIDC_CLIENT_ID"),
        ({"NEXTPOD_OIDC_ROLES": ""}, "NEXTPOD_OIDC_ROLES such as"),
        ({"NEXTPOD_OIDC_ROLES": "a=boss"}, "the roles are viewer, agent, editor, approver, admin"),
        ({"NEXTPOD_OIDC_ROLES": "viewer"}, "must be pairs"),
        ({"NEXTPOD_DASHBOARD_URL": ""}, "needs NEXTPOD_DASHBOARD_URL"),
        ({"NEXTPOD_DASHBOARD_URL": "http://desk.example.no"}, "needs NEXTPOD_DASHBOARD_URL"),
        ({"NEXTPOD_OIDC_SCOPES": "email"}, "must hold openid"),
        ({"NEXTPOD_OIDC_PASSWORDS": "perhaps"}, "must be one of yes, no"),
    ],
    ids=str,
)
def test_settings_that_would_let_in_nobody_or_anybody_are_refused(change, said):
    assert settings.load(ENV).company.back == "https://desk.example.no/oidc/back"
    with pytest.raises(errors.WrongSettings, match=said):
        settings.load(ENV | change)


def test_the_roles_of_the_settings_are_those_of_the_desk():
    assert ROLES_OF_SETTINGS == ROLES
    found = settings.load(ENV | {"NEXTPOD_OIDC_ROLES": "x=a=viewer,y=admin"})
    assert found.company.roles == (("y", "admin"), ("x=a", "viewer"))
