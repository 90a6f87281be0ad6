"""The machine and the database: room, size, versions, who is told of incidents, and what copies there are."""

import streamlit as st

from nextpod_core import backups, health
from nextpod_core.backups import Backup
from pages.parts import frame, health_alerts, tables
from pages.parts.words import _, number, percent

MB = 1 << 20


def size(count: int) -> str:
    """Bytes as people say them: 12.3 MB or 4.6 GB."""
    return f"{number(count / (MB << 10), 1)}\u00a0GB" if count >= MB << 10 else f"{number(count / MB, 1)}\u00a0MB"


def age(backup: Backup) -> str:
    """How long ago it was made, in the unit that says most."""
    hours = (frame.now() - backup.made_at) / 3_600_000
    return _("{count} h", count=number(hours, 1)) if hours < 48 else _("{count} days", count=number(hours / 24, 0))


def draw_backups() -> None:
    """The backups in the backup folder, the newest first, each with its age; what to type when there is none."""
    st.header(_("Backups"))
    given = frame.the_settings()
    with frame.telling():
        found = backups.recent(given)
    if backups.is_late(given, found, now=frame.now()):
        frame.tell(_("There is no backup of the last 26 hours."), "warning")
    if not found:
        st.caption(_("None yet. This makes one while everything runs:"))
        st.code("python -m nextpod_core backup", language=None)
        return
    rows = [
        {
            "name": one.path.name, "made": frame.when(one.made_at), "age": age(one), "size": size(one.bytes),
            "messages": number(one.counts["messages"]),
            "state": (_("encrypted") if one.is_encrypted else _("whole")) if one.is_there else _("file or key is gone"),
        }
        for one in found[: tables.PAGE]
    ]  # fmt: skip
    tables.table(
        rows,
        [tables.Column("name", _("File"), width="large"), tables.Column("made", _("Made")),
         tables.Column("age", _("Age")), tables.Column("size", _("Size")), tables.Column("messages", _("Messages")),
         tables.Column("state", _("State"))],
        key="health_backups", shown=6, alt=_("Backups of the database"),
    )  # fmt: skip
    st.caption(_("In {folder}. The key files lie apart, in keys.", folder=str(given.backups.resolve())))


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
    ]
    st.table({"": [fact for fact, _value in facts], " ": [value for _fact, value in facts]}, hide_header=True,
             hide_index=True, border="horizontal")  # fmt: skip
    health_alerts.draw()
    draw_backups()
    if found.copies:
        st.subheader(_("Copies made before an update"))
        rows = [{"name": name, "size": size(bytes)} for name, bytes in found.copies[: tables.PAGE]]
        tables.table(
            rows, [tables.Column("name", _("File"), width="large"), tables.Column("size", _("Size"))],
            key="health_copies", shown=6, alt=_("Copies of the database"),
        )  # fmt: skip
