"""What a campaign's text comes to over the whole list: figures, holes, costly characters, and what mends them."""

import streamlit as st

from nextpod_core import corrections, segments, shapes, templates
from nextpod_core.drafts import Draft
from nextpod_core.errors import BadInput
from nextpod_core.imports import Import
from nextpod_core.reckoning import Blocker, Measures
from nextpod_core.segments import Alphabet
from nextpod_core.sentences import say_count
from pages.parts import compose_draft, compose_holes, frame
from pages.parts.words import _, money, n_, number


def draw(draft: Draft, audience: Import | None, found: Measures | None) -> None:
    """Everything that is counted, below the text."""
    _tell_text(draft.text)
    if found is not None:
        if found.parts_total:
            _tell_size(found)
        if found.counting and audience is not None:
            _await_count(audience)
        compose_holes.draw(audience, found)
        _tell_dear(draft, audience, found)


def _tell_text(text: str) -> None:
    """The text as it is being written: alphabet, characters, parts. With placeholders it is what surrounds them."""
    try:
        template = templates.parse(text)
    except BadInput:
        return  # An open brace is told beside the text.
    plain_text = template.render({})
    size = segments.measure(plain_text)
    over = segments.units_utf16(plain_text) - segments.LONGEST
    if over > 0:
        st.error(
            n_("The text is {count} character too long: at most {most} can be sent. Shorten it.",
               "The text is {count} characters too long: at most {most} can be sent. Shorten it.",
               over, most=number(segments.LONGEST)),
            icon=":material/format_overline:",
        )  # fmt: skip
    told = [
        "GSM-7" if size.alphabet is Alphabet.GSM7 else "UCS-2",
        n_("{count} character", "{count} characters", size.units),
    ]
    if template.fields:
        told.append(_("without what the placeholders put in"))
    elif size.parts and over <= 0:
        told += [
            n_("{count} SMS part", "{count} SMS parts", size.parts),
            n_("{count} left in the last part", "{count} left in the last part", size.left),
        ]
    if size.alphabet is Alphabet.UCS2:
        dear = list(segments.blockers(plain_text))[:5]
        told.append(told_dear(" ".join(map(_visible, dear)), len(dear)))
    st.caption(" · ".join(told))


def told_dear(signs: str, many: int) -> str:
    """What these characters, so many of them, do to the text."""
    if many == 1:
        return _("{signs} makes a part hold 70 instead of 160", signs=signs)
    return _("{signs} make a part hold 70 instead of 160", signs=signs)


def _tell_size(found: Measures) -> None:
    """One line of figures over the whole list, each saying of what."""
    about = "" if found.exact else _("about") + " "
    if found.parts_min == found.parts_max:
        each = n_("{count} part each", "{count} parts each", found.parts_max)
    else:
        each = _("{least}–{most} parts each, mostly {common}", least=found.parts_min, most=found.parts_max,
                 common=found.parts_common)  # fmt: skip
    with st.container(horizontal=True, key="compose_figures", gap="small"):
        st.metric(_("Recipients"), about + number(found.people), border=True)
        st.metric(_("SMS parts"), about + number(found.parts_total), border=True)
        if found.price is not None:
            st.metric(_("Price"), about + money(found.price, frame.team_options().currency), border=True)
    st.caption(" · ".join([each, *_told_cut(found)]))
    if found.price is None:
        st.caption(_("No price per part is set, so parts only. Set it on the settings page."))
        frame.link("settings", label=_("Set the price"), icon=":material/payments:", query_params={"tab": "1"})
    if found.counting:
        st.caption(":material/hourglass_top: "
                   + _("Reckoned from {count} rows so far: the whole list is being read for it.",
                       count=found.looked_at))  # fmt: skip
    elif not found.exact:
        st.caption(_("Reckoned from {count} rows spread over the list; the review counts every one.",
                     count=found.looked_at))  # fmt: skip


def _await_count(audience: Import) -> None:
    """Draw the page anew as soon as the whole list can be counted."""

    @frame.live(0.5)
    def watch() -> None:
        if not shapes.is_being_read(frame.run_db(), audience):
            st.rerun()

    watch()


def _told_cut(found: Measures) -> list[str]:
    """How much shorter the longest text must be to take a part less, when that is little."""
    if found.longest is None or found.longest.size.parts < 2:
        return []
    size = found.longest.size
    alone, joined = (160, 153) if size.alphabet == "gsm7" else (70, 67)
    over = size.units - (alone if size.parts == 2 else joined * (size.parts - 1))
    if not 0 < over <= 30:
        return []
    return [
        n_(
            "{count} character less in the longest saves a part",
            "{count} characters less in the longest save a part",
            over,
        )
    ]


