"""The door: levels, counts and sides."""

from __future__ import annotations

import math

import numpy as np
import pytest

from obverse.errors import DataError
from obverse.risk.tail.levels import (
    checked_count,
    checked_level,
    checked_side,
    enough,
    needed_for,
)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, 99.0, math.nan, math.inf, True])
def test_a_level_outside_zero_to_one_is_refused(level) -> None:
    with pytest.raises(DataError, match=r"level: found .*, expected a number above 0 and below 1"):
        checked_level(level)


@pytest.mark.parametrize("count", [0, -3, 2.5, math.nan, math.inf])
def test_a_count_that_is_none_is_refused(count) -> None:
    with pytest.raises(DataError, match=r"paths: found .*, expected a whole number from 1 up"):
        checked_count(count, "paths")


def test_a_count_of_arrays_is_a_count() -> None:
    assert checked_count(np.int64(7), "paths") == 7


def test_a_side_is_long_or_short() -> None:
    assert [checked_side(side) for side in ("long", "short")] == ["long", "short"]
    with pytest.raises(DataError, match="found 'buy', expected long or short"):
        checked_side("buy")


@pytest.mark.parametrize(("level", "least"), [(0.99, 100), (0.95, 20), (0.5, 2), (0.999, 1000)])
def test_a_tail_needs_one_observation_beyond_the_level(level: float, least: int) -> None:
    assert needed_for(level) == least
    enough(least, level, "sample")
    with pytest.raises(DataError, match=f"{least - 1} observations, expected at least {least}"):
        enough(least - 1, level, "sample")
