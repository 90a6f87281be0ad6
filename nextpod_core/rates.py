"""
Delivery rate and how sure it is.

The rate is delivered of those that came to an end. Open, silent and unrecognised messages are shown beside it and stand
on neither side of the fraction.
"""

import math

Z = 1.959963984540054  # The normal quantile of a two-sided 95 % interval.


def delivery(delivered: int, negative: int) -> float | None:
    """Delivered of (delivered + failed + expired + rejected), 0-1; None while nothing has come to an end."""
    total = delivered + negative
    return delivered / total if total else None


def wilson(delivered: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a rate (Wilson 1927), 0-1: right also for few messages and at 0 and 100 %."""
    if total <= 0:
        return 0.0, 1.0
    rate, weight = delivered / total, Z * Z / total
    centre = rate + weight / 2
    reach = Z * math.sqrt(rate * (1 - rate) / total + weight / (4 * total))
    # Rounding may leave 1.2e-17 where the formula says 0.
    low = 0.0 if delivered == 0 else max(0.0, (centre - reach) / (1 + weight))
    high = 1.0 if delivered == total else min(1.0, (centre + reach) / (1 + weight))
    return low, high
