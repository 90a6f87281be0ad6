"""The parts of the overview: today's figures, a campaign's progress, what needs a person, and the first steps."""

import datetime
from typing import Any

import streamlit as st

from nextpod_core import analytics, answering, attention, choices, periods, rates, speed
from nextpod_core.analytics import Outcome
from nextpod_core.db import Connection, Row
from nextpod_core.filters import Filter
from pages.parts import charts, frame
from pages.parts.words import _, duration, n_, number, percent, state_label, tr

DAYS = 14
ICONS = {
    "paused": ":material/pause_circle:", "unknown": ":material/help:", "quarantine": ":material/warning:",
    "unrecognised": ":material/quiz:", "waiting": ":material/forum:", "draft": ":material/edit_note:",
}  # fmt: skip


def figures(db: Connection, *, now: int) -> None:
    """Sent today, delivery rate, median to the handset, people who wait: each over the last two weeks."""
    zone = frame.zone()
    today = periods.today(now, zone)
    two_weeks = Filter(periods.Period(today - datetime.timedelta(days=DAYS - 1), today, zone))
    silent_after = round(frame.the_settings().no_report_hours * periods.HOUR)
    by_day = analytics.outcomes(db, two_weeks, by="day", now=now, silent_after=silent_after)
    days = [by_day.get(day, Outcome()) for day in periods.each_day(two_weeks.period)]
    latency = speed.handset(db, two_weeks, by="day")
    histograms = [latency.get(day, speed.Histogram()) for day in periods.each_day(two_weeks.period)]
    with st.container(key="overview_cards"), st.grid(4, min_column_width=160):
        st.metric(
            _("Sent today"), number(days[-1].accepted), border=True, height="stretch", icon=":material/send:",
            delta=_("yesterday {count}", count=number(days[-2].accepted)), delta_color="green", delta_arrow="off",
            help=_("Messages that Nextpod accepted since midnight."),
            chart_data=[one.accepted for one in days], chart_type="bar",
        )  # fmt: skip
        _rate(days)
        _median(histograms)
        waiting = attention.waiting_people(db)
        came, a_day = _incoming(db, two_weeks.period)
        st.metric(
            _("People to answer"), number(waiting) + ("+" if waiting >= 1000 else ""), border=True, height="stretch",
            icon=":material/forum:", delta=came, delta_color="green", delta_arrow="off",
            help=_("People whose last message waits for us in the inbox. The bars: incoming messages a day."),
            chart_data=a_day, chart_type="bar",
        )  # fmt: skip


def _rate(days: list[Outcome]) -> None:
    today = days[-1]
    shown, label = (today, _("Delivery rate today")) if today.settled else (_sum(days[-7:]), _("Delivery rate, 7 days"))
    low, high = shown.interval
    st.metric(
        label, percent(shown.rate), border=True, height="stretch", icon=":material/check_circle:",
        delta=_("of {settled} settled", settled=number(shown.settled)), delta_color="green", delta_arrow="off",
        help=_("Delivered of settled (delivered, failed, expired, rejected); with 95% certainty between {low} and "
               "{high}. {open} are still open.", low=percent(low), high=percent(high), open=number(shown.open)),
        chart_data=[one.rate for one in days if one.rate is not None] or None, chart_type="line",
    )  # fmt: skip


def _median(histograms: list[speed.Histogram]) -> None:
    chosen, label = histograms[-1], _("Median to handset")
    if not chosen.messages:
        chosen, label = speed.merged(histograms[-7:]), _("Median, 7 days")
    st.metric(
        label, duration(chosen.percentile(0.5)), border=True, height="stretch", icon=":material/timer:",
        delta=_("95% within {time}", time=duration(chosen.percentile(0.95))), delta_color="green", delta_arrow="off",
        help=_("From acceptance to the handset, of delivered messages."),
        # Bars, which begin at zero: a line would make a mountain of one step of the histogram.
        chart_data=[one.percentile(0.5) or 0 for one in histograms if one.messages] or None, chart_type="bar",
    )  # fmt: skip


def _incoming(db: Connection, period: periods.Period) -> tuple[str, list[int]]:
    found = answering.incoming(db, Filter(period))
    a_day = [sum(found.get(start, {}).values()) for start in period.buckets("day")]
    return n_("{count} came in today", "{count} came in today", a_day[-1]), a_day


def _sum(days: list[Outcome]) -> Outcome:
    whole = Outcome()
    for one in days:
        whole.join(one)
    return whole


