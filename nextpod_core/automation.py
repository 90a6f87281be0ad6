"""
What the team's rules do with a message, in the commit that keeps it.

A rule that goes wrong is undone alone and told in its hits: the message, and above all an opt-out, stands whatever
becomes of it. What a rule can cost is bounded by person, so that it can't loop with another machine.
"""

import logging
from dataclasses import dataclass
from enum import StrEnum, auto
from zoneinfo import ZoneInfo

from nextpod_core import answers, audiences, optouts, rules, segments, singles, suppressions, templates
from nextpod_core import db as driver
from nextpod_core.db import Connection
from nextpod_core.errors import BadInput
from nextpod_core.options import Options
from nextpod_core.people import BY_RULE, Actor
from nextpod_core.rules import Heard, Rule

log = logging.getLogger("nextpod.rules")

HOUR = 3_600_000
MOST_ANSWERS = 5  # to one person in 24 hours, all rules together
MOST_FORWARDS = 20  # of one person's messages in an hour
MACHINE_WRITES, MACHINE_WITHIN = 10, 10 * 60_000  # more than so many in so long is no person's thumb
TOO_OLD = 24 * HOUR  # what is taken out of quarantine later is kept, and nobody is answered by a machine


class Held(StrEnum):
    """Why a rule did not do all that it says."""

    SUPPRESSED = auto()
    NO_NUMBER = auto()
    ANSWERED_LATELY = auto()
    MOST_ANSWERS = auto()
    MACHINE = auto()
    ECHO = auto()
    TOO_OLD = auto()
    UNFILLED = auto()
    MOST_FORWARDS = auto()
    FAILED = auto()


@dataclass(slots=True)
class Done:
    """What one rule did with one message."""

    answered: bool = False
    forwarded: bool = False
    held: Held | None = None


def apply(db: Connection, heard: Heard, *, state_before: str | None, set_up: Options, now: int) -> int:
    """Do what the active rules say about a message, within the caller's transaction; how many it fitted.

    `state_before` is the state of the person's conversation before this message, None when it is their first.
    """
    matched = 0
    zone = ZoneInfo(set_up.zone)
    for rule in rules.active(db):
        if not rules.fits(rule, heard, zone=zone):
            continue
        matched += 1
        db.execute("SAVEPOINT rule")
        try:
            done = _do(db, rule, heard, state_before=state_before, set_up=set_up, now=now)
        except driver.OperationalError:
            raise  # The store refuses (full, locked), and so it does for the message itself.
        except Exception:
            log.exception("rule %d could not be followed for message %d", rule.id, heard.inbound_id)
            db.execute("ROLLBACK TO rule")
            done = Done(held=Held.FAILED)
        db.execute("RELEASE rule")
        _note(db, rule, heard, done, now=now)
        if rule.is_last:
            break
    return matched


def actor(rule: Rule) -> Actor:
    """Who did it: the rule by its name."""
    return Actor("system", f"{BY_RULE}{rule.name}")


def filled(known: dict[str, str], template: templates.Template, heard: Heard) -> str | None:
    """The answer for one person from what is known of them; None where it would have a hole, or can't be sent."""
    values = {name: value for name, value in (known | {"keyword": heard.keyword or ""}).items() if value}
    if template.missing(values):
        return None
    try:
        return answers.checked(template.render(values))
    except BadInput:
        return None


def _do(db: Connection, rule: Rule, heard: Heard, *, state_before: str | None, set_up: Options, now: int) -> Done:
    done, version = Done(), f"rule {rule.id}.{rule.version}"
    if rule.opts == "out":
        optouts.hear_out(
            db, msisdn=heard.msisdn, short_code=heard.short_code, reason="stop", inbound_id=heard.inbound_id,
            set_up=set_up, now=now, by=actor(rule), note=f"rule: {rule.name}", version=version,
        )  # fmt: skip
    elif rule.opts == "in":
        optouts.hear_in(db, msisdn=heard.msisdn, inbound_id=heard.inbound_id, now=now, by=actor(rule), version=version)
    if rule.add_to is not None:
        audiences.put_in(db, rule.add_to, [heard.msisdn], now=now)
    if rule.remove_from is not None:
        audiences.take_out(db, rule.remove_from, [heard.msisdn])
    if rule.label:
        db.execute(
            "INSERT INTO labels VALUES (:msisdn, :label, :now, :by) ON CONFLICT DO NOTHING",
            {"msisdn": heard.msisdn, "label": rule.label, "now": now, "by": actor(rule).name},
        )
    if rule.owner:
        db.execute(
            "UPDATE conversations SET owner = :owner WHERE msisdn = :msisdn AND owner IS NULL",
            {"owner": rule.owner, "msisdn": heard.msisdn},
        )
    if rule.closes:
        _close(db, heard, state_before, now=now)
    if rule.answer:
        done.held = _why_not_answered(db, rule, heard, now=now) or _answer(db, rule, heard, now=now)
        done.answered = done.held is None
    if rule.email_id is not None or rule.webhook_id is not None:
        held = _why_not_forwarded(db, heard, now=now)
        if held is None:
            for destination in filter(None, (rule.email_id, rule.webhook_id)):
                db.execute(
                    """
                    INSERT INTO forwards (rule_id, inbound_id, destination_id, next_at, created_at)
                    VALUES (:rule, :inbound, :destination, :now, :now)
                    """,
                    {"rule": rule.id, "inbound": heard.inbound_id, "destination": destination, "now": now},
                )
            done.forwarded = True
        done.held = done.held or held
    return done


