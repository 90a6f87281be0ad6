"""The ledger of a campaign: where every message of it is, balancing to the row at every moment."""

from dataclasses import dataclass

from nextpod_core.db import Connection
from nextpod_core.errors import BadInput

OPEN = ("accepted", "pending", "sent", "unrecognised")
NEGATIVE = ("failed", "expired", "rejected")


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where every message of a campaign is.

    planned = skipped + cancelled + refused + queued + in_flight + unknown + accepted
    accepted = delivered + negative + open
    """

    planned: int
    skipped: int
    cancelled: int
    refused: int
    queued: int
    in_flight: int
    unknown: int
    accepted: int
    delivered: int
    negative: int
    open: int

    @property
    def balances(self) -> bool:
        """Whether both sums agree to the row."""
        return (
            self.planned
            == self.skipped
            + self.cancelled
            + self.refused
            + self.queued
            + self.in_flight
            + self.unknown
            + self.accepted
            and self.accepted == self.delivered + self.negative + self.open
        )


def ledger(db: Connection, campaign_id: int) -> Ledger:
    """Where every message of the campaign is, from the counts. Raises BadInput when there is no such campaign."""
    campaign = db.execute("SELECT planned, state FROM campaigns WHERE id = :id", {"id": campaign_id}).fetchone()
    if campaign is None:
        raise BadInput("There is no campaign number {id}.", id=campaign_id)
    found: dict[str, int] = {
        row["status"]: row["messages"]
        for row in db.execute(
            "SELECT status, sum(messages) AS messages FROM counts WHERE campaign_id = :id GROUP BY status",
            {"id": campaign_id},
        )
    }
    delivered = found.get("delivered", 0)
    negative = sum(found.get(status, 0) for status in NEGATIVE)
    still_open = sum(found.get(status, 0) for status in OPEN)
    return Ledger(
        planned=campaign["planned"] if campaign["state"] != "draft" else 0,
        skipped=found.get("skipped", 0), cancelled=found.get("cancelled", 0), refused=found.get("refused", 0),
        queued=found.get("queued", 0), in_flight=found.get("sending", 0), unknown=found.get("unknown", 0),
        accepted=delivered + negative + still_open, delivered=delivered, negative=negative, open=still_open,
    )  # fmt: skip
