"""
Asking a second person for a campaign, and their yes or no. What was reviewed is what they are asked about.

By setting, one approver may release alone in an emergency; everybody else who may approve is told.
"""

import json

from nextpod_core import accounts, approvals, changes, letters, options, review, roles
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.errors import BadInput, NotPermitted
from nextpod_core.people import Actor, audit

LONGEST_NOTE = 1_000
SHORTEST_REASON = 10


def ask(db: Connection, draft_id: int, *, version: int, by: Actor, now: int, typed: int | None = None,
        note: str = "") -> int:  # fmt: skip
    """Ask a second person to approve the reviewed campaign; the question's id. Asked twice, it is one question.

    A question about an earlier version is withdrawn. Raises BadInput as `review.send` does.
    """
    roles.allow(by, "campaign.compose")
    with transaction(db):
        campaign = review.sendable(db, draft_id, version=version, now=now, typed=typed)
        if campaign["state"] != "draft":
            raise BadInput("This campaign was sent or dropped already. Copy it to send it again.")
        last = approvals.last_of(db, draft_id)
        if last is not None and last.verdict is None:
            if (last.version, last.reviewed_at) == (version, campaign["reviewed_at"]):
                return last.id
            db.execute("UPDATE approvals SET verdict = 'withdrawn', decided_at = :now WHERE id = :id",
                       {"now": now, "id": last.id})  # fmt: skip
        found = db.execute(
            """
            INSERT INTO approvals (draft_id, draft_version, reviewed_at, asked_by, asked_at, note)
            VALUES (:draft, :version, :reviewed, :by, :now, :note) RETURNING id
            """,
            {"draft": draft_id, "version": version, "reviewed": campaign["reviewed_at"], "by": by.name, "now": now,
             "note": note.strip()[:LONGEST_NOTE]},
        ).fetchone()  # fmt: skip
        audit(db, by=by, action="campaign.ask", now=now, subject="campaign", subject_id=campaign["id"],
              detail={"planned": campaign["planned"], "version": version})  # fmt: skip
        for email in approvals.who_may(db, draft_id, but=by.name):
            _write(db, "asked", email, campaign, by=by, now=now)
        changes.bump(db, "campaigns")
    return int(found["id"])


def approve(db: Connection, approval_id: int, *, by: Actor, now: int, countdown: int = 0) -> int:
    """Let the campaign go exactly as it was reviewed when the question was asked; its id.

    `countdown` as in `review.send`.

    Two who approve at once make one send: the second is given the same campaign. Raises BadInput when it was changed
    since or decided otherwise, NotPermitted for one's own.
    """
    roles.allow(by, "campaign.approve")
    with transaction(db):
        asked = _asked(db, approval_id)
        if asked.verdict == "approved" and asked.campaign_id is not None:
            return asked.campaign_id
        _refuse_own(db, asked, by)
        if asked.verdict is not None:
            raise BadInput("This was decided or changed meanwhile. Look at it again.")
        campaign = review.sendable(db, asked.draft_id, version=asked.version, now=now, typed=None, asks=False)
        if campaign["state"] != "draft" or campaign["reviewed_at"] != asked.reviewed_at:
            raise BadInput("The campaign was changed since it was reviewed. Look at the new review, then send.")
        _decide(db, asked, "approved", "", by=by, now=now)
        _write(db, "approved", asked.asked_by, campaign, by=by, now=now)
        review.let_go(db, campaign, by=by, now=now, countdown=countdown)
    return int(campaign["id"])


def give_back(db: Connection, approval_id: int, note: str, *, by: Actor, now: int) -> None:
    """Say no, with what has to be changed. Raises BadInput without a note, or when it was decided meanwhile."""
    roles.allow(by, "campaign.approve")
    note = note.strip()[:LONGEST_NOTE]
    if not note:
        raise BadInput("Write what has to be changed, so that the next version can be approved.")
    with transaction(db):
        asked = _asked(db, approval_id)
        if asked.verdict is not None:
            raise BadInput("This was decided or changed meanwhile. Look at it again.")
        _decide(db, asked, "returned", note, by=by, now=now)
        campaign = review.row_of(db, asked.draft_id)
        if campaign is not None:
            _write(db, "returned", asked.asked_by, campaign, by=by, now=now)
        changes.bump(db, "campaigns")


