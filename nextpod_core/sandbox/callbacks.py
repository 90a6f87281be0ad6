"""Telling the ingester: reports to `dlr_url`, incoming messages to the MO address, again until it takes them."""

import asyncio
import contextlib
import ipaddress
import json
import logging
import time
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

from nextpod_core.sandbox import record, replies
from nextpod_core.sandbox.carrier import STATUS_CODES
from nextpod_core.sandbox.operators import operator_of
from nextpod_core.sandbox.post import Poster
from nextpod_core.sandbox.settings import Settings
from nextpod_core.sandbox.store import Store, StoreBroken

log = logging.getLogger(__name__)

AT_ONCE = 24  # POSTs under way
WAITS = (2, 5, 15, 60, 300)  # seconds before trying again; the last one for ever
SHORTEST_WAIT = 0.25  # real seconds, however fast the simulated world runs
FLUSH_SECONDS = 0.05
GATHER_SECONDS = 0.01
BEFORE_ANSWER_SECONDS = 5.0
FETCHED = 500

CONTENT_TYPES = {"JSON": "application/json; charset=utf-8", "FORM": "application/x-www-form-urlencoded; charset=utf-8"}
Waiting = tuple[str, Any]  # which table, and its row


def is_allowed(url: str, hosts: frozenset[str]) -> bool:
    """Whether something may be posted there: this machine, or a host that the person who runs it has named."""
    host = (urlsplit(url).hostname or "").lower()
    if host == "localhost" or host in hosts:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def dlr_fields(row: Any, *, seed: str) -> dict[str, str]:
    """The documented fields of a delivery report, numbers as text."""
    operator = operator_of(row["msisdn"], seed=seed)
    return {
        "id": row["guid"],
        "reference": row["reference"],
        "to": row["msisdn"],
        "created_time": zulu(row["accepted_at"]),
        "sent_time": zulu(max(row["accepted_at"], row["send_at"])),
        "status_updated": zulu(row["happens_at"]),
        "status_code": str(STATUS_CODES[row["word"]]),
        "status_text": row["word"],
        "operator_status_code": row["operator_code"],
        "mcc": operator.mcc,
        "mnc": operator.mnc,
        "msg_parts": str(row["parts"]),
    }


def mo_fields(row: Any, *, seed: str, born: int) -> dict[str, str]:
    """The documented fields of an incoming message. A long number identifies no keyword, and gives none."""
    operator = operator_of(row["msisdn"], seed=seed)
    keywords = replies.identify(row["shortcode"], row["text"])
    return {
        "id": str(born + row["id"]),
        "from": row["msisdn"],
        "to": row["shortcode"],
        "msg": row["text"],
        **({} if keywords is None else {"keyword": keywords[0], "sub_keyword": keywords[1]}),
        "keyword_rules": "false",
        "mcc": operator.mcc,
        "mnc": operator.mnc,
        "received_time": zulu(row["happens_at"]).removesuffix("Z"),
    }


