"""
How people answer: by keyword and time, as a rate of those who got the text, how soon, and how soon they hear from us.

Incoming messages are counted by the hour they came in; answers of a campaign by the campaign. Which messages were
answered is counted by country and operator too; who opted out, how soon people answered and what else came in is not.
"""

import statistics
from dataclasses import dataclass
from typing import Any

from nextpod_core import rates
from nextpod_core.db import Connection
from nextpod_core.filters import Filter, Values, grouping, one_of
from nextpod_core.people import BY_RULE, INGESTER
from nextpod_core.speed import Histogram

OPTED_OUT = ("out", "out_by_prefix")


@dataclass(frozen=True, slots=True)
class Keyword:
    """Incoming messages of one keyword and sub-keyword ("" for none), and how many of them opted out."""

    keyword: str
    sub_keyword: str
    messages: int
    opted_out: int


@dataclass(frozen=True, slots=True)
class CampaignAnswers:
    """How many people a campaign reached, and how many of them answered and opted out (None: not known by place)."""

    id: int
    name: str
    began: int | None
    delivered: int
    people: int
    opted_out: int | None

    @property
    def answer_rate(self) -> float | None:
        """People who answered, of messages delivered; None when none was."""
        return self.people / self.delivered if self.delivered else None

    @property
    def opt_out_rate(self) -> float | None:
        """People who opted out by an answer, of messages delivered; None when none was, or it is not known."""
        return self.opted_out / self.delivered if self.delivered and self.opted_out is not None else None

    @property
    def opt_out_interval(self) -> tuple[float, float]:
        """The 95 % interval of the opt-out rate (Wilson)."""
        return rates.wilson(min(self.opted_out or 0, self.delivered), self.delivered)


@dataclass(frozen=True, slots=True)
class OurAnswers:
    """Incoming messages that the team answered itself within a period, and how long people waited (milliseconds)."""

    incoming: int
    answered: int
    median: float | None


def _inbound_where(asked: Filter) -> tuple[str, Values]:
    """Period, campaign, sender (of the campaign answered to) and keyword; country and operator don't act."""
    narrowed = Filter(asked.period, campaigns=asked.campaigns, senders=asked.senders)
    where, values = narrowed.where()
    if asked.keyword is not None:
        where += " AND keyword = :keyword"
        values["keyword"] = asked.keyword
    return where, values


def incoming(db: Connection, asked: Filter, *, pairs: bool = False) -> dict[Any, dict[str, int]]:
    """Incoming messages by bucket (its first moment) and keyword, "" for none; of one keyword by its second word.

    `pairs`: by keyword and second word together, with a space between.
    """
    where, values = _inbound_where(asked)
    key, fold = grouping(asked.period, "bucket")
    found: dict[Any, dict[str, int]] = {}
    word = "keyword" if asked.keyword is None else "sub_keyword"
    if pairs:
        word = "rtrim(keyword || ' ' || sub_keyword)"
    rows = db.execute(
        f"SELECT {key} AS place, {word}, sum(messages) FROM inbound_counts WHERE {where} GROUP BY 1, 2", values
    )
    for place, keyword, messages in rows:
        cell = found.setdefault(fold(place), {})
        cell[keyword] = cell.get(keyword, 0) + messages
    return found


def by_keyword(db: Connection, asked: Filter) -> list[Keyword]:
    """Incoming messages by keyword and sub-keyword, the most frequent first."""
    where, values = _inbound_where(asked)
    rows = db.execute(
        f"""
        SELECT keyword, sub_keyword, sum(messages) AS messages,
               sum(CASE WHEN verdict IN {OPTED_OUT} THEN messages ELSE 0 END)
          FROM inbound_counts
         WHERE {where}
         GROUP BY 1, 2
         ORDER BY 3 DESC, 1, 2
        """,
        values,
    )
    return [Keyword(*row) for row in rows]


