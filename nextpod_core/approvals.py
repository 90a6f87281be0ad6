"""Approvals: which campaigns wait for a second person, and what that person was asked. `releases.py` decides them."""

import json
from dataclasses import dataclass

from nextpod_core import accounts, options, roles
from nextpod_core.db import Connection, Row
from nextpod_core.people import Actor
from nextpod_core.sentences import Sentence, say, say_count

_SELECT = """
    SELECT a.*, c.id AS campaign_id, c.name, c.planned, c.due_at, c.sender
      FROM approvals a LEFT JOIN campaigns c ON c.draft_id = a.draft_id
"""


@dataclass(frozen=True, slots=True)
class Approval:
    """A question to a second person. `verdict` is None while it waits; times in UTC milliseconds.

    `alone`: in an emergency it was answered by one person, for the reason in `answer`.
    """

    id: int
    draft_id: int
    version: int
    reviewed_at: int
    asked_by: str
    asked_at: int
    note: str
    verdict: str | None
    decided_by: str | None
    decided_at: int | None
    answer: str
    alone: bool
    campaign_id: int | None
    name: str
    planned: int
    due_at: int | None
    sender: str


# Rows of the log in which a day's sends are looked for; a busy inbox writes some thousands a day.
_LOOKED_THROUGH = 50_000
DAY = 86_400_000


def why(db: Connection, campaign: Row, by: Actor, *, now: int) -> Sentence | None:
    """Why `by` may not let this reviewed campaign go alone; None when they may, or nobody has to sign in at all.

    What they sent alone within a day counts along, and the same text that others sent, or a list cut in two would need
    nobody.
    """
    if by.kind != "person" or not accounts.exist(db):
        return None
    if by.role == "editor":
        return say("A second person has to approve what editors send.")
    team = options.read(db)
    if team.approval_above is None and team.approval_above_price is None:
        return None
    people, cost = _sent_alone(db, campaign["id"], by, now=now)
    if team.approval_above is not None and campaign["planned"] + people > team.approval_above:
        if people and campaign["planned"] <= team.approval_above:
            return say(
                "With the {sent} that you, or others with the same text, sent to within a day these are more than "
                "{most}, so a second person has to approve it.",
                sent=people, most=team.approval_above,
            )  # fmt: skip
        return say_count(
            "A campaign to more than {count} person has to be approved by a second person.",
            "A campaign to more than {count} people has to be approved by a second person.",
            team.approval_above,
        )
    if team.approval_above_price is None:
        return None
    price = json.loads(campaign["review"]).get("price")
    if price is None:
        return say("Nobody knows what this campaign costs, so a second person has to approve it.")
    if price + cost > team.approval_above_price:
        if price <= team.approval_above_price:
            return say(
                "With what you, or others with the same text, sent within a day this costs more than {price} "
                "{currency}, so a second person has to approve it.",
                price=team.approval_above_price, currency=team.currency,
            )  # fmt: skip
        return say(
            "A campaign that costs more than {price} {currency} has to be approved by a second person.",
            price=team.approval_above_price, currency=team.currency,
        )  # fmt: skip
    return None


def _sent_alone(db: Connection, campaign_id: int, by: Actor, *, now: int) -> tuple[int, float]:
    """To how many people, and for how much, they, or anybody with the same text, sent what no second person approved.

    Within a day. Two who each send half of a list with one text are one send.
    """
    rows = db.execute(
        """
        SELECT c.planned, c.review FROM audit a JOIN campaigns c ON c.id = CAST(a.subject_id AS INTEGER)
         WHERE a.id > (SELECT max(id) FROM audit) - :looked AND a.subject = 'campaign' AND a.action = 'campaign.send'
           AND (a.actor = :who OR trim(c.text) = (SELECT trim(text) FROM campaigns WHERE id = :this))
           AND a.at > :since AND c.id <> :this AND c.state <> 'draft'
           AND NOT EXISTS (SELECT 1 FROM approvals p
                            WHERE p.draft_id = c.draft_id AND p.verdict = 'approved' AND NOT p.alone)
        """,
        {"looked": _LOOKED_THROUGH, "who": by.name, "since": now - DAY, "this": campaign_id},
    ).fetchall()
    return sum(row["planned"] for row in rows), sum(json.loads(row["review"]).get("price") or 0 for row in rows)


def makers(db: Connection, draft_id: int) -> set[str]:
    """Everybody who wrote in this draft or mended its list; none of them may approve it."""
    rows = db.execute(
        """
        SELECT actor FROM audit
         WHERE subject = 'draft' AND subject_id = :draft AND action IN ('draft.new', 'draft.change')
        UNION
        SELECT actor FROM audit
         WHERE subject = 'import' AND subject_id = (SELECT cast(import_id AS TEXT) FROM drafts WHERE id = :id)
        """,
        {"draft": str(draft_id), "id": draft_id},
    )
    return {row["actor"] for row in rows}


def who_may(db: Connection, draft_id: int | None = None, *, but: str = "") -> list[str]:
    """The e-mails of those who may approve: a draft's makers are not among them, nor who has no password yet."""
    own = makers(db, draft_id) if draft_id is not None else set()
    return [
        user.email
        for user in accounts.every(db)
        if roles.may(accounts.actor(user, None), "campaign.approve")
        and not user.is_invited and user.email not in own and user.email != but
    ]  # fmt: skip


def released_alone(db: Connection, *, since: int) -> list[Approval]:
    """What left without a second person since `since` (UTC milliseconds), the newest first."""
    rows = db.execute(
        f"{_SELECT} WHERE a.alone AND a.decided_at >= :since ORDER BY a.id DESC LIMIT 100", {"since": since}
    )
    return [_approval(row) for row in rows]


def waiting(db: Connection, *, limit: int = 100) -> list[Approval]:
    """What waits for a second person, the oldest first; questions about what was changed since are not among them."""
    rows = db.execute(
        f"""
        {_SELECT} JOIN drafts d ON d.id = a.draft_id
         WHERE a.verdict IS NULL AND d.state = 'open' AND d.version = a.draft_version
           AND c.reviewed_at = a.reviewed_at AND c.draft_version = a.draft_version
         ORDER BY a.id LIMIT :limit
        """,
        {"limit": limit},
    )
    return [_approval(row) for row in rows]


def get(db: Connection, approval_id: int) -> Approval | None:
    """One question, decided or not; None when there is none with this id."""
    row = db.execute(f"{_SELECT} WHERE a.id = :id", {"id": approval_id}).fetchone()
    return None if row is None else _approval(row)


def last_of(db: Connection, draft_id: int) -> Approval | None:
    """The newest question about a draft; None when nobody was asked."""
    row = db.execute(f"{_SELECT} WHERE a.draft_id = :id ORDER BY a.id DESC LIMIT 1", {"id": draft_id}).fetchone()
    return None if row is None else _approval(row)


def _approval(row: Row) -> Approval:
    return Approval(
        id=row["id"], draft_id=row["draft_id"], version=row["draft_version"], reviewed_at=row["reviewed_at"],
        asked_by=row["asked_by"], asked_at=row["asked_at"], note=row["note"], verdict=row["verdict"],
        decided_by=row["decided_by"], decided_at=row["decided_at"], answer=row["answer"],
        alone=bool(row["alone"]), campaign_id=row["campaign_id"], name=row["name"] or "", planned=row["planned"] or 0,
        due_at=row["due_at"],
        sender=row["sender"] or "",
    )  # fmt: skip
