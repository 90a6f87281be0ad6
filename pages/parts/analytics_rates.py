"""A rate beside all the others together, as it stands in the tables of the tab "Network"."""

from collections.abc import Hashable, Mapping
from typing import Any

from nextpod_core.analytics import Outcome
from pages.parts.tables import Column
from pages.parts.words import _


def rate_cells(one: Outcome, found: Mapping[Any, Outcome], key: Hashable) -> dict[str, Any]:
    """One's rate with its interval, and how many points it lies from the rate of the rest."""
    rest = [other for name, other in found.items() if name != key]
    settled = sum(other.settled for other in rest)
    others = sum(other.delivered for other in rest) / settled if settled else None
    low, high = one.interval if one.settled else (None, None)
    difference = (one.rate - others) * 100 if one.rate is not None and others is not None else None
    return {"settled": one.settled, "delivered": one.delivered, "rate": one.rate, "low": low, "high": high,
            "difference": difference}  # fmt: skip


def rate_columns() -> list[Column]:
    """The columns of `rate_cells`, and the mark where the difference is more than chance."""
    names = {"higher": _("higher"), "lower": _("lower")}
    return [
        Column("settled", _("Settled"), "number"),
        Column("delivered", _("Delivered"), "number"),
        Column("rate", _("Delivery rate"), "percent", digits=1, help=_("Delivered of settled")),
        Column("low", _("at least"), "percent", digits=1),
        Column("high", _("at most"), "percent", digits=1),
        Column("difference", _("Against the rest, points"), "number", digits=1),
        Column("mark", _("More than chance"), "badge", labels=lambda mark: names.get(mark, mark),
               colours={"higher": "blue", "lower": "red"}),
    ]  # fmt: skip
