"""Commands that run for as long as the desk does, and those that the dashboard starts beside itself."""

import argparse
import gc

from nextpod_core.commands import Add, now
from nextpod_core.people import COMMAND
from nextpod_core.settings import Settings


def dispatch(args: argparse.Namespace, settings: Settings) -> int:
    """Send what is due, until stopped."""
    from nextpod_core import dispatcher

    return dispatcher.main(settings)


def ingest(args: argparse.Namespace, settings: Settings) -> int:
    """Receive delivery reports and incoming messages, until stopped."""
    from nextpod_core import ingester

    return ingester.main(settings)


def import_file(args: argparse.Namespace, settings: Settings) -> int:
    """Read one uploaded list into staging rows (started by the dashboard)."""
    from nextpod_core import imports, store, work

    work.be_modest()
    gc.disable()  # A list makes millions of strings and no circles: looking for some took a tenth of the time.
    db = store.open(settings)
    imports.run(settings, db, args.id, clock=now)
    return 0


def prepare(args: argparse.Namespace, settings: Settings) -> int:
    """Make the messages of one draft for its review (started by the dashboard)."""
    from nextpod_core import making, store

    making.prepare(store.open(settings), args.id, by=COMMAND, now=now())
    return 0


def erase(args: argparse.Namespace, settings: Settings) -> int:
    """Go on with erasing one person (started by the dashboard)."""
    from nextpod_core import erasure, store, work

    work.be_modest()
    erasure.run(settings, store.open(settings), args.id, clock=now)
    return 0


def alive(args: argparse.Namespace, settings: Settings) -> int:
    """Whether a process said within thirty seconds that it lives: exit code 0, else 1. For containers."""
    from nextpod_core import store

    return 0 if store.is_alive(store.open(settings), args.process, now=now(), within=30_000) else 1


def register(add: Add) -> None:
    """These commands, with what each takes."""
    add("dispatch", dispatch)
    add("ingest", ingest)
    add("import", import_file).add_argument("id", type=int)
    add("prepare", prepare).add_argument("id", type=int)
    add("erase", erase).add_argument("id", type=int)
    add("alive", alive).add_argument("process", choices=("dispatcher", "ingester"))
