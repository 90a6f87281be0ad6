"""Everything that is held of one person, as one file to hand out: JSON, and a CSV for each kind (GDPR article 15)."""

import csv
import datetime
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

from nextpod_core import blocks, consent, msisdn, remains, roles, staged
from nextpod_core.db import Connection, transaction
from nextpod_core.people import Actor, audit
from nextpod_core.traces import Written

Rows = list[dict[str, Any]]

# By what it is called in the file. Times are named *_at or arrived, UTC milliseconds as stored, written as ISO 8601.
_ASKED = {
    "messages": """
        SELECT m.id, c.name AS campaign, c.kind, c.purpose, c.origin, c.sender, t.text, t.parts, m.status, m.row,
               m.accepted_at, m.status_at, m.mcc, m.mnc, m.word, m.operator_code, m.latency,
               a.by AS answered_by, a.at AS answered_at, a.override
          FROM messages m JOIN campaigns c ON c.id = m.campaign_id JOIN texts t ON t.id = m.text_id
          LEFT JOIN answers a ON a.message_id = m.id
         WHERE m.msisdn = :number ORDER BY m.id
    """,
    "attempts": """
        SELECT DISTINCT a.started_at, a.ended_at, a.outcome, a.code, a.phrase, m.id AS message_id
          FROM messages m JOIN attempts a ON a.batch_id = m.batch_id
               OR a.batch_id IN (SELECT batch_id FROM moved WHERE message_id = m.id)
         WHERE m.msisdn = :number ORDER BY a.started_at
    """,
    "message_ids": """
        SELECT i.message_id, i.nextpod_id FROM messages m JOIN message_ids i ON i.message_id = m.id
         WHERE m.msisdn = :number
    """,
    "reports": """
        SELECT r.id, r.message_id, r.arrived, r.source, r.status_text, r.status_code, r.event_at, r.sent_at,
               r.operator_code, r.mcc, r.mnc, r.parts, r.repeats, r.nextpod_id, r.body
          FROM reports r
         WHERE r.message_id IN (SELECT id FROM messages WHERE msisdn = :number)
        UNION
        SELECT r.id, r.message_id, r.arrived, r.source, r.status_text, r.status_code, r.event_at, r.sent_at,
               r.operator_code, r.mcc, r.mnc, r.parts, r.repeats, r.nextpod_id, r.body
          FROM reports r WHERE r.message_id IS NULL AND r.msisdn = :number
         ORDER BY 1
    """,
    "received": """
        SELECT i.id, i.arrived, i.source, i.nextpod_id, i.short_code, i.text, i.keyword, i.sub_keyword, i.mcc, i.mnc,
               i.received_raw, i.repeats, i.verdict, c.name AS answer_to, i.read_at, i.body
          FROM inbound i LEFT JOIN campaigns c ON c.id = i.campaign_id WHERE i.msisdn = :number ORDER BY i.id
    """,
    "forwarded": """
        SELECT f.inbound_id, d.kind, d.address, f.state, f.created_at, f.ended_at
          FROM inbound i JOIN forwards f ON f.inbound_id = i.id JOIN destinations d ON d.id = f.destination_id
         WHERE i.msisdn = :number ORDER BY f.id
    """,
    "rules": """
        SELECT h.at, r.name, h.inbound_id, h.answered, h.forwarded, h.held
          FROM rule_hits h JOIN rules r ON r.id = h.rule_id WHERE h.msisdn = :number ORDER BY h.id
    """,
    "conversation": """
        SELECT state, unread, waiting_since, last_at, owner FROM conversations WHERE msisdn = :number
    """,
    "labels": "SELECT label, at, by FROM labels WHERE msisdn = :number ORDER BY at",
    "notes": "SELECT text, at, by FROM notes WHERE msisdn = :number ORDER BY id",
    "suppressions": """
        SELECT reason, note, added_at, added_by, lifted_at, lifted_by, lift_reason, inbound_id
          FROM suppressions WHERE msisdn = :number ORDER BY id
    """,
    "suppressed_by_hash": "SELECT how, at FROM suppressed_people WHERE person = :person",
    "consent": "SELECT at, what, how, inbound_id, version FROM consent WHERE person = :person ORDER BY id",
    "erasures": "SELECT at, done_at FROM erasures WHERE person = :person ORDER BY id",
    "audiences": """
        SELECT a.name, p.at FROM audience_people p JOIN audiences a ON a.id = p.audience_id WHERE p.msisdn = :number
    """,
}
_TIMES = frozenset({"at", "arrived", "waiting_since"})


