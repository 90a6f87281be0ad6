"""Charts over time on the tab "Result": what became of the messages, by the hour or the minute, and their rate."""

import bisect
from collections.abc import Mapping
from html import escape
from typing import Any

from nextpod_core import analytics
from nextpod_core.analytics import Outcome
from pages.parts import analytics_behind, charts, words
from pages.parts.analytics_charts import bucket_label, figure, grain_name
from pages.parts.analytics_filters import View, other
from pages.parts.tables import Column
from pages.parts.words import _, number, percent, status_label

OUTCOMES = ("delivered", "failed", "expired", "rejected", "open", "silent", "unrecognised")

# What a minute knows: acceptances, and the statuses that messages came to in it, the best at the bottom.
EVENTS = ("delivered", "sent", "pending", "unrecognised", "expired", "failed", "rejected", "left")

BEGAN_TOLD = 3  # Campaigns that began, by name, at the pointer; the table has them all.

REJECTED = ("#9B2C5A", "#DC86B4")  # Beside failed, whose colour it has elsewhere; on light and on dark.


def outcome_label(name: str) -> str:
    """What a class of outcomes is called."""
    own = {"open": _("Still open"), "silent": _("No report")}
    return own.get(name) or status_label(name)


def over_time(view: View, found: Mapping[int, Outcome]) -> None:
    period = view.asked.period
    if period.minutes and not (view.asked.countries or view.asked.operators):
        _by_minute(view)
        return
    title = _("Outcomes {grain}", grain=grain_name(period.grain))
    if not found:
        figure(title, None, key="analytics_outcomes", says=_("No message was accepted within this period."))
        return
    starts = period.buckets()
    look = charts.palette()
    colours = {**look.status, "open": look.status["sent"], "silent": look.status["no_report"],
               "rejected": REJECTED[look is charts.DARK]}  # fmt: skip
    shown = [name for name in OUTCOMES if any(getattr(one, name) for one in found.values())]
    empty = Outcome()
    option = charts.columns(
        [bucket_label(start, view.zone, period.grain) for start in starts],
        {outcome_label(name): [getattr(found.get(start, empty), name) for start in starts] for name in shown},
        {outcome_label(name): colours[name] for name in shown},
    )
    option["legend"]["itemGap"] = 10
    before = view.earlier_cells()
    if any(one.accepted for one in before):
        charts.beside(option, against(view), [one.accepted for one in before])
    charts.clickable(option, ["" if start in found else None for start in starts])
    busiest = max(found, key=lambda start: found[start].accepted)
    says = _(
        "What became of the {accepted} messages accepted within the period, by the time they were accepted. Most on "
        "{when}: {most}. Click a bar for its messages, or above it for all of them.",
        accepted=number(sum(one.accepted for one in found.values())), most=number(found[busiest].accepted),
        when=bucket_label(busiest, view.zone, period.grain),
    )  # fmt: skip
    if any(one.accepted for one in before):
        says += " " + _("The short lines are how many were accepted in {other}, {count} in all.",
                        other=other(view), count=number(sum(one.accepted for one in before)))  # fmt: skip

    def rows() -> list[dict[str, Any]]:
        return [_row(view, start, found.get(start, empty)) for start in starts]

    key = "analytics_outcomes"
    figure(
        title, option, key=key, says=says, height=440, rows=rows, columns=lambda: _columns(shown),
        on_click=lambda series, place: analytics_behind.clicked_time(
            view, shown[series] if series < len(shown) else "accepted", starts[place]
        ),
    )  # fmt: skip


def _by_minute(view: View) -> None:
    """The last few hours, minute by minute: what happened then, since a report's minute is not the message's."""
    title, key = _("What happened per minute"), "analytics_outcomes"
    found = analytics.by_minute(view.db, view.asked)
    if not found:
        figure(title, None, key=key, says=_("Nothing left and no report came within this period."))
        return
    minutes = view.asked.period.minutes
    look = charts.palette()
    shown = [name for name in EVENTS if any(cells.get(name) for cells in found.values())]
    called = {name: _("Accepted") if name == "left" else outcome_label(name) for name in shown}
    colours = {**look.status, "left": look.status["queued"], "rejected": REJECTED[look is charts.DARK]}
    labels = [words.when(at, view.zone, "time") for at in minutes]

    def drawn(names: list[str]) -> charts.Option:
        return charts.columns(
            labels,
            {called[name]: [found.get(at, {}).get(name, 0) for at in minutes] for name in names},
            {called[name]: colours[name] for name in names},
        )

    # What left stands as a line before the bars of what came back: the two are not parts of one whole.
    option, left = drawn([name for name in shown if name != "left"]), drawn([name for name in shown if name == "left"])
    option["yAxis"] = max(option["yAxis"], left["yAxis"], key=lambda axes: axes[0]["max"])
    for series in left["series"]:
        series.update({"type": "line", "stack": "left", "symbol": "none", "step": "middle", "z": 3})
        series.update({"lineStyle": {"width": 1, "color": look.text}, "itemStyle": {"color": look.text}})
    option["series"] += left["series"]
    totals = {name: sum(cells.get(name, 0) for cells in found.values()) for name in shown}
    says = _(
        "Minute by minute on the team's clock: {left} messages were accepted (the line) and {reports} came to an end "
        "or moved on, each in the minute in which it happened.",
        left=number(totals.get("left", 0)), reports=number(sum(totals.values()) - totals.get("left", 0)),
    )  # fmt: skip

    def rows() -> list[dict[str, Any]]:
        return [{"when": words.when(at, view.zone, "short"), **{name: found[at].get(name, 0) for name in shown}}
                for at in minutes if at in found]  # fmt: skip

    says += " " + _("Click a bar for its messages, or above it for those accepted in that minute.")
    opened = [name for name in shown if name != "left"]

    def clicked(series: int, place: int) -> None:
        cells = found.get(minutes[place], {})
        which = opened[series] if series < len(opened) else "left" if cells.get("left") else max(cells, key=cells.get)
        analytics_behind.show("accepted" if which == "left" else which, minute=minutes[place])

    told = ["" if found.get(at) else None for at in minutes]
    figure(title, charts.clickable(option, told), key=key, says=says, height=440, rows=rows, on_click=clicked,
           columns=lambda: [Column("when", _("Minute")), *(Column(name, called[name], "number") for name in shown)],
    )  # fmt: skip


