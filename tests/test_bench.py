"""The benchmark judges: a ratio that is worse by a third than the last one written down fails, and is told."""

import pytest

from bench.__main__ import TABLE, WANTED, last, regressions, table

BEFORE = last(TABLE.read_text(encoding="utf-8"))
JUDGED = [(figure, wanted[0]) for figure, wanted in WANTED.items() if wanted is not None and figure in BEFORE]


def test_the_table_keeps_what_it_is_judged_by():
    assert len(JUDGED) >= 7


@pytest.mark.parametrize(("figure", "way"), JUDGED)
def test_a_third_worse_fails_and_a_little_worse_does_not(figure, way):
    start = {figure: max(BEFORE[figure], 1.0)}
    worse, little = (0.66, 0.9) if way == "least" else (1.34, 1.1)
    assert len(regressions(start, {figure: start[figure] * worse})) == 1
    assert regressions(start, {figure: start[figure] * little}) == []
    assert regressions({}, {figure: 0.0}) == regressions(start, {}) == []


def test_what_is_not_installed_is_named_and_what_is_missed_is_marked():
    figure, wanted = next((figure, wanted) for figure, wanted in WANTED.items() if wanted and wanted[0] == "least")
    rows = table({figure: [wanted[1] / 2]}, [("Kannel", "kannel")])
    assert "**missed**" in rows[2]
    assert rows[3] == "| Kannel | | not measured | | kannel is not installed here |"
    assert "holds" in table({figure: [wanted[1] * 2]}, [])[2]