def zulu(milliseconds: int) -> str:
    """YYYY-MM-DDTHH:MI:SSZ"""
    return datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Callbacks:
    """The loop that tells; one for the process. What it has told is written down after the ingester's 2xx."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings, self.store = settings, store
        self.dlr_url = store.meta("dlr_url")
        self._poster = Poster()
        self._queue: asyncio.Queue[Waiting] = asyncio.Queue()
        self._under_way: set[tuple[str, int]] = set()
        self._taken: list[tuple[str, int]] = []
        self._refused: list[tuple[str, int, int]] = []
        self._waiters: dict[int, asyncio.Event] = {}
        self._wake = asyncio.Event()
        self._sleeps_until = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._complained = False

    @property
    def mo_url(self) -> str:
        """Where incoming messages go: the setting, else beside the last `dlr_url`; empty when neither is known."""
        if self.settings.mo_url:
            return self.settings.mo_url
        before, found, token = self.dlr_url.rpartition("/dlr/")
        return f"{before}/mo/{token}" if found else ""

    def start(self) -> None:
        """Begin to tell what is due, also what an earlier process left."""
        loop = asyncio.get_running_loop()
        work = [self._look(), self._flush(), *(self._tell() for _ in range(AT_ONCE))]
        self._tasks = [loop.create_task(each) for each in work]

    async def stop(self) -> None:
        """End. What was told and not yet written down is written; what was not told waits in the file."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(StoreBroken):
            await self._write_down()
        self._poster.close()

    def expect(self, due: int, *, url: str = "") -> None:
        """Something new is due then; `url` is the newest `dlr_url`."""
        self.dlr_url = url or self.dlr_url
        if due <= self._sleeps_until:
            self._wake.set()

    async def told(self, reports: list[int]) -> None:
        """Wait until these reports were posted, or for a few seconds: then the answer goes out anyway."""
        waiters = {report: self._waiters.setdefault(report, asyncio.Event()) for report in reports}
        self._wake.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BEFORE_ANSWER_SECONDS):
                for waiter in waiters.values():
                    await waiter.wait()
        for report in reports:
            self._waiters.pop(report, None)

    async def _look(self) -> None:
        """Fetch what is due; sleep until the next is."""
        while True:
            self._wake.clear()
            # Taken before reading: a row that is told and written down meanwhile must not be taken for a new one.
            busy = set(self._under_way)
            now = time.time_ns() // 1_000_000
            self._sleeps_until = now + 1000
            try:
                found, upcoming = await self.store.read(partial(self._due, now=now))
            except Exception:
                log.exception("What is due could not be read")
                found, upcoming = [], None
            fresh = 0
            for table, row in found:
                if (table, row["id"]) not in busy:
                    self._under_way.add((table, row["id"]))
                    self._queue.put_nowait((table, row))
                    fresh += 1
            if fresh >= FETCHED // 2:
                while self._queue.qsize() > FETCHED // 2:
                    await asyncio.sleep(0.01)
                continue
            # At least once a second: a request whose caller went away has told nobody what it left in the file.
            self._sleeps_until = min(now + 1000, upcoming or now + 1000)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._sleeps_until / 1000 - time.time()):
                    await self._wake.wait()
            await asyncio.sleep(GATHER_SECONDS)  # Under load many become due together; one look finds them all.

    def _due(self, db: Any, *, now: int) -> tuple[list[Waiting], int | None]:
        limit = FETCHED + len(self._under_way)
        reports = [("reports", row) for row in record.waiting_reports(db, upto=now, limit=limit)]
        incoming = [("incoming", row) for row in record.waiting_incoming(db, upto=now, limit=limit)]
        return [*reports, *incoming], record.next_due(db, after=now)

    async def _tell(self) -> None:
        """Post one after the other; AT_ONCE of these run."""
        while True:
            table, row = await self._queue.get()
            taken = nobody = False
            try:
                taken = await self._post(table, row)
            except Exception as error:
                nobody = isinstance(error, ConnectionRefusedError)
                self._complain(str(error) or type(error).__name__)
            if taken:
                self._complained = False
                self._taken.append((table, row["id"]))
            else:
                wait = max(SHORTEST_WAIT, WAITS[min(row["tries"], len(WAITS) - 1)] / self.settings.speed)
                self._refused.append((table, time.time_ns() // 1_000_000 + int(wait * 1000), row["id"]))
            if table == "reports" and row["id"] in self._waiters:
                self._waiters[row["id"]].set()
            if nobody:
                await asyncio.sleep(SHORTEST_WAIT)  # Nobody listens there: thousands of reports need not all find out.

    async def _post(self, table: str, row: Any) -> bool:
        if table == "reports":
            url, method = row["dlr_url"], row["dlr_method"]
            fields = dlr_fields(row, seed=self.settings.seed)
        else:
            url, method = self.mo_url, self.settings.mo_method
            fields = mo_fields(row, seed=self.settings.seed, born=self.store.born)
        if not url or not is_allowed(url, self.settings.hosts):
            return False  # Nobody to tell yet: kept until an address is known.
        body = json.dumps(fields, ensure_ascii=False) if method == "JSON" else urlencode(fields)
        code = await self._poster.post(url, body.encode(), CONTENT_TYPES[method])
        if not 200 <= code < 300:
            self._complain(f"it answered {code}")
        return 200 <= code < 300

    def _complain(self, why: str) -> None:
        if not self._complained:  # Once, not once a report; and never with the address, whose path is a secret.
            self._complained = True
            log.warning("The ingester does not take reports (%s). They are kept and tried again.", why)

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await self._write_down()
            except StoreBroken:
                await asyncio.sleep(1)

    async def _write_down(self) -> None:
        taken, self._taken = self._taken, []
        refused, self._refused = self._refused, []
        if not taken and not refused:
            return
        now = time.time_ns() // 1_000_000

        def write(db: Any) -> None:
            for table in ("reports", "incoming"):
                record.told(db, table, [each for kind, each in taken if kind == table], now=now)
                record.again(db, table, [(due, each) for kind, due, each in refused if kind == table])

        try:
            await self.store.write(write)
        finally:
            self._under_way.difference_update(taken)
            self._under_way.difference_update((table, each) for table, _, each in refused)
        if refused:
            self.expect(min(due for _, due, _ in refused))
