"""Calibrating on the simulated market finds what it was simulated with; optional parts are told."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from obverse.errors import MarketDataError
from obverse.market.calibration import (
    Calibration,
    CoinHistory,
    Series,
    TenorBasis,
    calibrate,
    calibrated_path,
)
from obverse.market.calibration.curves import fit_basis, tenor_series
from obverse.market.simulated_paths import SimulatedPath, simulated_path

from .conftest import bars_of, funding_of, tickers_of

UNTIL = datetime(2027, 1, 1, tzinfo=UTC)
YEARS = 3.0
SEEDS = (1, 2)


def _history(path: SimulatedPath) -> CoinHistory:
    return CoinHistory(
        Series(f"{path.underlying} bars", bars_of(path)),
        Series("curves", tickers_of(path)),
        Series(f"{path.underlying} funding", funding_of(path)),
    )


@pytest.fixture(scope="module")
def fits(known: Calibration) -> list[Calibration]:
    """Three years of each seed, simulated with known parameters and calibrated again."""
    return [
        calibrate(
            {coin: _history(calibrated_path(seed, coin, UNTIL, known)) for coin in ("BTC", "ETH")}
        )
        for seed in SEEDS
    ]


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_volatility_and_jumps_are_recovered(
    fits: list[Calibration], known: Calibration, coin: str
) -> None:
    """Within three standard errors of three years each, from the known parameters themselves."""
    truth = known.coins[coin]
    own = [fit.coins[coin] for fit in fits]
    count = len(own)
    # The mean of a variance exp(2x), x an OU process of half-life h, over T: relative variance
    # (exp(4 dev²) − 1) · 2 h / (ln 2 · T), h halved as the exponential reverts faster.
    wander = np.expm1(4 * truth.volatility.log_deviation**2) * 10 / np.log(2) / (365 * YEARS)
    jumps = 3 * truth.jumps.per_year * truth.jumps.deviation**4 / YEARS
    relative = np.sqrt((wander + jumps / truth.volatility.annual**4) / count)
    variance = np.mean([each.volatility.annual**2 for each in own])
    assert variance == pytest.approx(truth.volatility.annual**2, rel=3 * relative)
    per_year = np.mean([each.jumps.per_year for each in own])
    assert per_year == pytest.approx(60, abs=3 * np.sqrt(60 / YEARS / count) * 1.5)
    spread = np.mean([each.jumps.deviation for each in own])
    assert spread == pytest.approx(
        truth.jumps.deviation, rel=3 / np.sqrt(2 * 60 * 0.4 * YEARS * count)
    )
    deviation = np.mean([each.volatility.log_deviation for each in own])
    assert deviation == pytest.approx(0.4, rel=0.15)
    for each in own:
        low, high = each.volatility.log_half_life_low_days, each.volatility.log_half_life_high_days
        assert low < 10 * 1.15
        assert high > 10 / 1.15


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_seasons_are_recovered(fits: list[Calibration], known: Calibration, coin: str) -> None:
    for name, moves in (("hour_variances", 365), ("weekday_variances", 8760 / 7)):
        truth = np.array(getattr(known.coins[coin].seasons, name))
        found = np.mean([getattr(fit.coins[coin].seasons, name) for fit in fits], axis=0)
        error = 1.2 * np.sqrt(2 / (moves * YEARS * len(fits)))
        assert np.abs(found / truth - 1).max() < 4 * error + 0.02


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_basis_is_recovered_at_each_tenor(
    fits: list[Calibration], known: Calibration, coin: str
) -> None:
    """Curves on listed expiries lie between the tenors, so a little is lost by interpolation."""
    within = 0
    for place, truth in enumerate(known.coins[coin].basis):
        own: list[TenorBasis] = [fit.coins[coin].basis[place] for fit in fits]
        span = 365 * YEARS * len(own)
        error = truth.deviation * np.sqrt(2 * truth.half_life_days / np.log(2) / span)
        assert np.mean([each.mean for each in own]) == pytest.approx(truth.mean, abs=3 * error)
        spread = np.mean([each.deviation for each in own])
        relative = np.sqrt(truth.half_life_days / np.log(2) / 2 / span)
        assert spread == pytest.approx(truth.deviation, rel=3 * relative + 0.05)
        within += sum(
            each.half_life_low_days <= truth.half_life_days <= each.half_life_high_days
            for each in own
        )
    assert within >= 7  # of 10 intervals of 95 %, those of one seed being alike


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_funding_is_recovered(fits: list[Calibration], known: Calibration, coin: str) -> None:
    truth = known.coins[coin].funding
    assert truth is not None
    for fit in fits:
        found = fit.coins[coin].funding
        assert found is not None
        assert found.rest_rate == truth.rest_rate
        error = truth.deviation * np.sqrt(2 * 20 / np.log(2) / (8760 * YEARS))
        assert found.mean == pytest.approx(truth.mean, abs=3 * error)
        assert found.deviation == pytest.approx(truth.deviation, rel=0.1)
        assert found.dead_band == pytest.approx(truth.dead_band, rel=0.1)
        assert found.half_life_low_hours < 20 * 1.05
        assert found.half_life_high_hours > 20 / 1.05


def test_correlation_start_and_provenance_are_told(fits: list[Calibration]) -> None:
    for fit in fits:
        assert fit.notes == ()
        assert fit.coins["BTC"].correlation is None
        assert fit.coins["ETH"].correlation == pytest.approx(0.7, abs=0.02)
        bars, curves, funding = fit.coins["ETH"].fitted
        assert (bars.series, curves.series, funding.series) == ("ETH bars", "curves", "ETH funding")
        assert bars.rows == funding.rows == 3 * 8760 + 24 + 1  # 2024 is a leap year
        assert (bars.start, bars.end) == (datetime(2024, 1, 1, tzinfo=UTC), UNTIL)


def test_the_built_in_market_is_found_as_its_constants_say() -> None:
    """Without a calibration: 45 % a year, of it 12 jumps of 4 %; volatility wanders by 14 days."""
    path = simulated_path(11, "BTC", datetime(2031, 1, 1, tzinfo=UTC))
    found = calibrate({"BTC": CoinHistory(Series("bars", bars_of(path)))}).coins["BTC"]
    assert found.volatility.annual == pytest.approx(0.45, abs=0.03)
    assert found.jumps.per_year == pytest.approx(12, abs=3 * np.sqrt(12 / 7) + 1)
    assert found.jumps.deviation == pytest.approx(0.04, abs=0.008)
    assert found.volatility.log_deviation == pytest.approx(0.25, abs=0.04)
    low, high = found.volatility.log_half_life_low_days, found.volatility.log_half_life_high_days
    assert low < 14 < high
    assert np.abs(np.array(found.seasons.hour_variances) - 1).max() < 0.15


def test_parts_that_are_not_given_are_told(known: Calibration) -> None:
    path = calibrated_path(1, "ETH", datetime(2024, 6, 1, tzinfo=UTC), known)
    found = calibrate({"ETH": CoinHistory(Series("bars", bars_of(path)))})
    assert found.coins["ETH"].basis == ()
    assert found.coins["ETH"].funding is None
    assert found.coins["ETH"].correlation is None
    told = "\n".join(found.notes)
    assert "ETH: no BTC was given; their correlation is the simulation's own." in told
    assert "ETH: no curves were given; the basis is the simulation's own." in told
    assert "ETH: no funding was given; it is the simulation's own." in told


def test_coins_without_common_hours_keep_the_usual_correlation(known: Calibration) -> None:
    frames = {
        coin: bars_of(calibrated_path(1, coin, datetime(2024, 12, 1, tzinfo=UTC), known))
        for coin in ("BTC", "ETH")
    }
    halves = {"BTC": frames["BTC"][:3000], "ETH": frames["ETH"][3000:6000]}
    found = calibrate({coin: CoinHistory(Series("bars", each)) for coin, each in halves.items()})
    assert found.coins["ETH"].correlation is None
    assert any("0 hours in common with BTC, 1,440 are needed" in note for note in found.notes)


def test_recorded_correlation_and_curves_are_by_coin(
    bitmex_hours: pl.DataFrame, deribit_curves: pl.DataFrame
) -> None:
    found = calibrate(
        {"BTC": CoinHistory(Series("bars", bitmex_hours), Series("curves", deribit_curves))}
    )
    own = deribit_curves.filter(pl.col("underlying") == "BTC")
    assert found.coins["BTC"].fitted[1].rows == len(own) < len(deribit_curves)
    alone = fit_basis(tenor_series(own, "curves"), "curves")
    assert [tenor.mean for tenor in found.coins["BTC"].basis] == pytest.approx(
        [tenor.mean for tenor in alone], rel=1e-5
    )
    assert any("90, 180 days reverts too slowly" in note for note in found.notes)


def test_outliers_are_told(known: Calibration) -> None:
    path = calibrated_path(1, "BTC", datetime(2024, 6, 1, tzinfo=UTC), known)
    curves = tickers_of(path)
    spoilt = curves.with_columns(
        mark=pl.when(pl.col("time") == pl.col("time").gather(600).first())
        .then(pl.col("index") * 3)
        .otherwise("mark")
    )
    history = CoinHistory(Series("bars", bars_of(path)), Series("my curves", spoilt))
    notes = calibrate({"BTC": history}).notes
    assert any("5 values of the basis from my curves were left out" in note for note in notes)


def test_series_that_are_mixed_are_refused(known: Calibration) -> None:
    path = calibrated_path(1, "BTC", datetime(2024, 6, 1, tzinfo=UTC), known)
    bars, funding, curves = bars_of(path), funding_of(path), tickers_of(path)
    mixed = pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("a")).otherwise(pl.lit("b"))
    good = Series("bars", bars)
    for history, told in (
        (CoinHistory(Series("x", bars.with_columns(instrument=mixed))), "2 instruments, a, b"),
        (CoinHistory(good, Series("x", curves.with_columns(venue=mixed))), "2 venues, a, b"),
        (
            CoinHistory(good, None, Series("x", funding.with_columns(instrument=mixed))),
            "2 instruments, a, b",
        ),
    ):
        with pytest.raises(MarketDataError, match=f"x: rows of {told}; choose one"):
            calibrate({"BTC": history})


def test_nothing_and_unknown_coins_are_refused(known: Calibration) -> None:
    with pytest.raises(MarketDataError, match="Nothing to calibrate on"):
        calibrate({})
    bars = bars_of(calibrated_path(1, "BTC", datetime(2024, 6, 1, tzinfo=UTC), known))
    with pytest.raises(MarketDataError, match="no 'DOGE'; it has BTC, ETH"):
        calibrate({"DOGE": CoinHistory(Series("bars", bars))})
