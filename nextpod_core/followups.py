"""
Follow-ups: a list of exactly those of a campaign whom something became of, to write to once more.

Those who did not get it may get it now; those who got it, or may have, may get a correction. The list is an import like
any other, with the columns of the campaign's own, so numbers, doubles and opt-outs are judged as ever.
"""

import csv
import io
from collections.abc import Iterator
from itertools import chain
from typing import IO, Literal, cast

from nextpod_core import brakes, campaigns, drafts, imports, outbox, roles, staged
from nextpod_core.db import Connection, Row
from nextpod_core.drafts import Draft
from nextpod_core.errors import BadInput
from nextpod_core.people import Actor
from nextpod_core.sentences import say
from nextpod_core.settings import Settings

Whom = Literal["missed", "reached"]

# Unknown ones may have it: they are never among those who did not get it, and always among those who get a correction.
STATUSES: dict[Whom, tuple[str, ...]] = {
    "missed": ("failed", "expired", "rejected", "refused", "cancelled"),
    "reached": ("delivered", "accepted", "pending", "sent", "unrecognised", "unknown"),
}
OVER = ("finished", "cancelled", "paused")
AT_ONCE = 1_000


def rests(db: Connection, campaign: Row, *, now: int) -> bool:
    """Whether nothing more of the campaign in this row leaves by itself: it is over, paused, or all sending rests
    until a person lets go."""
    return campaign["state"] in OVER or any(brake.until is None for brake in brakes.active(db, now=now))


def count(db: Connection, campaign_id: int, whom: Whom) -> int:
    """How many they are now, from the counts."""
    marks = ", ".join(f"'{status}'" for status in STATUSES[whom])
    found = int(
        db.execute(
            f"SELECT coalesce(sum(messages), 0) FROM counts WHERE campaign_id = :id AND status IN ({marks})",
            {"id": campaign_id},
        ).fetchone()[0]
    )
    return found + (len(_may_have_it(db, campaign_id)) if whom == "reached" else 0)


def begin(settings: Settings, db: Connection, campaign_id: int, whom: Whom, *, by: Actor, now: int) -> Draft:
    """A draft to exactly these people; its import waits to be read (`work.start(settings, "import", …)`).

    For those who missed it the draft has the campaign's own text; a correction has none yet. Where all sending rests
    the campaign itself is paused, or more would get it when sending goes on. Raises BadInput when the campaign still
    sends or requests of it are under way (more of them would come), or nobody is meant.
    """
    roles.allow(by, "campaign.compose")
    campaign = campaigns.get(db, campaign_id)
    if campaign is None or campaign["kind"] != "campaign":
        raise BadInput("There is no campaign number {id}.", id=campaign_id)
    if not rests(db, campaign, now=now):
        raise BadInput("This campaign is still sending. Pause it first, or wait until it is finished.")
    if not count(db, campaign_id, whom):
        raise BadInput("Nobody is meant: no message of this campaign is in that state.")
    if campaign["state"] not in OVER:
        campaigns.pause(db, campaign_id, by=by, now=now, reason=say("Paused: another draft to its people was begun."))
    if db.execute(
        f"SELECT 1 FROM batches WHERE {outbox.OPEN_BATCHES} AND state = 'sending' AND campaign_id = ?", (campaign_id,)
    ).fetchone():
        raise BadInput("The last texts of it are on their way. Try again in a minute, so that nobody is left out.")
    source = imports.get(db, campaign["import_id"]) if campaign["import_id"] else None
    name = f"{campaign['name'][:150]} ({whom})"
    import_id = imports.begin(
        settings, db, cast(IO[bytes], _Stream(_lines(db, campaign, source, whom))), filename=f"{name}.csv",
        region=source.region if source else "NO", by=by, now=now,
    )  # fmt: skip
    old = drafts.get(db, campaign["draft_id"]) if campaign["draft_id"] else None
    values = {"name": name, "import_id": import_id, "sender": campaign["sender"], "purpose": campaign["purpose"],
              "origin": campaign["origin"]}  # fmt: skip
    if old is not None:
        values["choices"] = old.choices
    if whom == "missed":
        values["text"] = old.text if old is not None else campaign["text"]
    return drafts.new(db, by=by, now=now, **values)


class _Stream(io.RawIOBase):
    """Lines as a file that is read once, so that a million people never stand in memory."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines

    def read(self, size: int = -1) -> bytes:
        """The next lines, about a megabyte; nothing at the end."""
        taken: list[bytes] = []
        for line in self._lines:
            taken.append(line)
            if len(taken) == AT_ONCE:
                break
        return b"".join(taken)


def _lines(db: Connection, campaign: Row, source: imports.Import | None, whom: Whom) -> Iterator[bytes]:
    columns = source.columns if source else []
    at = source.number_column if source and source.number_column is not None else -1
    kept = [place for place in range(len(columns)) if place != at]
    # In front and with a country code, so that it is found and read as the very number that was texted.
    return chain(
        [_line(["msisdn", *(columns[place] for place in kept)])],
        (_line([f"+{msisdn}", *_filled(cells, kept, len(columns))]) for msisdn, cells in _people(db, campaign, whom)),
    )


def _filled(cells: list[str], kept: list[int], width: int) -> list[str]:
    cells = cells + [""] * (width - len(cells))
    return [cells[place] for place in kept]


def _may_have_it(db: Connection, campaign_id: int) -> list[Row]:
    """Those who wait to be sent to once more, and may have it from an attempt before: a 500, or no answer."""
    # A batch that was answered with 500 waits with its members; those that a person sends again are written in `moved`.
    rows: list[Row] = db.execute(
        f"""
        SELECT m.id, m.msisdn, m.row
          FROM batches b JOIN messages m ON m.batch_id = b.id
         WHERE {outbox.OPEN_BATCHES.replace("state", "b.state")} AND b.state IN ('waiting', 'held')
           AND b.campaign_id = :campaign AND m.status = 'sending' AND m.flags & :flag
        UNION
        SELECT m.id, m.msisdn, m.row
          FROM moved v CROSS JOIN messages m ON m.id = v.message_id
         WHERE m.campaign_id = :campaign AND m.status IN ('queued', 'sending') AND m.flags & :flag
         ORDER BY 1
        """,
        {"campaign": campaign_id, "flag": outbox.MAY_HAVE_LEFT},
    ).fetchall()
    return rows


def _people(db: Connection, campaign: Row, whom: Whom) -> Iterator[tuple[str, list[str]]]:
    """In pages by the messages' own order, so that no question stays open while somebody reads."""
    marks = ", ".join(f"'{status}'" for status in STATUSES[whom])
    after = 0
    while rows := db.execute(
        f"""
        SELECT id, msisdn, row
          FROM messages
         WHERE campaign_id = :campaign AND id > :after AND +status IN ({marks}) AND msisdn <> ''
         ORDER BY id
         LIMIT :limit
        """,
        {"campaign": campaign["id"], "after": after, "limit": AT_ONCE},
    ).fetchall():
        after = rows[-1]["id"]
        yield from _with_cells(db, campaign, rows)
    if whom == "reached":
        yield from _with_cells(db, campaign, _may_have_it(db, campaign["id"]))


def _with_cells(db: Connection, campaign: Row, rows: list[Row]) -> Iterator[tuple[str, list[str]]]:
    wanted = [row["row"] for row in rows if row["row"] is not None]
    cells = staged.cells(db, campaign["import_id"], wanted) if campaign["import_id"] is not None else {}
    yield from ((row["msisdn"], cells.get(row["row"], [])) for row in rows)


def _line(cells: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue().encode()
