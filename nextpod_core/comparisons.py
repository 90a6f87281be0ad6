"""
Whether two rates differ by more than chance.

Each group is held against all the others together with the two-proportion z-test (pooled), and the p-values of all
groups are stepped down by Holm's method, so that among many groups one in twenty chance finds is the most there is.
Asked only where each side has enough to settle it (`ENOUGH` expected on either outcome), as the normal approximation
needs.
"""

import math
from collections.abc import Hashable, Mapping
from typing import Literal, TypeVar

Key = TypeVar("Key", bound=Hashable)
Mark = Literal["higher", "lower"]
ENOUGH = 5
LEVEL = 0.05


def p_value(good: int, total: int, other_good: int, other_total: int) -> float | None:
    """How likely a difference this large is by chance (two-sided); None where there is too little to say.

    >>> p_value(90, 100, 80, 100) < 0.05 < p_value(90, 100, 86, 100)
    True
    """
    both = total + other_total
    if not total or not other_total:
        return None
    pooled = (good + other_good) / both
    if min(total, other_total) * min(pooled, 1 - pooled) < ENOUGH:
        return None
    spread = math.sqrt(pooled * (1 - pooled) * (1 / total + 1 / other_total))
    return math.erfc(abs(good / total - other_good / other_total) / spread / math.sqrt(2))


def holm(values: Mapping[Key, float], level: float = LEVEL) -> set[Key]:
    """The keys that stay significant when all are asked at once (Holm 1979): smallest first, each a little harder.

    >>> sorted(holm({"a": 0.001, "b": 0.03, "c": 0.2}))
    ['a']
    """
    kept: set[Key] = set()
    for place, (key, value) in enumerate(sorted(values.items(), key=lambda pair: pair[1])):
        if value > level / (len(values) - place):
            break
        kept.add(key)
    return kept


def marks(groups: Mapping[Key, tuple[int, int]]) -> dict[Key, Mark]:
    """Which groups' (good, total) differ from the rest by more than chance, and which way. One group has no rest."""
    all_good = sum(good for good, _total in groups.values())
    all_total = sum(total for _good, total in groups.values())
    asked = {
        key: value
        for key, (good, total) in groups.items()
        if (value := p_value(good, total, all_good - good, all_total - total)) is not None
    }
    found: dict[Key, Mark] = {}
    for key in holm(asked):
        good, total = groups[key]
        found[key] = "higher" if good * (all_total - total) > (all_good - good) * total else "lower"
    return found
