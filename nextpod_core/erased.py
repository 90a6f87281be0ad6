"""
Taking one person's traces away, table by table: what was sent to them, what they wrote, what was noted of them.

`One` is the person being erased; each function here is one step, in short transactions, and may be run again. Lists are
`erased_lists`, the number in other people's words `erased_words`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from nextpod_core import aged_received, changes, emptying, outbox
from nextpod_core.counts import Facts, Tally
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.settings import Settings
from nextpod_core.traces import Written

ROWS = 500
READ = 5_000


@dataclass(slots=True)
class One:
    """One person, whose traces are being taken away."""

    settings: Settings
    db: Connection
    number: str
    written: Written
    upto: dict[str, int]
    at: int
    found: dict[str, int] = field(default_factory=dict)

    def count(self, table: str, rows: int) -> None:
        """So many rows of a table were emptied."""
        if rows > 0:
            self.found[table] = self.found.get(table, 0) + rows

    def ids(self, sql: str, **values: object) -> list[Row]:
        """Rows of a question about this person."""
        return list(self.db.execute(sql, {"number": self.number, **values}).fetchall())

    def messages(self, *, waits_no_more: bool) -> int:
        """What was sent to them, but for what is not settled; how many that are."""
        with transaction(self.db):
            cancel(self.db, self.number)
        keep = "m.status IN ('queued', 'sending') AND c.state <> 'draft'"
        if not waits_no_more:
            keep = f"({keep} OR m.status = 'unknown' AND m.flags & 2 = 0)"
        while True:
            with transaction(self.db):
                rows = self.ids(
                    f"""
                    SELECT m.id, m.text_id, m.campaign_id, m.batch_id, c.kind, c.draft_id, c.state, c.text AS template,
                           t.text
                      FROM messages m JOIN campaigns c ON c.id = m.campaign_id JOIN texts t ON t.id = m.text_id
                     WHERE m.msisdn = :number AND m.id <= :upto AND NOT ({keep})
                     ORDER BY m.id LIMIT 50
                    """,
                    upto=self.upto["messages"],
                )
                if not rows:
                    break
                self._empty(rows)
        return len(
            self.ids(
                f"""
                SELECT m.id FROM messages m JOIN campaigns c ON c.id = m.campaign_id
                 WHERE m.msisdn = :number AND m.id <= :upto AND {keep}
                """,
                upto=self.upto["messages"],
            )
        )

    def _empty(self, rows: Sequence[Row]) -> None:
        db = self.db
        for row in rows:
            for attempt in db.execute(
                """
                SELECT id, phrase FROM attempts
                 WHERE phrase IS NOT NULL AND (batch_id = :batch OR batch_id IN
                       (SELECT batch_id FROM moved WHERE message_id = :id))
                """,
                {"batch": row["batch_id"], "id": row["id"]},
            ).fetchall():
                if (cut := self.written.cut_from(attempt["phrase"])) != attempt["phrase"]:
                    db.execute("UPDATE attempts SET phrase = ? WHERE id = ?", (cut, attempt["id"]))
        emptying.messages(db, [row["id"] for row in rows])
        self.count("messages", len(rows))
        for row in rows:
            emptying.review_of(db, row["campaign_id"])
            if row["state"] == "draft" and row["draft_id"]:
                # What was reviewed had one more recipient.
                db.execute("UPDATE drafts SET version = version + 1 WHERE id = ?", (row["draft_id"],))
                db.execute("UPDATE campaigns SET reviewed_at = NULL WHERE id = ?", (row["campaign_id"],))
            if row["kind"] == "campaign" and (row["text"] == row["template"] or self._is_shared(row)):
                continue  # The same words went to others: they say nothing of this one.
            emptying.texts(db, [row["text_id"]])
            self.count("texts", 1)

    def _is_shared(self, row: Row) -> bool:
        found = self.db.execute(
            "SELECT 1 FROM messages WHERE campaign_id = ? AND msisdn > '' AND text_id = ? LIMIT 1",
            (row["campaign_id"], row["text_id"]),
        ).fetchone()
        return found is not None


def cancel(db: Connection, number: str) -> None:
    """What is queued to a number, or waits to be tried again, never leaves; within the caller's transaction.

    Of what was held after a 500 nobody knows whether it left: it becomes unknown, and is settled by its report.
    """
    tally = Tally()
    rows = db.execute(
        """
        SELECT m.id, m.campaign_id, m.status, m.flags, t.parts, t.alphabet
          FROM messages m JOIN texts t ON t.id = m.text_id JOIN campaigns c ON c.id = m.campaign_id
          LEFT JOIN batches b ON b.id = m.batch_id
         WHERE m.msisdn = :number AND c.state <> 'draft'
           AND (m.status = 'queued' OR m.status = 'sending' AND b.state IN ('waiting', 'held'))
        """,
        {"number": number},
    ).fetchall()
    for row in rows:
        facts = Facts(row["campaign_id"], row["parts"], row["alphabet"], row["status"])
        outbox.leave_out(db, tally, [row], facts, "cancelled")
    tally.write(db)
    if rows:
        changes.bump(db, "campaigns")


def inbound(one: One) -> None:
    """What they wrote."""
    while True:
        with transaction(one.db):
            rows = one.ids(
                """
                SELECT id, msisdn, campaign_id, digest FROM inbound
                 WHERE msisdn = :number AND id <= :upto ORDER BY id LIMIT :limit
                """,
                upto=one.upto["inbound"], limit=ROWS,
            )  # fmt: skip
            if not rows:
                return
            ids = [(row["id"],) for row in rows]
            one.db.executemany(
                "UPDATE forwards SET state = 'given_up', error = NULL WHERE inbound_id = ? AND state = 'waiting'", ids
            )
            one.db.executemany("UPDATE forwards SET error = NULL WHERE inbound_id = ?", ids)
            emptying.inbound_numbers(one.db, rows)
            one.count("inbound", len(rows))


def person(one: One) -> None:
    """The conversation and what colleagues wrote of the person; their place in audiences; what rules did."""
    with transaction(one.db):
        for table in ("notes", "rule_hits"):
            way = "DELETE FROM notes" if table == "notes" else "UPDATE rule_hits SET msisdn = ''"
            one.count(table, one.db.execute(f"{way} WHERE msisdn = ? AND id <= ?",
                                            (one.number, one.upto[table])).rowcount)  # fmt: skip
        for table in ("labels", "audience_people"):
            one.count(table, one.db.execute(
                f"DELETE FROM {table} WHERE msisdn = ? AND at <= ?", (one.number, one.at)
            ).rowcount)  # fmt: skip
        if not one.ids("SELECT 1 FROM inbound WHERE msisdn = :number LIMIT 1"):
            one.count("conversations", one.db.execute(
                "DELETE FROM conversations WHERE msisdn = ?", (one.number,)
            ).rowcount)  # fmt: skip


def suppressions(one: One) -> None:
    """Their rows of the suppression list become keyed hashes."""
    with transaction(one.db):
        rows = one.ids(
            "SELECT id, msisdn, reason, added_at, lifted_at FROM suppressions WHERE msisdn = :number AND id <= :upto",
            upto=one.upto["suppressions"],
        )
        aged_received.hash_suppressions(one.db, rows)
        one.count("suppressions", len(rows))


def odd(one: One) -> None:
    """What could not be understood, where the number stands in it in any writing."""
    for row in one.ids("SELECT id, query, body FROM quarantine WHERE id <= :upto", upto=one.upto["quarantine"]):
        if one.written.is_in(row["query"]) or one.written.is_in(row["body"].decode("utf-8", "replace")):
            with transaction(one.db):
                aged_received.empty_odd(one.db, row["id"])
            one.count("quarantine", 1)


def orphans(one: One) -> None:
    """Reports that name them and belong to no message."""
    with transaction(one.db):
        rows = one.ids("SELECT id FROM reports WHERE message_id IS NULL AND msisdn = :number AND id <= :upto",
                       upto=one.upto["reports"])  # fmt: skip
        emptying.orphans(one.db, [row["id"] for row in rows])
        one.count("reports", len(rows))
