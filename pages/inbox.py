"""What people write to us: read, answer, assign, label, close; the vote by keyword; opt-outs to look at."""

import pandas as pd
import streamlit as st

from nextpod_core import conversations, inbox, inbox_counts, msisdn
from nextpod_core.inbox import COUNTED, Filter, State
from pages.parts import answering, frame, person, review, tables, vote, words
from pages.parts.words import _, n_

ROW = 30
SHOWN = 20
IN_A_FILE = 20_000
STATES = ("open", "waiting", "closed", "all")
db = frame.open_page("pages/inbox.py")
now, me = frame.now(), frame.user()
asked = st.query_params
telephone = "Mobi" in st.context.headers.get("User-Agent", "")


def choose(name: str, key: str) -> None:
    """A filter was changed: what is shown stands in the address, and begins at the first page."""
    value = st.session_state[key]
    given = ".".join(value) if isinstance(value, list) else str(value or "")
    if given:
        st.query_params[name] = given
    else:
        st.query_params.pop(name, None)
    st.query_params.pop("after", None)
    st.session_state.pop("inbox_trail", None)


def open_row(rows: tuple[str, ...]) -> None:
    """A row was clicked: its person is opened. Nothing stays selected, so that a row can be clicked again."""
    chosen = st.session_state["inbox_list"]["selection"]["cells"]
    if chosen and chosen[0][0] < len(rows):
        st.query_params["person"] = rows[chosen[0][0]]
        st.session_state.pop("inbox_ask", None)
        st.session_state.pop("inbox_more", None)
    st.session_state["inbox_list"] = {"selection": {"rows": [], "columns": [], "cells": []}}


def walk(trail: list[str]) -> None:
    """To another page of the list: the cursors of the pages before it are remembered for the way back."""
    st.session_state["inbox_trail"] = trail
    if trail:
        st.query_params["after"] = trail[-1]
    else:
        st.query_params.pop("after", None)


def counted(n: int) -> str:
    """A count that was not taken further than it says anything."""
    return words.number(n) if n <= COUNTED else f"{words.number(COUNTED)}+"


def with_count(label: str, n: int) -> str:
    """A chip's words and its count, where there is anything to count."""
    return f"{label} · {counted(n)}" if n else label


def short_time(ms: int) -> str:
    """The time of today, the day of this year, the date of another: what a narrow column has room for."""
    day = frame.when(ms, "date")
    if day == frame.when(now, "date"):
        return frame.when(ms, "time")
    return frame.when(ms, "day") if now - ms < 300 * 86_400_000 else day


chips = inbox_counts.chips(db, me=me.name, now=now)
views = {"list": _("Messages"), "vote": _("Vote"), "review": with_count(_("To review"), chips.doubtful)}

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="inbox_head"):
    st.title(_("Inbox"), width="content")
    view = asked.get("view", "list") if asked.get("view") in views else "list"
    st.session_state["inbox_view"] = view
    st.segmented_control(
        _("View"), list(views), format_func=views.__getitem__, key="inbox_view", label_visibility="collapsed",
        required=True, on_change=choose, args=("view", "inbox_view"),
    )  # fmt: skip

if view == "vote":
    vote.draw(now)
    st.stop()
if view == "review":
    review.draw()
    st.stop()

# What is asked for, from the address, so that a link shows the same to a colleague.
shown_state = asked.get("state", "open") if asked.get("state") in STATES else "open"
marked = [mark for mark in asked.get("only", "").split(".") if mark]
wanted = Filter(
    state=None if shown_state == "all" else State(shown_state),
    whose=next((whose for whose in ("mine", "free", "anyone") if whose in marked), "mine_or_free"),
    unread="unread" in marked,
    opted_out="stop" in marked,
    label=asked.get("label"),
    keyword=asked.get("keyword"),
    sub_keyword=asked.get("sub") if asked.get("keyword") else None,
    short_code=asked.get("code"),
    campaign=int(asked["campaign"]) if asked.get("campaign", "").isascii() and asked.get("campaign", "").isdigit()
    and len(asked["campaign"]) < 19 else None,
    since=answering.day_start(asked.get("from"), frame.zone()),
    until=answering.day_start(asked.get("to"), frame.zone(), days=1),
    search=asked.get("find", ""),
)  # fmt: skip
open_person = asked.get("person", "")[:64]
after = asked.get("after")
trail: list[str] = st.session_state.get("inbox_trail") or ([after] if after else [])
page = inbox.find(db, wanted, me=me.name, after=after)
newest = inbox.newest(db)
people = tuple(line.msisdn for line in page.lines)


@frame.live(5)
def tell_new() -> None:
    """Says that something came, and leaves the rows where they are until somebody asks for it."""
    came = inbox.newer(frame.run_db(), newest)
    if came and st.button(
        n_("{count} new message", "{count} new messages", came), icon=":material/refresh:", key="inbox_new",
        type="primary",
    ):  # fmt: skip
        st.rerun()


