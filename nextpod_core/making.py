"""
The making of a review: every recipient's text rendered once, in chunks, written as messages, counted and frozen.

It runs in a process of its own and may be killed at any moment: run again it begins anew. What it made can be claimed
only when `review.send` flips the campaign's state.
"""

import json
import random
import secrets
from collections import defaultdict
from itertools import zip_longest

from nextpod_core import (
    cautions,
    changes,
    drafts,
    imports,
    msisdn,
    options,
    roles,
    schedule,
    segments,
    senders,
    staged,
    suppressions,
    templates,
)
from nextpod_core.campaigns import CHUNK
from nextpod_core.db import Connection, transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import Actor, audit

SAMPLES = 10
REMEMBERED_TEXTS = 50_000
DAY = 86_400_000


def prepare(db: Connection, draft_id: int, *, by: Actor, now: int) -> int:
    """Make the draft's campaign and its messages, frozen for review; the campaign's id.

    Writes in chunks, so it may be killed at any moment and be run again: it begins anew. Raises BadInput when the
    draft can't be sent as it is, with what to mend.
    """
    roles.allow(by, "campaign.compose")
    draft = drafts.get(db, draft_id)
    template, audience = _checked(db, draft)
    campaign, making = _fresh_campaign(db, draft, by=by, now=now)
    made = _Made(options.read(db))
    render = template.compile(audience.columns)
    columns = [templates.key(column) for column in audience.columns]
    texts: dict[str, tuple[int, segments.Size]] = {}
    after = -1
    while rows := staged.rows(db, audience.id, after_row=after, limit=CHUNK):
        after = rows[-1][0]
        out = suppressions.suppressed_among(db, [number for _, number, _ in rows])
        with transaction(db):
            _check_ours(db, campaign, making)
            if len(texts) > REMEMBERED_TEXTS:  # Bounded whatever the list's length; most equal texts still meet.
                texts.clear()
            found = []
            for row, number, cells in rows:
                if number in out:
                    made.left_out["suppressed"] += 1
                    continue
                # A row that is shorter than the header is empty there; only a column that nobody has is missing.
                if template.missing(dict(zip_longest(columns, cells[: len(columns)], fillvalue=""))):
                    made.left_out["empty"] += 1
                    continue
                text = segments.clean(render(cells))
                if text not in texts:
                    if not text.strip():
                        made.left_out["no_text"] += 1
                        continue
                    if segments.units_utf16(text) > segments.LONGEST:
                        made.left_out["too_long"] += 1
                        continue
                    texts[text] = (_text(db, campaign, text), segments.measure(text))
                text_id, size = texts[text]
                found.append((campaign, text_id, row, number))
                made.add(number, text, size)
            db.executemany(
                "INSERT INTO messages (campaign_id, text_id, row, msisdn, status) VALUES (?, ?, ?, ?, 'queued')", found
            )
            made.texted_lately += cautions.texted_lately(
                db, campaign, [each[3] for each in found], since=now - made.days * DAY
            )
            db.execute(
                "UPDATE campaigns SET prepared = prepared + :rows WHERE id = :id", {"rows": len(found), "id": campaign}
            )
            changes.bump(db, "campaigns")
    return _freeze(db, draft, audience, campaign, made, making=making, by=by, now=now)


def check(db: Connection, draft_id: int) -> None:
    """Raise BadInput with what is still to be done before the draft can be reviewed; cheap, for every run of a page."""
    _checked(db, drafts.get(db, draft_id))


class _Made:
    """What is counted while the messages are made."""

    def __init__(self, limits: options.Options) -> None:
        self.options = limits
        self.days = limits.texted_within_days
        self.planned = self.parts_total = self.ucs2 = self.texted_lately = 0
        self.cells: defaultdict[tuple[int, str], int] = defaultdict(int)
        self.regions: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        self.left_out: defaultdict[str, int] = defaultdict(int)
        self.samples: list[tuple[str, str, int, str]] = []
        self.longest: tuple[str, str, int, str] | None = None
        self._longest_units = -1
        self._dice = random.Random(20)  # Seeded: the same list shows the same ten, also to a second person.

    def add(self, number: str, text: str, size: segments.Size) -> None:
        self.planned += 1
        self.parts_total += size.parts
        self.ucs2 += size.alphabet is segments.Alphabet.UCS2
        self.cells[(size.parts, str(size.alphabet))] += 1
        region = self.regions[msisdn.region_of(number) or "?"]
        region[0] += 1
        region[1] += size.parts
        sample = (number, text, size.parts, str(size.alphabet))
        if len(self.samples) < SAMPLES:
            self.samples.append(sample)
        elif (place := self._dice.randrange(self.planned)) < SAMPLES:
            self.samples[place] = sample
        if (size.parts, size.units) > (self.longest[2] if self.longest else 0, self._longest_units):
            self.longest, self._longest_units = sample, size.units

    def price_of(self, iso: str, parts: int) -> float | None:
        price = options.price_of(self.options, iso)
        return None if price is None else round(price * parts, 4)


