"""
The desk's own processes against a real sandbox, killed at random instants, and counted afterwards per recipient.

Used by the crash tests (short) and by `bench/chaos.py` (long). Nothing is patched: processes, sockets, one SQLite file.
"""

import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nextpod_core import brakes, campaigns, store
from nextpod_core.people import DESK
from nextpod_core.settings import Settings, load
from tests.outboxes import campaign, new_store
from tests.sandboxes import ROOT, Sandbox, free_port
from tests.visiting import Visitor

# What is started by which words. `line` is the connection to the gateway.
WORDS = {
    "dispatch": ["-m", "nextpod_core", "dispatch"],
    "second": ["-m", "nextpod_core", "dispatch"],
    "ingest": ["-m", "nextpod_core", "ingest"],
    "dashboard": ["app.py"],
    "line": ["-m", "tests.relay"],
}


@dataclass
class Desk:
    """The processes of one store, beside a sandbox of their own; with `has_line` they reach it over a `line`."""

    folder: Path
    sandbox_settings: dict[str, str] = field(default_factory=dict)
    env_settings: dict[str, str] = field(default_factory=dict)
    has_line: bool = False

    def __post_init__(self) -> None:
        self.sandbox = Sandbox(self.folder, **self.sandbox_settings)
        self.line = free_port()
        url = {"NEXTPOD_API_URL": f"http://127.0.0.1:{self.line}/v2"} if self.has_line else {}
        own = url | {
            "NEXTPOD_SANDBOX_PORT": str(self.sandbox.port),
            "NEXTPOD_DASHBOARD_PORT": str(free_port()),
            "NEXTPOD_INGEST_PORT": str(free_port()),
            "NEXTPOD_DISPATCH_METRICS_PORT": "0",
            "NEXTPOD_TIMEOUT_SECONDS": "1.5",
            "NEXTPOD_LEASE_SECONDS": "13",
            "NEXTPOD_HELD_SECONDS": "1",
            "NEXTPOD_REST_SECONDS": "1",
            "NEXTPOD_LOG_LEVEL": "warning",
        } | self.env_settings  # fmt: skip
        self.settings: Settings
        self.settings, self.db = new_store(self.folder, **own)
        self.env = self.sandbox.env | own | {"NEXTPOD_DATABASE": str(self.settings.database)}
        assert load(self.env) == self.settings
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *, logged: bool = False, **more: Any) -> None:
        """Start one of WORDS, `more` as Popen knows it; what is `logged` stands in `<name>.log` in the folder."""
        log = (self.folder / f"{name}.log").open("ab") if logged else None
        ports = [str(self.line), str(self.sandbox.port)] if name == "line" else []
        self.processes[name] = subprocess.Popen(
            [sys.executable, *WORDS[name], *ports], cwd=ROOT, env=self.env,
            stdout=log or subprocess.DEVNULL, stderr=log or subprocess.PIPE, **more,
        )  # fmt: skip
        if log:
            log.close()

    def end(self, name: str, how: signal.Signals = signal.SIGTERM) -> int:
        """End it like this; its exit code."""
        process = self.processes.pop(name)
        process.send_signal(how)
        self.output = (process.communicate(timeout=20)[1] or b"").decode()
        return process.returncode

    def until(self, ready: Callable[[], object], seconds: float = 30) -> None:
        """Wait for a condition, looking every few milliseconds."""
        last = time.monotonic() + seconds
        while not ready():
            for name, process in self.processes.items():
                if process.poll() is not None:
                    raise AssertionError(f"{name} ended: {(process.communicate()[1] or b'').decode()}")
            assert time.monotonic() < last, f"not within {seconds} s"
            time.sleep(0.005)

    def close(self) -> None:
        """End everything."""
        for name in list(self.processes):
            self.end(name, signal.SIGKILL)
        self.db.close()
        self.sandbox.end(signal.SIGKILL)

    def arrived(self) -> dict[str, int]:
        """How many texts the sandbox accepted for each number, from its own record."""
        counts: dict[str, int] = {}
        since = 0
        while page := self.sandbox.ask(f"/sandbox/messages?since={since}&limit=20000")["messages"]:
            for message in page:
                counts[message["to"]] = counts.get(message["to"], 0) + 1
            since = page[-1]["number"]
        return counts


@dataclass(frozen=True)
class Tally:
    """What a run came to. `unknown_most`: the most that can have been in flight at the kills together."""

    recipients: int
    kills: int
    killed: dict[str, int]
    presses: int
    twice: int
    lost: int
    unknown: int
    unknown_most: int
    accepted: int
    arrived: int
    queued_at_last_kill: int
    seconds: float


