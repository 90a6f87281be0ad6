"""The tab "Result": the funnel, outcomes and rate over time, and why messages were not delivered."""

import bisect
import itertools
from collections.abc import Mapping
from typing import Any

import streamlit as st

from nextpod_core import analytics, reasons
from nextpod_core.analytics import Outcome
from nextpod_core.funnels import Funnel
from nextpod_core.merge import Status
from pages.parts import analytics_behind, charts, frame, tables, words
from pages.parts.analytics_charts import bucket_label, clickable, download, figure, grain_name
from pages.parts.analytics_filters import View
from pages.parts.tables import Column
from pages.parts.words import _, n_, number, percent, status_label, tr

OUTCOMES = ("delivered", "failed", "expired", "rejected", "open", "silent", "unrecognised")

# What a minute knows: acceptances, and the statuses that messages came to in it, the best at the bottom.
EVENTS = ("delivered", "sent", "pending", "unrecognised", "expired", "failed", "rejected", "left")

REJECTED = ("#9B2C5A", "#DC86B4")  # Beside failed, whose colour it has elsewhere; on light and on dark.


def outcome_label(name: str) -> str:
    """What a class of outcomes is called."""
    own = {"open": _("Still open"), "silent": _("No report")}
    return own.get(name) or status_label(name)


def draw(view: View) -> None:
    """All of the tab."""
    found = view.outcomes("bucket")
    left, right = st.columns([2, 3])
    with left:
        _funnel(view)
    with right:
        _over_time(view, found)
    _rate(view, found)
    _why(view)


def _funnel(view: View) -> None:
    found = view.funnel()
    if not found.planned:
        figure(_("Funnel"), None, key="analytics_funnel", says=_("No campaign began within this period."))
        return
    steps = found.steps
    names = step_names()

    def rows() -> list[dict[str, Any]]:
        return [
            {"step": names[step.name], "messages": step.messages,
             "share": step.messages / steps[0].messages if steps[0].messages else None,
             "lost": steps[place - 1].messages - step.messages if place else None,
             "why": _told(step.lost) if step.name != "answered" else
                    n_("{count} person opted out", "{count} people opted out", found.opted_out)}
            for place, step in enumerate(steps)
        ]  # fmt: skip

    says = n_(
        "The {count} campaign that began within the period, as it stands now: {delivered} of {planned} planned "
        "messages are delivered, {answered} people answered and {out} opted out.",
        "The {count} campaigns that began within the period, as they stand now: {delivered} of {planned} planned "
        "messages are delivered, {answered} people answered and {out} opted out.",
        found.campaigns, delivered=number(found.sum("delivered")), planned=number(found.planned),
        answered=number(found.answered), out=number(found.opted_out),
    )  # fmt: skip
    if not found.from_file:
        says += " " + _("None of them came from a file, so it begins at planned.")
    elif found.from_file < found.campaigns:
        says += " " + n_("{count} of them had no file and begins at planned.",
                         "{count} of them had no file and begin at planned.",
                         found.campaigns - found.from_file)  # fmt: skip
    figure(
        _("Funnel"), clickable(charts.funnel([(names[step.name], step.messages) for step in steps])),
        key="analytics_funnel", says=says, height=300, rows=rows, below=_losses(found),
        columns=lambda: [Column("step", _("Step")), Column("messages", _("Messages"), "number"),
                 Column("share", _("Of the first step"), "percent", digits=1), Column("lost", _("Lost"), "number"),
                 Column("why", _("Where they are"), width="large")],
        on_select=lambda: analytics_behind.clicked_step("analytics_funnel_chart", [step.name for step in steps]),
    )  # fmt: skip


def step_names() -> dict[str, str]:
    """What the steps of the funnel are called."""
    return {
        "rows": _("Rows in the file"), "sendable": _("Can be sent to"), "planned": _("Planned"),
        "accepted": _("Accepted"), "reported": _("Reported"), "delivered": _("Delivered"), "answered": _("Answered"),
    }  # fmt: skip


