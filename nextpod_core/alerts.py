"""
Alerts: incidents that somebody away from the desk must hear of, once when they begin and once when they are over.

`look` says what is wrong now, `note` keeps it as incidents, `owed` what is still to be told; `telling.py` tells it.
An incident is over when it was not seen for a minute, so that what comes and goes is told once.
"""

from dataclasses import dataclass

from nextpod_core import backups, brakes, quarantine, roles, store
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.people import DISPATCHER, Actor, audit
from nextpod_core.sentences import Sentence, load, say, say_count
from nextpod_core.settings import Settings

MINUTE = 60_000
DAY = 1440 * MINUTE
QUIET = MINUTE
SILENT = 15 * MINUTE  # Reports of most networks come within seconds; a quarter of an hour without any is none.
SETTLES = 5 * MINUTE  # Most unknown messages are settled by their report within this time.
LONGEST_WAIT = 60 * MINUTE
GIGA = 1 << 30
# Both must hold: a tenth of a large disk is still room for years, and a small disk is meant to be small.
LOW, LOW_ROOM = 0.2, 20 * GIGA
FULL, FULL_ROOM = 0.1, 5 * GIGA
# A person's own stop is no news to anybody.
TOLD_TO_ALL = ("ingester", "reports", "unknown", "disk_low")
TOLD_BRAKES = ("key", "credit", "lockout", "address", "unknowns", "overdue", "disk")


@dataclass(frozen=True, slots=True)
class News:
    """What is owed: that an incident began, or that it is over. Times UTC milliseconds."""

    id: int
    kind: str
    is_over: bool
    sentence: Sentence
    began_at: int
    ended_at: int | None


