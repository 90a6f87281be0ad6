"""The inbox's lists and searches, conversations, answers and what is asked before one leaves."""

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nextpod_core import (
    answers,
    blocks,
    conversations,
    inbox,
    inbox_counts,
    options,
    singles,
    staged,
    suppressions,
)
from nextpod_core.db import transaction
from nextpod_core.errors import BadInput
from nextpod_core.inbox import Filter, State
from tests.incoming import HOUR, KARI, MINUTE, NOW, OLE, campaign, make_store, open_store, receive

ANNE, BO, CILLA = "4791726200", "4745848412", "46701234567"
ANYONE = Filter(whose="anyone")


@pytest.fixture
def db(tmp_path):
    connection = make_store(tmp_path)
    yield connection
    connection.close()


def who(page):
    return [line.msisdn for line in page.lines]


def find(db, **wanted):
    return who(inbox.find(db, Filter(**wanted), me=KARI.name))


def reply(db, msisdn=ANNE, text="Ja, vi har åpent", *, by=KARI, now=NOW, key="k1", sender="2345", **more):
    return answers.answer(db, msisdn, text=text, sender=sender, key=key, by=by, now=now, **more)


def sent_to(db, msisdn):
    return db.execute("SELECT count(*) FROM messages WHERE msisdn = ?", (msisdn,)).fetchone()[0]


def test_the_longest_waiting_comes_first(db):
    receive(db, BO, "Hei", at=NOW - 5 * MINUTE)
    receive(db, ANNE, "Hallo?", at=NOW - 9 * MINUTE)
    receive(db, BO, "Er dere der?", at=NOW - MINUTE)
    page = inbox.find(db, Filter(), me=KARI.name)
    assert who(page) == [ANNE, BO]
    assert (page.lines[1].waiting_since, page.lines[1].unread, page.lines[1].text) == (
        NOW - 5 * MINUTE, 2, "Er dere der?",
    )  # fmt: skip


def test_what_a_colleague_has_taken_is_not_in_my_list(db):
    for msisdn in (ANNE, BO, CILLA):
        receive(db, msisdn, "Hei")
    conversations.assign(db, [ANNE], owner=OLE.name, by=OLE, now=NOW)
    conversations.assign(db, [BO], owner=KARI.name, by=KARI, now=NOW)
    assert set(find(db)) == {BO, CILLA}
    assert find(db, whose="mine") == [BO]
    assert find(db, whose="free") == [CILLA]
    assert set(find(db, whose="anyone")) == {ANNE, BO, CILLA}


def test_every_row_is_shown_once_over_the_pages(db):
    people = [f"47900000{number:02}" for number in range(25)]
    for msisdn in people:
        receive(db, msisdn, "JA", at=NOW, keyword="JA")  # One group commit: all arrived in the same millisecond.
    for wanted in (Filter(), Filter(keyword="JA"), Filter(state=None), Filter(search="47900000"), Filter(search="ja")):
        found, after = [], None
        while True:
            page = inbox.find(db, wanted, me=KARI.name, after=after, limit=10)
            found += who(page)
            after = page.after
            if after is None:
                break
        assert sorted(found) == people


def test_what_is_rare_is_found_by_looking_further_back(db, monkeypatch):
    monkeypatch.setattr(inbox, "LOOKED_THROUGH", 5)
    first = receive(db, ANNE, "JA", keyword="JA")
    for number in range(12):
        receive(db, f"479000000{number:02}", "JA", keyword="JA")
    conversations.label(db, [ANNE], label="VIP", by=KARI, now=NOW)
    after, asked = None, 0
    while True:
        page = inbox.find(db, Filter(keyword="JA", label="VIP"), me=KARI.name, after=after)
        asked += 1
        if page.lines or page.after is None:
            break
        after = page.after
    assert [line.inbound_id for line in page.lines] == [first]
    assert asked == 3


@pytest.mark.parametrize("cursor", ["", "x", "~", "9~", "-1~47", "9" * 30, "9" * 30 + "~47", "1~'; DROP TABLE inbound"])
def test_any_cursor_in_the_address_is_survived(db, cursor):
    receive(db, ANNE, "JA", keyword="JA")
    inbox.find(db, Filter(), me=KARI.name, after=cursor)
    inbox.find(db, Filter(keyword="JA"), me=KARI.name, after=cursor)
    inbox.find(db, Filter(search="9172"), me=KARI.name, after=cursor)


