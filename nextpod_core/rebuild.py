"""
Everything that is derived, computed again from the logs; the rows that live work made must come out equal.

It may run beside the other processes: matches and statuses go in chunks through the very function that live work
uses; counts are recounted in one snapshot and only the difference is added, which is right whatever was added since.
It creates and deletes nothing that is not derived.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from nextpod_core import counts, emptying, folding, inbound, rollups
from nextpod_core.cells import Cell, empty
from nextpod_core.counts import Facts, Tally
from nextpod_core.db import Connection, Row, reading, transaction
from nextpod_core.people import Actor, audit

CHUNK = 2_000  # rows a transaction
WORDS = 500  # full text costs more a row


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many rows were not as the logs say, by kind; all 0 when live work was right. `words` is always every row."""

    matches: int
    messages: int
    counts: int
    inbound_counts: int
    conversations: int
    words: int


def run(db: Connection, *, now: int, by: Actor) -> Rebuilt:
    """Compute again matches, statuses, counts, conversation heads and the search; what had to be mended."""
    matches, messages = _statuses(db, now=now)
    done = Rebuilt(
        matches=matches,
        messages=messages + _answered(db),
        counts=_counts(db),
        inbound_counts=_inbound_counts(db),
        conversations=_conversations(db),
        words=_words(db),
    )
    with transaction(db):
        audit(db, by=by, action="store.rebuild", now=now, subject="store",
              detail={name: getattr(done, name) for name in Rebuilt.__slots__})  # fmt: skip
    return done


def _statuses(db: Connection, *, now: int) -> tuple[int, int]:
    """Match the whole log again and settle every message in it."""
    mark = matches = messages = 0
    while True:
        with transaction(db):
            rows = db.execute(
                """
                SELECT id, message_id, nextpod_id, reference, msisdn, arrived, event_at, sent_at
                  FROM reports
                 WHERE id > :mark
                 ORDER BY id
                 LIMIT :limit
                """,
                {"mark": mark, "limit": CHUNK},
            ).fetchall()
            if not rows:
                return matches, messages
            # An erased report knows no number and id any more; the match it had is all that is left of it.
            whole = [row for row in rows if row["nextpod_id"] or row["msisdn"]]
            found = folding.match(db, whole, now=now)
            wrong = [row for row in whole if row["message_id"] != found.get(row["id"])]
            db.executemany(
                "UPDATE reports SET message_id = ? WHERE id = ?", [(found.get(row["id"]), row["id"]) for row in wrong]
            )
            left = {row["message_id"] for row in wrong if row["message_id"] is not None}
            touched = set(found.values()) | {row["message_id"] for row in rows if row["message_id"] is not None}
            tally = Tally()
            matches += len(wrong)
            messages += folding.settle(db, tally, touched) + _unhear(db, tally, left)
            tally.write(db)
            mark = rows[-1]["id"]


def _unhear(db: Connection, tally: Tally, message_ids: set[int]) -> int:
    """Messages whose only reports turned out to be another's: back to what they were before."""
    changed = 0
    for message_id in message_ids:
        row = db.execute(
            """
            SELECT m.*, t.parts, t.alphabet
              FROM messages AS m
              JOIN texts AS t ON t.id = m.text_id
             WHERE m.id = :id AND NOT EXISTS (SELECT 1 FROM reports WHERE message_id = :id)
            """,
            {"id": message_id},
        ).fetchone()
        if row is None:
            continue
        guessed = row["flags"] & folding.BY_REPORT
        status, accepted_at = ("unknown", None) if guessed else ("accepted", row["accepted_at"])
        before = folding.facts_of(row)
        after = Facts(*before[:3], status, accepted_at, answered=before.answered if accepted_at else 0)
        tally.change(before, after)
        db.execute(
            """
            UPDATE messages
               SET status = :status, accepted_at = :accepted_at, status_at = NULL, report_id = NULL, mcc = 0, mnc = 0,
                   word = NULL, operator_code = NULL, latency = NULL, flags = :flags
             WHERE id = :id
            """,
            {"status": status, "accepted_at": accepted_at, "id": message_id,
             "flags": row["flags"] & ~(folding.BY_REPORT | folding.CONTRADICTED
                                       | (0 if accepted_at else folding.ANSWERED))},
        )  # fmt: skip
        changed += 1
    return changed


