"""What a button does to a draft's text: another column for a placeholder, a word for where it is empty."""

import re
from collections.abc import Callable, Collection

from nextpod_core import templates


def with_column(text: str, placeholder: str, column: str) -> str:
    """The text with every placeholder of one name meeting another column.

    >>> with_column("Hei {{ nvan }}, {{NVAN|du}}!", "nvan", "Navn")
    'Hei {{Navn}}, {{Navn|du}}!'
    """
    wanted = templates.key(placeholder)
    return _each(text, lambda name, rest: "{{" + column + rest + "}}" if templates.key(name) == wanted else None)


def with_default(text: str, placeholders: Collection[str], word: str) -> str:
    """The text with a word for where these placeholders are empty; those that have one keep it.

    >>> with_default("Hei {{navn}}, {{by|Norge}}", ["navn", "by"], "venn")
    'Hei {{navn|venn}}, {{by|Norge}}'
    """
    wanted = {templates.key(name) for name in placeholders}
    safe = word.replace("{", "").replace("}", "")

    def changed(name: str, rest: str) -> str | None:
        return "{{" + f"{name.strip()}|{safe}" + "}}" if not rest and templates.key(name) in wanted else None

    return _each(text, changed)


def _each(text: str, change: Callable[[str, str], str | None]) -> str:
    def changed(found: re.Match[str]) -> str:
        name = re.split(r"\||\?\?", found[1], maxsplit=1)[0]
        new = change(name, found[1][len(name) :])
        return found[0] if new is None else new

    return re.sub(r"\{\{([^{}]*)\}\}", changed, text)
