"""What rules forward: where it may go, that it gets there, and that trying ends."""

import hmac
import json
import socket
import threading
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from nextpod_core import forwarding, forwards, outward, rules, settings
from nextpod_core.errors import BadInput
from nextpod_core.rules import Rule
from tests.incoming import KARI, MINUTE, NOW, make_store, receive

ANNE = "4791726200"


@pytest.fixture
def db(tmp_path):
    connection = make_store(tmp_path)
    yield connection
    connection.close()


@pytest.fixture
def server():
    """A web server that keeps what it gets and answers with `status`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.got.append((self.path, dict(self.headers), body))
            self.send_response(self.server.status)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as found:
        found.got, found.status = [], 200
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def address(server) -> str:
    return f"http://127.0.0.1:{server.server_port}/sms?team=1"


def forwarding_to(db, kind, where) -> int:
    number = forwards.list_address(db, kind=kind, address=where, by=KARI, now=NOW)
    rule = Rule(name="Konsert", keyword="KONSERT", **{f"{kind}_id": number})
    rules.switch(db, rules.save(db, rule, by=KARI, now=NOW), True, by=KARI, now=NOW)
    return number


def given(tmp_path, **more) -> settings.Settings:
    return settings.load({"NEXTPOD_DATABASE": str(tmp_path / "sandbox.db")} | more)


def rows(db):
    return [tuple(row) for row in db.execute("SELECT state, tries, error FROM forwards ORDER BY id")]


def test_a_message_reaches_a_webhook_signed(db, tmp_path, server):
    number = forwarding_to(db, "webhook", address(server))
    made = receive(db, ANNE, "Konsert på «lørdag»\n=1+1", keyword="KONSERT")
    assert forwarding.step(given(tmp_path), db, clock=lambda: NOW)
    assert not forwarding.step(given(tmp_path), db, clock=lambda: NOW)
    [(path, headers, body)] = server.got
    told = json.loads(body)
    assert path == "/sms?team=1"
    assert (told["id"], told["from"], told["to"], told["text"], told["rule"]) == (
        made, ANNE, "2345", "Konsert på «lørdag»\n=1+1", "Konsert",
    )  # fmt: skip
    signature = hmac.digest(forwards.secret(db, number).encode(), body, "sha256").hex()
    assert headers["X-Desk-Signature"] == f"sha256={signature}"
    assert rows(db) == [("done", 1, None)]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_what_is_not_taken_is_tried_again_later_and_given_up_in_the_end(db, tmp_path, server, status):
    server.status = status
    forwarding_to(db, "webhook", address(server))
    receive(db, ANNE, "Konsert", keyword="KONSERT")
    at = NOW
    for wait in (*forwards.WAITS, 0):
        assert forwarding.step(given(tmp_path), db, clock=lambda at=at: at)
        assert not forwarding.step(given(tmp_path), db, clock=lambda at=at, wait=wait: at + max(0, wait - 1))
        at += wait
    assert len(server.got) == len(forwards.WAITS) + 1
    assert rows(db) == [("given_up", 8, f"Refused: it answered {status}")]
    assert forwards.counts(db) == {"given_up": 1} and len(forwards.given_up(db)) == 1


def test_one_that_was_taken_and_never_ended_is_delivered_again(db, tmp_path, server):
    forwarding_to(db, "webhook", address(server))
    receive(db, ANNE, "Konsert", keyword="KONSERT")
    assert forwards.take_due(db, now=NOW) is not None  # and the process dies
    assert forwards.take_due(db, now=NOW + MINUTE) is None
    assert forwarding.step(given(tmp_path), db, clock=lambda: NOW + 3 * MINUTE)
    assert len(server.got) == 1


def test_what_waits_in_a_restored_database_is_not_delivered_days_later(db, tmp_path, server):
    forwarding_to(db, "webhook", address(server))
    receive(db, ANNE, "Konsert", keyword="KONSERT")
    assert not forwarding.step(given(tmp_path), db, clock=lambda: NOW + forwards.TOO_OLD + 1)
    assert server.got == [] and rows(db) == [("given_up", 0, "too old")]


def test_an_address_that_is_taken_off_gets_nothing_more(db, tmp_path, server):
    number = forwarding_to(db, "webhook", address(server))
    receive(db, ANNE, "Konsert", keyword="KONSERT")
    forwards.strike_address(db, number, by=KARI, now=NOW)
    assert not forwarding.step(given(tmp_path), db, clock=lambda: NOW)
    receive(db, ANNE, "Konsert", keyword="KONSERT")
    assert len(rows(db)) == 1 and forwards.destinations(db) == []
    assert rules.every(db)[0].webhook_id is None


@pytest.mark.parametrize(
    "where",
    [
        "http://example.no/", "https://10.0.0.8/", "https://192.168.1.1/x", "https://169.254.169.254/latest",
        "https://[::ffff:10.0.0.8]/", "https://[fd00::1]/", "ftp://example.no/", "https://", "example.no",
        "https://kari:hemmelig@example.no/", "https://example.no:99999/", "https://exámple.no/", "https://0.0.0.0/",
    ],
)  # fmt: skip
def test_where_nothing_may_be_forwarded_to(db, where):
    with pytest.raises(BadInput):
        forwards.list_address(db, kind="webhook", address=where, by=KARI, now=NOW)
    assert forwards.destinations(db) == []


@pytest.mark.parametrize("found", [["10.0.0.8"], ["93.184.215.14", "127.0.0.1"], ["::1"], ["fe80::1%eth0"], []])
def test_a_name_that_leads_into_a_private_network_is_refused_after_it_was_looked_up(found):
    assert not outward.allowed("example.no", found)


@pytest.mark.parametrize(
    "where", ["kari", "kari@", "a@b.no, c@d.no", "Kari <kari@example.test>", "k\n@example.test", ""]
)
def test_what_is_no_mail_address(db, where):
    with pytest.raises(BadInput):
        forwards.list_address(db, kind="email", address=where, by=KARI, now=NOW)


@pytest.fixture
def mail_server():
    """A mail server that takes one message; `got` holds what it was told."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        got: list[bytes] = []

        def serve():
            connection, _ = listener.accept()
            with connection, connection.makefile("rwb") as line:
                line.write(b"220 here\r\n")
                line.flush()
                data = False
                while read := line.readline():
                    got.append(read)
                    if data:
                        data = read != b".\r\n"
                        answer = None if data else b"250 kept\r\n"
                    else:
                        data = read.upper().startswith(b"DATA")
                        quits = read.upper().startswith(b"QUIT")
                        answer = b"354 go on\r\n" if data else b"221 bye\r\n" if quits else b"250 ok\r\n"
                    if answer:
                        line.write(answer)
                        line.flush()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1], got
        thread.join(5)


