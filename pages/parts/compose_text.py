"""Step 2 of a campaign: sender, text, what it costs over the whole list, and how it looks on a telephone."""

import uuid

import streamlit as st

from nextpod_core import (
    campaigns,
    corrections,
    edits,
    keywords,
    measures,
    msisdn,
    segments,
    senders,
    templates,
)
from nextpod_core.drafts import Draft
from nextpod_core.errors import BadInput
from nextpod_core.imports import Import
from nextpod_core.measures import Blocker, Measures, Sample
from nextpod_core.sentences import say, say_count
from pages.parts import compose_draft, compose_phone, frame
from pages.parts.compose_draft import plain
from pages.parts.words import _, list_of, money, n_, number, tr


def draw(draft: Draft, audience: Import | None) -> bool:
    """The step as it stands; whether the text can be reviewed."""
    st.subheader(_("2 · Text"), anchor=False)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _sender(draft)
        st.segmented_control(
            _("Purpose"), ["service", "marketing"], key=compose_draft.given("purpose", draft.purpose), required=True,
            format_func={"service": _("Service"), "marketing": _("Marketing")}.__getitem__,
            on_change=compose_draft.keep_widget, args=("purpose",),
            help=_("Marketing needs consent and a way out in every text."),
        )  # fmt: skip
        _placeholders(audience)
        st.text_area(
            _("Text"), key=compose_draft.given("text", draft.text), height=170, max_chars=20_000,
            placeholder=_("Hei {{{{name}}}}! …"), on_change=compose_draft.keep_widget, args=("text",),
            help=_("{{{{name|friend}}}} puts in a word where the name is empty. {{{{member??Welcome back!}}}} shows "
                   "the words only where the column says yes."),
        )  # fmt: skip
        fine, found = _check(draft, audience)
        if found is not None:
            _tell_size(draft, found)
            _tell_holes(found)
            _tell_dear(draft, audience, found)
        _warn(draft)
    with right:
        shown = compose_phone.draw(draft, audience, found)
        _test_send(draft, shown)
    return fine


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
        if draft.sender in saved and saved[draft.sender].accepted_at is None:
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
    if audience is None:
        st.caption(_("The columns of your list become buttons here."))
        return
    columns = [name for place, name in enumerate(audience.columns) if place != audience.number_column]
    if not columns:
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="compose_insert"):
        st.caption(_("Put in:"), width="content")
        for place, name in enumerate(columns[:12]):
            st.button(plain(name), key=f"compose_insert_{place}", icon=":material/add:", on_click=_insert,
                      args=(name,), help=_("Adds {{{{{name}}}}} to the text", name=plain(name)))  # fmt: skip
        if len(columns) > 12:
            with st.popover(_("More"), key="compose_insert_more"):
                for place, name in enumerate(columns[12:], start=12):
                    st.button(plain(name), key=f"compose_insert_{place}", on_click=_insert, args=(name,))


def _insert(name: str) -> None:
    text = compose_draft.held("text") or ""
    _put_text(f"{text}{'' if not text or text[-1].isspace() else ' '}{{{{{name}}}}}")


def _put_text(text: str) -> None:
    compose_draft.put("text", text)
    compose_draft.keep(text=text)


def _check(draft: Draft, audience: Import | None) -> tuple[bool, Measures | None]:
    """Whether the text can be read and every placeholder has a column; what it comes to."""
    if not draft.text.strip():
        return False, None
    try:
        template = templates.parse(draft.text)
        if audience is None:
            return False, None
        for place, (name, near) in enumerate(templates.unknown(template, audience.columns)):
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
        if templates.unknown(template, audience.columns):
            return False, None
        return True, measures.measure(frame.run_db(), draft, team=frame.team_options())
    except BadInput as error:
        frame.tell_error(error)
        return False, None


def _rename(old: str, new: str) -> None:
    _put_text(edits.with_column(compose_draft.held("text") or "", old, new))


def _tell_size(draft: Draft, found: Measures) -> None:
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
    template = templates.parse(draft.text)
    if not template.fields:
        size = segments.measure(template.render({}))
        st.caption(
            ("GSM-7 · " if size.alphabet == "gsm7" else "UCS-2 · ")
            + n_("{count} character", "{count} characters", size.units)
            + " · "
            + n_("{count} left in the last part", "{count} left in the last part", size.left)
        )
    if found.price is None:
        st.caption(_("No price per part is set, so parts only. Set it on the settings page."))
    if not found.exact:
        st.caption(_("Reckoned from {count} rows spread over the list; the review counts every one.",
                     count=measures.EXACT))  # fmt: skip


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


