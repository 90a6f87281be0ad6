"""
One HTTP request on a connection of its own or a kept one, and the proof of whether any of it left this machine.

*Not sent* is decided by one fact, never by the class of an exception: whether the request was handed to a connection.
All before that line of `Wire.post` is connecting (TCP, TLS, a proxy's CONNECT), all after it may have left.
"""

import asyncio
import base64
import email.utils
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from nextpod_core.errors import BadInput, NotSent, Unknown
from nextpod_core.line import Answer, Line
from nextpod_core.sentences import Sentence, say

# Shorter than the idle limits servers ship with (Node and uvicorn 5 s, Apache 5 s, nginx 75 s, IIS 120 s), so that a
# kept connection is dropped by us, not by the other side at the moment a request leaves on it.
KEPT_SECONDS = 3.0
# An answer to 1,000 recipients as documented is about 170 kB.
MOST_BYTES = 4 * 1024 * 1024
MOST_BYTES_OF_REFUSAL = 4096
EYEBALLS = 0.25  # seconds before the next address of a name is tried beside the first (RFC 8305, 5)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whole when `code` is 200; of any other answer the head counts and the body is what there was."""

    code: int
    phrase: str
    body: bytes
    content_type: str
    retry_after: float | None


class Wire:
    """Connections to one gateway: kept ones for small requests, each used by one request at a time, or a fresh one.

    No redirects, no retries, nothing from the environment, HTTP/1.1 only (HTTP/2 has no reason phrase, where this API
    puts its reason).
    """

    def __init__(self, url: str, *, proxy: str | None, ca_file: Path | str | None, timeout: float) -> None:
        """Raises BadInput for an address, proxy or file of authorities that can't be used."""
        self._url = _parsed(url, say("The address of the API must be such as https://api.nextpod.io/v2."))
        self._proxy = (
            _parsed(proxy, say("The proxy must be an address such as http://proxy.example:3128.")) if proxy else None
        )
        if self._url.scheme == "http":
            self._proxy = None  # Plain HTTP is for this machine alone, and the proxy's own loopback is another machine.
        self._timeout = timeout
        # Read once: loading certificates takes longer than a request.
        self._context = trust(ca_file) if ca_file else None
        self._idle: deque[tuple[float, Line]] = deque()
        self._closed = False

    async def post(
        self, headers: dict[str, str], body: bytes, *, fresh: bool, started: Callable[[], None] | None = None
    ) -> Reply:
        """The answer to a POST within `timeout` seconds in all: connecting, sending and reading together.

        `fresh` uses a connection that no request used before or will use after. `started` is called once, just before
        the first byte of the request may leave; it must not raise.
        Raises NotSent when it is proved that nothing left, Unknown when something may have. Cancelled in the middle,
        it lets CancelledError pass; `started` has then been called if anything may have left.
        """
        if fresh:
            headers = {**headers, "Connection": "close"}
        request = _request(b"POST", self._url.raw_path, self._url.netloc, headers, body)
        line = None if fresh else self._kept()
        answer: Answer | None = None
        left = keep = False
        try:
            async with asyncio.timeout(self._timeout):
                if line is None:
                    line = await self._connected()
                line.check()
                left = True
                if started is not None:
                    started()
                answer = line.ask(request, most=MOST_BYTES, most_otherwise=MOST_BYTES_OF_REFUSAL)
                await answer.whole
                keep = not fresh and not self._closed and answer.may_keep and line.is_written()
        except Exception as error:
            if not left:
                raise NotSent(f"no connection: {self._why(error)}") from error
            if answer is None or answer.code is None:
                raise Unknown(f"no answer: {self._why(error)}") from error
            if answer.code == 200:
                raise Unknown(f"the answer broke off: {self._why(error)}") from error
            # Any other answer stands in its first line, which came whole.
        finally:
            if line is not None:
                if keep:
                    self._idle.append((asyncio.get_running_loop().time(), line))
                else:
                    line.close()
        assert answer is not None
        return _reply(answer)

    async def aclose(self) -> None:
        """Close what is idle; requests under way close theirs when they end."""
        self._closed = True
        while self._idle:
            self._idle.pop()[1].close()
        await asyncio.sleep(0)  # the loop closes the sockets

    def _kept(self) -> Line | None:
        """The connection that was used last, if it can be used again: nothing has come on it, not even its end."""
        # The newest is used first, so the oldest go stale together when sending slows down.
        oldest = asyncio.get_running_loop().time() - KEPT_SECONDS
        while self._idle and self._idle[0][0] < oldest:
            self._idle.popleft()[1].close()
        while self._idle:
            line = self._idle.pop()[1]
            if line.is_quiet():
                return line
            line.close()
        return None

    async def _connected(self) -> Line:
        """A new connection that a request can be written to: through the proxy, inside TLS, where that is so."""
        secure = self._url.scheme == "https"
        host = self._url.raw_host.decode("ascii")
        if self._context is None and secure:
            self._context = trust(None)
        inside = self._context if secure else None
        if self._proxy is None:
            return await _connect(self._url, inside)
        line = await _connect(self._proxy, self._context if self._proxy.scheme == "https" else None)
        try:
            await line.tunnel(_connect_request(f"{host}:{self._url.port or 443}", self._proxy))
            assert inside is not None
            await line.secure(inside, host)
        except BaseException:
            line.close()
            raise
        return line

    def _why(self, error: Exception) -> str:
        if isinstance(error, TimeoutError) and not str(error):
            return f"{self._timeout:g} s are over"
        return f"{error or type(error).__name__}"


