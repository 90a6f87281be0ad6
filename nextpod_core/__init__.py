"""Everything of the desk that is not drawing: Streamlit is imported nowhere in here. `docs/design.md` has the map."""
