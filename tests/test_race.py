"""An opt-out that is committed before the claim is honoured, however closely the two race."""

import random
import threading
import time
from pathlib import Path

from nextpod_core import outbox, settlement, store, suppressions
from nextpod_core.db import transaction
from nextpod_core.intake import GAP
from nextpod_core.people import INGESTER
from nextpod_core.settlement import Outcome
from tests.outboxes import NOW, campaign, counted, new_store, numbers, statuses

PEOPLE = 2_600


def test_of_thousands_who_opt_out_while_a_campaign_is_claimed_none_leaves_who_was_first(tmp_path: Path) -> None:
    settings, db = new_store(tmp_path)
    to = numbers(PEOPLE)
    one = campaign(db, to, texts=[f"Hei {place}" for place in range(PEOPLE // 4)])
    claimed: dict[str, int] = {}  # number: the batch it left in
    failed: list[BaseException] = []
    racing = threading.Barrier(3)

    def stop(people: list[str]) -> None:
        own = store.open(settings)
        racing.wait()
        for number in people:
            with transaction(own):
                suppressions.add(own, msisdn=number, reason="stop", by=INGESTER, now=NOW)
                # In the same commit: the last batch there was. Batches with a later id were claimed after it.
                last = own.execute("SELECT coalesce(max(id), 0) FROM batches").fetchone()[0]
                own.execute("INSERT INTO meta VALUES (?, ?)", (f"raced {number}", str(last)))
            time.sleep(GAP)  # As the ingester does between commits; without it nobody else gets the lock.
        own.close()

    def send() -> None:
        own = store.open(settings)
        dice = random.Random(3)
        racing.wait()
        now, stays = NOW, 0
        while stays < 3:
            batches = outbox.claim(own, now=now, holder="x", lease=90_000, room=dice.randint(1, 8))
            stays = 0 if batches else stays + 1
            done = []
            for batch in batches:
                fails = dice.random() < 0.2
                for number in batch.to if not fails else ():
                    claimed[number] = batch.id
                ids = {number: f"{batch.attempt_id}-{number}" for number in batch.to}
                done.append((batch, Outcome("not_sent") if fails else Outcome("accepted", ids=ids)))
            settlement.record(own, done, settings=settings, unknowns_in_row=0, now=now)
            now += 2_000
        own.close()

    def guarded(work, *args) -> None:  # type: ignore[no-untyped-def]
        try:
            work(*args)
        except BaseException as error:
            failed.append(error)
            racing.abort()

    shuffled = random.Random(1).sample(to, PEOPLE)
    threads = [
        threading.Thread(target=guarded, args=(stop, shuffled[:1_000])),
        threading.Thread(target=guarded, args=(stop, shuffled[1_000:2_000])),
        threading.Thread(target=guarded, args=(send,)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    first = {
        row["name"].removeprefix("raced "): int(row["value"])
        for row in db.execute("SELECT name, value FROM meta WHERE name LIKE 'raced %'")
    }
    assert len(first) == 2_000
    late = [number for number, last in first.items() if claimed.get(number, 0) > last]
    assert late == []
    both = sum(number in claimed for number in first)
    assert 0 < both < len(first), "nothing raced"
    found = statuses(db, one)
    assert found == counted(db, one) and found["skipped"] == PEOPLE - len(claimed)
