"""What is old goes by itself, in small steps; counts stay exactly; what is not settled stays whole."""

import contextlib
import json

import pytest

from nextpod_core import (
    aged_received,
    audit_log,
    campaigns,
    consent,
    conversations,
    drafts,
    emptying,
    imports,
    inbox,
    keeping,
    options,
    people,
    quarantine,
    rebuild,
    reporting,
    reports,
    retention,
    singles,
    staged,
    suppressions,
)
from nextpod_core.db import transaction
from nextpod_core.errors import BadInput
from nextpod_core.inbound import take
from nextpod_core.people import COMMAND
from nextpod_core.settings import load
from tests import filled, outboxes, receiving
from tests.outboxes import new_store, numbers
from tests.receiving import arrive, derived, read_mo, read_report, write_in

DAY = 86_400_000
YEAR = 366 * DAY
NOW = receiving.NOW


@pytest.fixture
def desk(tmp_path):
    """Settings and a store of this installation."""
    given = load(receiving.environment(tmp_path))
    db = receiving.open_store(tmp_path)
    yield given, db
    db.close()


def sweep(given, db, *, now):
    """One whole round; how many rows each transaction took."""
    return list(retention.run(given, db, now=now))


def column(db, table, name):
    return [row[0] for row in db.execute(f"SELECT {name} FROM {table}")]


def sent(db, to, *, text="Hei Kari Eksempel", status="delivered", flags=0, ended=NOW, kind="campaign", key=None):
    """A message that left at `ended`, of a campaign that ended then; its id."""
    campaign, text_id = receiving.campaign(db, kind=kind, sender="2345" if kind == "campaign" else f"s{key}", text=text)
    [message] = receiving.send(db, [to], reference=f"{campaign:016}".encode(), of=(campaign, text_id))
    receiving.answer(db, reference=f"{campaign:016}".encode(), ids={message: f"id {message}"}, now=ended)
    if status == "delivered":
        arrive(db, read_report(id=f"id {message}", to=to, arrived=ended))
    else:
        before = db.execute("SELECT status, accepted_at FROM messages WHERE id = ?", (message,)).fetchone()
        with transaction(db):
            tally = rebuild.Tally()
            facts = rebuild.Facts(campaign, 1, "gsm7", before["status"], before["accepted_at"])
            tally.change(facts, rebuild.Facts(campaign, 1, "gsm7", status))
            tally.write(db)
            db.execute(
                "UPDATE messages SET status = ?, flags = ?, accepted_at = NULL WHERE id = ?", (status, flags, message)
            )
    with transaction(db):
        db.execute("UPDATE campaigns SET state = 'finished', ended_at = ? WHERE id = ?", (ended, campaign))
        if key:
            db.execute("UPDATE campaigns SET state = 'sending', ended_at = NULL WHERE id = ?", (campaign,))
            db.execute("INSERT INTO answers (message_id, key, by, at) VALUES (?, ?, 'test', ?)", (message, key, ended))
    return message


