"""The band that shows when a campaign leaves."""

import pytest

from nextpod_core import schedule
from pages.parts import compose_timeline

OSLO = "Europe/Oslo"


def at(written):
    return schedule.parse_local(written, OSLO)


@pytest.mark.parametrize(
    ("begins", "ends", "window", "expected"),
    [
        ("2026-11-23 10:00", "2026-11-23 11:00", None, [("10:00", "11:00")]),
        ("2026-11-23 10:00", "2026-11-23 10:00", ("08:00", "20:00"), [("10:00", "10:00")]),
        ("2026-11-23 19:00", "2026-11-24 09:00", ("08:00", "20:00"), [("19:00", "20:00"), ("08:00", "09:00")]),
        ("2026-11-23 22:00", "2026-11-24 23:00", ("22:00", "06:00"), [("22:00", "06:00"), ("22:00", "23:00")]),
    ],
)
def test_what_leaves_and_what_rests(begins, ends, window, expected):
    found = compose_timeline.pieces(at(begins), at(ends), zone=OSLO, window=window)
    assert [tuple(f"{schedule.to_local(each, OSLO):%H:%M}" for each in piece) for piece in found] == expected
