"""
The review: a draft made into a campaign that is frozen, looked at, and then sent by one update.

`making` renders the texts and writes the messages; they are counted and can be claimed only when `send` flips the
campaign's state. What was reviewed is what is sent: a draft that changed since has another version, and `send` says so.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from nextpod_core import (
    approvals,
    changes,
    drafts,
    holding,
    imports,
    options,
    roles,
    schedule,
)
from nextpod_core.counts import Facts, Tally
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.errors import BadInput, NotPermitted
from nextpod_core.people import Actor, audit
from nextpod_core.sentences import Sentence, load


@dataclass(frozen=True, slots=True)
class Review:
    """What will leave, exactly. `regions` by ISO country: (recipients, parts, price or None). Times UTC milliseconds.

    `samples` and `longest` are (msisdn, text, parts, alphabet). `wave`: size of a first wave, how long the rest waits.
    `ready` False: still being made, `prepared` so far.
    """

    campaign_id: int
    version: int
    ready: bool
    planned: int
    prepared: int
    parts_total: int = 0
    parts_min: int = 0
    parts_common: int = 0
    parts_max: int = 0
    ucs2: int = 0
    price: float | None = None
    currency: str = "NOK"
    regions: dict[str, tuple[int, int, float | None]] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    samples: list[tuple[str, str, int, str]] = field(default_factory=list)
    longest: tuple[str, str, int, str] | None = None
    first_at: int | None = None
    last_at: int | None = None
    wave: tuple[int, int] | None = None
    warnings: list[Sentence] = field(default_factory=list)


def get(db: Connection, draft_id: int) -> Review | None:
    """The review of a draft as it stands; None when none was asked for yet."""
    row = row_of(db, draft_id)
    return None if row is None else of_campaign(row)


def row_of(db: Connection, draft_id: int) -> Row | None:
    """The campaign that was made of a draft, as a row; None when none was yet."""
    return db.execute("SELECT * FROM campaigns WHERE draft_id = :id", {"id": draft_id}).fetchone()


def of_campaign(row: Row) -> Review:
    """The review as it was frozen with the campaign in `row`."""
    kept: dict[str, Any] = json.loads(row["review"])
    ready = row["reviewed_at"] is not None
    base = {"campaign_id": row["id"], "version": row["draft_version"] or 0, "ready": ready, "planned": row["planned"]}
    if not ready:
        return Review(**base, prepared=row["prepared"])
    for own in ("cells", "import_version"):
        kept.pop(own, None)
    kept["regions"] = {iso: tuple(cell) for iso, cell in kept["regions"].items()}
    kept["samples"] = [tuple(sample) for sample in kept["samples"]]
    kept["longest"] = tuple(kept["longest"]) if kept["longest"] else None
    kept["wave"] = tuple(kept["wave"]) if kept.get("wave") else None
    kept["warnings"] = [told for text in kept["warnings"] if (told := load(text))]
    return Review(**base, prepared=row["prepared"], **kept)


def send(
    db: Connection, draft_id: int, *, version: int, by: Actor, now: int, typed: int | None = None, countdown: int = 0
) -> int:
    """Let the reviewed campaign go, now or when it is due; its id. One update decides: a second press changes nothing.

    `countdown` in milliseconds is how long what would begin at once is held, so that it can be taken back. `typed` is
    the count that the person typed, asked for above `options.typed_count_above` recipients. Raises BadInput when the
    draft changed since the review, the review isn't ready, or the time has become unsuitable; NotPermitted when a
    second person has to look first (`releases.ask`).
    """
    roles.allow(by, "campaign.send")
    with transaction(db):
        campaign = sendable(db, draft_id, version=version, now=now, typed=typed)
        if campaign["state"] == "draft":
            if why := approvals.why(db, campaign, by, now=now):
                raise NotPermitted(why)
            let_go(db, campaign, by=by, now=now, countdown=countdown)
    return int(campaign["id"])


def sendable(db: Connection, draft_id: int, *, version: int, now: int, typed: int | None, asks: bool = True) -> Row:
    """The draft's campaign, ready to go, or gone already (another state than draft); within the caller's transaction.

    Raises BadInput when it can't go. `asks` False where the number of recipients was typed before.
    """
    campaign: Row | None = db.execute("SELECT * FROM campaigns WHERE draft_id = :id", {"id": draft_id}).fetchone()
    if campaign is None or campaign["reviewed_at"] is None and campaign["state"] == "draft":
        raise BadInput("The review isn't ready yet. Wait until it is, then send.")
    if campaign["state"] != "draft":
        return campaign
    draft = drafts.get(db, draft_id)
    rows = imports.get(db, campaign["import_id"]).version
    same_rows = json.loads(campaign["review"])["import_version"] == rows
    if draft.state != "open" or not (version == campaign["draft_version"] == draft.version and same_rows):
        raise BadInput("The campaign was changed since it was reviewed. Look at the new review, then send.")
    if not campaign["planned"]:
        raise BadInput("Nobody is left to send to. Mend the rows with problems, or take another list.")
    if asks and campaign["planned"] > options.read(db).typed_count_above and typed != campaign["planned"]:
        raise BadInput("Type the number of recipients, {count}, to send to that many.", count=campaign["planned"])
    if draft.due_at is not None and draft.due_at < now - 60_000:
        raise BadInput("The time chosen is past. Choose another, or send now.")
    if draft.due_at is not None and draft.due_at > now + schedule.FARTHEST:
        raise BadInput("That is more than ten years ahead. Choose an earlier day.")
    return campaign


def let_go(db: Connection, campaign: Row, *, by: Actor, now: int, countdown: int = 0) -> None:
    """Make a reviewed campaign one that is sent, within the caller's transaction, in which `sendable` gave it."""
    draft = drafts.get(db, campaign["draft_id"])
    begins = max(now, draft.due_at or now)
    # What Nextpod is to hold until its time leaves us at once, so that too can be taken back for a moment.
    held = now + countdown if countdown and (campaign["handed_over"] or begins < now + countdown) else None
    begins = max(begins, held or 0) if not campaign["handed_over"] else begins
    flipped = db.execute(
        """
        UPDATE campaigns SET state = 'scheduled', due_at = :due, held_until = :held
         WHERE id = :id AND draft_version = :version AND state = 'draft' AND reviewed_at IS NOT NULL
        """,
        {"due": begins, "held": held, "id": campaign["id"], "version": draft.version},
    ).rowcount
    assert flipped == 1
    db.execute("UPDATE drafts SET state = 'used', changed_at = :now WHERE id = :id", {"now": now, "id": draft.id})
    tally = Tally()
    for parts, alphabet, count in json.loads(campaign["review"])["cells"]:
        tally.change(None, Facts(campaign["id"], parts, alphabet, "queued"), count)
    tally.write(db)
    detail = {"planned": campaign["planned"], "due_at": begins, "sender": campaign["sender"]}
    audit(db, by=by, action="campaign.send", now=now, subject="campaign", subject_id=campaign["id"], detail=detail)
    changes.bump(db, "campaigns")


