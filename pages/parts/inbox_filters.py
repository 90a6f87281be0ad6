"""What the inbox's list is asked for: it stands in the address, so that a link shows a colleague the same."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from nextpod_core import inbox_counts
from nextpod_core.db import Connection
from nextpod_core.inbox import COUNTED, Filter, State
from pages.parts import frame, person, veil, words
from pages.parts.words import _

STATES = ("open", "waiting", "closed", "all")


def asked_state() -> str:
    """The state of the conversations asked for, or `all`."""
    asked = st.query_params.get("state", "open")
    return asked if asked in STATES else "open"


def asked_for() -> Filter:
    """The filter as the address says it. The address is anybody's to write: what makes no sense is left out."""
    asked = st.query_params
    marked = asked.get("only", "").split(".")
    campaign = asked.get("campaign", "")
    return Filter(
        state=None if asked_state() == "all" else State(asked_state()),
        whose=next((whose for whose in ("mine", "free", "anyone") if whose in marked), "mine_or_free"),
        unread="unread" in marked,
        opted_out="stop" in marked,
        label=asked.get("label"),
        keyword=asked.get("keyword"),
        sub_keyword=asked.get("sub") if asked.get("keyword") else None,
        short_code=asked.get("code"),
        campaign=int(campaign) if campaign.isascii() and campaign.isdigit() and len(campaign) < 19 else None,
        since=_day_start(asked.get("from"), frame.zone()),
        until=_day_start(asked.get("to"), frame.zone(), days=1),
        search=veil.asked("find"),
    )


def choose(name: str, key: str) -> None:
    """A filter was changed: what is shown stands in the address, and begins at the first page."""
    value = st.session_state[key]
    given = ".".join(value) if isinstance(value, list) else str(value or "")
    if name == "find":
        veil.put(name, given)
    elif given:
        st.query_params[name] = given
    else:
        st.query_params.pop(name, None)
    st.query_params.pop("after", None)
    st.session_state.pop("inbox_trail", None)


def _counted(n: int) -> str:
    """A count that was not taken further than it says anything."""
    return words.number(n) if n <= COUNTED else f"{words.number(COUNTED)}+"


def with_count(label: str, n: int) -> str:
    """A chip's words and its count, where there is anything to count."""
    return f"{label} · {_counted(n)}" if n else label


def draw(db: Connection, wanted: Filter, chips: inbox_counts.Chips, now: int, also: Callable[[], None]) -> None:
    """Search, state, chips and the rest of the filters, each from the address and back to it; `also` ends the line."""
    asked = st.query_params
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="inbox_filters"):
        if "inbox_find" not in st.session_state:
            st.session_state["inbox_find"] = wanted.search
        st.text_input(
            _("Search"), key="inbox_find", type="search", live=True, placeholder=_("Words, or any part of a number"),
            icon=":material/search:", label_visibility="collapsed", width=290,
            on_change=choose, args=("find", "inbox_find"),
        )  # fmt: skip
        names = {
            "open": with_count(_("Waits for us"), chips.open),
            "waiting": _("Answered"),
            "closed": _("Closed"),
            "all": _("All"),
        }
        st.session_state["inbox_state"] = asked_state()
        st.segmented_control(
            _("State"), STATES, format_func=names.__getitem__, key="inbox_state", label_visibility="collapsed",
            required=True, on_change=choose, args=("state", "inbox_state"),
            disabled=bool(wanted.search.strip()) or wanted.opted_out,
        )  # fmt: skip
        _draw_more(db, wanted, now)
        also()
    names = {
        "unread": with_count(_("Unread"), chips.unread), "mine": with_count(_("Mine"), chips.mine),
        "free": _("Nobody's"), "anyone": _("Everybody's"), "stop": with_count(_("Opted out"), chips.opted_out),
    }  # fmt: skip
    with st.container(horizontal=True, gap="medium", key="inbox_chips"):
        st.session_state["inbox_only"] = [mark for mark in asked.get("only", "").split(".") if mark in names]
        st.pills(
            _("Only"), list(names), selection_mode="multi", format_func=names.__getitem__, key="inbox_only",
            label_visibility="collapsed", on_change=choose, args=("only", "inbox_only"),
        )  # fmt: skip
        if chips.keywords:
            top = dict(chips.keywords[:6])
            if wanted.keyword and wanted.keyword not in top:
                top[wanted.keyword] = 0
            st.session_state["inbox_keyword"] = wanted.keyword
            st.pills(
                _("Keyword"), list(top), format_func=lambda word: with_count(person.label(word), top[word]),
                key="inbox_keyword", label_visibility="collapsed", on_change=choose, args=("keyword", "inbox_keyword"),
                help=_("Messages of the last seven days"),
            )  # fmt: skip


def _draw_more(db: Connection, wanted: Filter, now: int) -> None:
    """The filters that are asked for less often."""
    asked = st.query_params
    on = [one for one in (wanted.label, wanted.sub_keyword, wanted.short_code, wanted.campaign, wanted.since,
                          wanted.until) if one is not None]  # fmt: skip
    with st.popover(with_count(_("Filter"), len(on)), icon=":material/tune:", key="inbox_popover"):
        campaigns = {str(row["id"]): row["name"] for row in inbox_counts.campaigns_answered(db)}
        everything = [
            ("keyword", _("Keyword"), {word: word for word in inbox_counts.keywords(db)}),
            ("sub", _("Second keyword"), {word: word for word in inbox_counts.sub_keywords(
                db, wanted.keyword, now=now)} if wanted.keyword else {}),
            ("code", _("Number they wrote to"), {word: word for word in inbox_counts.short_codes(db)}),
            ("campaign", _("Campaign they answered"), campaigns),
            ("label", _("Label"), {word: word for word in inbox_counts.labels(db)}),
        ]  # fmt: skip
        for name, called, options in everything:
            if not options and not asked.get(name):
                continue
            if asked.get(name):
                options.setdefault(asked[name], asked[name])
            key = f"inbox_by_{name}"
            st.session_state[key] = asked.get(name)
            st.selectbox(
                called, list(options), index=None, format_func=options.__getitem__, key=key, placeholder=_("All"),
                on_change=choose, args=(name, key),
            )  # fmt: skip
        for name, called in (("from", _("From the day")), ("to", _("Up to and with the day"))):
            key = f"inbox_{name}"
            st.session_state[key] = _day(asked.get(name))
            st.date_input(called, key=key, format="DD.MM.YYYY", on_change=choose, args=(name, key))


def _day(text: str | None) -> date | None:
    """A day as it stands in the address; None when it is none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _day_start(text: str | None, zone: ZoneInfo, *, days: int = 0) -> int | None:
    """When the day `text` begins in `zone`, or the one `days` after it, in UTC milliseconds."""
    found = _day(text)
    if found is None or not 2000 < found.year < 3000:
        return None
    local = datetime.combine(found + timedelta(days=days), datetime.min.time(), zone)
    return int(local.timestamp() * 1000)