def _checked(db: Connection, draft: drafts.Draft) -> tuple[templates.Template, imports.Import]:
    if draft.state != "open":
        raise BadInput("This campaign was sent or dropped already. Copy it to send it again.")
    if not draft.name.strip():
        raise BadInput("Give the campaign a name, so that it is found again.")
    if draft.import_id is None:
        raise BadInput("Choose the people first: upload a list or paste their numbers.")
    audience = imports.get(db, draft.import_id)
    if audience.state != "done":
        raise BadInput("The list is still being read. Wait until it is done.")
    if not draft.sender:
        raise BadInput("Choose a sender: what the phone shows as from.")
    senders.check(draft.sender)
    if not draft.text.strip():
        raise BadInput("Write the text first.")
    template = templates.parse(draft.text)
    unknown = templates.unknown(template, audience.columns)
    for name, nearest in unknown:
        if nearest:
            raise BadInput("The list has no column {name}. Did you mean {nearest}?", name=name, nearest=nearest)
        raise BadInput("The list has no column {name}. Take the placeholder out or upload another list.", name=name)
    return template, audience


def _fresh_campaign(db: Connection, draft: drafts.Draft, *, by: Actor, now: int) -> tuple[int, str]:
    """The draft's campaign row with nothing in it, and the mark that says whose making it is.

    A new row, or the one of an earlier review, marked first and then emptied in chunks. Two that make the same review
    at once would mix their messages; the one whose mark was overwritten stops.
    """
    making = json.dumps({"making": secrets.token_hex(8)})
    values = {
        "draft": draft.id, "version": draft.version, "import": draft.import_id, "name": draft.name.strip(),
        "purpose": draft.purpose, "origin": draft.origin, "sender": draft.sender, "text": draft.text,
        "due": draft.due_at, "from": draft.choices.window_from, "to": draft.choices.window_to,
        "zone": draft.choices.zone, "per_minute": draft.choices.per_minute,
        "spread": draft.choices.spread_minutes * 60_000 if draft.choices.spread_minutes else None,
        "urgent": draft.choices.urgent, "handed": draft.choices.hand_over and draft.due_at is not None,
        "now": now, "by": by.name, "making": making,
    }  # fmt: skip
    with transaction(db):
        db.execute(
            """
            INSERT INTO campaigns (review, draft_id, draft_version, import_id, name, purpose, origin, sender, text,
                                   state, due_at, window_from, window_to, zone, per_minute, spread_ms, urgent,
                                   handed_over,
                                   created_at, created_by)
            VALUES (:making, :draft, :version, :import, :name, :purpose, :origin, :sender, :text, 'draft',
                    :due, :from, :to, :zone, :per_minute, :spread, :urgent, :handed, :now, :by)
                ON CONFLICT (draft_id) DO UPDATE
               SET draft_version = excluded.draft_version, import_id = excluded.import_id, name = excluded.name,
                   purpose = excluded.purpose, origin = excluded.origin, sender = excluded.sender,
                   text = excluded.text, due_at = excluded.due_at, window_from = excluded.window_from,
                   window_to = excluded.window_to, zone = excluded.zone, per_minute = excluded.per_minute,
                   spread_ms = excluded.spread_ms, urgent = excluded.urgent, handed_over = excluded.handed_over,
                   prepared = 0, planned = 0, reviewed_at = NULL, review = excluded.review
             WHERE campaigns.state = 'draft'
            """,
            values,
        )
        found = db.execute("SELECT id, state FROM campaigns WHERE draft_id = :id", {"id": draft.id}).fetchone()
        if found["state"] != "draft":
            raise BadInput("This campaign was sent or dropped already. Copy it to send it again.")
    for table in ("messages", "texts"):
        while _delete_chunk(db, table, found["id"], making):
            pass
    return int(found["id"]), making


def _check_ours(db: Connection, campaign: int, making: str) -> None:
    """Raises BadInput, within the caller's transaction, when another making has taken over or the campaign went."""
    if not db.execute(
        "SELECT 1 FROM campaigns WHERE id = :id AND state = 'draft' AND review = :making",
        {"id": campaign, "making": making},
    ).fetchone():
        raise BadInput("This review is being made anew. Wait until that one is ready.")


