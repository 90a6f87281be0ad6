"""
A walk through the life of a desk, drawn by lot: what is counted as it happens is what pandas counts from the rows, and
what `rebuild` counts from the logs, in every table of counts.

It goes on where the outbox's walk stops: reports of any network, late, twice, before their answer, of unknown messages
and of changing words; people who answer, opt out, are erased; numbers that go with age; weeks and years that end.
A failure names its seed and the steps that led there; WALKS asks for more of them.
"""

import os
import shutil
from collections import Counter
from pathlib import Path

from nextpod_core import erasure, inbound, options, rebuild, reports, retention
from nextpod_core.db import transaction
from nextpod_core.outbox import Batch
from nextpod_core.people import COMMAND, DESK
from tests import filled, recount
from tests.outboxes import new_store
from tests.receiving import iso, read_mo
from tests.test_outbox_walk import PEOPLE, Walk

HOUR, DAY = 3_600_000, 86_400_000
NETWORKS = [(242, 1), (242, 2), (255, 3), (9_999, 9_999), (240, 1_234), (0, 0)]
WORDS = ["DELIVERED", "DELIVERED", "FAILED", "EXPIRED", "REJECTED", "SENT", "Parked", "Lost at sea"]


class Life(Walk):
    """As the outbox's walk, with a network that tells more and people who write."""

    def append(self, batch: Batch, number: str, word: str) -> None:
        """A report of some network, of some time; at times without its id, or with one that nobody knows."""
        mcc, mnc = self.dice.choice(NETWORKS)
        at = self.now - self.dice.choice([0, 500, 70_000, 3 * HOUR, 400 * DAY])
        told = {
            "id": self.dice.choice([self.nextpod_id(batch, number)] * 6 + [f"strange {self.now}", ""]), "to": number,
            "status_text": self.dice.choice([word, *WORDS]), "status_code": "1", "mcc": str(mcc), "mnc": str(mnc),
            "reference": reports.show_reference(batch.reference), "status_updated": iso(at),
            "sent_time": self.dice.choice(["", iso(at - 4_000)]),
            "operator_status_code": self.dice.choice(["", "1006"]),
        }  # fmt: skip
        with transaction(self.db):
            parsed = reports.parse(told, body=b"{}", arrived=self.now, source="127.0.0.1")
            reports.append(self.db, [parsed] * self.dice.choice([1, 1, 2]))

    def write_in(self) -> None:
        """A person writes: an answer, more of it, a STOP, a START."""
        text = self.dice.choice(["Ja", "Ja takk", "Nei", "STOPP", "STOP please", "START", "KLUBB 5"])
        keyword = text.split()[0].upper() if self.dice.random() < 0.5 else None
        with transaction(self.db):
            inbound.take(
                self.db,
                read_mo(arrived=self.now, id=f"mo {self.dice.randint(0, 10**9)}", msg=text, keyword=keyword,
                        sub_keyword=None, **{"from": self.dice.choice(PEOPLE), "to": "2345"}),
                now=self.now,
            )  # fmt: skip

    def word(self) -> None:
        """A person says what a status word means, and another time something else."""
        status = self.dice.choice(["failed", "delivered", "pending"])
        reports.assign(self.db, word=self.dice.choice(["Parked", "Lost at sea"]), status=status, by=DESK, now=self.now)
        if self.dice.random() < 0.5:
            self.fold()

    def erase(self) -> None:
        """Somebody wants to be forgotten."""
        wish = erasure.ask(self.db, self.dice.choice(PEOPLE), by=DESK, now=self.now)
        erasure.run(self.settings, self.db, wish, clock=lambda: self.now, at_once=self.dice.random() < 0.3)

    def ages(self) -> None:
        """Weeks go by, and what is old is taken away."""
        self.now += self.dice.choice([3 * DAY, 31 * DAY])
        for _taken in retention.run(self.settings, self.db, now=self.now):
            pass

    def check(self) -> None:
        """All of the outbox's rules have a walk of their own."""

    def everything_again(self) -> None:
        """The three ways to count come to the same, before and after."""
        self.fold()
        for _time in range(2):
            live, wanted = recount.stored(self.db), recount.recounted(self.db)
            for table in recount.NAMES:
                assert live[table] == wanted[table], table
            done = rebuild.run(self.db, now=self.now, by=COMMAND)
            assert (done.matches, done.messages, done.counts, done.inbound_counts) == (0, 0, 0, 0), done


STEPS = {"work": 10, "report": 14, "write_in": 9, "answered_late": 4, "time_goes": 3, "press": 1, "decide": 1,
         "word": 1, "erase": 0.7, "ages": 0.5, "everything_again": 0.5}  # fmt: skip


def test_live_counts_are_those_of_pandas_and_of_a_rebuild(tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    db = new_store(made)[1]
    options.change(db, by=COMMAND, now=0, keep_numbers_days=30, keep_inbound_days=7)
    db.close()
    seen: Counter[str] = Counter()
    for seed in range(int(os.environ.get("WALKS", "3"))):
        folder = tmp_path / str(seed)
        folder.mkdir()
        walk = Life(made, folder, seed)
        try:
            for what in (*walk.dice.choices(list(STEPS), list(STEPS.values()), k=70), "everything_again"):
                walk.did.append(what)
                getattr(walk, what)()
        except AssertionError as error:
            raise AssertionError("\n".join([f"seed {seed}", *walk.did, str(error)])) from error
        finally:
            seen.update({table: len(cells) for table, cells in recount.stored(walk.db).items()})
            seen["answered messages"] += walk.db.execute("SELECT sum(answered) FROM counts").fetchone()[0] or 0
            walk.db.close()
            shutil.rmtree(folder)
    assert set(seen) >= {*recount.NAMES, "answered messages"} and all(seen.values()), seen


def test_the_month_is_counted_as_pandas_counts_it(tmp_path: Path) -> None:
    db, _told = filled.month(tmp_path)
    live, wanted = recount.stored(db), recount.recounted(db)
    db.close()
    for table in recount.NAMES:
        assert live[table] == wanted[table] != {}, table
