"""The sandbox as a process: which address leads where, and how it starts and ends."""

import asyncio
import contextlib
import json
import logging
import re
import secrets
import signal
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import uvloop

from nextpod_core.sandbox import page, record
from nextpod_core.sandbox.api import Api
from nextpod_core.sandbox.callbacks import Callbacks
from nextpod_core.sandbox.parameters import MSISDN
from nextpod_core.sandbox.settings import Settings
from nextpod_core.sandbox.store import Store, StoreBroken
from nextpod_core.sandbox.wire import Answer, Request, Server

log = logging.getLogger(__name__)

HOST = "127.0.0.1"  # and no other: any key is let in here
SHOWN = 50
LONGEST_MO = 1500


class Sandbox:
    """Everything behind the socket."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings, self.store = settings, store
        self.callbacks = Callbacks(settings, store)
        self.api = Api(settings, store, self.callbacks, spent={})
        self._routes: dict[tuple[str, str], Callable[[Request], Awaitable[Answer | None]]] = {
            ("GET", "/"): self._page,
            ("GET", "/sandbox/phones"): self._phones,
            ("GET", "/sandbox/messages"): self._messages,
            ("GET", "/sandbox/counts"): self._counts,
            ("POST", "/sandbox/mo"): self._incoming,
            ("POST", "/sandbox/credit"): self._fill,
        }

    async def start(self) -> None:
        """Remember what was spent; go on telling what an earlier process left."""
        spent = await self.store.read(lambda db: db.execute("SELECT key_hash, spent FROM accounts").fetchall())
        self.api.spent.update({row["key_hash"]: row["spent"] for row in spent})
        self.callbacks.start()

    async def handle(self, request: Request) -> Answer | None:
        """One request to its place."""
        # The document's examples name the whole address in the first line, which every server takes (RFC 9112 3.2.2).
        bare = re.sub(rb"^https?://[^/?]*", b"", request.target, flags=re.IGNORECASE)
        path = bare.partition(b"?")[0].decode("latin-1").rstrip("/") or "/"
        if path in ("/v2/sms", "/v3/sms"):
            return await self.api.send(request)
        if path == "/healthz":
            return _json({"status": "ok"})
        method = "GET" if request.method == "HEAD" else request.method
        route = self._routes.get((method, path))
        if route is None:
            known = any(path == each for _, each in self._routes)
            return Answer(405, "Method Not Allowed") if known else Answer(404, "Not Found")
        if not _is_from_here(request):
            return Answer(403, "Forbidden")
        try:
            return await route(request)
        except StoreBroken as error:
            return _json({"error": str(error)}, code=503, phrase="Service Unavailable")

    async def _view(self, note: str = "") -> page.View:
        now = time.time_ns() // 1_000_000
        facts = await self.store.read(record.facts)
        if self.settings.balance is not None:
            facts["balance"] = self.settings.balance - max(self.api.spent.values(), default=0)
        texts = await self.store.read(partial(record.on_the_phones, now=now, limit=SHOWN))
        return page.View(facts, texts, note)

    async def _page(self, request: Request) -> Answer:
        nonce = secrets.token_urlsafe(16)
        note = _query(request).get("note", "")
        lang = page.language(request.headers.get("accept-language", ""))
        html = page.whole(await self._view(note), lang, nonce=nonce, short_code=self.settings.short_code)
        policy = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; img-src data:; "
            "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        return _html(html, ("Content-Security-Policy", policy))

    async def _phones(self, request: Request) -> Answer:
        return _html(page.phones(await self._view(), page.language(request.headers.get("accept-language", ""))))

    async def _messages(self, request: Request) -> Answer:
        given = _query(request)
        since, limit = (_whole(given.get(name, ""), usual) for name, usual in (("since", 0), ("limit", 1000)))
        question = partial(record.messages, to=given.get("to", ""), since=since, limit=min(limit, 100_000))
        return _json({"messages": await self.store.read(question)})

    async def _counts(self, request: Request) -> Answer:
        counts = await self.store.read(record.counts)
        balance = self.settings.balance
        left = None if balance is None else {who: balance - spent for who, spent in self.api.spent.items()}
        return _json(counts | {"balance": balance, "balance_left": left})

    async def _fill(self, request: Request) -> Answer:
        """The prepaid accounts are filled up again."""
        self.api.spent.clear()
        await self.store.write(lambda db: db.execute("UPDATE accounts SET spent = 0").rowcount)
        return _json({"balance": self.settings.balance})

    async def _incoming(self, request: Request) -> Answer:
        from_form = "json" not in request.headers.get("content-type", "")
        given = _body(request, form=from_form)
        msisdn, to, text = (given.get(name, "").strip() for name in ("from", "to", "text"))
        good = MSISDN.fullmatch(msisdn) and to.isascii() and to.isdigit() and 3 <= len(to) <= 15
        good = good and 0 < len(text) <= LONGEST_MO
        browser = from_form and "text/html" in request.headers.get("accept", "")
        if not good:
            if browser:
                return _see("/?note=refused")
            return _json({"error": page.WORDS["en"]["refused"]}, code=400, phrase="Bad Request")
        now = time.time_ns() // 1_000_000
        row_id = await self.store.write(partial(record.receive, msisdn=msisdn, to=to, text=text, now=now))
        self.callbacks.expect(now)
        if browser:
            return _see("/?note=sent")
        return _json({"id": str(self.store.born + row_id), "address_known": bool(self.callbacks.mo_url)})


def _is_from_here(request: Request) -> bool:
    """Not from a page of somebody else's that the browser also shows (other Origin, or a name bent to this machine)."""
    named = request.headers.get("host", "")
    origin = request.headers.get("origin", "")
    with contextlib.suppress(ValueError):
        if urlsplit("//" + named).hostname in ("127.0.0.1", "localhost", "::1"):
            return not origin or urlsplit(origin).netloc == named
    return False


