"""Today at a glance: what is being sent, how it arrives, who waits for an answer, and what needs a person."""

import streamlit as st

from nextpod_core import campaigns, choices
from pages.parts import charts, frame, overview_cards, tables
from pages.parts.tables import Column
from pages.parts.words import _, n_, state_label

RECENT = 10
PLANNED_DAYS, DAY = 14, 86_400_000

db, now = frame.open_page("pages/overview.py"), frame.now()

st.title(_("Overview"), anchor=False)
st.caption(frame.when(now, "long"))
if not choices.campaigns(db, limit=1):
    overview_cards.first_steps(db)
    frame.redraw_when_changed("campaigns", every=5)
    frame.stop()

overview_cards.figures(db, now=now)
left, right = st.columns(2)

with left, st.container(border=True, key="overview_sending", height="stretch"):
    st.header(_("Sending now"), anchor=False)
    running = [*campaigns.recent(db, state="sending", limit=6), *campaigns.recent(db, state="paused", limit=6)]
    if not running:
        st.caption(_("Nothing is being sent at the moment."))
    for row in running[:6]:
        overview_cards.progress(row)
    planned = [
        row for row in campaigns.planned_between(db, start=now, end=now + PLANNED_DAYS * DAY) if row["due_at"] > now
    ]
    if planned:
        st.subheader(
            n_("{count} planned within two weeks", "{count} planned within two weeks", len(planned)), anchor=False
        )
        overview_cards.next_planned(planned[:4])

with right, st.container(border=True, key="overview_matters", height="stretch"):
    st.header(_("Needs a person"), anchor=False)
    overview_cards.needs(db)

with st.container(border=True, key="overview_recent_card"):
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.header(_("Campaigns"), anchor=False, width="content")
        with st.container(horizontal=True, width="content"):
            frame.link("campaigns", label=_("All campaigns"), icon=":material/campaign:")
            frame.link("compose", label=_("New campaign"), icon=":material/edit_square:")
    chosen = tables.pick_one(
        [overview_cards.campaign_row(row) for row in campaigns.recent(db, limit=RECENT)],
        [
            Column("name", _("Campaign"), width=175),
            Column("state", _("State"), "badge", labels=state_label, colours=charts.STATE_BADGE, width=105),
            Column("share", _("Progress"), "progress", width=90, help=_("Messages that have left, of those planned.")),
            Column("planned", _("Recipients"), "number", width=84),
            Column("rate", _("Delivered"), "percent", digits=1, width=78, help=_("Of the settled messages.")),
            Column("settled", _("Settled"), "number", width=68),
            Column("open", _("Open"), "number", width=55, help=_("Accepted, with no final report yet.")),
            Column("due_at", _("When"), "when", zone=frame.zone(), style="weekday", width=150),
        ],
        key="overview_recent",
        shown=RECENT,
        alt=_("The newest campaigns"),
    )
    st.caption(_("Choose a row to open the campaign."))

if chosen:
    st.switch_page(frame.page_path("campaigns"), query_params={"campaign": str(chosen["id"])})

frame.redraw_when_changed("campaigns", "messages", "inbox", "brakes", "quarantine", every=3)
