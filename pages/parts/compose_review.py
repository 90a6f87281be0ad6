"""Step 4 of a campaign: exactly what will leave, frozen, and the button that lets it go."""

import streamlit as st

from nextpod_core import approvals, campaigns, making, options, review, roles, work
from nextpod_core.drafts import Draft
from nextpod_core.errors import BadInput
from nextpod_core.imports import Import
from nextpod_core.review import Review
from nextpod_core.sentences import Sentence, say
from pages.parts import approving, compose_draft, compose_test, compose_windows, frame, tables, words
from pages.parts.compose_problems import VERDICTS
from pages.parts.tables import Column
from pages.parts.words import _, money, n_, number, tr

SENT = "frame_sent"
REASONS: dict[str, Sentence] = {
    **VERDICTS,
    "empty": say("A placeholder is empty"),
    "no_text": say("The text is empty"),
    "too_long": say("The text is too long"),
}


def draw(draft: Draft, audience: Import | None, *, text_is_fine: bool, time_is_fine: bool) -> None:
    """The step as it stands: what is still to do, the review being made, or the review."""
    st.header(_("4 · Review"), anchor=False)
    missing = _missing(draft, audience, text_is_fine, time_is_fine)
    if not missing:
        try:
            making.check(frame.run_db(), draft.id)
        except BadInput as error:
            missing = [error.sentence]
    if missing:
        st.markdown(_("Before it can be reviewed:"))
        st.markdown("  \n".join(f":material/check_box_outline_blank: {tr(each)}" for each in missing))
        st.button(_("Review"), key="compose_review", type="primary", disabled=True)
        return
    found = review.get(frame.run_db(), draft.id)
    current = found if found is not None and found.version == draft.version else None
    if current is not None and current.ready:
        _show(draft, current)
        return
    started = st.session_state.get("compose_review_pid")
    if work.is_alive(started):
        _wait(draft, audience, started)
        return
    if current is not None and started is None:
        # Begun in another window, or by somebody else: whether that one still lives can't be seen from here.
        _wait(draft, audience, None)
    elif current is not None or (found is None and st.session_state.get("compose_review_of") == draft.id):
        frame.tell(_("The review was interrupted. Nothing was sent; make it again."), "warning")
    elif found is not None:
        st.caption(_("Something was changed since the last review, so it has to be made again."))
    else:
        st.markdown(_("Every text is made and counted exactly as it will leave. Nothing is sent yet."))
    st.button(
        _("Review"), key="compose_review", type="primary", icon=":material/fact_check:", shortcut="mod+enter",
        on_click=_begin, args=(draft.id,),
    )  # fmt: skip


def _missing(draft: Draft, audience: Import | None, text_is_fine: bool, time_is_fine: bool) -> list[Sentence]:
    wanted: list[tuple[bool, Sentence]] = [
        (not draft.name.strip(), say("Give the campaign a name (at the top).")),
        (audience is None, say("Choose the people.")),
        (audience is not None and not audience.sendable, say("Mend at least one row, so that somebody gets it.")),
        (not draft.sender, say("Choose a sender.")),
        (not draft.text.strip(), say("Write the text.")),
        (bool(draft.text.strip()) and audience is not None and not text_is_fine, say("Mend the text.")),
        (not time_is_fine, say("Choose a time that can be used.")),
        (bool(compose_windows.changed_elsewhere(draft)), say("Look at what was changed in another window.")),
        (
            draft.purpose == "marketing" and not draft.origin.strip(),
            say("Say where the numbers and the consent come from."),
        ),
    ]
    return [sentence for wrong, sentence in wanted if wrong]


def _begin(draft_id: int) -> None:
    if work.is_alive(st.session_state.get("compose_review_pid")):
        return
    with frame.telling_later():
        roles.allow(frame.user(), "campaign.compose")  # The process that makes it has no person behind it.
        st.session_state["compose_review_pid"] = work.start(frame.the_settings(), "prepare", draft_id)
        st.session_state["compose_review_of"] = draft_id


