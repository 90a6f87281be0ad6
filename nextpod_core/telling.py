"""
Telling people away from the desk: one e-mail or signed webhook call at a time, beside the sending, never in its way.
What is owed are news of incidents (`alerts.py`) and letters to the desk's own people (`letters.py`).

A delivery runs in a thread that nobody waits for: a mail server that hangs keeps no text from leaving and no process
from stopping.
"""

import hashlib
import hmac
import http.client
import json
import queue
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from nextpod_core import alerts, letters, outward
from nextpod_core.alerts import News
from nextpod_core.db import Connection
from nextpod_core.letters import Letter
from nextpod_core.settings import Settings

PATIENCE = 15.0  # seconds for one step of a delivery


class Teller:
    """Hands out what is owed. `step` never waits."""

    def __init__(self, settings: Settings, db: Connection) -> None:
        self.settings, self.db = settings, db
        self._done: queue.SimpleQueue[tuple[News | Letter, str]] = queue.SimpleQueue()
        self._out = False

    def step(self, *, now: int) -> None:
        """Write down how the last delivery went, and begin the next one."""
        if self._out:
            try:
                owed, why = self._done.get_nowait()
            except queue.Empty:
                return
            self._out = False
            self._note(owed, why, now=now)
        news = alerts.owed(self.db, now=now) if self.settings.smtp_url or self.settings.alert_webhook else None
        if news is not None:
            self._begin(self._tell, news)
            return
        letter = letters.due(self.db, now=now) if self.settings.smtp_url else None
        if letter is None:
            return
        written = letters.words(self.db, letter, address=self.settings.dashboard_url, now=now)
        if written is None:
            letters.delivered(self.db, letter, now=now)
        else:
            self._begin(self._hand_over, letter, *written)

    def _begin(self, deliver: Callable[..., None], *what: object) -> None:
        self._out = True
        threading.Thread(target=deliver, args=what, name="telling", daemon=True).start()

    def _note(self, owed: News | Letter, why: str, *, now: int) -> None:
        if isinstance(owed, Letter):
            if why:
                letters.failed(self.db, owed, why, now=now)
            else:
                letters.delivered(self.db, owed, now=now)
        elif why:
            alerts.not_told(self.db, owed, why, now=now)
        else:
            alerts.told(self.db, owed, now=now)

    def _tell(self, news: News) -> None:
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

    def _hand_over(self, letter: Letter, subject: str, text: str) -> None:
        why = ""
        try:
            outward.mail(self.settings.smtp_url, sender=self.settings.alert_to[0], to=[letter.recipient],
                         subject=f"Nextpod desk: {subject}", text=text)  # fmt: skip
        except Exception as error:  # As above.
            why = f"{type(error).__name__}: {error}"
        self._done.put((letter, why))


def words(news: News, mode: str) -> tuple[str, str]:
    """Subject and text, in English; no number, name or text of anybody is in them."""
    what = "over" if news.is_over else "needs you"
    subject = f"Nextpod desk ({mode}): {news.kind} {what}"
    lines = [str(news.sentence), "", f"Since {_iso(news.began_at)}"]
    if news.is_over:
        lines = ["This is over:", *lines, f"Until {_iso(news.ended_at)}"]
    return subject, "\n".join(lines) + "\n"


def mail(settings: Settings, news: News) -> None:
    """One e-mail to all of NEXTPOD_ALERT_TO. Raises as smtplib does."""
    subject, text = words(news, settings.mode)
    outward.mail(settings.smtp_url, sender=settings.alert_to[0], to=list(settings.alert_to), subject=subject, text=text)


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
