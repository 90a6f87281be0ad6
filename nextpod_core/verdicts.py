"""
The verdict on one message: the status, times, network and reasons that all of its reports together add up to.

Rules alone, on rows that `folding` read: which report counts is `merge`'s order, so any order of arrival gives the
same verdict.
"""

from typing import NamedTuple

from nextpod_core import merge
from nextpod_core.counts import Facts
from nextpod_core.db import Connection

CONTRADICTED = 1  # messages.flags: delivered, and a negative was reported too
BY_REPORT = 4  # messages.flags: known to be accepted only because a report came; no answer was ever read
ANSWERED = 16  # messages.flags: the person wrote what is taken to answer it (2 and 8 are the outbox's)


class Heard(NamedTuple):
    """A row of the log: what its message's status hangs on."""

    id: int
    message_id: int
    arrived: int
    status_code: str | None
    status_text: str | None
    event_at: int | None
    sent_at: int | None
    operator_code: str | None
    mcc: int | None
    mnc: int | None
    digest: bytes

    @property
    def word(self) -> str:
        """What it says became of the message; the code where it has no word."""
        return self.status_text or self.status_code or ""


class Known(NamedTuple):
    """A message as it stands, with its text's parts and alphabet: from `campaign_id` on its Facts."""

    id: int
    batch_id: int | None
    report_id: int | None
    flags: int
    campaign_id: int
    parts: int
    alphabet: str
    status: str
    accepted_at: int | None
    status_at: int | None
    mcc: int
    mnc: int
    word: str | None
    operator_code: str | None
    latency: int | None
    answered: int

    @property
    def facts(self) -> Facts:
        """What the counts hang on."""
        return Facts._make(tuple(self)[4:])


HEARD = ", ".join(f"r.{name}" for name in Heard._fields)
_ELSEWHERE = {"parts": "t.parts", "alphabet": "t.alphabet", "answered": f"(m.flags & {ANSWERED} <> 0)"}
KNOWN = ", ".join(_ELSEWHERE.get(name, f"m.{name}") for name in Known._fields)


class Words(dict[str, tuple[merge.Status, str, bool]]):
    """Of every status word met: its class, the class as it is stored, and whether its word and code are kept."""

    def __init__(self, db: Connection) -> None:
        self._assigned = assigned_words(db)

    def __missing__(self, word: str) -> tuple[merge.Status, str, bool]:
        status = merge.classify(word, self._assigned)
        odd = status in merge.NEGATIVE or status is merge.Status.UNRECOGNISED
        found = self[word] = (status, status.value, odd)
        return found


def judged(message: Known, reports: list[Heard], words: Words, answered_at: int | None) -> tuple[Facts, int, int]:
    """The facts that follow from all reports of a message, the report that decides, and the message's flags.

    `answered_at` is the time of an answer that is being recorded for it.
    """
    if len(reports) == 1:
        row = network = reports[0]
        at = first = merge.event_time(row.event_at, row.arrived)
        contradicted = False
    else:
        events: dict[bytes, Heard] = {}
        told: list[merge.Event] = []
        for each in reports:
            when = merge.event_time(each.event_at, each.arrived)
            told.append(merge.Event(words[each.word][0], when, each.word, each.digest))
            events[each.digest] = each
        best = max(told, key=merge.key)
        row = network = events[best.digest]
        if not row.mcc:  # the best says nothing of the network: then the best of those that do
            network = events[
                max((event for event in told if events[event.digest].mcc), key=merge.key, default=best).digest
            ]
        at, first, contradicted = best.at, min(event.at for event in told), merge.contradicted(told)
    flags, accepted_at = message.flags, message.accepted_at
    if answered_at is not None and (accepted_at is None or flags & BY_REPORT):
        accepted_at, flags = answered_at, flags & ~BY_REPORT
    elif accepted_at is None or flags & BY_REPORT:
        accepted_at, flags = first, flags | BY_REPORT
    flags = flags | CONTRADICTED if contradicted else flags & ~CONTRADICTED
    word = row.word
    status, stored, odd = words[word]
    latency = None
    if status is merge.Status.DELIVERED:
        began = row.sent_at
        if began is None or not at - merge.EARLIEST <= began <= at:
            began = None if flags & BY_REPORT else accepted_at
        latency = None if began is None else max(0, at - began)
    facts = Facts(
        message.campaign_id, message.parts, message.alphabet, stored, accepted_at, at,
        network.mcc or 0, network.mnc or 0, word if odd else None, row.operator_code, latency,
        message.answered,
    )  # fmt: skip
    return facts, row.id, flags


def assigned_words(db: Connection) -> dict[str, str]:
    """The status words that people gave a class, and the class."""
    return {row["word"]: row["class"] for row in db.execute("SELECT word, class FROM status_words")}
