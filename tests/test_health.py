"""How the installation fares, what needs a person, and the audit log as it is read."""

import json
from dataclasses import replace

import pytest

from nextpod_core import (
    audit_log,
    brakes,
    campaigns,
    findings,
    health,
    options,
    outbox,
    quarantine,
    reports,
    senders,
    settings,
    settlement,
    store,
)
from nextpod_core.db import transaction
from nextpod_core.people import COMMAND, DESK, DISPATCHER, audit
from nextpod_core.sentences import say
from nextpod_core.settlement import Outcome
from tests.outboxes import NOW, campaign, new_store, numbers

MINUTE, HOUR = 60_000, 3_600_000
SECRETS = {
    "NEXTPOD_API_KEY": "secret-key", "NEXTPOD_ACCOUNT_ID": "secret-account",
    "NEXTPOD_WEBHOOK_TOKEN": "secret-token" * 3,
    "NEXTPOD_WEBHOOK_TOKEN_BEFORE": "secret-before" * 3, "NEXTPOD_METRICS_TOKEN": "secret-metrics" * 3,
    "NEXTPOD_SMTP_URL": "smtps://desk:secret-word@mail.example.test", "NEXTPOD_ALERT_SECRET": "secret-alert" * 3,
    "NEXTPOD_ALERT_WEBHOOK": "https://alerts.example.test/secret-path", "NEXTPOD_ALERT_TO": "ada@example.test",
    "NEXTPOD_PROXY": "http://name:secret-word@127.0.0.1:3128", "NEXTPOD_PUBLIC_URL": "https://sms.example.test",
}  # fmt: skip


@pytest.fixture
def desk(tmp_path):
    """Settings and a connection, both processes alive at NOW."""
    given, db = new_store(tmp_path)
    for process in health.PROCESSES:
        store.beat(db, process, now=NOW, started_at=NOW - HOUR)
    yield given, db
    db.close()


def kinds(desk, now=NOW):
    given, db = desk
    return [found.kind for found in findings.current(db, settings=given, now=now)]


def send(desk, *, to=3, outcome="accepted", now=NOW, **columns):
    """One request of a campaign of its own, and what came of it; the campaign's id."""
    given, db = desk
    id = campaign(db, numbers(to), **columns)
    batches = outbox.claim(db, now=now, holder="test", lease=90_000, room=1)
    ids = {msisdn: f"{id}-{msisdn}" for msisdn in batches[0].to} if outcome == "accepted" else {}
    done = [(batches[0], Outcome(outcome, ids=ids, code=None if outcome == "accepted" else 504))]
    settlement.record(db, done, settings=given, unknowns_in_row=0, now=now)
    return id


def report(db, *, now, word="DELIVERED", **fields):
    """A delivery report as it comes in and is folded."""
    body = {"status_code": 200, "status_text": word, "to": numbers(1)[0], **fields}
    found = quarantine.read("dlr", body=json.dumps(body).encode(), query=b"", content_type="application/json",
                            arrived=now, source="127.0.0.1", zone="UTC")  # fmt: skip
    with transaction(db):
        reports.append(db, [found])
    reports.fold(db, now=now)


def test_all_is_well_when_both_processes_live_and_nothing_waits(desk):
    assert kinds(desk) == []


def test_a_process_counts_as_alive_for_ten_seconds(desk):
    assert kinds(desk, NOW + 10_000) == []
    assert kinds(desk, NOW + 10_001) == ["dispatcher", "ingester"]


def test_a_store_on_which_nothing_ever_ran_says_so(tmp_path):
    _given, db = new_store(tmp_path)
    assert [(one.name, one.at, one.is_alive) for one in health.processes(db, now=NOW)] == [
        ("dispatcher", None, False), ("ingester", None, False),
    ]  # fmt: skip
    db.close()


