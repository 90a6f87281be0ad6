"""A campaign that has not gone, or not gone whole: the countdown with its Stop, the first wave, and going back."""

import streamlit as st

from nextpod_core import campaigns, pace, review
from nextpod_core.db import Connection, Row
from nextpod_core.sentences import say
from pages.parts import frame
from pages.parts.words import _, n_, number


def draw(db: Connection, row: Row) -> None:
    """What holds the campaign in `row` back, and the buttons that stop it or let it go; nothing when nothing does."""
    now = frame.now()
    if row["state"] == "scheduled" and (row["held_until"] or 0) > now:
        _countdown(row["id"])
    elif review.can_be_taken_back(db, row):
        with st.container(horizontal=True, vertical_alignment="center", key="campaign_not_begun"):
            st.caption(_("Nothing has left yet."), width="content")
            st.button(_("Change it"), key="campaign_change", icon=":material/edit:", type="tertiary",
                      on_click=_take_back, args=(row["id"],),
                      help=_("It becomes a draft again, with everything in it, and needs a new review."))  # fmt: skip
    elif row["state"] in ("sending", "paused") and pace.wave(db, row, now=now) is not None:
        _wave(row)


def lead_to_draft(row: Row) -> None:
    """The campaign in `row` was stopped before it began: whoever did it goes on with the draft, others may follow."""
    draft = {"draft": str(row["draft_id"])}
    if st.session_state.pop("campaign_taken_back", None) is not None:
        st.switch_page(frame.page_path("compose"), query_params=draft)
    st.title(row["name"].replace("\n", " ") or _("Campaign"))
    frame.tell(_("This campaign is a draft. Nothing of it has left."))
    frame.link("compose", label=_("Open the draft"), query_params=draft, icon=":material/edit:")


def _countdown(campaign_id: int) -> None:
    with st.container(border=True, key="campaign_countdown"):
        _time_left(campaign_id)
        with st.container(horizontal=True, vertical_alignment="center", key="campaign_countdown_row"):
            st.button(_("Stop"), key="campaign_stop", type="primary", icon=":material/front_hand:",
                      on_click=_take_back, args=(campaign_id,), shortcut="Escape")  # fmt: skip
            st.button(_("Don't wait"), key="campaign_go", type="tertiary", on_click=_let_go, args=(campaign_id,))
            st.caption(_("Stop makes it a draft again. Nothing of it is lost, and nothing has left."), width="content")


def _time_left(campaign_id: int) -> None:
    @frame.live(1.0)
    def watch() -> None:
        row = campaigns.get(frame.run_db(), campaign_id)
        if row is None or row["state"] != "scheduled":
            st.rerun()
        left = max(0, (row["held_until"] or 0) - frame.now())
        whole = st.session_state.setdefault(f"campaign_countdown_{campaign_id}", max(left, 1))
        seconds = -(-left // 1000)
        st.progress(
            min(left / whole, 1.0),
            text=n_("**Begins in {count} second**, unless you stop it.",
                    "**Begins in {count} seconds**, unless you stop it.", seconds) if seconds else _("Beginning …"),
        )  # fmt: skip

    watch()


def _wave(row: Row) -> None:
    """How far the first wave is and when the rest follows; a click lets it go at once."""

    @frame.live(5.0)
    def watch() -> None:
        db = frame.run_db()
        fresh = campaigns.get(db, row["id"])
        first = pace.wave(db, fresh, now=frame.now()) if fresh is not None else None
        if fresh is None or first is None:
            st.rerun()
        told = _("**First wave:** {gone} of {size} have left.", gone=number(first.gone), size=number(first.size))
        rest = n_("{count} more waits", "{count} more wait", max(0, fresh["planned"] - first.size))
        if fresh["state"] == "paused":
            st.markdown(told + " " + _("{rest}; *Resume* lets them go.", rest=rest))
        elif first.rest_at is None:
            st.markdown(told + " " + _("{rest} until they have been looked at.", rest=rest))
        else:
            st.markdown(
                told + " " + _("{rest} until {time}, so that a mistake is seen before everybody has it. Pause to stop "
                               "them.", rest=rest, time=frame.when(first.rest_at, "time"))
            )  # fmt: skip

    with st.container(border=True, key="campaign_wave"):
        watch()
        if row["state"] == "sending":
            st.button(_("Send the rest now"), key="campaign_rest", icon=":material/fast_forward:", on_click=_let_go,
                      args=(row["id"],))  # fmt: skip


def _take_back(campaign_id: int) -> None:
    with frame.telling_later():
        draft = review.take_back(frame.run_db(), campaign_id, by=frame.user(), now=frame.now())
        st.session_state["campaign_taken_back"] = draft
        frame.tell_later(say("Stopped before anything left. It is a draft again and needs a new review."))


def _let_go(campaign_id: int) -> None:
    with frame.telling_later():
        campaigns.let_go(frame.run_db(), campaign_id, by=frame.user(), now=frame.now())
