"""HTTP/1.1 on a socket, with reason phrases of our own, where the API puts its reasons; ASGI servers can't send one.

Parsing is llhttp's (httptools); keep-alive, pipelining, chunked bodies, `Expect: 100-continue` and limits are in here.
"""

import asyncio
import contextlib
import email.utils
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

import httptools

log = logging.getLogger(__name__)

MAX_HEADERS = 32 * 1024
MAX_BODY = 2 * 1024 * 1024  # a thousand recipients and the longest text, percent-encoded, are 30 KB
MAX_PIPELINED = 16
REQUEST_SECONDS = 30.0  # from a request's first byte to its last
IDLE_SECONDS = 75.0


@dataclass(slots=True)
class Request:
    """One request; header names in lower case, `target` as it stood in the first line."""

    method: str
    target: bytes
    headers: dict[str, str]
    body: bytes
    keep_alive: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer with its reason phrase."""

    code: int
    phrase: str
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = field(default=())


# None: the connection is closed without a word.
Handler = Callable[[Request], Awaitable[Answer | None]]


class Server:
    """Open connections of one listening socket, and the handler they share."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.connections: set[Connection] = set()
        self._listening: asyncio.AbstractServer | None = None
        self._sweeping: asyncio.Task[None] | None = None

    async def start(self, sock: Any) -> None:
        """Serve on a bound socket."""
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(lambda: Connection(self), sock=sock, backlog=1024)
        self._sweeping = loop.create_task(self._sweep())

    async def stop(self, patience: float = 2.0) -> None:
        """Take no more, let answers under way go out for `patience` seconds, then close."""
        if self._listening is not None:
            self._listening.close()
        if self._sweeping is not None:
            self._sweeping.cancel()
        for connection in list(self.connections):
            connection.finish()
        busy = [connection.serving for connection in self.connections if connection.serving is not None]
        if busy:
            await asyncio.wait(busy, timeout=patience)
        for connection in list(self.connections):
            connection.cut()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(2)
            now = time.monotonic()
            for connection in list(self.connections):
                connection.sweep(now)


class Connection(asyncio.Protocol):
    """One client. Requests are answered one after the other, in the order they came."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.serving: asyncio.Task[None] | None = None
        self._waiting: deque[Request] = deque()
        self._closing = False
        self._begun: float | None = None
        self._quiet_since = time.monotonic()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.server.connections.add(self)
        self.parser = httptools.HttpRequestParser(self)
        self._reset()

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.connections.discard(self)
        self._closing = True
        if self.serving is not None:
            self.serving.cancel()

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        self._quiet_since = time.monotonic()
        if self._begun is None:
            self._begun = self._quiet_since
        self._unread += len(data)
        try:
            self.parser.feed_data(data)
            if not self._headers_done and self._unread > MAX_HEADERS:
                # The parser keeps a header to itself until it ends.
                raise _TooLarge(431, "Request Header Fields Too Large")
        except httptools.HttpParserUpgrade:
            self._closing = True  # Nothing is upgraded here; what came is answered and that is all.
        except _TooLarge as error:
            self._refuse(error.code, error.phrase)
        except httptools.HttpParserError as error:
            inner = error.__context__
            if isinstance(inner, _TooLarge):
                self._refuse(inner.code, inner.phrase)
            else:
                self._refuse(400, "Bad Request")

    def eof_received(self) -> bool:
        """The client has said all; what is under way is still answered."""
        self._closing = True
        return self.serving is not None

    # -- what the parser says

    def _reset(self) -> None:
        self._target = b""
        self._headers: dict[str, str] = {}
        self._header_bytes = self._unread = 0
        self._headers_done = False
        self._body: list[bytes] = []
        self._body_bytes = 0

    def on_url(self, url: bytes) -> None:
        self._target += url
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        key = name.decode("latin-1").lower()
        # A repeated header is one list; the first Authorization is the one that counts.
        if key in self._headers and key != "authorization":
            self._headers[key] += ", " + value.decode("latin-1")
        else:
            self._headers.setdefault(key, value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        self._headers_done = True
        length = self._headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length) > MAX_BODY:
            raise _TooLarge(413, "Content Too Large")
        if self._headers.get("expect", "").lower() == "100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > MAX_BODY:
            raise _TooLarge(413, "Content Too Large")
        self._body.append(body)

    def on_message_complete(self) -> None:
        self._waiting.append(
            Request(
                self.parser.get_method().decode("ascii"),
                self._target,
                self._headers,
                b"".join(self._body),
                self.parser.should_keep_alive(),
            )
        )
        self._begun = None
        self._reset()
        if self.serving is None:
            self.serving = asyncio.get_running_loop().create_task(self._serve())
        elif len(self._waiting) >= MAX_PIPELINED:
            self.transport.pause_reading()

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > MAX_HEADERS:
            raise _TooLarge(431, "Request Header Fields Too Large")

    # -- answering

    async def _serve(self) -> None:
        try:
            while self._waiting:
                request = self._waiting.popleft()
                try:
                    answer = await self.server.handler(request)
                except Exception:
                    log.exception("A request to %s could not be handled", request.target[:40].split(b"?")[0])
                    answer = Answer(500, "Internal server error")
                if answer is None:
                    self.cut()
                    return
                last = not request.keep_alive or (self._closing and not self._waiting)
                self._write(answer, last=last, head=request.method == "HEAD")
                if last:
                    self._closing = True
                    self.transport.close()
                    return
                self.transport.resume_reading()
        finally:
            self.serving = None
            self._quiet_since = time.monotonic()

    def _write(self, answer: Answer, *, last: bool, head: bool = False) -> None:
        if self.transport.is_closing():
            return
        lines = [
            f"HTTP/1.1 {answer.code} {answer.phrase}",
            f"Date: {_date(int(time.time()))}",
            "Server: Nextpod-sandbox",
            f"Content-Type: {answer.content_type}",
            f"Content-Length: {len(answer.body)}",
            *(f"{name}: {value}" for name, value in answer.headers),
        ]
        if last:
            lines.append("Connection: close")
        head_bytes = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        self.transport.write(head_bytes if head else head_bytes + answer.body)

    def _refuse(self, code: int, phrase: str) -> None:
        """Answer what can't be read any further, and close."""
        self._closing = True
        if self.serving is None:  # Else an answer is under way, and this one would come in its place.
            self._write(Answer(code, phrase), last=True)
            self.transport.close()

    # -- ending

    def finish(self) -> None:
        """Close as soon as nothing is under way."""
        self._closing = True
        if self.serving is None:
            self.transport.close()

    def cut(self) -> None:
        """Close now, without a word."""
        self._closing = True
        with contextlib.suppress(Exception):
            self.transport.abort()

    def sweep(self, now: float) -> None:
        """Close a connection that dawdles over a request or has been quiet for long."""
        if self.serving is not None:
            return
        if self._begun is not None and now - self._begun > REQUEST_SECONDS:
            self._refuse(408, "Request Timeout")
        elif self._begun is None and now - self._quiet_since > IDLE_SECONDS:
            self.transport.close()


class _TooLarge(Exception):
    def __init__(self, code: int, phrase: str) -> None:
        self.code, self.phrase = code, phrase
        super().__init__(phrase)


_dates: dict[int, str] = {}


def _date(second: int) -> str:
    if second not in _dates:
        _dates.clear()
        _dates[second] = email.utils.formatdate(second, usegmt=True)
    return _dates[second]
