"""What a colleague does with a person's conversation: read it, hand it on, label, close, opt out; also many at once."""

import streamlit as st

from nextpod_core import audiences, conversations, inbox_counts, suppressions
from nextpod_core.conversations import Conversation
from nextpod_core.db import transaction
from nextpod_core.errors import BadInput
from nextpod_core.sentences import say, say_count
from pages.parts import answering, frame, person, settings_privacy, veil
from pages.parts.words import _, n_

MORE = 100


def show(msisdn: str | None) -> None:
    """Open another person's conversation, or none."""
    veil.put("person", msisdn)
    st.session_state.pop("inbox_ask", None)
    st.session_state.pop("inbox_more", None)


def draw_person(msisdn: str, *, before: str | None, after: str | None, telephone: bool) -> None:
    """The conversation of one person, with the neighbours in the list to go on to."""
    db = frame.run_db()
    found = conversations.read(db, msisdn, limit=st.session_state.get("inbox_more", conversations.SHOWN))
    if found.unread and found.last_inbound is not None:
        with frame.telling():
            conversations.read_up_to(db, msisdn, last_inbound=found.last_inbound, by=frame.user(), now=frame.now())
    st.session_state.pop("inbox_redraw", None)
    person.draw_heading(found)
    _draw_actions(found, before=before, after=after, telephone=telephone)
    if found.has_earlier:
        st.button(
            _("Show earlier"), key="inbox_earlier", type="tertiary", icon=":material/expand_less:",
            on_click=_show_earlier,
        )  # fmt: skip
    # The form belongs to what is drawn here: an answer that comes in later must be seen before another one leaves.
    st.session_state["inbox_seen_answer"] = found.last_answer
    _live_entries(msisdn, telephone)
    answering.draw_box(found)


def draw_bulk(people: list[str]) -> None:
    """What can be done to many at once; how many it concerns is said before."""
    if not people:
        st.caption(_("Tick the rows. They can be answered, labelled, handed on and closed together."))
        return
    names = inbox_counts.labels(frame.run_db())
    with st.container(horizontal=True, vertical_alignment="center", key="inbox_bulk"):
        st.markdown("**" + n_("{count} chosen", "{count} chosen", len(people)) + "**", width="content")
        answering.draw_many(people)
        with st.popover(_("Label"), icon=":material/label:", key="inbox_bulk_label_popover"):
            st.selectbox(
                _("Label"), names, index=None, key="inbox_bulk_label", accept_new_options=True,
                placeholder=_("Choose or write one"),
            )  # fmt: skip
            st.button(
                n_("Put it on {count} person", "Put it on {count} people", len(set(people))), key="inbox_bulk_put",
                on_click=_label, args=(people, "inbox_bulk_label"),
            )  # fmt: skip
        with st.popover(_("Audience"), icon=":material/group_add:", key="inbox_bulk_audience_popover"):
            st.selectbox(
                _("Audience"),
                [one.name for one in audiences.every(frame.run_db(), question=audiences.Question.PEOPLE)],
                index=None, key="inbox_bulk_audience", accept_new_options=True, placeholder=_("Choose or write one"),
                help=_("A new campaign can be sent to it."),
            )  # fmt: skip
            st.button(
                n_("Put {count} person into it", "Put {count} people into it", len(set(people))),
                key="inbox_bulk_gather", on_click=_gather, args=(people,),
            )  # fmt: skip
        st.button(_("Take them"), key="inbox_bulk_take", icon=":material/person_add:", on_click=_assign,
                  args=(people, frame.user().name))  # fmt: skip
        st.button(
            n_("Close {count}", "Close {count}", len(set(people))), key="inbox_bulk_close", icon=":material/done_all:",
            on_click=_close, args=(people, None),
        )  # fmt: skip


