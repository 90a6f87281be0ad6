"""
A practice store filled with a believable past: campaigns, messages, reports and answers, the same for the same seed.

Only ever for a sandbox. Numbers, names and texts are invented (`demo_world.py`); one hour of one network is bad on
purpose (`Filled.bad_hour`), and one batch had no answer, so that the pages have something to show.
"""

import datetime
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from nextpod_core import changes, consent, counts, folding, inbox_search, options, segments
from nextpod_core import demo_world as world
from nextpod_core.counts import HOUR, MINUTE, Facts, Tally
from nextpod_core.db import Connection, transaction
from nextpod_core.demo_world import KINDS, NAMES, NETWORKS, SENDERS, WEIGHTS, Network
from nextpod_core.errors import WrongStore
from nextpod_core.people import Actor, audit

ROWS = 5_000  # No write transaction is longer than this, so that other processes get their turn.
NUMBERS = 1_000_000  # A network's numbers; campaigns walk through them and meet many people again.
BAD_NETWORK, BAD_RATE = (242, 2), 0.62


@dataclass(slots=True)
class Filled:
    """What was made: how many messages in how many campaigns, and which hour of Telia (242-2) was bad (UTC ms)."""

    campaigns: int = 0
    messages: int = 0
    reports: int = 0
    inbound: int = 0
    bad_hour: int = 0


@dataclass(slots=True)
class _Rows:
    """One campaign: its copies of the text (id, parts, alphabet) and its rows, table by table."""

    number: int
    copies: list[tuple[int, int, str]]
    batches: list[tuple[Any, ...]] = field(default_factory=list)
    attempts: list[tuple[Any, ...]] = field(default_factory=list)
    messages: list[tuple[Any, ...]] = field(default_factory=list)
    message_ids: list[tuple[Any, ...]] = field(default_factory=list)
    reports: list[tuple[Any, ...]] = field(default_factory=list)
    answered: dict[int, list[int]] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    last: int | None = None  # when the last message left; None while some have not


def fill(db: Connection, *, messages: int, seed: int, now: int, by: Actor, days: int = 30,
         questions: bool = False) -> Filled:  # fmt: skip
    """Fill an empty practice store with about `messages` messages over the `days` days before `now` (UTC ms).

    With `questions` a dozen people have written of themselves in the last day and wait for an answer. Raises WrongStore
    for a live store, and for one that has campaigns already.
    """
    mode = db.execute("SELECT value FROM meta WHERE name = 'mode'").fetchone()
    if mode is None or mode["value"] != "sandbox":
        raise WrongStore("A demonstration is made in a practice database only; this one is live.")
    if db.execute("SELECT 1 FROM campaigns LIMIT 1").fetchone():
        raise WrongStore("This database has campaigns already. Name another NEXTPOD_DATABASE for a demonstration.")
    maker = _Maker(db, random.Random(seed), now, ZoneInfo(options.read(db).zone), by)
    if options.read(db).price is None:
        options.change(db, by=by, now=now, price=0.39)
    maker.make(messages, days, questions)
    return maker.filled


