"""Figures of the delivery page: a chart in its card with what it says, its table and its file; and charts of rates."""

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st
from babel import dates

from nextpod_core import counts, periods
from nextpod_core.analytics import Outcome
from nextpod_core.periods import Grain
from pages.parts import charts, downloads, tables, words
from pages.parts.tables import Column
from pages.parts.words import _, duration, percent

# Where an axis of rates begins and how far apart its steps are, in per cents: whole ones, which come out even at 100.
RATE_AXES = ((95, 1), (90, 2), (80, 5), (70, 10), (50, 10), (0, 20))
MANY = 30  # Settled messages from which an interval is narrow enough to decide where an axis begins.
PHONE_CHART = 300  # How wide a chart is on a phone, in pixels.
# Durations that an axis names, in milliseconds, evenly apart on a logarithmic scale of about a factor four.
TICKS = (1_000, 4_000, 15_000, 60_000, 240_000, 900_000, 3_600_000, 14_400_000, 57_600_000, 230_400_000)


def figure(
    title: str,
    option: charts.Option | None,
    *,
    key: str,
    says: str,
    rows: Callable[[], Sequence[Mapping[str, Any]]] | None = None,
    columns: Callable[[], Sequence[Column]] = list,
    height: int = 280,
    help: str | None = None,
    below: str = "",
    under_title: bool = False,
    on_click: Callable[[int, int], None] | None = None,
) -> None:
    """A card: title, chart, the sentence of what it shows, and behind a fold its table and CSV. None: nothing to draw.

    With no `option` the sentence stands alone and says why. `below` (Markdown) stands under the sentence.
    `under_title`: right under the page's title, so the card's is a heading of the second level and not of the third.
    `on_click` is told which series and which of its values were clicked.
    """
    with st.container(border=True, key=f"{key}_card", height="stretch"):
        (st.header if under_title else st.subheader)(title, help=help, anchor=False)
        if option is None:
            st.caption(says)
            return
        option = _with_strip(option, key)
        charts.draw(option, key=key, says=says, height=height, on_click=on_click)
        if below:
            st.markdown(below)
        if rows:
            fold = st.expander(_("The figures"), key=f"{key}_fold", on_change="rerun", type="compact")
            if fold.open:  # Made only for those who look: most of a page's cost would be tables that nobody opens.
                with fold:
                    made, wanted = rows(), columns()
                    tables.table(made, wanted, key=f"{key}_table", shown=10)
                    download(made, wanted, key=key)


def _with_strip(option: charts.Option, key: str) -> charts.Option:
    """The chart with a strip above its figures: the names of its series, as many lines as they take, and at the right
    the button that saves a picture. On a phone they take more lines.
    """
    names = [] if not option.get("legend", {}).get("show", True) else [one.get("name", "") for one in option["series"]]
    tops = {wide: max(34, 14 + 20 * _lines([name for name in names if name], wide)) for wide in (PHONE_CHART, 400, 520)}
    legend = {**option.get("legend", {"show": False}), "type": "plain", "width": "88%"}
    grid = dict(option["grid"])
    first = option["xAxis"][0] if isinstance(option["xAxis"], list) else option["xAxis"]
    if first.get("boundaryGap") is False:
        grid["right"] = 26  # The last label stands under the edge.
    return {
        **option, "legend": legend, "toolbox": _picture(key), "grid": grid | {"top": tops[520]},
        "media": [
            {"query": {"maxWidth": 400}, "option": {"grid": {"top": tops[PHONE_CHART]}}},
            {"query": {"minWidth": 401, "maxWidth": 519}, "option": {"grid": {"top": tops[400]}}},  # Two to a row.
        ],
    }  # fmt: skip


def _lines(names: Sequence[str], wide: int) -> int:
    """How many lines a legend takes in a chart so many pixels wide: a letter takes some six, a dot and a gap 28."""
    room = wide * 88 // 100
    lines, left = (1, room) if names else (0, 0)
    for name in names:
        taken = 28 + 6.5 * len(name)
        if taken > left and left < room:
            lines, left = lines + 1, room
        left -= taken
    return lines