def draw_filters() -> None:
    """Search, state, chips and the rest of the filters, each from the address and back to it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="inbox_filters"):
        if "inbox_find" not in st.session_state:
            st.session_state["inbox_find"] = wanted.search
        st.text_input(
            _("Search"), key="inbox_find", type="search", live=True, placeholder=_("Words, or any part of a number"),
            icon=":material/search:", label_visibility="collapsed", width=290,
            on_change=choose, args=("find", "inbox_find"),
        )  # fmt: skip
        names = {"open": _("Waits for us"), "waiting": _("Answered"), "closed": _("Closed"), "all": _("All")}
        st.session_state["inbox_state"] = shown_state
        st.segmented_control(
            _("State"), STATES, format_func=names.__getitem__, key="inbox_state", label_visibility="collapsed",
            required=True, on_change=choose, args=("state", "inbox_state"),
            disabled=bool(wanted.search.strip()) or wanted.opted_out,
        )  # fmt: skip
        draw_more_filters()
        tell_new()
    names = {
        "unread": with_count(_("Unread"), chips.unread), "mine": with_count(_("Mine"), chips.mine),
        "free": _("Nobody's"), "anyone": _("Everybody's"), "stop": with_count(_("Opted out"), chips.opted_out),
    }  # fmt: skip
    with st.container(horizontal=True, gap="medium", key="inbox_chips"):
        st.session_state["inbox_only"] = [mark for mark in marked if mark in names]
        st.pills(
            _("Only"), list(names), selection_mode="multi", format_func=names.__getitem__, key="inbox_only",
            label_visibility="collapsed", on_change=choose, args=("only", "inbox_only"),
        )  # fmt: skip
        if chips.keywords:
            top = dict(chips.keywords[:6])
            if wanted.keyword and wanted.keyword not in top:
                top[wanted.keyword] = 0
            st.session_state["inbox_keyword"] = wanted.keyword
            st.pills(
                _("Keyword"), list(top), format_func=lambda word: with_count(person.label(word), top[word]),
                key="inbox_keyword", label_visibility="collapsed", on_change=choose, args=("keyword", "inbox_keyword"),
                help=_("Messages of the last seven days"),
            )  # fmt: skip


def draw_more_filters() -> None:
    """The filters that are asked for less often."""
    on = [one for one in (wanted.label, wanted.sub_keyword, wanted.short_code, wanted.campaign, wanted.since,
                          wanted.until) if one is not None]  # fmt: skip
    with st.popover(with_count(_("Filter"), len(on)), icon=":material/tune:", key="inbox_popover"):
        campaigns = {str(row["id"]): row["name"] for row in inbox_counts.campaigns_answered(db)}
        everything = [
            ("keyword", _("Keyword"), {word: word for word in inbox_counts.keywords(db)}),
            ("sub", _("Second keyword"), {word: word for word in inbox_counts.sub_keywords(
                db, wanted.keyword, now=now)} if wanted.keyword else {}),
            ("code", _("Number they wrote to"), {word: word for word in inbox_counts.short_codes(db)}),
            ("campaign", _("Campaign they answered"), campaigns),
            ("label", _("Label"), {word: word for word in inbox_counts.labels(db)}),
        ]  # fmt: skip
        for name, called, options in everything:
            if not options and not asked.get(name):
                continue
            if asked.get(name):
                options.setdefault(asked[name], asked[name])
            key = f"inbox_by_{name}"
            st.session_state[key] = asked.get(name)
            st.selectbox(
                called, list(options), index=None, format_func=options.__getitem__, key=key, placeholder=_("All"),
                on_change=choose, args=(name, key),
            )  # fmt: skip
        for name, called in (("from", _("From the day")), ("to", _("Up to and with the day"))):
            key = f"inbox_{name}"
            st.session_state[key] = answering.day(asked.get(name))
            st.date_input(called, key=key, format="DD.MM.YYYY", on_change=choose, args=(name, key))


def draw_list(many: bool) -> list[str]:
    """The rows, twenty to a screen; the people chosen, where many can be."""
    waiting = wanted.state is State.OPEN and not wanted.of_messages
    data = pd.DataFrame(
        {
            "mark": ["▸" if line.msisdn == open_person else "●" if line.unread else "" for line in page.lines],
            "number": [person.show_number(line.msisdn) for line in page.lines],
            "text": [("⊘ " if line.suppressed else "") + person.cell(line.text) for line in page.lines],
            "keyword": [person.cell(" ".join(filter(None, (line.keyword, line.sub_keyword))), 30)
                        for line in page.lines],
            "time": [words.duration(max(0, now - line.waiting_since)) if waiting and line.waiting_since is not None
                     else short_time(line.arrived) for line in page.lines],
            "owner": [person.one_line(line.owner or "", 30).split("@")[0] for line in page.lines],
        },
        dtype=str,
    )  # fmt: skip
    open_rows = [line.msisdn == open_person for line in page.lines]
    # The only colour that a table takes from a page; translucent, so that it fits light and dark.
    styled = data.style.apply(
        lambda column: ["background-color: #0e8f7e2e" if here else "" for here in open_rows], axis=0
    )
    config = {
        "mark": st.column_config.TextColumn("", width=28, help=_("● unread, ▸ open")),
        "number": st.column_config.TextColumn(_("Number"), width=118),
        "text": st.column_config.TextColumn(_("Text"), width=210 if open_person else 560),
        "keyword": st.column_config.TextColumn(_("Keyword"), width=90),
        "time": st.column_config.TextColumn(_("Waiting") if waiting else _("Arrived"), width=84),
        "owner": st.column_config.TextColumn(_("With"), width=110),
    }
    with st.container(key="inbox_table"):
        state = st.dataframe(
            styled, column_config=config, column_order=[name for name in config if name != "owner" or not open_person],
            hide_index=True, row_height=ROW, placeholder="",
            height=ROW * min(max(len(people), 1), SHOWN) + 38, key="inbox_many" if many else "inbox_list",
            selection_mode="multi-row" if many else "single-cell",
            on_select="rerun" if many else lambda: open_row(people),
            alt=_("Messages: choose a row to open the conversation"),
        )  # fmt: skip
    return [people[row] for row in state.selection.rows if row < len(people)] if many else []


def rows_for_a_file() -> bytes:
    """Everything that fits the filters, from the first page on, as far as a spreadsheet is pleasant."""
    lines: list[inbox.Line] = []
    place: str | None = None
    while len(lines) < IN_A_FILE:
        found = inbox.find(frame.run_db(), wanted, me=me.name, after=place, limit=1000)
        lines += found.lines
        place = found.after
        if place is None:
            break
    columns = [
        tables.Column("msisdn", _("Number"), "msisdn"),
        tables.Column("text", _("Text")),
        tables.Column("keyword", _("Keyword")),
        tables.Column("sub_keyword", _("Second keyword")),
        tables.Column("short_code", _("Number they wrote to")),
        tables.Column("arrived", _("Arrived"), "when", zone=frame.zone()),
        tables.Column("state", _("State"), "badge", labels=person.state_label),
        tables.Column("owner", _("With")),
    ]
    return tables.csv_bytes(lines[:IN_A_FILE], columns)


def draw_ways_on(many_before: bool) -> None:
    """Below the list: how many there are, further pages, choosing many."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="inbox_foot"):
        st.toggle(_("Choose several"), key="inbox_choose", value=many_before)
        told = n_("{count} row", "{count} rows", len(people))
        if wanted.search.strip() or wanted.opted_out:
            told += " · " + _("open, answered and closed")
        order = (
            _("newest first") if wanted.of_messages or wanted.state is not State.OPEN else _("longest waiting first")
        )
        st.caption(f"{told} · {order}")
        if people:
            st.download_button(
                _("Download"), rows_for_a_file, file_name="inbox.csv", mime="text/csv", key="inbox_csv",
                icon=":material/download:", on_click="ignore", type="tertiary",
            )  # fmt: skip
        if trail:
            st.button(_("First"), key="inbox_first", on_click=walk, args=([],))
            st.button(_("Back"), key="inbox_back", icon=":material/chevron_left:", on_click=walk, args=(trail[:-1],))
        if page.after:
            st.button(
                _("Next") if len(people) == inbox.PAGE else _("Look further back"), key="inbox_next",
                icon=":material/chevron_right:", icon_position="right", on_click=walk, args=([*trail, page.after],),
            )  # fmt: skip


