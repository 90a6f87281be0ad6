"""
The status model: what a message can be, what a report's word means, and which of several reports counts.

Reports come twice, late and out of order. A message's status is the best of its events by one total order, so any order
of arrival gives the same status.
"""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum, auto

from nextpod_core import reference


class Status(StrEnum):
    """What became of a message: queued, sending, accepted, then a report's class; or one of the ways aside."""

    QUEUED = auto()
    SENDING = auto()
    ACCEPTED = auto()
    PENDING = auto()
    SENT = auto()
    UNRECOGNISED = auto()
    DELIVERED = auto()
    FAILED = auto()
    EXPIRED = auto()
    REJECTED = auto()
    SKIPPED = auto()
    CANCELLED = auto()
    REFUSED = auto()
    UNKNOWN = auto()


NEGATIVE = frozenset({Status.FAILED, Status.EXPIRED, Status.REJECTED})
OPEN = frozenset({Status.ACCEPTED, Status.PENDING, Status.SENT, Status.UNRECOGNISED})
ACCEPTED_ALL = OPEN | NEGATIVE | {Status.DELIVERED}
WAITING = frozenset({Status.QUEUED, Status.SENDING})
NOT_SENT = frozenset({Status.SKIPPED, Status.CANCELLED, Status.REFUSED})
# Unknown is not final: a report or a person settles it.
FINAL = NEGATIVE | NOT_SENT | {Status.DELIVERED}

# Higher wins. An unrecognised word is above "sent" so that it is seen, and below every word that is final.
RANK: Mapping[Status, int] = {
    Status.ACCEPTED: 10,
    Status.PENDING: 20,
    Status.SENT: 30,
    Status.UNRECOGNISED: 35,
    Status.FAILED: 50,
    Status.EXPIRED: 50,
    Status.REJECTED: 50,
    Status.DELIVERED: 60,
}
# What a person may assign to a word on the health page.
ASSIGNABLE = tuple(status for status in RANK if status not in {Status.ACCEPTED, Status.UNRECOGNISED})

DAY = 86_400_000
LATEST = DAY  # A report can't tell of what has not happened; a day forgives zones and clocks.
EARLIEST = 60 * DAY  # Longer than any validity period: a clock that began at 1970, or a typing error.


@dataclass(frozen=True, slots=True)
class Event:
    """One report: its class, event time (UTC milliseconds), word as it came, and the hash of its body."""

    status: Status
    at: int
    word: str
    digest: bytes


def folded(word: str) -> str:
    """A status word as it is looked up: no case, no `_`, `-` or space."""
    return "".join(word.casefold().replace("_", "").replace("-", "").split())


@functools.cache
def known_words() -> Mapping[str, Status]:
    """The folded words that ship with the product (`data/status_words.csv`) and their classes."""
    return {folded(row["word"]): Status(row["class"]) for row in reference.table("status_words")}


def classify(word: str, extra: Mapping[str, str] | None = None) -> Status:
    """
    The class of a report's word; UNRECOGNISED when nobody knows it. `extra` holds the words that a person assigned and
    goes first. Whole words only: "UNDELIV" is no kind of "DELIV".
    """
    wanted = folded(word)
    for assigned, status in (extra or {}).items():
        if folded(assigned) == wanted:
            return Status(status)
    return known_words().get(wanted, Status.UNRECOGNISED)


def event_time(stated: int | None, arrived: int) -> int:
    """When it happened: as the report states, or its arrival when that is absent or can't be."""
    if stated is None or not arrived - EARLIEST <= stated <= arrived + LATEST:
        return arrived
    return stated


def key(event: Event) -> tuple[int, int, str, bytes]:
    """The total order of events: rank, event time, class word, body hash. The greatest counts."""
    return RANK[event.status], event.at, event.status.value, event.digest


def best(events: Iterable[Event]) -> Event | None:
    """The event that decides a message's status, or None when there is none (it stays accepted)."""
    return max(events, key=key, default=None)


def contradicted(events: Iterable[Event]) -> bool:
    """Whether delivered and a negative were both reported: delivered counts, and a person should see the other."""
    classes = {event.status for event in events}
    return Status.DELIVERED in classes and bool(classes & NEGATIVE)
