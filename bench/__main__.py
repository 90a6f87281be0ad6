"""
`make bench`: every figure of docs/performance.md, measured side by side, in turn, three rounds; the table written anew.

Ends with 1 when a ratio is worse by a third than in the table that was there, which then stays as it is.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench import machine, receiving, sending

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: written by make bench -->", "<!-- end of figures -->"
# What is asked of each: "least" or "most", and how much; None is told and judged by nobody.
WANTED: dict[str, tuple[str, float] | None] = {
    "durable ingest / the same server idle, per CPU-second": ("least", 0.30),
    "64 connections / 1 connection": ("least", 5.0),
    "cost of FORM / JSON": ("most", 1.35),
    "cost of FULL / NORMAL": ("most", 1.2),
    "freshness under load, seconds": ("most", 1.0),
    "reports a second": None,
    receiving.PEERS["datasette"]: ("least", 30.0),
    receiving.PEERS["fastapi"]: ("least", 9.0),
    "personalised, 50 ms, 64 under way / the latency limit": ("least", 0.45),
    "personalised, processor time a message, ms": None,
    "personalised, no latency, messages/s": None,
    sending.KANNEL: None,
    "same text / the same transactions in memory": ("least", 0.8),
    "same text, messages/s": None,
    "cost per message, 1,000,000 / 10,000": ("most", 1.3),
    sending.MEMORY: ("most", 1.2),
}


def main() -> int:
    """Measure, tell, write down."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--rounds", type=int, default=3)
    command.add_argument("--keep", action="store_true", help="leave the table as it is")
    command.add_argument("--accept", action="store_true", help="write the table though a ratio is worse by a third")
    args = command.parse_args()
    began, load = time.monotonic(), machine.load()
    print(f"{machine.told()}; load {load:.1f} before")
    with tempfile.TemporaryDirectory() as folder:
        values = receiving.measure(Path(folder), args.rounds) | sending.measure(Path(folder), args.rounds)
    told = (
        f"load {load:.1f} before, {machine.load():.1f} after, {time.monotonic() - began:.0f} s for {args.rounds} rounds"
    )
    print(told)
    lines = table(values, [*receiving.missing(), *sending.missing()])
    print("\n".join(lines))
    medians = {figure: statistics.median(found) for figure, found in values.items()}
    worse = regressions(last(TABLE.read_text()), medians)
    for line in worse:
        print(f"worse by a third: {line}", file=sys.stderr)
    if not args.keep and (
        args.accept or not worse
    ):  # Written down, what is worse would be the measure of the next run.
        day = time.strftime("%Y-%m-%d", time.gmtime())
        kept = f"{machine.told()}; {told}; {day}.\n\n<!-- {json.dumps(medians)} -->"
        text = TABLE.read_text()
        head, tail = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
        TABLE.write_text(f"{head}\n{kept}\n\n" + "\n".join(lines) + f"\n{tail}")
    return 1 if worse else 0


def table(values: dict[str, list[float]], missing: list[tuple[str, str]]) -> list[str]:
    """The rows that are shown: asked, median and spread of the rounds; then what could not be measured, and why."""
    lines = ["| figure | asked | median | of the rounds | |", "|---|---|---|---|---|"]
    for figure, wanted in WANTED.items():
        if figure not in values:
            continue  # It needs something that is not here, and is named below.
        found = values[figure]
        median = statistics.median(found)
        asked = "" if wanted is None else ("≥ " if wanted[0] == "least" else "≤ ") + _short(wanted[1])
        verdict = "" if wanted is None else "holds" if _holds(wanted, median) else "**missed**"
        lines.append(
            f"| {figure} | {asked} | {_short(median)} | {_short(min(found))} - {_short(max(found))} | {verdict} |"
        )
    return lines + [f"| {figure} | | not measured | | {name} is not installed here |" for figure, name in missing]


def regressions(before: dict[str, float], now: dict[str, float]) -> list[str]:
    """Every judged figure that is worse by a third than it was."""
    return [
        f"{figure}: {_short(now[figure])}, was {_short(before[figure])}"
        for figure, wanted in WANTED.items()
        if wanted is not None
        and figure in before
        and figure in now
        and _is_worse(wanted[0], before[figure], now[figure])
    ]


def last(text: str) -> dict[str, float]:
    """The medians of the run that a table holds, as it keeps them for the next one."""
    found = text[text.index(BEGIN) : text.index(END)].partition("<!-- {")[2].partition("} -->")[0]
    return dict(json.loads("{" + found + "}")) if found else {}


def _holds(wanted: tuple[str, float], value: float) -> bool:
    return value >= wanted[1] if wanted[0] == "least" else value <= wanted[1]


def _is_worse(way: str, before: float, now: float) -> bool:
    # Freshness of a few milliseconds may well double; that is no loss to anybody.
    return now < before / 1.5 if way == "least" else now > max(before * 4 / 3, 0.5)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


if __name__ == "__main__":
    sys.exit(main())
