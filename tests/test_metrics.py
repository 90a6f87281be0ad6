"""What a monitor and a log are told: counts, ages and states; never a number of a person or a text."""

import contextlib
import http.client
import json
import logging
import re
import socket
import subprocess
import sys

import pytest

from nextpod_core import backups, brakes, logs, metrics, monitor, store
from nextpod_core.db import transaction
from nextpod_core.people import COMMAND
from nextpod_core.sentences import say
from nextpod_core.settlement import Outcome
from tests import chaos
from tests.outboxes import NOW, campaign, new_store, numbers
from tests.sandboxes import ROOT, free_port

TEXT = "Hemmelig beskjed til"
LINE = re.compile(r'nextpod_\w+(\{\w+="[a-z_]+"\})? -?[0-9.e+-]+')


def test_every_line_is_a_sample_or_says_what_it_is(tmp_path):
    given, db = new_store(tmp_path)
    campaign(db, numbers(7), [TEXT])
    with transaction(db):
        brakes.put_on(db, "key", say("Why."), now=NOW, by=COMMAND)
    store.beat(db, "dispatcher", now=NOW - 4_000, started_at=NOW)
    backups.make(given, db, now=NOW - 60_000, by=COMMAND)
    told = metrics.render(db, given, metrics.of_ingester({"taken": 12_345_678, "queue": 3}), now=NOW)
    assert all(line.startswith(("# HELP nextpod_", "# TYPE nextpod_")) or LINE.fullmatch(line)
               for line in told.splitlines())  # fmt: skip
    for line in (
        'nextpod_messages{status="queued"} 7', 'nextpod_brake{name="key"} 1', "nextpod_ingester_queue 3",
        'nextpod_heartbeat_age_seconds{process="dispatcher"} 4', "nextpod_backup_age_seconds 60",
        'nextpod_ingester_calls_total{outcome="taken"} 12345678', 'nextpod_campaigns{state="sending"} 1',
    ):  # fmt: skip
        assert line in told.splitlines()
    db.close()


@pytest.fixture
def journey(tmp_path):
    """A campaign sent and answered for by real processes that log all they have to say, as JSON."""
    own = {"NEXTPOD_LOG_LEVEL": "debug", "NEXTPOD_LOG_FORMAT": "json", "NEXTPOD_METRICS_TOKEN": "mt" * 12,
           "NEXTPOD_DISPATCH_METRICS_PORT": str(free_port())}  # fmt: skip
    desk = chaos.Desk(tmp_path, {"answers": "0.5"}, own)
    out = tmp_path / "log"
    with out.open("wb") as file:
        for name in ("ingest", "dispatch"):
            desk.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "nextpod_core", name], cwd=ROOT, env=desk.env, stdout=file, stderr=file
            )
        try:
            desk.until(lambda: chaos.listens(desk.settings.ingest_port))
            yield desk, out
        finally:
            desk.close()


def ask(desk, path, port=None, **headers):
    line = http.client.HTTPConnection("127.0.0.1", port or desk.settings.ingest_port, timeout=10)
    try:
        line.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = line.getresponse()
        return answer.status, answer.read().decode()
    finally:
        line.close()


def test_a_journeys_logs_and_metrics_hold_no_number_no_text_and_no_token(journey):
    desk, out = journey
    id = campaign(desk.db, numbers(40), [f"{TEXT} {place}" for place in range(40)], sender="2345")
    desk.until(lambda: chaos.is_over(desk, id))
    desk.until(lambda: desk.sandbox.ask("/sandbox/counts")["reports_waiting"] == 0)
    desk.until(lambda: chaos.folded(desk))
    secret = {"Authorization": f"Bearer {desk.settings.metrics_token}"}
    status, told = ask(desk, "/metrics", **secret)
    assert status == 200 and 'nextpod_heartbeat_age_seconds{process="ingester"}' in told
    assert ask(desk, "/metrics")[0] == ask(desk, "/metrics", Authorization="Bearer no")[0] == 404
    assert ask(desk, "/livez") == (200, "live")
    assert json.loads(ask(desk, "/healthz")[1]) == {"live": True, "ready": True}
    port = desk.settings.dispatch_metrics_port
    status, sent = ask(desk, "/metrics", port, **secret)
    assert status == 200
    assert all(line.startswith("# ") or LINE.fullmatch(line) for line in sent.splitlines())
    for line in (
        'nextpod_dispatcher_messages_total{outcome="accepted"} 40', "nextpod_dispatcher_accepted_last_minute 40",
        "nextpod_dispatcher_requests_under_way 0", "nextpod_dispatcher_answering 1",
        'nextpod_dispatcher_last_outcome{outcome="accepted"} 1', 'nextpod_dispatcher_requests_total{outcome="fault"} 0',
    ):  # fmt: skip
        assert line in sent.splitlines()
    # What the database says is the same on both; the ingester's own is the ingester's to tell.
    assert "nextpod_disk_bytes" in sent and "nextpod_ingester" not in sent and "nextpod_dispatcher" not in told
    assert ask(desk, "/metrics", port)[0] == ask(desk, "/metrics", port, Authorization="Bearer no")[0] == 404
    assert ask(desk, "/livez", port) == (200, "live") and ask(desk, "/", port)[0] == 404
    for name in ("dispatch", "ingest"):
        desk.processes[name].terminate()
        assert desk.processes.pop(name).wait(20) == 0
    said = out.read_text()
    lines = [json.loads(line) for line in said.splitlines()]
    assert {"nextpod.dispatcher", "nextpod.ingester"} <= {line["logger"] for line in lines}
    assert all({"time", "level", "message"} <= set(line) for line in lines)
    for text in (said, told, sent):
        assert TEXT not in text and chaos.token(desk) not in text
        assert not [number for number in numbers(40) if number in text]


