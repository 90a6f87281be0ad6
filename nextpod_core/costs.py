"""
What sending costs: parts and price of the messages that Nextpod accepted, at the prices the team has set.

Every accepted message is counted, also one that was not delivered: whether those are charged is a matter of the
agreement. The country is known from reports; a message without one is priced as one to the team's own country.
"""

import datetime
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from nextpod_core import operators, options, periods, spans
from nextpod_core.db import Connection, tuples
from nextpod_core.filters import Filter
from nextpod_core.options import Options
from nextpod_core.rollups import STATUSES


@dataclass(slots=True)
class Cost:
    """Messages, their parts by alphabet, and the price; `unpriced` parts are those nobody has set a price for."""

    messages: int = 0
    gsm7: int = 0
    ucs2: int = 0
    price: float = 0.0
    unpriced: int = 0
    delivered: int = 0
    answered: int = 0
    # Parts and price that the same texts would have saved in GSM-7 characters, at the least.
    saved: int = 0
    saved_price: float = 0.0

    @property
    def parts(self) -> int:
        """Parts of both alphabets."""
        return self.gsm7 + self.ucs2

    @property
    def per_delivered(self) -> float | None:
        """The price of all, per delivered message; None while none is delivered or a price is missing."""
        return self.price / self.delivered if self.delivered and not self.unpriced else None

    @property
    def per_answered(self) -> float | None:
        """The price of all, per message that somebody answered; None while nobody did or a price is missing."""
        return self.price / self.answered if self.answered and not self.unpriced else None


def costs(
    db: Connection, asked: Filter, chosen: Options, *, by: Literal["all", "bucket", "country"]
) -> dict[Any, Cost]:
    """Parts and price of a filter by bucket (its first moment), country (ISO code, "" not known), or all (None)."""
    cut = spans.buckets(asked.period) if by == "bucket" else [(0, spans.whole(asked.period))]
    mcc = "mcc" if by == "country" else _tariff(chosen)
    found = spans.rows(db, asked, [span for _start, span in cut], _weekly(mcc))
    if by == "bucket":
        return _added(((cut[number][0], *rest) for number, *rest in found), chosen)
    country = operators.country_of
    return _added(((country(mcc)[0] if by == "country" else None, mcc, *rest) for _number, mcc, *rest in found), chosen)


def by_campaign(db: Connection, asked: Filter, chosen: Options, *, limit: int | None = None) -> dict[int, Cost]:
    """The same by campaign, the newest `limit` of those that have messages within the period."""
    if limit is not None and not (asked.countries or asked.operators):
        # The hours know which they are, and their cells are many.
        where, values = asked.where()
        newest = f"SELECT DISTINCT campaign_id FROM count_hours WHERE {where} ORDER BY 1 DESC LIMIT {int(limit)}"
        those = tuple(row[0] for row in db.execute(newest, values).fetchall())
        if not those:
            return {}
        asked = replace(asked, campaigns=those)
    source, values = asked.source("counts")
    rows = tuples(
        db,
        f"""
        SELECT campaign_id, {_tariff(chosen)}, parts, alphabet, sum(messages),
               sum(CASE WHEN status = 'delivered' THEN messages ELSE 0 END), sum(answered)
        {source} GROUP BY 1, 2, 3, 4
        """,
        values,
    )
    found = _added(rows, chosen)
    return {campaign: found[campaign] for campaign in sorted(found, reverse=True)[:limit]}


def statement(db: Connection, asked: Filter, chosen: Options) -> dict[tuple[datetime.date, str], Cost]:
    """A statement to hold against an invoice: by month (its first day) on the team's clock, and sender."""
    cut = spans.buckets(asked.period, "month")
    months = [periods.cut(periods.today(start, asked.period.zone), "month") for start, _span in cut]
    found = spans.rows(db, asked, [span for _start, span in cut], _weekly(_tariff(chosen), "sender"))
    return _added((((months[number], sender), *rest) for number, sender, *rest in found), chosen)


_SENDER = "(SELECT sender FROM campaigns WHERE id = whose)"


def _tariff(chosen: Options) -> str:
    """SQL for an MCC that costs the same: one stands for all of its price, 0 for those of the team's own country's.

    A team has set a handful of prices where its messages went to hundreds of networks, so few rows are read.
    """
    own = options.price_of(chosen, chosen.region)
    alike: dict[float | None, list[int]] = {}
    for mcc in operators.mccs():
        price = options.price_of(chosen, operators.country_of(mcc)[0])
        if price != own:
            alike.setdefault(price, []).append(mcc)
    whens = [f"WHEN mcc IN ({', '.join(map(str, mccs))}) THEN {mccs[0]}" for mccs in alike.values()]
    return f"CASE {' '.join(whens)} ELSE 0 END" if whens else "0"


def _weekly(mcc: str, *more: str) -> spans.Weekly:
    keys = [mcc, "parts", "alphabet"]
    return spans.Weekly(
        "count_weeks", "counts", [*more, *keys], [f"sum({' + '.join(STATUSES)})", "sum(delivered)", "sum(answered)"],
        ["sum(sign * messages)", "sum(CASE WHEN status = 'delivered' THEN sign * messages ELSE 0 END)",
         "sum(sign * answered)"],
        hour_keys=[*(_SENDER for _each in more), *keys], senders=True,
    )  # fmt: skip


def fewest_saved(parts: int) -> int:
    """How many parts a UCS-2 text of so many parts would at least have saved, written in GSM-7 characters.

    The longest text of p UCS-2 parts has 70 units, or 67 p; 160 septets make one GSM-7 part, 153 each of several
    (3GPP TS 23.040 9.2.3.24.1). Characters that take two septets, such as the euro sign, are left out of account.

    >>> [fewest_saved(parts) for parts in (1, 2, 3, 4, 5)]
    [0, 1, 1, 2, 2]
    """
    longest = 70 if parts == 1 else 67 * parts
    return parts - (1 if longest <= 160 else math.ceil(longest / 153))


def _added(rows: Iterable[tuple[Any, ...]], chosen: Options) -> dict[Any, Cost]:
    """Rows of place, mcc, parts, alphabet, messages, delivered, answered; what the hours took away again goes."""
    prices: dict[int, float | None] = {}
    found: dict[Any, Cost] = {}
    for place, mcc, parts, alphabet, messages, delivered, answered in rows:
        if mcc not in prices:
            prices[mcc] = options.price_of(chosen, operators.country_of(mcc)[0] or chosen.region)
        cost = found.setdefault(place, Cost())
        cost.delivered += delivered
        cost.answered += answered
        _add(cost, prices[mcc], parts, alphabet, messages)
    return {place: cost for place, cost in found.items() if cost.messages}


def _add(cost: Cost, price: float | None, parts: int, alphabet: str, messages: int) -> None:
    cost.messages += messages
    taken = parts * messages
    if alphabet == "ucs2":
        cost.ucs2 += taken
        spared = fewest_saved(parts) * messages
        cost.saved += spared
        cost.saved_price += spared * (price or 0.0)
    else:
        cost.gsm7 += taken
    if price is None:
        cost.unpriced += taken
    else:
        cost.price += taken * price


def whole(found: Mapping[Any, Cost]) -> Cost:
    """All of them in one."""
    merged = Cost()
    for cost in found.values():
        merged.messages += cost.messages
        merged.gsm7 += cost.gsm7
        merged.ucs2 += cost.ucs2
        merged.price += cost.price
        merged.unpriced += cost.unpriced
        merged.delivered += cost.delivered
        merged.answered += cost.answered
        merged.saved += cost.saved
        merged.saved_price += cost.saved_price
    return merged
