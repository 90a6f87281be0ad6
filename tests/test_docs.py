"""The documents: every command and file in them exists, in both languages alike."""

import re
from pathlib import Path

import pytest

from nextpod_core.__main__ import parser
from nextpod_core.settings import DEFAULTS
from tests.sandboxes import ROOT

DOCS = sorted((ROOT / "docs").glob("*.md")) + sorted((ROOT / "docs" / "nb").glob("*.md"))
OPERATING = {"install", "connect", "first-campaign", "inbox", "wrong-list", "operating", "runbook", "privacy", "words",
             "company"}  # fmt: skip


def named(path: Path) -> str:
    return str(path.relative_to(ROOT / "docs"))


def shape(path: Path) -> list[tuple[str, int]]:
    """Headings, rows and steps of a document, in order, and the commands in it: what both languages share."""
    text = path.read_text()
    kinds = re.findall(r"^(#+|\d+\.|\||\*\*|```)", text, re.MULTILINE)
    return [(kind, 1) for kind in kinds]


def test_what_an_operator_needs_is_there_in_both_languages():
    for folder in (ROOT / "docs", ROOT / "docs" / "nb"):
        assert {path.stem for path in folder.glob("*.md")} >= OPERATING


@pytest.mark.parametrize("name", sorted(OPERATING))
def test_both_languages_say_the_same_things_in_the_same_order(name):
    assert shape(ROOT / "docs" / f"{name}.md") == shape(ROOT / "docs" / "nb" / f"{name}.md")


@pytest.mark.parametrize("path", DOCS, ids=named)
def test_every_link_and_picture_leads_somewhere(path):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text()):
        assert target.startswith("http") or (path.parent / target).exists(), target


@pytest.mark.parametrize("path", DOCS, ids=named)
def test_every_command_and_setting_is_one_of_ours(path):
    (commands,) = (action.choices for action in parser()._actions if action.dest == "command")
    text = path.read_text()
    for command in re.findall(r"(?:sudo nextpod|-m nextpod_core) ([a-z]\w*)", text):
        assert command in {*commands, "people"}, command
    ours = {name for name in re.findall(r"`(NEXTPOD_[A-Z_]+)", text) if "SANDBOX" not in name}
    assert ours <= set(DEFAULTS)
    for script in re.findall(r"sudo (deploy/\S+)", text):
        assert (ROOT / script).exists()
