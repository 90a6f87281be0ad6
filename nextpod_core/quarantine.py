"""
What came in and could not be understood: kept whole with the reason, answered 200, and tried again when asked.

The gateway is told that all is well, because sending the same again would not make it clearer; nothing is lost.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

from nextpod_core import bodies, changes, inbound, reports, roles
from nextpod_core.bodies import Unreadable
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.errors import BadInput
from nextpod_core.inbound import Inbound
from nextpod_core.people import Actor, audit
from nextpod_core.reports import Report
from nextpod_core.sentences import Sentence

Kind = Literal["dlr", "mo"]


@dataclass(frozen=True, slots=True)
class Odd:
    """A request that nobody understood, as it came. `arrived` UTC milliseconds."""

    kind: Kind
    arrived: int
    source: str
    content_type: str
    query: bytes
    body: bytes
    reason: Sentence


def read(
    kind: Kind, *, body: bytes, query: bytes, content_type: str, arrived: int, source: str, zone: str
) -> Report | Inbound | Odd:
    """What a request to a webhook says. Never raises: what can't be understood is an event too."""
    content_type = bodies.clean(content_type)[:200]
    try:
        fields = bodies.fields(body, query=query, content_type=content_type)
        # The document's FORM example carries its fields in the query of a POST: then that is the raw body.
        raw = body if not query else b"?" + query + (b"\n" + body if body else b"")
        if kind == "dlr":
            return reports.parse(fields, body=raw, arrived=arrived, source=source)
        return inbound.parse(fields, body=raw, arrived=arrived, source=source, zone=zone)
    except Unreadable as error:
        return Odd(kind, arrived, source, content_type, query, body, error.sentence)


def keep(db: Connection, odd: Odd) -> None:
    """Put a request aside, within the caller's transaction; the same once more is counted."""
    digest = hashlib.blake2b(
        b"\x00".join((odd.kind.encode(), odd.content_type.encode("utf-8", "replace"), odd.query, odd.body)),
        digest_size=16,
    ).digest()
    db.execute(
        """
        INSERT INTO quarantine (arrived, source, kind, content_type, query, body, reason, digest)
        VALUES (:arrived, :source, :kind, :content_type, :query, :body, :reason, :digest)
            ON CONFLICT (digest) DO UPDATE SET repeats = repeats + 1
        """,
        {
            "arrived": odd.arrived, "source": odd.source, "kind": odd.kind, "content_type": odd.content_type,
            "query": odd.query.decode("latin-1"), "body": odd.body, "reason": odd.reason.dump(), "digest": digest,
        },
    )  # fmt: skip
    changes.bump(db, "quarantine")


def replay(db: Connection, quarantine_id: int, *, by: Actor, now: int, zone: str = "UTC") -> bool:
    """Try once more to understand a request that was put aside; whether it worked. It keeps its time of arrival.

    What is understood goes where it would have gone; else the reason is written anew. Raises BadInput for one that
    is not there, or was understood before.
    """
    roles.allow(by, "reports.mend")
    with transaction(db):
        row = db.execute("SELECT * FROM quarantine WHERE id = ?", (quarantine_id,)).fetchone()
        if row is None or row["replayed_at"] is not None:
            raise BadInput("This one has been taken up already.")
        found = read(
            row["kind"], body=row["body"], query=row["query"].encode("latin-1"), content_type=row["content_type"],
            arrived=row["arrived"], source=row["source"], zone=zone,
        )  # fmt: skip
        if isinstance(found, Odd):
            db.execute("UPDATE quarantine SET reason = ? WHERE id = ?", (found.reason.dump(), quarantine_id))
            return False
        if isinstance(found, Report):
            reports.append(db, [found])
        else:
            inbound.take(db, found, now=now)
        db.execute("UPDATE quarantine SET replayed_at = ? WHERE id = ?", (now, quarantine_id))
        audit(db, by=by, action="quarantine.replay", now=now, subject="quarantine", subject_id=quarantine_id)
        changes.bump(db, "quarantine")
        return True


def page(db: Connection, *, before: int | None = None, limit: int = 100) -> list[Row]:
    """What waits in quarantine with an id below `before`, newest first; `reason` is a dumped sentence."""
    rows: list[Row] = db.execute(
        """
        SELECT id, arrived, source, kind, content_type, query, body, reason, repeats
          FROM quarantine
         WHERE replayed_at IS NULL AND id < :before
         ORDER BY id DESC
         LIMIT :limit
        """,
        {"before": before if before is not None else 1 << 62, "limit": limit},
    ).fetchall()
    return rows


def count(db: Connection) -> int:
    """How many requests wait in quarantine."""
    return int(db.execute("SELECT count(*) FROM quarantine WHERE replayed_at IS NULL").fetchone()[0])
