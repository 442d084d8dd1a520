"""One definition for numbers and arrays, and the door where histories come in."""

from __future__ import annotations

import math
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import MarketDataError
from obverse.marks.values import confined, finite, higher_of, lower_of, median_of, prices

numbers = st.floats(-1e9, 1e9)
triples = st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=20)


@given(numbers, numbers, numbers)
def test_the_middle_of_three_is_the_median(a: float, b: float, c: float) -> None:
    assert median_of(a, b, c) == median([a, b, c])


@given(triples)
def test_numbers_and_arrays_agree_element_by_element(rows: list[tuple[float, ...]]) -> None:
    a, b, c = (np.array(column) for column in zip(*rows, strict=True))
    for function in (lower_of, higher_of):
        whole = function(a, b)
        assert [float(x) for x in whole] == [function(x, y) for x, y, _ in rows]
    assert np.array_equal(median_of(a, b, c), [median_of(*row) for row in rows])
    low, high = lower_of(b, c), higher_of(b, c)
    each = [confined(x, min(y, z), max(y, z)) for x, y, z in rows]
    assert np.array_equal(confined(a, low, high), each)
    assert np.array_equal(confined(a, -1.0, 1.0), [confined(x, -1.0, 1.0) for x, _, _ in rows])


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_no_nan_comes_through_the_door(bad: float) -> None:
    for door in (finite, prices):
        with pytest.raises(MarketDataError, match=r"index: step 1 \("):
            door([100.0, bad], "index")


def test_prices_are_above_zero_and_one_a_step() -> None:
    assert finite([0.0, -1.0], "premium").tolist() == [0.0, -1.0]
    with pytest.raises(MarketDataError, match="step 2"):
        prices([1.0, 2.0, 0.0], "index")
    with pytest.raises(MarketDataError, match="one value a step"):
        finite([[1.0]], "index")
