"""Delivery reports as they come in: how many are missed, what could not be understood, and words nobody knows."""

import streamlit as st

from nextpod_core import health, merge, quarantine, reports
from nextpod_core.db import Row
from nextpod_core.sentences import load
from pages.parts import frame, person, tables, words
from pages.parts.tables import Column
from pages.parts.words import _, n_, number, status_label, tr

LONGEST_SHOWN = 20_000
CHUNK = 50


def draw() -> None:
    """Figures that follow what comes in; below them the lists, which stand still."""

    @frame.live(5)
    def figures() -> None:
        now, given = frame.now(), frame.the_settings()
        found = health.reports(frame.run_db(), now=now, no_report_hours=given.no_report_hours)
        quiet = {"border": True, "width": 188, "delta_color": "off", "delta_arrow": "off"}
        with st.container(horizontal=True, key="health_report_figures"):
            ago = None if found.last_at is None else (now - found.last_at) // 1000 * 1000
            st.metric(
                _("Since the last report"), words.duration(ago),
                delta=frame.when(found.last_at) if found.last_at else _("none yet"), **quiet,
            )  # fmt: skip
            st.metric(
                _("Without any report"), number(found.open), **quiet, delta=_("accepted in 30 days"),
                help=_("Nextpod took the message over and has not reported on it yet."),
            )  # fmt: skip
            st.metric(
                _("Over {hours} hours", hours=given.no_report_hours), number(found.silent), **quiet,
                delta=_("of them"), help=_("A late report still counts."),
            )  # fmt: skip
            most = health.MOST_COUNTED
            st.metric(
                _("Not known here"), number(found.orphans) + ("+" if found.orphans >= most else ""), **quiet,
                delta=_("kept"), help=_("Reports on messages that this database does not know of. They are kept."),
            )  # fmt: skip
            st.metric(
                _("Came once more"), number(found.repeats), **quiet,
                delta=n_("of the last one", "of the last {count}", found.looked_at),
                help=_("The same report again: counted, and nothing else."),
            )  # fmt: skip
        if found.unfolded > CHUNK:
            st.caption(n_("{count} report is being worked in.", "{count} reports are being worked in.", found.unfolded))

    figures()
    _words()
    _quarantine()


def _words() -> None:
    st.header(_("Status words nobody knows"))
    rows = reports.unrecognised(frame.run_db())
    if not rows:
        st.caption(_("Every word that came in is known."))
        return
    st.caption(_("Until somebody says what a word means, its messages count as open. All figures follow the choice."))
    for place, row in enumerate(rows[:CHUNK]):
        with st.container(horizontal=True, vertical_alignment="bottom", key=f"health_word_{place}"):
            with st.container(width=260, gap=None):
                st.text(person.one_line(row["word"] or _("(no word)"), 64))
                st.caption(n_("{count} message", "{count} messages", row["messages"]))
            st.selectbox(
                _("What it means"), [str(status) for status in merge.ASSIGNABLE], index=None, width=240,
                format_func=status_label, key=f"health_class_{row['word']}", disabled=not merge.folded(row["word"]),
                placeholder=_("Choose"),
            )  # fmt: skip
            st.button(
                _("Use"), key=f"health_assign_{row['word']}", on_click=_assign, args=(row["word"],),
                disabled=st.session_state.get(f"health_class_{row['word']}") is None,
            )  # fmt: skip


def _assign(word: str) -> None:
    chosen = st.session_state.get(f"health_class_{word}")
    with frame.telling_later():
        reports.assign(frame.run_db(), word=word, status=chosen, by=frame.user(), now=frame.now())
        frame.tell_later(
            _("{word} means {status} from now on. The figures are being counted again.",
              word=person.label(word), status=status_label(chosen))
        )  # fmt: skip


def _quarantine() -> None:
    st.header(_("Could not be understood"))
    db, zone = frame.run_db(), frame.zone()
    rows = quarantine.page(db, before=tables.cursor("quarantine"), limit=tables.PAGE + 1)
    if not rows:
        st.caption(_("Everything that came in was understood."))
        return
    st.caption(_("What Nextpod, or somebody else, sent to our addresses is kept whole. Choose one to read it."))
    shown = [
        {
            "row": row, "arrived": row["arrived"], "kind": row["kind"], "source": row["source"],
            "reason": tr(load(row["reason"])), "times": row["repeats"] + 1,
        }
        for row in rows[: tables.PAGE]
    ]  # fmt: skip
    kinds = {"dlr": _("Delivery report"), "mo": _("Incoming message")}
    chosen = tables.pick_one(
        shown,
        [
            Column("arrived", _("Arrived"), "when", zone=zone, style="second", width=170),
            Column("kind", _("Sent to us as"), "badge", labels=kinds.__getitem__, width=150),
            Column("reason", _("Why"), width=400),
            Column("source", _("From"), width=120),
            Column("times", _("Times"), "number", width=70),
        ],
        key="health_quarantine", shown=8, alt=_("Requests that could not be understood"),
    )  # fmt: skip
    tables.pager("quarantine", last=shown[-1]["row"]["id"], has_more=len(rows) > tables.PAGE)
    if chosen:
        _one(chosen["row"])


def _one(row: Row) -> None:
    with st.container(border=True, key="health_odd"):
        st.text(tr(load(row["reason"])))
        st.caption(
            _("Content type: {type}", type=person.label(row["content_type"]) or "–")
            + " · "
            + n_("{count} byte", "{count} bytes", len(row["body"]))
            + (" · " + _("with a query") if row["query"] else "")
        )
        body = row["body"].decode("utf-8", "replace")
        text = "\n".join(filter(None, ("?" + row["query"] if row["query"] else "", body))) or _("(empty)")
        st.code(person.whole(text[:LONGEST_SHOWN]), language=None, wrap_lines=True, height=260)
        if len(text) > LONGEST_SHOWN:
            st.caption(_("Only the first {count} characters are shown.", count=LONGEST_SHOWN))
        st.button(_("Try again"), icon=":material/replay:", key="health_replay", on_click=_replay, args=(row["id"],),
                  help=_("After an update of the desk it may be understood."))  # fmt: skip


def _replay(id: int) -> None:
    with frame.telling_later():
        done = quarantine.replay(
            frame.run_db(), id, by=frame.user(), now=frame.now(), zone=frame.the_settings().mo_zone
        )
        if done:
            frame.tell_later(_("It is understood now, and stands where it belongs."))
        else:
            frame.tell_later(_("It still can't be understood. It is kept."), "warning")
