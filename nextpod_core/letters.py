"""
Letters: e-mails to the desk's own people, one person each. Written in the transaction of what they tell of, handed out
by the dispatcher (`telling.py`), tried again for a day.

No number, no text and no password stands in one. The link of an invitation is made when its letter leaves, so that
nothing kept in the store lets anybody in.
"""

import json
from dataclasses import dataclass
from typing import Any, Literal

from nextpod_core import accounts, roles
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import DISPATCHER, Actor, audit

Kind = Literal["invitation", "asked", "approved", "returned", "released"]

MINUTE = 60_000
DAY = 1440 * MINUTE
LONGEST_WAIT = 60 * MINUTE
KEPT = 30 * DAY

# Subject and text, Norwegian and English in one: what language somebody reads is known only once they have signed in.
_WORDS: dict[str, tuple[str, str, str]] = {
    "invitation": (
        "Innlogging / Sign in",
        "Du kan logge inn på {desk}. Velg et passord her:\n\n{link}\n\n"
        "Lenken virker én gang, i 72 timer. Ventet du ikke denne e-posten, se bort fra den.",
        "You can sign in to {desk}. Choose a password with the link above. It works once, for 72 hours. "
        "If you didn't expect this, ignore it.",
    ),
    "asked": (
        "Til godkjenning / To be approved: {name}",
        "{who} ber om godkjenning av «{name}» til {planned} mottakere{price}. Den ligger under "
        "Alle utsendinger.{where}",
        "{who} asks for approval of “{name}” to {planned} recipients{price}. It is under All campaigns.",
    ),
    "approved": (
        "Godkjent / Approved: {name}",
        "{who} har godkjent «{name}» til {planned} mottakere. Den er på vei.{where}",
        "{who} has approved “{name}” to {planned} recipients. It is on its way.",
    ),
    "returned": (
        "Gitt tilbake / Given back: {name}",
        "{who} har gitt «{name}» tilbake. Hva som må endres, står ved utsendingen.{where}",
        "{who} has given “{name}” back. What has to be changed is told with the campaign.",
    ),
    "released": (
        "Sendt uten godkjenning / Released alone: {name}",
        "{who} har sendt «{name}» til {planned} mottakere uten en annens godkjenning. Grunnen står ved utsendingen; "
        "der kan den også stoppes.{where}",
        "{who} has released “{name}” to {planned} recipients without a second person's approval. The reason is told "
        "with the campaign, where it can be stopped too.",
    ),
}


@dataclass(frozen=True, slots=True)
class Letter:
    """One e-mail that is owed. Times UTC milliseconds; `particulars` are what its words need."""

    id: int
    kind: str
    recipient: str
    particulars: dict[str, Any]
    written_at: int
    tries: int
    error: str | None
    delivered_at: int | None
    ended_at: int | None


def write(db: Connection, kind: Kind, recipient: str, *, now: int, **particulars: str | int) -> None:
    """Owe somebody a letter; in the caller's transaction. An invitation takes the place of one that has not left."""
    if kind == "invitation":
        withdraw(db, recipient, now=now)
    db.execute("DELETE FROM letters WHERE written_at < :old AND ended_at IS NOT NULL", {"old": now - KEPT})
    db.execute(
        """
        INSERT INTO letters (kind, recipient, particulars, written_at, next_at)
        VALUES (:kind, :recipient, :particulars, :now, :now)
        """,
        {"kind": kind, "recipient": recipient, "now": now,
         "particulars": json.dumps(particulars, ensure_ascii=False)},
    )  # fmt: skip


def invite(db: Connection, email: str, *, address: str, by: Actor, now: int) -> None:
    """Send somebody a one-time link by e-mail. `address` is the desk's own as the one who invites sees it.

    Raises BadInput when nobody signs in with this e-mail.
    """
    roles.allow(by, "people.change")
    with transaction(db):
        user = accounts.find(db, email)
        if user is None:
            raise BadInput("Nobody signs in with {email}.", email=email[:100])
        write(db, "invitation", user.email, now=now, address=address)
        audit(db, by=by, action="people.letter", now=now, subject="user", subject_id=user.email)


def withdraw(db: Connection, recipient: str, *, now: int) -> None:
    """Let an invitation that has not left stay: a link was handed over otherwise, and a new one would end it."""
    db.execute(
        "UPDATE letters SET ended_at = :now WHERE recipient = :who AND kind = 'invitation' AND ended_at IS NULL",
        {"who": recipient, "now": now},
    )


def due(db: Connection, *, now: int) -> Letter | None:
    """The next letter to hand out; None when none is due. One of the day before yesterday is owed no more."""
    row = db.execute(
        """
        SELECT * FROM letters WHERE ended_at IS NULL AND next_at <= :now AND written_at > :since
         ORDER BY next_at, id LIMIT 1
        """,
        {"now": now, "since": now - DAY},
    ).fetchone()
    return None if row is None else _letter(row)


def invitation_to(db: Connection, recipient: str) -> Letter | None:
    """The newest invitation by e-mail to somebody; None when there was none."""
    row = db.execute(
        "SELECT * FROM letters WHERE recipient = :who AND kind = 'invitation' ORDER BY id DESC LIMIT 1",
        {"who": recipient},
    ).fetchone()
    return None if row is None else _letter(row)


def words(db: Connection, letter: Letter, *, address: str, now: int) -> tuple[str, str] | None:
    """Subject and text of a letter that leaves now; None when there is nobody to get it any more.

    `address` is the desk's own, such as https://desk.example.no, "" when it is not known. For an invitation a one-time
    link is made here, which ends an earlier one.
    """
    user = accounts.find(db, letter.recipient)
    if user is None:
        return None
    known = {"desk": "Nextpod desk", "who": "", "name": "", "planned": 0, "price": "", "link": "", **letter.particulars}
    address = (address or str(known.get("address", ""))).rstrip("/")
    if letter.kind == "invitation":
        token = accounts.link(db, user.email, by=DISPATCHER, now=now)
        known["link"] = f"{address}/invite/{token}"
    known["where"] = f"\n\n{address}/campaigns" if address else ""
    subject, norwegian, english = _WORDS[letter.kind]
    return subject.format_map(known), f"{norwegian.format_map(known)}\n\n---\n\n{english.format_map(known)}\n"


def delivered(db: Connection, letter: Letter, *, now: int) -> None:
    """It was handed over, or nobody is there to get it."""
    with transaction(db):
        db.execute(
            "UPDATE letters SET delivered_at = :now, ended_at = :now, error = NULL WHERE id = :id",
            {"now": now, "id": letter.id},
        )


def failed(db: Connection, letter: Letter, why: str, *, now: int) -> None:
    """It could not be handed over: again after growing waits, for a day."""
    tries = letter.tries + 1
    over = now - letter.written_at > DAY
    with transaction(db):
        db.execute(
            """
            UPDATE letters SET tries = :tries, error = :why, next_at = :next, ended_at = CASE WHEN :over THEN :now END
             WHERE id = :id AND ended_at IS NULL
            """,
            {"tries": tries, "why": why[:300], "next": now + min(LONGEST_WAIT, MINUTE << min(tries - 1, 10)),
             "over": over, "now": now, "id": letter.id},
        )  # fmt: skip


def _letter(row: Row) -> Letter:
    return Letter(
        row["id"], row["kind"], row["recipient"], json.loads(row["particulars"]), row["written_at"], row["tries"],
        row["error"], row["delivered_at"], row["ended_at"],
    )  # fmt: skip
