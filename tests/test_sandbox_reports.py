"""What the sandbox tells the ingester: documented fields, retries, each magic number, people who answer."""

import time
from urllib.parse import parse_qsl

import pytest

from tests.sandboxes import Ingester, Sandbox

DLR = [
    "id",
    "reference",
    "to",
    "created_time",
    "sent_time",
    "status_updated",
    "status_code",
    "status_text",
    "operator_status_code",
    "mcc",
    "mnc",
    "msg_parts",
]
MO = ["id", "from", "to", "msg", "keyword", "sub_keyword", "keyword_rules", "mcc", "mnc", "received_time"]


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


def send(sandbox, ingester, to, **fields):
    return sandbox.send(to=to, dlr_url=f"{ingester.url}/dlr/secret", **fields)


def test_a_report_as_json_has_the_documented_fields(sandbox, ingester):
    accepted = send(sandbox, ingester, "4799999001", reference="nd-ø").json
    told = ingester.wait(lambda told: told[:1])[0]
    assert (told.path, told.content_type) == ("/dlr/secret", "application/json; charset=utf-8")
    report = told.json
    assert list(report) == DLR and all(isinstance(value, str) for value in report.values())
    assert report["id"] == accepted["id"] and report["reference"] == "nd-ø" and report["to"] == "4799999001"
    assert (report["status_code"], report["status_text"], report["operator_status_code"]) == (
        "200",
        "DELIVERED",
        "1001",
    )
    assert report["mcc"] == "242" and report["mnc"] in ("1", "2", "14", "23", "9") and report["msg_parts"] == "1"
    for name in ("created_time", "sent_time", "status_updated"):
        assert len(report[name]) == 20 and report[name][10] == "T" and report[name].endswith("Z")


def test_a_report_as_form_has_the_documented_fields(sandbox, ingester):
    send(sandbox, ingester, "4799999001", dlr_method="form", reference="a&b=ø")
    told = ingester.wait(lambda told: told[:1])[0]
    assert told.content_type == "application/x-www-form-urlencoded; charset=utf-8"
    fields = dict(parse_qsl(told.body, keep_blank_values=True, strict_parsing=True))
    assert list(fields) == DLR and fields["reference"] == "a&b=ø" and fields["status_text"] == "DELIVERED"


def test_a_report_is_told_again_until_it_is_taken(sandbox, ingester):
    ingester.refuse = [503, 500, 404, 302]
    send(sandbox, ingester, "4799999001")
    told = ingester.wait(lambda told: told if len(told) == 5 else [])
    assert len({each.body for each in told}) == 1
    waits = [later.at - earlier.at for earlier, later in zip(told, told[1:], strict=False)]
    assert min(waits) > 0.2 and waits[-1] > waits[0]


WORDS = [
    ("4799999001", ["DELIVERED"]),
    ("4799999002", ["FAILED"]),
    ("4799999003", ["BUFFERED", "EXPIRED"]),
    ("4799999004", ["REJECTED"]),
    ("4799999005", ["PARKED"]),
    ("4799999007", ["DELIVERED", "DELIVERED"]),
    ("4799999009", ["DELIVERED", "FAILED"]),
    ("4799999020", ["DELIVERED"]),
    ("4799999021", ["DELIVERED"]),
    ("4799999024", ["DELIVERED"]),
    ("4799999027", ["DELIVERED"]),
]


def test_magic_numbers_report_what_they_promise_also_in_one_batch(sandbox, ingester):
    alone = [number for number, _ in WORDS if number >= "4799999020"]
    send(sandbox, ingester, ",".join(number for number, _ in WORDS if number not in alone))
    for number in alone:
        send(sandbox, ingester, number)
    for number, words in WORDS:
        reports = ingester.reports(number, len(words))
        assert [report["status_text"] for report in reports] == words, number


def test_a_repeated_report_is_the_same_to_the_letter(sandbox, ingester):
    send(sandbox, ingester, "4799999007")
    first, second = ingester.wait(lambda told: told if len(told) == 2 else [])
    assert first.body == second.body


def test_the_report_can_come_before_the_answer(sandbox, ingester):
    reply = send(sandbox, ingester, "4799999008")
    assert [each.json["id"] for each in ingester.told] == [reply.json["id"]]


def test_the_silent_and_the_late_number_say_nothing_at_first(sandbox, ingester):
    send(sandbox, ingester, "4799999006,4799999010,4799999009")  # the last one reports twice, 6 seconds after
    ingester.reports("4799999009", 2)
    assert {each.json["to"] for each in ingester.told} == {"4799999009"}


