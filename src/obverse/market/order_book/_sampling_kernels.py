"""The compiled looks into a book at instants; the plain twins are `measures.py` and `impact.py`.

A size in the unit that is asked for is contracts · scale · price ** power, and their settlement
value contracts · price ** value_power: −1 for an inverse contract, 1 for the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numba
import numpy as np

from obverse.market.order_book._book_arrays import (
    ASK,
    BID,
    JOINING,
    MODE,
    Ladder,
    Messages,
    Trace,
)
from obverse.market.order_book._following_kernels import follow_kernel
from obverse.market.order_book._ladder_kernels import PAGE, PAGE_BITS

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Look(NamedTuple):
    """What is looked for: depth and impact, at each instant.

    Attributes
    ----------
    until : messages before each instant, never falling
    middle2 : bid and ask in ticks, added; 0 where the book has not both
    width2 : how far outwards from it a level may be, in half ticks; −1 where there is no depth
    most : how many levels
    ticks, prices : of each place
    sizes : in the unit that is asked for
    """

    until: NDArray[np.int64]
    middle2: NDArray[np.int64]
    width2: NDArray[np.int64]
    most: int
    ticks: NDArray[np.int64]
    prices: NDArray[np.float64]
    sizes: NDArray[np.float64]
    scale: float
    power: int
    value_power: int


@numba.njit(cache=True, nogil=True)
def next_kernel(sizes: NDArray[np.float64], levels: NDArray[np.int64], at: int, step: int) -> int:
    """The place of the next level from `at` on, itself included; −1 where there is none."""
    while 0 <= at < len(sizes):
        if sizes[at] > 0.0:
            return at
        if levels[at >> PAGE_BITS] > 0:
            at += step
        else:
            at = (at | (PAGE - 1)) + 1 if step > 0 else (at & -PAGE) - 1
    return -1


@numba.njit(cache=True, nogil=True)
def power_kernel(price: float, power: int) -> float:
    """The price to the power of −1, 0 or 1."""
    if power == 0:
        return 1.0
    return price if power > 0 else 1.0 / price


@numba.njit(cache=True, nogil=True)
def depth_kernel(
    sizes: NDArray[np.float64],
    levels: NDArray[np.int64],
    best: int,
    step: int,
    look: Look,
    sample: int,
) -> float:
    """Size within reach on a side."""
    total, count, at = 0.0, 0, next_kernel(sizes, levels, best, step)
    middle2, width2 = look.middle2[sample], look.width2[sample]
    while at >= 0 and count < look.most and (2 * look.ticks[at] - middle2) * step <= width2:
        total += sizes[at]
        count += 1
        at = next_kernel(sizes, levels, at + step, step)
    return total if width2 >= 0 else np.nan


@numba.njit(cache=True, nogil=True)
def impact_kernel(
    sizes: NDArray[np.float64],
    levels: NDArray[np.int64],
    best: int,
    step: int,
    look: Look,
    size: float,
) -> float:
    """Average price of taking a size from a side; NaN where it is too thin."""
    left, contracts, value = size, 0.0, 0.0
    at = next_kernel(sizes, levels, best, step)
    while at >= 0:
        price: float = look.prices[at]
        one = look.scale * power_kernel(price, look.power)
        here = sizes[at] * one
        done = left <= here
        count = left / one if done else sizes[at]
        contracts += count
        value += count * power_kernel(price, look.value_power)
        if done and contracts == count:
            return price
        if done:
            return value / contracts if look.value_power > 0 else contracts / value
        left -= here
        at = next_kernel(sizes, levels, at + step, step)
    return np.nan


@numba.njit(cache=True, nogil=True)
def samples_kernel(
    messages: Messages,
    ladder: Ladder,
    trace: Trace,
    look: Look,
    depths: NDArray[np.float64],
    impacts: NDArray[np.float64],
) -> None:
    """Follow the messages, and look into the book at each instant where it is whole.

    depths[side, sample] and impacts[side, sample, size], bids first; they come full of NaN.
    """
    begin = 0
    for sample in range(len(look.until)):
        follow_kernel(messages, ladder, trace, begin, look.until[sample])
        begin = look.until[sample]
        if ladder.state[MODE] < JOINING:
            continue
        bid, ask = ladder.state[BID], ladder.state[ASK]
        depths[0, sample] = depth_kernel(ladder.bids, ladder.bid_levels, bid, -1, look, sample)
        depths[1, sample] = depth_kernel(ladder.asks, ladder.ask_levels, ask, 1, look, sample)
        for place in range(len(look.sizes)):
            size = look.sizes[place]
            impacts[0, sample, place] = impact_kernel(
                ladder.bids, ladder.bid_levels, bid, -1, look, size
            )
            impacts[1, sample, place] = impact_kernel(
                ladder.asks, ladder.ask_levels, ask, 1, look, size
            )
