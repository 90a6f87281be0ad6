"""The senders: what phones show as from, which can be answered, which Nextpod has accepted, which is the default."""

import streamlit as st

from nextpod_core import errors, senders
from nextpod_core.senders import Sender
from pages.parts import frame, person
from pages.parts.words import _, tr


def draw() -> None:
    """The list, then the form for another one."""
    found = senders.every(frame.run_db())
    if not found:
        frame.tell(_("No sender yet. Add the first one below; new campaigns begin with it."))
    for sender in found:
        _row(sender)
    _add([sender.name for sender in found])


def _row(sender: Sender) -> None:
    # Keys by name: the list is put in another order by the very press, and a second one must not mean another sender.
    with (
        st.container(border=True, key=f"settings_sender_{sender.name}"),
        st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"),
    ):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.markdown(f"**{person.label(sender.name)}**", width="content")
            if sender.is_default:
                st.badge(_("Default"), color="green", icon=":material/star:")
            if sender.can_answer:
                told = _("Can be answered") if not sender.keyword else _(
                    "Answers begin with {keyword}", keyword=person.label(sender.keyword)
                )  # fmt: skip
                st.badge(told, color="green", icon=":material/reply:")
            else:
                st.badge(_("Can't be answered"), color="gray")
            if sender.accepted_at is None:
                why = _("Nextpod blocks some senders. Send one text to your own phone from the Health page.")
                st.badge(_("Not tried at Nextpod yet"), color="orange", help=why)
            else:
                st.badge(_("Accepted by Nextpod {time}", time=frame.when(sender.accepted_at, "date")), color="blue")
        with st.container(horizontal=True, width="content"):
            st.button(_("Make default"), key=f"settings_default_{sender.name}", disabled=sender.is_default,
                      on_click=_default, args=(sender.name,))  # fmt: skip
            with st.popover(_("Remove")):
                st.write(_("Campaigns that use it keep it. It can be added again."))
                st.button(_("Remove {name}", name=person.label(sender.name)), key=f"settings_remove_{sender.name}",
                          on_click=_remove, args=(sender.name,))  # fmt: skip


def _default(name: str) -> None:
    with frame.telling_later():
        senders.make_default(frame.run_db(), name, by=frame.user(), now=frame.now())


def _remove(name: str) -> None:
    with frame.telling_later():
        senders.remove(frame.run_db(), name, by=frame.user(), now=frame.now())


def _add(saved: list[str]) -> None:
    st.header(_("Add a sender"))
    with st.container(horizontal=True, vertical_alignment="top", key="settings_add_sender"):
        name = (
            st.text_input(
                _("Sender"), key="settings_sender_name", live=True, width=280, max_chars=40,
                placeholder=_("Such as Nextpod, or 2345"),
                help=_("3 to 11 letters, digits and spaces with at least one letter, or 3 to 14 digits."),
            )
            or ""
        ).strip()  # fmt: skip
        keyword = None
        if senders.can_be_answered(name):
            keyword = st.text_input(
                _("Keyword"), key="settings_sender_keyword", width=200, placeholder=_("None"),
                help=_("On a short code shared with others: the word that an answer must begin with to reach you."),
            )  # fmt: skip
    is_allowed = _judge(name, saved)
    st.button(_("Add"), type="primary", key="settings_sender_add", disabled=not is_allowed,
              on_click=_save, args=(name, keyword))  # fmt: skip
    if error := st.session_state.pop("settings_sender_error", None):
        frame.tell_error(error)


def _save(name: str, keyword: str | None) -> None:
    with frame.telling_later():
        try:
            senders.add(frame.run_db(), name, by=frame.user(), now=frame.now(), keyword=keyword)
        except errors.BadInput as error:
            st.session_state["settings_sender_error"] = error
            return
        for key in ("settings_sender_name", "settings_sender_keyword"):
            st.session_state[key] = ""
        frame.tell_later(_("Saved."))


def _judge(name: str, saved: list[str]) -> bool:
    """Says while it is typed what Nextpod's rules, and phones, make of the name; whether it may be added."""
    if not name:
        st.caption(_("3 to 11 letters, digits and spaces with at least one letter, or 3 to 14 digits."))
        return False
    try:
        doubt = senders.check(name)
    except errors.BadInput as error:
        st.caption(f":red[:material/error:] {_plain(tr(error.sentence))}")
        return False
    if doubt is not None:
        st.caption(f":orange[:material/warning:] {_plain(tr(doubt))}")
    if senders.can_be_answered(name):
        st.caption(f":green[:material/reply:] {_('Digits: people can text back to it.')}")
    else:
        st.caption(
            ":gray[:material/info:] "
            + _("Letters: nobody can text back to it. A marketing text must then say how to opt out.")
        )
    if name in saved:
        st.caption(_("It is saved already; adding it again changes its keyword only."))
    return True


def _plain(text: str) -> str:
    return person.whole(text).replace("[", r"\[").replace("*", r"\*").replace("_", r"\_").replace("`", r"\`")