def _tell_holes(found: Measures) -> None:
    if found.empty and found.holes:
        names = sorted({name for _row, missing in found.holes for name in missing})
        rows = ", ".join(str(row) for row, _missing in found.holes[:5])
        st.warning(
            n_("{count} person has nothing in {names} and gets no text (row {rows}).",
               "{count} people have nothing in {names} and get no text (rows {rows} …).",
               found.empty, names=plain(list_of(names)), rows=rows),
            icon=":material/space_bar:",
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom", key="compose_default_row"):
            word = st.text_input(_("Put this where it is empty"), key="compose_default", max_chars=60, width=260,
                                 placeholder=_("friend"))  # fmt: skip
            st.button(_("Use it"), key="compose_use_default", disabled=not word, on_click=_give_default, args=(names,))
    if found.too_long:
        st.warning(
            n_("{count} text is longer than {most} characters and can't be sent.",
               "{count} texts are longer than {most} characters and can't be sent.",
               found.too_long, most=segments.LONGEST),
            icon=":material/format_overline:",
        )  # fmt: skip
    if found.no_text:
        st.warning(
            n_("{count} text is empty for its person and is left out.",
               "{count} texts are empty for their people and are left out.", found.no_text)
        )  # fmt: skip


def _give_default(names: list[str]) -> None:
    word = st.session_state.get("compose_default") or ""
    _put_text(edits.with_default(compose_draft.held("text") or "", names, word))


def _tell_dear(draft: Draft, audience: Import | None, found: Measures) -> None:
    """The characters that make texts UCS-2, with what each costs, and what would be in their place."""
    if not found.blockers:
        return
    currency = frame.team_options().currency
    with st.container(border=True, key="compose_dear_box"):
        more = n_("{count} SMS part more", "{count} SMS parts more", found.extra_parts)
        st.markdown(
            ":material/translate: "
            + n_("**{count} text** has characters outside GSM-7: {more}.",
                 "**{count} texts** have characters outside GSM-7: {more}.", found.ucs2, more=more)
        )  # fmt: skip
        st.markdown("\n".join(f"- {_told_blocker(each, currency)}" for each in found.blockers[:8]))
        safe = {each.character: each.replacement for each in found.blockers if each.replacement is not None}
        if not safe or audience is None:
            return
        in_values = any(not each.in_text and each.replacement is not None for each in found.blockers)
        with st.popover(_("Replace what can be replaced …"), icon=":material/find_replace:", key="compose_replace"):
            st.markdown("  \n".join(f"{_visible(old)} → {_visible(new)}" for old, new in safe.items()))
            after = segments.replaced(segments.clean(draft.text), safe)
            if after != segments.clean(draft.text):
                st.caption(_("The text becomes:"))
                st.code(after, language=None, wrap_lines=True)
            if found.dear:
                st.caption(_("One message, before and after:"))
                st.code(found.dear[0].text + "\n↓\n" + segments.replaced(found.dear[0].text, safe), language=None,
                        wrap_lines=True)  # fmt: skip
            if in_values:
                st.caption(_("Some stand in the list itself, such as in names: they are replaced there too."))
            st.button(_("Replace"), type="primary", key="compose_replace_now", on_click=_replace,
                      args=(audience.id, safe, in_values))  # fmt: skip


def _told_blocker(each: Blocker, currency: str) -> str:
    cost = (
        n_("{count} part more", "{count} parts more", each.extra_parts) if each.extra_parts else _("costs nothing more")
    )
    if each.extra_price:
        cost += f", {money(each.extra_price, currency)}"
    where = _("in the text") if each.in_text else n_("in {count} message", "in {count} messages", each.messages)
    new = "" if each.replacement is None else " · " + _("could be {new}", new=_visible(each.replacement))
    return f"{_visible(each.character)} {where}: {cost}{new}"


def _visible(character: str) -> str:
    names = {"\u00a0": _("hard space"), "\t": _("tab"), " ": _("space"), "": _("nothing"), "\n": _("line end")}
    # In a span of code nothing is markdown.
    return f"`{names.get(character, character)}`" if character != "`" else f"`` {character} ``"


def _replace(import_id: int, table: dict[str, str], in_values: bool) -> None:
    _put_text(segments.replaced(segments.clean(compose_draft.held("text") or ""), table))
    if not in_values:
        return
    with frame.telling_later():
        rows = corrections.replace_characters(frame.run_db(), import_id, table, by=frame.user(), now=frame.now())
        frame.tell_later(
            say_count("Replaced in {count} row of the list.", "Replaced in {count} rows of the list.", rows)
        )


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
    _put_text(f"{text} {words}" if text else words)


def _test_send(draft: Draft, shown: Sample | None) -> None:
    if shown is None or not draft.sender:
        return
    with st.popover(_("Test it on your own phone"), icon=":material/send_to_mobile:", key="compose_test"):
        # Made once for each form that is drawn: a second press is the same message.
        st.session_state.setdefault("compose_test_key", uuid.uuid4().hex)
        st.text_input(_("Your mobile number"), key="compose_test_number", type="phone")
        st.caption(_("The text above goes out at once, as row {row} would get it.", row=shown.row))
        st.button(_("Send the test"), key="compose_test_send", type="primary", on_click=_send_test,
                  args=(draft.sender, shown.text))  # fmt: skip


def _send_test(sender: str, text: str) -> None:
    with frame.telling_later():
        found = msisdn.read(st.session_state.get("compose_test_number") or "", region=frame.team_options().region)
        to = found.msisdn or found.candidate
        if to is None:
            frame.tell_later(found.reason or say("There is no number."), "warning")
            return
        campaigns.test_send(
            frame.run_db(), sender=sender, text=text, msisdn=to, key=st.session_state["compose_test_key"],
            by=frame.user(), now=frame.now(),
        )  # fmt: skip
        del st.session_state["compose_test_key"]
        frame.tell_later(say("The test to +{number} is on its way.", number=to))
