"""How fast a campaign leaves, and when it will be done, told from what has left in the last minutes."""

from nextpod_core import schedule
from nextpod_core.counts import MINUTE
from nextpod_core.db import Connection, Row

LOOKED_BACK = 10 * MINUTE
ENOUGH = MINUTE // 2  # A pace from less than this says more about the moment than about the campaign.
DAYS = 3_660


def per_minute(db: Connection, campaign: Row, *, now: int) -> float | None:
    """Messages a minute over the last ten, or since it began; None in its first half minute, or where nothing left."""
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
    return left * MINUTE / span if left and span >= ENOUGH else None


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
