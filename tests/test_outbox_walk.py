"""
Any order of claims, answers, deaths, reports, people, clocks and restores, held against what really arrived.

The gateway of this model knows the truth: how often each message reached it. After every step the ledger balances to
the row, nobody was texted more often than a person asked for, and nothing that may have left is called unsent.
A failure names its seed and the steps that led there; WALKS asks for more of them.
"""

import contextlib
import os
import random
import shutil
from collections import Counter
from pathlib import Path

import pytest

from nextpod_core import brakes, campaigns, db, holding, outbox, rebuild, reports, settlement, singles, store
from nextpod_core import settings as desk_settings
from nextpod_core import suppressions as off_list
from nextpod_core.errors import BadInput
from nextpod_core.people import COMMAND, DESK, INGESTER
from nextpod_core.sentences import say
from nextpod_core.settlement import Outcome
from tests.outboxes import NOW, campaign, counted, listen, new_store, numbers, statuses

LEASE, HELD = 90_000, 600_000
UNSENT = ("skipped", "cancelled", "refused")
PEOPLE = numbers(12)
# What a request comes to: it is out for long, its dispatcher dies with or without it, or an answer is written down,
# with "there" where the gateway has the messages whatever it said.
FATES = [
    "late", "late", "accepted", "accepted", "dies", "dies before", "not_sent", "rejected", "blocked", "fault",
    "fault there", "unknown", "unknown there",
]  # fmt: skip
ANSWERS = [fate for fate in FATES if fate.split()[0] not in ("late", "dies")]


