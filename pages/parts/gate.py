"""What stands before every request to the dashboard: whose address it asked for, who asks, what a browser may do."""

import base64
import hashlib
import ipaddress
import re
from pathlib import Path
from urllib.parse import urlsplit

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.parts import words


def _inline_scripts() -> str:
    # What Streamlit's own page carries inside it, by its hashes: anything else written into the page does not run.
    shell = Path(streamlit.__file__).with_name("static").joinpath("index.html").read_text(encoding="utf-8")
    digests = (
        hashlib.sha256(text.encode()).digest() for text in re.findall(r"<script>(.*?)</script>", shell, re.DOTALL)
    )
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


# Streamlit writes style elements as it draws (emotion), and compiles WebAssembly and expressions of charts.
POLICY = "; ".join(
    (
        "default-src 'self'",
        f"script-src 'self' 'unsafe-eval' {_inline_scripts()}",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' blob:",
        "worker-src 'self' blob:",
        "connect-src 'self'",
        "frame-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
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


class Gate:
    """Pure ASGI, because Starlette's BaseHTTPMiddleware does not see websockets.

    There is no sign-in on a loopback address, so a page of another site must not get at the desk through the visitor's
    own browser: a name that was made to point at 127.0.0.1 (DNS rebinding) is refused by its Host, a websocket opened
    by another site by its Origin.
    """

    def __init__(self, app: ASGIApp, *, loopback_only: bool = True) -> None:
        self.app, self.loopback_only = app, loopback_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if why := self.refusal(scope):
            await _refuse(scope, receive, send, why)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await self.app(scope, receive, with_headers)

    def refusal(self, scope: Scope) -> str | None:
        """Why this request gets no further; None when it may."""
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if self.loopback_only and not is_loopback(host):
            return "This desk answers on its own machine only: open it as http://localhost or http://127.0.0.1."
        asks = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")
        if origin and asks and urlsplit(origin).netloc.lower() != host.lower():
            return "Another site tried to use this desk."
        return None


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


async def _refuse(scope: Scope, receive: Receive, send: Send, why: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        # Closed before it was accepted: the server answers the handshake with 403.
        await send({"type": "websocket.close", "code": 1008, "reason": why})
        return
    await PlainTextResponse(why, status_code=403, headers=HEADERS)(scope, receive, send)
