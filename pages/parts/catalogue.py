"""
The Norwegian catalogue: read from `locale/nb`, and kept level with the sentences in the source.

`python -m pages.parts.catalogue update` puts new sentences into it and takes out those that nobody says any more;
`python -m pages.parts.catalogue check` tells what is untranslated. Nothing compiled is kept in the repository.
"""

import ast
import functools
import gettext
import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
NORWEGIAN = ROOT / "locale" / "nb" / "LC_MESSAGES" / "desk.po"
# What says a sentence, and which of its arguments are the sentence. `babel.cfg` names the same for the pybabel command.
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None, "n_": (1, 2), "say": None, "say_count": (1, 2),
    "BadInput": None, "NotPermitted": None, "WrongStore": None, "WrongSettings": None,
}  # fmt: skip
PLACEHOLDER = re.compile(r"\{(\w*)[^{}]*\}")


@functools.cache
def norwegian() -> gettext.NullTranslations:
    """The compiled catalogue, made in memory at first use; without the file every sentence stays English."""
    if not NORWEGIAN.exists():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, _read())
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def sources() -> list[Path]:
    """Every Python file that may say something to a person."""
    return [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py")), *sorted((ROOT / "nextpod_core").rglob("*.py"))]


def said() -> Catalog:
    """All sentences of the source, each with the files that say it."""
    found = Catalog(project="Nextpod desk", charset="utf-8")
    for path in sources():
        for text in _said_in(ast.parse(path.read_text(encoding="utf-8"))):
            found.add(text, locations=[(path.relative_to(ROOT).as_posix(), 0)])
    return found


def _said_in(tree: ast.Module) -> Iterator[str | tuple[str, str]]:
    # By the syntax tree: Babel's own extractor reads tokens, and sees nothing within an f-string before Python 3.12.
    for node in ast.walk(tree):
        name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
        if not isinstance(node, ast.Call) or name not in KEYWORDS:
            continue
        wanted = [argument.value for argument in node.args[: len(KEYWORDS[name] or (1,))] if _is_text(argument)]
        if len(wanted) == len(KEYWORDS[name] or (1,)) and all(wanted):
            yield (wanted[0], wanted[1]) if len(wanted) == 2 else wanted[0]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def problems() -> Iterator[str]:
    """What keeps the Norwegian catalogue from being whole, a line for each sentence concerned."""
    known = {_key(message): message for message in _read() if message.id} if NORWEGIAN.exists() else {}
    wanted = {_key(message): message for message in said() if message.id}
    yield from (f"not in the catalogue: {text!r}" for text in sorted(wanted.keys() - known.keys()))
    yield from (f"nobody says: {text!r}" for text in sorted(known.keys() - wanted.keys()))
    for text in sorted(wanted.keys() & known.keys()):
        message, forms = known[text], _forms(known[text])
        if not all(forms):
            yield f"not translated: {text!r}"
        elif message.fuzzy:
            yield f"fuzzy: {text!r}"
        elif any(placeholders(form) != placeholders(_forms(message, "id")[-1]) for form in forms[1:] or forms):
            yield f"other placeholders in: {text!r}"


def placeholders(text: str) -> set[str]:
    """The names in braces of a sentence; `{{name}}` is a placeholder of the SMS and counts as text."""
    return set(PLACEHOLDER.findall(text.replace("{{", "").replace("}}", "")))


def unreadable() -> Iterator[str]:
    """Places where a sentence is put together before it is said, so that no catalogue can hold it."""
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in KEYWORDS and isinstance(node.args[0], (ast.JoinedStr, ast.BinOp)):
                yield f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"


def update() -> None:
    """Write the catalogue again: new sentences empty, old ones gone, translations kept."""
    catalogue = _read() if NORWEGIAN.exists() else Catalog(locale="nb", project="Nextpod desk", charset="utf-8")
    catalogue.update(said(), no_fuzzy_matching=True, update_header_comment=False)
    catalogue.obsolete.clear()
    # No date of making: a file that changes without a changed sentence makes every merge a quarrel.
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    catalogue.header_comment = "# Norwegian bokmål. Kept level with the source by `make words`; translated by hand."
    catalogue.version, catalogue.msgid_bugs_address = "", ""
    catalogue.last_translator, catalogue.language_team = "", ""
    catalogue.fuzzy = False
    NORWEGIAN.parent.mkdir(parents=True, exist_ok=True)
    with NORWEGIAN.open("wb") as file:
        write_po(file, catalogue, width=120, sort_by_file=True, include_lineno=False, ignore_obsolete=True)


def _read() -> Catalog:
    with NORWEGIAN.open("rb") as file:
        return read_po(file, locale="nb")


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _forms(message: Message, part: str = "string") -> tuple[str, ...]:
    value = getattr(message, part)
    return (value,) if isinstance(value, str) else tuple(value)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["update"]:
            update()
        case ["check"]:
            found = [*problems(), *(f"put together: {place}" for place in unreadable())]
            print("\n".join(found) or "The Norwegian catalogue is whole.")
            sys.exit(bool(found))
        case _:
            sys.exit("python -m pages.parts.catalogue update | check")
