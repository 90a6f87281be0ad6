"""Small workbooks made of a large one: the same names, dates and formats around some of its rows."""

import io
import posixpath
import zipfile
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree

from python_calamine import CalamineWorkbook

_LONGEST_OUTLINE = 16 << 20
_OUTLINE = ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml")
_HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
_TAIL = b"</sheetData></worksheet>"


class Odd(Exception):
    """The workbook is written as no program is known to write it: it can't be cut."""


def outline(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """What the library needs of a workbook beside its sheets and texts. Raises Odd when that is large itself."""
    there = [each for each in archive.infolist() if each.filename in _OUTLINE]
    if sum(each.file_size for each in there) > _LONGEST_OUTLINE:
        raise Odd
    return {each.filename: archive.read(each) for each in there}


def parts_of(outlined: Mapping[str, bytes]) -> dict[str, str]:
    """The part of the archive in which each sheet stands, by the sheet's name. Raises Odd where that can't be known."""
    try:
        listed, related = outlined["xl/workbook.xml"], outlined["xl/_rels/workbook.xml.rels"]
        if b"<!" in listed or b"<!" in related:  # Entities would unfold.
            raise Odd
        targets = {each.get("Id"): each.get("Target", "") for each in ElementTree.fromstring(related)}
        found = {}
        for sheet in ElementTree.fromstring(listed).iterfind(".//{*}sheets/{*}sheet"):
            key = next((value for name, value in sheet.items() if name.endswith("}id")), None)
            found[sheet.get("name", "")] = posixpath.normpath(posixpath.join("/xl", targets[key])).lstrip("/")
    except (KeyError, ElementTree.ParseError) as error:
        raise Odd from error
    return found


def book(outlined: Mapping[str, bytes], part: str | None = None, rows: Sequence[bytes] = ()) -> CalamineWorkbook:
    """A workbook with nothing but these rows in one of its sheets, as the library opens it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in outlined.items():
            archive.writestr(name, content)
        if part is not None:
            archive.writestr(part, b"".join([_HEAD, *rows, _TAIL]))
    packed.seek(0)
    return CalamineWorkbook.from_filelike(packed)
