"""The delivery page as a person meets it: figures, filters in the address, lists behind figures, and bad addresses."""

import datetime
import itertools
import os
import time
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from nextpod_core import analytics, answering, behind, costs, demo, funnels, operators, options, periods, rollups, speed
from nextpod_core.db import transaction
from nextpod_core.filters import Filter
from nextpod_core.people import COMMAND
from pages.parts import analytics_behind, analytics_charts, analytics_filters, analytics_week, words
from tests import apps, filled
from tests.filled import SILENT_AFTER, thirty_days

TABS = ("result", "network", "answers", "cost")
LATER = filled.NOW + 400 * 86_400_000  # By any later clock everything without a report has been silent for long.


@pytest.fixture
def month(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("NEXTPOD_")]:
        monkeypatch.delenv(name)
    db, _told = filled.month(tmp_path)
    monkeypatch.setenv("NEXTPOD_DATABASE", str(tmp_path / "desk.db"))
    yield db
    db.close()


@pytest.fixture
def empty(tmp_path, monkeypatch):
    db = apps.new_store(tmp_path, monkeypatch)
    yield db
    db.close()


def opened(**query: str) -> AppTest:
    # The month has its dates, whatever the clock of the day says.
    app = apps.open_page("analytics", {"period": "own", "from": "2026-10-04", "to": "2026-11-02", **query})
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    return " ".join(element.value for kind in (app.caption, app.warning, app.info, app.text) for element in kind)


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def total(db, **wanted) -> analytics.Outcome:
    return analytics.total(db, thirty_days(**wanted), now=LATER, silent_after=SILENT_AFTER)


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_shows_the_same_figures_above_it_and_charts_below(month, tab):
    app = opened(tab=tab)
    whole = total(month)
    assert figures(app)["Accepted"] == words.number(whole.accepted)
    assert figures(app)["Not delivered"] == words.number(whole.negative)
    assert f"of {words.number(whole.settled)} settled messages were delivered" in told(app)
    assert "On neither side" in told(app)
    assert app.get("echarts_chart") or app.dataframe


@pytest.mark.parametrize("tab", TABS)
def test_an_empty_desk_says_what_to_do_first(empty, tab):
    app = opened(tab=tab)
    assert "Nothing has been sent yet" in told(app)
    assert not app.metric


@pytest.mark.parametrize("tab", TABS)
def test_a_period_without_messages_says_so(month, tab):
    app = opened(tab=tab, **{"from": "2020-01-01", "to": "2020-01-31"})
    assert "No message was accepted within this period." in told(app)
    assert figures(app)["Accepted"] == "0"
    assert figures(app)["Delivery rate"] == "–"


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"campaign": "3,4"}, {"campaigns": (3, 4)}),
        ({"sender": "Klubben"}, {"senders": ("Klubben",)}),
        ({"country": "SE"}, {"countries": ("SE",)}),
        ({"operator": "242-2"}, {"operators": ((242, 2),)}),
        ({"country": "NO", "operator": "242-1,242-14", "sender": "2345,Nextpod"},
         {"countries": ("NO",), "operators": ((242, 1), (242, 14)), "senders": ("2345", "Nextpod")}),
    ],
)  # fmt: skip
def test_filters_in_the_address_act_on_the_figures(month, query, wanted):
    app = opened(**query)
    assert figures(app)["Accepted"] == words.number(total(month, **wanted).accepted)
    assert figures(app)["Delivery rate"] == words.percent(total(month, **wanted).rate)
    for tab in TABS:
        assert not opened(tab=tab, **query).exception


def test_a_chosen_filter_goes_into_the_address_and_can_be_cleared(month):
    app = opened()
    app.multiselect(key="analytics_sender").set_value(["2345"]).run()
    assert app.query_params["sender"] in ("2345", ["2345"])
    assert figures(app)["Accepted"] == words.number(total(month, senders=("2345",)).accepted)
    app.button(key="analytics_clear").click().run()
    assert "sender" not in app.query_params
    assert figures(app)["Accepted"] == words.number(total(month).accepted)


