"""
One HTTP request on a connection of its own or a kept one, and the proof of whether any of it left this machine.

*Not sent* is decided by what was seen to happen on the connection, never by the class of an exception: the same class
can mean either, and an update of a library may change which is raised where.
"""

import asyncio
import contextlib
import email.utils
import ssl
import sys
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx

from nextpod_core.errors import BadInput, NotSent, Unknown
from nextpod_core.sentences import Sentence, say

# httpcore looks for sniffio on the whole path at every lock it makes, four times a request: a sixth of all CPU.
# None says "not there" at once (Python reference 5.3.1).
sys.modules.setdefault("sniffio", cast(Any, None))

# Shorter than the idle limits servers ship with (Node and uvicorn 5 s, Apache 5 s, nginx 75 s, IIS 120 s), so that a
# kept connection is dropped by us, not by the other side at the moment a request leaves on it.
KEPT_SECONDS = 3.0
# An answer to 1,000 recipients as documented is about 170 kB.
MOST_BYTES = 4 * 1024 * 1024
MOST_BYTES_OF_REFUSAL = 4096


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whole when `code` is 200; of any other answer the head counts and the body is what there was."""

    code: int
    phrase: str
    body: bytes
    content_type: str
    retry_after: float | None


class Evidence:
    """What was seen of one request on its way out.

    Proved not sent means: a connection was begun for this request, and all that followed belongs to connecting (TCP,
    TLS, a proxy's CONNECT). Anything else, also an event of a name not known here, counts as having left.
    """

    __slots__ = ("_connecting", "_started", "left", "stream")

    def __init__(self, started: Callable[[], None] | None = None) -> None:
        self._connecting = False
        self._started = started
        self.left = False
        self.stream: Any = None  # the TCP connection made for this request

    @property
    def proved_not_sent(self) -> bool:
        """Whether not one byte of the request can have left."""
        return self._connecting and not self.left

    async def trace(self, name: str, info: dict[str, Any]) -> None:
        """httpx's `trace` extension: called before and after each step, and before the step's first byte is written."""
        if name.endswith(".connect_tcp.complete"):
            self.stream = info.get("return_value")
        if self.left or not name.endswith(".started"):
            return
        step = name.split(".")[-2]
        if step in ("connect_tcp", "start_tls"):
            self._connecting = True
        elif step == "response_closed" or _is_connect(info):
            pass  # Clearing away, or asking the proxy for a way through: the request itself is still here.
        else:
            if self._started is not None:
                self._started()
            self.left = True


class Wire:
    """Connections to one gateway: kept ones for small requests, each used by one request at a time, or a fresh one.

    No redirects, no retries, nothing from the environment, HTTP/1.1 only (HTTP/2 has no reason phrase, where this API
    puts its reason). One shared httpx client gets slower with every connection in it; one transport each does not.
    """

    def __init__(self, url: str, *, proxy: str | None, ca_file: Path | str | None, timeout: float) -> None:
        """Raises BadInput for an address, proxy or file of authorities that can't be used."""
        self._url = _parsed(url, say("The address of the API must be such as https://api.nextpod.io/v2."))
        self._proxy = (
            _parsed(proxy, say("The proxy must be an address such as http://proxy.example:3128.")) if proxy else None
        )
        self._timeout = timeout
        # Read once: loading certificates takes longer than a request.
        self._context = trust(ca_file) if ca_file else None
        self._idle: deque[tuple[float, httpx.AsyncHTTPTransport]] = deque()
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
        evidence, head, read = Evidence(started), None, bytearray()
        request = httpx.Request("POST", self._url, headers=headers, content=body, extensions=_extensions(evidence))
        await self._drop_old()
        transport = self._open() if fresh or not self._idle else self._idle.pop()[1]
        keep = False
        try:
            async with asyncio.timeout(self._timeout):
                response = await transport.handle_async_request(request)
                head = response
                most = MOST_BYTES if response.status_code == 200 else MOST_BYTES_OF_REFUSAL
                async with contextlib.aclosing(cast(AsyncGenerator[bytes, None], response.aiter_bytes())) as chunks:
                    async for chunk in chunks:
                        read += chunk
                        if len(read) > most:
                            raise httpx.ReadError(f"an answer of more than {most} bytes")
                keep = not fresh and not self._closed
        except Exception as error:
            if head is None:
                raise self._verdict(evidence, error) from error
            if head.status_code == 200:
                raise Unknown(f"the answer broke off: {self._why(error)}") from error
            # Any other answer stands in its first line, which came whole.
        finally:
            if keep:
                self._idle.append((asyncio.get_running_loop().time(), transport))
            else:
                await _close(transport)
                # httpcore 1.0 forgets a connection whose TLS handshake is cancelled, and leaves its socket open.
                await _close(evidence.stream)
        return _reply(head, bytes(read))

    async def aclose(self) -> None:
        """Close what is idle; requests under way close theirs when they end."""
        self._closed = True
        while self._idle:
            await _close(self._idle.pop()[1])

    async def _drop_old(self) -> None:
        # The newest is used first, so the oldest go stale together when sending slows down.
        oldest = asyncio.get_running_loop().time() - KEPT_SECONDS
        while self._idle and self._idle[0][0] < oldest:
            await _close(self._idle.popleft()[1])

    def _open(self) -> httpx.AsyncHTTPTransport:
        if self._context is None:
            # Plain HTTP never asks it; one that trusts nobody is made at once.
            self._context = trust(None) if self._url.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # Plain HTTP is for this machine alone, and the proxy's own loopback is another machine.
        proxy = None if self._url.scheme == "http" else self._proxy
        return httpx.AsyncHTTPTransport(
            verify=self._context,
            trust_env=False,
            http1=True,
            http2=False,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEPT_SECONDS),
            proxy=httpx.Proxy(proxy, ssl_context=self._context if proxy.scheme == "https" else None) if proxy else None,
            retries=0,
        )

    def _verdict(self, evidence: Evidence, error: Exception) -> NotSent | Unknown:
        if evidence.proved_not_sent:
            return NotSent(f"no connection: {self._why(error)}")
        return Unknown(f"no answer: {self._why(error)}")

    def _why(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
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


def _extensions(evidence: Evidence) -> dict[str, Any]:
    # No limits for the single steps: one that is reset by each byte never ends on a slow drip, the deadline does.
    return {"trace": evidence.trace, "timeout": {"connect": None, "read": None, "write": None, "pool": None}}


def _is_connect(info: dict[str, Any]) -> bool:
    return getattr(info.get("request"), "method", None) == b"CONNECT"


async def _close(connection: Any) -> None:
    # What was sent or received no longer depends on it.
    if connection is not None:
        with contextlib.suppress(Exception):
            await connection.aclose()


def _reply(response: httpx.Response, body: bytes) -> Reply:
    raw = cast(bytes, response.extensions.get("reason_phrase", b""))
    try:
        phrase = raw.decode("utf-8")
    except UnicodeDecodeError:
        phrase = raw.decode("latin-1")
    return Reply(
        response.status_code, phrase.strip(), body, response.headers.get("content-type", ""), _retry_after(response)
    )


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds, given as such or as a date, which counts from the answer's own (RFC 9110 10.2.3)."""
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit() and len(value) < 9:
        return float(value)
    try:
        until = email.utils.parsedate_to_datetime(value)
        seconds = (until - email.utils.parsedate_to_datetime(response.headers.get("date", ""))).total_seconds()
    except (ValueError, TypeError):
        return None
    return max(seconds, 0.0)
