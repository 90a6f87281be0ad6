"""
The ingester: the process that Nextpod's delivery reports and incoming messages come to.

A bare ASGI function under uvicorn. It answers 200 only when what came is on the disk (`intake.Writer`), so whatever
was answered 200 survives any crash. No path is ever logged: the token stands in it.
"""

import asyncio
import contextlib
import functools
import gc
import ipaddress
import json
import logging
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import uvicorn
import uvloop

from nextpod_core import metrics, monitor, quarantine, store
from nextpod_core.bodies import LARGEST
from nextpod_core.errors import WrongSettings
from nextpod_core.forwarding import Forwarder
from nextpod_core.impatient import CONNECTION, Impatient
from nextpod_core.intake import Writer
from nextpod_core.settings import Settings
from nextpod_core.tokens import Tokens

log = logging.getLogger("nextpod.ingester")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Reply = tuple[int, bytes]

PATIENT_MS = 4_000  # for another writer; then the gateway is told to come again
METHODS = {"dlr": ("POST",), "mo": ("POST", "GET")}
PLAIN = [(b"content-type", b"text/plain; charset=utf-8")]
CLOSE = [*PLAIN, (b"connection", b"close")]
# What nearly everybody is answered, made once.
TAKEN: Reply = (200, b"OK")
TAKEN_HEAD = {"type": "http.response.start", "status": 200, "headers": [*PLAIN, (b"content-length", b"2")]}
TAKEN_BODY = {"type": "http.response.body", "body": b"OK"}


