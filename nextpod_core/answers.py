"""
Answering somebody who has written: from where, with what words, and what must be asked first.

Somebody who opted out is answered only after having written again, with a confirmation that is recorded; and an answer
that a colleague sent meanwhile is told before another one leaves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from nextpod_core import (
    changes,
    consent,
    imports,
    options,
    optouts,
    roles,
    segments,
    singles,
    staged,
    suppressions,
    templates,
)
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import Actor
from nextpod_core.sentences import Sentence, say


class AskFirst(BadInput):
    """An answer that a person must confirm: `why` is "suppressed", or "answered" when a colleague was quicker."""

    def __init__(self, why: Literal["suppressed", "answered"], sentence: Sentence) -> None:
        self.why = why
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Sender:
    """Somewhere that an answer can come from. On a shared short code the next one must begin with `keyword`."""

    name: str
    keyword: str | None


def senders(db: Connection, msisdn: str) -> list[Sender]:
    """Where an answer to this person can come from and be answered in turn: what they wrote to comes first.

    None for somebody who wrote from a name or a short code.
    """
    if not can_be_answered(msisdn):
        return []
    known = {
        row["name"]: row["keyword"]
        for row in db.execute("SELECT name, keyword FROM senders WHERE can_answer = 1 ORDER BY is_default DESC, name")
    }
    last = db.execute(
        "SELECT short_code, keyword FROM inbound WHERE msisdn = :msisdn ORDER BY id DESC LIMIT 1", {"msisdn": msisdn}
    ).fetchone()
    found: dict[str, str | None] = {}
    if last is not None and last["short_code"].isascii() and 3 <= len(last["short_code"]) <= 14:
        # A keyword recognised by Nextpod and a short code that nobody said is ours alone: it is taken as shared.
        found[last["short_code"]] = known.get(last["short_code"]) if last["short_code"] in known else last["keyword"]
    return [Sender(name, keyword or None) for name, keyword in (found | known).items()]


def can_be_answered(msisdn: str) -> bool:
    """Whether somebody wrote from a number: names and short codes can't be sent to."""
    return optouts.can_be_sent_to(msisdn)


def canned(db: Connection) -> list[str]:
    """The answers that the team has written beforehand."""
    return options.read(db).canned


def values(db: Connection, msisdn: str) -> dict[str, str]:
    """What canned answers can say of this person: their row of the last campaign's list, and their own number."""
    row = db.execute(
        """
        SELECT c.import_id, m.row
          FROM (SELECT campaign_id, row FROM messages WHERE msisdn = :msisdn AND row IS NOT NULL
                 ORDER BY id DESC LIMIT 1) m
          JOIN campaigns c ON c.id = m.campaign_id
         WHERE c.import_id IS NOT NULL
        """,
        {"msisdn": msisdn},
    ).fetchone()
    found = {"number": msisdn}
    if row is not None:
        cells = staged.cells(db, row["import_id"], [row["row"]]).get(row["row"], [])
        pairs = zip(imports.get(db, row["import_id"]).columns, cells, strict=False)
        found |= {templates.key(name): value for name, value in pairs if value}
    last = db.execute(
        "SELECT keyword FROM inbound WHERE msisdn = :msisdn ORDER BY id DESC LIMIT 1", {"msisdn": msisdn}
    ).fetchone()
    if last is not None and last["keyword"]:
        found.setdefault("keyword", last["keyword"])
    return found


def fill(db: Connection, msisdn: str, template: str) -> str:
    """A canned answer for this person. What isn't known of them keeps its braces, for the colleague to fill."""
    known = values(db, msisdn)
    read_template = templates.parse(template)
    for name in read_template.missing(known):
        known[templates.key(name)] = "{{" + name + "}}"
    return read_template.render(known)


def answer(
    db: Connection,
    msisdn: str,
    *,
    text: str,
    sender: str,
    key: str,
    by: Actor,
    now: int,
    seen: int | None = None,
    override: str | None = None,
) -> int:
    """
    Send one text to one person who has written; the message's id. They then wait no longer, and `by` owns it.

    `key` is made when the form is drawn: a second click sends nothing more, nor does the same text within a moment.
    `seen` is the last answer that the form showed (None: don't ask); `override` is the recorded confirmation for
    somebody who opted out.
    Raises AskFirst, and BadInput for what can't be sent at all.
    """
    roles.allow(by, "inbox.handle")
    text = checked(text)
    with transaction(db):
        return _answer(db, msisdn, text, sender, key=key, by=by, now=now, seen=seen, override=override)


def answer_many(
    db: Connection, msisdns: Sequence[str], *, template: str, key: str, by: Actor, now: int
) -> tuple[int, int]:
    """
    The same answer to many, each filled for its person and from where that person wrote to: sent, left out.

    Left out are those who opted out, who wrote from a name, and who have no number to be answered from. All or none.
    """
    roles.allow(by, "inbox.handle")
    sent = 0
    with transaction(db):
        out = suppressions.suppressed_among(db, msisdns)
        reached = [one for one in msisdns if one not in out and senders(db, one)]
        if lacking := [one for one in reached if templates.parse(template).missing(values(db, one))]:
            raise BadInput(
                "Not everything that the answer says is known of {count} of them, +{number} among them. Write what "
                "stands there instead: {{{{name|there}}}}.", count=len(lacking), number=lacking[0],
            )  # fmt: skip
        for msisdn in reached:
            from_where = senders(db, msisdn)
            text = checked(fill(db, msisdn, template))
            _answer(db, msisdn, text, from_where[0].name, key=f"{key} {msisdn}", by=by, now=now)
            sent += 1
    return sent, len(msisdns) - sent


