"""What was seen of a perpetual, one row a step, and the door that it passes.

Refused: arrays of different lengths, times that do not increase (a late step, or one that is there
twice), a price that is zero, negative, infinite or outside `LOWEST_USD` .. `HIGHEST_USD`, an index
that is missing, and a crossed book. NaN says "there was none" of a bid, an ask or a last price, and
nothing else; it goes no further than this.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from obverse.errors import MarketDataError
from obverse.marks.values import FloatArray

LOWEST_USD, HIGHEST_USD = 1e-12, 1e15
"""What a price can be; within it no ratio of prices overflows."""

_PRICES = ("index_usd", "bid_usd", "ask_usd", "last_usd")


@dataclass(frozen=True)
class PerpetualSamples:
    """What was seen of a perpetual, one row a step; all arrays have the same length.

    Attributes
    ----------
    times_ns : UTC nanoseconds, increasing; steps need not be regular
    index_usd : the venue's index, quote currency per coin
    bid_usd, ask_usd : best or, where the venue's rule says so, impact prices; NaN where none
    last_usd : last traded price; NaN where none
    """

    times_ns: NDArray[np.int64]
    index_usd: FloatArray
    bid_usd: FloatArray
    ask_usd: FloatArray
    last_usd: FloatArray

    def until(self, count: int) -> PerpetualSamples:
        """The first `count` steps."""
        return PerpetualSamples(
            self.times_ns[:count],
            self.index_usd[:count],
            self.bid_usd[:count],
            self.ask_usd[:count],
            self.last_usd[:count],
        )


def check(samples: PerpetualSamples) -> PerpetualSamples:
    """Take samples at the door, as contiguous arrays; what cannot be used raises an error."""
    from obverse.marks._kernels import samples_kernel

    times = np.ascontiguousarray(samples.times_ns)
    if times.dtype != np.int64 or times.ndim != 1:
        raise MarketDataError(f"times: expected int64 nanoseconds, found {times.dtype}.")
    index, bid, ask, last = (_floats(getattr(samples, name), name) for name in _PRICES)
    lengths = sorted({len(array) for array in (times, index, bid, ask, last)})
    if len(lengths) != 1:
        raise MarketDataError(f"samples: arrays of different lengths {lengths}.")
    taken = PerpetualSamples(times, index, bid, ask, last)
    if not samples_kernel(times, index, bid, ask, last, LOWEST_USD, HIGHEST_USD):
        _refuse(taken)
    return taken


def _floats(values: FloatArray, name: str) -> FloatArray:
    found = np.ascontiguousarray(values, dtype=np.float64)
    if found.ndim != 1:
        raise MarketDataError(f"{name}: expected one value a step, found shape {found.shape}.")
    return found


def _refuse(samples: PerpetualSamples) -> None:
    """Say which step is wrong, and how."""
    late = np.diff(samples.times_ns) <= 0
    if late.any():
        raise MarketDataError(f"samples: step {int(np.argmax(late)) + 1} is late or there twice.")
    for name in _PRICES:
        values = getattr(samples, name)
        wrong = ~((values >= LOWEST_USD) & (values <= HIGHEST_USD))
        if name != "index_usd":
            wrong &= ~np.isnan(values)
        if wrong.any():
            step = int(np.argmax(wrong))
            raise MarketDataError(f"{name}: step {step} ({values[step]}) is not a price.")
    step = int(np.argmax(samples.bid_usd > samples.ask_usd))
    raise MarketDataError(f"samples: step {step} has a crossed book.")
