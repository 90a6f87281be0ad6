"""
The dispatcher: the one process that sends. Claim, send, write down what came of it, and again.

Any number of dispatchers may run on one file; each claims for itself. Killed at any moment it leaves nothing but
leases that run out. Stopping lets requests under way finish for a few seconds; what is still out then is unknown.
"""

import asyncio
import logging
import os
import secrets
import shutil
import signal
import socket
import time
from collections.abc import Callable

from nextpod_core import alerts, brakes, campaigns, holding, monitor, outbox, settlement, store, tide, tokens
from nextpod_core.api import Nextpod
from nextpod_core.db import Connection, Error, is_full, is_locked, transaction
from nextpod_core.errors import (
    BadInput,
    Blocked,
    NotAllowed,
    NotSent,
    OutOfCredit,
    Rejected,
    ServerFault,
    Unknown,
    WrongAddress,
    WrongSettings,
)
from nextpod_core.keeping import Keeper
from nextpod_core.metrics import Figure
from nextpod_core.monitor import Monitor, Sent
from nextpod_core.outbox import Batch
from nextpod_core.people import DISPATCHER
from nextpod_core.sentences import say
from nextpod_core.settings import Settings, read_api_key
from nextpod_core.settlement import Outcome
from nextpod_core.telling import Teller
from nextpod_core.tokens import Tokens

log = logging.getLogger("nextpod.dispatcher")

IDLE = 0.25  # Seconds between looks when there is nothing to do: due, pause and stop are felt within a second.
BEAT = 2_000
HOUSEKEEPING = 500
WATCH = 5_000
FORGET = 600_000
MOST_RECORDED = 20  # Batches of up to 1,000 in one transaction are kept under 5,000 rows where it can be helped.


