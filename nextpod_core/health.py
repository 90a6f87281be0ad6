"""
How the installation fares: its processes, requests, reports, machine and settings. `findings.py` judges it.

Pages ask these every few seconds beside a store of ten million rows, so every question is bounded: by an index that
holds only what is open, by the last month, or by the newest rows of a log.
"""

import dataclasses
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from nextpod_core import folding, oidc_settings, outbox, settlement
from nextpod_core.db import Connection, Row
from nextpod_core.settings import DEFAULTS, Settings

PROCESSES = ("dispatcher", "ingester")
ALIVE = 10_000  # The slower of the two beats every 5 s.
DAY = 86_400_000
LOOKED_BACK = 30 * DAY
NEWEST_REPORTS = 5_000
MOST_COUNTED = 10_000
# Below this reports and opt-outs may soon not fit any more; what is being sent should have rested before.
LITTLE_ROOM = 512 << 20
LOW_SHARE, LOW_ROOM = 0.1, 5 << 30
# SQLite uses an index that holds only some rows for a question that repeats the index's own words, and for no other.
ODD_MESSAGES = "status IN ('sending', 'unknown', 'refused', 'skipped', 'failed', 'expired', 'rejected', 'unrecognised')"
OPEN_BATCHES = outbox.OPEN_BATCHES
# What `Settings` keeps out of its print, and what names the account or may hold a password.
_SECRET = {each.name for each in dataclasses.fields(Settings) if not each.repr} | {"account_id", "proxy"}
_FIELDS = {
    "NEXTPOD_TIMEOUT_SECONDS": "timeout", "NEXTPOD_LEASE_SECONDS": "lease", "NEXTPOD_HELD_SECONDS": "held",
    "NEXTPOD_REST_SECONDS": "rest", "NEXTPOD_OVERDUE_SECONDS": "overdue",
    "NEXTPOD_STOP_SECONDS": "stop", "NEXTPOD_WEBHOOK_TOKEN_BEFORE": "webhook_tokens_before",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Process:
    """A process as it last told of itself. Times UTC milliseconds, None: it never ran on this store."""

    name: str
    at: int | None
    started_at: int | None
    told: dict[str, int | str]
    is_alive: bool


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests by what they wait for, and the messages in them; `failed` of the last 20 minutes, of `limit` allowed."""

    under_way: int
    messages_under_way: int
    waiting: int
    held: int
    next_at: int | None
    failed: int
    limit: int


@dataclass(frozen=True, slots=True)
class Reports:
    """
    Delivery reports. `open`: accepted within 30 days and without any report yet; `silent`: those of them that have
    waited longer than the setting allows. `orphans` belong to nothing known here, counted up to 10,000. `repeats`:
    how often the newest `looked_at` reports came once more.
    """

    last_at: int | None
    unfolded: int
    open: int
    silent: int
    orphans: int
    repeats: int
    looked_at: int


@dataclass(frozen=True, slots=True)
class Machine:
    """Sizes in bytes. `copies`: files that an update made before it changed the store, newest first."""

    free: int
    total: int
    database: int
    sqlite: str
    born: str
    steps: int
    copies: tuple[tuple[str, int], ...]

    @property
    def is_nearly_full(self) -> bool:
        """Whether reports may soon not fit any more."""
        return self.free < LITTLE_ROOM

    @property
    def is_low(self) -> bool:
        """Whether somebody should make room in the next days."""
        return self.free < LOW_ROOM and self.free < self.total * LOW_SHARE


@dataclass(frozen=True, slots=True)
class Trial:
    """How a test text fares. Times UTC milliseconds, None while it has not happened."""

    message_id: int
    msisdn: str
    sender: str
    status: str
    queued_at: int
    accepted_at: int | None
    report_at: int | None
    word: str | None
    answer_at: int | None
    answer: str | None


def processes(db: Connection, *, now: int) -> list[Process]:
    """The two that must run beside the pages, whether they live, and what they last told."""
    rows = {row["process"]: row for row in db.execute("SELECT * FROM heartbeats")}
    found = []
    for name in PROCESSES:
        row = rows.get(name)
        told = json.loads(row["detail"]) if row else {}
        at = row["at"] if row else None
        found.append(Process(name, at, row["started_at"] if row else None, told,
                             at is not None and now - at <= ALIVE))  # fmt: skip
    return found


def requests(db: Connection, *, now: int) -> Requests:
    """What is under way to Nextpod, what waits to go again, and how near its lock-out is."""
    rows = db.execute(
        f"""
        SELECT state, count(*) AS batches, coalesce(sum(size), 0) AS messages, min(next_at) AS next_at
          FROM batches
         WHERE {OPEN_BATCHES} AND state <> 'unknown'
         GROUP BY state
        """
    )
    by = {row["state"]: row for row in rows}
    times = [by[state]["next_at"] for state in ("waiting", "held") if state in by and by[state]["next_at"]]
    return Requests(
        under_way=by["sending"]["batches"] if "sending" in by else 0,
        messages_under_way=by["sending"]["messages"] if "sending" in by else 0,
        waiting=by["waiting"]["batches"] if "waiting" in by else 0,
        held=by["held"]["batches"] if "held" in by else 0,
        next_at=min(times, default=None),
        failed=settlement.recently_failed(db, now=now),
        limit=settlement.REST_AT_FAILED,
    )


def reports(db: Connection, *, now: int, no_report_hours: float) -> Reports:
    """How delivery reports come in, from counts and from the newest rows of the log."""
    last = db.execute("SELECT arrived FROM reports ORDER BY id DESC LIMIT 1").fetchone()
    waiting = db.execute(
        """
        SELECT coalesce(sum(accepted), 0) AS open,
               coalesce(sum(accepted) FILTER (WHERE hour < :late), 0) AS silent
          FROM count_hours
         WHERE hour BETWEEN :since AND :now
        """,
        {"since": now - LOOKED_BACK, "now": now, "late": now - int(no_report_hours * 3_600_000)},
    ).fetchone()
    orphans = db.execute(
        "SELECT count(*) FROM (SELECT 1 FROM reports WHERE message_id IS NULL LIMIT :most)", {"most": MOST_COUNTED}
    ).fetchone()[0]
    newest = db.execute(
        """
        SELECT coalesce(sum(repeats), 0) AS repeats, count(*) AS looked
          FROM (SELECT repeats FROM reports ORDER BY id DESC LIMIT :newest)
        """,
        {"newest": NEWEST_REPORTS},
    ).fetchone()
    return Reports(
        last["arrived"] if last else None, folding.unfolded(db), waiting["open"], waiting["silent"], orphans,
        newest["repeats"], newest["looked"],
    )  # fmt: skip


def machine(db: Connection, settings: Settings) -> Machine:
    """The disk that the store lies on, the store's size, what it is. Raises OSError when the disk can't be asked."""
    path = settings.database
    usage = shutil.disk_usage(path.resolve().parent)
    files = (path, path.with_name(path.name + "-wal"))
    size = sum(file.stat().st_size for file in files if file.exists())
    copies = sorted(path.parent.glob(f"{path.stem}.before-*.db"), key=lambda file: file.name, reverse=True)
    meta = {row["name"]: row["value"] for row in db.execute("SELECT name, value FROM meta WHERE name = 'mode'")}
    return Machine(
        usage.free, usage.total, size, db.execute("SELECT sqlite_version()").fetchone()[0], meta.get("mode", ""),
        db.execute("PRAGMA user_version").fetchone()[0],
        tuple((file.name, file.stat().st_size) for file in copies),
    )  # fmt: skip


def unknown_requests(db: Connection, campaign_id: int, *, limit: int = 20) -> list[Row]:
    """The requests of a campaign whose fate is not known, newest first, and what is known of each.

    started_at, ended_at (UTC ms), code, phrase, reference, size, and how many of its messages are `left` unknown.
    """
    rows: list[Row] = db.execute(
        f"""
        SELECT a.started_at, a.ended_at, a.code, a.phrase, a.reference, a.size,
               (SELECT count(*) FROM messages m
                 WHERE m.batch_id = b.id AND m.status = 'unknown' AND m.flags & 2 = 0) AS left
          FROM batches b
          JOIN attempts a ON a.id = (SELECT max(id) FROM attempts WHERE batch_id = b.id)
         WHERE {OPEN_BATCHES.replace("state", "b.state")} AND b.state = 'unknown' AND +b.campaign_id = :campaign
         ORDER BY b.id DESC
         LIMIT :limit
        """,
        {"campaign": campaign_id, "limit": limit},
    ).fetchall()
    return [row for row in rows if row["left"]]


def trial(db: Connection, message_id: int) -> Trial | None:
    """How this test text fares; None when there is no test text with this id."""
    row = db.execute(
        """
        SELECT m.id, m.msisdn, m.status, m.accepted_at, m.word, c.sender, a.at,
               (SELECT arrived FROM reports WHERE message_id = m.id ORDER BY id LIMIT 1) AS report_at,
               (SELECT status_text FROM reports WHERE message_id = m.id ORDER BY id DESC LIMIT 1) AS said
          FROM messages m
          JOIN campaigns c ON c.id = m.campaign_id AND c.kind = 'tests'
          JOIN answers a ON a.message_id = m.id
         WHERE m.id = :id
        """,
        {"id": message_id},
    ).fetchone()
    if row is None:
        return None
    answer = db.execute(
        "SELECT arrived, text FROM inbound WHERE msisdn = :msisdn AND arrived >= :at ORDER BY id LIMIT 1",
        {"msisdn": row["msisdn"], "at": row["at"]},
    ).fetchone()
    return Trial(
        row["id"], row["msisdn"], row["sender"], row["status"], row["at"], row["accepted_at"], row["report_at"],
        row["said"], answer["arrived"] if answer else None, answer["text"] if answer else None,
    )  # fmt: skip


def environment(settings: Settings) -> list[tuple[str, str, bool]]:
    """Every setting of the environment: name, value in force, whether it is the default. Of secrets only "set"."""
    found = []
    for name, default in DEFAULTS.items():
        if name in oidc_settings.DEFAULTS:
            found.append(_of_company(settings, name, default))
            continue
        field = _FIELDS.get(name, name.removeprefix("NEXTPOD_").lower())
        value = getattr(settings, field)
        if name == "NEXTPOD_API_KEY":
            value = value if settings.mode == "live" else ""
        if field in _SECRET:
            found.append((name, "•••" if value else "", not value))
            continue
        if isinstance(value, bool):
            shown = "yes" if value else "no"
        elif isinstance(value, tuple):
            shown = ", ".join(value)
        elif isinstance(value, float):
            shown = f"{value:g}"
        else:
            shown = "" if value is None else str(value)
        found.append((name, shown, shown == default or not default and _is_derived(name, value, settings)))
    return found


def _of_company(settings: Settings, name: str, default: str) -> tuple[str, str, bool]:
    """A setting of signing in through a company's provider; without one none of them says anything."""
    if settings.company is None:
        return name, default, True
    value = getattr(settings.company, name.removeprefix("NEXTPOD_OIDC_").lower())
    if name == "NEXTPOD_OIDC_CLIENT_SECRET":
        return name, "•••" if value else "", not value
    if name == "NEXTPOD_OIDC_ROLES":
        value = ", ".join(f"{one}={role}" for one, role in value)
    shown = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
    return name, shown, shown == default


def _is_derived(name: str, value: object, settings: Settings) -> bool:
    """Whether a setting without a written default has the value that follows from the mode."""
    live = settings.mode == "live"
    match name:
        case "NEXTPOD_API_URL":
            return value == ("https://api.nextpod.io/v2" if live else f"http://127.0.0.1:{settings.sandbox_port}/v2")
        case "NEXTPOD_PUBLIC_URL":
            return not live and value == f"http://127.0.0.1:{settings.ingest_port}"
        case "NEXTPOD_DATABASE":
            return value == Path("data/nextpod.db" if live else "data/sandbox.db")
        case "NEXTPOD_WEBHOOK_ADDRESSES":
            return value == (
                tuple(f"91.189.121.{last}" for last in range(81, 90)) if live else ("127.0.0.0/8", "::1/128")
            )
        case _:
            return not value
