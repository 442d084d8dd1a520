"""The extreme value law and its fits, against published fits and known parameters."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import DataError
from obverse.risk.tail import ExtremeValueLaw, fit_extreme_values

PORT_PIRIE = [
    4.03, 3.83, 3.65, 3.88, 4.01, 4.08, 4.18, 3.80, 4.36, 3.96, 3.98, 4.69, 3.85, 3.96, 3.85, 3.93,
    3.75, 3.63, 3.57, 4.25, 3.97, 4.05, 4.24, 4.22, 3.73, 4.37, 4.06, 3.71, 3.96, 4.06, 4.55, 3.79,
    3.89, 4.11, 3.85, 3.86, 3.86, 4.21, 4.01, 4.11, 4.24, 3.96, 4.21, 3.74, 3.85, 3.88, 3.66, 4.11,
    3.71, 4.18, 3.90, 3.78, 3.91, 3.72, 4.00, 3.66, 3.62, 4.33, 4.55, 3.75, 4.08, 3.90, 3.88, 3.94,
    4.33,
]  # fmt: skip
"""Yearly highest sea levels at Port Pirie, 1923 to 1987 (Coles 2001, section 3.4.1), in metres."""

laws = st.builds(
    ExtremeValueLaw, st.floats(-1, 1), st.floats(0.01, 2), st.floats(-0.4, 0.8)
)  # fmt: skip


def _draw(law: ExtremeValueLaw, count: int, seed: int) -> np.ndarray:
    chances = np.random.default_rng(seed).uniform(1e-12, 1, count)
    return np.array([law.threshold(float(min(p, 1 - 1e-12))) for p in chances])


def test_the_likeliest_law_of_port_pirie_is_the_published_one() -> None:
    """OpenTURNS prints 3.875, 0.198, −0.050 and 4.339; Coles 3.87, 0.198, −0.050 and 4.34."""
    found = fit_extreme_values(PORT_PIRIE, "likelihood")
    assert (found.location, found.scale, found.shape) == pytest.approx(
        (3.875, 0.198, -0.050), abs=0.0005
    )
    assert found.log_likelihood(PORT_PIRIE) == pytest.approx(4.339, abs=0.0005)


@pytest.mark.parametrize("method", ["l_moments", "likelihood"])
def test_fits_of_port_pirie_agree_on_its_century_level(method) -> None:
    """Coles: 4.30 m is exceeded every tenth year and 4.69 m every hundredth."""
    found = fit_extreme_values(PORT_PIRIE, method)
    assert found.threshold(0.1) == pytest.approx(4.30, abs=0.02)
    assert found.threshold(0.01) == pytest.approx(4.69, abs=0.03)


@pytest.mark.parametrize("method", ["l_moments", "likelihood"])
@pytest.mark.parametrize("shape", [-0.3, -0.1, 0.0, 0.2, 0.45])
def test_the_law_of_a_large_sample_is_found_again(method, shape: float) -> None:
    law = ExtremeValueLaw(0.05, 0.03, shape)
    found = fit_extreme_values(_draw(law, 20_000, seed=21), method)
    assert found.location == pytest.approx(law.location, abs=0.0015)
    assert found.scale == pytest.approx(law.scale, rel=0.04)
    assert found.shape == pytest.approx(shape, abs=0.04)


@pytest.mark.parametrize("shape", [-0.2, 0.3])
def test_no_law_nearby_is_likelier_than_the_likeliest(shape: float) -> None:
    sample = _draw(ExtremeValueLaw(0.05, 0.03, shape), 500, seed=5)
    found = fit_extreme_values(sample, "likelihood")
    top = found.log_likelihood(sample)
    for field in ("location", "scale", "shape"):
        for move in (-1e-3, 1e-3):
            values = {"location": found.location, "scale": found.scale, "shape": found.shape}
            values[field] += move * (found.scale if field != "shape" else 1)
            assert ExtremeValueLaw(**values).log_likelihood(sample) < top


@given(st.floats(-5, 5), st.floats(0.1, 10), st.integers(0, 9))
def test_a_fit_moves_and_scales_with_its_maxima(shift, factor, seed) -> None:
    sample = _draw(ExtremeValueLaw(0.0, 1.0, 0.2), 60, seed)
    one, other = (fit_extreme_values(each) for each in (sample, shift + factor * sample))
    assert other.location == pytest.approx(shift + factor * one.location, abs=1e-6)
    assert other.scale == pytest.approx(factor * one.scale, rel=1e-6)
    assert other.shape == pytest.approx(one.shape, abs=1e-6)


@given(laws, st.floats(1e-6, 1 - 1e-6))
def test_a_threshold_is_exceeded_with_its_chance(law, chance) -> None:
    assert law.tail(law.threshold(chance)) == pytest.approx(chance, rel=1e-6)


@given(laws, st.floats(-10, 10), st.floats(-10, 10))
def test_further_thresholds_are_exceeded_less_often(law, one, other) -> None:
    low, high = sorted([one, other])
    assert 1 >= law.tail(low) >= law.tail(high) >= 0


@pytest.mark.parametrize("shape", [-1e-6, -1e-9, 0.0, 1e-9, 1e-6])
def test_the_law_is_gumbels_where_the_shape_vanishes(shape: float) -> None:
    law = ExtremeValueLaw(0.1, 0.05, shape)
    for x in (-0.1, 0.0, 0.1, 0.3, 0.8):
        gumbel = -math.expm1(-math.exp(-(x - 0.1) / 0.05))
        assert law.tail(x) == pytest.approx(gumbel, rel=1e-3)
    assert law.threshold(0.01) == pytest.approx(0.1 - 0.05 * math.log(-math.log(0.99)), rel=1e-4)


def test_beyond_the_ends_of_a_law_nothing_and_everything_is_exceeded() -> None:
    bounded, heavy = ExtremeValueLaw(0, 1, -0.5), ExtremeValueLaw(0, 1, 0.5)
    assert (bounded.tail(2.0), bounded.tail(5.0)) == (0, 0)
    assert (heavy.tail(-2.0), heavy.tail(-5.0)) == (1, 1)
    assert bounded.log_likelihood([0.0, 3.0]) == -math.inf
    assert heavy.tail(math.inf) == 0


@pytest.mark.parametrize(
    ("maxima", "found"),
    [
        ([0.1] * 19, "19 blocks, expected at least 20"),
        ([0.1] * 30, "all are 0.1, expected some that differ"),
        ([0.1] * 29 + [math.nan], "nan"),
        ([0.1] * 29 + [math.inf], "inf"),
    ],
)
def test_maxima_without_a_law_are_refused(maxima, found) -> None:
    with pytest.raises(DataError, match=found):
        fit_extreme_values(maxima)


def test_the_likeliest_law_is_found_where_a_maximum_is_outside_the_law_of_its_moments() -> None:
    sample = np.random.default_rng(263).beta(2, 1.5, 25)
    assert fit_extreme_values(sample, "l_moments").log_likelihood(sample) == -math.inf
    found = fit_extreme_values(sample, "likelihood")
    assert found.tail(sample.max()) > 0
    assert found.shape == pytest.approx(-0.508, abs=0.01)


def test_a_method_that_is_none_is_refused() -> None:
    with pytest.raises(DataError, match="method 'guess'"):
        fit_extreme_values(PORT_PIRIE, "guess")


def test_a_likelihood_without_a_maximum_is_refused_not_followed_to_infinity() -> None:
    """Maxima piled up at their upper end: the likelihood grows without bound as shape falls."""
    piled = np.concatenate([np.linspace(0, 0.9, 20), np.full(200, 1.0)])
    with pytest.raises(DataError, match="no maximum; fit by l_moments"):
        fit_extreme_values(piled, "likelihood")


@pytest.mark.parametrize("values", [(0, 0, 0), (0, -1, 0), (math.nan, 1, 0), (0, 1, math.inf)])
def test_parameters_that_are_no_law_are_refused(values) -> None:
    with pytest.raises(DataError, match="extreme value law"):
        ExtremeValueLaw(*values)
    with pytest.raises(DataError, match="threshold: found nan"):
        ExtremeValueLaw(0, 1, 0).tail(math.nan)
