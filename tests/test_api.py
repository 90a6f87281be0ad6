"""The client by itself: what it refuses to send, what it writes on the wire, and what it reads in an answer."""

import asyncio
import base64
import json
import logging
import re
import ssl
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextpod_core import errors, settings
from nextpod_core.api import Answer, Nextpod, check_request, read_answer, refusal, sender_warning
from nextpod_core.wire import Reply, Wire
from tests.doubles import answer, obliging, playing

ONE = ["4791726200"]
BOTH = ["4791726200", "4758484412"]
GOOD: dict[str, Any] = {"sender": "Nextpod", "to": BOTH, "msg": "Hello!"}

# -- what is refused before anything leaves -----------------------------------------------------------------------

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"sender": ""}, "at least one letter"),
    ({"sender": "12"}, "3 to 14 digits"),
    ({"sender": "123456789012345"}, "3 to 14 digits"),
    ({"sender": "+4791726200"}, "at least one letter"),
    ({"sender": "١٢٣"}, "at least one letter"),
    ({"sender": "&&&"}, "at least one letter"),
    ({"sender": "Ab"}, "3 to 11 characters"),
    ({"sender": "Twelve chars"}, "3 to 11 characters"),
    ({"sender": " Shop"}, "begin or end with a space"),
    ({"sender": "Sh\nop"}, "line break"),
    ({"sender": "Café Ž"}, "can't show"),
    ({"to": []}, "1 to 1000 recipients, not 0"),
    ({"to": "4791726200"}, "as a list"),
    ({"to": ["+4791726200"]}, "Recipient 1"),
    ({"to": [*BOTH, "04791726200"]}, "Recipient 3"),
    ({"to": ["479172"]}, "Recipient 1"),
    ({"to": ["1234567890123456"]}, "Recipient 1"),
    ({"to": ["4791726200\n"]}, "Recipient 1"),
    ({"to": ["٤٧٩١٧٢٦٢٠٠"]}, "Recipient 1"),
    ({"to": [4791726200]}, "Recipient 1"),
    ({"to": ["4791726200", "4791726200"]}, "twice"),
    ({"to": [str(4791000000 + n) for n in range(1001)]}, "not 1001"),
    ({"msg": ""}, "empty"),
    ({"msg": " \n\t"}, "empty"),
    ({"msg": "a" * 1501}, "1501 characters"),
    ({"msg": "😀" * 751}, "1502 characters"),
    ({"msg": "half \ud83d"}, "surrogate"),
    ({"reference": ""}, "reference"),
    ({"reference": "r" * 101}, "100 characters"),
    ({"reference": "\udcff"}, "reference"),
    ({"send_time": datetime(2026, 12, 1, 9)}, "time zone"),
    ({"send_time": datetime(2026, 12, 1, 9, 0, 0, 1, UTC)}, "whole second"),
    ({"send_time": 1_800_000_000_001}, "whole second"),
    ({"send_time": 10**18}, "out of range"),
    ({"send_time": datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))}, "out of range"),
    ({"dlr_url": "sms.example.com/dlr"}, "delivery reports"),
    ({"dlr_url": "ftp://sms.example.com/dlr"}, "delivery reports"),
    ({"dlr_url": "https://[half/dlr"}, "delivery reports"),
    ({"dlr_url": "https://sms.example.com/d lr"}, "delivery reports"),
    ({"dlr_url": "https://sms.example.com/dlr", "dlr_method": "XML"}, "JSON or FORM"),
    ({"gateway": -1}, "gateway"),
    ({"gateway": True}, "gateway"),
]


@pytest.mark.parametrize(("change", "sentence"), REFUSED)
def test_what_the_document_forbids_is_refused_with_a_sentence(change, sentence):
    with pytest.raises(errors.BadInput, match=sentence):
        check_request(**{**GOOD, **change})


def test_what_is_refused_never_connects():
    with playing(obliging) as double:
        with pytest.raises(errors.BadInput):
            Nextpod("key", url=double.url).send_sync(sender="Nextpod", to=ONE, msg="")
        assert double.accepted == 0


def test_a_sentence_holds_no_recipient_and_no_text():
    for change in ({"to": ["47919990", "47919990"]}, {"to": ["4791999x"]}, {"msg": "secret " * 300}):
        with pytest.raises(errors.BadInput) as caught:
            check_request(**{**GOOD, **change})
        assert not any(word in str(caught.value) for word in ("4791999", "secret"))


