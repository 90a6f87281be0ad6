"""
What others do with the same work: Datasette's insert API and a FastAPI handler that commits each request; Kannel.

`python -m bench.peers` makes an environment of their own for the first two (`.venv-peers`); Kannel is Debian's package
`kannel`. What is not there is left out of the table by name. None of it is anything that the desk runs on.
"""

import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from tests.sandboxes import ROOT, free_port

ENVIRONMENT = ROOT / ".venv-peers"
PINNED = ["datasette==1.0a41", "fastapi==0.165.0", "uvicorn==0.54.0", "uvloop==0.23.0", "httptools==0.9.0"]
COLUMNS = (
    "id", "to", "created_time", "sent_time", "status_updated", "status_code", "status_text", "operator_status_code",
    "mcc", "mnc", "msg_parts",
)  # fmt: skip
# The plainest handler that keeps its promise: the row is synced before 200.
FASTAPI = f"""
import sqlite3, sys, threading
from fastapi import FastAPI
import uvicorn

app, lock = FastAPI(), threading.Lock()
db = sqlite3.connect(sys.argv[1], check_same_thread=False)
db.execute("PRAGMA synchronous = FULL")

@app.post("/dlr")
def receive(report: dict[str, str]) -> str:
    with lock, db:
        db.execute("INSERT INTO reports VALUES ({", ".join("?" * len(COLUMNS))})", [report.get(n) for n in {COLUMNS!r}])
    return "OK"

uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), access_log=False, log_level="error")
"""


def install() -> int:
    """Make the environment anew."""
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
    pip = [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return subprocess.run([*pip, *PINNED]).returncode


def has(name: str) -> bool:
    """Whether this peer can be run here: "datasette", "fastapi" or "kannel"."""
    if name == "kannel":
        return shutil.which("bearerbox") is not None and shutil.which("smsbox") is not None
    if name == "datasette":
        return (ENVIRONMENT / "bin" / "datasette").exists()
    return any(ENVIRONMENT.glob(f"lib/python*/site-packages/{name}"))


@contextlib.contextmanager
def datasette(folder: Path) -> Iterator[tuple[int, int, str]]:
    """Datasette with one table that anybody may insert into: its process, port and path. Bodies: `as_insert`."""
    file, port = _table(folder), free_port()
    (folder / "datasette.json").write_text(json.dumps({"permissions": {"insert-row": True}}))
    command = [str(ENVIRONMENT / "bin" / "datasette"), str(file), "--port", str(port),
               "--config", str(folder / "datasette.json")]  # fmt: skip
    with _running(command, port) as process:
        yield process, port, f"/{file.stem}/reports/-/insert"


@contextlib.contextmanager
def fastapi(folder: Path) -> Iterator[tuple[int, int, str]]:
    """A FastAPI application with one handler, which commits: its process, port and path."""
    file, port = _table(folder), free_port()
    (folder / "app.py").write_text(FASTAPI)
    command = [str(ENVIRONMENT / "bin" / "python"), str(folder / "app.py"), str(file), str(port)]
    with _running(command, port) as process:
        yield process, port, "/dlr"


def as_insert(body: bytes) -> bytes:
    """A report as Datasette's insert API takes it."""
    return b'{"row": ' + body + b"}"


def kannel(folder: Path, gateway: int, count: int, *, connections: int) -> float:
    """Seconds in which Kannel brings `count` different texts from its HTTP door to the gateway, its store on disk."""
    folder.mkdir()
    admin, box, door = free_port(), free_port(), free_port()
    boxes = f"""
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = bench
smsbox-port = {box}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
log-level = 3
store-type = file
store-location = {folder}/store
store-dump-freq = 1

group = smsc
smsc = http
smsc-id = bench
system-type = generic
send-url = "http://127.0.0.1:{gateway}/sms?to=%p&from=%P&text=%b"
status-success-regex = "200"
max-pending-submits = {connections}

group = smsbox
smsbox-id = bench
bearerbox-host = 127.0.0.1
sendsms-port = {door}
sendsms-interface = 127.0.0.1
global-sender = Nextpod
log-level = 3
max-pending-requests = 2000

group = sendsms-user
username = bench
password = bench
concatenation = true
max-messages = 3
"""
    (folder / "kannel.conf").write_text(boxes)
    with (
        _running(["bearerbox", str(folder / "kannel.conf")], box),
        _running(["smsbox", str(folder / "kannel.conf")], door),
    ):
        asked = [
            urlencode({"username": "bench", "password": "bench", "to": f"47{40000000 + n}", "text": f"Hei {n}"})
            for n in range(count)
        ]
        before = _arrived(gateway)
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "bench.load", str(door), str(connections), "/cgi-bin/sendsms", "GET"],
            cwd=ROOT, input="\n".join(asked).encode(), stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
        assert json.loads(done.stdout)["good"] == count, done.stdout
        last = time.monotonic() + 60
        while _arrived(gateway) - before < count:
            assert time.monotonic() < last, f"{_arrived(gateway) - before} of {count} arrived"
            time.sleep(0.01)
        return time.perf_counter() - began


def _arrived(gateway: int) -> int:
    import urllib.request

    with urllib.request.urlopen(f"http://127.0.0.1:{gateway}/count") as answer:
        return int(answer.read())


def _table(folder: Path) -> Path:
    folder.mkdir()
    file = folder / "peer.db"
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"CREATE TABLE reports ({', '.join(f'{chr(34)}{name}{chr(34)} TEXT' for name in COLUMNS)})")
    return file


@contextlib.contextmanager
def _running(command: list[str], port: int) -> Iterator[int]:
    from bench.receiving import until_listening

    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until_listening(port)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(install())
