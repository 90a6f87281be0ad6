"""A draft open in two windows: what the other one changed is told, and nobody writes over what they never saw."""

import dataclasses

import streamlit as st

from nextpod_core import drafts
from nextpod_core.drafts import Draft
from nextpod_core.sentences import Sentence, say
from pages.parts import compose_draft, frame
from pages.parts.words import _, list_of, tr

FIELDS: dict[str, Sentence] = {
    "name": say("the name"),
    "purpose": say("the purpose"),
    "origin": say("where the numbers come from"),
    "import_id": say("the list"),
    "sender": say("the sender"),
    "text": say("the text"),
    "due_at": say("the time"),
    "choices": say("what stands under More choices"),
}


def changed_elsewhere(draft: Draft) -> list[str]:
    """The fields that another window changed and this one still shows as they were."""
    seen = compose_draft.seen()
    if seen is None or seen.id != draft.id:
        return []
    return drafts.differences(seen, draft)


def tell(draft: Draft) -> None:
    """What another window changed, but the text, which is told beside it."""
    fields = [name for name in changed_elsewhere(draft) if name != "text"]
    if not fields:
        return
    what = list_of([tr(FIELDS[name]) for name in fields])
    mine = [name for name in compose_draft.refused() if name in fields]
    with st.container(horizontal=True, vertical_alignment="center", key="compose_elsewhere"):
        at = frame.when(draft.changed_at, "time")
        told = _("In another window {what} was changed at {time}.", what=what, time=at)
        if mine:
            told += " " + _("What you changed here was not kept.")
        frame.tell(told, "warning")
        st.button(_("Show it as it is now"), key="compose_look_again", icon=":material/sync:",
                  on_click=_look_again, args=(draft, mine))  # fmt: skip
        if mine:
            st.button(_("Keep what I changed"), key="compose_insist", on_click=compose_draft.insist, args=(draft,))


def tell_text(draft: Draft, typed: str) -> None:
    """Beside the text: another window wrote in it too. Both are shown where both wrote; nothing is kept until one is
    chosen."""
    if "text" not in changed_elsewhere(draft) or typed == draft.text:
        return
    at = frame.when(draft.changed_at, "time")
    if "text" not in compose_draft.refused():
        with st.container(horizontal=True, vertical_alignment="center", key="compose_text_elsewhere"):
            frame.tell(_("The text was changed in another window at {time}. This is how it was before.", time=at),
                       "warning")  # fmt: skip
            st.button(_("Show the new text"), key="compose_text_take", icon=":material/sync:", on_click=_take,
                      args=(draft,))  # fmt: skip
        return
    with st.container(border=True, key="compose_text_elsewhere"):
        frame.tell(
            _("The text was changed in another window at {time}, and what you write here is not kept until you choose "
              "one of the two.", time=at), "warning",
        )  # fmt: skip
        st.caption(_("There:"))
        st.code(draft.text or " ", language=None, wrap_lines=True)
        st.caption(_("Here:"))
        st.code(typed or " ", language=None, wrap_lines=True)
        with st.container(horizontal=True, key="compose_text_choose"):
            st.button(_("Take the one from there"), key="compose_text_take", on_click=_take, args=(draft,))
            st.button(_("Keep mine"), key="compose_text_keep", type="primary", on_click=_keep_mine,
                      args=(draft, typed))  # fmt: skip


def _look_again(draft: Draft, mine: list[str]) -> None:
    # What is being written in the text stays: that is asked about at the text itself.
    seen = compose_draft.seen()
    text, unkept = (seen.text, st.session_state.get("compose_text")) if seen else (draft.text, draft.text)
    compose_draft.look_again(dataclasses.replace(draft, text=text))
    compose_draft.put("text", unkept if unkept is not None else text)


def _take(draft: Draft) -> None:
    compose_draft.take_text(draft)


def _keep_mine(draft: Draft, typed: str) -> None:
    compose_draft.take_text(draft)
    compose_draft.put_text(typed)
