"""
Keyword rules: what a team wants done by itself with messages that fit, in the order in which they stand.

Here they are kept, checked and matched. What they do with a message that comes in stands in `automation.py`; what
they would have done with past ones in `rehearsal.py`. A dropped rule stays, because its hits tell of it.
"""

import dataclasses
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from nextpod_core import changes, keywords, roles, segments, templates
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import Actor, audit

Way = Literal["contains", "begins", "is"]
Opts = Literal["out", "in"]

MOST = 100  # rules: each is asked about every message
LONGEST_NAME = 80
LONGEST_ANSWER = 1_500
LONGEST_WORDS = 2_000
MOST_HOURS = 24 * 365


@dataclass(frozen=True, slots=True)
class Heard:
    """What a rule is asked about: a message that came in. `arrived` is UTC milliseconds."""

    inbound_id: int
    msisdn: str
    short_code: str
    text: str
    keyword: str | None
    sub_keyword: str | None
    arrived: int


@dataclass(frozen=True, slots=True)
class Rule:
    """
    What must fit (None: anything) and what is then done. `words` has one word or phrase to a line, any of which may
    fit; times are HH:MM in the team's zone, from (included) to (not included), over midnight too. `answer` goes to a
    person once in `answer_hours`; `sender` None is the number they wrote to. `is_last`: no further rule is asked.
    """

    name: str
    short_code: str | None = None
    keyword: str | None = None
    sub_keyword: str | None = None
    way: Way | None = None
    words: str = ""
    time_from: str | None = None
    time_to: str | None = None
    answer: str = ""
    answer_hours: int = 24
    sender: str | None = None
    label: str | None = None
    owner: str | None = None
    closes: bool = False
    opts: Opts | None = None
    email_id: int | None = None
    webhook_id: int | None = None
    add_to: int | None = None
    remove_from: int | None = None
    is_last: bool = False
    id: int = 0
    place: int = 0
    active: bool = False
    version: int = 1
    hits: int = 0
    last_hit_at: int | None = None

    @property
    def phrases(self) -> list[str]:
        """The words it looks for, one word or phrase each."""
        return [word for line in self.words.splitlines() if (word := line.strip())]


# What a person writes; the rest is the store's.
WRITTEN = tuple(field.name for field in dataclasses.fields(Rule))[:20]


def every(db: Connection) -> list[Rule]:
    """All rules in their order, switched on or not."""
    return [_rule(row) for row in db.execute("SELECT * FROM rules WHERE dropped_at IS NULL ORDER BY place, id")]


def active(db: Connection) -> list[Rule]:
    """Those that are asked about each message, in their order."""
    rows = db.execute("SELECT * FROM rules WHERE active = 1 AND dropped_at IS NULL ORDER BY place, id")
    return [_rule(row) for row in rows]


def get(db: Connection, rule_id: int) -> Rule:
    """One rule. Raises BadInput when there is none with this id."""
    row = db.execute("SELECT * FROM rules WHERE id = :id AND dropped_at IS NULL", {"id": rule_id}).fetchone()
    if row is None:
        raise BadInput("This rule is not there any more.")
    return _rule(row)


def fits(rule: Rule, heard: Heard, *, zone: ZoneInfo) -> bool:
    """
    Whether a message is one that the rule is for. Words are compared as words: no case, accents or punctuation.

    >>> nine = Heard(1, "4791726200", "2345", "Når er det Åpent?", None, None, 1_795_000_000_000)
    >>> fits(Rule("x", way="contains", words="apent"), nine, zone=ZoneInfo("Europe/Oslo"))
    True
    >>> fits(Rule("x", way="begins", words="åpen"), nine, zone=ZoneInfo("Europe/Oslo"))
    False
    """
    if rule.short_code is not None and rule.short_code != heard.short_code:
        return False
    keyword, sub = heard.keyword, heard.sub_keyword
    if keyword is None and (rule.keyword or rule.sub_keyword):
        # On a number of one's own the gateway may name none: then they are the first two words.
        keyword, sub = keywords.split_keyword(heard.text)
    if rule.keyword is not None and not _same(rule.keyword, keyword):
        return False
    if rule.sub_keyword is not None and not _same(rule.sub_keyword, sub):
        return False
    if rule.time_from and rule.time_to and not _within(rule.time_from, rule.time_to, heard.arrived, zone):
        return False
    return rule.way is None or any(_found(rule.way, phrase, heard.text) for phrase in rule.phrases)


