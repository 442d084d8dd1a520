"""The calibrated simulation: its moments are the calibration's, and without one nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.market.calibration import Calibration, calibrated_path
from obverse.market.calibration.dead_bands import rate_autocorrelation, rate_moments
from obverse.market.calibration.jumps import separate
from obverse.market.calibration.moves import Moves
from obverse.market.calibration.seasons import fit_seasons
from obverse.market.simulated_paths import ORIGIN, SimulatedPath, simulated_path

UNTIL = datetime(2030, 1, 1, tzinfo=UTC)
SEEDS = range(6)
ARRAYS = ("index_usd", "perpetual_usd", "funding_rate_8h", "basis_level", "basis_slope")


@pytest.fixture(scope="module")
def paths(recorded: Calibration) -> list[SimulatedPath]:
    """Six years of BTC for each seed, calibrated on recorded series."""
    return [calibrated_path(seed, "BTC", UNTIL, recorded) for seed in SEEDS]


def _moves(path: SimulatedPath) -> Moves:
    hours = path.times_ns[:-1] // 3_600_000_000_000
    return Moves(hours, np.diff(np.log(path.index_usd)), float(path.index_usd[-1]))


def _agrees(
    paths: list[SimulatedPath], measure: Callable[[SimulatedPath], float], truth: float, most: float
) -> None:
    """The mean over seeds is the truth within 3.5 standard errors, which are below `most` of it."""
    found = np.array([measure(path) for path in paths])
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert error < most * abs(truth)
    assert abs(found.mean() - truth) < 3.5 * error


def test_variance_is_calibrated(paths: list[SimulatedPath], recorded: Calibration) -> None:
    def annual(path: SimulatedPath) -> float:
        return float(8760 * np.mean(_moves(path).returns ** 2))

    _agrees(paths, annual, recorded.coins["BTC"].volatility.annual ** 2, most=0.08)


def test_jumps_are_calibrated(paths: list[SimulatedPath], recorded: Calibration) -> None:
    """As fitted again: their share of the variance, number and size."""
    btc = recorded.coins["BTC"]
    found = [separate(_moves(path), btc.seasons) for path in paths[:4]]
    shares = np.array([each.share * each.total_annual for each in found])
    truths = (
        (shares, btc.jumps.variance_annual),
        (np.array([e.jumps.per_year for e in found]), btc.jumps.per_year),
    )
    for values, truth in truths:
        error = values.std(ddof=1) / np.sqrt(len(values))
        assert error < 0.05 * truth
        assert abs(values.mean() - truth) < 3.5 * error + 0.05 * truth


def test_hours_and_weekdays_are_calibrated(
    paths: list[SimulatedPath], recorded: Calibration
) -> None:
    seasons = recorded.coins["BTC"].seasons
    fits = [fit_seasons(_moves(path), "simulated") for path in paths]
    for name in ("hour_variances", "weekday_variances"):
        ratios = np.array([getattr(fit, name) for fit in fits]) / getattr(seasons, name) - 1
        errors = ratios.std(axis=0, ddof=1) / np.sqrt(len(ratios))
        assert errors.max() < 0.03
        # Jumps have no season, so that part of the pattern is lost where there are many of them.
        assert np.abs(ratios.mean(axis=0)).max() < 4 * errors.max() + 0.03
        assert (
            np.corrcoef(np.mean([getattr(f, name) for f in fits], axis=0), getattr(seasons, name))[
                0, 1
            ]
            > 0.98
        )


@pytest.mark.parametrize("place", range(5))
def test_basis_is_calibrated_at_each_tenor(
    paths: list[SimulatedPath], recorded: Calibration, place: int
) -> None:
    """With the mean known, squares and products of lags have no bias at any length."""
    tenor = recorded.coins["BTC"].basis[place]
    lag = round(24 * tenor.half_life_days)
    assert {path.tenors[place].days for path in paths} == {tenor.days}

    def around(path: SimulatedPath) -> np.ndarray:
        return np.asarray(path.tenors[place].basis - tenor.mean)

    _agrees(paths, lambda path: float(path.tenors[place].basis.mean()), tenor.mean, most=0.2)
    variance = tenor.deviation**2
    _agrees(paths, lambda path: float(np.mean(around(path) ** 2)), variance, most=0.2)
    _agrees(
        paths,
        lambda path: float(np.mean(around(path)[lag:] * around(path)[:-lag])),
        variance / 2,
        most=0.35,
    )


def test_funding_is_calibrated(paths: list[SimulatedPath], recorded: Calibration) -> None:
    process = recorded.coins["BTC"].funding
    assert process is not None
    seen, rest = rate_moments(process), process.rest_rate
    mean = rest + seen.mean

    def product(path: SimulatedPath) -> float:
        away = path.funding_rate_8h - mean
        return float(np.mean(away[8:] * away[:-8]))

    _agrees(paths, lambda path: float(path.funding_rate_8h.mean()), mean, most=0.05)
    _agrees(
        paths, lambda p: float(np.mean((p.funding_rate_8h - mean) ** 2)), seen.deviation**2, 0.015
    )
    _agrees(paths, product, rate_autocorrelation(process) * seen.deviation**2, most=0.02)
    _agrees(paths, lambda p: float(np.mean(p.funding_rate_8h == rest)), seen.share, most=0.01)


def test_premium_and_rate_follow_the_dead_band(
    paths: list[SimulatedPath], recorded: Calibration
) -> None:
    process = recorded.coins["BTC"].funding
    assert process is not None
    premium = paths[0].perpetual_usd / paths[0].index_usd - 1 - process.rest_rate
    rate = paths[0].funding_rate_8h - process.rest_rate
    outside = np.abs(premium) > process.dead_band + 1e-12
    assert np.all(rate[~outside] == 0)
    assert np.allclose(np.abs(premium - rate)[outside], process.dead_band)


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**64), hours=st.integers(0, 2000), more=st.integers(0, 2000))
def test_a_longer_path_repeats_a_shorter_one(
    known: Calibration, seed: int, hours: int, more: int
) -> None:
    short = calibrated_path(seed, "ETH", ORIGIN + timedelta(hours=hours), known)
    long = calibrated_path(seed, "ETH", ORIGIN + timedelta(hours=hours + more), known)
    for name in ARRAYS:
        assert np.array_equal(getattr(short, name), getattr(long, name)[: hours + 1])
    for one, other in zip(short.tenors, long.tenors, strict=True):
        assert np.array_equal(one.basis, other.basis[: hours + 1])


def test_without_a_calibration_the_path_is_the_usual_one(known: Calibration) -> None:
    until = ORIGIN + timedelta(days=50)
    only_btc = Calibration({"BTC": known.coins["BTC"]})
    usual = simulated_path(7, "ETH", until)
    for calibration in (None, only_btc):
        path = calibrated_path(7, "ETH", until, calibration)
        assert path.tenors == ()
        for name in ARRAYS:
            assert np.array_equal(getattr(path, name), getattr(usual, name))


def test_what_was_not_fitted_stays_as_usual(known: Calibration) -> None:
    until = ORIGIN + timedelta(days=50)
    bare = msgspec.structs.replace(known.coins["BTC"], basis=(), funding=None)
    path = calibrated_path(7, "BTC", until, Calibration({"BTC": bare}))
    usual = simulated_path(7, "BTC", until)
    for name in ("funding_rate_8h", "basis_level", "basis_slope"):
        assert np.array_equal(getattr(path, name), getattr(usual, name))
    premium, its = (each.perpetual_usd / each.index_usd for each in (path, usual))
    assert np.allclose(premium, its, rtol=0, atol=1e-12)
    assert not np.allclose(path.index_usd, usual.index_usd)
    assert path.index_usd[0] == pytest.approx(bare.start_usd)


def test_level_and_slope_make_the_basis_at_30_and_180_days(known: Calibration) -> None:
    path = calibrated_path(3, "BTC", ORIGIN + timedelta(days=50), known)
    for tenor in path.tenors:
        if tenor.days in (30, 180):
            made = path.basis_level + path.basis_slope * np.sqrt(tenor.days / 365)
            assert np.allclose(made, tenor.basis, rtol=0, atol=1e-12)


def test_coins_correlate_as_calibrated(known: Calibration) -> None:
    found = []
    for seed in range(2):
        btc, eth = (calibrated_path(seed, coin, UNTIL, known) for coin in ("BTC", "ETH"))
        found.append(np.corrcoef(_moves(btc).returns, _moves(eth).returns)[0, 1])
    assert np.mean(found) == pytest.approx(0.7, abs=0.01)


def test_arrays_cannot_be_changed(known: Calibration) -> None:
    path = calibrated_path(3, "BTC", ORIGIN, known)
    for array in (path.index_usd, path.funding_rate_8h, path.tenors[0].basis):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
