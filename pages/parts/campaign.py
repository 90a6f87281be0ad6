"""One campaign: how far it is, where every message of it is, who got it, what was reviewed, who pressed what."""

from typing import Any

import streamlit as st

from nextpod_core import campaigns, drafts, errors, followups, holding, work
from nextpod_core.db import Connection, Row
from nextpod_core.sentences import load
from pages.parts import approving, campaign_hold, campaign_live, campaign_rows, charts, frame
from pages.parts.words import _, n_, state_label


def rate(row: Any) -> float | None:
    """Delivered of all with a final report, or None while there is none."""
    final = row["delivered"] + row["negative"]
    return row["delivered"] / final if final else None


def share_done(row: Any) -> float | None:
    """How much of the campaign is neither queued nor under way."""
    return (row["planned"] - row["waiting"]) / row["planned"] if row["planned"] else None


def show(db: Connection, campaign_id: int) -> None:
    """Draw the campaign's page."""
    row = campaigns.get(db, campaign_id)
    if row is not None and row["state"] == "draft" and row["draft_id"]:
        campaign_hold.lead_to_draft(row)
        return
    if row is None or row["kind"] != "campaign" or row["state"] == "draft":
        frame.tell(_("There is no campaign number {id}.", id=str(campaign_id)), "warning")
        frame.link("campaigns", label=_("All campaigns"), icon=":material/arrow_back:")
        return
    frame.link("campaigns", label=_("All campaigns"), icon=":material/arrow_back:")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.title(row["name"].replace("\n", " "), width="content")
            st.badge(state_label(row["state"]), color=charts.STATE_BADGE[row["state"]])  # type: ignore[arg-type]
        _actions(db, row)
    if row["pause_reason"] and row["state"] == "paused" and (reason := load(row["pause_reason"])):
        frame.tell(reason, "warning")
    st.caption(_facts(row))
    approving.draw_alone(db, row["draft_id"])
    campaign_hold.draw(db, row)
    campaign_live.draw(campaign_id, row["state"])
    if followups.rests(db, row, now=frame.now()):
        _follow_up(db, campaign_id)
    names = tab_names()
    st.session_state["campaign_tab"] = names.get(st.query_params.get("tab", ""), names["who"])
    who, reviewed, events = st.tabs(list(names.values()), key="campaign_tab", on_change=remember_tab)
    if who.open:
        with who:
            campaign_rows.recipients(db, campaign_id)
    if reviewed.open:
        with reviewed:
            campaign_rows.reviewed(row)
    if events.open:
        with events:
            campaign_rows.events(db, campaign_id)


def tab_names() -> dict[str, str]:
    """The tabs of a campaign's page, by their word in the address."""
    return {"who": _("Who got it"), "reviewed": _("What was reviewed"), "events": _("Who pressed what")}


def remember_tab() -> None:
    """Put the tab that was opened into the address; the first one needs no word."""
    opened = next((word for word, name in tab_names().items() if name == st.session_state["campaign_tab"]), "who")
    if opened == "who":
        st.query_params.pop("tab", None)
    else:
        st.query_params["tab"] = opened


def _facts(row: Row) -> str:
    facts = [
        n_("{count} recipient", "{count} recipients", row["planned"]),
        _("from {sender}", sender=row["sender"]),
        _("begins {time}", time=frame.when(row["due_at"])) if row["state"] == "scheduled"
        else _("began {time}", time=frame.when(row["started_at"])),
    ]  # fmt: skip
    if row["window_from"]:
        facts.append(_("only {start}-{end}", start=row["window_from"], end=row["window_to"]))
    if row["per_minute"]:
        facts.append(n_("at most {count} a minute", "at most {count} a minute", row["per_minute"]))
    if row["handed_over"]:
        facts.append(_("handed over to Nextpod"))
    return " · ".join([*facts, str(frame.zone())])


