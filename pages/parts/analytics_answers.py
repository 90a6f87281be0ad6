"""The tab "Answers": what came in by keyword, answer and opt-out rates by campaign, how soon people answer."""

from typing import Any

import streamlit as st

from nextpod_core import answering, periods
from pages.parts import analytics_behind, charts, frame, tables, words
from pages.parts.analytics_charts import bucket_label, cumulative, download, figure, grain_name
from pages.parts.analytics_filters import View, not_acting
from pages.parts.tables import Column
from pages.parts.words import _, duration, n_, number, percent

KEYWORDS_SHOWN = 6
# Every styled cell of a table costs; who wants more has the list of campaigns, and the report for machines.
WORDS_SHOWN, CAMPAIGNS_SHOWN = 60, 40


def draw(view: View) -> None:
    """All of the tab."""
    campaigns = answering.by_campaign(view.db, view.asked, limit=CAMPAIGNS_SHOWN)
    words_found = answering.by_keyword(view.db, view.asked)
    _cards(view, words_found)
    left, right = st.columns([3, 2])
    with left:
        _incoming(view)
    with right:
        _wait(view)
    _keywords(view, words_found)
    _campaigns(view, campaigns)


def _cards(view: View, found: list[answering.Keyword]) -> None:
    # Of all campaigns, where the table below has the newest.
    all_of_them = view.funnel()
    delivered, people, out = all_of_them.sum("delivered"), all_of_them.answered, all_of_them.opted_out
    ours = answering.ours(view.db, view.asked)
    incoming = sum(one.messages for one in found)
    with st.container(key="analytics_answer_cards"), st.grid(4, min_column_width=160):
        st.metric(
            _("Incoming messages"), number(incoming), border=True, height="stretch", delta_color="off",
            delta=n_("{count} opted out", "{count} opted out", sum(one.opted_out for one in found)), delta_arrow="off",
        )  # fmt: skip
        st.metric(
            _("Answer rate"), percent(people / delivered if delivered else None), border=True, height="stretch",
            help=_("People who answered, of messages delivered, in the campaigns that began within the period."),
            delta=_("of {delivered} delivered", delivered=number(delivered)), delta_color="green", delta_arrow="off",
        )  # fmt: skip
        st.metric(
            _("Opt-out rate"), percent(out / delivered if delivered and out is not None else None, 2), border=True,
            height="stretch", delta_color="green" if out is not None else "off", delta_arrow="off",
            help=_("People who opted out by answering, of messages delivered, in the same campaigns."),
            delta=n_("{count} person", "{count} people", out) if out is not None
            else _("not known"),
        )  # fmt: skip
        st.metric(
            _("Answered by us"), percent(ours.answered / ours.incoming if ours.incoming else None), border=True,
            height="stretch", help=_("Incoming messages of the period that somebody answered from the inbox."),
            delta=_("half within {time}", time=duration(ours.median)) if ours.median is not None else _("none yet"),
            delta_color="green", delta_arrow="off",
        )  # fmt: skip
    if view.asked.has_place:
        st.caption(_("Country and operator act on the answer rate. Incoming messages, opt-outs and what we answered "
                     "are not counted by them, so those are of every country and operator."))  # fmt: skip
    if view.asked.keyword is not None:
        st.caption(_("The keyword acts on incoming messages and what we answered. The answer rate and the opt-out rate "
                     "are of every keyword."))  # fmt: skip
    if incoming and frame.may("inbox.handle"):
        everybody = {"state": "all", "only": "anyone"}
        frame.link(
            "inbox", icon=":material/forum:", query_params=everybody | _inbox(view, view.asked.keyword or ""),
            label=n_("The {count} message in the inbox", "The {count} messages in the inbox", incoming),
        )  # fmt: skip


