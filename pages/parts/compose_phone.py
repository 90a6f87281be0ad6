"""A telephone with the text on it, as one chosen person of the list will see it."""

from html import escape

import streamlit as st

from nextpod_core import measures, segments, senders
from nextpod_core.drafts import Draft
from nextpod_core.errors import BadInput
from nextpod_core.imports import Import
from nextpod_core.reckoning import Measures, Sample
from pages.parts import compose_draft, frame
from pages.parts.words import _, n_

_PHONE = """
<div role="img" aria-label="{label}"
style="max-width:19.5rem;margin:0 auto;border:9px solid {case};border-radius:2.2rem;
background:{screen};padding:0.7rem 0.8rem 1.1rem;box-shadow:0 6px 22px rgba(0,0,0,.13);min-height:21rem">
<div style="width:5.4rem;height:0.42rem;border-radius:1rem;background:{case};margin:0 auto 0.8rem"></div>
<div style="text-align:center;margin-bottom:0.9rem">
<div style="width:2.3rem;height:2.3rem;border-radius:50%;background:{edge};color:{quiet};margin:0 auto 0.25rem;
line-height:2.3rem;font-weight:650">{initial}</div>
<div style="font-size:0.86rem;font-weight:600;color:{ink}">{sender}</div>
<div style="font-size:0.72rem;color:{quiet}">{answerable}</div></div>
{bubbles}
</div>"""
_BUBBLE = """<div style="background:{bubble};color:{ink};border-radius:{round};padding:0.5rem 0.75rem;margin-bottom:2px;
font-size:0.9rem;line-height:1.38;white-space:pre-wrap;overflow-wrap:anywhere">{text}</div>"""
_CUT = '<div style="font-size:0.68rem;color:{quiet};text-align:right;margin:0 0.3rem 2px">{told}</div>'


def draw(draft: Draft, audience: Import | None, found: Measures | None) -> Sample | None:
    """The preview with its choice of rows; the text that it shows, for a test send."""
    st.markdown("**" + _("Preview") + "**")
    shown: Sample | None = None
    if audience is not None and audience.sendable:
        _choose_row(audience, found)
        try:
            shown = measures.sample(frame.run_db(), draft, row=st.session_state.get("compose_row", 0))
            shown = shown or measures.sample(frame.run_db(), draft)
        except BadInput:
            shown = None  # The text has an open brace; it is told beside the text.
    text = shown.text if shown else segments.clean(draft.text)
    st.html(_phone(draft.sender, text))
    if shown and shown.text:
        size = shown.size
        st.caption(
            _("Row {row} · {number}", row=shown.row, number=f"+{shown.msisdn}")
            + " · "
            + n_("{count} part", "{count} parts", size.parts)
            + " · "
            + (
                n_("{count} UCS-2 character", "{count} UCS-2 characters", size.units)
                if size.alphabet == "ucs2"
                else n_("{count} GSM-7 character", "{count} GSM-7 characters", size.units)
            )
        )
    return shown


def _choose_row(audience: Import, found: Measures | None) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="compose_rows"):
        st.number_input(
            _("Row of the sheet"), min_value=0, max_value=max(audience.total or 1, 1), step=1,
            key=compose_draft.given("row", (audience.header_row or 0) + 1), width=160,
            help=_("The person in this row, or the next one who gets a text."),
        )  # fmt: skip
        if found is not None and found.longest is not None:
            st.button(_("The longest"), key="compose_longest", on_click=_go, args=(found.longest.row,))
        if found is not None and found.dear is not None:
            st.button(_("With costly characters"), key="compose_dear", on_click=_go, args=(found.dear.row,))


def _go(row: int) -> None:
    st.session_state["compose_row"] = row


def _phone(sender: str, text: str) -> str:
    dark = st.context.theme.type == "dark"
    colours = (
        {"case": "#2E3D38", "screen": "#0B1110", "edge": "#22302C", "ink": "#E4ECE9", "quiet": "#93A39D",
         "bubble": "#22302C"}
        if dark
        else {"case": "#16231F", "screen": "#FFFFFF", "edge": "#E6E9E2", "ink": "#16231F", "quiet": "#66736D",
              "bubble": "#E9EBE6"}
    )  # fmt: skip
    pieces = segments.split(text) or [""]
    bubbles = []
    for place, piece in enumerate(pieces):
        shape = "1rem" if len(pieces) == 1 else ("1rem 1rem 4px 4px" if not place else "4px 4px 1rem 1rem")
        if 0 < place < len(pieces) - 1:
            shape = "4px"
        bubbles.append(_BUBBLE.format(text=escape(piece) or "…", round=shape, **_only(colours, "bubble", "ink")))
        if len(pieces) > 1:
            told = _("part {place} of {count}", place=place + 1, count=len(pieces))
            bubbles.append(_CUT.format(told=escape(told), **_only(colours, "quiet")))
    answerable = _("can be answered") if senders.can_be_answered(sender) else _("can't be answered")
    return _PHONE.format(
        label=escape(_("The text on a telephone: {words}", words=text)),
        initial=escape(sender[:1].upper() or "?"),
        sender=escape(sender or _("Sender")),
        answerable=escape(answerable if sender else ""),
        bubbles="".join(bubbles),
        **_only(colours, "case", "screen", "edge", "quiet", "ink"),
    )


def _only(colours: dict[str, str], *names: str) -> dict[str, str]:
    return {name: colours[name] for name in names}
