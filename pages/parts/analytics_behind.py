"""The messages behind a figure: which figure is in the address, so that the list can be bookmarked and sent on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st
from babel import dates

from nextpod_core import analytics, behind, costs, operators, periods, reasons
from nextpod_core.analytics import Outcome
from nextpod_core.db import Connection
from nextpod_core.filters import Filter
from pages.parts import charts, downloads, frame, tables, words
from pages.parts.analytics_filters import LIST, View, put
from pages.parts.tables import Column
from pages.parts.words import _, number, status_label, tr

MOST_PAGES = 300  # Of a thousand rows; a page may have none where what is asked for is rare.
NEVER_ACCEPTED = ("skipped", "refused", "unknown", "cancelled", "queued")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The list that the address asks for: a class of outcomes, and what narrows it.

    `code` is an operator's, `slot` an hour of the week ("37"), a weekday ("d3") or an hour of the day ("h14"); `at`
    the hour of acceptance (UTC milliseconds); `begun` asks for a step of the funnel, `minute` for what came to be so in
    that minute.
    """

    which: str
    code: str | None = None
    slot: str = ""
    at: int | None = None
    begun: bool = False
    minute: int | None = None

    @property
    def exists(self) -> bool:
        """Whether there is such a list."""
        return self.which in (
            behind.BY_MINUTE if self.minute is not None else behind.BEGUN if self.begun else behind.STATUSES
        )

    @property
    def slots(self) -> list[int] | None:
        """The hours of the week it is narrowed to; None for all."""
        if not self.slot:
            return None
        place = int(self.slot.lstrip("dh"))
        return [slot for slot in range(168)
                if place == {"d": slot // 24, "h": slot % 24}.get(self.slot[0], slot)]  # fmt: skip

    def filter(self, view: View) -> Filter:
        """What is asked about, narrowed to the hour of acceptance."""
        if self.at is None:
            return view.asked
        return replace(view.asked, period=periods.few_hours(self.at, self.at + periods.HOUR, view.zone))


def wanted() -> Wanted | None:
    """The list that the address asks for; what it has wrong is left out."""
    asked = st.query_params
    if not asked.get("behind"):
        return None
    slot = asked.get("slot", "")
    most = {"d": 7, "h": 24}.get(slot[:1], 168)
    place = slot[1:] if most < 168 else slot
    good = place.isascii() and place.isdigit() and len(place) < 4 and int(place) < most
    return Wanted(asked["behind"], asked.get("code"), slot if good else "", _moment("at"), asked.get("begun") == "1",
                  _moment("minute"))  # fmt: skip


def _moment(name: str) -> int | None:
    given = st.query_params.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 15 else None


def label(which: str) -> str:
    """What a list is called, by a key of `behind.STATUSES` or `behind.BEGUN`."""
    own = {"accepted": _("Accepted"), "settled": _("Settled"), "negative": _("Not delivered"), "planned": _("Planned"),
           "reported": _("Reported"), "open": _("Still open"), "silent": _("No report"),
           "answered": _("Answered")}  # fmt: skip
    return own.get(which) or status_label(which)


def show(which: str, *, code: str | None = None, slot: str | None = None, at: int | None = None, begun: bool = False,
         minute: int | None = None, filters: Mapping[str, str] | None = None) -> bool:  # fmt: skip
    """Ask for the messages behind a figure, with what `filters` it changes; whether that is something new."""
    asked = {**(filters or {}), "behind": which, "code": code, "slot": slot, "at": None if at is None else str(at),
             "begun": "1" if begun else None, "minute": None if minute is None else str(minute)}  # fmt: skip
    st.session_state["analytics_behind_came"] = st.session_state.get("analytics_behind_came", 0) + 1
    if {name: st.query_params.get(name) for name in asked} == asked:
        return False
    put(asked | {"behind_page": None})
    return True


def hide() -> None:
    """Close the list."""
    put(dict.fromkeys(LIST))


def clicked_time(view: View, which: str, start: int) -> None:
    """A column over time was clicked: its days become the period; an hour stays within it and narrows the list."""
    period = view.asked.period
    if period.grain == "hour":
        show(which, at=start)
        return
    first = periods.today(start, view.zone)
    after = next((at for at in period.buckets() if at > start), period.end)
    last = min(periods.today(after - 1, view.zone), period.last)
    first = max(first, period.first)
    show(which, filters={"period": "own", "from": first.isoformat(), "to": last.isoformat()})


def clicked_name(filtered: str, name: str) -> None:
    """An operator's, a country's or a sender's line was clicked: it becomes the filter, what it lost the list."""
    show("negative", filters={filtered: name})


def clicked_step(view: View, step: str) -> None:
    """A step of the funnel was clicked: the messages that got so far.

    What never became a message has its reasons in the table; who answered one campaign is in the inbox.
    """
    if step == "answered" and len(view.asked.campaigns) == 1 and not view.asked.has_place and frame.may("inbox.handle"):
        st.session_state["analytics_inbox"] = {"campaign": str(view.asked.campaigns[0])}
    elif step in behind.BEGUN:
        show(step, begun=True)
    else:
        st.session_state["analytics_funnel_fold"] = True


def to_inbox() -> None:
    """Go on to the inbox where a click asked for it: a callback can't."""
    if asked := st.session_state.pop("analytics_inbox", None):
        everybody = {"state": "all", "only": "anyone"}
        st.switch_page(frame.page_path("inbox"), query_params=everybody | asked)


def how_many(view: View, asked: Wanted) -> int | None:
    """How many messages the list has, by the counts; None where they can't say."""
    if asked.minute is not None:
        period = periods.few_hours(asked.minute, asked.minute + behind.MINUTE, view.zone)
        cells = analytics.by_minute(view.db, replace(view.asked, period=period))
        return None if view.asked.has_place else cells.get(asked.minute, {}).get(
            "left" if asked.which == "accepted" else asked.which, 0
        )  # fmt: skip
    if asked.begun:
        found = view.funnel()
        return {"planned": found.planned, "accepted": found.accepted, "reported": found.reported,
                "delivered": found.sum("delivered"), "answered": found.answered}.get(asked.which)  # fmt: skip
    if asked.which in behind.WITHOUT_HOUR:
        places = view.asked.countries or view.asked.operators
        return None if places else view.funnel().sum(*(behind.STATUSES[asked.which] or ()))
    if asked.which == "answered":
        return costs.whole(costs.costs(view.db, asked.filter(view), view.options, by="all")).answered
    if asked.code is not None:
        return sum(one.messages for one in analytics.reasons(view.db, asked.filter(view))
                   if (one.status, one.code) == (asked.which, asked.code))  # fmt: skip
    if asked.at is not None:
        whole = analytics.total(view.db, asked.filter(view), now=view.now, silent_after=view.silent_after)
    elif asked.slots is not None:
        by_slot, whole = view.outcomes("week_hour"), Outcome()
        for slot in asked.slots:
            whole.join(by_slot.get(slot, Outcome()))
    else:
        whole = view.whole()
    return int(getattr(whole, asked.which))


def choose(view: View, whole: Outcome) -> None:
    """Every class of outcome with its count, to open the list behind it."""
    counted = {
        "accepted": whole.accepted, "delivered": whole.delivered, "failed": whole.failed, "expired": whole.expired,
        "rejected": whole.rejected, "open": whole.open, "silent": whole.silent, "unrecognised": whole.unrecognised,
    }  # fmt: skip
    if not (view.asked.countries or view.asked.operators):
        # Never accepted, so without a time: those of the campaigns that began within the period.
        never = view.funnel()
        counted |= {which: never.sum(*(behind.STATUSES[which] or ())) for which in NEVER_ACCEPTED}
    offered = [which for which, many in counted.items() if many]
    if not offered:
        return
    asked = wanted()
    plain = asked is not None and asked == Wanted(asked.which) and asked.which in offered
    st.session_state["analytics_behind_kind"] = asked.which if asked and plain else None
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
    to_inbox()
    asked = wanted()
    if asked is None:
        return
    with st.container(border=True, key="analytics_behind_card"):
        if not asked.exists:
            st.caption(_("The address asks for a list that does not exist."))
            return
        page = behind.messages_behind(
            view.db, asked.filter(view), asked.which, now=view.now, silent_after=view.silent_after,
            before=tables.cursor("behind_page"), code=asked.code, slots=asked.slots, begun=asked.begun,
            minute=asked.minute,
        )  # fmt: skip
        many = how_many(view, asked)
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            told = _("The messages: {which}", which=title(asked, view.zone))
            st.subheader(told if many is None else f"{told} · {number(many)}", anchor=False, width="content")
            st.button(_("Close"), icon=":material/close:", key="analytics_behind_close", on_click=hide)
        _bring_into_sight()
        if asked.begun:
            st.caption(_("Of the campaigns that began within the period, whenever their messages were accepted."))
        if not page.rows and page.next is None:
            st.caption(_("None of the messages asked about."))
            return
        rows = [_row(row) for row in page.rows]
        columns = _columns(view.zone, explained=asked.which not in ("delivered", "accepted"))
        if rows:
            chosen = tables.pick_one(rows, columns, key="analytics_behind", shown=12)
            if chosen:
                where = {"campaign": str(chosen["campaign_id"]), "message": str(chosen["id"])}
                st.switch_page(frame.page_path("campaigns"), query_params=where)
            st.caption(_("Choose a row for the whole life of that message."))
        else:
            st.caption(_("None among those looked through so far; there may be older ones."))
        if many is not None and many > downloads.MOST:
            st.caption(_("A file ends after the first {most}: narrow the period or the filters for the others.",
                         most=number(downloads.MOST)))  # fmt: skip
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            downloads.buttons(
                lambda own, write: write(downloads.ending(_every(own, view, asked), "word"), columns),
                name=f"messages_{asked.which}", key="analytics_behind", disabled=not rows, ends=True,
            )  # fmt: skip
            tables.pager("behind_page", last=page.next, has_more=page.next is not None)


def title(asked: Wanted, zone: ZoneInfo) -> str:
    """What the list is of, in words."""
    found = label(asked.which)
    if asked.code is not None:
        found = _("{status}, code {code}", status=found, code=asked.code or "–")
    moment = asked.at if asked.minute is None else asked.minute
    if moment is not None:
        return _("{which}, {when}", which=found, when=words.when(moment, zone))
    if not asked.slot:
        return found
    names = dates.get_day_names(locale=words.LOCALES[words.language()])
    place = int(asked.slot.lstrip("dh"))
    if asked.slot[0] == "d":
        return _("{which}, {when}", which=found, when=names[place])
    if asked.slot[0] == "h":
        return _("{which}, from {hour}", which=found, hour=f"{place:02d}:00")
    return _("{which}, {day} from {hour}", which=found, hour=f"{place % 24:02d}:00", day=names[place // 24])


def _bring_into_sight() -> None:
    """The list stands above the charts, so who clicked one further down is taken to it; once a click."""
    came = st.session_state.get("analytics_behind_came", 0)
    if came:
        st.html(f'<script src="/assets/sight.js" data-came="{came}"></script>', unsafe_allow_javascript=True)


def _every(own: Connection, view: View, asked: Wanted) -> Iterator[Any]:
    """All the messages behind a figure, for a file; a None at the end where too much had to be looked through."""
    before: int | None = None
    for _page in range(MOST_PAGES):
        page = behind.messages_behind(
            own, asked.filter(view), asked.which, now=view.now, silent_after=view.silent_after, before=before,
            code=asked.code, slots=asked.slots, begun=asked.begun, minute=asked.minute, limit=1000,
        )  # fmt: skip
        yield from (_row(row) for row in page.rows)
        before = page.next
        if before is None:
            return
    yield None


def _row(row: Any) -> dict[str, Any]:
    network = operators.named(row["mcc"], row["mnc"])
    # Of what arrived there is nothing to explain.
    why = None if row["status"] == "delivered" else tr(reasons.explain(row["status"], row["operator_code"]).means)
    return {**dict(zip(row.keys(), tuple(row), strict=True)), "network": network.brand or None, "why": why,
            "campaign": words.campaign_name(row["kind"], row["campaign"])}  # fmt: skip


def _columns(zone: ZoneInfo, *, explained: bool) -> list[Column]:
    second: words.Style = "second"
    return [
        Column("msisdn", _("Mobile number"), "msisdn"),
        Column("status", _("Status"), "badge", labels=status_label, colours=charts.STATUS_BADGE),
        Column("campaign", _("Campaign"), width="medium"),
        *([Column("why", _("Why"), width=320)] if explained else []),
        Column("accepted_at", _("Accepted"), "when", zone=zone, style=second),
        Column("status_at", _("Status since"), "when", zone=zone, style=second),
        Column("latency", _("To the handset"), "duration"),
        Column("network", _("Network")),
        Column("word", _("Word in the report")),
        Column("operator_code", _("Operator's code")),
        Column("parts", _("Parts"), "number"),
    ]
