"""The box in which a person is answered: its parts counted while one writes, and what is asked before it leaves."""

import uuid

import streamlit as st

from nextpod_core import answers, segments, suppressions
from nextpod_core.conversations import Conversation
from nextpod_core.sentences import say, say_count
from pages.parts import compose_size, frame, live, person
from pages.parts.words import _, n_, tr


def draw_box(found: Conversation) -> None:
    if found.state is None:
        st.caption(_("This number has not written, so there is nothing to answer."))
        return
    if found.suppression is not None and not found.wrote_after:
        st.info(_("This person has opted out and not written since. They can't be answered."), icon=":material/block:")
        return
    if not answers.can_be_answered(found.msisdn):
        st.info(_("This was written from a name or a short number, which nothing can be sent to."),
                icon=":material/block:")  # fmt: skip
        return
    if not found.senders:
        st.info(
            _("What they wrote to can't be used as a sender. Add a number that can be answered in Settings."),
            icon=":material/block:",
        )
        return
    names = [one.name for one in found.senders]
    if st.session_state.get("inbox_sender") not in names:
        st.session_state["inbox_sender"] = names[0]
    keywords = {one.name: one.keyword for one in found.senders}
    keyword = keywords[st.session_state["inbox_sender"]]
    if keyword:
        with st.container(horizontal=True, vertical_alignment="center", key="inbox_keyword_hint"):
            st.caption(
                _(
                    "{number} is shared: their next message must begin with {keyword} to reach you.",
                    number=names[0] if len(names) == 1 else st.session_state["inbox_sender"],
                    keyword=person.label(keyword),
                ),
                width="content",
            )
            st.button(_("Say so in the answer"), key="inbox_say_keyword", type="tertiary", icon=":material/add:",
                      on_click=_append,
                      args=(found.msisdn, _("Begin your answer with {keyword}.", keyword=keyword)))  # fmt: skip
    _box(found.msisdn)
    asked = st.session_state.get("inbox_ask")
    if asked and asked[0] == found.msisdn:
        frame.tell(asked[2], "warning")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="inbox_send_line"):
        if asked and asked[0] == found.msisdn:
            st.button(_("Send all the same"), type="primary", key="inbox_send_anyway", on_click=_send,
                      args=(found.msisdn, asked[1]))  # fmt: skip
            st.button(_("Don't send"), key="inbox_send_not", on_click=lambda: st.session_state.pop("inbox_ask", None))
        else:
            st.button(_("Send"), type="primary", icon=":material/send:", key="inbox_send", shortcut="Mod+Enter",
                      on_click=_send, args=(found.msisdn,))  # fmt: skip
        if len(names) > 1:
            st.selectbox(_("From"), names, key="inbox_sender", label_visibility="collapsed", width=150)
        else:
            st.caption(_("from {sender}", sender=person.label(names[0])), width="content")
        if canned := answers.canned(frame.run_db()):
            st.menu_button(_("Prepared answers"), canned, key="inbox_canned", format_func=lambda text: person.label(
                text), on_click=_use_canned, args=(found.msisdn,))  # fmt: skip


def draw_many(people: list[str]) -> None:
    """The same answer to many; how many will get it is said before."""
    with st.popover(_("Answer"), icon=":material/reply_all:", key="inbox_bulk_answer_popover"):
        everybody = list(dict.fromkeys(people))
        suppressed = suppressions.suppressed_among(frame.run_db(), everybody)
        out = len(suppressed)
        nameless = sum(one not in suppressed and not answers.senders(frame.run_db(), one) for one in everybody)
        reached = len(everybody) - out - nameless
        st.text_area(
            _("The same answer to each"), key="inbox_bulk_text", height=110, max_chars=1500,
            help=_("{{{{number}}}} and the columns of the person's last campaign can stand in it."),
        )  # fmt: skip
        st.caption(_measured(st.session_state.get("inbox_bulk_text", "")))
        if out:
            st.caption(n_("{count} has opted out and is left out.", "{count} have opted out and are left out.", out))
        if nameless:
            st.caption(n_("{count} wrote from where nothing can be sent to, and is left out.",
                          "{count} wrote from where nothing can be sent to, and are left out.", nameless))  # fmt: skip
        st.session_state.setdefault("inbox_bulk_key", uuid.uuid4().hex)
        st.button(
            n_("Send to {count} person", "Send to {count} people", reached), type="primary",
            key="inbox_bulk_send", on_click=_answer_many, args=(people,), disabled=not reached,
        )  # fmt: skip