def _draw_actions(found: Conversation, *, before: str | None, after: str | None, telephone: bool) -> None:
    me = frame.user().name
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="inbox_actions"):
        if telephone:
            st.button(_("The list"), icon=":material/arrow_back:", key="inbox_to_list", on_click=show, args=(None,))
        if found.state is not None and found.state != "closed":
            st.button(_("Close"), icon=":material/done:", key="inbox_close", shortcut="E", on_click=_close,
                      args=([found.msisdn], after), help=_("The next in the list opens."))  # fmt: skip
        elif found.state == "closed":
            st.button(_("Open again"), icon=":material/undo:", key="inbox_reopen", on_click=_reopen,
                      args=([found.msisdn],))  # fmt: skip
        if found.state is not None and found.owner != me:
            st.button("", icon=":material/person_add:", key="inbox_take", help=_("Take it"), on_click=_assign,
                      args=([found.msisdn], me))  # fmt: skip
        st.button("", icon=":material/keyboard_arrow_up:", key="inbox_up", shortcut="K", disabled=not before,
                  on_click=show, args=(before,), help=_("The one before"))  # fmt: skip
        st.button("", icon=":material/keyboard_arrow_down:", key="inbox_down", shortcut="J", disabled=not after,
                  on_click=show, args=(after,), help=_("The next one"))  # fmt: skip
        _draw_more(found)
        if not telephone:
            st.button("", icon=":material/close:", key="inbox_leave", type="tertiary", on_click=show, args=(None,),
                      help=_("Back to the list alone"))  # fmt: skip


def _draw_more(found: Conversation) -> None:
    people = [found.msisdn]
    with st.popover(_("More"), icon=":material/more_horiz:", key="inbox_more_popover"):
        st.selectbox(
            _("Label"), [word for word in inbox_counts.labels(frame.run_db()) if word not in found.labels],
            index=None, key="inbox_label", accept_new_options=True, placeholder=_("Choose or write one"),
            on_change=_label, args=(people, "inbox_label"),
        )  # fmt: skip
        for each in found.labels:
            st.button(_("Take off {label}", label=person.label(each)), key=f"inbox_unlabel_{each}",
                      icon=":material/label_off:", type="tertiary", on_click=_unlabel, args=(people, each))  # fmt: skip
        st.text_area(_("Note for colleagues"), key="inbox_note", height=80, max_chars=conversations.LONGEST_NOTE)
        st.button(_("Keep the note"), key="inbox_note_keep", on_click=_note, args=(found.msisdn,))
        if found.state is not None:
            with st.container(horizontal=True, vertical_alignment="bottom"):
                st.text_input(_("Hand on to"), key="inbox_owner", placeholder=_("Name or e-mail"))
                st.button(_("Hand on"), key="inbox_hand_on", on_click=_hand_on, args=(people,))
            if found.owner:
                st.button(_("Nobody's again"), key="inbox_free", type="tertiary", on_click=_assign, args=(people, None))
            if not found.unread:
                st.button(_("Mark as unread"), key="inbox_unread", type="tertiary", on_click=_mark_unread,
                          args=(people,))  # fmt: skip
        st.divider()
        if found.suppression is None:
            st.text_input(_("Why this person opts out"), key="inbox_out_why", placeholder=_("Asked for by phone"))
            st.button(_("Opt out by hand"), icon=":material/block:", key="inbox_out", on_click=_opt_out,
                      args=(found.msisdn,))  # fmt: skip
        else:
            st.text_input(_("Why this number may be sent to again"), key="inbox_lift_why")
            st.button(_("Lift the opt-out"), icon=":material/undo:", key="inbox_lift", on_click=_lift,
                      args=(found.msisdn,))  # fmt: skip
        if frame.may("person.export"):
            st.divider()
            settings_privacy.download(frame.run_db(), found.msisdn, key="inbox_person_file")
        if frame.may("person.erase") and st.button(_("Erase this person …"), key="inbox_person_erase",
                                                   icon=":material/delete_forever:", type="tertiary"):  # fmt: skip
            settings_privacy.go_and_erase(found.msisdn)


