"""What waits for a person, in order of hurry: the overview's list. Every question here is bounded by what waits."""

from dataclasses import dataclass
from typing import Literal

from nextpod_core import quarantine
from nextpod_core.db import Connection
from nextpod_core.sentences import Sentence, load, say_count

Kind = Literal["unknown", "paused", "quarantine", "unrecognised", "refused", "waiting", "draft"]


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing that waits: what it is in a sentence, the page where it is dealt with, and of which campaign."""

    kind: Kind
    sentence: Sentence
    page: str
    campaign: int | None = None


def matters(db: Connection, *, most: int = 12) -> list[Matter]:
    """What waits for a person now, the most urgent first. The frame of every page tells of brakes."""
    found = [*_paused(db), *_unknown(db), *_quarantined(db), *_unrecognised(db), *_waiting(db), *_drafts(db)]
    return found[:most]


def _paused(db: Connection) -> list[Matter]:
    rows = db.execute(
        """
        SELECT id, name, pause_reason,
               (SELECT coalesce(sum(messages), 0) FROM counts
                 WHERE campaign_id = id AND hour = 0 AND status IN ('queued', 'sending')) AS waiting
          FROM campaigns
         WHERE state = 'paused'
         ORDER BY id DESC
         LIMIT 5
        """
    )
    found = []
    for row in rows:
        why = load(row["pause_reason"]) if (row["pause_reason"] or "").startswith("[") else None
        sentence = say_count(
            "{name} is paused; {count} message waits. {why}",
            "{name} is paused; {count} messages wait. {why}",
            row["waiting"],
            name=row["name"],
            why=str(why) if why else "",
        )
        found.append(Matter("paused", sentence, "campaigns", row["id"]))
    return found


def _unknown(db: Connection) -> list[Matter]:
    # Batches without an answer have an index of their own; their messages may have been settled by reports since.
    rows = db.execute(
        """
        SELECT campaign_id, campaigns.name, sum(messages) AS messages
          FROM counts JOIN campaigns ON campaigns.id = counts.campaign_id
         WHERE campaign_id IN (SELECT DISTINCT campaign_id FROM batches WHERE state = 'unknown')
           AND hour = 0 AND status = 'unknown'
         GROUP BY campaign_id
         ORDER BY campaign_id DESC
         LIMIT 5
        """
    )
    return [
        Matter(
            "unknown",
            say_count(
                "{name}: {count} message may have been sent; no answer came. Decide whether to send it again.",
                "{name}: {count} messages may have been sent; no answer came. Decide whether to send them again.",
                row["messages"],
                name=row["name"],
            ),
            "campaigns",
            row["campaign_id"],
        )
        for row in rows
    ]


def _quarantined(db: Connection) -> list[Matter]:
    many = quarantine.count(db)
    if not many:
        return []
    text = say_count(
        "{count} call from Nextpod could not be understood and is kept.",
        "{count} calls from Nextpod could not be understood and are kept.",
        many,
    )
    return [Matter("quarantine", text, "health")]


def _unrecognised(db: Connection) -> list[Matter]:
    # Of the newest campaigns only: an old word is no hurry.
    row = db.execute(
        """
        SELECT count(DISTINCT word), coalesce(sum(messages), 0) FROM reasons
         WHERE status = 'unrecognised' AND campaign_id IN (SELECT id FROM campaigns ORDER BY id DESC LIMIT 200)
        """
    ).fetchone()
    if not row[1]:
        return []
    text = say_count(
        "{count} status word in delivery reports is unheard of; it stands on {messages} messages.",
        "{count} status words in delivery reports are unheard of; they stand on {messages} messages.",
        row[0],
        messages=row[1],
    )
    return [Matter("unrecognised", text, "health")]


def _waiting(db: Connection) -> list[Matter]:
    many = waiting_people(db)
    if not many:
        return []
    return [Matter("waiting", say_count("{count} person waits for an answer.", "{count} people wait for an answer.",
                                        many), "inbox")]  # fmt: skip


def _drafts(db: Connection) -> list[Matter]:
    many = db.execute("SELECT count(*) FROM drafts WHERE state = 'open'").fetchone()[0]
    if not many:
        return []
    return [Matter("draft", say_count("{count} draft is not finished.", "{count} drafts are not finished.", many),
                   "compose")]  # fmt: skip


def waiting_people(db: Connection) -> int:
    """How many people wait for an answer; counted up to a thousand."""
    # Open means that the person waits for us; bounded, since a number above a thousand says no more than that.
    return int(
        db.execute("SELECT count(*) FROM (SELECT 1 FROM conversations WHERE state = 'open' LIMIT 1000)").fetchone()[0]
    )