def _picture(name: str) -> charts.Option:
    """The small button on a chart that saves it as a PNG."""
    look = charts.palette()
    return {
        "right": 0, "top": -4, "itemSize": 13, "iconStyle": {"borderColor": look.faint},
        "feature": {"saveAsImage": {"title": _("Save as PNG"), "name": name, "pixelRatio": 2,
                                    "backgroundColor": look.ground}},
    }  # fmt: skip


def download(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column], *, key: str) -> None:
    """The buttons that give these rows as a file for a spreadsheet."""
    downloads.buttons(lambda _own, write: write(rows, columns), name=key, key=key)


def bucket_label(start: int, view_zone: Any, grain: Grain) -> str:
    """How a bucket of time is called on an axis."""
    if grain == "hour":
        return words.when(start, view_zone, "time")
    if grain == "month":
        day = periods.today(start, view_zone)
        return dates.format_date(day, "MMM yyyy", locale=words.LOCALES[words.language()])
    return words.when(start, view_zone, "day")


def grain_name(grain: Grain) -> str:
    """What one bucket is: "per day"."""
    return {"hour": _("per hour"), "day": _("per day"), "week": _("per week"), "month": _("per month")}[grain]


def rates_by(names: Sequence[str], outcomes: Sequence[Outcome], marks: Sequence[str | None]) -> charts.Option:
    """Each name's delivery rate as a dot inside its interval, coloured where it differs by more than chance.

    The axis begins at a round step below the lowest interval: a dot's place is read, not a length. One of a handful of
    messages reaches beyond it, or it would press all the others together.
    """
    look = charts.palette()
    known = [outcome for outcome in outcomes if outcome.settled]
    many = [outcome for outcome in known if outcome.settled >= MANY] or known
    floor = min([outcome.interval[0] for outcome in many] + [outcome.rate or 0.0 for outcome in known], default=0.0)
    first, every = next(axis for axis in RATE_AXES if floor >= axis[0] / 100)
    steps = [step / 100 for step in range(first, 101, every)]
    begin = steps[0]
    colours = {None: look.accent, "higher": look.status["sent"], "lower": look.status["failed"]}
    low, reach, dots, lines = [], [], [], []
    for place, (name, outcome, mark) in enumerate(zip(names, outcomes, marks, strict=True)):
        lowest, highest = outcome.interval if outcome.settled else (begin, begin)
        told = _(
            "{name}: {rate} of {settled} settled ({low} to {high})", name=escape(name), rate=percent(outcome.rate),
            settled=words.number(outcome.settled), low=percent(lowest), high=percent(highest),
        )  # fmt: skip
        lines.append(told if outcome.settled else None)
        low.append(max(lowest, begin))
        reach.append(
            {
                "value": highest - max(lowest, begin) if outcome.settled else 0,
                "itemStyle": {"color": colours[mark], "opacity": 0.28, "borderRadius": 4},
                "tooltip": {"formatter": told},
            }
        )
        if outcome.settled:
            dots.append(
                {"value": [outcome.rate, place], "itemStyle": {"color": colours[mark]}, "tooltip": {"formatter": told},
                 "label": {"show": True, "position": "top", "distance": 4, "formatter": percent(outcome.rate),
                           "color": look.text, "fontSize": 11}}
            )  # fmt: skip
    faint = {"color": look.faint, "fontSize": 12}
    option = {
        "animation": False,
        "backgroundColor": "transparent",
        "textStyle": {"fontFamily": "Inter, sans-serif", "color": look.text},
        "grid": {"left": 4, "right": 22, "top": 10, "bottom": 4, "containLabel": True},
        "tooltip": {"trigger": "item", "confine": True, "backgroundColor": look.ground, "borderColor": look.line,
                    "textStyle": {"color": look.text, "fontSize": 12}},
        "xAxis": [
            {"type": "value", "min": begin, "max": 1, "interval": every / 100, "axisLabel": {"show": False},
             "splitLine": {"lineStyle": {"color": look.line}}},
            {"type": "category", "data": [percent(step, 0) for step in steps], "boundaryGap": False,
             "position": "bottom", "axisTick": {"show": False}, "axisLine": {"show": False},
             "axisLabel": {**faint, "interval": 0}},
        ],
        "yAxis": {"type": "category", "data": list(names), "inverse": True, "axisTick": {"show": False},
                  "axisLine": {"show": False}, "axisLabel": {"color": look.text, "fontSize": 12}},
        "series": [
            {"type": "bar", "stack": "interval", "data": low, "silent": True, "itemStyle": {"opacity": 0},
             "barWidth": 9, "tooltip": {"show": False}},
            {"type": "bar", "stack": "interval", "data": reach, "barWidth": 9, "silent": True},
            {"type": "scatter", "data": dots, "symbolSize": 11, "silent": True},
        ],
    }  # fmt: skip
    return charts.clickable(option, lines)