def run(
    desk: Desk, *, alike: int, own: int, kills: int, seed: int, longest_life: float = 0.6, patience: float = 120,
    dashboards: int = 2,
) -> Tally:  # fmt: skip
    """Send two campaigns while every process and the line to the gateway are killed that often; settle; count.

    `alike` people get one text, `own` people each their own. A dispatcher is killed up to `longest_life` seconds after
    it began to send; `dashboards` of the kills hit the dashboard, at which somebody pauses and resumes all the while.
    """
    began = time.monotonic()
    dice = random.Random(seed)
    to = [f"4790{place:06d}" for place in range(alike + own)]
    ids = (
        campaign(desk.db, to[:alike], ["Hei alle"]),
        campaign(desk.db, to[alike:], [f"Hei {place}" for place in range(own)]),
    )
    for name in ("line", "ingest", "dispatch", "dashboard"):
        desk.start(name)
    person = Visitor(desk.settings.dashboard_port, ids[1])
    others = ["dispatch", "dispatch", "ingest", "line"]
    victims = ["dashboard"] * dashboards + [dice.choice(others) for _ in range(kills - dashboards)]
    dice.shuffle(victims)
    killed: Counter[str] = Counter()
    try:
        while victims and not is_over(desk, *ids):
            # A dashboard needs seconds to start: until somebody works at it, others are killed.
            ready = [name for name in victims if name != "dashboard" or person.there.is_set()]
            victim = ready[0] if ready else "dashboard"
            victims.remove(victim)
            kill(desk, victim, person, ids, life=dice.random() * longest_life)
            killed[victim] += 1
    finally:
        person.leave()
    for id in ids:
        if campaigns.get(desk.db, id)["state"] == "paused":  # type: ignore[index]
            campaigns.resume(desk.db, id, by=DESK, now=time.time_ns() // 1_000_000)
    left = sum(campaigns.ledger(desk.db, id).queued for id in ids)
    desk.until(lambda: let_go(desk) or is_over(desk, *ids), seconds=patience)
    # Reports that were refused while the ingester was dead come again; those still out settle what was unknown.
    desk.until(lambda: desk.sandbox.ask("/sandbox/counts")["reports_waiting"] == 0, seconds=120)
    desk.until(lambda: folded(desk), seconds=20)
    counts = desk.arrived()
    rows = {row["msisdn"]: row["status"] for row in desk.db.execute("SELECT msisdn, status FROM messages")}
    kept = {"queued", "unknown", "refused", "skipped", "cancelled", "sending"}
    for id in ids:
        assert campaigns.ledger(desk.db, id).balances
    return Tally(
        recipients=alike + own,
        kills=killed.total(),
        killed=dict(killed),
        presses=person.presses,
        twice=sum(count > 1 for count in counts.values()),
        lost=sum(number not in counts and rows[number] not in kept for number in to),
        unknown=sum(status == "unknown" for status in rows.values()),
        unknown_most=desk.db.execute(
            "SELECT coalesce(sum(size), 0) FROM attempts WHERE outcome = 'unknown'"
        ).fetchone()[0],
        accepted=sum(status not in kept for status in rows.values()),
        arrived=len(counts),
        queued_at_last_kill=left,
        seconds=time.monotonic() - began,
    )


def kill(desk: Desk, victim: str, person: Visitor, ids: tuple[int, ...], *, life: float) -> None:
    """Kill one process a little after it began its work, and start it again."""
    moved = attempts(desk)
    if victim == "dispatch":
        # Let it begin its work first: a process killed while Python starts proves nothing.
        desk.until(lambda: let_go(desk) or attempts(desk) > moved or is_over(desk, *ids))
    elif victim == "dashboard":
        desk.until(person.there.is_set)
        person.there.clear()
    else:
        port = desk.settings.ingest_port if victim == "ingest" else desk.line
        desk.until(lambda: listens(port))
    time.sleep(life)
    desk.end(victim, signal.SIGKILL)
    desk.start(victim)


def attempts(desk: Desk) -> int:
    """How many requests were begun so far."""
    return int(desk.db.execute("SELECT count(*) FROM attempts").fetchone()[0])


def let_go(desk: Desk) -> None:
    """As a person would who has looked: on a busy machine two requests in a row may take longer than the timeout."""
    now = time.time_ns() // 1_000_000
    for brake in brakes.active(desk.db, now=now):
        if brake.name == "unknowns":
            brakes.let_go(desk.db, brake.name, now=now, by=DESK)


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def is_over(desk: Desk, *ids: int) -> bool:
    """Whether these campaigns are finished."""
    return all(campaigns.get(desk.db, id)["state"] == "finished" for id in ids)  # type: ignore[index]


def folded(desk: Desk) -> bool:
    """Whether every report in the log has found its way into the messages."""
    behind = desk.db.execute(
        "SELECT (SELECT coalesce(max(id), 0) FROM reports) > coalesce((SELECT id FROM watermarks"
        " WHERE name = 'reports'), 0)"
    ).fetchone()[0]
    return not behind


def token(desk: Desk) -> str:
    """The secret part of the webhook addresses."""
    return store.webhook_token(desk.settings)