def test_a_year_later_nothing_names_anybody_and_every_figure_is_the_same(tmp_path):
    db, _made = filled.month(tmp_path)
    given = load({"NEXTPOD_DATABASE": str(tmp_path / "desk.db")})
    asked, chosen = filled.thirty_days(), options.read(db)
    with transaction(db):  # What was still open is over a year later.
        db.execute(
            "UPDATE campaigns SET state = 'finished', ended_at = ? WHERE state = 'sending' AND kind = 'campaign'",
            (filled.NOW,),
        )
        db.execute("UPDATE messages SET flags = flags | 2 WHERE status = 'unknown'")
        db.execute("UPDATE conversations SET state = 'closed'")
    rebuild.run(db, now=filled.NOW, by=COMMAND)  # The demonstration's own few rows that were changed here.

    def figures():
        found = reporting.of_period(db, asked, chosen, now=filled.NOW, silent_after=filled.SILENT_AFTER)
        of_each = [
            reporting.as_json(
                reporting.of_campaign(db, row["id"], chosen, now=filled.NOW, silent_after=filled.SILENT_AFTER)
            )
            for row in db.execute("SELECT id FROM campaigns WHERE kind = 'campaign'").fetchall()
        ]
        return reporting.as_json(found), of_each

    gone = ("msisdn", "turn")
    before, rows = figures(), derived(db, without=gone)
    ledgers = [campaigns.ledger(db, id) for id in column(db, "campaigns", "id")]
    took = sweep(given, db, now=filled.NOW + YEAR)
    assert sum(took) > filled.MESSAGES and max(took) <= 5_000
    assert figures() == before
    assert derived(db, without=gone) == rows
    assert [campaigns.ledger(db, id) for id in column(db, "campaigns", "id")] == ledgers
    over = "messages m JOIN campaigns c ON c.id = m.campaign_id AND c.state IN ('finished', 'cancelled')"
    assert set(column(db, f"{over} WHERE m.status NOT IN ('queued', 'sending')", "msisdn")) == {""}
    assert set(column(db, "inbound", "msisdn")) == {""} and set(column(db, "rule_hits", "msisdn")) <= {""}
    # What is paused may go on: the reports of its people keep their numbers, and nothing else does.
    paused = "SELECT m.id FROM messages m JOIN campaigns c ON c.id = m.campaign_id WHERE c.state = 'paused'"
    kept = f"reports WHERE message_id IS NULL OR message_id NOT IN ({paused})"
    assert set(column(db, kept, "msisdn")) == {None} == set(column(db, "reports", "body"))
    assert set(column(db, "inbound", "text")) == {""}
    for table in ("conversations", "notes", "labels", "suppressions"):
        assert column(db, table, "rowid" if table == "suppressions" else "msisdn") == []
    done = rebuild.run(db, now=filled.NOW + YEAR, by=COMMAND)
    assert (done.matches, done.messages, done.counts, done.inbound_counts, done.conversations) == (0, 0, 0, 0, 0)
    assert figures() == before and derived(db, without=gone) == rows
    assert sum(sweep(given, db, now=filled.NOW + YEAR)) == 0
    assert consent.verify(db).is_whole and people.audit_is_whole(db) is None
    db.close()


def test_each_kind_goes_after_its_own_time(desk):
    given, db = desk
    message = sent(db, "4791726200")
    write_in(db, "Kan dere ringe", arrived=NOW)
    conversations.close(db, ["4791726200"], by=COMMAND, now=NOW)
    sweep(given, db, now=NOW + 29 * DAY)
    assert all(column(db, "reports", "body")) and all(column(db, "inbound", "body"))
    sweep(given, db, now=NOW + 31 * DAY)
    assert column(db, "reports", "body") == [None] and column(db, "inbound", "body") == [None]
    assert column(db, "inbound", "text") == ["Kan dere ringe"]
    assert inbox.find(db, inbox.Filter(search="ringe", state=None), me="x").lines
    sweep(given, db, now=NOW + 181 * DAY)
    assert column(db, "inbound", "text") == [""]
    assert not inbox.find(db, inbox.Filter(search="ringe", state=None), me="x").lines
    assert column(db, "messages", "msisdn") == column(db, "inbound", "msisdn") == ["4791726200"]
    sweep(given, db, now=NOW + YEAR)
    assert column(db, "messages", "msisdn") == column(db, "inbound", "msisdn") == [""]
    assert column(db, "texts", "text") == [""]
    assert db.execute("SELECT status FROM messages WHERE id = ?", (message,)).fetchone()[0] == "delivered"