@pytest.mark.parametrize(
    ("name", "values", "wanted"),
    [
        ("campaign", ["3", "4"], {"campaigns": (3, 4)}),
        ("sender", ["Klubben"], {"senders": ("Klubben",)}),
        ("country", ["SE"], {"countries": ("SE",)}),
        ("operator", ["242-2"], {"operators": ((242, 2),)}),
        ("keyword", ["JA"], {"keyword": "JA"}),
    ],
)
def test_every_filter_goes_into_the_address_and_a_link_shows_a_colleague_the_same(month, name, values, wanted):
    app = opened(tab="answers")
    app.multiselect(key=f"analytics_{name}").set_value(values).run()
    link = {key: value if isinstance(value, str) else value[0] for key, value in app.query_params.items()}
    assert link[name] == ",".join(values)
    seen = opened(**link)
    assert figures(seen) == figures(app)
    assert figures(seen)["Accepted"] == words.number(total(month, **wanted).accepted)
    incoming = sum(one.messages for one in answering.by_keyword(month, thirty_days(**wanted)))
    assert figures(seen)["Incoming messages"] == words.number(incoming)


@pytest.mark.parametrize(
    ("key", "value", "asked"),
    [
        ("period", "90d", {"period": "90d"}),
        ("period", "3h", {"period": "3h"}),
        ("against", "year", {"against": "year"}),
        ("against", "before", {}),
    ],
)
def test_period_and_comparison_go_into_the_address(month, key, value, asked):
    app = opened(against="year" if value == "before" else "")
    app.segmented_control(key=f"analytics_{key}").set_value(value).run()
    assert not app.exception
    assert all(address(app, name) == wanted for name, wanted in asked.items())
    assert ("against" in app.query_params) == (value == "year" or key == "period")


def test_own_dates_go_into_the_address(month):
    app = opened()
    app.date_input(key="analytics_from").set_value(datetime.date(2026, 10, 20)).run()
    app.date_input(key="analytics_to").set_value(datetime.date(2026, 10, 31)).run()
    assert (address(app, "from"), address(app, "to")) == ("2026-10-20", "2026-10-31")
    part = Filter(replace(thirty_days().period, first=datetime.date(2026, 10, 20), last=datetime.date(2026, 10, 31)))
    whole = analytics.total(month, part, now=LATER, silent_after=SILENT_AFTER)
    assert figures(app)["Accepted"] == words.number(whole.accepted)
    # What it is held against is said in figures.
    before = analytics.total(month, Filter(part.period.before()), now=LATER, silent_after=SILENT_AFTER)
    assert f"{words.number(before.accepted)} messages accepted, {words.percent(before.rate)} of" in told(app)


def test_the_keyword_acts_on_incoming_messages_alone(month):
    app = opened(tab="answers", keyword="JA")
    assert figures(app)["Accepted"] == words.number(total(month).accepted)
    only = month.execute("SELECT count(*) FROM inbound WHERE keyword = 'JA'").fetchone()[0]
    assert figures(app)["Incoming messages"] == words.number(only)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"from": "2026-11-02", "to": "2026-10-04"}, "before it begins"),
        ({"from": "1926-11-02"}, "ten years"),
        ({"from": "yesterday"}, "is no date"),
        ({"period": "fortnight"}, "does not exist"),
        ({"campaign": "999"}, "Campaign 999 is not known"),
        ({"campaign": "9" * 40}, "is not known"),
        ({"campaign": "1;DROP TABLE counts"}, "is not known"),
        ({"operator": "242"}, "Operator 242 is not known"),
        ({"country": "<b>XX</b>"}, "is not known"),
        ({"sender": "=1+1"}, "is not known"),
        ({"keyword": ","}, ""),
        ({"campaign": ",".join(str(one) for one in range(1, 200))}, "fifty"),
        ({"behind": "everything"}, "list that does not exist"),
        ({"behind": "failed", "behind_page": "x"}, ""),
        ({"behind": "failed", "behind_page": "1"}, "None of the messages"),
        ({"behind": "failed", "code": "no such code"}, "None of the messages"),
        ({"behind": "failed", "slot": "d9"}, ""),
        ({"behind": "failed", "slot": "<b>"}, ""),
        ({"behind": "failed", "at": "1"}, "None of the messages"),
        ({"behind": "failed", "at": "9" * 14}, "None of the messages"),
        ({"behind": "failed", "at": "x"}, ""),
        ({"behind": "failed", "begun": "1"}, "list that does not exist"),
        ({"tab": "nowhere"}, ""),
    ],
)  # fmt: skip
def test_a_bad_address_is_told_in_a_sentence(month, query, says):
    assert says in told(opened(**query))


