"""A band of whole days that shows when a campaign leaves, and the hours in which it rests."""

import datetime
from collections.abc import Iterator
from html import escape

import streamlit as st
from babel import dates

from nextpod_core import schedule
from pages.parts import words
from pages.parts.words import _

DAY = datetime.timedelta(days=1)
_MOST_DAYS = 31

_BAND = """<div role="img" aria-label="{label}" style="margin:0.1rem 0 0.2rem">
<div style="position:relative;height:1.55rem;border-radius:6px;overflow:hidden;background:{open};
border:1px solid {edge}">{bars}</div>
<div style="position:relative;height:1.2rem;font-size:0.72rem;color:{quiet};font-variant-numeric:tabular-nums">
{ticks}</div>
<div style="font-size:0.76rem;color:{quiet};display:flex;gap:1rem;flex-wrap:wrap">{keys}</div></div>"""
_BAR = '<div style="position:absolute;top:0;bottom:0;left:{left:.3f}%;width:{width:.3f}%;{look}"></div>'
_TICK = '<span style="position:absolute;left:{left:.3f}%;transform:translateX({shift}%)">{told}</span>'
_KEY = (
    '<span><span style="display:inline-block;width:0.85rem;height:0.7rem;border-radius:3px;{look};'
    'margin-right:0.35rem;vertical-align:-0.05rem"></span>{told}</span>'
)


def pieces(begins: int, ends: int, *, zone: str, window: tuple[str, str] | None) -> Iterator[tuple[int, int]]:
    """The stretches between two moments in which something may leave, as UTC milliseconds."""
    at = begins
    while window and at < ends:
        closes = schedule.next_close(at, zone=zone, start=window[0], end=window[1])
        if closes is None or closes >= ends:
            break
        yield at, closes
        at = schedule.next_open(closes, zone=zone, start=window[0], end=window[1])
    if at <= ends:
        yield at, ends


def draw(begins: int, ends: int, *, now: int, zone: str, window: tuple[str, str] | None, label: str) -> None:
    """From the day of `begins` to the day of `ends` (UTC ms); nothing for what takes longer than a month."""
    first, last = (schedule.to_local(at, zone).date() for at in (begins, ends))
    if (last - first).days >= _MOST_DAYS:
        return
    left_end, right_end = _midnight(first, zone), _midnight(last + DAY, zone)
    dark = st.context.theme.type == "dark"
    open_, closed, edge, quiet, going, clock = (
        ("#182220", "#26332F", "#2E3D38", "#93A39D", "#5CC8A5", "#E4ECE9")
        if dark
        else ("#FFFFFF", "#E7EAE4", "#D5DAD2", "#5F6C66", "#0B7A5B", "#16231F")
    )
    looks = {
        "closed": f"background:repeating-linear-gradient(135deg,{closed} 0 5px,{edge} 5px 7px)",
        "going": f"background:{going}",
        "now": f"background:{clock}",
    }

    def bar(start: int, end: int, look: str, least: float = 0.0) -> str:
        whole = right_end - left_end
        start, end = max(start, left_end), min(end, right_end)
        wide = max((end - start) / whole * 100, least)
        return _BAR.format(left=min((start - left_end) / whole * 100, 100 - wide), width=wide, look=looks[look])

    bars = []
    if window:
        bars += [bar(start, end, "closed") for start, end in _closed(left_end, right_end, zone, window)]
    bars += [bar(start, end, "going", 0.7) for start, end in pieces(begins, ends, zone=zone, window=window)]
    if left_end < now < right_end:
        bars.append(bar(now, now, "now", 0.22))
    keys = [_KEY.format(look=looks["going"], told=escape(_("It leaves")))]
    if window:
        keys.append(_KEY.format(look=looks["closed"], told=escape(_("Closed hours"))))
    if left_end < now < right_end:
        keys.append(_KEY.format(look=looks["now"] + ";width:0.2rem", told=escape(_("Now"))))
    st.html(
        _BAND.format(
            label=escape(label), bars="".join(bars), ticks="".join(_ticks(first, last, zone)), keys="".join(keys),
            open=open_, edge=edge, quiet=quiet,
        )
    )  # fmt: skip


def _midnight(day: datetime.date, zone: str) -> int:
    """When a day begins on a zone's clock; where midnight does not exist, the hour after it."""
    local = datetime.datetime.combine(day, datetime.time())
    return int(local.replace(tzinfo=schedule.zone_info(zone)).timestamp() * 1000)


def _closed(start: int, end: int, zone: str, window: tuple[str, str]) -> Iterator[tuple[int, int]]:
    at = start
    while at < end:
        opens = schedule.next_open(at, zone=zone, start=window[0], end=window[1])
        if opens > at:
            yield at, min(opens, end)
        closes = schedule.next_close(opens, zone=zone, start=window[0], end=window[1])
        if closes is None:
            return
        at = closes


def _ticks(first: datetime.date, last: datetime.date, zone: str) -> Iterator[str]:
    days = (last - first).days + 1
    if days == 1:
        start, end = _midnight(first, zone), _midnight(first + DAY, zone)
        for hour in (0, 6, 12, 18, 24):
            # By the clock and not by division: a day has 23 or 25 hours twice a year.
            at = _midnight(first + DAY, zone) if hour == 24 else _clock(first, hour, zone)
            yield _TICK.format(
                left=(at - start) / (end - start) * 100, shift=0 if hour == 0 else -100 if hour == 24 else -50,
                told=f"{hour:02}:00",
            )  # fmt: skip
        return
    every = -(-days // 7)
    for place in range(0, days, every):
        told = dates.format_date(first + DAY * place, "EEE d MMM", locale=words.LOCALES[words.language()])
        yield _TICK.format(left=place / days * 100, shift=0, told=escape(told))


def _clock(day: datetime.date, hour: int, zone: str) -> int:
    local = datetime.datetime.combine(day, datetime.time(hour))
    return int(local.replace(tzinfo=schedule.zone_info(zone)).timestamp() * 1000)
