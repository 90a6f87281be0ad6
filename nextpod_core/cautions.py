"""What a person is warned of before a campaign leaves: it may be right all the same, so nothing here stops it."""

from collections.abc import Iterator, Sequence

from nextpod_core import holding, keywords, options, schedule, senders
from nextpod_core.db import Connection
from nextpod_core.drafts import Draft
from nextpod_core.imports import Import
from nextpod_core.sentences import Sentence, say, say_count


def of(
    db: Connection, draft: Draft, audience: Import, *, limits: options.Options, texted_lately: int, start: int
) -> Iterator[Sentence]:
    """What is said with the review of a draft that begins at `start` (UTC milliseconds)."""
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
    same = db.execute(
        """
        SELECT c.id, c.name FROM imports i JOIN campaigns c ON c.import_id = i.id
         WHERE i.digest = (SELECT digest FROM imports WHERE id = :id) AND c.state NOT IN ('draft', 'cancelled')
           AND c.draft_id IS NOT :draft
         ORDER BY c.id DESC LIMIT 1
        """,
        {"id": audience.id, "draft": draft.id},
    ).fetchone()
    if same:
        yield say("The same list was sent to before, in campaign {id}: {name}.", id=same["id"], name=same["name"])
    outside = not draft.choices.window_from and not schedule.in_window(
        start, zone=limits.zone, start=limits.window_from, end=limits.window_to
    )
    if outside:
        yield say(
            "It begins outside {start}-{end}, when people expect to be left alone.",
            start=limits.window_from,
            end=limits.window_to,
        )


def texted_lately(db: Connection, campaign: int, msisdns: Sequence[str], *, since: int) -> int:
    """How many of these people another campaign texted since then."""
    count = 0
    for start in range(0, len(msisdns), 500):
        numbers = msisdns[start : start + 500]
        marks = ", ".join("?" * len(numbers))
        count += db.execute(
            f"""
            SELECT count(DISTINCT msisdn) FROM messages
             WHERE msisdn IN ({marks}) AND accepted_at > ? AND campaign_id <> ?
            """,
            (*numbers, since, campaign),
        ).fetchone()[0]
    return count
