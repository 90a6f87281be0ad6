"""Step 1 of a campaign: the list, how it was read, and what was found in it."""

import io
from pathlib import Path

import streamlit as st

from nextpod_core import audience, imports, msisdn, opening, templates, work
from nextpod_core.drafts import Draft
from nextpod_core.errors import BadInput
from nextpod_core.imports import Import
from nextpod_core.sentences import say
from pages.parts import compose_audience, compose_draft, compose_problems, frame, tables, words
from pages.parts.words import _, n_, number, tr

SAMPLE = Path(__file__).parents[2] / "data" / "samples" / "members.csv"


def draw(draft: Draft) -> Import | None:
    """The step as it stands; the list when it is read and has a number column, else None."""
    st.header(_("1 · People"), anchor=False)
    if draft.import_id is None:
        _ask(draft)
        return None
    found = imports.get(frame.run_db(), draft.import_id)
    _head(found)
    if found.state == "failed":
        frame.tell(found.error or say("The list could not be read."), "error")
        if len(found.sheets) > 1:
            _layout(found)
        return None
    if found.has_stopped(frame.now()):
        frame.tell(_("Reading the list was interrupted. Nothing is lost: run it again."), "warning")
        st.button(_("Run again"), key="compose_run_again", icon=":material/refresh:", on_click=_read_again,
                  kwargs={"import_id": found.id})  # fmt: skip
        return None
    if found.state != "done":
        _progress()
        return None
    _layout(found)
    if found.number_column is None:
        frame.tell(
            _("No column of this sheet looks like mobile numbers. Choose another sheet, or the column that holds them.")
            if len(found.sheets) > 1
            else _("No column looks like mobile numbers. Choose the one that holds them."),
            "warning",
        )
        return None
    _tell_counts(found)
    for note in found.notes:
        st.caption(":material/info: " + compose_draft.plain(tr(note)))
    if found.held_out or found.counts.get("doubtful"):
        compose_problems.draw(found)
    st.text_input(
        _("Where do the numbers and the consent come from?"), key=compose_draft.given("origin", draft.origin),
        placeholder=_("For example: members of the club, consent given when joining"), max_chars=2000,
        on_change=compose_draft.keep_widget, args=("origin",),
    )  # fmt: skip
    return found


def _example(text: str) -> bytes:
    """A list of two with a column for each placeholder that the text has, or with names while it has none."""
    try:
        names = [name for name in templates.parse(text).names if not audience.number_columns([name])]
    except BadInput:
        names = []
    names = names or [_("Name")]
    rows = []
    for mobile, person in (("+47 999 99 001", "Kari Eksempel"), ("999 99 011", "Ola Prøve")):
        rows.append({"number": mobile})
        for place, name in enumerate(names):
            called = any(word in templates.key(name) for word in ("navn", "name", "namn", "nimi"))
            rows[-1][f"c{place}"] = person if called else f"{name} {len(rows)}"
    columns = [tables.Column("number", _("Mobile"))]
    columns += [tables.Column(f"c{place}", name) for place, name in enumerate(names)]
    return tables.csv_bytes(rows, columns)


def _ask(draft: Draft) -> None:
    team = frame.team_options()
    ways = {"file": _("Upload a file"), "paste": _("Paste numbers"), "audience": _("From a saved audience")}
    with st.container(horizontal=True, vertical_alignment="bottom", key="compose_way_row"):
        way = st.segmented_control(
            _("How"), list(ways), format_func=ways.__getitem__, key=compose_draft.given("way", "file"),
            required=True, label_visibility="collapsed",
        )  # fmt: skip
        st.selectbox(
            _("Country of numbers without a country code"), _countries(), format_func=_country,
            key=compose_draft.given("region", team.region), width=320,
        )  # fmt: skip
    if way == "paste":
        st.text_area(
            _("Numbers, or rows copied from a spreadsheet"), key="compose_pasted", height=150,
            placeholder="917 26 200\n923 45 678", help=_("One person a row. A first row with names is understood."),
        )  # fmt: skip
        st.button(_("Read the numbers"), key="compose_read_pasted", type="primary", on_click=_take_pasted)
        return
    if way == "audience":
        compose_audience.draw(_begin)
        return
    turn = st.session_state.setdefault("compose_turn", 0)
    st.file_uploader(
        _("A list with mobile numbers: CSV, text or Excel (xlsx)"), key=f"compose_file_{turn}",
        on_change=_take_file, args=(turn,), max_upload_size=frame.the_settings().max_upload_mb,
        help=_("The columns become placeholders in the text. Nothing is sent before you have looked at it."),
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", key="compose_sample_row"):
        if frame.the_settings().mode == "sandbox" and SAMPLE.is_file():
            st.button(
                _("Try it with the sample list"), key="compose_sample", type="tertiary", icon=":material/science:",
                on_click=_take_sample,
            )  # fmt: skip
        st.download_button(
            _("Download an example file"), key="compose_example", type="tertiary", icon=":material/download:",
            data=_example(draft.text),
            file_name=_("example.csv"), mime="text/csv", on_click="ignore",
        )  # fmt: skip


def _head(found: Import) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute",
                      key="compose_list_head"):  # fmt: skip
        st.markdown(f":material/table: **{compose_draft.plain(found.filename)}**", width="content")
        st.button(
            _("Take another list"), key="compose_other_list", type="tertiary", icon=":material/swap_horiz:",
            on_click=_let_go_of_list,
        )  # fmt: skip