def test_messages_are_found_by_keyword_campaign_number_and_time(db):
    one = campaign(db, "Møte torsdag", "Svar JA", [ANNE, BO], at=NOW - 5 * HOUR)
    receive(db, ANNE, "HELLO JA", at=NOW - 2 * HOUR, keyword="HELLO", sub_keyword="JA")
    receive(db, BO, "HELLO NEI", at=NOW - HOUR, keyword="HELLO", sub_keyword="NEI")
    receive(db, CILLA, "Hej", at=NOW, short_code="26112")
    assert find(db, keyword="HELLO") == [BO, ANNE]
    assert find(db, keyword="HELLO", sub_keyword="JA") == [ANNE]
    assert find(db, campaign=one) == [BO, ANNE]
    assert find(db, short_code="26112") == [CILLA]
    assert find(db, since=NOW - 90 * MINUTE) == [CILLA, BO]
    assert find(db, since=NOW - 90 * MINUTE, until=NOW) == [BO]
    assert find(db, until=NOW - 3 * HOUR) == []


@given(st.lists(st.integers(0, 50) | st.integers(1_000, 1_010) | st.just(10_000), min_size=1, max_size=20))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_period_begins_and_ends_where_its_messages_do(db, minutes):
    with transaction(db):
        db.execute("DELETE FROM inbound")
        for place, minute in enumerate(sorted(minutes)):
            db.execute(
                """
                INSERT INTO inbound (id, arrived, source, msisdn, short_code, text, digest, verdict)
                VALUES (:id, :at, 'test', '4791726200', '2345', '', CAST(:id AS BLOB), 'none')
                """,
                {"id": 3 + place * 2, "at": NOW + minute},
            )  # Ids have holes where messages were deleted.
    for time in (0, 25, 51, 1_005, 9_999, 10_000, 10_001):
        there = [row["id"] for row in db.execute("SELECT id FROM inbound WHERE arrived >= ?", (NOW + time,))]
        first = inbox._first_since(db, NOW + time)
        assert [row["id"] for row in db.execute("SELECT id FROM inbound WHERE id >= ?", (first,))] == there


@pytest.mark.parametrize(
    "typed", ["møte", "mote", "MØT", "lørdag mo", "LORDAG", "Ærlig", "aerlig", "blå", "bla", "blåbær"]
)
def test_nordic_letters_are_found_however_they_are_typed(db, typed):
    receive(db, ANNE, "Er det møte på lørdag? Ærlig talt, blåbær!")
    receive(db, BO, "Noe helt annet")
    assert find(db, search=typed) == [ANNE]


@pytest.mark.parametrize("typed", ['"', "*", 'NEAR("a" b)', "a OR", "-", "folded:x", "\x00", "'; --", "(", "😀"])
def test_a_search_is_never_a_command(db, typed):
    receive(db, ANNE, "Hei")
    inbox.find(db, Filter(search=typed), me=KARI.name)


@pytest.mark.parametrize("typed", ["4791726200", "+47 917 26 200", "0047 91 72 62 00", "17262", "200", "(917) 26-200"])
def test_a_number_is_found_by_any_part_in_any_writing(db, typed):
    receive(db, ANNE, "Hei")
    receive(db, BO, "Hei")
    conversations.close(db, [ANNE], by=KARI, now=NOW)
    assert find(db, search=typed) == [ANNE]


def test_digits_that_are_in_no_number_are_searched_for_in_the_texts(db):
    receive(db, ANNE, "Ordre 55331 er ikke kommet")
    assert find(db, search="55331") == [ANNE]


def test_closing_and_a_label_and_unread_are_filters(db):
    for msisdn in (ANNE, BO, CILLA):
        receive(db, msisdn, "Hei")
    assert conversations.close(db, [ANNE, BO], by=KARI, now=NOW) == 2
    assert conversations.close(db, [ANNE], by=KARI, now=NOW) == 0
    assert find(db) == [CILLA]
    assert set(find(db, state=State.CLOSED)) == {ANNE, BO}
    conversations.label(db, [BO, CILLA], label="  ring   opp ", by=KARI, now=NOW)
    assert find(db, label="ring opp") == [CILLA]
    assert set(find(db, label="ring opp", state=None)) == {BO, CILLA}
    assert find(db, unread=True) == [CILLA]
    assert inbox_counts.labels(db) == ["ring opp"]
    receive(db, ANNE, "Hallo igjen")
    assert set(find(db)) == {ANNE, CILLA}


def test_opening_a_conversation_reads_it_and_later_messages_stay_unread(db):
    first = receive(db, ANNE, "Hei")
    receive(db, ANNE, "En til")
    conversations.read_up_to(db, ANNE, last_inbound=first, by=KARI, now=NOW)
    assert conversations.read(db, ANNE).unread == 1


