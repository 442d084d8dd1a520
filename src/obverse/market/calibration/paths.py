"""The simulated hours of a coin by its calibration.

It is the path of `obverse.market.simulated_paths` with other parameters: the same random streams,
so one seed is still one history and a longer path repeats a shorter one bit for bit.

- Index: the calibrated volatility, its wandering and its jumps; the pattern within the week
  multiplies the diffusion of each hour, not the jumps.
- Basis: each tenor reverts for itself, by two shocks that are common to the curve.
- Perpetual: the calibrated premium. Its shocks correlate at 0.5 with the first of the curve's: that
  is assumed, not fitted, so that funding is dear when the futures are.

What a calibration lacks is as without one.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from obverse.market.simulated_paths import (
    Coin,
    SimulatedPath,
    TenorPath,
    Wander,
    banded,
    coin_of,
    correlated,
    index_prices,
    simulated_path,
)
from obverse.market.simulated_streams import Stream, normals, reverting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from obverse.market.calibration.records import (
        Calibration,
        CoinCalibration,
        FundingProcess,
        TenorBasis,
    )

PREMIUM_CORRELATION = 0.5
_HOUR_NS = 3_600_000_000_000
_NEAR_DAYS, _FAR_DAYS, _YEAR_DAYS = 30, 180, 365


def calibrated_path(
    seed: int, underlying: str, until: datetime, calibration: Calibration | None
) -> SimulatedPath:
    """Make the hourly history of a coin up to the last hour not after `until`.

    Without a calibration, or for a coin that it lacks, it is `simulated_path`.
    """
    usual = simulated_path(seed, underlying, until)
    if calibration is None or underlying not in calibration.coins:
        return usual
    fitted = calibration.coins[underlying]
    coin = _coin(coin_of(underlying), fitted)
    index = index_prices(seed, coin, len(usual.times_ns), _wander(fitted, usual.times_ns))
    premium, rate = usual.perpetual_usd / usual.index_usd - 1, usual.funding_rate_8h
    if fitted.funding is not None:
        premium, rate = _funding(seed, coin, len(index), fitted.funding)
    tenors = tuple(_tenor(seed, coin, len(index), tenor) for tenor in fitted.basis)
    level, slope = _factors(tenors) if tenors else (usual.basis_level, usual.basis_slope)
    arrays = (index, index * (1 + premium), rate, level, slope)
    for array in (*arrays, *(tenor.basis for tenor in tenors)):
        array.flags.writeable = False
    return SimulatedPath(underlying, seed, usual.times_ns, *arrays, tenors, True)


def _coin(coin: Coin, fitted: CoinCalibration) -> Coin:
    loading = coin.loading if fitted.correlation is None else fitted.correlation
    return replace(
        coin,
        start_usd=fitted.start_usd,
        volatility=fitted.volatility.annual,
        jump_volatility=fitted.jumps.deviation,
        loading=loading,
    )


def _wander(fitted: CoinCalibration, times_ns: NDArray[np.int64]) -> Wander:
    import numpy as np

    from obverse.market.calibration.seasons import season_of

    begins = times_ns // _HOUR_NS - 1  # a move is known at the end of its hour
    return Wander(
        log_deviation=fitted.volatility.log_deviation,
        half_life=24 * fitted.volatility.log_half_life_days,
        jumps_per_year=fitted.jumps.per_year,
        hour_factors=np.sqrt(season_of(fitted.seasons, begins)),
    )


def _tenor(seed: int, coin: Coin, hours: int, fitted: TenorBasis) -> TenorPath:
    shocks = math.sqrt(1 - fitted.tilt**2) * correlated(seed, coin, hours, Stream.LEVEL)
    shocks += fitted.tilt * correlated(seed, coin, hours, Stream.SLOPE)
    wander = reverting(shocks, 24 * fitted.half_life_days, fitted.deviation)
    return TenorPath(fitted.days, fitted.noise, fitted.mean + wander)


def _factors(tenors: tuple[TenorPath, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Level and slope that make the basis at 30 and 180 days, or at the tenors nearest to them."""
    near = min(tenors, key=lambda tenor: abs(tenor.days - _NEAR_DAYS))
    far = min(tenors, key=lambda tenor: abs(tenor.days - _FAR_DAYS))
    roots = [math.sqrt(tenor.days / _YEAR_DAYS) for tenor in (near, far)]
    if near is far:
        return near.basis.copy(), 0 * near.basis
    slope = (far.basis - near.basis) / (roots[1] - roots[0])
    return near.basis - slope * roots[0], slope


def _funding(
    seed: int, coin: Coin, hours: int, fitted: FundingProcess
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The premium, and the rate per 8 hours, of each hour."""
    shocks = PREMIUM_CORRELATION * correlated(seed, coin, hours, Stream.LEVEL)
    own = normals(hours, seed, Stream.PREMIUM, coin.key)
    shocks += math.sqrt(1 - PREMIUM_CORRELATION**2) * own
    moved = fitted.mean + reverting(shocks, fitted.half_life_hours, fitted.deviation)
    return fitted.rest_rate + moved, fitted.rest_rate + banded(moved, fitted.dead_band)
