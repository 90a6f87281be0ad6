"""
What is old is taken away by itself: numbers and texts, what people wrote, raw bodies, uploads, each after its time.

One step is one short transaction. Nothing that may still leave, or of which nobody knows whether it left, is emptied;
nor what a person still waits for an answer to. Counts stay exactly, since statuses, operators and times stay. What was
taken away is counted by day (`taken`) and told in the audit log.
"""

import datetime
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from nextpod_core import blocks, changes, consent, emptying, imports, options
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.options import Options
from nextpod_core.people import Actor, audit
from nextpod_core.sentences import say
from nextpod_core.settings import Settings

log = logging.getLogger("nextpod.retention")

BY = Actor("system", "retention")
DAY = 86_400_000
ROWS = 500  # a transaction; each row costs an index or two
KINDS = ("messages", "texts", "reports", "bodies", "inbound_texts", "inbound_numbers", "notes", "conversations",
         "suppressions", "rule_hits", "quarantine", "uploads", "lists")  # fmt: skip

# Those that may yet leave, or of which a person has to say what became of them (flag 2: it was said).
_OPEN = "(m.status IN ('queued', 'sending') OR m.status = 'unknown' AND m.flags & 2 = 0)"


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """Before which moment (UTC milliseconds) what is taken away; None for never."""

    numbers: int | None
    inbound: int | None
    bodies: int | None
    uploads: int


def cutoffs(set_up: Options, *, now: int) -> Cutoffs:
    """The moments that the team's settings come to."""

    def before(days: int | None) -> int | None:
        return None if days is None else now - days * DAY

    numbers, inbound = before(set_up.keep_numbers_days), before(set_up.keep_inbound_days)
    # A text goes with the number of whoever wrote it, at the latest.
    inbound = numbers if inbound is None else max(inbound, numbers or inbound)
    return Cutoffs(numbers, inbound, before(set_up.keep_bodies_days), now - set_up.keep_uploads_days * DAY)


def run(settings: Settings, db: Connection, *, now: int) -> Iterator[int]:
    """Take away all that is due, one short transaction to each value: how many rows it took. May end at any of them."""
    at = cutoffs(options.read(db), now=now)
    emptying_ready = False
    for step in _steps(settings, at, now):
        while True:
            if not emptying_ready:
                with transaction(db):
                    emptying.secure_search(db)
                emptying_ready = True
            with transaction(db):
                looked, taken = step(db)
                _note(db, taken, now=now)
            yield sum(taken.values())
            if not looked:
                break
    yield from _merge(db, now=now)
    _tell(db, now=now)


def taken(db: Connection, *, days: int = 30) -> list[Row]:
    """What was taken away on each of the last days on which anything was: day (UTC), kind, rows; newest first."""
    rows: list[Row] = db.execute(
        """
        SELECT day, kind, rows FROM taken
         WHERE day IN (SELECT DISTINCT day FROM taken ORDER BY day DESC LIMIT :days)
         ORDER BY day DESC, kind
        """,
        {"days": days},
    ).fetchall()
    return rows


def held_back(db: Connection) -> int:
    """How many messages are old enough to be emptied and are not, since somebody has to settle them first."""
    return int(
        db.execute(
            """
            SELECT (SELECT count(*) FROM held_back WHERE kind IN ('answers', 'inbound_texts', 'inbound_numbers'))
                 + (SELECT count(*) FROM messages m
                     WHERE m.status IN ('sending', 'unknown', 'refused', 'skipped', 'failed', 'expired', 'rejected',
                                        'unrecognised')
                       AND m.status = 'unknown' AND m.flags & 2 = 0
                       AND m.campaign_id IN (SELECT id FROM campaigns WHERE emptied_at = -1))
            """
        ).fetchone()[0]
    )


Taken = dict[str, int]
Step = Callable[[Connection], tuple[int, Taken]]


