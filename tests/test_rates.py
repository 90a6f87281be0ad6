"""Delivery rate and its interval."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextpod_core import rates


@pytest.mark.parametrize(
    ("delivered", "total", "low", "high"),
    # From the formula in Wilson (1927), worked out apart from this code.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1.0),
    ],
)
def test_known_intervals(delivered, total, low, high):
    assert rates.wilson(delivered, total) == pytest.approx((low, high), abs=0.00006)


@given(st.integers(0, 10**7).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_the_rate_lies_in_its_interval(pair):
    delivered, total = pair
    low, high = rates.wilson(delivered, total)
    assert 0 <= low <= high <= 1
    rate = rates.delivery(delivered, total - delivered)
    assert rate is None if total == 0 else low <= rate <= high


def test_nothing_that_ended_is_no_rate():
    assert rates.delivery(0, 0) is None
    assert rates.wilson(0, 0) == (0.0, 1.0)