def rate(view: View, found: Mapping[int, Outcome]) -> None:
    starts, grain = view.asked.period.buckets(), view.asked.period.grain
    title = _("Delivery rate {grain}", grain=grain_name(grain))
    if not any(one.settled for one in found.values()):
        figure(title, None, key="analytics_rate", says=_("Nothing is settled yet, so there is no rate."))
        return
    empty = Outcome()
    cells = [found.get(start, empty) for start in starts]
    whole, usual, before = view.whole(), view.benchmark(), view.earlier_cells()
    began, names = _began(view, starts), [bucket_label(start, view.zone, grain) for start in starts]
    others: dict[str, list[float | None]] = {}
    if usual.rate is not None:
        others[_("Your usual: {rate}", rate=percent(usual.rate))] = [usual.rate] * len(starts)
    if any(one.settled for one in before):
        others[against(view)] = [one.rate for one in before]
    option = charts.band(
        names,
        [one.rate for one in cells],
        [one.interval[0] if one.settled else None for one in cells],
        [one.interval[1] if one.settled else None for one in cells],
        _("Delivery rate"), sure=_("How sure it is"), beside=others, marks=began,
    )  # fmt: skip
    low, high = whole.interval
    says = _(
        "{rate} of {settled} settled messages were delivered, and with 95% certainty the rate lies between {low} and "
        "{high}. Settled are the delivered, failed, expired and rejected; the others still wait for a report. The "
        "shaded band is the same certainty (Wilson) for each point: wide where few messages stand behind it.",
        rate=percent(whole.rate), settled=number(whole.settled), low=percent(low), high=percent(high),
    )  # fmt: skip
    if usual.rate is not None:
        says += " " + _("Your usual is what this account reached in the 90 days before, {rate} of {settled} settled.",
                        rate=percent(usual.rate), settled=number(usual.settled))  # fmt: skip
    if began:
        says += " " + _("A triangle marks where campaigns began.")
    says += " " + _("Click a day, an hour or a week for what was not delivered.")
    told = [_pointed(name, one, before[place] if before else empty, began.get(place, []), against(view))
            for place, (name, one) in enumerate(zip(names, cells, strict=True))]  # fmt: skip

    def rows() -> list[dict[str, Any]]:
        return [_row(view, start, one) | {"began": ", ".join(began.get(place, ()))}
                for place, (start, one) in enumerate(zip(starts, cells, strict=True))]  # fmt: skip

    figure(
        title, charts.clickable(option, told), key="analytics_rate", says=says, height=260, rows=rows,
        on_click=lambda _series, place: analytics_behind.clicked_time(view, "negative", starts[place]),
        columns=lambda: [*_columns(OUTCOMES), Column("began", _("Campaigns that began"), width="medium")],
    )  # fmt: skip


def _began(view: View, starts: list[int]) -> dict[int, list[str]]:
    """The names of the campaigns that began, by the place of the bucket in which they did."""
    found: dict[int, list[str]] = {}
    for one in analytics.begun(view.db, view.asked):
        found.setdefault(max(0, bisect.bisect_right(starts, one.at) - 1), []).append(one.name)
    return found


def against(view: View) -> str:
    """What the figures of a chart are held against, as a name in its legend."""
    return _("A year ago") if view.against == "year" else _("Period before")


def _pointed(name: str, one: Outcome, before: Outcome, began: list[str], earlier: str) -> str | None:
    """What the pointer reads at one place of the rate; None where nothing is settled."""
    if not one.settled:
        return None
    low, high = one.interval
    lines = [name, _("{rate} of {settled} settled ({low} to {high})", rate=percent(one.rate),
                     settled=number(one.settled), low=percent(low), high=percent(high))]  # fmt: skip
    if before.settled:
        lines.append(_("{earlier}: {rate} of {settled} settled", earlier=earlier, rate=percent(before.rate),
                       settled=number(before.settled)))  # fmt: skip
    if began:
        shown = [*began[:BEGAN_TOLD], *([f"+{len(began) - BEGAN_TOLD}"] if len(began) > BEGAN_TOLD else [])]
        lines.append(_("Began: {names}", names=", ".join(shown)))
    return "<br>".join(escape(line) for line in lines)


def _row(view: View, start: int, one: Outcome) -> dict[str, Any]:
    low, high = one.interval if one.settled else (None, None)
    style: words.Style = "short" if view.asked.period.grain == "hour" else "date"
    return {"when": words.when(start, view.zone, style), "accepted": one.accepted, "rate": one.rate, "low": low,
            "high": high, **{name: getattr(one, name) for name in OUTCOMES}}  # fmt: skip


def _columns(shown: Any) -> list[Column]:
    return [
        Column("when", _("From"), pinned=True),
        Column("accepted", _("Accepted"), "number"),
        *(Column(name, outcome_label(name), "number") for name in shown),
        Column("rate", _("Delivery rate"), "percent", digits=1, help=_("Delivered of settled")),
        Column("low", _("at least"), "percent", digits=1),
        Column("high", _("at most"), "percent", digits=1),
    ]