@pytest.mark.parametrize(
    ("status", "flags", "stays"),
    [("queued", 0, True), ("sending", 0, True), ("unknown", 0, True), ("unknown", 2, False), ("accepted", 0, False),
     ("failed", 0, False), ("cancelled", 0, False), ("skipped", 0, False)],
)  # fmt: skip
def test_what_may_leave_or_is_not_settled_stays_whole(desk, status, flags, stays):
    given, db = desk
    for to, key in (("4791726200", None), ("4791726201", "k")):
        sent(db, to, text=f"Hei {to}", status=status, flags=flags, kind="answers" if key else "campaign", key=key)
    sweep(given, db, now=NOW + YEAR)
    whole = ["4791726200", "4791726201"]
    assert column(db, "messages", "msisdn") == (whole if stays else ["", ""])
    assert column(db, "texts", "text") == ([f"Hei {to}" for to in whole] if stays else ["", ""])
    if stays:
        assert retention.held_back(db) == (2 if status == "unknown" else 1)
        with transaction(db):  # Settled at last, both go in the next round.
            db.execute("UPDATE messages SET status = 'unknown', flags = 2")
        sweep(given, db, now=NOW + YEAR + DAY)
        assert column(db, "messages", "msisdn") == ["", ""] and column(db, "texts", "text") == ["", ""]
        assert retention.held_back(db) == 0


def test_a_campaign_that_still_sends_is_left_alone_however_old(desk):
    given, db = desk
    sent(db, "4791726200")
    with transaction(db):
        db.execute("UPDATE campaigns SET state = 'paused', ended_at = NULL")
    sweep(given, db, now=NOW + 3 * YEAR)
    assert column(db, "messages", "msisdn") == ["4791726200"]


def test_who_still_waits_for_an_answer_keeps_what_was_written(desk):
    given, db = desk
    write_in(db, "Gammelt, besvart", arrived=NOW)
    conversations.close(db, ["4791726200"], by=COMMAND, now=NOW + 1)
    write_in(db, "Når kommer dere?", arrived=NOW + DAY)
    sweep(given, db, now=NOW + YEAR)
    assert column(db, "inbound", "text") == ["", "Når kommer dere?"]
    assert column(db, "conversations", "msisdn") == ["4791726200"]
    conversations.close(db, ["4791726200"], by=COMMAND, now=NOW + YEAR)
    sweep(given, db, now=NOW + YEAR + DAY)
    assert column(db, "inbound", "text") == ["", ""] and column(db, "conversations", "msisdn") == []
    assert retention.held_back(db) == 0


def test_an_opt_out_holds_when_its_number_is_gone_and_a_start_still_lifts_it(desk):
    given, db = desk
    write_in(db, "STOPP", arrived=NOW)
    suppressions.add(db, msisdn="4791726201", reason="hand", by=COMMAND, now=NOW, note="ringte")
    sweep(given, db, now=NOW + YEAR)
    assert column(db, "suppressions", "id") == [] and suppressions.count_hashed(db) == 2
    assert suppressions.suppressed_among(db, ["4791726200", "4791726201", "4791726202"]) == {"4791726200", "4791726201"}
    assert consent.verify(db).is_whole
    write_in(db, "START", arrived=NOW + YEAR, **{"from": "4791726200"})
    write_in(db, "START", arrived=NOW + YEAR, **{"from": "4791726201"})
    assert not suppressions.is_suppressed(db, "4791726200")
    assert suppressions.is_suppressed(db, "4791726201"), "what a colleague put in is lifted by a person alone"


def test_answers_of_one_person_are_still_counted_once_by_a_recount(desk):
    given, db = desk
    campaign, text = receiving.campaign(db)
    people_here = numbers(3)
    ids = receiving.send(db, people_here, reference=b"r" * 16, of=(campaign, text))
    receiving.answer(db, reference=b"r" * 16, ids={id: f"id {id}" for id in ids}, now=NOW)
    for hour, (who, said) in enumerate([(0, "Ja"), (1, "Ja"), (0, "STOPP"), (1, "Nei"), (0, "STOPP"), (2, "STOPP")]):
        write_in(db, said, arrived=NOW + hour * 3_600_000 * 20, **{"from": people_here[who]})
    conversations.close(db, people_here, by=COMMAND, now=NOW)
    before = derived(db)["answered"]
    # Between the first answers of somebody and their last: half of one person's row is emptied, the other not.
    sweep(given, db, now=NOW + 365 * DAY + 50 * 3_600_000)
    assert {"", people_here[0]} <= set(column(db, "inbound", "msisdn"))
    for later in (0, 30):
        done = rebuild.run(db, now=NOW, by=COMMAND)
        assert done.inbound_counts == 0 and derived(db)["answered"] == before
        sweep(given, db, now=NOW + YEAR + later * DAY)


