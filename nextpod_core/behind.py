"""
The messages behind a figure: a page of a hundred at a time, newest campaign first, bounded however large the store is.

The counts say which campaigns have any, so only those are looked through; within one, ids are walked downwards in
windows, and no page looks at more than `MOST_LOOKED_AT` rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from nextpod_core import periods, rollups
from nextpod_core.analytics import WAITING
from nextpod_core.db import Connection, Row
from nextpod_core.filters import Filter, Values, one_of
from nextpod_core.periods import HOUR
from nextpod_core.verdicts import ANSWERED

Which = Literal[
    "accepted", "settled", "delivered", "failed", "expired", "rejected", "negative", "open", "silent", "unrecognised",
    "answered", "skipped", "refused", "unknown", "cancelled", "queued",
]  # fmt: skip
# What each figure is made of. None: whatever was accepted.
STATUSES: dict[str, tuple[str, ...] | None] = {
    "accepted": None,
    "answered": None,
    "settled": ("delivered", "failed", "expired", "rejected"),
    "delivered": ("delivered",),
    "failed": ("failed",),
    "expired": ("expired",),
    "rejected": ("rejected",),
    "negative": ("failed", "expired", "rejected"),
    "open": tuple(sorted(WAITING)),
    "silent": tuple(sorted(WAITING)),
    "unrecognised": ("unrecognised",),
    "skipped": ("skipped",),
    "refused": ("refused",),
    "unknown": ("unknown",),
    "cancelled": ("cancelled",),
    "queued": ("queued", "sending"),
}
# The steps of the funnel: of the campaigns that began within the period, over the whole life of each. None: every one.
BEGUN: dict[str, tuple[str, ...] | None] = {
    "planned": None,
    "accepted": rollups.STATUSES,
    "reported": tuple(status for status in rollups.STATUSES if status != "accepted"),
    "delivered": ("delivered",),
    "answered": None,
}
# What the timeline knows by the minute: acceptances, and the statuses that messages are in since then.
BY_MINUTE: dict[str, tuple[str, ...] | None] = {
    "accepted": None,
    **{status: (status,) for status in rollups.STATUSES if status != "accepted"},
}
# Never accepted, so they have no hour of their own: found by the campaigns that began within the period.
WITHOUT_HOUR = frozenset({"skipped", "refused", "unknown", "cancelled", "queued"})
# The statuses with an index of their own (messages_odd): found without walking past the others.
ODD = frozenset({"sending", "unknown", "refused", "skipped", "failed", "expired", "rejected", "unrecognised"})
ODD_INDEX = (
    "messages.status IN ('sending', 'unknown', 'refused', 'skipped', 'failed', 'expired', 'rejected', 'unrecognised')"
)
MINUTE = 60_000
WINDOW = 20_000
MOST_LOOKED_AT = 200_000
# A place in the list is campaign * STRIDE + message, which falls from row to row.
STRIDE = 1 << 36


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of messages with their campaign's name; `next` is what to pass as `before` for more, None at the end."""

    rows: list[Row]
    next: int | None


def messages_behind(
    db: Connection,
    asked: Filter,
    which: str,
    *,
    now: int,
    silent_after: int,
    before: int | None = None,
    code: str | None = None,
    slots: Sequence[int] | None = None,
    begun: bool = False,
    minute: int | None = None,
    limit: int = 100,
) -> Page:
    """The messages that a figure counts: `which` is a key of STATUSES, `code` an operator code among the negatives,
    `slots` hours of the week on the team's clock (0 is Monday 00, 167 Sunday 23).

    `begun`: of the campaigns that began within the period, whenever their messages were accepted; `which` is then a
    key of BEGUN. `minute`: of a minute of the timeline, by its first moment; `which` is
    then a key of BY_MINUTE, and what is so since that minute counts, whenever it was accepted.

    A page may have fewer than `limit` rows, also none, and still have a next
    one: then much was looked through.
    """
    known = BY_MINUTE if minute is not None else BEGUN if begun else STATUSES
    if which not in known:
        return Page([], None)
    statuses, timeless = known[which], begun or minute is not None or which in WITHOUT_HOUR
    if timeless:
        slots = None
    last_campaign, last_message = divmod(before, STRIDE) if before is not None else (1 << 26, STRIDE - 1)
    rows: list[Row] = []
    looked = 0
    candidates = (_of_minute(db, asked, which, minute, last_campaign) if minute is not None else
                  _candidates(db, asked, None if begun else which, statuses, last_campaign, slots))  # fmt: skip
    for campaign in candidates:
        if campaign < last_campaign:
            last_message = STRIDE - 1
        low, high = _ends(db, campaign, statuses)
        high = min(high, last_message - 1)
        while high >= low:
            bottom = low if _is_odd(statuses) else max(low, high - WINDOW + 1)
            rows += _window(db, asked, which, statuses, campaign, (bottom, high), now=now, silent_after=silent_after,
                            code=code, slots=slots, begun=begun, minute=minute, limit=limit - len(rows))  # fmt: skip
            if len(rows) >= limit:
                return Page(rows, campaign * STRIDE + int(rows[-1]["id"]))
            looked += high - bottom + 1
            high = bottom - 1
            if looked >= MOST_LOOKED_AT and not _is_odd(statuses):
                return Page(rows, campaign * STRIDE + bottom)
    return Page(rows, None)


