"""The draft on the compose page: named in the address, kept in the store with every change, shown as it stands."""

from typing import Any

import streamlit as st

from nextpod_core import drafts
from nextpod_core.drafts import Draft
from pages.parts import frame, live

_PREFIX = "compose_"
_CHANGED = "compose_changed"
_BEGUN = "compose_begun"
_LATE_MS = 30_000


def asked() -> int | None:
    """
    The number of the draft that is worked at: the one in the address, None before there is one.

    Whoever types on at once sends the next words before the browser has heard of the draft that the first made, and so
    with an address that names none. For a moment those belong to it; as words of yet another draft they would leave
    the name in one, the text in the other, and empty what is on the screen.
    """
    named = frame.id_in_address("draft")
    begun: tuple[int, int] | None = st.session_state.get(_BEGUN)
    if named is None and begun is not None and frame.now() - begun[1] < _LATE_MS:
        st.query_params["draft"] = str(begun[0])
        return begun[0]
    return named


def load() -> Draft:
    """The draft that the address names, or one that is kept as soon as something is written in it.

    What the widgets hold belongs to one draft: with another one in the address they begin anew.
    """
    db, number = frame.run_db(), asked()
    if number != st.session_state.get("compose_draft"):
        forget()
        st.session_state["compose_draft"] = number
    return drafts.blank(db, now=frame.now()) if number is None else drafts.get(db, number)


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
    number = asked()
    kept = None
    with frame.telling_later():
        kept = (
            drafts.new(db, by=by, now=now, **values)
            if number is None
            else drafts.change(db, number, by=by, now=now, **values)
        )
    if kept is not None and number is None:
        # The address last: the run may be stopped there, by the next key that is pressed.
        st.session_state["compose_draft"] = kept.id
        st.session_state[_BEGUN] = (kept.id, now)
        st.query_params["draft"] = str(kept.id)
    show_change()
    return kept


def keep_typed(text: str) -> Draft | None:
    """While somebody types: keep the text so far. Told where the script stands when that was refused."""
    db, by, now = frame.run_db(), frame.user(), frame.now()
    number = asked()
    if number is None:
        return keep(text=text)  # The first letter makes the draft, and the page shows that it is kept.
    return drafts.change(db, number, by=by, now=now, while_typing=True, text=text)


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