def _steps(settings: Settings, at: Cutoffs, now: int) -> Iterator[Step]:
    if at.bodies is not None:
        bodies = at.bodies
        yield lambda db: _bodies(db, "reports", bodies)
        yield lambda db: _bodies(db, "inbound", bodies)
        yield lambda db: _quarantine(db, bodies, at.inbound)
    if at.inbound is not None:
        inbound = at.inbound
        yield lambda db: _inbound(db, "inbound_texts", inbound)
    if at.numbers is not None:
        numbers = at.numbers
        tried: set[int] = set()
        yield lambda db: _campaign(db, numbers, tried)
        yield lambda db: _singles(db, numbers)
        yield lambda db: _inbound(db, "inbound_numbers", numbers)
        yield lambda db: _orphans(db, numbers)
        yield lambda db: _rule_hits(db, numbers)
        yield lambda db: _notes(db, numbers)
        yield lambda db: _conversations(db, numbers)
        yield lambda db: _suppressions(db, numbers)
        yield lambda db: _stale_reviews(db, numbers, now)
    yield _late_reports
    yield lambda db: _uploads(settings, db, at.uploads)
    yield lambda db: _lists(db, at.uploads, now)


def _bodies(db: Connection, table: str, before: int) -> tuple[int, Taken]:
    kind = f"{table} bodies"
    rows = _next(db, kind, table, before)
    ids = [row["id"] for row in rows]
    if not ids:
        ids = [
            row["id"]
            for row in db.execute(
                f"SELECT h.id FROM held_back h JOIN {table} t ON t.id = h.id"
                " WHERE h.kind = ? AND t.arrived < ? LIMIT ?",
                (kind, before, ROWS),
            ).fetchall()
        ]
        db.executemany("DELETE FROM held_back WHERE kind = ? AND id = ?", [(kind, id) for id in ids])
    taken = db.executemany(
        f"UPDATE {table} SET body = NULL WHERE id = ? AND body IS NOT NULL", [(id,) for id in ids]
    ).rowcount
    return len(ids), {"bodies": max(0, taken)}


def _next(db: Connection, kind: str, table: str, before: int) -> list[Row]:
    """The next rows above the mark that arrived before then, and the mark moved behind them."""
    mark = _mark(db, kind)
    page = db.execute(
        f"SELECT id, arrived FROM {table} WHERE id > :mark ORDER BY id LIMIT :limit", {"mark": mark, "limit": ROWS}
    ).fetchall()
    old = [row for row in page if row["arrived"] < before]
    if old:
        _set_mark(db, kind, old[-1]["id"])
        # Ids follow arrival but where a clock was set: those between are asked about again.
        db.executemany(
            "INSERT OR IGNORE INTO held_back VALUES (?, ?)",
            [(kind, row["id"]) for row in page if row["arrived"] >= before and row["id"] < old[-1]["id"]],
        )
    return old


def _quarantine(db: Connection, before: int, unread_before: int | None) -> tuple[int, Taken]:
    """What was taken up since goes with other bodies; what nobody could read yet may hold an opt-out, and waits."""
    rows = db.execute(
        """
        SELECT id FROM quarantine
         WHERE body <> x'' AND (replayed_at IS NOT NULL AND arrived < :before OR arrived < :unread)
         LIMIT :limit
        """,
        {"before": before, "unread": min(before, unread_before if unread_before is not None else 0), "limit": ROWS},
    ).fetchall()
    for row in rows:
        empty_odd(db, row["id"])
    return len(rows), {"quarantine": len(rows)}


def empty_odd(db: Connection, quarantine_id: int) -> None:
    """Take the content of a request in quarantine away, within the caller's transaction."""
    db.execute(
        """
        UPDATE quarantine
           SET body = x'', query = '', digest = randomblob(16), replayed_at = coalesce(replayed_at, arrived)
         WHERE id = :id
        """,
        {"id": quarantine_id},
    )
    changes.bump(db, "quarantine")


