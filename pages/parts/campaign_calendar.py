"""What is planned, as a week or a month on the team's clock."""

import datetime
from collections import defaultdict
from html import escape
from typing import Literal

import streamlit as st
from babel import dates

from nextpod_core import campaigns, schedule
from nextpod_core.db import Connection, Row
from pages.parts import frame, words
from pages.parts.words import _, n_, state_label

Span = Literal["week", "month"]
DAY = datetime.timedelta(days=1)

# On a telephone seven columns hold no names: there the days stand below each other, those with nothing left out.
_STYLE = """<style>
.planned {display: grid; grid-template-columns: repeat(7, minmax(0, 1fr)); gap: 1px; border-radius: 10px;
  overflow: hidden; border: 1px solid color-mix(in srgb, currentColor 16%, transparent);
  background: color-mix(in srgb, currentColor 16%, transparent)}
.planned > div {background: VAR_GROUND; padding: 0.45rem 0.5rem 0.6rem; min-height: VAR_HEIGHT; min-width: 0}
.planned > .head {min-height: 0; padding: 0.3rem 0.5rem; font-size: 0.78rem; opacity: 0.8; font-weight: 600}
.planned .date {font-size: 0.8rem; font-variant-numeric: tabular-nums; margin-bottom: 0.3rem}
.planned .other .date {opacity: 0.62}
.planned .today .date span {background: VAR_TODAY; color: VAR_ON_TODAY; border-radius: 1rem; padding: 0.08rem 0.45rem;
  font-weight: 650}
.planned a, .planned a:visited {display: block; text-decoration: none; color: inherit; font-size: 0.82rem;
  line-height: 1.3; border-left: 3px solid VAR_EDGE; border-radius: 4px; padding: 0.22rem 0.4rem; margin-top: 0.25rem;
  background: color-mix(in srgb, VAR_EDGE 11%, transparent); overflow-wrap: anywhere}
.planned a.paused {border-left-style: dashed}
.planned a:hover {background: color-mix(in srgb, VAR_EDGE 24%, transparent)}
.planned a b {font-weight: 650; font-variant-numeric: tabular-nums}
.planned a small {opacity: 0.78; display: block}
@media (max-width: 740px) {
  .planned {grid-template-columns: 1fr}
  .planned > .head, .planned > .empty {display: none}
  .planned > div {min-height: 0}
}
</style>"""


def choose() -> str:
    """The choice between the list, a week and a month, which stands in the address."""
    ways = {"list": _("List"), "week": _("Week"), "month": _("Month")}
    asked = st.query_params.get("show", "list")
    if "campaigns_show" not in st.session_state:
        st.session_state["campaigns_show"] = asked if asked in ways else "list"
    return st.segmented_control(
        _("Show"), list(ways), key="campaigns_show", format_func=ways.__getitem__, required=True, on_change=_remember,
        label_visibility="collapsed",
    )  # fmt: skip


def _remember() -> None:
    # By hand: bound to the address by Streamlit it would be the reader's word that stands there, in one language.
    chosen = st.session_state.get("campaigns_show")
    if chosen in ("week", "month"):
        st.query_params["show"] = chosen
    else:
        st.query_params.pop("show", None)
        st.query_params.pop("day", None)


def draw(db: Connection, span: Span) -> None:
    """The week or the month that was chosen, with buttons to the one before and after."""
    today = schedule.to_local(frame.now(), str(frame.zone())).date()
    shown = _asked() or today
    first, last = _ends(shown, span)
    with st.container(horizontal=True, vertical_alignment="center", key="calendar_head"):
        st.button(_("Before"), key="calendar_before", icon=":material/chevron_left:", on_click=_turn,
                  args=(_moved(shown, span, -1),))  # fmt: skip
        st.button(_("Today"), key="calendar_today", on_click=_turn, args=(None,), disabled=first <= today <= last)
        st.button(_("After"), key="calendar_after", icon=":material/chevron_right:", on_click=_turn,
                  args=(_moved(shown, span, 1),))  # fmt: skip
        st.header(_title(shown, first, last, span), anchor=False, width="content")
    found = _by_day(db, first, last)
    count = sum(len(rows) for rows in found.values())
    people = sum(row["planned"] for rows in found.values() for row in rows)
    days = [first + DAY * place for place in range((last - first).days + 1)]
    st.html(_grid(days, found, today, shown.month if span == "month" else None))
    if count:
        told = n_("{count} campaign is planned", "{count} campaigns are planned", count)
        st.caption(told + ", " + n_("to {count} recipient", "to {count} recipients", people) + f" · {frame.zone()}")
    else:
        st.caption(_("Nothing is planned in these days.") + f" · {frame.zone()}")


