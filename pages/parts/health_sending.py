"""What sends and what receives, as it stands this moment; and the sends of which nobody knows what became."""

import streamlit as st

from nextpod_core import campaigns, health
from nextpod_core.db import Row
from nextpod_core.health import Process
from nextpod_core.outbox import show_reference
from pages.parts import frame, tables, words
from pages.parts.tables import Column
from pages.parts.words import _, n_, number

COMMANDS = {"dispatcher": "python -m nextpod_core dispatch", "ingester": "python -m nextpod_core ingest"}
# A campaign's messages are decided on in chunks, so that no transaction is long; more than these is no unknown.
MOST_CHUNKS = 200


def draw() -> None:
    """The two processes and the requests, drawn again every five seconds."""

    @frame.live(5)
    def now_under_way() -> None:
        db, now = frame.run_db(), frame.now()
        with st.container(horizontal=True, key="health_processes"):
            for process in health.processes(db, now=now):
                _process(process, now)
        found = health.requests(db, now=now)
        st.header(_("Requests to Nextpod"))
        with st.container(horizontal=True, key="health_requests"):
            st.metric(
                _("Under way"), number(found.under_way), border=True, width=230,
                delta=n_("{count} message", "{count} messages", found.messages_under_way),
                delta_color="off", delta_arrow="off",
            )  # fmt: skip
            st.metric(
                _("Wait to go again"), number(found.waiting + found.held), border=True, width=230,
                delta=_("next at {time}", time=frame.when(found.next_at, "time")) if found.next_at else _("none"),
                delta_color="off", delta_arrow="off",
                help=_("Proved not to have left, or held after a 500 until reports have had time to come."),
            )  # fmt: skip
            st.metric(
                _("Refused in 20 minutes"), _("{count} of {limit}", count=found.failed, limit=found.limit),
                border=True, width=230, delta=_("then all sending rests"), delta_color="off", delta_arrow="off",
                help=_("Nextpod blocks an account after too many failed requests; the desk rests before that."),
            )  # fmt: skip

    now_under_way()


def _process(process: Process, now: int) -> None:
    names = {"dispatcher": _("Dispatcher: sends"), "ingester": _("Ingester: receives reports and answers")}
    with st.container(border=True, width=430, gap="small", key=f"health_{process.name}"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{names[process.name]}**", width="content")
            st.badge(
                _("Running") if process.is_alive else _("Not running"), color="green" if process.is_alive else "red"
            )
        if process.at is None or process.started_at is None:
            st.caption(_("It has never run on this database."))
        elif process.is_alive:
            st.caption(_("Since {time}", time=frame.when(process.started_at)))
        else:
            st.caption(_("Last seen {ago}, {time}", ago=words.ago(process.at, now), time=frame.when(process.at)))
        if not process.is_alive:
            st.caption(_("make run starts everything; this starts it alone:"))
            st.code(COMMANDS[process.name], language=None)


def draw_unknown() -> None:
    """Per campaign: how many may have been sent, what is known of their requests, and the two decisions."""
    db = frame.run_db()
    st.write(
        _(
            "The request left and no answer came, so these messages may have been sent. They are never sent again by "
            "themselves. A delivery report settles a message, also a late one; where none comes, a person decides."
        )
    )
    rows = campaigns.unknown_campaigns(db)
    if not rows:
        frame.tell(_("No send is unknown."), "success")
        return
    for row in rows:
        with st.container(border=True, key=f"health_unknown_{row['id']}"):
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                with st.container(width="content", gap=None):
                    st.text(_name(row))
                    st.caption(
                        n_("{count} unknown message", "{count} unknown messages", row["messages"])
                        + " · "
                        + _("from {sender}", sender=row["sender"])
                        + (" · " + _("since {time}", time=frame.when(row["since"])) if row["since"] else "")
                    )
                with st.container(horizontal=True, width="content"):
                    if st.button(_("Send again …"), key=f"health_again_{row['id']}"):
                        _ask(row, "again")
                    if st.button(_("Write off …"), key=f"health_off_{row['id']}"):
                        _ask(row, "off")
            with st.expander(_("What is known of the requests")):
                _requests(row["id"])


def _name(row: Row) -> str:
    return words.campaign_name(row["kind"], row["name"])


def _requests(campaign_id: int) -> None:
    rows = [
        {
            "started_at": found["started_at"],
            "took": found["ended_at"] - found["started_at"] if found["ended_at"] else None,
            "told": " ".join(filter(None, (str(found["code"] or ""), found["phrase"]))) or _("no answer"),
            "left": found["left"],
            "size": found["size"],
            "reference": show_reference(found["reference"]),
        }
        for found in health.unknown_requests(frame.run_db(), campaign_id)
    ]
    tables.table(
        rows,
        [
            Column("started_at", _("Sent"), "when", zone=frame.zone(), style="second", width="medium"),
            Column("took", _("Waited"), "duration", width="small"),
            Column("told", _("What came of it"), width="medium"),
            Column("left", _("Still unknown"), "number", width="small"),
            Column("size", _("In the request"), "number", width="small"),
            Column("reference", _("Reference, to ask Nextpod about"), width="large"),
        ],
        key=f"health_requests_{campaign_id}", shown=6, alt=_("Requests without an answer"),
    )  # fmt: skip


def _ask(row: Row, what: str) -> None:
    st.session_state["health_asking"] = True
    again = what == "again"

    @st.dialog(_("Send them again?") if again else _("Write them off?"), on_dismiss="rerun")
    def ask() -> None:
        if again:
            st.write(
                n_(
                    "{count} message of {name} may have been sent already. Sent again, this person may get the same "
                    "text twice, and it may be charged twice.",
                    "{count} messages of {name} may have been sent already. Sent again, some of these people may get "
                    "the same text twice, and it may be charged twice.",
                    row["messages"],
                    name=_name(row),
                )
            )
        else:
            st.write(
                n_(
                    "{count} message of {name} stays unknown and nobody is asked about it again. A late delivery "
                    "report still settles it.",
                    "{count} messages of {name} stay unknown and nobody is asked about them again. A late delivery "
                    "report still settles them.",
                    row["messages"],
                    name=_name(row),
                )
            )
        pressed = st.button(
            _("Send again") if again else _("Write off"), type="primary", key="health_decide",
            on_click=_decide, args=(row["id"], what),
        )  # fmt: skip
        if pressed:
            st.rerun()

    ask()


def _decide(campaign_id: int, what: str) -> None:
    db, by = frame.run_db(), frame.user()
    act = campaigns.send_again if what == "again" else campaigns.write_off
    done = 0
    with frame.telling_later():
        for _chunk in range(MOST_CHUNKS):
            some = act(db, campaign_id, by=by, now=frame.now())
            done += some
            if some < campaigns.CHUNK:
                break
        frame.tell_later(
            n_("{count} message goes out once more.", "{count} messages go out once more.", done)
            if what == "again"
            else n_("{count} message is written off.", "{count} messages are written off.", done)
        )