def _candidates(db: Connection, asked: Filter, which: str | None, statuses: tuple[str, ...] | None, last: int,
                slots: Sequence[int] | None) -> list[int]:  # fmt: skip
    if which is None:
        where, values = asked.begun()
        found = db.execute(
            f"SELECT id FROM campaigns WHERE {where} AND id <= :last ORDER BY 1 DESC", {**values, "last": last}
        )
        return [row[0] for row in found.fetchall()]
    if which in WITHOUT_HOUR:
        where, values = asked.begun()
        source = f"FROM counts WHERE campaign_id IN (SELECT id FROM campaigns WHERE {where}) AND hour = 0"
    elif which == "answered":
        source, values = asked.source("counts")
        source += " AND answered > 0"
    elif asked.countries or asked.operators:
        source, values = asked.source("counts")
    else:
        # The hours themselves say whether there are any.
        where, values = asked.where()
        source = f"FROM count_hours WHERE {where} AND {' + '.join(statuses or rollups.STATUSES)} > 0"
        statuses = None
    if slots is not None:
        source += f" AND {one_of(periods.week_hour_sql(asked.period, 'hour'), 'slot', slots, values)}"
    if statuses:
        source += f" AND status IN ({_quoted(statuses)})"
    rows = db.execute(
        f"SELECT DISTINCT campaign_id {source} AND campaign_id <= :last ORDER BY 1 DESC", {**values, "last": last}
    )
    return [row[0] for row in rows.fetchall()]


def _of_minute(db: Connection, asked: Filter, which: str, minute: int, last: int) -> list[int]:
    values: Values = {"minute": minute, "status": "left" if which == "accepted" else which, "last": last}
    parts = ["minute = :minute", "status = :status", *asked.campaign_parts("campaign_id", values)]
    rows = db.execute(
        f"""
        SELECT DISTINCT campaign_id FROM timeline
         WHERE {" AND ".join(parts)} AND messages > 0 AND campaign_id <= :last
         ORDER BY 1 DESC
        """,
        values,
    )
    return [row[0] for row in rows.fetchall()]


def _ends(db: Connection, campaign: int, statuses: tuple[str, ...] | None) -> tuple[int, int]:
    if _is_odd(statuses):
        return 1, STRIDE - 1  # The index finds them; where they lie doesn't matter.
    row = db.execute(
        "SELECT min(id), max(id) FROM messages WHERE campaign_id = :campaign", {"campaign": campaign}
    ).fetchone()
    return row[0] or 1, row[1] or 0


def _is_odd(statuses: tuple[str, ...] | None) -> bool:
    return statuses is not None and ODD.issuperset(statuses)


def _quoted(statuses: tuple[str, ...]) -> str:
    return ", ".join(f"'{status}'" for status in statuses)  # Our own words, never what somebody typed.


def _window(
    db: Connection,
    asked: Filter,
    which: str,
    statuses: tuple[str, ...] | None,
    campaign: int,
    ends: tuple[int, int],
    *,
    now: int,
    silent_after: int,
    code: str | None,
    slots: Sequence[int] | None,
    begun: bool,
    minute: int | None,
    limit: int,
) -> list[Row]:
    values: Values = {}
    parts = asked.place_parts(values)
    if statuses:
        parts.append(f"messages.status IN ({_quoted(statuses)})")
    if _is_odd(statuses):
        # Word for word what the index is made for, or SQLite does not see that it may be used.
        parts.append(ODD_INDEX)
    if minute is not None:
        column = "accepted_at" if which == "accepted" else "status_at"
        parts.append(f"{column} >= :start AND {column} < :end")
        values.update(start=minute, end=minute + MINUTE)
    elif not begun and which not in WITHOUT_HOUR:
        parts.append("accepted_at >= :start AND accepted_at < :end")
        values.update(start=asked.period.start, end=asked.period.end)
    if which in ("open", "silent"):
        parts.append(f"accepted_at {'>=' if which == 'open' else '<'} :late")
        values["late"] = (now - silent_after) // HOUR * HOUR
    if which == "answered":
        parts.append(f"messages.flags & {ANSWERED} <> 0")
    if slots is not None:
        parts.append(one_of(periods.week_hour_sql(asked.period, "accepted_at"), "slot", slots, values))
    if code is not None:
        parts.append("coalesce(operator_code, '') = :code")
        values["code"] = code
    # The plus keeps SQLite from walking the campaign's other index and sorting all of it.
    column = "messages.campaign_id" if _is_odd(statuses) else "+messages.campaign_id"
    found: list[Row] = db.execute(
        f"""
        SELECT messages.id, messages.campaign_id, campaigns.name AS campaign, campaigns.kind, msisdn, messages.status,
               accepted_at, status_at, latency, mcc, mnc, word, operator_code, parts, alphabet
          FROM messages
          JOIN campaigns ON campaigns.id = messages.campaign_id
          JOIN texts ON texts.id = messages.text_id
         WHERE {column} = :campaign AND messages.id BETWEEN :low AND :high
           AND {" AND ".join(parts) or "1 = 1"}
         ORDER BY messages.id DESC
         LIMIT :limit
        """,
        {**values, "campaign": campaign, "low": ends[0], "high": ends[1], "limit": limit},
    ).fetchall()
    return found
