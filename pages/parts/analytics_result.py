"""The tab "Result": the funnel, outcomes and rate over time, and why messages were not delivered."""

import itertools
from collections.abc import Mapping
from typing import Any

import streamlit as st

from nextpod_core import analytics, reasons
from nextpod_core.funnels import Funnel
from nextpod_core.merge import Status
from pages.parts import analytics_behind, analytics_over_time, charts, frame, tables
from pages.parts.analytics_charts import download, figure
from pages.parts.analytics_filters import View
from pages.parts.tables import Column
from pages.parts.words import _, n_, number, percent, status_label, tr


def draw(view: View) -> None:
    """All of the tab."""
    found = view.outcomes("bucket")
    left, right = st.columns([2, 3])
    with left:
        _funnel(view)
    with right:
        analytics_over_time.over_time(view, found)
    analytics_over_time.rate(view, found)
    _why(view)


def _funnel(view: View) -> None:
    found = view.funnel()
    if not found.planned:
        says = (_("Nothing of the campaigns that began within the period is known to have gone there.")
                if found.by_place and found.campaigns else _("No campaign began within this period."))  # fmt: skip
        figure(_("Funnel"), None, key="analytics_funnel", says=says)
        return
    steps = found.steps
    names = step_names()

    def rows() -> list[dict[str, Any]]:
        return [
            {"step": names[step.name], "messages": step.messages,
             "share": step.messages / steps[0].messages if steps[0].messages else None,
             "lost": steps[place - 1].messages - step.messages if place else None,
             "why": _told(step.lost) if step.name != "answered" or found.opted_out is None else
                    n_("{count} person opted out", "{count} people opted out", found.opted_out)}
            for place, step in enumerate(steps)
        ]  # fmt: skip

    says = _funnel_says(found) + " " + _("Click a step for its messages.")
    option = charts.funnel([(names[step.name], step.messages) for step in steps])
    told = [one["tooltip"]["formatter"] for one in option["series"][0]["data"]]
    figure(
        _("Funnel"), charts.clickable(option, told), key="analytics_funnel", says=says, height=300, rows=rows,
        below=_losses(found),
        columns=lambda: [Column("step", _("Step")), Column("messages", _("Messages"), "number"),
                 Column("share", _("Of the first step"), "percent", digits=1), Column("lost", _("Lost"), "number"),
                 Column("why", _("Where they are"), width="large")],
        on_click=lambda _series, place: analytics_behind.clicked_step(view, steps[place].name),
    )  # fmt: skip


def _funnel_says(found: Funnel) -> str:
    """What the funnel shows, and where it begins."""
    if found.by_place:
        return n_(
            "Of the {count} campaign that began within the period, what went to the countries and operators chosen: "
            "{delivered} of {reported} reported messages are delivered, {answered} people answered. Where a message "
            "went is known from its reports alone, so it begins at reported, and opt-outs are not told by it.",
            "Of the {count} campaigns that began within the period, what went to the countries and operators chosen: "
            "{delivered} of {reported} reported messages are delivered, {answered} people answered. Where a message "
            "went is known from its reports alone, so it begins at reported, and opt-outs are not told by it.",
            found.campaigns, delivered=number(found.sum("delivered")), reported=number(found.reported),
            answered=number(found.answered),
        )  # fmt: skip
    says = n_(
        "The {count} campaign that began within the period, as it stands now: {delivered} of {planned} planned "
        "messages are delivered, {answered} people answered and {out} opted out.",
        "The {count} campaigns that began within the period, as they stand now: {delivered} of {planned} planned "
        "messages are delivered, {answered} people answered and {out} opted out.",
        found.campaigns, delivered=number(found.sum("delivered")), planned=number(found.planned),
        answered=number(found.answered), out=number(found.opted_out or 0),
    )  # fmt: skip
    if not found.from_file:
        says += " " + _("None of them came from a file, so it begins at planned.")
    elif found.from_file < found.campaigns:
        says += " " + n_("{count} of them had no file and begins at planned.",
                         "{count} of them had no file and begin at planned.",
                         found.campaigns - found.from_file)  # fmt: skip
    return says


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
    if delivered and found.opted_out is not None:
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
        Column("status", _("Status"), "badge", labels=status_label, colours=charts.STATUS_BADGE, width=125),
        Column("messages", _("Messages"), "number", width=78),
        Column("share", _("Of not delivered"), "percent", digits=1, width=110),
        Column("means", _("What it means"), width=180),
        Column("do", _("What to do"), width=175),
        Column("charged", _("Charged?"), width=175),
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
