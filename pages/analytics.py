"""What became of the messages: rate, funnel, reasons, networks, answers and cost, down to each message."""

import streamlit as st

from nextpod_core import choices
from pages.parts import (
    analytics_answers,
    analytics_behind,
    analytics_cards,
    analytics_cost,
    analytics_filters,
    analytics_network,
    analytics_result,
    frame,
)
from pages.parts.words import _

TABS = {"result": analytics_result, "network": analytics_network, "answers": analytics_answers, "cost": analytics_cost}

db = frame.open_page("pages/analytics.py")

head = st.container(
    horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom", key="analytics_head"
)
head.title(_("Delivery"), anchor=False, width="content")
if not choices.campaigns(db, limit=1):
    st.info(_("Nothing has been sent yet. Once it has, what became of every message is shown here."))
    frame.link("compose", label=_("Compose the first campaign"), icon=":material/edit_square:")
    frame.stop()

view = analytics_filters.ask(db)
whole = view.whole()
head.header(analytics_cards.span(view, view.asked.period), anchor=False, width="content")
analytics_cards.draw(view, whole)
if view.asked.keyword is not None:
    st.caption(
        _("The keyword acts on incoming messages alone, on the tab Answers. All other figures are of every keyword.")
    )
analytics_behind.choose(view, whole)
analytics_behind.draw(view)

names = {"result": _("Result"), "network": _("Network"), "answers": _("Answers"), "cost": _("Cost")}
asked = st.query_params.get("tab", "result")
st.session_state["analytics_tab"] = names.get(asked, names["result"])
tabs = st.tabs(list(names.values()), key="analytics_tab", on_change=analytics_filters.remember_tab, args=(names,))
for part, tab in zip(TABS.values(), tabs, strict=True):
    if tab.open:
        with tab:
            part.draw(view)