def save(db: Connection, rule: Rule, *, by: Actor, now: int) -> int:
    """Keep a rule, new (id 0, at the end and switched off) or changed; its id. Raises BadInput for what can't work."""
    roles.allow(by, "rules.change")
    with transaction(db):
        rule = _checked(db, rule)
        values = {name: getattr(rule, name) for name in WRITTEN} | {"now": now, "by": by.name, "id": rule.id}
        if rule.id:
            get(db, rule.id)
            db.execute(
                f"""
                UPDATE rules
                   SET {", ".join(f"{name} = :{name}" for name in WRITTEN)}, version = version + 1,
                       changed_at = :now, changed_by = :by
                 WHERE id = :id
                """,
                values,
            )
            number = rule.id
        else:
            if len(every(db)) >= MOST:
                raise BadInput("There are {most} rules already. Take one away first.", most=MOST)
            number = db.execute(
                f"""
                INSERT INTO rules (place, changed_at, changed_by, {", ".join(WRITTEN)})
                SELECT coalesce(max(place), 0) + 1, :now, :by, {", ".join(f":{name}" for name in WRITTEN)} FROM rules
                """,
                values,
            ).lastrowid
        _tell(db, "rule.save", number, by=by, now=now)
    return number


def switch(db: Connection, rule_id: int, active: bool, *, by: Actor, now: int) -> None:
    """Let the rule be asked about what comes in from now on, or no longer."""
    roles.allow(by, "rules.change")
    with transaction(db):
        get(db, rule_id)
        db.execute(
            "UPDATE rules SET active = :active, changed_at = :now, changed_by = :by WHERE id = :id",
            {"active": active, "id": rule_id, "now": now, "by": by.name},
        )
        _tell(db, "rule.on" if active else "rule.off", rule_id, by=by, now=now)


def move(db: Connection, rule_id: int, steps: int, *, by: Actor, now: int) -> None:
    """Put the rule so many places further down (below zero: up)."""
    roles.allow(by, "rules.change")
    with transaction(db):
        order = [rule.id for rule in every(db)]
        get(db, rule_id)
        at = order.index(rule_id)
        order.insert(max(0, min(len(order) - 1, at + steps)), order.pop(at))
        for place, one in enumerate(order, 1):
            db.execute("UPDATE rules SET place = :place WHERE id = :id", {"place": place, "id": one})
        _tell(db, "rule.move", rule_id, by=by, now=now)


def drop(db: Connection, rule_id: int, *, by: Actor, now: int) -> None:
    """Take the rule away; what it did stays."""
    roles.allow(by, "rules.change")
    with transaction(db):
        get(db, rule_id)
        db.execute("UPDATE rules SET active = 0, dropped_at = :now WHERE id = :id", {"id": rule_id, "now": now})
        _tell(db, "rule.drop", rule_id, by=by, now=now)


def hits(db: Connection, rule_id: int, *, limit: int = 20) -> list[Row]:
    """The newest messages that the rule was about: when, who, their text, what it did and what it held back."""
    rows: list[Row] = db.execute(
        """
        SELECT h.at, h.msisdn, h.answered, h.forwarded, h.held, substr(i.text, 1, 200) AS text
          FROM rule_hits h JOIN inbound i ON i.id = h.inbound_id
         WHERE h.rule_id = :rule
         ORDER BY h.id DESC
         LIMIT :limit
        """,
        {"rule": rule_id, "limit": limit},
    ).fetchall()
    return rows


