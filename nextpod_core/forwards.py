"""
Messages that a rule forwards: the addresses that were listed for it, and what is still to be delivered.

A row is queued in the commit of the message. Delivered at least once: who gets a webhook knows a repeat by its id.
"""

import email.utils
import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from nextpod_core import changes, outward, roles
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import Actor, audit
from nextpod_core.settings import Settings

Kind = Literal["email", "webhook"]

MINUTE = 60_000
# After each failure; then it is given up, which the page of rules shows.
WAITS = (10_000, MINUTE, 5 * MINUTE, 30 * MINUTE, 120 * MINUTE, 360 * MINUTE, 720 * MINUTE)
LEASE = 2 * MINUTE
TOO_OLD = 48 * 60 * MINUTE  # in a database that was restored these were delivered long ago


@dataclass(frozen=True, slots=True)
class Destination:
    """An address that messages may be forwarded to."""

    id: int
    kind: Kind
    address: str


@dataclass(frozen=True, slots=True)
class Forward:
    """One message on its way to one address, with what is told of it."""

    id: int
    kind: Kind
    address: str
    destination_id: int
    tries: int
    created_at: int
    rule: str
    inbound_id: int
    msisdn: str
    short_code: str
    text: str
    keyword: str | None
    sub_keyword: str | None
    arrived: int


def destinations(db: Connection) -> list[Destination]:
    """Every address that is listed."""
    rows = db.execute("SELECT * FROM destinations WHERE dropped_at IS NULL ORDER BY kind, address")
    return [Destination(row["id"], row["kind"], row["address"]) for row in rows]


def list_address(db: Connection, *, kind: Kind, address: str, by: Actor, now: int) -> int:
    """List an address, so that rules may forward to it; its id. Raises BadInput for one that nothing may go to."""
    roles.allow(by, "options.change")
    address = outward.checked(address) if kind == "webhook" else _checked_mail(address)
    with transaction(db):
        row = db.execute(
            """
            INSERT INTO destinations (kind, address, added_at, added_by) VALUES (:kind, :address, :now, :by)
                ON CONFLICT (kind, address) WHERE dropped_at IS NULL DO UPDATE SET address = excluded.address
            RETURNING id
            """,
            {"kind": kind, "address": address, "now": now, "by": by.name},
        ).fetchone()
        audit(db, by=by, action="forward.list", now=now, subject="destination", subject_id=row["id"],
              detail={"kind": kind, "address": address})  # fmt: skip
        changes.bump(db, "inbox")
    return int(row["id"])


def strike_address(db: Connection, destination_id: int, *, by: Actor, now: int) -> None:
    """Take an address off: what still waits for it is given up, and rules no longer forward to it."""
    roles.allow(by, "options.change")
    with transaction(db):
        db.execute("UPDATE destinations SET dropped_at = :now WHERE id = :id", {"now": now, "id": destination_id})
        for column in ("email_id", "webhook_id"):
            db.execute(f"UPDATE rules SET {column} = NULL WHERE {column} = :id", {"id": destination_id})
        db.execute(
            """
            UPDATE forwards SET state = 'given_up', ended_at = :now, error = 'the address was taken off'
             WHERE destination_id = :id AND state = 'waiting'
            """,
            {"now": now, "id": destination_id},
        )
        audit(db, by=by, action="forward.strike", now=now, subject="destination", subject_id=destination_id)
        changes.bump(db, "inbox")


def secret(db: Connection, destination_id: int) -> str:
    """What calls to this webhook are signed with: made from the key file, and kept nowhere."""
    return hmac.digest(db.key, f"forward\x1f{destination_id}".encode(), "sha256").hex()


def counts(db: Connection) -> dict[str, int]:
    """How many wait and how many were given up in all."""
    rows = db.execute("SELECT state, count(*) AS n FROM forwards WHERE state <> 'done' GROUP BY state")
    return {row["state"]: row["n"] for row in rows}


def given_up(db: Connection, *, limit: int = 20) -> list[Row]:
    """The newest that were given up, with why."""
    rows: list[Row] = db.execute(
        """
        SELECT f.ended_at, f.error, f.tries, d.address, r.name AS rule
          FROM forwards f JOIN destinations d ON d.id = f.destination_id JOIN rules r ON r.id = f.rule_id
         WHERE f.state = 'given_up' ORDER BY f.id DESC LIMIT :limit
        """,
        {"limit": limit},
    ).fetchall()
    return rows


