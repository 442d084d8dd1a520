"""The basis at fixed tenors out of stored curves, and how it reverts at each.

A curve is the marks of all dated futures at one instant beside the index. At a tenor T between two
expiries the logarithm of mark over index is interpolated linearly in the time to delivery, as if
carry accrued evenly between them; before the first expiry it runs to zero at delivery. A tenor
beyond the last expiry has no value there. Expiries within two days are left out: a basis point of
their price is percents a year.

Each tenor is fitted for itself (`fit_reversion`). What moves them together are two shocks: the
first two principal components of the correlations of daily changes, each tenor's share of the two
scaled to one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from obverse.errors import MarketDataError
from obverse.market.calibration.moves import NORMAL_QUARTILE, FloatArray, needs
from obverse.market.calibration.records import TENOR_DAYS, TenorBasis
from obverse.market.calibration.reversion import MINIMUM_OBSERVATIONS, Reversion, fit_reversion

if TYPE_CHECKING:
    import polars as pl

DAY_NS = 86_400_000_000_000
MINIMUM_CURVE_DAYS = 60
_NEAREST_DAYS = 2.0
_THIN_NS = DAY_NS // 6
_OUTLIER = 10.0
_YEAR_DAYS = 365
_CONTRACT = "future"


@dataclass(frozen=True)
class TenorSeries:
    """The annualised basis at the tenors through time.

    Attributes
    ----------
    outliers : how many values were left out by `without_outliers`
    times_ns : (n,) instants of the curves
    basis : (n, tenors) in the order of `TENOR_DAYS`; NaN where the curve does not reach
    """

    times_ns: NDArray[np.int64]
    basis: FloatArray
    outliers: int = 0


def tenor_series(tickers: pl.DataFrame, name: str) -> TenorSeries:
    """Interpolate curves to the tenors. Raises `MarketDataError` where there are none."""
    import polars as pl

    needs(tickers, ("time", "contract", "expiry", "mark", "index"), name)
    rows = tickers.filter(pl.col("contract") == _CONTRACT).select(
        _instant(tickers).dt.epoch("ns").alias("at"),
        pl.col("expiry").dt.epoch("ns").alias("expiry"),
        (pl.col("mark") / pl.col("index")).log().alias("gap"),
    )
    rows = rows.filter(
        pl.col("gap").is_finite() & (pl.col("expiry") - pl.col("at") > _NEAREST_DAYS * DAY_NS)
    )
    if rows.is_empty():
        raise MarketDataError(f"{name}: no dated future with a mark and an index.")
    rows = rows.unique(["at", "expiry"], keep="first").sort("at", "expiry")
    at = rows["at"].to_numpy()
    days = (rows["expiry"].to_numpy() - at) / DAY_NS
    return _interpolated(at, days, rows["gap"].to_numpy())


def _instant(tickers: pl.DataFrame) -> pl.Expr:
    """What tells rows of one curve: its snapshot where that is told, else the row's own time."""
    import polars as pl

    own = pl.col("time")
    return pl.coalesce("snapshot_time", own) if "snapshot_time" in tickers.columns else own


def _interpolated(at: NDArray[np.int64], days: FloatArray, gaps: FloatArray) -> TenorSeries:
    instants, first = np.unique(at, return_index=True)
    tenors = np.array(TENOR_DAYS, dtype=np.float64)
    basis = np.empty((len(instants), len(tenors)))
    ends = np.append(first[1:], len(at))
    for row, (start, end) in enumerate(zip(first.tolist(), ends.tolist(), strict=True)):
        known = np.concatenate([[0.0], days[start:end]])
        gap = np.interp(tenors, known, np.concatenate([[0.0], gaps[start:end]]), right=np.nan)
        basis[row] = gap * _YEAR_DAYS / tenors
    return TenorSeries(instants, basis)


def without_outliers(series: TenorSeries) -> TenorSeries:
    """Leave out values beyond ten robust deviations from their tenor's median."""
    basis = series.basis.copy()
    for column in basis.T:
        known = column[np.isfinite(column)]
        if len(known):
            away = np.abs(column - np.median(known))
            deviation = np.nanmedian(away) / NORMAL_QUARTILE
            column[away > _OUTLIER * deviation] = np.nan
    left_out = int(np.isfinite(series.basis).sum() - np.isfinite(basis).sum())
    return TenorSeries(series.times_ns, basis, left_out)


def fit_basis(series: TenorSeries, name: str) -> tuple[TenorBasis, ...]:
    """Fit every tenor that enough curves reach. Raises `MarketDataError` where none is."""
    series = _thinned(series)
    span = float(series.times_ns[-1] - series.times_ns[0]) / DAY_NS
    if span < MINIMUM_CURVE_DAYS:
        raise MarketDataError(
            f"{name}: curves of {span:.1f} days; {MINIMUM_CURVE_DAYS} days are needed at least."
        )
    known = np.isfinite(series.basis)
    reached = np.flatnonzero(known.sum(axis=0) >= MINIMUM_OBSERVATIONS)
    if not len(reached):
        raise MarketDataError(
            f"{name}: no tenor of {', '.join(map(str, TENOR_DAYS))} days is within the curve at "
            f"{MINIMUM_OBSERVATIONS} instants."
        )
    tilts = _tilts(series, reached)
    days = series.times_ns / DAY_NS
    return tuple(
        _tenor(
            TENOR_DAYS[tenor],
            fit_reversion(
                days[known[:, tenor]],
                series.basis[known[:, tenor], tenor],
                f"{name}: basis at {TENOR_DAYS[tenor]} days",
            ),
            tilt,
        )
        for tenor, tilt in zip(reached.tolist(), tilts, strict=True)
    )


def _thinned(series: TenorSeries) -> TenorSeries:
    """Of curves within four hours by the clock the last: half-lives are of days."""
    windows = series.times_ns // _THIN_NS
    last = np.append(np.flatnonzero(np.diff(windows)), len(windows) - 1)
    return TenorSeries(series.times_ns[last], series.basis[last])


def _tenor(days: int, fit: Reversion, tilt: float) -> TenorBasis:
    return TenorBasis(
        days=days,
        mean=fit.mean,
        deviation=fit.deviation,
        half_life_days=fit.half_life,
        half_life_low_days=fit.low,
        half_life_high_days=fit.high,
        half_life_held=fit.held,
        noise=fit.noise,
        tilt=tilt,
    )


def daily_changes(series: TenorSeries) -> tuple[NDArray[np.int64], FloatArray]:
    """Changes of the last curve of each day from the day before: the days, and (n, tenors)."""
    day = series.times_ns // DAY_NS
    last = np.append(np.flatnonzero(np.diff(day)), len(day) - 1)
    following = np.diff(day[last]) == 1
    return day[last][1:][following], np.diff(series.basis[last], axis=0)[following]


def _tilts(series: TenorSeries, reached: NDArray[np.int64]) -> list[float]:
    changes = daily_changes(series)[1][:, reached]
    changes = changes[np.isfinite(changes).all(axis=1)]
    if len(reached) == 1 or len(changes) < MINIMUM_OBSERVATIONS:
        return [0.0] * len(reached)
    values, axes = np.linalg.eigh(np.corrcoef(changes, rowvar=False))
    first = axes[:, -1] * np.sqrt(values[-1]) * np.sign(axes[:, -1].sum())
    second = axes[:, -2] * np.sqrt(max(values[-2], 0.0))
    second = second * (np.sign(second[-1]) or 1.0)
    tilts = second / np.hypot(first, second)
    return [float(tilt) for tilt in np.clip(tilts, -1, 1)]