def export(db: Connection, number: str, *, by: Actor, now: int) -> bytes:
    """A zip with `person.json` and a CSV for each kind of row. That it was taken is written into the audit log."""
    roles.allow(by, "person.export")
    with transaction(db):
        audit(db, by=by, action="person.export", now=now, subject="person",
              subject_id=consent.person(db, number).hex()[:16], detail={"number": msisdn.masked(number)})  # fmt: skip
    found = everything(db, number)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        told = {"number": number, "made_at": _iso(now), **found}
        file.writestr("person.json", json.dumps(told, ensure_ascii=False, indent=1))
        for name, rows in found.items():
            if rows:
                file.writestr(f"{name}.csv", _csv(rows))
    return made.getvalue()


def held(db: Connection, number: str) -> dict[str, int]:
    """How many rows of each kind there are about one person, but for lists and what was not understood: at once."""
    values = {"number": number, "person": consent.person(db, number)}
    return {name: len(db.execute(asked, values).fetchall()) for name, asked in _ASKED.items()}


def everything(db: Connection, number: str) -> dict[str, Rows]:
    """All rows about one person, by kind; times as ISO 8601 in UTC, bodies as text, ids as Nextpod writes them."""
    values = {"number": number, "person": consent.person(db, number)}
    found = {name: [_told(dict(row)) for row in db.execute(asked, values).fetchall()] for name, asked in _ASKED.items()}
    written = Written(number)
    found["lists"] = list(_lists(db, number, written))
    found["not_understood"] = list(_odd(db, written))
    found["own_words"] = [{"kind": kind, "name": name} for kind, name in remains.own_words(db, number)]
    return found


def _lists(db: Connection, number: str, written: Written) -> Iterator[dict[str, Any]]:
    """Their rows in uploaded lists, with what stood in each column."""
    for found in db.execute("SELECT id, filename, columns, created_at FROM imports ORDER BY id").fetchall():
        columns = json.loads(found["columns"])
        rows = [
            (row["row"], row["verdict"], row["cells"])
            for row in db.execute("SELECT row, verdict, msisdn, cells FROM staged WHERE import_id = ?", (found["id"],))
            if row["msisdn"] == number or row["verdict"] != "good" and written.is_in(row["cells"])
        ]
        for first, numbers, cells in db.execute(
            "SELECT first_row, numbers, cells FROM staged_blocks WHERE import_id = ?", (found["id"],)
        ):
            if f"\n{number}\n" in f"\n{numbers}\n":
                lines = cells.split(blocks.ROW)
                rows += [(first + at, "good", lines[at]) for at, one in enumerate(numbers.split("\n")) if one == number]
        for row, verdict, packed in sorted(rows):
            cells = staged.unpack(packed)
            names = [columns[at] if at < len(columns) else str(at + 1) for at in range(len(cells))]
            yield {
                "list": found["filename"], "uploaded_at": _iso(found["created_at"]), "row": row, "verdict": verdict,
                "cells": dict(zip(names, cells, strict=True)),
            }  # fmt: skip


def _odd(db: Connection, written: Written) -> Iterator[dict[str, Any]]:
    for row in db.execute("SELECT id, arrived, kind, content_type, query, body FROM quarantine ORDER BY id"):
        if written.is_in(row["query"]) or written.is_in(row["body"].decode("utf-8", "replace")):
            yield _told(dict(row))


def _told(row: dict[str, Any]) -> dict[str, Any]:
    for name, value in row.items():
        if name == "nextpod_id" and isinstance(value, bytes):
            row[name] = value.hex() if len(value) == 16 else value[1:].decode("utf-8", "replace")
        elif isinstance(value, bytes):
            row[name] = value.decode("utf-8", "replace")
        elif isinstance(value, int) and (name in _TIMES or name.endswith("_at")):
            row[name] = _iso(value)
    return row


def _csv(rows: Rows) -> str:
    """With a byte order mark, for a double click; a cell that would begin a formula begins with a quote."""
    out = io.StringIO()
    columns = list(rows[0])
    writer = csv.DictWriter(out, columns)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(row[name]) for name in columns})
    return "\ufeff" + out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False)
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _iso(time: int) -> str:
    return datetime.datetime.fromtimestamp(time / 1000, datetime.UTC).isoformat(timespec="milliseconds")
