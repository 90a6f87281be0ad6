"""What people write to us: read, answer, assign, label, close; the vote by keyword; opt-outs to look at; rules."""

import dataclasses
from collections.abc import Iterator

import pandas as pd
import streamlit as st

from nextpod_core import conversations, inbox, inbox_counts, msisdn
from nextpod_core.db import Connection
from nextpod_core.inbox import Filter, State
from pages.parts import (
    downloads,
    frame,
    handling,
    inbox_filters,
    keyword_rules,
    person,
    review,
    tables,
    veil,
    vote,
    words,
    written,
)
from pages.parts.words import _, n_

ROW = 30
SHOWN = 20
db = frame.open_page("pages/inbox.py")
now, me = frame.now(), frame.user()
asked = st.query_params
telephone = "Mobi" in st.context.headers.get("User-Agent", "")


def open_row(rows: tuple[str, ...]) -> None:
    """A row was clicked: its person is opened. Nothing stays selected, so that a row can be clicked again."""
    chosen = st.session_state["inbox_list"]["selection"]["cells"]
    if chosen and chosen[0][0] < len(rows):
        veil.put("person", rows[chosen[0][0]])
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


def short_time(ms: int) -> str:
    """The time of today, the day of this year, the date of another: what a narrow column has room for."""
    day = frame.when(ms, "date")
    if day == frame.when(now, "date"):
        return frame.when(ms, "time")
    return frame.when(ms, "day") if now - ms < 300 * 86_400_000 else day


chips = inbox_counts.chips(db, me=me.name, now=now)
views = {
    "list": _("Messages"),
    "vote": _("Vote"),
    "review": inbox_filters.with_count(_("To review"), chips.doubtful + chips.flagged),
    "rules": _("Rules"),
}

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="inbox_head"):
    st.title(_("Inbox"), width="content")
    view = asked.get("view", "list") if asked.get("view") in views else "list"
    st.session_state["inbox_view"] = view
    st.segmented_control(
        _("View"), list(views), format_func=views.__getitem__, key="inbox_view", label_visibility="collapsed",
        required=True, on_change=inbox_filters.choose, args=("view", "inbox_view"),
    )  # fmt: skip

if view == "vote":
    vote.draw(now)
    frame.stop()
if view == "review":
    review.draw()
    frame.stop()
if view == "rules":
    keyword_rules.draw()
    frame.stop()

wanted = inbox_filters.asked_for()
open_person = veil.asked("person")[:64]
after = asked.get("after")
trail: list[str] = st.session_state.get("inbox_trail") or ([after] if after else [])
page = inbox.find(db, wanted, me=me.name, after=after)
newest = inbox.newest(db)
people = tuple(line.msisdn for line in page.lines)


@frame.live(5)
def tell_new() -> None:
    """What came stands in the list by itself where it moves no row; else it is told, until somebody asks for it."""
    own = frame.run_db()
    came = inbox.newer(own, newest)
    if came and not st.session_state.get("inbox_choose"):
        lines = inbox.find(own, wanted, me=me.name, after=after).lines
        if tuple(line.msisdn for line in lines[: len(people)]) == people:
            st.rerun()
    if came and st.button(
        n_("{count} new message", "{count} new messages", came), icon=":material/refresh:", key="inbox_new",
        type="primary",
    ):  # fmt: skip
        st.rerun()


def sign(line: inbox.Line) -> str:
    """What stands before a text: who wrote it has opted out, or may mean to."""
    return "⊘ " if line.suppressed else "⚑ " if line.verdict == "mentioned" else ""


def draw_list(many: bool) -> list[str]:
    """The rows, twenty to a screen; the people chosen, where many can be."""
    waiting = wanted.state is State.OPEN and not wanted.of_messages
    data = pd.DataFrame(
        {
            "mark": ["▸" if line.msisdn == open_person else "●" if line.unread else "" for line in page.lines],
            "number": [person.show_number(line.msisdn) for line in page.lines],
            "text": [sign(line) + person.cell(line.text) for line in page.lines],
            "keyword": [person.cell(" ".join(filter(None, (line.keyword, line.sub_keyword))), 30)
                        for line in page.lines],
            "time": [words.duration(max(0, now - line.waiting_since)) if waiting and line.waiting_since is not None
                     else short_time(line.arrived) for line in page.lines],
            "owner": [person.one_line(line.owner or "", 30).split("@")[0] for line in page.lines],
        },
        dtype=str,
    )  # fmt: skip
    open_rows = [row for row, line in enumerate(page.lines) if line.msisdn == open_person]
    # The only colour that a table takes from a page; translucent, so that it fits light and dark.
    styled = written.marked(data, open_rows, "#0e8f7e2e")
    config = {
        "mark": st.column_config.TextColumn("", width=28, help=_("● unread, ▸ open")),
        "number": st.column_config.TextColumn(_("Number"), width=118),
        "text": st.column_config.TextColumn(
            _("Text"), width=210 if open_person else 520, help=_("⊘ opted out, ⚑ may ask to be left alone")
        ),
        "keyword": st.column_config.TextColumn(_("Keyword"), width=90 if open_person else 130),
        "time": st.column_config.TextColumn(_("Waiting") if waiting else _("Arrived"), width=84),
        "owner": st.column_config.TextColumn(_("With"), width=110),
    }
    if many and st.session_state.get("inbox_many_rows") != people:
        # Ticks are kept by place: among other rows they would stand at other people.
        st.session_state["inbox_many"] = {"selection": {"rows": [], "columns": [], "cells": []}}
        st.session_state["inbox_many_rows"] = people
    frame.note_shown("inbox", len(people))
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


def rows_for_a_file(own: Connection, write: downloads.Write) -> bytes:
    """Everything that fits the filters, from the first page on, as far as a spreadsheet is pleasant."""

    def every() -> Iterator[inbox.Line]:
        place: str | None = None
        while True:
            found = inbox.find(own, wanted, me=me.name, after=place, limit=1000)
            whole = inbox.texts(own, [line.inbound_id for line in found.lines])
            yield from (dataclasses.replace(line, text=whole.get(line.inbound_id, line.text)) for line in found.lines)
            place = found.after
            if place is None:
                return

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
    return write(downloads.ending(every(), "text"), columns)


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
            downloads.buttons(rows_for_a_file, name="inbox", key="inbox", ends=True)
        if trail:
            st.button(_("First"), key="inbox_first", on_click=walk, args=([],))
            st.button(_("Back"), key="inbox_back", icon=":material/chevron_left:", on_click=walk, args=(trail[:-1],))
        if page.after:
            st.button(
                _("Next") if len(people) >= inbox.PAGE else _("Look further back"), key="inbox_next",
                icon=":material/chevron_right:", icon_position="right", on_click=walk, args=([*trail, page.after],),
            )  # fmt: skip


if telephone and open_person:
    left, right = None, st.container()
else:
    inbox_filters.draw(db, wanted, chips, now, tell_new)
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
            frame.link("health", label=_("To the Health page"), icon=":material/monitor_heart:")
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
                              on_click=handling.show, args=(whole.msisdn,))  # fmt: skip
            if page.after or trail:
                draw_ways_on(False)
        else:
            many = bool(st.session_state.get("inbox_choose"))
            picked = draw_list(many)
            draw_ways_on(many)
            if many:
                handling.draw_bulk(picked)

if right is not None:
    with right:
        at = people.index(open_person) if open_person in people else -1
        handling.draw_person(
            open_person,
            before=people[at - 1] if at > 0 else None,
            after=people[at + 1] if -1 < at < len(people) - 1 else (people[0] if at < 0 and people else None),
            telephone=telephone,
        )
