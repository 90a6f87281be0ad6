"""A campaign while it lives: how far it is and how fast, where every message is, and what becomes of them."""

from collections import defaultdict
from typing import Any, NamedTuple

import streamlit as st

from nextpod_core import campaigns, history, pace, rates
from nextpod_core.campaigns import Ledger
from nextpod_core.db import Connection, Row
from pages.parts import campaign_rows, charts, frame, tables
from pages.parts.analytics_charts import figure
from pages.parts.tables import Column
from pages.parts.words import _, n_, number, percent, status_label

# How the outcomes lie on each other in the chart, the best at the bottom.
OUTCOMES = ("delivered", "sent", "pending", "unrecognised", "expired", "failed", "rejected")


def draw(campaign_id: int, state: str) -> None:
    """Figures, ledger and chart: anew every two seconds while it is being sent, else when one of them has changed."""
    if state != "sending":
        shown = _figures_and_chart(campaign_id)

        @frame.live(2.0)
        def watch() -> None:
            if _seen(frame.run_db(), campaign_id) != shown:
                st.rerun()

        watch()
        return

    @frame.live(2.0)
    def progress() -> None:
        if _figures_and_chart(campaign_id).row["state"] != state or st.session_state.pop("campaign_clicked", False):
            st.rerun()  # The buttons, the badge and the recipients stand outside this fragment.

    progress()


class _Seen(NamedTuple):
    """What the figures are drawn from."""

    row: Row
    ledger: Ledger
    minutes: list[tuple[Any, ...]]


def _seen(db: Connection, campaign_id: int) -> _Seen:
    row = campaigns.get(db, campaign_id)
    assert row is not None
    return _Seen(
        row,
        campaigns.ledger(db, campaign_id),
        [tuple(cell) for cell in history.by_minute(db, campaign_id)],
    )


def _figures_and_chart(campaign_id: int) -> _Seen:
    db = frame.run_db()
    seen = _seen(db, campaign_id)
    _figures(db, seen.row, seen.ledger)
    _chart(db, seen.row)
    return seen


def _figures(db: Connection, row: Row, ledger: Ledger) -> None:
    gone = ledger.planned - ledger.queued - ledger.in_flight
    final = ledger.delivered + ledger.negative
    with st.grid(4, min_column_width=190, key="campaign_figures"):
        with st.container(border=True, height="stretch"):
            # The whole stands below it: two long numbers beside each other would be cut.
            st.metric(_("Done with"), number(gone))
            st.progress(
                gone / ledger.planned if ledger.planned else 0.0,
                text=_("{share} of {planned} planned", planned=number(ledger.planned),
                       share=percent(gone / ledger.planned if ledger.planned else 0.0, 0)),
            )  # fmt: skip
            per_minute = pace.per_minute(db, row, now=frame.now()) if row["state"] == "sending" else None
            if per_minute:
                st.caption(n_("{count} a minute", "{count} a minute", round(per_minute)))
            if end := pace.expected_end(db, row, waiting=ledger.queued + ledger.in_flight, now=frame.now()):
                st.caption(_("done about {time} at the pace of the last minutes", time=frame.when(end, "weekday")))
        with st.container(border=True, height="stretch"):
            share = ledger.delivered / final if final else None
            st.metric(_("Delivered"), percent(share))
            if final:
                low, high = rates.wilson(ledger.delivered, final)
                st.caption(
                    _("of {final} with a final report; 95% interval {low}-{high}",
                      final=number(final), low=percent(low), high=percent(high))
                )  # fmt: skip
            else:
                st.caption(_("No final report yet."))
        with st.container(border=True, height="stretch"):
            st.metric(_("Open"), number(ledger.open))
            st.caption(_("accepted, with no final report yet"))
        with st.container(border=True, height="stretch"):
            st.metric(_("Unknown"), number(ledger.unknown))
            st.caption(_("may have been sent: no answer came"))
    if ledger.unknown and frame.may("unknown.decide"):
        with st.container(horizontal=True, vertical_alignment="center", key="campaign_unknowns"):
            st.caption(_("A delivery report settles an unknown message by itself. If none comes, a person decides:"))
            if st.button(_("Send again …"), key="campaign_again"):
                _ask_before_again(row["id"], ledger.unknown)
            st.button(_("Write off"), key="campaign_off", on_click=_unknown, args=("off", row["id"]),
                      help=_("They stay unknown and nobody is asked again."))  # fmt: skip
    with st.expander(_("The ledger: where every message is"), icon=":material/balance:"):
        _ledger(ledger)
        if not ledger.balances:
            frame.tell(_("The ledger does not add up. Run: python -m nextpod_core rebuild"), "error")


