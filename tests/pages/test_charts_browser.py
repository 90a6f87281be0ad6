"""Every chart of the delivery page is clicked in a real browser, and opens as many messages as the figure clicked."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from nextpod_core import analytics, answering, funnels, operators, periods
from nextpod_core.filters import Filter
from pages.parts import axes
from tests import browser, filled
from tests.filled import OSLO, SILENT_AFTER, thirty_days

MONTH = "/analytics?period=own&from=2026-10-04&to=2026-11-02"
LATER = filled.NOW + 400 * 86_400_000
LAST = Filter(periods.Period(thirty_days().period.last, thirty_days().period.last, OSLO))
STRIP, AXIS = 34, 26  # pixels above the first line of a chart and below its last

pytestmark = browser.needs_browser


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """The page in one browser session, and the store that it shows."""
    folder = tmp_path_factory.mktemp("clicked")
    db, _told = filled.month(folder)
    with browser.desk(folder) as desk:
        yield desk, desk.open(MONTH), db
    db.close()


def go(page, desk, path: str) -> None:
    """To another address of the page, as *Back* goes there: without loading everything anew."""
    wanted = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
    if urlsplit(page.url).path != urlsplit(path).path:
        page.goto(desk.address + path)
    else:
        page.evaluate("path => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate')) }", path)
    tab, days = wanted.get("tab", "result").title(), "2 Nov" if "11-02" in wanted["from"] else "4 Oct"
    browser.until(
        page,
        f"""!document.querySelector(".st-key-analytics_behind_card")
            && document.querySelector("h2")?.textContent.startsWith("{days}")
            && document.querySelector("[role=tab][aria-selected=true]")?.textContent === "{tab}" """,
    )
    browser.wait(page)


def click(page, key: str, place, times: int = 1) -> None:
    """Click where `place` says, from the size of the chart, and wait for what comes of it."""
    chart = page.locator(f".st-key-{key} canvas").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    x, y = place(box["width"], box["height"])
    before = page.url
    page.mouse.click(box["x"] + x, box["y"] + y, click_count=times)
    browser.until(page, f"location.href !== {before!r}", timeout=10)
    browser.wait(page)


def listed(page) -> int:
    """How many messages the heading of the list says there are."""
    return int(re.sub(r"\D", "", page.locator(".st-key-analytics_behind_card h3").inner_text().split("·")[-1]))


def asked(page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def last_column(wide, high):
    return wide - 20, high / 2


def last_dot(wide, high):
    """Of a line, which ends a little further from the edge."""
    return wide - 29, high / 2


def line(number: int, of: int, axis: int = AXIS, across: float = 0.6):
    """The middle of a lying bar's line."""
    return lambda wide, high: (wide * across, STRIP + (high - STRIP - axis) * (number + 0.5) / of)


def total(db, wanted: Filter):
    return analytics.total(db, wanted, now=LATER, silent_after=SILENT_AFTER)


def most_settled(db, by: str):
    found = analytics.outcomes(db, thirty_days(), by=by, now=LATER, silent_after=SILENT_AFTER)
    known = {key: one for key, one in found.items() if key and key != (0, 0) and one.settled}
    return max(known, key=lambda key: known[key].settled), known


@pytest.mark.parametrize(
    ("tab", "key", "which", "place"),
    [
        ("result", "analytics_outcomes", "accepted", last_column),
        ("result", "analytics_rate", "negative", last_dot),
        ("network", "analytics_speed", "delivered", last_dot),
        ("cost", "analytics_price", "accepted", last_column),
        ("cost", "analytics_parts", "accepted", last_column),
    ],
)
def test_a_click_in_a_column_over_time_opens_the_messages_of_its_day(opened, tab, key, which, place):
    desk, page, db = opened
    go(page, desk, f"{MONTH}&tab={tab}")
    click(page, key, place)
    assert {"from": "2026-11-02", "to": "2026-11-02", "behind": which}.items() <= asked(page).items()
    assert listed(page) == getattr(total(db, LAST), which) > 0


