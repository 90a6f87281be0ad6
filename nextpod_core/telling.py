"""
Telling people away from the desk: one e-mail or signed webhook call at a time, beside the sending, never in its way.

A delivery runs in a thread that nobody waits for: a mail server that hangs keeps no text from leaving and no process
from stopping.
"""

import email.message
import email.utils
import hashlib
import hmac
import http.client
import json
import queue
import smtplib
import ssl
import threading
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

from nextpod_core import alerts
from nextpod_core.alerts import News
from nextpod_core.db import Connection
from nextpod_core.settings import Settings, is_loopback

PATIENCE = 15.0  # seconds for one step of a delivery


class Teller:
    """Hands out what is owed. `step` never waits."""

    def __init__(self, settings: Settings, db: Connection) -> None:
        self.settings, self.db = settings, db
        self._done: queue.SimpleQueue[tuple[News, str]] = queue.SimpleQueue()
        self._out = False

    def step(self, *, now: int) -> None:
        """Write down how the last delivery went, and begin the next one."""
        if self._out:
            try:
                news, why = self._done.get_nowait()
            except queue.Empty:
                return
            self._out = False
            if why:
                alerts.not_told(self.db, news, why, now=now)
            else:
                alerts.told(self.db, news, now=now)
        if not self.settings.smtp_url and not self.settings.alert_webhook:
            return
        owed = alerts.owed(self.db, now=now)
        if owed is not None:
            self._out = True
            threading.Thread(target=self._deliver, args=(owed,), name="telling", daemon=True).start()

    def _deliver(self, news: News) -> None:
        failed = []
        for address, deliver in ((self.settings.smtp_url, mail), (self.settings.alert_webhook, call)):
            if address:
                try:
                    deliver(self.settings, news)
                except Exception as error:  # Whatever is wrong with the way to a person must not end anything here.
                    failed.append(f"{type(error).__name__}: {error}")
        # With two ways one is enough: nobody is told twice because the other is closed.
        ways = bool(self.settings.smtp_url) + bool(self.settings.alert_webhook)
        self._done.put((news, "; ".join(failed) if len(failed) == ways else ""))


def words(news: News, mode: str) -> tuple[str, str]:
    """Subject and text, in English; no number, name or text of anybody is in them."""
    what = "over" if news.is_over else "needs you"
    subject = f"Nextpod desk ({mode}): {news.kind} {what}"
    lines = [str(news.sentence), "", f"Since {_iso(news.began_at)}"]
    if news.is_over:
        lines = ["This is over:", *lines, f"Until {_iso(news.ended_at)}"]
    return subject, "\n".join(lines) + "\n"


def mail(settings: Settings, news: News) -> None:
    """One e-mail to all of NEXTPOD_ALERT_TO; encrypted unless the server is this machine. Raises as smtplib does."""
    url = urlsplit(settings.smtp_url)
    host = url.hostname or ""
    subject, text = words(news, settings.mode)
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.alert_to[0], ", ".join(settings.alert_to), subject
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
        server.send_message(message, settings.alert_to[0], list(settings.alert_to))


def call(settings: Settings, news: News) -> None:
    """One POST of JSON, signed: X-Desk-Signature is the hex HMAC-SHA256 of the body. No redirects.

    Raises OSError when the answer is not 2xx.
    """
    url = urlsplit(settings.alert_webhook)
    subject, text = words(news, settings.mode)
    body = json.dumps(
        {
            "kind": news.kind, "state": "over" if news.is_over else "began", "incident": news.id, "subject": subject,
            "text": text, "began_at": _iso(news.began_at), "ended_at": _iso(news.ended_at), "mode": settings.mode,
        }
    ).encode()  # fmt: skip
    signature = hmac.new(settings.alert_secret.encode(), body, hashlib.sha256).hexdigest()
    host, port = url.hostname or "", url.port
    connection = (
        http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=ssl.create_default_context())
        if url.scheme == "https"
        else http.client.HTTPConnection(host, port, timeout=PATIENCE)
    )
    try:
        connection.request(
            "POST", (url.path or "/") + (f"?{url.query}" if url.query else ""), body,
            {"Content-Type": "application/json", "X-Desk-Signature": f"sha256={signature}", "Connection": "close"},
        )  # fmt: skip
        status = connection.getresponse().status
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise OSError(f"the webhook answered {status}")


def _iso(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
