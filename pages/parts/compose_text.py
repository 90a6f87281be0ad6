"""Step 2 of a campaign: sender, text, what it costs over the whole list, and how it looks on a telephone."""

import dataclasses

import streamlit as st

from nextpod_core import edits, keywords, measures, review, saved_texts, segments, senders, templates
from nextpod_core.drafts import Draft
from nextpod_core.errors import BadInput
from nextpod_core.imports import Import
from nextpod_core.reckoning import Measures
from nextpod_core.sentences import say
from pages.parts import compose_draft, compose_phone, compose_size, compose_test, compose_windows, frame, live
from pages.parts.compose_draft import plain
from pages.parts.words import _, list_of, tr


def draw(audience: Import | None) -> bool:
    """The step as it stands; whether the text can be reviewed."""
    st.header(_("2 · Text"), anchor=False)
    st.session_state["compose_text_stands"] = None  # Whatever is found below, the rest of the page is drawn after it.
    _written(audience)
    draft = compose_draft.load()
    st.session_state["compose_text_stands"] = _stands(draft, audience)
    return _is_fine(draft, audience)


def _stands(draft: Draft, audience: Import | None) -> tuple[bool, bool, bool, bool]:
    """What the review below depends on: when a letter changes it, that step is drawn anew at once.

    A button that only came to life when the text is left would miss the very click that leaves it.
    """
    found = review.get(frame.run_db(), draft.id) if draft.id else None
    reviewed = found is not None and found.version == draft.version
    elsewhere = bool(compose_windows.changed_elsewhere(draft))
    return _is_fine(draft, audience), bool(draft.text.strip()), reviewed, elsewhere


@st.fragment
def _written(audience: Import | None) -> None:
    """All of the step, drawn by itself again and again while somebody types, so that the page is not."""
    if compose_draft.has_changed():
        st.rerun()  # A button or a widget in here changed the draft, and the other steps show it.
    with frame.telling():
        draft = compose_draft.load()
        left, right = st.columns([3, 2], gap="large")
        with left:
            _sender(draft)
            st.segmented_control(
                _("Purpose"), ["service", "marketing"], key=compose_draft.given("purpose", draft.purpose),
                required=True, on_change=compose_draft.keep_widget, args=("purpose",),
                format_func={"service": _("Service"), "marketing": _("Marketing")}.__getitem__,
                help=_("Marketing needs consent and a way out in every text."),
            )  # fmt: skip
            _placeholders(audience)
            draft, typing = _area(draft)
            if st.session_state.get("compose_text_stands") not in (None, _stands(draft, audience)):
                st.rerun()
            found = _check(draft, audience, typing=typing)
            compose_size.draw(draft, audience, found)
            _warn(draft)
        with right:
            shown = compose_phone.draw(draft, audience, found)
            if shown is not None and draft.sender and shown.text:
                compose_test.draw(
                    draft.sender, shown.text, key="compose_test",
                    told=_("The text above goes out at once, as row {row} would get it.", row=shown.row),
                )  # fmt: skip
    frame.tell_what_waits()  # A press in here runs this fragment alone, and who is told nothing presses again.


def _area(draft: Draft) -> tuple[Draft, bool]:
    """The box the text is written in. Every pause in the typing is kept; whether somebody is still at it."""
    compose_draft.given("text", draft.text)
    text = segments.clean(
        live.text_area(
            _("Text"), key="compose_text", height=170, max_chars=20_000, placeholder=_("Hei {{{{name}}}}! …"),
            on_change=compose_draft.keep_widget, args=("text",),
            help=_("{{{{name|friend}}}} puts in a word where the name is empty. {{{{member??Welcome back!}}}} shows "
                   "the words only where the column says yes."),
        )
    )  # fmt: skip
    typing = text != segments.clean(st.session_state.get("compose_text") or "")
    seen = compose_draft.seen()
    # What differs from what this window kept or was shown is new here, also where keeping it failed a moment ago. What
    # it only shows is never written: another window may have written more.
    if seen is None or text != segments.clean(seen.text):
        draft = compose_draft.keep_typed(text) or draft
    compose_windows.tell_text(draft, text)
    if "text" in compose_draft.refused():
        draft = dataclasses.replace(draft, text=text)  # What is written here is what is counted and shown here.
    return draft, typing


