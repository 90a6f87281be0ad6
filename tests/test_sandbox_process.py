"""The sandbox as a process: what it has accepted outlives it, and its page shows nothing it should not."""

import asyncio
import signal
import threading
import time
import urllib.error
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite

from nextpod_core.sandbox import server, wire
from tests.sandboxes import Ingester, Sandbox, free_port


@pytest.fixture
def sandbox(tmp_path):
    running = Sandbox(tmp_path)
    yield running
    running.end(signal.SIGKILL)


@pytest.fixture
def ingester():
    listening = Ingester()
    yield listening
    listening.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly(sandbox, how):
    assert sandbox.end(how) == 0
    assert "Traceback" not in sandbox.output


def test_a_new_process_tells_what_the_old_one_left(tmp_path, sandbox, ingester):
    url = ingester.url
    ingester.close()
    sandbox.send(to="4799999001,4799999002,4799999011", dlr_url=f"{url}/dlr/t", **{"from": "2345"})
    sandbox.end(signal.SIGKILL)
    later = Ingester()
    try:
        # The same port is not to be had again for sure, so the file is told of the new one.
        db = sqlite.connect(tmp_path / "gateway.db")
        db.execute("UPDATE requests SET dlr_url = ?", (f"{later.url}/dlr/t",))
        db.execute("UPDATE meta SET value = ? WHERE name = 'dlr_url'", (f"{later.url}/dlr/t",))
        db.commit()
        db.close()
        sandbox.start()
        told = later.wait(lambda told: told if len(told) == 4 else [])
        assert sorted((each.path, each.json.get("status_text")) for each in told) == [
            ("/dlr/t", "DELIVERED"),
            ("/dlr/t", "DELIVERED"),
            ("/dlr/t", "FAILED"),
            ("/mo/t", None),
        ]
    finally:
        later.close()


def test_an_ingester_that_was_away_gets_everything_later(sandbox, ingester):
    ingester.refuse = [503] * 40
    numbers = [str(4790000000 + n) for n in range(30)]
    sandbox.send(to=",".join(numbers), dlr_url=f"{ingester.url}/dlr/t")
    expected = sandbox.ask("/sandbox/counts")["reports_waiting"]

    def all_told(told):
        return {each.json["to"] for each in told[40:]} if len(told) >= 40 + expected else set()

    assert len(ingester.wait(all_told)) >= 28  # one or two may be among the silent