def _live_entries(msisdn: str, telephone: bool) -> None:
    limit = st.session_state.get("inbox_more", conversations.SHOWN)

    @frame.live(5)
    def entries() -> None:
        """Drawn again every five seconds: what comes in, and what became of what was sent."""
        now_found = conversations.read(frame.run_db(), msisdn, limit=limit)
        st.session_state["inbox_seen_answer"] = now_found.last_answer
        person.draw_entries(now_found, height=None if telephone else 430)

    entries()


def _close(people: list[str], after: str | None) -> None:
    with frame.telling_later():
        done = conversations.close(frame.run_db(), people, by=frame.user(), now=frame.now())
        frame.tell_later(say_count("{count} conversation is closed.", "{count} conversations are closed.", done))
        if veil.asked("person") in people:
            show(after if after not in people else None)


def _reopen(people: list[str]) -> None:
    with frame.telling_later():
        conversations.reopen(frame.run_db(), people, by=frame.user(), now=frame.now())


def _mark_unread(people: list[str]) -> None:
    with frame.telling_later():
        conversations.mark_unread(frame.run_db(), people, by=frame.user(), now=frame.now())
        show(None)  # Left open it would be read again at once.


def _assign(people: list[str], owner: str | None) -> None:
    with frame.telling_later():
        conversations.assign(frame.run_db(), people, owner=owner, by=frame.user(), now=frame.now())


def _hand_on(people: list[str]) -> None:
    with frame.telling_later():
        owner = (st.session_state.get("inbox_owner") or "").strip()[:200]
        if not owner:
            raise BadInput("Write who takes over.")
        conversations.assign(frame.run_db(), people, owner=owner, by=frame.user(), now=frame.now())
        st.session_state["inbox_owner"] = ""


def _label(people: list[str], key: str) -> None:
    word = st.session_state.get(key)
    if word:
        with frame.telling_later():
            conversations.label(frame.run_db(), people, label=word, by=frame.user(), now=frame.now())
            st.session_state[key] = None


def _gather(people: list[str]) -> None:
    db, by, now = frame.run_db(), frame.user(), frame.now()
    name = " ".join((st.session_state.get("inbox_bulk_audience") or "").split())
    if name:
        with frame.telling_later():
            known = {one.name: one.id for one in audiences.every(db)}
            number = known[name] if name in known else audiences.create(db, name=name, by=by, now=now)
            new = audiences.add(db, number, list(dict.fromkeys(people)), by=by, now=now)
            frame.tell_later(say_count("{count} is new in {name}.", "{count} are new in {name}.", new, name=name))
            st.session_state["inbox_bulk_audience"] = None


def _unlabel(people: list[str], word: str) -> None:
    with frame.telling_later():
        conversations.unlabel(frame.run_db(), people, label=word, by=frame.user(), now=frame.now())


def _note(msisdn: str) -> None:
    with frame.telling_later():
        text = st.session_state.get("inbox_note") or ""
        conversations.note(frame.run_db(), msisdn, text=text, by=frame.user(), now=frame.now())
        st.session_state["inbox_note"] = ""


def _opt_out(msisdn: str) -> None:
    db = frame.run_db()
    with frame.telling_later(), transaction(db):
        note = (st.session_state.get("inbox_out_why") or "").strip()
        suppressions.add(db, msisdn=msisdn, reason="hand", by=frame.user(), now=frame.now(), note=note)
        frame.tell_later(say("Opted out. Nothing is sent to this number from now on."))


def _lift(msisdn: str) -> None:
    db = frame.run_db()
    with frame.telling_later(), transaction(db):
        reason = st.session_state.get("inbox_lift_why") or ""
        suppressions.lift(db, msisdn=msisdn, by=frame.user(), now=frame.now(), reason=reason)
        frame.tell_later(say("The number may be sent to again."))


def _show_earlier() -> None:
    st.session_state["inbox_more"] = st.session_state.get("inbox_more", conversations.SHOWN) + MORE
