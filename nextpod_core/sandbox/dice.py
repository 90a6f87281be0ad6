"""Chance that can be repeated: numbers that hang on their arguments alone, never on what was drawn before."""

import hashlib
import struct
from statistics import NormalDist

NORMAL = NormalDist()
_EIGHT = struct.Struct("<8Q")


def draw(*what: str | int) -> tuple[float, ...]:
    """Eight numbers strictly between 0 and 1, the same for the same arguments on every machine."""
    digest = hashlib.blake2b("\x1f".join(map(str, what)).encode(), digest_size=64).digest()
    return tuple(((number >> 12) + 0.5) / 2**52 for number in _EIGHT.unpack(digest))


def log_normal(median: float, sigma: float, chance: float) -> float:
    """The value of a log-normal distribution at this chance: half of them lie below `median`."""
    return float(median * 2.718281828459045 ** (sigma * NORMAL.inv_cdf(chance)))