def checked(text: str) -> str:
    """The text as it will leave. Raises BadInput when it is empty, too long or still has a place to fill."""
    text = segments.clean(text).strip()
    if not text:
        raise BadInput("Write the answer first.")
    if "{{" in text:
        raise BadInput("The answer still has a place to fill in double braces. Write what belongs there.")
    if (units := segments.units_utf16(text)) > segments.LONGEST:
        raise BadInput(
            "The answer has {units} characters; at most {most} can be sent.", units=units, most=segments.LONGEST
        )
    return text


def suppression_of(db: Connection, msisdn: str) -> Row | None:
    """The row of the list that is in force for a number; for one known by its hash alone what is left of it (id 0)."""
    row: Row | None = db.execute(
        "SELECT * FROM suppressions WHERE msisdn = :msisdn AND lifted_at IS NULL", {"msisdn": msisdn}
    ).fetchone()
    if row is None:
        row = db.execute(
            """
            SELECT 0 AS id, :msisdn AS msisdn, how AS reason, NULL AS inbound_id, '' AS note, at AS added_at,
                   '' AS added_by, NULL AS reviewed_at
              FROM suppressed_people
             WHERE person = :who
            """,
            {"msisdn": msisdn, "who": consent.person(db, msisdn)},
        ).fetchone()
    return row


def wrote_after(db: Connection, suppression: Row) -> bool:
    """Whether the person has written since: after the message that opted them out, else after the time of it."""
    row = db.execute(
        """
        SELECT 1 FROM inbound
         WHERE msisdn = :msisdn AND id > :message AND (:message > 0 OR arrived > :added) LIMIT 1
        """,
        {"msisdn": suppression["msisdn"], "message": suppression["inbound_id"] or 0, "added": suppression["added_at"]},
    ).fetchone()
    return row is not None


def last_answer(db: Connection, msisdn: str) -> tuple[int, str]:
    row = db.execute(
        """
        SELECT m.id, a.by
          FROM messages m JOIN answers a ON a.message_id = m.id JOIN campaigns c ON c.id = m.campaign_id
         WHERE m.msisdn = :msisdn AND c.kind = 'answers'
         ORDER BY m.id DESC
         LIMIT 1
        """,
        {"msisdn": msisdn},
    ).fetchone()
    return (row["id"], row["by"]) if row else (0, "")


def mark_seen(db: Connection, msisdn: str, last: int, now: int) -> None:
    # A person who writes without end must not make this long: what is older was seen before.
    db.execute(
        """
        UPDATE inbound SET read_at = :now
         WHERE id IN (SELECT id FROM inbound WHERE msisdn = :msisdn AND id <= :last ORDER BY id DESC LIMIT 500)
           AND read_at IS NULL
        """,
        {"msisdn": msisdn, "last": last, "now": now},
    )


def _answer(
    db: Connection, msisdn: str, text: str, sender: str, *, key: str, by: Actor, now: int, seen: int | None = None,
    override: str | None = None,
) -> int:  # fmt: skip
    done = db.execute("SELECT message_id FROM answers WHERE key = :key", {"key": key}).fetchone()
    if done:
        return int(done["message_id"])
    head = db.execute("SELECT last_inbound_id FROM conversations WHERE msisdn = :msisdn", {"msisdn": msisdn}).fetchone()
    if not can_be_answered(msisdn):
        raise BadInput("This was written from a name or a short number, which nothing can be sent to.")
    if head is None:
        raise BadInput("This number has not written, so there is nothing to answer. Send it a campaign instead.")
    same = singles.just_queued(
        db, kind="answers", sender=sender, text=text, msisdn=msisdn, by=by, now=now, inbound_id=head["last_inbound_id"]
    )
    if same:
        return same
    if sender not in {one.name for one in senders(db, msisdn)}:
        raise BadInput("{sender} can't be answered. Choose a number that people can write to.", sender=sender)
    suppression = suppression_of(db, msisdn)
    if suppression is not None:
        if not wrote_after(db, suppression):
            raise BadInput("This person has opted out and not written since. They can't be answered.")
        if not override:
            raise AskFirst("suppressed", say("This person has opted out, and has written since. Answer all the same?"))
    last, who = last_answer(db, msisdn)
    if seen is not None and last > seen and who != by.name:
        raise AskFirst(
            "answered",
            say("{who} has answered this person since you opened the conversation. Send yours as well?", who=who),
        )
    message = singles.enqueue(
        db, kind="answers", sender=sender, text=text, msisdn=msisdn, key=key, by=by, now=now,
        inbound_id=head["last_inbound_id"], override=override if suppression is not None else None,
    )  # fmt: skip
    db.execute(
        """
        UPDATE conversations
           SET state = 'waiting', waiting_since = NULL, unread = 0, owner = coalesce(owner, :by)
         WHERE msisdn = :msisdn
        """,
        {"msisdn": msisdn, "by": by.name},
    )
    if head["last_inbound_id"] is not None:
        mark_seen(db, msisdn, head["last_inbound_id"], now)
    changes.bump(db, "inbox")
    return message