def test_a_conversation_is_everything_in_order(db):
    campaign(db, "Møte torsdag", "Kommer du?", [ANNE], at=NOW - HOUR)
    receive(db, ANNE, "Ja takk", at=NOW - 50 * MINUTE)
    reply(db, now=NOW - 40 * MINUTE)
    conversations.note(db, ANNE, text="Ringer i morgen", by=OLE, now=NOW - 30 * MINUTE)
    receive(db, ANNE, "STOPP", at=NOW - 20 * MINUTE)
    found = conversations.read(db, ANNE)
    assert [entry.kind for entry in found.entries] == ["out", "in", "out", "note", "in", "opt_out"]
    assert found.entries[0].campaign == "Møte torsdag"
    assert (found.entries[2].by, found.entries[2].status) == (KARI.name, "queued")
    assert found.suppression is not None
    assert not found.has_earlier


def test_a_thousand_messages_from_one_person_show_the_newest(db):
    for number in range(1000):
        receive(db, ANNE, f"spam {number}", at=NOW + number)
    found = conversations.read(db, ANNE)
    assert len(found.entries) == conversations.SHOWN
    assert found.entries[-1].text == "spam 999"
    assert found.has_earlier
    assert len(who(inbox.find(db, Filter(), me=KARI.name))) == 1


def test_an_answer_is_queued_once_however_often_the_button_is_pressed(db):
    receive(db, ANNE, "Har dere åpent?")
    assert reply(db, key="same") == reply(db, key="same")
    assert sent_to(db, ANNE) == 1
    found = conversations.read(db, ANNE)
    assert (found.state, found.unread, found.waiting_since, found.owner) == ("waiting", 0, None, KARI.name)


def test_the_same_words_within_a_moment_are_one_press_whatever_key_the_form_had(db):
    """A second press travels with the form's old text, and the page may have been drawn with a new key in between."""
    receive(db, ANNE, "Er dere åpne?")
    first = reply(db, key="drawn once")
    assert reply(db, key="drawn anew", now=NOW + 2_000) == first
    assert reply(db, key="other words", text="Og søndag", now=NOW + 2_000) != first
    assert reply(db, key="much later", now=NOW + singles.ONE_PRESS + 1) != first
    assert reply(db, by=OLE, key="a colleague's", now=NOW + 2_000) != first
    many = {"template": "Samme til alle", "by": KARI}
    assert answers.answer_many(db, [ANNE], key="a", now=NOW, **many) == (1, 0)
    answers.answer_many(db, [ANNE], key="b", now=NOW + 300, **many)
    told = db.execute("SELECT count(*) FROM texts WHERE text = 'Samme til alle'").fetchone()[0]
    assert told == 1


def test_the_same_words_are_no_second_press_where_something_happened_in_between(db):
    """What never left, what goes from another number and what answers a new question is meant, however soon it is."""
    db.execute("INSERT INTO senders VALUES ('2345', 1, NULL, 1, NULL, 0), ('4759440000', 1, NULL, 0, NULL, 0)")
    receive(db, ANNE, "Er dere åpne?")
    first = reply(db, key="1", text="Ja")
    assert reply(db, key="2", text="Ja", sender="4759440000", now=NOW + 1_000) != first
    db.execute("UPDATE messages SET status = 'refused' WHERE id = ?", (first,))
    again = reply(db, key="3", text="Ja", now=NOW + 2_000)
    assert again != first
    receive(db, ANNE, "Også lørdag?", at=NOW + 3_000)
    assert reply(db, key="4", text="Ja", now=NOW + 5_000) != again


def test_the_second_of_two_who_answer_is_asked_first(db):
    receive(db, ANNE, "Har dere åpent?")
    seen = conversations.read(db, ANNE).last_answer
    reply(db, by=OLE, key="ole", seen=seen)
    with pytest.raises(answers.AskFirst, match="ole.eksempel@example.test has answered") as asked:
        reply(db, by=KARI, key="kari", seen=seen, now=NOW + 30_000)
    assert asked.value.why == "answered"
    assert sent_to(db, ANNE) == 1
    reply(db, by=KARI, key="kari")
    assert sent_to(db, ANNE) == 2


