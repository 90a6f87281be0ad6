"""What the delivery page is asked about: period and filters, read from the address, which anybody may write."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from nextpod_core import analytics, choices, funnels, inbox_counts, operators, periods, speed
from nextpod_core.db import Connection
from nextpod_core.errors import BadInput
from nextpod_core.filters import By, Filter
from nextpod_core.options import Options
from pages.parts import frame
from pages.parts.words import _, n_, tr

DEFAULT_PERIOD = "30d"
# What the address says of the list behind a figure.
LIST = ("behind", "code", "slot", "at", "begun", "minute", "behind_page")


@dataclass(frozen=True, slots=True)
class View:
    """One run of the page: the store, what is asked, the time, and how the team reckons."""

    db: Connection
    asked: Filter
    before: Filter
    against: periods.Against
    now: int
    silent_after: int
    zone: ZoneInfo
    options: Options
    kept: dict[Any, Any] = field(default_factory=dict)  # What one run has asked already; several figures share it.

    def outcomes(self, by: By) -> dict[Any, analytics.Outcome]:
        """What became of the messages asked about."""
        if by not in self.kept:
            self.kept[by] = analytics.outcomes(self.db, self.asked, by=by, now=self.now, silent_after=self.silent_after)
        return self.kept[by]

    def whole(self) -> analytics.Outcome:
        """All of the messages asked about in one."""
        found = analytics.Outcome()
        for one in self.outcomes("bucket").values():
            found.join(one)
        return found

    def earlier(self) -> analytics.Outcome:
        """All of what the period is held against in one: the period before, or the same a year ago."""
        found = analytics.Outcome()
        for one in self._earlier().values():
            found.join(one)
        return found

    def earlier_cells(self) -> list[analytics.Outcome]:
        """The same, bucket by bucket beside those of the period; empty when nothing was accepted then."""
        found, starts = self._earlier(), self.before.period.buckets()
        if not found or self.before.period.grain != self.asked.period.grain:
            return []
        cells = [found.get(start, analytics.Outcome()) for start in starts]
        missing = len(self.asked.period.buckets()) - len(cells)
        # A year ago there may have been a week or a day more, or less.
        return [*cells, *(analytics.Outcome() for _place in range(missing))][: len(cells) + missing]

    def _earlier(self) -> dict[int, analytics.Outcome]:
        if "earlier" not in self.kept:
            self.kept["earlier"] = analytics.outcomes(
                self.db, self.before, by="bucket", now=self.now, silent_after=self.silent_after
            )
        return self.kept["earlier"]

    def benchmark(self) -> analytics.Outcome:
        """All that the account sent in the 90 days before the period, whatever the filters say."""
        if "benchmark" not in self.kept:
            usual = Filter(self.asked.period.benchmark())
            self.kept["benchmark"] = analytics.total(self.db, usual, now=self.now, silent_after=self.silent_after)
        return self.kept["benchmark"]

    def handset(self, by: By) -> dict[Any, speed.Histogram]:
        """The times to the handset of the messages asked about."""
        if ("handset", by) not in self.kept:
            self.kept["handset", by] = speed.handset(self.db, self.asked, by=by)
        return self.kept["handset", by]

    def usual(self) -> speed.Histogram:
        """How this account's reports of delivery usually arrive."""
        if "usual" not in self.kept:
            self.kept["usual"] = speed.usual_arrival(self.db, now=self.now)
        return self.kept["usual"]

    def funnel(self) -> funnels.Funnel:
        """The campaigns that began within the period."""
        if "funnel" not in self.kept:
            self.kept["funnel"] = funnels.funnel(self.db, self.asked)
        return self.kept["funnel"]


def not_acting(view: View, *, places: bool = False, keyword: bool = False) -> str:
    """What stands beside a figure that a chosen filter can't act on, with a space before it; "" where none is."""
    told = ""
    if places and view.asked.has_place:
        told += " " + _("Country and operator don't act here: this is of every country and operator.")
    if keyword and view.asked.keyword is not None:
        told += " " + _("The keyword doesn't act here: this is of every keyword.")
    return told


