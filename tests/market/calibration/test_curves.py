"""The basis per tenor out of curves: interpolation by hand, recorded curves, known shocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from obverse.errors import MarketDataError
from obverse.market.calibration import TENOR_DAYS
from obverse.market.calibration.curves import (
    TenorSeries,
    daily_changes,
    fit_basis,
    tenor_series,
    without_outliers,
)
from obverse.market.simulated_streams import reverting

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY_NS = 86_400_000_000_000


def _curve(at: datetime, gaps: dict[float, float]) -> list[dict[str, object]]:
    return [
        {
            "time": at + timedelta(seconds=place),
            "snapshot_time": at,
            "contract": "future",
            "expiry": at + timedelta(days=days),
            "mark": 100 * float(np.exp(gap)),
            "index": 100.0,
        }
        for place, (days, gap) in enumerate(gaps.items())
    ]


def test_between_expiries_the_gap_grows_with_time_and_before_the_first_from_nothing() -> None:
    gaps = {1.0: 0.5, 10.0: 0.001, 50.0: 0.005, 100.0: 0.02}  # a day to delivery is left out
    series = tenor_series(pl.DataFrame(_curve(START, gaps)), "curves")
    assert series.times_ns.tolist() == [int(START.timestamp()) * 10**9]
    gap = {7: 0.001 * 7 / 10, 30: 0.003, 60: 0.008, 90: 0.017}
    expected = [gap[days] * 365 / days for days in gap]
    assert series.basis[0, :4] == pytest.approx(expected)
    assert np.isnan(series.basis[0, 4])  # 180 days are beyond the curve


def test_perpetuals_and_prices_that_are_none_are_left_out() -> None:
    rows = _curve(START, {10.0: 0.001, 50.0: 0.005})
    broken = [{**rows[0], "expiry": START + timedelta(days=20), "index": None}]
    perpetual = [{**rows[0], "contract": "perpetual", "expiry": None}]
    clean = tenor_series(pl.DataFrame(rows), "curves")
    spoilt = tenor_series(pl.DataFrame(rows + broken + perpetual), "curves")
    assert np.array_equal(clean.basis, spoilt.basis, equal_nan=True)


def test_wrong_marks_are_left_out_and_counted() -> None:
    series = _known(3, 300)
    spoilt = series.basis.copy()
    spoilt[[50, 200], 1] = 40.0
    clean, found = without_outliers(series), without_outliers(replace(series, basis=spoilt))
    assert clean.outliers == 0
    assert found.outliers == 2
    means = [fit_basis(each, "curves")[1].mean for each in (clean, found)]
    assert means[1] == pytest.approx(means[0], abs=0.001)


def _known(seed: int, days: int) -> TenorSeries:
    random = np.random.default_rng(seed)
    tilts = np.array([-0.6, -0.2, 0.1, 0.3, 0.5])
    first, second = random.standard_normal((2, days))
    basis = [
        0.03 + 0.005 * place + reverting(np.sqrt(1 - t * t) * first + t * second, half, 0.03)
        for place, (t, half) in enumerate(zip(tilts, (5, 10, 15, 20, 30), strict=True))
    ]
    times = np.arange(days, dtype=np.int64) * DAY_NS
    return TenorSeries(times, np.array(basis).T)


def test_known_tenors_are_recovered() -> None:
    fits = [fit_basis(_known(seed, 600), "curves") for seed in range(3)]
    for place, half_life in enumerate((5, 10, 15, 20, 30)):
        own = [fit[place] for fit in fits]
        assert own[0].days == TENOR_DAYS[place]
        within = [each.half_life_low_days <= half_life <= each.half_life_high_days for each in own]
        assert sum(within) >= 2
        # The mean of an OU process over T has a variance of 2 dev² · half-life / (ln 2 · T).
        error = 0.03 * np.sqrt(2 * half_life / np.log(2) / 600 / len(own))
        assert np.mean([each.mean for each in own]) == pytest.approx(
            0.03 + 0.005 * place, abs=3 * error
        )
        assert np.mean([each.deviation for each in own]) == pytest.approx(0.03, rel=0.15)
    tilts = np.mean([[each.tilt for each in fit] for fit in fits], axis=0)
    # Shocks are told but for a rotation of the two: differences of the angles are what is known.
    angles = np.arcsin(tilts) - np.arcsin(tilts[2])
    assert angles == pytest.approx(
        np.arcsin([-0.6, -0.2, 0.1, 0.3, 0.5]) - np.arcsin(0.1), abs=0.06
    )


def test_deribit_curves_against_plain_interpolation(deribit_curves: pl.DataFrame) -> None:
    """Expiries within 3 days of a tenor stand beside it: their own basis is the interpolated."""
    btc = deribit_curves.filter(pl.col("underlying") == "BTC")
    series = tenor_series(btc, "deribit")
    assert len(series.times_ns) == btc["snapshot_time"].n_unique() == 481
    raw = btc.with_columns(
        days=(pl.col("expiry") - pl.col("snapshot_time")).dt.total_seconds() / 86_400,
        at=pl.col("snapshot_time").dt.epoch("ns"),
    ).with_columns(basis=(pl.col("mark") / pl.col("index")).log() * 365 / pl.col("days"))
    for place, tenor in enumerate(TENOR_DAYS[1:], start=1):
        near = raw.filter((pl.col("days") - tenor).abs() < 3).sort("at")
        rows = np.searchsorted(series.times_ns, near["at"].to_numpy())
        apart = series.basis[rows, place] - near["basis"].to_numpy()
        assert len(near) >= 20
        assert np.median(np.abs(apart)) < 0.0015


def test_deribit_basis_is_wilder_and_reverts_faster_near_delivery(
    deribit_curves: pl.DataFrame,
) -> None:
    btc = deribit_curves.filter(pl.col("underlying") == "BTC")
    basis = fit_basis(tenor_series(btc, "deribit"), "deribit")
    assert [tenor.days for tenor in basis] == list(TENOR_DAYS)
    assert [tenor.mean for tenor in basis] == sorted(tenor.mean for tenor in basis)
    assert [tenor.noise for tenor in basis] == sorted((t.noise for t in basis), reverse=True)
    assert basis[0].half_life_days < basis[1].half_life_days < basis[2].half_life_days
    assert basis[4].half_life_held  # four months do not tell how a year's basis reverts
    assert [tenor.tilt for tenor in basis] == sorted(tenor.tilt for tenor in basis)


def test_changes_are_from_one_day_to_the_next() -> None:
    times = np.array([0, 0.5, 1.2, 1.9, 4.0, 5.0]) * DAY_NS
    series = TenorSeries(times.astype(np.int64), np.arange(6.0)[:, None])
    days, changes = daily_changes(series)
    assert days.tolist() == [1, 5]
    assert changes.tolist() == [[2.0], [1.0]]


def _long(days: int, gaps: dict[float, float]) -> pl.DataFrame:
    rows = [row for day in range(days) for row in _curve(START + timedelta(days=day), gaps)]
    return pl.DataFrame(rows)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: _long(40, {10.0: 0.001}), "curves of 39.0 days; 60 days are needed at least"),
        (lambda: _long(70, {5.0: 0.001}), "no tenor of 7, 30, 60, 90, 180 days is within"),
        (lambda: _long(70, {10.0: 0.001}), "basis at 7 days: all 70 values"),
        (lambda: _long(70, {1.0: 0.001}), "no dated future with a mark and an index"),
        (lambda: _long(70, {10.0: 0.001}).drop("index"), "no column index"),
    ],
)
def test_curves_that_cannot_be_used_are_refused(
    make: Callable[[], pl.DataFrame], message: str
) -> None:
    def fit() -> None:
        fit_basis(tenor_series(make(), "my curves"), "my curves")

    with pytest.raises(MarketDataError, match=f"my curves: .*{message}|my curves: {message}"):
        fit()
