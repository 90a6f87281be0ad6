"""The search field of every page: a number in any writing opens the person, anything else searches the inbox."""

import streamlit as st

from nextpod_core import msisdn
from pages.parts import frame, veil
from pages.parts.words import _


def draw() -> None:
    """The field, in the sidebar."""
    st.text_input(
        _("Find a person"), key="frame_find", icon=":material/person_search:", placeholder=_("Number or words"),
        label_visibility="collapsed", help=None, on_change=_look,
    )  # fmt: skip


def follow() -> None:
    """To the inbox, when something was asked for; called when the pages are known."""
    asked = st.session_state.pop("frame_found", None)
    if asked:
        st.switch_page(frame.page_path("inbox"), query_params=asked)


def _look() -> None:
    text = (st.session_state.get("frame_find") or "").strip()[:100]
    st.session_state["frame_find"] = ""
    if not text:
        return
    found = msisdn.read(text, region=frame.team_options().region)
    whole = found.msisdn or found.candidate
    # What stands in the inbox's own field would be taken for what is asked now.
    for gone in ("inbox_find", "inbox_trail", "inbox_ask", "inbox_more"):
        st.session_state.pop(gone, None)
    st.session_state["frame_found"] = {"state": "all"} | (
        {"person": veil.over(whole)} if whole else {"find": veil.over(text)}
    )
