import pytest

from nextpod_core import rebuild, reports
from nextpod_core.db import transaction
from nextpod_core.people import COMMAND
from tests.receiving import DERIVED, NOW, SECOND, answer, arrive, derived, iso, open_store, read_report, send, write_in

WORDS = ["DELIVERED", "FAILED", "SENT", "Strange", "EXPIRED", "QUEUED", "DELIVERED"]


@pytest.fixture
def db(tmp_path):
    """A store after a day's work: answers, reports before and after them, by id and by reference, repeats, people."""
    db = open_store(tmp_path)
    for batch in range(4):
        reference = bytes([batch]) * 16
        numbers = [f"4791726{batch}{n:02d}" for n in range(10)]
        messages = send(db, numbers, reference=reference, status="unknown" if batch == 3 else "sending")
        ids = {message: f"id {message}" for message in messages}
        if batch in (0, 2):
            answer(db, reference=reference, ids=ids, now=NOW + batch * 3_600_000)
        for n, message in enumerate(messages[:8]):
            word = WORDS[n % len(WORDS)]
            at = iso(NOW + n * 7 * SECOND)
            told = read_report(id=ids[message] if batch < 3 else f"other {n}", status_text=word, status_updated=at,
                               to=numbers[n], reference="nd-" + reference.hex() if batch == 3 else None,
                               arrived=NOW + 60_000 + n)  # fmt: skip
            arrive(db, told, *([told] if n % 3 == 0 else []))
            if n % 4 == 0:
                arrive(db, read_report(id=ids[message], status_text="UNDELIV", to=numbers[n], mcc=None,
                                       status_updated=iso(NOW + 90 * SECOND), arrived=NOW + 95_000))  # fmt: skip
        if batch == 1:
            answer(db, reference=reference, ids=ids, now=NOW + 3_600_000)
        for n, text in enumerate(["Ja", "Nei", "STOPP", "Hvor?"]):
            write_in(db, text, arrived=NOW + 2 * 86_400_000 + n, **{"from": numbers[n]})
            write_in(db, "STOPP", arrived=NOW + 2 * 86_400_000 + 10 * n, **{"from": numbers[n]})
    yield db
    db.close()


def test_after_live_work_there_is_nothing_to_mend(db):
    before = derived(db)
    assert all(before[table] for table in DERIVED)
    done = rebuild.run(db, now=NOW, by=COMMAND)
    assert (done.matches, done.messages, done.counts, done.inbound_counts, done.conversations) == (0, 0, 0, 0, 0)
    assert done.words == 32
    assert derived(db) == before


def test_everything_derived_comes_back_from_the_logs(db):
    before = derived(db)
    heads = [tuple(row) for row in db.execute("SELECT * FROM conversations ORDER BY msisdn")]
    with transaction(db):
        for table in DERIVED[1:]:
            db.execute(f"DELETE FROM {table}")
        db.execute("UPDATE reports SET message_id = NULL WHERE id % 2 = 0")
        db.execute("UPDATE reports SET message_id = 1 WHERE id % 5 = 0")
        db.execute(
            "UPDATE messages SET status = 'accepted', latency = NULL, word = 'x', report_id = NULL WHERE status_at > 0"
        )
        db.execute("UPDATE conversations SET last_inbound_id = 1")
        db.execute("DELETE FROM inbound_words")
    done = rebuild.run(db, now=NOW, by=COMMAND)
    assert done.matches and done.messages and done.counts and done.inbound_counts and done.conversations
    assert derived(db) == before
    assert [tuple(row) for row in db.execute("SELECT * FROM conversations ORDER BY msisdn")] == heads
    assert len(db.execute("SELECT rowid FROM inbound_words WHERE inbound_words MATCH 'stopp'").fetchall()) == 20
    assert db.execute("SELECT count(*) FROM audit WHERE action = 'store.rebuild'").fetchone()[0] == 1


def test_a_message_that_was_given_anothers_report_loses_it_again(db):
    with transaction(db):
        [silent] = db.execute("SELECT id FROM messages WHERE report_id IS NULL LIMIT 1").fetchone()
    before = derived(db)
    with transaction(db):
        db.execute("UPDATE reports SET message_id = ? WHERE id = 1", (silent,))
        tally = rebuild.Tally()
        reports.settle(db, tally, [silent])
        tally.write(db)
    assert derived(db) != before
    rebuild.run(db, now=NOW, by=COMMAND)
    assert derived(db) == before


def test_a_conversation_that_is_missing_is_made_as_its_messages_made_it(tmp_path):
    db = open_store(tmp_path)
    for number, texts in {"4791726200": ["STOPP", "Hei", "START"], "4791726201": ["STOPP", "START"]}.items():
        for n, text in enumerate(texts):
            write_in(db, text, arrived=NOW + n, **{"from": number})
    heads = [tuple(row) for row in db.execute("SELECT * FROM conversations ORDER BY msisdn")]
    with transaction(db):
        db.execute("DELETE FROM conversations")
    rebuild.run(db, now=NOW, by=COMMAND)
    assert [tuple(row) for row in db.execute("SELECT * FROM conversations ORDER BY msisdn")] == heads
    assert [head[1] for head in heads] == ["open", "closed"]
    db.close()
