import pytest

from nextpod_core import inbox_search, options, senders, suppressions
from nextpod_core.bodies import Unreadable
from nextpod_core.people import COMMAND, DESK
from tests.incoming import receive
from tests.receiving import NOW, answer, campaign, open_store, read_mo, send, write_in

NUMBER = "4791726200"
DAY = 86_400_000


@pytest.fixture
def db(tmp_path):
    db = open_store(tmp_path)
    yield db
    db.close()


def row(db, inbound_id):
    return db.execute("SELECT * FROM inbound WHERE id = ?", (inbound_id,)).fetchone()


def reach(db, *, at=NOW, number=NUMBER, **about):
    """A campaign whose text this person got."""
    of = campaign(db, **about)
    reference = of[0].to_bytes(16, "big")
    [message] = send(db, [number], reference=reference, of=of)
    answer(db, reference=reference, ids={message: f"id {of[0]}"}, now=at)
    return of[0]


def test_the_documented_message_is_understood():
    found = read_mo()
    assert (found.nextpod_id, found.msisdn, found.short_code, found.text) == (
        "1053289234", NUMBER, "2345", "Hello wonderful world!",
    )  # fmt: skip
    assert (found.keyword, found.sub_keyword, found.keyword_rules, found.mcc, found.mnc) == (
        "HELLO", "WONDERFUL", 0, 242, 1,
    )  # fmt: skip
    assert (found.received_raw, found.received_at) == ("2019-08-28T15:00:00", 1_567_004_400_000)


@pytest.mark.parametrize(
    ("sender", "kept"),
    [
        ("+47 917 26 200", NUMBER),
        ("004791726200", NUMBER),
        ("2345", "2345"),
        ("Bank AS", "Bank AS"),
        (4791726200, NUMBER),
    ],
)
def test_senders_that_are_numbers_are_normalised_and_others_kept(sender, kept):
    assert read_mo(**{"from": sender}).msisdn == kept


@pytest.mark.parametrize("missing", [{"from": None}, {"msg": None, "keyword": None}, {"from": "9" * 65}])
def test_a_message_from_nobody_or_about_nothing_is_refused(missing):
    with pytest.raises(Unreadable):
        read_mo(**missing)


def test_the_same_message_twice_is_one(db):
    first = write_in(db, "Hei", id="1")
    assert write_in(db, "Hei", id="1", arrived=NOW + 1) is None
    assert row(db, first)["repeats"] == 1
    assert db.execute("SELECT unread FROM conversations").fetchone()[0] == 1
    # Without an id all fields together are what tells two apart.
    assert write_in(db, "Hei", id=None) and write_in(db, "Hei", id=None) is None and write_in(db, "Hei!", id=None)


def test_a_stop_is_on_the_list_with_the_message_that_caused_it(db):
    first = write_in(db, "Stopp!")
    [entry] = suppressions.page(db)
    assert (entry["msisdn"], entry["reason"], entry["inbound_id"]) == (NUMBER, "stop", first)
    assert row(db, first)["verdict"] == "out"


@pytest.mark.parametrize(
    ("told", "region", "person"),
    [("91726200", "NO", "4791726200"), ("0701234567", "SE", "46701234567"), ("20123456", "DK", "4520123456"),
     ("4791726200", "DK", "4791726200"), ("298211234", "NO", "298211234"), ("2345", "NO", "2345"),
     ("Telenor", "NO", "Telenor")],
)  # fmt: skip
def test_a_stop_without_its_country_code_stops_the_person_it_is_from(db, told, region, person):
    options.change(db, region=region, by=COMMAND, now=NOW)
    write_in(db, "STOPP", arrived=NOW, **{"from": told})
    assert suppressions.is_suppressed(db, person)


def test_a_stop_of_a_texted_number_outside_the_plans_is_its_own_and_nobody_elses_at_home(db):
    options.change(db, region="US", by=COMMAND, now=NOW)
    reach(db, number="4758484412")
    write_in(db, "STOP", arrived=NOW, **{"from": "4758484412"})
    assert suppressions.suppressed_among(db, ["4758484412", "14758484412"]) == {"4758484412"}


def test_a_stop_behind_its_keyword_counts_and_one_by_prefix_is_marked_for_review(db):
    write_in(db, "HELLO STOP", keyword="HELLO", sub_keyword="STOP")
    write_in(db, "Stopp, jeg har ikke bedt om dette", **{"from": "4791726201"})
    write_in(db, "Når stopper bussen?", **{"from": "4791726202"})
    assert [(one["msisdn"][-1], one["reason"]) for one in suppressions.page(db)] == [("1", "prefix"), ("0", "stop")]


def test_a_stop_behind_our_keyword_counts_also_when_the_gateway_names_no_keyword(db):
    receive(db, "4791726200", "Neste stopp?", at=NOW)
    receive(db, "4791726201", "Kino stopp", at=NOW)
    assert suppressions.suppressed_among(db, ["4791726200", "4791726201"]) == set()
    receive(db, "4791726202", "KINO ja", keyword="KINO", at=NOW)
    receive(db, "4791726203", "Kino stopp", at=NOW)
    receive(db, "4791726204", "Neste stopp?", at=NOW)
    senders.add(db, "26112", keyword="TUR", by=COMMAND, now=NOW)
    receive(db, "4791726205", "tur STOPP", at=NOW)
    asked = [f"479172620{place}" for place in range(6)]
    assert suppressions.suppressed_among(db, asked) == {"4791726203", "4791726205"}


def test_words_of_the_team_count_too(db):
    options.change(db, by=DESK, now=NOW, opt_out_words=["HOLD OPP"])
    write_in(db, "Hold opp")
    assert suppressions.is_suppressed(db, NUMBER)


