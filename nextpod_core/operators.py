"""Which network and country the MCC and MNC of a report name (`data/operators.csv`): the one that carries it."""

import functools
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nextpod_core import reference


@dataclass(frozen=True, slots=True)
class Network:
    """A mobile network: its brand (else its operator), and its country's ISO code and English name."""

    mcc: int
    mnc: int
    brand: str
    iso: str
    country: str

    @property
    def code(self) -> str:
        """As an address and a file carry it: 242-1."""
        return f"{self.mcc}-{self.mnc}"


@functools.cache
def _table() -> Mapping[tuple[int, int], Network]:
    # The API document prints mnc "1" for network 01, so the two are joined as numbers. Of several rows the one in
    # operation counts.
    found: dict[tuple[int, int], Network] = {}
    for row in sorted(reference.table("operators"), key=lambda row: row["status"] != "Operational"):
        if row["mcc"].isdigit() and row["mnc"].isdigit():
            key = (int(row["mcc"]), int(row["mnc"]))
            found.setdefault(key, Network(*key, row["brand"] or row["operator"], row["iso"], row["country"]))
    return found


@functools.cache
def _countries() -> Mapping[int, tuple[str, str]]:
    # A few networks abroad use the code of another country (255 is Ukraine's): whose most of its networks are, has it.
    votes: dict[int, Counter[tuple[str, str]]] = {}
    for (mcc, _mnc), network in _table().items():
        if network.iso:
            votes.setdefault(mcc, Counter())[network.iso, network.country] += 1
    return {mcc: found.most_common(1)[0][0] for mcc, found in votes.items()}


def named(mcc: int, mnc: int) -> Network:
    """The network of a report. One that the table doesn't know has its numbers for a name; (0, 0) has none at all.

    Its country is that of its MCC, as everywhere else: what is filtered by it adds up to what stands under it.
    """
    known = _table().get((mcc, mnc))
    brand = known.brand if known else f"{mcc}-{mnc:02d}" if mcc else ""
    return Network(mcc, mnc, brand, *country_of(mcc))


def country_of(mcc: int) -> tuple[str, str]:
    """ISO code and English name of the country an MCC belongs to; empty where it is not known."""
    return _countries().get(mcc, ("", ""))


def mccs() -> Iterable[int]:
    """Every MCC whose country is known."""
    return _countries().keys()


@functools.cache
def mccs_of(iso: str) -> tuple[int, ...]:
    """The MCCs of a country; empty for a code that no network has."""
    return tuple(sorted(mcc for mcc, (code, _name) in _countries().items() if code == iso))


def read_code(code: str) -> tuple[int, int] | None:
    """The pair that `Network.code` wrote; None for anything else.

    >>> read_code("242-1"), read_code("242"), read_code("x-1")
    ((242, 1), None, None)
    """
    mcc, _dash, mnc = code.partition("-")
    if not (mcc.isascii() and mcc.isdigit() and mnc.isascii() and mnc.isdigit() and len(code) < 9):
        return None
    return int(mcc), int(mnc)
