"""The inbox's search against a plain recount: every way it takes, every page of it."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nextpod_core import inbound, inbox, inbox_search
from nextpod_core.db import Connection, driver
from nextpod_core.inbox import Filter
from nextpod_core.inbox_search import held, read, searchable
from tests.incoming import HOUR, KARI, NOW, make_store, receive

WORDS = ["konsert", "Konserten", "kontor", "møte", "MØTET", "motet", "lørdag", "på", "i", "Ærlig", "å", "blåbær", "č",
         "Čáhci", "ja", "55331", "553", "naïve", "gåetie", "hei🤷", "🎉konsert", "Þór", "Đorđe"]  # fmt: skip
RARE = ["konsul", "mølje", "x", "Kontakt"]
TYPED = ["kon", "kons", "KONSERT", "konsertene", "mote", "møt", "lør", "på", "p", "i", "å", "aer", "blåb", "c",
         "cah", "553", "5533", "ja", "konsul", "molje", "mølj", "x", "kontakt", "naiv", "thor", "z"]  # fmt: skip
SEPARATORS = [" ", "  ", ", ", "? ", "\n", " – ", "…", "!🎉 ", "\x00", "/"]
FOLDED = str.maketrans({"ø": "o", "æ": "ae", "å": "a", "č": "c", "á": "a", "ï": "i", "þ": "th", "ó": "o", "đ": "d"})


def plain(text):
    """Words by hand, without anything that the search itself uses."""
    text = text.lower().translate(FOLDED)
    return "".join(one if one.isascii() and one.isalnum() else " " for one in text).split()


def fits(text, typed):
    there = plain(text)
    return all(any(one == word if len(word) == 1 else one.startswith(word) for one in there) for word in plain(typed))


class Filled:
    """A store, and what was put into it."""

    def __init__(self, db: Connection, newest_first: list) -> None:
        self.db, self.newest_first = db, newest_first


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """400 messages from 90 people: some words in most of them, some in one, one that ended and one that began late."""
    db = make_store(tmp_path_factory.mktemp("search"))
    chance = random.Random(7)
    kept = []
    db.execute("BEGIN IMMEDIATE")
    for number in range(400):
        words = chance.choices(WORDS, k=chance.randint(1, 5))
        if number % 97 == 5:
            words.insert(chance.randint(0, len(words)), chance.choice(RARE))
        words = [one for one in words if one != ("ja" if number > 200 else "553")]
        text = "".join(itertools.chain.from_iterable((one, chance.choice(SEPARATORS)) for one in words))
        who, keyword = f"47900{chance.randint(0, 89):05}", chance.choice(["KINO", "TUR", None])
        at = NOW + number * HOUR
        fields = {"id": str(number), "from": who, "to": "2345", "msg": text} | ({"keyword": keyword} if keyword else {})
        made = inbound.take(db, inbound.parse(fields, body=b"", arrived=at, source="test", zone="UTC"), now=at)
        kept.append((made, who, text, keyword, at))
    db.execute("UPDATE conversations SET unread = 0 WHERE CAST(msisdn AS INTEGER) % 2")
    db.execute("COMMIT")
    yield Filled(db, kept[::-1])
    db.close()


def all_pages(db, wanted, limit):
    found, after = [], None
    for _page in range(3_000):
        page = inbox.find(db, wanted, me=KARI.name, after=after, limit=limit)
        found += [line.inbound_id for line in page.lines]
        after = page.after
        if after is None:
            return found
    raise AssertionError("The pages never end.")


@pytest.fixture(scope="module", params=["as it ships", "in small steps"])
def steps(request):
    """With limits so small that every way through the search is taken among four hundred messages."""
    small = {"TRIED": 12, "TAKEN": 15, "WALKED": 36} if request.param == "in small steps" else {}
    before = {name: getattr(inbox_search, name) for name in small}
    for name, value in small.items():
        setattr(inbox_search, name, value)
    yield
    for name, value in before.items():
        setattr(inbox_search, name, value)


@settings(max_examples=80, deadline=None)
@given(
    typed=st.lists(st.sampled_from(TYPED), min_size=1, max_size=3).map(" ".join),
    keyword=st.sampled_from([None, None, "KINO"]),
    unread=st.booleans(),
    span=st.sampled_from([(None, None), (NOW + 100 * HOUR, None), (NOW + 50 * HOUR, NOW + 400 * HOUR)]),
    limit=st.sampled_from([1, 7, 100]),
)
def test_every_page_together_is_what_a_recount_finds(filled, steps, typed, keyword, unread, span, limit):
    since, until = span
    wanted = Filter(search=typed, keyword=keyword, unread=unread, since=since, until=until)
    expected = [
        made
        for made, who, text, its_keyword, at in filled.newest_first
        if fits(text, typed)
        and keyword in (None, its_keyword)
        and not (unread and int(who) % 2)
        and (since is None or at >= since)
        and (until is None or at < until)
    ]
    # People whose number it is part of come first; none of these is part of a number but "553" never is either.
    assert all_pages(filled.db, wanted, limit) == expected


ODD = ["Việt", "ẞ", "İ", "ŉ", "ﬁn", "a\u0300\u0301", "नमस्ते", "🤷", "ᏸ", "ﷺ", "①", "x\u20dd"]


@settings(deadline=None)
@given(st.text(max_size=40) | st.lists(st.sampled_from([*WORDS, *ODD])).map("".join))
def test_the_index_parts_and_folds_nothing_any_further(text):
    db = driver.connect(":memory:", isolation_level=None)
    db.execute("CREATE VIRTUAL TABLE t USING fts5 (folded)")
    db.execute("CREATE VIRTUAL TABLE v USING fts5vocab (t, 'instance')")
    db.execute("INSERT INTO t VALUES (?)", (searchable(text),))
    assert [row[0] for row in db.execute("SELECT term FROM v ORDER BY offset")] == searchable(text).split()
    db.close()


@settings(deadline=None)
@given(st.text(max_size=60))
def test_a_text_holds_the_words_it_is_made_of(text):
    words = read(text)
    assert held(text, words) == {*words.whole, *words.begins}


def test_words_that_never_meet_are_looked_for_a_stretch_at_a_time(tmp_path, monkeypatch):
    for name, value in {"TRIED": 5, "WALKED": 20}.items():
        monkeypatch.setattr(inbox_search, name, value)
    db = make_store(tmp_path)
    first = receive(db, "4790000000", "Konsert og møte")
    for number in range(60):
        receive(db, f"479000{number:04}", "Konsert" if number % 2 else "Møte")
    after, asked = None, 0
    while True:
        page = inbox.find(db, Filter(search="konsert møte"), me=KARI.name, after=after)
        asked += 1
        if page.after is None:
            break
        assert page.lines == ()
        after = page.after
    assert [line.inbound_id for line in page.lines] == [first]
    assert 1 < asked < 5
    db.close()


def test_people_come_first_then_texts_with_the_same_digits(tmp_path):
    db = make_store(tmp_path)
    by_number = [receive(db, f"47917200{number:02}", "Hei") for number in range(5)]
    by_text = [receive(db, f"474000000{number:02}", "Ordre 91720 mangler") for number in range(5)]
    found = all_pages(db, Filter(search="91720"), limit=2)
    assert found == [*reversed(by_number), *reversed(by_text)]
    assert all_pages(db, Filter(search="ordre 91720"), limit=2) == [*reversed(by_text)]
    db.close()


def test_a_part_that_everybody_has_is_looked_up_by_another(tmp_path, monkeypatch):
    monkeypatch.setattr(inbox_search, "SAMPLE", 3)
    monkeypatch.setattr(inbox_search, "RARE", 5)
    db = make_store(tmp_path)
    for number in range(40):
        receive(db, f"4790{number:02}1234", "Hei")
    odd = receive(db, "4659147901", "Hej")
    assert inbox_search.rarest_piece(db, "59147901") != '"4790"'
    assert inbox_search.rarest_piece(db, "591479") == '"9147"' or inbox_search.rarest_piece(db, "591479") == '"1479"'
    assert all_pages(db, Filter(search="914790"), limit=5) == [odd]
    monkeypatch.setattr(inbox, "LOOKED_THROUGH", 4)
    assert len(all_pages(db, Filter(search="4790"), limit=3)) == 41
    db.close()


def test_a_sender_that_is_a_name_is_found_by_it(tmp_path):
    db = make_store(tmp_path)
    made = receive(db, "Telenor", "Velkommen")
    receive(db, "4791726200", "Hei")
    assert all_pages(db, Filter(search="telen"), limit=5) == [made]
    db.close()
