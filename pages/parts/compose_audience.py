"""Step 1 of a campaign from a saved audience: choose one, or ask for the people of a past campaign."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from nextpod_core import audiences, campaigns
from nextpod_core.audiences import Audience, Question
from nextpod_core.sentences import Sentence, say
from pages.parts import frame, person
from pages.parts.words import _, n_, tr

OFFERED = 50
WHO: dict[str, Sentence] = {
    Question.ANSWERED: say("answered"),
    Question.SILENT: say("got it and did not answer"),
    Question.DELIVERED: say("got it"),
    Question.FAILED: say("did not get it"),
}


def draw(begin: Callable[[Any, str], None]) -> None:
    """The audiences there are, and a new one; `begin` reads the chosen one as a list."""
    db = frame.run_db()
    every = {one.id: one for one in audiences.every(db)}
    if every:
        chosen = st.selectbox(
            _("Audience"), list(every), format_func=lambda number: every[number].name, key="compose_audience",
            width=420,
        )  # fmt: skip
        if chosen in every:
            st.caption(sentence(every[chosen]) + " " + _counted(audiences.size(db, every[chosen])))
        with st.container(horizontal=True, vertical_alignment="center", key="compose_audience_row"):
            st.button(_("Use these people"), key="compose_audience_use", type="primary", on_click=_use,
                      args=(chosen, begin))  # fmt: skip
            with st.popover(_("Forget this audience"), key="compose_audience_gone", type="tertiary"):
                st.write(_("The people stay where they are; only the list under this name goes."))
                st.button(_("Forget it"), key="compose_audience_drop", on_click=_drop, args=(chosen,))
    else:
        st.caption(
            _(
                "No audience yet. Ask for the people of a past campaign below, or choose several people in the inbox "
                "and put them into one."
            )
        )
    with st.expander(_("New audience from a past campaign"), expanded=not every, key="compose_audience_new"):
        _new()


def sentence(audience: Audience) -> str:
    """Whom it means, as a sentence."""
    if audience.question is Question.PEOPLE:
        return _("People put in by hand or by rules.")
    words = " / ".join(person.label(word) for word in audience.words.splitlines()[:6])
    told = {
        Question.ANSWERED: _("Everyone who answered {words} to {campaign}.", words=words,
                             campaign=person.label(audience.campaign or ""))
        if words else _("Everyone who answered {campaign}.", campaign=person.label(audience.campaign or "")),
        Question.SILENT: _("Everyone who got {campaign} and did not answer.",
                           campaign=person.label(audience.campaign or "")),
        Question.DELIVERED: _("Everyone who got {campaign}.", campaign=person.label(audience.campaign or "")),
        Question.FAILED: _("Everyone whom {campaign} did not reach.", campaign=person.label(audience.campaign or "")),
    }  # fmt: skip
    return told[audience.question]


def _counted(people: int) -> str:
    told = (
        _("More than {count} now.", count=people - 1)
        if people > audiences.MOST_COUNTED
        else n_("{count} person now.", "{count} people now.", people)
    )
    return told + " " + _("Who has opted out is left out.")


def _new() -> None:
    known = {row["id"]: row["name"] for row in campaigns.recent(frame.run_db(), limit=OFFERED)}
    if not known:
        st.caption(_("No campaign has been sent yet."))
        return
    with st.container(horizontal=True, key="compose_question_row"):
        st.selectbox(_("Everyone of"), list(known), format_func=known.__getitem__, key="compose_question_campaign",
                     width=300)  # fmt: skip
        st.selectbox(_("who"), list(WHO), format_func=lambda one: tr(WHO[one]), key="compose_question", width=260)
    if st.session_state.get("compose_question") == Question.ANSWERED:
        st.text_area(_("with any of these words, one to a line"), key="compose_question_words", height=80,
                     placeholder=_("JA"), help=_("As the keyword, or at the beginning of the answer. Empty: any "
                                                 "answer."))  # fmt: skip
    st.text_input(_("Keep it as"), key="compose_question_name", max_chars=audiences.LONGEST_NAME, width=300)
    st.button(_("Keep the audience"), key="compose_question_keep", on_click=_keep)


def _use(number: int | None, begin: Callable[[Any, str], None]) -> None:
    with frame.telling_later():
        if number is not None:
            begin(*audiences.as_file(frame.run_db(), number))


def _keep() -> None:
    state = st.session_state
    with frame.telling_later():
        made = audiences.create(
            frame.run_db(), name=state.get("compose_question_name") or "",
            question=Question(state["compose_question"]), campaign=state["compose_question_campaign"],
            words=state.get("compose_question_words") or "", by=frame.user(), now=frame.now(),
        )  # fmt: skip
        state["compose_audience"] = made
        state["compose_question_name"] = ""
        frame.tell_later(say("The audience is kept."))


def _drop(number: int) -> None:
    with frame.telling_later():
        audiences.drop(frame.run_db(), number, by=frame.user(), now=frame.now())
        st.session_state.pop("compose_audience", None)
