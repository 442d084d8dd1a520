"""The hourly history behind the simulated market: index, perpetual, and the basis to come.

Seeded and deterministic, on a fixed grid from `ORIGIN`; the value of an hour depends on the seed
and on earlier hours alone, so a longer path repeats a shorter one bit for bit. Each random stream
has a child seed of its own, keyed by stable integers.

- Index: a geometric random walk. Its volatility wanders around 45 % (BTC) and 60 % (ETH) a year,
  jumps included; the coins' moves correlate at 0.8 and they jump together.
- Basis level, annualised: reverts to 6 % over weeks, with deviation 5 %, so that it is below zero
  at times. Basis slope: a second factor that tilts far expiries.
- Perpetual: a premium in line with the basis level, mostly inside the dead band of the funding
  rate; the rate per 8 hours is what sticks out of the band.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from obverse.contracts.instants import DAYS_PER_YEAR, iso
from obverse.errors import MarketDataError, nearest
from obverse.market.simulated_streams import Stream as Stream
from obverse.market.simulated_streams import exponentials, generator, normals, reverting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ORIGIN = datetime(2024, 1, 1, tzinfo=UTC)
END = datetime(2040, 1, 1, tzinfo=UTC)
STEP = timedelta(hours=1)
HOURS_PER_YEAR = 24 * DAYS_PER_YEAR
FUNDING_INTERVALS_PER_YEAR = 3 * DAYS_PER_YEAR

BASIS_MEAN = 0.06
LEVEL_DEVIATION = 0.05
LEVEL_HALF_LIFE = 30 * 24.0
SLOPE_MEAN = 0.01
SLOPE_DEVIATION = 0.015
SLOPE_HALF_LIFE = 45 * 24.0
FUNDING_DEAD_BAND = 0.00025
PREMIUM_DEVIATION = 0.00008
PREMIUM_HALF_LIFE = 6.0
_CORRELATION = 0.8
_EDGE_LEVEL = 0.01  # a basis level from which on the premium stands at the edge of the band


@dataclass(frozen=True)
class Coin:
    """What the simulation knows of a coin; `key` seeds its streams and never changes."""

    key: int
    start_usd: float
    volatility: float
    jump_volatility: float
    loading: float
    open_interest_usd: float


COINS = {
    "BTC": Coin(1, 42_000.0, 0.45, 0.040, 1.0, 1.1e9),
    "ETH": Coin(2, 1_200.0, 0.60, 0.055, _CORRELATION, 4.5e8),
}


@dataclass(frozen=True)
class Wander:
    """How volatility wanders, and how often the coins jump.

    Attributes
    ----------
    log_deviation, half_life : of the logarithm of volatility; hours
    hour_factors : by which each hour's volatility is multiplied, of mean square 1; none is 1
    """

    log_deviation: float = 0.25
    half_life: float = 14 * 24.0
    jumps_per_year: float = 12.0
    hour_factors: NDArray[np.float64] | None = None


USUAL_WANDER = Wander()


_COMMON = 0


@dataclass(frozen=True)
class TenorPath:
    """The annualised basis at some days to delivery, hour by hour, where that is calibrated.

    `noise` is the deviation of what each expiry adds to it for an hour.
    """

    days: float
    noise: float
    basis: NDArray[np.float64]


@dataclass(frozen=True)
class SimulatedPath:
    """One coin's simulated hours from `ORIGIN` on, as read-only arrays of equal length n.

    Attributes
    ----------
    times_ns : (n,) int64 nanoseconds since 1970, UTC; each hour's values are known at its time
    index_usd, perpetual_usd : (n,) prices, unrounded
    funding_rate_8h : (n,) the perpetual's accruing rate per 8 hours
    basis_level, basis_slope : (n,) annualised, continuously compounded factors of the dated futures
    tenors : the basis at each calibrated tenor, which then replaces the factors
    calibrated : whether its parameters were fitted to recorded history
    """

    underlying: str
    seed: int
    times_ns: NDArray[np.int64]
    index_usd: NDArray[np.float64]
    perpetual_usd: NDArray[np.float64]
    funding_rate_8h: NDArray[np.float64]
    basis_level: NDArray[np.float64]
    basis_slope: NDArray[np.float64]
    tenors: tuple[TenorPath, ...] = ()
    calibrated: bool = False


def simulated_path(seed: int, underlying: str, until: datetime) -> SimulatedPath:
    """Make the hourly history of a coin up to the last hour not after `until`."""
    import numpy as np

    coin = coin_of(underlying)
    hours = hours_until(seed, until) + 1
    start_ns = int(ORIGIN.timestamp()) * 1_000_000_000
    step_ns = int(STEP.total_seconds()) * 1_000_000_000
    times = start_ns + step_ns * np.arange(hours, dtype=np.int64)
    index = index_prices(seed, coin, hours)
    level = BASIS_MEAN + _factor(seed, coin, hours, Stream.LEVEL)
    slope = SLOPE_MEAN + _factor(seed, coin, hours, Stream.SLOPE)
    shocks = normals(hours, seed, Stream.PREMIUM, coin.key)
    noise = reverting(shocks, PREMIUM_HALF_LIFE, PREMIUM_DEVIATION)
    premium = _premium(level) + noise
    arrays = (index, index * (1 + premium), banded(premium, FUNDING_DEAD_BAND), level, slope)
    for array in (times, *arrays):
        array.flags.writeable = False
    return SimulatedPath(underlying, seed, times, *arrays)


def coin_of(underlying: str) -> Coin:
    """Return what the simulation knows of a coin; another coin raises `MarketDataError`."""
    if underlying not in COINS:
        close = nearest(underlying, COINS)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise MarketDataError(
            f"The simulated market has no {underlying!r}; it has {', '.join(COINS)}.{hint}"
        )
    return COINS[underlying]


def hours_until(seed: int, until: datetime) -> int:
    """Whole hours from `ORIGIN` to an instant; seeds and instants out of range are refused."""
    if type(seed) is not int or seed < 0:
        raise MarketDataError(f"seed: {seed!r} is not a whole number from zero up.")
    if not ORIGIN <= until < END:
        raise MarketDataError(
            f"The simulated market runs from {iso(ORIGIN)} to {iso(END)}; asked {iso(until)}."
        )
    return (until - ORIGIN) // STEP


def correlated(seed: int, coin: Coin, hours: int, stream: Stream) -> NDArray[np.float64]:
    """Draw a stream of a coin's normals, correlated with the other coins' by its loading."""
    common = normals(hours, seed, stream, _COMMON)
    if coin.loading == 1:
        return common
    own = normals(hours, seed, stream, coin.key)
    return coin.loading * common + math.sqrt(1 - coin.loading**2) * own


def _factor(seed: int, coin: Coin, hours: int, stream: Stream) -> NDArray[np.float64]:
    shape = {
        Stream.LEVEL: (LEVEL_HALF_LIFE, LEVEL_DEVIATION),
        Stream.SLOPE: (SLOPE_HALF_LIFE, SLOPE_DEVIATION),
    }
    return reverting(correlated(seed, coin, hours, stream), *shape[stream])


def index_prices(
    seed: int, coin: Coin, hours: int, wander: Wander = USUAL_WANDER
) -> NDArray[np.float64]:
    """Prices by the hour: at the start, then after each hour's move."""
    import numpy as np

    jump_variance = wander.jumps_per_year * coin.jump_volatility**2
    hourly = math.sqrt((coin.volatility**2 - jump_variance) / HOURS_PER_YEAR)
    calm = wander.log_deviation**2  # so that the mean of the squared volatility is its base
    shared = normals(hours, seed, Stream.VOLATILITY, _COMMON)
    log_volatility = reverting(shared, wander.half_life, wander.log_deviation)
    moves = (
        hourly * exponentials(log_volatility - calm) * correlated(seed, coin, hours, Stream.MOVES)
    )
    if wander.hour_factors is not None:
        moves *= wander.hour_factors
    jumps = generator(seed, Stream.JUMP_TIMES, _COMMON).random(hours)
    sizes = coin.jump_volatility * correlated(seed, coin, hours, Stream.JUMP_SIZES)
    moves += np.where(jumps < wander.jumps_per_year / HOURS_PER_YEAR, sizes, 0.0)
    moves[0] = math.log(coin.start_usd)
    return exponentials(np.cumsum(moves))


def _premium(level: NDArray[np.float64]) -> NDArray[np.float64]:
    """Say where the premium reverts to: the band's edge, plus what funding must pay."""
    edge = FUNDING_DEAD_BAND * (level / _EDGE_LEVEL).clip(-1, 1)
    return edge + level / FUNDING_INTERVALS_PER_YEAR


def banded(premium: NDArray[np.float64], band: float) -> NDArray[np.float64]:
    """What of a premium sticks out of ±band."""
    above = (premium - band).clip(min=0)
    below = (premium + band).clip(max=0)
    rate: NDArray[np.float64] = above + below
    return rate
