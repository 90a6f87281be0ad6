"""How the desk's own listeners hear a request: uvicorn's protocol, which cuts off who is slow or endless."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

PATIENCE = 10.0  # seconds for a whole request, head and body
LARGEST_HEAD = 32_768
# The very bytes that uvicorn makes of a short 200. It writes them in two, which costs the kernel and the caller twice.
TAKEN_WHOLE = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 2\r\n\r\nOK"
CONNECTION = "nextpod.connection"  # in the scope: the Impatient that a request came over


class Impatient(HttpToolsProtocol):
    """uvicorn's protocol, which waits for ever: this one cuts off who is slow or sends an endless head."""

    _timer: asyncio.TimerHandle | None = None
    _begun = _in_head = _no_more = False
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._timer = self.loop.call_later(PATIENCE, self._cut_off)

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun = self._in_head = True
        self._head = 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        self.scope[CONNECTION] = self  # type: ignore[literal-required]
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._begun = False
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._begun:
            self._rest()
            return
        if self._in_head:
            self._head += len(data)
            if self._head > LARGEST_HEAD:
                self._cut_off()
                return
        if self._timer is None:
            self._timer = self.loop.call_later(PATIENCE, self._cut_off)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Somebody who says that there is no more may still wait for the answer: the connection stays until then."""
        self._no_more = not self._begun and self.cycle is not None and not self.cycle.response_complete
        return self._no_more

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._no_more and self.cycle.response_complete and not self.transport.is_closing():
            self.transport.close()

    def say_taken(self, scope: MutableMapping[str, Any]) -> bool:
        """Answer this request 200 in one write; False where anything is out of the common, then ASGI's way is taken:
        another request came behind it, the caller left or is slow, the connection is to be closed after it."""
        cycle = self.cycle
        if (
            cycle.scope is not scope
            or cycle.response_started
            or cycle.more_body
            or cycle.disconnected
            or not cycle.keep_alive
            or self.flow.write_paused
            or self.transport.is_closing()
        ):
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        cycle.message_event.set()
        self.transport.write(TAKEN_WHOLE)
        cycle.on_response()
        return True

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _cut_off(self) -> None:
        self._rest()
        if not self.transport.is_closing():
            self.transport.close()
