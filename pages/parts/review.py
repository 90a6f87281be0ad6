"""Opt-outs made for other words than the list's, which a person may undo; and texts that may have asked for one."""

import streamlit as st

from nextpod_core import conversations, inbox_counts, suppressions
from nextpod_core.db import Row, transaction
from nextpod_core.sentences import say
from pages.parts import frame, person
from pages.parts.words import _

SHOWN = 15


def stands(suppression: int) -> None:
    """It is an opt-out, and need not be looked at again."""
    with frame.telling_later():
        conversations.keep_prefix_opt_out(frame.run_db(), suppression, by=frame.user(), now=frame.now())


def undo(msisdn: str) -> None:
    """It was no opt-out: the number may be sent to again."""
    db = frame.run_db()
    with frame.telling_later(), transaction(db):
        suppressions.lift(
            db, msisdn=msisdn, by=frame.user(), now=frame.now(), reason="not an opt-out, read by a person"
        )
        frame.tell_later(say("The number may be sent to again."))


def opt_out(msisdn: str, inbound: int) -> None:
    """It was meant: the number is on the list, with the message that asked for it."""
    db = frame.run_db()
    with frame.telling_later(), transaction(db):
        suppressions.add(
            db, msisdn=msisdn, reason="hand", by=frame.user(), now=frame.now(), inbound_id=inbound,
            note="asked to be left alone, read by a person",
        )  # fmt: skip
        frame.tell_later(say("Opted out. Nothing more is sent to this number."))


def draw() -> None:
    """Both lists, a few of each at a time; one that is empty is left out."""
    db = frame.run_db()
    flagged, doubtful = inbox_counts.flagged(db, limit=SHOWN), inbox_counts.doubtful(db, limit=SHOWN)
    if not flagged and not doubtful:
        st.success(_("Nothing to review."), icon=":material/done_all:")
    if flagged:
        draw_flagged(flagged)
    if doubtful:
        draw_doubtful(doubtful)


def draw_flagged(rows: list[Row]) -> None:
    """The newest texts that may ask to be left alone, and opted nobody out."""
    st.subheader(_("May ask to be left alone"), anchor=False)
    st.caption(
        _(
            "Nothing was changed by these texts: they are not in the words of opting out, but sound as if somebody "
            "had enough. Opt out who means it; answering or closing the conversation takes the others away."
        )
    )
    for row in rows:
        with st.container(horizontal=True, vertical_alignment="center", border=True, key=f"flagged_{row['id']}"):
            with st.container(gap=None):
                st.text(person.whole(row["text"] or ""))
                st.caption(f"{person.label(person.show_number(row['msisdn']))} · {frame.when(row['arrived'])}")
            frame.link("inbox", label=_("Conversation"), icon=":material/forum:",
                       query_params={"person": row["msisdn"], "state": "all"})  # fmt: skip
            st.button(_("Opt this person out"), key=f"flagged_out_{row['id']}", icon=":material/block:",
                      on_click=opt_out, args=(row["msisdn"], row["id"]))  # fmt: skip


def draw_doubtful(rows: list[Row]) -> None:
    """The oldest opt-outs that nobody has looked at."""
    st.subheader(_("Opted out in other words"), anchor=False)
    st.caption(
        _(
            "These texts began with a word such as STOPP and went on, or asked in words of their own to get nothing "
            "more. Each has opted out already, since opting out too late is worse than once too often; undo what was "
            "meant otherwise."
        )
    )
    for row in rows:
        with st.container(horizontal=True, vertical_alignment="center", border=True, key=f"review_{row['id']}"):
            with st.container(gap=None):
                st.text(person.whole(row["text"] or ""))
                st.caption(f"{person.label(person.show_number(row['msisdn']))} · {frame.when(row['added_at'])}")
            frame.link("inbox", label=_("Conversation"), icon=":material/forum:",
                       query_params={"person": row["msisdn"], "state": "all"})  # fmt: skip
            st.button(_("It stands"), key=f"review_keep_{row['id']}", on_click=stands, args=(row["id"],))
            st.button(
                _("Undo"), key=f"review_undo_{row['id']}", icon=":material/undo:", on_click=undo, args=(row["msisdn"],)
            )
