"""
Sentences for people, kept apart from the values in them, so that a page can say them in the reader's language.

The core never translates: it writes `say("Line {line}: no number.", line=14)`. A page looks `text` up in its catalogue
and puts the values in; commands, logs and JSON use `str(sentence)`, which is English.
"""

import json
from dataclasses import dataclass, field

# json.dumps would make an encoder each time, and a list has a hundred thousand reasons.
_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Sentence:
    """An English sentence with `{names}` in it, and their values; `plural` and `count` where wording hangs on it."""

    text: str
    values: dict[str, str | int | float | None] = field(default_factory=dict)
    plural: str | None = None
    count: int | None = None

    def __str__(self) -> str:
        """The sentence in English."""
        chosen = self.text if self.plural is None or self.count == 1 else self.plural
        return chosen.format(**self.values)

    def dump(self) -> str:
        """The sentence as JSON, for a column that keeps it."""
        return _dump([self.text, self.values, self.plural, self.count])


def say(text: str, **values: str | int | float | None) -> Sentence:
    """A sentence to show. `text` must be a literal: the catalogue is made by reading the source."""
    return Sentence(text, values)


def say_count(one: str, many: str, count: int, **values: str | int | float | None) -> Sentence:
    """A sentence whose wording hangs on `count`, which is also the value `{count}`."""
    return Sentence(one, {"count": count, **values}, plural=many, count=count)


def load(column: str | None) -> Sentence | None:
    """The sentence that `Sentence.dump` wrote; None for an empty column."""
    if not column:
        return None
    text, values, plural, count = json.loads(column)
    return Sentence(text, values, plural, count)
