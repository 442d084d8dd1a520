"""The simulated history: one path a seed, the same at any length, and of a realistic size."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.errors import MarketDataError
from obverse.market.simulated_paths import ORIGIN, SimulatedPath, simulated_path
from obverse.market.simulated_streams import Stream, normals, reverting

TODAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
ARRAYS = (
    "times_ns",
    "index_usd",
    "perpetual_usd",
    "funding_rate_8h",
    "basis_level",
    "basis_slope",
)


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 2**64),
    coin=st.sampled_from(["BTC", "ETH"]),
    hours=st.integers(0, 3000),
    more=st.integers(0, 3000),
)
def test_a_longer_path_repeats_a_shorter_one(seed: int, coin: str, hours: int, more: int) -> None:
    short = simulated_path(seed, coin, ORIGIN + timedelta(hours=hours))
    long = simulated_path(seed, coin, ORIGIN + timedelta(hours=hours + more, minutes=59))
    for name in ARRAYS:
        array = getattr(short, name)
        assert len(array) == hours + 1
        assert np.array_equal(array, getattr(long, name)[: hours + 1])


def test_reversion_in_strides_is_reversion_step_by_step() -> None:
    shocks = normals(1000, 7, Stream.PREMIUM, 1)
    keep, value, expected = 0.5 ** (1 / 6), 0.0, []
    for hour, shock in enumerate(shocks.tolist()):
        step = 0.02 * shock if hour == 0 else 0.02 * math.sqrt(1 - keep**2) * shock
        value = keep * value + step
        expected.append(value)
    assert np.allclose(reverting(shocks, 6, 0.02), expected, rtol=0, atol=1e-15)


@pytest.fixture(scope="module")
def paths() -> list[tuple[SimulatedPath, SimulatedPath]]:
    seeds = range(7, 19)
    return [tuple(simulated_path(seed, coin, TODAY) for coin in ("BTC", "ETH")) for seed in seeds]  # type: ignore[misc]


def test_times_are_hours_from_the_origin() -> None:
    path = simulated_path(7, "BTC", ORIGIN + timedelta(hours=2))
    start = int(ORIGIN.timestamp()) * 10**9
    assert path.times_ns.tolist() == [start, start + 3600 * 10**9, start + 7200 * 10**9]
    assert path.index_usd[0] == pytest.approx(42_000)


def test_arrays_cannot_be_changed() -> None:
    path = simulated_path(7, "BTC", ORIGIN)
    with pytest.raises(ValueError, match="read-only"):
        path.index_usd[0] = 1


def test_volatility_and_correlation_are_realistic(
    paths: list[tuple[SimulatedPath, SimulatedPath]],
) -> None:
    moves = [[np.diff(np.log(path.index_usd)) for path in pair] for pair in paths]
    hours_per_year = 24 * 365
    btc, eth = (
        np.sqrt(np.mean([np.var(pair[which]) for pair in moves]) * hours_per_year)
        for which in (0, 1)
    )
    assert btc == pytest.approx(0.45, abs=0.03)
    assert eth == pytest.approx(0.60, abs=0.03)
    assert np.mean([np.corrcoef(*pair)[0, 1] for pair in moves]) == pytest.approx(0.8, abs=0.02)


def test_seed_7_stays_in_a_sane_range(paths: list[tuple[SimulatedPath, SimulatedPath]]) -> None:
    btc, eth = paths[0]
    assert 25_000 < btc.index_usd.min() < btc.index_usd.max() < 110_000
    assert 600 < eth.index_usd.min() < eth.index_usd.max() < 3_600


def test_the_basis_is_mostly_above_zero_and_sometimes_below(
    paths: list[tuple[SimulatedPath, SimulatedPath]],
) -> None:
    levels = np.concatenate([path.basis_level for pair in paths for path in pair])
    assert levels.mean() == pytest.approx(0.06, abs=0.01)
    assert 0.05 < (levels < 0).mean() < 0.2


def test_funding_pays_about_the_basis(paths: list[tuple[SimulatedPath, SimulatedPath]]) -> None:
    for pair in paths:
        for path in pair:
            premium_bp = (path.perpetual_usd / path.index_usd - 1) * 1e4
            assert np.abs(premium_bp).max() < 15
            assert np.all(path.funding_rate_8h * premium_bp >= 0)
            a_year = path.funding_rate_8h.mean() * 3 * 365
            assert a_year == pytest.approx(path.basis_level.mean(), abs=0.02)


@pytest.mark.parametrize("seed", [-1, True, 1.5, "7"])
def test_seeds_are_whole_numbers(seed: int) -> None:
    with pytest.raises(MarketDataError, match="seed"):
        simulated_path(seed, "BTC", TODAY)


@pytest.mark.parametrize("year", [2023, 2040])
def test_instants_out_of_range_are_refused(year: int) -> None:
    with pytest.raises(MarketDataError, match="runs from 2024-01-01"):
        simulated_path(7, "BTC", datetime(year, 6, 1, tzinfo=UTC))


def test_other_coins_are_refused() -> None:
    with pytest.raises(MarketDataError, match=r"no 'BTCC'; it has BTC, ETH. Did you mean BTC"):
        simulated_path(7, "BTCC", TODAY)
