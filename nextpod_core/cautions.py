"""What a person is warned of before a campaign leaves: it may be right all the same, so nothing here stops it."""

from collections.abc import Iterator, Sequence

from nextpod_core import holding, keywords, options, schedule, senders
from nextpod_core.db import Connection, Row
from nextpod_core.drafts import Draft
from nextpod_core.imports import Import
from nextpod_core.sentences import Sentence, say, say_count

_LOOKED_BACK = 100  # campaigns


def of(
    db: Connection, draft: Draft, audience: Import, *, campaign: int, limits: options.Options, texted_lately: int,
    start: int,
) -> Iterator[Sentence]:  # fmt: skip
    """What is said with the review of a draft that begins at `start` (UTC milliseconds); `campaign` has its people."""
    if told := senders.check(draft.sender):
        yield told
    if not senders.can_be_answered(draft.sender):
        if keywords.asks_for_answer(draft.text):
            yield say(
                "The text asks for an answer, but nobody can answer {sender}: it is letters.", sender=draft.sender
            )
        if draft.purpose == "marketing" and not keywords.says_how_to_stop(draft.text):
            yield say(
                "The text doesn't say how to stop. Norwegian law asks for a free and simple way out in every marketing "
                "message, such as: STOPP KEYWORD til {code}.",
                code=limits.short_code,
            )
    held = holding.held_at(db)
    if held is not None and draft.created_at <= held:
        yield say(
            "This draft is older than the restore of the database. It may have been sent already: find out before you "
            "send it."
        )
    if texted_lately:
        yield say_count(
            "{count} of these people was texted by another campaign within {days} days.",
            "{count} of these people were texted by another campaign within {days} days.",
            texted_lately,
            days=limits.texted_within_days,
        )
    people = _same_people(db, campaign)
    if people and people["text"] == draft.text:
        yield say("The same text was sent to the same people before, in campaign {id}: {name}.", id=people["id"],
                  name=people["name"])  # fmt: skip
    elif same := _same_list(db, draft, audience):
        yield say("The same list was sent to before, in campaign {id}: {name}.", id=same["id"], name=same["name"])
    elif people:
        yield say("The same people were sent to before, in campaign {id}: {name}.", id=people["id"],
                  name=people["name"])  # fmt: skip
    outside = not draft.choices.window_from and not schedule.in_window(
        start, zone=limits.zone, start=limits.window_from, end=limits.window_to
    )
    if outside:
        yield say(
            "It begins outside {start}-{end}, when people expect to be left alone.",
            start=limits.window_from,
            end=limits.window_to,
        )


def _same_list(db: Connection, draft: Draft, audience: Import) -> Row | None:
    """The last campaign to this file, byte for byte."""
    found: Row | None = db.execute(
        """
        SELECT c.id, c.name FROM imports i JOIN campaigns c ON c.import_id = i.id
         WHERE i.digest = (SELECT digest FROM imports WHERE id = :id) AND c.state NOT IN ('draft', 'cancelled')
           AND c.draft_id IS NOT :draft
         ORDER BY c.id DESC LIMIT 1
        """,
        {"id": audience.id, "draft": draft.id},
    ).fetchone()
    return found


def _same_people(db: Connection, campaign: int) -> Row | None:
    """
    The last campaign to exactly these people, whatever file they came from; among the last `_LOOKED_BACK`.

    Only one with as many people and the same lowest and highest number is compared person by person: each of these
    questions is one step in an index.
    """
    found: Row | None = db.execute(
        """
        WITH mine AS (
            SELECT count(*) AS people, min(msisdn) AS lowest, max(msisdn) AS highest
              FROM messages WHERE campaign_id = :id)
        SELECT c.id, c.name, c.text
          FROM (SELECT id, name, text, planned FROM campaigns
                 WHERE kind = 'campaign' AND state NOT IN ('draft', 'cancelled') AND id <> :id
                 ORDER BY id DESC LIMIT :most) c JOIN mine
         WHERE c.planned = mine.people AND mine.people > 1
           AND (SELECT min(msisdn) FROM messages WHERE campaign_id = c.id) = mine.lowest
           AND (SELECT max(msisdn) FROM messages WHERE campaign_id = c.id) = mine.highest
           AND NOT EXISTS (
               SELECT 1 FROM messages m
                WHERE m.campaign_id = :id
                  AND NOT EXISTS (SELECT 1 FROM messages o WHERE o.campaign_id = c.id AND o.msisdn = m.msisdn))
         ORDER BY c.id DESC LIMIT 1
        """,
        {"id": campaign, "most": _LOOKED_BACK},
    ).fetchone()
    return found


def texted_lately(db: Connection, campaign: int, msisdns: Sequence[str], *, since: int) -> int:
    """How many of these people another campaign texted since then; tests of it and answers to them are no campaigns."""
    count = 0
    for start in range(0, len(msisdns), 500):
        numbers = msisdns[start : start + 500]
        marks = ", ".join("?" * len(numbers))
        count += db.execute(
            f"""
            SELECT count(DISTINCT msisdn) FROM messages
             WHERE msisdn IN ({marks}) AND accepted_at > ? AND campaign_id <> ?
               AND campaign_id NOT IN (SELECT id FROM campaigns WHERE kind <> 'campaign')
            """,
            (*numbers, since, campaign),
        ).fetchone()[0]
    return count
