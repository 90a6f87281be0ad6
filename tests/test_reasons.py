"""Every status and code in plain words."""

import pytest

from nextpod_core import reasons
from nextpod_core.merge import Status


@pytest.mark.parametrize("status", list(Status))
def test_every_status_says_what_it_means_what_to_do_and_what_it_costs(status):
    explanation = reasons.explain(status)
    assert all(str(sentence).endswith(".") for sentence in (explanation.means, explanation.do, explanation.charged))


def test_every_code_that_ships_has_its_sentences_and_no_sentence_is_idle():
    assert {code.reason for code in reasons.operator_codes().values()} == set(reasons.REASONS)
    assert [code.code for code in reasons.operator_codes().values() if not code.inferred] == ["1001"]


def test_a_code_gives_the_reason_and_never_the_status():
    assert str(reasons.explain(Status.FAILED, "2104").means) == "Nobody has this number."
    assert reasons.explain(Status.FAILED, " 2104 ").inferred
    assert reasons.explain(Status.DELIVERED, "2104") == reasons.explain(Status.DELIVERED)
    assert reasons.explain(Status.FAILED, "1001") == reasons.explain(Status.FAILED)
    assert reasons.explain(Status.FAILED, "9999") == reasons.explain(Status.FAILED)
    assert "never told" in str(reasons.explain(Status.EXPIRED, "1010").means)
