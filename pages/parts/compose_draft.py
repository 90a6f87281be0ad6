"""The draft on the compose page: named in the address, kept in the store with every change, shown as it stands."""

import dataclasses
from typing import Any

import streamlit as st

from nextpod_core import drafts
from nextpod_core.drafts import Draft
from pages.parts import frame, live

_PREFIX = "compose_"
_CHANGED = "compose_changed"
_BEGUN = "compose_begun"
_SEEN = "compose_seen"
_REFUSED = "compose_refused"
_RUNS = "compose_runs"
_LATE_MS, _LATE_WORDS_MS = 2_000, 30_000


def begin_run() -> None:
    """First thing in every run of the page, which shows what was changed before."""
    st.session_state[_RUNS] = st.session_state.get(_RUNS, 0) + 1
    has_changed()


def asked(*, with_words: bool = False) -> int | None:
    """
    The number of the draft that is worked at: the one in the address, None before there is one.

    Whoever types on at once sends the next words before the browser has heard of the draft that the first made, and so
    with an address that names none. For a moment those belong to it; as words of yet another draft they would leave
    the name in one, the text in the other, and empty what is on the screen. Once the browser has named it, an address
    without it is somebody who wants a new campaign.
    """
    named = frame.id_in_address("draft")
    begun: tuple[int, int, int] | None = st.session_state.get(_BEGUN)
    if begun is None:
        return named
    if named is not None:
        if st.session_state.get(_RUNS, 0) > begun[2] + 1:  # In the run that made it, it is we who named it.
            del st.session_state[_BEGUN]
        return named
    if frame.now() - begun[1] < (_LATE_WORDS_MS if with_words else _LATE_MS):
        st.query_params["draft"] = str(begun[0])
        return begun[0]
    return None


def load() -> Draft:
    """The draft that the address names, or one that is kept as soon as something is written in it.

    What the widgets hold belongs to one draft: with another one in the address they begin anew.
    """
    db, number = frame.run_db(), asked()
    if number != st.session_state.get("compose_draft"):
        forget()
        st.session_state["compose_draft"] = number
    draft = drafts.blank(db, now=frame.now()) if number is None else drafts.get(db, number)
    st.session_state.setdefault(_SEEN, draft)
    return draft


def seen() -> Draft | None:
    """The draft as this window shows it: what it was when the widgets were filled, and what was changed here since."""
    found: Draft | None = st.session_state.get(_SEEN)
    return found


def look_again(draft: Draft) -> None:
    """In a callback: let this window show the draft as it stands now, whatever its widgets hold."""
    number, turn = st.session_state.get("compose_draft"), st.session_state.get("compose_turn", 0)
    forget()
    st.session_state["compose_draft"], st.session_state["compose_turn"] = number, turn
    st.session_state[_SEEN] = draft
    live.put(_PREFIX + "text", draft.text)
    show_change()


def take_text(draft: Draft) -> None:
    """In a callback: let this window show the text of the draft as it stands, and all else as it is."""
    before = seen() or draft
    st.session_state[_SEEN] = dataclasses.replace(before, text=draft.text)
    left = {name: value for name, value in refused().items() if name != "text"}
    st.session_state[_REFUSED] = left
    live.put(_PREFIX + "text", draft.text)
    show_change()


def refused() -> dict[str, Any]:
    """What was changed here and not kept, because another window had changed the same; by field."""
    found: dict[str, Any] = st.session_state.get(_REFUSED) or {}
    return found


def insist(draft: Draft) -> None:
    """In a callback: keep what was refused, over the draft as it was shown beside it."""
    mine = refused()
    st.session_state[_SEEN] = draft
    if (kept := keep(**mine)) is not None:
        look_again(kept)


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
    number = asked(with_words=True)
    kept = None
    with frame.telling_later():
        try:
            kept = (
                drafts.new(db, by=by, now=now, **values)
                if number is None
                else drafts.change(db, number, by=by, now=now, over=_seen_of(number), **values)
            )
        except drafts.Overtaken:
            st.session_state[_REFUSED] = refused() | values
    if kept is not None:
        _note_kept(kept, values)
    if kept is not None and number is None:
        # The address last: the run may be stopped there, by the next key that is pressed.
        st.session_state["compose_draft"] = kept.id
        st.session_state[_BEGUN] = (kept.id, now, st.session_state.get(_RUNS, 0))
        st.query_params["draft"] = str(kept.id)
    show_change()
    return kept


def keep_typed(text: str) -> Draft | None:
    """While somebody types: keep the text so far. Told where the script stands when that was refused."""
    db, by, now = frame.run_db(), frame.user(), frame.now()
    number = asked(with_words=True)
    if number is None:
        return keep(text=text)  # The first letter makes the draft, and the page shows that it is kept.
    try:
        kept = drafts.change(db, number, by=by, now=now, while_typing=True, over=_seen_of(number), text=text)
    except drafts.Overtaken:
        st.session_state[_REFUSED] = refused() | {"text": text}
        return None
    _note_kept(kept, {"text": text})
    return kept


def catch_up() -> None:
    """Keep what stands in a box of one line and could not be kept when it was left."""
    before = seen()
    for name in ("name", "origin"):
        value = held(name)
        if before is not None and value is not None and value != getattr(before, name) and name not in refused():
            keep(**{name: value})
    has_changed()  # This run shows it.


def _seen_of(number: int) -> Draft | None:
    found = seen()
    return found if found is not None and found.id == number else None


def _note_kept(kept: Draft, values: dict[str, Any]) -> None:
    """What this window wrote it has seen; what another wrote beside it it has not."""
    before = _seen_of(kept.id)
    if before is None:
        st.session_state[_SEEN] = kept
        return
    own = {name: getattr(kept, name) for name in values if name != "choices"}
    if "choices" in values:
        given = values["choices"]
        own["choices"] = dataclasses.replace(before.choices, **given) if isinstance(given, dict) else given
    st.session_state[_SEEN] = dataclasses.replace(before, **own)
    if left := {name: value for name, value in refused().items() if name not in values}:
        st.session_state[_REFUSED] = left
    else:
        st.session_state.pop(_REFUSED, None)


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
