"""
A gateway that answers at once or after a latency, as fast as one process can: `python -m bench.gateway SECONDS`.

For those who don't speak this API a GET is a text too; GET /count tells how many texts came.
"""

import asyncio
import json
import sys

import uvloop


class Gateway(asyncio.Protocol):
    """HTTP/1.1 with kept connections; one id for every number, as documented."""

    latency = 0.0
    given = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.data = b""

    def data_received(self, data: bytes) -> None:
        self.data += data
        while True:
            head, found, rest = self.data.partition(b"\r\n\r\n")
            if not found:
                return
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            if len(rest) < length:
                return
            self.data = rest[length:]
            if head.startswith(b"GET "):
                Gateway.given += not head.startswith(b"GET /count")
                self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n%08d" % Gateway.given)
                continue
            answer = self._answer(json.loads(rest[:length])["to"].split(","))
            if self.latency:
                asyncio.get_running_loop().call_later(self.latency, self.transport.write, answer)
            else:
                self.transport.write(answer)

    def _answer(self, to: list[str]) -> bytes:
        entries = []
        for number in to:
            Gateway.given += 1
            identity = f"{Gateway.given:08x}-0000-4000-8000-{int(number):012d}"
            entries.append({"id": identity, "from": "x", "to": number, "msg_length": "6", "msg_parts": "1",
                            "reference": ""})  # fmt: skip
        body = json.dumps(entries[0] if len(entries) == 1 else {"recipients": len(entries), "sms": entries}).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


async def serve(latency: float) -> None:
    """Until killed. Prints the port first."""
    Gateway.latency = latency
    server = await asyncio.get_running_loop().create_server(Gateway, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(float(sys.argv[1])))
