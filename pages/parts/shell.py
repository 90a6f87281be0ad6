"""The page that Streamlit's client starts in, with what no setting of Streamlit's says: its language, our name, a few
rules of style (`assets/desk.css`) and pressing (`assets/press.js`), where its server is, and what to fetch at once."""

import functools
import re
from pathlib import Path

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import Message, Scope, Send

from pages.parts import preloads, words

SHELL = Path(streamlit.__file__).with_name("static").joinpath("index.html").read_bytes()
# Where the client finds its server. Not told, it tries two addresses, and asks each whether it is one, before it opens
# its line: 100-150 ms of every opening. Who may speak to the page from a frame around it: its own server alone.
STARTS = """
      window.prerenderReady = false
      window.__streamlit = {
        BACKEND_BASE_URL: location.origin,
        HOST_CONFIG: {allowedOrigins: [location.origin], useExternalAuthToken: false,
                      enableCustomParentMessages: false, blockErrorDialogs: false}
      }
    """
_FONT = b'<link rel="preload" href="/assets/%s" as="font" type="font/woff2" crossorigin>'
_FONTS = (b"inter-latin-wght-normal.woff2", b"schibsted-grotesk-latin-wght-normal.woff2")
_ITS_OWN_FONT = re.compile(rb'<link\s+rel="preload"[^>]*SourceSans[^>]*>')
_CHANGES = (
    (b'<html lang="en">', b'<html lang="%s">'),
    (b"<title>Streamlit</title>", b"<title>Nextpod desk</title>"),
    (b'href="./favicon.png"', b'href="./assets/icon.png"'),
    (b"\n      window.prerenderReady = false\n    ", STARTS.encode()),
    (
        b"</head>",
        b'<link rel="stylesheet" href="/assets/desk.css"><script src="/assets/press.js" defer></script></head>',
    ),
)
# What makes an answer another one than the whole page as it stands.
_LEFT_OUT = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")


@functools.cache
def dressed(language: str, page: str = "") -> bytes:
    """The page in this language, for the page of the desk at this address, such as "inbox"."""
    html = _ITS_OWN_FONT.sub(b"".join(_FONT % name for name in _FONTS), SHELL, count=1)
    for old, new in _CHANGES:
        html = html.replace(old, new.replace(b"%s", language.encode()), 1)
    return html.replace(b"</head>", preloads.links(page, SHELL) + b"</head>", 1)


def language_of(scope: Scope) -> words.Language:
    """The language that was chosen in this browser, else the one it asks for."""
    headers = Headers(scope=scope)
    chosen = cookie_parser(headers.get("cookie", "")).get(words.COOKIE, "")
    return chosen if chosen in words.LANGUAGES else words.best(headers.get("accept-language", "en"))  # type: ignore[return-value]


def dressing(scope: Scope, send: Send) -> tuple[Scope, Send]:
    """The request and what sends its answer, such that Streamlit's own page leaves as ours; all else as it is."""
    if scope["type"] != "http" or scope["method"] != "GET" or "text/html" not in Headers(scope=scope).get("accept", ""):
        return scope, send
    plain = dict(scope, headers=[pair for pair in scope["headers"] if pair[0].lower() not in _LEFT_OUT])
    start: Message | None = None
    body = b""

    async def sending(message: Message) -> None:
        nonlocal start, body
        if message["type"] == "http.response.start":
            headers = Headers(raw=message["headers"])
            if headers.get("content-length") == str(len(SHELL)) and headers.get("content-type", "")[:9] == "text/html":
                start = message
                return
        if start is None or message["type"] != "http.response.body":
            await send(message)
            return
        body += message.get("body", b"")
        if message.get("more_body"):
            return
        if body == SHELL:
            page = scope["path"].strip("/")
            body = dressed(language_of(scope), page if page in preloads.BY_PAGE else "")
            headers = MutableHeaders(raw=start["headers"])
            headers["content-length"] = str(len(body))
            headers["vary"] = "cookie, accept-language"
            del headers["etag"], headers["last-modified"], headers["accept-ranges"]
            start["headers"] = headers.raw
        await send(start)
        await send({"type": "http.response.body", "body": body})

    return plain, sending
