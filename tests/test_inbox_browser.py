"""The inbox in a real browser: what `AppTest` can't do. A click on a row, counting while writing, keys, what is new."""

import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from nextpod_core import settings, store
from nextpod_core.people import COMMAND
from tests import browser
from tests.incoming import receive

ANNE, BO = "4791726200", "4745848412"
TEXT = "<b>Hei</b> **du** :red[x]\n=1+1"
SHOWN = "[data-testid=stMain] .st-key-person_entries"


@pytest.fixture
def filled(tmp_path: Path):
    given = settings.load({"NEXTPOD_DATABASE": str(tmp_path / "desk.db")})
    now = time.time_ns() // 1_000_000
    store.migrate(given, now=now, by=COMMAND)
    db = store.open(given)
    receive(db, ANNE, TEXT, at=now - 120_000)
    receive(db, BO, "Er dere åpne?", at=now - 60_000)
    yield db
    db.close()


def click_row(page: Page, row: int) -> None:
    page.locator(".st-key-inbox_table .dvn-scroller").click(position={"x": 260, "y": 30 + 30 * row + 15})


@browser.needs_browser
def test_a_person_is_opened_answered_and_closed_with_mouse_and_keys(tmp_path, filled):
    with browser.desk(tmp_path) as desk:
        page = desk.open("/inbox", height=1080)
        click_row(page, 0)
        expect(page.locator(SHOWN)).to_contain_text(TEXT)
        assert page.locator(f"{SHOWN} b, {SHOWN} a").count() == 0
        assert "person=~" in page.url and ANNE not in page.url

        area = page.get_by_placeholder("Write the answer")
        page.locator("h1").click()
        page.keyboard.press("a")
        expect(area).to_be_focused()
        page.keyboard.type("Ja, jeg er her €")
        page.keyboard.press("Enter")
        page.keyboard.type("Hilsen oss")
        expect(page.get_by_text("1 SMS part · 132 characters left in it")).to_be_visible()
        page.keyboard.press("Control+Enter")
        expect(page.locator(".st-key-person_heading")).to_contain_text("Answered")
        expect(area).to_have_value("")
        texts = [row["text"] for row in filled.execute("SELECT text FROM texts")]
        assert texts == ["Ja, jeg er her €\nHilsen oss"]

        page.locator("h1").click()
        page.keyboard.press("j")
        expect(page.locator(SHOWN)).to_contain_text("Er dere åpne?")
        page.keyboard.press("e")
        expect(page.get_by_text("Nobody waits for an answer.")).to_be_visible()
        assert desk.complaints == []


@browser.needs_browser
def test_what_is_new_comes_by_itself_where_it_moves_no_row_and_is_told_elsewhere(tmp_path, filled):
    with browser.desk(tmp_path) as desk:
        page = desk.open("/inbox", height=1080)
        receive(filled, "4790123456", "Hallo", at=time.time_ns() // 1_000_000)
        expect(page.get_by_text("3 rows · longest waiting first")).to_be_visible(timeout=15_000)
        page.get_by_text("All", exact=True).click()
        expect(page.get_by_text("3 rows · newest first")).to_be_visible()
        receive(filled, "4790123457", "Hallo", at=time.time_ns() // 1_000_000)
        expect(page.get_by_text("1 new message")).to_be_visible(timeout=15_000)
        expect(page.get_by_text("3 rows")).to_be_visible()
        page.get_by_text("1 new message").click()
        expect(page.get_by_text("4 rows")).to_be_visible()
        expect(page.get_by_text("1 new message")).to_have_count(0)


@browser.needs_browser
def test_a_rule_is_written_tried_switched_on_and_answers(tmp_path, filled):
    with browser.desk(tmp_path) as desk:
        page = desk.open("/inbox?view=rules", height=1300)
        page.get_by_role("button", name="New rule").click()
        page.get_by_role("textbox", name="Name", exact=True).fill("Opening hours")
        page.locator(".st-key-rule_0_1_way input").click()
        page.get_by_role("option", name="contains").click()
        page.get_by_role("textbox", name="Any of these, one word").fill("åpne\nåpent")
        page.get_by_role("textbox", name="Answer with").fill("Vi har åpent 8-16.")
        page.get_by_role("textbox", name="Answer with").press("Tab")
        expect(page.get_by_text("A message that contains åpne / åpent:")).to_be_visible()
        page.get_by_role("button", name="Try on past messages").click()
        expect(page.locator(".st-key-rule_tried")).to_contain_text("Of the last 2 messages")
        expect(page.locator(".st-key-rule_tried")).to_contain_text("1 answer would have been sent")
        page.get_by_role("button", name="Save and switch on").click()
        expect(page.get_by_text("fitted 0 messages")).to_be_visible()
        assert filled.execute("SELECT count(*) FROM messages").fetchone()[0] == 0

        receive(filled, ANNE, "Er dere åpne nå?", at=time.time_ns() // 1_000_000)
        page = desk.open(f"/inbox?person={ANNE}&state=all")
        expect(page.locator(SHOWN)).to_contain_text("Vi har åpent 8-16.")
        page = desk.open("/inbox?view=rules")
        expect(page.get_by_text("fitted 1 message")).to_be_visible()
        page.locator("[class*=st-key-rules_on_] label").first.click()
        expect(page.get_by_text("off · fitted 1 message")).to_be_visible()
        assert desk.complaints == []
