"""Opting out: the words that ship, the team's own, what is answered, and a box to try a text in."""

import streamlit as st

from nextpod_core import keywords, reference, segments, senders
from nextpod_core.errors import BadInput
from nextpod_core.keywords import OptWords, Verdict
from nextpod_core.options import Options
from nextpod_core.sentences import Sentence, say
from pages.parts import frame, words
from pages.parts.settings_form import follow, lines, save
from pages.parts.words import _, n_, tr

VERDICTS: dict[Verdict, tuple[Sentence, str, str]] = {
    Verdict.OUT: (say("Opts out."), "red", "block"),
    Verdict.OUT_BY_PREFIX: (say("Opts out, and is listed in the inbox so that a person can undo it."), "red", "block"),
    Verdict.IN: (say("Opts in again: lifts what the person's own message made, and nothing else."), "green", "undo"),
    Verdict.MENTIONED: (say("Changes nothing, and is flagged for a person to read."), "orange", "flag"),
    Verdict.NONE: (say("Changes nothing."), "gray", "chat"),
}
LONGEST = 1_500


def draw(set_up: Options) -> None:
    """Try a text; the words; the confirmation."""
    left, right = st.columns(2, gap="large")
    with left:
        _own(set_up)
        _confirmation(set_up)
    with right:
        _try(set_up)
        _shipped()


def _known(set_up: Options) -> OptWords:
    default = keywords.DEFAULT
    return OptWords(default.out + tuple(set_up.opt_out_words), default.back + tuple(set_up.opt_in_words))


def _try(set_up: Options) -> None:
    st.header(_("Try a text"))
    with st.container(horizontal=True, key="settings_try"):
        text = st.text_input(
            _("What somebody writes"), key="settings_try_text", live=True, placeholder=_("Such as: Stopp, takk")
        ) or ""  # fmt: skip
        keyword = st.text_input(
            _("Keyword"), key="settings_try_keyword", live=True, width=130,
            help=_("What Nextpod recognised as the keyword, on a shared short code."),
        )  # fmt: skip
    if not text.strip():
        st.caption(_("The answer follows the words that are saved."))
        return
    verdict = keywords.judge(text, keyword=(keyword or "").strip() or None, sub_keyword=None, words=_known(set_up))
    sentence, colour, icon = VERDICTS[verdict]
    st.markdown(f":{colour}[:material/{icon}: **{tr(sentence)}**]")


def _shipped() -> None:
    st.header(_("Words that always count"))
    st.caption(_("In any case, with or without a keyword before them. They can't be taken away."))
    names = words.LOCALES[words.language()].languages
    rows: dict[str, dict[str, list[str]]] = {}
    for row in reference.table("opt_words"):
        if row["list"] in ("out", "back"):
            rows.setdefault(row["language"] or "", {"out": [], "back": []})[row["list"]].append(row["words"])
    st.table(
        {
            _("Language"): [str(names.get(tag, tag) or _("all")).capitalize() for tag in rows],
            _("Opt out"): [", ".join(dict.fromkeys(found["out"])) or "–" for found in rows.values()],
            _("Opt in again"): [", ".join(dict.fromkeys(found["back"])) or "–" for found in rows.values()],
        },
        border="horizontal",
        hide_index=True,
    )


def _own(set_up: Options) -> None:
    st.header(_("Your own words"))
    with st.form("settings_words", border=False):
        out = st.text_area(
            _("Opt out, one word or phrase to a line"), height=110,
            key=follow("settings_out", "\n".join(set_up.opt_out_words)),
        )  # fmt: skip
        back = st.text_area(
            _("Opt in again, one word or phrase to a line"), height=80,
            key=follow("settings_back", "\n".join(set_up.opt_in_words)),
        )  # fmt: skip
        st.caption(_("They hold for what comes in from now on; what was judged before stays as it is."))
        pressed = st.form_submit_button(_("Save"), type="primary", key="settings_words_save")
    if not pressed:
        return
    wanted_out, wanted_back = keywords.phrases(lines(out)), keywords.phrases(lines(back))
    try:
        _check(wanted_out, wanted_back)
    except BadInput as error:
        frame.tell_error(error)
        return
    save(opt_out_words=wanted_out, opt_in_words=wanted_back)


def _check(out: list[str], back: list[str]) -> None:
    """A word that says both, or that shipped words say otherwise. Raises BadInput."""
    outs = {keywords.fold(word): word for word in (*keywords.DEFAULT.out, *out)}
    for word in back:
        if keywords.fold(word) in outs:
            raise BadInput("{word} opts out, so it can't opt in.", word=word)
    backs = {keywords.fold(word) for word in keywords.DEFAULT.back}
    for word in out:
        if keywords.fold(word) in backs:
            raise BadInput("{word} opts in, so it can't opt out.", word=word)


def _confirmation(set_up: Options) -> None:
    st.header(_("Confirmation"))
    confirm = st.toggle(
        _("Answer once to whoever opts out"), key=follow("settings_confirm", set_up.confirm_opt_out),
        help=_("One text, and no other in the next 24 hours. The opt-out holds whatever becomes of it."),
    )  # fmt: skip
    text = st.text_input(
        _("Text"), key=follow("settings_confirm_text", set_up.confirmation_text), live=True, max_chars=LONGEST,
        placeholder=_("You will get no more texts from us."), disabled=not confirm,
    ) or ""  # fmt: skip
    if text:
        size = segments.measure(text)
        st.caption(
            n_("{count} SMS part", "{count} SMS parts", size.parts)
            + (" · " + _("a letter in it makes it dearer") if str(size.alphabet) == "ucs2" else "")
        )
    names = ["", *(sender.name for sender in senders.every(frame.run_db()))]
    if set_up.confirmation_sender not in names:
        names.append(set_up.confirmation_sender)
    sender = st.selectbox(
        _("Sender"), names, format_func=lambda name: name or _("The number they wrote to"),
        key=follow("settings_confirm_sender", set_up.confirmation_sender), disabled=not confirm,
    )  # fmt: skip
    if st.button(_("Save"), type="primary", key="settings_confirm_save"):
        save(confirm_opt_out=confirm, confirmation_text=text.strip(), confirmation_sender=sender or "")
