"""The sandbox's API on the wire: documented examples as printed, every refusal with its phrase, HTTP as it comes."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextpod_core.sandbox import parameters
from nextpod_core.sandbox.wire import Request
from tests.sandboxes import BASIC, Ingester, Sandbox, read_reply

JSON = "Content-Type: application/json; charset=utf-8"
FORM = "Content-Type: application/x-www-form-urlencoded; charset=utf-8"
WRONG = "parameter is missing or has an invalid value"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    running = Sandbox(tmp_path_factory.mktemp("sandbox"))
    yield running
    running.end()


@pytest.fixture
def ingester():
    listening = Ingester()
    yield listening
    listening.close()


def assert_two_accepted(reply):
    assert reply.line == "HTTP/1.1 200 OK"
    assert list(reply.json) == ["recipients", "sms"] and reply.json["recipients"] == 2
    for sms, number in zip(reply.json["sms"], ["4791726200", "4758484412"], strict=True):
        assert list(sms) == ["id", "from", "to", "msg_length", "msg_parts", "reference"]
        assert sms | {"id": ""} == {
            "id": "",
            "from": "Nextpod",
            "to": number,
            "msg_length": "6",
            "msg_parts": "1",
            "reference": "",
        }
        assert len(sms["id"]) == 36 and sms["id"] == sms["id"].upper()


def test_the_documented_json_example_works_as_printed(sandbox):
    body = '{ "from": "Nextpod", "to": "4791726200,4758484412", "msg": "Hello!" }'
    assert_two_accepted(
        sandbox.exchange(
            f"POST https://api.nextpod.io/v2/sms HTTP/1.1\r\nHost: api.nextpod.io\r\n{BASIC}\r\n{JSON}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
    )


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_documented_form_example_works_as_printed(sandbox, line_end):
    lines = [
        "?account_id=2532",
        "&api_key=744ebx-btaPfo5dd0c1e15b3ed421f6e8d2c2b7b4",
        "&from=Nextpod",
        "&to=4791726200,4758484412",
        "&msg=Hello!",
    ]
    body = line_end.join(lines) + line_end
    assert_two_accepted(
        sandbox.exchange(
            f"POST https://api.nextpod.io/v2/sms HTTP/1.1\r\nHost: api.nextpod.io\r\n{FORM}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
    )


def test_the_documented_query_examples_work_as_printed(sandbox):
    address = "https://api.nextpod.io/v2/sms?account_id=xx&api_key=xx&to={}&from=Nextpod&msg=Hello!"
    one = sandbox.post("", path=address.format("4791726200"), auth="")
    assert one.line == "HTTP/1.1 200 OK"
    assert list(one.json) == ["id", "from", "to", "msg_length", "msg_parts", "reference"]
    assert one.json["to"] == "4791726200"
    assert_two_accepted(sandbox.post("", path=address.format("4791726200,4758484412"), auth=""))


def test_v3_answers_like_v2(sandbox):
    body = '{"from": "Nextpod", "to": "4791726200, 4758484412", "msg": "Hello!"}'
    assert_two_accepted(sandbox.post(body, JSON, path="/v3/sms"))


REFUSED = [
    ({"from": None}, f"400 From {WRONG}"),
    ({"from": "      "}, f"400 From {WRONG}"),
    ({"from": "ab"}, f"400 From {WRONG}"),
    ({"from": "Much too long"}, f"400 From {WRONG}"),
    ({"from": "123456789012345"}, f"400 From {WRONG}"),
    ({"from": "Politiet"}, f"400 From {WRONG}"),
    ({"to": None}, f"400 To {WRONG}"),
    ({"to": "4791726200,"}, f"400 To {WRONG}"),
    ({"to": "+4791726200"}, f"400 To {WRONG}"),
    ({"to": "4791726200,12"}, f"400 To {WRONG}"),
    ({"to": "4791726200,４７９１７２６２０１"}, f"400 To {WRONG}"),
    ({"to": ["4791726200"]}, f"400 To {WRONG}"),
    ({"to": "4799999026"}, f"400 To {WRONG}"),
    ({"to": ",".join(str(4790000000 + n) for n in range(1001))}, "413 To many recipients"),
    ({"msg": None}, f"400 Msg {WRONG}"),
    ({"msg": ""}, f"400 Msg {WRONG}"),
    ({"msg": "a" * 1501}, f"400 Msg {WRONG}"),
    ({"msg": "😀" * 751}, f"400 Msg {WRONG}"),
    ({"send_time": "2019-09-25 08:58"}, f"400 Send_time {WRONG}"),
    ({"send_time": "2019-13-25T08:58:00Z"}, f"400 Send_time {WRONG}"),
    ({"dlr_url": "ftp://here"}, f"400 Dlr_url {WRONG}"),
    ({"dlr_method": "XML"}, f"400 Dlr_method {WRONG}"),
    ({"reference": "r" * 101}, f"400 Reference {WRONG}"),
    ({"gateway": "one"}, f"400 Gateway {WRONG}"),
    ({"to": "4799999023"}, "500 Internal server error"),
]


@pytest.mark.parametrize(("fields", "line"), REFUSED)
def test_every_refusal_stands_in_the_reason_phrase(sandbox, fields, line):
    before = sandbox.ask("/sandbox/counts")["accepted"]
    reply = sandbox.send(**fields)
    assert reply.line == f"HTTP/1.1 {line}" and reply.body == b""
    assert sandbox.ask("/sandbox/counts")["accepted"] == before


KEYS = [
    ("", "401 Unauthorized"),
    ("Authorization: Basic dXNlcjprZXk=", "401 Unauthorized"),  # a user name where none belongs
    ("Authorization: Basic %%%", "401 Unauthorized"),
    ("Authorization: Bearer x", "401 Unauthorized"),
    ("Authorization: Basic OnNhbmRib3gtNDAx", "401 Unauthorized"),
    ("Authorization: Basic OnNhbmRib3gtNDAy", "402 Out of credit"),
    ("Authorization: Basic OnNhbmRib3gtNDAz", "403 Forbidden"),
    ("Authorization: Basic OnNhbmRib3gtNDI5", "429 To many requests"),
    ("Authorization: Basic OnNhbmRib3gtNTAw", "500 Internal server error"),
]


@pytest.mark.parametrize(("header", "line"), KEYS)
def test_keys_that_are_refused(sandbox, header, line):
    body = '{"from": "Nextpod", "to": "4791726200", "msg": "Hello!"}'
    assert sandbox.post(body, JSON, auth=header).line == f"HTTP/1.1 {line}"


@pytest.mark.parametrize(("account", "line"), [("401", "401 Unauthorized"), ("402", "402 Out of credit")])
def test_accounts_that_are_refused(sandbox, account, line):
    body = f"account_id={account}&api_key=k&from=Nextpod&to=4791726200&msg=Hello"
    assert sandbox.post(body, FORM, auth="").line == f"HTTP/1.1 {line}"


@pytest.mark.parametrize("body", ["{", "[]", '"text"', '{"msg": "\\ud800"}', "[" * 100_000, b"\xff\xfe"])
def test_a_body_that_cannot_be_read_is_a_bad_request(sandbox, body):
    assert sandbox.post(body, JSON).line == "HTTP/1.1 400 Bad Request"


def test_a_thousand_are_enough_and_repeated_numbers_count_once(sandbox):
    numbers = [str(4790000000 + n) for n in range(1000)]
    reply = sandbox.send(to=", ".join(numbers + numbers[:50]))
    assert reply.json["recipients"] == 1000 and [sms["to"] for sms in reply.json["sms"]] == numbers


def test_lengths_and_parts_are_texts(sandbox):
    reply = sandbox.send(msg="ŧ" * 71, reference="nd-1")
    assert (reply.json["msg_length"], reply.json["msg_parts"], reply.json["reference"]) == ("71", "2", "nd-1")


def test_only_post_is_answered(sandbox):
    assert sandbox.exchange(b"GET /v2/sms HTTP/1.1\r\nHost: x\r\n\r\n").line == "HTTP/1.1 405 Method Not Allowed"
    assert sandbox.exchange(b"POST /v4/sms HTTP/1.1\r\nHost: x\r\n\r\n").line == "HTTP/1.1 404 Not Found"


def test_a_connection_is_kept_and_requests_in_a_row_are_answered_in_order(sandbox):
    body = b"from=Nextpod&to=4799999001&msg=Hi"
    good = f"POST /v2/sms HTTP/1.1\r\nHost: x\r\n{BASIC}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    with sandbox.connection() as (sock, stream):
        sock.sendall(good + good.replace(b"from=", b"From=") + good)
        lines = [read_reply(stream).line for _ in range(3)]
        assert lines == ["HTTP/1.1 200 OK", f"HTTP/1.1 400 From {WRONG}", "HTTP/1.1 200 OK"]
        sock.sendall(good.replace(b"Host: x", b"Host: x\r\nConnection: close"))
        assert read_reply(stream).headers["connection"] == "close" and stream.read() == b""


def test_chunks_and_expectations_are_understood(sandbox):
    with sandbox.connection() as (sock, stream):
        head = (
            f"POST /v2/sms HTTP/1.1\r\nHost: x\r\n{BASIC}\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
        )
        sock.sendall(head.encode())
        assert stream.readline() == b"HTTP/1.1 100 Continue\r\n" and stream.readline() == b"\r\n"
        for chunk in (b"from=Nextpod&to=479", b"9999001&msg=Hi"):
            sock.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        sock.sendall(b"0\r\n\r\n")
        assert read_reply(stream).line == "HTTP/1.1 200 OK"


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"nonsense\r\n\r\n", "400 Bad Request"),
        (b"POST /v2/sms HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", "413 Content Too Large"),
        (b"POST /v2/sms HTTP/1.1\r\nX: " + b"x" * 40_000, "431 Request Header Fields Too Large"),
    ],
)
def test_what_is_no_request_is_refused_and_cut_off(sandbox, raw, line):
    assert sandbox.exchange(raw).line == f"HTTP/1.1 {line}"


def test_too_many_failures_lock_the_key_out_for_a_while_and_no_other(tmp_path):
    sandbox = Sandbox(tmp_path, failures="3", speed="600")  # 20 minutes are 2 seconds
    try:
        lines = [sandbox.send(msg="").line for _ in range(4)]
        assert lines == [f"HTTP/1.1 400 Msg {WRONG}"] * 3 + ["HTTP/1.1 429 To many requests"]
        assert sandbox.send().line == "HTTP/1.1 429 To many requests"
        other = sandbox.post("from=Nextpod&to=4799999001&msg=Hi&account_id=1&api_key=2", FORM, auth="")
        assert other.line == "HTTP/1.1 200 OK"
        until = time.monotonic() + 10
        while sandbox.send().line != "HTTP/1.1 200 OK":
            assert time.monotonic() < until
    finally:
        sandbox.end()


def test_a_prepaid_balance_runs_out_and_can_be_filled(tmp_path):
    sandbox = Sandbox(tmp_path, balance="3")
    try:
        assert sandbox.send(msg="a" * 161).line == "HTTP/1.1 200 OK"  # two parts
        assert sandbox.send(to="4799999001,4799999002").line == "HTTP/1.1 402 Out of credit"
        sandbox.end()
        sandbox.start()
        assert sandbox.send(msg="a" * 161).line == "HTTP/1.1 402 Out of credit"
        assert sandbox.ask("/sandbox/counts")["accepted"] == 1
        sandbox.exchange(f"POST /sandbox/credit HTTP/1.1\r\nHost: 127.0.0.1:{sandbox.port}\r\n\r\n".encode())
        assert sandbox.send(msg="a" * 161).line == "HTTP/1.1 200 OK"
    finally:
        sandbox.end()


def test_send_time_is_kept(sandbox, ingester):
    send_at = (datetime.now(UTC) + timedelta(seconds=2)).replace(microsecond=0)
    told_at = send_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert sandbox.send(send_time=told_at, dlr_url=f"{ingester.url}/dlr/t").line == "HTTP/1.1 200 OK"
    report = ingester.wait(lambda told: told[:1])[0]
    assert report.at >= send_at.timestamp()
    assert report.json["sent_time"] == told_at > report.json["created_time"]


@given(st.binary(max_size=200), st.binary(max_size=60), st.sampled_from(["", "application/json", FORM]))
def test_no_bytes_of_a_body_or_a_query_are_more_than_refused(body, query, content_type):
    request = Request("POST", b"/v2/sms?" + query, {"content-type": content_type}, body, True)
    found = parameters.read(request)
    with pytest.raises(parameters.Refused):
        parameters.check(found or {}, "who")


@given(
    st.dictionaries(
        st.sampled_from(["from", "to", "msg", "send_time", "dlr_url", "gateway"]), st.text() | st.integers()
    )
)
def test_no_json_object_is_more_than_refused(fields):
    request = Request("POST", b"/v2/sms", {"content-type": "application/json"}, json.dumps(fields).encode(), True)
    found = parameters.read(request)
    try:
        accepted = parameters.check(found or {}, "who")
    except parameters.Refused as refused:
        assert refused.code == 400
    else:
        assert accepted.recipients and accepted.text
