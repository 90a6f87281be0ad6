"""The tab "Network": rate and speed by country, operator and sender, and the time to the handset."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from nextpod_core import comparisons, operators, speed
from nextpod_core.analytics import Outcome
from pages.parts import analytics_behind, analytics_week, charts, words
from pages.parts.analytics_charts import (
    bucket_label,
    cumulative,
    durations,
    figure,
    grain_name,
    rates_by,
)
from pages.parts.analytics_filters import View
from pages.parts.analytics_rates import rate_cells, rate_columns
from pages.parts.tables import Column
from pages.parts.words import _, duration, n_, percent

SHOWN = 12
SHARES = (50, 90, 95, 99)


def draw(view: View) -> None:
    """All of the tab."""
    by_operator = {key: one for key, one in view.outcomes("operator").items() if key != (0, 0)}
    handset = view.handset("operator")
    left, right = st.columns(2)
    with left:
        _operators(view, by_operator, handset)
        _curve(handset)
    with right:
        _countries(view)
        _senders(view)
        _speed(view)
    analytics_week.draw(view)


def country_label(iso: str) -> str:
    """A country's name in the reader's language, by its ISO code."""
    return words.country_name(iso) if iso else _("Not known")


def _operators(view: View, found: Mapping[tuple[int, int], Outcome], handset: Mapping[Any, speed.Histogram]) -> None:
    title = _("By operator")
    if not any(one.settled for one in found.values()):
        figure(title, None, key="analytics_operators",
               says=_("No delivery report has named an operator within this period."))  # fmt: skip
        return
    marks = comparisons.marks({key: (one.delivered, one.settled) for key, one in found.items() if one.settled})
    order = sorted((key for key, one in found.items() if one.settled), key=lambda key: -found[key].settled)
    named = {key: operators.named(*key) for key in order}
    several = len({network.iso for network in named.values()}) > 1
    names = [f"{named[key].brand} {named[key].iso}" if several else named[key].brand for key in order]

    def rows() -> list[dict[str, Any]]:
        return [
            {"operator": named[key].brand, "country": country_label(named[key].iso), "code": named[key].code,
             **rate_cells(found[key], found, key), "mark": marks.get(key),
             **{f"p{share}": handset[key].percentile(share / 100) if key in handset else None for share in SHARES}}
            for key in order
        ]  # fmt: skip

    lower = [names[place] for place, key in enumerate(order) if marks.get(key) == "lower"]
    says = _(
        "Delivered of settled by the network that carries the number, with 95% intervals (Wilson). Coloured where it "
        "differs from all the others together by more than chance (two-proportion z-test, Holm's correction, 5%)."
    )
    if lower:
        says += " " + _("Lower than the rest: {names}.", names=words.list_of(lower))
    says += " " + _("Click a line for what was not delivered.")
    codes = [named[key].code for key in order[:SHOWN]]
    figure(
        title,
        rates_by(names[:SHOWN], [found[key] for key in order[:SHOWN]], [marks.get(key) for key in order[:SHOWN]]),
        key="analytics_operators", says=says, height=max(150, 50 + 42 * min(len(order), SHOWN)), rows=rows,
        columns=lambda: [Column("operator", _("Operator"), pinned=True), Column("country", _("Country")),
                 Column("code", _("MCC-MNC")), *rate_columns(),
                 *(Column(f"p{share}", _("{share}% within", share=share), "duration") for share in SHARES)],
        on_click=lambda _series, place: analytics_behind.clicked_name("operator", codes[place]),
    )  # fmt: skip


def _countries(view: View) -> None:
    found = {iso: one for iso, one in view.outcomes("country").items() if iso and one.settled}
    title = _("By country")
    if not found:
        figure(title, None, key="analytics_countries",
               says=_("No delivery report has named a country within this period."))  # fmt: skip
        return
    marks = comparisons.marks({key: (one.delivered, one.settled) for key, one in found.items()})
    order = sorted(found, key=lambda iso: -found[iso].settled)

    def rows() -> list[dict[str, Any]]:
        return [{"country": country_label(iso), **rate_cells(found[iso], found, iso), "mark": marks.get(iso)}
                for iso in order]  # fmt: skip

    says = (
        n_(
            "Delivered of settled in {count} country; the country is that of the network in the delivery report.",
            "Delivered of settled in {count} countries; the country is that of the network in the delivery report.",
            len(order),
        )
        + " "
        + _("Click a line for what was not delivered.")
    )
    figure(
        title,
        rates_by([country_label(iso) for iso in order[:SHOWN]], [found[iso] for iso in order[:SHOWN]],
                 [marks.get(iso) for iso in order[:SHOWN]]),
        key="analytics_countries", says=says, height=max(150, 50 + 42 * min(len(order), SHOWN)), rows=rows,
        columns=lambda: [Column("country", _("Country"), pinned=True), *rate_columns()],
        on_click=lambda _series, place: analytics_behind.clicked_name("country", order[place]),
    )  # fmt: skip


def _senders(view: View) -> None:
    found = {sender: one for sender, one in view.outcomes("sender").items() if one.settled}
    title = _("By sender")
    if not found:
        figure(title, None, key="analytics_senders", says=_("Nothing is settled yet, so there is no rate."))
        return
    marks = comparisons.marks({key: (one.delivered, one.settled) for key, one in found.items()})
    order = sorted(found, key=lambda sender: -found[sender].settled)

    def rows() -> list[dict[str, Any]]:
        return [{"sender": sender, **rate_cells(found[sender], found, sender), "mark": marks.get(sender)}
                for sender in order]  # fmt: skip

    says = n_("Delivered of settled by {count} sender.", "Delivered of settled by {count} senders.", len(order))
    says += " " + _("Click a line for what was not delivered.")
    figure(
        title,
        rates_by(order[:SHOWN], [found[one] for one in order[:SHOWN]], [marks.get(one) for one in order[:SHOWN]]),
        key="analytics_senders", says=says, height=max(150, 50 + 42 * min(len(order), SHOWN)), rows=rows,
        columns=lambda: [Column("sender", _("Sender"), pinned=True), *rate_columns()],
        on_click=lambda _series, place: analytics_behind.clicked_name("sender", order[place]),
    )  # fmt: skip


def _speed(view: View) -> None:
    found = view.handset("bucket")
    grain = view.asked.period.grain
    title = _("Time to the handset {grain}", grain=grain_name(grain))
    if not found:
        figure(title, None, key="analytics_speed", says=_("Nothing is delivered yet within this period."))
        return
    starts = view.asked.period.buckets()
    whole = speed.merged(found.values())
    lines = {
        _("{share}% within", share=share): [found[at].percentile(share / 100) if at in found else None for at in starts]
        for share in SHARES
    }
    says = _(
        "From acceptance to the handset, of delivered messages: half within {p50}, 90% within {p90}, 95% within "
        "{p95}, 99% within {p99}. Times are right to 5%.",
        **{f"p{share}": duration(whole.percentile(share / 100)) for share in SHARES},
    )
    says += " " + _("Click a day, an hour or a week for the messages delivered.")

    def rows() -> list[dict[str, Any]]:
        return [
            {"when": words.when(at, view.zone, "short" if grain == "hour" else "date"),
             "messages": found[at].messages if at in found else 0,
             **{f"p{share}": found[at].percentile(share / 100) if at in found else None for share in SHARES}}
            for at in starts
        ]  # fmt: skip

    figure(
        title, durations([bucket_label(at, view.zone, grain) for at in starts], lines),
        key="analytics_speed",
        on_click=lambda _series, place: analytics_behind.clicked_time(view, "delivered", starts[place]),
        says=says, height=280, rows=rows,
        columns=lambda: [Column("when", _("From")), Column("messages", _("Delivered"), "number"),
                 *(Column(f"p{share}", _("{share}% within", share=share), "duration") for share in SHARES)],
    )  # fmt: skip


def _open(which: str, *, operator: str) -> None:
    analytics_behind.show(which, filters={"operator": operator})


def _curve(handset: Mapping[Any, speed.Histogram]) -> None:
    title = _("How soon it arrives")
    known = {key: histogram for key, histogram in handset.items() if histogram.messages and key != (0, 0)}
    if not known:
        figure(title, None, key="analytics_curve", says=_("Nothing is delivered yet within this period."))
        return
    order = sorted(known, key=lambda key: -known[key].messages)[:5]
    named = {key: operators.named(*key) for key in order}
    names = {key: f"{named[key].brand} {named[key].iso}" for key in order}
    says = _(
        "The share of delivered messages that had arrived after a time, for the operators with the most. Within a "
        "minute: {shares}.",
        shares=words.list_of([f"{names[key]} {percent(known[key].share_within(60_000))}" for key in order]),
    )

    says += " " + _("Click a dot of a line for the messages delivered there.")

    def rows() -> list[dict[str, Any]]:
        return [{"operator": names[key], "messages": known[key].messages,
                 **{f"within{ms}": known[key].share_within(ms) for ms in (5_000, 15_000, 60_000, 3_600_000)}}
                for key in order]  # fmt: skip

    figure(
        title, charts.with_dots(cumulative({names[key]: known[key] for key in order})), key="analytics_curve",
        says=says, height=280, rows=rows,
        on_click=lambda series, _place: _open("delivered", operator=named[order[series]].code),
        columns=lambda: [Column("operator", _("Operator")), Column("messages", _("Delivered"), "number"),
                 *(Column(f"within{ms}", _("Within {time}", time=duration(ms)), "percent", digits=1)
                   for ms in (5_000, 15_000, 60_000, 3_600_000))],
    )  # fmt: skip
