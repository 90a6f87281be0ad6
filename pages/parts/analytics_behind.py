"""The messages behind a figure: which figure is in the address, so that the list can be bookmarked and sent on."""

import datetime
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st
from babel import dates

from nextpod_core import behind, operators, periods
from nextpod_core.analytics import Outcome
from nextpod_core.db import Connection
from pages.parts import charts, downloads, frame, tables, words
from pages.parts.analytics_filters import View
from pages.parts.tables import Column
from pages.parts.words import _, number, status_label

MOST_PAGES = 300  # Of a thousand rows; a page may have none where what is asked for is rare.
NEVER_ACCEPTED = ("skipped", "refused", "unknown", "cancelled", "queued")


def label(which: str) -> str:
    """What a list is called, by a key of `behind.STATUSES`."""
    own = {"accepted": _("Accepted"), "settled": _("Settled"), "negative": _("Not delivered"),
           "open": _("Still open"), "silent": _("No report")}  # fmt: skip
    return own.get(which) or status_label(which)


def show(which: str, *, code: str | None = None, slot: int | None = None) -> bool:
    """Ask for the messages behind a figure; whether that is something new."""
    wanted = {"behind": which, "code": code, "slot": None if slot is None else str(slot)}
    if {name: st.query_params.get(name) for name in wanted} == wanted:
        return False
    for name, value in wanted.items():
        if value is None:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = value
    st.query_params.pop("behind_page", None)
    return True


def hide() -> None:
    """Close the list."""
    for name in ("behind", "code", "slot", "behind_page"):
        st.query_params.pop(name, None)


def clicked_time(key: str, shown: list[str], starts: list[int], period: periods.Period, zone: ZoneInfo) -> None:
    """A bar over time was clicked: its day becomes the period, its outcome the list."""
    chosen = selected(key)
    if chosen is None or not shown or chosen[1] >= len(starts):
        return
    first = periods.today(starts[chosen[1]], zone)
    length = {"hour": 1, "day": 1, "week": 7, "month": 31}[period.grain]
    last = min(first + datetime.timedelta(days=length - 1), period.last)
    if period.grain == "month":
        last = min(periods.cut(first + datetime.timedelta(days=31), "month") - datetime.timedelta(days=1), period.last)
    first = max(first, period.first)
    st.query_params.update({"period": "own", "from": first.isoformat(), "to": last.isoformat()})
    show(shown[min(chosen[0], len(shown) - 1)])


def clicked_operator(key: str, codes: list[str]) -> None:
    """An operator's dot was clicked: it becomes the filter, and what it did not deliver the list."""
    chosen = selected(key)
    if chosen is None:
        return
    if 0 <= chosen[1] < len(codes) and codes[chosen[1]]:
        st.query_params["operator"] = codes[chosen[1]]
        show("negative")


def clicked_name(key: str, filtered: str, names: list[str]) -> None:
    """A country's or sender's dot was clicked: it becomes the filter, and what was not delivered the list."""
    chosen = selected(key)
    if chosen is not None and 0 <= chosen[1] < len(names):
        st.query_params[filtered] = names[chosen[1]]
        show("negative")


def clicked_slot(key: str, slots: list[int], which: str) -> None:
    """A square of the week was clicked: the messages accepted in that hour of that weekday."""
    chosen = selected(key)
    if chosen is not None and 0 <= chosen[1] < len(slots):
        show(which, slot=slots[chosen[1]])


def clicked_step(key: str, steps: list[str]) -> None:
    """A bar of the funnel was clicked: the messages that got so far, or were lost before it."""
    chosen = selected(key)
    lists = {"planned": "queued", "accepted": "accepted", "reported": "settled", "delivered": "delivered"}
    if chosen is not None and 0 <= chosen[1] < len(steps) and steps[chosen[1]] in lists:
        show(lists[steps[chosen[1]]])


def selected(key: str) -> tuple[int, int] | None:
    """Which series and which of its values were clicked in a chart; None for none."""
    state: Any = st.session_state.get(key)
    for group in state["selection"]["selected"] if state else ():
        if group["data_indices"]:
            return group["series_index"], group["data_indices"][0]
    return None


