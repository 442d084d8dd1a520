"""Averages that look back only: moving, exponential, and within a funding window.

Samples are regular unless times are given. Truncating a history never changes a value before the
cut. Exponential averages run in a compiled kernel; its plain twin is `_reference.py`.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from obverse.errors import MarketDataError
from obverse.marks.values import FloatArray, finite

Weights = Literal["flat", "linear"]


def moving_average(values: FloatArray, length: int) -> FloatArray:
    """Mean of the last `length` samples, of fewer at the start."""
    if length < 1:
        raise MarketDataError(f"moving average: a length of {length} has no samples.")
    samples = finite(values, "moving average")
    if not len(samples):
        return samples
    windows = np.lib.stride_tricks.sliding_window_view(
        np.concatenate([np.zeros(length - 1), samples]), length
    )
    counts = np.minimum(np.arange(1, len(samples) + 1), length)
    found: FloatArray = windows.sum(axis=1) / counts
    return found


def exponential_average(
    values: FloatArray, times_seconds: FloatArray, time_constant_seconds: float
) -> FloatArray:
    """Exponential average with a time constant, on irregular times; starts at the first value.

    a[k] = a[k−1] + (1 − exp(−Δt/τ))·(x[k] − a[k−1]).
    """
    from obverse.marks._kernels import exponential_average_kernel

    samples, times = finite(values, "exponential average"), finite(times_seconds, "times")
    if len(samples) != len(times):
        raise MarketDataError("exponential average: give one time a value.")
    if not time_constant_seconds > 0:
        raise MarketDataError(f"time constant: {time_constant_seconds} s is not above zero.")
    if len(times) > 1 and not (np.diff(times) > 0).all():
        raise MarketDataError("times: samples must come in increasing time, each once.")
    return exponential_average_kernel(samples, times, time_constant_seconds)


def exponential_step(average: float, value: float, seconds: float, time_constant: float) -> float:
    """Move an exponential average on by one sample."""
    return average + (1 - math.exp(-seconds / time_constant)) * (value - average)


def window_average(
    values: FloatArray, window_ids: NDArray[np.int64], weights: Weights = "flat"
) -> FloatArray:
    """Running average within each window: flat, or the k-th sample of a window weighted k.

    `window_ids` is the number of the window that each sample belongs to, never falling.
    """
    samples = finite(values, "window average")
    if len(samples) != len(window_ids):
        raise MarketDataError("window average: give one window a value.")
    if not len(samples):
        return samples
    starts = window_starts(window_ids)
    position = np.arange(len(samples)) - starts + 1
    weight = position.astype(np.float64) if weights == "linear" else np.ones(len(samples))
    total = position * (position + 1) / 2 if weights == "linear" else position
    summed = _sum_within(samples * weight, starts)
    found: FloatArray = summed / total
    return found


def window_starts(window_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each sample, the place of the first sample of its window."""
    ids = np.asarray(window_ids)
    change = np.diff(ids)
    if (change < 0).any():
        raise MarketDataError("windows: a later sample belongs to an earlier window.")
    first = np.concatenate([[True], change > 0])
    return np.maximum.accumulate(np.where(first, np.arange(len(ids)), 0))


def _sum_within(values: FloatArray, starts: NDArray[np.int64]) -> FloatArray:
    """Running sums that start anew at each window, each window summed on its own."""
    found = np.empty_like(values)
    edges = np.unique(starts)
    for low, high in zip(edges, [*edges[1:], len(values)], strict=True):
        np.cumsum(values[low:high], out=found[low:high])
    return found