def _delete_chunk(db: Connection, table: str, campaign: int, making: str) -> int:
    with transaction(db):
        return int(
            db.execute(
                f"""
                DELETE FROM {table} WHERE id IN (
                    SELECT x.id FROM {table} x JOIN campaigns c ON c.id = x.campaign_id
                     WHERE x.campaign_id = :campaign AND c.state = 'draft' AND c.review = :making LIMIT :chunk)
                """,
                {"campaign": campaign, "making": making, "chunk": CHUNK},
            ).rowcount
        )


def _text(db: Connection, campaign: int, text: str) -> int:
    size = segments.measure(text)
    found = db.execute(
        "INSERT INTO texts (campaign_id, text, parts, alphabet) VALUES (:campaign, :text, :parts, :alphabet)",
        {"campaign": campaign, "text": text, "parts": size.parts, "alphabet": str(size.alphabet)},
    ).lastrowid
    assert found is not None
    return int(found)


def _freeze(
    db: Connection,
    draft: drafts.Draft,
    audience: imports.Import,
    campaign: int,
    made: _Made,
    *,
    making: str,
    by: Actor,
    now: int,
) -> int:
    for verdict, count in audience.counts.items():
        if verdict != "good" and not (verdict == "doubtful" and audience.let_in_doubtful) and count:
            made.left_out[verdict] += count
    regions = {iso: (people, parts, made.price_of(iso, parts)) for iso, (people, parts) in sorted(made.regions.items())}
    prices = [price for _, _, price in regions.values()]
    common = max(made.cells, key=lambda cell: made.cells[cell], default=(0, ""))
    start = max(now, draft.due_at or now)
    first_wave = options.first_wave(
        made.options, made.planned, urgent=draft.choices.urgent,
        handed_over=draft.choices.hand_over and draft.due_at is not None,
    )  # fmt: skip
    review = {
        "parts_total": made.parts_total,
        "parts_min": min((parts for parts, _ in made.cells), default=0),
        "parts_common": common[0],
        "parts_max": max((parts for parts, _ in made.cells), default=0),
        "ucs2": made.ucs2,
        "price": None if None in prices or not prices else round(sum(price for price in prices if price), 2),
        "currency": made.options.currency,
        "regions": regions,
        "left_out": dict(made.left_out),
        "samples": made.samples,
        "longest": made.longest,
        "first_at": _opens(draft, start),
        "last_at": _ends(draft, start, made.planned, waits=first_wave[1] if first_wave else 0),
        "wave": first_wave,
        "warnings": [
            told.dump()
            for told in cautions.of(
                db,
                draft,
                audience,
                campaign=campaign,
                limits=made.options,
                texted_lately=made.texted_lately,
                start=start,
            )  # fmt: skip
        ],
        "import_version": audience.version,
        "cells": [(parts, alphabet, count) for (parts, alphabet), count in made.cells.items()],
    }
    with transaction(db):
        _check_ours(db, campaign, making)
        db.execute(
            """
            UPDATE campaigns SET review = :review, planned = :planned, reviewed_at = :now, wave_size = :size,
                                 wave_ms = :waits
             WHERE id = :id AND state = 'draft'
            """,
            {
                "review": json.dumps(review, ensure_ascii=False), "planned": made.planned, "now": now, "id": campaign,
                "size": first_wave[0] if first_wave else None, "waits": first_wave[1] if first_wave else None,
            },
        )  # fmt: skip
        audit(db, by=by, action="campaign.review", now=now, subject="campaign", subject_id=campaign,
              detail={"planned": made.planned, "version": draft.version})  # fmt: skip
        changes.bump(db, "campaigns")
    return campaign


def _opens(draft: drafts.Draft, start: int) -> int:
    choices = draft.choices
    if not choices.window_from or not choices.window_to:
        return start
    return schedule.next_open(start, zone=choices.zone, start=choices.window_from, end=choices.window_to)


def _ends(draft: drafts.Draft, start: int, planned: int, *, waits: int) -> int:
    """About when the last one leaves, if nothing holds it up: by its pace, through closed hours and a first wave."""
    choices = draft.choices
    spans = [planned / 100 + waits]  # A hundred a millisecond: nobody waits for this part.
    if choices.per_minute:
        spans.append(planned / choices.per_minute * 60_000)
    if choices.spread_minutes:
        spans.append(choices.spread_minutes * 60_000)
    left, at = max(spans), _opens(draft, start)
    if not choices.window_from or not choices.window_to:
        return int(at + left)
    for _ in range(10_000):
        closes = schedule.next_close(at, zone=choices.zone, start=choices.window_from, end=choices.window_to)
        if closes is None or at + left <= closes:
            break
        left -= closes - at
        at = schedule.next_open(closes, zone=choices.zone, start=choices.window_from, end=choices.window_to)
    return int(at + left)
