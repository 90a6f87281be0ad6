"""What this installation is, what the environment sets for it, and the log of who did what."""

import json
import platform

import streamlit as st

from nextpod_core import audit_log, heads, health, people
from nextpod_core.db import Connection, Row
from pages.parts import downloads, frame, tables
from pages.parts.tables import Column
from pages.parts.words import _, n_


def draw() -> None:
    """Versions, mode, file; then the environment, without its secrets."""
    given = frame.the_settings()
    with frame.telling():
        machine = health.machine(frame.run_db(), given)
    mode = _("Sandbox: nothing leaves this machine") if given.mode == "sandbox" else _("Live: texts reach people")
    facts = {
        _("Mode"): mode,
        _("Sends to"): f"`{given.api_url}`",
        _("Database"): f"`{given.database.resolve()}`",
        _("Versions"): f"Python {platform.python_version()} · Streamlit {st.__version__} · SQLite {machine.sqlite} · "
        + _("tables at step {step}", step=machine.steps),
    }
    st.table({"": list(facts), " ": list(facts.values())}, hide_header=True, hide_index=True, border="horizontal")
    st.header(_("Set by the environment"))
    st.caption(_("Changed in .env or the service's own settings, and in force after a restart. Secrets are not shown."))
    rows = [
        {"name": name, "value": value or "–", "default": _("default") if is_default else _("set here")}
        for name, value, is_default in health.environment(given)
    ]
    tables.table(
        rows,
        [
            Column("name", _("Setting"), width="medium"),
            Column("value", _("In force"), width="large"),
            Column("default", "", width="small"),
        ],
        key="settings_environment", shown=14, alt=_("Settings of the environment"),
    )  # fmt: skip


def draw_log() -> None:
    """Who did what and when: searched, paged, exported, and checked for being whole."""
    if not frame.may("audit.read"):
        return
    db = frame.run_db()
    with st.container(horizontal=True, vertical_alignment="bottom", key="settings_log_filters"):
        search = st.text_input(
            _("Search"), key="settings_log_search", type="search", width=280, placeholder=_("What, which or who"),
            on_change=tables.first_page, args=("log",),
        ) or ""  # fmt: skip
        subject = st.selectbox(
            _("About"), audit_log.subjects(db), index=None, placeholder=_("Everything"), key="settings_log_subject",
            width=220, bind="query-params", on_change=tables.first_page, args=("log",),
        )  # fmt: skip
        columns = _columns()
        downloads.buttons(
            lambda own, write: _file(own, subject, search, columns, write), name="log", key="settings_log",
        )  # fmt: skip
        check = st.button(_("Is the log whole?"), key="settings_log_check", icon=":material/link:",
                          help=_("Each row is chained to the one before it: a change shows."))  # fmt: skip
    if check:
        with st.spinner(_("Reading the whole log …")):
            broken = people.audit_is_whole(db)
            missing = heads.first_missing(db, frame.the_settings().database)
        if broken is None and missing is not None:
            frame.tell(
                _("Row {id} was in the log on {when} and is not any more: its end was cut off, or an older copy of the "
                  "database lies in its place.", id=missing.row, when=frame.when(missing.at)), "error",
            )  # fmt: skip
        elif broken is None:
            frame.tell(_("The log is whole: every row is as it was written."), "success")
        else:
            frame.tell(
                _("Row {id} is not as it was written, or a row before it was taken out. Compare with a backup.",
                  id=broken), "error",
            )  # fmt: skip
    found = audit_log.page(db, before=tables.cursor("log"), subject=subject, search=search)
    tables.table([_told(row) for row in found.rows], columns, key="settings_log", shown=20, alt=_("Who did what"))
    if found.rows:
        st.caption(n_("{count} row", "{count} rows", len(found.rows)) + " · " + _("newest first"))
    elif found.after:
        st.caption(_("Nothing among the rows that were looked through. Look further back with Next."))
    tables.pager("log", last=found.after, has_more=found.after is not None)


def _columns() -> list[Column]:
    return [
        Column("id", _("Row"), "number", width=60),
        Column("at", _("When"), "when", zone=frame.zone(), style="second", width=165),
        Column("actor", _("Who"), width=120),
        Column("action", _("What"), width=150),
        Column("thing", _("Which"), width=150),
        Column("detail", _("More"), width=310),
        Column("address", _("From"), width=90),
    ]


def _told(row: Row) -> dict[str, object]:
    detail = json.loads(row["detail"])
    return {
        "id": row["id"], "at": row["at"], "actor": row["actor"], "action": row["action"],
        "thing": " ".join(filter(None, (row["subject"], row["subject_id"]))), "address": row["address"],
        "detail": ", ".join(f"{name}: {_value(value)}" for name, value in detail.items() if value is not None),
    }  # fmt: skip


def _value(value: object) -> str:
    is_time = isinstance(value, int) and not isinstance(value, bool) and value > 10**12
    return frame.when(value, "second") if is_time else str(value)  # type: ignore[arg-type]


def _file(db: Connection, subject: str | None, search: str, columns: list[Column], write: downloads.Write) -> bytes:
    return write((_told(row) for row in audit_log.every(db, subject=subject, search=search)), columns)