def test_a_report_that_comes_after_its_message_was_emptied_counts_and_keeps_no_number(desk):
    given, db = desk
    message = sent(db, "4791726200", status="accepted")
    with transaction(db):
        db.execute("UPDATE messages SET accepted_at = ? WHERE id = ?", (NOW, message))
    sweep(given, db, now=NOW + YEAR)
    late = read_report(id=f"id {message}", to="4791726200", arrived=NOW + YEAR, status_text="FAILED")
    arrive(db, late, late)
    assert db.execute("SELECT status FROM messages").fetchone()[0] == "failed"
    sweep(given, db, now=NOW + YEAR)
    assert column(db, "reports", "msisdn") == [None] == column(db, "reports", "body")
    assert rebuild.run(db, now=NOW, by=COMMAND).messages == 0


def test_a_report_matched_by_its_number_alone_keeps_its_match(desk):
    given, db = desk
    [message] = receiving.send(db, ["4791726200"], reference=b"r" * 16, status="unknown", batch="unknown")
    arrive(db, read_report(id="never told", to="4791726200", reference=reports.show_reference(b"r" * 16), arrived=NOW))
    with transaction(db):
        db.execute("UPDATE campaigns SET state = 'finished', ended_at = ?", (NOW,))
    before = derived(db, without=("msisdn", "turn"))
    sweep(given, db, now=NOW + YEAR)
    assert rebuild.run(db, now=NOW, by=COMMAND).matches == 0
    assert derived(db, without=("msisdn", "turn")) == before
    assert column(db, "reports", "message_id") == [message]


def test_a_message_delivered_again_after_it_was_emptied_is_a_repeat(desk):
    given, db = desk
    told = read_mo(arrived=NOW, msg="Hei", id="77")
    with transaction(db):
        take(db, told, now=NOW)
    conversations.close(db, ["4791726200"], by=COMMAND, now=NOW)
    sweep(given, db, now=NOW + YEAR)
    with transaction(db):
        assert take(db, read_mo(arrived=NOW + YEAR, msg="Hei", id="77"), now=NOW + YEAR) is None
    assert column(db, "inbound", "repeats") == [1] and column(db, "conversations", "msisdn") == []


def test_what_nobody_could_read_yet_waits_longer_since_it_may_be_an_opt_out(desk):
    given, db = desk
    for body in (b"\xff\xfe broken", b"from=4791726200"):
        with transaction(db):
            quarantine.keep(db, quarantine.read("mo", body=body, query=b"", content_type="x/y", arrived=NOW,
                                                source="127.0.0.1", zone="UTC"))  # fmt: skip
    with transaction(db):
        db.execute("UPDATE quarantine SET replayed_at = ? WHERE id = 1", (NOW,))
    sweep(given, db, now=NOW + 31 * DAY)
    assert [bool(body) for body in column(db, "quarantine", "body")] == [False, True]
    sweep(given, db, now=NOW + 181 * DAY)
    assert column(db, "quarantine", "body") == [b"", b""] and quarantine.count(db) == 0


def an_import(given, db, *, now=NOW):
    """A list of two, read."""
    import io

    made = imports.begin(given, db, io.BytesIO(b"Mobil;Navn\n91726200;Kari\n91726201;Ola\n"), filename="folk.csv",
                         region="NO", by=COMMAND, now=now)  # fmt: skip
    imports.run(given, db, made, clock=lambda: now)
    return made


