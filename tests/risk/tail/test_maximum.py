"""Newton's method with a damped step."""

from __future__ import annotations

import math

import numpy as np
import pytest

from obverse.risk.tail._maximum import maximise


def test_the_top_of_a_hill_is_found_from_afar() -> None:
    """A skew hill whose top is at (2, −1, 0.5)."""
    found = maximise(
        lambda p: (
            -((p[0] - 2) ** 2) - 3 * (p[1] + 1) ** 4 - (p[1] + 1) ** 2 - math.cosh(p[2] - 0.5)
        ),
        np.zeros(3),
    )
    assert found == pytest.approx([2, -1, 0.5], abs=1e-6)


def test_a_ridge_along_a_curve_is_climbed() -> None:
    """Rosenbrock's valley turned over."""
    found = maximise(
        lambda p: -((1 - p[0]) ** 2) - 100 * (p[1] - p[0] ** 2) ** 2, np.array([-1.2, 1])
    )
    assert found == pytest.approx([1, 1], abs=1e-4)


def test_a_step_outside_the_domain_is_cut() -> None:
    found = maximise(lambda p: math.log(p[0]) - p[0] if p[0] > 0 else -math.inf, np.array([0.05]))
    assert found == pytest.approx([1], abs=1e-6)


@pytest.mark.parametrize(
    "height",
    [lambda p: float(p[0]), lambda p: float(p[0] ** 2), lambda p: math.nan, lambda p: -math.inf],
    ids=["slope", "valley", "nan", "outside"],
)
def test_what_has_no_top_gives_none(height) -> None:
    assert maximise(height, np.array([0.3])) is None