def _close(db: Connection, heard: Heard, state_before: str | None, *, now: int) -> None:
    """This message is seen to. Who waited for an answer before it goes on waiting."""
    db.execute(
        "UPDATE inbound SET read_at = :now WHERE id = :id AND read_at IS NULL", {"now": now, "id": heard.inbound_id}
    )
    db.execute(
        """
        UPDATE conversations
           SET unread = max(0, unread - 1),
               state = CASE WHEN :before = 'open' THEN state ELSE :before END,
               waiting_since = CASE WHEN :before = 'open' THEN waiting_since END
         WHERE msisdn = :msisdn
        """,
        {"msisdn": heard.msisdn, "before": state_before or "closed"},
    )


def _why_not_answered(db: Connection, rule: Rule, heard: Heard, *, now: int) -> Held | None:
    if now - heard.arrived > TOO_OLD:
        return Held.TOO_OLD
    if not optouts.can_be_sent_to(heard.msisdn):
        return Held.NO_NUMBER
    if suppressions.is_suppressed(db, heard.msisdn):
        return Held.SUPPRESSED
    mine = db.execute(
        "SELECT 1 FROM rule_hits WHERE msisdn = :msisdn AND at > :since AND answered = 1 AND rule_id = :rule LIMIT 1",
        {"msisdn": heard.msisdn, "since": now - rule.answer_hours * HOUR, "rule": rule.id},
    ).fetchone()
    if mine:
        return Held.ANSWERED_LATELY
    given = db.execute(
        "SELECT count(*) FROM rule_hits WHERE msisdn = :msisdn AND at > :since AND answered = 1",
        {"msisdn": heard.msisdn, "since": now - 24 * HOUR},
    ).fetchone()[0]
    if given >= MOST_ANSWERS:
        return Held.MOST_ANSWERS
    wrote = db.execute(
        """
        SELECT arrived FROM inbound WHERE msisdn = :msisdn ORDER BY id DESC LIMIT 1 OFFSET :most
        """,
        {"msisdn": heard.msisdn, "most": MACHINE_WRITES},
    ).fetchone()
    if wrote is not None and heard.arrived - wrote["arrived"] < MACHINE_WITHIN:
        return Held.MACHINE
    last = db.execute(
        """
        SELECT t.text FROM messages m JOIN texts t ON t.id = m.text_id
         WHERE m.msisdn = :msisdn ORDER BY m.id DESC LIMIT 1
        """,
        {"msisdn": heard.msisdn},
    ).fetchone()
    # What comes back word for word was sent back by a machine.
    return Held.ECHO if last is not None and last["text"].strip() == segments.clean(heard.text).strip() else None


def _answer(db: Connection, rule: Rule, heard: Heard, *, now: int) -> Held | None:
    text = filled(answers.values(db, heard.msisdn), templates.parse(rule.answer), heard)
    if text is None:
        return Held.UNFILLED
    try:
        singles.enqueue(
            db, kind="answers", sender=rule.sender or heard.short_code, text=text, msisdn=heard.msisdn,
            key=f"rule-{rule.id}-{heard.inbound_id}", by=actor(rule), now=now, inbound_id=heard.inbound_id,
        )  # fmt: skip
    except BadInput:
        return Held.UNFILLED
    return None


def _why_not_forwarded(db: Connection, heard: Heard, *, now: int) -> Held | None:
    if now - heard.arrived > TOO_OLD:
        return Held.TOO_OLD
    lately = db.execute(
        "SELECT count(*) FROM rule_hits WHERE msisdn = :msisdn AND at > :since AND forwarded = 1",
        {"msisdn": heard.msisdn, "since": now - HOUR},
    ).fetchone()[0]
    return Held.MOST_FORWARDS if lately >= MOST_FORWARDS else None


def _note(db: Connection, rule: Rule, heard: Heard, done: Done, *, now: int) -> None:
    db.execute(
        """
        INSERT INTO rule_hits (rule_id, version, inbound_id, msisdn, at, answered, forwarded, held)
        VALUES (:rule, :version, :inbound, :msisdn, :now, :answered, :forwarded, :held)
        """,
        {
            "rule": rule.id, "version": rule.version, "inbound": heard.inbound_id, "msisdn": heard.msisdn, "now": now,
            "answered": done.answered, "forwarded": done.forwarded, "held": done.held,
        },
    )  # fmt: skip
    db.execute("UPDATE rules SET hits = hits + 1, last_hit_at = :now WHERE id = :id", {"now": now, "id": rule.id})
