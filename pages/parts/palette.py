"""Colours: of the theme, of each status and of each state, wherever they are drawn."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a theme, as `.streamlit/config.toml` has them."""

    text: str
    faint: str
    line: str
    ground: str
    accent: str
    series: tuple[str, ...]
    steps: tuple[str, ...]
    status: Mapping[str, str]


def _statuses(
    good: str, calm: str, wait: str, bad: str, worse: str, late: str, doubt: str, gray: str, pale: str
) -> dict[str, str]:
    return {
        "delivered": good, "sent": calm, "pending": wait, "accepted": calm, "sending": calm, "queued": pale,
        "failed": bad, "expired": late, "rejected": worse, "refused": bad, "unknown": doubt, "unrecognised": doubt,
        "no_report": gray, "skipped": gray, "cancelled": gray,
    }  # fmt: skip


LIGHT = Palette(
    text="#16231F", faint="#56635D", line="#DEE2DA", ground="#FAFAF7", accent="#0E8F7E",
    series=("#0E8F7E", "#2F6FDE", "#E0A526", "#D4455B", "#7C5CD6", "#5B6B66", "#3BA3C7"),
    steps=("#EEF7F4", "#D5ECE5", "#B3DCD1", "#8CCABB", "#62B5A3", "#3C9F8B", "#1F8875", "#0B6B5E", "#07524A"),
    status=_statuses("#0E8F7E", "#2F6FDE", "#E0A526", "#D4455B", "#8F2440", "#C2741A", "#7C5CD6", "#7A8882", "#C3CBC6"),
)  # fmt: skip
DARK = Palette(
    text="#E4ECE9", faint="#A3B2AC", line="#263530", ground="#0D1513", accent="#34C3AD",
    series=("#34C3AD", "#6FA8F5", "#EBC04F", "#F0687F", "#A78BFA", "#93A39D", "#67C7E8"),
    steps=("#12302A", "#144238", "#165547", "#196A59", "#1E806C", "#279780", "#3BB098", "#62C9B3", "#98E2D2"),
    status=_statuses("#34C3AD", "#6FA8F5", "#EBC04F", "#F0687F", "#C2506B", "#F0A04B", "#A78BFA", "#93A39D", "#4A5953"),
)  # fmt: skip

# The same colours by Streamlit's names, for badges and tables.
STATUS_BADGE: dict[str, str] = {
    "delivered": "green", "sent": "blue", "pending": "orange", "accepted": "blue", "sending": "blue", "queued": "gray",
    "failed": "red", "expired": "orange", "rejected": "red", "refused": "red", "unknown": "violet",
    "unrecognised": "violet", "no_report": "gray", "skipped": "gray", "cancelled": "gray",
}  # fmt: skip
STATE_BADGE: dict[str, str] = {
    "draft": "gray", "scheduled": "violet", "sending": "blue", "paused": "orange", "finished": "green",
    "cancelled": "gray", "waiting": "gray", "running": "blue", "done": "green", "failed": "red",
}  # fmt: skip


def palette() -> Palette:
    """The colours of the theme that the browser shows now."""
    return DARK if st.context.theme.type == "dark" else LIGHT