@pytest.mark.parametrize("which", [which for which in behind.STATUSES if which != "refused"])
def test_a_figure_opens_the_messages_behind_it(month, which):
    app = opened(behind=which)
    lists = [frame.value for frame in app.dataframe if "msisdn" in frame.value]
    whole = total(month)
    if which in behind.WITHOUT_HOUR:
        expected = funnels.funnel(month, thirty_days()).sum(*behind.STATUSES[which])
    elif which == "answered":
        expected = costs.costs(month, thirty_days(), options.read(month), by="all")[None].answered
    else:
        expected = getattr(whole, which)
    assert sum(len(rows) for rows in lists) == min(expected, 100)


@pytest.mark.parametrize(
    "which", [*behind.BEGUN, "delivered&slot=d2", "negative&slot=h14", "accepted&slot=9", "failed&code="]
)
def test_the_heading_of_a_list_says_as_many_as_the_list_has(month, which):
    name, _sign, more = which.partition("&")
    query = dict([more.split("=")]) if more else {"begun": "1"} if name in behind.BEGUN else {}
    app = opened(behind=name, **query)
    view = analytics_filters.View(
        month, thirty_days(), thirty_days(), "before", LATER, SILENT_AFTER, filled.OSLO, options.read(month)
    )
    asked = analytics_behind.Wanted(name, query.get("code"), query.get("slot", ""), None, "begun" in query)
    rows = list(analytics_behind._every(month, view, asked))
    heading = next(one.value for one in app.subheader if one.value.startswith("The messages"))
    assert heading.endswith(f" · {words.number(len(rows))}") and rows
    assert len({row["id"] for row in rows}) == len(rows)


def test_the_list_of_an_hour_has_the_messages_accepted_in_it(month):
    day = Filter(replace(thirty_days().period, first=thirty_days().period.last))
    found = analytics.outcomes(month, day, by="bucket", now=LATER, silent_after=SILENT_AFTER)
    for at, one in found.items():
        app = opened(**{"from": "2026-11-02"}, behind="accepted", at=str(at))
        heading = next(one.value for one in app.subheader if one.value.startswith("The messages"))
        assert heading.endswith(f" · {words.number(one.accepted)}")
        rows = next(frame.value for frame in app.dataframe if "msisdn" in frame.value)
        assert len(rows) == min(100, one.accepted)
    # Another period has no such hour: the list goes back to all of it.
    app.segmented_control(key="analytics_period").set_value("90d").run()
    assert "at" not in app.query_params and "behind" in app.query_params


def test_the_list_goes_on_page_by_page_in_the_address(month):
    app = opened(behind="delivered")
    first = next(frame.value for frame in app.dataframe if "msisdn" in frame.value)
    app.button(key="behind_page_next").click().run()
    second = next(frame.value for frame in app.dataframe if "msisdn" in frame.value)
    assert len(first) == len(second) == 100
    assert set(first["msisdn"] + first["campaign"]).isdisjoint(second["msisdn"] + second["campaign"])
    app.button(key="analytics_behind_close").click().run()
    assert not {"behind", "behind_page"} & set(app.query_params)


def test_the_file_of_a_list_holds_every_message_and_not_only_the_page(month):
    view = analytics_filters.View(
        month, thirty_days(), thirty_days(), "before", LATER, SILENT_AFTER, filled.OSLO, options.read(month)
    )
    rows = list(analytics_behind._every(month, view, analytics_behind.Wanted("delivered")))
    assert len({row["id"] for row in rows}) == len(rows) == total(month).delivered > 1000


