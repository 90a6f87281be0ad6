"""
Dispatcher, ingester, dashboard and the line to the gateway killed 200 times while 20,000 people are texted.

Counted at the sandbox, per recipient, while somebody at the dashboard pauses and resumes.
`python -m bench.chaos [--kills N] [--dashboards N] [--alike N] [--own N] [--seed N]` prints one JSON object
and ends with 1 when anybody was texted twice or lost.
"""

import argparse
import dataclasses
import json
import sys
import tempfile
from pathlib import Path

from tests import chaos


def main() -> int:
    """One run; 0 when nobody was texted twice, nobody lost, and nothing unknown but what was in flight at a kill."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--kills", type=int, default=200)
    command.add_argument("--dashboards", type=int, default=25, help="of these kills, how many hit the dashboard")
    command.add_argument("--alike", type=int, default=14_000, help="people who get one and the same text")
    command.add_argument("--own", type=int, default=6_000, help="people who get each their own")
    command.add_argument("--seed", type=int, default=1)
    args = command.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        desk = chaos.Desk(Path(folder), {"latency_ms": "50", "answers": "0"}, has_line=True)
        try:
            found = chaos.run(
                desk, alike=args.alike, own=args.own, kills=args.kills, seed=args.seed, longest_life=0.15, patience=900,
                dashboards=args.dashboards,
            )  # fmt: skip
        finally:
            desk.close()
    print(json.dumps(dataclasses.asdict(found)))
    good = found.twice == found.lost == 0 and found.unknown <= found.unknown_most and found.kills == args.kills
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