def test_of_two_who_answer_at_the_same_instant_exactly_one_is_asked(db, tmp_path):
    receive(db, ANNE, "Har dere åpent?")
    told = []

    def answer_as(who):
        own = open_store(tmp_path)
        try:
            together.wait(10)
            told.append(reply(own, by=who, key=who.name, seen=0))
        except answers.AskFirst:
            told.append(None)
        finally:
            own.close()

    together = threading.Barrier(2)
    threads = [threading.Thread(target=answer_as, args=(who,)) for who in (KARI, OLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(one is None for one in told) == [False, True]
    assert sent_to(db, ANNE) == 1


def test_who_opted_out_is_answered_only_after_writing_again_and_with_a_recorded_confirmation(db):
    receive(db, ANNE, "STOPP")
    with pytest.raises(BadInput, match="opted out and not written since"):
        reply(db, override="confirmed")
    receive(db, ANNE, "Når er møtet?", at=NOW + MINUTE)
    with pytest.raises(answers.AskFirst, match="Answer all the same"):
        reply(db)
    message = reply(db, override="confirmed by Kari")
    row = db.execute("SELECT override FROM answers WHERE message_id = ?", (message,)).fetchone()
    assert row["override"] == "confirmed by Kari"


def test_who_was_put_on_the_list_by_hand_must_have_written_after_that(db):
    receive(db, ANNE, "Hei", at=NOW - MINUTE)
    with transaction(db):
        suppressions.add(db, msisdn=ANNE, reason="hand", by=KARI, now=NOW)
    assert not conversations.read(db, ANNE).wrote_after
    receive(db, ANNE, "Hei igjen", at=NOW + MINUTE)
    assert conversations.read(db, ANNE).wrote_after


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Write the answer first"),
        (" \n\x00", "Write the answer first"),
        ("Hei {{navn}}", "place to fill"),
        ("a" * 1501, "1501 characters"),
        ("😀" * 751, "1502 characters"),
    ],
)
def test_what_cannot_be_sent_is_told_before_anything_is_queued(db, text, sentence):
    receive(db, ANNE, "Hei")
    with pytest.raises(BadInput, match=sentence):
        reply(db, text=text)
    assert sent_to(db, ANNE) == 0


def test_only_who_has_written_is_answered_and_only_from_where_they_can_answer(db):
    with pytest.raises(BadInput, match="has not written"):
        reply(db)
    receive(db, "Telenor", "Velkommen")
    with pytest.raises(BadInput, match="from a name"):
        reply(db, "Telenor")
    receive(db, ANNE, "Hei")
    with pytest.raises(BadInput, match="Nextpod can't be answered"):
        answers.answer(db, ANNE, text="Hei", sender="Nextpod", key="k", by=KARI, now=NOW)


def test_a_shared_short_code_names_the_keyword_that_the_next_answer_must_begin_with(db):
    receive(db, ANNE, "HELLO hei", keyword="HELLO")
    assert conversations.read(db, ANNE).senders == (answers.Sender("2345", "HELLO"),)
    db.execute("INSERT INTO senders VALUES ('2345', 1, NULL, 1, NULL, 0), ('Nextpod', 0, NULL, 0, NULL, 0)")
    db.execute("INSERT INTO senders VALUES ('4759440000', 1, NULL, 0, NULL, 0)")
    assert answers.senders(db, ANNE) == [answers.Sender("2345", None), answers.Sender("4759440000", None)]


def test_canned_answers_are_filled_from_the_persons_own_row(db):
    db.execute(
        """
        INSERT INTO imports (id, filename, bytes, digest, state, region, columns, created_at)
        VALUES (1, 'medlemmer.csv', 1, x'00', 'done', 'NO', '["mobil", "Navn"]', 0)
        """
    )
    blocks.write(db, 1, 2, [ANNE], [staged.pack(["91726200", "Anne"])])
    campaign(db, "Møte", "Hei", [ANNE, BO])
    db.execute("UPDATE campaigns SET import_id = 1")
    db.execute("UPDATE messages SET row = 2 WHERE msisdn = ?", (ANNE,))
    receive(db, ANNE, "HELLO hei", keyword="HELLO")
    options.change(db, by=KARI, now=NOW, canned=["Hei {{navn}}! Svar {{keyword}} for plass. {{dato}}"])
    [template] = answers.canned(db)
    assert answers.fill(db, ANNE, template) == "Hei Anne! Svar HELLO for plass. {{dato}}"


def test_the_same_answer_to_many_leaves_out_who_opted_out(db):
    for msisdn in (ANNE, BO):
        receive(db, msisdn, "Hei")
    receive(db, CILLA, "STOPP")
    for _twice in range(2):
        done = answers.answer_many(db, [ANNE, BO, CILLA], template="Takk, {{number}}!", key="bulk", by=KARI, now=NOW)
        assert done == (2, 1)
    texts = [row["text"] for row in db.execute("SELECT text FROM texts ORDER BY id")]
    assert texts == [f"Takk, {ANNE}!", f"Takk, {BO}!"]


