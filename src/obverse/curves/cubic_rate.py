"""Natural cubic splines through the rates of many curves at once.

Second derivatives are nought at the first and last node; with two nodes the spline is a line. The
forward rate is r + T·r'(T).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"


def cubic_rate(
    years: FloatArray, rates: FloatArray, at: FloatArray, step: NDArray[np.intp]
) -> tuple[FloatArray, FloatArray]:
    """Rates and instantaneous forward rates at (n, m) years, of which `step` is the node beyond.

    Before the first node, and with one node alone, the first rate is held flat.
    """
    if years.shape[1] == 1:
        flat = np.broadcast_to(rates, at.shape)
        return flat, flat
    bends = _bends(years, rates)
    place = np.maximum(step, 1)
    near, far = (np.take_along_axis(years, place - 1, 1), np.take_along_axis(years, place, 1))
    low, high = (np.take_along_axis(rates, place - 1, 1), np.take_along_axis(rates, place, 1))
    bend, next_bend = (np.take_along_axis(bends, place - 1, 1), np.take_along_axis(bends, place, 1))
    length = far - near
    a, b = (far - at) / length, (at - near) / length
    rate = a * low + b * high
    rate += ((a**3 - a) * bend + (b**3 - b) * next_bend) * length**2 / 6
    slope = (high - low) / length
    slope += ((3 * b**2 - 1) * next_bend - (3 * a**2 - 1) * bend) * length / 6
    early = step == 0
    first = rates[:, :1]
    return np.where(early, first, rate), np.where(early, first, rate + at * slope)


def _bends(years: FloatArray, rates: FloatArray) -> FloatArray:
    """(n, k) second derivatives of the natural cubic splines."""
    count = years.shape[1]
    found = np.zeros_like(years)
    if count < 3:
        return found
    lengths = np.diff(years, axis=1)
    slopes = np.diff(rates, axis=1) / lengths
    inner = np.arange(count - 2)
    system = np.zeros((len(years), count - 2, count - 2))
    system[:, inner, inner] = (lengths[:, :-1] + lengths[:, 1:]) / 3
    system[:, inner[:-1], inner[1:]] = lengths[:, 1:-1] / 6
    system[:, inner[1:], inner[:-1]] = lengths[:, 1:-1] / 6
    found[:, 1:-1] = np.linalg.solve(system, np.diff(slopes, axis=1)[:, :, None])[:, :, 0]
    return found