def _inbound(db: Connection, kind: str, before: int) -> tuple[int, Taken]:
    """What people wrote, and later who they were; not what somebody still waits for an answer to."""
    rows = _next(db, kind, "inbound", before)
    ids = [row["id"] for row in rows] or _held(db, kind, before)
    marks = ", ".join("?" * len(ids))
    found = db.execute(
        f"""
        SELECT i.id, i.msisdn, i.campaign_id, i.digest, i.text <> '' OR i.body IS NOT NULL AS has_text,
               coalesce(v.state = 'open' AND i.arrived >= v.waiting_since, 0)
               OR EXISTS (SELECT 1 FROM forwards f WHERE f.inbound_id = i.id AND f.state = 'waiting') AS waits
          FROM inbound i LEFT JOIN conversations v ON v.msisdn = i.msisdn
         WHERE i.id IN ({marks})
        """,
        ids,
    ).fetchall()
    go = [row for row in found if not row["waits"]]
    _keep_back(db, kind, [row["id"] for row in found if row["waits"]], [row["id"] for row in go])
    if kind == "inbound_texts":
        go = [row for row in go if row["has_text"]]
        emptying.inbound_texts(db, [row["id"] for row in go])
    else:
        go = [row for row in go if row["msisdn"]]
        emptying.inbound_numbers(db, go)
    return len(rows) or (len(ids) and len(go)), {kind: len(go)}


def _campaign(db: Connection, before: int, tried: set[int]) -> tuple[int, Taken]:
    """The next recipients of the oldest campaign that is over; when nobody is left in it, its texts and its examples.

    One that has unknown messages keeps those alone, and is looked at again (`emptied_at` -1) in the next round.
    """
    row = db.execute(
        f"""
        SELECT id FROM campaigns c
         WHERE kind = 'campaign' AND state IN ('finished', 'cancelled')
           AND (emptied_at IS NULL AND ended_at IS NOT NULL OR emptied_at = -1)
           AND ended_at < :before AND id NOT IN ({", ".join(map(str, tried)) or "0"})
         ORDER BY ended_at LIMIT 1
        """,
        {"before": before},
    ).fetchone()
    if row is None:
        return 0, {}
    campaign = row["id"]
    ids = [
        one["id"]
        for one in db.execute(
            f"""
            SELECT id FROM messages m
             WHERE m.campaign_id = :campaign AND m.msisdn > '' AND NOT {_OPEN} LIMIT :limit
            """,
            {"campaign": campaign, "limit": ROWS},
        ).fetchall()
    ]
    if ids:
        emptying.messages(db, ids)
        return 1, {"messages": len(ids)}
    left = db.execute("SELECT 1 FROM messages WHERE campaign_id = ? AND msisdn > '' LIMIT 1", (campaign,)).fetchone()
    if left is None:
        texts = db.execute(
            "SELECT id FROM texts WHERE campaign_id = ? AND text <> '' LIMIT ?", (campaign, ROWS)
        ).fetchall()
        if texts:
            emptying.texts(db, [text["id"] for text in texts])
            return 1, {"texts": len(texts)}
    tried.add(campaign)
    emptying.review_of(db, campaign)
    db.execute(
        "UPDATE campaigns SET emptied_at = CASE WHEN :left THEN -1 ELSE :before END WHERE id = :id",
        {"left": left is not None, "before": before, "id": campaign},
    )
    return 1, {}


def _singles(db: Connection, before: int) -> tuple[int, Taken]:
    """Answers, confirmations and tests: each has a text of its own."""
    mark = _mark(db, "answers")
    ids = [
        row["message_id"]
        for row in db.execute(
            "SELECT message_id FROM answers WHERE message_id > :mark AND at < :before ORDER BY message_id LIMIT :limit",
            {"mark": mark, "before": before, "limit": ROWS},
        ).fetchall()
    ]
    if ids:
        _set_mark(db, "answers", ids[-1])
    asked = ids or [row["id"] for row in db.execute("SELECT id FROM held_back WHERE kind = 'answers'").fetchall()]
    marks = ", ".join("?" * len(asked))
    found = db.execute(
        f"SELECT m.id, m.text_id, {_OPEN} AS open FROM messages m WHERE m.id IN ({marks}) AND m.msisdn > ''", asked
    ).fetchall()
    go = [row for row in found if not row["open"]]
    _keep_back(db, "answers", [row["id"] for row in found if row["open"]], asked if not ids else [])
    if go:
        emptying.messages(db, [row["id"] for row in go])
        emptying.texts(db, [row["text_id"] for row in go])
    return len(ids) or len(go), {"messages": len(go), "texts": len(go)}


