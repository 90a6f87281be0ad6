"""
Trying a rule before it goes live: what it would have done with the messages that have come in.

Nothing is changed and nothing is sent. Looks through a bounded number of messages, newest first; the limits per person
are then reckoned in the order in which the messages came.
"""

import dataclasses
from collections import defaultdict, deque
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from nextpod_core import answers, automation, optouts, rules, suppressions, templates
from nextpod_core.automation import HOUR, MACHINE_WITHIN, MACHINE_WRITES, MOST_ANSWERS, MOST_FORWARDS, Held
from nextpod_core.db import Connection, Row
from nextpod_core.keywords import Verdict
from nextpod_core.rules import Heard, Rule

LOOKED_THROUGH = 100_000  # one second's work; who wants to know more waits ten
FURTHEST = 1_000_000
SHOWN = 100
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Example:
    """One message that the rule fits, the answer it would have given (None: none), and what it held back."""

    at: int
    msisdn: str
    text: str
    answer: str | None
    held: Held | None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How many messages were looked through (since when), fitted, and what would have been done with them."""

    looked: int
    since: int | None
    fitted: int
    people: int
    answered: int
    forwarded: int
    opted: int
    held: dict[Held, int]
    examples: tuple[Example, ...]
    has_more: bool


def run(db: Connection, rule: Rule, *, zone: ZoneInfo, looked_through: int = LOOKED_THROUGH) -> Rehearsal:
    """What `rule`, saved or not, would have done. Who has opted out by now counts as opted out all the time."""
    found: list[Heard] = []
    outs: set[int] = set()
    looked, since, before = 0, None, 1 << 62
    while looked < looked_through:
        rows = _page(db, rule, before=before, limit=min(_AT_ONCE, looked_through - looked))
        if not rows:
            break
        looked, since, before = looked + len(rows), rows[-1]["arrived"], rows[-1]["id"]
        for row in rows:
            heard = Heard(row["id"], row["msisdn"], row["short_code"], row["text"], row["keyword"],
                          row["sub_keyword"], row["arrived"])  # fmt: skip
            if rules.fits(rule, heard, zone=zone):
                found.append(dataclasses.replace(heard, text=heard.text[:200]))
                if row["verdict"] in (Verdict.OUT, Verdict.OUT_BY_PREFIX):
                    outs.add(row["id"])
    found.reverse()
    return _told(db, rule, found, outs, looked=looked, since=since, has_more=looked >= looked_through)


def _page(db: Connection, rule: Rule, *, before: int, limit: int) -> list[Row]:
    # By the index of the short code where the rule names one; a keyword may also be the text's first word.
    where = "short_code = :short_code AND id < :before" if rule.short_code else "id < :before"
    rows: list[Row] = db.execute(
        f"""
        SELECT id, msisdn, short_code, text, keyword, sub_keyword, arrived, verdict
          FROM inbound WHERE {where} ORDER BY id DESC LIMIT :limit
        """,
        {"short_code": rule.short_code, "before": before, "limit": limit},
    ).fetchall()
    return rows


def _told(
    db: Connection, rule: Rule, found: list[Heard], outs: set[int], *, looked: int, since: int | None, has_more: bool
) -> Rehearsal:
    suppressed = suppressions.suppressed_among(db, sorted({heard.msisdn for heard in found})) if rule.answer else set()
    answered_at: defaultdict[str, list[int]] = defaultdict(list)
    wrote: defaultdict[str, list[int]] = defaultdict(list)
    passed_on: defaultdict[str, list[int]] = defaultdict(list)
    held: defaultdict[Held, int] = defaultdict(int)
    examples: deque[Example] = deque(maxlen=SHOWN)
    forwards = rule.email_id is not None or rule.webhook_id is not None
    for place, heard in enumerate(found):
        why: Held | None = None
        answer: str | None = None
        wrote[heard.msisdn].append(heard.arrived)
        if rule.answer:
            out = heard.msisdn in suppressed or heard.inbound_id in outs
            why = _why_not(rule, heard, out, answered_at[heard.msisdn], wrote[heard.msisdn])
            if why is None:
                answered_at[heard.msisdn].append(heard.arrived)
                # Only what is shown is made: each asks for the person's row of their last campaign.
                answer = filled(db, rule, heard) if len(found) - place <= SHOWN else ""
                if answer is None:
                    why = Held.UNFILLED
                    answered_at[heard.msisdn].pop()
        if forwards:
            lately = [at for at in passed_on[heard.msisdn] if heard.arrived - at < HOUR]
            if len(lately) < MOST_FORWARDS:
                passed_on[heard.msisdn].append(heard.arrived)
            else:
                why = why or Held.MOST_FORWARDS
        if why is not None:
            held[why] += 1
        examples.append(Example(heard.arrived, heard.msisdn, heard.text, answer, why))
    return Rehearsal(
        looked=looked, since=since, fitted=len(found), people=len(wrote),
        answered=sum(map(len, answered_at.values())), forwarded=sum(map(len, passed_on.values())),
        opted=len(wrote) if rule.opts else 0, held=dict(held), examples=tuple(reversed(examples)),
        has_more=has_more,
    )  # fmt: skip


def _why_not(rule: Rule, heard: Heard, out: bool, answered: list[int], wrote: list[int]) -> Held | None:
    if not optouts.can_be_sent_to(heard.msisdn):
        return Held.NO_NUMBER
    if out:
        return Held.SUPPRESSED
    if any(heard.arrived - at < rule.answer_hours * HOUR for at in answered):
        return Held.ANSWERED_LATELY
    if sum(heard.arrived - at < 24 * HOUR for at in answered) >= MOST_ANSWERS:
        return Held.MOST_ANSWERS
    if len(wrote) > MACHINE_WRITES and heard.arrived - wrote[-1 - MACHINE_WRITES] < MACHINE_WITHIN:
        return Held.MACHINE
    return None


def filled(db: Connection, rule: Rule, heard: Heard) -> str | None:
    """The answer as this person would have had it; None where it would have had a hole."""
    return automation.filled(answers.values(db, heard.msisdn), templates.parse(rule.answer), heard)