class Receiver:
    """The ASGI application: who may call, what is too much, and who has to try again."""

    def __init__(self, settings: Settings, tokens: Tokens, writer: Writer) -> None:
        self.settings, self.tokens, self.writer = settings, tokens, writer
        self._allowed = [ipaddress.ip_network(part) for part in settings.webhook_addresses]
        self._may_call = functools.lru_cache(maxsize=1024)(self._is_allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        try:
            reply = await self._answer(scope, receive)
        except Exception:
            # Nobody was told that it arrived, so the gateway will bring it again.
            log.exception("a request could not be taken")
            reply = 503, b"try again"
        if reply is None:
            return
        if reply is TAKEN:
            connection: Impatient | None = scope.get(CONNECTION)
            if connection is not None and connection.say_taken(scope):
                return
            await send(TAKEN_HEAD)
            await send(TAKEN_BODY)
            return
        status, body = reply
        headers = [*(PLAIN if status != 413 else CLOSE), (b"content-length", str(len(body)).encode())]
        if status == 405:
            headers.append((b"allow", b"GET, POST"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _answer(self, scope: Scope, receive: Receive) -> Reply | None:
        method: str = scope["method"]
        parts: list[str] = scope["path"].removesuffix("/").split("/")
        if len(parts) != 3 or parts[1] not in METHODS:
            return await self._about_itself(scope, method, parts)
        if not self.tokens.is_good(parts[2]):
            self.writer.told["wrong_token"] += 1
            return 404, b"not found"
        source = self._source(scope)
        if not self._may_call(source):
            self.writer.told["wrong_address"] += 1
            return 403, b"forbidden"
        if method not in METHODS[parts[1]]:
            return 405, b"method not allowed"
        content_type, stated = "", 0
        for name, value in scope["headers"]:
            if name == b"content-type":
                content_type = value.decode("latin-1")
            elif name == b"content-length":
                stated = int(value) if value.isdigit() and len(value) < 19 else LARGEST + 1
        query: bytes = scope["query_string"]
        if stated > LARGEST or len(query) > LARGEST:
            return 413, b"too large"
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > LARGEST:
                return 413, b"too large"
            more = message.get("more_body", False)
        kind: quarantine.Kind = "dlr" if parts[1] == "dlr" else "mo"
        event = quarantine.read(
            kind, body=body, query=query, content_type=content_type, arrived=_now(), source=source,
            zone=self.settings.mo_zone,
        )  # fmt: skip
        committed = self.writer.put(event)
        if committed is None or not await committed:
            return 503, b"try again"
        return TAKEN

    async def _about_itself(self, scope: Scope, method: str, parts: list[str]) -> Reply:
        if parts == ["", "healthz"]:
            return self._health() if method in ("GET", "HEAD") else (405, b"method not allowed")
        if parts == ["", "livez"] and method in ("GET", "HEAD"):
            return 200, b"live"
        if parts == ["", "metrics"] and method in ("GET", "HEAD"):
            return await self._metrics(scope)
        return 404, b"not found"

    def _health(self) -> Reply:
        ready = self.writer.is_ready()
        return (200 if ready else 503), json.dumps({"live": True, "ready": ready}).encode()

    async def _metrics(self, scope: Scope) -> Reply:
        """Counts and ages, for whoever shows the token; without one for callers on this machine that no proxy sent."""
        if not monitor.may_read(self.settings, scope):
            return 404, b"not found"
        told = {**self.writer.told, "queue": self.writer.waiting()}
        return 200, await asyncio.to_thread(self._rendered, told)

    def _rendered(self, told: dict[str, int]) -> bytes:
        with contextlib.closing(store.open(self.settings)) as db:
            return metrics.render(db, self.settings, metrics.of_ingester(told), now=_now()).encode()

    def _source(self, scope: Scope) -> str:
        """Who calls: the peer, or what the one trusted proxy says last, which is what that proxy itself saw."""
        peer = scope["client"][0] if scope.get("client") else ""
        if self.settings.trusted_proxy and peer == self.settings.trusted_proxy:
            told = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
            if told:
                return str(told[-1].decode("latin-1").rpartition(",")[2].strip()[:64])
        return str(peer)

    def _is_allowed(self, source: str) -> bool:
        try:
            address = ipaddress.ip_address(source)
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address in network for network in self._allowed)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's own raises the signal once more at the end, and a clean stop would look like a crash.
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        yield

    def _stop(self) -> None:
        self.should_exit = True


def main(settings: Settings) -> int:
    """Receive until SIGTERM or Ctrl-C: those under way are answered, all that has queued is written, then 0.

    Raises WrongStore or WrongSettings with a sentence when it can't begin.
    """
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    look_for_garbage_seldom()
    db = store.open(settings, busy_ms=PATIENT_MS)
    try:
        tokens = Tokens(settings)
        with _listen(settings) as listener, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            log.info("listening on %s:%d", settings.ingest_address, settings.ingest_port)
            runner.run(_serve(settings, tokens, Writer(db, runner.get_loop(), _now), listener))
    finally:
        db.close()
    return 0


def look_for_garbage_seldom() -> None:
    """What was loaded stays for good, and what a request makes is let go of by itself: looking at it every 700 objects
    took a tenth of all processor time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def _serve(settings: Settings, tokens: Tokens, writer: Writer, listener: socket.socket) -> None:
    server = _Server(
        uvicorn.Config(
            Receiver(settings, tokens, writer),
            http=Impatient,
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            proxy_headers=False,  # it would believe a forwarded address from any loopback caller
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=10,
        )
    )
    forwarder = Forwarder(settings, _now)
    writer.start()
    forwarder.start()
    try:
        await server.serve(sockets=[listener])
    finally:
        await asyncio.to_thread(forwarder.stop)
        await asyncio.to_thread(writer.stop)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.ingest_address else socket.AF_INET
    try:
        return socket.create_server((settings.ingest_address, settings.ingest_port), family=family, backlog=2048)
    except OSError as error:
        raise WrongSettings(
            "The ingester can't listen on {address}:{port}: {why}. Is it running already?",
            address=settings.ingest_address, port=settings.ingest_port, why=error.strerror or str(error),
        ) from error  # fmt: skip


def _now() -> int:
    return time.time_ns() // 1_000_000