def test_killed_after_an_answer_it_has_lost_nothing(sandbox):
    answered: list[str] = []
    enough = threading.Event()

    def send(first):
        for n in range(10_000):
            number = str(first + n)
            try:
                reply = sandbox.send(to=number)
            except OSError:
                return
            if reply is None or reply.line != "HTTP/1.1 200 OK":
                return
            answered.append(number)
            if len(answered) > 150:
                enough.set()

    threads = [threading.Thread(target=send, args=(4790000000 + 100_000 * n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    assert enough.wait(timeout=20)
    sandbox.process.kill()
    for thread in threads:
        thread.join()
    sandbox.end()
    sandbox.start()
    kept = {each["to"] for each in sandbox.ask("/sandbox/messages?limit=100000")["messages"]}
    assert kept >= set(answered)
    counts = sandbox.ask("/sandbox/counts")
    assert counts["accepted"] == counts["recipients"] == len(kept) and counts["more_than_once"] == {}


def test_repeats_are_counted_by_recipient(sandbox):
    for to in ("4799999001", "4799999001,4799999002", "4799999001"):
        sandbox.send(to=to, reference="ref")
    counts = sandbox.ask("/sandbox/counts")
    assert (counts["requests"], counts["accepted"], counts["recipients"]) == (3, 4, 2)
    assert counts["more_than_once"] == {"4799999001": 3}
    found = sandbox.ask("/sandbox/messages?to=4799999001&since=1")["messages"]
    assert [(each["to"], each["reference"], each["msg"]) for each in found] == [("4799999001", "ref", "Hello!")] * 2


def test_a_second_sandbox_on_the_same_port_says_so(sandbox):
    second = sandbox.command()
    assert second.returncode == 1 and f"port {sandbox.port}" in second.stderr


def test_a_second_sandbox_on_the_same_file_says_so(tmp_path, sandbox):
    other = Sandbox.__new__(Sandbox)
    other.env = sandbox.env | {"NEXTPOD_SANDBOX_PORT": str(free_port())}
    refused = other.command()
    assert refused.returncode == 1 and "Another sandbox uses" in refused.stderr


def test_a_file_that_is_no_record_is_refused_with_a_sentence(tmp_path, sandbox):
    sandbox.end()
    (tmp_path / "gateway.db").write_text("Not a database at all. " * 200)
    refused = sandbox.command()
    assert refused.returncode == 1 and "move it away or delete it" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_client_that_dawdles_or_sleeps_is_cut_off():
    async def story():
        served = wire.Server(lambda request: asyncio.sleep(0, wire.Answer(200, "OK")))
        sock = server.listen(0)
        await served.start(sock)
        try:
            streams = [await asyncio.open_connection(*sock.getsockname()) for _ in range(2)]
            (slow, slow_out), (idle, idle_out) = streams
            slow_out.write(b"POST / HTTP/1.1\r\nX: ")
            idle_out.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await idle.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK\r\n")
            while sum(each._begun is not None for each in served.connections) < 1:
                await asyncio.sleep(0)
            for each in list(served.connections):
                each.sweep(time.monotonic() + 31)
            assert (await slow.read()).startswith(b"HTTP/1.1 408 Request Timeout\r\n")
            for each in list(served.connections):
                each.sweep(time.monotonic() + 76)
            assert await idle.read() == b""
            for _, out in streams:
                out.close()
                await out.wait_closed()
        finally:
            await served.stop()

    asyncio.run(story())


@pytest.mark.parametrize(("wanted", "sentence"), [("nb-NO", "Ingenting forlater"), ("en", "Nothing leaves")])
def test_the_page_speaks_two_languages_and_escapes_everything(sandbox, wanted, sentence):
    sandbox.send(msg="<script>alert(1)</script> & så", **{"from": "<b>&"})
    page = sandbox.ask("/", **{"Accept-Language": wanted})
    assert sentence in page and "4799999013" in page
    assert "&lt;script&gt;alert(1)" in page and "<script>alert" not in page and "<b>&amp;" not in page
    assert "http://" not in page and "https://" not in page
    assert "alert(1)" in sandbox.ask("/sandbox/phones")


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
def test_a_page_of_somebody_elses_gets_nothing(sandbox, headers):
    with pytest.raises(urllib.error.HTTPError) as refused:
        sandbox.ask("/sandbox/messages", **headers)
    assert refused.value.code == 403
    refused.value.close()


def test_the_form_leads_back_to_the_page(sandbox, ingester):
    sandbox.send(dlr_url=f"{ingester.url}/dlr/t")
    body = b"from=4791726200&to=2345&text=Hei+p%C3%A5+deg"
    reply = sandbox.exchange(
        f"POST /sandbox/mo HTTP/1.1\r\nHost: localhost:{sandbox.port}\r\nOrigin: http://localhost:{sandbox.port}\r\n"
        f"Accept: text/html\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        "".encode()
        + body
    )
    assert reply.line == "HTTP/1.1 303 See Other" and reply.headers["location"] == "/?note=sent"
    mo = ingester.wait(lambda told: [each.json for each in told if each.path == "/mo/t"])[0]
    assert (mo["from"], mo["msg"], mo["keyword"], mo["sub_keyword"]) == ("4791726200", "Hei på deg", "HEI", "PÅ")


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="asks Linux who listens")
def test_it_listens_on_this_machine_only(sandbox):
    sockets = [
        line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"
    ]
    listening = [address for address in sockets if address.endswith(f":{sandbox.port:04X}")]
    assert listening == [f"0100007F:{sandbox.port:04X}"]  # 127.0.0.1, in the machine's byte order