@st.fragment
def _box(msisdn: str) -> None:
    """The text and its size: drawn by itself, so that counting does not draw the page."""
    # With the keyboard the text and the order to send it arrive together, and only this fragment would run.
    if st.session_state.pop("inbox_redraw", False):
        st.rerun()
    text = live.text_area(
        _("Answer"), key=f"inbox_answer_{msisdn}", height=96, label_visibility="collapsed",
        placeholder=_("Write the answer (A)"),
    )  # fmt: skip
    st.caption(_measured(text))


def _measured(text: str) -> str:
    size = segments.measure(segments.clean(text).strip())
    if not size.parts:
        return _("The parts are counted here.")
    told = n_("{count} SMS part", "{count} SMS parts", size.parts)
    told += " · " + n_("{count} character left in it", "{count} characters left in it", size.left)
    if size.alphabet is segments.Alphabet.UCS2:
        dear = list(segments.blockers(text))[:5]
        told += " · " + compose_size.told_dear(person.label(" ".join(dear)), len(dear))
    return told


def _send(msisdn: str, confirmed: str | None = None) -> None:
    state = st.session_state
    by, now = frame.user(), frame.now()
    with frame.telling_later():
        try:
            answers.answer(
                frame.run_db(), msisdn, text=state.get(f"inbox_answer_{msisdn}") or "", sender=state["inbox_sender"],
                key=state.setdefault("inbox_answer_key", uuid.uuid4().hex), by=by, now=now,
                seen=None if confirmed == "answered" else state.get("inbox_seen_answer"),
                override=f"confirmed by {by.name}" if confirmed == "suppressed" else None,
            )  # fmt: skip
        except answers.AskFirst as ask:
            state["inbox_ask"] = (msisdn, ask.why, tr(ask.sentence))
            state["inbox_redraw"] = True
            return
        live.put(f"inbox_answer_{msisdn}", "")
        state.pop("inbox_answer_key", None)
        state.pop("inbox_ask", None)
        state["inbox_redraw"] = True
        frame.tell_later(say("The answer is on its way."))


def _answer_many(people: list[str]) -> None:
    state = st.session_state
    with frame.telling_later():
        sent, left_out = answers.answer_many(
            frame.run_db(), list(dict.fromkeys(people)), template=state.get("inbox_bulk_text") or "",
            key=state["inbox_bulk_key"], by=frame.user(), now=frame.now(),
        )  # fmt: skip
        state["inbox_bulk_key"] = uuid.uuid4().hex
        state["inbox_bulk_text"] = ""
        frame.tell_later(say_count("{count} answer is on its way.", "{count} answers are on their way.", sent))
        if left_out:
            frame.tell_later(say_count("{count} was left out.", "{count} were left out.", left_out), "warning")


def _use_canned(msisdn: str) -> None:
    chosen = st.session_state.get("inbox_canned")
    if chosen:
        with frame.telling_later():
            live.put(f"inbox_answer_{msisdn}", answers.fill(frame.run_db(), msisdn, chosen))


def _append(msisdn: str, sentence: str) -> None:
    key = f"inbox_answer_{msisdn}"
    before = (st.session_state.get(key) or "").rstrip()
    if sentence not in before:
        live.put(key, f"{before} {sentence}".strip())
