"""A text area that is heard while it is written, for what is counted as one types (`assets/live.js`)."""

from typing import Any

import streamlit as st

from pages.parts.words import _

# The area's own hint says what Ctrl+Enter does to the area alone; on these pages it sends.
_EAR = """
<style>
[class*="st-key-live_"] .stTextInput, [class*="st-key-live_"] [data-testid="InputInstructions"] {display: none}
</style>
<script src="/assets/live.js"></script>
"""


def text_area(label: str, *, key: str, **more: Any) -> str:
    """
    `st.text_area`, and what stands in it at this moment; draw it in a fragment, which runs again as one types.

    What is sent is the area's own value (`st.session_state[key]`), handed over when it is left or a button is pressed.
    """
    with st.container(key=f"live_{key}", gap=None):
        st.html(_EAR, unsafe_allow_javascript=True)
        text = st.text_area(label, key=key, **more) or ""
        heard = st.text_input(_("Heard while writing"), key=f"{key}_heard", live=True, label_visibility="collapsed")
    heard = (heard or "").replace("\u2028", "\n")
    # The newer of the two is the one that differs from the last time: a button may have filled or emptied the area.
    before = st.session_state.get(f"{key}_before", ("", "", ""))
    shown = text if text != before[0] else heard if heard != before[1] else before[2]
    st.session_state[f"{key}_before"] = (text, heard, shown)
    return shown


def put(key: str, text: str) -> None:
    """Fill the area, or empty it, in a callback."""
    st.session_state[key] = text
    st.session_state[f"{key}_heard"] = ""
    st.session_state[f"{key}_before"] = ("", "", "")
