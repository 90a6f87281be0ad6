"""A store for tests, and messages put into it as the ingester puts them, without its process."""

import uuid
from pathlib import Path

from nextpod_core import inbound, settings, store
from nextpod_core.db import Connection, transaction
from nextpod_core.people import COMMAND, Actor

NOW = 1_795_000_000_000  # 2026-11-18 11:06:40 UTC
HOUR, MINUTE = 3_600_000, 60_000
KARI = Actor("person", "kari.eksempel@example.test", role="admin")
OLE = Actor("person", "ole.eksempel@example.test", role="agent")


def make_store(folder: Path) -> Connection:
    """A sandbox database in `folder`, brought up to date and opened."""
    store.migrate(_settings(folder), now=NOW, by=COMMAND)
    return open_store(folder)


def open_store(folder: Path) -> Connection:
    """Another connection to the database that `make_store` made."""
    return store.open(_settings(folder))


def _settings(folder: Path) -> settings.Settings:
    return settings.load({"NEXTPOD_DATABASE": str(folder / "sandbox.db")})


def receive(
    db: Connection,
    msisdn: str,
    text: str,
    *,
    at: int = NOW,
    keyword: str | None = None,
    sub_keyword: str | None = None,
    short_code: str = "2345",
) -> int:
    """One message from a person, taken as the ingester takes it; the message's id."""
    fields = {"id": uuid.uuid4().hex, "from": msisdn, "to": short_code, "msg": text}
    fields |= {"keyword": keyword} if keyword else {}
    fields |= {"sub_keyword": sub_keyword} if sub_keyword else {}
    with transaction(db):
        made = inbound.take(db, inbound.parse(fields, body=b"", arrived=at, source="test", zone="UTC"), now=at)
    assert made is not None
    return made


def campaign(db: Connection, name: str, text: str, msisdns: list[str], *, at: int = NOW - HOUR) -> int:
    """A campaign that was sent from 2345 and delivered to these numbers; its id."""
    with transaction(db):
        made = db.execute(
            """
            INSERT INTO campaigns (name, sender, text, state, zone, created_at, started_at, created_by)
            VALUES (:name, '2345', :text, 'finished', 'Europe/Oslo', :at, :at, 'test')
            """,
            {"name": name, "text": text, "at": at},
        ).lastrowid
        text_id = db.execute(
            "INSERT INTO texts (campaign_id, text, parts, alphabet) VALUES (:id, :text, 1, 'gsm7')",
            {"id": made, "text": text},
        ).lastrowid
        db.executemany(
            """
            INSERT INTO messages (campaign_id, text_id, msisdn, status, accepted_at, status_at, latency)
            VALUES (:campaign, :text, :msisdn, 'delivered', :at, :at, 6000)
            """,
            [{"campaign": made, "text": text_id, "msisdn": msisdn, "at": at} for msisdn in msisdns],
        )
    return int(made)
