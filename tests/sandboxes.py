"""Real sandboxes in processes of their own, raw sockets to them, and an ingester that remembers what it was told."""

import contextlib
import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
START = "import sys; from nextpod_core.sandbox import main; sys.exit(main(sys.argv[1:]))"
BASIC = "Authorization: Basic OjZjZmJmOS05M2MwYWM2MGFjNmM1ZmMzOTAwZTU2ZDk2NmRjZDhkMmIx"


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@dataclass
class Reply:
    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def read_reply(stream: Any) -> Reply | None:
    """One HTTP answer as it stands on the wire; None when the connection ends without one."""
    first = stream.readline()
    if not first:
        return None
    headers = {}
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    return Reply(first.decode("latin-1").rstrip("\r\n"), headers, stream.read(int(headers.get("content-length", 0))))


class Sandbox:
    """One process. `post` speaks to it in bytes."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port = free_port()
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("NEXTPOD_")},
            "NEXTPOD_SANDBOX_PORT": str(self.port),
            "NEXTPOD_SANDBOX_DATABASE": str(folder / "gateway.db"),
            "NEXTPOD_SANDBOX_SPEED": "100",
            "NEXTPOD_SANDBOX_FAILURES": "1000",
            **{f"NEXTPOD_SANDBOX_{name.upper()}": value for name, value in settings.items()},
        }
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", START], cwd=ROOT, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        until = time.monotonic() + 15
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(self.process.communicate()[0].decode()) from None
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(timeout=0.02)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.output = self.process.communicate(timeout=10)[0].decode()
        return self.process.returncode

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", START, *words], cwd=ROOT, env=self.env, capture_output=True, text=True
        )

    @contextlib.contextmanager
    def connection(self) -> Iterator[tuple[socket.socket, Any]]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as sock, sock.makefile("rb") as stream:
            yield sock, stream

    def exchange(self, raw: bytes) -> Reply | None:
        with self.connection() as (sock, stream):
            sock.sendall(raw)
            try:
                return read_reply(stream)
            except ConnectionResetError:
                return None

    def post(self, body: str | bytes, *headers: str, path: str = "/v2/sms", auth: str = BASIC) -> Reply | None:
        data = body.encode() if isinstance(body, str) else body
        lines = [f"POST {path} HTTP/1.1", "Host: api.nextpod.io", f"Content-Length: {len(data)}", *headers]
        return self.exchange("\r\n".join([*lines, *([auth] if auth else []), "", ""]).encode() + data)

    def send(self, **fields: Any) -> Reply | None:
        message = {"from": "Nextpod", "to": "4799999001", "msg": "Hello!", **fields}
        return self.post(
            json.dumps({name: value for name, value in message.items() if value is not None}),
            "Content-Type: application/json; charset=utf-8",
        )

    def ask(self, path: str, **headers: str) -> Any:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read().decode()
        return json.loads(text) if "json" in answer.headers["Content-Type"] else text


@dataclass
class Told:
    path: str
    content_type: str
    body: str
    at: float

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


class Ingester:
    """Keeps every POST; `refuse` holds the status codes of the next answers before it says 200 again."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.refuse: list[int] = []
        self.changed = threading.Condition()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                with outer.changed:
                    code = outer.refuse.pop(0) if outer.refuse else 200
                    outer.told.append(Told(self.path, self.headers["Content-Type"], body, time.time()))
                    outer.changed.notify_all()
                self.send_response(code)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def wait(self, enough: Callable[[list[Told]], Any], seconds: float = 15) -> Any:
        """What `enough` returns as soon as it is true of what was told."""
        with self.changed:
            assert self.changed.wait_for(lambda: enough(self.told), timeout=seconds), self.told
            return enough(self.told)

    def reports(self, to: str, count: int = 1) -> list[dict[str, Any]]:
        """The delivery reports to one number, as soon as there are so many."""

        def enough(told: list[Told]) -> list[dict[str, Any]]:
            found = [each.json for each in told if "/dlr/" in each.path and each.json["to"] == to]
            return found if len(found) >= count else []

        return self.wait(enough)
