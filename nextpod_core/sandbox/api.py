"""The documented API: `POST /v2/sms` and `/v3/sms`. Every refusal carries its reason in the HTTP reason phrase.

Written from the API document alone. Where the document is silent, `docs/sandbox.md` says what was chosen.
"""

import asyncio
import hashlib
import json
import logging
import time
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from functools import partial

from nextpod_core.sandbox import magic, parameters, record
from nextpod_core.sandbox.callbacks import Callbacks, is_allowed
from nextpod_core.sandbox.magic import Outcome
from nextpod_core.sandbox.parameters import Refused
from nextpod_core.sandbox.record import Accepted
from nextpod_core.sandbox.settings import Settings
from nextpod_core.sandbox.store import Store, StoreBroken
from nextpod_core.sandbox.wire import Answer, Request

log = logging.getLogger(__name__)

SLOW_SECONDS, SILENT_SECONDS = 10, 120


@dataclass(slots=True)
class LockOut:
    """Failed requests by key within the last 20 minutes (of the simulated world). Times are seconds that only grow."""

    most: int
    window: float
    failures: dict[str, deque[float]] = field(default_factory=dict)
    until: dict[str, float] = field(default_factory=dict)

    def is_locked(self, key: str, *, now: float) -> bool:
        """Whether this key is blocked at this moment."""
        if self.until.get(key, 0.0) > now:
            return True
        self.until.pop(key, None)
        return False

    def count(self, key: str, *, now: float) -> None:
        """One more failed request of this key; the last one allowed locks it out."""
        recent = self.failures.setdefault(key, deque(maxlen=self.most))
        while recent and recent[0] <= now - self.window:
            recent.popleft()
        recent.append(now)
        if len(recent) == self.most:
            self.until[key] = now + self.window
            del self.failures[key]


class Api:
    """The API with what it has to remember: who failed how often, what each key has spent."""

    def __init__(self, settings: Settings, store: Store, callbacks: Callbacks, *, spent: dict[str, int]) -> None:
        self.settings, self.store, self.callbacks = settings, store, callbacks
        self.spent = Counter(spent)
        self.lock_out = LockOut(settings.failures, settings.lock_out)
        self._faulted: set[str] = set()

    async def send(self, request: Request) -> Answer | None:
        """Answer one request to `…/sms`; None where the answer is to be lost."""
        if self.settings.latency:
            await asyncio.sleep(self.settings.latency)
        if request.method != "POST":
            return Answer(405, "Method Not Allowed", headers=(("Allow", "POST"),))
        given = parameters.read(request)
        account, key = parameters.credentials(request, given or {})
        who = hashlib.blake2b(f"{account}:{key}".encode(), digest_size=8).hexdigest()
        if self.lock_out.is_locked(who, now=time.monotonic()):
            return refusal(Refused(429))
        try:
            _let_in(account, key)
            if given is None:
                raise Refused(400, "Bad Request")
            return await self._take(self._mute_strangers(parameters.check(given, who)))
        except Refused as refused:
            if refused.code not in (429, 500):  # "To many failed requests": what the caller did wrong
                self.lock_out.count(who, now=time.monotonic())
            return refusal(refused)
        except StoreBroken:
            return refusal(Refused(500))

    def _mute_strangers(self, accepted: Accepted) -> Accepted:
        """Nothing leaves this machine: a `dlr_url` that leads elsewhere is taken, and never called."""
        if not accepted.dlr_url or is_allowed(accepted.dlr_url, self.settings.hosts):
            return accepted
        log.warning("Delivery reports go to this machine only; a dlr_url at another host is ignored.")
        return replace(accepted, dlr_url="")

    async def _take(self, accepted: Accepted) -> Answer | None:
        fate = magic.of_request(list(accepted.recipients))
        self._refuse_by_magic(fate, accepted)
        cost = accepted.parts * len(accepted.recipients)
        if self.settings.balance is not None and self.spent[accepted.key_hash] + cost > self.settings.balance:
            raise Refused(402)
        self.spent[accepted.key_hash] += cost  # before the wait, so that two requests can't spend the same
        now = time.time_ns() // 1_000_000
        try:
            first, due = await self.store.write(
                partial(record.accept, request=accepted, settings=self.settings, now=now)
            )
        except StoreBroken:
            self.spent[accepted.key_hash] -= cost
            raise
        self.callbacks.expect(due, url=accepted.dlr_url)
        if first:
            await self.callbacks.told(first)
        return await self._answer(fate, accepted)

    def _refuse_by_magic(self, fate: Outcome | None, accepted: Accepted) -> None:
        if fate is Outcome.REFUSED:
            raise Refused(400, "To parameter is missing or has an invalid value")
        if fate is Outcome.FAULT:
            raise Refused(500)
        if fate is Outcome.FAULT_ONCE and not self._faulted.issuperset(accepted.recipients[:1]):
            self._faulted.update(accepted.recipients)
            raise Refused(500)

    async def _answer(self, fate: Outcome | None, accepted: Accepted) -> Answer | None:
        match fate:
            case Outcome.ANSWER_LOST:
                return None
            case Outcome.SILENCE:
                await asyncio.sleep(SILENT_SECONDS / self.settings.speed)
                return None
            case Outcome.FAULT_BUT_SENT:
                return refusal(Refused(500))
            case Outcome.SLOW:
                await asyncio.sleep(SLOW_SECONDS / self.settings.speed)
        body = _ok_body(accepted)
        if fate is Outcome.UNREADABLE:
            body = body.replace(b'", "msg_length"', b'" "msg_length"')
        return Answer(200, "OK", body)


def refusal(refused: Refused) -> Answer:
    """The answer for a refusal. "Check the http-status text for more information": the body is empty."""
    return Answer(refused.code, refused.phrase)


def _ok_body(accepted: Accepted) -> bytes:
    """One recipient: a flat object. Several: a list in an envelope. Numbers are text, but for `recipients`."""
    sms = [
        {
            "id": guid,
            "from": accepted.sender,
            "to": msisdn,
            "msg_length": str(len(accepted.text)),
            "msg_parts": str(accepted.parts),
            "reference": accepted.reference,
        }
        for msisdn, guid in zip(accepted.recipients, accepted.guids, strict=True)
    ]
    found = sms[0] if len(sms) == 1 else {"recipients": len(sms), "sms": sms}
    return json.dumps(found, ensure_ascii=False).encode()


def _let_in(account: str, key: str) -> None:
    code = magic.KEYS.get(key) or magic.ACCOUNTS.get(account) or (0 if key else 401)
    if code:
        raise Refused(code)
