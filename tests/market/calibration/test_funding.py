"""Funding's persistence and dead band: closed forms, known processes, and BitMEX's own band."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.errors import MarketDataError
from obverse.market.calibration import FundingProcess
from obverse.market.calibration.dead_bands import (
    RateMoments,
    banded,
    half_life_of,
    rate_autocorrelation,
    rate_moments,
    unbanded,
)
from obverse.market.calibration.funding import (
    autocorrelation,
    fit_funding,
    funding_rates,
    moments_of,
)
from obverse.market.simulated_paths import banded as banded_path
from obverse.market.simulated_streams import reverting

START = datetime(2026, 1, 1, tzinfo=UTC)


def _process(half_life_hours: float = 20.0, dead_band: float = 0.0003) -> FundingProcess:
    return FundingProcess(
        rest_rate=0.0001,
        mean=0.0002,
        deviation=0.0005,
        dead_band=dead_band,
        half_life_hours=half_life_hours,
        half_life_low_hours=half_life_hours,
        half_life_high_hours=half_life_hours,
    )


def _funding(process: FundingProcess, hours: int, seed: int, interval: int = 1) -> pl.DataFrame:
    shocks = np.random.default_rng(seed).standard_normal(hours)
    premium = process.mean + reverting(shocks, process.half_life_hours, process.deviation)
    rates = process.rest_rate + banded_path(premium, process.dead_band)
    stamps = int(START.timestamp()) + 3600 * np.arange(0, hours, interval)
    return pl.DataFrame(
        {
            "time": pl.Series(stamps * 10**9).cast(pl.Datetime("ns", "UTC")),
            "rate": rates[::interval] * interval / 8,
            "interval_hours": float(interval),
        }
    )


@settings(deadline=None, max_examples=30)
@given(mean=st.floats(-2, 2), deviation=st.floats(0.1, 3), band=st.floats(0, 4))
def test_closed_forms_are_the_integrals(mean: float, deviation: float, band: float) -> None:
    z = np.linspace(-10, 10, 20_001)
    weights = np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    rate = banded_path(mean + deviation * z, band)
    found = banded(mean, deviation, band)
    first = float(weights @ rate)
    assert found.mean == pytest.approx(first, abs=1e-5)
    second = float(weights @ rate**2) - first**2
    assert found.deviation**2 == pytest.approx(second, abs=1e-5)
    assert found.share == pytest.approx(float(weights @ (rate == 0)), abs=1e-3)


@settings(deadline=None, max_examples=50)
@given(mean=st.floats(-1.5, 1.5), deviation=st.floats(1e-5, 1e-2), band=st.floats(0.02, 2))
def test_moments_and_parameters_tell_each_other(mean: float, deviation: float, band: float) -> None:
    seen = banded(mean * deviation, deviation, band * deviation)
    found = unbanded(seen)
    expected = (mean * deviation, deviation, band * deviation)
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-4 * deviation)


def test_without_a_rest_the_rate_is_the_premium() -> None:
    assert unbanded(RateMoments(0.1, 0.2, 0.0)) == (0.1, 0.2, 0.0)
    free = _process(dead_band=0.0)
    assert rate_moments(free) == RateMoments(pytest.approx(0.0002), pytest.approx(0.0005), 0.0)
    assert rate_autocorrelation(free) == pytest.approx(0.5 ** (8 / 20))


@pytest.mark.parametrize("band", [0.0, 0.0005])
def test_autocorrelation_of_the_rate_is_that_of_a_long_path(band: float) -> None:
    process = _process(dead_band=band)
    rates = funding_rates(_funding(process, 200_000, 1), "funding")
    expected = rate_autocorrelation(process)
    assert autocorrelation(rates, 8.0, "funding") == pytest.approx(expected, abs=0.02)
    back = half_life_of(expected, process.mean, process.deviation, process.dead_band)
    assert back == pytest.approx(20.0, rel=1e-6)


@pytest.mark.parametrize("interval", [1, 8])
def test_known_processes_are_recovered(interval: int) -> None:
    truth = _process()
    fits = []
    for seed in range(8):
        rates = funding_rates(_funding(truth, 3 * 8760, seed, interval), "funding")
        fits.append(fit_funding(rates, "funding"))
    within = [fit.half_life_low_hours <= 20 <= fit.half_life_high_hours for fit in fits]
    assert sum(within) >= 6
    assert {fit.rest_rate for fit in fits} == {0.0001}
    for name, most in (("mean", 0.1), ("deviation", 0.05), ("dead_band", 0.05)):
        found = np.array([getattr(fit, name) for fit in fits]) / getattr(truth, name)
        error = found.std() / np.sqrt(len(fits))
        assert error < most / 2
        assert abs(found.mean() - 1) < 3.5 * error


def test_bitmex_funding_shows_its_band_and_its_interest(bitmex_funding: pl.DataFrame) -> None:
    """Its rule: premium + clamp(0.01 % − premium, ±0.05 %), so it rests at 0.01 % in ±0.05 %."""
    rates = funding_rates(bitmex_funding, "bitmex")
    assert len(rates.rates) == 4_462  # without the 22 of the daily era
    fit = fit_funding(rates, "bitmex")
    assert fit.rest_rate == 0.0001
    assert fit.dead_band == pytest.approx(0.0005, rel=0.35)
    assert rate_moments(fit).share == pytest.approx((rates.rates == 0.0001).mean(), abs=1e-3)
    assert rate_moments(fit).deviation == pytest.approx(rates.rates.std())
    plain = np.corrcoef(rates.rates[1:], rates.rates[:-1])[0, 1]
    assert rate_autocorrelation(fit) == pytest.approx(plain, abs=0.01)


def test_deribit_funding_rests_at_zero(deribit_funding: pl.DataFrame) -> None:
    rates = funding_rates(deribit_funding, "deribit")
    rest, seen = moments_of(rates.rates)
    assert rest == 0
    assert seen.share == pytest.approx((deribit_funding["rate"] == 0).mean())
    fit = fit_funding(rates, "deribit")
    assert rate_moments(fit).mean == pytest.approx(8 * deribit_funding["rate"].mean())
    assert 12 < fit.half_life_hours < 18


def _steady() -> pl.DataFrame:
    return _funding(_process(), 2_000, 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: _steady()[:100], "funding of 100 hours .* 1,440 hours are needed .* 60 days"),
        (lambda: _steady().with_columns(interval_hours=24.0), "funding of 0 hours"),
        (lambda: _steady().drop("rate"), "no column rate"),
        (lambda: _steady().with_columns(rate=pl.lit(0.0001)), "all funding rates are"),
        (
            lambda: _funding(_process(), 8_000, 3, 5),
            r"0 pairs of rates are 8 hours apart; 180 are needed",
        ),
    ],
)
def test_funding_that_cannot_be_used_is_refused(
    make: Callable[[], pl.DataFrame], message: str
) -> None:
    def fit() -> None:
        fit_funding(funding_rates(make(), "my funding"), "my funding")

    with pytest.raises(MarketDataError, match=f"my funding: {message}"):
        fit()
