"""The tab "Network": rate and speed by country and operator, time to the handset, and the week hour by hour."""

from collections.abc import Hashable, Mapping
from typing import Any

import streamlit as st
from babel import dates

from nextpod_core import answering, comparisons, operators, speed
from nextpod_core.analytics import Outcome
from pages.parts import analytics_behind, charts, words
from pages.parts.analytics_charts import (
    bucket_label,
    clickable,
    cumulative,
    durations,
    figure,
    grain_name,
    rates_by,
    shaded,
)
from pages.parts.analytics_filters import View
from pages.parts.tables import Column
from pages.parts.words import _, duration, n_, number, percent

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
    _week(view)


def country_label(iso: str) -> str:
    """A country's name in the reader's language, by its ISO code."""
    return str(words.LOCALES[words.language()].territories.get(iso, iso)) if iso else _("Not known")


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
             **_rate_cells(found[key], found, key), "mark": marks.get(key),
             **{f"p{share}": handset[key].percentile(share / 100) if key in handset else None for share in SHARES}}
            for key in order
        ]  # fmt: skip

    lower = [names[place] for place, key in enumerate(order) if marks.get(key) == "lower"]
    says = _(
        "Delivered of settled by the network that carries the number, with 95 % intervals (Wilson). Coloured where it "
        "differs from all the others together by more than chance (two-proportion z-test, Holm's correction, 5 %)."
    )
    if lower:
        says += " " + _("Lower than the rest: {names}.", names=words.list_of(lower))
    codes = [named[key].code for key in order[:SHOWN]]
    figure(
        title,
        rates_by(names[:SHOWN], [found[key] for key in order[:SHOWN]], [marks.get(key) for key in order[:SHOWN]]),
        key="analytics_operators", says=says, height=max(150, 50 + 42 * min(len(order), SHOWN)), rows=rows,
        columns=lambda: [Column("operator", _("Operator"), pinned=True), Column("country", _("Country")),
                 Column("code", _("MCC-MNC")), *_rate_columns(),
                 *(Column(f"p{share}", _("{share} % within", share=share), "duration") for share in SHARES)],
        on_select=lambda: analytics_behind.clicked_operator("analytics_operators_chart", codes),
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
        return [{"country": country_label(iso), **_rate_cells(found[iso], found, iso), "mark": marks.get(iso)}
                for iso in order]  # fmt: skip

    says = n_(
        "Delivered of settled in {count} country; the country is that of the network in the delivery report.",
        "Delivered of settled in {count} countries; the country is that of the network in the delivery report.",
        len(order),
    )
    figure(
        title,
        rates_by([country_label(iso) for iso in order[:SHOWN]], [found[iso] for iso in order[:SHOWN]],
                 [marks.get(iso) for iso in order[:SHOWN]]),
        key="analytics_countries", says=says, height=max(150, 50 + 42 * min(len(order), SHOWN)), rows=rows,
        columns=lambda: [Column("country", _("Country"), pinned=True), *_rate_columns()],
        on_select=lambda: analytics_behind.clicked_name("analytics_countries_chart", "country", order[:SHOWN]),
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
        return [{"sender": sender, **_rate_cells(found[sender], found, sender), "mark": marks.get(sender)}
                for sender in order]  # fmt: skip

    says = n_("Delivered of settled by {count} sender.", "Delivered of settled by {count} senders.", len(order))
    figure(
        title,
        rates_by(order[:SHOWN], [found[one] for one in order[:SHOWN]], [marks.get(one) for one in order[:SHOWN]]),
        key="analytics_senders", says=says, height=max(150, 50 + 42 * min(len(order), SHOWN)), rows=rows,
        columns=lambda: [Column("sender", _("Sender"), pinned=True), *_rate_columns()],
        on_select=lambda: analytics_behind.clicked_name("analytics_senders_chart", "sender", order[:SHOWN]),
    )  # fmt: skip


def _rate_cells(one: Outcome, found: Mapping[Any, Outcome], key: Hashable) -> dict[str, Any]:
    rest = [other for name, other in found.items() if name != key]
    settled = sum(other.settled for other in rest)
    others = sum(other.delivered for other in rest) / settled if settled else None
    low, high = one.interval if one.settled else (None, None)
    difference = (one.rate - others) * 100 if one.rate is not None and others is not None else None
    return {"settled": one.settled, "delivered": one.delivered, "rate": one.rate, "low": low, "high": high,
            "difference": difference}  # fmt: skip


def _rate_columns() -> list[Column]:
    names = {"higher": _("higher"), "lower": _("lower")}
    return [
        Column("settled", _("Settled"), "number"),
        Column("delivered", _("Delivered"), "number"),
        Column("rate", _("Delivery rate"), "percent", digits=1, help=_("Delivered of settled")),
        Column("low", _("at least"), "percent", digits=1),
        Column("high", _("at most"), "percent", digits=1),
        Column("difference", _("Against the rest, points"), "number", digits=1),
        Column("mark", _("More than chance"), "badge", labels=lambda mark: names.get(mark, mark),
               colours={"higher": "blue", "lower": "red"}),
    ]  # fmt: skip


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
        _("{share} % within", share=share): [
            found[at].percentile(share / 100) if at in found else None for at in starts
        ]
        for share in SHARES
    }
    says = _(
        "From acceptance to the handset, of delivered messages: half within {p50}, 90 % within {p90}, 95 % within "
        "{p95}, 99 % within {p99}. Times are right to 5 %.",
        **{f"p{share}": duration(whole.percentile(share / 100)) for share in SHARES},
    )

    def rows() -> list[dict[str, Any]]:
        return [
            {"when": words.when(at, view.zone, "short" if grain == "hour" else "date"),
             "messages": found[at].messages if at in found else 0,
             **{f"p{share}": found[at].percentile(share / 100) if at in found else None for share in SHARES}}
            for at in starts
        ]  # fmt: skip

    figure(
        title, clickable(durations([bucket_label(at, view.zone, grain) for at in starts], lines)),
        key="analytics_speed",
        on_select=lambda: analytics_behind.clicked_time("analytics_speed_chart", ["delivered"], starts,
                                                        view.asked.period, view.zone),
        says=says, height=280, rows=rows,
        columns=lambda: [Column("when", _("From")), Column("messages", _("Delivered"), "number"),
                 *(Column(f"p{share}", _("{share} % within", share=share), "duration") for share in SHARES)],
    )  # fmt: skip


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

    def rows() -> list[dict[str, Any]]:
        return [{"operator": names[key], "messages": known[key].messages,
                 **{f"within{ms}": known[key].share_within(ms) for ms in (5_000, 15_000, 60_000, 3_600_000)}}
                for key in order]  # fmt: skip

    figure(
        title, cumulative({names[key]: known[key] for key in order}), key="analytics_curve", says=says, height=280,
        rows=rows,
        columns=lambda: [Column("operator", _("Operator")), Column("messages", _("Delivered"), "number"),
                 *(Column(f"within{ms}", _("Within {time}", time=duration(ms)), "percent", digits=1)
                   for ms in (5_000, 15_000, 60_000, 3_600_000))],
    )  # fmt: skip


def clock_marks(found: Mapping[int, Outcome], kind: str) -> tuple[dict[int, Outcome], dict[int, comparisons.Mark]]:
    """The hours of the week put together by weekday (0 Monday) or by hour of the day, and which differ from the rest."""
    merged: dict[int, Outcome] = {}
    for slot, one in sorted(found.items()):
        if one.settled:
            merged.setdefault(slot // 24 if kind == "weekday" else slot % 24, Outcome()).join(one)
    return merged, comparisons.marks({place: (one.delivered, one.settled) for place, one in merged.items()})


def clock_label(place: int, kind: str) -> str:
    """What a weekday or an hour of the day is called."""
    names = dates.get_day_names(locale=words.LOCALES[words.language()])
    return str(names[place]) if kind == "weekday" else f"{place:02d}:00"


def _differing(found: Mapping[int, Outcome], kind: str) -> str:
    """The weekdays, or hours of the day, that differ from the rest by more than chance, as a sentence."""
    merged, marks = clock_marks(found, kind)
    named = {
        way: words.list_of([f"{clock_label(place, kind)} {percent(merged[place].rate)}"
                            for place in merged if marks.get(place) == way])
        for way in marks.values()
    }  # fmt: skip
    told = [_("lower {names}", names=named["lower"])] if "lower" in named else []
    told += [_("higher {names}", names=named["higher"])] if "higher" in named else []
    if kind == "weekday":
        return (_("Weekdays that differ from the others together by more than chance: {told}.", told="; ".join(told))
                if told else _("No weekday differs from the others together by more than chance."))  # fmt: skip
    return (_("Hours of the day that differ from the others together by more than chance: {told}.",
              told="; ".join(told))
            if told else _("No hour of the day differs from the others together by more than chance."))  # fmt: skip


def _by_clock(found: Mapping[int, Outcome], kind: str) -> None:
    """The rate by weekday, or by hour of the day, each held against all the others together."""
    title, key = (_("Rate by weekday") if kind == "weekday" else _("Rate by hour of the day")), "analytics_week"
    merged, marks = clock_marks(found, kind)
    if not merged:
        figure(title, None, key=key, says=_("Nothing is settled yet, so there is no rate."))
        return
    places = sorted(merged)
    says = (
        _differing(found, kind)
        + " "
        + _(
            "Delivered of settled by when the message was accepted, on the team's clock, with 95 % intervals (Wilson); "
            "two-proportion z-test, Holm's correction over all that are drawn, 5 %."
        )
    )

    def rows() -> list[dict[str, Any]]:
        return [{"name": clock_label(place, kind), "mark": marks.get(place),
                 **_rate_cells(merged[place], merged, place)} for place in places]  # fmt: skip

    figure(
        title, rates_by([clock_label(place, kind) for place in places], [merged[place] for place in places],
                        [marks.get(place) for place in places]),
        key=key, says=says, height=50 + 42 * len(places) if kind == "weekday" else 50 + 32 * len(places), rows=rows,
        columns=lambda: [Column("name", _("Weekday") if kind == "weekday" else _("From"), pinned=True),
                         *_rate_columns()],
    )  # fmt: skip


def _week(view: View) -> None:
    kinds = {"volume": _("Messages"), "rate": _("Delivery rate"), "answers": _("Incoming"),
             "weekday": _("Rate by weekday"), "hour": _("Rate by hour of the day")}  # fmt: skip
    kind = st.segmented_control(
        _("Weekday and hour"), list(kinds), format_func=kinds.__getitem__, default="volume", required=True,
        key="analytics_week_kind",
    )  # fmt: skip
    title, key = _("Weekday and hour"), "analytics_week"
    found = view.outcomes("week_hour")
    if kind in ("weekday", "hour"):
        _by_clock(found, kind)
        return
    values: dict[int, float]
    if kind == "answers":
        values = {slot: float(many) for slot, many in answering.by_week_hour(view.db, view.asked).items()}
        called = {slot: n_("{count} message came in", "{count} messages came in", int(many))
                  for slot, many in values.items()}  # fmt: skip
    elif kind == "rate":
        values = {slot: one.rate for slot, one in found.items() if one.rate is not None}
        called = {slot: _("{rate} of {settled} settled", rate=percent(value), settled=number(found[slot].settled))
                  for slot, value in values.items()}  # fmt: skip
    else:
        values = {slot: float(one.accepted) for slot, one in found.items()}
        called = {slot: n_("{count} message accepted", "{count} messages accepted", int(many))
                  for slot, many in values.items()}  # fmt: skip
    if not values:
        figure(title, None, key=key, says=_("There is nothing to show within this period."))
        return
    days = dates.get_day_names("abbreviated", locale=words.LOCALES[words.language()])
    marks = comparisons.marks({slot: (one.delivered, one.settled) for slot, one in found.items() if one.settled})
    slots = sorted(values, key=lambda slot: slot in marks)  # Frames are drawn last, over their neighbours.
    option = charts.heat(
        [f"{hour:02d}" for hour in range(24)], [days[day] for day in range(7)],
        {(slot % 24, slot // 24): values[slot] for slot in slots},
        {(slot % 24, slot // 24): text for slot, text in called.items()},
    )  # fmt: skip
    if kind == "rate":
        option = shaded(option, min(values.values()), 1.0)
        look = charts.palette()
        for cell, slot in zip(option["series"][0]["data"], slots, strict=True):
            if slot in marks:
                cell["itemStyle"] = {
                    "borderColor": look.status["failed" if marks[slot] == "lower" else "sent"], "borderWidth": 3,
                    "borderRadius": 4,
                }  # fmt: skip
    best = max(values, key=lambda slot: values[slot])
    busiest = _("{day} from {hour}", day=days[best // 24], hour=f"{best % 24:02d}:00")
    says = {
        "volume": _("Messages accepted by weekday and hour, on the team's clock. Most: {busiest}. Click a square for "
                    "its messages.", busiest=busiest),
        "rate": _("Delivered of settled by the weekday and hour of acceptance. The stronger the colour, the higher; "
                  "the lowest is {low}. Framed where it differs from all other hours together by more than chance "
                  "(z-test, Holm's correction, 5 %): {lower} lower, {higher} higher. Click a square for "
                  "what was not delivered.",
                  low=percent(min(values.values())), lower=list(marks.values()).count("lower"),
                  higher=list(marks.values()).count("higher")),
        "answers": _("Incoming messages by weekday and hour, on the team's clock. Most: {busiest}.", busiest=busiest),
    }[kind or "volume"]  # fmt: skip
    if kind == "rate":
        says += " " + _differing(found, "weekday") + " " + _differing(found, "hour")
    clickable = kind != "answers"
    if clickable:
        option["series"][0].update({"selectedMode": "single", "select": {"itemStyle": {"borderWidth": 2}}})

    def rows() -> list[dict[str, Any]]:
        incoming = answering.by_week_hour(view.db, view.asked)
        return [
            {"day": days[slot // 24], "hour": f"{slot % 24:02d}:00", "incoming": incoming.get(slot, 0),
             "accepted": found.get(slot, Outcome()).accepted, "mark": marks.get(slot),
             **_rate_cells(found.get(slot, Outcome()), found, slot)}
            for slot in sorted({*found, *incoming})
        ]  # fmt: skip

    figure(
        title, option, key=key, says=says, height=250, rows=rows,
        columns=lambda: [
            Column("day", _("Weekday")), Column("hour", _("From")), Column("accepted", _("Accepted"), "number"),
            *_rate_columns(), Column("incoming", _("Incoming"), "number"),
        ],
        on_select=(lambda: analytics_behind.clicked_slot(f"{key}_chart", slots, "negative" if kind == "rate" else
                                                         "accepted")) if clickable else "ignore",
    )  # fmt: skip