ALLOWED: list[dict[str, Any]] = [
    {"sender": "123"},
    {"sender": "12345678901234"},
    {"sender": "abc"},
    {"sender": "Elleve tegn"},
    {"sender": "Blåbær"},
    {"sender": "2go"},
    {"to": ["1234567"]},
    {"to": ["123456789012345"]},
    {"to": [str(4791000000 + n) for n in range(1000)]},
    {"msg": "😀" * 750},
    {"reference": "r" * 100},
    {"gateway": 0},
]


@pytest.mark.parametrize("change", ALLOWED)
def test_what_the_document_allows_is_allowed_to_its_edge(change):
    assert check_request(**{**GOOD, **change})


@pytest.mark.parametrize("sender", ["Blåbær", "A&B", "Shop-24", "[shop]"])
def test_a_sender_that_some_networks_change_is_allowed_with_a_warning(sender):
    assert sender in str(sender_warning(sender))
    assert check_request(**{**GOOD, "sender": sender})["from"] == sender


@pytest.mark.parametrize("sender", ["Nextpod", "2345", "My shop 24"])
def test_a_plain_sender_has_no_warning(sender):
    assert sender_warning(sender) is None


def test_the_parameters_are_the_documents():
    assert check_request(
        **GOOD,
        send_time=datetime(2019, 9, 25, 10, 58, tzinfo=timezone(timedelta(hours=2))),
        dlr_url="https://sms.example.com/dlr/token",
        reference="nd-1",
        gateway=7,
    ) == {
        "from": "Nextpod",
        "to": "4791726200,4758484412",
        "msg": "Hello!",
        "send_time": "2019-09-25T08:58:00Z",
        "dlr_url": "https://sms.example.com/dlr/token",
        "dlr_method": "JSON",
        "reference": "nd-1",
        "gateway": 7,
    }


@given(
    st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9000, 1, 1)).map(lambda t: t.replace(microsecond=0))
)
def test_milliseconds_and_datetimes_say_the_same_time(moment):
    moment = moment.replace(tzinfo=UTC)
    as_text, as_number = (
        check_request(**GOOD, send_time=given)["send_time"] for given in (moment, int(moment.timestamp()) * 1000)
    )
    assert as_text == as_number == moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    "wrong",
    [
        {"api_key": ""},
        {"url": "http://api.nextpod.io/v2"},
        {"url": "http://127.0.0.1.example.com/v2"},
        {"url": "api.nextpod.io/v2"},
        {"url": "https://key@api.nextpod.io/v2"},
        {"url": "https://api.nextpod.io/v2?api_key=key"},
        {"url": "https://api.nextpod.io:port/v2"},
        {"url": "https://xn--.invalid/v2"},
        {"url": "https://[::1/v2"},
        {"auth": "form"},
        {"auth": "form", "account_id": "mine"},
        {"proxy": "socks5://127.0.0.1:1080"},
        {"proxy": "proxy.example:3128"},
        {"ca_file": "no/such/file.pem"},
        {"ca_file": __file__},
    ],
)
def test_a_client_that_could_not_work_is_not_made(wrong):
    with pytest.raises(errors.BadInput):
        Nextpod(**{"api_key": "key", **wrong})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_plain_http_is_for_this_machine(host):
    assert Nextpod("key", url=f"http://{host}:8503/v2")


# -- what is written on the wire ----------------------------------------------------------------------------------


def sent(**options: Any) -> tuple[str, dict[str, str], bytes]:
    """First line, headers and body of one request as the server saw it."""
    with playing(obliging if options.get("auth") != "form" and options.get("format") != "form" else canned) as double:
        Nextpod(**{"api_key": "6cfbf9-93c0ac60ac6c5fc3900e56d966dcd8d2b1", "url": double.url, **options}).send_sync(
            **GOOD
        )
    head, _, body = bytes(double.received).partition(b"\r\n\r\n")
    first, *lines = head.decode("ascii").split("\r\n")
    return first, {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}, body


def canned(line):
    line.request()
    line.write(answer({"id": "A", "to": ONE[0]}))


