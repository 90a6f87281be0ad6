"""The page that Streamlit's client starts in, with what no setting of Streamlit's says: its language, our name, and
a few rules of style (`assets/desk.css`)."""

import functools
from pathlib import Path

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import Message, Scope, Send

from pages.parts import words

SHELL = Path(streamlit.__file__).with_name("static").joinpath("index.html").read_bytes()
_CHANGES = (
    (b'<html lang="en">', b'<html lang="%s">'),
    (b"<title>Streamlit</title>", b"<title>Nextpod desk</title>"),
    (b'href="./favicon.png"', b'href="./assets/icon.png"'),
    (b"</head>", b'<link rel="stylesheet" href="/assets/desk.css"></head>'),
)
# What makes an answer another one than the whole page as it stands.
_LEFT_OUT = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")


@functools.cache
def dressed(language: str) -> bytes:
    """The page in this language."""
    page = SHELL
    for old, new in _CHANGES:
        page = page.replace(old, new.replace(b"%s", language.encode()), 1)
    return page


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
            body = dressed(language_of(scope))
            headers = MutableHeaders(raw=start["headers"])
            headers["content-length"] = str(len(body))
            headers["vary"] = "cookie, accept-language"
            del headers["etag"], headers["last-modified"], headers["accept-ranges"]
            start["headers"] = headers.raw
        await send(start)
        await send({"type": "http.response.body", "body": body})

    return plain, sending
