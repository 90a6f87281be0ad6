"""What stands around the inbox's lists: counts, the words to choose from, the vote, and opt-outs to look at."""

from dataclasses import dataclass
from statistics import median

from nextpod_core.answering import answers_by_hand
from nextpod_core.counts import HOUR
from nextpod_core.db import Connection, Row
from nextpod_core.inbox import PAGE, count

_DAY = 24 * HOUR
_WEIGHED = 800  # conversations and answers that tell how people wait by keyword: each lies somewhere else in the file
_FLAGGED = 500  # the newest flagged messages that are asked whether somebody still waits
_DOUBTFUL = "reason = 'prefix' AND lifted_at IS NULL AND reviewed_at IS NULL"


@dataclass(frozen=True, slots=True)
class Chips:
    """Counts above the list, each at most `COUNTED` + 1; keywords with their messages of the last seven days."""

    open: int
    unread: int
    mine: int
    opted_out: int
    doubtful: int
    flagged: int
    keywords: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Waits:
    """Of one keyword: people who wait for us, since when the first of them, how soon we answer (ms), what is unread."""

    people: int
    oldest: int | None
    median: int | None
    unread: int


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a word came in during the period, today and altogether."""

    word: str
    today: int
    messages: int


def chips(db: Connection, *, me: str, now: int) -> Chips:
    """The counts above the list. `mine` and `unread` count open conversations that are not closed."""
    keywords = db.execute(
        """
        SELECT keyword, sum(messages) AS messages
          FROM inbound_counts
         WHERE hour >= :since AND keyword <> ''
         GROUP BY keyword
         ORDER BY messages DESC, keyword
         LIMIT 12
        """,
        {"since": (now - 7 * _DAY) // HOUR * HOUR},
    ).fetchall()
    return Chips(
        open=count(
            db,
            "SELECT 1 FROM conversations WHERE state = 'open' AND (owner IS NULL OR owner = :me)",
            {"me": me},
        ),
        unread=count(db, "SELECT 1 FROM conversations WHERE unread > 0", {}),
        mine=count(db, "SELECT 1 FROM conversations WHERE owner = :me AND +state <> 'closed'", {"me": me}),
        opted_out=count(db, "SELECT 1 FROM suppressions WHERE inbound_id IS NOT NULL", {}),
        doubtful=count(db, f"SELECT 1 FROM suppressions WHERE {_DOUBTFUL}", {}),
        flagged=count(db, _STILL_FLAGGED, {"scan": _FLAGGED}),
        keywords=tuple((row["keyword"], row["messages"]) for row in keywords),
    )


def keywords(db: Connection) -> list[str]:
    """Every keyword that ever came in, in the order of the alphabet."""
    return _distinct(db, "keyword")


def short_codes(db: Connection) -> list[str]:
    """Every number that people have written to."""
    return _distinct(db, "short_code")


def sub_keywords(db: Connection, keyword: str, *, now: int) -> list[str]:
    """The sub-keywords that came with a keyword during the last ninety days."""
    rows = db.execute(
        """
        SELECT DISTINCT sub_keyword
          FROM inbound_counts
         WHERE hour >= :since AND keyword = :keyword AND sub_keyword <> ''
         ORDER BY sub_keyword
        """,
        {"since": (now - 90 * _DAY) // HOUR * HOUR, "keyword": keyword},
    )
    return [row["sub_keyword"] for row in rows]


def campaigns_answered(db: Connection, *, limit: int = 50) -> list[Row]:
    """The newest campaigns that somebody has answered: id and name."""
    rows: list[Row] = db.execute(
        """
        SELECT c.id, c.name
          FROM campaigns c
         WHERE c.kind = 'campaign' AND EXISTS (SELECT 1 FROM inbound i WHERE i.campaign_id = c.id)
         ORDER BY c.id DESC
         LIMIT :limit
        """,
        {"limit": limit},
    ).fetchall()
    return rows


def labels(db: Connection) -> list[str]:
    """Every label in use, in the order of the alphabet."""
    return [row["label"] for row in db.execute(_LABELS)]


def poll(
    db: Connection, *, keyword: str | None, campaign: int | None, since: int, until: int, today: int
) -> list[Tally]:
    """
    The counts of a vote: by keyword, or by the sub-keywords of one ("" where there was none). Messages, not people.

    From `since` up to `until`, both cut down to the hour in which counts are kept; `today` is when the day began.
    """
    rows = db.execute(
        f"""
        SELECT {"keyword" if keyword is None else "sub_keyword"} AS word,
               sum(messages) AS messages,
               sum(CASE WHEN hour >= :today THEN messages ELSE 0 END) AS today
          FROM inbound_counts
         WHERE hour >= :since AND hour < :until
           AND (:keyword IS NULL OR keyword = :keyword)
           AND (:campaign IS NULL OR campaign_id = :campaign)
         GROUP BY word
         ORDER BY messages DESC, word
         LIMIT 200
        """,
        {"since": since // HOUR * HOUR, "until": until, "keyword": keyword, "campaign": campaign,
         "today": today // HOUR * HOUR},
    )  # fmt: skip
    return [Tally(row["word"], row["today"], row["messages"]) for row in rows]


def waits(db: Connection) -> dict[str, Waits]:
    """How people wait by keyword ("" without one): among the longest waiting, and the newest answers."""
    waiting = db.execute(
        """
        SELECT coalesce(i.keyword, '') AS keyword, count(*) AS people, min(v.waiting_since) AS oldest
          FROM (SELECT last_inbound_id, waiting_since FROM conversations
                 WHERE state = 'open' ORDER BY waiting_since, msisdn LIMIT :most) v
          JOIN inbound i ON i.id = v.last_inbound_id
         GROUP BY 1
        """,
        {"most": _WEIGHED},
    ).fetchall()
    unread = db.execute(
        """
        SELECT coalesce(i.keyword, '') AS keyword, sum(v.unread) AS unread
          FROM (SELECT last_inbound_id, unread FROM conversations
                 WHERE unread > 0 ORDER BY waiting_since, msisdn LIMIT :most) v
          JOIN inbound i ON i.id = v.last_inbound_id
         GROUP BY 1
        """,
        {"most": _WEIGHED},
    )
    new = {row["keyword"]: row["unread"] for row in unread}
    took: dict[str, list[int]] = {}
    for row in db.execute(
        f"""
        SELECT coalesce(i.keyword, '') AS keyword, max(0, a.at - i.arrived) AS took
          FROM (SELECT inbound_id, at FROM answers
                 WHERE inbound_id IS NOT NULL AND {answers_by_hand("answers")}
                 ORDER BY message_id DESC LIMIT :most) a
          JOIN inbound i ON i.id = a.inbound_id
        """,
        {"most": _WEIGHED},
    ):
        took.setdefault(row["keyword"], []).append(row["took"])
    found = {row["keyword"]: (row["people"], row["oldest"]) for row in waiting}
    return {
        word: Waits(*found.get(word, (0, None)), round(median(took[word])) if word in took else None, new.get(word, 0))
        for word in found.keys() | took.keys() | new.keys()
    }


def doubtful(db: Connection, *, limit: int = PAGE) -> list[Row]:
    """Opt-outs because a text began with such a word, that nobody has looked at: with the text, oldest first."""
    rows: list[Row] = db.execute(
        f"""
        SELECT s.id, s.msisdn, s.added_at, i.text, i.id AS inbound_id
          FROM suppressions s
          LEFT JOIN inbound i ON i.id = s.inbound_id
         WHERE {_DOUBTFUL}
         ORDER BY s.id
         LIMIT :limit
        """,
        {"limit": limit},
    ).fetchall()
    return rows


def flagged(db: Connection, *, limit: int = PAGE) -> list[Row]:
    """People who wait for us, did not opt out, and wrote what may ask to be left alone: with their newest such text.

    Newest first, among the newest 500 texts of the kind. Answering, closing or opting out takes a person off it.
    """
    rows: list[Row] = db.execute(
        f"{_STILL_FLAGGED} ORDER BY id DESC LIMIT :limit", {"scan": _FLAGGED, "limit": limit}
    ).fetchall()
    return rows


# max() chooses the row that the other columns are of. What was answered since does not come back by a new message.
_STILL_FLAGGED = """
SELECT max(i.id) AS id, i.msisdn, i.text, i.arrived
  FROM (SELECT id FROM inbound WHERE verdict = 'mentioned' ORDER BY id DESC LIMIT :scan) s
       CROSS JOIN inbound i CROSS JOIN conversations v
 WHERE i.id = s.id AND v.msisdn = i.msisdn AND +v.state = 'open' AND i.arrived >= v.waiting_since
   AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.msisdn = i.msisdn AND x.lifted_at IS NULL)
 GROUP BY i.msisdn
"""
_LABELS = """
WITH RECURSIVE found (label) AS (
    SELECT min(label) FROM labels
    UNION ALL
    SELECT (SELECT min(label) FROM labels WHERE label > found.label) FROM found WHERE found.label IS NOT NULL
)
SELECT label FROM found WHERE label IS NOT NULL
"""


def _distinct(db: Connection, column: str) -> list[str]:
    # From one value to the next by the index: a plain DISTINCT would read every message.
    rows = db.execute(
        f"""
        WITH RECURSIVE found (word) AS (
            SELECT min({column}) FROM inbound
            UNION ALL
            SELECT (SELECT min({column}) FROM inbound WHERE {column} > found.word) FROM found
             WHERE found.word IS NOT NULL
        )
        SELECT word FROM found WHERE word IS NOT NULL LIMIT 1000
        """
    )
    return [row["word"] for row in rows]
