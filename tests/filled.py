"""A practice store with a month in it, made once a test run: three operators of their own truth in Norway and three
abroad, one bad hour, and a change of the clock on 25 October 2026."""

import datetime
import functools
import shutil
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

from nextpod_core import db, demo, filters, periods, settings, store
from nextpod_core.people import COMMAND

OSLO = ZoneInfo("Europe/Oslo")
NOW = round(datetime.datetime(2026, 11, 2, 14, 20, tzinfo=OSLO).timestamp() * 1000)
SILENT_AFTER = 78 * 3_600_000
MESSAGES = 12_000


@functools.cache
def _made() -> tuple[Path, demo.Filled]:
    folder = Path(tempfile.mkdtemp(prefix="desk-filled-"))
    made = new(folder / "month.db")
    filled = demo.fill(made, messages=MESSAGES, seed=17, now=NOW, by=COMMAND)
    made.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    made.close()
    return folder / "month.db", filled


def new(path: Path) -> db.Connection:
    """An empty practice store."""
    given = settings.load({"NEXTPOD_DATABASE": str(path)})
    store.migrate(given, now=NOW, by=COMMAND)
    return store.open(given)


def month(folder: Path, name: str = "desk.db") -> tuple[db.Connection, demo.Filled]:
    """A copy of the month in `folder`, the caller's to change and to close; and what was made."""
    made, filled = _made()
    path = folder / name
    shutil.copyfile(made, path)
    shutil.copyfile(made.with_suffix(".key"), path.with_suffix(".key"))
    path.with_suffix(".key").chmod(0o600)
    return store.open(settings.load({"NEXTPOD_DATABASE": str(path)})), filled


def thirty_days(**wanted) -> filters.Filter:
    """The thirty days that the month fills, of everything or of what is named."""
    return filters.Filter(periods.asked("30d", now=NOW, zone=OSLO), **wanted)
