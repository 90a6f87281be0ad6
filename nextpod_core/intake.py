"""
The ingester's one writer: everything that has queued goes into one commit, and only then is anyone told 200.

A thread of its own, so that waiting for the disk or for another writer keeps nobody from being read. Between commits
it folds the log into messages and counts, and says that it lives.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from nextpod_core import consent, inbound, options, quarantine, reports, store, suppressions
from nextpod_core import db as driver
from nextpod_core.db import Connection, transaction
from nextpod_core.inbound import Inbound
from nextpod_core.people import INGESTER
from nextpod_core.quarantine import Odd
from nextpod_core.reports import Report
from nextpod_core.sentences import Sentence, say

log = logging.getLogger("nextpod.ingester")


@dataclass(frozen=True, slots=True)
class OptOut:
    """The opt-out of a message that could not be stored itself."""

    msisdn: str
    reason: suppressions.Reason
    arrived: int
    body: bytes


Event = Report | Inbound | Odd | OptOut
Waiting = tuple[Event, "asyncio.Future[bool]"]

MOST_QUEUED = 4_096  # requests; more than a second's work
MOST_BYTES = 64 * 1024 * 1024
GROUP = 512
FOLD_EVERY = 0.25  # seconds
FOLD_AT = 1_000  # reports
FOLDED_AT_ONCE = 2_000
BEAT_EVERY = 5.0
GAP = 0.001  # seconds between commits: back to back they made another writer wait for 1.1 s, with the gap 27 ms
# While many call at once a commit waits for those who are just arriving, a gap at a time: a group of sixty costs each
# of them a third of what a group of fifteen does. Who calls alone never waits.
MOST_GAPS = 6
READY_WITHIN = 30.0


class Writer:
    """The queue, the thread that empties it, and what the process has to tell of itself."""

    def __init__(self, db: Connection, loop: asyncio.AbstractEventLoop, clock: Callable[[], int]) -> None:
        self.db, self.loop, self.clock = db, loop, clock
        self.told = {"taken": 0, "wrong_token": 0, "wrong_address": 0, "turned_away": 0}
        self._queue: deque[Waiting] = deque()  # one thread appends, the other takes from the front: no lock is needed
        self._bell = threading.Event()
        self._ending = False
        self._last_group = 0
        self._thread = threading.Thread(target=self._run, name="writer")
        self._waiting = self._bytes = 0  # kept by the event loop alone
        self._unfolded = FOLD_AT  # what an earlier process left behind is folded first
        self._folded_at = self._beaten_at = 0.0
        self._fold_again_at = 0.0
        self._last_good = time.monotonic()
        self._started = clock()

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what has queued, fold it and end. Returns when all is in the file."""
        self._ending = True
        self._bell.set()
        self._thread.join()

    def waiting(self) -> int:
        """How many events wait for their commit; asked by the event loop alone."""
        return self._waiting

    def is_ready(self) -> bool:
        """Whether the store took something lately."""
        return self._thread.is_alive() and time.monotonic() - self._last_good < READY_WITHIN

    def put(self, event: Event) -> "asyncio.Future[bool] | None":
        """Queue an event, from the event loop: a future that tells whether it was committed; None when full."""
        size = len(event.body)
        if self._waiting >= MOST_QUEUED or self._bytes + size > MOST_BYTES:
            self.told["turned_away"] += 1
            return None
        self._waiting += 1
        self._bytes += size
        future: asyncio.Future[bool] = self.loop.create_future()
        self._queue.append((event, future))
        if not self._bell.is_set():
            self._bell.set()
        return future

    def _tell(self, done: list[tuple[Waiting, bool]]) -> None:
        for (event, future), good in done:
            self._waiting -= 1
            self._bytes -= len(event.body)
            if not future.done():  # whoever asked may have hung up
                future.set_result(good)

    def _run(self) -> None:
        while True:
            ending = self._ending  # asked before the queue: what was put before the end is written
            group = self._next_group()
            if group:
                self._commit(group)
                time.sleep(GAP)
            elif ending:
                break
            self._work_between()
        try:
            while reports.fold(self.db, now=self.clock(), limit=FOLDED_AT_ONCE):
                time.sleep(GAP)
        except driver.Error:
            log.warning("the last reports are folded at the next start")

    def _next_group(self) -> list[Waiting]:
        """All that has queued, up to a group's size."""
        if not self._queue:
            self._bell.wait(FOLD_EVERY)
        self._bell.clear()  # before looking: what comes after this rings again
        if self._last_group > 1:
            seen = 0
            for _ in range(MOST_GAPS):
                waiting = len(self._queue)
                if waiting == seen or waiting >= GROUP:
                    break
                seen = waiting
                time.sleep(GAP)
        group = [self._queue.popleft() for _ in range(min(len(self._queue), GROUP))]
        self._last_group = len(group)
        return group

    def _commit(self, group: list[Waiting]) -> None:
        good = self._try([event for event, _ in group])
        # One that no rule foresaw must not keep the others out: each alone then, and that one into quarantine.
        results = [good] * len(group) if good is not None else [self._alone(event) for event, _ in group]
        self.told["taken"] += sum(results)
        self.loop.call_soon_threadsafe(self._tell, list(zip(group, results, strict=True)))

    def _try(self, events: list[Event]) -> bool | None:
        """Commit these; False when the store refuses (full, locked), None when something in them can't be stored."""
        try:
            with transaction(self.db):
                keep(self.db, events, now=self.clock())
        except Exception as error:
            if driver.is_refusal(error):
                log.warning("the store refuses: %s", error)
                return False
            log.exception("an event could not be stored")
            return None
        self._unfolded += sum(isinstance(event, Report) for event in events)
        if any(isinstance(event, Inbound | OptOut) for event in events):
            self._write_optouts()
        self._last_good = time.monotonic()
        return True

    def _write_optouts(self) -> None:
        """The file of opt-outs beside the database. That it can't be written must keep nobody from being heard."""
        try:
            consent.append_to_file(self.db)
        except (OSError, *driver.Error) as error:
            log.warning("the file of opt-outs could not be written: %s", error)

    def _alone(self, event: Event) -> bool:
        good = self._try([event])
        if good is not None or isinstance(event, Odd | OptOut):
            return bool(good)
        if isinstance(event, Report):
            return bool(self._try([_aside(event, say("It was understood, but it could not be stored."))]))
        try:
            out = inbound.asks_out(self.db, event)
        except Exception as error:
            # Nobody may be kept from being heard because of one message: it is kept, and brought again.
            log.exception("a message could not be judged")
            told = say("It was understood, but it could not be stored or judged. Look whether it asks to opt out.")
            if not driver.is_refusal(error):
                self._try([_aside(event, told)])
            return False
        if out is None:
            return bool(self._try([_aside(event, say("It was understood, but it could not be stored."))]))
        # Whatever was in the way of the message, nobody who asks to be left alone is texted because of it.
        told = say("It was understood, but it could not be stored. It asks to opt out: that stands on the list.")
        if self._try([OptOut(event.msisdn, out, event.arrived, event.body), _aside(event, told)]):
            return True
        told = say(
            "It was understood, but it could not be stored. It asks to opt out, and that could not be put on the list: "
            "do it by hand, now."
        )
        self._try([_aside(event, told)])
        return False  # So that the gateway brings it again: what stood in the way may be gone by then.

    def _work_between(self) -> None:
        moment = time.monotonic()
        due = moment - self._folded_at >= FOLD_EVERY or self._unfolded >= FOLD_AT
        try:
            if due and moment >= self._fold_again_at:
                taken = reports.fold(self.db, now=self.clock(), limit=FOLDED_AT_ONCE)
                self._folded_at = time.monotonic()
                self._unfolded = FOLD_AT if taken == FOLDED_AT_ONCE else 0
                if taken:
                    time.sleep(GAP)
            if moment - self._beaten_at >= BEAT_EVERY:
                self._beaten_at = moment
                store.beat(self.db, "ingester", now=self.clock(), started_at=self._started, detail=dict(self.told))
                self._last_good = moment
                self._write_optouts()  # what was changed by hand
        except driver.OperationalError as error:
            log.warning("the store refuses: %s", error)
            self._fold_again_at = time.monotonic() + 1
        except Exception:
            log.exception("folding failed; the log is kept, next try in 10 s")
            self._fold_again_at = time.monotonic() + 10


def keep(db: Connection, events: list[Event], *, now: int) -> None:
    """Put events where they belong, in the order they came, within the caller's transaction."""
    reports.append(db, [event for event in events if isinstance(event, Report)])
    for event in events:
        if isinstance(event, Inbound):
            inbound.take(db, event, now=now)
        elif isinstance(event, Odd):
            quarantine.keep(db, event)
        elif isinstance(event, OptOut):
            person = inbound.person(db, event.msisdn, region=options.read(db).region)
            suppressions.add(db, msisdn=person, reason=event.reason, by=INGESTER, now=now)


def _aside(event: Report | Inbound, reason: Sentence) -> Odd:
    kind: quarantine.Kind = "dlr" if isinstance(event, Report) else "mo"
    return Odd(kind, event.arrived, event.source, "", b"", event.body, reason)