def _sender(draft: Draft) -> None:
    saved = {each.name: each for each in senders.every(frame.run_db())}
    names = list(saved)
    if draft.sender and draft.sender not in names:
        names.append(draft.sender)

    def told(name: str) -> str:
        if not senders.can_be_answered(name):
            return name
        word = saved[name].keyword if name in saved else None
        return f"{name} · " + (_("answers begin with {word}", word=word) if word else _("can be answered"))

    st.selectbox(
        _("Sender"), names, format_func=told, accept_new_options=True, on_change=_keep_sender,
        key=compose_draft.given("sender", draft.sender or None), placeholder=_("Choose, or write a new one"),
        help=_("3-11 letters and digits with at least one letter, or 3-14 digits. Only digits can be answered."),
    )  # fmt: skip
    try:
        if draft.sender and (warning := senders.check(draft.sender)):
            st.caption(f":material/info: {tr(warning)}")
        if compose_test.is_untried(draft.sender):
            told_first = _("Nothing was sent from {sender} yet. Send a test first: some senders are blocked.",
                           sender=draft.sender)  # fmt: skip
            st.caption(f":material/info: {told_first}")
    except BadInput as error:
        frame.tell_error(error)


def _keep_sender() -> None:
    name = (compose_draft.held("sender") or "").strip()
    db = frame.run_db()
    with frame.telling_later():
        if name:
            senders.check(name)
            if name not in {each.name for each in senders.every(db)}:
                senders.add(db, name, by=frame.user(), now=frame.now())
        compose_draft.keep(sender=name)
        return
    # Refused: the widget goes back to what the draft has.
    st.session_state.pop("compose_sender", None)


def _placeholders(audience: Import | None) -> None:
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="compose_insert"):
        _saved()
        if audience is None:
            st.caption(_("The columns of your list become buttons here."), width="content")
            return
        columns = [name for place, name in enumerate(audience.columns) if place != audience.number_column]
        if not columns:
            return
        st.caption(_("Put in:"), width="content")
        for place, name in enumerate(columns[:12]):
            st.button(plain(name), key=f"compose_insert_{place}", icon=":material/add:", on_click=_insert,
                      args=(name,), help=_("Adds {{{{{name}}}}} to the text", name=plain(name)))  # fmt: skip
        if len(columns) > 12:
            with st.popover(_("More"), key="compose_insert_more"):
                for place, name in enumerate(columns[12:], start=12):
                    st.button(plain(name), key=f"compose_insert_{place}", on_click=_insert, args=(name,))


def _saved() -> None:
    """Texts that are kept under a name: begin with one, or keep this one."""
    with st.popover(_("Saved texts"), icon=":material/bookmarks:", type="tertiary", key="compose_saved"):
        kept = saved_texts.every(frame.run_db())
        if kept:
            chosen = st.selectbox(_("Begin with"), kept, format_func=lambda each: each.name, key="compose_saved_text",
                                  index=None, placeholder=_("Choose a text"))  # fmt: skip
            if chosen is not None:
                st.code(chosen.text, language=None, wrap_lines=True)
                with st.container(horizontal=True, key="compose_saved_row"):
                    st.button(_("Use it in place of the text"), key="compose_saved_use", type="primary",
                              on_click=compose_draft.put_text, args=(chosen.text,))  # fmt: skip
                    st.button(_("Take it off the list"), key="compose_saved_drop", type="tertiary",
                              on_click=_drop_saved, args=(chosen.id,))  # fmt: skip
        else:
            st.caption(_("No text has been saved yet."))
        st.text_input(_("Save this text as"), key="compose_save_name", max_chars=100,
                      placeholder=_("For example: Reminder of a meeting"))  # fmt: skip
        st.button(_("Save"), key="compose_save", on_click=_save)