def test_every_brake_is_told_with_what_to_do_before_anything_else(desk):
    _given, db = desk
    with transaction(db):
        for name in ("key", "overdue"):
            brakes.put_on(db, name, say("Why."), now=NOW, by=DISPATCHER)
        brakes.put_on(db, "lockout", say("Rests."), now=NOW, by=DISPATCHER, until=NOW + MINUTE)
    found = findings.current(db, settings=desk[0], now=NOW)
    assert [(one.brake, one.level) for one in found] == [("key", "stop"), ("lockout", "stop"), ("overdue", "stop")]
    assert all(str(one.todo) for one in found)
    assert [one.brake for one in findings.current(db, settings=desk[0], now=NOW + MINUTE) if one.brake] == [
        "key", "overdue",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("free", "total", "level"),
    [
        (100 << 30, 250 << 30, None),
        (20 << 30, 250 << 30, None),  # Under a tenth, and still room for tens of millions of messages.
        (4 << 30, 250 << 30, "look"),
        (4 << 30, 10 << 30, None),
        (511 << 20, 2 << 30, "stop"),
        (0, 2 << 30, "stop"),
    ],
)
def test_a_disk_that_fills_is_told_in_time(desk, free, total, level):
    machine = replace(health.machine(desk[1], desk[0]), free=free, total=total)
    assert [found.level for found in findings.about_disk(machine)] == ([level] if level else [])


def test_the_machine_tells_room_size_versions_and_copies(desk):
    given, db = desk
    given.database.with_name("sandbox.before-5-20260901T000000.db").write_bytes(b"12345")
    found = health.machine(db, given)
    assert found.free > 0 and found.database > 50_000
    assert (found.born, found.steps) == ("sandbox", store.SCHEMA)
    assert found.copies == (("sandbox.before-5-20260901T000000.db", 5),)


def test_requests_are_counted_by_what_they_wait_for(desk):
    given, db = desk
    campaign(db, numbers(2), ("a", "b"))
    first, second = outbox.claim(db, now=NOW, holder="test", lease=90_000, room=2)
    settlement.record(db, [(first, Outcome("not_sent"))], settings=given, unknowns_in_row=0, now=NOW)
    found = health.requests(db, now=NOW)
    assert (found.under_way, found.messages_under_way, found.waiting, found.held) == (1, 1, 1, 0)
    assert found.next_at == NOW + 1000
    settlement.record(
        db, [(second, Outcome("rejected", code=400, phrase="To"))], settings=given, unknowns_in_row=0, now=NOW
    )
    found = health.requests(db, now=NOW)
    assert (found.under_way, found.failed, found.limit) == (0, 1, settlement.REST_AT_FAILED)
    assert health.requests(db, now=NOW + 20 * MINUTE + 1).failed == 0


def test_unknown_sends_are_told_until_somebody_decides(desk):
    _given, db = desk
    id = send(desk, outcome="unknown")
    assert kinds(desk) == ["unknown"]
    (request,) = health.unknown_requests(db, id)
    assert (request["left"], request["size"], request["code"]) == (3, 3, 504)
    campaigns.write_off(db, id, by=DESK, now=NOW)
    assert kinds(desk) == []
    assert health.unknown_requests(db, id) == []


def test_reports_that_fail_to_come_are_told_after_a_quarter_of_an_hour(desk):
    _given, db = desk
    send(desk)
    later = NOW + 15 * MINUTE
    for process in health.PROCESSES:
        store.beat(db, process, now=later, started_at=NOW)
    assert kinds(desk, later - 1) == []
    assert kinds(desk, later) == ["silence"]
    report(db, now=later, id="somebody else's")
    assert kinds(desk, later) == []


def test_what_nextpod_holds_until_its_time_has_nothing_to_report_yet(desk):
    _given, db = desk
    send(desk, handed_over=1, due_at=NOW + 5 * HOUR)
    later = NOW + HOUR
    for process in health.PROCESSES:
        store.beat(db, process, now=later, started_at=NOW)
    assert kinds(desk, later) == []


