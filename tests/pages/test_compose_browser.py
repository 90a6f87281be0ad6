"""From a messy file to a reviewed campaign in a real browser: uploaded, mended in place, written, looked at, sent."""

import re
import time

import pytest

from tests import browser

pytestmark = browser.needs_browser

MESSY = (
    "sep=;\r\nNavn;Mobilnr;Sted;;\r\nKari Eksempel;999 90 101;Bergen;;\r\n;;;;\r\nOla Prøve;abc;Oslo;;\r\n"
    'Siv "Lillo" Test;+47 99990102;Hamar;;\r\nNavn;Mobilnr;Sted;;\r\nLiv Test;0047 999 90 101;Bodø;;\r\n'
    'Per Prøve;99990103;"Moss;;\r\nAda Test;9,99901E+07;Vadsø;;\r\n;99990104;Voss;;\r\n;;;;\r\n'
)


def alerts(page, step):
    return " ".join(page.locator(f".st-key-compose_step_{step} [data-testid=stAlert]").all_inner_texts())


def until(page, condition, seconds=40):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, page.locator("[data-testid=stMain]").inner_text()
        page.wait_for_timeout(100)
    browser.wait(page)


def type_into(page, key, words, *, area=False):
    box = page.locator(f".st-key-{key} {'textarea' if area else 'input'}")
    box.fill(words)
    page.keyboard.press("Control+Enter" if area else "Enter")
    page.wait_for_timeout(300)
    browser.wait(page)


def mend_first(page, number):
    """Type a number over the first row's. The grid is a canvas: on a busy machine it may not listen yet, so look."""
    before = alerts(page, "people")
    for _ in range(3):
        grid = page.locator(".st-key-compose_problems [data-testid=stDataFrame]").bounding_box()
        page.mouse.click(grid["x"] + 35, grid["y"] + 35 + 17)  # The row, then the reason, which is as wide as it needs.
        page.wait_for_timeout(1000)
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        page.keyboard.type(number, delay=60)
        page.keyboard.press("Enter")
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if alerts(page, "people") != before:
                return
            page.wait_for_timeout(100)


def test_a_messy_file_becomes_a_campaign(tmp_path):
    file = tmp_path / "medlemmer.csv"
    file.write_bytes(MESSY.encode("cp1252"))
    with browser.desk(tmp_path) as desk:
        page = desk.open("/compose")
        page.locator("[class*=st-key-compose_file_] input[type=file]").set_input_files(str(file))
        until(page, lambda: "will not" in alerts(page, "people"))
        # Kari, Siv and the one without a name; Ola, the double, the open quote and what Excel rounded are held out.
        assert "3 will be sent, 4 will not" in alerts(page, "people")

        mend_first(page, "99990105")
        until(page, lambda: "4 will be sent, 3 will not" in alerts(page, "people"))

        type_into(page, "compose_name", "Medlemskveld")
        type_into(page, "compose_sender", "Klubben")
        type_into(page, "compose_text", "Hei {{nvan}}! Velkommen – fra {{sted}}.", area=True)
        page.locator(".st-key-compose_use_0 button").click()
        until(page, lambda: page.locator(".st-key-compose_figures").count() == 1)
        assert "has nothing in Navn" in alerts(page, "text")
        type_into(page, "compose_default", "du")
        page.locator(".st-key-compose_use_default button").click()
        until(page, lambda: "has nothing" not in alerts(page, "text"))
        assert (
            page.locator(".st-key-compose_text textarea").input_value() == "Hei {{Navn|du}}! Velkommen – fra {{sted}}."
        )

        page.locator(".st-key-compose_test button").first.click()  # Runs a part of the page, and is told.
        type_into(page, "compose_test_number", "99999001")
        page.locator(".st-key-compose_test_send button").click()
        until(page, lambda: "is on its way" in " ".join(page.locator("[data-testid=stToast]").all_inner_texts()))

        page.reload()  # Nothing typed is lost.
        browser.wait(page)
        assert (
            page.locator(".st-key-compose_text textarea").input_value() == "Hei {{Navn|du}}! Velkommen – fra {{sted}}."
        )

        # The box is left by the very press on Review; what is counted then pushes the button away from the pointer.
        page.locator(".st-key-compose_text textarea").click()
        page.keyboard.press("Control+End")
        page.keyboard.type(" Svar JA 😀")
        moved = browser.press_while_the_page_moves(page, page.locator(".st-key-compose_review button"))
        until(page, lambda: page.locator(".st-key-compose_send button").count() == 1)
        assert abs(moved) > 20
        assert "Send to 4 people" in page.locator(".st-key-compose_send").inner_text()
        page.locator(".st-key-compose_send button").click()
        page.wait_for_url(re.compile(r"/campaigns\?campaign=\d+"))
        browser.wait(page)
        assert "Medlemskveld" in page.locator("[data-testid=stMain]").inner_text()
        assert not desk.complaints
        assert not [address for address in desk.requests if desk.address.split("//")[1] not in address]
        assert "Traceback" not in (tmp_path / "dashboard.log").read_text()


@pytest.mark.parametrize(("look", "dark", "width"), [("dark", True, browser.DESKTOP), ("phone", False, browser.PHONE)])
def test_the_page_is_no_wider_than_its_window(tmp_path, look, dark, width):
    with browser.desk(tmp_path) as desk:
        page = desk.open("/compose", language="nb", dark=dark, width=width)
        page.locator(".st-key-compose_sample button").click()
        until(page, lambda: page.locator(".st-key-compose_problems").count() == 1)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), look
