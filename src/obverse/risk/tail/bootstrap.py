"""The stationary bootstrap: a history is redrawn in blocks of random length that keep its order.

A block begins at any step with equal chance and ends after each step with chance 1/b, so that
blocks are geometric with mean length b; the history's end is followed by its beginning (Politis and
Romano 1994).

The automatic b is that of Politis and White (2004), corrected by Patton, Politis and White (2009):
b = (2·G²/D)^⅓·n^⅓ with G = Σ λ(k/M)·|k|·R(k), D = 2·(Σ λ(k/M)·R(k))², R the autocovariance over all
lags of both signs, λ the flat-top window, M twice the lag after which K correlations in a row are
within 2·√(log10 n / n), K = max(5, ⌊log10 n⌋).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from obverse.errors import DataError
from obverse.marks.values import FloatArray, finite
from obverse.risk.tail.levels import checked_count

_LEAST = 20


def stationary_indices(
    length: int, *, paths: int, steps: int, block_steps: float, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Places in a history of some length, one row a path, drawn in blocks of a mean length."""
    for count, what in ((length, "history"), (paths, "paths"), (steps, "steps")):
        checked_count(count, what)
    if not (math.isfinite(block_steps) and block_steps >= 1):
        raise DataError(f"block_steps: found {block_steps}, expected a mean length of 1 or more.")
    starts = generator.integers(0, length, size=(paths, steps))
    begins = generator.random(size=(paths, steps)) < 1 / block_steps
    begins[:, 0] = True
    return indices_of(starts, begins, length)


def indices_of(
    starts: NDArray[np.int64], begins: NDArray[np.bool_], length: int
) -> NDArray[np.int64]:
    """Where a block begins take its start, elsewhere the place after the last, round the end."""
    step = np.arange(starts.shape[1])
    begun = np.maximum.accumulate(np.where(begins, step, 0), axis=1)
    found: NDArray[np.int64] = np.take_along_axis(starts, begun, axis=1) + (step - begun)
    return found % length


def automatic_block_steps(values: ArrayLike) -> float:
    """Mean block length for a series, at least 1 and at most 3·√n or a third of the series."""
    series = finite(values, "series")
    count = len(series)
    if count < _LEAST:
        raise DataError(f"series: {count} values, expected at least {_LEAST} for a block length.")
    centred = series - series.mean()
    lags = math.ceil(math.sqrt(count)) + max(5, int(math.log10(count)))
    lags = min(lags, count - 1)
    covariance = np.array([centred[k:] @ centred[: count - k] for k in range(lags + 1)]) / count
    if not covariance[0] > 0:
        return 1.0
    reach = min(2 * max(_last_correlated(covariance, count), 1), lags)
    lag = np.arange(1, reach + 1)
    window = np.minimum(1, 2 * (1 - lag / reach))
    weighed = window * covariance[1 : reach + 1]
    spectrum = covariance[0] + 2 * float(weighed.sum())
    slope = 2 * float((weighed * lag).sum())
    if spectrum == 0:
        return 1.0
    best = (slope / spectrum) ** 2 * count  # 2·G²/D, with D = 2·spectrum²
    most = math.ceil(min(3 * math.sqrt(count), count / 3))
    return float(min(max(best ** (1 / 3), 1.0), most))


def _last_correlated(covariance: FloatArray, count: int) -> int:
    """The lag after which K correlations in a row are within the band; else the last outside."""
    row = max(5, int(math.log10(count)))
    band = 2 * math.sqrt(math.log10(count) / count)
    inside = np.abs(covariance[1:] / covariance[0]) < band
    for lag in range(len(inside) - row + 1):
        if inside[lag : lag + row].all():
            return lag
    outside = np.flatnonzero(~inside)
    return int(outside[-1]) + 1 if len(outside) else 0
