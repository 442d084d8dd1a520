"""The simulated perpetual's best bid, best ask and last price, hour by hour.

They are the quotes that `obverse.market.simulation` shows at those hours, as arrays. Prices are
counted in whole hundredths of a cent, so that every tick is kept exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from obverse.contracts.instruments import Instrument, Kind
from obverse.errors import MarketDataError
from obverse.market.simulated_paths import SimulatedPath, coin_of
from obverse.market.simulated_streams import Stream, normals
from obverse.market.simulation import (
    CENT,
    HALF_SPREAD_RATE,
    HALF_SPREAD_STEP,
    NOISE_DEVIATION,
    NOISE_HOURS,
    NOISE_WEIGHTS,
    PERPETUAL_KEY,
    SPREAD_NOISE,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class SimulatedBook:
    """A perpetual's quotes, an hour of the path each: index and book as a venue shows them, USD."""

    index_usd: NDArray[np.float64]
    bid_usd: NDArray[np.float64]
    ask_usd: NDArray[np.float64]
    last_usd: NDArray[np.float64]


def simulated_book(path: SimulatedPath, perpetual: Instrument) -> SimulatedBook:
    """Make the hourly quotes of a perpetual on a path, on the ticks of its venue."""
    import numpy as np

    if perpetual.kind is not Kind.PERPETUAL:
        raise MarketDataError(f"{perpetual.symbol} is a {perpetual.kind.value}, not a perpetual.")
    tick = perpetual.tick / HALF_SPREAD_STEP
    if tick != int(tick):
        raise MarketDataError(f"{perpetual.symbol}: a tick of {perpetual.tick} is too fine.")
    noise = _noise(path, len(path.times_ns))
    mark = np.rint(path.perpetual_usd * float(1 / CENT)) * int(CENT / HALF_SPREAD_STEP)
    half = np.rint(mark * HALF_SPREAD_RATE * (1 + SPREAD_NOISE * np.abs(noise)))
    low = np.floor_divide(mark - half, int(tick)) * int(tick)
    high = -np.floor_divide(-(mark + half), int(tick)) * int(tick)
    unit = float(1 / HALF_SPREAD_STEP)
    bid, ask = low / unit, high / unit
    cents = float(1 / CENT)
    index = np.rint(path.index_usd * cents) / cents
    return SimulatedBook(index, bid, ask, np.where(noise < 0, bid, ask))


def _noise(path: SimulatedPath, hours: int) -> NDArray[np.float64]:
    """Weigh each hour's last shocks, drawn in blocks; the first block has one before it."""
    import numpy as np

    key = coin_of(path.underlying).key
    blocks = range(-(-hours // NOISE_HOURS) + 1)
    shocks = np.concatenate(
        [
            normals(NOISE_HOURS, path.seed, Stream.SPREAD, key, PERPETUAL_KEY, number)
            for number in blocks
        ]
    )
    summed = np.convolve(shocks, np.array(NOISE_WEIGHTS))
    found: NDArray[np.float64] = summed[NOISE_HOURS : NOISE_HOURS + hours] / NOISE_DEVIATION
    return found