def _checked(db: Connection, rule: Rule) -> Rule:
    rule = dataclasses.replace(
        rule,
        name=" ".join(segments.clean(rule.name).split()),
        words="\n".join(rule.phrases) if rule.way else "",
        way=rule.way if rule.phrases else None,
        answer=segments.clean(rule.answer).strip(),
        keyword=_upper(rule.keyword),
        sub_keyword=_upper(rule.sub_keyword),
        short_code=(rule.short_code or "").strip() or None,
        label=" ".join((rule.label or "").split())[:40] or None,
        owner=(rule.owner or "").strip()[:200] or None,
    )
    if not 0 < len(rule.name) <= LONGEST_NAME:
        raise BadInput("A rule needs a name of at most {most} characters.", most=LONGEST_NAME)
    if len(rule.words) > LONGEST_WORDS:
        raise BadInput("The words of a rule have at most {most} characters.", most=LONGEST_WORDS)
    asks = (rule.short_code, rule.keyword, rule.sub_keyword, rule.way, rule.time_from)
    if (rule.answer or rule.opts) and not any(asks):
        raise BadInput("A rule that answers, or opts people out or in, must say which messages it is for.")
    for time in (rule.time_from, rule.time_to):
        if time is not None and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", time):
            raise BadInput("{time} is not a time of day. Write one such as 08:00.", time=time)
    if (rule.time_from is None) != (rule.time_to is None) or (rule.time_from and rule.time_from == rule.time_to):
        raise BadInput("A time of day needs a beginning and an end that differ.")
    if len(rule.answer) > LONGEST_ANSWER:
        raise BadInput("The answer has {units} characters; at most {most} can be sent.", units=len(rule.answer),
                       most=LONGEST_ANSWER)  # fmt: skip
    templates.parse(rule.answer)
    if rule.answer and rule.opts == "out":
        raise BadInput(
            "Who is opted out can't be answered. Let the confirmation of opt-outs answer, under Settings, Opting out."
        )
    if not 1 <= rule.answer_hours <= MOST_HOURS:
        raise BadInput("An answer goes to a person once in 1 to {most} hours.", most=MOST_HOURS)
    if rule.add_to is not None and rule.add_to == rule.remove_from:
        raise BadInput("The rule adds people to the audience that it takes them from.")
    if not any((rule.answer, rule.label, rule.owner, rule.closes, rule.opts, rule.email_id, rule.webhook_id,
                rule.add_to, rule.remove_from, rule.is_last)):  # fmt: skip
        raise BadInput("Say what the rule should do.")
    for kind, number in (("email", rule.email_id), ("webhook", rule.webhook_id)):
        if number is not None and not db.execute(
            "SELECT 1 FROM destinations WHERE id = :id AND kind = :kind AND dropped_at IS NULL",
            {"id": number, "kind": kind},
        ).fetchone():  # fmt: skip
            raise BadInput("The address to forward to is not listed any more. Choose another.")
    return rule


def _found(way: Way, phrase: str, text: str) -> bool:
    wanted, words = keywords.fold(phrase), keywords.fold(text)
    if not wanted:  # Only signs, such as an emoji: there are no words to compare.
        plain, sign = text.strip(), phrase.strip()
        return plain == sign if way == "is" else plain.startswith(sign) if way == "begins" else sign in plain
    match way:
        case "is":
            return words == wanted
        case "begins":
            return words[: len(wanted)] == wanted
        case _:
            return any(words[at : at + len(wanted)] == wanted for at in range(len(words) - len(wanted) + 1))


def _within(start: str, end: str, arrived: int, zone: ZoneInfo) -> bool:
    now = datetime.fromtimestamp(arrived / 1000, tz=UTC).astimezone(zone).strftime("%H:%M")
    return start <= now < end if start < end else now >= start or now < end


def _same(wanted: str, word: str | None) -> bool:
    return word is not None and keywords.fold(wanted) == keywords.fold(word)


def _upper(word: str | None) -> str | None:
    return (word or "").strip().upper()[:64] or None


def _tell(db: Connection, action: str, rule_id: int, *, by: Actor, now: int) -> None:
    audit(db, by=by, action=action, now=now, subject="rule", subject_id=rule_id)
    changes.bump(db, "inbox")


def _rule(row: Row) -> Rule:
    found = {field.name: row[field.name] for field in dataclasses.fields(Rule)}
    for name in ("closes", "is_last", "active"):
        found[name] = bool(found[name])
    return Rule(**found)
