"""
Hearing an opt-out or an opt-in that a message asked for: the list, and one text that confirms it.

All in the transaction that keeps the message. Whatever is wrong with the confirmation, the opt-out stands.
"""

from nextpod_core import bodies, singles, suppressions
from nextpod_core.db import Connection
from nextpod_core.errors import BadInput
from nextpod_core.options import Options
from nextpod_core.people import INGESTER, Actor


def hear_out(
    db: Connection,
    *,
    msisdn: str,
    short_code: str,
    reason: suppressions.Reason,
    inbound_id: int,
    set_up: Options,
    now: int,
    by: Actor = INGESTER,
    note: str = "",
    version: str | None = None,
) -> bool:
    """Put the person on the list because of their message, and confirm it where the team wants that.

    False when they were on it already. Confirmed once per new opt-out, and not again within a day. `version` names
    the rule that judged the message where that was not the words of opting out.
    """
    added = suppressions.add(
        db, msisdn=msisdn, reason=reason, by=by, now=now, inbound_id=inbound_id, note=note, version=version
    )
    if added is None:
        return False
    if not set_up.confirm_opt_out or not set_up.confirmation_text.strip():
        return True
    if not suppressions.opted_out_lately(db, msisdn=msisdn, now=now, except_id=added) and can_be_sent_to(msisdn):
        _confirm(db, msisdn, set_up.confirmation_sender or short_code, inbound_id, set_up, by=by, now=now)
    return True


def hear_in(
    db: Connection, *, msisdn: str, inbound_id: int, now: int, by: Actor = INGESTER, version: str | None = None
) -> bool:
    """A START: what the person's own message made is lifted. False when there was nothing of the kind."""
    return suppressions.lift_own(db, msisdn=msisdn, by=by, now=now, inbound_id=inbound_id, version=version)


def can_be_sent_to(msisdn: str) -> bool:
    """Whether this is a number: people write from names and short codes too, and those can't be sent to."""
    return bodies.digits(msisdn) is not None and len(msisdn) >= 7


def _confirm(
    db: Connection, msisdn: str, sender: str, inbound_id: int, set_up: Options, *, by: Actor, now: int
) -> None:
    db.execute("SAVEPOINT confirmation")
    try:
        singles.enqueue(
            db,
            kind="confirmations",
            sender=sender,
            text=set_up.confirmation_text,
            msisdn=msisdn,
            key=f"stop-{inbound_id}",
            by=by,
            now=now,
            inbound_id=inbound_id,
        )
    except BadInput:
        db.execute("ROLLBACK TO confirmation")
    db.execute("RELEASE confirmation")
