"""Every page in a real browser, with life in it: axe finds nothing serious that is ours, it fits a phone, it says its
language, and no request leaves the server's own address."""

import itertools
import re
import time
from pathlib import Path

import axe_playwright_python
import pytest

from pages.parts import preloads, shell
from tests import browser, filled, people

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
# Streamlit's own, which pages can't change: the sections of its menu, the points in the small charts of a metric, and
# the zone of its uploader that says it is none.
ITS_OWN = {
    "list": "stSidebarNavItems",
    "listitem": "<li class=",
    "svg-img-alt": "mark-symbol",
    "presentation-role-conflict": "stFileUploaderDropzone",
}
PAGES = ["/", "/compose", "/campaigns", "/campaigns?campaign={campaign}", "/analytics", "/inbox", "/suppressions",
         "/settings", "/health", "/people", "/account"]  # fmt: skip
COLD, WARM = 3.0, 1.0  # seconds until the first page stands


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A dashboard with a month in it, an administrator who has signed in, and a browser."""
    folder = tmp_path_factory.mktemp("desk")
    db, _ = filled.month(folder)
    campaign = db.execute("SELECT max(id) FROM campaigns WHERE state = 'finished'").fetchone()[0]
    db.close()
    with people.serving(folder, ("admin",)) as asked, browser.looking(asked.address) as shown:
        shown.cookies = {"nextpod_session": people.cookie_for(asked.db, people.email_of("admin"))}
        yield shown, campaign


def serious(page) -> list[str]:
    """What axe calls serious or critical and is ours; looked at once more when a part was just being drawn anew."""
    page.evaluate(AXE.read_text())
    if found := _serious(page):
        browser.wait(page)
        found = _serious(page)
    return found


def _serious(page) -> list[str]:
    found = page.evaluate(
        "() => axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})"
    )
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
        if rule["impact"] in ("serious", "critical")
        and not (rule["id"] in ITS_OWN and ITS_OWN[rule["id"]] in node["html"])
    ]


@browser.needs_browser
def test_the_first_page_stands_soon(desk):
    """Cold: a server that was started a moment ago and a browser that knows nothing. Warm: the same once more."""
    shown, _ = desk
    context = shown.context()
    took = []
    for _ in range(3):
        page = context.new_page()
        began = time.perf_counter()
        page.goto(shown.address)
        page.wait_for_selector("[data-testid=stAppViewContainer] h1")
        took.append(time.perf_counter() - began)
        page.close()
    context.close()
    # On a busy machine a second becomes three; figures of a quiet one stand in docs/performance.md.
    assert took[0] < 4 * COLD and min(took[1:]) < 4 * WARM


@browser.needs_browser
@pytest.mark.parametrize("path", PAGES)
def test_a_page_can_be_read_by_everybody_and_asks_nobody_else(desk, path):
    shown, campaign = desk
    shown.requests.clear()
    page = shown.open(path.format(campaign=campaign), language="nb", height=2400)
    assert page.evaluate("document.documentElement.lang") == "nb"
    assert serious(page) == []
    assert skipped_headings(page) == []
    assert fetched_late(shown.requests, path.strip("/").split("?")[0]) <= preloads.RARE
    # The same on a phone, in the dark.
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.set_viewport_size({"width": browser.PHONE, "height": 2400})
    page.reload()
    browser.wait(page)
    assert serious(page) == []
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= browser.PHONE
    page.context.close()
    host = shown.address.removeprefix("http://")
    assert [seen for seen in shown.requests if host not in seen and not seen.startswith(("data:", "blob:"))] == []


def fetched_late(requests: list[str], page: str) -> set[str]:
    """The parts of Streamlit's program that this page drew with and did not name (`pages/parts/preloads.py`)."""
    program = next(preloads.PROGRAM.glob("index.*.js")).read_text()
    parts = set(re.findall(r"import\(`\./([\w.-]+\.js)`\)", program))
    named = shell.dressed("nb", page).decode()
    asked = {address.rsplit("/", 1)[-1] for address in requests}
    return {name.split(".")[0] for name in parts & asked if name not in named}


def skipped_headings(page) -> list[str]:
    """Headings more than one level below the one before them: who reads by headings would miss a level."""
    found = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].filter(one => one.offsetParent)"
        ".map(one => [Number(one.tagName[1]), one.textContent])"
    )
    return [text for (before, _), (level, text) in itertools.pairwise([(0, ""), *found]) if level > before + 1]


def tab_to(page, key: str, tag: str) -> None:
    """Press Tab until the element of this tag in the widget `key` has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.matches('.st-key-{key} {tag}')"):
            return
    raise AssertionError(f"{key} can't be reached with the Tab key")


@browser.needs_browser
def test_a_campaign_is_written_and_reviewed_with_keys_alone(desk):
    shown, _ = desk
    page = shown.open("/compose")
    tab_to(page, "compose_name", "input")
    page.keyboard.type("With keys alone")
    tab_to(page, "compose_sample", "button")
    page.keyboard.press("Enter")
    page.wait_for_selector(".st-key-compose_list_head", timeout=60_000)
    browser.wait(page)
    tab_to(page, "compose_sender", "input")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    tab_to(page, "compose_text", "textarea")
    page.keyboard.type("Hei!")
    page.keyboard.press("Tab")
    page.wait_for_selector(".st-key-compose_review button:enabled", timeout=60_000)
    browser.wait(page)
    tab_to(page, "compose_review", "button")
    page.keyboard.press("Enter")
    page.wait_for_selector(".st-key-compose_review_figures", timeout=60_000)
    page.context.close()
