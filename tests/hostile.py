"""
Hostile requests to a real ingester, thousands of them, while honest callers go on and idle ones hold connections.

Used by the ingester's tests (short) and by `bench/hostile.py` (long). What was answered 200 must be in the store.
"""

import asyncio
import gzip
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.receiving import dlr, mo

MARK = re.compile(rb"hostile-\d+\.")
ODD: list[Any] = [
    None, True, 0, -1, 1.5, 10**400, "", " ", "\x00", "\ud800", "‮", "a" * 5_000, [], {}, [[]], {"a": {"b": []}},
    "0000-00-00T00:00:00Z", "9999-12-31T23:59:60Z", "2026-02-30", "-9223372036854775809", "nd-" + "f" * 32, "NaN",
    "'; DROP TABLE reports; --", "=cmd()", "%00%ff", "+47 917 26 200", "STOPP",
]  # fmt: skip


@dataclass
class Found:
    """What a run came to: answers by status, marks answered 200 that are in no table, the honest callers' times."""

    sent: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    good: set[bytes] = field(default_factory=set)
    lost: int = 0
    honest: list[float] = field(default_factory=list)
    honest_refused: int = 0
    seconds: float = 0

    @property
    def server_errors(self) -> int:
        """How many were answered 5xx."""
        return sum(count for status, count in self.answers.items() if status >= 500)

    def slowest_of(self, share: float) -> float:
        """Within how many seconds this share of the honest reports was answered."""
        return sorted(self.honest)[min(len(self.honest) - 1, int(share * len(self.honest)))]


def request(dice: random.Random, token: str, number: int) -> tuple[bytes, bool]:
    """One hostile request as bytes, and whether it carries `hostile-<number>.` in a body that is told as it is."""
    kind = dice.choice(["dlr", "mo"])
    mark = f"hostile-{number}."
    fields: dict[str, Any] = dict((dlr if kind == "dlr" else mo)(id=mark))
    for name in dice.sample([*fields, "extra", "", "id[]"], dice.randint(0, 4)):
        if name != "id":
            fields[name] = dice.choice(ODD)
    for name in dice.sample(sorted(fields), dice.randint(0, 3)):
        if name != "id" and dice.random() < 0.5:
            fields.pop(name)
    written: list[Callable[[], bytes]] = [
        lambda: json.dumps(fields).encode(),
        lambda: json.dumps(fields).encode(),
        lambda: urlencode({name: str(value) for name, value in fields.items()}, errors="replace").encode(),
        lambda: json.dumps([fields, fields]).encode(),
        lambda: json.dumps(fields).encode() * 2,
        lambda: json.dumps({"a": mark}).encode().replace(b'"a"', b'{"a":' * dice.randint(1, 3_000) + b'"a"'),
        lambda: mark.encode() + b"[" * 20_000,
        lambda: json.dumps(fields).encode("utf-16"),
        lambda: mark.encode() + dice.randbytes(dice.randint(0, 300)),
        lambda: b"",
        lambda: b"x" * dice.choice([65_536, 65_537, 200_000]),
        lambda: gzip.compress(b"0" * dice.choice([100, 60_000, 5_000_000])),
        lambda: gzip.compress(json.dumps(fields).encode())[: dice.randint(5, 60)],
    ]
    body = dice.choice(written)()
    is_whole = mark.encode() in body
    label = dice.choice([
        "application/json", "application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x",
        "application/json; charset=utf-7", "image/png", "\xff", "",
    ])  # fmt: skip
    path = (
        f"/{kind}/{token}" if dice.random() < 0.95 else dice.choice(["/", f"/{kind}/{token}x", f"/{kind}/", "/%2e%2e"])
    )
    query = dice.choice(["", "", "", "?a=1&a=2", "?" + "q" * 3_000, "?%ff%00=%"])
    method = dice.choice(["POST"] * 12 + ["GET", "PUT", "HEAD", "POST "])
    version = dice.choice(["1.1"] * 9 + ["1.0"])
    head = [f"{method} {path}{query} HTTP/{version}", "Host: desk.example", f"Content-Type: {label}"]
    if body[:2] == b"\x1f\x8b" or dice.random() < 0.02:
        head.append("Content-Encoding: gzip")
    if dice.random() < 0.1 and version == "1.1":
        size = dice.randint(1, 500)
        is_whole = is_whole and len(body) <= 400 * size
        pieces = [body[start : start + size] for start in range(0, len(body), size)][:400]
        body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        head.append("Transfer-Encoding: chunked")
    else:
        length = len(body) if dice.random() < 0.97 else dice.choice([-1, 0, len(body) + 10, 10**20])
        is_whole = is_whole and length == len(body)
        head.append(f"Content-Length: {length}")
    raw = "\r\n".join([*head, "Connection: close", "", ""]).encode("latin-1", "replace") + body
    if dice.random() < 0.1:  # Bytes gone wrong on the way.
        broken = bytearray(raw)
        for _ in range(dice.randint(1, 6)):
            place = dice.randrange(len(broken))
            broken[place : place + dice.randint(0, 3)] = dice.randbytes(dice.randint(0, 3))
        raw, is_whole = bytes(broken), False
    return raw, is_whole


async def attack(port: int, token: str, *, requests: int, at_once: int, idle: int, seed: int) -> Found:
    """Send so many hostile requests, `at_once` at a time, while `idle` connections are held open and say nothing."""
    found, began, numbers = Found(), time.monotonic(), iter(range(requests))
    waiting = [await asyncio.open_connection("127.0.0.1", port) for _ in range(idle)]
    over = asyncio.Event()

    async def exchange(raw: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(raw)
            writer.write_eof()
            return await asyncio.wait_for(reader.read(), 30)
        except (OSError, TimeoutError):
            return b""  # Cut off: of this one nothing was promised.
        finally:
            writer.close()

    async def be_hostile(place: int) -> None:
        dice = random.Random(f"{seed} {place}")
        for number in numbers:
            raw, is_whole = request(dice, token, number)
            reply = await exchange(raw)
            found.sent += 1
            statuses = [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3})", reply)]
            found.answers.update(statuses or [0])
            if statuses == [200] and is_whole:
                found.good.add(b"hostile-%d." % number)

    async def be_honest() -> None:
        number = 0
        while not over.is_set():
            number += 1
            body = json.dumps(dlr(id=f"honest-{number}")).encode()
            head = f"POST /dlr/{token} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
            moment = time.monotonic()
            reply = await exchange(head.encode() + body)
            found.honest.append(time.monotonic() - moment)
            found.honest_refused += not reply.startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.02)

    honest = asyncio.create_task(be_honest())
    await asyncio.gather(*(be_hostile(place) for place in range(at_once)))
    over.set()
    await honest
    for _reader, writer in waiting:
        writer.close()
    found.seconds = time.monotonic() - began
    return found


def lose(found: Found, db: Any) -> None:
    """Count what was answered 200 and is in no table."""
    kept: set[bytes] = set()
    for table, columns in (("reports", "body"), ("inbound", "body"), ("quarantine", "body, query")):
        for row in db.execute(f"SELECT {columns} FROM {table}"):
            for value in row:
                kept.update(MARK.findall(value if isinstance(value, bytes) else value.encode("latin-1", "replace")))
    found.lost = len(found.good - kept)