def test_the_documented_json_request():
    first, headers, body = sent()
    assert first == "POST /v2/sms HTTP/1.1"
    # The document's own sample of the header.
    assert headers["authorization"] == "Basic OjZjZmJmOS05M2MwYWM2MGFjNmM1ZmMzOTAwZTU2ZDk2NmRjZDhkMmIx"
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert json.loads(body) == {"from": "Nextpod", "to": "4791726200,4758484412", "msg": "Hello!"}


def test_the_documented_form_request_has_its_secrets_in_the_body_alone():
    key = "744ebx-btaPfo5dd0c1e15b3ed421f6e8d2c2b7b4"
    first, headers, body = sent(api_key=key, auth="form", account_id="2532")
    assert first == "POST /v2/sms HTTP/1.1"
    assert "authorization" not in headers
    assert headers["content-type"] == "application/x-www-form-urlencoded; charset=utf-8"
    assert parse_qs(body.decode("ascii"), strict_parsing=True) == {
        "account_id": ["2532"],
        "api_key": [key],
        "from": ["Nextpod"],
        "to": ["4791726200,4758484412"],
        "msg": ["Hello!"],
    }


def test_a_form_can_be_signed_with_basic():
    _, headers, body = sent(format="form", gateway=3)
    assert base64.b64decode(headers["authorization"].removeprefix("Basic ")).startswith(b":")
    assert parse_qs(body.decode("ascii"))["gateway"] == ["3"]
    assert b"api_key" not in body


def test_a_text_arrives_as_it_was_written():
    text = 'Ærlig & "talt" = 100 % 😀\nčđŋ'
    with playing(obliging) as double:
        Nextpod("key", url=double.url).send_sync(sender="Nextpod", to=ONE, msg=text)
    assert json.loads(bytes(double.received).partition(b"\r\n\r\n")[2])["msg"] == text


def test_settings_make_the_client():
    with playing(obliging) as double:
        env = {"NEXTPOD_API_URL": f"http://127.0.0.1:{double.port}/v3/", "NEXTPOD_GATEWAY": "5"}
        Nextpod.from_settings(settings.load(env)).send_sync(**GOOD)
    assert double.received.startswith(b"POST /v3/sms HTTP/1.1")
    assert b'"gateway": 5' in double.received


def test_nothing_about_people_and_no_key_is_printed_or_logged(caplog):
    caplog.set_level(logging.DEBUG)
    with playing(obliging) as double:
        nextpod = Nextpod("k3y-secret", url=double.url, proxy="http://name:passw0rd@127.0.0.1:9")
        found = nextpod.send_sync(sender="Nextpod", to=ONE, msg="Private words")
    shown = f"{nextpod!r} {found!r} {caplog.text} {vars(nextpod)['_wire']!r}"
    coded = base64.b64encode(b":k3y-secret").decode()
    assert not [word for word in ("k3y", coded, "passw0rd", ONE[0], "Private") if word in shown]


# -- what is read in an answer ------------------------------------------------------------------------------------

A, B = {"id": "A-1", "to": BOTH[0], "msg_parts": "1"}, {"id": "b-2", "to": BOTH[1], "msg_parts": "2"}

READ: dict[str, tuple[Any, dict[str, str]]] = {
    "envelope": ({"recipients": 2, "sms": [A, B]}, {BOTH[0]: "A-1", BOTH[1]: "b-2"}),
    "recipients as text": ({"recipients": "2", "sms": [A, B]}, {BOTH[0]: "A-1", BOTH[1]: "b-2"}),
    "recipients absurd": ({"recipients": [], "sms": [A, B]}, {BOTH[0]: "A-1", BOTH[1]: "b-2"}),
    "bare list": ([A, B], {BOTH[0]: "A-1", BOTH[1]: "b-2"}),
    "other order": ([B, A], {BOTH[0]: "A-1", BOTH[1]: "b-2"}),
    "one object": (A, {BOTH[0]: "A-1"}),
    "one missing": ({"recipients": 1, "sms": [B]}, {BOTH[1]: "b-2"}),
    "numbers as numbers": ([{"id": 17, "to": int(BOTH[0])}], {BOTH[0]: "17"}),
    "plus before the number": ([{"id": "x", "to": "+" + BOTH[0]}], {BOTH[0]: "x"}),
    "an id that is none": ([A, {"id": None, "to": BOTH[1]}], {BOTH[0]: "A-1"}),
    "an id that is empty": ([A, {"id": " ", "to": BOTH[1]}], {BOTH[0]: "A-1"}),
    "an id with half a character": ([A, {"id": "\ud83d", "to": BOTH[1]}], {BOTH[0]: "A-1"}),
    "an id without end": ([A, {"id": "x" * 201, "to": BOTH[1]}], {BOTH[0]: "A-1"}),
    "things between": ([None, 3, "x", [], A, {}], {BOTH[0]: "A-1"}),
}