class _Maker:
    """Makes campaign after campaign; ids are counted here, since the store was empty."""

    def __init__(self, db: Connection, dice: random.Random, now: int, zone: ZoneInfo, by: Actor) -> None:
        self.db, self.dice, self.now, self.zone, self.by = db, dice, now, zone, by
        self.filled = Filled()
        self.ids = dict.fromkeys(("campaign", "text", "batch", "message", "report"), 0)
        self.stopped: dict[str, int] = {}
        self.incoming: list[tuple[Any, ...]] = []
        self.lost = 0  # the campaign of which one batch had no answer

    def make(self, messages: int, days: int, questions: bool) -> None:
        with transaction(self.db):
            self.db.executemany(
                "INSERT OR IGNORE INTO senders (name, can_answer, keyword, is_default, added_at)"
                " VALUES (?, ?, ?, ?, ?)",
                [(*sender, self.now) for sender in SENDERS],
            )
        wanted = max(5, round(min(days, 30) * 1.3 + max(0, days - 30) * 0.5))
        starts = world.starts(self.dice, now=self.now, zone=self.zone, days=days, campaigns=wanted)
        sizes = world.shares(self.dice, messages, wanted)
        old = [(size, start) for start, size in zip(starts, sizes, strict=True) if start < self.now - 96 * HOUR]
        self.filled.bad_hour = (max(old)[1] if old else starts[0]) // HOUR * HOUR
        self.lost = wanted - 2
        for start, size in zip(starts, sizes, strict=True):
            self.campaign(start, size)
        for hours in (20, 68):
            self.planned(min(1_200, max(20, messages // 100)), (self.now // HOUR + hours) * HOUR)
        self.draft()
        if questions:
            self.questions()
        self.came_in()
        self.finish()

    def next_id(self, kind: str) -> int:
        self.ids[kind] += 1
        return self.ids[kind]

    def campaign(self, start: int, size: int) -> None:
        """One campaign that began in the past: everything that came of it."""
        number = self.next_id("campaign")
        name, sender, purpose, text, answering, answers = KINDS[(number - 1) % len(KINDS)]
        pace = MINUTE / self.dice.choice((240, 600, 1_500, 3_000, 3_000))  # milliseconds between two people
        if start > self.now - 30 * MINUTE:  # the one that is being sent: a good half has left
            pace = max(1.0, (self.now - start) / (size * 0.6))
        said = [text.format(who.split()[0]) for who in NAMES]
        rows = _Rows(number, [(self.next_id("text"), *_cost(copy)) for copy in said])
        self.people(rows, start, size, pace, answering, answers)
        state = "finished" if rows.last else "paused"
        with transaction(self.db):
            self.campaign_row(number, name, sender, purpose, text, start, size, state=state, ended=rows.last)
            self.db.executemany(
                "INSERT INTO texts VALUES (?, ?, ?, ?, ?)",
                [(ident, number, copy, *cost) for (ident, *cost), copy in zip(rows.copies, said, strict=True)],
            )
        self.write(rows)
        self.filled.campaigns += 1
        self.filled.messages += size

    def people(
        self, rows: _Rows, start: int, size: int, pace: float, answering: float, answers: tuple[str, ...]
    ) -> None:
        """One message after the other: left out, waiting, without an answer, or accepted and then its fate."""
        cells: dict[Facts, int] = {}
        lost_from = size - min(180, size // 4) if rows.number == self.lost else size
        for turn in range(size):
            network = self.dice.choices(NETWORKS, WEIGHTS)[0]
            msisdn = f"{network.prefix}{(turn * 7 + rows.number * 13) % NUMBERS:06d}"
            text, parts, alphabet = rows.copies[turn % len(rows.copies)]
            at = round(start + turn * pace)
            facts, report, batch = Facts(rows.number, parts, alphabet, "queued"), None, None
            message = self.next_id("message")
            if at <= self.now:
                rows.last = at
                if self.stopped.get(msisdn, at) < at or self.dice.random() < 0.004:
                    facts = Facts(rows.number, parts, alphabet, "skipped")
                elif turn >= lost_from:
                    batch = self.batch(rows, text, at, "unknown", new=turn == lost_from)
                    facts = Facts(rows.number, parts, alphabet, "unknown")
                else:
                    batch = self.batch(rows, text, at, "accepted")
                    facts = self.accepted(rows, network, at, parts, alphabet)
                    rows.message_ids.append((self.dice.randbytes(16), message, batch))
                    if facts.status_at:
                        report = self.report(rows, message, msisdn, network, facts)
                    if facts.status == "delivered" and self.dice.random() < answering:
                        facts = self.answer(rows, message, msisdn, network, facts, answers)
            cells[facts] = cells.get(facts, 0) + 1
            rows.messages.append(
                (message, rows.number, text, turn + 2, msisdn, facts.status, batch, facts.accepted_at, facts.status_at,
                 report, facts.mcc, facts.mnc, facts.word, facts.operator_code, facts.latency,
                 facts.answered * folding.ANSWERED)
            )  # fmt: skip
        if any(facts.status == "queued" for facts in cells):
            rows.last = None
        for facts, many in cells.items():
            rows.tally.change(None, facts, many)

    def batch(self, rows: _Rows, text: int, at: int, state: str, *, new: bool = False) -> int:
        """The batch that the next message goes into: at most a thousand to each."""
        if new or not rows.batches or rows.batches[-1][4] >= 1_000:
            ident = self.next_id("batch")
            rows.batches.append((ident, rows.number, text, state, 0, at))
            rows.attempts.append((ident, ident, self.dice.randbytes(16), 0, at, at + 240, state,
                                  200 if state == "accepted" else None))  # fmt: skip
        last, request = rows.batches[-1], rows.attempts[-1]
        rows.batches[-1] = (*last[:4], last[4] + 1, last[5])
        rows.attempts[-1] = (*request[:3], request[3] + 1, *request[4:])
        return int(last[0])

    def accepted(self, rows: _Rows, network: Network, at: int, parts: int, alphabet: str) -> Facts:
        """What has become by now of a message that was accepted at `at`."""
        bad = (network.mcc, network.mnc) == BAD_NETWORK and at // HOUR * HOUR == self.filled.bad_hour
        came = world.fate(self.dice, network, BAD_RATE if bad else network.good)
        if came.word is None or at + came.wait > self.now:
            return Facts(rows.number, parts, alphabet, "accepted", at)
        return Facts(
            rows.number, parts, alphabet, came.status, at, at + came.wait, network.mcc, network.mnc,
            None if came.status == "delivered" else came.word, came.code or None,
            came.wait if came.status == "delivered" else None,
        )  # fmt: skip

    def report(self, rows: _Rows, message: int, msisdn: str, network: Network, facts: Facts) -> int:
        """The delivery report of a message, as it stands in the log; its id."""
        ident, nextpod_id, reference = self.next_id("report"), rows.message_ids[-1][0], rows.attempts[-1][2]
        # A message keeps the word of its report only where a status alone does not say it.
        code, word = ("200", "DELIVERED") if facts.status == "delivered" else ("250", facts.word)
        at = facts.status_at or 0
        body = (
            f'{{"id":"{nextpod_id.hex()}","to":"{msisdn}","status_code":"{code}","status_text":"{word}",'
            f'"operator_status_code":"{facts.operator_code or ""}","mcc":"{network.mcc}","mnc":"{network.mnc}"}}'
        ).encode()
        rows.reports.append(
            (ident, at + 180, "127.0.0.1", nextpod_id, msisdn, reference, code, word, at, facts.operator_code,
             network.mcc, network.mnc, facts.parts, body, _digest(body + at.to_bytes(8, "big")), message)
        )  # fmt: skip
        return ident

    def answer(
        self, rows: _Rows, message: int, msisdn: str, network: Network, facts: Facts, answers: tuple[str, ...]
    ) -> Facts:
        """What a person writes back, once to each campaign, if it has come by now; what the message then is."""
        accepted = facts.accepted_at or 0
        delay = (facts.latency or 0) + round(self.dice.lognormvariate(6.4, 1.6) * 1_000)
        if accepted + delay > self.now:
            return facts
        out = self.dice.random() < 0.045
        text = self.dice.choice(("STOPP KLUBB", "STOPP", "Stopp KLUBB")) if out else self.dice.choice(answers)
        words = text.upper().split()
        known = words[0] in ("JA", "NEI", "KLUBB", "STOPP")
        self.incoming.append(
            (accepted + delay, "127.0.0.1", msisdn, "2345", text, words[0] if known else None,
             words[1] if known and len(words) > 1 else None, network.mcc, network.mnc,
             _digest(f"{rows.number}/{msisdn}/{text}".encode()), "out" if out else "none", rows.number, message, delay)
        )  # fmt: skip
        if out:
            self.stopped.setdefault(msisdn, accepted + delay)
        cell = rows.answered.setdefault(counts.bucket(delay), [0, 0])
        cell[0] += 1
        cell[1] += out
        return facts._replace(answered=1)

    def campaign_row(self, number: int, name: str, sender: str, purpose: str, text: str, start: int, size: int, *,
                     state: str, ended: int | None) -> None:  # fmt: skip
        began = datetime.datetime.fromtimestamp(start / 1000, self.zone)
        self.db.execute(
            """
            INSERT INTO campaigns (id, name, purpose, sender, text, state, planned, prepared, due_at, zone, created_at,
                                   started_at, ended_at, created_by, origin)
            VALUES (:id, :name, :purpose, :sender, :text, :state, :size, :size, :start, :zone, :created, :started,
                    :ended, :by, 'Eksempel AS')
            """,
            {"id": number, "name": f"{name} {began:%d.%m.}", "sender": sender, "purpose": purpose,
             "text": text.format("{{fornavn}}"), "state": state, "size": size, "start": start, "zone": self.zone.key,
             "created": min(start, self.now) - 3 * HOUR, "started": start if start <= self.now else None,
             "ended": ended, "by": self.by.name},
        )  # fmt: skip

    def planned(self, size: int, start: int) -> None:
        """A campaign that waits for its time."""
        number, ident, tally = self.next_id("campaign"), self.next_id("text"), Tally()
        name, sender, purpose, text, *_rest = KINDS[number % len(KINDS)]
        copy = text.format(NAMES[0].split()[0])
        with transaction(self.db):
            self.campaign_row(number, name, sender, purpose, text, start, size, state="scheduled", ended=None)
            self.db.execute("INSERT INTO texts VALUES (?, ?, ?, ?, ?)", (ident, number, copy, *_cost(copy)))
            self.db.executemany(
                "INSERT INTO messages (id, campaign_id, text_id, row, msisdn, status) VALUES (?, ?, ?, ?, ?, 'queued')",
                [(self.next_id("message"), number, ident, row + 2, f"4790{500_000 + row:06d}") for row in range(size)],
            )
            tally.change(None, Facts(number, *_cost(copy), "queued"), size)
            tally.write(self.db)
        self.filled.campaigns += 1
        self.filled.messages += size

    def draft(self) -> None:
        """One campaign that somebody has begun to write."""
        with transaction(self.db):
            self.db.execute(
                "INSERT INTO drafts (name, sender, text, created_at, changed_at, created_by) VALUES (?, ?, ?, ?, ?, ?)",
                ("Spring meeting", "Nextpod", "Hei {{fornavn}}! Velkommen til vårmøtet.", self.now - 5 * HOUR,
                 self.now - 2 * HOUR, self.by.name),
            )  # fmt: skip

    def write(self, rows: _Rows) -> None:
        """A campaign's rows, in the order in which they name each other; its counts at the end."""
        self.insert("batches (id, campaign_id, text_id, state, size, created_at)", rows.batches)
        self.insert("attempts (id, batch_id, reference, size, started_at, ended_at, outcome, code)", rows.attempts)
        self.insert(
            "messages (id, campaign_id, text_id, row, msisdn, status, batch_id, accepted_at, status_at, report_id,"
            " mcc, mnc, word, operator_code, latency, flags)",
            rows.messages,
        )
        self.insert("message_ids (nextpod_id, message_id, attempt_id)", rows.message_ids)
        self.insert(
            "reports (id, arrived, source, nextpod_id, msisdn, reference, status_code, status_text, event_at,"
            " operator_code, mcc, mnc, parts, body, digest, message_id)",
            rows.reports,
        )
        answered = [(rows.number, bucket, *both) for bucket, both in rows.answered.items()]
        self.insert("answered (campaign_id, bucket, people, opted_out)", answered)
        with transaction(self.db):
            rows.tally.write(self.db)
        self.filled.reports += len(rows.reports)

    def insert(self, what: str, rows: Iterable[tuple[Any, ...]]) -> None:
        marks = ", ".join("?" * (what.count(",") + 1))
        for chunk in _chunks(rows):
            with transaction(self.db):
                self.db.executemany(f"INSERT INTO {what} VALUES ({marks})", chunk)

    def questions(self) -> None:
        """People who were texted write of themselves, in their own words, the newest a few minutes ago."""
        known = [row[2] for row in self.incoming if row[2] not in self.stopped] or [f"4790{NUMBERS - 1:06d}"]
        at = self.now - 4 * MINUTE
        for text in world.QUESTIONS:
            self.incoming.append(
                (at, "127.0.0.1", self.dice.choice(known), "2345", text, None, None, 242, 1,
                 _digest(f"{at}/{text}".encode()), "none", None, None, None)
            )  # fmt: skip
            at -= round(self.dice.uniform(9, 190)) * MINUTE

    def came_in(self) -> None:
        """What people wrote, in the order in which it came; who opted out by it; and the words for the search."""
        numbered = [(ident, *row) for ident, row in enumerate(sorted(self.incoming, key=lambda row: row[0]), 1)]
        self.insert(
            "inbound (id, arrived, source, msisdn, short_code, text, keyword, sub_keyword, mcc, mnc, digest, verdict,"
            " campaign_id, message_id, delay)",
            numbered,
        )
        outs: dict[str, tuple[Any, ...]] = {}
        for row in numbered:
            if row[11] == "out":
                outs.setdefault(row[3], (row[3], "stop", row[0], row[1], "ingester"))
        self.insert("suppressions (msisdn, reason, inbound_id, added_at, added_by)", outs.values())
        for chunk in _chunks(tuple(row) for row in self.db.execute("SELECT id, msisdn, inbound_id FROM suppressions")):
            with transaction(self.db):
                entries = [consent.Entry(msisdn, "out", "stop", number, told) for number, msisdn, told in chunk]
                consent.record(self.db, entries, now=self.now)
        words = ((row[0], inbox_search.searchable(row[5])) for row in numbered)
        self.insert("inbound_words (rowid, folded)", words)
        self.filled.inbound = len(numbered)

    def finish(self) -> None:
        """What hangs on everything: counts of what came in, heads of conversations, the watermark, the audit row."""
        recent = self.now - 30 * HOUR
        with transaction(self.db):
            self.db.execute(
                f"""
                INSERT INTO inbound_counts
                SELECT arrived / {HOUR} * {HOUR}, short_code, coalesce(keyword, ''), coalesce(sub_keyword, ''), verdict,
                       coalesce(campaign_id, 0), count(*)
                  FROM inbound
                 GROUP BY 1, 2, 3, 4, 5, 6
                """
            )
            # Plain answers need none from us; questions of the last day wait for one.
            self.db.execute(
                "UPDATE inbound SET read_at = arrived + 1800000 WHERE arrived < :recent OR keyword IS NOT NULL",
                {"recent": recent},
            )
            self.db.execute(
                """
                INSERT INTO conversations (msisdn, state, unread, waiting_since, last_inbound_id, last_at)
                SELECT msisdn, CASE WHEN sum(read_at IS NULL) THEN 'open' ELSE 'closed' END, sum(read_at IS NULL),
                       min(CASE WHEN read_at IS NULL THEN arrived END), max(id), max(arrived)
                  FROM inbound
                 GROUP BY msisdn
                """
            )
            self.db.execute("INSERT OR REPLACE INTO watermarks VALUES ('reports', :last)", {"last": self.ids["report"]})
            for topic in ("campaigns", "messages", "inbox", "suppressions"):
                changes.bump(self.db, topic)
            detail = {"campaigns": self.filled.campaigns, "messages": self.filled.messages}
            audit(self.db, by=self.by, action="demo.fill", now=self.now, subject="store", detail=dict(detail))


def _cost(text: str) -> tuple[int, str]:
    size = segments.measure(text)
    return size.parts, str(size.alphabet)


def _digest(told: bytes) -> bytes:
    return blake2b(told, digest_size=16).digest()


def _chunks(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    left = iter(rows)
    while chunk := list(islice(left, ROWS)):
        yield chunk
