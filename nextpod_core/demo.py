"""
A practice store filled with a believable past: campaigns, messages, reports and answers, the same for the same seed.

Only ever for a sandbox. Numbers, names and texts are invented; how well each network delivers is `NETWORKS`, and one
hour of one network is bad on purpose (`Filled.bad_hour`), so that the charts have something to show.
"""

import datetime
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from nextpod_core import changes, counts, options, segments
from nextpod_core.counts import HOUR, MINUTE, Facts, Tally
from nextpod_core.db import Connection, transaction
from nextpod_core.errors import WrongStore
from nextpod_core.people import Actor, audit

ROWS = 5_000  # No write transaction is longer than this, so that other processes get their turn.


@dataclass(frozen=True, slots=True)
class Network:
    """How a simulated network behaves: of the settled messages `good` are delivered, in about `median` ms."""

    mcc: int
    mnc: int
    prefix: str
    weight: float
    good: float
    median: float


NETWORKS = (
    Network(242, 1, "47900", 46, 0.981, 5_600),
    Network(242, 2, "47410", 31, 0.962, 6_900),
    Network(242, 14, "47480", 14, 0.915, 9_800),
    Network(240, 1, "46700", 4, 0.957, 11_000),
    Network(238, 1, "45200", 3, 0.949, 12_500),
    Network(262, 2, "49152", 2, 0.903, 19_000),
)
SENDERS = (("Nextpod", 0, None, 1), ("Klubben", 0, None, 0), ("2345", 1, "KLUBB", 0))
# A campaign's name, sender, purpose, text, how many of its readers answer, and what they answer.
KINDS: tuple[tuple[str, str, str, str, float, tuple[str, ...]], ...] = (
    ("Membership renewal", "Klubben", "marketing", "Hei {}! Medlemskapet ditt går ut snart. Svar JA til 2345 for å "
     "fornye. Avmeld: STOPP KLUBB til 2345", 0.09, ("JA", "JA", "JA", "NEI")),
    ("Appointment reminder", "Nextpod", "service", "Hei {}, vi minner om timen din i morgen.", 0.0, ()),
    ("Survey", "2345", "service", "Hei {}! Hvor fornøyd er du, fra 1 til 5? Svar KLUBB og tallet.", 0.16,
     ("KLUBB 5", "KLUBB 4", "KLUBB 4", "KLUBB 3", "KLUBB 1")),
    ("Weekend offer", "Klubben", "marketing", "Helgetilbud 🎉 – {}, alt på lager til halv pris lørdag. "
     "Vis denne meldingen i kassen. Avmeld: STOPP KLUBB til 2345", 0.03, ("JA", "Når stenger dere?")),
    ("Snow closure", "Nextpod", "service", "Veien er stengt på grunn av snø. Følg med på nettsidene våre.", 0.0, ()),
)  # fmt: skip
NAMES = ("Ola Eksempel", "Kari Eksempel", "Siv Prøve", "Per Prøve", "Ada Test", "Liv Oppdiktet")
# Share of the negative ones, status, status word, operator code, and the hours it takes to know.
NEGATIVES = (
    (0.42, "failed", "FAILED", "1006", 0.02),
    (0.10, "failed", "UNDELIVERABLE", "1004", 0.05),
    (0.30, "expired", "EXPIRED", "1002", 24.0),
    (0.13, "rejected", "REJECTED", "2000", 0.001),
    (0.05, "failed", "ABSENT", "", 6.0),
)
UNHEARD_OF, SILENT = 0.0015, 0.004
WEIGHTS = [network.weight for network in NETWORKS]


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
    """The rows of one campaign, table by table, in the order in which they can be written."""

    batches: list[tuple[Any, ...]] = field(default_factory=list)
    attempts: list[tuple[Any, ...]] = field(default_factory=list)
    messages: list[tuple[Any, ...]] = field(default_factory=list)
    message_ids: list[tuple[Any, ...]] = field(default_factory=list)
    reports: list[tuple[Any, ...]] = field(default_factory=list)
    inbound: list[tuple[Any, ...]] = field(default_factory=list)
    suppressions: list[tuple[Any, ...]] = field(default_factory=list)


