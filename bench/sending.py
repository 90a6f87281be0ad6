"""How fast texts leave: against the limit that latency sets, against the same transactions without a network."""

import asyncio
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from bench import peers
from nextpod_core.api import Nextpod
from nextpod_core.db import Connection
from nextpod_core.dispatcher import Dispatcher
from nextpod_core.settings import Settings
from nextpod_core.settlement import Outcome
from tests.outboxes import campaign, new_store, numbers
from tests.sandboxes import ROOT
from tests.test_outbox import claim, record

UNDER_WAY = 64
LATENCY = 0.05
OWN, ALIKE = 3_000, 30_000
LARGE, SMALL = 1_000_000, 10_000
TENTH = 100_000  # of the large one: whose memory is compared
KANNEL = "personalised, no latency / Kannel 1.4.5 with its disk store, messages/s"
MEMORY = "memory of the dispatcher, 1,000,000 / 100,000"


def _gateway(latency: float) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.gateway", str(latency)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, f"http://127.0.0.1:{int(process.stdout.readline())}/v2"


def _send(folder: Path, url: str, count: int, texts: list[str]) -> tuple[float, float]:
    """Seconds, and seconds of processor, in which a dispatcher sends one campaign, every claim and id durable."""
    folder.mkdir()
    settings, db = new_store(folder, NEXTPOD_UNDER_WAY=str(UNDER_WAY))
    one = campaign(db, numbers(count), texts)

    async def run() -> float:
        stop = asyncio.Event()
        async with Nextpod("key", url=url) as client:
            dispatcher = Dispatcher(settings, db, client, clock=lambda: time.time_ns() // 1_000_000)
            running = asyncio.create_task(dispatcher.run(stop))
            began = time.perf_counter()
            while _left(db, one):
                await asyncio.sleep(0.02)
            seconds = time.perf_counter() - began
            stop.set()
            await running
        return seconds

    used = time.process_time()
    seconds = asyncio.run(run())
    used = time.process_time() - used
    db.close()
    shutil.rmtree(folder)
    return seconds, used


def _left(db: Connection, one: int) -> bool:
    return bool(
        db.execute(
            "SELECT EXISTS (SELECT 1 FROM counts WHERE campaign_id = ? AND status IN ('queued', 'sending'))", (one,)
        ).fetchone()[0]
    )


def _in_memory(shop: tuple[Settings, Connection], most: int) -> float:
    """Seconds for the claims and records of about `most` messages, the answers ready before the clock starts."""
    spent, done = 0.0, 0
    while done < most:
        began = time.perf_counter()
        batches = claim(shop[1], room=4)
        spent += time.perf_counter() - began
        if not batches:
            break
        for batch in batches:
            answer = Outcome("accepted", ids={number: str(uuid.uuid4()) for number in batch.to}, code=200)
            began = time.perf_counter()
            record(shop, batch, answer)
            spent += time.perf_counter() - began
            done += len(batch.to)
    return spent / done * most


def _large(folder: Path) -> tuple[Settings, Connection]:
    """A store with one campaign of a million, made as `tests.outboxes` makes small ones but by SQLite itself."""
    folder.mkdir()
    settings, db = new_store(folder)
    one = campaign(db, numbers(1))
    db.execute("PRAGMA synchronous = OFF")
    db.execute("BEGIN IMMEDIATE")
    db.execute(
        """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :most)
        INSERT INTO messages (campaign_id, text_id, row, msisdn, status)
        SELECT :one, (SELECT id FROM texts WHERE campaign_id = :one), i + 2, '47' || (40000000 + i), 'queued' FROM n
        """,
        {"most": LARGE - 1, "one": one},
    )
    db.execute("UPDATE counts SET messages = :n WHERE campaign_id = :one", {"n": LARGE, "one": one})
    db.execute("UPDATE campaigns SET planned = :n WHERE id = :one", {"n": LARGE, "one": one})
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    db.execute("PRAGMA synchronous = FULL")
    return settings, db


def measure(folder: Path, rounds: int) -> dict[str, list[float]]:
    """One value a round for each figure, everything in turn within a round."""
    found: dict[str, list[float]] = {name: [] for name in (
        "personalised, 50 ms, 64 under way / the latency limit", "personalised, processor time a message, ms",
        "personalised, no latency, messages/s",
        "same text / the same transactions in memory", "same text, messages/s", "cost per message, 1,000,000 / 10,000",
        MEMORY,
    )}  # fmt: skip
    if peers.has("kannel"):
        found[KANNEL] = []
    slow, slow_url = _gateway(LATENCY)
    quick, quick_url = _gateway(0)
    large = _large(folder / "large")
    own: Any = [f"Hei {place}" for place in range(OWN)]
    try:
        for number in range(rounds):
            seconds, used = _send(folder / f"own{number}", slow_url, OWN, own)
            found["personalised, 50 ms, 64 under way / the latency limit"].append(OWN / seconds / (UNDER_WAY / LATENCY))
            found["personalised, processor time a message, ms"].append(1000 * used / OWN)
            seconds, _ = _send(folder / f"quick{number}", quick_url, OWN, own)
            found["personalised, no latency, messages/s"].append(OWN / seconds)
            if KANNEL in found:
                port = int(quick_url.rpartition(":")[2].partition("/")[0])
                theirs = peers.kannel(folder / f"kannel{number}", port, OWN, connections=UNDER_WAY)
                found[KANNEL].append(theirs / seconds)

            seconds, _ = _send(folder / f"alike{number}", quick_url, ALIKE, ["Hei alle"])
            shop = _small(folder / f"memory{number}", ALIKE)
            found["same text / the same transactions in memory"].append(_in_memory(shop, ALIKE) / seconds)
            found["same text, messages/s"].append(ALIKE / seconds)
            shop[1].close()

            shop = _small(folder / f"small{number}", SMALL)
            in_small = _in_memory(shop, SMALL)
            in_large = _in_memory(large, SMALL)
            found["cost per message, 1,000,000 / 10,000"].append(in_large / in_small)
            shop[1].close()
        # Once: a million texts take half a minute, and a peak does not waver.
        tenth = _small(folder / "tenth", TENTH)
        in_tenth = _peak(tenth, quick_url)
        tenth[1].close()
        found[MEMORY].append(_peak(large, quick_url) / in_tenth)
    finally:
        for process in (slow, quick):
            process.kill()
            process.wait()
        large[1].close()
    return found


def _small(folder: Path, count: int) -> tuple[Settings, Connection]:
    folder.mkdir()
    shop = new_store(folder)
    campaign(shop[1], numbers(count))
    return shop


def _peak(shop: tuple[Settings, Connection], url: str) -> float:
    """The most memory, in bytes, that the real process has held while it sent all that is queued."""
    settings, db = shop
    process = subprocess.Popen(
        [sys.executable, "-m", "nextpod_core", "dispatch"], cwd=ROOT,
        env={"NEXTPOD_DATABASE": str(settings.database), "NEXTPOD_API_URL": url, "NEXTPOD_LOG_LEVEL": "warning"},
    )  # fmt: skip
    try:
        last = time.monotonic() + 600
        while _left(db, 1):
            assert process.poll() is None and time.monotonic() < last, "the dispatcher did not get through"
            time.sleep(0.1)
        told = Path(f"/proc/{process.pid}/status").read_text()
    finally:
        process.terminate()
        process.wait(15)
    return 1024.0 * int(told.partition("VmHWM:")[2].split()[0])


def missing() -> list[tuple[str, str]]:
    """Figures that need something which is not installed here, and what."""
    return [] if peers.has("kannel") else [(KANNEL, "kannel (Debian's package)")]
