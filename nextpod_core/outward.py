"""
The way to other people's servers: one e-mail, or one POST of JSON, to an address that an admin has listed.

https only, or plain to this machine itself. Where a name leads to is looked up first, and the connection goes to
exactly that address: none of a private network, however the name was changed meanwhile. No redirects.
"""

import email.message
import email.utils
import http.client
import ipaddress
import smtplib
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from nextpod_core.errors import BadInput
from nextpod_core.settings import is_loopback

PATIENCE = 15.0  # seconds for one step


class Refused(OSError):
    """The other side said no, or is somewhere that nothing may be sent to."""


def checked(address: str) -> str:
    """A webhook's address as it may be listed. Raises BadInput with what is wrong with it."""
    address = address.strip()
    url = urlsplit(address)
    try:
        port = url.port
    except ValueError:
        port = -1
    if not address.isascii() or len(address) > 500 or not url.hostname or port == -1 or url.username or url.password:
        raise BadInput("Write a whole address, such as https://example.no/sms.")
    if url.scheme != "https" and not (url.scheme == "http" and is_loopback(url.hostname)):
        raise BadInput("The address must begin with https://: what people write would travel unprotected.")
    if (literal := _literal(url.hostname)) is not None and not is_loopback(url.hostname) and not literal.is_global:
        raise BadInput("This address belongs to a private network. Nothing is forwarded to one.")
    return address


def post(address: str, body: bytes, headers: Mapping[str, str]) -> None:
    """One POST. Raises OSError (Refused for an answer other than 2xx), or HTTPException for one that is none."""
    url = urlsplit(checked(address))
    host = url.hostname or ""
    port = url.port or (443 if url.scheme == "https" else 80)
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    plain = _connect(host, port)
    try:
        # The name is still what the certificate is held against.
        connection.sock = (
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) if url.scheme == "https" else plain
        )
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request("POST", path, body, {**headers, "Connection": "close"})
        status = connection.getresponse().status
    finally:
        connection.close()
        plain.close()
    if not 200 <= status < 300:
        raise Refused(f"it answered {status}")


def mail(smtp_url: str, *, sender: str, to: list[str], subject: str, text: str) -> None:
    """One e-mail by the mail server of `smtp_url`; encrypted unless that is this machine. Raises what smtplib does."""
    url = urlsplit(smtp_url)
    host = url.hostname or ""
    message = email.message.EmailMessage()
    message["From"], message["To"] = sender, ", ".join(to)
    message["Subject"] = " ".join(subject.split())
    message["Date"], message["Message-ID"] = email.utils.localtime(), email.utils.make_msgid()
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    context = ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(host, url.port or 465, timeout=PATIENCE, context=context)
        if url.scheme == "smtps"
        else smtplib.SMTP(host, url.port or 587, timeout=PATIENCE)
    ) as server:
        if url.scheme == "smtp" and not is_loopback(host):
            server.starttls(context=context)
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(message, sender, to)


def allowed(host: str, found: list[str]) -> bool:
    """Whether a name that leads to these addresses may be sent to: public ones, or this machine called by its name.

    >>> allowed("example.no", ["93.184.215.14"]), allowed("example.no", ["93.184.215.14", "10.0.0.8"])
    (True, False)
    >>> allowed("localhost", ["127.0.0.1"]), allowed("example.no", ["127.0.0.1"])
    (True, False)
    """
    addresses = [_literal(one.partition("%")[0]) for one in found]
    if is_loopback(host):
        return bool(found) and all(one is not None and one.is_loopback for one in addresses)
    return bool(found) and all(one is not None and one.is_global and not one.is_multicast for one in addresses)


def _connect(host: str, port: int) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not allowed(host, [str(place[4][0]) for place in found]):
        raise Refused("the name leads into a private network")
    why: OSError | None = None
    for family, kind, protocol, _, place in found:
        plain = socket.socket(family, kind, protocol)
        plain.settimeout(PATIENCE)
        try:
            plain.connect(place)
        except OSError as error:
            plain.close()
            why = error
        else:
            return plain
    raise why or Refused("the name leads nowhere")


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, ipaddress.IPv6Address) else found