def _tell_dear(draft: Draft, audience: Import | None, found: Measures) -> None:
    """The characters that make texts UCS-2, with what each costs, and what would be in their place."""
    if not found.blockers:
        return
    currency = frame.team_options().currency
    with st.container(border=True, key="compose_dear_box"):
        more = (
            n_("{count} SMS part more", "{count} SMS parts more", found.extra_parts)
            if found.extra_parts
            else _("costs nothing more with this list")
        )
        st.markdown(
            ":material/translate: "
            + n_("**{count} text** has characters outside GSM-7: {more}.",
                 "**{count} texts** have characters outside GSM-7: {more}.", found.ucs2, more=more)
        )  # fmt: skip
        if found.extra_parts:  # Else each of them would be said to cost nothing.
            st.markdown("\n".join(f"- {_told_blocker(each, currency)}" for each in found.blockers[:8]))
            if sum(each.extra_parts for each in found.blockers) > found.extra_parts:
                st.caption(
                    _("Some texts have several of them, so the lines overlap: **together {cost}**. A text gets cheaper "
                      "only when none of them is left in it.", cost=_told_cost(found.extra_parts, currency))
                )  # fmt: skip
        safe = {each.character: each.replacement for each in found.blockers if each.replacement is not None}
        if not safe or audience is None:
            return
        in_values = any(each.in_values and each.replacement is not None for each in found.blockers)
        with st.popover(_("Replace what can be replaced …"), icon=":material/find_replace:", key="compose_replace"):
            st.markdown("  \n".join(f"{_visible(old)} → {_visible(new)}" for old, new in safe.items()))
            after = segments.replaced(segments.clean(draft.text), safe)
            if after != segments.clean(draft.text):
                st.caption(_("The text becomes:"))
                st.code(after, language=None, wrap_lines=True)
            if found.dear is not None:
                st.caption(_("One message, before and after:"))
                st.code(found.dear.text + "\n↓\n" + segments.replaced(found.dear.text, safe), language=None,
                        wrap_lines=True)  # fmt: skip
            st.caption(
                _("Saves {cost}.", cost=_told_cost(found.saved_parts, currency, more=False))
                if found.saved_parts > 0
                else _("Saves nothing with this list: what can't be replaced keeps these texts as long as they are.")
                if found.extra_parts
                else _("Saves nothing with this list.")
            )
            if in_values:
                st.caption(_("Some stand in the list itself, such as in names: they are replaced there too."))
            st.button(_("Replace"), type="primary", key="compose_replace_now", on_click=_replace,
                      args=(audience.id, safe, in_values))  # fmt: skip


def _told_cost(parts: int, currency: str, *, more: bool = True) -> str:
    """So many parts, and their price where one is set."""
    told = n_("{count} part more", "{count} parts more", parts) if more else n_("{count} part", "{count} parts", parts)
    price = frame.team_options().price
    return told if price is None else f"{told}, {money(price * parts, currency)}"


def _told_blocker(each: Blocker, currency: str) -> str:
    cost = _told_cost(each.extra_parts, currency) if each.extra_parts else _("costs nothing more")
    where = _("in the text") if each.in_text else n_("in {count} message", "in {count} messages", each.messages)
    new = "" if each.replacement is None else " · " + _("could be {new}", new=_visible(each.replacement))
    return f"{_visible(each.character)} {where}: {cost}{new}"


def _visible(character: str) -> str:
    names = {"\u00a0": _("hard space"), "\t": _("tab"), " ": _("space"), "": _("nothing"), "\n": _("line end")}
    # In a span of code nothing is markdown.
    return f"`{names.get(character, character)}`" if character != "`" else f"`` {character} ``"


def _replace(import_id: int, table: dict[str, str], in_values: bool) -> None:
    compose_draft.put_text(segments.replaced(segments.clean(compose_draft.held("text") or ""), table))
    if not in_values:
        return
    with frame.telling_later():
        rows = corrections.replace_characters(frame.run_db(), import_id, table, by=frame.user(), now=frame.now())
        frame.tell_later(
            say_count("Replaced in {count} row of the list.", "Replaced in {count} rows of the list.", rows)
        )