def take_due(db: Connection, *, now: int) -> Forward | None:
    """The next one to deliver, kept from others for two minutes; None when nothing is due."""
    if not db.execute(
        "SELECT 1 FROM forwards WHERE state = 'waiting' AND next_at <= :now LIMIT 1", {"now": now}
    ).fetchone():
        return None
    with transaction(db):
        db.execute(
            """
            UPDATE forwards SET state = 'given_up', ended_at = :now, error = 'too old'
             WHERE state = 'waiting' AND next_at <= :now AND created_at < :oldest
            """,
            {"now": now, "oldest": now - TOO_OLD},
        )
        row = db.execute(
            """
            UPDATE forwards SET next_at = :until, tries = tries + 1
             WHERE id = (SELECT id FROM forwards WHERE state = 'waiting' AND next_at <= :now ORDER BY next_at LIMIT 1)
            RETURNING id
            """,
            {"now": now, "until": now + LEASE},
        ).fetchone()
        if row is None:
            return None
        found = db.execute(
            """
            SELECT f.id, d.kind, d.address, d.id AS destination_id, f.tries, f.created_at, r.name AS rule,
                   i.id AS inbound_id, i.msisdn, i.short_code, i.text, i.keyword, i.sub_keyword, i.arrived
              FROM forwards f
              JOIN destinations d ON d.id = f.destination_id
              JOIN rules r ON r.id = f.rule_id
              JOIN inbound i ON i.id = f.inbound_id
             WHERE f.id = :id
            """,
            {"id": row["id"]},
        ).fetchone()
    return Forward(*found)


def delivered(db: Connection, forward: Forward, *, now: int) -> None:
    """It arrived."""
    with transaction(db):
        db.execute(
            "UPDATE forwards SET state = 'done', ended_at = :now, error = NULL WHERE id = :id",
            {"now": now, "id": forward.id},
        )


def failed(db: Connection, forward: Forward, why: str, *, now: int) -> None:
    """It did not: tried again after a growing while, given up after the last."""
    over = forward.tries > len(WAITS)
    with transaction(db):
        db.execute(
            """
            UPDATE forwards SET error = :why, next_at = :next, state = CASE WHEN :over THEN 'given_up' ELSE state END,
                   ended_at = CASE WHEN :over THEN :now END
             WHERE id = :id AND state = 'waiting'
            """,
            {"why": why[:300], "over": over, "now": now, "id": forward.id,
             "next": now + WAITS[min(forward.tries, len(WAITS)) - 1]},
        )  # fmt: skip


def deliver(settings: Settings, forward: Forward, *, key: str) -> None:
    """Bring it there. Raises whatever stands in the way."""
    if forward.kind == "email":
        if not settings.smtp_url:
            raise OSError("no mail server is set (NEXTPOD_SMTP_URL)")
        sender = settings.alert_to[0] if settings.alert_to else forward.address
        who = f"+{forward.msisdn}" if forward.msisdn.isdigit() else forward.msisdn
        subject = f"SMS from {who} to {forward.short_code}: {forward.rule}"
        told = [forward.text, "", f"From: {who}", f"To: {forward.short_code}",
                f"Keyword: {' '.join(filter(None, (forward.keyword, forward.sub_keyword))) or '-'}",
                f"Arrived: {_iso(forward.arrived)}", f"Rule: {forward.rule}"]  # fmt: skip
        outward.mail(settings.smtp_url, sender=sender, to=[forward.address], subject=subject,
                     text="\n".join(told).replace("\x00", " ") + "\n")  # fmt: skip
        return
    body = json.dumps(
        {
            "delivery": forward.id, "id": forward.inbound_id, "from": forward.msisdn, "to": forward.short_code,
            "text": forward.text, "keyword": forward.keyword, "sub_keyword": forward.sub_keyword,
            "arrived": _iso(forward.arrived), "rule": forward.rule,
        },
        ensure_ascii=False,
    ).encode()  # fmt: skip
    signature = hmac.digest(key.encode(), body, "sha256").hex()
    outward.post(
        forward.address,
        body,
        {"Content-Type": "application/json", "X-Desk-Delivery": str(forward.id),
         "X-Desk-Signature": f"sha256={signature}"},
    )  # fmt: skip


def _checked_mail(address: str) -> str:
    address = address.strip()
    if email.utils.parseaddr(address)[1] != address or not re.fullmatch(r"[^@\s,;<>]{1,64}@[^@\s,;<>]{3,190}", address):
        raise BadInput("{address} is not an e-mail address.", address=address[:100] or "–")
    return address


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
