"""Numbers that were met before, in eight bytes each: a set of two million takes most of what an import may have."""

import os
from typing import Any

_IN_A_SET = 250_000  # 16 MB. Fewer never pay for loading numpy.


class Seen:
    """Whole numbers below 2 ** 63. The newest, up to `in_a_set`, are in a set, the others sorted in an array."""

    def __init__(self, in_a_set: int = _IN_A_SET) -> None:
        self.in_a_set = in_a_set
        self.newest: set[int] = set()
        self.older: Any = None

    def add(self, keys: set[int]) -> set[int]:
        """Remember `keys`; those of them that were met before."""
        known = keys & self.newest
        if self.older is not None:
            import numpy

            asked = numpy.fromiter(keys, numpy.int64, len(keys))
            asked.sort()  # What is near is found near: a fifth less among a million.
            places = numpy.searchsorted(self.older, asked)
            places[places == len(self.older)] = 0
            known.update(asked[self.older[places] == asked].tolist())
            keys = keys - known
        self.newest |= keys
        if len(self.newest) > self.in_a_set:
            self._sort_away()
        return known

    def _sort_away(self) -> None:
        # Its threads would each take address space, of which this process has little; nothing here uses them.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        import numpy

        newest = numpy.fromiter(self.newest, numpy.int64, len(self.newest))
        newest.sort()
        self.newest = set()
        if self.older is None:
            self.older = newest
            return
        both = numpy.concatenate([self.older, newest])
        both.sort(kind="stable")  # Two sorted runs: merged in one walk.
        self.older = both
