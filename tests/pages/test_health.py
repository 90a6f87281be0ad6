"""The health page: the verdict, brakes, unknown sends, reports, quarantine, words, and one text to one's own phone."""

import json
import time

import pytest

from nextpod_core import brakes, campaigns, health, outbox, quarantine, reports, settings, settlement, store
from nextpod_core.db import transaction
from nextpod_core.people import DISPATCHER
from nextpod_core.sentences import say
from nextpod_core.settlement import Outcome
from tests import apps
from tests.outboxes import campaign, numbers

ALL_WELL = "All well: sending and receiving run, nothing waits for a decision, and there is room on the disk."
PARTS = {"sending": "Sending", "unknown": "Unknown sends", "reports": "Reports", "connection": "Connection",
         "store": "Store"}  # fmt: skip


def now():
    return time.time_ns() // 1_000_000


@pytest.fixture
def db(tmp_path, monkeypatch):
    """A new database, named in the environment, on which both processes have just been seen."""
    found = apps.new_store(tmp_path, monkeypatch)
    for process in health.PROCESSES:
        store.beat(found, process, now=now() + 5_000, started_at=now())
    yield found
    found.close()


def see(part="sending"):
    """The page with this part open."""
    app = apps.open_page("health", query={"part": part})
    assert not app.exception
    return app


def texts(app):
    return [each.value for each in app.text]


def lost(db, *, to=2):
    """A campaign whose only request got no answer; its id."""
    id = campaign(db, numbers(to), state="sending", name="Winter offer")
    (batch,) = outbox.claim(db, now=now(), holder="test", lease=90_000, room=1)
    outcome = Outcome("unknown", phrase="no answer")
    settlement.record(db, [(batch, outcome)], settings=settings.load(), unknowns_in_row=0, now=now())
    return id


def put_aside(db, body=b'{"from": "47917'):
    odd = quarantine.read(
        "mo", body=body, query=b"", content_type="application/json", arrived=now(), source="192.0.2.7", zone="UTC"
    )
    with transaction(db):
        quarantine.keep(db, odd)


def test_all_well_is_said_in_one_sentence(db):
    app = see()
    assert ALL_WELL in [each.value for each in app.success]
    assert [each.label for each in app.metric] == ["Under way", "Wait to go again", "Refused in 20 minutes"]


@pytest.mark.parametrize("part", PARTS)
def test_every_part_opens_on_an_empty_desk(db, part):
    app = see(part)
    assert not app.error and not app.warning
    assert app.session_state["health_part"] == PARTS[part]


@pytest.mark.parametrize("part", ["nonsense", "../x", ""])
def test_an_odd_address_opens_the_first_part(db, part):
    assert see(part).session_state["health_part"] == "Sending"


def test_a_process_that_is_silent_is_told_with_the_command_that_starts_it(db):
    store.beat(db, "dispatcher", now=now() - 60_000, started_at=now() - 120_000)
    app = see()
    assert "The dispatcher is not running, so nothing is sent." in texts(app)
    assert "python -m nextpod_core dispatch" in [each.value for each in app.code]
    assert any("Last seen" in each.value for each in app.caption)


def test_a_brake_is_let_go_after_its_risk_was_told(db):
    with transaction(db):
        brakes.put_on(db, "overdue", say("Nothing was sent for a while."), now=now(), by=DISPATCHER)
    app = see()
    assert "Nothing was sent for a while." in texts(app)
    app.button(key="health_let_go_overdue").click().run()
    assert any("copy or a backup" in each.value for each in app.markdown)
    assert brakes.active(db, now=now())
    app.button(key="health_let_go").click().run()
    assert brakes.active(db, now=now()) == []


def test_unknown_sends_are_shown_with_what_is_known_of_them(db):
    lost(db)
    app = see("unknown")
    assert "Winter offer" in texts(app)
    assert any("2 unknown messages · from Nextpod" in each.value for each in app.caption)
    assert app.dataframe[0].value["told"][0] == "no answer"


def test_sending_again_tells_the_risk_first(db):
    id = lost(db)
    app = see("unknown")
    app.button(key=f"health_again_{id}").click().run()
    assert any("may get the same text twice" in each.value for each in app.markdown)
    assert campaigns.ledger(db, id).unknown == 2
    app.button(key="health_decide").click().run()
    assert (campaigns.ledger(db, id).unknown, campaigns.ledger(db, id).queued) == (0, 2)


def test_writing_off_leaves_them_unknown_and_asks_no_more(db):
    id = lost(db)
    app = see("unknown")
    app.button(key=f"health_off_{id}").click().run()
    app.button(key="health_decide").click().run()
    assert campaigns.ledger(db, id).unknown == 2
    assert "No send is unknown." in [each.value for each in app.success]


def test_the_button_of_a_finding_opens_its_part(db):
    put_aside(db)
    app = see()
    app.button(key="health_look_quarantine").click().run()
    assert app.session_state["health_part"] == "Reports"