@pytest.mark.parametrize(("body", "ids"), READ.values(), ids=READ.keys())
def test_ids_are_matched_by_number_in_every_shape(body, ids):
    found = read_answer(json.dumps(body).encode(), BOTH)
    assert found.ids == ids
    assert found.missing == tuple(number for number in BOTH if number not in ids)
    assert not found.others


def test_parts_are_numbers_where_they_are_sensible():
    entries = [A, {**B, "msg_parts": "many"}]
    assert read_answer(json.dumps(entries).encode(), BOTH).parts == {BOTH[0]: 1}
    assert read_answer(json.dumps({**A, "msg_parts": 3}).encode(), BOTH).parts == {BOTH[0]: 3}


def test_an_answer_for_a_number_not_asked_for_and_a_second_id_are_kept_aside():
    entries = [A, {"id": "second", "to": BOTH[0]}, {"id": "stray", "to": "4799999999"}]
    found = read_answer(json.dumps(entries).encode(), BOTH)
    assert found.ids == {BOTH[0]: "A-1"}
    assert found.missing == (BOTH[1],)
    assert found.others == ((BOTH[0], "second"), ("4799999999", "stray"))


def test_the_documented_envelope_lacks_a_comma_and_is_unknown():
    printed = b'{ "recipients": 2, "sms": [ { "id": "36E34627", "to": "4758484412" "msg_length": "6" } ] }'
    with pytest.raises(errors.Unknown):
        read_answer(printed, BOTH)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"null", b"17", b'"x"', b'{"sms": null}', b'{"sms": {}}', b"\xff\xfe", b'{"id": "A"}', b"[NaN"]
)
def test_an_answer_that_names_nobody_is_unknown(body):
    with pytest.raises(errors.Unknown):
        read_answer(body, BOTH)


def test_an_answer_for_strangers_alone_is_unknown():
    with pytest.raises(errors.Unknown):
        read_answer(json.dumps({"id": "A", "to": "4799999999"}).encode(), BOTH)


values = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([*BOTH, "A"])
nested = st.recursive(
    values, lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["id", "to", "sms", "msg_parts"]), inner)
)


@given(nested)
def test_whatever_is_answered_everyone_asked_for_has_an_id_or_is_missing(body):
    try:
        found = read_answer(json.dumps(body).encode(), BOTH)
    except errors.Unknown:
        return
    assert isinstance(found, Answer)
    assert sorted([*found.ids, *found.missing]) == sorted(BOTH)
    assert all(message_id.isprintable() and message_id for message_id in found.ids.values())


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_an_answer_or_unknown(body):
    with pytest.raises(errors.Unknown):
        read_answer(body, BOTH)


# -- Nextpod's own refusals ---------------------------------------------------------------------------------------

# Code, first line as the server sends it, kind: the document's table but 200.
DOCUMENTED = [
    (400, "From parameter is missing or has an invalid value", errors.Rejected),
    (401, "Unauthorized", errors.NotAllowed),
    (402, "Out of credit", errors.OutOfCredit),
    (403, "Forbidden", errors.NotAllowed),
    (413, "To many recipients", errors.Rejected),
    (429, "To many requests", errors.Blocked),
    (500, "Internal server error", errors.ServerFault),
]


@pytest.mark.parametrize(("code", "phrase", "kind"), DOCUMENTED)
def test_every_documented_code_is_its_own_error_with_the_phrase_from_the_wire(code, phrase, kind):
    def play(line):
        line.request()
        line.write(answer("", f"HTTP/1.1 {code} {phrase}"))

    with playing(play) as double, pytest.raises(kind) as caught:
        Nextpod("key", url=double.url).send_sync(**GOOD)
    assert type(caught.value) is kind
    assert (caught.value.code, caught.value.phrase) == (code, phrase)


