"""
Keeping house in a thread of the dispatcher, with a connection of its own: what is old goes, what was asked to be
erased goes on.

It takes at most a quarter of the time, in transactions of a few hundred rows, so that neither sending nor receiving
feels it.
"""

import itertools
import logging
import threading
import time
from collections.abc import Callable

from nextpod_core import erasure, heads, retention, store, tidying
from nextpod_core.db import Connection
from nextpod_core.settings import Settings

log = logging.getLogger("nextpod.keeping")

IDLE = 60.0  # seconds between looks
EVERY = 3_600_000  # milliseconds between rounds through all that may be old
RESTS = 3.0  # times as long as the transaction took
LAST_SECONDS = 2.0


class Keeper:
    """The thread. Stopped or killed at any moment, the next one goes on."""

    def __init__(self, settings: Settings, clock: Callable[[], int]) -> None:
        self.settings, self.clock = settings, clock
        self._stop = threading.Event()
        self._looked_at: int | None = None
        self._thread = threading.Thread(target=self._run, name="keeping", daemon=True)

    def start(self) -> None:
        """Begin to keep house."""
        self._thread.start()

    def stop(self) -> None:
        """End; waits two seconds for the transaction under way."""
        self._stop.set()
        self._thread.join(LAST_SECONDS)

    def look(self, db: Connection) -> None:
        """Go on with what is being erased; once an hour, take away what is old."""
        erasure.go_on(self.settings, db, clock=self.clock)
        now = self.clock()
        if self._looked_at is not None and 0 <= now - self._looked_at < EVERY:
            return
        self._note_head(db, now)
        began = time.monotonic()
        steps = itertools.chain(retention.run(self.settings, db, now=now), tidying.run(db, self.settings.database))
        for _step in steps:
            self._stop.wait(min(1.0, (time.monotonic() - began) * RESTS))
            if self._stop.is_set():
                return
            began = time.monotonic()
        self._looked_at = now

    def _note_head(self, db: Connection, now: int) -> None:
        try:
            heads.keep(db, self.settings.database, now=now)
        except OSError as error:  # A folder that can't be written to keeps nothing else from being done.
            log.warning("the audit log's head can't be noted beside the database: %s", error.strerror)

    def _run(self) -> None:
        db: Connection | None = None
        while not self._stop.is_set():
            try:
                db = db or store.open(self.settings)
                self.look(db)
            except Exception:
                log.exception("keeping house failed, next try in %.0f s", IDLE)
            self._stop.wait(IDLE)
        if db is not None:
            db.close()