def _orphans(db: Connection, before: int) -> tuple[int, Taken]:
    ids = [
        row["id"]
        for row in db.execute(
            """
            SELECT id FROM reports
             WHERE message_id IS NULL AND msisdn IS NOT NULL AND arrived < :before LIMIT :limit
            """,
            {"before": before, "limit": ROWS},
        ).fetchall()
    ]
    emptying.orphans(db, ids)
    return len(ids), {"reports": len(ids)}


def _late_reports(db: Connection) -> tuple[int, Taken]:
    """Reports that came for messages that were emptied before, and those of people who were erased."""
    folded = _mark(db, "reports")
    rows = db.execute(
        """
        SELECT r.id, r.message_id, r.msisdn, m.msisdn AS whose, r.msisdn IS NOT NULL OR r.body IS NOT NULL AS is_whole
          FROM reports r LEFT JOIN messages m ON m.id = r.message_id
         WHERE r.id > :mark AND r.id <= :folded
         ORDER BY r.id LIMIT :limit
        """,
        {"mark": _mark(db, "late reports"), "folded": folded, "limit": ROWS},
    ).fetchall()
    if not rows:
        return 0, {}
    _set_mark(db, "late reports", rows[-1]["id"])
    late = {
        row["message_id"] for row in rows if row["is_whole"] and row["message_id"] is not None and row["whose"] == ""
    }
    emptying.reports_of(db, sorted(late))
    lost = [row for row in rows if row["message_id"] is None and row["msisdn"]]
    if lost and db.execute("SELECT 1 FROM erasures LIMIT 1").fetchone():
        emptying.orphans(db, [row["id"] for row in lost if was_erased(db, row["msisdn"])])
    return len(rows), {"reports": len(late)}


def was_erased(db: Connection, msisdn: str) -> bool:
    """Whether this number was erased once, or is being erased."""
    who = consent.person(db, msisdn)
    return db.execute("SELECT 1 FROM erasures WHERE person = :who LIMIT 1", {"who": who}).fetchone() is not None


def _rule_hits(db: Connection, before: int) -> tuple[int, Taken]:
    # The partial index holds the rows that still have a number, by time.
    ids = db.execute(
        "SELECT id FROM rule_hits WHERE msisdn <> '' AND at < ? ORDER BY at LIMIT ?", (before, ROWS)
    ).fetchall()
    db.executemany("UPDATE rule_hits SET msisdn = '' WHERE id = ?", [(row["id"],) for row in ids])
    return len(ids), {"rule_hits": len(ids)}


def _notes(db: Connection, before: int) -> tuple[int, Taken]:
    gone = db.execute(
        "DELETE FROM notes WHERE id IN (SELECT id FROM notes WHERE at < ? ORDER BY id LIMIT ?)", (before, ROWS)
    ).rowcount
    return gone, {"notes": gone}


def _conversations(db: Connection, before: int) -> tuple[int, Taken]:
    """Heads of conversations in which nothing was said since, with their labels; what was said is emptied before."""
    rows = db.execute(
        """
        SELECT v.msisdn FROM conversations v
         WHERE v.last_at < :before AND v.state <> 'open'
           AND NOT EXISTS (SELECT 1 FROM inbound WHERE msisdn = v.msisdn)
         ORDER BY v.last_at LIMIT :limit
        """,
        {"before": before, "limit": ROWS},
    ).fetchall()
    numbers = [(row["msisdn"],) for row in rows]
    db.executemany("DELETE FROM labels WHERE msisdn = ?", numbers)
    db.executemany("DELETE FROM conversations WHERE msisdn = ?", numbers)
    if rows:
        changes.bump(db, "inbox")
    return len(rows), {"conversations": len(rows)}


def _suppressions(db: Connection, before: int) -> tuple[int, Taken]:
    """Opt-outs of people of whom nothing else is left: they hold as before, by a keyed hash."""
    rows = db.execute(
        """
        SELECT s.id, s.msisdn, s.reason, s.added_at, s.lifted_at FROM suppressions s
         WHERE coalesce(s.lifted_at, s.added_at) < :before
           AND NOT EXISTS (SELECT 1 FROM conversations WHERE msisdn = s.msisdn)
           AND NOT EXISTS (SELECT 1 FROM messages WHERE msisdn = s.msisdn)
         LIMIT :limit
        """,
        {"before": before, "limit": ROWS},
    ).fetchall()
    hash_suppressions(db, rows)
    return len(rows), {"suppressions": len(rows)}