def _save() -> None:
    with frame.telling_later():
        name = st.session_state.get("compose_save_name") or ""
        saved_texts.save(
            frame.run_db(), name, compose_draft.load().text, by=frame.user(), now=frame.now()
        )  # fmt: skip
        st.session_state["compose_save_name"] = ""
        frame.tell_later(say("The text is saved as {name}.", name=" ".join(name.split())))
    compose_draft.show_change()


def _drop_saved(text_id: int) -> None:
    with frame.telling_later():
        saved_texts.remove(frame.run_db(), text_id, by=frame.user(), now=frame.now())
    st.session_state.pop("compose_saved_text", None)
    compose_draft.show_change()


def _insert(name: str) -> None:
    text = compose_draft.held("text") or ""
    compose_draft.put_text(f"{text}{'' if not text or text[-1].isspace() else ' '}{{{{{name}}}}}")


def _is_fine(draft: Draft, audience: Import | None) -> bool:
    """Whether the text can be read and every placeholder has a column."""
    try:
        template = templates.parse(draft.text)
    except BadInput:
        return False
    return bool(draft.text.strip()) and audience is not None and not templates.unknown(template, audience.columns)


def _check(draft: Draft, audience: Import | None, *, typing: bool) -> Measures | None:
    """Say what is wrong with the text; else what it comes to over the list, quickly while somebody types."""
    if not draft.text.strip():
        return None
    try:
        template = templates.parse(draft.text)
        if audience is None:
            return None
        unknown = templates.unknown(template, audience.columns)
        for place, (name, near) in enumerate(unknown):
            with st.container(horizontal=True, vertical_alignment="center", key=f"compose_unknown_{place}"):
                if near:
                    st.error(_("The list has no column {name}.", name=f"**{plain(name)}**"))
                    st.button(_("Use {{{{{near}}}}}", near=plain(near)), key=f"compose_use_{place}", on_click=_rename,
                              args=(name, near))  # fmt: skip
                else:
                    st.error(
                        _("The list has no column {name}. It has {columns}.", name=f"**{plain(name)}**",
                          columns=plain(list_of(audience.columns[:8])))
                    )  # fmt: skip
        if unknown:
            return None
        most = measures.QUICK if typing else measures.EXACT
        return measures.measure(frame.run_db(), draft, team=frame.team_options(), most=most)
    except BadInput as error:
        frame.tell_error(error)
        return None


def _rename(old: str, new: str) -> None:
    compose_draft.put_text(edits.with_column(compose_draft.held("text") or "", old, new))


def _warn(draft: Draft) -> None:
    if not draft.text.strip() or not draft.sender:
        return
    saved = {each.name: each for each in senders.every(frame.run_db())}
    answered = senders.can_be_answered(draft.sender)
    keyword = saved[draft.sender].keyword if draft.sender in saved else None
    if draft.purpose == "marketing" and not keywords.says_how_to_stop(draft.text):
        code = draft.sender if answered else frame.team_options().short_code
        way_out = f"STOPP {keyword} til {code}" if keyword else f"STOPP til {code}"
        with st.container(horizontal=True, vertical_alignment="center", key="compose_way_out"):
            st.warning(_("The text doesn't say how to stop. Norwegian law asks for a free and simple way out in every "
                         "marketing message."), icon=":material/gavel:")  # fmt: skip
            st.button(_("Add “{words}”", words=way_out), key="compose_add_way_out", on_click=_append, args=(way_out,))
    if keywords.asks_for_answer(draft.text):
        if not answered:
            st.warning(_("The text asks for an answer, but nobody can answer {sender}: it is letters.",
                         sender=draft.sender), icon=":material/reply:")  # fmt: skip
        elif keyword and keyword.casefold() not in draft.text.casefold():
            st.warning(_("Answers to {sender} must begin with {word}. The text should say so.", sender=draft.sender,
                         word=keyword), icon=":material/reply:")  # fmt: skip


def _append(words: str) -> None:
    text = (compose_draft.held("text") or "").rstrip()
    compose_draft.put_text(f"{text} {words}" if text else words)