def _ledger(ledger: Ledger) -> None:
    """Every line of the ledger; choosing one opens its rows."""
    lines = [
        ("", _("Planned"), ledger.planned),
        ("queued", "= " + _("queued"), ledger.queued),
        ("in_flight", "+ " + _("under way"), ledger.in_flight),
        ("skipped", "+ " + _("skipped (opted out meanwhile)"), ledger.skipped),
        ("cancelled", "+ " + _("cancelled"), ledger.cancelled),
        ("refused", "+ " + _("refused by Nextpod"), ledger.refused),
        ("unknown", "+ " + _("unknown (may have been sent)"), ledger.unknown),
        ("accepted", "+ " + _("accepted by Nextpod"), ledger.accepted),
        ("delivered", "\u2003= " + _("delivered"), ledger.delivered),
        ("negative", "\u2003+ " + _("failed, expired or rejected"), ledger.negative),
        ("open", "\u2003+ " + _("open"), ledger.open),
    ]
    chosen = tables.pick_one(
        [{"group": group, "told": told, "messages": messages} for group, told, messages in lines],
        [Column("told", _("Where"), width=290), Column("messages", _("Messages"), "number", width=110)],
        key="campaign_ledger", shown=len(lines), alt=_("The ledger"),
    )  # fmt: skip
    st.caption(_("Choose a line for its messages; they stand below."))
    # The choice stays where it is while the page goes on living, and must not take the list back every two seconds.
    group = chosen["group"] if chosen else None
    if group != st.session_state.get("campaign_ledger_opened"):
        st.session_state["campaign_ledger_opened"] = group
        if group is not None:
            _open_group(group or None)
            st.rerun()


def _clicked(group: str | None) -> None:
    _open_group(group)
    st.session_state["campaign_clicked"] = True


def _open_group(group: str | None) -> None:
    """Show the recipients of one group, or all, below."""
    campaign_rows.put_group(group)
    st.query_params.pop("tab", None)  # The first one, which has them.


def _chart(db: Connection, row: Row) -> None:
    found: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for cell in history.by_minute(db, row["id"]):
        found[cell["minute"]][cell["status"]] = cell["messages"]
    if not found:
        st.caption(_("The chart begins with the first message that leaves."))
        return
    last, later = _until(found)
    minutes = _minutes(min(found), last)
    names = [status for status in OUTCOMES if any(status in cells for cells in found.values())]
    left = [sum(found.get(at, {}).get("left", 0) for at in span) for span in minutes]
    series = {_("left us"): left} if not names else {
        status_label(status): [sum(found.get(at, {}).get(status, 0) for at in span) for span in minutes]
        for status in names
    }  # fmt: skip
    colours = {status_label(status): charts.palette().status[status] for status in names}
    labels = [frame.when(span[0], "time") for span in minutes]
    groups = {status: group for group, statuses in campaign_rows.GROUPS.items() for status in statuses}
    opened = [groups.get(status, "open") for status in names]
    figure(
        _("Minute by minute"),
        charts.clickable(charts.columns(labels, series, colours), []),
        key="campaign_chart",
        under_title=True,
        height=240,
        on_click=lambda shown, _minute: _clicked(opened[shown] if shown < len(opened) else None),
        says=_("What became of the messages, by the minute in which it happened.")
        + (" " + _("Click a colour for everybody of that outcome, below.") if names else "")
        + (" " + n_("{count} more came after that.", "{count} more came after that.", later) if later else ""),
        rows=lambda: [
            {"at": span[0], **{name: values[place] for name, values in series.items()}}
            for place, span in enumerate(minutes)
        ],
        columns=lambda: [
            Column("at", _("Time"), "when", zone=frame.zone()), *(Column(name, name, "number") for name in series)
        ],
    )  # fmt: skip


def _until(found: dict[int, dict[str, int]]) -> tuple[int, int]:
    """The minute by which 95 in 100 outcomes had come, and how many came later: a long tail would flatten the rest."""
    per_minute = {at: sum(n for status, n in cells.items() if status != "left") for at, cells in found.items()}
    total, so_far = sum(per_minute.values()), 0
    for at in sorted(per_minute):
        so_far += per_minute[at]
        if so_far >= total * 0.95 and at - min(found) >= 10 * 60_000:
            return at, total - so_far
    return max(found), 0


def _minutes(first: int, last: int, most: int = 120) -> list[range]:
    """Spans of whole minutes from first to last, as many to a span as keeps the chart readable."""
    total = (last - first) // 60_000 + 1
    step = max(1, -(-total // most)) * 60_000
    return [range(at, at + step, 60_000) for at in range(first, last + 60_000, step)]


def _unknown(what: str, id: int) -> None:
    db, by, now = frame.run_db(), frame.user(), frame.now()
    with frame.telling_later():
        {"again": campaigns.send_again, "off": campaigns.write_off}[what](db, id, by=by, now=now)


def _ask_before_again(id: int, count: int) -> None:
    @st.dialog(_("Send the unknown ones again?"))
    def ask() -> None:
        st.write(
            n_(
                "{count} message left without an answer. The person may have it already, and would get it twice.",
                "{count} messages left without an answer. People may have them already, and would get them twice.",
                count,
            )
        )
        if st.button(_("Send again"), type="primary", key="campaign_again_now", on_click=_unknown, args=("again", id)):
            st.rerun()

    ask()
