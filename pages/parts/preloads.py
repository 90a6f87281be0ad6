"""
What a page's first drawing is made of, named in the page itself: the browser fetches and compiles those parts of
Streamlit's program while the server draws, where it would begin only when the drawing had arrived.

A part that is not named is fetched all the same, later; one that no page needs any more costs its own bytes.
"""

import functools
import re
from pathlib import Path

import streamlit

PROGRAM = Path(streamlit.__file__).with_name("static") / "static" / "js"
# The frame's own: the search field, the language, the button that stops everything.
FRAME = ("TextInput", "Html", "Button")
BY_PAGE = {
    "": ("Metric", "PageLink", "DataFrame", "Progress"),
    "inbox": ("ButtonGroup", "DataFrame", "Checkbox", "DownloadButton"),
    "compose": ("PageLink", "ButtonGroup", "Selectbox", "FileUploader", "TextArea", "Checkbox", "NumberInput",
                "DownloadButton"),
    "campaigns": ("ButtonGroup", "DataFrame", "Metric", "EChartsChart", "PageLink", "DownloadButton", "Progress"),
    "analytics": ("ButtonGroup", "Metric", "EChartsChart", "DataFrame", "DownloadButton", "PageLink"),
    "suppressions": ("ButtonGroup", "DataFrame", "Checkbox", "DownloadButton"),
    "settings": ("DataFrame", "Selectbox", "NumberInput", "Checkbox", "TextArea", "TimeInput", "Table"),
    "people": ("Selectbox", "Checkbox", "NumberInput"),
    "health": ("Metric",),
    "account": ("DataFrame",),
}  # fmt: skip
# Large, and on a screen that few open: fetched when it is drawn.
RARE = frozenset({"StreamlitSyntaxHighlighter"})
_IMPORTED = re.compile(r'(?:from|import)"\./([\w.-]+\.js)"')


@functools.cache
def links(page: str, named: bytes) -> bytes:
    """The `<link>` elements for the page at this address, such as "inbox", that are not `named` yet."""
    files = dict.fromkeys(
        file for part in (*FRAME, *BY_PAGE.get(page, ())) for name in chunks(part) for file in _needed(name)
    )
    return b"".join(
        b'<link rel="modulepreload" crossorigin href="/static/js/%s">' % file.encode()
        for file in files
        if file.encode() not in named
    )


def chunks(part: str) -> list[str]:
    """The files that a part of Streamlit's program is in: their names change with every release."""
    return [path.name for path in PROGRAM.glob(f"{part}.*.js")]


@functools.cache
def _needed(name: str) -> tuple[str, ...]:
    # The file, and all that it imports, before it: a browser fetches what is named and no more.
    needed: dict[str, None] = {}
    waiting = [name]
    while waiting:
        file = waiting.pop()
        if file in needed or file.startswith("index."):  # The whole program, which the page names by itself.
            continue
        needed[file] = None
        waiting += _IMPORTED.findall((PROGRAM / file).read_text(encoding="utf-8"))
    return tuple(needed)
