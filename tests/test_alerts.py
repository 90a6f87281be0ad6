"""Incidents: told once when they begin and once when they are over, by mail or webhook, and never in sending's way."""

import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Callable

import pytest

from nextpod_core import alerts, brakes, settlement, store
from nextpod_core.alerts import GIGA, MINUTE
from nextpod_core.db import Connection, transaction
from nextpod_core.errors import NotPermitted, WrongSettings
from nextpod_core.people import DESK, DISPATCHER, Actor
from nextpod_core.sentences import say
from nextpod_core.settings import load
from nextpod_core.settlement import Outcome
from nextpod_core.telling import Teller
from tests.chaos import Desk
from tests.doubles import answer, playing
from tests.outboxes import NOW, campaign, new_store, numbers
from tests.test_outbox import LEASE, claim, ids, record

ROOMY = {"free": 500 * GIGA, "total": 1000 * GIGA}
SECRET = "a secret of the alerts"


class MailServer:
    """Takes mail as RFC 5321 says; `broken` answers every command with that line instead."""

    def __init__(self) -> None:
        self.mails: list[str] = []
        self.broken = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb", buffering=0) as line:
                line.write(b"220 here\r\n")
                while command := line.readline().decode().strip().upper():
                    if self.broken:
                        line.write(self.broken)
                    elif command == "DATA":
                        line.write(b"354 go on\r\n")
                        taken = []
                        while (each := line.readline()) != b".\r\n":
                            taken.append(each.decode())
                        self.mails.append("".join(taken))
                        line.write(b"250 taken\r\n")
                    else:
                        line.write(b"221 bye\r\n" if command == "QUIT" else b"250 ok\r\n")

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)


@pytest.fixture
def mails():
    server = MailServer()
    yield server
    server.close()


def put_on(db: Connection, name: str, *, now: int = NOW) -> None:
    with transaction(db):
        brakes.put_on(db, name, say("The key is refused."), now=now, by=DISPATCHER)  # type: ignore[arg-type]


def see(db: Connection, settings, *, now: int, **disk: int) -> set[str]:
    found = alerts.look(db, settings, **(disk or ROOMY), now=now)
    alerts.note(db, found, now=now)
    return set(found)


def step_until(teller: Teller, ready: Callable[[], object], *, now: int) -> None:
    last = time.monotonic() + 20
    while not ready():
        assert time.monotonic() < last, "nothing was told"
        teller.step(now=now)


def untold(db: Connection) -> list[tuple[str, bool]]:
    return [
        (row["kind"], row["ended_at"] is not None)
        for row in db.execute("SELECT * FROM alerts WHERE told_at IS NULL OR (ended_at > 0 AND told_over_at IS NULL)")
    ]


def test_an_incident_is_told_once_by_mail_and_once_when_it_is_over(tmp_path, mails):
    settings, db = new_store(tmp_path, NEXTPOD_SMTP_URL=mails.url, NEXTPOD_ALERT_TO="kari@example.no, ola@example.no")
    teller = Teller(settings, db)
    put_on(db, "key")
    for second in range(0, 120, 5):
        assert see(db, settings, now=NOW + second * 1000) == {"key"}
        step_until(teller, lambda: not untold(db), now=NOW + second * 1000)
    brakes.let_go(db, "key", now=NOW + 120_000, by=DESK)
    see(db, settings, now=NOW + 120_000)
    assert alerts.owed(db, now=NOW + 120_000) is None  # It may be back in a moment.
    see(db, settings, now=NOW + 3 * MINUTE)
    step_until(teller, lambda: not untold(db), now=NOW + 3 * MINUTE)
    assert len(mails.mails) == 2
    first, second = mails.mails
    assert "Subject: Nextpod desk (sandbox): key needs you" in first and "The key is refused." in first
    assert "To: kari@example.no, ola@example.no" in first
    assert "key over" in second and "This is over:" in second


def test_a_webhook_is_called_with_a_signature_that_holds(tmp_path):
    heard = []

    def play(line) -> None:  # type: ignore[no-untyped-def]
        heard.append(line.request())
        line.write(answer(b"", "HTTP/1.1 204 No Content"))

    with playing(play) as double:
        url = f"http://127.0.0.1:{double.port}/hook?team=1"
        settings, db = new_store(tmp_path, NEXTPOD_ALERT_WEBHOOK=url, NEXTPOD_ALERT_SECRET=SECRET)
        put_on(db, "credit")
        see(db, settings, now=NOW)
        step_until(Teller(settings, db), lambda: not untold(db), now=NOW)
    head, _, body = heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /hook?team=1 HTTP/1.1")
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert f"X-Desk-Signature: sha256={signature}".encode() in head
    told = json.loads(body)
    assert (told["kind"], told["state"], told["mode"]) == ("credit", "began", "sandbox")


