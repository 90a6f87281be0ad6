"""A campaign and its second person: asking them, what they see, and their yes or no."""

import streamlit as st

from nextpod_core import approvals, campaigns, options, releases, review
from nextpod_core.approvals import Approval
from nextpod_core.db import Connection
from nextpod_core.drafts import Draft
from nextpod_core.review import Review
from nextpod_core.sentences import Sentence, say
from pages.parts import compose_draft, frame, person
from pages.parts.words import _, n_, number


def draw_asking(draft: Draft, found: Review, why: Sentence, typed: int | None, ready: bool) -> None:
    """In place of the button that sends: the one that asks, or what became of the question."""
    last = approvals.last_of(frame.run_db(), draft.id)
    frame.tell(why)
    if last is not None and last.version == draft.version and last.verdict is None:
        frame.tell(_("It waits for a second person since {time}. Any change makes it a new question.",
                     time=frame.when(last.asked_at)), "warning")  # fmt: skip
        _offer_alone(draft, found, typed, ready)
        return
    if last is not None and last.verdict == "returned":
        st.markdown(_("Given back by {who}, {time}:", who=person.label(last.decided_by or ""),
                      time=frame.when(last.decided_at)))  # fmt: skip
        st.text(person.whole(last.answer))
    st.text_area(_("A word to whoever approves it"), key="compose_ask_note", max_chars=releases.LONGEST_NOTE, height=80)
    st.button(
        n_("Ask for approval: {people} person", "Ask for approval: {people} people", found.planned,
           people=number(found.planned)),
        key="compose_ask", type="primary", icon=":material/how_to_reg:", disabled=not ready,
        on_click=_ask, args=(draft.id, found.version, typed),
    )  # fmt: skip
    _offer_alone(draft, found, typed, ready)


def _offer_alone(draft: Draft, found: Review, typed: int | None, ready: bool) -> None:
    """The way out when nobody else can be reached, where the team allows it."""
    if not frame.team_options().approval_alone or not frame.may("campaign.approve"):
        return
    with st.popover(_("Nobody else can be reached …"), icon=":material/emergency:", key="compose_alone"):
        st.write(_("Release it alone only when waiting does harm. Everybody else who may approve is told at once, and "
                   "can stop it."))  # fmt: skip
        st.text_area(_("Why it can't wait"), key="compose_alone_reason", max_chars=releases.LONGEST_NOTE, height=80)
        if st.button(
            n_("Release alone to {people} person", "Release alone to {people} people", found.planned,
               people=number(found.planned)),
            key="compose_alone_now", type="primary", disabled=not ready,
        ):  # fmt: skip
            _release_alone(draft.id, found.version, typed)


def draw_alone(db: Connection, draft_id: int | None) -> None:
    """On a campaign's page: that it left without a second person, and why."""
    last = approvals.last_of(db, draft_id) if draft_id is not None else None
    if last is not None and last.alone:
        frame.tell(
            _("{who} released this without a second person's approval, {time}: {why}",
              who=person.label(last.decided_by or ""), time=frame.when(last.decided_at),
              why=person.label(last.answer, releases.LONGEST_NOTE)),
            "warning",
        )  # fmt: skip


def draw_waiting(db: Connection) -> None:
    """The questions that wait, above the list of campaigns."""
    found = approvals.waiting(db)
    if not found:
        return
    with st.container(border=True, key="approvals_waiting"):
        st.header(n_("{count} campaign waits for approval", "{count} campaigns wait for approval", len(found)),
                     anchor=False)  # fmt: skip
        for one in found:
            with st.container(horizontal=True, vertical_alignment="center", key=f"approvals_{one.id}"):
                st.text(person.one_line(one.name, 80))
                st.caption(_facts(one))
                if frame.may("campaign.approve"):
                    frame.link("campaigns", label=_("Look at it"), icon=":material/fact_check:",
                               query_params={"approval": str(one.id)})  # fmt: skip