@pytest.mark.parametrize(
    ("phrase", "body", "kind", "shown"),
    [
        ("To parameter is wrong", b"something else", "text/plain", "To parameter is wrong"),
        ("Bad Request", b"msg is\r\n too long", "text/plain", "msg is too long"),
        ("", b'{"error": "msg"}', "application/json", '{"error": "msg"}'),
        ("Bad Request", b"", "text/plain", "Bad Request"),
        ("Bad Request", b"<html>400</html>", "text/html", "Bad Request"),
        ("Bad Request", b"\xff" * 9000, "text/plain", "\ufffd" * 500),
    ],
)
def test_the_reason_is_the_phrase_or_else_the_body(phrase, body, kind, shown):
    error = refusal(Reply(400, phrase, body, kind, None))
    assert isinstance(error, errors.Rejected)
    assert error.phrase == shown


@pytest.mark.parametrize(
    ("head", "seconds"),
    [
        ("Retry-After: 1800\r\n", 1800.0),
        ("Date: Sun, 01 Nov 2026 10:00:00 GMT\r\nRetry-After: Sun, 01 Nov 2026 10:30:00 GMT\r\n", 1800.0),
        ("Date: Sun, 01 Nov 2026 10:00:00 GMT\r\nRetry-After: Sun, 01 Nov 2026 09:30:00 GMT\r\n", 0.0),
        ("Retry-After: Sun, 01 Nov 2026 10:30:00 GMT\r\n", None),
        ("Retry-After: soon\r\n", None),
        ("Retry-After: -5\r\n", None),
        ("", None),
    ],
)
def test_how_long_to_wait_is_read_from_a_lock_out(head, seconds):
    def play(line):
        line.request()
        line.write(answer("", "HTTP/1.1 429 To many requests", head))

    with playing(play) as double, pytest.raises(errors.Blocked) as caught:
        Nextpod("key", url=double.url).send_sync(**GOOD)
    assert caught.value.retry_after == seconds


def test_a_phrase_in_another_encoding_keeps_its_letters():
    def play(line):
        line.request()
        line.write("HTTP/1.1 400 Prøv på nytt\r\nContent-Length: 0\r\n\r\n".encode("latin-1"))

    with playing(play) as double, pytest.raises(errors.Rejected, match="Prøv på nytt"):
        Nextpod("key", url=double.url).send_sync(**GOOD)


# -- the proof ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [OSError, ConnectionResetError, TimeoutError, ssl.SSLError, ValueError, KeyError])
def test_what_is_proved_hangs_on_when_it_broke_and_not_on_what_it_is_called(kind):
    class BeforeIt(Wire):
        async def _connected(self):
            raise kind("broken")

    class AfterIt(Wire):
        async def _connected(self):
            line = await super()._connected()
            write = line.ask

            def ask(request, **limits):
                write(request, **limits)
                raise kind("broken")

            line.ask = ask
            return line

    def send(wire):
        left = []
        error = asyncio.run(caught(wire.post({}, b'{"to": "4791726200"}', fresh=True, started=lambda: left.append(1))))
        return type(error), bool(left)

    async def caught(sending):
        try:
            return await sending
        except errors.NextpodError as error:
            return error

    with playing(obliging) as double:
        told = {"proxy": None, "ca_file": None, "timeout": 5.0}
        assert send(BeforeIt(double.url, **told)) == (errors.NotSent, False)
        assert not double.received
        assert send(AfterIt(double.url, **told)) == (errors.Unknown, True)


# -- the manual ---------------------------------------------------------------------------------------------------

MANUAL = (Path(__file__).parent.parent / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("script", re.findall(r"```python\n(.*?)```", MANUAL, re.DOTALL))
def test_the_scripts_of_the_manual_run_as_printed(script, capsys):
    with playing(obliging) as double:
        exec(script.replace('Nextpod("your-api-key"', f'Nextpod("your-api-key", url="{double.url}"'), {})
    shown = capsys.readouterr().out
    assert "ID-4791726200" in shown or shown == "not sent\n"


def test_the_manual_names_every_error_of_the_client():
    kinds = {errors.NotSent, errors.Unknown, errors.WrongAddress, errors.BadInput, *errors.ApiError.__subclasses__()}
    assert not [kind.__name__ for kind in kinds if f"`{kind.__name__}`" not in MANUAL]