def test_what_could_not_be_told_is_tried_again_later_and_later(tmp_path, mails):
    settings, db = new_store(tmp_path, NEXTPOD_SMTP_URL=mails.url, NEXTPOD_ALERT_TO="kari@example.no")
    mails.broken = b"421 not now\r\n"
    teller = Teller(settings, db)
    put_on(db, "key")
    see(db, settings, now=NOW)

    def tried() -> int:
        return int(db.execute("SELECT tries FROM alerts").fetchone()[0])

    step_until(teller, lambda: tried() == 1, now=NOW)
    assert alerts.owed(db, now=NOW + MINUTE - 1) is None
    step_until(teller, lambda: tried() == 2, now=NOW + MINUTE)
    assert alerts.owed(db, now=NOW + 3 * MINUTE - 1) is None
    mails.broken = b""
    step_until(teller, lambda: not untold(db), now=NOW + 3 * MINUTE)
    assert len(mails.mails) == 1


def test_a_mail_server_that_says_nothing_keeps_no_text_from_leaving(tmp_path):
    silent = socket.create_server(("127.0.0.1", 0))
    own = {
        "NEXTPOD_SMTP_URL": f"smtp://127.0.0.1:{silent.getsockname()[1]}", "NEXTPOD_ALERT_TO": "kari@example.no",
    }  # fmt: skip
    desk = Desk(tmp_path, {"answers": "0", "speed": "1000"}, own)
    try:
        put_on(desk.db, "credit", now=1)
        desk.start("dispatch")
        silent.settimeout(20)
        connection, _ = silent.accept()
        brakes.let_go(desk.db, "credit", now=2, by=DESK)
        one = campaign(desk.db, numbers(3))
        desk.until(
            lambda: (
                desk.db.execute("SELECT count(*) FROM messages WHERE status <> 'queued' AND accepted_at").fetchone()[0]
                == 3
            ),
            seconds=5,
        )
        assert one and desk.end("dispatch") == 0
        connection.close()
    finally:
        silent.close()
        desk.close()


def test_an_incident_of_a_week_is_still_told_to_be_over_and_one_never_told_is_not(tmp_path):
    settings, db = new_store(tmp_path)
    week = NOW + 7 * 1440 * MINUTE
    put_on(db, "key")
    see(db, settings, now=NOW)
    put_on(db, "credit")
    see(db, settings, now=NOW + 1)
    news = alerts.owed(db, now=NOW)
    assert news is not None and news.kind == "key"
    alerts.told(db, news, now=NOW)
    for name in ("key", "credit"):
        brakes.let_go(db, name, now=week, by=DESK)
    see(db, settings, now=week)
    news = alerts.owed(db, now=week)
    assert news is not None and (news.kind, news.is_over) == ("key", True)
    alerts.told(db, news, now=week)
    assert alerts.owed(db, now=week) is None


def test_a_person_who_stops_sending_is_not_told_of_it(tmp_path):
    settings, db = new_store(tmp_path)
    put_on(db, "stop")
    assert see(db, settings, now=NOW) == set()


@pytest.mark.parametrize(
    ("free", "total", "told", "rests"),
    [(500, 1000, False, False), (150, 1000, False, False), (15, 100, True, False), (4, 100, True, True), (4, 10, False,
     False)],
)  # fmt: skip
def test_a_disk_is_told_when_low_and_rests_sending_when_nearly_full(tmp_path, free, total, told, rests):
    settings, db = new_store(tmp_path)
    disk = {"free": free * GIGA, "total": total * GIGA}
    alerts.rest_for_disk(db, **disk, now=NOW)
    assert see(db, settings, now=NOW, **disk) == ({"disk_low"} if told else set()) | ({"disk"} if rests else set())
    alerts.rest_for_disk(db, **ROOMY, now=NOW + 1)
    assert brakes.active(db, now=NOW + 1) == []


