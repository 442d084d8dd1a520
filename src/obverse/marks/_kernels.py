"""Compiled loops over histories. Symbols: x sample, t time, tau time constant, a average."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from obverse.marks.values import FloatArray


@numba.njit(cache=True)
def exponential_average_kernel(x: FloatArray, t: FloatArray, tau: float) -> FloatArray:
    """a[k] = a[k-1] + (1 - exp(-dt/tau)) (x[k] - a[k-1])."""
    found = np.empty_like(x)
    if len(x) == 0:
        return found
    a = x[0]
    found[0] = a
    dt = 0.0
    step = 0.0
    for k in range(1, len(x)):
        gap = t[k] - t[k - 1]
        if gap != dt:
            dt = gap
            step = 1.0 - math.exp(-dt / tau)
        a = a + step * (x[k] - a)
        found[k] = a
    return found


@numba.njit(cache=True)
def samples_kernel(
    t: NDArray[np.int64],
    s: FloatArray,
    bid: FloatArray,
    ask: FloatArray,
    last: FloatArray,
    low: float,
    high: float,
) -> bool:
    """Whether samples pass their door; the comparisons are written so that NaN passes or fails."""
    wrong = False
    for k in range(1, len(t)):
        wrong |= t[k] <= t[k - 1]
    for k in range(len(t)):
        wrong |= not ((s[k] >= low) & (s[k] <= high))
        wrong |= (bid[k] < low) | (bid[k] > high) | (ask[k] < low) | (ask[k] > high)
        wrong |= (last[k] < low) | (last[k] > high) | (bid[k] > ask[k])
    return not wrong


@numba.njit(cache=True)
def rate_kernel(rule: int, p: float, i: float, d: float, c: float, cap: float) -> float:
    """Premium to rate: 0 clamp, 1 dampener, 2 divide, 3 plain; within the cap."""
    if rule == 0:
        r = i if i > p - d else p - d
        r = r if r < p + d else p + d
    elif rule == 1:
        r = (d if d > p else p) + (-d if -d < p else p)
    elif rule == 2:
        r = p / c
    else:
        r = p
    r = r if r > -cap else -cap
    return r if r < cap else cap
