"""What is written into the sandbox's record, and what can be asked of it. Times are UTC milliseconds."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nextpod_core.sandbox import carrier, replies
from nextpod_core.sandbox.settings import Settings
from nextpod_core.sandbox.store import Connection


@dataclass(frozen=True, slots=True)
class Accepted:
    """One request that passed every check."""

    key_hash: str
    sender: str
    text: str
    parts: int
    recipients: tuple[str, ...]
    guids: tuple[str, ...]
    reference: str
    dlr_url: str
    dlr_method: str
    send_at: int


def new_guids(count: int) -> tuple[str, ...]:
    """GUIDs (version 4) in upper case, as the API's examples print them."""
    noise = os.urandom(16 * count).hex().upper()
    return tuple(
        f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-{'89AB'[int(raw[16], 16) & 3]}{raw[17:20]}-{raw[20:]}"
        for raw in (noise[at : at + 32] for at in range(0, len(noise), 32))
    )


def accept(db: Connection, request: Accepted, settings: Settings, *, now: int) -> tuple[list[int], int]:
    """Write an accepted request and all that will follow from it.

    Returns the ids of reports that must go out before the answer, and when the first of the others is due.
    """
    request_id = db.execute(
        """
        INSERT INTO requests
               (key_hash, sender, text, parts, reference, dlr_url, dlr_method, accepted_at, send_at)
        VALUES (:key_hash, :sender, :text, :parts, :reference, :dlr_url, :dlr_method, :now, :send_at)
        RETURNING id
        """,
        {
            "key_hash": request.key_hash,
            "sender": request.sender,
            "text": request.text,
            "parts": request.parts,
            "reference": request.reference,
            "dlr_url": request.dlr_url,
            "dlr_method": request.dlr_method,
            "now": now,
            "send_at": request.send_at,
        },
    ).fetchone()["id"]
    if request.dlr_url:
        db.execute(
            "INSERT INTO meta VALUES ('dlr_url', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            (request.dlr_url,),
        )
    db.execute(
        """
        INSERT INTO accounts VALUES (:key_hash, :spent)
            ON CONFLICT DO UPDATE SET spent = spent + excluded.spent
        """,
        {"key_hash": request.key_hash, "spent": request.parts * len(request.recipients)},
    )
    first_id: int = db.execute("SELECT coalesce(max(id), 0) + 1 AS id FROM messages").fetchone()["id"]
    db.executemany(
        "INSERT INTO messages VALUES (?, ?, ?, ?)",
        [
            (first_id + place, request_id, guid, msisdn)
            for place, (msisdn, guid) in enumerate(zip(request.recipients, request.guids, strict=True))
        ],
    )
    return _plan(db, request, settings, first_id, now=now)


