"""The four figures above the tabs, each against the period before, and what stands beside the rate."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from nextpod_core import comparisons, periods, speed
from nextpod_core.analytics import Outcome
from pages.parts import charts, tables, words
from pages.parts.analytics_charts import cumulative
from pages.parts.analytics_filters import View, other
from pages.parts.tables import Column
from pages.parts.words import _, duration, n_, number, percent

ENOUGH_HISTORY = 100  # Reports from which this account's own history says how they usually arrive.
MINUTES_TOLD = (1, 2, 3, 5, 10, 15, 30, 60, 180, 720, 1440)


def draw(view: View, whole: Outcome) -> None:
    """The cards, and the sentence of what the rate is of."""
    earlier = view.earlier()
    found = view.outcomes("bucket")
    cells = [found.get(start, Outcome()) for start in view.asked.period.buckets()]
    with st.container(key="analytics_cards"), st.grid(4, min_column_width=160):
        _accepted(view, whole, earlier, [one.accepted for one in cells])
        _rate(view, whole, earlier, [one.rate for one in cells])
        _negative(view, whole, earlier, [one.negative for one in cells])
        _median(view)
    st.caption(f"{beside(view, whole)} {held_against(view, earlier)}")
    if whole.open and (usual := view.usual()).messages >= ENOUGH_HISTORY:
        _usual_arrival(usual)


def _usual_arrival(usual: speed.Histogram) -> None:
    """One click below the sentence: what share of the reports had usually come after each minute."""
    fold = st.expander(_("How reports usually arrive"), key="analytics_usual_fold", on_change="rerun", type="compact")
    if not fold.open:
        return
    minute = 60_000
    with fold, st.container(key="analytics_usual_card"):
        left, right = st.columns([3, 2])
        with left:
            # Most come within seconds, the last after hours: by even minutes it would be one step and a flat line.
            option = cumulative({_("Reports of delivery"): usual})
            option["grid"]["right"] = 26  # The last label stands under the edge.
            charts.draw(
                option, key="analytics_usual", height=230,
                says=n_("Of {count} report of delivery in the 60 days that ended two days ago, {share} had come within "
                        "three minutes of acceptance. A rate read sooner is of what is settled so far.",
                        "Of {count} reports of delivery in the 60 days that ended two days ago, {share} had come "
                        "within three minutes of acceptance. A rate read sooner is of what is settled so far.",
                        usual.messages, share=percent(usual.share_within(3 * minute))),
            )  # fmt: skip
        with right:
            tables.table(
                [{"time": duration(after * minute), "share": usual.share_within(after * minute)}
                 for after in MINUTES_TOLD],
                [Column("time", _("Within")), Column("share", _("Of reports of delivery"), "percent", digits=1)],
                key="analytics_usual_table", shown=len(MINUTES_TOLD),
            )  # fmt: skip


def span(view: View, period: periods.Period) -> str:
    """The days of a period: one date, or from and to; a few hours with their times."""
    if period.hours:
        return f"{words.when(period.start, view.zone)} – {words.when(period.end, view.zone, 'time')}"
    first, last = (words.when(at, view.zone, "date") for at in (period.start, period.end - 1))
    return first if period.days == 1 else f"{first} – {last}"


def held_against(view: View, earlier: Outcome) -> str:
    """What the period is held against, in figures: how many of what."""
    days = span(view, view.before.period)
    if not earlier.accepted:
        return _("From {days}, which it is held against, nothing was accepted.", days=days)
    if earlier.rate is None:
        return n_("Held against {days}: {count} message accepted, none settled.",
                  "Held against {days}: {count} messages accepted, none settled.",
                  earlier.accepted, days=days)  # fmt: skip
    return n_("Held against {days}: {count} message accepted, {rate} of {settled} settled delivered.",
              "Held against {days}: {count} messages accepted, {rate} of {settled} settled delivered.",
              earlier.accepted, days=days, rate=percent(earlier.rate), settled=number(earlier.settled))  # fmt: skip


def signed(value: float, text: str) -> str:
    """A change with its sign, which tells the card which way its arrow points."""
    return f"{'-' if value < 0 else '+'}{text}"


def _spark(values: Sequence[Any], kind: str) -> dict[str, Any]:
    # A line needs two points, and a card without one is calmer than a card with a dot.
    return {"chart_data": list(values), "chart_type": kind} if len(values) > 1 and any(values) else {}


def _accepted(view: View, whole: Outcome, earlier: Outcome, over_time: list[int]) -> None:
    change = (whole.accepted - earlier.accepted) / earlier.accepted if earlier.accepted else None
    none = _("none a year ago") if view.against == "year" else _("none before")
    st.metric(
        _("Accepted"), number(whole.accepted), border=True, height="stretch",
        delta=none if change is None else signed(change, percent(abs(change), 0)) if change < 10
        else _("{times} times as many", times=number(round(change + 1))),
        delta_color="green", delta_arrow="auto" if change is not None else "off",
        help=_("Messages that Nextpod took within the period; the change is against {other}.", other=other(view)),
        **_spark(over_time, "bar"),
    )  # fmt: skip


def _rate(view: View, whole: Outcome, earlier: Outcome, over_time: list[float | None]) -> None:
    delta, colour, arrow = _("of {settled} settled", settled=number(whole.settled)), "green", "off"
    if whole.rate is not None and earlier.rate is not None:
        points = (whole.rate - earlier.rate) * 100
        chance = comparisons.p_value(whole.delivered, whole.settled, earlier.delivered, earlier.settled)
        sure = chance is not None and chance < comparisons.LEVEL
        if abs(points) < 0.05:
            delta = _("no change")
        else:
            delta = signed(points, _("{points} points", points=number(abs(points), 1)))
            colour, arrow = ("normal" if sure else "gray"), "auto"
    st.metric(
        _("Delivery rate"), percent(whole.rate), border=True, height="stretch", delta=delta,
        delta_color=colour, delta_arrow=arrow,  # type: ignore[arg-type]
        help=_("Delivered of settled: delivered, failed, expired and rejected. The change in points against {other} "
               "has a colour where it is more than chance (two-proportion z-test, 5%).", other=other(view)),
        **_spark([value for value in over_time if value is not None], "line"),
    )  # fmt: skip


def _negative(view: View, whole: Outcome, earlier: Outcome, over_time: list[int]) -> None:
    share = whole.negative / whole.settled if whole.settled else None
    st.metric(
        _("Not delivered"), number(whole.negative), border=True, height="stretch",
        delta=_("{share} of settled", share=percent(share)) if share is not None else _("nothing settled yet"),
        delta_color="red" if whole.negative else "gray", delta_arrow="off",
        help=_("Failed, expired or rejected. In {other}: {count}.", other=other(view), count=number(earlier.negative)),
        **_spark(over_time, "bar"),
    )  # fmt: skip


def _median(view: View) -> None:
    over_time = view.handset("bucket")
    now = speed.merged(over_time.values()) if over_time else None
    before = speed.handset(view.db, view.before, by="all").get(None)
    median = now.percentile(0.5) if now else None
    was = before.percentile(0.5) if before else None
    change = median - was if median is not None and was else None
    # Two neighbouring buckets of the histogram are 9 % apart: a step of one may be chance, and is no change.
    moved = change is not None and abs(change) > 0.1 * (was or 0.0)
    if change is not None:
        delta = signed(change, duration(abs(change))) if moved else _("no change")
    else:
        delta = _("95% within {time}", time=duration(now.percentile(0.95))) if now else _("nothing delivered yet")
    st.metric(
        _("Median to handset"), duration(median), border=True, height="stretch", delta=delta,
        delta_color="inverse" if moved else "green", delta_arrow="auto" if moved else "off",
        help=_("From acceptance to the handset, of delivered messages; half of them took no longer. The change is "
               "against {other}.", other=other(view)),
        # Bars from zero: steps of the histogram's buckets would look like jumps on a line that fills the card.
        # Bars, which begin at zero: a line would make a mountain of one step of the histogram.
        **_spark([over_time[start].percentile(0.5) for start in sorted(over_time)], "bar"),
    )  # fmt: skip


def beside(view: View, whole: Outcome) -> str:
    """What the rate is of, and what stands on neither side of it; while much is open, how reports usually arrive."""
    low, high = whole.interval
    told = []
    if whole.settled:
        told.append(
            n_(
                "{rate} of {settled} settled message was delivered; the rate lies between {low} and {high} "
                "(95% interval).",
                "{rate} of {settled} settled messages were delivered; the rate lies between {low} and {high} "
                "(95% interval).",
                whole.settled, rate=percent(whole.rate), settled=number(whole.settled), low=percent(low),
                high=percent(high),
            )
        )  # fmt: skip
    others = [
        n_("{count} still open", "{count} still open", whole.open) if whole.open else "",
        n_("{count} without a report for over {hours} hours", "{count} without a report for over {hours} hours",
           whole.silent, hours=round(view.silent_after / 3_600_000)) if whole.silent else "",
        n_("{count} with an unheard-of status", "{count} with an unheard-of status", whole.unrecognised)
        if whole.unrecognised else "",
    ]  # fmt: skip
    if any(others):
        told.append(_("On neither side: {others}.", others=words.list_of([other for other in others if other])))
    if whole.open:
        usual = view.usual()
        if usual.messages >= ENOUGH_HISTORY:
            told.append(
                _(
                    "Reports are still coming in. On this account half of the reports of delivery usually come within "
                    "{p50}, 90% within {p90} and 99% within {p99}.",
                    p50=duration(usual.percentile(0.5)), p90=duration(usual.percentile(0.9)),
                    p99=duration(usual.percentile(0.99)),
                )
            )  # fmt: skip
    return " ".join(told) or _("No message was accepted within this period.")
