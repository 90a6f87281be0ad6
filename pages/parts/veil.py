"""
What the address of a page says of people: never their number nor what was looked for among their texts, as it stands.

Addresses end up in histories, bookmarks, chats and the logs of proxies. What is written there is sealed with the
installation's key; a colleague's desk reads the same. One that was typed by hand is read too, and sealed at once.
"""

import streamlit as st

from nextpod_core import codes
from pages.parts import frame

_MARK = "~"
LONGEST = 100


def over(text: str) -> str:
    """The text as it may stand in an address; the same text always looks the same, so that links are one link."""
    return _MARK + codes.veil(frame.run_db().key, text[:LONGEST]) if text else ""


def put(name: str, text: str | None) -> None:
    """Write it into the address, or take it out."""
    if text:
        st.query_params[name] = over(text)
    else:
        st.query_params.pop(name, None)


def asked(name: str) -> str:
    """What the address says, read again; "" where it says nothing, or was made with another key."""
    told = st.query_params.get(name, "")
    if told.startswith(_MARK):
        return codes.unveil(frame.run_db().key, told[1:])
    told = told[:LONGEST]
    if told:
        put(name, told)
    return told
