"""
Every status and operator code in plain words: what it means, what to do, whether it is charged.

The operator's code gives a reason and never a status. The meanings of the codes but 1001 are inferred from another
platform that uses 1001 for "delivered" too; `Explanation.inferred` says so, for the page to say it.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from nextpod_core import reference
from nextpod_core.merge import NEGATIVE, OPEN, Status
from nextpod_core.sentences import Sentence, say


@dataclass(frozen=True, slots=True)
class Explanation:
    """Three sentences for a person. `inferred`: the meaning of the operator's code is our best guess."""

    means: Sentence
    do: Sentence
    charged: Sentence
    inferred: bool = False


NOTHING = say("Nothing to do.")
REMOVE = say("Take the number off your lists.")
LATER = say("Send again later to those who did not get it.")
SENDER = say("Send again with another sender.")
CONTENT = say("Change the text, then send again to those who did not get it.")
ASK = say("If there are many of these, ask Nextpod.")

FREE = say("Not charged: it was never sent.")
CHARGED = say("Charged, every part.")
LIKELY = say("Usually charged, as it was handed on; your agreement with Nextpod decides.")
PERHAPS = say("May be charged; your agreement with Nextpod decides.")
OPEN_QUESTION = say("Charged if it was sent, which is not known yet.")

STATUSES: Mapping[Status, Explanation] = {
    Status.QUEUED: Explanation(say("It waits here for its turn."), NOTHING, FREE),
    Status.SENDING: Explanation(say("It is being handed to Nextpod right now."), NOTHING, OPEN_QUESTION),
    Status.ACCEPTED: Explanation(say("Nextpod has taken it; no report has come yet."), NOTHING, LIKELY),
    Status.PENDING: Explanation(say("It waits at Nextpod or the operator."), NOTHING, LIKELY),
    Status.SENT: Explanation(
        say("The operator has it. It reaches the phone when the phone is on and in reach."), NOTHING, LIKELY
    ),
    Status.UNRECOGNISED: Explanation(
        say("A report came with a word that is not known here."),
        say("Say on the health page what the word means; the counts are then made again."),
        LIKELY,
    ),
    Status.DELIVERED: Explanation(say("The phone has received it."), NOTHING, CHARGED),
    Status.FAILED: Explanation(say("It could not be delivered."), LATER, PERHAPS),
    Status.EXPIRED: Explanation(
        say("The phone was off or out of reach until the time to try had run out."), LATER, PERHAPS
    ),
    Status.REJECTED: Explanation(
        say("Nextpod or the operator would not carry it."), say("Look at the sender, the text and the number."), PERHAPS
    ),
    Status.SKIPPED: Explanation(
        say("It was left out before sending: the person had opted out, or the number may not be sent to."),
        NOTHING,
        FREE,
    ),
    Status.CANCELLED: Explanation(say("Someone cancelled it before it was sent."), NOTHING, FREE),
    Status.REFUSED: Explanation(
        say("Nextpod refused the request, so nothing was sent."),
        say("Mend what the reason names, then send again to those who were refused."),
        FREE,
    ),
    Status.UNKNOWN: Explanation(
        say("The request left and no answer came: it may have been sent."),
        say("Wait for its report. Send it again only if a second copy does no harm."),
        OPEN_QUESTION,
    ),
}

# By the column `reason` of data/operator_codes.csv: what it means and what to do.
REASONS: Mapping[str, tuple[Sentence, Sentence]] = {
    "delivered": (say("The phone has received it."), NOTHING),
    "handed_over": (say("The operator has it and tries to reach the phone."), NOTHING),
    "waiting": (say("It waits at the operator."), NOTHING),
    "retrying": (say("The phone could not be reached; the operator will try again."), NOTHING),
    "unknown_error": (say("The operator gave no reason."), LATER),
    "no_route_now": (say("There was no way to the operator just then."), LATER),
    "no_route": (say("There is no way to this operator."), ASK),
    "too_fast": (say("Too many messages came at once."), say("Send again later, at fewer a minute.")),
    "no_word": (
        say("The operator never told what became of it."),
        say("It may have arrived. Think before sending again."),
    ),
    "operator_fault": (say("The operator had a fault."), LATER),
    "gateway_fault": (say("Nextpod's gateway had a fault or is set up wrongly."), ASK),
    "ran_out": (say("The phone was off or out of reach until the time to try had run out."), LATER),
    "deleted": (say("The operator deleted it."), LATER),
    "memory_full": (say("The phone's memory is full."), LATER),
    "not_delivered": (say("The operator could not deliver it."), LATER),
    "sender_invalid": (say("The operator does not accept this sender."), SENDER),
    "sender_short": (say("The operator does not accept a short code as the sender."), SENDER),
    "sender_letters": (say("The operator does not accept letters as the sender."), SENDER),
    "sender_mobile": (say("The operator does not accept a mobile number as the sender."), SENDER),
    "number_not_allowed": (say("The operator does not accept this kind of number."), REMOVE),
    "blocked": (say("The operator has blocked it."), ASK),
    "unknown_subscriber": (say("Nobody has this number."), REMOVE),
    "barred": (say("This number can't receive such messages."), REMOVE),
    "barred_now": (say("This number can't receive such messages for now."), LATER),
    "number_error": (say("The number is wrong."), REMOVE),
    "alphabet": (say("The operator can't carry the text's alphabet."), CONTENT),
    "content": (say("The operator does not carry this content."), CONTENT),
    "no_reports": (
        say("The operator gives no reports for this number."),
        say("It may have arrived. Think before sending again."),
    ),
}


@dataclass(frozen=True, slots=True)
class OperatorCode:
    """A row of `data/operator_codes.csv`. `status` is None where the operator itself does not know."""

    code: str
    status: Status | None
    reason: str
    inferred: bool


@functools.cache
def operator_codes() -> Mapping[str, OperatorCode]:
    """The operator codes whose meaning is known or inferred, by code."""
    return {
        row["code"]: OperatorCode(
            row["code"],
            None if row["class"] == "unknown" else Status(row["class"]),
            row["reason"],
            row["source"] == "inferred",
        )
        for row in reference.table("operator_codes")
    }


def explain(status: Status, operator_code: str | None = None) -> Explanation:
    """What to tell a person about a message. A code that speaks against the status is not repeated to anyone."""
    plain = STATUSES[status]
    code = operator_codes().get((operator_code or "").strip())
    if code is None or not _agrees(code, status):
        return plain
    means, do = REASONS[code.reason]
    return Explanation(means, do, plain.charged, code.inferred)


def _agrees(code: OperatorCode, status: Status) -> bool:
    if code.status is None:
        return status in OPEN | NEGATIVE
    return any(code.status in side and status in side for side in (OPEN, NEGATIVE, {Status.DELIVERED}))
