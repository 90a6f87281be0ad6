"""What becomes of a request when the network misbehaves, on real sockets: not sent, unknown, or Nextpod's answer."""

import asyncio
import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

from nextpod_core import errors
from nextpod_core.api import Answer, Nextpod
from nextpod_core.wire import Wire
from tests import doubles
from tests.doubles import Double, Line, accepted, answer, obliging, playing

ONE = ["4791726200"]
MANY = [f"47{91000000 + place}" for place in range(1000)]
LONG = "Ærlig talt, dette er en lang tekst. " * 41  # 20 kB with its recipients

LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Runs a coroutine on each of the loops that the dispatcher may use: they raise different things."""

    def on_loop(coroutine: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=request.param) as runner:
            return runner.run(coroutine)

    return on_loop


async def send(url: str, to: list[str] = ONE, msg: str = "Hei", **options: Any) -> tuple[Answer | Exception, bool]:
    """One send, its answer or error, and whether the client said that it may have left."""
    left = False

    def started() -> None:
        nonlocal left
        left = True

    options = {"timeout": 5.0, **options}
    async with Nextpod("key", url=url, **options) as nextpod:
        try:
            return await nextpod.send(sender="Nextpod", to=to, msg=msg, started=started), left
        except errors.NextpodError as error:
            return error, left


# -- plays: what the other side does ------------------------------------------------------------------------------


def says(data: bytes) -> doubles.Play:
    def play(line: Line) -> None:
        line.request()
        line.write(data)

    return play


def reset_before_reading(line: Line) -> None:
    line.peek()
    line.reset()


def reset_in_the_middle(line: Line) -> None:
    line.read(1000)
    line.reset()


def reset_after_the_request(line: Line) -> None:
    line.request()
    line.reset()


def close_after_the_request(line: Line) -> None:
    line.request()


def reset_in_the_answer(line: Line) -> None:
    line.write(accepted(line.request())[:-20])
    line.reset()


def close_in_the_answer(line: Line) -> None:
    line.write(accepted(line.request())[:-20])


def reset_in_the_head(line: Line) -> None:
    line.write(accepted(line.request())[:25])
    line.reset()


def silent(line: Line) -> None:
    line.hold()


def silent_after_the_head(line: Line) -> None:
    line.write(accepted(line.request())[:-20])
    line.hold()


def drip(line: Line) -> None:
    line.request()
    for byte in answer(b" " * 10_000):
        if line.double.over.wait(0.01):
            return
        line.write(bytes([byte]))


def drip_of_1xx(line: Line) -> None:
    line.request()
    while not line.double.over.wait(0.01):
        line.write(b"HTTP/1.1 102 Processing\r\n\r\n")


def endless(line: Line) -> None:
    line.request()
    line.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not line.double.over.is_set():
        line.write(b"10000\r\n" + b" " * 65536 + b"\r\n")


def endless_head(line: Line) -> None:
    line.request()
    line.write(b"HTTP/1.1 200 OK\r\n")
    while not line.double.over.is_set():
        line.write(b"X-More: " + b"x" * 8000 + b"\r\n")


def chunked_and_cut(line: Line) -> None:
    whole = accepted(line.request()).partition(b"\r\n\r\n")[2]
    line.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(whole), whole))


def truncated_json(line: Line) -> None:
    whole = accepted(line.request()).partition(b"\r\n\r\n")[2]
    line.write(answer(whole[:-8]))


def client_certificate_wanted(line: Line) -> None:
    # In TLS 1.3 the client is done, and its request gone, before the server looks at the certificate.
    line.secure(client_certificate=True)


UNKNOWN: dict[str, doubles.Play] = {
    "reset before the request is read": reset_before_reading,
    "reset in the middle of the request": reset_in_the_middle,
    "reset after the request": reset_after_the_request,
    "closed after the request": close_after_the_request,
    "reset in the head of the answer": reset_in_the_head,
    "reset in the middle of the answer": reset_in_the_answer,
    "closed in the middle of the answer": close_in_the_answer,
    "chunks without an end": chunked_and_cut,
    "truncated JSON": truncated_json,
    "garbage": says(b"\x00\xff\x13garbage\r\n\r\n" * 50),
    "another protocol": says(b"220 mail.example ESMTP ready\r\n"),
    "an empty 200": says(answer(b"")),
    "a page with 200": says(answer("<html>Sign in</html>")),
    "JSON that is no answer": says(answer({"ok": True})),
    "an empty list": says(answer({"recipients": 0, "sms": []})),
    "deep nesting": says(answer("[" * 100_000)),
    "a number of 9,000 digits": says(answer("9" * 9000)),
    "gzip without end": says(
        answer(gzip.compress(b" " * 100_000_000), head="Content-Encoding: gzip\r\n"),
    ),
    "gzip that is none": says(answer(b"plain", head="Content-Encoding: gzip\r\n")),
    "more than the length said": says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + b"[]" * 40),
    "two lengths": says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n[]]"),
    "a huge answer": endless,
    "a huge head": endless_head,
    "101": says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
    "201": says(answer({"id": "1", "to": ONE[0]}, "HTTP/1.1 201 Created")),
    "204": says(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "407": says(answer("", "HTTP/1.1 407 Proxy Authentication Required")),
    "408": says(answer("", "HTTP/1.1 408 Request Timeout")),
    "418": says(answer("", "HTTP/1.1 418 Teapot")),
    "502 from a proxy": says(answer("<html>Bad gateway</html>", "HTTP/1.1 502 Bad Gateway")),
    "503 from a proxy": says(answer("<html>Busy</html>", "HTTP/1.1 503 Service Unavailable", "Retry-After: 1\r\n")),
    "504 from a proxy": says(answer("<html>Late</html>", "HTTP/1.1 504 Gateway Timeout")),
    "599": says(answer("", "HTTP/1.1 599 What")),
}


@pytest.mark.parametrize("play", UNKNOWN.values(), ids=UNKNOWN.keys())
@pytest.mark.parametrize("to", [ONE, MANY], ids=["one", "many"])
def test_what_may_have_left_is_unknown(run, play, to):
    with playing(play) as double:
        error, left = run(send(double.url, to, LONG))
    assert type(error) is errors.Unknown
    assert left


SILENT = {
    "silence": silent,
    "silence in the answer": silent_after_the_head,
    "a slow drip": drip,
    "a drip of 1xx": drip_of_1xx,
}


@pytest.mark.parametrize("play", SILENT.values(), ids=SILENT.keys())
def test_the_deadline_covers_the_whole_request(run, play):
    began = time.monotonic()
    with playing(play) as double:
        error, left = run(send(double.url, timeout=0.2))
    assert type(error) is errors.Unknown
    assert left
    assert "0.2 s are over" in str(error)
    assert time.monotonic() - began < 2


WRONG = {
    "301": says(answer("", "HTTP/1.1 301 Moved Permanently", "Location: https://elsewhere.example/\r\n")),
    "302 without a place": says(answer("", "HTTP/1.1 302 Found")),
    "307": says(answer("", "HTTP/1.1 307 Temporary Redirect", "Location: /v2/sms\r\n")),
    "308": says(answer("", "HTTP/1.1 308 Permanent Redirect", "Location: /v2/sms\r\n")),
    "304": says(b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    "404": says(answer("<html>Not here</html>", "HTTP/1.1 404 Not Found")),
    "405": says(answer("", "HTTP/1.1 405 Method Not Allowed", "Allow: GET\r\n")),
}


@pytest.mark.parametrize("play", WRONG.values(), ids=WRONG.keys())
def test_an_answer_that_is_not_the_apis_is_a_wrong_address_and_not_followed(run, play):
    with playing(play) as double:
        error, left = run(send(double.url))
    assert type(error) is errors.WrongAddress
    assert left
    assert double.accepted == 1


# -- not sent -----------------------------------------------------------------------------------------------------


def test_a_refused_connection_is_not_sent(run):
    with doubles.nobody() as port:
        assert_not_sent(run(send(f"http://127.0.0.1:{port}/v2")))


def test_a_connection_that_is_neither_taken_nor_refused_is_not_sent(run):
    with doubles.full_up() as port:
        assert_not_sent(run(send(f"http://127.0.0.1:{port}/v2", timeout=0.2)))


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 64 + ".invalid"])
def test_a_name_that_leads_nowhere_is_not_sent(run, host):
    assert_not_sent(run(send(f"https://{host}/v2")))


def tls_garbage(line: Line) -> None:
    line.connection.recv(10)
    line.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def tls_reset(line: Line) -> None:
    line.connection.recv(10)
    line.reset()


def tls_closed(line: Line) -> None:
    line.connection.recv(10)


def tls_silent(line: Line) -> None:
    line.double.over.wait(5)


def tls_obliging(line: Line) -> None:
    line.secure()
    obliging(line)


TLS_FAILURES = {"plain HTTP": tls_garbage, "reset": tls_reset, "closed": tls_closed, "silence": tls_silent}


@pytest.mark.parametrize("play", TLS_FAILURES.values(), ids=TLS_FAILURES.keys())
def test_a_handshake_that_fails_is_not_sent(run, play):
    with playing(play) as double:
        assert_not_sent(run(send(double.secure_url, ca_file=doubles.CERTIFICATE, timeout=0.3)), double)


def test_a_certificate_of_nobody_known_is_not_sent(run):
    with playing(tls_obliging) as double:
        assert_not_sent(run(send(double.secure_url)), double)


def test_a_certificate_for_another_name_is_not_sent(run):
    with playing(tls_obliging) as double:
        url = f"https://127.0.0.1:{double.port}/v2"
        assert_not_sent(run(send(url, ca_file=doubles.CERTIFICATE)), double)


def test_a_reset_at_once_is_not_sent_only_when_nothing_left(run):
    with playing(Line.reset) as double:
        outcome = run(send(double.url))
    # Whether connecting or sending meets the reset is a matter of microseconds; both must be told rightly.
    if isinstance(outcome[0], errors.NotSent):
        assert_not_sent(outcome, double)
    else:
        assert type(outcome[0]) is errors.Unknown and outcome[1]


def test_tls_that_ends_after_the_handshake_is_unknown(run):
    with playing(client_certificate_wanted) as double:
        error, left = run(send(double.secure_url, ca_file=doubles.CERTIFICATE))
    assert type(error) is errors.Unknown
    assert left


def test_tls_works_when_all_is_well(run):
    with playing(tls_obliging) as double:
        found, left = run(send(double.secure_url, MANY, ca_file=doubles.CERTIFICATE))
    assert len(found.ids) == 1000 and left


# -- through a proxy ----------------------------------------------------------------------------------------------


def proxy(then: doubles.Play | None = None, first: str = "HTTP/1.1 200 Connection established") -> doubles.Play:
    """A proxy that answers CONNECT with `first`; what comes then is played by `then`. CONNECT is not the request."""

    def play(line: Line) -> None:
        request = line.request()
        assert request.startswith(b"CONNECT localhost:443 ")
        assert b"Authorization: Basic OmtleQ==" not in request  # :key
        line.double.received.clear()
        line.write(f"{first}\r\n\r\n".encode())
        if then:
            then(line)

    return play


def through(double: Double, **options: Any) -> Coroutine[Any, Any, tuple[Answer | Exception, bool]]:
    options = {"ca_file": doubles.CERTIFICATE, **options}
    return send("https://localhost/v2", proxy=f"http://name:secret@127.0.0.1:{double.port}", **options)


def hush(line: Line) -> None:
    line.request()
    line.double.received.clear()
    line.double.over.wait(5)


def proxy_resets(line: Line) -> None:
    line.request()
    line.double.received.clear()
    line.reset()


PROXY_FAILURES = {
    "502": proxy(first="HTTP/1.1 502 Bad Gateway"),
    "503": proxy(first="HTTP/1.1 503 Service Unavailable"),
    "504": proxy(first="HTTP/1.1 504 Gateway Timeout"),
    "403": proxy(first="HTTP/1.1 403 Forbidden"),
    "407": proxy(first="HTTP/1.1 407 Proxy Authentication Required"),
    "302": proxy(first="HTTP/1.1 302 Found"),
    "garbage": proxy(first="what?"),
    "closed": proxy(),
    "reset": proxy_resets,
    "silence": hush,
    "tunnel without TLS": proxy(tls_garbage),
    "tunnel reset in TLS": proxy(tls_reset),
    "tunnel silent": proxy(tls_silent),
}


@pytest.mark.parametrize("play", PROXY_FAILURES.values(), ids=PROXY_FAILURES.keys())
def test_a_proxy_that_makes_no_way_is_not_sent(run, play):
    with playing(play) as double:
        assert_not_sent(run(through(double, timeout=0.3)), double)


def test_the_way_to_a_proxy_may_be_secret_too(run):
    def play(line: Line) -> None:
        line.secure()
        inside = proxy()
        inside(line)
        tunnel = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tunnel.load_cert_chain(doubles.CERTIFICATE, doubles.TLS / "loopback.key")
        into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
        within = tunnel.wrap_bio(into, out, server_side=True)

        def until_done(step: Callable[[], Any]) -> Any:
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    line.connection.sendall(out.read())
                    into.write(line.connection.recv(65536))
                finally:
                    line.connection.sendall(out.read())

        until_done(within.do_handshake)
        data = b""
        while b"}" not in data:
            data += until_done(lambda: within.read(65536))
        within.write(accepted(data))
        line.connection.sendall(out.read())
        line.hold()

    with playing(play) as double:
        found, left = run(
            send("https://localhost/v2", proxy=f"https://localhost:{double.port}", ca_file=doubles.CERTIFICATE)
        )
    assert not isinstance(found, Exception), found
    assert found.ids and left


def test_a_proxy_that_is_not_there_is_not_sent(run):
    with doubles.nobody() as port:
        assert_not_sent(run(send("https://localhost/v2", proxy=f"http://127.0.0.1:{port}")))


def test_an_answer_comes_through_a_proxy_and_the_key_does_not_go_to_it(run):
    with playing(proxy(tls_obliging)) as double:
        found, left = run(through(double))
    assert found.ids == {"4791726200": "ID-4791726200"}
    assert left


@pytest.mark.parametrize("then", [reset_in_the_middle, reset_after_the_request, close_in_the_answer])
def test_what_left_through_a_proxy_is_unknown(run, then):
    def play(line: Line) -> None:
        line.secure()
        then(line)

    with playing(proxy(play)) as double:
        error, left = run(through(double))
    assert type(error) is errors.Unknown
    assert left


def test_the_sandbox_on_this_machine_is_reached_without_the_proxy(run):
    with playing(obliging) as double, doubles.nobody() as port:
        found, _ = run(send(double.url, proxy=f"http://127.0.0.1:{port}"))
    assert found.ids


def test_the_environment_names_no_proxy(run, monkeypatch):
    with playing(obliging) as double, doubles.nobody() as port:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        found, _ = run(send(double.url))
    assert found.ids


# -- answers ------------------------------------------------------------------------------------------------------

ANSWERED = {
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\n" + json.dumps({"id": "A", "to": ONE[0]}).encode(),
    "no reason phrase": answer({"id": "A", "to": ONE[0]}, "HTTP/1.1 200 "),
    "1xx first": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + answer({"id": "A", "to": ONE[0]}),
    "wrong content type": answer({"id": "A", "to": ONE[0]}).replace(b"application/json", b"text/html"),
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"".join(b"1\r\n%c\r\n" % byte for byte in json.dumps({"id": "A", "to": ONE[0]}).encode())
    + b"0\r\n\r\n",
}


PACKED = gzip.compress(json.dumps({"id": "A", "to": ONE[0]}).encode())
ANSWERED["packed though it was asked for plain"] = answer(PACKED, head="Content-Encoding: gzip\r\n")
ANSWERED["told to end with the connection"] = answer({"id": "A", "to": ONE[0]}, head="Connection: close\r\n")


@pytest.mark.parametrize("data", ANSWERED.values(), ids=ANSWERED.keys())
def test_odd_but_whole_answers_are_read(run, data):
    with playing(says(data)) as double:
        found, _ = run(send(double.url))
    assert found.ids == {ONE[0]: "A"}


def test_an_answer_that_comes_byte_by_byte_is_whole(run):
    def play(line: Line) -> None:
        line.request()
        line.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in answer("no", "HTTP/1.1 402 Out of credit", "Retry-After: 7\r\n"):
            line.write(bytes([byte]))

    with playing(play) as double:
        error, _ = run(send(double.url))
    assert type(error) is errors.OutOfCredit
    assert (error.phrase, error.retry_after) == ("Out of credit", 7.0)


def test_a_refusal_counts_though_the_request_was_not_read_to_its_end(run):
    def play(line: Line) -> None:
        line.read(1000)
        line.write(answer("", "HTTP/1.1 401 Unauthorized", "Connection: close\r\n"))
        line.hold()

    with playing(play) as double:
        error, _ = run(send(double.url, MANY, LONG))
    assert type(error) is errors.NotAllowed


@pytest.mark.parametrize("end", [Line.reset, Line.hold], ids=["reset", "silence"])
def test_a_refusal_stands_in_its_first_line_though_its_body_never_comes(run, end):
    def play(line: Line) -> None:
        line.request()
        line.write(b"HTTP/1.1 402 Out of credit\r\nContent-Length: 500\r\n\r\nhalf")
        end(line)

    with playing(play) as double:
        error, _ = run(send(double.url, timeout=0.3))
    assert type(error) is errors.OutOfCredit
    assert error.phrase == "Out of credit"


# -- connections --------------------------------------------------------------------------------------------------


def test_single_texts_share_a_kept_connection_and_many_recipients_never_do(run):
    async def sends(url: str) -> None:
        async with Nextpod("key", url=url) as nextpod:
            for to in (ONE, ONE, MANY, MANY, ONE):
                await nextpod.send(sender="Nextpod", to=to, msg="Hei")

    with playing(obliging) as double:
        run(sends(double.url))
    assert double.accepted == 3
    assert double.received.lower().count(b"connection: close") == 2


def test_a_kept_connection_inside_tls_is_used_again_and_replaced_when_closed(run):
    def twice(line: Line) -> None:
        line.secure()
        for _ in range(2):
            line.write(accepted(line.request()))

    async def sends(url: str, double: Double) -> None:
        async with Nextpod("key", url=url, ca_file=doubles.CERTIFICATE) as nextpod:
            for place in range(4):
                await nextpod.send(sender="Nextpod", to=ONE, msg="Hei")
                if place == 1:
                    for thread in double.threads[1:]:
                        await asyncio.to_thread(thread.join)

    with playing(twice) as double:
        run(sends(double.secure_url, double))
    assert double.accepted == 2


def test_a_kept_connection_that_the_server_closed_is_noticed_and_replaced(run):
    def once(line: Line) -> None:
        line.write(accepted(line.request()))

    async def sends(url: str, double: Double) -> None:
        async with Nextpod("key", url=url) as nextpod:
            for _ in range(3):
                await nextpod.send(sender="Nextpod", to=ONE, msg="Hei")
                for thread in double.threads[1:]:  # The play has ended, so the FIN is on its way over the loopback.
                    await asyncio.to_thread(thread.join)

    with playing(once) as double:
        run(sends(double.url, double))
    assert double.accepted == 3


@pytest.mark.parametrize("more", [b"HTTP/1.1 200 OK\r\n\r\n", b"x"], ids=["an answer", "a byte"])
@pytest.mark.parametrize("later", [False, True], ids=["with it", "after it"])
def test_what_nobody_asked_for_is_never_the_next_request_s_answer(run, more, later):
    said = threading.Event()

    def play(line: Line) -> None:
        whole = accepted(line.request())
        line.write(whole if later else whole + more)
        if later:
            line.write(more)
        said.set()
        line.hold()

    async def sends(url: str) -> list[Answer]:
        async with Nextpod("key", url=url) as nextpod:
            first = await nextpod.send(sender="Nextpod", to=ONE, msg="Hei")
            await asyncio.to_thread(said.wait)
            return [first, await nextpod.send(sender="Nextpod", to=ONE, msg="Hei")]

    with playing(play) as double:
        assert all(found.ids == {ONE[0]: f"ID-{ONE[0]}"} for found in run(sends(double.url)))
    assert double.accepted == 2


def test_an_answer_before_the_request_was_written_whole_ends_the_connection(run):
    def play(line: Line) -> None:
        line.read(1000)
        line.write(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
        line.double.over.wait(5)  # The rest of the request is never read.

    async def sends(url: str, double: Double) -> None:
        wire = Wire(url, proxy=None, ca_file=None, timeout=5.0)
        for place in range(2):
            reply = await wire.post({}, b"x" * 16_000_000, fresh=False)
            assert reply.code == 403 and double.accepted == place + 1
        await wire.aclose()

    with playing(play) as double:
        run(sends(double.url, double))


def test_a_kept_connection_that_breaks_under_a_request_makes_it_unknown_and_sends_nothing_again(run):
    def play(line: Line) -> None:
        line.write(accepted(line.request()))
        line.peek()
        line.reset()

    async def sends(url: str) -> None:
        async with Nextpod("key", url=url) as nextpod:
            await nextpod.send(sender="Nextpod", to=ONE, msg="Hei")
            with pytest.raises(errors.Unknown):
                await nextpod.send(sender="Nextpod", to=ONE, msg="Hei")

    with playing(play) as double:
        run(sends(double.url))
    assert double.accepted == 1


def test_sixty_four_sends_at_once_each_get_their_own_answer(run):
    async def sends(url: str) -> list[Answer]:
        async with Nextpod("key", url=url) as nextpod:
            groups = [MANY[at : at + size] for at, size in zip(range(0, 640, 10), [1, 3] * 32, strict=True)]
            found = await asyncio.gather(
                *(nextpod.send(sender="Nextpod", to=group, msg="Hei") for group in groups for _ in range(3))
            )
            assert [list(one.ids) for one in found] == [group for group in groups for _ in range(3)]
            return found

    with playing(obliging) as double:
        assert not any(one.missing for one in run(sends(double.url)))


def test_a_send_cancelled_after_it_left_says_so(run):
    with playing(silent) as double:
        assert run(cancelled(double.url, when=lambda: bool(double.received)))


def test_a_send_cancelled_while_connecting_has_not_left(run):
    with doubles.full_up() as port:
        assert not run(cancelled(f"http://127.0.0.1:{port}/v2", when=lambda: True))


async def cancelled(url: str, *, when: Callable[[], bool]) -> bool:
    """Whether a send that is cancelled once `when` holds had left."""
    left = asyncio.Event()
    async with Nextpod("key", url=url) as nextpod:
        task = asyncio.create_task(nextpod.send(sender="Nextpod", to=ONE, msg="Hei", started=left.set))
        async with asyncio.timeout(5):
            await asyncio.sleep(0)
            while not when():
                await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    return left.is_set()


def test_a_script_sends_without_an_event_loop():
    with playing(obliging) as double:
        nextpod = Nextpod("key", url=double.url)
        for to in (ONE, MANY):
            assert len(nextpod.send_sync(sender="Nextpod", to=to, msg="Hei").ids) == len(to)


def assert_not_sent(outcome: tuple[Answer | Exception, bool], double: Double | None = None) -> None:
    error, left = outcome
    assert type(error) is errors.NotSent
    assert not left
    assert double is None or not double.received
