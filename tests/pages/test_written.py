"""A table's cells as the browser gets them: the values to sort by, and beside them the texts to read."""

import pandas as pd
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import written

VALUES = {"name": ["Ada", None], "sent": [48210, None], "state": [["Done"], []]}
TEXTS = {"name": ["Ada", "–"], "sent": ["48 210", "–"], "state": ["['Done']", "[]"]}


def cells(data) -> tuple[dict, dict]:
    """The values and the texts that `st.dataframe` sends of this."""

    def page(data):
        import streamlit as st

        st.dataframe(data)

    app = AppTest.from_function(page, kwargs={"data": data}).run()
    assert not app.exception
    sent = app.dataframe[0].proto.arrow_data
    return tuple(pa.ipc.open_stream(part).read_all().to_pydict() for part in (sent.data, sent.styler.display_values))  # type: ignore[return-value]


@pytest.mark.parametrize("how", ["as pandas does it", "without laying out a page"])
def test_the_browser_gets_values_and_texts(how):
    frame = pd.DataFrame(VALUES)
    told = {48210.0: "48 210"}
    if how == "as pandas does it":
        data = frame.style.format({"sent": told.__getitem__}, na_rep="–")
    else:
        data = written.written(frame, TEXTS)
    values, texts = cells(data)
    assert values == {"name": ["Ada", None], "sent": [48210.0, None], "state": [["Done"], []]}
    assert texts == TEXTS