def test_the_same_answer_to_many_leaves_out_names_and_tells_what_is_not_known_before_any_leaves(db):
    for msisdn in (ANNE, BO, "Telenor"):
        receive(db, msisdn, "Hei")
    receive(db, BO, "HELLO hei", keyword="HELLO")
    everybody = [BO, ANNE, "Telenor"]
    with pytest.raises(BadInput, match=f"known of 1 of them, .{ANNE}"):
        answers.answer_many(db, everybody, template="Svar {{keyword}}", key="a", by=KARI, now=NOW)
    assert sent_to(db, BO) == 0
    done = answers.answer_many(db, everybody, template="Svar {{keyword|JA}}", key="b", by=KARI, now=NOW)
    assert done == (2, 1)
    assert {row["text"] for row in db.execute("SELECT text FROM texts")} == {"Svar HELLO", "Svar JA"}


def test_a_vote_is_counted_by_word(db):
    for number, word in enumerate(["JA", "JA", "NEI", None]):
        receive(db, f"4790000000{number}", "…", at=NOW - number * 30 * HOUR, keyword="MØTE", sub_keyword=word)
    found = inbox_counts.poll(db, keyword="MØTE", campaign=None, since=0, until=NOW + HOUR, today=NOW - 12 * HOUR)
    assert [(one.word, one.messages, one.today) for one in found] == [("JA", 2, 1), ("", 1, 0), ("NEI", 1, 0)]
    by_keyword = inbox_counts.poll(db, keyword=None, campaign=None, since=0, until=NOW + HOUR, today=0)
    assert [one.word for one in by_keyword] == ["MØTE"]


def test_the_chips_count_what_waits(db):
    receive(db, ANNE, "JA", keyword="JA")
    receive(db, BO, "Stopp i neste uke heller")
    conversations.assign(db, [ANNE], owner=KARI.name, by=KARI, now=NOW)
    chips = inbox_counts.chips(db, me=KARI.name, now=NOW)
    assert (chips.open, chips.unread, chips.mine, chips.opted_out, chips.doubtful) == (2, 2, 1, 1, 1)
    assert chips.keywords == (("JA", 1),)
    assert (inbox_counts.keywords(db), inbox_counts.short_codes(db)) == (["JA"], ["2345"])


def test_an_opt_out_by_prefix_is_looked_at_once(db):
    receive(db, ANNE, "Stopp i neste uke heller")
    [row] = inbox_counts.doubtful(db)
    assert row["text"] == "Stopp i neste uke heller"
    conversations.keep_prefix_opt_out(db, row["id"], by=KARI, now=NOW)
    assert inbox_counts.doubtful(db) == []
    assert suppressions.is_suppressed(db, ANNE)


def test_new_messages_are_counted_from_the_last_one_drawn(db):
    seen = inbox.newest(db)
    receive(db, ANNE, "Hei")
    assert (seen, inbox.newer(db, seen), inbox.newer(db, inbox.newest(db))) == (0, 1, 0)


@pytest.mark.parametrize("text", ["<b>x</b>", "=1+1", "\u202eabc", "a\nb", "a\x00b", "æ" * 5000, "😀", "", "[x](y)"])
def test_whatever_people_write_comes_back_as_it_was(db, text):
    receive(db, ANNE, text)
    assert conversations.read(db, ANNE).entries[0].text == text
    [line] = inbox.find(db, Filter(), me=KARI.name).lines
    assert line.text is not None
    assert inbox.texts(db, [line.inbound_id]) == {line.inbound_id: text}


def test_notes_and_labels_that_cannot_be_kept_are_refused_with_a_sentence(db):
    with pytest.raises(BadInput, match="between 1 and 40"):
        conversations.label(db, [ANNE], label="  ", by=KARI, now=NOW)
    with pytest.raises(BadInput, match="between 1 and 2000"):
        conversations.note(db, ANNE, text="x" * 2001, by=KARI, now=NOW)


def test_how_people_wait_is_told_by_keyword(db):
    receive(db, ANNE, "HELLO hei", keyword="HELLO", at=NOW - HOUR)
    receive(db, BO, "HELLO hei", keyword="HELLO", at=NOW - 3 * HOUR)
    receive(db, CILLA, "Hej", at=NOW)
    reply(db, now=NOW - 30 * MINUTE)
    waits = inbox_counts.waits(db)
    assert waits == {
        "HELLO": inbox_counts.Waits(1, NOW - 3 * HOUR, 30 * MINUTE, 1),
        "": inbox_counts.Waits(1, NOW, None, 1),
    }