def test_silence_after_acceptance_is_told_after_a_quarter_of_an_hour(tmp_path):
    settings, db = shop = new_store(tmp_path)
    campaign(db, numbers(2))
    (batch,) = claim(db)
    record(shop, batch, Outcome("accepted", ids=ids(batch)))
    store.beat(db, "ingester", now=NOW + 15 * MINUTE, started_at=NOW)
    assert see(db, settings, now=NOW + 15 * MINUTE - 1) == set()
    assert see(db, settings, now=NOW + 15 * MINUTE) == {"reports"}


def test_what_was_handed_over_for_tomorrow_is_not_silent_today(tmp_path):
    settings, db = shop = new_store(tmp_path)
    campaign(db, numbers(2), handed_over=1, due_at=NOW + 1440 * MINUTE)
    (batch,) = claim(db)
    record(shop, batch, Outcome("accepted", ids=ids(batch)))
    store.beat(db, "ingester", now=NOW + 60 * MINUTE, started_at=NOW)
    assert see(db, settings, now=NOW + 60 * MINUTE) == set()


def test_unknown_messages_are_told_when_no_report_has_settled_them(tmp_path):
    settings, db = new_store(tmp_path)
    campaign(db, numbers(2))
    claim(db)
    settlement.expire(db, now=NOW + LEASE + 1)
    store.beat(db, "ingester", now=NOW + 6 * MINUTE, started_at=NOW)
    assert see(db, settings, now=NOW + 4 * MINUTE) == set()
    assert see(db, settings, now=NOW + 6 * MINUTE) == {"unknown"}


def test_an_ingester_that_stopped_is_told(tmp_path):
    settings, db = new_store(tmp_path)
    assert see(db, settings, now=NOW) == set()
    store.beat(db, "ingester", now=NOW, started_at=NOW)
    assert see(db, settings, now=NOW + 3 * MINUTE) == {"ingester"}


@pytest.mark.parametrize(
    "given",
    [
        {"NEXTPOD_SMTP_URL": "mail.example.no", "NEXTPOD_ALERT_TO": "kari@example.no"},
        {"NEXTPOD_SMTP_URL": "smtps://mail.example.no"},
        {"NEXTPOD_ALERT_TO": "kari@example.no"},
        {"NEXTPOD_SMTP_URL": "smtps://mail.example.no", "NEXTPOD_ALERT_TO": "kari"},
        {"NEXTPOD_ALERT_WEBHOOK": "http://alerts.example.no", "NEXTPOD_ALERT_SECRET": SECRET},
        {"NEXTPOD_ALERT_WEBHOOK": "https://alerts.example.no", "NEXTPOD_ALERT_SECRET": "short"},
    ],
)
def test_settings_that_could_tell_nobody_or_everybody_are_refused(given):
    with pytest.raises(WrongSettings):
        load(given)


def test_no_secret_of_the_alerts_is_in_the_settings_as_text():
    given = {
        "NEXTPOD_SMTP_URL": "smtps://u:hidden@mail.example.no", "NEXTPOD_ALERT_TO": "kari@example.no",
        "NEXTPOD_ALERT_WEBHOOK": "https://a.example.no/hidden", "NEXTPOD_ALERT_SECRET": "hidden" * 4,
    }  # fmt: skip
    settings = load(given)
    assert "hidden" not in repr(settings)


def test_a_test_is_told_and_over_a_minute_later_by_the_way_of_real_ones(tmp_path, mails):
    settings, db = new_store(tmp_path, NEXTPOD_SMTP_URL=mails.url, NEXTPOD_ALERT_TO="kari@example.no")
    teller = Teller(settings, db)
    for _ in range(2):  # A second click while the first is under way is none.
        alerts.try_out(db, by=DESK, now=NOW)
    step_until(teller, lambda: not untold(db), now=NOW)
    assert alerts.last_test(db)["told_at"] == NOW
    see(db, settings, now=NOW + 2 * MINUTE)
    step_until(teller, lambda: not untold(db), now=NOW + 2 * MINUTE)
    assert ["is a test" in mail for mail in mails.mails] == [True, True]
    assert "over" in mails.mails[1]


def test_only_an_administrator_may_test(tmp_path):
    _, db = new_store(tmp_path)
    with pytest.raises(NotPermitted):
        alerts.try_out(db, by=Actor("person", "kari@example.no", role="agent"), now=NOW)
    assert alerts.last_test(db) is None
