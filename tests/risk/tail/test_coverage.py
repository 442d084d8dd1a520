"""Kupiec's and Christoffersen's tests, against printed numbers and their short formulas."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from obverse.errors import DataError
from obverse.risk.tail import Transitions, christoffersen, coverage, kupiec
from obverse.risk.tail.coverage import _one_degree

rows = st.lists(st.booleans(), min_size=2, max_size=120)
FIVE_PER_CENT = 3.841
"""The chi-square value of one degree that is exceeded once in twenty times."""


def _row(calm_to_hit: int, hit_to_calm: int, hit_to_hit: int, steps: int) -> list[bool]:
    """A row of a length that starts calm and has these transitions."""
    runs = [1] * hit_to_calm
    runs[0] += hit_to_hit
    assert calm_to_hit == hit_to_calm
    found: list[bool] = []
    for run in runs:
        found += [False] + [True] * run
    return [False] * (steps - len(found) - 1) + found + [False]


@pytest.mark.parametrize(
    ("level", "steps", "fewest", "most"),
    [
        (0.95, 255, 7, 20),
        (0.95, 510, 17, 35),
        (0.95, 1000, 38, 64),
        (0.99, 510, 2, 10),
        (0.99, 1000, 5, 16),
        (0.975, 255, 3, 11),
        (0.975, 510, 7, 20),
        (0.975, 1000, 16, 35),
    ],
)
def test_as_many_violations_pass_as_in_kupiecs_table(level, steps, fewest, most) -> None:
    """Kupiec 1995, table of non-rejection regions at 5 % (as printed in Jorion, Value at Risk)."""
    passing = [x for x in range(steps // 4) if kupiec(x, steps, level).ratio < FIVE_PER_CENT]
    assert (passing[0], passing[-1]) == (fewest, most)


def test_twenty_in_252_days_at_95_per_cent() -> None:
    """J.P. Morgan in 1998: 3.91, and with six in a row 9.53 and 13.44 (Jorion, Value at Risk)."""
    found = coverage(_row(14, 14, 6, 253), 0.95)
    assert found.transitions == Transitions(218, 14, 14, 6)
    assert kupiec(20, 252, 0.95).ratio == pytest.approx(3.91, abs=0.005)
    assert found.independence.ratio == pytest.approx(9.53, abs=0.005)
    both = kupiec(20, 252, 0.95).ratio + found.independence.ratio
    assert both == pytest.approx(13.44, abs=0.005)


def _log(x: float, power: int) -> float:
    return power * math.log(x) if power else 0.0


@given(rows, st.floats(0.5, 0.999))
def test_ratios_are_the_formulas_written_out(hits, level) -> None:
    n, x, p = len(hits), sum(hits), 1 - level
    null = _log(1 - p, n - x) + _log(p, x)
    found = coverage(hits, level)
    assert found.unconditional.ratio == pytest.approx(
        -2 * (null - _log(1 - x / n, n - x) - _log(x / n, x)), abs=1e-9
    )
    pairs = list(pairwise(hits))
    a, b, c, d = (pairs.count(pair) for pair in (
        (False, False), (False, True), (True, False), (True, True)))  # fmt: skip
    if a + b and c + d:
        q = (b + d) / (a + b + c + d)
        one = _log(1 - q, a + c) + _log(q, b + d)
        two = _log(a / (a + b), a) + _log(b / (a + b), b) + _log(c / (c + d), c)
        expected = -2 * (one - two - _log(d / (c + d), d))
        assert found.independence.ratio == pytest.approx(expected, abs=1e-9)
    assert found.conditional.ratio == found.unconditional.ratio + found.independence.ratio


@given(rows, st.floats(0.5, 0.999))
def test_ratios_and_chances_are_what_they_are_called(hits, level) -> None:
    found = coverage(hits, level)
    for each in (found.unconditional, found.independence, found.conditional):
        assert each.ratio >= 0
        assert 0 <= each.p_value <= 1


@given(st.integers(10, 2000), st.floats(0.9, 0.999), st.data())
def test_further_from_what_is_expected_is_less_likely(steps, level, data) -> None:
    fewest = math.ceil(steps * (1 - level))
    assume(fewest < steps)
    one, other = sorted(data.draw(st.integers(fewest, steps)) for _ in range(2))
    assert kupiec(other, steps, level).ratio >= kupiec(one, steps, level).ratio - 1e-9


def test_no_violation_and_only_violations_are_decided() -> None:
    none, only = coverage([False] * 500, 0.99), coverage([True] * 500, 0.99)
    assert none.unconditional.ratio == pytest.approx(-1000 * math.log(0.99))
    assert none.unconditional.p_value < 0.002
    assert only.unconditional.ratio == pytest.approx(-1000 * math.log(0.01))
    for found in (none, only):
        assert (found.independence.ratio, found.independence.p_value) == (0, 1)
        assert found.conditional.ratio == found.unconditional.ratio


def test_as_many_as_expected_has_nothing_against_it() -> None:
    assert kupiec(5, 500, 0.99).ratio == pytest.approx(0, abs=1e-12)
    assert kupiec(5, 500, 0.99).p_value == pytest.approx(1)


@pytest.mark.parametrize(("ratio", "chance"), [(3.841459, 0.05), (6.634897, 0.01), (2.705543, 0.1)])
def test_one_degree_is_exceeded_as_printed(ratio: float, chance: float) -> None:
    """The chi-square table of one degree."""
    assert _one_degree(ratio / 2).p_value == pytest.approx(chance, rel=1e-5)


def test_two_degrees_are_exceeded_as_printed() -> None:
    """The chi-square value of two degrees at 5 % is 5.991."""
    found = coverage(_row(14, 14, 6, 253), 0.95)
    assert found.conditional.p_value == pytest.approx(0.05 ** (found.conditional.ratio / 5.991465))


def test_the_tests_reject_about_as_often_as_they_say() -> None:
    """600 rows of right forecasts: at 5 % about one in twenty fails, in each of the three."""
    generator = np.random.default_rng(6)
    found = [coverage(generator.random(1_000) < 0.05, 0.95) for _ in range(600)]
    for name in ("unconditional", "independence", "conditional"):
        share = np.mean([getattr(each, name).p_value < 0.05 for each in found])
        assert 0.02 < share < 0.09, name


def test_violations_in_clumps_are_not_independent() -> None:
    clumps, apart = [*([False] * 45), *([True] * 5)] * 10, ([False] * 9 + [True]) * 50
    assert christoffersen(clumps).p_value < 1e-6
    assert coverage(clumps, 0.9).unconditional.p_value > 0.99
    assert christoffersen(apart).p_value < 0.01  # never two in a row is a pattern too


def test_it_prints_its_counts() -> None:
    text = str(coverage(_row(14, 14, 6, 253), 0.95))
    assert "20 violations in 253 steps, 12.7 expected" in text
    assert "how often (Kupiec)" in text


@pytest.mark.parametrize(
    ("hits", "found"),
    [
        ([True], "expected a row of 2 or more"),
        ([[True, False]], r"shape \(1, 2\)"),
        ([0, 2], "other values"),
        ([0.0, math.nan], "other values"),
    ],
)
def test_what_is_no_row_of_violations_is_refused(hits, found) -> None:
    with pytest.raises(DataError, match=found):
        coverage(hits, 0.99)


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        ((6, 5, 0.99), "6 of them in 5 steps"),
        ((-1, 5, 0.99), "violations: found -1"),
        ((0, 0, 0.99), "steps: found 0"),
        ((1, 5, 1.0), "level: found 1.0"),
    ],
)
def test_counts_that_cannot_be_are_refused(numbers, found) -> None:
    with pytest.raises(DataError, match=found):
        kupiec(*numbers)
