"""The machine and the database: room, size, versions, and what copies there are."""

import streamlit as st

from nextpod_core import health
from pages.parts import frame, tables
from pages.parts.words import _, number, percent

MB = 1 << 20


def size(count: int) -> str:
    """Bytes as people say them: 12.3 MB or 4.6 GB."""
    return f"{number(count / (MB << 10), 1)}\u00a0GB" if count >= MB << 10 else f"{number(count / MB, 1)}\u00a0MB"


def draw() -> None:
    """Figures first, then what the file is."""
    with frame.telling():
        found = health.machine(frame.run_db(), frame.the_settings())
    with st.container(horizontal=True, key="health_store"):
        st.metric(
            _("Free on the disk"), size(found.free), border=True, width=230,
            delta=_("{share} of {total}", share=percent(found.free / found.total, 0), total=size(found.total)),
            delta_color="off", delta_arrow="off",
        )  # fmt: skip
        st.metric(_("The database"), size(found.database), border=True, width=230, delta=_("with its log"),
                  delta_color="off", delta_arrow="off")  # fmt: skip
    if found.is_nearly_full:
        frame.tell(_("The disk is full or nearly so. When it is full sending stops."), "error")
    born = _("sandbox: nothing can leave this machine") if found.born == "sandbox" else _("live")
    facts = [
        (_("Born"), born),
        (_("File"), f"`{frame.the_settings().database.resolve()}`"),
        (_("Step of the tables"), str(found.steps)),
        ("SQLite", found.sqlite),
        (_("Oldest backup"), _("none yet: the desk makes none by itself")),
    ]
    st.table({"": [fact for fact, _value in facts], " ": [value for _fact, value in facts]}, hide_header=True,
             hide_index=True, border="horizontal")  # fmt: skip
    st.caption(_("Until then copy the database while nothing runs, always together with its key file:"))
    database = frame.the_settings().database
    st.code(f"{database.name}  {database.with_suffix('.key').name}", language=None)
    if found.copies:
        st.subheader(_("Copies made before an update"))
        rows = [{"name": name, "size": size(bytes)} for name, bytes in found.copies[: tables.PAGE]]
        tables.table(
            rows, [tables.Column("name", _("File"), width="large"), tables.Column("size", _("Size"))],
            key="health_copies", shown=6, alt=_("Copies of the database"),
        )  # fmt: skip