def campaign_row(row: Row) -> dict[str, Any]:
    """A campaign of `campaigns.recent` as the list shows it."""
    gone = row["planned"] - row["waiting"] if row["started_at"] else 0
    return {
        "id": row["id"], "name": row["name"], "state": row["state"], "planned": row["planned"],
        "share": gone / row["planned"] if row["planned"] else 0.0,
        "rate": rates.delivery(row["delivered"], row["negative"]),
        "settled": row["delivered"] + row["negative"], "open": row["open"], "due_at": row["due_at"],
    }  # fmt: skip


def progress(row: Row) -> None:
    """One campaign under way: how far it is, and what has come of it."""
    gone = max(0, row["planned"] - row["waiting"])
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
        frame.link(
            "campaigns", label=row["name"].replace("\n", " "),
            query_params={"campaign": str(row["id"])},
            icon=":material/pause_circle:" if row["state"] == "paused" else ":material/send:", width="content",
        )  # fmt: skip
        st.badge(state_label(row["state"]), color=charts.STATE_BADGE[row["state"]])  # type: ignore[arg-type]
    rate = rates.delivery(row["delivered"], row["negative"])
    told = [_("{gone} of {planned} gone", gone=number(gone), planned=number(row["planned"]))]
    if rate is not None:
        told.append(_("{rate} of {settled} settled delivered", rate=percent(rate),
                      settled=number(row["delivered"] + row["negative"])))  # fmt: skip
    told.append(n_("{count} open", "{count} open", row["open"]))
    if row["unknown"]:
        told.append(n_("{count} unknown", "{count} unknown", row["unknown"]))
    st.progress(gone / row["planned"] if row["planned"] else 0.0, text=" · ".join(told))


def next_planned(rows: list[Row]) -> None:
    """What is planned, by time."""
    for row in rows:
        told = f"{frame.when(row['due_at'], 'weekday')} · {row['name']}".replace("\n", " ")
        frame.link(
            "campaigns", label=told, icon=":material/event:",
            query_params={"campaign": str(row["id"])},
            help=_("{count} recipients", count=number(row["planned"])),
        )  # fmt: skip


def needs(db: Connection) -> None:
    """What waits for a person, each with the way to where it is dealt with."""
    found = attention.matters(db)
    if not found:
        st.caption(_("Nothing waits for a person. Well done."))
        return
    for place, matter in enumerate(found):
        params = {"campaign": str(matter.campaign)} if matter.campaign else None
        with st.container(key=f"overview_matter_{place}"):
            told, way = st.columns([4, 1], vertical_alignment="center", gap="xsmall")
        # As text, not as the link's own label: a link does not wrap, and a campaign's name is anybody's words.
        told.text(tr(matter.sentence).replace("\n", " ").strip())
        with way:
            frame.link(matter.page, label=_("Open"), icon=ICONS[matter.kind], query_params=params)


def first_steps(db: Connection) -> None:
    """What to do on an empty desk."""
    with st.container(border=True, key="overview_first"):
        st.header(_("Send your first campaign"), anchor=False)
        st.markdown(
            "\n".join(
                [
                    "1. " + _("Upload a list of people, an Excel or CSV file, or paste numbers. Rows that can't be "
                              "used are shown with the reason, before anything is sent."),
                    "2. " + _("Write the text. You see what every person gets, how many SMS parts it takes and what "
                              "it costs."),
                    "3. " + _("Look it through, choose when, and send. Delivery and answers appear here as they come."),
                ]
            )
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center"):
            if frame.may("campaign.compose") and st.button(
                _("Compose a campaign"), type="primary", icon=":material/edit_square:", key="overview_compose"
            ):
                st.switch_page(frame.page_path("compose"))
            _sample()
        if frame.the_settings().mode == "sandbox":
            st.caption(
                _("This is a sandbox: try everything, nothing leaves this machine. A simulated network delivers, "
                  "fails and answers.")
            )  # fmt: skip
    found = [matter for matter in attention.matters(db) if matter.kind == "draft"]
    if found:
        needs(db)


def _sample() -> None:
    for path in choices.samples():
        st.download_button(
            _("Sample file to try: {name}", name=path.name), path.read_bytes, file_name=path.name, mime="text/csv",
            icon=":material/download:", key=f"overview_sample_{path.stem}", on_click="ignore",
        )  # fmt: skip
        return
