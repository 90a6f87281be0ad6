"""Whether a difference is more than chance."""

import random

import pytest

from nextpod_core import comparisons


def test_p_values_are_those_of_the_textbook():
    # Two proportions 0.9 and 0.8 of a hundred each: z = 1.98 (pooled), p = 0.0477.
    assert comparisons.p_value(90, 100, 80, 100) == pytest.approx(0.0477, abs=0.0002)
    assert comparisons.p_value(50, 100, 50, 100) == 1.0


@pytest.mark.parametrize("sides", [(0, 0, 5, 10), (3, 3, 900, 1000), (100, 100, 100, 100), (1, 1, 0, 1)])
def test_too_little_to_say_is_said(sides):
    assert comparisons.p_value(*sides) is None


def test_holm_is_harder_the_more_is_asked():
    assert comparisons.holm({"a": 0.03}) == {"a"}
    assert comparisons.holm({"a": 0.03, "b": 0.04}) == set()
    assert comparisons.holm({"a": 0.01, "b": 0.04, "c": 0.012}) == {"a", "b", "c"}


def test_one_group_alone_differs_from_nothing():
    assert comparisons.marks({"only": (10, 100)}) == {}
    assert comparisons.marks({}) == {}


def test_a_network_that_is_worse_is_found_and_the_way_it_differs():
    found = comparisons.marks({"good": (9_800, 10_000), "alike": (978, 1_000), "bad": (900, 1_000)})
    assert found["bad"] == "lower"
    assert found["good"] == "higher"


def test_alike_networks_are_hardly_ever_marked():
    dice = random.Random(5)
    marked = 0
    for _month in range(200):
        groups = {name: (sum(dice.random() < 0.95 for _m in range(400)), 400) for name in range(6)}
        marked += bool(comparisons.marks(groups))
    assert marked <= 20  # 5 % of 200 are expected at the most.
