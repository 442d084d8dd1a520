"""The maximum of a smooth function of a few numbers, by Newton's method with a damped step."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from obverse.marks.values import FloatArray

_STEP = 1e-4
_ROUNDS = 200
_CLOSE = 1e-7


def maximise(height: Callable[[FloatArray], float], start: FloatArray) -> FloatArray | None:
    """Climb from a start where the height is finite; none where no top is found.

    Slopes are central differences, so arguments should be of the order of one. −∞ outside the
    function's domain is allowed: a step there is cut.
    """
    point, damping = np.array(start, dtype=np.float64), 1e-3
    top = height(point)
    if not math.isfinite(top):
        return None
    for _ in range(_ROUNDS):
        slope, bend = _derivatives(height, point, top)
        if not (np.isfinite(slope).all() and np.isfinite(bend).all()):
            return None
        values, axes = np.linalg.eigh(bend)
        flat = np.abs(values).max() * 1e-9 + 1e-12
        along = axes.T @ slope / (np.maximum(np.abs(values), flat) + damping)
        step = axes @ along
        if np.abs(step).max() < _CLOSE:
            return point if values.max() < 0 else None
        found = height(point + step)
        if found >= top:
            point, top, damping = point + step, found, damping / 10
        elif damping > 1e12:
            return None
        else:
            damping *= 10
    return None


def _derivatives(
    height: Callable[[FloatArray], float], point: FloatArray, top: float
) -> tuple[FloatArray, FloatArray]:
    count = len(point)
    moves = np.eye(count) * _STEP
    up = np.array([height(point + move) for move in moves])
    down = np.array([height(point - move) for move in moves])
    with np.errstate(invalid="ignore"):  # ∞ − ∞ at the edge: told by the caller
        slope = (up - down) / (2 * _STEP)
        bend = np.diag((up - 2 * top + down) / _STEP**2)
        for i in range(count):
            for j in range(i):
                both = height(point + moves[i] + moves[j]) + height(point - moves[i] - moves[j])
                mixed = both - up[i] - up[j] - down[i] - down[j] + 2 * top
                bend[i, j] = bend[j, i] = mixed / (2 * _STEP**2)
    return slope, bend