def _wait(draft: Draft, audience: Import | None, started: int | None) -> None:
    """How far the review is, until it is there or its process is not."""
    total = audience.sendable if audience else 0

    @frame.live(0.7)
    def watch() -> None:
        with frame.telling():
            found = review.get(frame.run_db(), draft.id)
            current = found if found is not None and found.version == draft.version else None
            if (current is not None and current.ready) or (started is not None and not work.is_alive(started)):
                st.rerun()
            done = current.prepared if current is not None else 0
            st.progress(
                min(done / total, 1.0) if total else 0.0,
                text=_("{done} of {total} texts made and counted", done=number(done), total=number(total)),
            )

    watch()


def _show(draft: Draft, found: Review) -> None:
    show_what_leaves(found)
    _ask_for_test(draft, found)
    _send(draft, found)


def show_what_leaves(found: Review) -> None:
    """The review as it was frozen, to the one who wrote it and to the one who approves it."""
    with st.container(horizontal=True, key="compose_review_figures", gap="medium"):
        st.metric(_("Will be sent"), number(found.planned), border=True)
        st.metric(_("SMS parts"), number(found.parts_total), border=True)
        if found.price is not None:
            st.metric(_("Price"), money(found.price, found.currency), border=True)
    first, last = frame.when(found.first_at, "weekday"), frame.when(found.last_at, "weekday")
    st.markdown(
        ":material/schedule: " + _("Begins **{first}**; the last one leaves about **{last}**.", first=first, last=last)
    )
    for warning in found.warnings:
        frame.tell(warning, "warning")
    left, right = st.columns(2, gap="large")
    with left:
        _countries(found)
    with right:
        _left_out(found)
    _samples(found)


def _ask_for_test(draft: Draft, found: Review) -> None:
    """A sender that Nextpod has never accepted is tried on one's own phone before it goes to everybody."""
    if not compose_test.is_untried(draft.sender) or not found.samples:
        return
    _to, text, _parts, _alphabet = found.samples[0]
    with st.container(horizontal=True, vertical_alignment="center", key="compose_untried"):
        frame.tell(
            _("Nextpod has not accepted anything from {sender} yet, and some senders are blocked. Test it first.",
              sender=draft.sender), "warning",
        )  # fmt: skip
        compose_test.draw(draft.sender, text, key="compose_test_review",
                          told=_("The first of the texts below goes out at once, to you alone."))  # fmt: skip


def _countries(found: Review) -> None:
    st.markdown("**" + _("By country") + "**")
    names = words.LOCALES[words.language()].territories
    columns = [
        Column("country", _("Country")),
        Column("people", _("Recipients"), "number"),
        Column("parts", _("SMS parts"), "number"),
    ]
    if found.price is not None:
        columns.append(Column("price", _("Price"), "money", currency=found.currency))
    tables.table(
        [
            {"country": names.get(iso, _("Elsewhere")), "people": people, "parts": parts, "price": price}
            for iso, (people, parts, price) in sorted(found.regions.items(), key=lambda each: -each[1][0])
        ],
        columns, key="compose_countries", shown=5, alt=_("Recipients, SMS parts and price by country"),
    )  # fmt: skip


def _left_out(found: Review) -> None:
    st.markdown("**" + _("Left out") + "**")
    if not found.left_out:
        st.caption(_("Nobody: every row of the list gets the text."))
        return
    tables.table(
        [
            {"why": tr(REASONS[reason]) if reason in REASONS else reason, "rows": count}
            for reason, count in sorted(found.left_out.items(), key=lambda each: -each[1])
        ],
        [Column("why", _("Why")), Column("rows", _("Rows"), "number")],
        key="compose_left_out", shown=5, alt=_("Rows that are left out, by reason"),
    )  # fmt: skip


