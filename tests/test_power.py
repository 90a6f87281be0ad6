"""The power goes at any moment: what was synced opens, is whole, and knows every request whose first byte had left."""

import asyncio
import random
from pathlib import Path
from typing import Any, cast

from nextpod_core.api import Answer, Nextpod
from nextpod_core.db import Connection, connect
from nextpod_core.dispatcher import Dispatcher
from tests.doubles import obliging, playing
from tests.outboxes import NOW, campaign, new_store, numbers
from tests.recording import Disk, RecordedConnection


class Marking(Nextpod):
    """The client itself, that notes at which sync each request began to leave."""

    def note(self, disk: Disk) -> None:
        self.disk = disk
        self.left: dict[str, int] = {}

    async def send(self, **request: Any) -> Answer:
        started = request.pop("started")

        def begin() -> None:
            self.left[request["reference"]] = self.disk.syncs
            started()

        return await super().send(started=begin, **request)


async def send_all(settings: Any, db: RecordedConnection, disk: Disk, url: str, one: int) -> dict[str, int]:
    """The dispatcher's own steps until the campaign is finished; when each reference began to leave."""
    async with Marking("key", url=url) as client:
        client.note(disk)
        dispatcher = Dispatcher(settings, cast(Connection, db), client, clock=lambda: NOW)
        async with asyncio.timeout(60):
            while True:
                dispatcher.step()
                if db.execute("SELECT state FROM campaigns WHERE id = ?", (one,)).fetchone()["state"] == "finished":
                    return client.left
                dispatcher._kept_at = 0
                if dispatcher.under_way:
                    await asyncio.wait(dispatcher.under_way, return_when=asyncio.FIRST_COMPLETED)
                    dispatcher._collect()


def test_a_power_cut_at_any_sync_leaves_a_whole_file_that_knows_what_may_have_left(tmp_path: Path) -> None:
    settings, made = new_store(tmp_path)
    one = campaign(made, numbers(300), texts=[f"Hei {place}" for place in range(150)])
    key = made.key
    made.close()
    disk = Disk()
    db = RecordedConnection(settings.database, disk, key)
    with playing(obliging) as double:
        left = asyncio.run(send_all(settings, db, disk, double.url, one))
    db.close()
    assert len(left) == 150 and disk.syncs > 40
    dice = random.Random(5)
    cut = tmp_path / "cut"
    cut.mkdir()
    for number in range(1, disk.syncs + 1):
        for unsynced in (None, dice):
            for old in cut.iterdir():
                old.unlink()
            disk.after(number, cut, dice=unsynced)
            found = connect(cut / settings.database.name)
            assert found.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            known = {"nd-" + row["reference"].hex() for row in found.execute("SELECT reference FROM attempts")}
            must = {reference for reference, at in left.items() if at <= number}
            assert must <= known, f"cut at sync {number}: {len(must - known)} requests had left and are not known"
            found.close()