def look(db: Connection, settings: Settings, *, free: int, total: int, now: int) -> dict[str, Sentence]:
    """What is wrong now, by kind. `free` and `total` bytes of the disk under the store. Bounded by what is open."""
    found = {brake.name: brake.reason for brake in brakes.active(db, now=now) if brake.name in TOLD_BRAKES}
    if free < total * LOW and free < LOW_ROOM:
        found["disk_low"] = say("The disk is getting full: {percent}% are free.", percent=100 * free // max(total, 1))
    beats = store.last_beats(db)
    if "ingester" in beats and now - beats["ingester"] > 2 * MINUTE:
        found["ingester"] = say("The ingester does not run: no report or incoming message is taken.")
    if _reports_are_silent(db, now=now):
        found["reports"] = say(
            "Nextpod accepted messages more than 15 minutes ago and no delivery report has come since. "
            "Check that it can reach the ingester."
        )
    if unknown := _unknown(db, now=now):
        found["unknown"] = say_count(
            "{count} message may have been sent; no answer came. Somebody must decide.",
            "{count} messages may have been sent; no answer came. Somebody must decide.",
            unknown,
        )
    if backups.is_late(settings, backups.recent(settings), now=now):
        found["backup"] = say("There is no backup of the last 26 hours.")
    if odd := quarantine.count(db):
        found["quarantine"] = say_count(
            "{count} call from Nextpod could not be understood and is kept.",
            "{count} calls from Nextpod could not be understood and are kept.",
            odd,
        )
    return found


def rest_for_disk(db: Connection, *, free: int, total: int, now: int) -> None:
    """Rest all sending while the disk is nearly full, and let it go on by itself when there is room again."""
    is_on = any(brake.name == "disk" for brake in brakes.active(db, now=now))
    if not is_on and free < total * FULL and free < FULL_ROOM:
        with transaction(db):
            reason = say(
                "The disk is nearly full ({percent}% free). Sending rests, so that reports and opt-outs still fit. "
                "Make room; it goes on by itself.",
                percent=100 * free // max(total, 1),
            )
            brakes.put_on(db, "disk", reason, now=now, by=DISPATCHER)
    # A little more than it takes to rest, or it would come and go with every write.
    elif is_on and (free > total * (FULL + 0.02) or free > FULL_ROOM + GIGA):
        brakes.let_go(db, "disk", now=now, by=DISPATCHER)


def note(db: Connection, found: dict[str, Sentence], *, now: int) -> None:
    """Keep what `look` found: new incidents begin, those seen again go on, those gone for a minute are over."""
    rows = db.execute("SELECT id, kind, seen_at FROM alerts WHERE ended_at IS NULL").fetchall()
    known = {row["kind"] for row in rows}
    if not found and not rows:
        return
    with transaction(db):
        for kind, sentence in found.items():
            if kind not in known:
                db.execute(
                    "INSERT INTO alerts (kind, sentence, began_at, seen_at) VALUES (:kind, :sentence, :now, :now)"
                    " ON CONFLICT DO NOTHING",
                    {"kind": kind, "sentence": sentence.dump(), "now": now},
                )
        for row in rows:
            if row["kind"] in found:
                db.execute("UPDATE alerts SET seen_at = :now WHERE id = :id", {"now": now, "id": row["id"]})
            elif not 0 <= now - row["seen_at"] < QUIET:
                db.execute(
                    "UPDATE alerts SET ended_at = :now, next_at = 0, tries = 0 WHERE id = :id",
                    {"now": now, "id": row["id"]},
                )


def try_out(db: Connection, *, by: Actor, now: int) -> None:
    """Tell of an incident that is none, and a minute later that it is over, by the very way that real ones are told."""
    roles.allow(by, "options.change")
    sentence = say("This is a test, asked for on the health page. Nothing is wrong, and nobody has to do anything.")
    with transaction(db):
        db.execute(
            "INSERT INTO alerts (kind, sentence, began_at, seen_at) VALUES ('test', :sentence, :now, :now)"
            " ON CONFLICT DO NOTHING",
            {"sentence": sentence.dump(), "now": now},
        )
        audit(db, by=by, action="alert.test", now=now, subject="alert")


def last_test(db: Connection) -> Row | None:
    """When a test was last asked for (`began_at`), told (`told_at`), and why it could not be (`error`)."""
    row: Row | None = db.execute(
        "SELECT began_at, told_at, error FROM alerts WHERE kind = 'test' ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return row


def owed(db: Connection, *, now: int) -> News | None:
    """The next thing to tell, the oldest first; None when nobody waits for anything. Yesterday's is told no more."""
    row = db.execute(
        """
        SELECT * FROM alerts
         WHERE told_over_at IS NULL AND next_at <= :now
           AND (told_at IS NULL AND began_at > :since OR told_at IS NOT NULL AND ended_at > :since)
         ORDER BY began_at, id
         LIMIT 1
        """,
        {"since": now - DAY, "now": now},
    ).fetchone()
    if row is None:
        return None
    return News(
        row["id"], row["kind"], row["told_at"] is not None, load(row["sentence"]) or Sentence(""), row["began_at"],
        row["ended_at"],
    )  # fmt: skip


def told(db: Connection, news: News, *, now: int) -> None:
    """It was delivered."""
    column = "told_over_at" if news.is_over else "told_at"
    with transaction(db):
        db.execute(
            f"UPDATE alerts SET {column} = :now, tries = 0, next_at = 0, error = NULL WHERE id = :id",
            {"now": now, "id": news.id},
        )


def not_told(db: Connection, news: News, why: str, *, now: int) -> None:
    """It could not be delivered; it is tried again after 1, 2, 4 … 60 minutes, for a day."""
    with transaction(db):
        tries = db.execute("SELECT tries FROM alerts WHERE id = :id", {"id": news.id}).fetchone()["tries"]
        db.execute(
            "UPDATE alerts SET tries = tries + 1, next_at = :at, error = :why WHERE id = :id",
            {"at": now + min(LONGEST_WAIT, MINUTE * 2 ** min(tries, 10)), "why": why[:300], "id": news.id},
        )


def current(db: Connection) -> list[News]:
    """Incidents that are not over, the oldest first."""
    rows = db.execute("SELECT * FROM alerts WHERE ended_at IS NULL ORDER BY began_at, id").fetchall()
    return [
        News(row["id"], row["kind"], False, load(row["sentence"]) or Sentence(""), row["began_at"], None)
        for row in rows
    ]


def on_every_page(db: Connection, *, now: int) -> dict[str, Sentence]:
    """What everybody at the desk is told beside the brakes, by kind, each until it is over.

    The dispatcher notes incidents, so that it is silent itself has to be seen here.
    """
    told = {news.kind: news.sentence for news in current(db) if news.kind in TOLD_TO_ALL}
    beat = store.last_beats(db).get("dispatcher")
    if beat is not None and now - beat > 2 * MINUTE:
        return {"dispatcher": say("The dispatcher does not run: nothing is sent."), **told}
    return told


def _reports_are_silent(db: Connection, *, now: int) -> bool:
    # The newest requests of the last day that are old enough; what was handed over for later has no report yet.
    row = db.execute(
        """
        SELECT max(started_at) FROM
               (SELECT a.started_at, a.outcome, c.handed_over, c.due_at
                  FROM attempts a JOIN batches b ON b.id = a.batch_id JOIN campaigns c ON c.id = b.campaign_id
                 WHERE a.started_at BETWEEN :from AND :to ORDER BY a.started_at DESC LIMIT 500)
         WHERE outcome = 'accepted'
           AND NOT (handed_over AND due_at > :to)
        """,
        {"from": now - DAY, "to": now - SILENT},
    ).fetchone()
    if row[0] is None:
        return False
    last = db.execute("SELECT arrived FROM reports ORDER BY id DESC LIMIT 1").fetchone()
    return last is None or last["arrived"] < row[0]


def _unknown(db: Connection, *, now: int) -> int:
    return int(
        db.execute(
            """
            SELECT count(*) FROM
                   (SELECT 1 FROM batches b JOIN messages m ON m.batch_id = b.id
                     WHERE b.state = 'unknown' AND b.created_at < :since AND m.status = 'unknown' AND m.flags & 2 = 0
                     LIMIT 10000)
            """,
            {"since": now - SETTLES},
        ).fetchone()[0]
    )