def durations(across: Sequence[str], lines: Mapping[str, Sequence[float | None]]) -> charts.Option:
    """Lines of durations (milliseconds) on a logarithmic upright axis that names its steps."""
    found = [value for values in lines.values() for value in values if value]
    low, high = _tick_range(found)
    ticks = [(float(place), tick_label(TICKS[place])) for place in range(low, high + 1)]
    look = charts.palette()
    colours = dict(zip(lines, (look.series[0], look.series[1], look.series[2], look.series[3]), strict=False))
    option = charts.curve(
        across,
        {name: [_tick_place(value) for value in values] for name, values in lines.items()},
        ticks,
        colours,
    )
    # By column and not by dot: the pointer would read places on the axis.
    option["tooltip"]["trigger"] = "item"
    for series, values in zip(option["series"], lines.values(), strict=True):
        series["connectNulls"] = True  # A day without messages is no change; the dots are the days that had some.
        series["silent"] = True
        series.update(charts.dots(values))
    told = [
        "<br>".join([escape(name), *(f"{escape(line)}: {escape(duration(values[place]))}"
                                     for line, values in lines.items() if values[place] is not None)])
        if any(values[place] is not None for values in lines.values()) else None
        for place, name in enumerate(across)
    ]  # fmt: skip
    return charts.clickable(option, told)


def cumulative(histograms: Mapping[str, Any]) -> charts.Option:
    """What share had arrived after how long, one line a name, from a second to the slowest on a logarithmic axis."""
    slowest = max((h.percentile(0.999) or 0 for h in histograms.values()), default=60_000)
    first, last = counts.bucket(1_000), max(counts.bucket(60_000), counts.bucket(min(round(slowest), TICKS[-1])))
    places = list(range(first, last + 1, 2))
    # A category axis: only the places nearest to a round time are named.
    labels = [""] * len(places)
    for tick in TICKS:
        nearest = min(range(len(places)), key=lambda at: abs(places[at] - counts.bucket(tick)))
        if abs(places[nearest] - counts.bucket(tick)) <= 1:
            labels[nearest] = tick_label(tick)
    lines = {}
    for name, histogram in histograms.items():
        whole, passed, shares = histogram.messages, 0, []
        left = sorted(histogram.buckets.items())
        for place in places:
            while left and left[0][0] <= place:
                passed += left.pop(0)[1]
            shares.append(round(passed / whole, 5) if whole else None)
        lines[name] = shares
    option = charts.curve(labels, lines, [(step / 4, percent(step / 4, 0)) for step in range(5)])
    option["tooltip"] = {"show": False}
    option["xAxis"]["axisLabel"].update({"interval": 0, "hideOverlap": True})
    return option


def tick_label(milliseconds: int) -> str:
    """A round time on an axis: "15 s", without decimals."""
    return f"{milliseconds // 1000}\u00a0s" if milliseconds < 60_000 else duration(milliseconds)


def shaded(option: charts.Option, low: float, high: float) -> charts.Option:
    """The same squares, coloured between `low` and `high`: for rates, which all lie near each other."""
    option["visualMap"].update({"min": low, "max": high if high > low else low + 0.001})
    return option


def _tick_place(value: float | None) -> float | None:
    """Where a duration lies on the axis: the number of the tick, and how far to the next on a logarithmic scale."""
    if not value:
        return None
    for place in range(len(TICKS) - 1):
        if value < TICKS[place + 1]:
            return round(
                place + math.log(max(value, TICKS[0] / 2) / TICKS[place]) / math.log(TICKS[place + 1] / TICKS[place]), 3
            )
    return float(len(TICKS) - 1)


def _tick_range(values: Sequence[float]) -> tuple[int, int]:
    places = [place for value in values if (place := _tick_place(value)) is not None]
    if not places:
        return 0, 3
    low = max(0, int(min(places)))
    return low, min(len(TICKS) - 1, max(int(max(places)) + 1, low + 1))