def test_reports_are_counted_open_silent_orphaned_and_repeated(desk):
    _given, db = desk
    id = send(desk)
    first = numbers(1)[0]
    report(db, now=NOW + MINUTE, id=f"{id}-{first}")
    report(db, now=NOW + 2 * MINUTE, id=f"{id}-{first}")
    report(db, now=NOW + 3 * MINUTE, id="not ours")
    found = health.reports(db, now=NOW + HOUR, no_report_hours=78)
    assert (found.last_at, found.unfolded) == (NOW + 3 * MINUTE, 0)
    assert (found.open, found.silent, found.orphans, found.repeats, found.looked_at) == (2, 0, 1, 1, 2)
    found = health.reports(db, now=NOW + 80 * HOUR, no_report_hours=78)
    assert (found.open, found.silent) == (2, 2)


def test_quarantine_and_unheard_of_words_wait_for_a_person(desk):
    _given, db = desk
    id = send(desk)
    report(db, now=NOW, id=f"{id}-{numbers(1)[0]}", word="PARKED")
    odd = quarantine.read("mo", body=b"{", query=b"", content_type="", arrived=NOW, source="127.0.0.1", zone="UTC")
    with transaction(db):
        quarantine.keep(db, odd)
    assert kinds(desk) == ["quarantine", "unrecognised"]
    reports.assign(db, word="PARKED", status="pending", by=DESK, now=NOW)
    while reports.fold(db, now=NOW):
        pass
    assert kinds(desk) == ["quarantine"]


def test_a_test_text_is_followed_to_the_answer(desk):
    given, db = desk
    me = numbers(1)[0]
    id = campaigns.test_send(db, sender="Nextpod", text="Hei", msisdn=me, key="k", by=DESK, now=NOW)
    # Pressed twice, with the page drawn anew in between.
    assert campaigns.test_send(db, sender="Nextpod", text="Hei", msisdn=me, key="k2", by=DESK, now=NOW + 400) == id
    found = health.trial(db, id)
    assert (found.status, found.queued_at, found.accepted_at, found.report_at) == ("queued", NOW, None, None)
    (batch,) = outbox.claim(db, now=NOW + 1, holder="test", lease=90_000, room=1)
    settlement.record(
        db, [(batch, Outcome("accepted", ids={me: "one"}))], settings=given, unknowns_in_row=0, now=NOW + 2
    )
    report(db, now=NOW + 3, id="one")
    mo = {"from": me, "to": "2345", "msg": "JA takk"}
    assert health.trial(db, id).answer is None
    message = quarantine.read("mo", body=json.dumps(mo).encode(), query=b"", content_type="application/json",
                              arrived=NOW + 4, source="127.0.0.1", zone="UTC")  # fmt: skip
    with transaction(db):
        quarantine.inbound.take(db, message, now=NOW + 4)
    found = health.trial(db, id)
    assert (found.status, found.accepted_at, found.report_at, found.word) == (
        "delivered", NOW + 2, NOW + 3, "DELIVERED",
    )  # fmt: skip
    assert (found.answer_at, found.answer) == (NOW + 4, "JA takk")


def test_only_test_texts_are_followed(desk):
    id = send(desk)
    message = campaigns.messages(desk[1], id)[0]["id"]
    assert health.trial(desk[1], message) is None
    assert health.trial(desk[1], 10**15) is None


def test_the_environment_is_shown_without_its_secrets():
    shown = health.environment(settings.load(SECRETS))
    assert "secret" not in str(shown)
    assert {name for name, value, _default in shown if value == "•••"} == {
        "NEXTPOD_API_KEY", "NEXTPOD_ACCOUNT_ID", "NEXTPOD_WEBHOOK_TOKEN", "NEXTPOD_WEBHOOK_TOKEN_BEFORE",
        "NEXTPOD_METRICS_TOKEN", "NEXTPOD_PROXY", "NEXTPOD_SMTP_URL", "NEXTPOD_ALERT_WEBHOOK", "NEXTPOD_ALERT_SECRET",
    }  # fmt: skip
    assert [name for name, _value, _default in shown] == list(settings.DEFAULTS)


