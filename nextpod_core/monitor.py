"""
What a monitor asks the dispatcher: a small listener in a thread of its own, with its own loop and connection.

Sending never waits for it: a port that is taken, a caller that is slow and a database that is busy cost it alone.
"""

import asyncio
import contextlib
import hmac
import logging
import os
import socket
import threading
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, get_args

import uvicorn

from nextpod_core import metrics, store
from nextpod_core.db import Error
from nextpod_core.errors import WrongStore
from nextpod_core.impatient import Impatient
from nextpod_core.metrics import Figure
from nextpod_core.settings import Settings, is_loopback
from nextpod_core.settlement import Kind, Outcome

log = logging.getLogger("nextpod.monitor")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MINUTE = 60_000
PATIENT_MS = 2_000  # for another writer; then the monitor may come again
MOST_CALLERS = 8
LAST_SECONDS = 2.0
KINDS: tuple[Kind, ...] = get_args(Kind)
# An answer of Nextpod's own, whatever it said; after the others nobody knows whether it is there.
ANSWERS = frozenset({"accepted", "rejected", "not_allowed", "credit", "blocked", "fault"})


@dataclass(slots=True)
class Sent:
    """What a dispatcher has done since it started: requests and messages by what came of them, and the last one."""

    requests: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    messages: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    last: Kind | None = None
    last_at: int = 0
    _taken: deque[tuple[int, int]] = field(default_factory=deque)

    def note(self, outcome: Outcome, messages: int, *, now: int) -> None:
        """A request of so many messages is over."""
        self.requests[outcome.kind] += 1
        self.messages[outcome.kind] += messages
        self.last, self.last_at = outcome.kind, now
        if outcome.kind == "accepted":
            self._taken.append((now, messages))
        while self._taken and self._taken[0][0] <= now - MINUTE:
            self._taken.popleft()

    def last_minute(self, *, now: int) -> int:
        """How many messages Nextpod accepted in the last minute."""
        # A copy first: another thread may be noting.
        return sum(messages for at, messages in tuple(self._taken) if at > now - MINUTE)


def figures(sent: Sent, *, under_way: int, messages: int, allowed: int, unwritten: int, now: int) -> list[Figure]:
    """What only the dispatcher knows: what is out now, how fast it goes, and whether it is answered."""
    found: list[Figure] = [
        ("dispatcher_requests_under_way", "gauge", "Requests that have left and are not answered.", [("", under_way)]),
        ("dispatcher_messages_under_way", "gauge", "Messages in those requests.", [("", messages)]),
        ("dispatcher_requests_allowed", "gauge", "Requests that may be out at once now: one after anything but an "
         "acceptance, then doubled.", [("", allowed)]),
        ("dispatcher_requests_unwritten", "gauge", "Requests that are over and not written down yet.",
         [("", unwritten)]),
        ("dispatcher_accepted_last_minute", "gauge", "Messages that Nextpod accepted in the last minute: the pace.",
         [("", sent.last_minute(now=now))]),
        ("dispatcher_requests_total", "counter", "Requests since the dispatcher started, by what came of them.",
         [(f'outcome="{kind}"', many) for kind, many in sent.requests.items()]),
        ("dispatcher_messages_total", "counter", "Messages in those requests.",
         [(f'outcome="{kind}"', many) for kind, many in sent.messages.items()]),
    ]  # fmt: skip
    if sent.last is not None:
        found += [
            ("dispatcher_answering", "gauge", "1 if the last request got an answer of Nextpod's own; 0 if no "
             "connection was made, none came, or something else answered.", [("", float(sent.last in ANSWERS))]),
            ("dispatcher_last_outcome", "gauge", "1 for what came of the last request.",
             [(f'outcome="{sent.last}"', 1)]),
            ("dispatcher_last_outcome_age_seconds", "gauge", "How long ago that was.",
             [("", (now - sent.last_at) / 1000)]),
        ]  # fmt: skip
    return found


def may_read(settings: Settings, scope: Scope) -> bool:
    """Whoever shows the token; without one set, callers on this machine that no proxy sent."""
    headers = dict(scope["headers"])
    if token := settings.metrics_token:
        return hmac.compare_digest(headers.get(b"authorization", b""), b"Bearer " + token.encode())
    peer = scope["client"][0] if scope.get("client") else ""
    return is_loopback(peer) and b"x-forwarded-for" not in headers


class Monitor:
    """The thread. `own` tells what the dispatcher knows by itself, and is asked from this thread."""

    def __init__(self, settings: Settings, own: Callable[[], list[Figure]], clock: Callable[[], int]) -> None:
        self.settings, self.own, self.clock = settings, own, clock
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=self._run, name="monitor", daemon=True)

    def start(self) -> None:
        """Begin to listen, unless the settings say nowhere. Raises nothing: what keeps it from it is logged."""
        if self.settings.dispatch_metrics_port:
            self._thread.start()

    def stop(self) -> None:
        """End; a caller under way gets two seconds."""
        if self._server is not None:
            self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(LAST_SECONDS)

    def _run(self) -> None:
        address, port = self.settings.dispatch_metrics_address, self.settings.dispatch_metrics_port
        try:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            listener = socket.create_server((address, port), family=family, backlog=16)
        except (OSError, OverflowError) as error:
            code = getattr(error, "errno", None)
            why = os.strerror(code) if code and code > 0 else error
            log.warning("no metrics of the dispatcher: %s:%d can't be listened on (%s). Sending goes on",
                        address, port, why)  # fmt: skip
            return
        try:
            with listener:
                log.info("metrics on %s:%d", address, port)
                asyncio.run(self._serve(listener))
        except Exception:
            log.exception("no metrics of the dispatcher any more. Sending goes on")

    async def _serve(self, listener: socket.socket) -> None:
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._answer, interface="asgi3", http=Impatient, ws="none", lifespan="off", access_log=False,
                log_config=None, proxy_headers=False, server_header=False, date_header=False,
                limit_concurrency=MOST_CALLERS, timeout_graceful_shutdown=1,
            )
        )  # fmt: skip
        await self._server.serve(sockets=[listener])

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        status, body = 404, b"not found"
        if scope["method"] in ("GET", "HEAD"):
            if scope["path"] == "/livez":
                status, body = 200, b"live"
            elif scope["path"] == "/metrics" and may_read(self.settings, scope):
                # In this loop, not in a thread of its own: two callers are served one after the other.
                status, body = self._rendered()
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _rendered(self) -> tuple[int, bytes]:
        try:
            with contextlib.closing(store.open(self.settings, busy_ms=PATIENT_MS)) as db:
                return 200, metrics.render(db, self.settings, self.own(), now=self.clock()).encode()
        except (WrongStore, OSError, *Error) as error:
            log.warning("the metrics could not be told: %s", error)
            return 503, b"try again"
