"""What was sent and is old: recipients and texts of campaigns, of answers and tests; the reports of them."""

from nextpod_core import aged, consent, emptying
from nextpod_core.db import Connection

# Those that may yet leave, or of which a person has to say what became of them (flag 2: it was said).
_OPEN = "(m.status IN ('queued', 'sending') OR m.status = 'unknown' AND m.flags & 2 = 0)"


def campaign(db: Connection, before: int, tried: set[int]) -> tuple[int, aged.Taken]:
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
            {"campaign": campaign, "limit": aged.ROWS},
        ).fetchall()
    ]
    if ids:
        emptying.messages(db, ids)
        return 1, {"messages": len(ids)}
    left = db.execute("SELECT 1 FROM messages WHERE campaign_id = ? AND msisdn > '' LIMIT 1", (campaign,)).fetchone()
    if left is None:
        texts = db.execute(
            "SELECT id FROM texts WHERE campaign_id = ? AND text <> '' LIMIT ?", (campaign, aged.ROWS)
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


def singles(db: Connection, before: int) -> tuple[int, aged.Taken]:
    """Answers, confirmations and tests: each has a text of its own."""
    mark = aged.mark(db, "answers")
    ids = [
        row["message_id"]
        for row in db.execute(
            "SELECT message_id FROM answers WHERE message_id > :mark AND at < :before ORDER BY message_id LIMIT :limit",
            {"mark": mark, "before": before, "limit": aged.ROWS},
        ).fetchall()
    ]
    if ids:
        aged.set_mark(db, "answers", ids[-1])
    asked = ids or [row["id"] for row in db.execute("SELECT id FROM held_back WHERE kind = 'answers'").fetchall()]
    marks = ", ".join("?" * len(asked))
    found = db.execute(
        f"SELECT m.id, m.text_id, {_OPEN} AS open FROM messages m WHERE m.id IN ({marks}) AND m.msisdn > ''", asked
    ).fetchall()
    go = [row for row in found if not row["open"]]
    aged.keep_back(db, "answers", [row["id"] for row in found if row["open"]], asked if not ids else [])
    if go:
        emptying.messages(db, [row["id"] for row in go])
        emptying.texts(db, [row["text_id"] for row in go])
    return len(ids) or len(go), {"messages": len(go), "texts": len(go)}


def orphans(db: Connection, before: int) -> tuple[int, aged.Taken]:
    """Numbers of reports that belong to no message."""
    ids = [
        row["id"]
        for row in db.execute(
            """
            SELECT id FROM reports
             WHERE message_id IS NULL AND msisdn IS NOT NULL AND arrived < :before LIMIT :limit
            """,
            {"before": before, "limit": aged.ROWS},
        ).fetchall()
    ]
    emptying.orphans(db, ids)
    return len(ids), {"reports": len(ids)}


def late_reports(db: Connection) -> tuple[int, aged.Taken]:
    """Reports that came for messages that were emptied before, and those of people who were erased."""
    folded = aged.mark(db, "reports")
    rows = db.execute(
        """
        SELECT r.id, r.message_id, r.msisdn, m.msisdn AS whose, r.msisdn IS NOT NULL OR r.body IS NOT NULL AS is_whole
          FROM reports r LEFT JOIN messages m ON m.id = r.message_id
         WHERE r.id > :mark AND r.id <= :folded
         ORDER BY r.id LIMIT :limit
        """,
        {"mark": aged.mark(db, "late reports"), "folded": folded, "limit": aged.ROWS},
    ).fetchall()
    if not rows:
        return 0, {}
    aged.set_mark(db, "late reports", rows[-1]["id"])
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


def stale_reviews(db: Connection, before: int, now: int) -> tuple[int, aged.Taken]:
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
        "SELECT id FROM messages WHERE campaign_id = ? AND msisdn > '' LIMIT ?", (row["id"], aged.ROWS)
    ).fetchall()
    texts = db.execute(
        "SELECT id FROM texts WHERE campaign_id = ? AND text <> '' LIMIT ?", (row["id"], aged.ROWS)
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
