"""Is all well? If not: what needs a person, what to do, and the button that does it. Then how each part fares."""

import streamlit as st

from nextpod_core import brakes, findings
from nextpod_core.findings import Finding
from pages.parts import frame, health_connection, health_reports, health_sending, health_store
from pages.parts.words import _, tr

# Letting these go can send people the same text twice, or burn the account: the person is told first.
RISKS = {
    "unknowns": _("Two requests in a row got no answer. If Nextpod is still away, more messages become unknown."),
    "overdue": _(
        "What is due goes out at once. If this database is a copy or a backup, people may get texts that they have "
        "already got. Look at the scheduled campaigns first; cancel what was sent."
    ),
    "lockout": _("If Nextpod still refuses, it may block the account for 20 minutes or longer."),
}
db = frame.open_page("pages/health.py")
now = frame.now()
# Any full run that opens no dialog has none open.
st.session_state["health_asking"] = False
parts = {
    "sending": _("Sending"), "unknown": _("Unknown sends"), "reports": _("Reports"), "connection": _("Connection"),
    "store": _("Store"),
}  # fmt: skip


def let_go(name: str) -> None:
    """A person lets sending go on where this brake held it."""
    with frame.telling_later():
        brakes.let_go(frame.run_db(), name, now=frame.now(), by=frame.user())
        frame.tell_later(_("Sending goes on, beginning with one request alone."))


def ask_before_letting_go(name: str) -> None:
    """The second click, with what can happen."""
    st.session_state["health_asking"] = True

    @st.dialog(_("Let sending go on?"), on_dismiss="rerun")
    def ask() -> None:
        st.write(RISKS.get(name, _("Everything that is due goes out again, beginning with one request alone.")))
        if st.button(_("Let it go on"), type="primary", key="health_let_go", on_click=let_go, args=(name,)):
            st.rerun()

    ask()


def open_part(part: str) -> None:
    """From what is wrong to where it is dealt with."""
    st.session_state["health_part"] = parts[part]


def mark(found: list[Finding]) -> list[tuple[str, str | None, int | None]]:
    """What must change before the verdict is drawn anew; minutes and megabytes alone are no news."""
    return [(one.kind, one.brake, one.sentence.count) for one in found]


def draw_finding(finding: Finding, place: int) -> None:
    """One thing that needs a person: sign, sentence, what to do, button."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"health_finding_{place}"):
        with st.container(width=84):
            st.badge(
                _("Stops") if finding.level == "stop" else _("Look"),
                color="red" if finding.level == "stop" else "orange",
                icon=":material/error:" if finding.level == "stop" else ":material/visibility:",
            )
        with st.container(width="stretch", gap=None):
            st.text(tr(finding.sentence))
            told = tr(finding.todo)
            brake = held.get(finding.brake or "")
            if brake:
                until = _("until {time}", time=frame.when(brake.until)) if brake.until else _("until a person lets go")
                told += " · " + _("since {time}", time=frame.when(brake.at)) + ", " + until
            st.caption(told)
        if finding.brake:
            if st.button(_("Let it go on …"), key=f"health_let_go_{finding.brake}"):
                ask_before_letting_go(finding.brake)
        elif open_now != parts[finding.part]:
            st.button(_("Look at it"), key=f"health_look_{finding.kind}", on_click=open_part, args=(finding.part,))


st.title(_("Health"))
with frame.telling():
    current = findings.current(db, settings=frame.the_settings(), now=now)
held = {brake.name: brake for brake in brakes.active(db, now=now)}
asked = st.query_params.get("part", "")
open_now = st.session_state.get("health_part") or parts.get(asked, parts["sending"])
if open_now not in parts.values():  # The language was changed meanwhile.
    open_now = st.session_state["health_part"] = parts["sending"]

if current:
    stops = any(one.level == "stop" for one in current)
    st.header(_("Not well: this needs a person now") if stops else _("It works, and somebody should look at this"))
    with st.container(border=True, gap="small", key="health_findings"):
        for place, one in enumerate(current):
            draw_finding(one, place)
else:
    st.success(
        _("All well: sending and receiving run, nothing waits for a decision, and there is room on the disk."),
        icon=":material/check_circle:",
    )


@frame.live(5)
def watch() -> None:
    """The verdict is drawn anew when it is another one, and not while somebody is being asked something."""
    if st.session_state.get("health_asking"):
        return
    latest = findings.current(frame.run_db(), settings=frame.the_settings(), now=frame.now())
    if mark(latest) != mark(current):
        st.rerun()


watch()

tabs = st.tabs(list(parts.values()), default=open_now, key="health_part", on_change="rerun")
drawers = {
    "sending": health_sending.draw, "unknown": health_sending.draw_unknown, "reports": health_reports.draw,
    "connection": health_connection.draw, "store": health_store.draw,
}  # fmt: skip
for part, tab in zip(parts, tabs, strict=True):
    if tab.open:
        with tab:
            drawers[part]()
