"""
One HTTP request on a connection of its own or a kept one, and the proof of whether any of it left this machine.

*Not sent* is decided by what was seen to happen on the connection, never by the class of an exception: the same class
can mean either, and an update of a library may change which is raised where.
"""

import asyncio
import contextlib
import email.utils
import ssl
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import httpx

from nextpod_core.errors import BadInput, NotSent, Unknown

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

    __slots__ = ("_connecting", "_started", "left")

    def __init__(self, started: Callable[[], None] | None = None) -> None:
        self._connecting = False
        self._started = started
        self.left = False

    @property
    def proved_not_sent(self) -> bool:
        """Whether not one byte of the request can have left."""
        return self._connecting and not self.left

    async def trace(self, name: str, info: dict[str, Any]) -> None:
        """httpx's `trace` extension: called before and after each step, and before the step's first byte is written."""
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

    def __init__(self, *, proxy: str | None, ca_file: Path | str | None, timeout: float) -> None:
        self._proxy = None if proxy is None else checked_proxy(proxy)
        self._ca_file = ca_file
        self._timeout = timeout
        self._context: ssl.SSLContext | None = None
        self._idle: deque[tuple[float, httpx.AsyncHTTPTransport]] = deque()
        self._closed = False

    async def post(
        self, url: str, headers: dict[str, str], body: bytes, *, fresh: bool, started: Callable[[], None] | None = None
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
        await self._drop_old()
        transport = self._open(url) if fresh or not self._idle else self._idle.pop()[1]
        keep = False
        try:
            async with asyncio.timeout(self._timeout):
                request = httpx.Request("POST", url, headers=headers, content=body, extensions=_extensions(evidence))
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

    def _open(self, url: str) -> httpx.AsyncHTTPTransport:
        plain = urlsplit(url).scheme == "http"
        if self._context is None:
            # Read once: the list of authorities takes longer to load than a request.
            self._context = trust(self._ca_file)
        return httpx.AsyncHTTPTransport(
            verify=self._context,
            trust_env=False,
            http1=True,
            http2=False,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEPT_SECONDS),
            # Plain HTTP is for this machine alone, and the proxy's own loopback is another machine.
            proxy=None if plain or self._proxy is None else httpx.Proxy(self._proxy, ssl_context=self._context),
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


def checked_proxy(proxy: str) -> str:
    """`proxy` as it stands. Raises BadInput when it is no http:// or https:// address, without repeating it."""
    try:
        url = httpx.URL(proxy)
    except httpx.InvalidURL as error:
        raise BadInput("The proxy must be an address such as http://proxy.example:3128.") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise BadInput("The proxy must be an address such as http://proxy.example:3128.")
    return proxy


def _extensions(evidence: Evidence) -> dict[str, Any]:
    # No limits for the single steps: one that is reset by each byte never ends on a slow drip, the deadline does.
    return {"trace": evidence.trace, "timeout": {"connect": None, "read": None, "write": None, "pool": None}}


def _is_connect(info: dict[str, Any]) -> bool:
    return getattr(info.get("request"), "method", None) == b"CONNECT"


async def _close(transport: httpx.AsyncHTTPTransport) -> None:
    # What was sent or received no longer depends on it.
    with contextlib.suppress(Exception):
        await transport.aclose()


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
