"""Texts that are kept under a name."""

from pathlib import Path

import pytest

from nextpod_core import saved_texts
from nextpod_core.errors import BadInput
from nextpod_core.people import DESK
from tests.outboxes import NOW, new_store


def test_a_text_is_kept_replaced_and_let_go(tmp_path: Path):
    _settings, db = new_store(tmp_path)
    saved_texts.save(db, "Velkomst", "Hei {{navn}}", by=DESK, now=NOW)
    first = saved_texts.save(db, " arrangement ", "Møte kl. 18", by=DESK, now=NOW)
    saved_texts.save(db, "Velkomst", "Hei igjen {{navn}}", by=DESK, now=NOW)
    assert [(each.name, each.text) for each in saved_texts.every(db)] == [
        ("arrangement", "Møte kl. 18"),
        ("Velkomst", "Hei igjen {{navn}}"),
    ]
    saved_texts.remove(db, first, by=DESK, now=NOW)
    assert [each.name for each in saved_texts.every(db)] == ["Velkomst"]


@pytest.mark.parametrize(("name", "text"), [("", "Hei"), ("A" * 101, "Hei"), ("A", " "), ("A", "Hei {{navn")])
def test_what_can_not_be_used_is_not_kept(tmp_path: Path, name: str, text: str):
    _settings, db = new_store(tmp_path)
    with pytest.raises(BadInput):
        saved_texts.save(db, name, text, by=DESK, now=NOW)
