"""
What a monitor reads: counts and ages in Prometheus' text format 0.0.4. No number of a person and no text is in it.

Labels hold words of our own alone (states, statuses, names of processes and brakes), never what somebody sent.
"""

import shutil
from collections.abc import Iterable, Mapping

from nextpod_core import backups, brakes, folding, quarantine, settlement
from nextpod_core.db import Connection
from nextpod_core.settings import Settings

HOUR, DAY = 3_600_000, 86_400_000
Sample = tuple[str, float]  # labels, as they stand between the braces, and the value


Figure = tuple[str, str, str, list[Sample]]  # name, kind, what it says, samples


def of_ingester(told: Mapping[str, int]) -> list[Figure]:
    """What only the ingester knows: what it counted since it started, and how much waits in its queue."""
    return [
        ("ingester_queue", "gauge", "Calls of Nextpod that wait for their commit.", [("", told.get("queue", 0))]),
        ("ingester_calls_total", "counter", "Calls of Nextpod since the ingester started, by what became of them.",
         [(f'outcome="{name}"', count) for name, count in sorted(told.items()) if name != "queue"]),
    ]  # fmt: skip


def render(db: Connection, settings: Settings, own: Iterable[Figure], *, now: int) -> str:
    """All of it: what the process that is asked knows by itself (`own`), and what the database says."""
    usage = shutil.disk_usage(settings.database.resolve().parent)
    made = [one.made_at for one in backups.recent(settings) if one.is_there]
    lines: list[str] = []

    def add(name: str, kind: str, about: str, samples: Iterable[Sample]) -> None:
        found = list(samples)
        if found:
            lines.extend((f"# HELP nextpod_{name} {about}", f"# TYPE nextpod_{name} {kind}"))
            # All digits: `g` alone would round a count of millions to its first six.
            lines.extend(f"nextpod_{name}{{{labels}}} {value:.15g}" if labels else f"nextpod_{name} {value:.15g}"
                         for labels, value in found)  # fmt: skip

    for figure in own:
        add(*figure)
    add("reports_unfolded", "gauge", "Reports in the log that are not in messages and counts yet.",
        [("", folding.unfolded(db))])  # fmt: skip
    add("outcomes_last_hour", "gauge", "Messages by the status that a report of the last hour gave them.",
        _by(db, "SELECT status AS word, sum(messages) AS many FROM timeline WHERE minute > :since"
                " AND status <> 'left' GROUP BY status", "status", since=now - HOUR))  # fmt: skip
    add("accepted_last_hour", "gauge", "Messages that Nextpod accepted in the last hour.",
        [("", db.execute("SELECT coalesce(sum(messages), 0) FROM timeline WHERE minute > :since AND status = 'left'",
                         {"since": now - HOUR}).fetchone()[0])])  # fmt: skip
    add("messages", "gauge", "Messages by status: those not accepted yet, and those accepted within a day.",
        _by(db, "SELECT status AS word, sum(messages) AS many FROM"
                " (SELECT status, messages FROM counts WHERE hour = 0 UNION ALL"
                "  SELECT status, messages FROM count_hours CROSS JOIN counts"
                "   WHERE count_hours.hour > :since AND counts.campaign_id = count_hours.campaign_id"
                "     AND counts.hour = count_hours.hour) AS messages"
                " GROUP BY status", "status", since=now - DAY))  # fmt: skip
    add("requests_open", "gauge", "Requests to Nextpod by state.",
        _by(db, "SELECT state AS word, count(*) AS many FROM batches"
                " WHERE state IN ('sending', 'waiting', 'held', 'unknown') GROUP BY state", "state"))  # fmt: skip
    add("requests_refused", "gauge", "Requests that Nextpod refused in the last twenty minutes.",
        [("", settlement.recently_failed(db, now=now))])  # fmt: skip
    add("campaigns", "gauge", "Campaigns that are not over, by state.",
        _by(db, "SELECT state AS word, count(*) AS many FROM campaigns WHERE kind = 'campaign'"
                " AND state IN ('scheduled', 'sending', 'paused') GROUP BY state", "state"))  # fmt: skip
    add("brake", "gauge", "1 for every reason why all sending rests.",
        ((f'name="{one.name}"', 1) for one in brakes.active(db, now=now)))  # fmt: skip
    add("heartbeat_age_seconds", "gauge", "How long ago a process said that it lives.",
        ((f'process="{row["process"]}"', (now - row["at"]) / 1000)
         for row in db.execute("SELECT process, at FROM heartbeats ORDER BY process")))  # fmt: skip
    add("quarantine", "gauge", "Calls of Nextpod that could not be understood and are kept.",
        [("", quarantine.count(db))])  # fmt: skip
    add("disk_free_bytes", "gauge", "Free on the disk of the database.", [("", usage.free)])
    add("disk_bytes", "gauge", "The disk of the database.", [("", usage.total)])
    add("database_bytes", "gauge", "The database and its log.",
        [("", sum(file.stat().st_size for end in ("", "-wal") if
                  (file := settings.database.with_name(settings.database.name + end)).exists()))])  # fmt: skip
    add("backup_age_seconds", "gauge", "How old the newest backup is.",
        [("", (now - max(made)) / 1000)] if made else [])  # fmt: skip
    return "\n".join(lines) + "\n"


def _by(db: Connection, question: str, label: str, **values: int) -> list[Sample]:
    return [(f'{label}="{row["word"]}"', row["many"]) for row in db.execute(question, values) if row["many"]]
