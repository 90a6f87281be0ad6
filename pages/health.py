"""Health."""

import streamlit as st

from pages.parts import frame
from pages.parts.words import _

db = frame.open_page("pages/health.py")

st.title(_("Health"))
