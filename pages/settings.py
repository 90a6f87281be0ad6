"""What the team decides: senders, texts and prices, pace and hours, words of opting out; and who changed what."""

import streamlit as st

from nextpod_core import options
from pages.parts import frame, settings_about, settings_optout, settings_privacy, settings_senders, settings_texts
from pages.parts.words import _

db = frame.open_page("pages/settings.py")

st.title(_("Settings"))
set_up = options.read(db)
names = [_("Senders"), _("Texts and numbers"), _("Sending"), _("Opting out"), _("About"), _("Log"), _("Privacy")]
asked = st.query_params.get("tab", "")
if st.session_state.get("settings_tab", names[0]) not in names:  # The language was changed meanwhile.
    del st.session_state["settings_tab"]
place = int(asked) if asked.isascii() and asked.isdigit() and int(asked[:2]) < len(names) else 0
senders, texts, sending, optout, about, log, privacy = st.tabs(
    names, key="settings_tab", on_change="rerun", default=names[place]
)
# What can be typed in is drawn on every run, open or not: a field that is not drawn forgets what stands in it.
with senders:
    settings_senders.draw()
with texts:
    settings_texts.draw(set_up)
with sending:
    settings_texts.draw_sending(set_up)
with optout:
    settings_optout.draw(set_up)
with privacy:
    settings_privacy.draw(set_up)
if about.open:
    with about:
        settings_about.draw()
if log.open:
    with log:
        settings_about.draw_log()
