"""
Work beside the pages: an import or a review runs in a process of its own, so that no click can stop it half-way.

The process lives on when the page, or the dashboard, goes away. What it has done and whether it still lives is read
from the store and by its process id; nothing is handed back.
"""

import contextlib
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Literal

from nextpod_core.settings import Settings

Kind = Literal["import", "prepare", "erase"]

_ROOT = Path(__file__).resolve().parent.parent
_MEMORY = 1536 << 20  # Address space, of which far less is used; a workbook made to explode ends here.
# Kept so that a child that ended is noticed as ended; without its parent's asking it stays in the process table.
_started: list[subprocess.Popen[bytes]] = []


def start(settings: Settings, kind: Kind, id: int) -> int:
    """Start `python -m nextpod_core import|prepare|erase ID` on this installation's store; its process id.

    The errors of the process go where this one's go. Raises OSError when no process can be started.
    """
    is_alive(0)
    env = {**os.environ, "NEXTPOD_DATABASE": str(settings.database.resolve())}
    process = subprocess.Popen(
        [sys.executable, "-m", "nextpod_core", kind, str(id)],
        cwd=_ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # A Ctrl-C at the dashboard is not meant for it.
    )
    _started.append(process)
    return process.pid


def is_alive(pid: int | None) -> bool:
    """Whether the process that `start` gave, here or in another dashboard process, still runs."""
    _started[:] = [process for process in _started if process.poll() is None]
    if not pid:
        return False
    if pid == os.getpid():
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    with contextlib.suppress(OSError):
        # After a restart of the machine the number may be somebody else's.
        return b"nextpod_core" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return True


def be_modest() -> None:
    """For the process itself, first thing: a limit on memory, and second in line behind the pages for the processor."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    with contextlib.suppress(OSError):
        os.nice(5)
