"""Saved audiences: who is meant, and a list that a campaign takes like any other."""

import pytest

from nextpod_core import audiences, imports, settings, staged, suppressions
from nextpod_core.audiences import Question
from nextpod_core.db import transaction
from nextpod_core.errors import BadInput
from tests.incoming import KARI, NOW, campaign, make_store, receive

PEOPLE = [f"479172620{number}" for number in range(6)]
ANNE, BO, CILLA, DAN, EVA, FRED = PEOPLE


@pytest.fixture
def db(tmp_path):
    connection = make_store(tmp_path)
    yield connection
    connection.close()


@pytest.fixture
def asked(db):
    """A campaign to six people: two said JA, one NEI, one opted out, one message failed, one was silent."""
    number = campaign(db, "Konsert", "Svar JA", PEOPLE)
    receive(db, ANNE, "JA", keyword="JA")
    receive(db, ANNE, "Takk!")
    receive(db, BO, "ja gjerne")
    receive(db, CILLA, "NEI", keyword="NEI")
    receive(db, DAN, "STOPP")
    with transaction(db):
        db.execute("UPDATE messages SET status = 'failed' WHERE msisdn = ?", (EVA,))
    return number


def made(db, question, number=None, words=""):
    return audiences.create(db, name=f"{question} {words}", question=question, campaign=number, words=words, by=KARI,
                            now=NOW)  # fmt: skip


def who(db, audience):
    return sorted(msisdn for msisdn, _ in audiences.people(db, audiences.get(db, audience)))


@pytest.mark.parametrize(
    ("question", "words", "meant"),
    [
        (Question.ANSWERED, "JA", [ANNE, BO]),
        (Question.ANSWERED, "ja\nnei", [ANNE, BO, CILLA]),
        (Question.ANSWERED, "", [ANNE, BO, CILLA]),
        (Question.ANSWERED, "stopp", []),
        (Question.SILENT, "", [FRED]),
        (Question.DELIVERED, "", [ANNE, BO, CILLA, FRED]),
        (Question.FAILED, "", [EVA]),
    ],
)
def test_who_is_meant_by_a_question(db, asked, monkeypatch, question, words, meant):
    monkeypatch.setattr(audiences, "_AT_ONCE", 2)
    campaign(db, "Annen", "Hei", PEOPLE, at=NOW - 86_400_000 * 20)
    assert who(db, made(db, question, asked, words)) == meant


def test_people_are_put_in_once(db):
    number = made(db, Question.PEOPLE)
    assert audiences.add(db, number, [ANNE, BO], by=KARI, now=NOW) == 2
    assert audiences.add(db, number, [BO, CILLA], by=KARI, now=NOW) == 1
    assert audiences.size(db, audiences.get(db, number)) == 3
    with transaction(db):
        suppressions.add(db, msisdn=BO, reason="hand", by=KARI, now=NOW)
    assert who(db, number) == [ANNE, CILLA]


def test_it_becomes_a_list_with_the_campaigns_own_columns(db, tmp_path):
    given = settings.load({"NEXTPOD_DATABASE": str(tmp_path / "sandbox.db")})
    import io

    sheet = io.BytesIO('Navn;Mobil;By\nAnne;+4791726200;Voss\n"Bo; den eldre";+4791726201;=Bodø\n'.encode())
    source = imports.begin(given, db, sheet, filename="a.csv", region="NO", by=KARI, now=NOW)
    imports.run(given, db, source, clock=lambda: NOW)
    number = campaign(db, "Konsert", "Svar JA", [ANNE, BO])
    with transaction(db):
        db.execute("UPDATE campaigns SET import_id = ?", (source,))
        rows = staged.rows(db, source)
        for row, msisdn, _ in rows:
            db.execute("UPDATE messages SET row = ? WHERE msisdn = ?", (row, msisdn))
    stream, name = audiences.as_file(db, made(db, Question.DELIVERED, number))
    made_of_it = imports.begin(given, db, stream, filename=name, region="SE", by=KARI, now=NOW)
    imports.run(given, db, made_of_it, clock=lambda: NOW)
    found = imports.get(db, made_of_it)
    assert (found.state, found.columns, found.number_column) == ("done", ["msisdn", "Navn", "By"], 0)
    assert [(msisdn, cells[1:]) for _, msisdn, cells in staged.rows(db, made_of_it)] == [
        (ANNE, ["Anne", "Voss"]), (BO, ["Bo; den eldre", "=Bodø"]),
    ]  # fmt: skip


def test_thousands_are_streamed(db, tmp_path):
    given = settings.load({"NEXTPOD_DATABASE": str(tmp_path / "sandbox.db")})
    number = made(db, Question.PEOPLE)
    audiences.add(db, number, [f"479{n:07d}" for n in range(1_000_000, 1_002_500)], by=KARI, now=NOW)
    stream, name = audiences.as_file(db, number)
    made_of_it = imports.begin(given, db, stream, filename=name, region="NO", by=KARI, now=NOW)
    imports.run(given, db, made_of_it, clock=lambda: NOW)
    assert sum(imports.get(db, made_of_it).counts.values()) == 2500


def test_what_can_not_be_an_audience(db, asked):
    with pytest.raises(BadInput, match="needs a name"):
        audiences.create(db, name=" ", by=KARI, now=NOW)
    made(db, Question.PEOPLE)
    with pytest.raises(BadInput, match="already"):
        made(db, Question.PEOPLE)
    with pytest.raises(BadInput, match="Choose the campaign"):
        made(db, Question.FAILED)
    number = made(db, Question.FAILED, asked)
    with pytest.raises(BadInput, match="nobody can be put"):
        audiences.add(db, number, [ANNE], by=KARI, now=NOW)
    with pytest.raises(BadInput, match="Nobody is in"):
        audiences.as_file(db, made(db, Question.ANSWERED, asked, "kanskje"))
    audiences.drop(db, number, by=KARI, now=NOW)
    with pytest.raises(BadInput, match="not there any more"):
        audiences.get(db, number)
