"""What ships in `deploy/`: units that systemd accepts, containers without a sandbox, and both proxies as they run."""

import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from websockets.sync.client import connect
from websockets.sync.server import serve

from nextpod_core import store
from nextpod_core.people import COMMAND
from nextpod_core.settings import DEFAULTS, load
from tests.doubles import CERTIFICATE, TLS
from tests.sandboxes import ROOT, free_port

DEPLOY = ROOT / "deploy"
PROXIES = [
    pytest.param(name, marks=pytest.mark.skipif(not shutil.which(name), reason=f"{name} is not installed"))
    for name in ("nginx", "caddy")
]
SMS, DESK = "sms.localhost", "desk.localhost"


def unsure():
    """TLS that believes any certificate: the proxies of the tests have one of their own."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def nginx(folder: Path, port: int, ingester: int, dashboard: int, text: str = "") -> list[str]:
    """The shipped file with our names, ports and certificate in it; the command that runs it."""
    text = text or (DEPLOY / "nginx" / "nextpod.conf").read_text()
    text = text.replace("listen 443", f"listen 127.0.0.1:{port}").replace("example.org", "localhost")
    text = text.replace("127.0.0.1:8502", f"127.0.0.1:{ingester}").replace("127.0.0.1:8501", f"127.0.0.1:{dashboard}")
    text = re.sub(r"/etc/ssl/nextpod/\w+\.pem", str(CERTIFICATE), text)
    text = re.sub(r"/etc/ssl/nextpod/\w+\.key", str(TLS / "loopback.key"), text)
    places = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in
                     ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))  # fmt: skip
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log stderr; events {{}} http {{ access_log off; {places}\n{text}}}"
    )
    return ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def caddy(folder: Path, port: int, ingester: int, dashboard: int, file: str = "Caddyfile") -> list[str]:
    """The shipped file, names and ports by its own variables, with a certificate of Caddy's own."""
    options = "{\n\tadmin off\n\tauto_https disable_redirects\n\tlocal_certs\n\tskip_install_trust\n}\n"
    (folder / "Caddyfile").write_text(options + (DEPLOY / "caddy" / file).read_text())
    given = {
        "SMS_NAME": f"{SMS}:{port}", "DESK_NAME": f"{DESK}:{port}", "INGESTER": f"127.0.0.1:{ingester}",
        "DASHBOARD": f"127.0.0.1:{dashboard}", "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder),
    }  # fmt: skip
    return [
        "env",
        *(f"{name}={value}" for name, value in given.items()),
        "caddy",
        "run",
        "--config",
        str(folder / "Caddyfile"),
        "--adapter",
        "caddyfile",
    ]


COMMANDS = {"nginx": nginx, "caddy": caddy}


@contextlib.contextmanager
def running(command, port, folder):
    """The process until the block ends, once it listens."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)
    try:
        deadline = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError):
                plain(port).close()
                break
            assert process.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
        yield process
    finally:
        process.terminate()
        process.wait(15)


@pytest.fixture
def ports(tmp_path):
    """A live ingester that trusts the proxy; a dashboard's place that tells how it was called; and the proxy's port."""
    ingester, public = free_port(), free_port()
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("NEXTPOD_")},
        "NEXTPOD_DATABASE": str(tmp_path / "nextpod.db"), "NEXTPOD_API_KEY": "dks8e7tyu4hfnbvpwoq93kd8",
        "NEXTPOD_PUBLIC_URL": f"https://{SMS}:{public}", "NEXTPOD_INGEST_PORT": str(ingester),
        "NEXTPOD_TRUSTED_PROXY": "127.0.0.1",
    }  # fmt: skip

    def echo(line):
        line.send(json.dumps({name.lower(): value for name, value in line.request.headers.raw_items()}))
        for message in line:
            line.send(message)

    store.migrate(load(env), now=0, by=COMMAND)
    with serve(echo, "127.0.0.1", 0, max_size=None) as upstream:
        thread = threading.Thread(target=upstream.serve_forever)
        thread.start()
        command = [sys.executable, "-m", "nextpod_core", "ingest"]

        @contextlib.contextmanager
        def receiving(**more):
            with pytest.MonkeyPatch.context() as patch:
                for name, value in {**env, **more}.items():
                    patch.setenv(name, value)
                with running(command, ingester, tmp_path):
                    yield

        yield public, ingester, upstream.socket.getsockname()[1], receiving, store.webhook_token(load(env))
        upstream.shutdown()
        thread.join()


def ask(port, name, method, path, body=b"", **headers):
    """The status of one request to `name` through the proxy."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    line.sock = unsure().wrap_socket(plain(port), server_hostname=name)  # The name stands in SNI too.
    with contextlib.closing(line):
        line.request(method, path, body, {"Host": f"{name}:{port}", **headers})
        return line.getresponse().status


