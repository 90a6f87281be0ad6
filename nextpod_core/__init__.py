"""Everything of the desk that is not drawing. Streamlit is imported nowhere below here; `docs/design.md` has the map."""