def period_names() -> dict[str, str]:
    """The periods to choose from, by the word in the address."""
    return {
        "3h": _("3 hours"),
        "today": _("Today"),
        "7d": _("7 days"),
        "30d": _("30 days"),
        "90d": _("90 days"),
        "year": _("A year"),
        "own": _("Own dates"),
    }


def ask(db: Connection) -> View:
    """Draw the row of filters and say what is asked. What the address has wrong is told and left out."""
    now, zone, chosen = frame.now(), frame.zone(), frame.team_options()
    problems: list[str] = []
    with st.container(horizontal=True, vertical_alignment="bottom", key="analytics_filters"):
        period = _period(now, zone, problems)
        against = _against()
        wanted = _places(db, period, problems)
    for problem in problems:
        frame.tell(problem, "warning")
    return View(
        db=db,
        asked=wanted,
        before=Filter(period.against(against), wanted.campaigns, wanted.senders, wanted.countries, wanted.operators,
                      wanted.keyword),
        against=against,
        now=now,
        silent_after=round(frame.the_settings().no_report_hours * periods.HOUR),
        zone=zone,
        options=chosen,
    )  # fmt: skip


def remember(name: str, write: Callable[[Any], str]) -> None:
    """Put what a widget was set to into the address, and go back to the first page of a list."""
    value = write(st.session_state[f"analytics_{name}"])
    # An hour of another period would be an empty list.
    put(
        {name: value or None, "behind_page": None}
        | ({"at": None, "minute": None} if name in ("period", "from", "to") else {})
    )


def put(changed: Mapping[str, str | None]) -> None:
    """Change the address at once, so that it is one step back for the browser; None takes a name away."""
    address = st.query_params.to_dict() | changed
    st.query_params.from_dict({name: value for name, value in address.items() if value is not None})


def remember_tab(names: dict[str, str]) -> None:
    """Put the tab that was opened into the address."""
    opened = st.session_state["analytics_tab"]
    st.query_params["tab"] = next((name for name, label in names.items() if label == opened), "result")


def _period(now: int, zone: ZoneInfo, problems: list[str]) -> periods.Period:
    names = period_names()
    kind = st.query_params.get("period", DEFAULT_PERIOD)
    if kind not in names:
        problems.append(_("The address asks for a period that does not exist. These are the last 30 days."))
        kind = DEFAULT_PERIOD
    st.session_state["analytics_period"] = kind
    st.segmented_control(
        _("Period"), list(names), format_func=names.__getitem__, key="analytics_period", required=True,
        on_change=remember, args=("period", str),
    )  # fmt: skip
    if kind != "own":
        return periods.asked(kind, now=now, zone=zone)
    day = periods.today(now, zone)
    first = _date("from", day - datetime.timedelta(days=29), problems)
    last = _date("to", day, problems)
    for name, label, value in (("from", _("From"), first), ("to", _("To"), last)):
        st.session_state[f"analytics_{name}"] = min(max(value, datetime.date(2000, 1, 1)), datetime.date(2199, 12, 31))
        st.date_input(
            label, key=f"analytics_{name}", format="DD.MM.YYYY", min_value=datetime.date(2000, 1, 1), width=140,
            max_value=datetime.date(2199, 12, 31), on_change=remember, args=(name, datetime.date.isoformat),
        )  # fmt: skip
    try:
        return periods.asked("own", now=now, zone=zone, first=first, last=last)
    except BadInput as error:
        problems.append(tr(error.sentence) + " " + _("These are the last 30 days."))
        return periods.asked(DEFAULT_PERIOD, now=now, zone=zone)


def _against() -> periods.Against:
    """What the figures are held against: the period before unless the address asks for a year ago."""
    names = {"before": _("Period before"), "year": _("A year ago")}
    found: periods.Against = "year" if st.query_params.get("against") == "year" else "before"
    st.session_state["analytics_against"] = found
    st.segmented_control(
        _("Against"), list(names), format_func=names.__getitem__, key="analytics_against", required=True,
        on_change=remember, args=("against", lambda kind: "year" if kind == "year" else ""),
    )  # fmt: skip
    return found