def test_an_opt_out_is_confirmed_once_when_the_team_wants_it(db):
    options.change(db, by=DESK, now=NOW, confirm_opt_out=True, confirmation_text="Du får ikke flere meldinger fra oss.")
    write_in(db, "STOPP")
    write_in(db, "STOPP")
    write_in(db, "START")
    write_in(db, "STOPP", arrived=NOW + 1000)  # two machines must not answer each other for ever
    write_in(db, "STOPP", **{"from": "Bank AS"})
    queued = db.execute(
        "SELECT m.msisdn, c.kind, c.sender FROM messages m JOIN campaigns c ON c.id = m.campaign_id"
    ).fetchall()
    assert [tuple(one) for one in queued] == [(NUMBER, "confirmations", "2345")]
    assert suppressions.is_suppressed(db, NUMBER) and suppressions.is_suppressed(db, "Bank AS")


def test_a_person_has_one_conversation_that_waits_since_the_first_unanswered(db):
    write_in(db, "Hei")
    last = write_in(db, "Hallo?", arrived=NOW + 60_000)
    [head] = db.execute("SELECT * FROM conversations").fetchall()
    assert (head["state"], head["unread"], head["waiting_since"], head["last_inbound_id"], head["last_at"]) == (
        "open", 2, NOW, last, NOW + 60_000,
    )  # fmt: skip


def test_an_answer_belongs_to_the_newest_campaign_of_the_last_fortnight(db):
    reach(db, at=NOW - 20 * DAY)
    assert row(db, write_in(db, "Ja"))["campaign_id"] is None
    older, newer = reach(db, at=NOW - 2 * DAY), reach(db, at=NOW - DAY)
    found = row(db, write_in(db, "Ja"))
    assert (found["campaign_id"], found["delay"]) == (newer, DAY)
    assert older != newer


def test_the_number_written_to_and_the_keyword_choose_between_campaigns(db):
    by_number = reach(db, at=NOW - 3 * DAY, sender="1999")
    by_word = reach(db, at=NOW - 2 * DAY, sender="Klubben", text="Svar KONSERT til 2345")
    reach(db, at=NOW - DAY, sender="Klubben", text="God jul")
    assert row(db, write_in(db, "hei", to="1999"))["campaign_id"] == by_number
    assert row(db, write_in(db, "konsert ja", keyword="KONSERT"))["campaign_id"] == by_word


def test_a_person_counts_once_for_each_campaign_and_once_as_opted_out(db):
    number = reach(db, at=NOW - 60_000)
    for text in ("Ja", "Nei", "STOPP", "STOPP"):
        write_in(db, text)
    people = db.execute("SELECT sum(people), sum(opted_out) FROM answered WHERE campaign_id = ?", (number,)).fetchone()
    assert tuple(people) == (1, 1)
    counted = db.execute("SELECT verdict, sum(messages) FROM inbound_counts GROUP BY verdict ORDER BY 1").fetchall()
    assert [tuple(one) for one in counted] == [("none", 2), ("out", 2)]


@pytest.mark.parametrize("asked", ["mote", "møte", "mot", "lordag", "ærlig", "aerlig", "cafe"])
def test_nordic_letters_are_found_both_ways(db, asked):
    found = write_in(db, "Møte på LØRDAG, ærlig talt, på Café Åpent")
    match = inbox_search.read(asked).match()
    rows = db.execute("SELECT rowid FROM inbound_words WHERE inbound_words MATCH ?", (match,)).fetchall()
    assert [one[0] for one in rows] == [found]


@pytest.mark.parametrize(
    "text", ["", "\x00", "😀" * 500, "<script>alert(1)</script>", "=1+1", "\u202eabc", "x" * 5000, "\ud800", "a\r\nb"]
)
def test_any_text_is_kept(db, text):
    assert "\ud800" not in row(db, write_in(db, text))["text"]
    assert inbox_search.searchable(text) is not None


def head(db, number=NUMBER):
    row = db.execute("SELECT state, unread, waiting_since FROM conversations WHERE msisdn = ?", (number,)).fetchone()
    return tuple(row)


@pytest.mark.parametrize("text", ["STOPP", "start"])
def test_nobody_waits_because_of_a_plain_stop_or_start(db, text):
    write_in(db, text)
    assert head(db) == ("closed", 1, None)
    write_in(db, "Hei", arrived=NOW + 1000)
    assert head(db) == ("open", 2, NOW + 1000)
    write_in(db, text, arrived=NOW + 2000)
    assert head(db) == ("open", 3, NOW + 1000)


def test_an_opt_out_that_says_more_than_the_word_waits_for_somebody_to_look(db):
    write_in(db, "Stopp, hvem er dere?")
    assert head(db) == ("open", 1, NOW)


@pytest.mark.parametrize("given", [{"id": None, "received_time": None}, {"id": "", "received_time": ""}])
def test_the_same_stop_said_anew_without_id_and_time_is_heard_though_it_looks_like_the_first_one(db, given):
    for text, out in (("STOP", True), ("START", False), ("STOP", True), ("STOP", True)):
        write_in(db, text, **given)
        assert suppressions.is_suppressed(db, NUMBER) == out
    # A START that is brought again lifts nothing: the person said no after it.
    write_in(db, "START", **given)
    assert suppressions.is_suppressed(db, NUMBER)


def test_a_stop_that_is_brought_again_after_a_start_is_known_by_its_id(db):
    for text, identity, out in (("STOP", "1", True), ("START", "2", False), ("STOP", "1", False)):
        write_in(db, text, id=identity)
        assert suppressions.is_suppressed(db, NUMBER) == out
