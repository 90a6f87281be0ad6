"""
Delivering what rules forward, in a thread of the ingester with a connection of its own.

It is in nobody's way: a server that hangs keeps no message from being taken, and no process from stopping.
"""

import logging
import threading
from collections.abc import Callable

from nextpod_core import forwards, store
from nextpod_core.db import Connection
from nextpod_core.settings import Settings

log = logging.getLogger("nextpod.forwarding")

IDLE = 1.0  # seconds between looks
LONGEST = 30.0
LAST_SECONDS = 2.0


class Forwarder:
    """The thread. What is under way when it stops is delivered again by the next one."""

    def __init__(self, settings: Settings, clock: Callable[[], int]) -> None:
        self.settings, self.clock = settings, clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="forwarding", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self) -> None:
        """End; waits two seconds for what is under way."""
        self._stop.set()
        self._thread.join(LAST_SECONDS)

    def _run(self) -> None:
        db: Connection | None = None
        wait = IDLE
        while not self._stop.is_set():
            try:
                db = db or store.open(self.settings)
                if step(self.settings, db, clock=self.clock):
                    wait = IDLE
                    continue
                wait = IDLE
            except Exception:
                log.exception("forwarding failed, next try in %.0f s", wait)
                self._stop.wait(wait)
                wait = min(wait * 2, LONGEST)
                continue
            self._stop.wait(wait)
        if db is not None:
            db.close()


def step(settings: Settings, db: Connection, *, clock: Callable[[], int]) -> bool:
    """Deliver the next one that is due, and write down how it went; whether there was one."""
    forward = forwards.take_due(db, now=clock())
    if forward is None:
        return False
    try:
        forwards.deliver(settings, forward, key=forwards.secret(db, forward.destination_id))
    except Exception as error:  # Whatever other people's servers do must not end anything here.
        log.warning("forward %d could not be delivered: %s", forward.id, type(error).__name__)
        forwards.failed(db, forward, f"{type(error).__name__}: {error}", now=clock())
    else:
        forwards.delivered(db, forward, now=clock())
    return True