def plain(port):
    return socket.create_connection(("127.0.0.1", port), timeout=20)


@pytest.mark.parametrize("proxy", PROXIES)
def test_the_public_name_passes_reports_on_and_nothing_else(proxy, ports, tmp_path):
    public, ingester, dashboard, receiving, token = ports
    report = b'{"id":"1","to":"4791726200","status_code":"200","status_text":"DELIVERED"}'
    with running(COMMANDS[proxy](tmp_path, public, ingester, dashboard), public, tmp_path):
        with receiving(NEXTPOD_WEBHOOK_ADDRESSES="127.0.0.1"):
            assert ask(public, SMS, "POST", f"/dlr/{token}", report) == 200
            assert ask(public, SMS, "POST", "/dlr/wrong", report) == 404
            assert ask(public, SMS, "POST", f"/dlr/{token}", b"x" * 70_000) == 413
            for path in ("/", "/healthz", "/metrics", "/_stcore/health", "/compose", f"/x/dlr/{token}"):
                assert ask(public, SMS, "GET", path) == 404, path
        with receiving():  # From Nextpod's own addresses alone, and nobody may say that he is one of them.
            for forged in ({}, {"X-Forwarded-For": "91.189.121.85"}):
                assert ask(public, SMS, "POST", f"/dlr/{token}", report, **forged) == 403


@pytest.mark.parametrize("proxy", PROXIES)
def test_the_inside_name_carries_websockets_with_host_and_origin_as_they_were(proxy, ports, tmp_path):
    public, ingester, dashboard, _receiving, _token = ports
    with running(COMMANDS[proxy](tmp_path, public, ingester, dashboard), public, tmp_path), connect(
        f"wss://{DESK}:{public}/_stcore/stream", sock=plain(public), ssl=unsure(), max_size=None,
        origin=f"https://{DESK}:{public}", additional_headers={"X-Forwarded-For": "10.0.0.1"},
        server_hostname=DESK,
    ) as line:  # fmt: skip
        seen = json.loads(line.recv(timeout=10))
        assert seen["host"] == f"{DESK}:{public}"
        assert seen["origin"] == f"https://{DESK}:{public}"
        assert seen["x-forwarded-proto"] == "https"
        assert seen["x-forwarded-for"] == "127.0.0.1"  # what the browser claims is dropped
        line.send(b"x" * 2_000_000)
        assert len(line.recv(timeout=10)) == 2_000_000