def choose(view: View, whole: Outcome) -> None:
    """Every class of outcome with its count, to open the list behind it."""
    counted = {
        "delivered": whole.delivered, "failed": whole.failed, "expired": whole.expired, "rejected": whole.rejected,
        "open": whole.open, "silent": whole.silent, "unrecognised": whole.unrecognised,
    }  # fmt: skip
    if not (view.asked.countries or view.asked.operators):
        # Never accepted, so without a time: those of the campaigns that began within the period.
        never = view.funnel()
        counted |= {which: never.sum(*(behind.STATUSES[which] or ())) for which in NEVER_ACCEPTED}
    offered = [which for which, many in counted.items() if many]
    if not offered:
        return
    asked = st.query_params.get("behind")
    st.session_state["analytics_behind_kind"] = asked if asked in offered else None
    st.pills(
        _("Show the messages"), offered, key="analytics_behind_kind", on_change=_chosen,
        format_func=lambda which: f"{label(which)} · {number(counted[which])}",
    )  # fmt: skip


def _chosen() -> None:
    which = st.session_state["analytics_behind_kind"]
    if which is None:
        hide()
    else:
        show(which)


def draw(view: View) -> None:
    """The list itself, where one is asked for."""
    which = st.query_params.get("behind", "")
    if not which:
        return
    with st.container(border=True, key="analytics_behind_card"):
        if which not in behind.STATUSES:
            st.caption(_("The address asks for a list that does not exist."))
            return
        code, slot = st.query_params.get("code"), _slot()
        page = behind.messages_behind(
            view.db, view.asked, which, now=view.now, silent_after=view.silent_after,
            before=tables.cursor("behind_page"), code=code, slot=slot,
        )  # fmt: skip
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            title = label(which) if code is None else _("{status}, code {code}", status=label(which), code=code or "–")
            if slot is not None:
                title = _("{which}, {day} from {hour}", which=title, hour=f"{slot % 24:02d}:00",
                          day=dates.get_day_names(locale=words.LOCALES[words.language()])[slot // 24])  # fmt: skip
            st.subheader(_("The messages: {which}", which=title), anchor=False, width="content")
            st.button(_("Close"), icon=":material/close:", key="analytics_behind_close", on_click=hide)
        if not page.rows and page.next is None:
            st.caption(_("None of the messages asked about."))
            return
        rows = [_row(row) for row in page.rows]
        columns = _columns(view.zone)
        if rows:
            chosen = tables.pick_one(rows, columns, key="analytics_behind", shown=12)
            if chosen:
                where = {"campaign": str(chosen["campaign_id"]), "message": str(chosen["id"])}
                st.switch_page(frame.page_path("campaigns"), query_params=where)
            st.caption(_("Choose a row for the whole life of that message."))
        else:
            st.caption(_("None among those looked through so far; there may be older ones."))
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            downloads.buttons(
                lambda own, write: write(downloads.ending(_every(own, view, which, code, slot), "word"), columns),
                name=f"messages_{which}", key="analytics_behind", disabled=not rows, ends=True,
            )  # fmt: skip
            tables.pager("behind_page", last=page.next, has_more=page.next is not None)


def _every(own: Connection, view: View, which: str, code: str | None, slot: int | None) -> Iterator[Any]:
    """All the messages behind a figure, for a file; a None at the end where too much had to be looked through."""
    before: int | None = None
    for _page in range(MOST_PAGES):
        page = behind.messages_behind(
            own, view.asked, which, now=view.now, silent_after=view.silent_after, before=before, code=code, slot=slot,
            limit=1000,
        )  # fmt: skip
        yield from (_row(row) for row in page.rows)
        before = page.next
        if before is None:
            return
    yield None


def _slot() -> int | None:
    given = st.query_params.get("slot", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 4 and int(given) < 168 else None


def _row(row: Any) -> dict[str, Any]:
    network = operators.named(row["mcc"], row["mnc"])
    return {**dict(zip(row.keys(), tuple(row), strict=True)), "network": network.brand or None}


def _columns(zone: ZoneInfo) -> list[Column]:
    second: words.Style = "second"
    return [
        Column("msisdn", _("Mobile number"), "msisdn"),
        Column("status", _("Status"), "badge", labels=status_label, colours=charts.STATUS_BADGE),
        Column("campaign", _("Campaign"), width="medium"),
        Column("accepted_at", _("Accepted"), "when", zone=zone, style=second),
        Column("status_at", _("Status since"), "when", zone=zone, style=second),
        Column("latency", _("To the handset"), "duration"),
        Column("network", _("Network")),
        Column("word", _("Word in the report")),
        Column("operator_code", _("Operator's code")),
        Column("parts", _("Parts"), "number"),
    ]
