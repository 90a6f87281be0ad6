"""What is missing in rows of a list, or too long: whom it keeps from getting the text, and how to mend it in place."""

import streamlit as st

from nextpod_core import corrections, edits, segments, staged, templates
from nextpod_core.imports import Import
from nextpod_core.reckoning import Measures
from nextpod_core.sentences import say_count
from pages.parts import compose_draft, compose_problems, frame
from pages.parts.compose_draft import plain
from pages.parts.words import _, list_of, n_, number


def draw(audience: Import | None, found: Measures) -> None:
    """Who gets no text, with what mends it."""
    if found.empty and found.holes:
        names = sorted({name for _row, missing in found.holes for name in missing}, key=str.casefold)
        rows = ", ".join(str(row) for row, _missing in found.holes[:5]) + (" …" if found.empty > 5 else "")
        st.warning(
            n_("{count} person has nothing in {names} and gets no text (row {rows}).",
               "{count} people have nothing in {names} and get no text (rows {rows}).",
               found.empty, names=plain(list_of(names, last_or=True)), rows=rows),
            icon=":material/space_bar:",
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom", key="compose_default_row"):
            word = st.text_input(_("Put this where it is empty"), key="compose_default", max_chars=60, width=260,
                                 placeholder=_("friend"))  # fmt: skip
            st.button(_("Use it"), key="compose_use_default", disabled=not word, on_click=_give_default, args=(names,))
        if audience is not None:
            _fill_in(audience, found)
    if found.too_long:
        rows = ", ".join(str(row) for row, _over in found.too_long_rows[:5])
        row, over = found.too_long_rows[0]
        st.warning(
            n_("{count} text is longer than {most} characters and can't be sent (row {rows}).",
               "{count} texts are longer than {most} characters and can't be sent (rows {rows}).",
               found.too_long, most=number(segments.LONGEST),
               rows=rows + (" …" if found.too_long > 5 else ""))
            + " "
            + n_("The longest, in row {row}, must be {count} character shorter.",
                 "The longest, in row {row}, must be {count} characters shorter.", over, row=str(row)),
            icon=":material/format_overline:",
        )  # fmt: skip
    if found.no_text:
        st.warning(
            n_("{count} text is empty for its person and is left out.",
               "{count} texts are empty for their people and are left out.", found.no_text)
        )  # fmt: skip


def _fill_in(audience: Import, found: Measures) -> None:
    """The first of the rows that lack something, to be filled in place."""
    rows = [row for row, _missing in found.holes]
    cells = staged.cells(frame.run_db(), audience.id, rows)
    keys = {templates.key(name) for _row, missing in found.holes for name in missing}
    lacking = [place for place, key in enumerate(audience.keys) if key in keys]
    others = [place for place in range(len(audience.columns)) if place not in lacking][:5]
    rows = [row for row in rows if row in cells]
    if not lacking or not rows:
        return
    key = f"compose_fill_{audience.id}_{audience.version}"
    told = _("Fill them in here") if found.empty <= len(rows) else _("Fill in the first {count} here", count=len(rows))
    with st.expander(told, icon=":material/edit:", expanded=found.empty <= 5, key="compose_fill_box"):
        st.data_editor(
            {"row": rows}
            | {f"c{place}": [cells[row][place] if place < len(cells[row]) else "" for row in rows]
               for place in (*lacking, *others)},
            key=key, hide_index=True, disabled=["row", *(f"c{place}" for place in others)],
            height=min(len(rows), 8) * 35 + 38,
            column_config={
                "row": st.column_config.NumberColumn(_("Row"), width=70, format="%d", pinned=True),
                **{f"c{place}": st.column_config.TextColumn(audience.columns[place]) for place in (*lacking, *others)},
            },
            on_change=_fill, args=(audience.id, key, rows), alt=_("Rows in which something is missing"),
        )  # fmt: skip


def _fill(import_id: int, key: str, rows: list[int]) -> None:
    typed = compose_problems.typed_in(key, rows)
    with frame.telling_later():
        filled = corrections.fill(frame.run_db(), import_id, typed, by=frame.user(), now=frame.now())
        frame.tell_later(say_count("{count} row is filled in.", "{count} rows are filled in.", filled))
    compose_draft.show_change()


def _give_default(names: list[str]) -> None:
    word = st.session_state.get("compose_default") or ""
    compose_draft.put_text(edits.with_default(compose_draft.held("text") or "", names, word))
