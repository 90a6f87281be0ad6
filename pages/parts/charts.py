"""Charts: what a figure looks like, in the colours of palette.py, which are offered here as well. ECharts takes JSON
only, so every label arrives here as it is to be read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from nextpod_core.sentences import Sentence
from pages.parts import axes
from pages.parts.clicks import clickable as clickable
from pages.parts.clicks import heard
from pages.parts.clicks import with_dots as with_dots
from pages.parts.palette import DARK as DARK
from pages.parts.palette import LIGHT, palette
from pages.parts.palette import STATE_BADGE as STATE_BADGE
from pages.parts.palette import STATUS_BADGE as STATUS_BADGE
from pages.parts.words import _, number, percent, tr

Option = dict[str, Any]


def draw(
    option: Option,
    *,
    key: str,
    says: Sentence | str,
    height: int = 280,
    rows: Sequence[Mapping[str, Any]] | None = None,
    on_click: Callable[[int, int], None] | None = None,
) -> None:
    """Draw a chart with the sentence of what it shows under it; `rows` are its figures, for those who read rather.

    The sentence is also what a screen reader says in place of the chart. `on_click` is told which series and which of
    its values were clicked, in the callback; for a chart that is `clickable`.
    """
    told = tr(says) if isinstance(says, Sentence) else says
    with st.container(key=key, gap="xsmall"):
        if on_click is None:
            st.echarts_chart(option, height=height, key=f"{key}_chart", alt=told)
        else:
            # A chart keeps what is chosen in it: the same bar once more would only be given up, and of two series the
            # older choice would be read. So each click is heard by a chart that has never been clicked.
            turn = st.session_state.get(f"{key}_turn", 0)
            st.echarts_chart(option, height=height, key=f"{key}_chart_{turn}", alt=told,
                             on_select=lambda: heard(key, turn, on_click))  # fmt: skip
        if told:
            st.caption(told)
        if rows is not None:
            with st.expander(_("The figures")):
                st.dataframe(pd.DataFrame(rows), hide_index=True, key=f"{key}_figures")


def line_stacked(times: Sequence[str], series: Mapping[str, Sequence[float]], colours: Mapping[str, str]) -> Option:
    """Areas on each other over time: how much of each name in `series` at each of `times` (labels in order).

    `colours` gives a colour per name; a name without one gets the next of the series' colours.
    """
    look = palette()
    top = max((sum(column) for column in zip(*series.values(), strict=True)), default=0)
    return {
        **axes.base(look),
        "legend": axes.legend(look),
        "grid": axes.grid(top=40),
        "tooltip": axes.tooltip(look, "axis"),
        "xAxis": axes.categories(look, times, boundaryGap=False),
        "yAxis": axes.values(look, top),
        "series": [
            {
                "name": name,
                "type": "line",
                "stack": "all",
                "data": list(values),
                "symbol": "none",
                "lineStyle": {"width": 1.5},
                "areaStyle": {"opacity": 0.85},
                "itemStyle": {"color": colours.get(name) or look.series[place % len(look.series)]},
            }
            for place, (name, values) in enumerate(series.items())
        ],
    }


def bars(
    names: Sequence[str],
    values: Sequence[float],
    labels: Sequence[str] | None = None,
    colours: Sequence[str] | None = None,
    *,
    top: float | None = None,
) -> Option:
    """Lying bars from zero, the first name uppermost; `labels` stand at their ends (the numbers when None)."""
    look = palette()
    labels = labels or [number(value) for value in values]
    return {
        **axes.base(look),
        "grid": axes.grid(top=6, bottom=6),
        "tooltip": axes.tooltip(look, "item"),
        "xAxis": {"type": "value", "min": 0, "max": top or (max(values, default=0) or 1), "show": False},
        "yAxis": [
            {**axes.categories(look, names), "inverse": True, "axisLine": {"show": False}},
            {
                **axes.categories(look, labels, position="right"),
                "inverse": True,
                "axisLine": {"show": False},
                "axisLabel": {"color": look.text, "fontSize": 12, "interval": 0},
            },
        ],
        "series": [
            {
                "type": "bar",
                "barMaxWidth": 20,
                "showBackground": top is not None,
                "backgroundStyle": {"color": look.line, "borderRadius": 4},
                "itemStyle": {"borderRadius": 4, "color": look.accent},
                "data": [
                    {
                        "value": value,
                        "tooltip": {"formatter": f"{escape(name)}: {escape(label)}"},
                        **({"itemStyle": {"borderRadius": 4, "color": colours[place]}} if colours else {}),
                    }
                    for place, (name, value, label) in enumerate(zip(names, values, labels, strict=True))
                ],
            }
        ],
    }


def columns(times: Sequence[str], series: Mapping[str, Sequence[float]], colours: Mapping[str, str]) -> Option:
    """Standing bars on each other, for days and hours with gaps between them."""
    option = line_stacked(times, series, colours)
    option["xAxis"]["boundaryGap"] = True
    for one in option["series"]:
        one.pop("areaStyle")
        one.update({"type": "bar", "barMaxWidth": 28})
    return option


def funnel(steps: Sequence[tuple[str, int]]) -> Option:
    """What is left at each step, as bars that get shorter: name, count, share of the first. Zero is drawn as zero."""
    first = steps[0][1] if steps else 0
    shares = [f"{number(count)} · {percent(count / first)}" if first else number(count) for _name, count in steps]
    shades = palette().steps[-1 : -len(steps) - 1 : -1] if palette() is LIGHT else palette().steps[-2::-1]
    option = bars([name for name, _count in steps], [count for _name, count in steps], shares,
                  [shades[place % len(shades)] for place in range(len(steps))], top=first or 1)  # fmt: skip
    option["series"][0]["barMaxWidth"] = 34
    option["series"][0]["barCategoryGap"] = "18%"
    return option


def heat(across: Sequence[str], down: Sequence[str], cells: Mapping[tuple[int, int], float],
         called: Mapping[tuple[int, int], str] | None = None) -> Option:  # fmt: skip
    """Squares whose colour says how much: `cells` by (place across, place down), `called` what the pointer reads."""
    look = palette()
    top = max(cells.values(), default=0)
    return {
        **axes.base(look),
        "grid": axes.grid(top=6),
        "tooltip": axes.tooltip(look, "item"),
        "xAxis": {**axes.categories(look, across), "axisLine": {"show": False}},
        "yAxis": {**axes.categories(look, down), "inverse": True, "axisLine": {"show": False}},
        "visualMap": {"show": False, "min": 0, "max": top or 1, "inRange": {"color": list(look.steps)}},
        "series": [
            {
                "type": "heatmap",
                "itemStyle": {"borderRadius": 4, "borderWidth": 2, "borderColor": look.ground},
                "data": [
                    {
                        "value": [x, y, value],
                        "tooltip": {
                            "formatter": f"{escape(down[y])} {escape(across[x])}: "
                            + escape((called or {}).get((x, y)) or number(value))
                        },
                    }
                    for (x, y), value in cells.items()
                ],
            }
        ],
    }


def curve(
    across: Sequence[str],
    lines: Mapping[str, Sequence[float | None]],
    ticks: Sequence[tuple[float, str]] | None = None,
    colours: Mapping[str, str] | None = None,
) -> Option:
    """Lines over a common axis: times to the handset, a distribution, shares. `ticks` names the upright axis' steps
    from the lowest to the highest, evenly apart; without them it is numbers from zero. A None leaves a gap."""
    look = palette()
    top = max((value for values in lines.values() for value in values if value is not None), default=0)
    return {
        **axes.base(look),
        "legend": axes.legend(look) if len(lines) > 1 else {"show": False},
        "grid": axes.grid(top=40 if len(lines) > 1 else 12),
        "tooltip": axes.tooltip(look, "axis"),
        "xAxis": axes.categories(look, across, boundaryGap=False),
        "yAxis": axes.values(look, top, ticks),
        "series": [
            {
                "name": name,
                "type": "line",
                "data": list(values),
                "symbol": "none",
                "lineStyle": {"width": 2},
                "itemStyle": {"color": (colours or {}).get(name) or look.series[place % len(look.series)]},
            }
            for place, (name, values) in enumerate(lines.items())
        ],
    }


def band(times: Sequence[str], rate: Sequence[float | None], low: Sequence[float | None],
         high: Sequence[float | None], name: str, *, sure: str,
         beside: Mapping[str, Sequence[float | None]] | None = None, marks: Iterable[int] = ()) -> Option:  # fmt: skip
    """A rate (0 to 1) over time inside its interval, such as Wilson's: wide where few messages stand behind it.

    `sure` is what the interval is called; `beside` are other rates to hold it against, dashed and dotted; `marks` the
    places on the axis that get a triangle.
    """
    look, beside = palette(), beside or {}
    # From a round tenth below: a rate's axis may begin above zero, since it isn't drawn as a length. An interval of a
    # handful of messages reaches beyond it, or it would press all the others together.
    narrow = [a for a, b in zip(low, high, strict=True) if a is not None and b is not None and b - a < 0.25]
    lowest = [value for values in (rate, *beside.values()) for value in values if value is not None]
    begin = min(0.9, max(0.0, int(min([*narrow, *lowest], default=0.0) * 10) / 10))
    steps = axes.percent_steps(begin)
    hidden = {"type": "line", "stack": "interval", "symbol": "none", "lineStyle": {"opacity": 0}, "silent": True,
              "tooltip": {"show": False}, "emphasis": {"disabled": True}}  # fmt: skip
    # Between the buckets that have messages the band goes straight on, as the line does.
    low, high = _bridged([None if value is None else max(value, begin) for value in low]), _bridged(high)
    between = [None if a is None or b is None else b - a for a, b in zip(low, high, strict=True)]
    line = {"type": "line", "connectNulls": True, "silent": True}
    return {
        **axes.base(look),
        "legend": axes.legend(look),
        "grid": axes.grid(top=40),
        "tooltip": axes.tooltip(look, "item"),
        "xAxis": axes.categories(look, times, boundaryGap=False),
        "yAxis": axes.values(look, 1, [(step, percent(step, 0)) for step in steps]),
        "series": [
            {**hidden, "data": list(low)},
            {**hidden, "name": sure, "data": between, "areaStyle": {"color": look.accent, "opacity": 0.18},
             "itemStyle": {"color": look.accent, "opacity": 0.35}},
            {
                **line,
                "name": name,
                "data": list(rate),
                **dots(rate),  # The days that had messages.
                "lineStyle": {"width": 2},
                "itemStyle": {"color": look.accent},
                "markPoint": {
                    "symbol": "triangle", "symbolSize": [9, 8], "symbolOffset": [0, -4], "label": {"show": False},
                    "itemStyle": {"color": look.faint}, "silent": True,
                    "data": [{"coord": [place, begin]} for place in marks],
                },
            },
            *({**line, "name": told, "data": list(values), "z": 1,
               **({"symbol": "none"} if place == 0 else dots(values)),
               "lineStyle": {"width": 1.5, "type": "dashed" if place == 0 else "dotted"},
               "itemStyle": {"color": (look.faint, look.series[1])[place % 2]}}
              for place, (told, values) in enumerate(beside.items())),
        ],
    }  # fmt: skip


def beside(option: Option, name: str, values: Sequence[float]) -> Option:
    """Columns with a short line across each at what it is held against: `values`, called `name`."""
    look = palette()
    upright = axes.values(look, max([*values, 0]))
    if upright[0]["max"] > option["yAxis"][0]["max"]:
        option["yAxis"] = upright
    option["series"].append(
        {"name": name, "type": "scatter", "symbol": "rect", "symbolSize": [12, 2.5], "silent": True, "z": 3,
         "itemStyle": {"color": look.text}, "data": [value or None for value in values]}
    )  # fmt: skip
    return option


def dots(values: Sequence[float | None]) -> Option:
    """The dots of a line, which a click opens: each where there is a value, smaller where there are many."""
    few = sum(value is not None for value in values) < 40
    return {"symbol": "circle", "symbolSize": 5 if few else 3, "showSymbol": True, "showAllSymbol": True}


def _bridged(values: Sequence[float | None]) -> list[float | None]:
    """The same values, and on the way from each to the next what lies between them.

    >>> _bridged([None, 1.0, None, None, 4.0, None])
    [None, 1.0, 2.0, 3.0, 4.0, None]
    """
    found = list(values)
    known = [place for place, value in enumerate(values) if value is not None]
    for first, last in zip(known, known[1:], strict=False):
        begin, end = float(values[first] or 0), float(values[last] or 0)
        for place in range(first + 1, last):
            found[place] = begin + (end - begin) * (place - first) / (last - first)
    return found
