"""One person erased: out of every table, the search, the log, lists and uploads, and out of the files' bytes."""

import contextlib
import csv
import io
import json
import re
import zipfile

import pytest

from nextpod_core import (
    answers,
    audiences,
    backups,
    campaigns,
    consent,
    conversations,
    drafts,
    erasure,
    imports,
    inbox,
    keeping,
    outbox,
    people,
    personal,
    quarantine,
    rebuild,
    remains,
    restoring,
    senders,
    settlement,
    store,
    suppressions,
    traces,
)
from nextpod_core.__main__ import main
from nextpod_core.db import OperationalError, transaction
from nextpod_core.errors import BadInput, NotPermitted
from nextpod_core.people import COMMAND
from nextpod_core.settings import load
from nextpod_core.settlement import Outcome
from tests import outboxes, receiving
from tests.people import actor
from tests.receiving import arrive, derived, read_report, write_in

NOW = receiving.NOW
DAY = 86_400_000
WHO, OTHER = "4791726200", "4791726201"
# As the number may stand anywhere; and words that nobody else has written or been written.
WRITINGS = ("91726200", "917 26 200", "91 72 62 00", "917-26-200")
WORDS = ("Zyxwvut", "zyxwvut", "Qvarnsten", "qvarnsten", "Brekkestø", "brekkesto", "Hemmelig notat", "Skjult felt")


@pytest.fixture
def desk(tmp_path):
    given = load(receiving.environment(tmp_path))
    db = receiving.open_store(tmp_path)
    yield given, db
    db.close()


def fill(given, db):
    """Traces of WHO wherever there can be some, beside OTHER's; the draft made from the list."""
    text = "Number;Name\n" + "".join(f"{number};{name}\n" for number, name in (
        ("917 26 200", "Zyxwvut"), ("91726201", "Ola"), ("+47 91726200", "Zyxwvut igjen"),
        ("91726202", "ring 91 72 62 00"), ("12", "eller 917-26-200"),
        *((f"9000{place:04}", "x") for place in range(60)),
    ))  # fmt: skip
    list_id = imports.begin(given, db, io.BytesIO(text.encode()), filename="91726200.csv", region="NO", by=COMMAND,
                            now=NOW)  # fmt: skip
    imports.run(given, db, list_id, clock=lambda: NOW)
    draft = drafts.new(db, by=COMMAND, now=NOW, import_id=list_id, text="Hei {{name}}", name="Utkast")
    campaign, shared = receiving.campaign(db, text="Hei {{navn}}, husk timen")
    with transaction(db):
        own = db.execute("INSERT INTO texts (campaign_id, text, parts, alphabet) VALUES (?, ?, 1, 'gsm7') RETURNING id",
                         (campaign, "Hei Zyxwvut, husk timen")).fetchone()[0]  # fmt: skip
        shown = json.dumps({"samples": [["4791726200", "Hei Zyxwvut, husk timen"]]})
        db.execute("UPDATE campaigns SET review = ? WHERE id = ?", (shown, campaign))
    [theirs] = receiving.send(db, [WHO], reference=b"a" * 16, of=(campaign, own))
    others = receiving.send(db, [OTHER], reference=b"b" * 16, of=(campaign, shared))
    for message, reference, to in ((theirs, b"a" * 16, WHO), (others[0], b"b" * 16, OTHER)):
        receiving.answer(db, reference=reference, ids={message: f"id {message}"}, now=NOW)
        arrive(db, read_report(id=f"id {message}", to=to))
    arrive(db, read_report(id="of nobody", reference="x", to=WHO))
    with transaction(db):
        db.execute("UPDATE attempts SET phrase = 'recipient 4791726200 is odd' WHERE reference = ?", (b"a" * 16,))
        db.execute("UPDATE campaigns SET state = 'finished', ended_at = ?", (NOW,))
    senders.add(db, "2345", by=COMMAND, now=NOW)
    for who in (WHO, OTHER):
        write_in(db, "Qvarnsten i Brekkestø" if who == WHO else "Ring 917 26 200, han venter", **{"from": who})
        conversations.note(db, who, text="Hemmelig notat" if who == WHO else "Broren har 91 72 62 00", by=COMMAND,
                           now=NOW)  # fmt: skip
        conversations.label(db, [who], label="haster", by=COMMAND, now=NOW)
    answers.answer(db, WHO, text="Hei igjen Zyxwvut", sender="2345", key="k", by=COMMAND, now=NOW)
    with transaction(db):
        db.execute("UPDATE messages SET status = 'delivered' WHERE status = 'queued'")
    rebuild.run(db, now=NOW, by=COMMAND)
    saved = audiences.create(db, name="Faste", by=COMMAND, now=NOW)
    audiences.add(db, saved, [WHO, OTHER], by=COMMAND, now=NOW)
    write_in(db, "STOPP", arrived=NOW + 1, **{"from": WHO})
    with transaction(db):
        odd = quarantine.read("mo", body=b"?? from=+4791726200 Skjult felt", query=b"n=%2B4791726200",
                              content_type="x/y", arrived=NOW, source="127.0.0.1", zone="UTC")  # fmt: skip
        quarantine.keep(db, odd)
    return draft


