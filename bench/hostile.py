"""
A hundred thousand hostile requests to a real ingester while honest callers go on and a thousand idle ones hold on.

`python -m bench.hostile [--requests N] [--idle N] [--seed N]` prints one JSON object and ends with 1 when anything was
answered 5xx, anything answered 200 is not in the store, or an honest caller was refused.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from tests import hostile
from tests.test_ingester import Ingester


def main() -> int:
    """One run; 0 when nothing broke and nothing was lost."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--requests", type=int, default=100_000)
    command.add_argument("--idle", type=int, default=1_000)
    command.add_argument("--seed", type=int, default=1)
    args = command.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ingester = Ingester(Path(folder)).start()
        try:
            found = asyncio.run(
                hostile.attack(
                    ingester.port, ingester.token, requests=args.requests, at_once=48, idle=args.idle, seed=args.seed
                )
            )
            hostile.lose(found, ingester.db)
            status = Path(f"/proc/{ingester.process.pid}/status").read_text()
        finally:
            ingester.close()
    told = {
        "requests": found.sent, "answers": dict(sorted(found.answers.items())), "5xx": found.server_errors,
        "answered 200 with a mark": len(found.good), "lost": found.lost, "honest": len(found.honest),
        "honest refused": found.honest_refused, "honest p50 ms": round(1000 * found.slowest_of(0.5), 1),
        "honest p99 ms": round(1000 * found.slowest_of(0.99), 1),
        "most memory MiB": int(status.split("VmHWM:")[1].split()[0]) // 1024, "seconds": round(found.seconds),
    }  # fmt: skip
    print(json.dumps(told))
    return 1 if found.server_errors or found.lost or found.honest_refused else 0


if __name__ == "__main__":
    sys.exit(main())
