"""
Texts with places to fill: `{{name}}`, `{{name|default}}`, `{{member??only members see this}}`.

Placeholders meet columns without regard to case, space, `_` or `-`. A value is never read as a template.
"""

import difflib
import functools
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from nextpod_core import segments
from nextpod_core.errors import BadInput

# Yes as people and spreadsheets write it: no, sv, da, de, fi, is, en, and Excel's own words for TRUE.
YES = frozenset(
    (
        "yes",
        "y",
        "true",
        "t",
        "1",
        "1.0",
        "ja",
        "j",
        "sann",
        "sant",
        "sand",
        "kyllä",
        "tosi",
        "já",
        "satt",
        "wahr",
        "x",
        "on",
    )
)

# The names hold no braces, so that "{{{name}}}" is a placeholder between two braces.
_PLACEHOLDER = re.compile(r"\{\{([^{}]*)\}\}")
_BRACES = re.compile(r"\{\{|\}\}")
_IGNORED = re.compile(r"[\s_\-\u00ad\u200b-\u200f\u2010-\u2015\u2060\ufeff]+")


@functools.lru_cache(maxsize=4096)
def key(header: str) -> str:
    """What a column or placeholder is matched by: NFKC, no case, no space of any kind, no `_`, no `-`."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", header).casefold())


@dataclass(frozen=True, slots=True)
class Field:
    """One placeholder: `default` stands in for an empty value, `shown` appears only when the value is a yes."""

    name: str
    key: str
    default: str | None = None
    shown: str | None = None

    def text(self, value: str) -> str:
        """What takes its place, given the recipient's stripped value."""
        if self.shown is not None:
            return self.shown if is_yes(value) else ""
        return value or self.default or ""


@dataclass(frozen=True, slots=True)
class Template:
    """A text that was read: plain pieces and fields in their order."""

    pieces: tuple[str | Field, ...]

    @property
    def fields(self) -> list[Field]:
        """Every placeholder as it stands, repeats included."""
        return [piece for piece in self.pieces if isinstance(piece, Field)]

    @property
    def names(self) -> list[str]:
        """The placeholders' names as first written, in order, each once."""
        return list({field.key: field.name for field in reversed(self.fields)}.values())[::-1]

    @property
    def keys(self) -> list[str]:
        """The keys of `names`, in the same order."""
        return [key(name) for name in self.names]

    def render(self, values: Mapping[str, str]) -> str:
        """One recipient's text from `values` by key. Values are stripped; what comes out is clean (NFC)."""
        return segments.clean(
            "".join(
                piece if isinstance(piece, str) else piece.text(values.get(piece.key, "").strip())
                for piece in self.pieces
            )
        )

    def missing(self, values: Mapping[str, str]) -> list[str]:
        """Names that leave a hole: absent or empty without a default; of conditional ones only the absent."""
        holes: dict[str, str] = {}
        for field in self.fields:
            value = values.get(field.key)
            empty = value is None or (field.shown is None and not value.strip())
            if empty and field.default is None:
                holes.setdefault(field.key, field.name)
        return list(holes.values())

    def compile(self, columns: Sequence[str]) -> Callable[[Sequence[str]], str]:
        """A function from a row to its text, the same as `render` and made for a million rows. Short rows are empty."""
        places: dict[str, int] = {}
        for place, column in enumerate(columns):
            places.setdefault(key(column), place)
        steps = [(piece, places.get(piece.key, -1)) if isinstance(piece, Field) else piece for piece in self.pieces]
        if all(isinstance(step, str) for step in steps):
            fixed = self.render({})
            return lambda row: fixed
        clean = segments.clean

        def render(row: Sequence[str]) -> str:
            width = len(row)
            return clean(
                "".join(
                    [
                        step
                        if isinstance(step, str)
                        else step[0].text(row[step[1]].strip() if -1 < step[1] < width else "")
                        for step in steps
                    ]
                )
            )

        return render


def is_yes(value: str) -> bool:
    """Whether a cell says yes, in the team's languages or a spreadsheet's."""
    return value.strip().casefold() in YES


def parse(text: str) -> Template:
    """Read a text with placeholders. Raises BadInput, with the place, for `{{` or `}}` alone and for `{{}}`."""
    text = segments.clean(text)
    pieces: list[str | Field] = []
    end = 0
    for found in _PLACEHOLDER.finditer(text):
        _add(pieces, text, end, found.start())
        pieces.append(_field(text, found))
        end = found.end()
    _add(pieces, text, end, len(text))
    return Template(tuple(pieces))


def unknown(template: Template, columns: Iterable[str]) -> list[tuple[str, str | None]]:
    """Placeholders that no column answers to, each with the nearest column's header, if one is near."""
    headers = {key(column): column for column in reversed(list(columns))}
    found = []
    for name in template.names:
        if key(name) not in headers:
            near = difflib.get_close_matches(key(name), headers, n=1, cutoff=0.5)
            found.append((name, headers[near[0]] if near else None))
    return found


def _add(pieces: list[str | Field], text: str, start: int, end: int) -> None:
    """Plain text between placeholders; double braces in it were meant as one."""
    alone = _BRACES.search(text, start, end)
    if alone:
        line, place = _position(text, alone.start())
        closed = text.find("}}", alone.end())
        if alone[0] == "{{" and closed > 0 and "{{" not in text[alone.end() : closed]:
            raise BadInput(
                "Line {line}, character {place}: another brace stands between {{{{ and }}}}. Take it out.",
                line=line,
                place=place,
            )
        if alone[0] == "{{":
            raise BadInput("Line {line}, character {place}: {{{{ is never closed by }}}}.", line=line, place=place)
        raise BadInput(
            "Line {line}, character {place}: }}}} closes nothing; no {{{{ before it.", line=line, place=place
        )
    if start < end:
        pieces.append(text[start:end])


def _field(text: str, found: re.Match[str]) -> Field:
    inner = found[1]
    name, conditional, shown = inner.partition("??")
    default: str | None = None
    if not conditional:
        name, bar, rest = inner.partition("|")
        default = rest.strip() if bar else None
    name = " ".join(name.split())
    if not key(name):
        line, place = _position(text, found.start())
        raise BadInput(
            "Line {line}, character {place}: the placeholder has no name. Write a column's name between the braces.",
            line=line,
            place=place,
        )
    return Field(name, key(name), default, shown if conditional else None)


def _position(text: str, place: int) -> tuple[int, int]:
    """Line and character as a person counts them, from 1."""
    return text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
