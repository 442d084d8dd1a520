"""The monotone convex method of Hagan and West (2006), for many curves at once.

Between two nodes the forward rate keeps the average that the nodes demand and moves no more than
its neighbours do. `g` is the forward rate less that average, with `left` and `right` at the ends of
the step and `x` running from 0 to 1. Its four regions are those of the paper: (i) one parabola,
(ii) level and then a parabola, (iii) a parabola and then level, (iv) two parabolas that meet below
or above both ends.

Source: Hagan and West, *Interpolation Methods for Curve Construction*, Applied Mathematical Finance
13(2), 89-129, 2006; *Methods for Constructing a Yield Curve*, Wilmott, May 2008, 70-81.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from obverse.errors import MarketDataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"
ROUNDING = 1e-12
"""A step that is negative by no more is nought that floats have rounded."""


def step_forwards(years: FloatArray, rates: FloatArray) -> FloatArray:
    """(n, k) forward rate that each step of (n, k) nodes demands, the first from time zero."""
    gained = np.diff(years * rates, axis=1, prepend=0.0)
    forwards: FloatArray = gained / np.diff(years, axis=1, prepend=0.0)
    return forwards


def node_forwards(years: FloatArray, steps: FloatArray, *, positive: bool = False) -> FloatArray:
    """(n, k + 1) instantaneous forward rates at time zero and at each node.

    With `positive` they are held between zero and twice the lesser step, as the paper does, which
    keeps every forward rate from falling below zero. Raises `MarketDataError` where a step itself
    is negative: no curve through those nodes has positive forwards.
    """
    below = (steps < -ROUNDING).any(axis=1)
    if positive and below.any():
        raise MarketDataError(
            f"positive forwards: {int(below.sum()):,} of {len(steps):,} curves "
            "have a negative forward between their nodes; leave positive_forwards off, as carry "
            "may be negative."
        )
    count = steps.shape[1]
    if count == 1:
        return np.repeat(steps, 2, axis=1)
    lengths = np.diff(years, axis=1, prepend=0.0)
    near, far = lengths[:, :-1], lengths[:, 1:]
    found = np.empty((len(steps), count + 1))
    found[:, 1:-1] = (near * steps[:, 1:] + far * steps[:, :-1]) / (near + far)
    found[:, 0] = steps[:, 0] - 0.5 * (found[:, 1] - steps[:, 0])
    found[:, -1] = steps[:, -1] - 0.5 * (found[:, -2] - steps[:, -1])
    if positive:
        lesser = np.minimum(steps[:, :-1], steps[:, 1:])
        most = 2 * np.concatenate([steps[:, :1], lesser, steps[:, -1:]], axis=1)
        found = np.clip(found, 0.0, np.maximum(most, 0.0))
    return found


def deviation(left: FloatArray, right: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """`g` at x, and its integral from 0 to x."""
    regions = _regions(left, right)
    values, integrals = np.zeros_like(x), np.zeros_like(x)
    for own, shape in zip(regions, (_one, _two, _three, _four), strict=True):
        if own.any():
            values[own], integrals[own] = shape(left[own], right[own], x[own])
    ends = (x <= 0, x >= 1)
    values = np.where(ends[0], left, np.where(ends[1], right, values))
    return values, np.where(ends[0] | ends[1], 0.0, integrals)


def _regions(left: FloatArray, right: FloatArray) -> tuple[NDArray[np.bool_], ...]:
    down, up = left < 0, left > 0
    one = (down & (-0.5 * left <= right) & (right <= -2 * left)) | (
        up & (-0.5 * left >= right) & (right >= -2 * left)
    )
    two = (down & (right > -2 * left)) | (up & (right < -2 * left))
    three = (up & (right < 0) & (right > -0.5 * left)) | (
        down & (right > 0) & (right < -0.5 * left)
    )
    four = ~(one | two | three) & ((left != 0) | (right != 0))
    return one, two, three, four


def _one(left: FloatArray, right: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    value = left * (1 - 4 * x + 3 * x**2) + right * (-2 * x + 3 * x**2)
    return value, left * (x - 2 * x**2 + x**3) + right * (x**3 - x**2)


def _two(left: FloatArray, right: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    rest = -3 * left / (right - left)  # what is left of the step after its level part
    past = np.maximum(x - (1 - rest), 0.0) / np.where(rest > 0, rest, 1.0)
    gap = right - left
    return left + gap * past**2, left * x + gap * rest * past**3 / 3


def _three(left: FloatArray, right: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    turn = 3 * right / (right - left)
    before = np.maximum(turn - x, 0.0) / np.where(turn > 0, turn, 1.0)
    gap = left - right
    return right + gap * before**2, right * x + gap * turn * (1 - before**3) / 3


def _four(left: FloatArray, right: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    turn = right / (left + right)
    level = -left * turn
    before = np.maximum(turn - x, 0.0) / np.where(turn > 0, turn, 1.0)
    past = np.maximum(x - turn, 0.0) / np.where(turn < 1, 1 - turn, 1.0)
    value = level + (left - level) * before**2 + (right - level) * past**2
    first = (left - level) * turn * (1 - before**3) / 3
    return value, level * x + first + (right - level) * (1 - turn) * past**3 / 3