def test_a_status_word_gets_its_class(db):
    id = campaign(db, numbers(1))
    (batch,) = outbox.claim(db, now=now(), holder="test", lease=90_000, room=1)
    settlement.record(
        db, [(batch, Outcome("accepted", ids={batch.to[0]: "one"}))], settings=settings.load(), unknowns_in_row=0,
        now=now(),
    )  # fmt: skip
    body = json.dumps({"id": "one", "to": batch.to[0], "status_text": ":red[PARKED]"}).encode()
    found = quarantine.read("dlr", body=body, query=b"", content_type="application/json", arrived=now(), source="x",
                            zone="UTC")  # fmt: skip
    with transaction(db):
        reports.append(db, [found])
    reports.fold(db, now=now())
    app = see("reports")
    assert ":red[PARKED]" in texts(app)
    app.selectbox(key="health_class_:red[PARKED]").select("failed").run()
    app.button(key="health_assign_:red[PARKED]").click().run()
    assert reports.assigned_words(db) == {":red[parked]": "failed"}
    reports.fold(db, now=now())
    assert campaigns.ledger(db, id).negative == 1


def test_what_was_put_aside_is_read_as_plain_text_and_tried_again(db):
    put_aside(db, b'<b onclick="x">**{"from": \x00\xff')
    app = see("reports")
    assert app.dataframe[0].value["source"][0] == "192.0.2.7"
    app.session_state["health_quarantine_rows"] = {"selection": {"rows": [0], "columns": []}}
    app.run()
    assert '<b onclick="x">**{"from": ␀\ufffd' in [each.value for each in app.code]
    app.button(key="health_replay").click().run()
    assert quarantine.count(db) == 1
    assert any("still can't be understood" in each.value for each in app.toast)


def test_the_secret_of_the_address_is_shown_when_asked_for_and_never_logged(db, caplog, capfd):
    token = store.webhook_token(settings.load())
    app = see("connection")
    assert token not in str([each.value for each in app.code])
    app.button(key="health_show_token").click().run()
    assert f"http://127.0.0.1:8502/mo/{token}" in [each.value for each in app.code]
    app.button(key="health_show_token").click().run()
    assert token not in str([each.value for each in app.code])
    assert token not in caplog.text + "".join(capfd.readouterr())


def test_one_text_is_sent_to_ones_own_phone_and_followed(db):
    app = see("connection")
    app.text_input(key="health_number").input("+47 917 26 200").run()
    assert "Goes to +4791726200" in [each.value for each in app.caption]
    app.button(key="health_send").click().run()
    assert not app.error
    (row,) = db.execute("SELECT id, msisdn FROM messages").fetchall()
    assert row["msisdn"] == "4791726200"
    assert app.query_params["test"] == str(row["id"])
    assert sum("**Ready to be sent**" in each.value for each in app.markdown) == 1
    assert not any("**Accepted by Nextpod**" in each.value for each in app.markdown)


def test_in_the_sandbox_a_number_that_answers_is_offered(db):
    app = see("connection")
    app.button(key="health_use_magic").click().run()
    app.button(key="health_send").click().run()
    assert db.execute("SELECT msisdn FROM messages").fetchone()["msisdn"] == "4799999011"


@pytest.mark.parametrize("wrong", ["123", "917262", "Ola 91726200", "22 22 22 22"])
def test_what_is_no_mobile_number_is_said_and_not_sent_to(db, wrong):
    app = see("connection")
    app.text_input(key="health_number").input(wrong).run()
    assert any(":red[" in each.value for each in app.caption)
    assert app.button(key="health_send").disabled
    assert app.text_input(key="health_number").value == wrong


def test_a_sender_that_the_rules_refuse_is_told_and_nothing_typed_is_lost(db):
    app = see("connection")
    app.text_input(key="health_number").input("91726200").run()
    app.text_input(key="health_new_sender").input("No").run()
    app.button(key="health_send").click().run()
    assert "The sender No must have 3 to 11 characters." in [each.value for each in app.error]
    assert app.text_input(key="health_new_sender").value == "No"
    assert app.text_input(key="health_number").value == "91726200"
    assert db.execute("SELECT count(*) FROM messages").fetchone()[0] == 0


def test_a_test_that_is_none_is_told(db):
    app = apps.open_page("health", query={"part": "connection", "test": "999"})
    assert "There is no such test text." in [each.value for each in app.caption]


def test_a_database_that_another_process_holds_is_told_and_nothing_is_lost(db):
    with transaction(db):
        brakes.put_on(db, "stop", say("Stopped."), now=now(), by=DISPATCHER)
    app = see()
    app.button(key="health_let_go_stop").click().run()
    db.execute("BEGIN IMMEDIATE")
    app.button(key="health_let_go").click().run(timeout=30)
    db.execute("ROLLBACK")
    assert any("Another process is busy with the database" in each.value for each in app.toast)
    assert [brake.name for brake in brakes.active(db, now=now())] == ["stop"]


def test_the_store_is_described(db):
    app = see("store")
    assert [each.label for each in app.metric] == ["Free on the disk", "The database"]
    assert "python -m nextpod_core backup" in [each.value for each in app.code]
