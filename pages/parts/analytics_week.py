"""The week on the tab "Network": hour by hour as squares, and weekdays and hours of the day by themselves."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from babel import dates

from nextpod_core import answering, comparisons
from nextpod_core.analytics import Outcome
from pages.parts import analytics_behind, charts, words
from pages.parts.analytics_charts import figure, rates_by, shaded
from pages.parts.analytics_filters import View, not_acting
from pages.parts.analytics_rates import rate_cells, rate_columns
from pages.parts.tables import Column
from pages.parts.words import _, n_, number, percent


def clock_marks(found: Mapping[int, Outcome], kind: str) -> tuple[dict[int, Outcome], dict[int, comparisons.Mark]]:
    """The hours of the week by weekday (0 Monday) or by hour of the day, and which differ from the rest."""
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
            "Delivered of settled by when the message was accepted, on the team's clock, with 95% intervals (Wilson); "
            "two-proportion z-test, Holm's correction over all that are drawn, 5%."
        )
        + " "
        + _("Click a line for what was not delivered.")
    )

    def rows() -> list[dict[str, Any]]:
        return [{"name": clock_label(place, kind), "mark": marks.get(place),
                 **rate_cells(merged[place], merged, place)} for place in places]  # fmt: skip

    figure(
        title, rates_by([clock_label(place, kind) for place in places], [merged[place] for place in places],
                        [marks.get(place) for place in places]),
        key=key, says=says, height=50 + 42 * len(places) if kind == "weekday" else 50 + 32 * len(places), rows=rows,
        columns=lambda: [Column("name", _("Weekday") if kind == "weekday" else _("From"), pinned=True),
                         *rate_columns()],
        on_click=lambda _series, at: _open("negative", slot=f"{'d' if kind == 'weekday' else 'h'}{places[at]}"),
    )  # fmt: skip


def _open(which: str, *, slot: str) -> None:
    analytics_behind.show(which, slot=slot)


def draw(view: View) -> None:
    kinds = {"volume": _("Messages"), "rate": _("Delivery rate"), "answers": _("Incoming"),
             "weekday": _("Rate by weekday"), "hour": _("Rate by hour of the day")}  # fmt: skip
    kind = st.segmented_control(
        _("Weekday and hour"), list(kinds), format_func=kinds.__getitem__, default="volume", required=True,
        key="analytics_week_kind",
    )  # fmt: skip
    title, key = _("{what} by weekday and hour", what=kinds[kind or "volume"]), "analytics_week"
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
    most = number(values[best])
    says = {
        "volume": _("Messages accepted by weekday and hour, on the team's clock. Most: {busiest}, {most}. Click a "
                    "square for its messages.", busiest=busiest, most=most),
        "rate": _("Delivered of settled by the weekday and hour of acceptance. The stronger the colour, the higher; "
                  "the lowest is {low}. Framed where it differs from all other hours together by more than chance "
                  "(z-test, Holm's correction, 5%): {lower} lower, {higher} higher. Click a square for "
                  "what was not delivered.",
                  low=percent(min(values.values())), lower=list(marks.values()).count("lower"),
                  higher=list(marks.values()).count("higher")),
        "answers": _("Incoming messages by weekday and hour, on the team's clock. Most: {busiest}, {most}. "
                     "The inbox knows no hours of the week, so a square opens nothing; the figures are below.",
                     busiest=busiest, most=most) + not_acting(view, places=True),
    }[kind or "volume"]  # fmt: skip
    if kind == "rate":
        says += " " + _differing(found, "weekday") + " " + _differing(found, "hour")
    # The inbox knows no hours of the week, so what came in opens nothing.
    if kind != "answers":
        option["series"][0].update({"selectedMode": "single", "select": {"itemStyle": {"borderWidth": 2}}})

    def rows() -> list[dict[str, Any]]:
        incoming = answering.by_week_hour(view.db, view.asked)
        return [
            {"day": days[slot // 24], "hour": f"{slot % 24:02d}:00", "incoming": incoming.get(slot, 0),
             "accepted": found.get(slot, Outcome()).accepted, "mark": marks.get(slot),
             **rate_cells(found.get(slot, Outcome()), found, slot)}
            for slot in sorted({*found, *incoming})
        ]  # fmt: skip

    figure(
        title, option, key=key, says=says, height=250, rows=rows,
        columns=lambda: [
            Column("day", _("Weekday")), Column("hour", _("From")), Column("accepted", _("Accepted"), "number"),
            *rate_columns(), Column("incoming", _("Incoming"), "number"),
        ],
        on_click=None if kind == "answers" else lambda _series, at: _open(
            "negative" if kind == "rate" else "accepted", slot=str(slots[at])
        ),
    )  # fmt: skip
