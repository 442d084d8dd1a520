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
def _rate(rule: int, p: float, i: float, d: float, c: float, cap: float) -> float:
    """Premium to rate: 0 clamp, 1 dampener, 2 divide, 3 plain; within the cap."""
    if rule == 0:
        r = p + min(max(i - p, -d), d)
    elif rule == 1:
        r = max(d, p) + min(-d, p)
    elif rule == 2:
        r = p / c
    else:
        r = p
    return min(max(r, -cap), cap)


@numba.njit(cache=True)
def perpetual_kernel(
    t: NDArray[np.int64],
    s: FloatArray,
    bid: FloatArray,
    ask: FloatArray,
    last: FloatArray,
    h: FloatArray,
    w: NDArray[np.int64],
    r0: float,
    policy: int,
    averaging: int,
    tau: float,
    bound: float,
    length: int,
    source: int,
    rule: int,
    weighting: int,
    interest: float,
    dampener: float,
    coefficient: float,
    cap: float,
    lag: int,
    interval: float,
) -> tuple[
    FloatArray,
    FloatArray,
    FloatArray,
    FloatArray,
    FloatArray,
    NDArray[np.int64],
    int,
]:
    """One pass over a history; the symbols are those of `perpetual_history_reference`."""
    n = len(s)
    mark = np.empty(n)
    premium = np.zeros(n)
    accruing = np.empty(n)
    in_force = np.empty(n)
    windows = w[n - 1] + 1 if n > 0 else 0
    paid = np.zeros(windows)
    counts = np.zeros(windows, dtype=np.int64)
    ring = np.zeros(max(length, 1))
    seen = 0
    missing = 0
    r = r0
    basis = 0.0
    total = 0.0
    weight = 0.0
    count = 0
    before = 0
    for k in range(n):
        if k > 0 and w[k] != w[k - 1]:
            fresh = (
                _rate(rule, total / weight, interest, dampener, coefficient, cap) if count else r
            )
            for closed in range(w[k - 1], w[k]):
                paid[closed] = r if lag == 1 else fresh
                counts[closed] = count if closed == w[k - 1] else 0
            r = fresh
            if weighting != 2:
                total = 0.0
                weight = 0.0
            count = 0
        book = not (math.isnan(bid[k]) or math.isnan(ask[k]))
        mid = 0.5 * (bid[k] + ask[k]) if book else s[k] + basis
        if book:
            gap = mid - s[k]
            if averaging == 2:
                slot = seen % length
                ring[slot] = gap
                seen += 1
                held = min(seen, length)
                added = 0.0
                for j in range(held):
                    added += ring[j]
                basis = added / held
            elif averaging == 1 and seen > 0:
                basis += (1.0 - math.exp(-(t[k] - t[before]) * 1e-9 / tau)) * (gap - basis)
                seen += 1
            else:
                basis = gap
                seen += 1
            before = k
        else:
            missing += 1
        decayed = s[k] * (1.0 + r * h[k] / interval)
        averaged = s[k] + basis
        if policy == 0:
            m = decayed
        elif policy == 1:
            m = averaged
        else:
            top = last[k] if not math.isnan(last[k]) else averaged
            m = max(min(decayed, averaged), min(max(decayed, averaged), top))
        if bound > 0.0:
            m = min(max(m, s[k] * (1.0 - bound)), s[k] * (1.0 + bound))
        mark[k] = m
        if book:
            if source == 0:
                p = (max(0.0, bid[k] - m) - max(0.0, m - ask[k])) / s[k] + r * h[k] / interval
            elif source == 1:
                p = (max(0.0, bid[k] - s[k]) - max(0.0, s[k] - ask[k])) / s[k]
            elif source == 2:
                p = (m - s[k]) / s[k]
            else:
                p = (mid - s[k]) / s[k]
            premium[k] = p
            count += 1
            share = float(count) if weighting == 1 else 1.0
            total += share * p
            weight += share
        held_rate = total / weight if weight > 0.0 else 0.0
        fallback = r if weight == 0.0 else 0.0
        accruing[k] = (
            _rate(rule, held_rate, interest, dampener, coefficient, cap)
            if weight > 0.0
            else fallback
        )
        in_force[k] = r
    return mark, premium, accruing, in_force, paid, counts, missing