def test_the_late_number_reports_after_fifteen_minutes(tmp_path, ingester):
    sandbox = Sandbox(tmp_path, speed="900")  # where they take one second
    try:
        sent = time.time()
        send(sandbox, ingester, "4799999010")
        report = ingester.wait(lambda told: told[:1])[0]
        assert report.json["status_text"] == "DELIVERED" and 1 <= report.at - sent < 4
    finally:
        sandbox.end()


@pytest.mark.parametrize(
    ("number", "line", "accepted"),
    [
        ("4799999020", None, 1),
        ("4799999021", None, 1),
        ("4799999022", "HTTP/1.1 200 OK", 1),
        ("4799999023", "HTTP/1.1 500 Internal server error", 0),
        ("4799999024", "HTTP/1.1 500 Internal server error", 1),
        ("4799999026", "HTTP/1.1 400 To parameter is missing or has an invalid value", 0),
    ],
)
def test_some_magic_numbers_befall_the_whole_request(sandbox, number, line, accepted):
    before = sandbox.ask("/sandbox/counts")["accepted"]
    reply = sandbox.send(to=f"4799999001,{number},4799999002")
    assert (reply.line if reply else None) == line
    assert sandbox.ask("/sandbox/counts")["accepted"] == before + 3 * accepted


def test_a_fault_that_happens_once(sandbox):
    lines = [sandbox.send(to="4799999025").line for _ in range(2)]
    assert lines == ["HTTP/1.1 500 Internal server error", "HTTP/1.1 200 OK"]


def test_an_answer_that_lacks_a_comma(sandbox):
    reply = sandbox.send(to="4799999027")
    assert reply.line == "HTTP/1.1 200 OK" and b'"to": "4799999027" "msg_length"' in reply.body


def test_answers_come_back_with_the_documented_fields_beside_the_report(sandbox, ingester):
    send(sandbox, ingester, "4799999011", **{"from": "2345"})
    told = ingester.wait(lambda told: [each for each in told if each.path == "/mo/secret"])[0]
    assert told.content_type == "application/json; charset=utf-8"
    mo = told.json
    assert list(mo) == MO and all(isinstance(value, str) for value in mo.values())
    assert (mo["from"], mo["to"], mo["msg"]) == ("4799999011", "2345", "JA")
    assert (mo["keyword"], mo["sub_keyword"], mo["keyword_rules"], mo["mcc"]) == ("JA", "", "false", "242")
    assert mo["id"].isdigit() and len(mo["received_time"]) == 19 and "Z" not in mo["received_time"]


@pytest.mark.parametrize(
    ("number", "sender", "text", "to", "answer"),
    [
        ("4799999013", "Nextpod", "Stopp med STOPP HELLO til 2345", "2345", "STOPP HELLO"),
        ("4799999012", "Nextpod", "Svar HELLO JA eller NEI til 26112", "26112", "NEI"),
        ("4799999011", "Nextpod", "Hei!", "2345", "JA"),
        ("4799999013", "4759440001", "Hei!", "4759440001", "STOPP"),
    ],
)
def test_answers_go_where_the_text_says(sandbox, ingester, number, sender, text, to, answer):
    send(sandbox, ingester, number, msg=text, **{"from": sender})
    mo = ingester.wait(lambda told: [each.json for each in told if each.path == "/mo/secret"])[0]
    assert (mo["to"], mo["msg"]) == (to, answer)
    assert ("keyword" in mo) == (len(to) <= 6)


def test_an_incoming_message_by_hand_as_form(tmp_path, ingester):
    sandbox = Sandbox(tmp_path, mo_url=f"{ingester.url}/mo/other", mo_method="form")
    try:
        done = sandbox.command("mo", "--from", "4791726200", "--to", "2345", "--text", "Hello wonderful world!")
        assert done.returncode == 0, done.stderr
        told = ingester.wait(lambda told: told[:1])[0]
        assert (told.path, told.content_type) == ("/mo/other", "application/x-www-form-urlencoded; charset=utf-8")
        fields = dict(parse_qsl(told.body, keep_blank_values=True))
        assert list(fields) == MO and (fields["keyword"], fields["sub_keyword"]) == ("HELLO", "WONDERFUL")
        assert f'"id": "{fields["id"]}"' in done.stdout
        assert sandbox.command("mo", "--from", "12", "--text", "x").returncode == 1
    finally:
        sandbox.end()
    lost = sandbox.command("mo", "--from", "4791726200", "--text", "x")
    assert lost.returncode == 1 and "No sandbox answers" in lost.stderr


def test_reports_never_leave_this_machine(sandbox):
    before = sandbox.ask("/sandbox/counts")["reports"].get("PARKED", 0)
    sandbox.send(to="4799999005", dlr_url="http://192.0.2.1/dlr/t")
    assert sandbox.ask("/sandbox/counts")["reports"]["PARKED"] == before + 1  # settled at once: told to nobody
