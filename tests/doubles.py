"""
Gateways that misbehave: real sockets on the loopback, each connection played by a function in a thread of its own.

A play takes the connection and does what it likes with it; `Double.received` keeps every byte that it read as HTTP, so
that a test can hold "not sent" against what really arrived.
"""

import contextlib
import json
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

TLS = Path(__file__).parent / "cases" / "tls"
CERTIFICATE = TLS / "loopback.pem"  # for localhost alone, and its own authority

Play = Callable[["Line"], None]


class Line:
    """One accepted connection, as a play sees it."""

    def __init__(self, double: "Double", connection: socket.socket) -> None:
        self.double, self.connection = double, connection

    def read(self, most: int = 65536) -> bytes:
        """Some bytes of the request; empty at its end."""
        data = self.connection.recv(most)
        self.double.received += data
        return data

    def request(self) -> bytes:
        """A whole request: head and body. Empty when the client closed instead."""
        data = b""
        while b"\r\n\r\n" not in data:
            if not (more := self.read()):
                return b""
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        while length and len(body) < int(length[1]):
            body += self.read()
        return head + b"\r\n\r\n" + body

    def peek(self) -> None:
        """Wait until the first byte is here, and leave it unread."""
        self.connection.recv(1, socket.MSG_PEEK)

    def write(self, data: bytes) -> None:
        self.connection.sendall(data)

    def reset(self) -> None:
        """Cut the connection with RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def hold(self) -> None:
        """Say nothing more until the test is over or the client has gone."""
        self.connection.settimeout(0.02)
        while not self.double.over.is_set():
            try:
                if not self.read():
                    return
            except TimeoutError:
                continue

    def secure(self, *, client_certificate: bool = False) -> None:
        """TLS from here on, as the server."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE, TLS / "loopback.key")
        if client_certificate:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(CERTIFICATE)
        self.connection = context.wrap_socket(self.connection, server_side=True)


class Double:
    """A listening socket; each connection is given to the play."""

    def __init__(self, play: Play) -> None:
        self.play, self.received, self.accepted = play, bytearray(), 0
        self.over = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v2"

    @property
    def secure_url(self) -> str:
        return f"https://localhost:{self.port}/v2"

    def end(self) -> None:
        self.over.set()
        # A thread in accept() is not woken by close().
        self.listener.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(5)
            assert not thread.is_alive(), "a play did not end"
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            thread = threading.Thread(target=self._run, args=(connection,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _run(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        line = Line(self, connection)
        with contextlib.suppress(OSError):  # The client may be gone at any point; that is what is tested.
            self.play(line)
        with contextlib.suppress(OSError):
            line.connection.close()


@contextlib.contextmanager
def playing(play: Play) -> Iterator[Double]:
    """A double for the time of a `with`."""
    double = Double(play)
    try:
        yield double
    finally:
        double.end()


@contextlib.contextmanager
def nobody() -> Iterator[int]:
    """A port where nothing listens, kept from being given to others."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@contextlib.contextmanager
def full_up() -> Iterator[int]:
    """A port where a connection is neither taken nor refused: the queue is full and nobody accepts."""
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def answer(body: bytes | str | object, first: str = "HTTP/1.1 200 OK", head: str = "") -> bytes:
    """A whole answer with its length; `body` other than bytes or text is written as JSON. `head` lines end in CRLF."""
    if not isinstance(body, bytes | str):
        body = json.dumps(body)
    raw = body if isinstance(body, bytes) else body.encode()
    return f"{first}\r\nContent-Type: application/json\r\nContent-Length: {len(raw)}\r\n{head}\r\n".encode() + raw


def accepted(request: bytes) -> bytes:
    """The documented answer to a JSON request: one object, or an envelope."""
    asked = json.loads(request.partition(b"\r\n\r\n")[2])["to"].split(",")
    entries = [
        {"id": f"ID-{number}", "from": "x", "to": number, "msg_length": "6", "msg_parts": "1", "reference": ""}
        for number in asked
    ]
    return answer(entries[0] if len(entries) == 1 else {"recipients": len(entries), "sms": entries})


def obliging(line: Line) -> None:
    """Answer one request after the other, as documented."""
    while request := line.request():
        line.write(accepted(request))
