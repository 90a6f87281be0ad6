"""One message: its whole life as a timeline, with what came over the wire."""

import streamlit as st

from nextpod_core import history, reasons
from nextpod_core.db import Connection
from pages.parts import charts, frame, person, tables, words
from pages.parts.words import _, duration, n_, status_label, tr

ICONS = {
    "planned": ":material/event:", "request": ":material/send:", "answer": ":material/reply:",
    "report": ":material/mark_email_read:", "state": ":material/flag:", "inbound": ":material/sms:",
    "ours": ":material/forum:",
}  # fmt: skip


def show(db: Connection, message_id: int) -> None:
    """Draw the message's page."""
    found = history.of_message(db, message_id)
    if found is None:
        frame.tell(_("There is no message number {id}.", id=str(message_id)), "warning")
        frame.link("campaigns", label=_("All campaigns"), icon=":material/arrow_back:")
        return
    row, events = found
    back = {"campaign": str(row["campaign_id"])} if row["kind"] == "campaign" else None
    frame.link(
        "campaigns",
        label=words.campaign_name(row["kind"], row["name"]),
        icon=":material/arrow_back:",
        query_params=back,
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(person.label(person.show_number(row["msisdn"])), width="content")
        st.badge(status_label(row["status"]), color=charts.STATUS_BADGE.get(row["status"], "gray"))  # type: ignore[arg-type]
    facts = [_("from {sender}", sender=row["sender"]), n_("{count} SMS part", "{count} SMS parts", row["parts"])]
    if row["latency"] is not None:
        facts.append(_("{time} to the handset", time=duration(row["latency"])))
    st.caption(" · ".join([*facts, str(frame.zone())]))
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.header(_("What happened"))
        for event in events:
            with st.container(gap="xsmall"):
                st.markdown(f"{ICONS[event.kind]} **{frame.when(event.at, 'second')}**")
                st.text(tr(event.told))
                if event.raw and frame.may("numbers.read"):  # What came over the wire names the number.
                    st.code(event.raw, language=None, wrap_lines=True)
    with right:
        st.header(_("The text"))
        with st.container(border=True):
            st.text(tables.message(row["text"]))
        why = reasons.explain(row["status"], row["operator_code"])
        st.header(_("What it means"))
        for told in (why.means, why.do, why.charged):
            st.write(tr(told))