def _asked() -> datetime.date | None:
    try:
        day = datetime.date.fromisoformat(st.query_params.get("day", ""))
    except ValueError:
        return None
    return day if 1971 <= day.year <= 2199 else None  # Nothing is planned beyond, and no sum of days ends outside.


def _turn(day: datetime.date | None) -> None:
    if day is None:
        st.query_params.pop("day", None)
    else:
        st.query_params["day"] = day.isoformat()


def _ends(day: datetime.date, span: Span) -> tuple[datetime.date, datetime.date]:
    """First and last day shown: whole weeks, which begin on Monday."""
    first = last = day
    if span == "month":
        first = day.replace(day=1)
        last = (first + DAY * 31).replace(day=1) - DAY
    return first - DAY * first.weekday(), last + DAY * (6 - last.weekday())


def _moved(day: datetime.date, span: Span, by: int) -> datetime.date:
    return day + DAY * 7 * by if span == "week" else (day.replace(day=15) + DAY * 30 * by).replace(day=1)


def _title(day: datetime.date, first: datetime.date, last: datetime.date, span: Span) -> str:
    locale = words.LOCALES[words.language()]
    if span == "month":
        return dates.format_date(day, "MMMM y", locale=locale).capitalize()
    week = _("Week {week}", week=first.isocalendar().week)
    return f"{week} · {dates.format_interval(first, last, 'yMMMd', locale=locale)}"


def _by_day(db: Connection, first: datetime.date, last: datetime.date) -> dict[datetime.date, list[Row]]:
    # A day more at each end, whatever the zone; the team's clock then says which day it is.
    noon = datetime.time(12)
    start, end = (
        int(datetime.datetime.combine(day, noon, datetime.UTC).timestamp()) * 1000 for day in (first - DAY, last + DAY)
    )
    found: defaultdict[datetime.date, list[Row]] = defaultdict(list)
    for row in campaigns.planned_between(db, start=start, end=end):
        day = schedule.to_local(row["due_at"], str(frame.zone())).date()
        if first <= day <= last:
            found[day].append(row)
    return found


def _grid(
    days: list[datetime.date], found: dict[datetime.date, list[Row]], today: datetime.date, month: int | None
) -> str:
    locale = words.LOCALES[words.language()]
    dark = st.context.theme.type == "dark"
    colours = (
        {"VAR_GROUND": "#111917", "VAR_TODAY": "#E4ECE9", "VAR_ON_TODAY": "#111917", "VAR_EDGE": "#5CC8A5"}
        if dark
        else {"VAR_GROUND": "#FFFFFF", "VAR_TODAY": "#16231F", "VAR_ON_TODAY": "#FFFFFF", "VAR_EDGE": "#0B7A5B"}
    ) | {"VAR_HEIGHT": "5.6rem" if month else "11rem"}
    style = _STYLE
    for name in sorted(colours, key=len, reverse=True):
        style = style.replace(name, colours[name])
    cells = [f'<div class="head">{escape(dates.format_date(day, "EEEE", locale=locale))}</div>' for day in days[:7]]
    for day in days:
        rows = found.get(day, [])
        kind = ["today" if day == today else "", "other" if month and day.month != month else "",
                "" if rows or day == today else "empty"]  # fmt: skip
        date = escape(dates.format_date(day, "EEE d MMM" if not month or day.day == 1 else "d MMM", locale=locale))
        cells.append(
            f'<div class="{" ".join(filter(None, kind))}"><div class="date"><span>{date}</span></div>'
            + "".join(_entry(row) for row in rows)
            + "</div>"
        )
    label = escape(_("Planned campaigns"))
    return style + f'<div class="planned" role="group" aria-label="{label}">{"".join(cells)}</div>'


def _entry(row: Row) -> str:
    people = n_("{count} recipient", "{count} recipients", row["planned"])
    state = "" if row["state"] == "scheduled" else f" · {state_label(row['state'])}"
    kind = " class='paused'" if row["state"] == "paused" else ""
    return (
        f'<a href="?campaign={row["id"]}" target="_self"{kind}><b>{escape(frame.when(row["due_at"], "time"))}</b> '
        f"{escape(row['name'])}<small>{escape(people + state)}</small></a>"
    )
