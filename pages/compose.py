"""A new campaign in four steps: people, text, time, review. Everything typed is kept as a draft by itself."""

import streamlit as st

from nextpod_core import drafts, review
from nextpod_core.errors import BadInput
from nextpod_core.sentences import say
from pages.parts import (
    compose_draft,
    compose_people,
    compose_review,
    compose_text,
    compose_time,
    compose_windows,
    frame,
)
from pages.parts.words import _

db = frame.open_page("pages/compose.py")


def begin_anew() -> None:
    """Another draft; this one stays where it is."""
    st.query_params.pop("draft", None)
    compose_draft.forget()


def drop() -> None:
    """Let this draft go."""
    number = compose_draft.asked()
    with frame.telling_later():
        if number is not None:
            drafts.drop(db, number, by=frame.user(), now=frame.now())
            frame.tell_later(say("The draft is gone."))
    begin_anew()


def named(other: drafts.Draft) -> str:
    """A draft as it is chosen from a list."""
    return f"{other.name or _('Without a name')} · {frame.when(other.changed_at)}"


def open_older() -> None:
    """Go to the draft that was found among the older ones."""
    chosen = st.session_state.get("compose_older")
    if chosen is not None:
        st.query_params["draft"] = str(chosen.id)


def copy() -> None:
    """A new draft with all that this campaign has but its time."""
    number = compose_draft.asked()
    with frame.telling_later():
        if number is not None:
            st.query_params["draft"] = str(drafts.copy(db, number, by=frame.user(), now=frame.now()).id)


compose_draft.begin_run()
try:
    compose_draft.load()
    compose_draft.catch_up()
    draft = compose_draft.load()
except BadInput as error:
    st.title(_("New campaign"))
    frame.tell_error(error)
    st.button(_("Begin a new campaign"), key="compose_anew", type="primary", on_click=begin_anew)
    frame.stop()

if draft.state != "open":
    compose_review.follow()
    st.title(draft.name or _("Campaign"))
    sent = review.get(db, draft.id) if draft.state == "used" else None
    if sent is not None:
        frame.tell(_("This campaign is on its way. What was reviewed is what leaves."), "success")
        frame.link(
            "campaigns", label=_("See how it goes"), icon=":material/insights:",
            query_params={"campaign": str(sent.campaign_id)},
        )  # fmt: skip
    else:
        frame.tell(_("This draft was let go."))
    with st.container(horizontal=True, key="compose_after_row"):
        st.button(_("Copy it to a new draft"), key="compose_copy", icon=":material/content_copy:", on_click=copy)
        st.button(_("Begin a new campaign"), key="compose_anew", on_click=begin_anew)
    frame.stop()

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="compose_head"):
    st.title(_("New campaign"), anchor=False, width="content")
    if draft.id:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right", width="content",
                          key="compose_kept"):  # fmt: skip
            st.caption(":material/cloud_done: " + _("Saved {time}", time=frame.when(draft.changed_at, "time")),
                       width="content")  # fmt: skip
            st.button(_("New"), key="compose_new", type="tertiary", icon=":material/add:", on_click=begin_anew)
            with st.popover(_("Drop"), type="tertiary", icon=":material/delete:", key="compose_drop_popover"):
                st.button(_("Drop this draft for good"), key="compose_drop", on_click=drop)

others = [each for each in drafts.open_ones(db) if each.id != draft.id]
# Its place stays when it is gone: what is below must not move while somebody writes in it.
with st.container():
    if others and not draft.id:
        with st.expander(_("Go on with a draft ({count})", count=len(others)), icon=":material/edit_note:"):
            for other in others[:10]:
                frame.link("compose", query_params={"draft": str(other.id)}, label=named(other))
            if len(others) > 10:
                st.selectbox(
                    _("Find an older one"), others[10:], index=None, format_func=named, key="compose_older",
                    on_change=open_older, placeholder=_("Write a part of its name"),
                )  # fmt: skip

compose_windows.tell(draft)

st.text_input(
    _("Name of the campaign"), key=compose_draft.given("name", draft.name), max_chars=200,
    placeholder=_("For example: Renewal of memberships, December"), on_change=compose_draft.keep_widget,
    args=("name",), help=_("Only your team sees it."),
)  # fmt: skip

with st.container(border=True, key="compose_step_people"):
    audience = compose_people.draw(draft)
with st.container(border=True, key="compose_step_text"):
    text_is_fine = compose_text.draw(audience)
    draft = compose_draft.load()  # With what was typed while the page was drawn.
with st.container(border=True, key="compose_step_time"):
    time_is_fine = compose_time.draw(draft, audience.sendable if audience else 0)
with st.container(border=True, key="compose_step_review"):
    compose_review.draw(draft, audience, text_is_fine=text_is_fine, time_is_fine=time_is_fine)