def bytes_of(folder):
    """All bytes of all files of the store, by name; what was deleted, and what other processes keep, included."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def found_in(folder):
    """Where the number or their words stand: file and what of it."""
    return {
        (name, word)
        for name, held in bytes_of(folder).items()
        for word in (*WRITINGS, *WORDS)
        if word.encode() in held or word.encode("utf-16-le") in held
    } | {
        (name, "escaped")
        for name, held in bytes_of(folder).items()
        if re.search(rb"Brekkest\\u00f8|%2B4791726200", held)
    }


def erase(given, db, number=WHO, *, now=NOW + 2, **more):
    wish = erasure.ask(db, number, by=COMMAND, now=now, **more)
    assert erasure.run(given, db, wish, clock=lambda: now)
    return wish


def test_nothing_of_them_is_left_in_any_byte_and_others_keep_theirs(desk, tmp_path):
    given, db = desk
    fill(given, db)
    assert {name for name, _word in found_in(tmp_path)} >= {"desk.db-wal"}, "nothing to look for"
    figures = derived(db, without=("msisdn", "turn"))
    ledgers = [campaigns.ledger(db, row["id"]) for row in db.execute("SELECT id FROM campaigns").fetchall()]
    wish = erase(given, db)
    assert found_in(tmp_path) == set()
    db.execute("VACUUM INTO ?", (str(tmp_path / "copy.db"),))
    assert found_in(tmp_path) == set()
    (tmp_path / "copy.db").unlink()
    found = erasure.get(db, wish).found
    assert {"messages", "texts", "inbound", "reports", "notes", "labels", "audience_people", "conversations",
            "suppressions", "lists", "uploads", "quarantine", "attempts"} <= set(found)  # fmt: skip
    assert derived(db, without=("msisdn", "turn")) == figures
    done = rebuild.run(db, now=NOW, by=COMMAND)
    assert (done.matches, done.messages, done.counts, done.inbound_counts, done.conversations) == (0, 0, 0, 0, 0)
    assert [campaigns.ledger(db, row["id"]) for row in db.execute("SELECT id FROM campaigns").fetchall()] == ledgers
    kept = personal.everything(db, OTHER)
    assert (
        kept["messages"][0]["text"] == "Hei {{navn}}, husk timen"
        and kept["received"][0]["text"] == "Ring …, han venter"
    )
    assert kept["notes"][0]["text"] == "Broren har …" and kept["audiences"] and kept["lists"]
    assert inbox.find(db, inbox.Filter(search="venter", state=None), me="x").lines
    assert consent.verify(db).is_whole and people.audit_is_whole(db) is None


def test_the_opt_out_holds_and_what_is_exported_afterwards_tells_of_it_alone(desk):
    given, db = desk
    fill(given, db)
    erase(given, db)
    assert suppressions.is_suppressed(db, WHO) and not suppressions.is_suppressed(db, OTHER)
    left = {kind: rows for kind, rows in personal.everything(db, WHO).items() if rows}
    assert set(left) == {"suppressed_by_hash", "consent", "erasures"}
    with pytest.raises(BadInput):
        answers.answer(db, WHO, text="x", sender="2345", key="k2", by=COMMAND, now=NOW + 3)


def test_everything_is_exported_as_json_and_csv_and_told_in_the_log(desk):
    given, db = desk
    fill(given, db)
    made = zipfile.ZipFile(io.BytesIO(personal.export(db, WHO, by=actor("approver"), now=NOW)))
    told = json.loads(made.read("person.json"))
    assert told["number"] == WHO and told["messages"][0]["text"] == "Hei Zyxwvut, husk timen"
    assert {row["text"] for row in told["received"]} == {"Qvarnsten i Brekkestø", "STOPP"}
    assert [row["cells"] for row in told["lists"] if row["verdict"] == "good"] == [
        {"Number": "917 26 200", "Name": "Zyxwvut"}]  # fmt: skip
    for kind in ("messages", "reports", "attempts", "notes", "labels", "suppressions", "consent", "audiences", "lists",
                 "not_understood"):  # fmt: skip
        rows = list(csv.DictReader(io.StringIO(made.read(f"{kind}.csv").decode("utf-8-sig"))))
        assert len(rows) == len(told[kind]) > 0, kind
    [row] = db.execute("SELECT * FROM audit WHERE action = 'person.export'").fetchall()
    assert row["actor"] == "approver@example.test" and WHO not in row["detail"] and "479****200" in row["detail"]
    for role in ("viewer", "agent", "editor"):
        with pytest.raises(NotPermitted):
            personal.export(db, WHO, by=actor(role), now=NOW)


def test_what_is_under_way_keeps_its_number_until_it_is_settled(desk):
    given, db = desk
    waits = outboxes.campaign(db, [WHO, OTHER])
    campaign, text = receiving.campaign(db)
    [gone] = receiving.send(db, [WHO], reference=b"c" * 16, of=(campaign, text))
    wish = erasure.ask(db, WHO, by=COMMAND, now=NOW)
    assert outboxes.statuses(db, waits) == {"cancelled": 1, "queued": 1}
    assert not erasure.run(given, db, wish, clock=lambda: NOW)
    assert "1 message is under way" in str(erasure.get(db, wish).waits)
    receiving.answer(db, reference=b"c" * 16, ids={gone: "id 7"}, now=NOW + 1)
    keeper = keeping.Keeper(given, lambda: NOW + 2)
    keeper.look(db)
    assert erasure.get(db, wish).done_at == NOW + 2
    assert db.execute("SELECT count(*) FROM messages WHERE msisdn = ?", (WHO,)).fetchone()[0] == 0
    assert db.execute("SELECT msisdn FROM erasures").fetchone()[0] is None
    arrive(db, read_report(id="id 7", to=WHO, arrived=NOW + 3))
    keeper = keeping.Keeper(given, lambda: NOW + 4)
    keeper.look(db)
    assert db.execute("SELECT status FROM messages WHERE id = ?", (gone,)).fetchone()[0] == "delivered"
    assert db.execute("SELECT count(*) FROM reports WHERE msisdn = ? OR body IS NOT NULL", (WHO,)).fetchone()[0] == 0


def test_what_was_answered_with_500_is_not_sent_once_more_to_somebody_who_is_being_erased(desk):
    given, db = desk
    waits = outboxes.campaign(db, [WHO, OTHER])
    outboxes.listen(db, until=NOW)
    [batch] = outbox.claim(db, now=NOW, holder="x", lease=90_000, room=9)
    settlement.record(db, [(batch, Outcome("fault", code=500))], settings=given, unknowns_in_row=0, now=NOW)
    erasure.ask(db, WHO, by=COMMAND, now=NOW + 1)
    outboxes.listen(db, until=NOW + 600_000)
    [again] = outbox.claim(db, now=NOW + 600_000, holder="x", lease=90_000, room=9)
    assert again.to == (OTHER,)
    assert outboxes.statuses(db, waits) == {"unknown": 1, "sending": 1}


def test_after_seven_days_it_waits_no_more(desk):
    given, db = desk
    receiving.send(db, [WHO], reference=b"c" * 16, status="unknown", batch="unknown")
    wish = erasure.ask(db, WHO, by=COMMAND, now=NOW)
    assert not erasure.run(given, db, wish, clock=lambda: NOW + 7 * DAY)
    assert erasure.run(given, db, wish, clock=lambda: NOW + 7 * DAY + 1)
    assert db.execute("SELECT msisdn, status FROM messages").fetchall()[0]["msisdn"] == ""


def test_who_writes_again_is_a_new_contact_and_is_not_swept_away(desk):
    given, db = desk
    wish = erasure.ask(db, WHO, by=COMMAND, now=NOW)
    write_in(db, "Hei, det er meg igjen", arrived=NOW + 1)
    assert erasure.run(given, db, wish, clock=lambda: NOW + 2)
    assert [row["text"] for row in personal.everything(db, WHO)["received"]] == ["Hei, det er meg igjen"]
    assert erasure.ask(db, WHO, by=COMMAND, now=NOW + 3) != wish


def test_the_same_wish_twice_is_one_and_a_list_that_a_draft_uses_is_another_list(desk):
    given, db = desk
    draft = fill(given, db)
    wish = erasure.ask(db, WHO, by=COMMAND, now=NOW + 2)
    assert erasure.ask(db, WHO, by=COMMAND, now=NOW + 2, stop=True) == wish
    assert erasure.run(given, db, wish, clock=lambda: NOW + 2)
    assert drafts.get(db, draft.id).version > draft.version


@pytest.mark.parametrize("after", [0, 4, 30, 60, 90, 120, 150])
def test_broken_off_anywhere_it_goes_on(desk, tmp_path, after):
    given, db = desk
    fill(given, db)
    wish = erasure.ask(db, WHO, by=COMMAND, now=NOW + 2)
    left = [after]

    def stop() -> int:
        left[0] -= 1
        return left[0] == -1

    db.set_progress_handler(stop, 10)
    with contextlib.suppress(OperationalError):
        erasure.run(given, db, wish, clock=lambda: NOW + 2)
    db.set_progress_handler(None, 0)
    assert left[0] < 0, "it ran to its end"
    if db.in_transaction:  # Broken off within BEGIN itself: a process that dies there takes it along.
        db.execute("ROLLBACK")
    erasure.go_on(given, db, clock=lambda: NOW + 2)
    assert found_in(tmp_path) == set()


def test_a_restored_backup_erases_again_and_says_who_still_stands_in_which_backup(desk, tmp_path):
    given, db = desk
    fill(given, db)
    made = backups.make(given, db, now=NOW + 1, by=COMMAND)
    erase(given, db)
    kept = [one for one in remains.copies(given, WHO) if one.holds]
    assert [one.path for one in kept] == [made.path]
    assert remains.copies(given, "4799999999")[0].holds is False
    db.close()
    restoring.restore(given, made.path, now=NOW + 5, by=COMMAND)
    with contextlib.closing(store.open(given)) as back:
        assert suppressions.is_suppressed(back, WHO)
        assert {kind for kind, rows in personal.everything(back, WHO).items() if rows} <= {
            "suppressed_by_hash",
            "consent",
            "erasures",
        }
    held = {name: what for name, what in found_in(tmp_path) if "backup" not in name and "before" not in name}
    assert held == {}


def test_by_command_with_the_number_typed_once_more(desk, tmp_path, capsys, monkeypatch):
    given, db = desk
    fill(given, db)
    monkeypatch.setenv("NEXTPOD_DATABASE", str(given.database))
    assert main(["person", "export", "917 26 200", "--to", str(tmp_path / "out.zip")]) == 0
    assert (tmp_path / "out.zip").stat().st_mode & 0o777 == 0o600
    assert main(["person", "export", "917 26 200", "--to", str(tmp_path / "out.zip")]) == 1, "never over a file"
    (tmp_path / "out.zip").unlink()
    monkeypatch.setattr("sys.stdin", io.StringIO("4799999999\n"))
    assert main(["person", "erase", "917 26 200"]) == 1
    assert personal.everything(db, WHO)["messages"]
    monkeypatch.setattr("sys.stdin", io.StringIO("+47 917 26 200\n"))
    assert main(["person", "erase", "917 26 200"]) == 0
    assert "messages" in capsys.readouterr().out
    assert found_in(tmp_path) == set()


def test_every_column_that_can_hold_something_of_a_person_is_told_of(desk):
    _given, db = desk
    tables = {row["name"] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    tables -= {name for name in tables if name.startswith(("sqlite_", "inbound_words_", "numbers_"))}
    assert tables == set(traces.HOLDS) | traces.WITHOUT
    for table, columns in traces.HOLDS.items():
        held = {
            row["name"] for row in db.execute(f"PRAGMA table_info({table})")
            if row["type"] not in ("INTEGER", "REAL") and not row["name"].startswith("hidden")
        }  # fmt: skip
        assert held == set(columns), table


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Ring 917 26 200 nå", "Ring … nå"), ("+47 917-26-200", "…"), ("0047 91 72 62 00.", "…."),
        ("(+47) 91726200", "…"),
        ("x4791726200", "x…"), ("917262001", "917262001"), ("+46 91726200", "+46 91726200"),
        ("1917 26 200", "1917 26 200"),
        ("%2B4791726200", "…"), ("9172620", "9172620"), ("", ""),
    ],
)  # fmt: skip
def test_a_number_is_found_in_any_writing_and_no_other_is(text, left):
    assert traces.Written(WHO).cut_from(text) == left


def test_a_name_that_somebody_wrote_from_is_cut_as_it_stands_alone():
    assert traces.Written("INFO").cut_from("INFO sa INFORMASJON, info") == "… sa INFORMASJON, info"