def _query(request: Request) -> dict[str, str]:
    query = request.target.partition(b"?")[2].decode("latin-1")
    with contextlib.suppress(ValueError):
        return dict(parse_qsl(query, max_num_fields=20))
    return {}


def _body(request: Request, *, form: bool) -> dict[str, str]:
    try:
        text = request.body.decode()
        found = dict(parse_qsl(text, max_num_fields=20, errors="strict")) if form else json.loads(text)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return {}
    return {name: str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _whole(text: str, usual: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else usual


def _json(found: dict[str, Any], *, code: int = 200, phrase: str = "OK") -> Answer:
    return Answer(code, phrase, json.dumps(found, ensure_ascii=False).encode())


def _html(html: str, *headers: tuple[str, str]) -> Answer:
    more = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"), *headers)
    return Answer(200, "OK", html.encode(), "text/html; charset=utf-8", more)


def _see(place: str) -> Answer:
    return Answer(303, "See Other", headers=(("Location", place),))


def listen(port: int) -> socket.socket:
    """A socket bound to this machine. Raises OSError when the port is taken."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((HOST, port))
    except OSError:
        sock.close()
        raise
    return sock


def serve(settings: Settings, sock: socket.socket, stop: threading.Event | None = None) -> None:
    """Serve until SIGTERM, Ctrl-C, or `stop`. What is not yet told waits in the file for the next start."""
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(_serve(settings, sock, stop))


async def _serve(settings: Settings, sock: socket.socket, stop: threading.Event | None) -> None:
    ended = asyncio.Event()
    if threading.current_thread() is threading.main_thread():
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, ended.set)
    store = Store(settings.database, now=time.time_ns() // 1_000_000)
    sandbox = Sandbox(settings, store)
    server = Server(sandbox.handle)
    try:
        await sandbox.start()
        await server.start(sock)
        log.info("Sandbox on http://%s:%d: nothing leaves this machine", *sock.getsockname())
        while not ended.is_set() and not (stop is not None and stop.is_set()):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.1 if stop is not None else None):
                    await ended.wait()
    finally:
        await server.stop()
        await sandbox.callbacks.stop()
        store.close()
