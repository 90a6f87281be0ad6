"""Clicks in a chart: where they can be made, and how each is heard once and only once."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from pages.parts.palette import palette

Option = dict[str, Any]


def heard(key: str, turn: int, on_click: Callable[[int, int], None]) -> None:
    """The `turn`-th drawing of the chart `key` was clicked: say where, and let the next one be a fresh one."""
    state: Any = st.session_state.get(f"{key}_chart_{turn}")
    for group in state["selection"]["selected"] if state else ():
        if group["data_indices"]:
            st.session_state[f"{key}_turn"] = turn + 1
            on_click(group["series_index"], group["data_indices"][0])
            return


def with_dots(option: Option, every: int = 4) -> Option:
    """The same lines, each with dots that a click opens: lines that cross in one column are told apart by their own."""
    for series in option["series"]:
        series.update({"selectedMode": "single", "select": {"itemStyle": {"borderWidth": 0}}, "showSymbol": True})
        last = len(series["data"]) - 1
        series["data"] = [
            value if (last - place) % every or value is None
            else {"value": value, "symbol": "circle", "symbolSize": 8, "cursor": "pointer"}
            for place, value in enumerate(series["data"])
        ]  # fmt: skip
    return option


def clickable(option: Option, told: Sequence[str | None]) -> Option:
    """The same chart, in which a click on a bar, a dot, or anywhere in a bucket's column or a name's line is heard.

    `told` says what stands in each column or line, for the pointer; None where nothing does, and no click is. It is the
    last series, and lies behind the others: a bar of one message, or a dot under a finger, can't be hit by itself.
    """
    look = palette()
    for series in option["series"]:
        if not series.get("silent"):
            series.update({"selectedMode": "single", "select": {"itemStyle": {"borderWidth": 0}}})
    names, values, lying = "xAxis", "yAxis", False
    if isinstance(option["yAxis"], dict) or option["yAxis"][0]["type"] == "category":
        names, values, lying = "yAxis", "xAxis", True
    axes = option[names] if isinstance(option[names], list) else [option[names]]
    # An axis of its own, not to be seen: bars of one axis stand beside each other. Its labels would take room.
    hidden = {**axes[0], "show": False, "axisPointer": {"show": False, "triggerTooltip": False},
              "axisLabel": {"show": False}}  # fmt: skip
    option[names] = [*axes, hidden]
    scale = option[values][0] if isinstance(option[values], list) else option[values]
    nothing = {"color": "rgba(0,0,0,0)", "borderWidth": 0}
    option["series"].append(
        {
            "type": "bar", "yAxisIndex" if lying else "xAxisIndex": len(axes), "barWidth": "100%", "z": 1,
            "itemStyle": nothing, "emphasis": {"itemStyle": {"color": look.text, "opacity": 0.06}},
            "selectedMode": "single", "select": {"itemStyle": nothing}, "cursor": "pointer",
            "tooltip": {"show": option["tooltip"].get("trigger") == "item"},
            "data": [{"value": scale["max"], "tooltip": {"formatter": text}} if text is not None else "-"
                     for text in told],
        }
    )  # fmt: skip
    return option