def _progress() -> None:
    draft_id = compose_draft.asked()

    @frame.live(0.5)
    def watch() -> None:
        with frame.telling():
            draft = compose_draft.load()
            if draft.import_id is None or draft_id != draft.id:
                st.rerun()
            found = imports.get(frame.run_db(), draft.import_id)
            if found.state in ("done", "failed") or found.has_stopped(frame.now()):
                st.rerun()
            share = min(found.done / found.total, 1.0) if found.total else 0.0
            told = (
                _("{done} of about {total} rows read", done=number(found.done), total=number(found.total))
                if found.total
                else _("Opening the file …")
            )
            st.progress(share, text=told)

    watch()


def _layout(found: Import) -> None:
    """Which column, country and sheet it was read by, each to be changed."""

    def column(at: int | None) -> str:
        if at is None:
            return _("Choose …")
        shown = found.examples[at] if at < len(found.examples) else ""
        return f"{found.columns[at]} — {shown}" if shown else found.columns[at]

    places: list[int | None] = list(range(len(found.columns)))
    if found.number_column is None:
        places.insert(0, None)
    with st.container(horizontal=True, key="compose_layout"):
        st.selectbox(
            _("Column with the numbers"), places, format_func=column, on_change=_change_layout, args=(found.id,),
            key=compose_draft.given(f"column_{found.id}_{found.version}", found.number_column), width=330,
        )  # fmt: skip
        st.selectbox(
            _("Country"), _countries(), format_func=_country, on_change=_change_layout, args=(found.id,),
            key=compose_draft.given(f"country_{found.id}_{found.version}", found.region), width=230,
        )  # fmt: skip
        if len(found.sheets) > 1:
            st.selectbox(
                _("Sheet"), found.sheets, on_change=_change_layout, args=(found.id,),
                key=compose_draft.given(f"sheet_{found.id}_{found.version}", found.sheet), width=230,
            )  # fmt: skip


def _tell_counts(found: Import) -> None:
    going = n_("{count} will be sent", "{count} will be sent", found.sendable)
    if not found.held_out:
        frame.tell(_("{going}; every row is fine.", going=going), "success")
    elif found.sendable:
        staying = n_("{count} will not", "{count} will not", found.held_out)
        frame.tell(f"**{going}, {staying}.** " + _("Mend what you can below; the others don't wait for it."), "info")
    else:
        frame.tell(_("None of the rows can be sent to. Mend them below, or choose another column."), "warning")


def _take_file(turn: int) -> None:
    upload = st.session_state.get(f"compose_file_{turn}")
    if upload is not None:
        _begin(upload, upload.name)
    # Another key lets Streamlit forget the file, which would else stay in memory as long as the session.
    st.session_state["compose_turn"] = turn + 1


def _take_pasted() -> None:
    text = st.session_state.get("compose_pasted") or ""
    if not text.strip():
        frame.tell_later(_("Paste at least one number."), "warning")
        return
    _begin(io.BytesIO(opening.pasted(text).encode()), _("Pasted numbers"))


def _take_sample() -> None:
    with SAMPLE.open("rb") as file:
        _begin(file, SAMPLE.name)


def _begin(stream: io.IOBase, name: str) -> None:
    db, given = frame.run_db(), frame.the_settings()
    region = compose_draft.held("region") or frame.team_options().region
    with frame.telling_later():
        import_id = imports.begin(
            given,
            db,
            stream,
            filename=name,
            region=region,
            by=frame.user(),
            now=frame.now(),  # type: ignore[arg-type]
        )
        if compose_draft.keep(import_id=import_id):
            work.start(given, "import", import_id)
    for gone in ("compose_after", "compose_verdict"):
        st.session_state.pop(gone, None)


def _let_go_of_list() -> None:
    compose_draft.keep(import_id=None)


def _change_layout(import_id: int) -> None:
    with frame.telling_later():
        found = imports.get(frame.run_db(), import_id)
        stamp = f"{found.id}_{found.version}"
        column, country = compose_draft.held(f"column_{stamp}"), compose_draft.held(f"country_{stamp}")
        sheet = compose_draft.held(f"sheet_{stamp}")
        _read_again(
            import_id=import_id,
            region=country if country != found.region else None,
            number_column=column if column != found.number_column else None,
            sheet=sheet if sheet and sheet != found.sheet else None,
        )


def _read_again(*, import_id: int, region: str | None = None, number_column: int | None = None,
                sheet: str | None = None) -> None:  # fmt: skip
    with frame.telling_later():
        imports.again(
            frame.run_db(), import_id, by=frame.user(), now=frame.now(), region=region, number_column=number_column,
            sheet=sheet,
        )  # fmt: skip
        work.start(frame.the_settings(), "import", import_id)


def _countries() -> list[str]:
    near = ["NO", "SE", "DK", "FI", "IS", "GB", "DE"]
    known = dict(msisdn.countries())
    return near + sorted((iso for iso in known if iso not in near), key=_country)


def _country(iso: str) -> str:
    code = dict(msisdn.countries()).get(iso)
    name = words.country_name(iso)
    return f"{name} (+{code})" if code else name
