"""The compiled passes over the rows of a stream, before the book is followed.

The ladder is a flat array with a place for every price that the stream names, in the order of
prices: pages of 64 neighbouring ticks, of which only those that are named are kept. Far prices
cost a page each, and walking from a price to the next runs along memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAGE_BITS = 6
PAGE = 1 << PAGE_BITS

MOST_PAGES = 1 << 22
"""Of a dense table of pages; a wider range of prices is ranked by sorting."""

SPARSE = 16
"""So many places a row, and the rows are so far apart that every price is better ranked alone."""


class Places(NamedTuple):
    """Where each row's price is on the ladder, and the price in ticks of each place."""

    of_row: NDArray[np.int64]
    ticks: NDArray[np.int64]


@numba.njit(cache=True, nogil=True)
def ticks_kernel(
    p: NDArray[np.float64], a: float, b: float, most: float
) -> tuple[NDArray[np.int64], int]:
    """n with n · a / b = p, and the first row that has none (−1: all have one); NaN has none."""
    found = np.empty(len(p), np.int64)
    per = b / a
    good = True
    for row in range(len(p)):
        n = np.rint(p[row] * per)
        good &= (n * a / b == p[row]) & (n > 0.0) & (n <= most)
        found[row] = np.int64(n)
    if good:
        return found, -1
    for row in range(len(p)):
        n = np.rint(p[row] * per)
        if not ((n * a / b == p[row]) & (n > 0.0) & (n <= most)):
            return found, row
    return found, -1


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
def range_kernel(ticks: NDArray[np.int64]) -> tuple[int, int]:
    """Lowest and highest; there is a row."""
    low = high = ticks[0]
    for tick in ticks:
        low = min(low, tick)
        high = max(high, tick)
    return low, high


@numba.njit(cache=True, nogil=True)
def mark_kernel(ticks: NDArray[np.int64], low_page: int, pages: int) -> NDArray[np.int32]:
    """Rank of each page among those that are named; −1 for those that are not."""
    ranks = np.full(pages, np.int32(-1), np.int32)
    for tick in ticks:
        ranks[(tick >> PAGE_BITS) - low_page] = 0
    rank = 0
    for page in range(pages):
        if ranks[page] == 0:
            ranks[page] = rank
            rank += 1
    return ranks


@numba.njit(cache=True, nogil=True)
def places_kernel(
    ticks: NDArray[np.int64], low_page: int, ranks: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Place of each row on the ladder of the named pages."""
    found = np.empty(len(ticks), np.int64)
    for row in range(len(ticks)):
        rank = np.int64(ranks[(ticks[row] >> PAGE_BITS) - low_page])
        found[row] = (rank << PAGE_BITS) | (ticks[row] & (PAGE - 1))
    return found


def places_of(ticks: NDArray[np.int64]) -> Places:
    """Lay out the ladder of a stream."""
    if not len(ticks):
        return Places(ticks, np.zeros(PAGE, np.int64))
    low, high = (int(tick) >> PAGE_BITS for tick in range_kernel(ticks))
    pages = high - low + 1
    if pages <= MOST_PAGES:
        ranks = mark_kernel(ticks, low, pages)
        named = np.flatnonzero(ranks >= 0)
        if len(named) * PAGE <= SPARSE * len(ticks) + PAGE:
            first = (named + low) << PAGE_BITS
            return Places(
                places_kernel(ticks, low, ranks), (first[:, None] + np.arange(PAGE)).reshape(-1)
            )
    prices, of_row = np.unique(ticks, return_inverse=True)
    spare = np.zeros(-len(prices) % PAGE, np.int64)
    return Places(of_row.astype(np.int64), np.concatenate([prices, spare]))