def _incoming(view: View) -> None:
    grain = view.asked.period.grain
    title = _("Incoming messages {grain}", grain=grain_name(grain))
    pairs = view.asked.keyword is None and _by_second_word()
    found = answering.incoming(view.db, view.asked, pairs=pairs)
    if not found:
        figure(title, None, key="analytics_incoming", says=_("Nothing came in within this period."))
        return
    totals: dict[str, int] = {}
    for cell in found.values():
        for word, many in cell.items():
            totals[word] = totals.get(word, 0) + many
    top = sorted((word for word in totals if word), key=lambda word: -totals[word])[:KEYWORDS_SHOWN]
    starts = view.asked.period.buckets()
    series = {word: [found.get(start, {}).get(word, 0) for start in starts] for word in top}
    others = [sum(many for word, many in found.get(start, {}).items() if word and word not in top) for start in starts]
    without = [found.get(start, {}).get("", 0) for start in starts]
    look = charts.palette()
    colours = {word: look.series[place % len(look.series)] for place, word in enumerate(top)}
    rest = _("Without a keyword") if view.asked.keyword is None else _("Without a second word")
    for name, values, colour in (
        (_("Others"), others, look.status["no_report"]), (rest, without, look.status["queued"]),
    ):  # fmt: skip
        if any(values):
            series[name], colours[name] = values, colour
    labels = [bucket_label(start, view.zone, grain) for start in starts]
    if pairs:
        says = n_("{count} message came in within the period, stacked by keyword and second word.",
                  "{count} messages came in within the period, stacked by keyword and second word.",
                  sum(totals.values()))  # fmt: skip
    elif view.asked.keyword is None:
        says = n_("{count} message came in within the period, stacked by keyword.",
                  "{count} messages came in within the period, stacked by keyword.", sum(totals.values()))  # fmt: skip
    else:
        says = n_("{count} message with {keyword} came in within the period, stacked by its second word.",
                  "{count} messages with {keyword} came in within the period, stacked by their second word.",
                  sum(totals.values()), keyword=view.asked.keyword)  # fmt: skip
    if top:
        says += " " + _("Most used: {keyword}, {count}.", keyword=top[0], count=number(totals[top[0]]))
    style: words.Style = "short" if grain == "hour" else "date"

    def rows() -> list[dict[str, Any]]:
        return [
            {"when": words.when(start, view.zone, style), **{name: values[place] for name, values in series.items()}}
            for place, start in enumerate(starts)
        ]

    option = charts.columns(labels, series, colours)
    says += " " + _("Click a bar for its messages in the inbox, or above it for all of them.")
    if rest in series:
        says += " " + _("The inbox can't be asked for messages without one: their bar opens all of that time.")
    says += not_acting(view, places=True)
    may = frame.may("inbox.handle")

    def clicked(shown: int, place: int) -> None:
        word = top[shown] if shown < len(top) else ""
        keyword, second = (word, "") if view.asked.keyword is None else (view.asked.keyword, word)
        if pairs:
            keyword, _space, second = word.partition(" ")
        st.session_state["analytics_inbox"] = _inbox(view, keyword, second, start=starts[place])

    figure(title, charts.clickable(option, ["" if found.get(start) else None for start in starts]) if may else option,
           key="analytics_incoming", says=says, height=300, rows=rows, on_click=clicked if may else None,
           columns=lambda: [Column("when", _("From")), *(Column(name, name, "number") for name in series)])  # fmt: skip


def _by_second_word() -> bool:
    kinds = {"keyword": _("By keyword"), "second": _("By keyword and second word")}
    return st.segmented_control(
        _("Incoming messages"), list(kinds), format_func=kinds.__getitem__, default="keyword", required=True,
        key="analytics_incoming_kind",
    ) == "second"  # fmt: skip


def _inbox(view: View, keyword: str = "", second: str = "", *, start: int | None = None) -> dict[str, str]:
    """The address of the messages behind a figure in the inbox: of a keyword, of one bucket or of the whole period."""
    period = view.asked.period
    first, last = period.first, period.last
    if start is not None:
        first = max(first, periods.today(start, view.zone))
        after = next((at for at in period.buckets() if at > start), period.end)
        last = max(first, min(last, periods.today(after - 1, view.zone)))
    asked = {"keyword": keyword, "sub": second if keyword else "", "from": first.isoformat(), "to": last.isoformat(),
             "campaign": str(view.asked.campaigns[0]) if len(view.asked.campaigns) == 1 else ""}  # fmt: skip
    return {name: value for name, value in asked.items() if value}