def test_without_a_token_metrics_are_for_this_machine_and_for_nobody_behind_a_proxy(tmp_path):
    desk = chaos.Desk(tmp_path)
    try:
        desk.start("ingest")
        desk.until(lambda: chaos.listens(desk.settings.ingest_port))
        assert ask(desk, "/metrics")[0] == 200
        assert ask(desk, "/metrics", X_Forwarded_For="91.189.121.85")[0] == 404
    finally:
        desk.close()


def test_a_metrics_port_that_is_taken_stops_no_sending(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        desk = chaos.Desk(tmp_path, {"answers": "0"}, {"NEXTPOD_DISPATCH_METRICS_PORT": str(port)})
        try:
            id = campaign(desk.db, numbers(3))
            desk.start("dispatch")
            desk.until(lambda: chaos.campaigns.ledger(desk.db, id).accepted == 3)
            assert desk.end("dispatch") == 0
            assert f"127.0.0.1:{port} can't be listened on (Address already in use). Sending goes on" in desk.output
        finally:
            desk.close()


def test_callers_who_say_nothing_hold_up_no_text(tmp_path):
    desk = chaos.Desk(tmp_path, {"answers": "0"}, {"NEXTPOD_DISPATCH_METRICS_PORT": str(free_port())})
    port = desk.settings.dispatch_metrics_port
    with contextlib.ExitStack() as stack:
        stack.callback(desk.close)
        desk.start("dispatch")
        desk.until(lambda: chaos.listens(port))
        for _caller in range(monitor.MOST_CALLERS + 4):
            stack.enter_context(socket.create_connection(("127.0.0.1", port))).sendall(b"GET /metr")
        id = campaign(desk.db, numbers(3))
        desk.until(lambda: chaos.campaigns.ledger(desk.db, id).accepted == 3)
        assert ask(desk, "/metrics", port)[0] == 503  # Too many callers at once; those who say nothing are cut off.
        assert desk.end("dispatch") == 0


def test_the_pace_is_that_of_the_last_minute():
    sent = monitor.Sent()
    sent.note(Outcome("accepted"), 500, now=NOW)
    sent.note(Outcome("not_sent"), 30, now=NOW + 20_000)
    sent.note(Outcome("accepted"), 70, now=NOW + 59_999)
    assert [sent.last_minute(now=NOW + after) for after in (59_999, 60_000, 119_999)] == [570, 70, 0]
    told = {name: samples for name, _kind, _about, samples in
            monitor.figures(sent, under_way=2, messages=9, allowed=4, unwritten=1, now=NOW + 62_499)}  # fmt: skip
    assert told["dispatcher_answering"] == [("", 1.0)] and told["dispatcher_last_outcome_age_seconds"] == [("", 2.5)]
    sent.note(Outcome("unknown"), 1, now=NOW)
    assert ("dispatcher_answering", [("", 0.0)]) in [
        (name, samples)
        for name, _kind, _about, samples in monitor.figures(
            sent, under_way=0, messages=0, allowed=1, unwritten=0, now=NOW
        )
    ]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("to 4791726200", "to …200"), ("+4791726200 and 91726200", "…200 and …200"),
        ("NOT NULL: 46701234567)", "NOT NULL: …567)"),
        ("30000 messages on 127.0.0.1:8502", "30000 messages on 127.0.0.1:8502"),
        ("2026-11-23 00:31:09,496 nd-0123456789abcdef", "2026-11-23 00:31:09,496 nd-0123456789abcdef"),
    ],
)  # fmt: skip
def test_what_looks_like_a_number_is_cut_down_in_every_line(text, masked):
    record = logging.LogRecord("x", logging.INFO, "", 0, "%s", (text,), None)
    assert logs.Masked().format(record) == masked
    assert json.loads(logs.Json().format(record))["message"] == masked
