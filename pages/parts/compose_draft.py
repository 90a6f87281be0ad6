"""The draft on the compose page: named in the address, kept in the store with every change, shown as it stands."""

from typing import Any

import streamlit as st

from nextpod_core import drafts
from nextpod_core.drafts import Draft
from pages.parts import frame, live

_PREFIX = "compose_"
_CHANGED = "compose_changed"


def load() -> Draft:
    """The draft that the address names, or one that is kept as soon as something is written in it.

    What the widgets hold belongs to one draft: with another one in the address they begin anew.
    """
    db, asked = frame.run_db(), frame.id_in_address("draft")
    if asked != st.session_state.get("compose_draft"):
        forget()
        st.session_state["compose_draft"] = asked
    return drafts.blank(db, now=frame.now()) if asked is None else drafts.get(db, asked)


def forget() -> None:
    """Let go of what the widgets hold."""
    for key in [key for key in st.session_state if str(key).startswith(_PREFIX)]:
        del st.session_state[key]


def given(name: str, value: Any) -> str:
    """The key of a widget, which shows `value` until somebody changes it."""
    key = _PREFIX + name
    if key not in st.session_state:
        st.session_state[key] = value
    return key


def put(name: str, value: Any) -> None:
    """In a callback: let the widget `name` show `value`."""
    st.session_state[_PREFIX + name] = value


def held(name: str) -> Any:
    """What the widget `name` holds."""
    return st.session_state.get(_PREFIX + name)


def keep(**values: Any) -> Draft | None:
    """In a callback: write `values` into the draft, which is made when it is the first. None when that was refused."""
    db, by, now = frame.run_db(), frame.user(), frame.now()
    asked = frame.id_in_address("draft")
    kept = None
    with frame.telling_later():
        kept = (
            drafts.new(db, by=by, now=now, **values)
            if asked is None
            else drafts.change(db, asked, by=by, now=now, **values)
        )
    if kept is not None and asked is None:
        st.query_params["draft"] = str(kept.id)
        st.session_state["compose_draft"] = kept.id
    show_change()
    return kept


def keep_typed(text: str) -> Draft | None:
    """While somebody types: keep the text so far. Told where the script stands when that was refused."""
    db, by, now = frame.run_db(), frame.user(), frame.now()
    asked = frame.id_in_address("draft")
    if asked is None:
        return keep(text=text)  # The first letter makes the draft, and the page shows that it is kept.
    return drafts.change(db, asked, by=by, now=now, while_typing=True, text=text)


def put_text(text: str) -> None:
    """In a callback: let this be the text."""
    live.put(_PREFIX + "text", text)
    keep(text=text)


def show_change() -> None:
    """In a callback: let the whole page be drawn, though only a part of it would be."""
    st.session_state[_CHANGED] = True


def has_changed() -> bool:
    """Whether the whole page has still to show a change; asking makes it so no longer."""
    return bool(st.session_state.pop(_CHANGED, False))


def keep_widget(name: str) -> None:
    """On change of a widget that shows the draft's own field `name`."""
    keep(**{name: held(name) or ""})


def keep_choice(name: str) -> None:
    """On change of a widget that shows the choice `name`."""
    keep(choices={name: held(name)})


def plain(text: str) -> str:
    """What somebody else wrote, inside markdown: as it stands, so that no column's name becomes a picture or a link."""
    return "".join(f"\\{each}" if each in "\\`*_{}[]()#+-.!|$~:<>" else each for each in text)
