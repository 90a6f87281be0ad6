"""
What the document allows in a request to send: sender, recipients, text, times, addresses. Rules only, nothing is sent.

The first thing wrong is a BadInput with a sentence for people; a sentence never holds a recipient or a text.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit

from nextpod_core.errors import BadInput
from nextpod_core.segments import LONGEST, Alphabet, alphabet, units_utf16
from nextpod_core.sentences import Sentence, say
from nextpod_core.settings import is_loopback

MOST_RECIPIENTS = 1000
MOST_REFERENCE = 100
MSISDN = re.compile(r"[1-9][0-9]{6,14}")
NUMERIC = re.compile(r"[0-9]{3,14}")

Method = Literal["JSON", "FORM"]


def checked_url(url: str) -> str:
    """`url` as it stands. Raises BadInput unless it is a plain https address, or http to this machine."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises for a port that is none
    except ValueError as error:
        raise BadInput("The address of the API must be such as https://api.nextpod.io/v2.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isascii() or re.search(r"\s", url):
        raise BadInput("The address of the API must be such as https://api.nextpod.io/v2.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise BadInput("The address of the API must hold no user name, key or question mark: addresses get logged.")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise BadInput("The address of the API must begin with https://: texts and the key would travel unprotected.")
    return url


def check_request(
    *,
    sender: str,
    to: Sequence[str],
    msg: str,
    send_time: datetime | int | None = None,
    dlr_url: str | None = None,
    dlr_method: Method = "JSON",
    reference: str | None = None,
    gateway: int | None = None,
) -> dict[str, str | int]:
    """The parameters as they are sent, under the document's names. Raises BadInput with the first thing wrong."""
    check_sender(sender)
    _check_recipients(to)
    _check_text(msg)
    body: dict[str, str | int] = {"from": sender, "to": ",".join(to), "msg": msg}
    if send_time is not None:
        body["send_time"] = _whole_second(send_time)
    if dlr_url is not None:
        _check_dlr(dlr_url, dlr_method)
        body |= {"dlr_url": dlr_url, "dlr_method": dlr_method}
    if reference is not None:
        if not reference or len(reference) > MOST_REFERENCE or not _is_encodable(reference):
            raise BadInput("A reference has 1 to {most} characters.", most=MOST_REFERENCE)
        body["reference"] = reference
    if gateway is not None:
        if isinstance(gateway, bool) or not isinstance(gateway, int) or gateway < 0:
            raise BadInput("The gateway is a whole number that customer service gives you.")
        body["gateway"] = gateway
    return body


def check_sender(sender: str) -> None:
    """Raises BadInput unless it is 3-14 digits, or 3-11 GSM-7 characters with at least one letter."""
    if NUMERIC.fullmatch(sender):
        return
    if sender.isascii() and sender.isdigit():
        raise BadInput("The sender {sender} must have 3 to 14 digits.", sender=sender)
    if not any(character.isalpha() for character in sender):
        raise BadInput(
            "The sender {sender} must be 3 to 14 digits and nothing else, or have at least one letter.", sender=sender
        )
    if not 3 <= len(sender) <= 11:
        raise BadInput("The sender {sender} must have 3 to 11 characters.", sender=sender)
    if sender != sender.strip() or not sender.isprintable():
        raise BadInput("The sender {sender} must not begin or end with a space or hold a line break.", sender=sender)
    if alphabet(sender) is not Alphabet.GSM7:
        raise BadInput("The sender {sender} has a character that phones can't show in a sender.", sender=sender)


def sender_warning(sender: str) -> Sentence | None:
    """A doubt about a sender that is allowed: beyond A-Z, a-z, 0-9 and space networks differ in what they show."""
    if re.fullmatch(r"[A-Za-z0-9 ]*", sender):
        return None
    return say(
        "Some networks change or refuse a sender such as {sender}; A to Z, digits and spaces are safe.", sender=sender
    )


def _check_recipients(to: Sequence[str]) -> None:
    if isinstance(to, str):
        raise BadInput("Give the recipients as a list, also when there is only one.")
    if not 1 <= len(to) <= MOST_RECIPIENTS:
        raise BadInput("A request has 1 to {most} recipients, not {count}.", most=MOST_RECIPIENTS, count=len(to))
    for place, number in enumerate(to, start=1):
        if not isinstance(number, str) or not MSISDN.fullmatch(number):
            raise BadInput(
                "Recipient {place} is not a number with country code and digits only, such as 4791726200.", place=place
            )
    if len(set(to)) != len(to):
        raise BadInput("A recipient stands twice in the same request.")


def _check_text(msg: str) -> None:
    if not msg.strip():
        raise BadInput("The text is empty.")
    if not _is_encodable(msg):
        raise BadInput("The text has half a character in it (a lone surrogate); write it anew.")
    if (units := units_utf16(msg)) > LONGEST:
        raise BadInput("The text has {units} characters; {most} is the most.", units=units, most=LONGEST)


def _check_dlr(url: str, method: str) -> None:
    try:
        parts = urlsplit(url)
        plain = parts.scheme in ("http", "https") and parts.hostname and url.isascii() and not re.search(r"\s", url)
    except ValueError:
        plain = False
    if not plain:
        raise BadInput("The address for delivery reports must be a whole one, such as https://sms.example.com/dlr/….")
    if method not in ("JSON", "FORM"):
        raise BadInput("Delivery reports come as JSON or FORM.")


def _whole_second(when: datetime | int) -> str:
    try:
        moment = when if isinstance(when, datetime) else datetime.fromtimestamp(when // 1000, UTC)
        whole = moment.microsecond == 0 and (isinstance(when, datetime) or when % 1000 == 0)
        if moment.tzinfo is None:
            raise BadInput("The time to send at needs a time zone.")
        text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError) as error:
        raise BadInput("The time to send at is out of range.") from error
    if not whole or len(text) != len("2019-09-25T08:58:00Z"):
        raise BadInput("The time to send at must be a whole second in this age.")
    return text


def _is_encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