def _losses(found: Funnel) -> str:
    """How many fell away before each step and where they are, a line each; and beside the steps, who opted out."""
    names, steps = step_names(), found.steps
    lines = [
        f"**{names[step.name]}:** −{number(before.messages - step.messages)} "
        f"({percent((before.messages - step.messages) / before.messages)}): {_told(step.lost)}"
        for before, step in itertools.pairwise(steps)
        if step.lost and before.messages
    ]
    delivered = found.sum("delivered")
    if delivered:
        lines.append(
            n_("**Beside it:** {count} person opted out, {share} of delivered",
               "**Beside it:** {count} people opted out, {share} of delivered",
               found.opted_out, share=percent(found.opted_out / delivered, 2))
        )  # fmt: skip
    return "\n".join(f"- {line}" for line in lines)


def _told(lost: Mapping[str, int]) -> str:
    left_out = {
        "missing": _("without a number"), "invalid": _("not a number"), "not_mobile": _("not mobile"),
        "doubtful": _("doubtful"), "duplicate": _("doubled"), "suppressed": _("on the suppression list"),
        "empty": _("with an empty field"), "too_long": _("too long"), "no_text": _("without a text"),
        "accepted": _("no delivery report yet"),
    }  # fmt: skip
    most = sorted(lost.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{left_out.get(reason) or status_label(reason)} {number(many)}" for reason, many in most)


def _over_time(view: View, found: Mapping[int, Outcome]) -> None:
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
    clickable(option)
    busiest = max(found, key=lambda start: found[start].accepted)
    says = _(
        "What became of the {accepted} messages accepted within the period, by the time they were accepted. Most on "
        "{when}: {most}. Click a bar for its messages.",
        accepted=number(sum(one.accepted for one in found.values())), most=number(found[busiest].accepted),
        when=bucket_label(busiest, view.zone, period.grain),
    )  # fmt: skip

    def rows() -> list[dict[str, Any]]:
        return [_row(view, start, found.get(start, empty)) for start in starts]

    key = "analytics_outcomes"
    figure(
        title, option, key=key, says=says, height=380, rows=rows, columns=lambda: _columns(shown),
        on_select=lambda: analytics_behind.clicked_time(f"{key}_chart", shown, starts, period, view.zone),
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

    figure(title, option, key=key, says=says, height=380, rows=rows,
           columns=lambda: [Column("when", _("Minute")), *(Column(name, called[name], "number") for name in shown)],
    )  # fmt: skip


def _rate(view: View, found: Mapping[int, Outcome]) -> None:
    starts, grain = view.asked.period.buckets(), view.asked.period.grain
    title = _("Delivery rate {grain}", grain=grain_name(grain))
    if not any(one.settled for one in found.values()):
        figure(title, None, key="analytics_rate", says=_("Nothing is settled yet, so there is no rate."))
        return
    empty = Outcome()
    cells = [found.get(start, empty) for start in starts]
    whole, usual = view.whole(), view.benchmark()
    option = charts.band(
        [bucket_label(start, view.zone, grain) for start in starts],
        [one.rate for one in cells],
        [one.interval[0] if one.settled else None for one in cells],
        [one.interval[1] if one.settled else None for one in cells],
        _("Delivery rate"),
    )
    began = _began(view, starts)
    _lay_over(option, usual, began)
    low, high = whole.interval
    says = _(
        "Delivered of settled (delivered, failed, expired, rejected): {rate} of {settled} over the whole period. The "
        "band is the 95 % interval (Wilson); for the whole period {low} to {high}. Open and silent messages stand on "
        "neither side.",
        rate=percent(whole.rate), settled=number(whole.settled), low=percent(low), high=percent(high),
    )  # fmt: skip
    if usual.rate is not None:
        says += " " + _("Dashed: what this account reached in the 90 days before, {rate} of {settled} settled.",
                        rate=percent(usual.rate), settled=number(usual.settled))  # fmt: skip
    if began:
        says += " " + _("A triangle marks where campaigns began.")
    says += " " + _("Click a dot for what was not delivered.")

    def rows() -> list[dict[str, Any]]:
        return [_row(view, start, one) | {"began": ", ".join(began.get(place, ()))}
                for place, (start, one) in enumerate(zip(starts, cells, strict=True))]  # fmt: skip

    figure(
        title, clickable(option), key="analytics_rate", says=says, height=260, rows=rows,
        on_select=lambda: analytics_behind.clicked_time("analytics_rate_chart", ["negative"], starts,
                                                        view.asked.period, view.zone),
        columns=lambda: [*_columns(OUTCOMES), Column("began", _("Campaigns that began"), width="medium")],
    )  # fmt: skip


def _began(view: View, starts: list[int]) -> dict[int, list[str]]:
    """The names of the campaigns that began, by the place of the bucket in which they did."""
    found: dict[int, list[str]] = {}
    for one in analytics.begun(view.db, view.asked):
        found.setdefault(max(0, bisect.bisect_right(starts, one.at) - 1), []).append(one.name)
    return found


def _lay_over(option: charts.Option, usual: Outcome, began: Mapping[int, list[str]]) -> None:
    """The account's own benchmark as a dashed line, and a triangle on the axis wherever campaigns began."""
    look = charts.palette()
    line = option["series"][2]
    if usual.rate is not None:
        line["markLine"] = {
            "silent": True, "symbol": "none", "lineStyle": {"type": "dashed", "color": look.faint},
            "label": {"formatter": _("your usual: {rate}", rate=percent(usual.rate)), "position": "insideEndBottom",
                      "color": look.faint, "fontSize": 11, "backgroundColor": look.ground, "padding": [1, 4]},
            "data": [{"yAxis": usual.rate}],
        }  # fmt: skip
    floor = option["yAxis"][0]["min"]
    line["markPoint"] = {
        "symbol": "triangle", "symbolSize": [9, 8], "symbolOffset": [0, -4], "label": {"show": False},
        "itemStyle": {"color": look.faint}, "silent": True,
        "data": [{"coord": [place, floor], "name": ", ".join(names)} for place, names in began.items()],
    }  # fmt: skip


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


def _why(view: View) -> None:
    found = analytics.reasons(view.db, view.asked)
    negative = sum(one.messages for one in found if one.status != "unrecognised")
    if not found:
        figure(_("Why not delivered"), None, key="analytics_why",
               says=_("Nothing failed, expired or was rejected within this period."))  # fmt: skip
        return
    rows = []
    for one in found[:100]:
        told = reasons.explain(Status(one.status), one.code or None)
        rows.append(
            {"status": one.status, "messages": one.messages, "word": one.word, "code": one.code,
             "share": one.messages / negative if negative and one.status != "unrecognised" else None,
             "means": tr(told.means), "do": tr(told.do), "charged": tr(told.charged)}
        )  # fmt: skip
    columns = [
        Column("status", _("Status"), "badge", labels=status_label, colours=charts.STATUS_BADGE, width=135),
        Column("messages", _("Messages"), "number", width=80),
        Column("share", _("Of not delivered"), "percent", digits=1, width=110),
        Column("means", _("What it means"), width=215),
        Column("do", _("What to do"), width=215),
        Column("charged", _("Charged?"), width=185),
        Column("word", _("Word in the report"), width=130),
        Column("code", _("Operator's code"), width=110),
    ]
    with st.container(border=True, key="analytics_why_card"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(_("Why not delivered"), anchor=False, width="content")
            download(rows, columns, key="analytics_why")
        st.caption(
            _(
                "The reasons behind {negative} messages that failed, expired or were rejected, most frequent first. "
                "Choose a row for its messages. The meaning of an operator's code is inferred.",
                negative=number(negative),
            )
        )
        chosen = tables.pick_one(rows, columns, key="analytics_why", shown=8, lines=3, once=True)
        if any(one.status == "unrecognised" for one in found) and frame.may("reports.mend"):
            frame.link("health", label=_("Say what an unheard-of status means"), icon=":material/quiz:")
        if chosen and analytics_behind.show(chosen["status"], code=chosen["code"]):
            st.rerun()
