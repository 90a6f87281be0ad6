"""
What looking at the desk costs: the processor time of one rerun of each page, and how long fifty people wait who have it
open and do something every five seconds.

`python -m bench.sessions [--sessions N] [--seconds N] [--messages N]` starts a dashboard with a year in it and speaks
to it as a browser does, over its websocket, timed fragments and all; a rerun is over when the server says that the
script has finished. Ends with 1 where a figure is over its limit.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from bench import machine
from nextpod_core import demo, settings, store
from nextpod_core.people import COMMAND
from tests.browser import ROOT, free_port, until_healthy

PAGES = {
    "overview": ("", ""), "delivery, result": ("analytics", "tab=result"),
    "delivery, network": ("analytics", "tab=network"), "delivery, answers": ("analytics", "tab=answers"),
    "delivery, cost": ("analytics", "tab=cost"), "delivery, result, a year": ("analytics", "tab=result&period=year"),
    "delivery, network, a year": ("analytics", "tab=network&period=year"), "one campaign": ("campaigns", "campaign=3"),
}  # fmt: skip
THINKING = 5.0  # seconds
CPU_MS, P95_MS = 60.0, 300.0


Timers = dict[str, float]  # Of a page's timed fragments: how often each wants to be drawn again, in seconds.


async def rerun(socket: ClientConnection, page: str, query: str, *, fragment: str = "") -> tuple[float, Timers]:
    """Ask for a page, or a timed fragment of it, and wait until its script has finished.

    Gives the milliseconds that took, and the page's timers.
    """
    asked = BackMsg()
    asked.rerun_script.page_name = page
    asked.rerun_script.query_string = query
    asked.rerun_script.fragment_id = fragment
    asked.rerun_script.is_auto_rerun = bool(fragment)
    began, timers = time.perf_counter(), Timers()
    await socket.send(asked.SerializeToString())
    while True:
        told = ForwardMsg.FromString(await socket.recv())
        match told.WhichOneof("type"):
            case "auto_rerun":
                timers[told.auto_rerun.fragment_id] = told.auto_rerun.interval
            case "script_finished" if told.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return (time.perf_counter() - began) * 1000, timers


async def think(socket: ClientConnection, page: tuple[str, str], timers: Timers, seconds: float) -> None:
    """Let the page stand for so long, drawing its timed fragments again as a browser does."""
    now = time.perf_counter()
    end, due = now + seconds, {fragment: now + every for fragment, every in timers.items()}
    while due and min(due.values()) < end:
        fragment = min(due, key=due.__getitem__)
        await asyncio.sleep(max(0.0, due[fragment] - time.perf_counter()))
        await rerun(socket, *page, fragment=fragment)
        due[fragment] = time.perf_counter() + timers[fragment]
    await asyncio.sleep(max(0.0, end - time.perf_counter()))


def processor_ms(pid: int) -> float:
    """Milliseconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


async def cost(address: str, pid: int, page: str, query: str, runs: int) -> float:
    """Processor milliseconds of one rerun, after three that warm up."""
    async with connect(address, subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[list-item]
        for _run in range(3):
            await rerun(socket, page, query)
        before = processor_ms(pid)
        for _run in range(runs):
            await rerun(socket, page, query)
        return (processor_ms(pid) - before) / runs


async def person(address: str, dice: random.Random, until: float, waits: list[float]) -> None:
    """Somebody with the desk open: looks, thinks, looks again, until the time is over."""
    async with connect(address, subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[list-item]
        await asyncio.sleep(dice.uniform(0, THINKING))
        page = dice.choice(list(PAGES.values()))
        _first, timers = await rerun(socket, *page)
        while time.perf_counter() < until:
            await think(socket, page, timers, dice.uniform(0.5, 1.5) * THINKING)
            page = dice.choice(list(PAGES.values()))
            taken, timers = await rerun(socket, *page)
            waits.append(taken)


async def measure(address: str, pid: int, *, sessions: int, seconds: float, runs: int) -> bool:
    """Print every figure; whether all are within their limits."""
    good = True
    print(f"{'page':28} {'processor, ms':>14}")
    for name, (page, query) in PAGES.items():
        taken = await cost(address, pid, page, query, runs)
        good = good and taken <= CPU_MS
        print(f"{name:28} {taken:11.1f} ms{'  over' if taken > CPU_MS else ''}")
    waits: list[float] = []
    until, before = time.perf_counter() + seconds, processor_ms(pid)
    began = time.perf_counter()
    await asyncio.gather(*(person(address, random.Random(number), until, waits) for number in range(sessions)))
    busy = (processor_ms(pid) - before) / 1000 / (time.perf_counter() - began)
    p50, p95 = statistics.median(waits), statistics.quantiles(waits, n=20)[-1]
    print(f"{sessions} sessions, {THINKING:.0f} s of thinking: {len(waits)} reruns, p50 {p50:.0f} ms, p95 {p95:.0f} ms"
          f"{'  over' if p95 > P95_MS else ''}; {busy:.2f} of a processor")  # fmt: skip
    return good and p95 <= P95_MS


async def run(args: argparse.Namespace) -> int:
    """A dashboard with a year in it, every figure, and nothing left behind."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        env = {key: value for key, value in os.environ.items() if not key.startswith("NEXTPOD_")} | {
            "NEXTPOD_DATABASE": str(folder / "desk.db"), "NEXTPOD_DASHBOARD_PORT": str(port),
        }  # fmt: skip
        given, now = settings.load(env), time.time_ns() // 1_000_000
        store.migrate(given, now=now, by=COMMAND)
        db = store.open(given)
        demo.fill(db, messages=args.messages, seed=17, now=now, by=COMMAND, days=365)
        db.close()
        print(f"{machine.told()}; load {machine.load():.1f} before; {args.messages:,} messages")
        log = folder / "log"
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "app.py", cwd=ROOT, env=env, stdout=out, stderr=out
            )
            try:
                await asyncio.to_thread(_healthy, port, log)
                good = await measure(f"ws://127.0.0.1:{port}/_stcore/stream", process.pid, sessions=args.sessions,
                                     seconds=args.seconds, runs=args.runs)  # fmt: skip
            finally:
                process.terminate()
                await process.wait()
        print(f"load {machine.load():.1f} after")
        return 0 if good else 1


def _healthy(port: int, log: Path) -> None:
    class Running:
        def poll(self) -> None: ...

    until_healthy(f"http://127.0.0.1:{port}", Running(), log)  # type: ignore[arg-type]


def main() -> int:
    """From the command line."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--sessions", type=int, default=50)
    command.add_argument("--seconds", type=float, default=60)
    command.add_argument("--messages", type=int, default=50_000)
    command.add_argument("--runs", type=int, default=20)
    return asyncio.run(run(command.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