def trust(ca_file: Path | str | None) -> ssl.SSLContext:
    """Whom to believe: the authorities in `ca_file` alone, or without one those that httpx ships (certifi).

    Raises BadInput for a file that can't be read as certificates.
    """
    if ca_file is None:
        return httpx.create_ssl_context(trust_env=False)
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise BadInput("{file} can't be read as certificates (PEM).", file=str(ca_file)) from error


def _parsed(url: str, wrong: Sentence) -> httpx.URL:
    # The sentence does not repeat the address: a proxy's holds a password.
    try:
        parsed = httpx.URL(url)
        usable = parsed.scheme in ("http", "https") and parsed.host
    except (httpx.InvalidURL, ValueError) as error:  # A host that is no name in IDNA is a ValueError.
        raise BadInput(wrong) from error
    if not usable:
        raise BadInput(wrong)
    return parsed


async def _connect(url: httpx.URL, context: ssl.SSLContext | None) -> Line:
    loop = asyncio.get_running_loop()
    host, port = url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)
    # uvloop tries one address after the other and knows no such option.
    options: dict[str, Any] = {"happy_eyeballs_delay": EYEBALLS} if isinstance(loop, asyncio.BaseEventLoop) else {}
    if context is not None:
        options |= {"ssl": context, "server_hostname": host}
    _, line = await loop.create_connection(Line, host, port, **options)
    return line


def _request(method: bytes, target: bytes, host: bytes, headers: dict[str, str], body: bytes) -> bytes:
    lines = [b"%b %b HTTP/1.1" % (method, target), b"Host: " + host]
    lines += [f"{name}: {value}".encode("ascii") for name, value in headers.items()]
    if method == b"POST":
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _connect_request(authority: str, proxy: httpx.URL) -> bytes:
    headers = {}
    if proxy.userinfo:
        told = base64.b64encode(f"{proxy.username}:{proxy.password}".encode()).decode("ascii")
        headers["Proxy-Authorization"] = f"Basic {told}"
    return _request(b"CONNECT", authority.encode("ascii"), authority.encode("ascii"), headers, b"")


def _reply(answer: Answer) -> Reply:
    try:
        phrase = answer.phrase.decode("utf-8")
    except UnicodeDecodeError:
        phrase = answer.phrase.decode("latin-1")
    assert answer.code is not None
    return Reply(
        answer.code, phrase.strip(), bytes(answer.body), answer.headers.get("content-type", ""),
        _retry_after(answer.headers),
    )  # fmt: skip


def _retry_after(headers: dict[str, str]) -> float | None:
    """Seconds, given as such or as a date, which counts from the answer's own (RFC 9110 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit() and len(value) < 9:
        return float(value)
    try:
        until = email.utils.parsedate_to_datetime(value)
        seconds = (until - email.utils.parsedate_to_datetime(headers.get("date", ""))).total_seconds()
    except (ValueError, TypeError):
        return None
    return max(seconds, 0.0)
