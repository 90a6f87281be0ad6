"""
Drafts: campaigns that are still being written, saved with every change and numbered by version.

A review belongs to one version; whatever changes afterwards makes another, and needs another review.
"""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, Literal, cast

from nextpod_core import changes, options, roles, schedule, segments
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import Actor, audit

Purpose = Literal["marketing", "service"]
_LONGEST_TEXT = 20_000  # With placeholders and conditional text a draft may be longer than what it renders to.
_MOST_SPREAD = 14 * 24 * 60


@dataclass(frozen=True, slots=True)
class Choices:
    """What stands under "More choices". Times of day are HH:MM in `zone`; no window means at any hour."""

    zone: str = "Europe/Oslo"
    window_from: str | None = "08:00"
    window_to: str | None = "20:00"
    window_reason: str = ""
    per_minute: int | None = None
    spread_minutes: int | None = None
    urgent: bool = False
    hand_over: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A campaign being written. `due_at` is UTC milliseconds, None for at once."""

    id: int
    version: int
    name: str
    purpose: Purpose
    origin: str
    import_id: int | None
    sender: str
    text: str
    due_at: int | None
    choices: Choices
    state: Literal["open", "used", "dropped"]
    created_at: int
    changed_at: int
    created_by: str


_FIELDS = ("name", "purpose", "origin", "import_id", "sender", "text", "due_at", "choices")


def blank(db: Connection, *, now: int) -> Draft:
    """What a new draft begins with: default sender, the team's zone and (live) its daily window. Not kept (id 0)."""
    team = options.read(db)
    sender = db.execute("SELECT name FROM senders ORDER BY is_default DESC, name LIMIT 1").fetchone()
    # In a sandbox nobody is woken, and a first try at night should not seem to hang until the morning.
    practice = db.execute("SELECT 1 FROM meta WHERE name = 'mode' AND value = 'sandbox'").fetchone() is not None
    choices = Choices(
        zone=team.zone,
        window_from=None if practice else team.window_from,
        window_to=None if practice else team.window_to,
    )
    return Draft(
        0, 0, "", "service", "", None, sender["name"] if sender else "", "", None, choices, "open", now, now, ""
    )


def new(db: Connection, *, by: Actor, now: int, **values: Any) -> Draft:
    """A draft as `blank` has it and with `values` as in `change`, kept from now on."""
    roles.allow(by, "campaign.compose")
    with transaction(db):
        begun = blank(db, now=now)
        row = db.execute(
            """
            INSERT INTO drafts (sender, choices, created_at, changed_at, created_by)
            VALUES (:sender, :choices, :now, :now, :by)
            RETURNING *
            """,
            {
                "sender": begun.sender,
                "choices": json.dumps(dataclasses.asdict(begun.choices)),
                "now": now,
                "by": by.name,
            },
        ).fetchone()
        audit(db, by=by, action="draft.new", now=now, subject="draft", subject_id=row["id"])
        changes.bump(db, "campaigns")
    return change(db, row["id"], by=by, now=now, **values) if values else _draft(row)


def get(db: Connection, draft_id: int) -> Draft:
    """One draft, in whatever state. Raises BadInput when there is none with this id."""
    row = db.execute("SELECT * FROM drafts WHERE id = :id", {"id": draft_id}).fetchone()
    if row is None:
        raise BadInput("There is no draft number {id}. Begin a new campaign.", id=draft_id)
    return _draft(row)


class Overtaken(BadInput):
    """What is to be changed was changed by somebody else meanwhile: `now` is the draft as it stands. Ask which."""

    def __init__(self, now: Draft) -> None:
        self.now = now
        super().__init__("This was changed in another window meanwhile. Look at both, then choose one.")


def change(
    db: Connection, draft_id: int, *, by: Actor, now: int, while_typing: bool = False, over: Draft | None = None,
    **values: Any,
) -> Draft:  # fmt: skip
    """
    Set name, purpose, origin, import_id, sender, text, due_at or `choices` (a Choices, or some of its fields by name).

    The version grows when anything differs. `while_typing` keeps every letter and audits once a minute. `over` is the
    draft as the writer saw it: raises Overtaken where one of these values is another by now, so that nobody writes over
    what they never saw. Raises BadInput when the draft was sent or dropped, or a value is wrong.
    """
    roles.allow(by, "campaign.compose")
    unknown = set(values) - set(_FIELDS)
    if unknown:
        raise TypeError(f"a draft has no {', '.join(sorted(unknown))}")
    with transaction(db):
        before = get(db, draft_id)
        if before.state != "open":
            raise BadInput("This campaign was sent or dropped already. Copy it to send it again.")
        given = values.get("choices")
        if isinstance(given, dict):
            values["choices"] = dataclasses.replace(before.choices, **given)
        if "text" in values:
            values["text"] = segments.clean(values["text"])
        after = dataclasses.replace(before, **values)
        if over is not None and _was_overtaken(over, before, after):
            raise Overtaken(before)
        if after == before:
            return before
        _check(after)
        after = dataclasses.replace(after, version=before.version + 1, changed_at=now)
        db.execute(
            """
            UPDATE drafts
               SET version = :version, name = :name, purpose = :purpose, origin = :origin, import_id = :import_id,
                   sender = :sender, text = :text, due_at = :due_at, choices = :choices, changed_at = :now
             WHERE id = :id
            """,
            {
                "id": draft_id, "version": after.version, "name": after.name, "purpose": after.purpose,
                "origin": after.origin, "import_id": after.import_id, "sender": after.sender, "text": after.text,
                "due_at": after.due_at, "choices": json.dumps(dataclasses.asdict(after.choices)), "now": now,
            },
        )  # fmt: skip
        if while_typing and _audited_lately(db, draft_id, by=by, now=now):
            changes.bump(db, "campaigns")
            return after
        audit(db, by=by, action="draft.change", now=now, subject="draft", subject_id=draft_id,
              detail={"version": after.version, "fields": " ".join(differences(before, after))})  # fmt: skip
        changes.bump(db, "campaigns")
    return after


