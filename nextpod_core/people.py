"""Who did it: the actor behind every change, and the audit log that each change writes a row to."""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import Literal

from nextpod_core.db import Connection, Row, transaction
from nextpod_core.errors import NotPermitted

Detail = dict[str, str | int | float | bool | None]
Role = Literal["viewer", "agent", "editor", "approver", "admin"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that changes the store. `name` is an e-mail, a process or "desk"; `address` where from.

    A person may do what `roles.py` gives their `role`; without one, nothing. Systems and commands have no role.
    """

    kind: Literal["person", "system", "command"]
    name: str
    address: str | None = None
    role: Role | None = None


BY_RULE = "rule: "  # what the name of a rule as an actor begins with
DISPATCHER = Actor("system", "dispatcher")
INGESTER = Actor("system", "ingester")
COMMAND = Actor("command", "command line")
# Who sits at the desk while nobody has to sign in: a sandbox without people, on a loopback address.
DESK = Actor("person", "desk", role="admin")


# Eight digits are the shortest Norwegian number; times and file names of ours have signs or letters next to theirs.
_NUMBER = re.compile(r"(?<![\w*-])(?<!\d[.:])\+?(\d{3})(\d{2,9})(\d{3})(?![\w*-])")
_SPACED = re.compile(
    r"(?<![\w-])(?<!\d[.:])(?:(?:\+|00)\d{2} ?)?(?:\d{3} \d{2} \d{3}|\d{2} \d{2} \d{2} \d{2})(?![\w-])"
)


def shown(db: Connection, *, by: Actor, what: str, subject_id: int | str | None, rows: int, now: int) -> None:
    """Note in the log that somebody was shown that many whole numbers at once, in the list `what`."""
    with transaction(db):
        audit(db, by=by, action="numbers.shown", now=now, subject=what, subject_id=subject_id, detail={"rows": rows})


def mask(text: str) -> str:
    """A text that people typed, without whole numbers: the log can't be changed when somebody asks to be erased.

    >>> mask("Ring 4791726200 eller 917 26 200, tlf:91726201, sak 2026-11-24, 30000 rader")
    'Ring 479****200 eller 917**200, tlf:917**201, sak 2026-11-24, 30000 rader'
    """
    text = _SPACED.sub(lambda found: found[0].replace(" ", ""), text)
    return _NUMBER.sub(lambda found: f"{found[1]}{'*' * len(found[2])}{found[3]}", text)


def audit(
    db: Connection,
    *,
    by: Actor,
    action: str,
    now: int,
    subject: str,
    subject_id: int | str | None = None,
    detail: Detail | None = None,
) -> None:
    """Add a row to the audit log, within the caller's transaction: who did what to which thing.

    `action` is a verb phrase such as "campaign.pause"; `detail` holds no whole numbers of people and no texts of
    theirs (mask them first). The row is chained to the one before by a keyed hash over keyed values, so that a row
    changed or taken out later shows.
    """
    safe = {name: mask(value) if isinstance(value, str) else value for name, value in (detail or {}).items()}
    told = json.dumps(safe, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    last = db.execute("SELECT chain FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    row = [now, by.kind, by.name, by.address, action, subject, None if subject_id is None else str(subject_id), told]
    body = (last["chain"] if last else b"") + json.dumps(row, ensure_ascii=False).encode()
    chain = hmac.new(db.key, body, hashlib.sha256).digest()
    db.execute(
        """
        INSERT INTO audit (at, actor_kind, actor, address, action, subject, subject_id, detail, chain)
        VALUES (:at, :kind, :name, :address, :action, :subject, :subject_id, :detail, :chain)
        """,
        {
            "at": now, "kind": by.kind, "name": by.name, "address": by.address, "action": action,
            "subject": subject, "subject_id": row[6], "detail": told, "chain": chain,
        },
    )  # fmt: skip


def exported(db: Connection, *, by: Actor, now: int, subject: str, subject_id: int | str | None = None) -> None:
    """Write down that somebody takes a file away, before it is made. Raises NotPermitted for who is signed out."""
    if by.kind == "person" and by.role is None:
        raise NotPermitted("You are signed out. Sign in again; nothing was changed.")
    with transaction(db):
        audit(db, by=by, action="export", now=now, subject=subject, subject_id=subject_id)


def recent(db: Connection, *, before: int | None = None, subject: str | None = None, subject_id: str | None = None,
           limit: int = 100) -> list[Row]:  # fmt: skip
    """The newest rows of the audit log, a page at a time: those with an id below `before`, of one subject or of all."""
    rows: list[Row] = db.execute(
        """
        SELECT id, at, actor_kind, actor, address, action, subject, subject_id, detail
          FROM audit
         WHERE id < :before
           AND (:subject IS NULL OR subject = :subject)
           AND (:subject_id IS NULL OR subject_id = :subject_id)
         ORDER BY id DESC
         LIMIT :limit
        """,
        {
            "before": before if before is not None else 1 << 62,
            "subject": subject, "subject_id": subject_id, "limit": limit,
        },
    ).fetchall()  # fmt: skip
    return rows


def audit_head(db: Connection) -> tuple[int, str]:
    """How many rows the log has, and the name of its last: kept elsewhere, it shows later that nothing was cut off."""
    row = db.execute("SELECT count(*) AS rows, (SELECT chain FROM audit ORDER BY id DESC LIMIT 1) AS head FROM audit")
    found = row.fetchone()
    return int(found["rows"]), found["head"].hex()[:16] if found["head"] else "-"


def audit_row_of(db: Connection, head: str) -> int | None:
    """The row that `audit_head` once named; None when it is gone."""
    if not re.fullmatch(r"[0-9a-f]{16}", head):
        return None
    row = db.execute("SELECT id FROM audit WHERE substr(hex(chain), 1, 16) = :head", {"head": head.upper()}).fetchone()
    return None if row is None else int(row["id"])


def audit_is_whole(db: Connection) -> int | None:
    """Walk the whole chain: None when every row is as it was written, else the id of the first that is not."""
    chain = b""
    for row in db.execute("SELECT * FROM audit ORDER BY id"):
        told = [row["at"], row["actor_kind"], row["actor"], row["address"], row["action"], row["subject"],
                row["subject_id"], row["detail"]]  # fmt: skip
        body = chain + json.dumps(told, ensure_ascii=False).encode()
        chain = hmac.new(db.key, body, hashlib.sha256).digest()
        if not hmac.compare_digest(chain, row["chain"]):
            return int(row["id"])
    return None