@pytest.mark.parametrize(("key", "by"), [("operators", "operator"), ("countries", "country"), ("senders", "sender")])
def test_a_click_on_a_line_of_rates_opens_what_it_did_not_deliver(opened, key, by):
    desk, page, db = opened
    go(page, desk, f"{MONTH}&tab=network")
    first, known = most_settled(db, by)
    click(page, f"analytics_{key}", line(0, len(known)))
    assert asked(page)[by] == (operators.named(*first).code if by == "operator" else first)
    assert listed(page) == known[first].negative > 0


@pytest.mark.parametrize(("kind", "slot"), [("Rate by weekday", "d0"), ("Rate by hour of the day", "h9")])
def test_a_click_on_a_weekday_or_an_hour_opens_what_was_not_delivered_then(opened, kind, slot):
    desk, page, db = opened
    go(page, desk, f"{MONTH}&tab=network")
    page.get_by_role("radio", name=kind, exact=True).click()
    browser.wait(page)
    found = analytics.outcomes(db, thirty_days(), by="week_hour", now=LATER, silent_after=SILENT_AFTER)
    part = (lambda at: at // 24) if slot[0] == "d" else (lambda at: at % 24)
    places = sorted({part(at) for at, one in found.items() if one.settled})
    wanted = int(slot[1:])
    click(page, "analytics_week", line(places.index(wanted), len(places)))
    assert asked(page)["slot"] == slot
    assert listed(page) == sum(one.negative for at, one in found.items() if part(at) == wanted) > 0


@pytest.mark.parametrize(("kind", "which"), [("Messages", "accepted"), ("Delivery rate", "negative")])
def test_a_click_on_a_square_of_the_week_opens_its_messages(opened, kind, which):
    desk, page, db = opened
    go(page, desk, f"{MONTH}&tab=network")
    page.locator(".st-key-analytics_week_kind").get_by_role("radio", name=kind, exact=True).click()
    browser.wait(page)
    found = analytics.outcomes(db, thirty_days(), by="week_hour", now=LATER, silent_after=SILENT_AFTER)
    best = max(found, key=lambda at: getattr(found[at], which))
    left = 44  # What the names of the days take.
    click(page, "analytics_week", lambda wide, high: (left + (wide - left - 14) * (best % 24 + 0.5) / 24,
                                                      line(best // 24, 7)(wide, high)[1]))  # fmt: skip
    assert asked(page)["slot"] == str(best)
    assert listed(page) == getattr(found[best], which) > 0


def test_the_funnel_opens_every_step_again_and_again_whatever_was_done_between(opened):
    desk, page, db = opened
    go(page, desk, MONTH)
    funnel = funnels.funnel(db, thirty_days())
    steps = funnel.steps

    def step(name: str) -> None:
        place = [one.name for one in steps].index(name)
        click(page, "analytics_funnel", line(place, len(steps), axis=6, across=0.35))

    def close() -> None:
        page.locator(".st-key-analytics_behind_close button").click()
        browser.until(page, "!document.querySelector('.st-key-analytics_behind_card')")
        browser.wait(page)

    for name in ("planned", "accepted", "reported", "delivered", "answered"):
        step(name)
        assert asked(page)["behind"] == name
        assert listed(page) == next(one.messages for one in steps if one.name == name)
    close()
    step("delivered")  # The same once more, after the list was closed.
    assert listed(page) == funnel.sum("delivered")
    close()
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    browser.wait(page)
    step("delivered")  # In the other theme.
    assert listed(page) == funnel.sum("delivered")
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    close()
    click(page, "analytics_outcomes", last_column)  # Another period.
    close()
    step("delivered")
    day = funnels.funnel(db, LAST)
    assert listed(page) == day.sum("delivered") > 0
    # Back and forward are the address, and so the page.
    page.go_back()
    browser.until(page, "!document.querySelector('.st-key-analytics_behind_card')")
    page.go_forward()
    page.wait_for_selector(".st-key-analytics_behind_card")
    browser.wait(page)
    assert listed(page) == day.sum("delivered")


def test_of_two_outcomes_the_one_clicked_last_is_opened(opened):
    desk, page, db = opened
    go(page, desk, "/analytics?period=own&from=2026-11-02&to=2026-11-02")
    found = analytics.outcomes(db, LAST, by="bucket", now=LATER, silent_after=SILENT_AFTER)
    # An hour of the day: the list has the messages of that hour alone.
    starts = LAST.period.buckets()
    hour = sorted(found, key=lambda at: found[at].accepted)[-2]
    left = 34

    def at(height):
        return lambda wide, high: (left + (wide - left - 14) * (starts.index(hour) + 0.5) / len(starts), height(high))

    click(page, "analytics_outcomes", at(lambda high: high * 0.3))
    assert asked(page)["at"] == str(hour) and asked(page)["behind"] == "accepted"
    assert listed(page) == found[hour].accepted
    click(page, "analytics_outcomes", at(lambda high: high - AXIS - 8))
    assert asked(page)["behind"] == "delivered"
    assert listed(page) == found[hour].delivered


def test_a_dot_of_a_curve_opens_what_that_operator_delivered(opened):
    desk, page, db = opened
    go(page, desk, f"{MONTH}&tab=network")
    click(page, "analytics_curve", lambda wide, _high: (wide - 26, STRIP + 20))  # Names on two lines.
    found = analytics.outcomes(db, thirty_days(), by="operator", now=LATER, silent_after=SILENT_AFTER)
    codes = {operators.named(*key).code: one for key, one in found.items()}
    assert asked(page)["behind"] == "delivered"
    assert listed(page) == codes[asked(page)["operator"]].delivered > 0


@pytest.mark.parametrize("times", [1, 2])
def test_the_curve_of_answers_opens_the_answered_messages_also_when_it_is_clicked_twice(opened, times):
    desk, page, db = opened
    go(page, desk, f"{MONTH}&tab=answers")
    click(page, "analytics_wait", lambda wide, high: (wide / 2, high / 2), times=times)
    assert {"behind": "answered", "begun": "1"}.items() <= asked(page).items()
    assert listed(page) == funnels.funnel(db, thirty_days()).answered > 0


def test_a_click_on_a_keyword_and_its_second_word_opens_the_pair_in_the_inbox(opened):
    desk, page, db = opened
    go(page, desk, f"{MONTH}&tab=answers")
    page.get_by_role("radio", name="By keyword and second word", exact=True).click()
    browser.wait(page)
    by_day = answering.incoming(db, thirty_days(), pairs=True)
    totals = {word: sum(cell.get(word, 0) for cell in by_day.values()) for word in set().union(*by_day.values())}
    stacked = sorted((word for word in totals if word), key=lambda word: -totals[word])[:6]
    # The last day, which has room to click; the pair that takes most of it.
    day = by_day[max(by_day)]
    pair = max((word for word in stacked if " " in word), key=lambda word: day.get(word, 0))
    below = sum(day.get(word, 0) for word in stacked[: stacked.index(pair)])
    top = axes.nice_steps(max(sum(cell.values()) for cell in by_day.values()))[-1]
    share = (below + day[pair] / 2) / top
    click(page, "analytics_incoming", lambda wide, high: (wide - 20, high - AXIS + 2 - (high - STRIP - 44) * share))
    assert urlsplit(page.url).path == "/inbox"
    keyword, second = pair.split(" ")
    wanted = {"keyword": keyword, "sub": second, "from": "2026-11-02", "to": "2026-11-02"}
    assert wanted.items() <= asked(page).items()


def test_nothing_was_complained_of(opened):
    desk, _page, _db = opened
    assert desk.complaints == []