def release_alone(
    db: Connection, draft_id: int, reason: str, *, version: int, by: Actor, now: int, typed: int | None = None,
    countdown: int = 0,
) -> int:  # fmt: skip
    """In an emergency: let the reviewed campaign go without a second person, also one's own; its id.

    All others who may approve are told. Raises NotPermitted where the team has not allowed it, BadInput without a
    reason or as `review.send` does. Two at once make one send.
    """
    roles.allow(by, "campaign.approve")
    reason = reason.strip()[:LONGEST_NOTE]
    if len(reason) < SHORTEST_REASON:
        raise BadInput("Write why it can't wait for a second person. All who may approve will read it.")
    with transaction(db):
        if not options.read(db).approval_alone:
            raise NotPermitted("A second person has to approve this; releasing alone is not allowed here.")
        campaign = review.sendable(db, draft_id, version=version, now=now, typed=typed)
        if campaign["state"] != "draft":
            return int(campaign["id"])
        db.execute(
            "UPDATE approvals SET verdict = 'withdrawn', decided_at = :now WHERE draft_id = :id AND verdict IS NULL",
            {"now": now, "id": draft_id},
        )
        db.execute(
            """
            INSERT INTO approvals (draft_id, draft_version, reviewed_at, asked_by, asked_at, verdict, decided_by,
                                   decided_at, answer, alone)
            VALUES (:draft, :version, :reviewed, :by, :now, 'approved', :by, :now, :reason, 1)
            """,
            {"draft": draft_id, "version": version, "reviewed": campaign["reviewed_at"], "by": by.name, "now": now,
             "reason": reason},
        )  # fmt: skip
        audit(db, by=by, action="campaign.alone", now=now, subject="campaign", subject_id=campaign["id"],
              detail={"planned": campaign["planned"], "version": version, "reason": reason})  # fmt: skip
        for email in approvals.who_may(db, but=by.name):
            _write(db, "released", email, campaign, by=by, now=now)
        review.let_go(db, campaign, by=by, now=now, countdown=countdown)
    return int(campaign["id"])


def _write(db: Connection, kind: letters.Kind, to: str, campaign: Row, *, by: Actor, now: int) -> None:
    """Tell somebody who signs in of this campaign; names of commands and of those removed have no letter box."""
    if accounts.find(db, to) is None or to == by.name:
        return
    price = json.loads(campaign["review"]).get("price")
    told = "" if price is None else f" ({price:.2f} {options.read(db).currency})"
    letters.write(db, kind, to, now=now, who=by.name, name=campaign["name"][:80], planned=campaign["planned"],
                  price=told)  # fmt: skip


def _asked(db: Connection, approval_id: int) -> approvals.Approval:
    found = approvals.get(db, approval_id)
    if found is None:
        raise BadInput("There is no such question to approve.")
    return found


def _refuse_own(db: Connection, asked: approvals.Approval, by: Actor) -> None:
    if by.name == asked.asked_by or by.name in approvals.makers(db, asked.draft_id):
        raise NotPermitted("You wrote in this campaign, so somebody else has to approve it.")


def _decide(db: Connection, asked: approvals.Approval, verdict: str, answer: str, *, by: Actor, now: int) -> None:
    db.execute(
        """
        UPDATE approvals SET verdict = :verdict, decided_by = :by, decided_at = :now, answer = :answer
         WHERE id = :id AND verdict IS NULL
        """,
        {"verdict": verdict, "by": by.name, "now": now, "answer": answer, "id": asked.id},
    )
    audit(db, by=by, action=f"campaign.{verdict}", now=now, subject="campaign", subject_id=asked.campaign_id,
          detail={"asked_by": asked.asked_by, "version": asked.version})  # fmt: skip
