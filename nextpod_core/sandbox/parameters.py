"""The parameters of one request: read as JSON, FORM or query, and each checked as the API document wants it."""

import base64
import binascii
import json
import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

from nextpod_core.sandbox import gsm, magic, record
from nextpod_core.sandbox.record import Accepted
from nextpod_core.sandbox.wire import Request

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


class Refused(Exception):
    """The answer is no; nothing was accepted."""

    def __init__(self, code: int, phrase: str = "") -> None:
        self.code, self.phrase = code, phrase or PHRASES[code]
        super().__init__(f"{self.code} {self.phrase}")


def read(request: Request) -> dict[str, str] | None:
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


def credentials(request: Request, given: dict[str, str]) -> tuple[str, str]:
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


def check(given: dict[str, str], who: str) -> Accepted:
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
