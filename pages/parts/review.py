"""Opt-outs that were made because a text began with such a word: a person looks at each, and may undo it."""

import streamlit as st

from nextpod_core import conversations, inbox_counts, suppressions
from nextpod_core.db import transaction
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


def draw() -> None:
    """The oldest that nobody has looked at, a few at a time."""
    st.caption(
        _(
            "These texts began with a word such as STOPP and went on, or asked in words of their own to get nothing "
            "more. Each has opted out already, since opting out too late is worse than once too often; undo what was "
            "meant otherwise."
        )
    )
    rows = inbox_counts.doubtful(frame.run_db(), limit=SHOWN)
    if not rows:
        st.success(_("Nothing to review."), icon=":material/done_all:")
        return
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