def test_names_with_markup_stay_text(month):
    with transaction(month):
        month.execute("UPDATE campaigns SET name = '<script>alert(1)</script> **b** =1+1' WHERE id = 4")
    for tab in TABS:
        app = opened(tab=tab, campaign="4", behind="delivered")
        assert not any("<script>" in element.proto.body for element in app.get("html"))


def test_one_message_alone_is_no_error(month):
    with transaction(month):
        for table in ("counts", "latencies", "reasons", "timeline", "inbound_counts", "answered"):
            month.execute(f"DELETE FROM {table}")
        month.execute(
            "INSERT INTO counts SELECT 1, accepted_at / 3600000 * 3600000, 0, 0, 'accepted', 1, 'gsm7', 1, 0"
            " FROM messages WHERE campaign_id = 1 AND accepted_at IS NOT NULL LIMIT 1"
        )
    rollups.level(month)
    for tab in TABS:
        app = opened(tab=tab)
        assert figures(app)["Accepted"] == "1"
        assert figures(app)["Delivery rate"] == "–"


def test_a_chart_of_rates_reads_of_what_and_marks_what_is_more_than_chance():
    good, bad = analytics.Outcome(delivered=980, failed=20), analytics.Outcome(delivered=80, failed=20)
    option = analytics_charts.rates_by(["Telenor", "<b>Ice</b>"], [good, bad], [None, "lower"])
    tips = [dot["tooltip"]["formatter"] for dot in option["series"][2]["data"]]
    assert tips[0].startswith("Telenor: 98.0% of 1,000 settled")
    assert "<b>" not in tips[1]
    colours = [dot["itemStyle"]["color"] for dot in option["series"][2]["data"]]
    assert colours[0] != colours[1]
    assert option["xAxis"][0]["min"] <= bad.interval[0]


def test_a_network_of_one_message_does_not_press_the_others_together():
    many, one = analytics.Outcome(delivered=960, failed=40), analytics.Outcome(delivered=1)
    option = analytics_charts.rates_by(["Telenor", "Lycamobile"], [many, one], [None, None])
    assert option["xAxis"][0]["min"] == 0.9
    assert one.interval[0] < 0.9 == option["series"][0]["data"][1]
    assert option["series"][1]["data"][1]["value"] == pytest.approx(0.1)


def test_an_operator_in_the_address_survives_a_period_without_it(month):
    assert operators.read_code("244-5") == (244, 5)
    app = opened(operator="244-5")
    assert "is not known" not in told(app)
    assert figures(app)["Accepted"] == "0"


def address(app: AppTest, name: str) -> str:
    value = app.query_params[name]  # A list where the test set it, a text where the page did.
    return value if isinstance(value, str) else value[0]


def choose(app: AppTest, table: str, row: int) -> AppTest:
    app.session_state[f"{table}_rows"] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    app.run()
    assert not app.exception
    return app


def test_a_reason_opens_its_messages_and_stays_closed_once_it_is_closed(month):
    app = choose(opened(), "analytics_why", 0)
    most = analytics.reasons(month, thirty_days())[0]
    assert (address(app, "behind"), address(app, "code")) == (most.status, most.code)
    app.button(key="analytics_behind_close").click().run()
    assert "behind" not in app.query_params
    app.run()
    assert "behind" not in app.query_params


def test_a_line_of_the_statement_opens_what_is_to_be_paid_for(month):
    app = choose(opened(tab="cost"), "analytics_statement", 0)
    asked = {name: address(app, name) for name in ("from", "to", "sender", "behind")}
    assert asked["from"] == "2026-11-01" and asked["to"] == "2026-11-02" and asked["behind"] == "accepted"
    sent = Filter(thirty_days().period, senders=(asked["sender"],))
    assert (
        0
        < int(figures(app)["Accepted"].replace(",", ""))
        <= analytics.total(month, sent, now=LATER, silent_after=SILENT_AFTER).accepted
    )


def test_a_country_that_costs_becomes_the_filter(month):
    app = choose(opened(tab="cost"), "analytics_cost_country", 0)
    assert (address(app, "country"), address(app, "behind")) == ("NO", "accepted")
    assert figures(app)["Accepted"] == words.number(total(month, countries=("NO",)).accepted)