def test_a_message_reaches_an_inbox(db, tmp_path, mail_server):
    port, got = mail_server
    forwarding_to(db, "email", "ole.eksempel@example.test")
    receive(db, ANNE, "Konsert?\r\nBcc: alle@example.test", keyword="KONSERT")
    by_mail = given(
        tmp_path, NEXTPOD_SMTP_URL=f"smtp://127.0.0.1:{port}", NEXTPOD_ALERT_TO="desk.eksempel@example.test"
    )
    assert forwarding.step(by_mail, db, clock=lambda: NOW)
    assert rows(db) == [("done", 1, None)]
    start = next(at for at, line in enumerate(got) if line.upper().startswith(b"DATA"))
    message = message_from_bytes(b"".join(got[start + 1 :]), policy=policy.default)
    assert message["To"] == "ole.eksempel@example.test" and message["Bcc"] is None
    assert f"SMS from +{ANNE} to 2345" in message["Subject"]
    assert "Bcc: alle@example.test" in message.get_content()


def test_without_a_mail_server_it_waits(db, tmp_path):
    forwarding_to(db, "email", "ole.eksempel@example.test")
    receive(db, ANNE, "Konsert", keyword="KONSERT")
    assert forwarding.step(given(tmp_path), db, clock=lambda: NOW)
    assert rows(db)[0][:2] == ("waiting", 1) and "NEXTPOD_SMTP_URL" in rows(db)[0][2]