def test_the_provider_of_a_company_is_shown_without_its_secret():
    given = settings.load({
        "NEXTPOD_OIDC_ISSUER": "https://login.example.no", "NEXTPOD_OIDC_CLIENT_ID": "desk",
        "NEXTPOD_OIDC_CLIENT_SECRET": "a secret", "NEXTPOD_OIDC_ROLES": "sms-team=editor",
        "NEXTPOD_DASHBOARD_URL": "https://desk.example.no",
    })  # fmt: skip
    shown = {name: value for name, value, _default in health.environment(given)}
    assert shown["NEXTPOD_OIDC_CLIENT_SECRET"] == "•••" and "a secret" not in str(shown)
    assert (shown["NEXTPOD_OIDC_ROLES"], shown["NEXTPOD_OIDC_PASSWORDS"]) == ("sms-team=editor", "yes")


def test_a_setting_that_nobody_made_is_called_default():
    assert all(is_default for _name, _value, is_default in health.environment(settings.load({})))
    shown = health.environment(settings.load({"NEXTPOD_TIMEOUT_SECONDS": "20", "NEXTPOD_DATABASE": "other.db"}))
    assert [(name, value) for name, value, is_default in shown if not is_default] == [
        ("NEXTPOD_DATABASE", "other.db"), ("NEXTPOD_TIMEOUT_SECONDS", "20"),
    ]  # fmt: skip


def test_no_question_reads_a_whole_table(desk):
    """At ten million rows a scan of one of these would take seconds, every five seconds, for every open page."""
    given, db = desk
    id = send(desk)
    asked: list[str] = []
    db.set_trace_callback(asked.append)
    findings.current(db, settings=given, now=NOW)
    health.requests(db, now=NOW)
    health.reports(db, now=NOW, no_report_hours=78)
    health.unknown_requests(db, id)
    health.trial(db, campaigns.messages(db, id)[0]["id"])
    audit_log.page(db, search="options")
    audit_log.subjects(db)
    db.set_trace_callback(None)
    large = ("batches", "attempts", "messages", "reports", "counts", "reasons", "inbound", "audit")
    plans = {question: [row["detail"] for row in db.execute("EXPLAIN QUERY PLAN " + question)]
             for question in asked if question.lstrip().startswith(("SELECT", "WITH"))}  # fmt: skip
    assert len(plans) > 15
    for question, plan in plans.items():
        # Newest first with a LIMIT is a scan that ends; a partial index holds only what is open.
        whole = [step for step in plan if step.split()[:1] == ["SCAN"] and step.split()[1] in large
                 and "INDEX" not in step and "LIMIT" not in question]  # fmt: skip
        assert not whole, f"{question}\n{plan}"


def make_log(db, rows):
    for number in range(rows):
        with transaction(db):
            audit(db, by=DESK, action=f"campaign.{'pause' if number % 10 else 'cancel'}", now=NOW + number,
                  subject="campaign", subject_id=number)  # fmt: skip


def test_every_row_of_the_log_is_shown_once_over_its_pages(desk):
    _given, db = desk
    make_log(db, 25)
    seen, before = [], None
    while True:
        page = audit_log.page(db, before=before, limit=10)
        seen += [row["id"] for row in page.rows]
        if page.after is None:
            break
        before = page.after
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == db.execute("SELECT count(*) FROM audit").fetchone()[0]
    assert [row["id"] for row in audit_log.every(db)] == seen


def test_the_log_is_searched_by_subject_and_by_any_part_of_an_action(desk):
    _given, db = desk
    make_log(db, 25)
    senders.add(db, "Nextpod", by=DESK, now=NOW)
    assert {row["action"] for row in audit_log.page(db, subject="sender").rows} == {"sender.add"}
    assert len(audit_log.page(db, search="CANCEL").rows) == 3
    assert len(audit_log.page(db, search="cancel", subject="sender").rows) == 0
    assert [row["subject_id"] for row in audit_log.page(db, search="Nextpod").rows] == ["Nextpod"]
    assert audit_log.page(db, search="%").rows == audit_log.page(db, search="_a").rows == []
    assert audit_log.subjects(db) == ["campaign", "sender", "store"]


def test_who_changed_what_is_in_the_log(desk):
    _given, db = desk
    options.change(db, by=COMMAND, now=NOW, price=0.4)
    (row,) = audit_log.page(db, search="options.change").rows
    assert (row["actor"], json.loads(row["detail"])) == ("command line", {"price": "0.4"})
