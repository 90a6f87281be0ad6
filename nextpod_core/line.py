"""
One connection to a gateway, and the answer that comes on it: the bytes below `wire.py`.

A line carries one request at a time. What arrives when nothing was asked makes it unusable; nothing is read ahead,
tried again or made up here.
"""

import asyncio
import select
import ssl
import zlib
from typing import Any, cast

import httptools

MOST_BYTES_OF_HEAD = 65_536


class Broken(OSError):
    """The connection ended, or what came on it is not HTTP, before the answer was whole."""


class Answer:
    """What comes back for one request. `whole` is done when all has come, or raises Broken (`code` may be there)."""

    def __init__(self, *, most: int, most_otherwise: int, head_only: bool = False) -> None:
        self.whole: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # Nobody may be waiting any more when it fails.
        self.whole.add_done_callback(lambda done: done.cancelled() or done.exception())
        self.code: int | None = None
        self.phrase = b""
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.may_keep = False
        self._most, self._most_otherwise, self._head_only = most, most_otherwise, head_only
        self._parser = httptools.HttpResponseParser(self)
        self._head = 0
        self._unpack: Any = None

    def feed(self, data: bytes) -> None:
        """Some bytes that arrived."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self.may_keep = False
            self.end(Broken(f"not HTTP: {error or type(error).__name__}"))
        if self.code is None:
            self._head += len(data)
            if self._head > MOST_BYTES_OF_HEAD:
                self.end(Broken(f"a head of more than {MOST_BYTES_OF_HEAD} bytes"))

    def end(self, error: Exception | None = None) -> None:
        """No more will come. An answer that told no length ends with its connection, if that ended well."""
        if self.whole.done():
            return
        lengthless = self.code is not None and not {"content-length", "transfer-encoding"} & self.headers.keys()
        if error is None and lengthless:
            self.whole.set_result(None)
        else:
            self.whole.set_exception(error or Broken("the connection was closed"))

    # -- what the parser calls

    def on_message_begin(self) -> None:
        if self.whole.done():
            self.may_keep = False  # More than was asked for: the next request's answer would be mistaken.
        else:
            self.phrase, self.headers = b"", {}

    def on_status(self, phrase: bytes) -> None:
        if not self.whole.done():
            self.phrase += phrase

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.whole.done():
            self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        code = self._parser.get_status_code()
        if self.whole.done() or (100 <= code < 200 and code != 101):
            return  # Only an announcement: the answer is yet to come.
        self.code = code
        if self.headers.get("content-encoding", "").lower() in ("gzip", "x-gzip", "deflate"):
            self._unpack = zlib.decompressobj(
                wbits=47
            )  # It was asked for plain; that it isn't is no reason to lose it.
        if self._head_only:
            self.whole.set_result(None)

    def on_body(self, data: bytes) -> None:
        if self.whole.done():
            return
        most = self._most if self.code == 200 else self._most_otherwise
        try:
            self.body += self._unpack.decompress(data, most) if self._unpack else data
        except zlib.error as error:
            self.end(Broken(f"what is packed can't be unpacked: {error}"))
            return
        if len(self.body) > most or (self._unpack and self._unpack.unconsumed_tail):
            self.end(Broken(f"an answer of more than {most} bytes"))

    def on_message_complete(self) -> None:
        if self.code is not None and not self.whole.done():
            self.may_keep = self._parser.should_keep_alive()
            self.whole.set_result(None)


class Line(asyncio.Protocol):
    """A connection, TCP or TLS."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: Answer | None = None
        self._lost = False

    def ask(self, request: bytes, *, most: int, most_otherwise: int) -> Answer:
        """Write a request; its answer is on its way. From here on the request may have left."""
        self._answer = Answer(most=most, most_otherwise=most_otherwise)
        assert self._transport is not None
        self._transport.write(request)
        return self._answer

    async def tunnel(self, request: bytes) -> None:
        """Ask a proxy for a way through (CONNECT). Raises Broken when it makes none."""
        self._answer = Answer(most=0, most_otherwise=0, head_only=True)
        self.check()
        assert self._transport is not None
        self._transport.write(request)
        await self._answer.whole
        code = self._answer.code
        if code is None or not 200 <= code < 300:
            phrase = self._answer.phrase.decode("latin-1")
            raise Broken(f"the proxy answered {code} {phrase}")
        self._answer = None

    async def secure(self, context: ssl.SSLContext, host: str) -> None:
        """TLS from here on, with whoever proves to be `host`."""
        assert self._transport is not None
        loop = asyncio.get_running_loop()
        within = await loop.start_tls(self._transport, self, context, server_hostname=host)
        if within is None:
            raise Broken("the connection was closed")
        self._transport = within

    def is_quiet(self) -> bool:
        """Whether the other side has said nothing since the last answer, not even that it has closed."""
        if self._lost or self._transport is None or self._transport.is_closing():
            return False
        connection = self._transport.get_extra_info("socket")
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        """Let go of it, whatever is under way. What was sent or received no longer depends on it."""
        self._lost = True
        if self._transport is not None:
            self._transport.abort()

    def is_written(self) -> bool:
        """Whether the whole request has left: what is still to come of it would stand before the next one."""
        return self._transport is not None and self._transport.get_write_buffer_size() == 0

    def check(self) -> None:
        """Raises Broken when nothing can be written any more."""
        if self._transport is None or self._lost or self._transport.is_closing():
            raise Broken("the connection was closed")

    # -- what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.whole.done():
            self.close()  # Nobody asked. It must not be taken for the answer to what is asked next.
        else:
            self._answer.feed(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = True
        if self._answer is not None:
            self._answer.end(error)
