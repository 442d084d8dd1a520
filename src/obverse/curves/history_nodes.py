"""The nodes of a history that yearly rates can be taken of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from obverse.contracts.instants import iso
from obverse.curves.histories import CurveHistory
from obverse.curves.term_structure import MIN_YEARS
from obverse.errors import MarketDataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"
IntArray: TypeAlias = "NDArray[np.int64]"


@dataclass(frozen=True)
class UsableNodes:
    """The nodes of an hour or more.

    Attributes
    ----------
    years, rates : (m,) of the nodes, continuous yearly rates
    starts, counts : (n,) where each snapshot's nodes begin, and how many they are
    first, last : (n,) years to the first node, and to the last listed one (the last of all, where
        none is listed); NaN without nodes
    left_out : how many nodes are nearer than an hour
    """

    years: FloatArray
    rates: FloatArray
    starts: IntArray
    counts: IntArray
    first: FloatArray
    last: FloatArray
    left_out: int


def usable_nodes(history: CurveHistory) -> UsableNodes:
    """Check a history's prices, instants and expiries, and take its usable nodes.

    Raises `MarketDataError` for prices that are not finite and above zero, and for snapshots or
    expiries that do not increase.
    """
    _check(history)
    years, owner = history.years, history.snapshot_of_node
    kept = years >= MIN_YEARS
    index = history.index_usd[owner]
    rates = np.log(history.marks_usd[kept] / index[kept]) / years[kept]
    far, near, listed = years[kept], owner[kept], history.listed[kept]
    counts = np.bincount(near, minlength=len(history)).astype(np.int64)
    starts = np.cumsum(counts) - counts
    last, first = np.full(len(history), np.nan), np.full(len(history), np.nan)
    last[near] = far  # of one snapshot's nodes the last assigned stays, and they run near to far
    last[near[listed]] = far[listed]
    first[near[::-1]] = far[::-1]
    return UsableNodes(far, rates, starts, counts, first, last, int((~kept).sum()))


def _check(history: CurveHistory) -> None:
    for name, prices in (("index", history.index_usd), ("mark", history.marks_usd)):
        bad = ~(np.isfinite(prices) & (prices > 0))
        if bad.any():
            place = int(np.flatnonzero(bad)[0])
            raise MarketDataError(
                f"{history.underlying} {name} {prices[place]} at place {place:,}: prices must be "
                "finite and above zero."
            )
    if (np.diff(history.instants_ns) <= 0).any():
        place = int(np.flatnonzero(np.diff(history.instants_ns) <= 0)[0]) + 1
        at = iso(history.moment(place))
        raise MarketDataError(f"the snapshot of {at} is not after the one before it.")
    same = np.diff(history.snapshot_of_node) == 0
    if (same & (np.diff(history.expiries_ns) <= 0)).any():
        raise MarketDataError("expiries of a snapshot must increase, each once.")
