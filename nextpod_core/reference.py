"""
The reference tables that ship with the product: small CSV files in `data/`, read once.

Rules take their tables from here, so that a word or a code is mended in a file that anyone can read, not in code.
"""

import csv
import functools
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "data"


@functools.cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """The rows of `data/<name>.csv` by their header's names. Raises OSError when the file is not there."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
