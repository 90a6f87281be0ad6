"""A store for tests, and messages put into it as the ingester leaves them, without a process in between."""

import hashlib
from pathlib import Path

from nextpod_core import changes, settings, store, suppressions
from nextpod_core.db import Connection, transaction
from nextpod_core.people import COMMAND, INGESTER, Actor

NOW = 1_795_000_000_000  # 2026-11-18 11:06:40 UTC
HOUR, MINUTE = 3_600_000, 60_000
KARI = Actor("person", "kari.eksempel@example.test")
OLE = Actor("person", "ole.eksempel@example.test")
_FOLDED = str.maketrans({"ø": "o", "æ": "ae", "å": "a"})


def make_store(folder: Path) -> Connection:
    """A sandbox database in `folder`, brought up to date and opened."""
    given = settings.load({"NEXTPOD_DATABASE": str(folder / "sandbox.db")})
    store.migrate(given, now=NOW, by=COMMAND)
    return store.open(given)


def receive(
    db: Connection,
    msisdn: str,
    text: str,
    *,
    at: int = NOW,
    keyword: str | None = None,
    sub_keyword: str | None = None,
    short_code: str = "2345",
    campaign: int | None = None,
    opts_out: suppressions.Reason | None = None,
) -> int:
    """One message from a person, its conversation, counts, words and suppression; the message's id."""
    verdict = {"stop": "out", "prefix": "out_by_prefix"}.get(opts_out or "", "none")
    with transaction(db):
        count = db.execute("SELECT count(*) FROM inbound").fetchone()[0]
        made = db.execute(
            """
            INSERT INTO inbound (arrived, source, nextpod_id, msisdn, short_code, text, keyword, sub_keyword, digest,
                                 verdict, campaign_id)
            VALUES (:at, 'test', :own, :msisdn, :code, :text, :keyword, :sub, :digest, :verdict, :campaign)
            """,
            {
                "at": at, "own": str(count), "msisdn": msisdn, "code": short_code, "text": text, "keyword": keyword,
                "sub": sub_keyword, "digest": hashlib.sha256(str(count).encode()).digest(), "verdict": verdict,
                "campaign": campaign,
            },
        ).lastrowid  # fmt: skip
        db.execute(
            """
            INSERT INTO conversations (msisdn, state, unread, waiting_since, last_inbound_id, last_at)
            VALUES (:msisdn, 'open', 1, :at, :id, :at)
                ON CONFLICT (msisdn) DO UPDATE
               SET state = 'open', unread = unread + 1, waiting_since = coalesce(waiting_since, excluded.waiting_since),
                   last_inbound_id = excluded.last_inbound_id, last_at = excluded.last_at
            """,
            {"msisdn": msisdn, "at": at, "id": made},
        )
        folded = text.casefold()
        db.execute(
            "INSERT INTO inbound_words (rowid, folded) VALUES (:id, :folded)",
            {"id": made, "folded": f"{folded} {folded.translate(_FOLDED)}"},
        )
        db.execute(
            """
            INSERT INTO inbound_counts VALUES (:hour, :code, :keyword, :sub, :verdict, :campaign, 1)
                ON CONFLICT DO UPDATE SET messages = messages + 1
            """,
            {
                "hour": at // HOUR * HOUR, "code": short_code, "keyword": keyword or "", "sub": sub_keyword or "",
                "verdict": verdict, "campaign": campaign or 0,
            },
        )  # fmt: skip
        if opts_out:
            suppressions.add(db, msisdn=msisdn, reason=opts_out, by=INGESTER, now=at, inbound_id=made)
        changes.bump(db, "inbox")
    return int(made)


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
