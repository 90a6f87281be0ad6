"""What stands before every request to the dashboard: who asks, from which site, and what a browser may do."""

import base64
import contextlib
import hashlib
import ipaddress
import re
import time
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlsplit

import anyio.to_thread
from google.protobuf.message import DecodeError
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from nextpod_core import accounts, errors, sessions, store
from nextpod_core import db as driver
from nextpod_core.sessions import Session
from nextpod_core.settings import Settings
from pages.parts import shell, words


def _inline_scripts() -> str:
    # What the page carries inside it, by its hashes: anything else written into the page does not run.
    page = shell.dressed("en")
    digests = (hashlib.sha256(text).digest() for text in re.findall(rb"<script>(.*?)</script>", page, re.DOTALL))
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


# As tight as every page of the desk still runs with, tried in a browser: Streamlit writes style elements as it draws
# (emotion), and its tables bring a font and pictures along in their own text. Nothing evaluates text as code.
POLICY = "; ".join(
    (
        "default-src 'none'",
        f"script-src 'self' {_inline_scripts()}",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
# The pages before the desk are plain: no script at all.
DOOR_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_YEAR = 365 * 24 * 3600


COOKIE = "nextpod_session"
# What a browser needs before it knows who sits there, and what carries nothing of anybody's: the doors, their fonts,
# Streamlit's own program. `/_stcore/health` tells a monitor, and a tab that lost its line, that the server lives.
OPEN = frozenset(
    {"/login", "/login/code", "/logout", "/oidc/start", "/oidc/back", "/language", "/_stcore/health", "/favicon.png"}
)
OPEN_UNDER = ("/invite/", "/assets/", "/static/")
# Streamlit's way for programs to drive a page. Off by its own setting; whoever switches that on gets nothing here.
SHUT_UNDER = ("/_stcore/agent",)
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands before the gate: signed in, let in because nobody has to sign in, nobody, or no store."""

    kind: Literal["session", "waived", "nobody", "closed"]
    session: Session | None = None
    why: str = ""


class Gate:
    """Pure ASGI, because Starlette's BaseHTTPMiddleware does not see websockets.

    Who asks is read from the signed cookie alone, never from a header, and the session behind it is looked up at every
    request and at every message of a websocket: who is signed out, removed or has waited too long gets no further.

    While nobody has to sign in, a page of another site must not get at the desk through the visitor's own browser: a
    name that was made to point at 127.0.0.1 (DNS rebinding) is refused by its Host, a websocket opened by another
    site by its Origin, and whatever came through a proxy by its headers.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self.app, self.settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if why := from_elsewhere(scope):
            await _refuse(scope, receive, send, why)
            return
        if scope["path"].startswith(SHUT_UNDER):
            await _refuse(scope, receive, send, "There is nothing here.", 404)
            return
        if scope["path"] not in OPEN and not scope["path"].startswith(OPEN_UNDER):
            standing = await anyio.to_thread.run_sync(self.standing, cookie_of(scope))
            if why := self.refusal(scope, standing):
                await _refuse(scope, receive, send, why, 503 if standing.kind == "closed" else 403)
                return
            if standing.kind == "nobody":
                await _to_the_door(scope, receive, send)
                return
            if scope["type"] == "websocket":
                receive = self.watched(scope, receive, send)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                at_the_door = scope["path"].startswith(("/login", "/logout", "/invite/", "/oidc/"))
                for name, value in HEADERS.items():
                    headers[name] = DOOR_POLICY if at_the_door and name == "content-security-policy" else value
            await send(message)

        scope, send_page = shell.dressing(scope, with_headers)
        await self.app(scope, receive, send_page)

    def standing(self, cookie: str, works: bool = False) -> Standing:
        """How the holder of this cookie stands at this moment. `works` says that a person has just done something."""
        now = time.time_ns() // 1_000_000
        try:
            with contextlib.closing(store.open(self.settings, busy_ms=500)) as db:
                if accounts.is_waived(db, self.settings):
                    return Standing("waived")
                session = sessions.find(db, cookie, now=now)
                if session is None:
                    return Standing("nobody")
                if works:
                    with contextlib.suppress(*driver.Error):  # Busy: the next click says it again.
                        sessions.touch(db, session, now=now)
                return Standing("session", session)
        except errors.Said as error:
            return Standing("closed", why=str(error))
        except (*driver.Error, OSError):
            return Standing("closed", why="The database can't be read just now. Try again in a moment.")

    def watched(self, scope: Scope, receive: Receive, send: Send) -> Receive:
        """What comes over a websocket, for as long as its session lives.

        Once it does not, one message more is let through, so that the script sends the browser to the sign-in page
        (it asks for the session itself before it draws or does anything); the next one ends the line.
        """
        cookie, told = cookie_of(scope), False

        async def next_message() -> Message:
            nonlocal told
            message = await receive()
            if message["type"] == "websocket.receive":
                if (told_us := read_message(message.get("bytes"))) is None:  # Streamlit would log it with a traceback.
                    await send({"type": "websocket.close", "code": 1003, "reason": "Not understood."})
                    return {"type": "websocket.disconnect", "code": 1003}
                standing = await anyio.to_thread.run_sync(self.standing, cookie, is_a_persons(told_us))
                if standing.kind == "nobody":
                    if told:
                        await send({"type": "websocket.close", "code": 1008, "reason": "Signed out."})
                        return {"type": "websocket.disconnect", "code": 1008}
                    told = True
            return message

        return next_message

    def refusal(self, scope: Scope, standing: Standing) -> str | None:
        """Why this request gets no further; None when it may, or has to go to the door."""
        headers = Headers(scope=scope)
        if standing.kind == "closed":
            return standing.why
        if standing.kind != "waived":
            return None
        if not is_loopback(headers.get("host", "")):
            return "This desk answers on its own machine only: open it as http://localhost or http://127.0.0.1."
        if any(name in headers for name in FORWARDED):
            return (
                "Nobody has to sign in at this desk yet, so it is not for others. On its own machine, run: "
                "python -m nextpod_core people add you@example.com --role admin"
            )
        return None


def from_elsewhere(scope: Scope) -> str | None:
    """Why a request that another site's page makes is refused; None for what is none."""
    headers = Headers(scope=scope)
    origin, asks = headers.get("origin"), scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")
    if origin and asks and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
        return "Another site tried to use this desk."
    return None


def cookie_of(scope: Scope, name: str = COOKIE) -> str:
    """The cookie `name` that a request came with, read as Streamlit reads it; empty when there is none."""
    return cookie_parser(Headers(scope=scope).get("cookie", "")).get(name, "")


def read_message(body: bytes | None) -> BackMsg | None:
    """A message of Streamlit's client; None for what is none."""
    try:
        return None if body is None else BackMsg.FromString(body)
    except DecodeError:
        return None


def is_a_persons(told: BackMsg) -> bool:
    """Whether a message of Streamlit's client comes of something a person did, and not of a fragment's timer."""
    return told.WhichOneof("type") == "rerun_script" and not told.rerun_script.is_auto_rerun


async def language(request: Request) -> RedirectResponse:
    """`/language?to=nb&next=/compose`: keep the choice for a year and go back to the page it was made on."""
    answer = RedirectResponse(inside(request.query_params.get("next", "/")), status_code=303)
    chosen = request.query_params.get("to", "")
    if chosen in words.LANGUAGES:
        answer.set_cookie(words.COOKIE, chosen, max_age=_YEAR, httponly=True, samesite="lax",
                          secure=request.url.scheme == "https")  # fmt: skip
    return answer


def inside(next_: str) -> str:
    """`next_` when it stays on this site, else the first page. Browsers read a backslash as a slash.

    >>> inside("/compose?draft=3"), inside("//evil.example"), inside("/\\\\evil.example"), inside("https://evil.example")
    ('/compose?draft=3', '/', '/', '/')
    """
    strange = any(sign <= " " or sign == "\\" or sign == "\x7f" for sign in next_)
    return next_ if next_.startswith("/") and not next_.startswith("//") and not strange else "/"


def is_loopback(host: str) -> bool:
    """Whether a Host header, with or without a port, names this machine.

    >>> [is_loopback(host) for host in ("localhost:8501", "127.0.0.1", "[::1]:8501", "evil.example", "")]
    [True, True, True, False, False]
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


async def _to_the_door(scope: Scope, receive: Receive, send: Send) -> None:
    asks_for_a_page = scope["type"] == "http" and scope["method"] == "GET" and "text/html" in Headers(
        scope=scope).get("accept", "")  # fmt: skip
    if not asks_for_a_page:
        await _refuse(scope, receive, send, "Sign in first.", 401)
        return
    query = scope["query_string"].decode("latin-1")
    here = inside(scope["path"] + ("?" + query if query else ""))
    to = "/login" if here == "/" else "/login?next=" + quote(here, safe="")
    await RedirectResponse(to, status_code=303, headers={**HEADERS, "cache-control": "no-store"})(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send, why: str, status: int = 403) -> None:
    if scope["type"] == "websocket":
        await receive()
        # Closed before it was accepted: the server answers the handshake with 403.
        await send({"type": "websocket.close", "code": 1008, "reason": why[:100]})
        return
    await PlainTextResponse(why, status_code=status, headers=HEADERS)(scope, receive, send)
