"""What is wrong with a machine or its files is told in a sentence that says what to do, and nothing is sent."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nextpod_core import store
from nextpod_core.db import is_full, unusable
from nextpod_core.settings import load
from tests.chaos import Desk
from tests.doubles import obliging, playing
from tests.outboxes import campaign, new_store, numbers
from tests.sandboxes import ROOT, free_port

PYTHON = [sys.executable, "-m", "nextpod_core"]
WITHOUT_WRITING = "mount --bind {0} {0} && mount -o remount,ro,bind {0} && exec "


def can_mount() -> bool:
    done = subprocess.run(["unshare", "-m", "true"], capture_output=True) if shutil.which("unshare") else None
    return done is not None and done.returncode == 0


def run(folder: Path, words: list[str], *, read_only: bool = False, **env: str) -> tuple[int, str]:
    """The exit code and what it said, of a process that has to end by itself."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("NEXTPOD_")} | {
        "NEXTPOD_DATABASE": str(folder / "sandbox.db"), **env,
    }  # fmt: skip
    if read_only:
        words = ["unshare", "-m", "sh", "-c", WITHOUT_WRITING.format(folder) + " ".join(words)]
    done = subprocess.run(words, env=given, cwd=ROOT, capture_output=True, text=True, timeout=60)
    return done.returncode, (done.stdout + done.stderr).strip()


def harm(folder: Path, kind: str) -> None:
    path = folder / "sandbox.db"
    match kind:
        case "key gone":
            path.with_suffix(".key").unlink()
        case "key of another":
            (folder / "other").mkdir()
            shutil.copy(new_store(folder / "other")[0].key_file, path.with_suffix(".key"))
        case "newer":
            db = store.open(load({"NEXTPOD_DATABASE": str(path)}))
            db.execute(f"PRAGMA user_version = {store.SCHEMA + 1}")
            db.close()
        case "half a file":
            os.truncate(path, path.stat().st_size // 2 + 100)
        case "no database":
            path.write_bytes(b"This is something else altogether. " * 400)
        case "log in the way":
            path.with_name("sandbox.db-wal").mkdir()


@pytest.mark.parametrize(
    ("process", "kind", "told"),
    [
        ("dispatch", "key gone", "bring both back from the same backup"),
        ("dispatch", "key of another", "belongs to another database"),
        ("dispatch", "newer", "Install the newer version"),
        ("dispatch", "half a file", "restore FILE"),
        ("ingest", "no database", "restore FILE"),
        ("ingest", "log in the way", "check` says more"),
    ],
)
def test_a_file_that_can_not_be_used_is_told_and_nothing_is_sent(tmp_path, process, kind, told):
    _, db = new_store(tmp_path)
    campaign(db, numbers(3))
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    for end in ("-wal", "-shm"):
        (tmp_path / f"sandbox.db{end}").unlink(missing_ok=True)
    harm(tmp_path, kind)
    with playing(obliging) as gateway:
        env = {"NEXTPOD_API_URL": gateway.url, "NEXTPOD_INGEST_PORT": str(free_port())}
        for _ in range(2):  # A supervisor starts it again and again.
            code, said = run(tmp_path, [*PYTHON, process], **env)
    assert (code, bytes(gateway.received)) == (1, b"")
    assert told in said and "Traceback" not in said and len(said.splitlines()) == 1


@pytest.mark.skipif(not can_mount(), reason="nothing can be mounted here")
@pytest.mark.parametrize(
    "words", [[*PYTHON, "dispatch"], [*PYTHON, "ingest"], [*PYTHON, "backup"], [sys.executable, "app.py"]],
    ids=["dispatch", "ingest", "backup", "dashboard"],
)  # fmt: skip
def test_a_read_only_disk_is_told_and_nothing_is_sent(tmp_path, words):
    _, db = new_store(tmp_path)
    campaign(db, numbers(3))
    db.close()
    with playing(obliging) as gateway:
        code, said = run(tmp_path, words, read_only=True, NEXTPOD_API_URL=gateway.url)
    assert (code, bytes(gateway.received)) == (1, b"")
    assert "can't be written to" in said and "Traceback" not in said


def test_a_full_disk_is_told(tmp_path):
    error = OSError("database or disk is full")
    assert is_full(error) and "Make room" in unusable(tmp_path, error)


@pytest.mark.parametrize(
    ("words", "name"),
    [([*PYTHON, "ingest"], "INGEST"), ([*PYTHON, "sandbox"], "SANDBOX"), ([sys.executable, "app.py"], "DASHBOARD")],
    ids=["ingester", "sandbox", "dashboard"],
)
def test_a_port_that_is_taken_is_told(tmp_path, words, name):
    new_store(tmp_path)[1].close()
    with playing(obliging) as other:
        port = other.url.rsplit(":", 1)[1].split("/")[0]
        code, said = run(tmp_path, words, **{f"NEXTPOD_{name}_PORT": port},
                         NEXTPOD_SANDBOX_DATABASE=str(tmp_path / "gateway.db"))  # fmt: skip
    assert (code, "Traceback" in said, len(said.splitlines())) == (1, False, 1)
    assert port in said and "Address already in use" in said


def test_two_servers_on_one_file_are_told_and_text_nobody_twice(tmp_path):
    desk = Desk(tmp_path, {"answers": "0"})
    try:
        campaign(desk.db, to := numbers(400), [f"Hei {place}" for place in range(400)])
        desk.start("dispatch")
        desk.until(lambda: store.last_beats(desk.db).get("dispatcher"))
        other = subprocess.Popen([*PYTHON, "dispatch"], env=desk.env, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        said = other.stderr.readline()
        desk.until(lambda: len(desk.arrived()) == len(to))
        other.send_signal(signal.SIGTERM)
        other.communicate(timeout=20)
        assert "another dispatcher" in said
        assert set(desk.arrived().values()) == {1}
    finally:
        desk.close()