def _answered(db: Connection) -> int:
    """Messages that are said to be answered and were not, or the other way round."""
    answered = "accepted_at IS NOT NULL AND id IN (SELECT message_id FROM inbound WHERE message_id IS NOT NULL)"
    with reading(db):
        wrong = [row[0] for row in db.execute(
            f"SELECT id FROM messages WHERE ({answered}) <> (flags & {folding.ANSWERED} <> 0)"
        )]  # fmt: skip
    for start in range(0, len(wrong), CHUNK):
        with transaction(db):
            tally = Tally()
            for message in wrong[start : start + CHUNK]:
                has = db.execute(f"SELECT {answered} FROM messages WHERE id = ?", (message,)).fetchone()[0]
                folding.mark_answered(db, tally, message, answered=bool(has))
            tally.write(db)
    return len(wrong)


class _Recount(Tally):
    """A tally of every message, less what the tables hold: what is left is what they lack."""

    def subtract_stored(self, db: Connection) -> None:
        self._spread()
        for table, cells in self._cells.items():
            names, values = counts.TABLES[table], counts.VALUES[table]
            for row in db.execute(f"SELECT {', '.join((*names, *values))} FROM {table}"):
                cell = cells[tuple(row[: len(names)])]
                for place, stored in enumerate(row[len(names) :]):
                    cell[place] -= stored

    def pieces(self) -> Iterator[tuple[int, Tally]]:
        """What is left, in tallies that a transaction can hold, each with its number of cells."""
        for table, cells in self._cells.items():
            left = [(cell, values) for cell, values in cells.items() if any(values)]
            for start in range(0, len(left), CHUNK):
                piece = _Recount()
                piece._cells[table].update(left[start : start + CHUNK])
                yield len(left[start : start + CHUNK]), piece


def _counts(db: Connection) -> int:
    recount = _Recount()
    with reading(db):
        # A draft's messages are made for its review and counted when it is sent.
        for row in db.execute(
            """
            SELECT m.*, t.parts, t.alphabet
              FROM messages AS m
              JOIN texts AS t ON t.id = m.text_id
              JOIN campaigns AS c ON c.id = m.campaign_id AND c.state <> 'draft'
            """
        ):
            recount.change(None, folding.facts_of(row))
        recount.subtract_stored(db)
    wrong = 0
    for cells, piece in recount.pieces():
        with transaction(db):
            piece.write(db)
        wrong += cells
    if wrong:
        with transaction(db):
            for table in counts.TABLES:  # a cell that stood below zero is zero now, and live work leaves no such row
                db.execute(f"DELETE FROM {table} WHERE {empty(counts.VALUES[table])}")
    return wrong + rollups.level(db)


def _inbound_counts(db: Connection) -> int:
    """Incoming messages by hour and word, and who answered which campaign: the same way."""
    by_word: defaultdict[Cell, int] = defaultdict(int)
    people: defaultdict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    with reading(db):
        for row in db.execute("SELECT arrived, short_code, keyword, sub_keyword, verdict, campaign_id FROM inbound"):
            hour = row["arrived"] // counts.HOUR * counts.HOUR
            by_word[(hour, row["short_code"], row["keyword"] or "", row["sub_keyword"] or "", row["verdict"],
                     row["campaign_id"] or 0)] += 1  # fmt: skip
        for row in db.execute("SELECT * FROM inbound_counts"):
            *cell, messages = row
            by_word[tuple(cell)] -= messages
        for place, where in ((0, ""), (1, "AND verdict IN ('out', 'out_by_prefix')")):
            for row in _first_answers(db, where):
                people[(row["campaign_id"], counts.bucket(row["delay"]))][place] += 1
        for row in db.execute("SELECT * FROM answered"):
            cell = people[(row["campaign_id"], row["bucket"])]
            cell[0] -= row["people"]
            cell[1] -= row["opted_out"]
    words = [(*cell, messages) for cell, messages in by_word.items() if messages]
    answers = [(*cell, *both) for cell, both in people.items() if any(both)]
    for start in range(0, len(words), CHUNK):
        with transaction(db):
            db.executemany(
                """
                INSERT INTO inbound_counts VALUES (?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET messages = messages + excluded.messages
                """,
                words[start : start + CHUNK],
            )
            db.execute("DELETE FROM inbound_counts WHERE messages = 0")
    for start in range(0, len(answers), CHUNK):
        with transaction(db):
            db.executemany(
                """
                INSERT INTO answered VALUES (?, ?, ?, ?)
                    ON CONFLICT DO UPDATE
                   SET people = people + excluded.people, opted_out = opted_out + excluded.opted_out
                """,
                answers[start : start + CHUNK],
            )
            db.execute("DELETE FROM answered WHERE people = 0 AND opted_out = 0")
    return len(words) + len(answers)


