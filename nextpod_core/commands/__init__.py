"""What `python -m nextpod_core COMMAND` can do, a module a subject. Each command opens what it needs, and ends."""

import argparse
import time
from collections.abc import Callable

from nextpod_core.settings import Settings

Command = Callable[[argparse.Namespace, Settings], int]
Add = Callable[[str, Command], argparse.ArgumentParser]


def now() -> int:
    """The clock, in UTC milliseconds; only commands and processes read it."""
    return time.time_ns() // 1_000_000


def of_table(command: argparse.ArgumentParser) -> None:
    """The arguments of a command that reads a list."""
    command.add_argument("--sheet", help="the sheet of a workbook, when the list is not on the first")
    command.add_argument("--column", help="the column with the numbers; found by name and content when not given")