def _plan(db: Connection, request: Accepted, settings: Settings, first_id: int, *, now: int) -> tuple[list[int], int]:
    way = replies.route(request.sender, request.text)
    start = max(now, request.send_at)
    untold = None if request.dlr_url else now  # Without an address there is nobody to tell; it happens all the same.
    report_id: int = db.execute("SELECT coalesce(max(id), 0) + 1 AS id FROM reports").fetchone()["id"]
    reports: list[tuple[int, int, str, str, int, int, int | None]] = []
    incoming: list[tuple[str, str, str, int, int]] = []
    first: list[int] = []
    for message_id, msisdn in enumerate(request.recipients, first_id):
        nth, stopped = _count_text(db, msisdn)
        plan = carrier.plan(
            settings.seed,
            msisdn,
            nth,
            way=way,
            answers=settings.answers,
            stopped=stopped,
            fallback=settings.short_code,
        )
        for report in plan.reports:
            at, due = (start + int(seconds * 1000 / settings.speed) for seconds in (report.at, report.due))
            reports.append((report_id, message_id, report.word, report.operator_code, at, due, untold))
            if plan.first and untold is None:
                first.append(report_id)
            report_id += 1
        if plan.reply is not None:
            at = start + int(plan.reply_at * 1000 / settings.speed)
            incoming.append((msisdn, plan.reply.to, plan.reply.text, at, at))
            if plan.reply.stops:
                db.execute("UPDATE people SET stopped = 1 WHERE msisdn = ?", (msisdn,))
    db.executemany(
        """
        INSERT INTO reports (id, message_id, word, operator_code, happens_at, due, done_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        reports,
    )
    db.executemany("INSERT INTO incoming (msisdn, shortcode, text, happens_at, due) VALUES (?, ?, ?, ?, ?)", incoming)
    dues = [report[5] for report in reports if untold is None] + [answer[4] for answer in incoming]
    return first, min(dues, default=start)


def _count_text(db: Connection, msisdn: str) -> tuple[int, bool]:
    row = db.execute(
        """
        INSERT INTO people (msisdn, texts) VALUES (?, 1)
            ON CONFLICT DO UPDATE SET texts = texts + 1
        RETURNING texts, stopped
        """,
        (msisdn,),
    ).fetchone()
    return row["texts"], bool(row["stopped"])


def receive(db: Connection, *, msisdn: str, to: str, text: str, now: int) -> int:
    """Write a text that somebody sent by hand; returns its row's id. It goes out at once."""
    row = db.execute(
        """
        INSERT INTO incoming (msisdn, shortcode, text, happens_at, due)
        VALUES (:msisdn, :to, :text, :now, :now)
        RETURNING id
        """,
        {"msisdn": msisdn, "to": to, "text": text, "now": now},
    ).fetchone()
    return int(row["id"])


def waiting_reports(db: Connection, *, upto: int, limit: int) -> list[Any]:
    """Reports that are due, oldest first, with all that stands in them."""
    return list(
        db.execute(
            """
            SELECT reports.id, reports.word, reports.operator_code, reports.happens_at, reports.tries,
                   messages.guid, messages.msisdn, requests.reference, requests.parts,
                   requests.dlr_url, requests.dlr_method, requests.accepted_at, requests.send_at
              FROM reports
              JOIN messages ON messages.id = reports.message_id
              JOIN requests ON requests.id = messages.request_id
             WHERE reports.done_at IS NULL AND reports.due <= :upto
             ORDER BY reports.due
             LIMIT :limit
            """,
            {"upto": upto, "limit": limit},
        )
    )


def waiting_incoming(db: Connection, *, upto: int, limit: int) -> list[Any]:
    """Incoming messages that are due, oldest first."""
    return list(
        db.execute(
            """
            SELECT id, msisdn, shortcode, text, happens_at, tries
              FROM incoming
             WHERE done_at IS NULL AND due <= :upto
             ORDER BY due
             LIMIT :limit
            """,
            {"upto": upto, "limit": limit},
        )
    )


def next_due(db: Connection, *, after: int) -> int | None:
    """When the next report or incoming message falls due after this moment; None when nothing waits."""
    row = db.execute(
        """
        SELECT min(due) AS due
          FROM (SELECT min(due) AS due FROM reports WHERE done_at IS NULL AND due > :after
                UNION ALL
                SELECT min(due) FROM incoming WHERE done_at IS NULL AND due > :after)
        """,
        {"after": after},
    ).fetchone()
    return None if row["due"] is None else int(row["due"])


def told(db: Connection, table: str, ids: Iterable[int], *, now: int) -> None:
    """These were taken by the ingester. `table` is reports or incoming."""
    db.executemany(f"UPDATE {table} SET done_at = ?, tries = tries + 1 WHERE id = ?", [(now, each) for each in ids])


def again(db: Connection, table: str, waits: Iterable[tuple[int, int]]) -> None:
    """These were not taken; each is tried again at its time. `waits` holds (due, id)."""
    db.executemany(f"UPDATE {table} SET due = ?, tries = tries + 1 WHERE id = ?", list(waits))


def facts(db: Connection) -> dict[str, int]:
    """The few counts that the page shows, cheap enough to be asked every two seconds."""
    return {
        "accepted": db.execute("SELECT coalesce(max(id), 0) FROM messages").fetchone()[0],
        "recipients": db.execute("SELECT count(*) FROM people").fetchone()[0],
        "reports_waiting": db.execute("SELECT count(*) FROM reports WHERE done_at IS NULL").fetchone()[0],
        "incoming_waiting": db.execute("SELECT count(*) FROM incoming WHERE done_at IS NULL").fetchone()[0],
    }


def counts(db: Connection) -> dict[str, Any]:
    """What arrived, per recipient where a recipient got more than one text, and what is still to be told."""
    basics = facts(db)
    more = db.execute("SELECT msisdn, texts FROM people WHERE texts > 1 ORDER BY msisdn")
    outcomes = db.execute("SELECT word, count(*) AS n FROM reports WHERE done_at IS NOT NULL GROUP BY word")
    return {
        "requests": db.execute("SELECT count(*) AS n FROM requests").fetchone()["n"],
        **basics,
        "more_than_once": {each["msisdn"]: each["texts"] for each in more},
        "reports": {each["word"]: each["n"] for each in outcomes},
        "incoming": db.execute("SELECT count(*) AS n FROM incoming WHERE done_at IS NOT NULL").fetchone()["n"],
    }


def messages(db: Connection, *, to: str = "", since: int = 0, limit: int = 1000) -> list[dict[str, Any]]:
    """Accepted messages after the one with id `since`, oldest first, to one number or to all."""
    return [
        dict(row)
        for row in db.execute(
            """
            SELECT messages.id AS number, guid AS id, sender AS "from", msisdn AS "to", text AS msg, reference,
                   parts AS msg_parts, accepted_at, send_at
              FROM messages
              JOIN requests ON requests.id = messages.request_id
             WHERE messages.id > :since AND (:to = '' OR msisdn = :to)
             ORDER BY messages.id
             LIMIT :limit
            """,
            {"to": to, "since": since, "limit": limit},
        )
    ]


def on_the_phones(db: Connection, *, now: int, limit: int) -> list[dict[str, Any]]:
    """The last texts in either direction, newest first, each with the last thing that is known of it."""
    outgoing = db.execute(
        """
        SELECT 'to' AS way, msisdn, sender AS other, text, parts, max(accepted_at, send_at) AS at,
               (SELECT word FROM reports
                 WHERE message_id = messages.id AND happens_at <= :now
                 ORDER BY happens_at DESC, id DESC LIMIT 1) AS word
          FROM messages
          JOIN requests ON requests.id = messages.request_id
         ORDER BY messages.id DESC
         LIMIT :limit
        """,
        {"now": now, "limit": limit},
    ).fetchall()
    incoming = db.execute(
        """
        SELECT 'from' AS way, msisdn, shortcode AS other, text, 1 AS parts, happens_at AS at,
               CASE WHEN done_at IS NULL THEN 'WAITING' ELSE 'TOLD' END AS word
          FROM incoming
         WHERE happens_at <= :now
         ORDER BY id DESC
         LIMIT :limit
        """,
        {"now": now, "limit": limit},
    ).fetchall()
    both = sorted((dict(row) for row in [*outgoing, *incoming]), key=lambda row: row["at"], reverse=True)
    return both[:limit]
