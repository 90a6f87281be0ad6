"""
Taking away what names a person from rows that stay: numbers, texts and bodies go, statuses, operators and times stay.

So counts, and counting them again, agree before and after. Used for age (`retention`) and on a person's wish
(`erasure`), always within the caller's transaction.
"""

import hmac
import json
import secrets
from collections import defaultdict
from collections.abc import Sequence

from nextpod_core.db import Connection, Row

# Digests are of 16 bytes, and unkeyed: from one of a report without its number all numbers could be tried in a minute.
_DIGEST = 16


def messages(db: Connection, ids: Sequence[int]) -> None:
    """The numbers of these messages, and all that their reports hold of them. Texts are `texts`."""
    db.executemany("UPDATE messages SET msisdn = '', turn = -id WHERE id = ?", [(id,) for id in ids])
    db.executemany(
        """
        UPDATE answers
           SET key = '#' || message_id, override = CASE WHEN override IS NOT NULL THEN '' END
         WHERE message_id = ?
        """,
        [(id,) for id in ids],
    )
    reports_of(db, ids)


def texts(db: Connection, ids: Sequence[int]) -> None:
    """What was written in these texts; their parts and alphabet are counted by, and stay."""
    db.executemany("UPDATE texts SET text = '' WHERE id = ?", [(id,) for id in ids])


def review_of(db: Connection, campaign: int) -> None:
    """The people shown as examples in a campaign's review; its figures stay."""
    row = db.execute("SELECT review FROM campaigns WHERE id = ?", (campaign,)).fetchone()
    kept = json.loads(row["review"]) if row else {}
    if kept.get("samples") or kept.get("longest"):
        kept |= {"samples": [], "longest": None}
        db.execute("UPDATE campaigns SET review = ? WHERE id = ?", (json.dumps(kept, ensure_ascii=False), campaign))


def reports_of(db: Connection, message_ids: Sequence[int]) -> None:
    """Number and body of all reports of these messages. What matched by its number alone keeps its match (rebuild)."""
    marks = ", ".join("?" * len(message_ids))
    rows = db.execute(
        f"""
        SELECT r.id, r.message_id, r.digest,
               EXISTS (SELECT 1 FROM message_ids i
                        WHERE i.nextpod_id = r.nextpod_id AND i.message_id = r.message_id) AS by_id
          FROM reports r
         WHERE r.message_id IN ({marks})
         ORDER BY r.message_id, r.digest
        """,
        list(message_ids),
    ).fetchall()
    alike: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        alike[row["message_id"]].append(row)
    for those in alike.values():
        # Between reports that are equal but for their digest the digest decides (merge.py), so their order stays.
        fresh = sorted(secrets.token_bytes(_DIGEST) for _ in those)
        db.executemany(
            """
            UPDATE reports
               SET msisdn = NULL, body = NULL, digest = ?, nextpod_id = CASE WHEN ? THEN nextpod_id END
             WHERE id = ?
            """,
            [(digest, row["by_id"], row["id"]) for digest, row in zip(fresh, those, strict=True)],
        )


def orphans(db: Connection, ids: Sequence[int]) -> None:
    """Number and body of reports that belong to no message. Their ids stay: an answer may still name them."""
    db.executemany(
        "UPDATE reports SET msisdn = NULL, body = NULL, digest = ? WHERE id = ? AND message_id IS NULL",
        [(secrets.token_bytes(_DIGEST), id) for id in ids],
    )


def inbound_texts(db: Connection, ids: Sequence[int]) -> None:
    """What people wrote, out of the messages and out of the search."""
    one = [(id,) for id in ids]
    db.executemany("UPDATE inbound SET text = '', body = NULL WHERE id = ?", one)
    db.executemany("DELETE FROM inbound_words WHERE rowid = ?", one)


def inbound_numbers(db: Connection, rows: Sequence[Row]) -> None:
    """Who wrote these messages (`id`, `msisdn`, `campaign_id`, `digest`), and what they wrote.

    That several are one person's answers to one campaign stays known (`inbound.person`): people are counted once.
    """
    inbound_texts(db, [row["id"] for row in rows])
    for row in rows:
        who = row["msisdn"] and row["campaign_id"] is not None
        db.execute(
            """
            UPDATE inbound
               SET msisdn = '', nextpod_id = NULL, person = coalesce(:person, person), digest = :digest
             WHERE id = :id AND msisdn <> ''
            """,
            {"person": answerer(db, row["msisdn"], row["campaign_id"]) if who else None,
             "digest": kept_digest(db, row["digest"]), "id": row["id"]},
        )  # fmt: skip


def answerer(db: Connection, msisdn: str, campaign: int) -> bytes:
    """Whose answer to a campaign it is, when the number is gone: a keyed hash that no other campaign shares."""
    return hmac.digest(db.key, f"answer\x1f{campaign}\x1f{msisdn}".encode("utf-8", "replace"), "sha256")[:_DIGEST]


def kept_digest(db: Connection, digest: bytes) -> bytes:
    """By what a message that was emptied is known again when it is delivered once more: its digest under the key."""
    return hmac.digest(db.key, b"digest\x1f" + digest, "sha256")[:_DIGEST]


def secure_search(db: Connection) -> None:
    """Let what is deleted from the index of numbers be gone at once, and not at some later merge."""
    if not db.execute("SELECT 1 FROM numbers_config WHERE k = 'secure-delete' AND v = 1").fetchone():
        db.execute("INSERT INTO numbers (numbers, rank) VALUES ('secure-delete', 1)")


def merge_search(db: Connection, *, first: bool, pages: int = 200) -> bool:
    """Write the next `pages` of the search anew without what was deleted from it; whether there is more to do."""
    before = db.total_changes
    db.execute("INSERT INTO inbound_words (inbound_words, rank) VALUES ('merge', :pages)",
               {"pages": -pages if first else pages})  # fmt: skip
    return bool(db.total_changes - before >= 2)