class Dispatcher:
    """One holder of leases with up to `settings.under_way` requests out at once. `step` does one round."""

    def __init__(self, settings: Settings, db: Connection, client: Nextpod, *, clock: Callable[[], int]) -> None:
        self.settings, self.db, self.client, self.clock = settings, db, client, clock
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.started_at = clock()
        self.under_way: dict[asyncio.Task[Outcome], Batch] = {}
        self.done: list[tuple[Batch, Outcome]] = []
        self.sent = Sent()
        self.allowed = 1  # Slow start: a wrong key is met once, not 64 times.
        self.unknowns_in_row = 0
        self.teller = Teller(settings, db)
        self._beaten_at = self._kept_at = self._watched_at = 0
        self.tokens = Tokens(settings)
        self._key = settings.api_key
        self._forgot_at = 0

    def look_back(self, *, now: int) -> None:
        """On starting, or waking from a long sleep: old data, or a long downtime, must not send by itself.

        What is due only later counts too: in a copy of yesterday's file it may have left meanwhile. A file that lacks
        what is known to have left is held however young it is.
        """
        if (lacks := tide.missing(self.db, self.settings.tide)) is not None:
            log.error("the database went back in time: %d requests or more are not in it", lacks.requests)
            holding.hold_behind(self.db, lacks, now=now)
            tide.begin_again(self.db, self.settings.tide)
        last = store.last_beats(self.db).get("dispatcher")
        if last is None or now - last <= self.settings.overdue * 1000:
            return
        waiting = self.db.execute(
            """
            SELECT 1 FROM campaigns c
             WHERE state = 'scheduled'
                OR (state = 'sending' AND EXISTS
                    (SELECT 1 FROM counts WHERE campaign_id = c.id AND hour = 0 AND status IN ('queued', 'sending')))
            """
        ).fetchone()
        if waiting is None:
            return
        with transaction(self.db):
            reason = say(
                "Nothing was sent for {minutes} minutes and there is something to send. If this is a backup or a copy, "
                "it may have been sent already. Look at what is due, then let sending go on.",
                minutes=(now - last) // 60_000,
            )
            brakes.put_on(self.db, "overdue", reason, now=now, by=DISPATCHER)

    def step(self) -> bool:
        """Write down what is done, keep house, claim and start what may leave; whether there was anything to do."""
        now = self.clock()
        recorded = self._record(now)
        if now - self._beaten_at >= BEAT or now < self._beaten_at:
            if self._beaten_at and now - self._beaten_at > self.settings.overdue * 1000:
                self.look_back(now=now)  # The machine slept, or the clock jumped.
            store.beat(
                self.db, "dispatcher", now=now, started_at=self.started_at, detail={"under_way": len(self.under_way)}
            )
            self._beaten_at = now
            tide.raise_mark(self.db, self.settings.tide, sync=True)
        kept = False
        if now - self._kept_at >= HOUSEKEEPING or now < self._kept_at:
            self._kept_at = now
            settlement.expire(self.db, now=now)
            campaigns.start_due(self.db, now=now)
            kept = campaigns.sweep_cancelled(self.db)
            campaigns.finish_done(self.db, now=now)
            self._watch(now)
        room = min(self.allowed, self.settings.under_way) - len(self.under_way)
        batches = outbox.claim(
            self.db, now=self.clock(), holder=self.holder, lease=int(self.settings.lease * 1000), room=room
        ) if not self.done else []  # fmt: skip
        if batches:
            tide.raise_mark(self.db, self.settings.tide)
        for batch in batches:
            self.under_way[asyncio.create_task(self._send(batch))] = batch
        return bool(recorded or batches or kept)

    def _watch(self, now: int) -> None:
        """Look for what somebody must hear of, rest for a full disk, and hand out what is owed."""
        if now - self._watched_at >= WATCH or now < self._watched_at:
            self._watched_at = now
            disk = shutil.disk_usage(self.settings.database.resolve().parent)
            alerts.rest_for_disk(self.db, free=disk.free, total=disk.total, now=now)
            found = alerts.look(self.db, self.settings, free=disk.free, total=disk.total, now=now)
            alerts.note(self.db, found, now=now)
            self._read_secrets(now)
        self.teller.step(now=now)

    def _read_secrets(self, now: int) -> None:
        """Take up a key that was replaced, and let go of tokens that were."""
        if (path := self.settings.api_key_file) is not None:
            try:
                key = read_api_key(path)
            except WrongSettings as error:
                log.error("%s The key before is used on.", error)
            else:
                if key != self._key:
                    self._key = key
                    self.client.use_key(key)
                    log.info("the key was replaced; the next request uses the new one")
        if not 0 <= now - self._forgot_at < FORGET:
            self._forgot_at = now
            tokens.forget(self.settings, self.db, now=now)

    async def run(self, stop: asyncio.Event) -> None:
        """Step until `stop`, then let what is under way finish for a few seconds."""
        self.look_back(now=self.clock())
        wait = IDLE
        stopping = asyncio.create_task(stop.wait())
        while not stop.is_set():
            try:
                busy = self.step()
                wait = IDLE
            except Error as error:
                busy = False
                wait = min(wait * 2, 5.0)
                told = "the disk is full" if is_full(error) else "the database is locked" if is_locked(error) else error
                log.error("nothing is claimed: %s; next try in %.1f s", told, wait)
            if busy and (self.done or not self.under_way):
                await asyncio.sleep(0)
                continue
            await asyncio.wait({*self.under_way, stopping}, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            self._collect()
        await self._finish()
        stopping.cancel()

    async def _finish(self) -> None:
        if self.under_way:
            log.info("stopping: %d requests are under way and get %.0f s", len(self.under_way), self.settings.stop)
            await asyncio.wait(self.under_way, timeout=self.settings.stop)
            self._collect()
        for task in list(self.under_way):
            task.cancel()
        if self.under_way:
            await asyncio.wait(self.under_way, timeout=0.5)
            self._collect()
        now = self.clock()
        unknown = sum(len(batch.to) for batch, outcome in self.done if outcome.kind == "unknown")
        while self.done:
            self._record(now)
        if unknown:
            log.warning("%d messages were under way and got no answer: they are unknown now", unknown)
        campaigns.finish_done(self.db, now=now)

    def _collect(self) -> None:
        for task in [task for task in self.under_way if task.done()]:
            batch = self.under_way.pop(task)
            # A task that was cancelled before it began, or broke in a way nobody thought of: it may have left.
            broken = task.cancelled() or task.exception() is not None
            if broken and not task.cancelled():
                log.error("a request broke", exc_info=task.exception())
            outcome = Outcome("unknown", phrase="stopped by us") if broken else task.result()
            self.done.append((batch, outcome))
            self.sent.note(outcome, len(batch.to), now=self.clock())
            if outcome.kind == "accepted":
                self.allowed = min(self.allowed * 2, self.settings.under_way)
            else:
                self.allowed = 1

    def figures(self) -> list[Figure]:
        """What a monitor is told that only this process knows; safe to ask from another thread."""
        out = tuple(self.under_way.values())
        return monitor.figures(
            self.sent, under_way=len(out), messages=sum(len(batch.to) for batch in out),
            allowed=min(self.allowed, self.settings.under_way), unwritten=len(self.done), now=self.clock(),
        )  # fmt: skip

    def _record(self, now: int) -> bool:
        if not self.done:
            return False
        some: list[tuple[Batch, Outcome]] = []
        rows = 0
        for pair in self.done[:MOST_RECORDED]:
            if some and rows + len(pair[0].to) > campaigns.CHUNK:
                break
            some.append(pair)
            rows += len(pair[0].to)
        self.unknowns_in_row = settlement.record(
            self.db, some, settings=self.settings, unknowns_in_row=self.unknowns_in_row, now=now
        )
        del self.done[: len(some)]  # Only now: what can't be written down yet, on a full disk, is kept and tried again.
        return True

    async def _send(self, batch: Batch) -> Outcome:
        if self.clock() + self.settings.timeout * 1000 > batch.lease_until:
            # The machine slept between the claim and here: its window may be over, and others may judge it lost.
            return Outcome("not_sent", phrase="the lease was nearly over before it began")
        started = False

        def begin() -> None:
            nonlocal started
            started = True

        try:
            answer = await self.client.send(
                sender=batch.sender,
                to=batch.to,
                msg=batch.text,
                send_time=batch.send_time,
                dlr_url=f"{self.settings.public_url}/dlr/{self.tokens.present}",
                dlr_method="JSON",
                reference=outbox.show_reference(batch.reference),
                started=begin,
            )
        except asyncio.CancelledError:
            if started:
                return Outcome("unknown", phrase="stopped by us before the answer came")
            return Outcome("not_sent", phrase="stopped by us before it left")
        except BadInput as error:
            return Outcome("rejected", code=400, phrase=f"msg refused here: {error}")
        except Rejected as error:
            return Outcome("rejected", code=error.code, phrase=error.phrase)
        except NotAllowed as error:
            return Outcome("not_allowed", code=error.code, phrase=error.phrase)
        except OutOfCredit as error:
            return Outcome("credit", code=error.code, phrase=error.phrase)
        except Blocked as error:
            return Outcome("blocked", code=error.code, phrase=error.phrase, retry_after=error.retry_after)
        except ServerFault as error:
            return Outcome("fault", code=error.code, phrase=error.phrase)
        except NotSent as error:
            return Outcome("not_sent", phrase=str(error))
        except WrongAddress as error:
            return Outcome("wrong_address", phrase=str(error))
        except Unknown as error:
            return Outcome("unknown", phrase=str(error))
        return Outcome("accepted", ids=answer.ids, code=200)


def main(settings: Settings) -> int:
    """Run until SIGINT or SIGTERM; the exit code."""
    db = store.open(settings)
    # A quarter of what others keep: it goes through each campaign once, and a large one costs no more memory then.
    db.execute("PRAGMA cache_size = -8192")

    async def serve() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, stop.set)
        async with Nextpod.from_settings(settings) as client:
            dispatcher = Dispatcher(settings, db, client, clock=lambda: time.time_ns() // 1_000_000)
            if other := store.other_at_work(db, "dispatcher", now=dispatcher.clock()):
                log.warning(
                    "another dispatcher (process %d) works on this file too. Nobody is texted twice for that, but each "
                    "sends as fast as one may: end one of them", other,
                )  # fmt: skip
            log.info("sending to %s, up to %d requests at once", settings.api_url, settings.under_way)
            keeper = Keeper(settings, dispatcher.clock)
            keeper.start()
            watched = Monitor(settings, dispatcher.figures, dispatcher.clock)
            watched.start()
            try:
                await dispatcher.run(stop)
            finally:
                await asyncio.to_thread(watched.stop)
                await asyncio.to_thread(keeper.stop)

    asyncio.run(serve())
    db.close()
    return 0
