"""
The funnel: from the rows of the files to the answers, over the whole life of the campaigns that began within a period.

Every filter acts on it but the keyword. Where a message went is known from its reports alone, so with a country or an
operator chosen it begins at reported, and nobody knows how many of these people opted out.
"""

from dataclasses import dataclass

from nextpod_core.db import Connection
from nextpod_core.filters import Filter
from nextpod_core.rollups import STATUSES

# What is told per step of the funnel about those who did not get further.
BEFORE_ACCEPTANCE = ("queued", "sending", "skipped", "cancelled", "refused", "unknown")
# Rows that hold nobody who could be texted; what else was left out held somebody, and was left out on purpose.
UNSENDABLE = frozenset({"missing", "invalid", "not_mobile", "doubtful", "duplicate"})


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the funnel: its key, how many are there, and where those are who did not get that far, by reason."""

    name: str
    messages: int
    lost: dict[str, int]


@dataclass(frozen=True, slots=True)
class Funnel:
    """The campaigns that began within a period, as they stand now.

    `from_file` of them came from a file; `left_out` says how many of its rows never became a message, by reason. The
    others begin at planned. `by_place`: only what went to the countries and operators asked about; `opted_out` is then
    None.
    """

    campaigns: int
    from_file: int
    left_out: dict[str, int]
    by_status: dict[str, int]
    answered: int
    opted_out: int | None
    by_place: bool = False

    def sum(self, *statuses: str) -> int:
        """How many messages are in one of these statuses."""
        return sum(self.by_status.get(status, 0) for status in statuses)

    @property
    def planned(self) -> int:
        """Messages made."""
        return sum(self.by_status.values())

    @property
    def accepted(self) -> int:
        """Messages that Nextpod took, whatever came of them."""
        return self.planned - self.sum(*BEFORE_ACCEPTANCE)

    @property
    def reported(self) -> int:
        """Accepted messages about which at least one report came."""
        return self.accepted - self.sum("accepted")

    @property
    def steps(self) -> list[Step]:
        """From the rows of the files to the answers. What is lost at a step adds up to the fall since the one before.

        Without any file it begins at planned, by country or operator at reported. Of what was not answered no reason is
        known.
        """
        bad = {reason: many for reason, many in self.left_out.items() if reason in UNSENDABLE and many}
        chosen = {reason: many for reason, many in self.left_out.items() if reason not in UNSENDABLE and many}
        sendable = self.planned + sum(chosen.values())
        found = [
            Step("planned", self.planned, chosen),
            Step("accepted", self.accepted, self._lost(*BEFORE_ACCEPTANCE)),
            Step("reported", self.reported, self._lost("accepted")),
            Step(
                "delivered", self.sum("delivered"),
                self._lost("failed", "expired", "rejected", "unrecognised", "pending", "sent"),
            ),
            Step("answered", self.answered, {}),
        ]  # fmt: skip
        if self.by_place:
            return found[2:]
        if self.from_file:
            found = [Step("rows", sendable + sum(bad.values()), {}), Step("sendable", sendable, bad), *found]
        return found

    def _lost(self, *statuses: str) -> dict[str, int]:
        return {status: self.by_status[status] for status in statuses if self.by_status.get(status)}


def funnel(db: Connection, asked: Filter) -> Funnel:
    """From the file to the answer, over the whole life of the campaigns that began within the period.

    Which rows were left out is what the review froze, so a list that is corrected later changes nothing.
    """
    where, values = asked.begun()
    mine = f"SELECT id FROM campaigns WHERE {where}"
    begun = db.execute(f"SELECT count(*), count(import_id) FROM campaigns WHERE id IN ({mine})", values).fetchone()
    if asked.has_place:
        by_status, answered = _by_place(db, asked)
        return Funnel(begun[0], begun[1], {}, by_status, answered, None, by_place=True)
    left_out = dict(
        db.execute(
            f"""
            SELECT key, sum(value) FROM campaigns, json_each(review, '$.left_out')
             WHERE campaigns.id IN ({mine}) AND import_id IS NOT NULL
             GROUP BY key
            """,
            values,
        ).fetchall()
    )
    by_status = dict(
        db.execute(
            f"""
            SELECT status, sum(messages) FROM counts
             WHERE campaign_id IN ({mine}) AND hour = 0
             GROUP BY status
            """,
            values,
        ).fetchall()
    )
    sums = db.execute(
        f"SELECT {', '.join(f'sum({status})' for status in STATUSES)} FROM count_hours WHERE campaign_id IN ({mine})",
        values,
    ).fetchone()
    for status, messages in zip(STATUSES, sums, strict=True):
        if messages:
            by_status[status] = by_status.get(status, 0) + messages
    people = db.execute(
        f"SELECT coalesce(sum(people), 0), coalesce(sum(opted_out), 0) FROM answered WHERE campaign_id IN ({mine})",
        values,
    ).fetchone()
    return Funnel(begun[0], begun[1], left_out, by_status, people[0], people[1])


def _by_place(db: Connection, asked: Filter) -> tuple[dict[str, int], int]:
    """What went to the countries and operators asked about, by status; and how many of them were answered."""
    where, values = asked.begun()
    places = " AND ".join(asked.place_parts(values))
    rows = db.execute(
        f"""
        SELECT status, sum(messages), sum(answered) FROM counts
         WHERE campaign_id IN (SELECT id FROM campaigns WHERE {where}) AND hour > 0 AND {places}
         GROUP BY status
        """,
        values,
    ).fetchall()
    return {status: messages for status, messages, _answered in rows if messages}, sum(row[2] for row in rows)