def hash_suppressions(db: Connection, rows: Sequence[Row]) -> None:
    """Keep these rows of the suppression list as keyed hashes alone, within the caller's transaction.

    What is in force is in force before and after; what was lifted is told by the ledger of consent.
    """
    for row in rows:
        if row["lifted_at"] is None:
            db.execute(
                """
                INSERT INTO suppressed_people VALUES (:person, :how, :at)
                    ON CONFLICT (person) DO UPDATE SET how = excluded.how, at = excluded.at
                """,
                {"person": consent.person(db, row["msisdn"]), "how": row["reason"], "at": row["added_at"]},
            )
        db.execute("DELETE FROM suppressions WHERE id = ?", (row["id"],))
    if rows:
        changes.bump(db, "suppressions")


def _stale_reviews(db: Connection, before: int, now: int) -> tuple[int, Taken]:
    """Messages made for a review that nobody sent. The draft stays, and needs another review."""
    row = db.execute(
        """
        SELECT c.id, c.draft_id FROM campaigns c
         WHERE c.state = 'draft' AND c.created_at < :before AND coalesce(c.reviewed_at, 0) < :before
           AND c.emptied_at IS NULL
         LIMIT 1
        """,
        {"before": before},
    ).fetchone()
    if row is None:
        return 0, {}
    ids = db.execute(
        "SELECT id FROM messages WHERE campaign_id = ? AND msisdn > '' LIMIT ?", (row["id"], ROWS)
    ).fetchall()
    texts = db.execute(
        "SELECT id FROM texts WHERE campaign_id = ? AND text <> '' LIMIT ?", (row["id"], ROWS)
    ).fetchall()
    emptying.messages(db, [one["id"] for one in ids])
    emptying.texts(db, [one["id"] for one in texts])
    # At once: a review of which a part is gone must never be sent.
    db.execute("UPDATE campaigns SET reviewed_at = NULL WHERE id = ?", (row["id"],))
    db.execute(
        "UPDATE drafts SET version = version + 1 WHERE id = :id AND version = (SELECT draft_version FROM campaigns"
        " WHERE draft_id = :id)",
        {"id": row["draft_id"]},
    )
    if not ids and not texts:
        emptying.review_of(db, row["id"])
        db.execute("UPDATE campaigns SET emptied_at = ? WHERE id = ?", (now, row["id"]))
    return 1, {"messages": len(ids), "texts": len(texts)}


def _uploads(settings: Settings, db: Connection, before: int) -> tuple[int, Taken]:
    """Files as they were uploaded; what was read from them is `_lists`."""
    rows = db.execute(
        """
        SELECT id, spool FROM imports
         WHERE spool IS NOT NULL AND created_at < :before AND state <> 'running' LIMIT 50
        """,
        {"before": before},
    ).fetchall()
    for row in rows:
        (settings.database.parent / "spool" / row["spool"]).unlink(missing_ok=True)
        db.execute("UPDATE imports SET spool = NULL WHERE id = ?", (row["id"],))
    gone = _strays(settings, db, before) if not rows else 0
    return len(rows), {"uploads": len(rows) + gone}


def _strays(settings: Settings, db: Connection, before: int) -> int:
    """Files of uploads that no list knows: what a crash left behind."""
    folder = settings.database.parent / "spool"
    known = {row["spool"] for row in db.execute("SELECT spool FROM imports WHERE spool IS NOT NULL")}
    gone = 0
    for file in folder.glob("*.upload"):
        if file.name not in known and file.stat().st_mtime * 1000 < before:
            file.unlink(missing_ok=True)
            gone += 1
    return gone