@pytest.mark.parametrize("proxy", PROXIES)
@pytest.mark.parametrize("is_nextpod", [True, False])
def test_the_old_server_passes_on_what_nextpod_still_sends_to_it(proxy, is_nextpod, ports, tmp_path):
    public, ingester, _dashboard, receiving, token = ports
    caller = "127.0.0.1" if is_nextpod else "91.189.121.81"
    if proxy == "nginx":
        text = (DEPLOY / "nginx" / "moved.conf").read_text().replace("allow 91.189.121.81", f"allow {caller}")
        text = text.replace("https://new.example.org", f"http://127.0.0.1:{ingester}").replace(
            "127.0.0.53", "127.0.0.1"
        )
        command = nginx(tmp_path, public, ingester, ingester, text=text)
    else:
        command = caddy(tmp_path, public, ingester, ingester, file="Moved.caddyfile")
        command[1:1] = [f"NEW_SERVER=http://127.0.0.1:{ingester}", f"CALLERS={caller}"]
    # The new server names the old one among those who may call.
    with running(command, public, tmp_path), receiving(NEXTPOD_WEBHOOK_ADDRESSES="127.0.0.1", NEXTPOD_TRUSTED_PROXY=""):
        passed = ask(public, SMS, "POST", f"/dlr/{token}", b'{"id":"1","to":"4791726200","status_text":"DELIVERED"}')
        assert (passed == 200) is is_nextpod
        assert ask(public, SMS, "GET", "/") in (403, 404)


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_file_may_be_as_large_as_the_setting_says_and_no_larger(proxy):
    text = (DEPLOY / proxy / {"nginx": "nextpod.conf", "caddy": "Caddyfile"}[proxy]).read_text()
    (most,) = (int(size) for size in re.findall(r"(?:client_max_body_size|max_size) (\d+)m", text.replace("MB", "m")))
    assert int(DEFAULTS["NEXTPOD_MAX_UPLOAD_MB"]) < most <= int(DEFAULTS["NEXTPOD_MAX_UPLOAD_MB"]) + 10


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_accepts_every_unit(tmp_path):
    for unit in (DEPLOY / "systemd").iterdir():
        text = unit.read_text().replace("/opt/nextpod/.venv/bin/python", sys.executable)
        (tmp_path / unit.name).write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))], capture_output=True,
                          text=True)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_every_process_has_a_unit_of_its_own_that_waits_for_what_is_under_way():
    units = {path.stem.removeprefix("nextpod-"): path.read_text() for path in (DEPLOY / "systemd").glob("*.service")}
    assert set(units) == {"dispatcher", "ingester", "dashboard", "backup"}
    for text in units.values():
        assert "User=nextpod" in text and "EnvironmentFile=/etc/nextpod/nextpod.env" in text
        assert "ProtectSystem=strict" in text and "NoNewPrivileges=yes" in text and "sandbox" not in text
    stop = int(re.search(r"NEXTPOD_STOP_SECONDS=(\d+)", units["dispatcher"])[1])
    patience = int(re.search(r"TimeoutStopSec=(\d+)", units["dispatcher"])[1])
    assert float(DEFAULTS["NEXTPOD_TIMEOUT_SECONDS"]) < stop < patience


def test_the_containers_are_the_same_processes_without_a_sandbox():
    text = (DEPLOY / "docker" / "compose.yaml").read_text()
    middle = text.split("services:")[1].split("\nnetworks:")[0]
    services = dict(re.findall(r"^  (\w+):\n((?:    .*\n|  #.*\n|\n)+)", middle, re.MULTILINE))
    assert set(services) == {"dispatcher", "ingester", "dashboard", "backup", "proxy"}
    assert [name for name, told in services.items() if "ports:" in told] == ["proxy"]
    assert re.search(r"ipv4_address: (\S+)", text)[1] == re.search(r"NEXTPOD_TRUSTED_PROXY: (\S+)", text)[1]
    for name in ("dispatcher", "ingester", "dashboard"):
        assert "<<: *desk" in services[name] and "healthcheck:" in services[name]
        assert "stop_grace_period:" in services[name]
    assert set(re.findall(r"NEXTPOD_[A-Z_]+", text)) <= set(DEFAULTS)
    copied = re.findall(r"^COPY (\S+)", (DEPLOY / "docker" / "Dockerfile").read_text(), re.MULTILINE)
    assert all((ROOT / path).exists() for path in copied)


@pytest.mark.parametrize("script", ["install.sh", "upgrade.sh", "nextpod"])
def test_the_scripts_are_shell(script):
    assert os.access(DEPLOY / script, os.X_OK)
    subprocess.run(["sh", "-n", DEPLOY / script], check=True)
    assert len((DEPLOY / script).read_text().splitlines()) < 60
