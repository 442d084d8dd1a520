"""Buckets of time to expiry: median, quartiles and count of what was observed in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from obverse.errors import MarketDataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"
IntArray: TypeAlias = "NDArray[np.int64]"

DAY = 24.0
EDGES_HOURS = (
    0, 0.5, 1, 3, 6, 12, DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 60 * DAY, 90 * DAY, 180 * DAY,
)  # fmt: skip
"""Default edges of the buckets: hours to expiry, the lower one excluded."""


@dataclass(frozen=True)
class Bucket:
    """The basis of expired contracts at some range of hours to expiry, above `low` up to `high`.

    Yearly rates are none within an hour of expiry, where they divide noise by almost no time.
    """

    low_hours: float
    high_hours: float
    count: int
    contracts: int
    lower_bp: float | None
    median_bp: float | None
    upper_bp: float | None
    absolute_bp: float | None
    lower_rate: float | None
    median_rate: float | None
    upper_rate: float | None

    @property
    def name(self) -> str:
        """Its range as people read it."""
        return f"{_duration(self.low_hours)} to {_duration(self.high_hours)}"


def checked_edges(edges_hours: Sequence[float]) -> tuple[float, ...]:
    """The edges as floats; `MarketDataError` unless two or more that increase from zero up."""
    edges = tuple(float(each) for each in edges_hours)
    rising = all(low < high for low, high in pairwise(edges))
    if len(edges) < 2 or not rising or not np.isfinite(edges).all() or edges[0] < 0:
        raise MarketDataError(
            f"edges_hours {edges}: expected two or more increasing hours from zero up."
        )
    return edges


def buckets_of(
    edges: Sequence[float],
    hours: FloatArray,
    basis: FloatArray,
    rates: FloatArray,
    contract_of: IntArray,
) -> tuple[Bucket, ...]:
    """Sum up observations by the bucket that their hours to expiry fall in."""
    found = []
    for low, high in pairwise(edges):
        own = (hours > low) & (hours <= high)
        known = rates[own]
        bp = _quartiles(basis[own])
        yearly = _quartiles(known[~np.isnan(known)])
        size = float(np.median(np.abs(basis[own]))) if own.any() else None
        contracts = len(np.unique(contract_of[own]))
        found.append(Bucket(low, high, int(own.sum()), contracts, *bp, size, *yearly))
    return tuple(found)


def _quartiles(values: FloatArray) -> tuple[float | None, float | None, float | None]:
    if not len(values):
        return None, None, None
    low, middle, high = np.percentile(values, [25, 50, 75])
    return float(low), float(middle), float(high)


def _duration(hours: float) -> str:
    return f"{hours:g} h" if hours < 2 * DAY else f"{hours / DAY:g} d"