def differences(one: Draft, other: Draft) -> list[str]:
    """Names of the fields in which two states of a draft differ."""
    return [name for name in _FIELDS if getattr(one, name) != getattr(other, name)]


def copy(db: Connection, draft_id: int, *, by: Actor, now: int) -> Draft:
    """A new draft with everything of another, sent or not, but its time."""
    roles.allow(by, "campaign.compose")
    old = get(db, draft_id)
    return new(
        db, by=by, now=now, name=old.name, purpose=old.purpose, origin=old.origin, import_id=old.import_id,
        sender=old.sender, text=old.text, choices=old.choices,
    )  # fmt: skip


def open_ones(db: Connection, *, limit: int = 1000) -> list[Draft]:
    """Drafts with something in them that were neither sent nor dropped, the one changed last first."""
    rows = db.execute(
        """
        SELECT * FROM drafts
         WHERE state = 'open' AND (name <> '' OR text <> '' OR import_id IS NOT NULL)
         ORDER BY changed_at DESC, id DESC
         LIMIT :limit
        """,
        {"limit": limit},
    )
    return [_draft(row) for row in rows]


def drop(db: Connection, draft_id: int, *, by: Actor, now: int) -> None:
    """Let a draft go. Raises BadInput when it was sent."""
    roles.allow(by, "campaign.compose")
    with transaction(db):
        gone = db.execute(
            """
            UPDATE drafts SET state = 'dropped', version = version + 1, changed_at = :now
             WHERE id = :id AND state = 'open'
            """,
            {"id": draft_id, "now": now},
        ).rowcount
        if not gone and get(db, draft_id).state == "used":
            raise BadInput("This campaign was sent already; a draft of it is no longer there to drop.")
        audit(db, by=by, action="draft.drop", now=now, subject="draft", subject_id=draft_id)
        changes.bump(db, "campaigns")


def _was_overtaken(seen: Draft, before: Draft, after: Draft) -> bool:
    """Whether a value that is changed was another when it was looked at; of the choices each counts by itself."""
    pairs = [(getattr(seen, name), getattr(before, name), getattr(after, name)) for name in _FIELDS[:-1]]
    pairs += [
        (getattr(seen.choices, each.name), getattr(before.choices, each.name), getattr(after.choices, each.name))
        for each in dataclasses.fields(Choices)
    ]
    return any(looked_at != stands != wanted for looked_at, stands, wanted in pairs)


def _audited_lately(db: Connection, draft_id: int, *, by: Actor, now: int) -> bool:
    """Whether the audit log's end says that this person changed this draft within the last minute."""
    found = db.execute(
        """
        SELECT 1 FROM audit
         WHERE id > (SELECT max(id) - 200 FROM audit) AND at > :since AND actor = :by
           AND action = 'draft.change' AND subject = 'draft' AND subject_id = :id
        """,
        {"since": now - 60_000, "by": by.name, "id": str(draft_id)},
    ).fetchone()
    return found is not None


def _check(draft: Draft) -> None:
    choices = draft.choices
    schedule.zone_info(choices.zone)
    if (choices.window_from is None) != (choices.window_to is None):
        raise BadInput("The daily window needs both a beginning and an end.")
    start, end = choices.window_from, choices.window_to
    if start is not None and end is not None and schedule.clock(start) == schedule.clock(end):
        raise BadInput("The daily window must have a beginning and an end that differ.")
    if choices.per_minute is not None and choices.per_minute < 1:
        raise BadInput("A limit must be 1 or more. Leave it empty for no limit.")
    if choices.spread_minutes is not None and not 1 <= choices.spread_minutes <= _MOST_SPREAD:
        raise BadInput("A campaign can be spread over 1 minute to 14 days.")
    if draft.purpose not in ("marketing", "service"):
        raise BadInput("The purpose is marketing or service.")
    if len(draft.text) > _LONGEST_TEXT:
        raise BadInput(
            "The text has {length} characters; {most} are the most.", length=len(draft.text), most=_LONGEST_TEXT
        )
    if len(draft.name) > 200 or len(draft.origin) > 2000:
        raise BadInput("The name may have 200 characters, the line on where the numbers come from 2,000.")


def _draft(row: Row) -> Draft:
    known = {field.name for field in dataclasses.fields(Choices)}
    kept = {name: value for name, value in json.loads(row["choices"]).items() if name in known}
    return Draft(
        id=row["id"], version=row["version"], name=row["name"], purpose=cast(Purpose, row["purpose"]),
        origin=row["origin"], import_id=row["import_id"], sender=row["sender"], text=row["text"],
        due_at=row["due_at"], choices=Choices(**kept), state=row["state"], created_at=row["created_at"],
        changed_at=row["changed_at"], created_by=row["created_by"],
    )  # fmt: skip
