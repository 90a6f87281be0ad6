"""Every campaign: what is planned, how far it is, pause, resume, cancel, copy, and who got it."""

import streamlit as st

from nextpod_core import campaigns, drafts
from pages.parts import approving, campaign, campaign_calendar, charts, frame, message, tables, veil
from pages.parts.tables import Column
from pages.parts.words import _, n_, number, state_label

STATES = ("scheduled", "sending", "paused", "finished", "cancelled")

db = frame.open_page("pages/campaigns.py")


def look_for() -> None:
    """Words were looked for: they stand in the address, sealed, since campaigns are named after people too."""
    veil.put("campaigns_search", st.session_state["campaigns_search"])
    tables.first_page("campaigns_from")


def put_state() -> None:
    """A state was chosen: it stands in the address by its own name, which is the same in every language."""
    if state := st.session_state["campaigns_state"]:
        st.query_params["campaigns_state"] = state
    else:
        st.query_params.pop("campaigns_state", None)
    tables.first_page("campaigns_from")


if asked := frame.id_in_address("message"):
    message.show(db, asked)
    frame.stop()
if asked := frame.id_in_address("approval"):
    approving.show(db, asked)
    frame.stop()
if asked := frame.id_in_address("campaign"):
    campaign.show(db, asked)
    frame.stop()

with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    st.title(_("All campaigns"))
    frame.link("compose", label=_("New campaign"), icon=":material/add:")

approving.draw_waiting(db)
waiting = drafts.open_ones(db, limit=20) if frame.may("campaign.compose") else []
if waiting:
    with st.expander(n_("{count} draft", "{count} drafts", len(waiting)), icon=":material/edit_note:"):
        for draft in waiting[:20]:
            with st.container(horizontal=True, vertical_alignment="center", key=f"campaigns_draft_{draft.id}"):
                frame.link(
                    "compose",
                    label=draft.name or _("Without a name"),
                    query_params={"draft": draft.id},
                )
                st.caption(_("last changed {time}", time=frame.when(draft.changed_at)))

shown_as = campaign_calendar.choose()
if shown_as in ("week", "month"):
    campaign_calendar.draw(db, shown_as)
    frame.redraw_when_changed("campaigns")
    frame.stop()

with st.container(horizontal=True, vertical_alignment="bottom", key="campaigns_filters"):
    asked_state = st.query_params.get("campaigns_state")
    st.session_state["campaigns_state"] = asked_state if asked_state in STATES else None
    state = st.segmented_control(
        _("State"), STATES, format_func=state_label, key="campaigns_state", on_change=put_state
    )
    if "campaigns_search" not in st.session_state:
        st.session_state["campaigns_search"] = veil.asked("campaigns_search")
    search = st.text_input(
        _("Name"), placeholder=_("Any part of the name"), key="campaigns_search", icon=":material/search:", width=280,
        on_change=look_for,
    )  # fmt: skip

rows = campaigns.recent(
    db, before=tables.cursor("campaigns_from"), state=state, search=search or "", limit=tables.PAGE + 1
)
if not rows:
    if state or search:
        frame.tell(_("No campaign is like that. Take the filter away to see all."))
    else:
        frame.tell(
            _("No campaign has been sent yet. Compose the first one: upload a list, write the text, look, send.")
        )
    frame.stop()

shown = [dict(row) | {"rate": campaign.rate(row), "share": campaign.share_done(row)} for row in rows]
chosen = tables.pick_one(
    shown[: tables.PAGE],
    [
        Column("id", _("No."), "number", width=50),
        Column("name", _("Campaign"), width=190),
        Column("state", _("State"), "badge", labels=state_label, colours=charts.STATE_BADGE, width=105),
        Column("share", _("Progress"), "progress", width=90),
        Column("planned", _("Recipients"), "number", width=92),
        Column("rate", _("Delivered"), "percent", width=84, help=_("Of the messages with a final report.")),
        Column("unknown", _("Unknown"), "number", width=76, help=_("May have been sent: no answer came.")),
        Column("due_at", _("When"), "when", zone=frame.zone(), width=150),
    ],
    key="campaigns_list",
    shown=20,
    alt=_("Campaigns, the newest first"),
)  # fmt: skip
st.caption(_("Choose a row to open the campaign. {count} on this page.", count=number(min(len(rows), tables.PAGE))))
tables.pager("campaigns_from", last=rows[-2 if len(rows) > tables.PAGE else -1]["id"], has_more=len(rows) > tables.PAGE)

if chosen:
    st.query_params.clear()
    st.query_params["campaign"] = str(chosen["id"])
    st.rerun()

frame.redraw_when_changed("campaigns")
