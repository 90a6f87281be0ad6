"""A small HTTP/1.1 client for telling the ingester: POST, keep-alive, nothing else. Only the status is looked at."""

import asyncio
import ssl
from dataclasses import dataclass, field
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 10.0
MAX_IDLE = 32

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(slots=True)
class Poster:
    """Connections that are kept for the next POST to the same place."""

    idle: dict[tuple[str, str, int], list[Stream]] = field(default_factory=dict)

    async def post(self, url: str, body: bytes, content_type: str) -> int:
        """The status code of the answer. Raises OSError, TimeoutError or ValueError when there is none.

        A kept connection that the other side has closed is replaced by a new one, once: telling twice does no harm.
        """
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        place = (parts.scheme, host, port)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        name = f"[{host}]" if ":" in host else host
        request = (
            f"POST {target} HTTP/1.1\r\nHost: {name}:{port}\r\nUser-Agent: Nextpod-sandbox\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode("ascii") + body
        async with asyncio.timeout(TIMEOUT_SECONDS):
            kept = self.idle.get(place)
            if kept:
                stream = kept.pop()
                try:
                    return await self._exchange(place, stream, request)
                except (OSError, EOFError):
                    pass
            context = ssl.create_default_context() if parts.scheme == "https" else None
            return await self._exchange(place, await asyncio.open_connection(host, port, ssl=context), request)

    async def _exchange(self, place: tuple[str, str, int], stream: Stream, request: bytes) -> int:
        reader, writer = stream
        keep = False
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
            version, code, *_ = head[0].split(" ")
            headers = dict(line.split(":", 1) for line in head[1:] if ":" in line)
            length = headers.get("content-length", "").strip()
            if length.isdigit():
                await reader.readexactly(int(length))
                keep = version == "http/1.1" and "close" not in headers.get("connection", "")
            return int(code)
        finally:
            kept = self.idle.setdefault(place, [])
            if keep and len(kept) < MAX_IDLE:
                kept.append(stream)
            else:
                writer.close()

    def close(self) -> None:
        """Close what is kept."""
        for kept in self.idle.values():
            for _, writer in kept:
                writer.close()
        self.idle.clear()
