"""The rows of a list that are held out: why, an editor to mend them in, and the file of those that stay out."""

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from nextpod_core import corrections, imports, staged
from nextpod_core.db import Connection
from nextpod_core.imports import Import
from nextpod_core.sentences import Sentence, say, say_count
from nextpod_core.staged import MENDABLE, Verdict
from pages.parts import compose_draft, frame, later, tables
from pages.parts.words import _, n_, number, tr

SHOWN = 100
VERDICTS: dict[str, Sentence] = {
    Verdict.MISSING: say("No number"),
    Verdict.INVALID: say("Not a number"),
    Verdict.NOT_MOBILE: say("Not a mobile"),
    Verdict.DOUBTFUL: say("Doubtful"),
    Verdict.DUPLICATE: say("Doubled"),
    Verdict.SUPPRESSED: say("On the suppression list"),
}


def draw(found: Import) -> None:
    """What is to do, the rows, and the tick for the doubtful ones."""
    counts = {verdict: found.counts.get(verdict, 0) for verdict in VERDICTS if found.counts.get(verdict)}
    to_do = [tr(_to_do(verdict, count)) for verdict, count in counts.items() if verdict in MENDABLE]
    if to_do:
        st.markdown(" · ".join(to_do))
    chosen = st.pills(
        _("Rows that are held out"), list(counts), key="compose_verdict", default=None,
        format_func=lambda verdict: f"{tr(VERDICTS[verdict])} · {number(counts[verdict])}",
    )  # fmt: skip
    wanted = [chosen] if chosen in counts else list(counts)
    after = st.session_state.get("compose_after", -1)
    page = staged.problems(frame.run_db(), found.id, verdicts=wanted, after_row=after, limit=SHOWN + 1)
    if not page and after >= 0:
        st.session_state["compose_after"] = -1
        page = staged.problems(frame.run_db(), found.id, verdicts=wanted, limit=SHOWN + 1)
    _editor(found, page[:SHOWN])
    with st.container(horizontal=True, vertical_alignment="center", key="compose_problem_row"):
        if after >= 0:
            st.button(
                _("From the first"), key="compose_first", icon=":material/first_page:", on_click=_turn, args=(-1,)
            )
        if len(page) > SHOWN:
            st.button(_("The next {count}", count=SHOWN), key="compose_next", icon=":material/chevron_right:",
                      on_click=_turn, args=(page[SHOWN - 1].row,))  # fmt: skip
        st.download_button(
            _("Download these rows with the reasons"), key="compose_download", icon=":material/download:",
            data=later.file(lambda db: _file_of_problems(db, found), what="import", id=found.id),
            file_name=_("held-out.csv"), mime="text/csv", on_click="ignore",
        )  # fmt: skip
    if found.counts.get("doubtful"):
        st.checkbox(
            n_("Send to the {count} doubtful number too", "Send to the {count} doubtful numbers too",
               found.counts["doubtful"]),
            key=compose_draft.given(f"doubtful_{found.id}", found.let_in_doubtful), on_change=_let_in,
            args=(found.id,),
            help=_("Its country's numbering plan doesn't have it. Plans lag behind; a wrong number costs a text."),
        )  # fmt: skip


def _editor(found: Import, page: list[staged.Problem]) -> None:
    if not page:
        return
    at = found.number_column or 0
    # The number first and then as many of the others as can be read on a screen.
    places = [at, *(place for place in range(len(found.columns)) if place != at)][:8]
    frame_of_rows = pd.DataFrame(
        {
            "row": [problem.row for problem in page],
            "why": [tr(problem.reason) or tr(VERDICTS[problem.verdict]) for problem in page],
            **{
                f"c{place}": [problem.cells[place] if place < len(problem.cells) else "" for problem in page]
                for place in places
            },
        }
    )
    # Another version has other rows: an editor of its own, or edits would be put on the wrong row.
    key = f"compose_editor_{found.id}_{found.version}_{page[0].row}_{page[-1].row}"
    with st.container(key="compose_problems"):
        st.data_editor(
            frame_of_rows,
            key=key,
            hide_index=True,
            disabled=["row", "why"],
            height=min(len(page), 10) * 35 + 38,
            column_config={
                "row": st.column_config.NumberColumn(_("Row"), width=70, format="%d", pinned=True),
                "why": st.column_config.TextColumn(_("Why"), width=_width_of(frame_of_rows["why"])),
                **{f"c{place}": st.column_config.TextColumn(found.columns[place], width="medium") for place in places},
            },
            on_change=_correct,
            args=(found.id, key, [problem.row for problem in page]),
            alt=_("Rows that are held out, with the reason of each"),
        )
    st.caption(_("Write over a cell to mend its row; a row that is right joins the others at once."))


def _width_of(reasons: Iterable[str]) -> int:
    """Pixels for the longest of the sentences, which must not be cut."""
    return min(max(180, int(max(map(len, reasons)) * 6.8) + 24), 640)


def typed_in(key: str, rows: list[int]) -> dict[int, dict[int, str]]:
    """What was typed in the grid `key`: by the sheet's row number, then by the place of the column (`c4`: 4)."""
    return {
        rows[int(place)]: {int(name[1:]): str(value or "") for name, value in cells.items() if name.startswith("c")}
        for place, cells in st.session_state[key]["edited_rows"].items()
        if int(place) < len(rows)
    }


def _correct(import_id: int, key: str, rows: list[int]) -> None:
    typed = typed_in(key, rows)
    with frame.telling_later():
        joined, still = corrections.correct(frame.run_db(), import_id, typed, by=frame.user(), now=frame.now())
        if joined:
            frame.tell_later(say_count("{count} row joined the list.", "{count} rows joined the list.", joined))
        if still:
            frame.tell_later(
                say_count("{count} row still needs mending.", "{count} rows still need mending.", still), "warning"
            )


def _file_of_problems(db: Connection, found: Import) -> bytes:
    columns = [
        tables.Column("row", _("Row"), "number"),
        tables.Column("why", _("Why")),
        *(tables.Column(f"c{place}", name) for place, name in enumerate(found.columns)),
    ]
    return tables.csv_bytes(
        (
            {
                "row": problem.row,
                "why": tr(problem.reason) or tr(VERDICTS[problem.verdict]),
                **{f"c{place}": cell for place, cell in enumerate(problem.cells)},
            }
            for problem in staged.every_problem(db, found.id)
        ),
        columns,
    )


def _to_do(verdict: str, count: int) -> Sentence:
    if verdict == Verdict.MISSING:
        return say_count("Fill in {count} number", "Fill in {count} numbers", count)
    if verdict == Verdict.INVALID:
        return say_count("Mend {count} number", "Mend {count} numbers", count)
    if verdict == Verdict.NOT_MOBILE:
        return say_count("{count} is no mobile", "{count} are no mobiles", count)
    return say_count("Look at {count} doubtful number", "Look at {count} doubtful numbers", count)


def _turn(after: int) -> None:
    st.session_state["compose_after"] = after


def _let_in(import_id: int) -> None:
    with frame.telling_later():
        imports.let_in_doubtful(
            frame.run_db(), import_id, bool(compose_draft.held(f"doubtful_{import_id}")),
            by=frame.user(), now=frame.now(),
        )  # fmt: skip