def show(db: Connection, approval_id: int) -> None:
    """The page of one question: the review as it was frozen, and the two buttons."""
    asked = approvals.get(db, approval_id)
    row = campaigns.get(db, asked.campaign_id) if asked is not None and asked.campaign_id else None
    if asked is None or row is None or not frame.may("campaign.compose"):
        frame.tell(_("There is no such question to approve."), "warning")
        frame.link("campaigns", label=_("All campaigns"), icon=":material/arrow_back:")
        return
    frame.link("campaigns", label=_("All campaigns"), icon=":material/arrow_back:")
    st.title(person.label(asked.name))
    st.caption(_facts(asked))
    if asked.note:
        st.text(person.whole(asked.note))
    if asked.verdict is not None:
        told = {
            "approved": say("Approved by {who}. It is on its way."),
            "returned": say("Given back by {who}: {answer}"),
        }.get(asked.verdict, say("The campaign was changed, so this question was withdrawn."))
        frame.tell(say(told.text, who=asked.decided_by or "", answer=asked.answer))
        return
    if row["state"] != "draft" or row["reviewed_at"] != asked.reviewed_at or row["draft_version"] != asked.version:
        frame.tell(_("The campaign was changed since this was asked. A new review and a new question are needed."),
                   "warning")  # fmt: skip
        return
    st.text(person.whole(row["text"]))
    from pages.parts.compose_review import show_what_leaves  # It draws the asking, which is here.

    show_what_leaves(review.of_campaign(row))
    by = frame.user()
    if by.name == asked.asked_by or by.name in approvals.makers(db, asked.draft_id):
        frame.tell(_("You wrote in this campaign, so somebody else has to approve it."))
        return
    if not frame.may("campaign.approve"):
        return
    st.text_area(_("What has to be changed, if you give it back"), key="approval_note",
                 max_chars=releases.LONGEST_NOTE, height=80)  # fmt: skip
    with st.container(horizontal=True, key="approval_row"):
        st.button(
            n_("Approve and send to {people} person", "Approve and send to {people} people", asked.planned,
               people=number(asked.planned)),
            key="approval_yes", type="primary", icon=":material/how_to_reg:", on_click=_approve, args=(asked.id,),
        )  # fmt: skip
        st.button(_("Give it back"), key="approval_no", icon=":material/undo:", on_click=_give_back, args=(asked.id,))


def _facts(one: Approval) -> str:
    return " · ".join((
        n_("{count} recipient", "{count} recipients", one.planned),
        _("from {sender}", sender=one.sender),
        _("asked by {who}, {time}", who=one.asked_by, time=frame.when(one.asked_at)),
    ))  # fmt: skip


def _ask(draft_id: int, version: int, typed: int | None) -> None:
    note = st.session_state.get("compose_ask_note") or ""
    with frame.telling_later():
        releases.ask(frame.run_db(), draft_id, version=version, typed=typed, note=note, by=frame.user(),
                     now=frame.now())  # fmt: skip
        frame.tell_later(say("A second person is asked. They find it under All campaigns."))


def _release_alone(draft_id: int, version: int, typed: int | None) -> None:
    campaign: int | None = None
    with frame.telling():
        campaign = releases.release_alone(
            frame.run_db(), draft_id, st.session_state.get("compose_alone_reason") or "", version=version, typed=typed,
            by=frame.user(), now=frame.now(),
            countdown=options.countdown_ms(frame.team_options(), frame.the_settings().mode),
        )  # fmt: skip
    if campaign is not None:
        compose_draft.forget()
        st.switch_page(frame.page_path("campaigns"), query_params={"campaign": str(campaign)})


def _approve(approval_id: int) -> None:
    with frame.telling_later():
        campaign = releases.approve(frame.run_db(), approval_id, by=frame.user(), now=frame.now(),
            countdown=options.countdown_ms(frame.team_options(), frame.the_settings().mode),
        )  # fmt: skip
        st.query_params.clear()
        st.query_params["campaign"] = str(campaign)
        frame.tell_later(say("Approved. What was reviewed is what leaves."))


def _give_back(approval_id: int) -> None:
    note = st.session_state.get("approval_note") or ""
    with frame.telling_later():
        releases.give_back(frame.run_db(), approval_id, note, by=frame.user(), now=frame.now())
        frame.tell_later(say("Given back, with your note."))