def other(view: View) -> str:
    """What the period is held against, in the middle of a sentence."""
    return _("the same dates a year ago") if view.against == "year" else _("the period before, as long")


def _date(name: str, default: datetime.date, problems: list[str]) -> datetime.date:
    given = st.query_params.get(name)
    if not given:
        return default
    try:
        return datetime.date.fromisoformat(given)
    except ValueError:
        problems.append(_("{given} is no date. Write one such as 2026-11-22.", given=given[:20]))
        return default


def _places(db: Connection, period: periods.Period, problems: list[str]) -> Filter:
    """Campaign, sender, country, operator and keyword; each offers what the store knows of."""
    names = choices.campaigns(db, also=_ids("campaign"))
    known_senders = choices.senders(db)
    networks = [*choices.networks(db, period), *_networks_asked()]
    countries = {network.iso: network.country for network in networks if network.iso}
    countries |= {iso: name for iso in st.query_params.get("country", "").split(",") if (name := _country(iso))}
    codes = {network.code: network for network in networks}
    chosen_now = sum(
        bool(st.query_params.get(name)) for name in ("campaign", "sender", "country", "operator", "keyword")
    )
    label = n_("Filter ({count})", "Filters ({count})", chosen_now) if chosen_now else _("Filter")
    with st.popover(label, icon=":material/filter_alt:", key="analytics_filter"):
        campaigns = _several(
            "campaign", _("Campaign"), [str(ident) for ident in names], lambda value: names[int(value)], problems
        )
        senders = _several("sender", _("Sender"), known_senders, str, problems)
        isos = _several("country", _("Country"), sorted(countries), countries.__getitem__, problems)
        operator_codes = _several(
            "operator", _("Operator"), sorted(codes), lambda code: _operator(codes[code]), problems
        )
        keyword = _several("keyword", _("Keyword"), inbox_counts.keywords(db), str, problems, most=1)
        st.caption(
            _(
                "Country and operator are known from delivery reports, so they leave out messages that have none. "
                "The keyword acts on incoming messages alone."
            )
        )
        if chosen_now:
            st.button(_("Clear all"), icon=":material/close:", key="analytics_clear", on_click=clear)
    pairs = tuple(pair for code in operator_codes if (pair := operators.read_code(code)))
    return Filter(period, tuple(int(one) for one in campaigns), tuple(senders), tuple(isos), pairs,
                  keyword[0] if keyword else None)  # fmt: skip


def clear() -> None:
    """Forget every filter but the period."""
    put(dict.fromkeys(("campaign", "sender", "country", "operator", "keyword", *LIST)))


def _several(
    name: str, label: str, known: list[str], called: Callable[[str], str], problems: list[str], most: int | None = None
) -> list[str]:
    asked = [one for one in st.query_params.get(name, "").split(",") if one]
    if len(asked) > 50:
        problems.append(_("A filter can name fifty things at most; the first fifty of the address are taken."))
        asked = asked[:50]
    strange = [one for one in asked if one not in known]
    if strange:
        problems.append(
            _("{label} {given} is not known here and was left out of the filter.", label=label,
              given=", ".join(strange)[:80])
        )  # fmt: skip
    found = [one for one in dict.fromkeys(asked) if one in known][:most]
    st.session_state[f"analytics_{name}"] = found
    st.multiselect(
        label, known, format_func=called, key=f"analytics_{name}", placeholder=_("All"), max_selections=most,
        on_change=remember, args=(name, ",".join),
    )  # fmt: skip
    return found


def _networks_asked() -> list[operators.Network]:
    pairs = [operators.read_code(code) for code in st.query_params.get("operator", "").split(",")[:50]]
    return [network for pair in pairs if pair and (network := operators.named(*pair)).iso]


def _country(iso: str) -> str:
    codes = operators.mccs_of(iso)
    return operators.country_of(codes[0])[1] if codes else ""


def _ids(name: str) -> list[int]:
    parts = st.query_params.get(name, "").split(",")
    return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 16][:50]


def _operator(network: operators.Network) -> str:
    return f"{network.brand} ({network.iso} {network.code})"
