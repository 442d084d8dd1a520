"""Level, slope, curvature and components: recovered from simulated factors, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.curves.constant_maturity import TENOR_DAYS, ConstantMaturity, constant_maturity
from obverse.curves.factors import CurveFactors, curve_factors, factor_weights
from obverse.errors import MarketDataError

from .made_histories import made

YEARS = np.array(TENOR_DAYS) / 365
Z = 4.0
"""Standard errors allowed: each of some 20 checks fails by chance once in 16,000."""


def basis_of(rates: np.ndarray, at_days: list[float] | None = None) -> ConstantMaturity:
    """A constant-maturity basis with expiries at the tenors, so that the rates are these."""
    curves = [
        dict(zip(TENOR_DAYS, 100 * np.exp(row * YEARS), strict=True)) for row in rates.tolist()
    ]
    return constant_maturity(made(curves, at_days=at_days))


def simulated(count: int, seed: int = 11) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rates that three orthogonal factors of known size move, with the loadings and variances."""
    rough = np.array([[1.0] * 5, [-2, -1, 0, 1, 2], [-2, 1, 2, 1, -2]])
    loadings = np.linalg.qr(rough.T)[0].T
    loadings *= np.sign((loadings * factor_weights(5)).sum(axis=1))[:, None]
    sizes = np.array([0.004, 0.002, 0.0008])
    draw = np.random.default_rng(seed)
    moves = (draw.normal(size=(count, 3)) * sizes) @ loadings
    start = np.full((1, 5), 0.05)
    return start + np.cumsum(np.vstack([start * 0, moves]), axis=0), loadings, sizes**2


def test_components_of_simulated_factors_are_recovered_within_four_standard_errors() -> None:
    count = 3_000
    rates, loadings, variances = simulated(count)
    found = curve_factors(basis_of(rates))
    errors = variances * np.sqrt(2 / count)
    assert (np.abs(found.deviations**2 - variances) < Z * errors).all()
    # Anderson (1963): the part of loading j along k has variance l_j·l_k/(n·(l_j − l_k)²).
    along = found.loadings @ loadings.T
    for j in range(3):
        for k in range(3):
            gap = (variances[j] - variances[k]) ** 2
            error = 0 if j == k else np.sqrt(variances[j] * variances[k] / (count * gap))
            assert abs(along[j, k] - (j == k)) < (Z * error if error else 0.01)
    assert found.explained == pytest.approx(variances / variances.sum(), abs=0.02)
    assert found.explained.sum() == pytest.approx(1, abs=1e-9)


def test_they_are_the_eigenvectors_of_the_covariance() -> None:
    rates, _, _ = simulated(200)
    rates += 0.0005 * np.random.default_rng(3).normal(size=rates.shape)
    found = curve_factors(basis_of(rates), components=5)
    values, vectors = np.linalg.eigh(np.cov(np.diff(rates, axis=0).T))
    assert found.deviations**2 == pytest.approx(values[::-1], rel=1e-8)
    assert np.abs(found.loadings @ vectors[:, ::-1]) == pytest.approx(np.eye(5), abs=1e-6)
    assert np.cov(found.scores.T) == pytest.approx(np.diag(values[::-1]), abs=1e-14)
    assert found.loadings @ found.loadings.T == pytest.approx(np.eye(5), abs=1e-12)


@given(flip=st.sampled_from([-1.0, 1.0]), scale=st.floats(0.1, 3))
def test_the_sign_does_not_hang_on_the_data(flip: float, scale: float) -> None:
    rates, _, _ = simulated(60)
    one = curve_factors(basis_of(rates))
    two = curve_factors(basis_of(0.05 + flip * scale * (rates - 0.05)))
    assert one.loadings == pytest.approx(two.loadings, abs=1e-6)
    ways = (one.loadings * factor_weights(5)).sum(axis=1)
    assert (ways > 0).all()


def test_level_slope_and_curvature_by_hand() -> None:
    rates, _, _ = simulated(20)
    rates[0] = [0.01, 0.02, 0.04, 0.05, 0.06]
    found = curve_factors(basis_of(rates))
    assert found.level[0] == pytest.approx(0.036)
    assert found.slope[0] == pytest.approx(0.05)
    assert found.curvature[0] == pytest.approx(2 * 0.04 - 0.01 - 0.06)


def test_missing_tenors_leave_their_changes_out_and_are_told() -> None:
    rates, _, _ = simulated(40)
    curves = [
        dict(zip(TENOR_DAYS, 100 * np.exp(row * YEARS), strict=True)) for row in rates.tolist()
    ]
    curves[10] = {30: 101.0}
    found = curve_factors(constant_maturity(made(curves)))
    assert found.changes == 38
    assert np.isnan(found.level[10])
    assert "2 changes are left out" in " ".join(found.warnings)
    all_near = curve_factors(constant_maturity(made(curves)), days=(7, 30, 60))
    assert all_near.days == (7, 30, 60)


def test_a_component_of_one_tenor_and_uneven_steps_are_told() -> None:
    rates, _, _ = simulated(40)
    rates[:, 0] += 0.05 * np.random.default_rng(5).normal(size=41)
    found = curve_factors(basis_of(rates, at_days=[0, *(3 + day for day in range(40))]))
    told = " ".join(found.warnings)
    assert "the 7-day tenor alone" in told
    assert "Steps are uneven, 24 to 72 hours" in told


def test_what_is_known_later_changes_no_level() -> None:
    rates, _, _ = simulated(50)
    full, cut = curve_factors(basis_of(rates)), curve_factors(basis_of(rates[:30]))
    for name in ("level", "slope", "curvature"):
        assert np.array_equal(getattr(full, name)[:30], getattr(cut, name))


def test_it_is_a_table_with_loadings() -> None:
    rates, _, _ = simulated(50)
    found = curve_factors(basis_of(rates))
    assert isinstance(found, CurveFactors)
    frame = found.to_frame()
    assert frame["loading_30d"].to_list() == found.loadings[:, 1].tolist()
    assert "Signs: the way of level" in repr(found)


def test_too_little_is_named() -> None:
    rates, _, _ = simulated(50)
    with pytest.raises(MarketDataError, match="2 tenors; expected 3"):
        curve_factors(basis_of(rates), days=(7, 30))
    with pytest.raises(MarketDataError, match="6 components of 5 tenors"):
        curve_factors(basis_of(rates), components=6)
    with pytest.raises(MarketDataError, match=r"4 changes .* 10 are needed"):
        curve_factors(basis_of(rates[:5]))
    with pytest.raises(MarketDataError, match="no components"):
        curve_factors(basis_of(np.full((20, 5), 0.0)))
