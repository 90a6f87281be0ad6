"""
A frame whose cells are shown as other texts than their values, sorted by the value and read as the reader writes it,
or one with a row on a ground of its own.

Streamlit takes such texts and grounds from a pandas Styler alone, and a Styler lays every cell out as HTML first, which
was a third of a page's processor time. This one has its texts already.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler


class _Written(Styler):
    """As much of a Styler as Streamlit asks for: texts before it is computed, values after, and the styles of cells."""

    def __init__(self, values: pd.DataFrame, texts: pd.DataFrame, styles: dict[str, Any]) -> None:
        self.data = texts
        self.uuid: str | None = None
        self.caption: str | None = None
        self._values, self._styles = values, styles

    def _compute(self) -> "_Written":
        self.data = self._values
        return self

    def _translate(self, *_args: Any, **_more: Any) -> dict[str, Any]:
        return self._styles


# Streamlit knows a Styler by this name.
_Written.__module__, _Written.__qualname__ = Styler.__module__, Styler.__qualname__


def written(values: pd.DataFrame, texts: Mapping[str, Sequence[str]]) -> Styler:
    """`values` for `st.dataframe`, shown as `texts` says, which has every column; a column and a row have one cell."""
    return _Written(values, pd.DataFrame({name: texts[name] for name in values.columns}, dtype=str), {})


def marked(texts: pd.DataFrame, rows: Iterable[int], ground: str) -> Styler:
    """`texts` for `st.dataframe`, these of its rows on this ground (a CSS colour)."""
    cells = [f"row{row}_col{column}" for row in rows for column in range(len(texts.columns))]
    lit = {"cellstyle": [{"props": [("background-color", ground)], "selectors": cells}]} if cells else {}
    return _Written(texts, texts, lit)
