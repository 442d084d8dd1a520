"""Persistence, size and dead band of funding out of stored rates.

Rates are taken per 8 hours: the rate times 8 over its interval's hours. The rate at which funding
rests is the commonest, if one in twenty rates is exactly that: zero at Deribit, 0.01 % at BitMEX.
Mean, deviation and share at rest give the premium's process (see the module `dead_bands`), and the
autocorrelation between rates 8 hours apart its half-life. The half-life's 95 % interval is that of
the autocorrelation r over n intervals of 8 hours, ±1.96 √((1 − r²) / n).

Source of the interval: M. S. Bartlett, "On the theoretical specification and sampling properties of
autocorrelated time-series", J. R. Statist. Soc. Suppl. 8 (1946), for an AR(1) process.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from obverse.errors import MarketDataError
from obverse.market.calibration.dead_bands import LAG_HOURS, RateMoments, half_life_of, unbanded
from obverse.market.calibration.moves import HOUR_NS, FloatArray, needs, one_of
from obverse.market.calibration.records import FundingProcess

if TYPE_CHECKING:
    import polars as pl

MINIMUM_INTERVALS = 180
_RESTS_FROM = 0.05
_LEAST, _MOST = 0.001, 0.9999
_DIGITS = 12


@dataclass(frozen=True)
class Rates:
    """Funding rates per 8 hours at the end of their intervals."""

    times_ns: NDArray[np.int64]
    rates: FloatArray


def funding_rates(funding: pl.DataFrame, name: str) -> Rates:
    """Take rates per 8 hours; intervals longer than 8 hours are left out.

    Raises `MarketDataError` for too few of them.
    """
    import polars as pl

    needs(funding, ("time", "rate", "interval_hours"), name)
    one_of(funding, "instrument", name)
    rows = funding.filter(
        pl.col("rate").is_finite() & pl.col("interval_hours").is_between(0, LAG_HOURS, "right")
    )
    rows = rows.unique("time", keep="first").sort("time")
    rates = (rows["rate"] * (LAG_HOURS / rows["interval_hours"])).to_numpy()
    hours = float(rows["interval_hours"].sum())
    if hours < MINIMUM_INTERVALS * LAG_HOURS:
        raise MarketDataError(
            f"{name}: funding of {hours:,.0f} hours in intervals of up to {LAG_HOURS:.0f}; "
            f"{MINIMUM_INTERVALS * LAG_HOURS:,.0f} hours are needed at least, that is "
            f"{MINIMUM_INTERVALS * LAG_HOURS / 24:.0f} days."
        )
    return Rates(rows["time"].dt.epoch("ns").to_numpy(), rates)


def moments_of(rates: FloatArray) -> tuple[float, RateMoments]:
    """The rate at which funding rests, zero if at none, and the moments of rates above it."""
    values, counts = np.unique(np.round(rates, _DIGITS), return_counts=True)
    share = float(counts.max()) / len(rates)
    rest = float(values[int(np.argmax(counts))])
    if share < _RESTS_FROM:
        rest, share = 0.0, 0.0
    return rest, RateMoments(float(rates.mean()) - rest, float(rates.std()), share)


def autocorrelation(found: Rates, lag_hours: float, name: str) -> float:
    """Correlation of rates with those exactly so many hours later."""
    lag = round(lag_hours * HOUR_NS)
    later = np.searchsorted(found.times_ns, found.times_ns + lag)
    inside = later < len(found.times_ns)
    matched = np.zeros(len(later), dtype=bool)
    matched[inside] = found.times_ns[later[inside]] == found.times_ns[inside] + lag
    if matched.sum() < MINIMUM_INTERVALS:
        raise MarketDataError(
            f"{name}: {matched.sum()} pairs of rates are {lag_hours:.0f} hours apart; "
            f"{MINIMUM_INTERVALS} are needed at least."
        )
    around = found.rates - found.rates.mean()
    products = around[matched] * around[later[matched]]
    return float(products.mean() / np.mean(around * around))


def fit_funding(found: Rates, name: str) -> FundingProcess:
    """Fit the premium's process. Raises `MarketDataError` for rates that never change."""
    rest, seen = moments_of(found.rates)
    if np.ptp(found.rates) == 0:
        raise MarketDataError(f"{name}: all funding rates are {rest}; nothing reverts.")
    mean, deviation, band = unbanded(seen)
    persistence = autocorrelation(found, LAG_HOURS, name)
    intervals = float(found.times_ns[-1] - found.times_ns[0]) / (LAG_HOURS * HOUR_NS)
    error = 1.96 * math.sqrt(max(1 - persistence**2, 0.0) / intervals)
    half_life, low, high = (
        half_life_of(min(max(each, _LEAST), _MOST), mean, deviation, band)
        for each in (persistence, persistence - error, persistence + error)
    )
    return FundingProcess(
        rest_rate=rest,
        mean=mean,
        deviation=deviation,
        dead_band=band,
        half_life_hours=half_life,
        half_life_low_hours=low,
        half_life_high_hours=high,
    )