if telephone and open_person:
    left, right = None, st.container()
else:
    draw_filters()
    left, right = st.columns([54, 46], gap="medium") if open_person else (st.container(), None)

if left is not None:
    with left:
        if not people and newest == 0:
            st.info(
                _(
                    "No message has come in yet. Give Nextpod the address on the Health page, and send a text "
                    "with your keyword to your short code."
                ),
                icon=":material/mark_chat_unread:",
            )
            st.page_link(frame.page_path("health"), label=_("To the Health page"), icon=":material/monitor_heart:")
        elif not people:
            if page.after:
                st.info(_("Nothing among the newest messages that were looked through. Look further back below."))
            elif wanted == Filter():
                st.success(_("Nobody waits for an answer."), icon=":material/done_all:")
            else:
                st.info(_("Nothing fits these filters."), icon=":material/filter_alt_off:")
                whole = msisdn.read(wanted.search, region=frame.team_options().region) if wanted.search else None
                if whole and whole.msisdn and conversations.is_known(db, whole.msisdn):
                    # Somebody who was sent to and never wrote stands in no list, and is a person all the same.
                    st.button(_("Open {number}", number=person.show_number(whole.msisdn)), key="inbox_open_known",
                              on_click=answering.show, args=(whole.msisdn,))  # fmt: skip
            if page.after or trail:
                draw_ways_on(False)
        else:
            many = bool(st.session_state.get("inbox_choose"))
            picked = draw_list(many)
            draw_ways_on(many)
            if many:
                answering.draw_bulk(picked)

if right is not None:
    with right:
        at = people.index(open_person) if open_person in people else -1
        answering.draw_person(
            open_person,
            before=people[at - 1] if at > 0 else None,
            after=people[at + 1] if -1 < at < len(people) - 1 else (people[0] if at < 0 and people else None),
            telephone=telephone,
        )
