"""
Posts bodies over kept connections, each waiting for its answer: `python -m bench.load PORT CONNECTIONS PATH TYPE`.

Bodies come as lines on standard input, all before the first is sent; with GET for a type they are queries. Prints one
JSON object: seconds, and how many answers were 200, 201 or 202.
"""

import asyncio
import json
import sys
import time

import uvloop


class Caller(asyncio.Protocol):
    """One connection."""

    def __init__(self, requests: list[bytes], done: asyncio.Future[None]) -> None:
        self.requests, self.done = requests, done
        self.good = 0
        self.data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._next()

    def _next(self) -> None:
        if self.requests:
            self.transport.write(self.requests.pop())
        else:
            self.transport.close()
            if not self.done.done():
                self.done.set_result(None)

    def data_received(self, data: bytes) -> None:
        self.data += data
        head, found, rest = self.data.partition(b"\r\n\r\n")
        if not found:
            return
        told = head.lower()
        length = int(told.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        whole = rest.endswith(b"0\r\n\r\n") if b"transfer-encoding: chunked" in told else len(rest) >= length
        if whole:
            self.good += head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201", b"HTTP/1.1 202"))
            self.data = b""
            self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def main(port: int, connections: int, path: str, kind: str) -> None:
    """Send everything, then tell."""
    head = f"POST {path} HTTP/1.1\r\nHost: desk\r\nContent-Type: {kind}\r\nContent-Length: "
    lines = sys.stdin.buffer.read().splitlines()
    requests = (
        [f"GET {path}?{line.decode()} HTTP/1.1\r\nHost: desk\r\n\r\n".encode() for line in lines]
        if kind == "GET"
        else [f"{head}{len(line)}\r\n\r\n".encode() + line for line in lines]
    )
    loop = asyncio.get_running_loop()
    callers = []
    began = time.perf_counter()
    for place in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        caller = Caller(requests[place::connections], done)
        await loop.create_connection(lambda caller=caller: caller, "127.0.0.1", port)
        callers.append(caller)
    await asyncio.gather(*(caller.done for caller in callers))
    print(json.dumps({"seconds": time.perf_counter() - began, "good": sum(caller.good for caller in callers)}))


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]))
