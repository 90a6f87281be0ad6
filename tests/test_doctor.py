"""The doctor: what is wrong is told with what to do, and the exit code is the worst of it."""

import contextlib
import http.server
import json
import ssl
import subprocess
import sys
import threading
import time
from email.utils import formatdate

import pytest

from nextpod_core import backups, doctor, store
from nextpod_core.people import COMMAND
from nextpod_core.settings import load
from tests.doubles import CERTIFICATE, TLS
from tests.sandboxes import ROOT, free_port

KEY = "dks8e7tyu4hfnbvpwoq93kd8"


def now():
    return time.time_ns() // 1_000_000


@pytest.fixture
def env(tmp_path):
    """The environment of a live desk with a store, on free ports, whose public name nobody serves."""
    found = {
        "NEXTPOD_DATABASE": str(tmp_path / "nextpod.db"), "NEXTPOD_API_KEY": KEY,
        "NEXTPOD_PUBLIC_URL": f"https://localhost:{free_port()}", "NEXTPOD_CA_FILE": str(CERTIFICATE),
        "NEXTPOD_API_URL": f"https://localhost:{free_port()}/v2", "NEXTPOD_TRUSTED_PROXY": "127.0.0.1",
        "NEXTPOD_DASHBOARD_PORT": str(free_port()), "NEXTPOD_INGEST_PORT": str(free_port()),
        "NEXTPOD_DISPATCH_METRICS_PORT": str(free_port()),
    }  # fmt: skip
    store.migrate(load(found), now=now(), by=COMMAND)
    return found


