import asyncio
import contextlib
import gzip
import http.client
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from urllib.parse import urlencode

import pytest

from nextpod_core import db as driver
from nextpod_core import settings, store
from tests import hostile
from tests.receiving import NOW, answer, dlr, environment, mo, open_store, send

NUMBER = "4791726200"
ID = "89ADEE05-5960-43D4-83B7-61EABA45F5F9"


def until(asked, seconds=20.0):
    """What `asked` says as soon as it says something; waits on the thing itself, never for a time."""
    end = time.monotonic() + seconds
    while not (found := asked()):
        if time.monotonic() > end:
            raise AssertionError("waited in vain")
        time.sleep(0.01)
    return found


class Ingester:
    """The real process on a free port with a store in a folder of its own."""

    def __init__(self, folder, **more):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.folder = folder
        self.env = environment(folder, NEXTPOD_INGEST_PORT=str(self.port), **more)
        self.db = open_store(folder)
        self.token = store.webhook_token(settings.load(self.env))
        self.process = None

    def start(self, **more):
        code = "import sys; from nextpod_core import ingester, settings; sys.exit(ingester.main(settings.load()))"
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen([sys.executable, "-c", code], env=os.environ | self.env, stderr=log, **more)
        until(self.is_up)
        return self

    def is_up(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        with contextlib.suppress(OSError):
            return self.ask("GET", "/healthz")[0] == 200
        return False

    def ask(self, method, path, body=None, headers=None):
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            line.request(method, path, body, headers or {})
            reply = line.getresponse()
            return reply.status, reply.read()
        finally:
            line.close()

    def post(self, kind, body, **headers):
        if isinstance(body, dict):
            body = json.dumps(body)
        return self.ask("POST", f"/{kind}/{self.token}", body, headers)[0]

    def raw(self, data, *, ends=True):
        """The bytes as they are on a connection of their own; what came back until it was closed or fell silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as line:
            with contextlib.suppress(OSError):
                line.sendall(data)
                if ends:
                    line.shutdown(socket.SHUT_WR)
            found = b""
            with contextlib.suppress(OSError):
                while more := line.recv(65536):
                    found += more
            return found

    def count(self, table):
        return self.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]

    def stop(self, number=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(20) if self.process else None

    def close(self):
        self.stop(signal.SIGKILL)
        self.db.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    ingester = Ingester(tmp_path_factory.mktemp("ingester"))
    try:
        yield ingester.start()
    finally:
        ingester.close()


@pytest.fixture
def own(tmp_path):
    made = []

    def make(**more):
        made.append(Ingester(tmp_path, **more))
        return made[-1]

    yield make
    for ingester in made:
        ingester.close()


def test_a_report_is_in_the_log_when_it_is_answered_and_in_the_counts_within_a_second(own):
    ingester = own()
    [message] = send(ingester.db, [NUMBER], reference=b"r" * 16)
    answer(ingester.db, reference=b"r" * 16, ids={message: ID}, now=NOW)
    ingester.start()
    assert ingester.post("dlr", dlr()) == 200
    assert ingester.count("reports") == 1
    began = time.monotonic()
    until(lambda: ingester.db.execute("SELECT 1 FROM counts WHERE status = 'delivered'").fetchone())
    assert time.monotonic() - began < 1


def test_json_form_query_and_gzip_are_all_taken(own):
    ingester = own().start()
    form = urlencode(dlr(id="2"))
    assert ingester.post("dlr", dlr(id="1")) == 200
    assert ingester.post("dlr", form) == 200
    assert ingester.ask("POST", f"/dlr/{ingester.token}?" + urlencode(dlr(id="3")))[0] == 200
    assert ingester.post("dlr", gzip.compress(json.dumps(dlr(id="4")).encode()), **{"content-encoding": "gzip"}) == 200
    assert ingester.post("mo", mo(id="1", msg="Blåbær")) == 200
    assert ingester.post("mo", "id=2&from=4791726200&to=2345&msg=Bl%E5b%E6r") == 200
    assert ingester.ask("GET", f"/mo/{ingester.token}?" + urlencode(mo(id="3")))[0] == 200
    chunked = iter([json.dumps(dlr(id="5")).encode()])
    assert ingester.ask("POST", f"/dlr/{ingester.token}/", chunked)[0] == 200
    assert ingester.count("reports") == 5 and ingester.count("quarantine") == 0
    texts = [row["text"] for row in ingester.db.execute("SELECT text FROM inbound ORDER BY id")]
    assert texts == ["Blåbær", "Blåbær", "Hello wonderful world!"]


def test_http_1_0_is_spoken(shared):
    before = shared.count("reports")
    body = json.dumps(dlr(id="one point oh")).encode()
    reply = shared.raw(
        b"POST /dlr/%s HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (shared.token.encode(), len(body), body)
    )
    assert reply.startswith(b"HTTP/1.1 200") and shared.count("reports") == before + 1


def test_requests_sent_behind_each_other_are_answered_alike_and_the_last_closes(shared):
    before = shared.count("reports")
    requests = b""
    for number, more in enumerate((b"", b"", b"Expect: 100-continue\r\n", b"Connection: close\r\n")):
        body = json.dumps(dlr(id=f"behind each other {number}")).encode()
        head = b"POST /dlr/%s HTTP/1.1\r\nHost: desk\r\n%sContent-Length: %d\r\n\r\n"
        requests += head % (shared.token.encode(), more, len(body)) + body
    taken = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 2\r\n%s\r\nOK"
    replies = shared.raw(requests, ends=False).replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"")
    assert replies == taken % b"" * 3 + taken % b"connection: close\r\n"
    assert shared.count("reports") == before + 4


@pytest.mark.parametrize("apart", [False, True])
def test_a_kept_connection_takes_one_report_after_another(shared, apart):
    before = shared.count("reports")
    line = http.client.HTTPConnection("127.0.0.1", shared.port, timeout=20)
    with contextlib.closing(line):
        for number in range(3):
            body = json.dumps(dlr(id=f"kept {apart} {number}")).encode()
            parts = iter([body[:9], body[9:]]) if apart else body
            line.request("POST", f"/dlr/{shared.token}", parts, {"Content-Length": str(len(body))})
            reply = line.getresponse()
            assert (reply.status, reply.read(), reply.getheader("content-length")) == (200, b"OK", "2")
    assert shared.count("reports") == before + 3


def test_a_stop_is_on_the_list_when_it_is_answered(shared):
    assert shared.post("mo", mo(id="s", msg="STOPP", keyword="STOPP", sub_keyword=None)) == 200
    row = shared.db.execute("SELECT * FROM suppressions WHERE msisdn = ?", (NUMBER,)).fetchone()
    assert row["reason"] == "stop" and row["inbound_id"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/dlr/wrong", 404), ("POST", "/dlr/", 404), ("POST", "/dlr", 404), ("GET", "/", 404),
        ("POST", "/dlr/{token}/more", 404), ("POST", "/DLR/{token}", 404), ("POST", "/dlr/%C3%A6", 404),
        ("GET", "/dlr/{token}", 405), ("PUT", "/mo/{token}", 405), ("DELETE", "/healthz", 405),
        ("GET", "/healthz", 200), ("HEAD", "/healthz", 200),
    ],
)  # fmt: skip
def test_only_the_addresses_that_were_given_out_are_answered(shared, method, path, status):
    assert shared.ask(method, path.format(token=shared.token), b"{}" if method == "POST" else None)[0] == status


def test_health_says_only_that_it_lives(shared):
    assert json.loads(shared.ask("GET", "/healthz")[1]) == {"live": True, "ready": True}


ODD = [
    b"", b"{", b"[]", b"null", b'{"id": ', b"{}{}", b"\x00", b"\xff\xfe\x00", b"=&=&", b"%", b"%zz=%", b"hello",
    b"[" * 30_000, b'{"a":' * 10_000, json.dumps(dlr()).encode() * 2, b'{"id": 1, "id": 2}', b"\x1f\x8b\x08garbage",
    gzip.compress(b"x" * 1_000_000), b'{"id":"x","status_text":{"a":1}}', b'{"id":null,"status_text":null}',
    b"a=1&" * 300, b'{"status_text": NaN}',
]  # fmt: skip
STRANGE = [
    dlr(id="\x00\ud800"), dlr(id="e1", status_text="\ud800\udc00" * 9), dlr(id="e2", mcc=-1, mnc=10**400),
    dlr(id="e3", status_updated="99999-99-99", sent_time=[]), dlr(id="e4", to="ikke et nummer"), dlr(id=10**30),
    dlr(id="e5", status_updated="0001-01-01T00:00:00+14:00"), dlr(id="e6", reference="x" * 20_000),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["dlr", "mo"])
@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
def test_what_nobody_understands_is_kept_and_answered_200(shared, kind, body):
    assert shared.post(kind, body) == 200
    found = shared.db.execute("SELECT reason FROM quarantine WHERE kind = ? AND body = ?", (kind, body)).fetchone()
    assert found and json.loads(found["reason"])[0].endswith(".")


@pytest.mark.parametrize("fields", STRANGE, ids=range(len(STRANGE)))
def test_strange_values_in_a_whole_report_are_taken(shared, fields):
    before = shared.count("reports")
    assert shared.post("dlr", json.dumps(fields)) == 200
    assert shared.count("reports") == before + 1


def test_more_than_64_kb_is_refused_also_when_its_length_is_not_told(shared):
    assert shared.post("dlr", b"x" * 65_537) == 413
    reply = shared.raw(
        b"POST /dlr/%s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" % shared.token.encode()
        + b"8000\r\n" + b"x" * 0x8000 + b"\r\n8000\r\n" + b"x" * 0x8000 + b"\r\n8000\r\nx",
        ends=False,
    )  # fmt: skip
    assert reply.startswith(b"HTTP/1.1 413")
    assert shared.is_up()


def test_an_endless_head_is_cut_off(shared):
    shared.raw(b"POST /dlr/x HTTP/1.1\r\n" + b"X-Long: " + b"x" * 200_000)
    assert shared.is_up()


def test_thousands_of_hostile_requests_bring_no_5xx_lose_nothing_and_keep_nobody_waiting(own):
    ingester = own().start()
    found = asyncio.run(hostile.attack(ingester.port, ingester.token, requests=1_000, at_once=24, idle=200, seed=1))
    hostile.lose(found, ingester.db)
    assert found.server_errors == 0 and found.sent == 1_000, found.answers
    assert len(found.good) > 300 and found.lost == 0
    assert found.honest_refused == 0 and found.slowest_of(0.5) < 3
    assert ingester.stop() == 0
    log = (ingester.folder / "log").read_text()
    assert ingester.token not in log and "Traceback" not in log


def test_no_log_holds_a_token(own):
    ingester = own(NEXTPOD_LOG_LEVEL="debug").start()
    ingester.post("dlr", b"{")
    ingester.ask("POST", f"/wrong/{ingester.token}", b"{}")
    ingester.ask("POST", f"/dlr/almost-{ingester.token}", b"{}")
    ingester.raw(b"POST /dlr/%s NOT/HTTP\r\n\r\n" % ingester.token.encode())
    ingester.stop()
    assert ingester.token not in (ingester.folder / "log").read_text()


def test_only_the_listed_addresses_may_call(own):
    ingester = own(NEXTPOD_WEBHOOK_ADDRESSES="91.189.121.81,91.189.121.82").start()
    assert ingester.post("dlr", dlr()) == 403
    assert ingester.post("dlr", dlr(), **{"X-Forwarded-For": "91.189.121.81"}) == 403
    assert ingester.count("reports") == 0


def test_behind_the_trusted_proxy_the_last_forwarded_address_counts(own):
    ingester = own(NEXTPOD_WEBHOOK_ADDRESSES="91.189.121.81", NEXTPOD_TRUSTED_PROXY="127.0.0.1").start()
    assert ingester.post("dlr", dlr(), **{"X-Forwarded-For": "91.189.121.81, 10.0.0.1"}) == 403
    assert ingester.post("dlr", dlr(), **{"X-Forwarded-For": "10.0.0.1, 91.189.121.81"}) == 200
    assert ingester.db.execute("SELECT source FROM reports").fetchone()[0] == "91.189.121.81"


def test_a_locked_store_is_answered_503_and_the_retry_is_taken(own):
    ingester = own().start()
    blocker = driver.connect(ingester.folder / "desk.db")
    blocker.execute("BEGIN IMMEDIATE")
    assert ingester.post("dlr", dlr()) == 503
    blocker.execute("ROLLBACK")
    blocker.close()
    assert ingester.post("dlr", dlr()) == 200


def test_a_disk_that_takes_no_more_is_answered_503_and_the_retry_is_taken(own):
    ingester = own()
    largest = max(path.stat().st_size for path in ingester.folder.iterdir()) + 65_536
    ingester.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest)))
    answers = [ingester.post("dlr", dlr(id=f"{n}", note="x" * 4000)) for n in range(40)]
    assert 503 in answers and set(answers) <= {200, 503}
    assert ingester.count("reports") == answers.count(200)
    ingester.stop(signal.SIGKILL)
    ingester.start()
    assert ingester.count("reports") == answers.count(200)
    assert ingester.post("dlr", dlr(id="39", note="x" * 4000)) == 200


def test_a_stop_that_can_not_be_stored_for_a_reason_nobody_foresaw_stops_all_the_same(own):
    ingester = own()
    ingester.db.execute(
        "CREATE TRIGGER odd BEFORE INSERT ON inbound BEGIN SELECT RAISE(ABORT, 'nobody foresaw this'); END"
    )
    ingester.start()

    def write(text, number):
        return ingester.post("mo", mo(msg=text, keyword=None, sub_keyword=None, id=number, **{"from": number}))

    assert write("Hei", "4791726201") == 200
    assert write("STOPP", NUMBER) == 200
    assert [row["msisdn"] for row in ingester.db.execute("SELECT msisdn FROM suppressions")] == [NUMBER]
    assert (ingester.count("inbound"), ingester.count("quarantine")) == (0, 2)
    # Where the list itself can't take it, it waits in quarantine and the gateway is asked to come again.
    ingester.db.execute("CREATE TRIGGER worse BEFORE INSERT ON suppressions BEGIN SELECT RAISE(ABORT, 'nor this'); END")
    assert write("STOPP", "4791726202") == 503
    assert ingester.count("quarantine") == 3
    assert "by hand, now" in ingester.db.execute("SELECT reason FROM quarantine ORDER BY id DESC").fetchone()["reason"]
    for name in ("odd", "worse"):
        ingester.db.execute(f"DROP TRIGGER {name}")
    assert write("STOPP", "4791726202") == 200
    assert ingester.count("suppressions") == 2


def test_a_message_that_can_not_even_be_judged_ends_nothing_and_is_brought_again(own):
    ingester = own()
    ingester.start()
    stop = mo(msg="STOPP", keyword=None, sub_keyword=None, id="1")
    ingester.db.execute("INSERT INTO options VALUES ('opt_out_words', 'no JSON', 0)")
    assert ingester.post("mo", stop) == 503
    assert ingester.count("quarantine") == 1
    assert ingester.post("dlr", dlr(id="2")) == 200
    ingester.db.execute("DELETE FROM options WHERE value = 'no JSON'")
    assert ingester.post("mo", stop) == 200
    assert [row["msisdn"] for row in ingester.db.execute("SELECT msisdn FROM suppressions")] == [NUMBER]


def test_who_is_slow_is_cut_off_and_keeps_nobody_else_waiting(shared):
    token = shared.token.encode()
    lines = []
    for begun in (b"", b"POST /dlr/", b"POST /dlr/" + token + b" HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"):
        lines.append(socket.create_connection(("127.0.0.1", shared.port), timeout=30))
        lines[-1].sendall(begun)
    assert shared.post("dlr", dlr(id="meanwhile")) == 200
    for line in lines:
        assert line.recv(100) == b""
        line.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_and_folds_what_it_took(own, number):
    ingester = own().start()
    for n in range(50):
        assert ingester.post("dlr", dlr(id=f"{n}")) == 200
    assert ingester.stop(number) == 0
    assert ingester.db.execute("SELECT id FROM watermarks").fetchone()[0] == 50


def test_a_taken_port_is_a_sentence(own, tmp_path):
    ingester = own().start()
    code = "from nextpod_core import ingester, settings; ingester.main(settings.load())"
    second = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | ingester.env, capture_output=True, text=True, timeout=30
    )
    assert "WrongSettings: The ingester can't listen on 127.0.0.1" in second.stderr


def test_whatever_was_answered_200_survives_kill_9(own):
    """Twenty kills at random instants under the load of eight connections; reports and opt-outs alike."""
    ingester = own()
    answered: dict[str, list[str]] = {"dlr": [], "mo": []}
    dice, kills, number = random.Random(), 20, iter(range(10**9))
    for _ in range(kills):
        ingester.start()
        ended = threading.Event()

        def load(ended=ended):
            while not ended.is_set():
                which, identity = ("mo" if next(number) % 8 == 0 else "dlr"), f"k{next(number)}"
                body = mo(id=identity, msg="STOPP", keyword=None) if which == "mo" else dlr(id=identity)
                with contextlib.suppress(OSError, http.client.HTTPException):
                    if ingester.post(which, body | ({"from": f"47{identity[1:]:0>8}"} if which == "mo" else {})) == 200:
                        answered[which].append(identity)

        threads = [threading.Thread(target=load) for _ in range(8)]
        for thread in threads:
            thread.start()
        enough = len(answered["dlr"]) + dice.randint(1, 60)
        until(lambda enough=enough: len(answered["dlr"]) >= enough)
        ingester.stop(signal.SIGKILL)
        ended.set()
        for thread in threads:
            thread.join()
    kept = {bytes(row[0])[1:].decode() for row in ingester.db.execute("SELECT nextpod_id FROM reports")}
    written = {row[0] for row in ingester.db.execute(
        "SELECT i.nextpod_id FROM inbound i JOIN suppressions s ON s.msisdn = i.msisdn")}  # fmt: skip
    assert len(answered["dlr"]) > kills and answered["mo"]
    assert set(answered["dlr"]) <= kept
    assert set(answered["mo"]) <= written
    assert ingester.db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
