"""What happened, in its order: the life of one message, a campaign minute by minute, and who pressed what."""

from dataclasses import dataclass
from typing import Literal

from nextpod_core import outbox, reports
from nextpod_core.answering import OPTED_OUT
from nextpod_core.db import Connection, Row
from nextpod_core.sentences import Sentence, say, say_count

Kind = Literal["planned", "request", "answer", "report", "state", "inbound", "ours"]


@dataclass(frozen=True, slots=True)
class Event:
    """One step in a message's life. `at` UTC milliseconds; `raw` is what came over the wire, as it came."""

    at: int
    kind: Kind
    told: Sentence
    raw: str | None = None


def of_message(db: Connection, message_id: int) -> tuple[Row, list[Event]] | None:
    """One message with its text and campaign, and every step of its life in order; None when there is none."""
    message = db.execute(
        """
        SELECT m.*, t.text, t.parts, t.alphabet, c.name, c.sender, c.kind, c.created_at AS planned_at, c.due_at
          FROM messages m JOIN texts t ON t.id = m.text_id JOIN campaigns c ON c.id = m.campaign_id
         WHERE m.id = :id
        """,
        {"id": message_id},
    ).fetchone()
    if message is None:
        return None
    told = [Event(message["planned_at"], "planned", say("Planned."))]
    for attempt in db.execute(
        """
        SELECT a.*, b.size AS batch_size FROM attempts a JOIN batches b ON b.id = a.batch_id
         WHERE b.id = :batch OR b.id IN (SELECT batch_id FROM moved WHERE message_id = :message)
         ORDER BY a.started_at, a.id
        """,
        {"batch": message["batch_id"], "message": message_id},
    ):
        reference = outbox.show_reference(attempt["reference"])
        told.append(
            Event(
                attempt["started_at"],
                "request",
                say_count(
                    "Request to {count} recipient began.", "Request to {count} recipients began.", attempt["size"]
                ),
                f"batch {attempt['batch_id']}, reference {reference}",
            )
        )
        if attempt["ended_at"]:
            answer = f"{attempt['code'] or ''} {attempt['phrase'] or ''}".strip() or None
            told.append(
                Event(attempt["ended_at"], "answer", _ANSWERS.get(attempt["outcome"], say("It ended.")), answer)
            )
    for report in reports.of_message(db, message_id):
        told.append(
            Event(
                report["arrived"],
                "report",
                say("Report: {word}", word=report["status_text"] or report["status_code"]),
                report["body"].decode("utf-8", "replace") if report["body"] else None,
            )
        )
    for came in db.execute(
        "SELECT id, arrived, text, verdict, body FROM inbound WHERE message_id = :id ORDER BY id", {"id": message_id}
    ):
        out = came["verdict"] in OPTED_OUT
        told.append(
            Event(
                came["arrived"],
                "inbound",
                say("The person answered, and opted out.") if out else say("The person answered."),
                "\n".join(filter(None, [came["text"], (came["body"] or b"").decode("utf-8", "replace")])),
            )
        )
        told += [
            Event(row["at"], "ours", say("{who} answered from the inbox.", who=row["by"]))
            for row in db.execute("SELECT at, by FROM answers WHERE inbound_id = :id", {"id": came["id"]})
        ]
    if message["status"] in _LAST:
        told.append(Event(max(event.at for event in told), "state", _LAST[message["status"]]))
    return message, sorted(told, key=lambda event: event.at)


def by_minute(db: Connection, campaign_id: int, *, most: int = 2_000) -> list[Row]:
    """Per minute (UTC milliseconds) and status, how many messages came to it then; `left` is when they left us."""
    rows: list[Row] = db.execute(
        """
        SELECT minute, status, messages FROM timeline WHERE campaign_id = :id ORDER BY minute LIMIT :most
        """,
        {"id": campaign_id, "most": most},
    ).fetchall()
    return rows


_ANSWERS = {
    "accepted": say("Nextpod accepted it."),
    "not_sent": say("No connection was made, so nothing left. It was tried again."),
    "rejected": say("Nextpod refused the request."),
    "not_allowed": say("Nextpod refused the key. It waited."),
    "credit": say("The account was out of credit. It waited."),
    "blocked": say("The account was blocked for a while. It waited."),
    "fault": say("Nextpod had an internal error. It was held until reports had time to come."),
    "unknown": say("No answer came. It may have been sent."),
    "wrong_address": say("Something else than Nextpod answered. It may have been sent."),
}
_LAST = {
    "skipped": say("Skipped: the person had opted out before it left."),
    "cancelled": say("Cancelled before it left."),
    "refused": say("Refused by Nextpod: it was not sent."),
    "unknown": say("Still unknown: it may have been sent."),
    "queued": say("Waiting for its turn."),
}
