"""A person on a page: their number, what they wrote, and their conversation; as plain text, never as markup."""

import re

import streamlit as st

from nextpod_core.conversations import Conversation, Entry
from pages.parts import frame, words
from pages.parts.words import _, n_

# Bidirectional controls turn the rest of a line around; in a list they would turn the neighbours too.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!<>|~$&=^])")
LONG = 1_200


def show_number(msisdn: str) -> str:
    """A number as this reader may see it: whole, with the plus that people write."""
    return f"+{msisdn}" if msisdn.isascii() and msisdn.isdigit() and len(msisdn) > 6 else one_line(msisdn)


def one_line(text: str, most: int = 160) -> str:
    """Somebody's text on one line of a list: no line ends, nothing invisible, not longer than `most`."""
    text = " ".join(_CONTROLS.sub(" ", text).split())
    return text if len(text) <= most else text[: most - 1] + "…"


def label(text: str) -> str:
    """Somebody's text where Streamlit reads Markdown (a badge, a button): every sign stands for itself."""
    # A word joiner after each colon keeps :red[…] and :smile: from being read as commands.
    return _MARKUP.sub(r"\\\1", one_line(text, 60)).replace(":", ":\u2060")


def whole(text: str) -> str:
    """A text to be read in full: line ends stay, what has no shape is shown as a sign."""
    return re.sub("[\x01-\x08\x0b-\x1f\x7f]", "\ufffd", text.replace("\x00", "␀"))


def answerable(conversation: Conversation) -> bool:
    """Whether a text can be written to this person from here."""
    return (
        conversation.state is not None
        and bool(conversation.senders)
        and (conversation.suppression is None or conversation.wrote_after)
    )


def draw_heading(conversation: Conversation) -> None:
    """Who it is, and how they stand: opted out, labels, whose they are."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="person_heading"):
        st.subheader(show_number(conversation.msisdn), anchor=False, width="content")
        if conversation.suppression is not None:
            st.badge(_("Opted out"), icon=":material/block:", color="red")
        if conversation.state is not None:
            st.badge(state_label(conversation.state), color={"open": "orange", "waiting": "blue"}.get(
                conversation.state, "gray"))  # fmt: skip
        if conversation.owner:
            st.badge(label(conversation.owner), icon=":material/person:", color="gray")
        for each in conversation.labels:
            st.badge(label(each), icon=":material/label:", color="violet")


def draw_entries(conversation: Conversation, *, height: int | None = 430) -> None:
    """Everything sent and received, oldest first, what came in to the left and what we sent to the right."""
    with st.container(height=height or "content", autoscroll=True, key="person_entries", border=True, gap="small"):
        if not conversation.entries:
            st.caption(_("Nothing has been sent to this number, and nothing has come from it."))
        for entry in conversation.entries:
            _draw_entry(entry)


def state_label(state: str) -> str:
    """What the state of a conversation is called."""
    return {"open": _("Waits for us"), "waiting": _("Answered"), "closed": _("Closed")}.get(state, state)


def reason_label(reason: str) -> str:
    """Why a number is on the suppression list."""
    return {
        "stop": _("Wrote STOP"),
        "prefix": _("Text began with STOP"),
        "hand": _("By hand"),
        "import": _("Imported list"),
    }.get(reason, reason)


def _draw_entry(entry: Entry) -> None:
    if entry.kind == "in":
        _bubble(entry, align="left", facts=[frame.when(entry.at), *_words_recognised(entry)])
    elif entry.kind == "out":
        facts = [frame.when(entry.at), words.status_label(entry.status or "")]
        if entry.parts and entry.parts > 1:
            facts.append(n_("{count} SMS part", "{count} SMS parts", entry.parts))
        facts.append(one_line(entry.campaign, 40) if entry.campaign else one_line(entry.by or "", 40))
        _bubble(entry, align="right", facts=[fact for fact in facts if fact])
    elif entry.kind == "note":
        with st.container(border=True, key=f"person_note_{entry.id}", gap=None):
            st.caption(_("Note for colleagues"))
            st.text(whole(entry.text))
            st.caption(label(f"{frame.when(entry.at)} · {entry.by or ''}"))
    else:
        told = (
            _("Opted out: {why}", why=reason_label(entry.verdict or ""))
            if entry.kind == "opt_out"
            else _("May be sent to again")
        )
        rest = " · ".join(filter(None, (frame.when(entry.at), one_line(entry.text, 80), entry.by)))
        st.badge(told, icon=":material/block:" if entry.kind == "opt_out" else ":material/undo:",
                 color="red" if entry.kind == "opt_out" else "green")  # fmt: skip
        st.caption(label_long(rest))


def label_long(text: str) -> str:
    """As `label`, for a line as long as a caption may be."""
    return _MARKUP.sub(r"\\\1", one_line(text, 300)).replace(":", ":\u2060")


def _words_recognised(entry: Entry) -> list[str]:
    found = [" ".join(filter(None, (entry.keyword, entry.sub_keyword))), _("to {number}", number=entry.number or "")]
    if entry.campaign:
        found.append(_("answer to {campaign}", campaign=one_line(entry.campaign, 40)))
    return [one_line(word, 60) for word in found if word]


def _bubble(entry: Entry, *, align: str, facts: list[str]) -> None:
    side = "right" if align == "right" else "left"
    with (
        st.container(horizontal=True, horizontal_alignment=side, key=f"person_line_{entry.kind}_{entry.id}"),
        st.container(border=True, width="content", gap=None, key=f"person_bubble_{entry.kind}_{entry.id}"),
    ):
        text = whole(entry.text)
        if not text.strip():
            st.caption(_("(an empty text)"))
        elif len(text) > LONG:
            with st.container(height=220, border=False):
                st.text(text)
        else:
            st.text(text)
        st.caption(label_long(" · ".join(facts)))
