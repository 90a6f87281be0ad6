"""A press is one click on the button that was pressed, whatever the page does between its two ends, and never two."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from pages.parts import frame
from tests import browser

pytestmark = browser.needs_browser

PAGE = """
<style>body { margin: 0 } .cover { position: fixed; inset: 0; background: #fff } button { width: 200px; height: 40px }
</style>
<div id="list"></div>
<script>
  window.clicked = [];
  window.draw = (...rows) => {
    document.getElementById("list").innerHTML = rows.map(([key, row]) =>
      `<div class="st-key-${key}"><button data-row="${row}">Remove</button></div>`).join("");
    for (const button of document.querySelectorAll("button"))
      button.addEventListener("click", () => window.clicked.push(button.dataset.row));
  };
  draw(["row_0", "Anne"], ["row_1", "Bo"]);
</script>
"""


@pytest.fixture(scope="module")
def shown() -> Iterator[Page]:
    with browser.looking("about:blank") as looked:
        yield looked.browser.new_page(viewport={"width": 600, "height": 400}, has_touch=True)


@pytest.fixture
def page(shown: Page) -> Page:
    shown.set_content(PAGE)
    shown.evaluate("window.nextpodPresses = false")
    shown.add_script_tag(content=(frame.ASSETS / "press.js").read_text(encoding="utf-8"))
    return shown


def press(page: Page, meanwhile: str = "", *, button: str = "left") -> list[str]:
    """Press Anne's button, let something happen before it is let go; whose buttons were clicked."""
    box = page.locator("button").first.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    page.mouse.down(button=button)
    if meanwhile:
        page.evaluate(meanwhile)
    page.mouse.up(button=button)
    page.wait_for_timeout(120)
    return page.evaluate("window.clicked")


@pytest.mark.parametrize(
    ("meanwhile", "clicked"),
    [
        ("", ["Anne"]),
        ("draw(['row_0', 'Anne'], ['row_1', 'Bo'])", ["Anne"]),
        ("document.body.style.paddingTop = '100px'", ["Anne"]),
        ("draw(['row_1', 'Bo'], ['row_0', 'Anne'])", ["Anne"]),
        ("draw(['row_1', 'Bo'])", []),
        ("draw(['row_0', 'Anne'], ['row_0', 'Bo'])", []),
        ("draw(['row_0', 'Anne']); document.querySelector('button').disabled = true", []),
        ("draw(['row_0', 'Anne']); document.querySelector('button').textContent = 'Remove 2'", []),
        ("draw(['row_0', 'Anne']); document.body.insertAdjacentHTML('beforeend', '<div class=cover></div>')", []),
    ],
)
def test_the_button_that_was_pressed_is_clicked_once_or_none_is(page, meanwhile, clicked):
    assert press(page, meanwhile) == clicked


def test_the_right_button_and_a_press_that_is_drawn_away_click_nothing(page):
    assert press(page, "draw(['row_0', 'Anne'])", button="right") == []
    page.mouse.move(20, 30)
    page.mouse.down()
    page.evaluate("draw(['row_0', 'Anne'])")
    page.mouse.move(90, 30, steps=3)
    page.mouse.up()
    page.wait_for_timeout(120)
    assert page.evaluate("window.clicked") == []


def test_a_page_that_is_busy_and_a_finger_click_once(page):
    busy = "b.addEventListener('{}', () => {{ const end = performance.now() + 600; while (performance.now() < end); }})"
    page.evaluate(f"() => {{ const b = document.querySelector('button'); {busy.format('pointerup')} }}")
    assert press(page) == ["Anne"]
    page.evaluate("draw(['row_0', 'Anne'])")
    page.evaluate(f"() => {{ const b = document.querySelector('button'); {busy.format('touchend')} }}")
    page.touchscreen.tap(20, 30)
    page.wait_for_timeout(700)
    assert page.evaluate("window.clicked") == ["Anne", "Anne"]