class Walk:
    """Dispatchers, a gateway, a network, an ingester and people who press everything, in an order of dice."""

    def __init__(self, made: Path, folder: Path, seed: int) -> None:
        for name in ("sandbox.db", "sandbox.key"):
            shutil.copy(made / name, folder / name)
        self.folder, self.dice = folder, random.Random(seed)
        self.settings = desk_settings.load({"NEXTPOD_DATABASE": str(folder / "sandbox.db")})
        self.db = self.open()
        self.now, self.unknowns = NOW, 0
        self.arrived: Counter[int] = Counter()
        self.asked_again: Counter[int] = Counter()
        self.carried: dict[bytes, list[int]] = {}  # by reference: the messages of that request
        self.out: list[outbox.Batch] = []  # requests that nobody has written an answer down for
        self.out_there: list[outbox.Batch] = []  # what arrived, answered for or not
        self.backup: Path | None = None
        self.is_restored = False
        texts = self.dice.choice([("Hei",), ("Hei", "Hallo"), tuple(f"t{place}" for place in range(6))])
        self.ids = [
            campaign(self.db, PEOPLE[:8], texts, per_minute=self.dice.choice([None, None, 4])),
            campaign(self.db, PEOPLE[4:], texts, state="scheduled", due_at=NOW + 30_000),
        ]
        self.did: list[str] = []

    def step(self) -> None:
        """One thing that happens, and what must hold after it."""
        (what,) = self.dice.choices(list(STEPS), weights=list(STEPS.values()))
        self.did.append(what)
        getattr(self, what)()
        self.check()

    def open(self) -> db.Connection:
        made = store.open(self.settings)
        made.execute("PRAGMA synchronous = OFF")  # The power does not go here.
        return made

    # The dispatchers

    def work(self) -> None:
        """A round of a dispatcher: keep house, claim, send; what each request comes to, or that it is still out."""
        self.keep_house()
        for batch in self.claim(self.dice.randint(1, 3)):
            fate = self.dice.choice(FATES)
            self.did.append(f"  {batch.campaign_id} {len(batch.to)} {fate}")
            if fate == "late":
                self.out.append(batch)
            elif fate == "dies before":
                pass
            elif fate == "dies":
                self.reach(batch)
            else:
                self.written_down(batch, fate, some=False)

    def claim(self, room: int) -> list[outbox.Batch]:
        rests = bool(brakes.active(self.db, now=self.now))
        off = {row["msisdn"] for row in self.db.execute("SELECT msisdn FROM suppressions WHERE lifted_at IS NULL")}
        idle = {id for id in self.ids if campaigns.get(self.db, id)["state"] != "sending"}  # type: ignore[index]
        listen(self.db, until=self.now)
        batches = outbox.claim(self.db, now=self.now, holder="one", lease=LEASE, room=room)
        assert not (rests and batches)
        for batch in batches:
            assert not off & set(batch.to), "somebody who opted out before the claim is in it"
            assert batch.campaign_id not in idle
            assert len(set(batch.to)) == len(batch.to)
            self.carried[batch.reference] = self.messages(batch)
        return batches

    def messages(self, batch: outbox.Batch) -> list[int]:
        """The messages that this request is about."""
        found = []
        for number in batch.to:
            (id,) = self.db.execute(
                "SELECT id FROM messages WHERE batch_id = ? AND msisdn = ? AND status = 'sending'", (batch.id, number)
            ).fetchone()
            found.append(id)
        return found

    def reach(self, batch: outbox.Batch) -> None:
        self.arrived.update(self.carried[batch.reference])
        self.out_there.append(batch)

    def answered_late(self) -> None:
        """The answer to a request that was out for long; some name but half of the recipients."""
        if self.out:
            batch = self.out.pop(self.dice.randrange(len(self.out)))
            fate = self.dice.choice(ANSWERS)
            self.did.append(f"  {batch.campaign_id} {len(batch.to)} {fate}")
            self.written_down(batch, fate, some=self.dice.random() < 0.2)

    def written_down(self, batch: outbox.Batch, fate: str, *, some: bool) -> None:
        kind, _, there = fate.partition(" ")
        if there or kind == "accepted":
            self.reach(batch)
        named = batch.to[: len(batch.to) // 2] if some else batch.to
        ids = {number: self.nextpod_id(batch, number) for number in named} if kind == "accepted" else {}
        outcome = Outcome(kind, ids=ids, code={"rejected": 400, "fault": 500}.get(kind), phrase="To")  # type: ignore[arg-type]
        # A restore waits until nobody has the file open: who claimed before it never writes into the restored one.
        if self.knows(batch):
            self.unknowns = settlement.record(
                self.db, [(batch, outcome)], settings=self.settings, unknowns_in_row=self.unknowns, now=self.now
            )
        if kind == "fault" and there:  # It went through all the same: its reports come before it is held long.
            self.append(batch, batch.to[0], "DELIVERED")

    def knows(self, batch: outbox.Batch) -> bool:
        asked = "SELECT 1 FROM attempts WHERE reference = ?"
        return self.db.execute(asked, (batch.reference,)).fetchone() is not None

    def keep_house(self) -> None:
        settlement.expire(self.db, now=self.now)
        campaigns.start_due(self.db, now=self.now)
        campaigns.sweep_cancelled(self.db)
        campaigns.finish_done(self.db, now=self.now)

    # The network

    def nextpod_id(self, batch: outbox.Batch, number: str) -> str:
        return f"{batch.attempt_id:08d}-0000-0000-0000-{number:0>12}"

    def append(self, batch: outbox.Batch, number: str, word: str) -> None:
        told = {"id": self.nextpod_id(batch, number), "to": number, "status_text": word, "status_code": "1",
                "reference": outbox.show_reference(batch.reference)}  # fmt: skip
        with db.transaction(self.db):
            reports.append(self.db, [reports.parse(told, body=b"", arrived=self.now, source="127.0.0.1")])

    def report(self) -> None:
        """Of anything that ever arrived, answered for or not; folded at once or only later."""
        if self.out_there:
            batch = self.dice.choice(self.out_there)
            self.append(batch, self.dice.choice(batch.to), self.dice.choice(["DELIVERED", "FAILED", "SENT", "ODD"]))
            if self.dice.random() < 0.5:
                self.fold()

    def fold(self) -> None:
        while reports.fold(self.db, now=self.now, limit=2):
            pass

    # The clock

    def time_goes(self) -> None:
        """And the ingester folds meanwhile, and a person who has looked lets go of what rests."""
        step = self.dice.choice([1_000, 15_000, 61_000, LEASE + 1, LEASE + 1, HELD, 90_000_000, -3_600_000])
        self.did.append(f"  {step}")
        self.fold()
        self.now += step
        self.keep_house()
        for brake in brakes.active(self.db, now=self.now):
            if brake.name != "lockout":
                brakes.let_go(self.db, brake.name, now=self.now, by=DESK)

    # People

    def press(self) -> None:
        """Pause, resume, cancel, or stop everything."""
        what, id = (
            self.dice.choice(["pause", "pause", "resume", "resume", "cancel", "stop"]),
            self.dice.choice(self.ids),
        )
        self.did.append(f"  {what} {id}")
        if what == "stop":
            with db.transaction(self.db):
                brakes.put_on(self.db, "stop", say("Stop."), now=self.now, by=DESK)
        elif what != "resume" or not self.is_restored:  # Then they were told to find out first who got one.
            with contextlib.suppress(BadInput):
                getattr(campaigns, what)(self.db, id, by=DESK, now=self.now)

    def write_in(self) -> None:
        """A person opts out, opts in, or asks something and is answered from the inbox."""
        number, what = self.dice.choice(PEOPLE), self.dice.choice(["out", "in", "hello"])
        self.did.append(f"  {what} {number}")
        with db.transaction(self.db):
            if what == "out":
                off_list.add(self.db, msisdn=number, reason="stop", by=INGESTER, now=self.now)
            elif what == "in":
                off_list.lift(self.db, msisdn=number, by=DESK, now=self.now, reason="They asked.")
            elif not off_list.is_suppressed(self.db, number):
                key = f"k{self.dice.randint(0, 5)}"
                singles.enqueue(self.db, kind="answers", sender="2345", text="Takk", msisdn=number, key=key, by=DESK,
                                now=self.now)  # fmt: skip

    def decide(self) -> None:
        """Send the unknown ones again, or write them off."""
        if self.is_restored:
            return  # They were told to find out first who got one.
        id = self.dice.choice(self.ids)
        before = self.db.execute(
            "SELECT id FROM messages WHERE campaign_id = ? AND status = 'unknown' AND flags & 2 = 0", (id,)
        ).fetchall()
        with contextlib.suppress(BadInput):
            if self.dice.random() < 0.3:
                campaigns.write_off(self.db, id, by=DESK, now=self.now)
            else:
                campaigns.send_again(self.db, id, by=DESK, now=self.now)
                self.asked_again.update(row["id"] for row in before)

    # Old data

    def back_up(self) -> None:
        if not self.is_restored and self.backup is None:
            self.backup = self.folder / "backup.db"
            self.db.execute("VACUUM INTO ?", (str(self.backup),))

    def restore(self) -> None:
        """The older file takes the place of this one; what it does not know of has left all the same."""
        if self.backup is None:
            return
        self.db.close()
        for end in ("-wal", "-shm"):
            Path(f"{self.settings.database}{end}").unlink(missing_ok=True)
        os.replace(self.backup, self.settings.database)
        self.backup, self.is_restored = None, True
        with contextlib.closing(db.connect(self.settings.database)) as plain:
            plain.execute("PRAGMA journal_mode = WAL")
        self.db = self.open()
        # Answers written since are not in it, and their numbers will be given to others.
        last = self.db.execute("SELECT max(id) FROM messages").fetchone()[0]
        for message in [one for one in self.arrived if one > last]:
            del self.arrived[message]
        self.out = [batch for batch in self.out if max(self.carried[batch.reference]) <= last]
        holding.hold_restored(self.db, written_at=self.now, now=self.now, by=COMMAND)

    def everything_again(self) -> None:
        """Computing everything again from the log finds nothing to mend."""
        self.fold()
        done = rebuild.run(self.db, now=self.now, by=COMMAND)
        assert (done.matches, done.messages, done.counts) == (0, 0, 0), done

    # What must hold

    def check(self) -> None:
        for row in self.db.execute("SELECT id, state FROM campaigns").fetchall():
            ledger = campaigns.ledger(self.db, row["id"])
            assert ledger.balances, ledger
            assert statuses(self.db, row["id"]) == {one: n for one, n in counted(self.db, row["id"]).items() if n}
            if row["state"] == "finished":
                assert ledger.queued == ledger.in_flight == 0
        for message, times in self.arrived.items():
            assert times <= 1 + self.asked_again[message], f"message {message} was sent {times} times"
        if self.is_restored:
            return  # What left after the backup is not in it, and is for a person to find out.
        for row in self.db.execute("SELECT id, status, flags FROM messages").fetchall():
            if row["status"] in UNSENT:
                assert not self.arrived[row["id"]], f"it left: {dict(row)}"
            elif row["status"] == "queued":
                assert not self.arrived[row["id"]] or row["flags"] & outbox.MAY_HAVE_LEFT
            elif row["status"] not in ("unknown", "sending"):
                assert self.arrived[row["id"]], f"it never left: {dict(row)}"


# What happens, and how often.
STEPS = {
    "work": 12, "time_goes": 6, "answered_late": 4, "report": 4, "write_in": 3, "press": 2, "decide": 2,
    "everything_again": 1, "back_up": 0.3, "restore": 0.3,
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store that every walk begins with a copy of: making one takes longer than a walk."""
    folder = tmp_path_factory.mktemp("made")
    new_store(folder)[1].close()
    return folder


def test_no_order_of_events_texts_anybody_twice_or_calls_sent_what_was_not(made: Path, tmp_path: Path) -> None:
    seen: Counter[str] = Counter()
    for seed in range(int(os.environ.get("WALKS", "15"))):
        folder = tmp_path / str(seed)
        folder.mkdir()
        walk = Walk(made, folder, seed)
        try:
            for _ in range(60):
                walk.step()
        except AssertionError as error:
            raise AssertionError("\n".join([f"seed {seed}", *walk.did, str(error)])) from error
        finally:
            seen.update(row["status"] for row in walk.db.execute("SELECT status FROM messages"))
            seen.update(word.split()[-1] for word in walk.did)
            walk.db.close()
            shutil.rmtree(folder)
    # It really was a walk: every fate and every end was met.
    assert {"late", "dies", "before", "there", "skipped", "unknown", "delivered", "failed", "refused"} <= set(seen)
