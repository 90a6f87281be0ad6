"""All campaigns."""

import streamlit as st

from pages.parts import frame
from pages.parts.words import _

db = frame.open_page("pages/campaigns.py")

st.title(_("All campaigns"))
