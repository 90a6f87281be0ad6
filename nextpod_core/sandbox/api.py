"""The documented API: `POST /v2/sms` and `/v3/sms`. Every refusal carries its reason in the HTTP reason phrase.

Written from the API document alone. Where the document is silent, `docs/sandbox.md` says what was chosen.
"""

import asyncio
import base64
import binascii
import hashlib
import json
import logging
import re
import time
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from urllib.parse import parse_qsl, urlsplit

from nextpod_core.sandbox import gsm, magic, record
from nextpod_core.sandbox.callbacks import Callbacks, is_allowed
from nextpod_core.sandbox.magic import Outcome
from nextpod_core.sandbox.record import Accepted
from nextpod_core.sandbox.settings import Settings
from nextpod_core.sandbox.store import Store, StoreBroken
from nextpod_core.sandbox.wire import Answer, Request

log = logging.getLogger(__name__)

PHRASES = {
    401: "Unauthorized",
    402: "Out of credit",
    403: "Forbidden",
    413: "To many recipients",
    429: "To many requests",
    500: "Internal server error",
}
MSISDN = re.compile(r"[1-9][0-9]{6,14}")
SEND_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
MOST_RECIPIENTS, LONGEST_TEXT, LONGEST_REFERENCE = 1000, 1500, 100
MOST_FIELDS = 100
SLOW_SECONDS, SILENT_SECONDS = 10, 120


class Refused(Exception):
    """The answer is no; nothing was accepted."""

    def __init__(self, code: int, phrase: str = "") -> None:
        self.code, self.phrase = code, phrase or PHRASES[code]
        super().__init__(f"{self.code} {self.phrase}")


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
        given = _parameters(request)
        account, key = _credentials(request, given or {})
        who = hashlib.blake2b(f"{account}:{key}".encode(), digest_size=8).hexdigest()
        if self.lock_out.is_locked(who, now=time.monotonic()):
            return refusal(Refused(429))
        try:
            _let_in(account, key)
            if given is None:
                raise Refused(400, "Bad Request")
            return await self._take(self._mute_strangers(_check(given, who)))
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
    """The answer for a refusal; the body repeats the phrase for those who can't see it."""
    body = json.dumps({"status": refused.code, "message": refused.phrase}).encode()
    return Answer(refused.code, refused.phrase, body)


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


def _parameters(request: Request) -> dict[str, str] | None:
    """What the query string and the body say together, the body over the query; None for a body that can't be read."""
    try:
        query = urlsplit(request.target).query.decode("utf-8")
        found = dict(parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS))
        text = request.body.decode("utf-8-sig").strip()
        if not text:
            return found
        is_json = "json" in request.headers.get("content-type", "").lower() or text.startswith("{")
        return found | (_from_json(text) if is_json else _from_form(text))
    except (ValueError, RecursionError):
        return None


def _from_json(text: str) -> dict[str, str]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    json.dumps(found, ensure_ascii=False).encode()  # Half a surrogate pair is no text: ValueError.
    # A number where the document says text is let pass; a list, an object or a truth value is no value.
    return {
        name: value if isinstance(value, str) else str(value) if type(value) in (int, float) else "\0"
        for name, value in found.items()
        if value is not None
    }


def _from_form(text: str) -> dict[str, str]:
    # The document's own example begins with "?" and breaks the line before each "&".
    joined = re.sub(r"\s*[\r\n]+\s*&|&\s*[\r\n]+\s*", "&", text).removeprefix("?")
    return dict(parse_qsl(joined, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS))


def _credentials(request: Request, given: dict[str, str]) -> tuple[str, str]:
    """Account and key: from Basic authentication with an empty user, else from the parameters. Empty when missing."""
    scheme, _, coded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, colon, key = base64.b64decode(coded.strip(), validate=True).decode("utf-8").partition(":")
        except (binascii.Error, ValueError):
            return "", ""
        return "", (key if colon and not user else "")
    account, key = given.get("account_id", ""), given.get("api_key", "")
    return (account, key) if account and key else ("", "")


def _let_in(account: str, key: str) -> None:
    code = magic.KEYS.get(key) or magic.ACCOUNTS.get(account) or (0 if key else 401)
    if code:
        raise Refused(code)


def _check(given: dict[str, str], who: str) -> Accepted:
    """The parameters of one request, each as the document wants it. Raises Refused with the parameter's name."""
    sender = given.get("from", "")
    if not _may_send(sender):
        raise Refused(400, _invalid("From"))
    recipients = tuple(dict.fromkeys(number.strip() for number in given.get("to", "").split(",")))
    if not all(map(MSISDN.fullmatch, recipients)):
        raise Refused(400, _invalid("To"))
    if len(recipients) > MOST_RECIPIENTS:
        raise Refused(413)
    text = given.get("msg", "")
    if not text or "\0" in text or gsm.utf16_length(text) > LONGEST_TEXT:
        raise Refused(400, _invalid("Msg"))
    reference = given.get("reference", "")
    if len(reference) > LONGEST_REFERENCE or "\0" in reference:
        raise Refused(400, _invalid("Reference"))
    gateway = given.get("gateway", "")
    if gateway and not (gateway.isascii() and gateway.isdigit()):
        raise Refused(400, _invalid("Gateway"))
    method = given.get("dlr_method", "").upper() or "JSON"
    if method not in ("JSON", "FORM"):
        raise Refused(400, _invalid("Dlr_method"))
    return Accepted(
        key_hash=who,
        sender=sender,
        text=text,
        parts=gsm.parts(text),
        recipients=recipients,
        guids=record.new_guids(len(recipients)),
        reference=reference,
        dlr_url=_address(given.get("dlr_url", "")),
        dlr_method=method,
        send_at=_moment(given.get("send_time", "")),
    )


def _invalid(name: str) -> str:
    return f"{name} parameter is missing or has an invalid value"


def _may_send(sender: str) -> bool:
    """Numeric 3-14 digits, else 3-11 characters of the GSM alphabet; "some sender values are blocked"."""
    if sender.lower() in magic.BLOCKED_SENDERS:
        return False
    if sender.isdigit():
        return sender.isascii() and 3 <= len(sender) <= 14
    if not any(map(str.isalnum, sender)) or not sender.isprintable():
        return False
    return 3 <= len(sender) <= 11 and gsm.is_gsm7(sender)


def _address(url: str) -> str:
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or not url.isascii() or any(character <= " " for character in url):
        raise Refused(400, _invalid("Dlr_url"))
    return url


def _moment(text: str) -> int:
    """`send_time` in UTC milliseconds; 0 for at once. The document allows one form: YYYY-MM-DDTHH:MI:SSZ."""
    if not text:
        return 0
    if not SEND_TIME.fullmatch(text):
        raise Refused(400, _invalid("Send_time"))
    try:
        return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError as error:
        raise Refused(400, _invalid("Send_time")) from error
