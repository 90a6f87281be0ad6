"""What the fields of the settings have in common: they follow the store until somebody types, and lose nothing."""

from typing import Any

import streamlit as st

from nextpod_core import errors, options
from pages.parts import frame
from pages.parts.words import _

_NEVER = object()


def follow(key: str, current: Any) -> str:
    """Give the field `key` the value that stands in the store, unless somebody has typed another. Returns `key`.

    Called before the field is drawn: what a colleague saved meanwhile shows in the fields nobody has touched, and is
    not written back to what it was.
    """
    if key not in st.session_state or st.session_state[key] == st.session_state.get(f"{key}_was", _NEVER):
        st.session_state[key] = current
    st.session_state[f"{key}_was"] = current
    return key


def lines(text: str | None) -> list[str]:
    """The lines of a field, without those that are empty."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def save(**values: Any) -> None:
    """Store those that differ from what stands there, all or none, and draw anew; a refusal is told where it stands."""
    db = frame.run_db()
    try:
        now_there = options.read(db)
        changed = {name: value for name, value in values.items() if getattr(now_there, name) != value}
        if not changed:
            frame.tell(_("Nothing was changed, so nothing was saved."))
            return
        options.change(db, by=frame.user(), now=frame.now(), **changed)
    except errors.BadInput as error:
        frame.tell_error(error)
        return
    frame.tell_later(_("Saved."))
    st.rerun()
