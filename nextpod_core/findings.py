"""What is not well and needs a person, the most urgent first: each with what to do, and where it is dealt with."""

from dataclasses import dataclass
from typing import Literal

from nextpod_core import backups, brakes, quarantine, settlement
from nextpod_core.db import Connection
from nextpod_core.health import DAY, LOOKED_BACK, MOST_COUNTED, ODD_MESSAGES, OPEN_BATCHES, Machine, machine, processes
from nextpod_core.sentences import Sentence, say, say_count
from nextpod_core.settings import Settings

Level = Literal["stop", "look"]
Part = Literal["sending", "unknown", "reports", "connection", "store"]

SILENT = 15 * 60_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that needs a person: what it is and what to do. `brake`: the name of the brake to let go of."""

    kind: str
    level: Level
    part: Part
    sentence: Sentence
    todo: Sentence
    brake: str | None = None


def current(db: Connection, *, settings: Settings, now: int) -> list[Finding]:
    """What needs a person now, the most urgent first; empty when all is well."""
    return [
        *about_disk(machine(db, settings)), *_brakes(db, now=now), *_processes(db, now=now), *_failed(db, now=now),
        *_unknown(db), *_silence(db, now=now), *_quarantined(db), *_unrecognised(db, now=now),
        *_backups(settings, now=now),
    ]  # fmt: skip


def about_disk(found: Machine) -> list[Finding]:
    """What there is to say of the room on the disk: one finding or none."""
    megabytes = found.free >> 20
    todo = say("Make room on the disk, or move the database to a larger one.")
    if found.is_nearly_full:
        told = say(
            "The disk is full or nearly so: {megabytes} MB are free. When it is full sending stops, and delivery "
            "reports and answers are turned away until there is room again.",
            megabytes=megabytes,
        )
        return [Finding("disk", "stop", "store", told, todo)]
    if found.is_low:
        told = say("Less than a tenth of the disk is free: {megabytes} MB.", megabytes=megabytes)
        return [Finding("disk", "look", "store", told, todo)]
    return []


_LET_GO = {
    "stop": say("Find out who stopped it and why, then let it go on."),
    "key": say("Mend NEXTPOD_API_KEY or ask Nextpod about it, start the dispatcher again, then let it go on."),
    "credit": say("Fill the account at Nextpod, then let it go on."),
    "lockout": say("Wait for the end of the rest. Look at what was refused before you let it go on sooner."),
    "address": say("Mend NEXTPOD_API_URL, start the dispatcher again, then let it go on."),
    "unknowns": say("See whether Nextpod answers, and look at the unknown sends, then let it go on."),
    "overdue": say("Look at what is due, and whether it was sent from elsewhere already, then let it go on."),
    "disk": say("Make room on the disk, then let it go on."),
}


def _brakes(db: Connection, *, now: int) -> list[Finding]:
    return [
        Finding("brake", "stop", "sending", brake.reason, _LET_GO.get(brake.name, _LET_GO["stop"]), brake.name)
        for brake in brakes.active(db, now=now)
    ]


def _processes(db: Connection, *, now: int) -> list[Finding]:
    dispatcher, ingester = processes(db, now=now)
    found = []
    if not dispatcher.is_alive:
        found.append(
            Finding(
                "dispatcher", "stop", "sending", say("The dispatcher is not running, so nothing is sent."),
                say("Start it: make run starts everything, python -m nextpod_core dispatch the dispatcher alone."),
            )
        )  # fmt: skip
    if not ingester.is_alive:
        found.append(
            Finding(
                "ingester", "stop", "sending",
                say("The ingester is not running, so delivery reports, answers and STOP are not received."),
                say("Start it: make run starts everything, python -m nextpod_core ingest the ingester alone."),
            )
        )  # fmt: skip
    return found


def _failed(db: Connection, *, now: int) -> list[Finding]:
    failed = settlement.recently_failed(db, now=now)
    if failed < settlement.SPLIT_UNTIL_FAILED:
        return []
    told = say_count(
        "Nextpod refused {count} request within 20 minutes; at {limit} all sending rests.",
        "Nextpod refused {count} requests within 20 minutes; at {limit} all sending rests.",
        failed,
        limit=settlement.REST_AT_FAILED,
    )
    return [Finding("failed", "look", "sending", told, say("Look at the campaigns that are paused, and why."))]


def _unknown(db: Connection) -> list[Finding]:
    many = db.execute(
        f"""
        SELECT count(*) FROM (
            SELECT 1 FROM messages
             WHERE campaign_id IN (SELECT DISTINCT campaign_id FROM batches
                                    WHERE {OPEN_BATCHES} AND state = 'unknown')
               AND {ODD_MESSAGES} AND status = 'unknown' AND flags & 2 = 0
             LIMIT :most)
        """,
        {"most": MOST_COUNTED},
    ).fetchone()[0]
    if not many:
        return []
    told = say_count(
        "{count} message may have been sent: its request got no answer.",
        "{count} messages may have been sent: their requests got no answer.",
        many,
    )
    todo = say("Wait for late delivery reports, or decide: send again, or write off.")
    return [Finding("unknown", "look", "unknown", told, todo)]


def _silence(db: Connection, *, now: int) -> list[Finding]:
    last = db.execute("SELECT arrived FROM reports ORDER BY id DESC LIMIT 1").fetchone()
    # What Nextpod itself holds until its time has nothing to report yet.
    first = db.execute(
        """
        SELECT a.ended_at
          FROM attempts a JOIN batches b ON b.id = a.batch_id JOIN campaigns c ON c.id = b.campaign_id
         WHERE a.started_at > :since AND a.outcome = 'accepted' AND NOT c.handed_over
         ORDER BY a.started_at
         LIMIT 1
        """,
        {"since": max(last["arrived"] if last else 0, now - DAY)},
    ).fetchone()
    if first is None or now - first["ended_at"] < SILENT:
        return []
    told = say(
        "No delivery report has come for {minutes} minutes, though Nextpod accepted messages.",
        minutes=(now - first["ended_at"]) // 60_000,
    )
    todo = say("See whether Nextpod reaches the address for delivery reports: send one text to your own phone.")
    return [Finding("silence", "look", "connection", told, todo)]


def _backups(settings: Settings, *, now: int) -> list[Finding]:
    found = backups.recent(settings)
    if not backups.is_late(settings, found, now=now):
        return []
    hours = (now - found[0].made_at) // 3_600_000 if found else None
    told = (
        say("There is no backup.")
        if hours is None
        else say("The newest backup is {hours} hours old, or its files are gone.", hours=hours)
    )
    todo = say("Run python -m nextpod_core backup, and see why the nightly timer did not.")
    return [Finding("backup", "look", "store", told, todo)]


def _quarantined(db: Connection) -> list[Finding]:
    many = quarantine.count(db)
    if not many:
        return []
    told = say_count(
        "{count} call from Nextpod could not be understood and is kept.",
        "{count} calls from Nextpod could not be understood and are kept.",
        many,
    )
    return [Finding("quarantine", "look", "reports", told, say("Read why, and try them again after an update."))]


def _unrecognised(db: Connection, *, now: int) -> list[Finding]:
    row = db.execute(
        """
        SELECT count(DISTINCT word) AS words, coalesce(sum(messages), 0) AS messages
          FROM (SELECT campaign_id AS whose, hour AS at FROM count_hours
                 WHERE hour BETWEEN :since AND :now AND unrecognised > 0) AS hours
         CROSS JOIN reasons
         WHERE campaign_id = whose AND hour = at AND status = 'unrecognised'
        """,
        {"since": now - LOOKED_BACK, "now": now},
    ).fetchone()
    if not row["messages"]:
        return []
    told = say_count(
        "{count} status word in delivery reports is unheard of; it stands on {messages} messages.",
        "{count} status words in delivery reports are unheard of; they stand on {messages} messages.",
        row["words"],
        messages=row["messages"],
    )
    return [Finding("unrecognised", "look", "reports", told, say("Say what each means; all counts follow."))]
