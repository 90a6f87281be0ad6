"""How fast delivery reports are taken: against a server that does nothing, by connections, by format, by syncing."""

import json
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from urllib.parse import urlencode

from bench import machine, peers
from nextpod_core import reports, store
from nextpod_core.db import transaction
from nextpod_core.settlement import Outcome
from tests.outboxes import campaign, new_store, numbers
from tests.receiving import dlr, read_report
from tests.sandboxes import ROOT, free_port
from tests.test_outbox import claim, record

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MESSAGES = 60_000
EACH = 5_000  # reports a measurement
ALONE = 300  # with one connection, which waits for the disk each time
OF_PEERS = 1_000  # reports that a peer takes, which costs it many times more
PEERS = {"datasette": "durable ingest / Datasette's insert API, per CPU-second",
         "fastapi": "durable ingest / a FastAPI handler that commits, per CPU-second"}  # fmt: skip


class Ingester:
    """The real process on a real store with messages that were accepted; hands out reports for them, each once."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        port = free_port()
        self.settings, self.db = shop = new_store(folder, NEXTPOD_INGEST_PORT=str(port), NEXTPOD_LOG_LEVEL="warning")
        campaign(self.db, numbers(MESSAGES))
        self.ids: list[tuple[str, str]] = []
        while batches := claim(self.db, room=4):
            for batch in batches:
                ids = {number: str(uuid.uuid4()) for number in batch.to}
                self.ids += list(ids.items())
                record(shop, batch, Outcome("accepted", ids=ids))
        self.path = f"/dlr/{store.webhook_token(self.settings)}"
        self.port = port
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nextpod_core", "ingest"], cwd=ROOT,
            env={"NEXTPOD_DATABASE": str(self.settings.database), "NEXTPOD_INGEST_PORT": str(port),
                 "NEXTPOD_LOG_LEVEL": "warning"},
        )  # fmt: skip
        until_listening(port)

    def bodies(self, count: int, kind: str) -> list[bytes]:
        """Reports of messages that nothing was heard of yet."""
        taken, self.ids = self.ids[:count], self.ids[count:]
        now = time.time()  # They tell of the present, as a gateway's do.
        sent, updated = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) for at in (now - 4, now))
        told = [
            dlr(id=identity, to=number, reference=None, sent_time=sent, status_updated=updated)
            for number, identity in taken
        ]
        return [(json.dumps(each) if kind == JSON else urlencode(each)).encode() for each in told]

    def behind(self) -> float:
        """How long, in seconds, the oldest report has waited that is not in messages and counts yet."""
        row = self.db.execute(
            "SELECT arrived FROM reports WHERE id > coalesce((SELECT id FROM watermarks WHERE name = 'reports'), 0)"
            " ORDER BY id LIMIT 1"
        ).fetchone()
        return 0.0 if row is None else max(0.0, time.time() - row["arrived"] / 1000)

    def settle(self) -> None:
        """Wait until all is folded."""
        while self.behind():
            time.sleep(0.02)

    def close(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(15)
        self.db.close()


def until_listening(port: int) -> None:
    """Wait until somebody takes connections there."""
    import socket

    last = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            if time.monotonic() > last:
                raise
            time.sleep(0.02)


def post(port: int, path: str, bodies: list[bytes], *, connections: int, kind: str = JSON) -> float:
    """Seconds for all of them; every one must be answered 200."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load", str(port), str(connections), path, kind], cwd=ROOT,
        input=b"\n".join(bodies), stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert told["good"] == len(bodies), told
    return float(told["seconds"])


def measure(folder: Path, rounds: int) -> dict[str, list[float]]:
    """One value a round for each figure, everything in turn within a round."""
    ingester = Ingester(folder / "ingester")
    idle = subprocess.Popen([sys.executable, "-m", "bench.idle"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert idle.stdout is not None
    idle_port = int(idle.stdout.readline())
    found: dict[str, list[float]] = {name: [] for name in (
        "durable ingest / the same server idle, per CPU-second", "64 connections / 1 connection",
        "cost of FORM / JSON", "cost of FULL / NORMAL", "freshness under load, seconds", "reports a second",
    )}  # fmt: skip
    found |= {figure: [] for name, figure in PEERS.items() if peers.has(name)}
    try:
        for number in range(rounds):
            nothing = [b"{}" + b" " * 300] * EACH
            before = machine.cpu(idle.pid)
            post(idle_port, "/x", nothing, connections=64)
            of_idle = machine.cpu(idle.pid) - before

            late: list[float] = []
            over = threading.Event()
            watching = threading.Thread(target=_watch, args=(ingester, late, over))
            watching.start()
            before = machine.cpu(ingester.process.pid)
            seconds = post(ingester.port, ingester.path, ingester.bodies(EACH, JSON), connections=64)
            ingester.settle()
            of_json = machine.cpu(ingester.process.pid) - before
            over.set()
            watching.join()

            before = machine.cpu(ingester.process.pid)
            post(ingester.port, ingester.path, ingester.bodies(EACH, FORM), connections=64, kind=FORM)
            ingester.settle()
            of_form = machine.cpu(ingester.process.pid) - before
            alone = post(ingester.port, ingester.path, ingester.bodies(ALONE, JSON), connections=1)
            ingester.settle()

            found["durable ingest / the same server idle, per CPU-second"].append(of_idle / of_json)
            found["64 connections / 1 connection"].append((EACH / seconds) / (ALONE / alone))
            found["cost of FORM / JSON"].append(of_form / of_json)
            found["freshness under load, seconds"].append(max(late, default=0.0))
            found["reports a second"].append(EACH / seconds)
            found["cost of FULL / NORMAL"].append(_full_against_normal(folder / f"sync{number}"))
            for name, figure in PEERS.items():
                if figure in found:
                    theirs = _peer(name, folder / f"{name}{number}", ingester.bodies(OF_PEERS, JSON))
                    found[figure].append((theirs / OF_PEERS) / (of_json / EACH))
    finally:
        idle.kill()
        idle.wait()
        ingester.close()
    return found


def _watch(ingester: Ingester, late: list[float], over: threading.Event) -> None:
    while not over.wait(0.02):
        late.append(ingester.behind())


def _full_against_normal(folder: Path) -> float:
    """Processor time for the same reports in commits of a hundred, synced with each commit or at checkpoints alone.

    Not the time on the wall: how long a sync takes says how busy the disk is, and nothing of us.
    """
    folder.mkdir()
    _, db = new_store(folder)
    spent = {"FULL": 0.0, "NORMAL": 0.0}
    for _ in range(40):
        for level in spent:
            db.execute(f"PRAGMA synchronous = {level}")
            group = [read_report(id=str(uuid.uuid4())) for _ in range(100)]
            began = time.process_time()
            with transaction(db):
                reports.append(db, group)
            spent[level] += time.process_time() - began
    db.close()
    return spent["FULL"] / spent["NORMAL"]


def _peer(name: str, folder: Path, bodies: list[bytes]) -> float:
    """Seconds of processor in which a peer takes these over 64 connections, each committed before its answer."""
    taking = peers.datasette(folder) if name == "datasette" else peers.fastapi(folder)
    with taking as (process, port, path):
        before = machine.cpu(process)
        post(port, path, [peers.as_insert(body) for body in bodies] if name == "datasette" else bodies, connections=64)
        return machine.cpu(process) - before


def missing() -> list[tuple[str, str]]:
    """Figures that need something which is not installed here, and what."""
    return [(figure, f"{name} (`python -m bench.peers`)") for name, figure in PEERS.items() if not peers.has(name)]
