"""A real store with campaigns in it, made as the review makes them, for tests of what happens to their messages."""

import itertools
from collections.abc import Sequence
from pathlib import Path

from nextpod_core import segments, store
from nextpod_core.counts import Facts, Tally
from nextpod_core.db import Connection, transaction
from nextpod_core.people import COMMAND
from nextpod_core.settings import Settings, load

NOW = 1_790_000_000_000  # A Monday morning in September 2026, inside every daily window used here.
_numbers = itertools.count(1)


def new_store(folder: Path, **env: str) -> tuple[Settings, Connection]:
    """A fresh sandbox store in this folder and a connection to it."""
    settings = load({"NEXTPOD_DATABASE": str(folder / "sandbox.db"), **env})
    store.migrate(settings, now=NOW, by=COMMAND)
    return settings, store.open(settings)


def numbers(count: int, *, start: int = 0) -> list[str]:
    """That many Norwegian mobile numbers, each another."""
    return [f"479{start + place:07d}" for place in range(count)]


def campaign(
    db: Connection, to: Sequence[str], texts: Sequence[str] = ("Hei",), *, state: str = "sending", **columns: object
) -> int:
    """A campaign to these numbers, the texts dealt out in turn; its id."""
    values = {
        "kind": "campaign", "name": f"Campaign {next(_numbers)}", "sender": "Nextpod", "text": texts[0], "state": state,
        "planned": len(to), "due_at": NOW, "zone": "Europe/Oslo", "created_at": NOW, "created_by": "test",
        "reviewed_at": NOW,
    } | columns  # fmt: skip
    tally = Tally()
    with transaction(db):
        id = db.execute(
            f"INSERT INTO campaigns ({', '.join(values)}) VALUES ({', '.join(':' + name for name in values)})", values
        ).lastrowid
        assert id is not None
        made = []
        for text in texts:
            size = segments.measure(text)
            text_id = db.execute(
                "INSERT INTO texts (campaign_id, text, parts, alphabet) VALUES (?, ?, ?, ?)",
                (id, text, size.parts, str(size.alphabet)),
            ).lastrowid
            made.append((text_id, Facts(id, size.parts, str(size.alphabet), "queued")))
        for place, msisdn in enumerate(to):
            text_id, facts = made[place % len(made)]
            db.execute(
                "INSERT INTO messages (campaign_id, text_id, row, msisdn, status) VALUES (?, ?, ?, ?, 'queued')",
                (id, text_id, place + 2, msisdn),
            )
            tally.change(None, facts)
        tally.write(db)
    return id


def statuses(db: Connection, campaign_id: int) -> dict[str, int]:
    """How many of a campaign's messages have which status, from the message rows themselves."""
    return dict(
        db.execute(
            "SELECT status, count(*) FROM messages WHERE campaign_id = ? GROUP BY status", (campaign_id,)
        ).fetchall()
    )


def counted(db: Connection, campaign_id: int) -> dict[str, int]:
    """The same from the counts."""
    return dict(
        db.execute(
            "SELECT status, sum(messages) FROM counts WHERE campaign_id = ? GROUP BY status", (campaign_id,)
        ).fetchall()
    )


def listen(db: Connection, *, until: int) -> None:
    """The ingester lives, and has without a gap since the first test's moment."""
    if not db.execute("UPDATE heartbeats SET at = ? WHERE process = 'ingester'", (until,)).rowcount:
        store.beat(db, "ingester", now=NOW, started_at=NOW)
    db.execute("UPDATE heartbeats SET at = ? WHERE process = 'ingester'", (until,))
