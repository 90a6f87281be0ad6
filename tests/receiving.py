"""What the tests of receiving stand on: a real store with messages that have left, and webhook bodies as documented."""

import json
import uuid
from pathlib import Path

from nextpod_core import bodies, inbound, reports, rollups, settings, store
from nextpod_core.counts import Facts, Tally
from nextpod_core.db import Connection, transaction
from nextpod_core.people import COMMAND

NOW = 1_790_000_000_000
SECOND = 1000
DERIVED = (
    "messages", "counts", "latencies", "reasons", "timeline", "inbound_counts", "answered", *rollups.ROLLUPS,
)  # fmt: skip


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {"NEXTPOD_DATABASE": str(folder / "desk.db")} | more


def open_store(folder: Path) -> Connection:
    loaded = settings.load(environment(folder))
    store.migrate(loaded, now=NOW, by=COMMAND)
    return store.open(loaded)


def iso(at: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def campaign(db: Connection, *, kind: str = "campaign", sender: str = "2345", text: str = "Svar JA") -> tuple[int, int]:
    """A campaign that is being sent, and its text."""
    with transaction(db):
        number = db.execute(
            """
            INSERT INTO campaigns (kind, name, sender, text, state, zone, created_at, created_by)
            VALUES (?, 'Test', ?, ?, 'sending', 'Europe/Oslo', ?, 'Kari Eksempel') RETURNING id
            """,
            (kind, sender, text, NOW),
        ).fetchone()[0]
        text_id = db.execute(
            "INSERT INTO texts (campaign_id, text, parts, alphabet) VALUES (?, ?, 1, 'gsm7') RETURNING id",
            (number, text),
        ).fetchone()[0]
    return number, text_id


def send(
    db: Connection, numbers: list[str], *, reference: bytes, status: str = "sending", batch: str = "sending",
    of: tuple[int, int] | None = None,
) -> list[int]:  # fmt: skip
    """A batch whose request has left under `reference`, without an answer yet; its messages."""
    campaign_id, text_id = of or campaign(db)
    with transaction(db):
        batch_id = db.execute(
            """
            INSERT INTO batches (campaign_id, text_id, state, size, created_at) VALUES (?, ?, ?, ?, ?) RETURNING id
            """,
            (campaign_id, text_id, batch, len(numbers), NOW),
        ).fetchone()[0]
        db.execute(
            "INSERT INTO attempts (batch_id, reference, size, started_at) VALUES (?, ?, ?, ?)",
            (batch_id, reference, len(numbers), NOW),
        )
        tally, messages = Tally(), []
        for number in numbers:
            messages.append(
                db.execute(
                    """
                    INSERT INTO messages (campaign_id, text_id, msisdn, status, batch_id) VALUES (?, ?, ?, ?, ?)
                    RETURNING id
                    """,
                    (campaign_id, text_id, number, status, batch_id),
                ).fetchone()[0]
            )
            tally.change(None, Facts(campaign_id, 1, "gsm7", status))
        tally.write(db)
    return messages


def answer(db: Connection, *, reference: bytes, ids: dict[int, str], now: int) -> None:
    """Nextpod's answer to the request, written down the way a dispatcher does it."""
    with transaction(db):
        attempt = db.execute("SELECT * FROM attempts WHERE reference = ?", (reference,)).fetchone()
        tally = Tally()
        for message, identity in ids.items():
            row = db.execute("SELECT * FROM messages WHERE id = ?", (message,)).fetchone()
            if row["status"] in ("sending", "unknown"):
                before = Facts(row["campaign_id"], 1, "gsm7", row["status"])
                db.execute("UPDATE messages SET status = 'accepted', accepted_at = ? WHERE id = ?", (now, message))
                tally.change(before, Facts(row["campaign_id"], 1, "gsm7", "accepted", now))
            db.execute("INSERT INTO message_ids VALUES (?, ?, ?)", (reports.pack_id(identity), message, attempt["id"]))
        db.execute("UPDATE batches SET state = 'accepted' WHERE id = ?", (attempt["batch_id"],))
        packed = {reports.pack_id(identity): message for message, identity in ids.items()}
        reports.fold_orphans(db, tally, nextpod_ids=packed, reference=reference, now=now)
        tally.write(db)


def dlr(**changed: object) -> dict[str, object]:
    """The documented report, with some fields changed or (None) left out."""
    fields: dict[str, object] = {
        "id": "89ADEE05-5960-43D4-83B7-61EABA45F5F9", "reference": "5adFadX55sQfdsADFFS42", "to": "4791726200",
        "created_time": iso(NOW - 2000), "sent_time": iso(NOW), "status_updated": iso(NOW + 8000),
        "status_code": "200", "status_text": "DELIVERED", "operator_status_code": "1001", "mcc": "242", "mnc": "1",
        "msg_parts": "1",
    }  # fmt: skip
    return {name: value for name, value in (fields | changed).items() if value is not None}


def mo(**changed: object) -> dict[str, object]:
    """The documented incoming message, with some fields changed or (None) left out."""
    fields: dict[str, object] = {
        "id": "1053289234", "from": "4791726200", "to": "2345", "msg": "Hello wonderful world!", "keyword": "HELLO",
        "sub_keyword": "WONDERFUL", "keyword_rules": "false", "mcc": "242", "mnc": "1",
        "received_time": "2019-08-28T15:00:00",
    }  # fmt: skip
    return {name: value for name, value in (fields | changed).items() if value is not None}


def read_report(arrived: int = NOW + 9000, **changed: object) -> reports.Report:
    body = json.dumps(dlr(**changed)).encode()
    fields = bodies.fields(body, query=b"", content_type="application/json")
    return reports.parse(fields, body=body, arrived=arrived, source="127.0.0.1")


def arrive(db: Connection, *told: reports.Report, fold: bool = True) -> None:
    with transaction(db):
        reports.append(db, told)
    if fold:
        while reports.fold(db, now=NOW):
            pass


def read_mo(arrived: int = NOW, **changed: object) -> inbound.Inbound:
    body = json.dumps(mo(**changed)).encode()
    fields = bodies.fields(body, query=b"", content_type="application/json")
    return inbound.parse(fields, body=body, arrived=arrived, source="127.0.0.1", zone="UTC")


def write_in(db: Connection, text: str, *, arrived: int = NOW, **changed: object) -> int | None:
    """Somebody writes to us; the message's id."""
    given = {"id": uuid.uuid4().hex, "msg": text, "keyword": None, "sub_keyword": None} | changed
    with transaction(db):
        return inbound.take(db, read_mo(arrived=arrived, **given), now=arrived)


def message(db: Connection, message_id: int) -> dict[str, object]:
    return dict(db.execute("SELECT * FROM messages WHERE id = ?", (message_id,)).fetchone())


def derived(db: Connection, *, without: tuple[str, ...] = ()) -> dict[str, list[tuple[object, ...]]]:
    """Every row that is derived from the logs, to compare."""
    found = {}
    for table in DERIVED:
        names = [row["name"] for row in db.execute(f"PRAGMA table_info({table})") if row["name"] not in without]
        found[table] = sorted((tuple(row) for row in db.execute(f"SELECT {', '.join(names)} FROM {table}")), key=repr)
    return found