def take_back(db: Connection, campaign_id: int, *, by: Actor, now: int) -> int:
    """Stop a campaign of which nothing has begun to leave: it becomes the draft it was made from; that draft's id.

    It needs a new review, so nobody can send it by a button that was drawn before. Raises BadInput when it has begun.
    """
    roles.allow(by, "campaign.stop")
    with transaction(db):
        campaign = db.execute("SELECT * FROM campaigns WHERE id = :id", {"id": campaign_id}).fetchone()
        if campaign is None or campaign["draft_id"] is None:
            raise BadInput("There is no campaign number {id}.", id=campaign_id)
        if campaign["state"] == "draft":
            return int(campaign["draft_id"])  # Pressed twice, or by two people at once.
        if holding.may_have_left(db, campaign):
            raise BadInput("It may have left since the backup was made. Find out, then resume or cancel it.")
        back = db.execute(
            """
            UPDATE campaigns
               SET state = 'draft', reviewed_at = NULL, pause_reason = NULL, held_until = NULL, started_at = NULL
             WHERE id = :id AND state IN ('scheduled', 'sending', 'paused')
               AND NOT EXISTS (SELECT 1 FROM batches WHERE campaign_id = :id)
            """,
            {"id": campaign_id},
        ).rowcount
        if not back:
            raise BadInput("It has begun already. Pause it, or cancel what has not left yet.")
        tally = Tally()
        for cell in db.execute("SELECT * FROM counts WHERE campaign_id = :id", {"id": campaign_id}).fetchall():
            tally.change(Facts(campaign_id, cell["parts"], cell["alphabet"], cell["status"]), None, cell["messages"])
        tally.write(db)
        db.execute(
            "UPDATE drafts SET state = 'open', version = version + 1, changed_at = :now WHERE id = :id",
            {"now": now, "id": campaign["draft_id"]},
        )
        audit(db, by=by, action="campaign.take_back", now=now, subject="campaign", subject_id=campaign_id)
        changes.bump(db, "campaigns")
    return int(campaign["draft_id"])


def can_be_taken_back(db: Connection, campaign: Row) -> bool:
    """Whether nothing of the campaign in this row has begun to leave, though its time may have come."""
    if campaign["state"] not in ("scheduled", "sending", "paused") or campaign["draft_id"] is None:
        return False
    if holding.may_have_left(db, campaign):
        return False
    begun = db.execute("SELECT 1 FROM batches WHERE campaign_id = :id LIMIT 1", {"id": campaign["id"]}).fetchone()
    return begun is None