def _first_answers(db: Connection, where: str) -> Iterator[Row]:
    """Each person's first message to each campaign, of those that `where` names.

    People whose numbers were taken away are told apart by what was kept for that.
    """
    who = "msisdn"
    if db.execute("SELECT 1 FROM inbound WHERE person IS NOT NULL LIMIT 1").fetchone():
        db.create_function("answerer", 2, lambda msisdn, campaign: emptying.answerer(db, msisdn, campaign))
        who = "coalesce(person, answerer(msisdn, campaign_id))"
    rows: Iterator[Row] = db.execute(
        f"""
        SELECT campaign_id, delay
          FROM (SELECT campaign_id, delay, row_number() OVER (PARTITION BY {who}, campaign_id ORDER BY id) AS nth
                  FROM inbound
                 WHERE campaign_id IS NOT NULL AND delay IS NOT NULL {where}) AS answers
         WHERE nth = 1
        """
    )
    return rows


def _conversations(db: Connection) -> int:
    """Heads that don't name the person's last message. State, owner and unread are people's own and stay.

    One that is missing is made as its messages alone would have made it: a plain STOP or START lets nobody wait.
    """
    mark, mended = "", 0
    while True:
        with transaction(db):
            rows = db.execute(
                """
                SELECT i.msisdn, i.last_id, i.last_at, i.first_at, i.unread, v.last_inbound_id, v.last_at AS head_at
                  FROM (SELECT msisdn, max(id) AS last_id, max(arrived) AS last_at,
                               min(CASE WHEN verdict IN ('out', 'in') THEN NULL ELSE arrived END) AS first_at,
                               sum(CASE WHEN read_at IS NULL THEN 1 ELSE 0 END) AS unread
                          FROM inbound
                         WHERE msisdn > :mark AND msisdn <> ''
                         GROUP BY msisdn
                         ORDER BY msisdn
                         LIMIT :limit) AS i
                  LEFT JOIN conversations AS v ON v.msisdn = i.msisdn
                 ORDER BY i.msisdn
                """,
                {"mark": mark, "limit": CHUNK},
            ).fetchall()
            if not rows:
                return mended
            wrong = [row for row in rows if row["last_inbound_id"] != row["last_id"] or row["head_at"] < row["last_at"]]
            db.executemany(
                """
                INSERT INTO conversations (msisdn, state, unread, waiting_since, last_inbound_id, last_at)
                VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT (msisdn) DO UPDATE
                   SET last_inbound_id = excluded.last_inbound_id,
                       last_at = CASE WHEN conversations.last_at > excluded.last_at
                                      THEN conversations.last_at ELSE excluded.last_at END
                """,
                [
                    (
                        row["msisdn"],
                        "closed" if row["first_at"] is None else "open",
                        row["unread"],
                        row["first_at"],
                        row["last_id"],
                        row["last_at"],
                    )
                    for row in wrong
                ],
            )
            mended += len(wrong)
            mark = rows[-1]["msisdn"]


def _words(db: Connection) -> int:
    """The search keeps no copy to compare with, so every row is written anew; it never stands empty meanwhile."""
    mark = done = 0
    while True:
        with transaction(db):
            rows = db.execute(
                "SELECT id, text FROM inbound WHERE id > :mark ORDER BY id LIMIT :limit", {"mark": mark, "limit": WORDS}
            ).fetchall()
            if not rows:
                return done
            db.execute(
                "DELETE FROM inbound_words WHERE rowid BETWEEN :first AND :last",
                {"first": mark + 1, "last": rows[-1]["id"]},
            )
            for row in rows:
                if row["text"]:
                    inbound.index(db, row["id"], row["text"])
            done += len(rows)
            mark = rows[-1]["id"]