def fill(db: Connection, *, messages: int, seed: int, now: int, by: Actor, days: int = 30) -> Filled:
    """Fill an empty practice store with about `messages` messages over the `days` days before `now` (UTC ms).

    Raises WrongStore for a live store, and for one that has campaigns already.
    """
    mode = db.execute("SELECT value FROM meta WHERE name = 'mode'").fetchone()
    if mode is None or mode["value"] != "sandbox":
        raise WrongStore("A demonstration is made in a practice database only; this one is live.")
    if db.execute("SELECT 1 FROM campaigns LIMIT 1").fetchone():
        raise WrongStore("This database has campaigns already. Name another NEXTPOD_DATABASE for a demonstration.")
    maker = _Maker(db, random.Random(seed), now, ZoneInfo(options.read(db).zone), by)
    maker.senders()
    starts = maker.starts(days, max(5, round(days * 1.3)))
    sizes = _shares(maker.dice, messages, len(starts))
    maker.choose_bad_hour(starts, sizes)
    for start, size in zip(starts, sizes, strict=True):
        maker.campaign(start, size)
    maker.planned_ones(min(1_200, max(20, messages // 100)))
    maker.finish()
    return maker.filled


class _Maker:
    """Makes campaign after campaign; ids are counted here, since the store was empty."""

    def __init__(self, db: Connection, dice: random.Random, now: int, zone: ZoneInfo, by: Actor) -> None:
        self.db, self.dice, self.now, self.zone, self.by = db, dice, now, zone, by
        self.filled = Filled()
        self.ids = {"campaign": 0, "text": 0, "batch": 0, "message": 0, "report": 0, "inbound": 0}
        self.stopped: set[str] = set()
        self.heard: dict[str, tuple[int, int]] = {}

    def next_id(self, kind: str) -> int:
        self.ids[kind] += 1
        return self.ids[kind]

    def senders(self) -> None:
        with transaction(self.db):
            self.db.executemany(
                "INSERT OR IGNORE INTO senders (name, can_answer, keyword, is_default, added_at) VALUES (?, ?, ?, ?, ?)",
                [(*sender, self.now) for sender in SENDERS],
            )

    def starts(self, days: int, campaigns: int) -> list[int]:
        """When campaigns begin: mostly on weekdays between nine and six on the team's clock; the last one just now."""
        today = datetime.datetime.fromtimestamp(self.now / 1000, self.zone).replace(minute=0, second=0, microsecond=0)
        found = [self.now - 95 * MINUTE, self.now - 7 * MINUTE]
        while len(found) < campaigns:
            day = today - datetime.timedelta(days=self.dice.randrange(days))
            if day.weekday() >= 5 and self.dice.random() < 0.75:
                continue
            hour = self.dice.choice((9, 9, 10, 10, 10, 11, 12, 13, 14, 15, 16, 17, 19))
            local = day.replace(hour=hour, minute=self.dice.choice((0, 0, 0, 15, 30)))
            start = round(local.timestamp() * 1000)
            if start < self.now - 2 * HOUR:
                found.append(start)
        return sorted(found)

    def choose_bad_hour(self, starts: list[int], sizes: list[int]) -> None:
        """The first hour of the largest campaign that is at least four days old, or of the first one."""
        old = [(size, start) for start, size in zip(starts, sizes, strict=True) if start < self.now - 96 * HOUR]
        self.filled.bad_hour = (max(old)[1] if old else starts[0]) // HOUR * HOUR

    def campaign(self, start: int, size: int) -> None:
        dice, number = self.dice, self.next_id("campaign")
        name, sender, purpose, text, answering, answers = KINDS[(number - 1) % len(KINDS)]
        rows, tally, answered = _Rows(), Tally(), {}
        pace = MINUTE / dice.choice((240, 600, 1_500, 3_000, 3_000))  # milliseconds between two people
        if start > self.now - 30 * MINUTE:  # the one that is being sent: a good half has left
            pace = max(1.0, (self.now - start) / (size * 0.6))
        copies = [text.format(who.split()[0]) for who in NAMES]
        texts = [(self.next_id("text"), *_parts(copy)) for copy in copies]
        ended = self._people(number, start, size, pace, rows, tally, texts, answering, answers, answered)
        sending = ended is None
        with transaction(self.db):
            self._campaign_row(
                number, f"{name} {_called(start, self.zone)}", sender, purpose, text, start, size,
                state="paused" if sending else "finished", ended=ended,
            )  # fmt: skip
            self.db.executemany(
                "INSERT INTO texts VALUES (?, ?, ?, ?, ?)",
                [(ident, number, copy, *cost) for (ident, *cost), copy in zip(texts, copies, strict=True)],
            )
        self._write(rows)
        with transaction(self.db):
            tally.write(self.db)
            self.db.executemany(
                "INSERT INTO answered VALUES (?, ?, ?, ?)",
                [(number, bucket, people, out) for bucket, (people, out) in answered.items()],
            )
        self.filled.campaigns += 1
        self.filled.messages += size

    def _people(self, number: int, start: int, size: int, pace: float, rows: _Rows, tally: Tally,
                texts: list[tuple[int, int, str]], answering: float, answers: tuple[str, ...], answered: dict[int, list[int]]) -> int | None:  # fmt: skip
        dice, at, batch, room = self.dice, float(start), 0, 0
        reference = b""
        last: int | None = start
        cells: dict[Facts, int] = {}
        for turn in range(size):
            network = dice.choices(NETWORKS, WEIGHTS)[0]
            # People come back in later campaigns: some 40 % of the numbers of a network, in a walk through them.
            msisdn = f"{network.prefix}{(turn * 7 + number * 13) % 90_000:06d}"
            text, parts, alphabet = texts[turn % len(texts)]
            message = self.next_id("message")
            at += pace
            facts = Facts(number, parts, alphabet, "queued")
            accepted = status_at = latency = report = code = word = None
            mcc = mnc = 0
            batch_of = None
            if at > self.now:
                last = None
            elif msisdn in self.stopped or dice.random() < 0.004:
                facts = Facts(number, parts, alphabet, "skipped")
            else:
                if room == 0:
                    batch, room, reference = self.next_id("batch"), 1_000, dice.randbytes(16)
                    rows.batches.append((batch, number, texts[0][0], "accepted", 0, round(at)))
                    rows.attempts.append((batch, batch, reference, 0, round(at), round(at) + 240, "accepted", 200))
                room -= 1
                batch_of, accepted = batch, round(at)
                rows.message_ids.append((dice.randbytes(16), message, batch))
                status, word, code, wait = self._fate(network, accepted)
                status_at = accepted + wait if word else None
                if status_at is not None and status_at > self.now:
                    status, word, code, status_at = "accepted", None, None, None
                if status_at is not None and word:
                    mcc, mnc, report = network.mcc, network.mnc, self.next_id("report")
                    latency = wait if status == "delivered" else None
                    rows.reports.append(
                        self._report(report, message, msisdn, rows.message_ids[-1][0], reference, network,
                                     word, code or "", status_at, parts)
                    )  # fmt: skip
                facts = Facts(
                    number, parts, alphabet, status, accepted, status_at, mcc, mnc, word, code or None, latency
                )
                last = round(at) if last is not None else None
                if status == "delivered" and status_at and dice.random() < answering:
                    self._answer(number, msisdn, network, status_at, accepted, answers, rows, answered)
            cells[facts] = cells.get(facts, 0) + 1
            rows.messages.append(
                (message, number, text, turn + 2, msisdn, facts.status, batch_of, accepted, status_at, report,
                 mcc, mnc, word, code or None, latency)
            )  # fmt: skip
        for facts, many in cells.items():
            tally.change(None, facts, many)
        return last

    def _fate(self, network: Network, accepted: int) -> tuple[str, str | None, str | None, int]:
        dice, good = self.dice, network.good
        if (network.mcc, network.mnc) == (242, 2) and accepted // HOUR * HOUR == self.filled.bad_hour:
            good = 0.62
        luck = dice.random()
        if luck < SILENT:
            return "accepted", None, None, 0
        if luck < SILENT + UNHEARD_OF:
            return "unrecognised", "PARKED", "7301", round(dice.expovariate(1 / 30_000)) + 500
        if dice.random() < good:
            wait = network.median * dice.lognormvariate(0, 0.55)
            if dice.random() < 0.035:  # phones that are off, in a tunnel, in a mine
                wait *= dice.lognormvariate(4.0, 1.3)
            return "delivered", "DELIVERED", "1001", round(min(max(wait, 700), 60 * HOUR))
        share = dice.random()
        for weight, status, word, code, hours in NEGATIVES:
            share -= weight
            if share < 0:
                return status, word, code, round(hours * HOUR * dice.uniform(0.6, 1.4)) + 1_500
        return "failed", "FAILED", "1006", 60_000

    def _report(self, ident: int, message: int, msisdn: str, nextpod_id: bytes, reference: bytes, network: Network,
                word: str, code: str, at: int, parts: int) -> tuple[Any, ...]:  # fmt: skip
        status_code = "200" if word == "DELIVERED" else "250"
        body = (
            f'{{"id":"{nextpod_id.hex()}","to":"{msisdn}","status_code":"{status_code}","status_text":"{word}",'
            f'"operator_status_code":"{code}","mcc":"{network.mcc}","mnc":"{network.mnc}"}}'
        ).encode()
        digest = blake2b(body + at.to_bytes(8, "big"), digest_size=16).digest()
        return (ident, at + 180, "127.0.0.1", nextpod_id, msisdn, reference, status_code, word, at, code or None,
                network.mcc, network.mnc, parts, body, digest, message)  # fmt: skip

    def _answer(self, number: int, msisdn: str, network: Network, delivered: int, accepted: int,
                answers: tuple[str, ...], rows: _Rows, answered: dict[int, list[int]]) -> None:  # fmt: skip
        arrived = delivered + round(self.dice.lognormvariate(6.4, 1.6) * 1_000)
        if arrived > self.now or msisdn in self.heard and self.heard[msisdn][0] > self.now - HOUR:
            return
        out = self.dice.random() < 0.045
        text = self.dice.choice(("STOPP KLUBB", "STOPP", "Stopp KLUBB")) if out else self.dice.choice(answers)
        words = text.upper().rstrip("?").split()
        known = out or words[0] in ("JA", "NEI", "KLUBB")
        ident = self.next_id("inbound")
        rows.inbound.append(
            (ident, arrived, "127.0.0.1", msisdn, "2345", text, words[0] if known else None,
             words[1] if known and len(words) > 1 else None, network.mcc, network.mnc,
             blake2b(f"{ident}/{text}".encode(), digest_size=16).digest(), "stop" if out else "answer", number)
        )  # fmt: skip
        if out and msisdn not in self.stopped:
            self.stopped.add(msisdn)
            rows.suppressions.append((msisdn, "stop", ident, arrived, "ingester"))
        cell = answered.setdefault(counts.bucket(arrived - accepted), [0, 0])
        cell[0] += 1
        cell[1] += out
        if msisdn not in self.heard or self.heard[msisdn][0] < arrived:
            self.heard[msisdn] = (arrived, ident)

    def _campaign_row(self, number: int, name: str, sender: str, purpose: str, text: str, start: int, size: int, *,
                      state: str, ended: int | None) -> None:  # fmt: skip
        self.db.execute(
            """
            INSERT INTO campaigns (id, name, purpose, sender, text, state, planned, prepared, due_at, zone, created_at,
                                   started_at, ended_at, created_by, origin)
            VALUES (:id, :name, :purpose, :sender, :text, :state, :size, :size, :start, :zone, :created, :started,
                    :ended, :by, 'Eksempel AS')
            """,
            {"id": number, "name": name, "sender": sender, "purpose": purpose, "text": text.format("{{fornavn}}"),
             "state": state, "size": size, "start": start, "zone": self.zone.key, "created": start - 3 * HOUR,
             "started": start if start <= self.now else None, "ended": ended, "by": self.by.name},
        )  # fmt: skip

    def planned_ones(self, size: int) -> None:
        """Two campaigns that wait for their time, and a draft that somebody has begun."""
        for hours in (20, 68):
            number, tally, start = self.next_id("campaign"), Tally(), (self.now // HOUR + hours) * HOUR
            name, sender, purpose, text, *_rest = KINDS[number % len(KINDS)]
            ident, copy = self.next_id("text"), text.format(NAMES[0].split()[0])
            parts, alphabet = _parts(copy)
            with transaction(self.db):
                self._campaign_row(number, f"{name} {_called(start, self.zone)}", sender, purpose, text, start, size,
                                   state="scheduled", ended=None)  # fmt: skip
                self.db.execute("INSERT INTO texts VALUES (?, ?, ?, ?, ?)", (ident, number, copy, parts, alphabet))
                rows = [(self.next_id("message"), number, ident, row + 2, f"47900{95_000 + row:06d}", "queued")
                        for row in range(size)]  # fmt: skip
                self.db.executemany(
                    "INSERT INTO messages (id, campaign_id, text_id, row, msisdn, status) VALUES (?, ?, ?, ?, ?, ?)",
                    rows,
                )
                tally.change(None, Facts(number, parts, alphabet, "queued"), size)
                tally.write(self.db)
            self.filled.campaigns += 1
            self.filled.messages += size
        with transaction(self.db):
            self.db.execute(
                "INSERT INTO drafts (name, sender, text, created_at, changed_at, created_by) VALUES (?, ?, ?, ?, ?, ?)",
                ("Spring meeting", "Nextpod", "Hei {{fornavn}}! Velkommen til vårmøtet.", self.now - 5 * HOUR,
                 self.now - 2 * HOUR, self.by.name),
            )  # fmt: skip

    def _write(self, rows: _Rows) -> None:
        sizes = {row[0]: 0 for row in rows.batches}
        for _ident, _message, batch in rows.message_ids:
            sizes[batch] += 1
        rows.batches = [(*row[:4], sizes[row[0]], row[5]) for row in rows.batches]
        rows.attempts = [(*row[:3], sizes[row[0]], *row[4:]) for row in rows.attempts]
        for statement, made in (
            ("batches (id, campaign_id, text_id, state, size, created_at)", rows.batches),
            ("attempts (id, batch_id, reference, size, started_at, ended_at, outcome, code)", rows.attempts),
            ("messages (id, campaign_id, text_id, row, msisdn, status, batch_id, accepted_at, status_at, report_id, mcc,"
             " mnc, word, operator_code, latency)", rows.messages),
            ("message_ids (nextpod_id, message_id, attempt_id)", rows.message_ids),
            ("reports (id, arrived, source, nextpod_id, msisdn, reference, status_code, status_text, event_at,"
             " operator_code, mcc, mnc, parts, body, digest, message_id)", rows.reports),
            ("inbound (id, arrived, source, msisdn, short_code, text, keyword, sub_keyword, mcc, mnc, digest, verdict,"
             " campaign_id)", rows.inbound),
            ("suppressions (msisdn, reason, inbound_id, added_at, added_by)", rows.suppressions),
        ):  # fmt: skip
            marks = ", ".join("?" * (statement.count(",") + 1))
            for chunk in _chunks(made):
                with transaction(self.db):
                    self.db.executemany(f"INSERT INTO {statement} VALUES ({marks})", chunk)
        self.filled.reports += len(rows.reports)
        self.filled.inbound += len(rows.inbound)

    def finish(self) -> None:
        """What hangs on everything: counts of what came in, one head per conversation, watermarks and the audit row."""
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
            self.db.execute(
                """
                UPDATE inbound SET read_at = arrived + 1800000
                 WHERE arrived < :recent OR verdict = 'stop' OR keyword IN ('JA', 'NEI')
                """,
                {"recent": self.now - 30 * HOUR},
            )
            self.db.execute(
                """
                INSERT INTO conversations (msisdn, state, unread, waiting_since, last_inbound_id, last_at)
                SELECT msisdn, CASE WHEN sum(read_at IS NULL) THEN 'waiting' ELSE 'open' END, sum(read_at IS NULL),
                       min(CASE WHEN read_at IS NULL THEN arrived END), max(id), max(arrived)
                  FROM inbound
                 GROUP BY msisdn
                """
            )
            for topic in ("campaigns", "messages", "inbox", "suppressions"):
                changes.bump(self.db, topic)
            detail = {"campaigns": self.filled.campaigns, "messages": self.filled.messages}
            audit(self.db, by=self.by, action="demo.fill", now=self.now, subject="store", detail=dict(detail))


def _parts(text: str) -> tuple[int, str]:
    size = segments.measure(text)
    return size.parts, str(size.alphabet)


def _shares(dice: random.Random, whole: int, pieces: int) -> list[int]:
    weights = [dice.lognormvariate(0, 0.9) for _piece in range(pieces)]
    return [max(1, round(whole * weight / sum(weights))) for weight in weights]


def _called(start: int, zone: ZoneInfo) -> str:
    return datetime.datetime.fromtimestamp(start / 1000, zone).strftime("%d.%m.")


def _chunks(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    left = iter(rows)
    while chunk := list(islice(left, ROWS)):
        yield chunk
