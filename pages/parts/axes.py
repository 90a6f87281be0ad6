"""What stands around a chart's figure: axes with our own labels, the legend and what the pointer reads."""

from collections.abc import Sequence
from typing import Any

from pages.parts.palette import Palette
from pages.parts.words import number

Option = dict[str, Any]

# By how many tenths the axis covers, how many per cents lie between two of its steps.
_PERCENT_STEPS = {0: 10, 1: 2, 2: 5, 3: 10, 4: 10, 5: 10, 6: 20, 7: 10, 8: 20, 9: 30, 10: 20}


def nice_steps(top: float, most: int = 5) -> list[float]:
    """Round steps from zero to at least `top`, at most `most` of them above zero.

    >>> nice_steps(1830), nice_steps(0), nice_steps(7)
    ([0, 500, 1000, 1500, 2000], [0, 1], [0, 2, 4, 6, 8])
    """
    if top <= 0:
        return [0, 1]
    size = 1
    while True:
        for factor in (1, 2, 5):
            if size * factor * most >= top:
                step = size * factor
                return [step * count for count in range(-int(-top // step) + 1)]
        size *= 10


def percent_steps(begin: float) -> list[float]:
    """Steps of an axis of rates from `begin`, a whole tenth, to 1: whole per cents, and they come out even.

    >>> percent_steps(0.9), percent_steps(0.0)
    ([0.9, 0.92, 0.94, 0.96, 0.98, 1.0], [0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    """
    return [step / 100 for step in range(round(begin * 100), 101, _PERCENT_STEPS[round((1 - begin) * 10)])]


def base(look: Palette) -> Option:
    """What every chart has: no animation, our letters and colours."""
    return {
        "animation": False,
        "backgroundColor": "transparent",
        "textStyle": {"fontFamily": "Inter, sans-serif", "color": look.text},
    }


def legend(look: Palette) -> Option:
    """The names of the series, above the chart."""
    return {"top": 0, "left": 0, "icon": "circle", "itemWidth": 10, "itemHeight": 10, "itemGap": 14, "type": "scroll",
            "textStyle": {"color": look.text, "fontSize": 12}}  # fmt: skip


def grid(*, top: int, bottom: int = 4) -> Option:
    """How far the figure is from the edges of its card."""
    return {"left": 4, "right": 14, "top": top, "bottom": bottom, "containLabel": True}


def tooltip(look: Palette, trigger: str) -> Option:
    """What the pointer reads."""
    return {
        "trigger": trigger,
        "confine": True,
        "backgroundColor": look.ground,
        "borderColor": look.line,
        "textStyle": {"color": look.text, "fontSize": 12},
        "valueFormatter": "localized",
        "axisPointer": {"lineStyle": {"color": look.faint}},
    }


def categories(look: Palette, names: Sequence[str], **more: Any) -> Option:
    """An axis of names."""
    return {
        "type": "category",
        "data": list(names),
        "axisTick": {"show": False},
        "axisLine": {"lineStyle": {"color": look.line}},
        "axisLabel": {"color": look.faint, "fontSize": 12, "hideOverlap": True, "margin": 12},
        **more,
    }


def values(look: Palette, top: float, ticks: Sequence[tuple[float, str]] | None = None) -> list[Option]:
    """The upright axis of numbers: two in one, since the labels are ours."""
    # ECharts writes the numbers of a value axis the English way, so its labels are hidden and a second axis, of
    # categories that fall on the same lines, carries ours.
    ticks = ticks or [(step, number(step)) for step in nice_steps(top)]
    low, high = ticks[0][0], ticks[-1][0]
    return [
        {
            "type": "value",
            "min": low,
            "max": high,
            "interval": (high - low) / max(1, len(ticks) - 1),
            "axisLabel": {"show": False},
            "splitLine": {"lineStyle": {"color": look.line}},
        },
        {
            **categories(look, [label for _value, label in ticks], boundaryGap=False, position="left"),
            "axisLine": {"show": False},
            "axisLabel": {"color": look.faint, "fontSize": 12, "interval": 0},
            "splitLine": {"show": False},
        },
    ]