@contextlib.contextmanager
def https(port, answers):
    """A server on this port that answers each path with a code, by its beginning; 404 to the rest."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            code = next((code for path, code in answers.items() if self.path.startswith(path)), 404)
            self.send_response(code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET

        def log_message(self, *_args):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, TLS / "loopback.key")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def levels(env):
    return {check.name: check.level for check in doctor.examine(env, now=now)}


def port_of(env, name):
    return int(env[name].split(":")[2].split("/")[0])


def test_a_desk_that_is_well_says_so(env):
    with contextlib.closing(store.open(load(env))) as db:
        backups.make(load(env), db, now=now(), by=COMMAND)
    webhook = {"/dlr/": 403}
    with https(port_of(env, "NEXTPOD_API_URL"), {}), https(port_of(env, "NEXTPOD_PUBLIC_URL"), webhook):
        checks = doctor.examine(env, now=now)
    found = {check.name: check.level for check in checks}
    assert {name for name, level in found.items() if level == "ok"} >= {
        "settings", "key", "rights", "sqlite", "database", "tls", "clock", "certificate", "webhook",
    }  # fmt: skip
    assert {name for name, level in found.items() if level == "stop"} <= {"disk"}  # the test's own machine may be full
    assert all(check.todo for check in checks if check.level in ("look", "stop"))
    assert not any(KEY in str(check.found) or KEY in str(check.todo) for check in checks)


@pytest.mark.parametrize(
    ("change", "name", "level"),
    [
        ({"NEXTPOD_PUBLIC_URL": ""}, "settings", "stop"),
        ({"NEXTPOD_API_KEY": "6cfbf9-93c0ac60ac6c5fc3900e56d966dcd8d2b1"}, "key", "stop"),
        ({"NEXTPOD_API_KEY": "change-me-change-me-change-me"}, "key", "stop"),
        ({"NEXTPOD_API_KEY": "a9f3"}, "key", "stop"),
        ({"NEXTPOD_WEBHOOK_TOKEN": "nextpod"}, "token", "stop"),
        ({"NEXTPOD_TRUSTED_PROXY": ""}, "trusted proxy", "stop"),
        ({"NEXTPOD_API_URL": "https://no-such-name.invalid/v2"}, "name", "stop"),
        ({"NEXTPOD_PUBLIC_URL": "https://no-such-name.invalid"}, "public name", "stop"),
        ({"NEXTPOD_DATABASE": "/no/such/folder/nextpod.db"}, "folder", "stop"),
        ({}, "tls", "stop"),
        ({}, "certificate", "stop"),
        ({}, "backup", "look"),
    ],
    ids=str,
)
def test_what_is_wrong_is_told(env, change, name, level):
    assert levels(env | change)[name] == level


@pytest.mark.parametrize(
    ("answers", "name", "level"),
    [
        ({"/dlr/": 405}, "webhook", "ok"),
        ({"/dlr/": 404}, "webhook", "stop"),
        ({"/dlr/": 502}, "webhook", "stop"),
        ({"/dlr/": 403, "/_stcore/health": 200}, "public name", "stop"),
    ],
)
def test_the_public_name_leads_to_the_ingester_and_to_nothing_else(env, answers, name, level):
    with https(port_of(env, "NEXTPOD_PUBLIC_URL"), answers):
        assert levels(env)[name] == level


@pytest.mark.parametrize("file", ["nextpod.db", "nextpod.key"])
def test_files_that_others_can_read_are_told(env, tmp_path, file):
    (tmp_path / file).chmod(0o644)
    assert levels(env)["rights"] == "stop"


@pytest.mark.parametrize("harm", ["gone", "damaged", "sealed"])
def test_a_database_that_can_not_be_used_is_told(env, harm):
    path = load(env).database
    if harm == "gone":
        path.unlink()
    elif harm == "damaged":
        path.write_bytes(b"no database" * 500)
    else:
        with contextlib.closing(store.open(load(env))) as db:
            db.execute("INSERT INTO meta VALUES ('sealed', '1')")
    assert levels(env)["database"] == "stop"


def test_a_port_that_somebody_else_has_taken_is_told(env):
    with https(int(env["NEXTPOD_INGEST_PORT"]), {}):  # speaks TLS, which the ingester does not
        assert levels(env)["ingester port"] == "stop"
    with https(int(env["NEXTPOD_DISPATCH_METRICS_PORT"]), {}):  # Sending goes on without it.
        assert levels(env)["metrics port"] == "look"
    assert levels(env)["metrics port"] == "note"
    assert "metrics port" not in levels(env | {"NEXTPOD_DISPATCH_METRICS_PORT": "0"})


@pytest.mark.parametrize(
    ("seconds", "level"), [(0, "ok"), (29, "ok"), (-31, "look"), (299, "look"), (3600, "stop"), (-3600, "stop")]
)
def test_a_clock_that_is_off_is_told(seconds, level):
    at = 1_790_000_000
    (check,) = doctor.about_clock(formatdate(at + seconds, usegmt=True), at * 1000)
    assert check.level == level


@pytest.mark.parametrize("date", [None, "", "yesterday"])
def test_without_anybodys_time_the_clock_is_not_judged(date):
    (check,) = doctor.about_clock(date, 0)
    assert check.level == "note"


@pytest.mark.parametrize(
    ("free", "total", "level"),
    [(20, 100, "ok"), (19, 100, "look"), (5, 50, "look"), (4, 50, "stop"), (9, 20, "ok"), (30, 400, "ok")],
)
def test_room_is_told_before_sending_rests_for_want_of_it(free, total, level):
    (check,) = doctor.about_room(free << 30, total << 30)
    assert check.level == level


def test_a_certificate_is_told_when_it_is_not_believed_or_ends_soon(env):
    port = port_of(env, "NEXTPOD_PUBLIC_URL")
    ends = ssl._ssl._test_decode_cert(str(CERTIFICATE))["notAfter"]  # type: ignore[attr-defined]
    last = ssl.cert_time_to_seconds(ends) * 1000
    with https(port, {}):
        for days, level in ((20, "ok"), (5, "look")):
            (check,) = doctor.about_certificate("localhost", port, CERTIFICATE, now=last - days * 86_400_000)
            assert check.level == level
        (check,) = doctor.about_certificate("localhost", port, None, now=now())
        assert (check.level, "is not believed" in str(check.found)) == ("stop", True)


@pytest.mark.parametrize(("change", "code"), [({}, 2), ({"NEXTPOD_PUBLIC_URL": ""}, 2)])
def test_the_command_exits_by_the_worst_and_speaks_json(env, change, code):
    done = subprocess.run([sys.executable, "-m", "nextpod_core", "check", "--json"], cwd=ROOT, env=env | change,
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == code, done.stderr
    assert {"stop"} <= {check["level"] for check in json.loads(done.stdout)}
    assert KEY not in done.stdout


def test_a_fresh_sandbox_is_no_cause_for_alarm(tmp_path):
    env = {"NEXTPOD_DATABASE": str(tmp_path / "s.db"), "NEXTPOD_DASHBOARD_PORT": str(free_port()),
           "NEXTPOD_INGEST_PORT": str(free_port()), "NEXTPOD_SANDBOX_PORT": str(free_port())}  # fmt: skip
    store.migrate(load(env), now=now(), by=COMMAND)
    checks = [check for check in doctor.examine(env, now=now) if check.name != "disk"]
    assert doctor.exit_code(checks) == 0
