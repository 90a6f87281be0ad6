"""What a filter can offer: campaigns by name, senders, and the networks that reports have named."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from nextpod_core import operators, reference, rollups, spans
from nextpod_core.db import Connection
from nextpod_core.filters import Filter
from nextpod_core.operators import Network
from nextpod_core.periods import Period

CAMPAIGNS = 300


def campaigns(db: Connection, *, also: Iterable[int] = (), limit: int = CAMPAIGNS) -> dict[int, str]:
    """Names of the newest campaigns by id, newest first, and of those in `also` that exist."""
    wanted = ", ".join(str(int(ident)) for ident in also) or "0"
    rows = db.execute(
        f"""
        SELECT id, name FROM campaigns
         WHERE state <> 'draft'
           AND (id IN ({wanted})
                OR id IN (SELECT id FROM campaigns WHERE kind = 'campaign' AND state <> 'draft'
                           ORDER BY id DESC LIMIT :limit))
         ORDER BY id DESC
        """,
        {"limit": limit},
    )
    return {row["id"]: row["name"] for row in rows}


def kinds(db: Connection, ids: Iterable[int]) -> dict[int, str]:
    """Which kind these campaigns are of, by id: `campaign`, or one of those that stand for good."""
    wanted = ", ".join(str(int(ident)) for ident in ids) or "0"
    return dict(db.execute(f"SELECT id, kind FROM campaigns WHERE id IN ({wanted})").fetchall())


def senders(db: Connection) -> list[str]:
    """Every sender that the desk has, or that a newer campaign was sent from."""
    rows = db.execute(
        """
        SELECT name FROM senders
         UNION
        SELECT sender FROM (SELECT sender FROM campaigns ORDER BY id DESC LIMIT 1000)
         ORDER BY 1
        """
    )
    return [row[0] for row in rows]


def is_sender(db: Connection, name: str) -> bool:
    """Whether the desk has this sender, or ever sent anything from it."""
    return bool(
        db.execute(
            """
            SELECT EXISTS (SELECT 1 FROM senders WHERE name = :name)
                OR EXISTS (SELECT 1 FROM campaigns WHERE sender = :name)
            """,
            {"name": name},
        ).fetchone()[0]
    )


def networks(db: Connection, period: Period) -> list[Network]:
    """The networks that reports on messages of the period have named, by country and brand."""
    weekly = spans.Weekly("count_weeks", "counts", ["mcc", "mnc"], [f"sum({' + '.join(rollups.STATUSES)})"],
                          ["sum(sign * messages)"])  # fmt: skip
    many: Counter[tuple[int, int]] = Counter()
    for _place, mcc, mnc, messages in spans.rows(db, Filter(period), [spans.whole(period)], weekly):
        many[mcc, mnc] += messages
    named = [operators.named(mcc, mnc) for (mcc, mnc), messages in many.items() if mcc and messages]
    return sorted(named, key=lambda one: (one.country, one.brand, one.code))


def samples() -> list[Path]:
    """The sample files that ship with the product, to try an upload with."""
    return sorted((reference.FOLDER / "samples").glob("*.csv"))