def test_uploads_go_after_a_week_and_their_rows_when_nobody_needs_them(tmp_path):
    given, db = new_store(tmp_path)
    list_id = an_import(given, db)
    draft = drafts.new(db, by=COMMAND, now=NOW, import_id=list_id, text="Hei", name="x")
    drafts.change(db, draft.id, by=COMMAND, now=NOW + 5 * DAY, text="Hei {{navn}}")
    sweep(given, db, now=NOW + 8 * DAY)
    assert list((tmp_path / "spool").iterdir()) == []
    assert len(staged.rows(db, list_id)) == 2, "the draft was worked on three days ago"
    used = outboxes.campaign(db, [], state="scheduled", import_id=list_id)
    sweep(given, db, now=NOW + 13 * DAY)
    assert len(staged.rows(db, list_id)) == 2, "a campaign made from it has not ended"
    with transaction(db):
        db.execute("UPDATE campaigns SET state = 'finished', ended_at = ? WHERE id = ?", (NOW + 6 * DAY, used))
    sweep(given, db, now=NOW + 14 * DAY)
    assert staged.rows(db, list_id) == []
    found = imports.get(db, list_id)
    assert found.state == "failed" and str(found.error) == "The rows of this list are no longer kept. Upload it again."
    assert found.examples == [] and drafts.get(db, draft.id).version > draft.version
    db.close()


def test_files_that_no_list_knows_go_too(tmp_path):
    given, db = new_store(tmp_path)
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "0123.upload").write_text("91726200")
    sweep(given, db, now=4_000_000_000_000)
    assert list((tmp_path / "spool").iterdir()) == []
    db.close()


def test_a_review_that_nobody_sent_is_emptied_and_must_be_made_again(tmp_path):
    given, db = new_store(tmp_path)
    draft = drafts.new(db, by=COMMAND, now=NOW, name="x", text="Hei")
    shown = json.dumps({"samples": [["4790000001", "Hei"]]})
    made = outboxes.campaign(db, numbers(3), state="draft", draft_id=draft.id, draft_version=draft.version,
                             created_at=NOW, reviewed_at=NOW, review=shown)  # fmt: skip
    sweep(given, db, now=NOW + YEAR)
    row = db.execute("SELECT * FROM campaigns WHERE id = ?", (made,)).fetchone()
    assert set(column(db, "messages", "msisdn")) == {""} and "4790000001" not in row["review"]
    assert row["reviewed_at"] is None and drafts.get(db, draft.id).version > draft.version
    db.close()


def test_for_ever_is_for_ever_and_uploads_never(desk):
    given, db = desk
    options.change(db, by=COMMAND, now=NOW, keep_numbers_days=None, keep_inbound_days=None, keep_bodies_days=None)
    sent(db, "4791726200")
    write_in(db, "Hei", arrived=NOW)
    sweep(given, db, now=NOW + 20 * YEAR)
    assert column(db, "messages", "msisdn") == column(db, "inbound", "msisdn") == ["4791726200"]
    assert all(column(db, "reports", "body"))
    with pytest.raises(BadInput, match="can't be kept for ever"):
        options.change(db, by=COMMAND, now=NOW, keep_uploads_days=None)


@pytest.mark.parametrize(
    ("name", "days"),
    [("keep_numbers_days", 29), ("keep_numbers_days", 3651), ("keep_inbound_days", 6), ("keep_bodies_days", 0),
     ("keep_uploads_days", 91), ("keep_uploads_days", 0)],
)  # fmt: skip
def test_a_time_that_makes_no_sense_is_refused(desk, name, days):
    with pytest.raises(BadInput, match="days"):
        options.change(desk[1], by=COMMAND, now=NOW, **{name: days})


