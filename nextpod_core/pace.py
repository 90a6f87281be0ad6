"""
How much may leave at this moment: the daily window, messages a minute, spreading over hours, the account's day, and
of a large campaign a first wave alone, so that a mistake in it is seen before everybody has it. And how fast it
really leaves, and when it will be done, told from what has left in the last minutes.
"""

import datetime
import math
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from nextpod_core import schedule
from nextpod_core.db import Connection, Row
from nextpod_core.options import Options

MINUTE = 60_000
NO_LIMIT = 1 << 31
LOOKED_BACK = 10 * MINUTE
ENOUGH = MINUTE // 2  # A pace from less than this says more about the moment than about the campaign.
DAYS = 3_660
# Outcomes that prove that nobody was reached. Anything else, and no outcome yet, counts as sent.
NOT_REACHED = "'not_sent', 'rejected', 'not_allowed', 'credit', 'blocked'"


@dataclass(frozen=True, slots=True)
class Wave:
    """The first wave of a campaign: its size, how many of it have been claimed, and when the rest may leave (UTC ms).

    `rest_at` is None while nothing of it has left.
    """

    size: int
    gone: int
    rest_at: int | None


def is_open(campaign: Row, *, now: int) -> bool:
    """Whether the campaign's own daily window lets anything leave now. Answers and tests know no window."""
    if not campaign["window_from"]:
        return True
    return schedule.in_window(now, zone=campaign["zone"], start=campaign["window_from"], end=campaign["window_to"])


def rate(campaign: Row) -> float:
    """Recipients per millisecond that the campaign may reach; infinite without a limit.

    Spreading is a rate too, planned / span, so that time lost to a pause moves the end and is never made up by a rush.
    """
    rates = [math.inf]
    if campaign["per_minute"]:
        rates.append(campaign["per_minute"] / MINUTE)
    if campaign["spread_ms"]:
        rates.append(max(campaign["planned"], 1) / campaign["spread_ms"])
    return min(rates)


def wave(db: Connection, campaign: Row, *, now: int) -> Wave | None:
    """The first wave while it holds the rest back; None for a campaign without one, or whose rest may leave."""
    if not campaign["wave_size"]:
        return None
    # The clock runs from the first request that may have reached somebody; one that was refused showed nobody anything.
    first = db.execute(
        f"""
        SELECT a.started_at
          FROM batches b JOIN attempts a ON a.batch_id = b.id
         WHERE b.campaign_id = :campaign AND coalesce(a.outcome, '') NOT IN ({NOT_REACHED})
         ORDER BY b.id, a.id
         LIMIT 1
        """,
        {"campaign": campaign["id"]},
    ).fetchone()
    if first is None:
        return Wave(campaign["wave_size"], 0, None)
    rest_at = int(first["started_at"]) + int(campaign["wave_ms"])
    if now >= rest_at:
        return None
    gone = db.execute(
        f"""
        SELECT coalesce(sum(a.size), 0)
          FROM batches b JOIN attempts a ON a.batch_id = b.id
         WHERE b.campaign_id = :campaign AND coalesce(a.outcome, '') NOT IN ({NOT_REACHED})
        """,
        {"campaign": campaign["id"]},
    ).fetchone()[0]
    return Wave(campaign["wave_size"], int(gone), rest_at)


def allowance(db: Connection, campaign: Row, *, now: int) -> int:
    """How many recipients of the campaign may be claimed now: its rate times a sliding window, less what left in it.

    While the first wave holds the rest back, no more than is left of the wave.
    """
    first = wave(db, campaign, now=now)
    most = NO_LIMIT if first is None else max(0, first.size - first.gone)
    return min(most, _by_rate(db, campaign, now=now)) if most else 0


def _by_rate(db: Connection, campaign: Row, *, now: int) -> int:
    per_ms = rate(campaign)
    if math.isinf(per_ms):
        return NO_LIMIT
    # A minute, or as long as one recipient takes when that is longer.
    span = max(MINUTE, math.ceil(1 / per_ms))
    left = db.execute(
        f"""
        SELECT coalesce(sum(a.size), 0)
          FROM attempts a JOIN batches b ON b.id = a.batch_id
         WHERE a.started_at > :since AND b.campaign_id = :campaign AND coalesce(a.outcome, '') NOT IN ({NOT_REACHED})
        """,
        {"since": now - span, "campaign": campaign["id"]},
    ).fetchone()[0]
    return max(0, math.floor(per_ms * span + 1e-9) - int(left))


def left_today(db: Connection, limits: Options, *, now: int) -> int:
    """How many recipients the account may still reach today, in the team's zone; unknown ones count as reached."""
    if limits.daily_limit is None:
        return NO_LIMIT
    zone = ZoneInfo(limits.zone)
    today = datetime.datetime.fromtimestamp(now / 1000, zone).date()
    midnight = datetime.datetime.combine(today, datetime.time(), zone)
    used = db.execute(
        f"""
        SELECT coalesce(sum(size), 0) FROM attempts
         WHERE started_at >= :midnight AND coalesce(outcome, '') NOT IN ({NOT_REACHED})
        """,
        {"midnight": int(midnight.timestamp() * 1000)},
    ).fetchone()[0]
    return max(0, limits.daily_limit - int(used))


def per_minute(db: Connection, campaign: Row, *, now: int) -> float | None:
    """Messages a minute over the last ten, or since it began; None in its first half minute, or where nothing left.

    Never more than the campaign's limit: in the first minute a whole minute's share may have left at once.
    """
    if not campaign["started_at"]:
        return None
    since = max(now - LOOKED_BACK, campaign["started_at"]) // MINUTE * MINUTE
    left = db.execute(
        """
        SELECT coalesce(sum(messages), 0) FROM timeline
         WHERE campaign_id = :id AND minute >= :since AND minute <= :now AND status = 'left'
        """,
        {"id": campaign["id"], "since": since, "now": now},
    ).fetchone()[0]
    span = now - max(since, campaign["started_at"])
    if not left or span < ENOUGH:
        return None
    measured: float = left * MINUTE / span
    return min(measured, campaign["per_minute"] or measured)


def expected_end(db: Connection, campaign: Row, *, waiting: int, now: int) -> int | None:
    """When the last of `waiting` messages will have left at this pace, UTC milliseconds, through closed hours.

    None where the campaign is not sending, nothing waits, or there is no pace yet.
    """
    pace = per_minute(db, campaign, now=now)
    if campaign["state"] != "sending" or not waiting or pace is None:
        return None
    left, at = waiting * MINUTE / pace, now
    start, end, zone = campaign["window_from"], campaign["window_to"], campaign["zone"]
    if not start or not end:
        return round(at + left)
    at = schedule.next_open(at, zone=zone, start=start, end=end)
    for _day in range(DAYS):
        closes = schedule.next_close(at, zone=zone, start=start, end=end)
        if closes is None or at + left <= closes:
            break
        left -= closes - at
        at = schedule.next_open(closes, zone=zone, start=start, end=end)
    return round(at + left)