def _keywords(view: View, found: list[answering.Keyword]) -> None:
    whole = sum(one.messages for one in found)
    rows = [{"word": one.keyword, "keyword": one.keyword or _("(none)"), "sub_keyword": one.sub_keyword,
             "messages": one.messages, "share": one.messages / whole, "opted_out": one.opted_out}
            for one in found[:WORDS_SHOWN]]  # fmt: skip
    columns = [Column("keyword", _("Keyword")), Column("sub_keyword", _("Second word")),
               Column("messages", _("Messages"), "number"),
               Column("share", _("Of incoming"), "percent", digits=1),
               Column("opted_out", _("Opt-outs"), "number")]  # fmt: skip
    with st.container(border=True, key="analytics_keywords_card", height="stretch"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(_("By keyword"), anchor=False, width="content")
            if rows:
                download(rows, columns, key="analytics_keywords")
        if not rows:
            st.caption(_("Nothing came in within this period."))
            return
        if says := not_acting(view, places=True):
            st.caption(says.strip())
        chosen = tables.pick_one(rows, columns, key="analytics_keywords", shown=9, alt=_("By keyword"))
        if chosen and frame.may("inbox.handle"):
            st.session_state["analytics_inbox"] = _inbox(view, chosen["word"], chosen["sub_keyword"])
            analytics_behind.to_inbox()


def _wait(view: View) -> None:
    title = _("How soon people answer")
    found = answering.wait(view.db, view.asked)
    if not found.messages:
        figure(title, None, key="analytics_wait",
               says=_("Nobody has answered a campaign that began within this period."))  # fmt: skip
        return
    says = n_(
        "The share of {count} person's first answer that had come after a time: half within {p50}, 90% within {p90}. "
        "Send no faster than you can read.",
        "The share of {count} people's first answers that had come after a time: half within {p50}, 90% within {p90}. "
        "Send no faster than you can read.",
        found.messages, p50=duration(found.percentile(0.5)), p90=duration(found.percentile(0.9)),
    )  # fmt: skip
    says += " " + _("Click it for the messages that were answered.") + not_acting(view, places=True, keyword=True)
    steps = (60_000, 300_000, 900_000, 3_600_000, 14_400_000, 86_400_000)

    def rows() -> list[dict[str, Any]]:
        return [{"time": duration(step), "share": found.share_within(step)} for step in steps]

    option = cumulative({_("Answers"): found})
    charts.clickable(option, [""] * len(option["xAxis"]["data"]))
    figure(title, option, key="analytics_wait", says=says, height=280, rows=rows,
           on_click=lambda _series, _place: _open_answered(),
           columns=lambda: [Column("time", _("Within")),
                    Column("share", _("Of first answers"), "percent", digits=1)])  # fmt: skip


def _open_answered() -> None:
    analytics_behind.show("answered", begun=True)


def _campaigns(view: View, found: list[answering.CampaignAnswers]) -> None:
    rows = [
        {"id": one.id, "name": one.name, "began": one.began, "delivered": one.delivered, "people": one.people,
         "rate": one.answer_rate, "out": one.opted_out, "out_rate": one.opt_out_rate,
         "out_high": one.opt_out_interval[1] if one.opt_out_rate is not None else None}
        for one in found
    ]  # fmt: skip
    columns = [
        Column("name", _("Campaign"), width=190),
        Column("began", _("Began"), "when", zone=view.zone, width=125),
        Column("delivered", _("Delivered"), "number", width=70),
        Column("people", _("Answered"), "number", width=80, help=_("People who answered")),
        Column("rate", _("of delivered"), "percent", digits=1, width=92, help=_("People who answered, of delivered")),
        Column("out", _("Opted out"), "number", width=80, help=_("People who opted out")),
        Column("out_rate", _("of delivered"), "percent", digits=2, width=92,
               help=_("People who opted out, of delivered")),
        Column("out_high", _("at most"), "percent", digits=2, width=68,
               help=_("Upper end of the 95% interval of the opt-out rate (Wilson)")),
    ]  # fmt: skip
    with st.container(border=True, key="analytics_answered_card", height="stretch"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(_("Answers and opt-outs by campaign"), anchor=False, width="content")
            if rows:
                download(rows, columns, key="analytics_answered")
        if not rows:
            st.caption(_("No campaign began within this period."))
            return
        says = n_("The {count} newest campaign that began within the period.",
                  "The {count} newest campaigns that began within the period.", len(rows))  # fmt: skip
        if view.asked.has_place:
            says += " " + _("Delivered and answered are of the countries and operators chosen; who opted out is not "
                            "known by them.")  # fmt: skip
        st.caption(says + not_acting(view, keyword=True))
        chosen = tables.pick_one(rows, columns, key="analytics_answered", shown=8, alt=_("Answers by campaign"))
        if chosen:
            st.switch_page(frame.page_path("campaigns"), query_params={"campaign": str(chosen["id"])})