def _actions(db: Connection, row: Row) -> None:
    id, state = row["id"], row["state"]
    with st.container(horizontal=True, horizontal_alignment="right", width="content", key="campaign_actions"):
        if state in ("sending", "scheduled") and frame.may("campaign.stop"):
            st.button(_("Pause"), icon=":material/pause:", key="campaign_pause", on_click=_act, args=("pause", id))
        may_have_left = holding.may_have_left(db, row)
        if state == "paused" and frame.may("campaign.resume") and may_have_left:
            if st.button(_("Resume …"), icon=":material/play_arrow:", key="campaign_resume",
                         help=_("What waits may have left already, after the backup was made.")):  # fmt: skip
                _ask_before_resuming(id, may_have_left)
        elif state == "paused" and frame.may("campaign.resume"):
            st.button(
                _("Resume"), icon=":material/play_arrow:", type="primary", key="campaign_resume",
                on_click=_act, args=("resume", id),
            )  # fmt: skip
        over = state in ("finished", "cancelled")
        if (
            not over
            and frame.may("campaign.stop")
            and st.button(_("Cancel"), icon=":material/cancel:", key="campaign_cancel")
        ):
            _ask_before_cancelling(id)
        if (
            row["draft_id"]
            and frame.may("campaign.compose")
            and st.button(_("Copy"), icon=":material/content_copy:", key="campaign_copy")
        ):
            _copy(row["draft_id"])


def _act(what: str, id: int) -> None:
    """A button's work, in its callback: one transaction, whatever else the person presses meanwhile."""
    db, by, now = frame.run_db(), frame.user(), frame.now()
    with frame.telling_later():
        {"pause": campaigns.pause, "resume": campaigns.resume, "cancel": campaigns.cancel}[what](db, id, by=by, now=now)


def _resume_although(id: int, many: int) -> None:
    with frame.telling_later():
        campaigns.resume(frame.run_db(), id, by=frame.user(), now=frame.now(), although=many)


def _ask_before_resuming(id: int, many: int) -> None:
    @st.dialog(_("Resume, though it may have left?"))
    def ask() -> None:
        st.write(
            n_(
                "{count} message waits here, but may have left after the backup was made. Who got it would get it "
                "twice.",
                "{count} messages wait here, but may have left after the backup was made. Who got one would get it "
                "twice.",
                many,
            )
        )
        st.write(_("Find out first: Nextpod's own statistics, or somebody on the list. Cancel what did leave."))
        if st.button(_("Send them all the same"), type="primary", key="campaign_resume_now",
                     on_click=_resume_although, args=(id, many)):  # fmt: skip
            st.rerun()

    ask()


def _ask_before_cancelling(id: int) -> None:
    @st.dialog(_("Cancel this campaign?"))
    def ask() -> None:
        ledger = campaigns.ledger(frame.run_db(), id)
        st.write(
            n_(
                "{count} message has not left yet and will never leave. Those that left can't be called back.",
                "{count} messages have not left yet and will never leave. Those that left can't be called back.",
                ledger.queued,
            )
        )
        st.write(_("This can't be undone. To send to the rest later, pause instead."))
        if st.button(
            _("Cancel the campaign"), type="primary", key="campaign_cancel_now", on_click=_act, args=("cancel", id)
        ):
            st.rerun()

    ask()


def _copy(draft_id: int) -> None:
    try:
        made = drafts.copy(frame.run_db(), draft_id, by=frame.user(), now=frame.now())
    except errors.NextpodError as error:
        frame.tell_error(error)
        return
    st.switch_page(frame.page_path("compose"), query_params={"draft": str(made.id)})


def _follow_up(db: Connection, id: int) -> None:
    if not frame.may("campaign.compose"):
        return
    missed, reached = (followups.count(db, id, whom) for whom in ("missed", "reached"))
    with st.container(horizontal=True, vertical_alignment="center", key="campaign_follow_up"):
        if missed and st.button(
            n_("Write to the {count} who did not get it …", "Write to the {count} who did not get it …", missed),
            icon=":material/forward_to_inbox:", key="campaign_missed",
            help=_("A draft with the same text to those whose message failed, was refused or never left."),
        ):  # fmt: skip
            _begin_follow_up(id, "missed")
        if reached and st.button(
            n_("Correct it for the {count} who may have it …", "Correct it for the {count} who may have it …", reached),
            icon=":material/edit_note:", key="campaign_reached",
            help=_("A draft to exactly those who got it, or may have: also the open and the unknown ones."),
        ):  # fmt: skip
            _begin_follow_up(id, "reached")


def _begin_follow_up(id: int, whom: followups.Whom) -> None:
    given = frame.the_settings()
    try:
        made = followups.begin(given, frame.run_db(), id, whom, by=frame.user(), now=frame.now())
        assert made.import_id is not None
        work.start(given, "import", made.import_id)
    except errors.NextpodError as error:
        frame.tell_error(error)
        return
    st.switch_page(frame.page_path("compose"), query_params={"draft": str(made.id)})
