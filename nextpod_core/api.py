"""
The Nextpod SMS API, usable on its own: `from nextpod_core.api import Nextpod`.

What the document's rules forbid is refused here before anything leaves; what comes back is either an answer, one error
for each documented code, or the difference between *not sent* and *unknown* (tree in `errors.py`, proof in `wire.py`).
Writes no log: there are people's numbers, texts and the key in everything it handles.
"""

import asyncio
import base64
import http
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlencode

from nextpod_core.errors import (
    ApiError,
    BadInput,
    Blocked,
    NextpodError,
    NotAllowed,
    OutOfCredit,
    Rejected,
    ServerFault,
    Unknown,
    WrongAddress,
)
from nextpod_core.request import Method, check_request, checked_url, sender_warning
from nextpod_core.settings import Settings
from nextpod_core.wire import Reply, Wire

__all__ = ["Answer", "Nextpod", "check_request", "read_answer", "refusal", "sender_warning"]

Format = Literal["json", "form"]

# Every code of the document's table but 200.
REFUSALS: dict[int, type[ApiError]] = {
    400: Rejected,
    401: NotAllowed,
    402: OutOfCredit,
    403: NotAllowed,
    413: Rejected,
    429: Blocked,
    500: ServerFault,
}
# The names that libraries give these codes by themselves: no reason stands in them. Nextpod's own for 402, 413 and 429
# say what the code says and are not among them.
STOCK = {status.phrase.casefold() for status in http.HTTPStatus} | {"", "content too large", "payload too large"}


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What Nextpod answered with 200. Numbers are matched by `to`, never by position."""

    ids: dict[str, str]  # MSISDN asked for: Nextpod's message id, as it was written
    missing: tuple[str, ...]  # asked for and not answered: unknown
    parts: dict[str, int]  # MSISDN: SMS parts, where a sensible number was given
    others: tuple[tuple[str, str], ...] = ()  # (MSISDN, id) of numbers not asked for, and second ids
    raw: str = field(default="")

    def __repr__(self) -> str:
        return f"Answer({len(self.ids)} ids, {len(self.missing)} missing, {len(self.others)} others)"


class Nextpod:
    """A client of one account. Safe for many sends at once in one event loop; `async with` or `aclose` ends it.

    `url` is the base, without the resource: https://api.nextpod.io/v2. `auth="form"` puts account id and key into a
    form body, as the document's example does, so it sends forms whatever `format` says. `timeout` is in seconds and
    covers one request altogether. Raises BadInput for a setting that could not work.
    """

    def __init__(
        self,
        api_key: str,
        *,
        url: str = "https://api.nextpod.io/v2",
        account_id: str = "",
        auth: Literal["basic", "form"] = "basic",
        format: Format = "json",
        gateway: int | None = None,
        proxy: str | None = None,
        ca_file: Path | str | None = None,
        timeout: float = 30.0,
    ) -> None:
        if not api_key:
            raise BadInput("The API key is empty. Create one by logging in at Nextpod.")
        if auth == "form" and not (account_id.isascii() and account_id.isdigit()):
            raise BadInput("Signing in by form needs the account id, a whole number; it stands under My account.")
        self._url = checked_url(url).rstrip("/") + "/sms"
        self._account_id, self._auth = account_id, auth
        self._format: Format = "form" if auth == "form" else format
        self._gateway = gateway
        self._headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "nextpod-desk"}
        self._headers["Content-Type"] = {
            "json": "application/json; charset=utf-8",
            "form": "application/x-www-form-urlencoded; charset=utf-8",
        }[self._format]
        self.use_key(api_key)
        # One more for `send_sync`: connections belong to one event loop.
        self._new_wire = partial(Wire, self._url, proxy=proxy, ca_file=ca_file, timeout=timeout)
        self._wire = self._new_wire()

    def use_key(self, api_key: str) -> None:
        """Sign in with this key from the next request on."""
        form = self._auth == "form"
        self._secrets = {"account_id": self._account_id, "api_key": api_key} if form else {}
        if not form:
            # The user name is empty: base64(":" + key).
            self._headers["Authorization"] = "Basic " + base64.b64encode(f":{api_key}".encode()).decode("ascii")

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The client that the settings of this installation describe."""
        return cls(
            settings.api_key,
            url=settings.api_url,
            account_id=settings.account_id,
            auth=settings.api_auth,
            format=settings.api_format,
            gateway=settings.gateway,
            proxy=settings.proxy,
            ca_file=settings.ca_file,
            timeout=settings.timeout,
        )

    async def send(
        self,
        *,
        sender: str,
        to: Sequence[str],
        msg: str,
        send_time: datetime | int | None = None,
        dlr_url: str | None = None,
        dlr_method: Method = "JSON",
        reference: str | None = None,
        gateway: int | None = None,
        started: Callable[[], None] | None = None,
    ) -> Answer:
        """Send one text to up to 1,000 unique MSISDNs in one request; never repeated by itself.

        `send_time` is a datetime with a zone or UTC milliseconds. `started` is called once, just before the first byte
        of the request may leave: after a cancellation it tells *may have left* (called) from *not sent*.
        Raises BadInput before anything leaves, ApiError's kinds for Nextpod's own refusals, NotSent, Unknown.
        """
        body = check_request(
            sender=sender,
            to=to,
            msg=msg,
            send_time=send_time,
            dlr_url=dlr_url,
            dlr_method=dlr_method,
            reference=reference,
            gateway=self._gateway if gateway is None else gateway,
        )
        return await self._post(self._wire, body, to, started)

    def send_sync(
        self,
        *,
        sender: str,
        to: Sequence[str],
        msg: str,
        send_time: datetime | int | None = None,
        dlr_url: str | None = None,
        dlr_method: Method = "JSON",
        reference: str | None = None,
        gateway: int | None = None,
    ) -> Answer:
        """`send` for a script without an event loop: one request on its own connection, closed when it returns."""
        body = check_request(
            sender=sender,
            to=to,
            msg=msg,
            send_time=send_time,
            dlr_url=dlr_url,
            dlr_method=dlr_method,
            reference=reference,
            gateway=self._gateway if gateway is None else gateway,
        )
        return asyncio.run(self._post(self._new_wire(), body, to, None, fresh=True))

    async def aclose(self) -> None:
        """Close the kept connections."""
        await self._wire.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"Nextpod({self._url!r})"

    async def _post(
        self,
        wire: Wire,
        body: dict[str, str | int],
        to: Sequence[str],
        started: Callable[[], None] | None,
        *,
        fresh: bool = False,
    ) -> Answer:
        # A kept connection that the server is just closing makes its request unknown: one text may pay that for the
        # speed, a thousand may not.
        reply = await wire.post(self._headers, self._encode(body), fresh=fresh or len(to) > 1, started=started)
        if reply.code != 200:
            raise refusal(reply)
        return read_answer(reply.body, to)

    def _encode(self, body: dict[str, str | int]) -> bytes:
        if self._format == "form":
            return urlencode({**self._secrets, **body}).encode("ascii")
        return json.dumps(body, ensure_ascii=False).encode("utf-8")


