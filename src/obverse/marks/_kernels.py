"""Compiled loops over histories. Symbols: x sample, t time, tau time constant, a average."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numba
import numpy as np

if TYPE_CHECKING:
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