def test_the_answer_rate_is_of_all_campaigns_and_not_of_the_newest(month):
    funnel = funnels.funnel(month, thirty_days())
    shown = figures(opened(tab="answers"))
    assert funnel.campaigns > 30
    assert shown["Answer rate"] == words.percent(funnel.answered / funnel.sum("delivered"))
    assert shown["Opt-out rate"] == words.percent(funnel.opted_out / funnel.sum("delivered"), 2)


def test_answers_obey_country_and_operator_or_say_that_they_do_not(month):
    funnel = funnels.funnel(month, thirty_days(countries=("SE",)))
    app = opened(tab="answers", country="SE")
    shown, text = figures(app), told(app)
    assert shown["Answer rate"] == words.percent(funnel.answered / funnel.sum("delivered"))
    assert shown["Opt-out rate"] == "–"
    assert "not counted by them, so those are of every country and operator" in text
    assert text.count("Country and operator don't act here") == 3  # incoming, by keyword, how soon
    assert "who opted out is not known by them" in text
    assert "begins at reported" in told(opened(country="SE"))
    assert "don't act here" not in told(opened(tab="answers", sender="Klubben"))


@pytest.mark.parametrize("tab", TABS)
def test_a_keyword_is_said_to_act_on_incoming_messages_alone(month, tab):
    text = told(opened(tab=tab, keyword="JA"))
    assert "All other figures are of every keyword" in text
    assert ("The keyword doesn't act here" in text) == (tab == "answers")
    assert "every keyword" not in told(opened(tab=tab))


def test_every_step_of_the_funnel_says_what_it_lost_and_why_on_the_page_itself(month):
    found, text = funnels.funnel(month, thirty_days()), " ".join(one.value for one in opened().markdown)
    steps = found.steps
    for before, step in itertools.pairwise(steps):
        if step.lost:
            assert sum(step.lost.values()) == before.messages - step.messages
            assert f"−{words.number(before.messages - step.messages)} (" in text
    assert f"{words.number(found.opted_out)} people opted out" in text


def test_what_stands_for_good_has_a_name_in_the_costs_and_opens_its_messages(month):
    with transaction(month):
        month.execute("UPDATE campaigns SET kind = 'answers', name = 'answers' WHERE id = 3")
    app = opened(tab="cost", campaign="3")
    table = next(frame.value for frame in app.dataframe if "campaign" in frame.value and "price" in frame.value)
    assert list(table["campaign"]) == ["Answers"]
    app = choose(app, "analytics_cost_campaign", 0)
    assert (address(app, "campaign"), address(app, "behind")) == ("3", "accepted")
    assert set(next(frame.value for frame in app.dataframe if "msisdn" in frame.value)["campaign"]) == {"Answers"}


def test_no_chart_promises_a_click_that_it_cannot_give(month, caplog):
    for tab in TABS:
        assert not opened(tab=tab).exception
    assert "selection" not in caplog.text


def test_of_one_keyword_the_second_words_are_drawn(month):
    assert "stacked by their second word" in told(opened(tab="answers", keyword="KLUBB"))


def test_the_second_words_are_drawn_without_the_filter_too(month):
    app = opened(tab="answers")
    app.segmented_control(key="analytics_incoming_kind").set_value("second").run()
    assert not app.exception and "stacked by keyword and second word" in told(app)
    found = answering.incoming(month, thirty_days(), pairs=True)
    drawn: dict[str, int] = {}
    for cell in found.values():
        for word, many in cell.items():
            drawn[word] = drawn.get(word, 0) + many
    assert drawn == {
        f"{one.keyword} {one.sub_keyword}".rstrip(): one.messages for one in answering.by_keyword(month, thirty_days())
    }
    assert any(word.startswith("KLUBB ") for word in drawn)


@pytest.mark.parametrize(("kind", "places"), [("weekday", 7), ("hour", 24)])
def test_weekdays_and_hours_of_the_day_are_held_against_the_others_by_themselves(month, kind, places):
    app = opened(tab="network")
    app.segmented_control(key="analytics_week_kind").set_value(kind).run()
    assert not app.exception
    merged, marks = analytics_week.clock_marks(
        analytics.outcomes(month, thirty_days(), by="week_hour", now=LATER, silent_after=SILENT_AFTER), kind
    )
    assert len(merged) <= places
    assert sum(one.settled for one in merged.values()) == total(month).settled
    for place in merged:
        assert (analytics_week.clock_label(place, kind) in told(app)) == (place in marks)