def by_week_hour(db: Connection, asked: Filter) -> dict[int, int]:
    """Incoming messages by weekday and hour on the team's clock: 0 is Monday 00, 167 Sunday 23."""
    where, values = _inbound_where(asked)
    key, _fold = grouping(asked.period, "week_hour")
    return dict(
        db.execute(
            f"SELECT {key} AS place, sum(messages) FROM inbound_counts WHERE {where} GROUP BY 1", values
        ).fetchall()
    )


def by_campaign(db: Connection, asked: Filter, *, limit: int = 100) -> list[CampaignAnswers]:
    """Answers and opt-outs of the campaigns that began within the period, the newest first; at most `limit`.

    By country or operator only what went there counts, and who opted out is not known.
    """
    where, values = asked.begun()
    places = "".join(f" AND {part}" for part in asked.place_parts(values))
    people, opted_out = (f"(SELECT coalesce(sum({column}), 0) FROM answered WHERE campaign_id = id)"
                         for column in ("people", "opted_out"))  # fmt: skip
    if asked.has_place:
        people = f"(SELECT coalesce(sum(answered), 0) FROM counts WHERE campaign_id = id{places})"
        opted_out = "NULL"
    rows = db.execute(
        f"""
        SELECT id, name, coalesce(started_at, due_at) AS began,
               (SELECT coalesce(sum(messages), 0) FROM counts WHERE campaign_id = id AND status = 'delivered'{places}),
               {people}, {opted_out}
          FROM campaigns
         WHERE {where}
         ORDER BY began DESC, id DESC
         LIMIT :limit
        """,
        {**values, "limit": limit},
    )
    return [CampaignAnswers(*row) for row in rows]


def wait(db: Connection, asked: Filter) -> Histogram:
    """How long after acceptance people gave their first answer, over campaigns that began within the period.

    Country, operator and keyword don't act.
    """
    where, values = asked.begun()
    rows = db.execute(
        f"""
        SELECT bucket, sum(people) FROM answered
         WHERE campaign_id IN (SELECT id FROM campaigns WHERE {where})
         GROUP BY 1
        """,
        values,
    )
    found = Histogram()
    for bucket, people in rows:
        found.add(bucket, people)
    return found


def ours(db: Connection, asked: Filter) -> OurAnswers:
    """Which share of the incoming messages people answered from the desk, and how fast. What goes by itself is none."""
    where, values = _inbound_where(asked)
    total = db.execute(f"SELECT coalesce(sum(messages), 0) FROM inbound_counts WHERE {where}", values).fetchone()[0]
    parts, values = ["inbound.arrived >= :start AND inbound.arrived < :end"], {}
    values.update(start=asked.period.start, end=asked.period.end)
    if asked.campaigns:
        parts.append(one_of("inbound.campaign_id", "campaign", asked.campaigns, values))
    if asked.senders:
        senders = one_of("sender", "sender", asked.senders, values)
        parts.append(f"inbound.campaign_id IN (SELECT id FROM campaigns WHERE {senders})")
    if asked.keyword is not None:
        parts.append("coalesce(inbound.keyword, '') = :keyword")
        values["keyword"] = asked.keyword
    # Answers are written by people: thousands where there are millions of messages. So this may walk them.
    waits = db.execute(
        f"""
        SELECT max(0, min(answers.at) - inbound.arrived)
          FROM answers JOIN inbound ON inbound.id = answers.inbound_id
         WHERE {answers_by_hand("answers")} AND {" AND ".join(parts)}
         GROUP BY inbound.id
        """,
        values,
    ).fetchall()
    return OurAnswers(total, len(waits), statistics.median(row[0] for row in waits) if waits else None)


def answers_by_hand(table: str) -> str:
    """SQL for "a person wrote this answer": confirmations of an opt-out and what rules answer leave by themselves.

    By who sent it: an answer's key says so too, but goes with the person's number.
    """
    return f"{table}.by <> '{INGESTER.name}' AND {table}.by NOT LIKE '{BY_RULE}%'"
