"""
The table of texts that the cells of a workbook point into, kept on the disk: Excel puts every name there, and every
number that was typed as text, a million of them for a million rows.
"""

import functools
import marshal
import os
import tempfile
import zipfile
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path

from nextpod_core.small_books import Odd
from nextpod_core.worksheets import OTHER_ENCODING

PART = "xl/sharedStrings.xml"
_LONGEST = 32 << 20
_GROUP = 16  # Texts that are written, and read back, at once.


class SharedTexts:
    """The texts by their place, each as it is written between its tags."""

    def __init__(self, archive: zipfile.ZipFile, folder: Path, size: int) -> None:
        """Read the table of an open workbook, `size` bytes at a time. Raises Odd where it can't be cut."""
        # Without a name from the start: nothing is left of it whatever becomes of this process.
        self._file = tempfile.TemporaryFile(  # noqa: SIM115 (`close` is for that)
            dir=folder if os.access(folder, os.W_OK) else None, buffering=1 << 20
        )
        self._starts = array("Q", [0])
        self._group = functools.lru_cache(maxsize=2_000)(self._read)
        waiting: list[bytes] = []
        try:
            for piece in _pieces(archive, size):
                waiting += piece.replace(b"<si/>", b"<si></si>").replace(b"</si>", b"").split(b"<si>")[1:]
                whole = len(waiting) // _GROUP * _GROUP
                for start in range(0, whole, _GROUP):
                    self._write(waiting[start : start + _GROUP])
                del waiting[:whole]
            self._write(waiting)
            self._file.flush()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Give the room on the disk back."""
        self._file.close()

    def at(self, places: Iterable[int]) -> list[bytes]:
        """The texts at these places. Raises IndexError where there is none."""
        return [self._group(place // _GROUP)[place % _GROUP] for place in places]

    def _write(self, texts: list[bytes]) -> None:
        kept = marshal.dumps(texts, 2)  # Later versions look each up, in case it was written before.
        self._file.write(kept)
        self._starts.append(self._starts[-1] + len(kept))

    def _read(self, group: int) -> list[bytes]:
        start, end = self._starts[group], self._starts[group + 1]
        texts: list[bytes] = marshal.loads(os.pread(self._file.fileno(), end - start, start))
        return texts


def _pieces(archive: zipfile.ZipFile, size: int) -> Iterator[bytes]:
    """The table as it unfolds, cut after a text, without what stands around it."""
    if PART not in archive.namelist():
        return
    rest, begun = b"", False
    with archive.open(PART) as file:
        while chunk := file.read(size):
            chunk = rest + chunk
            if not begun:
                head, found, after = chunk.partition(b"<si")
                if not found and len(chunk) < _LONGEST:
                    rest = chunk
                    continue
                if OTHER_ENCODING.search(head) or b"<!" in head or b"<sst" not in head:
                    raise Odd
                chunk, begun = found + after, True
            cut = chunk.rfind(b"</si>") + len(b"</si>")
            if b"!" in chunk and b"<!" in chunk or b"?" in chunk and b"<?" in chunk or b"<si " in chunk:
                raise Odd
            if cut < len(b"</si>"):
                if len(chunk) > _LONGEST:
                    raise Odd
                rest = chunk
                continue
            yield chunk[:cut]
            rest = chunk[cut:]
    if begun:
        yield rest.partition(b"</sst>")[0]