def test_a_campaign_and_a_country_say_what_a_delivered_and_an_answered_message_cost(month):
    options.change(month, price=0.4, by=COMMAND, now=LATER)
    app = opened(tab="cost")
    tables = {key: next(one.value for one in app.dataframe if key in one.value) for key in ("campaign", "country")}
    found = costs.by_campaign(month, thirty_days(), options.read(month))
    newest = max(found)
    row = tables["campaign"].iloc[0]
    assert row["price"] == pytest.approx(found[newest].price)
    assert row["per_delivered"] == pytest.approx(found[newest].price / found[newest].delivered)
    several = sorted(found, reverse=True)[: len(tables["campaign"])]
    for place, ident in enumerate(several):
        cost = tables["campaign"]["per_answered"].iloc[place]
        if found[ident].answered:
            assert cost == pytest.approx(found[ident].price / found[ident].answered)
        else:
            assert cost != cost  # Nobody answered: no price.
    assert tables["country"]["per_answered"].notna().any()
    assert tables["country"]["price"].sum() == pytest.approx(costs.whole(found).price)
    assert "is what UCS-2 cost, at the least" in told(app)
    app.button(key="analytics_cost_answered").click().run()
    [listed] = [one.value for one in app.dataframe if "msisdn" in one.value]
    assert len(listed) == min(100, costs.whole(found).answered)


def test_filter_is_frozen_so_that_a_page_cannot_change_what_it_asked():
    assert hash(thirty_days()) == hash(Filter(thirty_days().period))


@pytest.mark.parametrize("tab", TABS)
def test_the_last_hours_are_drawn_by_the_minute_and_a_year_ago_stands_beside(empty, tab):
    now = time.time_ns() // 1_000_000
    demo.fill(empty, messages=1_500, seed=3, now=now, by=COMMAND)
    app = apps.open_page("analytics", {"period": "3h", "against": "year", "tab": tab})
    assert not app.exception
    assert figures(app)["Accepted"] != "0"
    if tab == "result":
        assert "Minute by minute" in told(app)
        view = periods.asked("3h", now=now, zone=filled.OSLO)
        minute, cells = max(analytics.by_minute(empty, Filter(view)).items(), key=lambda pair: pair[1].get("left", 0))
        query = {"period": "3h", "behind": "accepted", "minute": str(minute)}
        of_minute = apps.open_page("analytics", query)
        assert any(f" · {cells['left']}" in one.value for one in of_minute.subheader)
        assert len(next(one.value for one in of_minute.dataframe if "msisdn" in one.value)) == min(100, cells["left"])
        nothing = apps.open_page("analytics", query | {"behind": "open"})
        assert "asks for a list that does not exist" in told(nothing)
        # While reports still come in, how they usually arrive is one click away.
        app.session_state["analytics_usual_fold"] = True
        app.run()
        assert not app.exception
        assert "had come within three minutes of acceptance" in told(app)
        usual = speed.usual_arrival(empty, now=now)
        shown = next(one.value for one in app.dataframe if "Of reports of delivery" in str(one.value.columns)
                     or list(one.value.columns) == ["time", "share"])  # fmt: skip
        assert shown["share"].iloc[0] == pytest.approx(usual.share_within(60_000))
    assert "none a year ago" in " ".join(metric.delta for metric in app.metric)


def test_a_square_of_the_week_opens_the_messages_of_that_hour(month):
    found = analytics.outcomes(month, thirty_days(), by="week_hour", now=LATER, silent_after=SILENT_AFTER)
    slot = max(found, key=lambda one: found[one].negative)
    app = opened(tab="network", behind="negative", slot=str(slot))
    rows = next(frame.value for frame in app.dataframe if "msisdn" in frame.value)
    assert len(rows) == min(100, found[slot].negative)
    assert not opened(tab="network", behind="negative", slot="nonsense").exception