def _samples(found: Review) -> None:
    told = (
        _("Ten texts as they will leave, and the longest")
        if found.planned > making.SAMPLES
        else _("The texts as they will leave")
    )
    with st.expander(told, expanded=found.planned <= making.SAMPLES,
                     icon=":material/sms:", key="compose_samples_box"):  # fmt: skip
        shown = [*found.samples, *([found.longest] if found.longest and found.longest not in found.samples else [])]
        tables.table(
            [
                {"to": f"+{to}", "text": text, "parts": parts, "alphabet": "UCS-2" if alphabet == "ucs2" else "GSM-7"}
                for to, text, parts, alphabet in shown
            ],
            [
                Column("to", _("To"), "msisdn", width=140),
                Column("text", _("Text"), width=640),
                Column("parts", _("Parts"), "number", width=70),
                Column("alphabet", _("Alphabet"), width=90),
            ],
            key="compose_samples", shown=11, alt=_("Texts as they will leave"),
        )  # fmt: skip


def _send(draft: Draft, found: Review) -> None:
    if not found.planned:
        why = ", ".join(
            f"{tr(REASONS[reason]) if reason in REASONS else reason}: {number(count)}"
            for reason, count in sorted(found.left_out.items(), key=lambda each: -each[1])
        )
        frame.tell(_("Nobody is left to send to. {why}. Mend the text or the rows, or take another list.", why=why),
                   "error")  # fmt: skip
        return
    typed: int | None = None
    ready = True
    if found.planned > frame.team_options().typed_count_above:
        typed = st.number_input(
            _("Type the number of recipients to send to that many"), min_value=0, value=None, step=1,
            key="compose_typed", width=330, placeholder=number(found.planned),
        )  # fmt: skip
        ready = typed == found.planned
    if draft.due_at is None:
        told = n_("Send to {people} person", "Send to {people} people", found.planned, people=number(found.planned))
    else:
        told = n_("Schedule for {people} person", "Schedule for {people} people", found.planned,
                  people=number(found.planned))  # fmt: skip
    campaign = campaigns.get(frame.run_db(), found.campaign_id)
    if campaign is not None and (why := approvals.why(frame.run_db(), campaign, frame.user(), now=frame.now())):
        approving.draw_asking(draft, found, why, typed, ready)
        return
    with st.container(horizontal=True, vertical_alignment="center", key="compose_send_row"):
        st.button(told, key="compose_send", type="primary", icon=":material/send:", disabled=not ready,
                  on_click=_go, args=(draft, found, typed))  # fmt: skip
        st.caption(_after(draft, found))


def _after(draft: Draft, found: Review) -> str:
    """What can still be done about it once the button is pressed."""
    told = []
    seconds = options.countdown_ms(frame.team_options(), frame.the_settings().mode) // 1000
    if seconds and (draft.due_at is None or draft.choices.hand_over):
        told.append(n_("You have {count} second to stop it.", "You have {count} seconds to stop it.", seconds))
    if found.wave:
        told.append(
            _("{size} go first, the others {minutes} minutes later.", size=found.wave[0],
              minutes=found.wave[1] // 60_000)
        )  # fmt: skip
    return " ".join([*told, _("You can pause and cancel until the last one has left.")])


def _go(draft: Draft, found: Review, typed: int | None) -> None:
    # In the callback, which nothing else that is asked for at the same moment can end; the run after it leads there.
    with frame.telling_later():
        st.session_state[SENT] = review.send(
            frame.run_db(), draft.id, version=found.version, by=frame.user(), now=frame.now(), typed=typed,
            countdown=options.countdown_ms(frame.team_options(), frame.the_settings().mode),
        )  # fmt: skip


def follow() -> None:
    """Lead to the campaign that was just sent from here, if one was."""
    if (campaign := st.session_state.pop(SENT, None)) is not None:
        compose_draft.forget()
        st.switch_page(frame.page_path("campaigns"), query_params={"campaign": str(campaign)})
