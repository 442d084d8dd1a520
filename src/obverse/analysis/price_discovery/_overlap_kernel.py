"""Compiled sums of overlapping changes. Symbols: s, t instants; x, y prices; theta lag."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@numba.njit(cache=True, nogil=True)
def overlap_kernel(
    s: NDArray[np.int64],
    x: NDArray[np.float64],
    t: NDArray[np.int64],
    y: NDArray[np.float64],
    thetas: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Each lag in one pass: the changes of y that overlap one of x are next to each other."""
    found = np.zeros(len(thetas))
    last = len(t) - 1
    for k in range(len(thetas)):
        theta = thetas[k]
        low, high = 0, 0
        total = 0.0
        for i in range(1, len(s)):
            begin, end = s[i - 1] + theta, s[i] + theta
            while low < last and t[low + 1] <= begin:
                low += 1
            while high < last and t[high] < end:
                high += 1
            if high > low and t[low] < end and t[last] > begin:
                total += (x[i] - x[i - 1]) * (y[high] - y[low])
        found[k] = total
    return found
