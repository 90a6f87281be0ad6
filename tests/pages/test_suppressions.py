"""The suppressions page as a person meets it: search, add, import, lift, export."""

import io

import pytest
from streamlit.testing.v1 import AppTest

from nextpod_core import suppressions
from nextpod_core.db import transaction
from nextpod_core.errors import BadInput
from pages.parts import importing
from tests import apps
from tests.incoming import KARI, NOW, receive

ANNE, BO = "4791726200", "4745848412"


@pytest.fixture
def db(tmp_path, monkeypatch):
    connection = apps.new_store(tmp_path, monkeypatch)
    yield connection
    connection.close()


def opened(**query: str) -> AppTest:
    app = apps.open_page("suppressions", query)
    assert not app.exception
    return app


def shown(app: AppTest) -> list[str]:
    return [cell.lstrip("\u2060") for cell in app.dataframe[0].value["number"]] if app.dataframe else []


def put(db, *msisdns: str) -> None:
    with transaction(db):
        for msisdn in msisdns:
            suppressions.add(db, msisdn=msisdn, reason="hand", by=KARI, now=NOW, note="Ringte")


def test_an_empty_list_says_how_it_is_filled(db):
    assert "Nobody has opted out yet" in opened().info[0].value


def test_the_message_that_caused_it_is_shown(db):
    receive(db, ANNE, "STOPP\nmed dette")
    app = opened()
    assert shown(app) == [f"+{ANNE}"]
    assert list(app.dataframe[0].value["text"]) == ["STOPP med dette"]


@pytest.mark.parametrize("typed", ["+47 917 26 200", "0047 91726200", "26200", "91 72"])
def test_a_number_is_found_in_any_writing(db, typed):
    put(db, ANNE, BO)
    assert shown(opened(number=typed)) == [f"+{ANNE}"]


def test_filters_and_masks(db):
    put(db, ANNE)
    assert shown(opened(why="stop")) == []
    assert shown(opened(why="hand")) == [f"+{ANNE}"]
    assert shown(opened(why="nonsense")) == [f"+{ANNE}"]
    app = opened()
    app.toggle(key="suppressions_mask").set_value(True).run()
    assert shown(app) == ["479****200"]


def test_a_number_is_added_by_hand_in_any_writing(db):
    app = opened()
    app.text_input(key="suppressions_number").set_value("+47 917 26 200").run()
    app.button(key="suppressions_add").click().run()
    assert suppressions.is_suppressed(db, ANNE)
    app.text_input(key="suppressions_number").set_value("hei").run()
    app.button(key="suppressions_add").click().run()
    assert "hei" in app.toast[0].value


def test_a_list_is_imported_with_its_source_and_what_is_no_number_is_told(db):
    app = opened()
    app.text_area(key="suppressions_paste").set_value(
        "navn;mobil\nAnne;917 26 200\nBo;45848412\nikke et nummer\n"
    ).run()
    app.button(key="suppressions_import").click().run()
    assert "where this list comes from" in app.toast[0].value
    app.text_input(key="suppressions_source").set_value("Gammelt system").run()
    app.button(key="suppressions_import").click().run()
    assert suppressions.count(db) == 2
    assert any("Line 4" in text.value for text in app.text)
    assert db.execute("SELECT note FROM suppressions").fetchone()["note"].startswith("Gammelt system (20")


def test_a_number_is_lifted_with_a_reason_that_is_kept(db):
    put(db, ANNE)
    app = opened()
    chosen = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.session_state["suppressions_rows"] = chosen
    app.run()
    assert not app.exception
    app.button(key="suppressions_lift").click().run()
    assert suppressions.is_suppressed(db, ANNE)
    app.session_state["suppressions_rows"] = chosen
    app.text_input(key=f"suppressions_why_{ANNE}").set_value("Meldte seg på igjen").run()
    app.button(key="suppressions_lift").click().run()
    assert not suppressions.is_suppressed(db, ANNE)
    assert suppressions.history(db, ANNE)[0]["lift_reason"] == "Meldte seg på igjen"


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"91726200\n45848412\n91726200\n", [ANNE, BO]),
        ("\ufeffmobil\r\n+47 917 26 200\r\n".encode(), [ANNE]),
        ("Øyvind;91726200\n".encode("cp1252"), [ANNE]),
        ("91726200\n".encode("utf-16"), [ANNE]),
        (b'"Hansen, Kari",91726200\n', [ANNE]),
        (b"", []),
    ],
)
def test_files_as_people_have_them(raw, found):
    assert importing.numbers_in(io.BytesIO(raw), "", "NO").msisdns == found


@pytest.mark.parametrize(("raw", "sentence"), [(b"PK\x03\x04..", "Excel"), (b"\x00\xff\x00", "not a list")])
def test_files_that_are_no_lists_are_refused_with_a_sentence(raw, sentence):
    with pytest.raises(BadInput, match=sentence):
        importing.numbers_in(io.BytesIO(raw), "", "NO")


def test_the_ledger_is_checked_with_a_click(db):
    put(db, ANNE)
    app = opened().button(key="suppressions_ledger").click().run()
    assert [toast.value for toast in app.toast] == ["The ledger is whole: 1 row, as it was written."]
    with transaction(db):
        db.execute("UPDATE consent SET how = 'import'")
    app = opened().button(key="suppressions_ledger").click().run()
    assert "Row 1 of the ledger is not as it was written" in app.toast[0].value
    with transaction(db):
        db.execute("UPDATE consent SET how = 'hand'")
        db.execute("UPDATE suppressions SET lifted_at = 1")
        db.execute(
            "INSERT INTO suppressions (msisdn, reason, added_at, added_by) VALUES ('4790000000', 'hand', 1, 'x')"
        )
    app = opened().button(key="suppressions_ledger").click().run()
    assert "2 rows of the list are told otherwise" in app.toast[0].value