def _lists(db: Connection, before: int, now: int) -> tuple[int, Taken]:
    """The rows of a list that no draft was worked on with since, and of which every campaign ended before."""
    row = db.execute(
        """
        SELECT id FROM imports i
         WHERE i.emptied_at IS NULL AND i.created_at < :before AND i.state <> 'running'
           AND NOT EXISTS (SELECT 1 FROM drafts WHERE import_id = i.id AND state = 'open' AND changed_at >= :before)
           AND NOT EXISTS (SELECT 1 FROM campaigns WHERE import_id = i.id AND state <> 'draft'
                              AND (ended_at IS NULL OR ended_at >= :before))
         LIMIT 1
        """,
        {"before": before},
    ).fetchone()
    if row is None:
        return 0, {}
    gone = (
        blocks.empty(db, row["id"])
        or db.execute(
            """
            DELETE FROM staged
             WHERE import_id = :id AND row IN (SELECT row FROM staged WHERE import_id = :id LIMIT :limit)
            """,
            {"id": row["id"], "limit": ROWS},
        ).rowcount
    )
    if gone:
        return 1, {}
    told = say("The rows of this list are no longer kept. Upload it again.")
    db.execute(
        """
        UPDATE imports SET emptied_at = :now, state = 'failed', error = :told, examples = '[]', counts = '{}'
         WHERE id = :id
        """,
        {"now": now, "told": told.dump(), "id": row["id"]},
    )
    imports.audience_changed(db, row["id"])
    return 1, {"lists": 1}


def _merge(db: Connection, *, now: int) -> Iterator[int]:
    """Once a day: words of texts that are gone leave the search's own files, a few pages to a transaction."""
    today = now // DAY
    if _mark(db, "search merged") == today:
        return
    first = True
    while True:
        with transaction(db):
            more = emptying.merge_search(db, first=first)
            if not more:
                _set_mark(db, "search merged", today)
        yield 0
        if not more:
            return
        first = False


def _note(db: Connection, taken: Taken, *, now: int) -> None:
    day = _day(now)
    for kind, rows in taken.items():
        if rows:
            db.execute(
                "INSERT INTO taken VALUES (:day, :kind, :rows)"
                " ON CONFLICT (day, kind) DO UPDATE SET rows = rows + excluded.rows",
                {"day": day, "kind": kind, "rows": rows},
            )


def _tell(db: Connection, *, now: int) -> None:
    """A row in the audit log for each day that is over and was not told of."""
    days = db.execute(
        "SELECT DISTINCT day FROM taken WHERE day < :today AND substr(day, 1, 4) || substr(day, 6, 2) || substr(day, 9)"
        " > :told ORDER BY day",
        {"today": _day(now), "told": str(_mark(db, "taken told"))},
    ).fetchall()
    for row in days:
        with transaction(db):
            detail = {one["kind"]: one["rows"] for one in
                      db.execute("SELECT kind, rows FROM taken WHERE day = ?", (row["day"],)).fetchall()}  # fmt: skip
            audit(db, by=BY, action="retention.take", now=now, subject="store", subject_id=row["day"], detail=detail)
            _set_mark(db, "taken told", int(row["day"].replace("-", "")))


def _held(db: Connection, kind: str, before: int) -> list[int]:
    rows = db.execute(
        """
        SELECT h.id FROM held_back h JOIN inbound i ON i.id = h.id
          LEFT JOIN conversations v ON v.msisdn = i.msisdn
         WHERE h.kind = :kind AND i.arrived < :before
           AND NOT coalesce(v.state = 'open' AND i.arrived >= v.waiting_since, 0)
           AND NOT EXISTS (SELECT 1 FROM forwards f WHERE f.inbound_id = i.id AND f.state = 'waiting')
         LIMIT :limit
        """,
        {"kind": kind, "before": before, "limit": ROWS},
    ).fetchall()
    return [row["id"] for row in rows]


def _keep_back(db: Connection, kind: str, kept: list[int], settled: list[int]) -> None:
    db.executemany("DELETE FROM held_back WHERE kind = ? AND id = ?", [(kind, id) for id in settled])
    db.executemany("INSERT OR IGNORE INTO held_back VALUES (?, ?)", [(kind, id) for id in kept])


def _mark(db: Connection, name: str) -> int:
    row = db.execute("SELECT id FROM watermarks WHERE name = ?", (name,)).fetchone()
    return int(row["id"]) if row else 0


def _set_mark(db: Connection, name: str, id: int) -> None:
    db.execute("INSERT INTO watermarks VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET id = excluded.id", (name, id))


def _day(now: int) -> str:
    return datetime.datetime.fromtimestamp(now / 1000, datetime.UTC).date().isoformat()
