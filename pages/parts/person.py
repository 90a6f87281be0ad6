"""A person on a page: their number, what they wrote, and their conversation; as plain text, never as markup."""

import re
from html import escape

import streamlit as st

from nextpod_core import formulas
from nextpod_core.conversations import Conversation, Entry
from pages.parts import frame, tables, words
from pages.parts.words import _, n_

# Bidirectional controls turn the rest of a line around; in a list they would turn the neighbours too.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!<>|~$&=^])")
# Escaped text between our own tags: nothing that anybody wrote is read as markup. dir="auto" lets Hebrew and Arabic
# run their own way; the colours are translucent, so that they fit light and dark.
_BUBBLES = """
<ol aria-label="{label}" style="list-style:none; margin:0; padding:0; display:flex; flex-direction:column; gap:8px">
{lines}</ol>
"""
_BUBBLE = """
<li style="align-self:{side}; max-width:88%; background:{colour}; border-radius:10px; padding:7px 12px; margin:0">
<div dir="auto" style="white-space:pre-wrap; overflow-wrap:anywhere; max-height:15em; overflow-y:auto">{text}</div>
<div style="font-size:0.82em; opacity:0.8; overflow-wrap:anywhere">{facts}</div>
</li>
"""
_CAMPAIGN = '<a href="/campaigns?campaign={id}" target="_self" style="color:inherit"><bdi>{name}</bdi></a>'
_LOOKS = {
    "in": ("flex-start", "#7f8c8722"),
    "out": ("flex-end", "#0e8f7e33"),
    "note": ("center", "#e0a5262e"),
    "opt_out": ("center", "#d4455b2a"),
    "lifted": ("center", "#12805c2a"),
}


def show_number(msisdn: str) -> str:
    """A number as this reader may see it: whole, with the plus that people write, or masked."""
    if not frame.may("numbers.read"):
        return tables.hidden(msisdn)
    return one_line(tables.plus(msisdn))


def one_line(text: str, most: int = 160) -> str:
    """Somebody's text on one line of a list: no line ends, nothing invisible, not longer than `most`."""
    text = " ".join(_CONTROLS.sub(" ", text).split())
    return text if len(text) <= most else text[: most - 1] + "…"


def cell(text: str, most: int = 160) -> str:
    """As `one_line`, for a table: Streamlit's own download takes cells as they are, so none may begin a formula."""
    return formulas.shown(one_line(text, most))


def label(text: str, most: int = 60) -> str:
    """Somebody's text where Streamlit reads Markdown (a badge, a button): every sign stands for itself."""
    # A word joiner keeps :red[…] and :smile: from being read as commands, and addresses from becoming links.
    return _MARKUP.sub(r"\\\1", one_line(text, most)).replace(":", ":\u2060").replace("@", "@\u2060")


def whole(text: str) -> str:
    """A text to be read in full: line ends stay, what has no shape is shown as a sign."""
    return re.sub("[\x01-\x08\x0b-\x1f\x7f]", "\ufffd", text.replace("\x00", "␀"))


def draw_heading(conversation: Conversation) -> None:
    """Who it is, and how they stand: opted out, labels, whose they are."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="person_heading"):
        st.header(show_number(conversation.msisdn), anchor=False, width="content")
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
    """Everything sent and received, oldest first: what came in to the left, what we sent to the right."""
    with st.container(height=height or "content", autoscroll=True, key="person_entries", border=True, gap=None):
        if not conversation.entries:
            st.caption(_("Nothing has been sent to this number, and nothing has come from it."))
            return
        # One element for all: sixty bubbles of four elements each took the browser a second.
        st.html(_BUBBLES.format(label=escape(_("Conversation")), lines="".join(map(_line, conversation.entries))))


def state_label(state: str) -> str:
    """What the state of a conversation is called."""
    return {"open": _("Waits for us"), "waiting": _("Answered"), "closed": _("Closed")}.get(state, state)


def reason_label(reason: str) -> str:
    """Why a number is on the suppression list."""
    return {
        "stop": _("Wrote STOP"),
        "prefix": _("In other words"),
        "hand": _("By hand"),
        "import": _("Imported list"),
    }.get(reason, reason)


def _line(entry: Entry) -> str:
    side, colour = _LOOKS[entry.kind]
    facts = [f"<bdi>{escape(one_line(fact, 80))}</bdi>" for fact in _facts(entry) if fact]
    if entry.kind == "out" and entry.campaign:
        facts.append(_CAMPAIGN.format(id=entry.campaign_id, name=escape(one_line(entry.campaign, 60))))
    return _BUBBLE.format(side=side, colour=colour, text=_body(entry), facts=" · ".join(facts))


def _body(entry: Entry) -> str:
    if entry.kind == "opt_out":
        return f"<strong>{escape(_('Opted out: {why}', why=reason_label(entry.verdict or '')))}</strong>"
    if entry.kind == "lifted":
        return f"<strong>{escape(_('May be sent to again'))}</strong>"
    return escape(whole(entry.text)) if entry.text.strip() else f"<em>{escape(_('(an empty text)'))}</em>"


def _facts(entry: Entry) -> list[str]:
    facts = [frame.when(entry.at)]
    match entry.kind:
        case "in":
            facts += [" ".join(filter(None, (entry.keyword, entry.sub_keyword)))]
            facts += [_("to {number}", number=entry.number or "")]
            facts += ["⚑ " + _("may ask to be left alone") if entry.verdict == "mentioned" else ""]
            facts += [_("answer to {campaign}", campaign=entry.campaign) if entry.campaign else ""]
        case "out":
            if entry.status == "queued" and entry.at > frame.now():
                facts = [_("Planned for {when}", when=frame.when(entry.at))]
            facts += [words.status_label(entry.status or "")]
            facts += [n_("{count} SMS part", "{count} SMS parts", entry.parts) if (entry.parts or 0) > 1 else ""]
            facts += ["" if entry.campaign else entry.by or ""]
        case "note":
            facts = [_("Note for colleagues"), *facts, entry.by or ""]
        case _:
            facts += [entry.text, entry.by or ""]
    return facts
