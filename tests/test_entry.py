"""The command line of people, and a dashboard that does not start where nobody could be asked to sign in."""

import re
import subprocess
import sys

import pytest

from nextpod_core import accounts, settings, store
from nextpod_core.people import COMMAND
from tests import apps, people

LIVE = {"NEXTPOD_API_KEY": "a-key", "NEXTPOD_PUBLIC_URL": "https://sms.example.no"}


@pytest.fixture
def folder(tmp_path):
    store.migrate(settings.load(people.environment(tmp_path)), now=people.now(), by=COMMAND)
    return tmp_path


def run(folder, *words: str) -> subprocess.CompletedProcess[str]:
    """`python -m nextpod_core people …`, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "nextpod_core", "people", *words], cwd=apps.ROOT, env=people.environment(folder),
        capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_the_first_one_is_let_in_by_a_link_in_the_terminal(folder):
    added = run(folder, "add", "Ada@example.test", "--role", "admin")
    token = re.search(r"http://127\.0\.0\.1:8501/invite/([\w-]{32})\n", added.stdout)
    assert added.returncode == 0 and token
    db = store.open(settings.load(people.environment(folder)))
    assert accounts.of_link(db, token[1], now=people.now()).email == "ada@example.test"
    db.close()
    assert run(folder, "list").stdout == "ada@example.test\tadmin\tinvited\t0 sessions\n"
    again = run(folder, "invite", "ada@example.test")
    assert "/invite/" in again.stdout and token[1] not in again.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "ada@example.test", "--role", "viewer"), "ada@example.test can sign in already."),
        (("add", "аda@example.test", "--role", "viewer"), "is not an e-mail address"),
        (("role", "ada@example.test", "--role", "viewer"), "is the last administrator"),
        (("remove", "ada@example.test"), "is the last administrator"),
        (("remove", "ole@example.test"), "Nobody signs in with ole@example.test."),
    ],
)
def test_what_cannot_be_done_is_told(folder, words, told):
    run(folder, "add", "ada@example.test", "--role", "admin", "--link")
    ended = run(folder, *words)
    assert (ended.returncode, "Traceback" in ended.stderr) == (1, False)
    assert told in ended.stderr


@pytest.mark.parametrize("more", [LIVE, {"NEXTPOD_DASHBOARD_ADDRESS": "0.0.0.0"}], ids=["with a key", "for others"])
def test_the_dashboard_does_not_start_without_people(tmp_path, more):
    env = people.environment(tmp_path, **more)
    store.migrate(settings.load(env), now=people.now(), by=COMMAND)
    ended = subprocess.run(
        [sys.executable, "app.py"], cwd=apps.ROOT, env=env, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1
    assert ended.stderr.strip() == (
        "Nobody can sign in yet, and without that the dashboard starts only in the sandbox on this machine. "
        "Run: python -m nextpod_core people add you@example.com --role admin"
    )


def test_live_and_for_others_it_starts_with_people_and_asks_them_to_sign_in(tmp_path):
    with (
        people.serving(tmp_path, ("admin",), **LIVE, NEXTPOD_DASHBOARD_ADDRESS="0.0.0.0") as desk,
        desk.client() as one,
    ):
        assert one.get("/", headers={"accept": "text/html"}).headers["location"] == "/login"
        assert one.get("/", headers={"accept": "text/html", "host": "desk.example.no"}).status_code == 303
        assert desk.sign_in(one, "admin@example.test").status_code == 303


def test_a_sandbox_without_people_lets_nobody_in_through_a_proxy(tmp_path):
    with people.serving(tmp_path, ()) as desk, desk.client() as one:
        assert one.get("/").status_code == 200
        for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
            answer = one.get("/", headers={name: "10.0.0.1"})
            assert (answer.status_code, "people add" in answer.text) == (403, True)