def test_broken_off_anywhere_it_goes_on_and_comes_to_the_same(tmp_path):
    def emptied(steps):
        folder = tmp_path / str(steps)
        folder.mkdir()
        given, db = load(receiving.environment(folder)), receiving.open_store(folder)
        for place, number in enumerate(numbers(6)):
            sent(db, number, text=f"Hei {place}")
            write_in(db, f"Svar {place}", arrived=NOW + place, **{"from": number})
            conversations.close(db, [number], by=COMMAND, now=NOW)
        with contextlib.closing(db):
            while True:
                round_ = retention.run(given, db, now=NOW + YEAR)
                if sum(1 for _ in zip(range(steps), round_, strict=False)) < steps:
                    break
                round_.close()
                if not any(column(db, "messages", "msisdn") + column(db, "inbound", "msisdn")):
                    break
            sweep(given, db, now=NOW + YEAR)
            return (derived(db, without=("turn",)), [tuple(row) for row in db.execute("SELECT kind, rows FROM taken")],
                    column(db, "texts", "text"), column(db, "conversations", "msisdn"))  # fmt: skip

    assert emptied(1_000) == emptied(7) == emptied(20)


def test_what_was_taken_away_is_told_by_day(desk):
    given, db = desk
    sent(db, "4791726200")
    sweep(given, db, now=NOW + YEAR)
    told = {row["kind"]: row["rows"] for row in retention.taken(db)}
    assert told == {"messages": 1, "texts": 1, "bodies": 1}
    assert not [row for row in audit_log.every(db) if row["action"] == "retention.take"]
    sweep(given, db, now=NOW + YEAR + DAY)
    sweep(given, db, now=NOW + YEAR + DAY)
    [row] = [row for row in audit_log.every(db) if row["action"] == "retention.take"]
    assert json.loads(row["detail"]) == told and row["actor"] == "retention"


def test_the_keeper_does_it_by_itself_once_an_hour(desk):
    given, db = desk
    sent(db, "4791726200")
    clock = [NOW]
    keeper = keeping.Keeper(given, lambda: clock[0])
    keeper.look(db)
    assert column(db, "messages", "msisdn") == ["4791726200"]
    clock[0] = NOW + YEAR
    keeper.look(db)
    assert column(db, "messages", "msisdn") == [""]
    sent(db, "4791726201")
    keeper.look(db)
    assert column(db, "messages", "msisdn") == ["", "4791726201"], "not before an hour has gone"


def test_answers_and_tests_go_one_by_one(desk):
    given, db = desk
    with transaction(db):
        for place, number in enumerate(numbers(3)):
            singles.enqueue(db, kind="tests", sender="2345", text=f"Hei {place}", msisdn=number, key=f"k {number}",
                            by=COMMAND, now=NOW + place * DAY)  # fmt: skip
        db.execute("UPDATE messages SET status = 'delivered'")
    sweep(given, db, now=NOW + 365 * DAY + DAY + 1)
    assert [bool(number) for number in column(db, "messages", "msisdn")] == [False, False, True]
    assert column(db, "texts", "text") == ["", "", "Hei 2"]
    assert column(db, "answers", "key")[:2] == ["#1", "#2"]


def test_a_digest_says_nothing_of_the_number_any_more(desk):
    given, db = desk
    sent(db, "4791726200")
    write_in(db, "Hei", arrived=NOW)
    conversations.close(db, ["4791726200"], by=COMMAND, now=NOW)
    before = column(db, "reports", "digest") + column(db, "inbound", "digest")
    sweep(given, db, now=NOW + YEAR)
    after = column(db, "reports", "digest") + column(db, "inbound", "digest")
    assert not set(before) & set(after)
    assert emptying.kept_digest(db, before[1]) == after[1]


def test_a_start_lifts_no_opt_out_by_hand_after_a_later_stop_became_a_hash_too(desk):
    _given, db = desk
    number = numbers(1)[0]
    with transaction(db):
        suppressions.add(db, msisdn=number, reason="hand", by=COMMAND, now=NOW)
        aged_received.hash_suppressions(db, db.execute("SELECT * FROM suppressions").fetchall())
        suppressions.add(db, msisdn=number, reason="stop", by=COMMAND, now=NOW + 1)
        aged_received.hash_suppressions(db, db.execute("SELECT * FROM suppressions").fetchall())
        suppressions.lift_own(db, msisdn=number, by=COMMAND, now=NOW + 2, inbound_id=1)
    assert suppressions.is_suppressed(db, number)