def read_answer(body: bytes, asked: Sequence[str]) -> Answer:
    """The answer to a request for `asked`, one recipient's object, an envelope or a bare list (all three are met).

    Raises Unknown when it can't be read or holds no id for anyone asked for: the texts may have been sent all the same.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unknown("200, but what came is not an answer that can be read") from error
    if isinstance(found, dict):
        # One recipient comes back as an object, several as a list under "sms".
        found = found.get("sms", [found])
    entries = [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
    wanted = frozenset(asked)
    ids: dict[str, str] = {}
    parts: dict[str, int] = {}
    others: list[tuple[str, str]] = []
    for entry in entries:
        number, message_id = _text(entry.get("to")).lstrip("+"), _text(entry.get("id"))
        if not number or not message_id:
            continue
        if number not in wanted or number in ids:
            others.append((number, message_id))
            continue
        ids[number] = message_id
        count = _text(entry.get("msg_parts"))  # "1" as documented; a number elsewhere
        if re.fullmatch(r"[1-9][0-9]{0,2}", count):
            parts[number] = int(count)
    if not ids:
        raise Unknown("200, but the answer names no message of this request")
    missing = tuple(number for number in asked if number not in ids)
    return Answer(ids, missing, parts, tuple(others), body.decode("utf-8", "replace"))


def refusal(reply: Reply) -> NextpodError:
    """The error for an answer other than 200, with the reason phrase, or the body where the phrase is a stock one."""
    if kind := REFUSALS.get(reply.code):
        body = " ".join(reply.body.decode("utf-8", "replace").split())[:500]
        is_page = "html" in reply.content_type or body.startswith("<")
        phrase = body if reply.phrase.casefold() in STOCK and body and not is_page else reply.phrase
        return kind(reply.code, phrase, body, retry_after=reply.retry_after)
    if 300 <= reply.code < 400 or reply.code in (404, 405):
        return WrongAddress(f"{reply.code} {reply.phrase}: the address does not lead to the API")
    # Not one of Nextpod's own answers: something on the way spoke, and can't know.
    return Unknown(f"{reply.code} {reply.phrase}: not one of the API's answers")


def _text(value: Any) -> str:
    """A short printable text from an answer; empty for anything else. Numbers come as numbers too."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > 200 or not value.isprintable():
        return ""
    return value.strip()
