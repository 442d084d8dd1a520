"""The compiled passes over the rows of a stream, before the book is followed.

The ladder is a flat array with a place for every price that the stream names, in the order of
prices: pages of 32 neighbouring ticks, of which only those that are named are kept. Far prices
cost a page each, and walking from a price to the next runs along memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAGE_BITS = 5
PAGE = 1 << PAGE_BITS

MOST_PAGES = 1 << 22
"""Of a dense table of pages; a wider range of prices is ranked by sorting."""

SPARSE = 16
"""So many places a row, and the rows are so far apart that every price is better ranked alone."""


class Places(NamedTuple):
    """Where each row's price is on the ladder.

    `first` has the lowest tick of each page; where prices are ranked alone it is empty and `alone`
    has the tick of each place.
    """

    of_row: NDArray[np.int32]
    total: int
    first: NDArray[np.int64]
    alone: NDArray[np.int64]

    def ticks(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Prices in ticks of some places; 0 for places below 0, which are none."""
        known = np.maximum(places, 0)
        if len(self.alone):
            found = self.alone[known]
        else:
            found = self.first[known >> PAGE_BITS] + (known & (PAGE - 1))
        found[places < 0] = 0
        return found


@numba.njit(cache=True, nogil=True)
def span_kernel(
    prices: NDArray[np.float64], a: float, b: float, most: float
) -> tuple[float, float, int]:
    """Lowest and highest n with n · a / b = price, and the first row that has none (−1: all have).

    NaN has none; without rows the lowest is above the highest.
    """
    per = b / a
    good, low, high = True, np.inf, 0.0
    for row in range(len(prices)):
        n = np.rint(prices[row] * per)
        good &= (n * a / b == prices[row]) & (n > 0.0) & (n <= most)
        low = n if n < low else low
        high = n if n > high else high
    if not good:
        for row in range(len(prices)):
            n = np.rint(prices[row] * per)
            if not ((n * a / b == prices[row]) & (n > 0.0) & (n <= most)):
                return low, high, row
    return low, high, -1


@numba.njit(cache=True, nogil=True)
def sizes_kernel(sizes: NDArray[np.float64]) -> int:
    """The first size that is NaN, infinite or below zero; −1 where there is none."""
    good = True
    for row in range(len(sizes)):
        good &= (sizes[row] >= 0.0) & (sizes[row] < np.inf)
    if good:
        return -1
    for row in range(len(sizes)):
        if not ((sizes[row] >= 0.0) & (sizes[row] < np.inf)):
            return row
    return -1


@numba.njit(cache=True, nogil=True)
def ends_kernel(
    time: NDArray[np.int64], number: NDArray[np.int64], snapshot: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """The row after the last of each message."""
    rows = len(time)
    count = 1 if rows else 0
    for row in range(1, rows):
        other = (number[row] != number[row - 1]) | (time[row] != time[row - 1])
        count += other | (snapshot[row] != snapshot[row - 1])
    ends = np.empty(count, np.int64)
    message = 0
    for row in range(1, rows):
        other = (number[row] != number[row - 1]) | (time[row] != time[row - 1])
        if other | (snapshot[row] != snapshot[row - 1]):
            ends[message] = row
            message += 1
    if rows:
        ends[message] = rows
    return ends


@numba.njit(cache=True, nogil=True)
def mark_kernel(
    prices: NDArray[np.float64], per: float, low_page: int, pages: int
) -> tuple[NDArray[np.int32], int]:
    """Rank of each page among those that are named, −1 for those that are not; and their number."""
    ranks = np.full(pages, np.int32(-1), np.int32)
    for row in range(len(prices)):
        ranks[(np.int64(np.rint(prices[row] * per)) >> PAGE_BITS) - low_page] = 0
    rank = 0
    for page in range(pages):
        if ranks[page] == 0:
            ranks[page] = rank
            rank += 1
    return ranks, rank


@numba.njit(cache=True, nogil=True)
def places_kernel(
    prices: NDArray[np.float64], per: float, low_page: int, ranks: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Place of each row on the ladder of the named pages."""
    found = np.empty(len(prices), np.int32)
    for row in range(len(prices)):
        n = np.int64(np.rint(prices[row] * per))
        found[row] = (ranks[(n >> PAGE_BITS) - low_page] << PAGE_BITS) | (n & (PAGE - 1))
    return found


def places_of(prices: NDArray[np.float64], per: float, low: int, high: int) -> Places:
    """Lay out the ladder of prices that are whole numbers of ticks, `per` in one of the quote."""
    nothing = np.empty(0, np.int64)
    low_page, high_page = low >> PAGE_BITS, high >> PAGE_BITS
    if not len(prices):
        return Places(np.empty(0, np.int32), PAGE, np.zeros(1, np.int64), nothing)
    if high_page - low_page < MOST_PAGES:
        ranks, named = mark_kernel(prices, per, low_page, high_page - low_page + 1)
        if named << PAGE_BITS <= SPARSE * len(prices) + PAGE:
            first = (np.flatnonzero(ranks >= 0) + low_page) << PAGE_BITS
            of_row = places_kernel(prices, per, low_page, ranks)
            return Places(of_row, named << PAGE_BITS, first, nothing)
    ticks, rank = np.unique(np.rint(prices * per).astype(np.int64), return_inverse=True)
    spare = np.zeros(-len(ticks) % PAGE, np.int64)
    alone = np.concatenate([ticks, spare])
    return Places(rank.astype(np.int32), len(alone), nothing, alone)
