"""Compiled parts of a perpetual's history: what one window's steps come to.

Within a window the rate in force does not change, so that most of it is element by element. Arrays
are the window's own parts of the history's (which lets a compiler take several steps at once), save
in `sliding_mean_kernel`. Symbols are those of `_perpetual_kernel.py`; `terms` is `terms.Terms`. NaN
is used inside for "no average yet", and replaced before a window is done.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numba
import numpy as np

from obverse.marks._kernels import rate_kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from obverse.marks.terms import Terms
    from obverse.marks.values import FloatArray

    Times = NDArray[np.int64]
    Flags = NDArray[np.bool_]

NEVER = -(2**63)
"""A time before all others."""

_MICROMINUTE_NS = 60_000.0
_MINUTE_NS = 60_000_000_000.0


@numba.njit(cache=True, error_model="numpy")
def gaps_kernel(
    s: FloatArray,
    bid: FloatArray,
    ask: FloatArray,
    last: FloatArray,
    confined: bool,
    gap: FloatArray,
    sampled: Flags,
) -> None:
    """Basis of each step, and whether it has both sides of a book; 0 where not."""
    for k in range(len(s)):
        mid = 0.5 * (bid[k] + ask[k])
        price = mid
        if confined:
            price = last[k] if last[k] > bid[k] else bid[k]
            price = price if price < ask[k] else ask[k]
            price = mid if math.isnan(last[k]) else price
        book = not math.isnan(mid)
        gap[k] = price - s[k] if book else 0.0
        sampled[k] = book


@numba.njit(cache=True, error_model="numpy")
def basis_kernel(
    t: Times,
    gap: FloatArray,
    sampled: Flags,
    tau: float,
    b: float,
    at: int,
    found: FloatArray,
) -> tuple[float, int]:
    """Exponential average of the basis, kept without a book; none (tau 0) is the last basis.

    `at` is when there was a book before these steps, NEVER where there was none.
    """
    dt = 0
    share = 1.0
    for k in range(len(found)):
        if sampled[k]:
            if tau > 0.0 and at != NEVER:
                if t[k] - at != dt:
                    dt = t[k] - at
                    share = 1.0 - math.exp(-dt * 1e-9 / tau)
                b += share * (gap[k] - b)
            else:
                b = gap[k]
            at = t[k]
        found[k] = b
    return b, at


@numba.njit(cache=True, error_model="numpy")
def sliding_mean_kernel(
    x: FloatArray,
    sampled: Flags,
    t: Times,
    span: int,
    k0: int,
    k1: int,
    suffix: FloatArray,
    state: tuple[int, int, float, int],
    found: FloatArray,
) -> tuple[int, int, float, int]:
    """Mean of the samples in (t[k] - span, t[k]], NaN where there is none; x is 0 between samples.

    Nothing is ever subtracted, so nothing drifts: the sum is that of the steps tail..middle-1, kept
    from their last one backwards in `suffix`, and `back`, of those since. When the first part has
    left, the second becomes it. The state is tail, middle, back and the number of samples.
    """
    tail, middle, back, count = state
    for k in range(k0, k1):
        back += x[k]
        count += sampled[k]
        oldest = t[k] - span
        while t[tail] <= oldest:
            count -= sampled[tail]
            tail += 1
        if tail >= middle:
            total = 0.0
            for j in range(k, tail - 1, -1):
                total += x[j]
                suffix[j] = total
            middle = k + 1
            back = 0.0
        found[k] = (suffix[tail] + back) / count if count > 0 else math.nan
    return tail, middle, back, count


@numba.njit(cache=True, error_model="numpy")
def hold_kernel(sampled: Flags, before: float, found: FloatArray) -> float:
    """Put the last sampled value where there was no sample, and return the last one.

    `before` is that of the step before these.
    """
    for k in range(len(found)):
        if not sampled[k]:
            found[k] = before
        before = found[k]
    return before


@numba.njit(cache=True, error_model="numpy")
def mark_kernel(
    t: Times,
    s: FloatArray,
    last: FloatArray,
    stamp: int,
    decay: float,
    terms: Terms,
    basis_rate: FloatArray,
    mark: FloatArray,
) -> None:
    """Marks in place of the averaged bases, and the funding still to come as a rate."""
    if terms.whole_minutes:
        for k in range(len(s)):
            minutes = np.ceil(np.rint((stamp - t[k]) / _MICROMINUTE_NS) / 1e6)
            basis_rate[k] = decay * (minutes * _MINUTE_NS)
    else:
        for k in range(len(s)):
            basis_rate[k] = decay * (stamp - t[k])
    if terms.policy == 0:
        for k in range(len(s)):
            mark[k] = s[k] * (1.0 + basis_rate[k])
    elif terms.policy == 1:
        for k in range(len(s)):
            mark[k] = s[k] + mark[k]
    else:
        for k in range(len(s)):
            decayed = s[k] * (1.0 + basis_rate[k])
            averaged = s[k] + mark[k]
            third = averaged if math.isnan(last[k]) else last[k]
            low = decayed if decayed < averaged else averaged
            high = averaged if decayed < averaged else decayed
            third = third if third < high else high
            mark[k] = low if low > third else third
    if terms.bound > 0.0:
        for k in range(len(s)):
            low = s[k] * (1.0 - terms.bound)
            high = s[k] * (1.0 + terms.bound)
            m = mark[k] if mark[k] > low else low
            mark[k] = m if m < high else high


@numba.njit(cache=True, error_model="numpy")
def premium_kernel(
    s: FloatArray,
    bid: FloatArray,
    ask: FloatArray,
    mark: FloatArray,
    sampled: Flags,
    terms: Terms,
    premium: FloatArray,
) -> None:
    """Premiums in place of the funding still to come; 0 where there was no book."""
    if terms.source == 2:
        for k in range(len(s)):
            premium[k] = (mark[k] - s[k]) / s[k] if sampled[k] else 0.0
    elif terms.source == 3:
        for k in range(len(s)):
            premium[k] = (0.5 * (bid[k] + ask[k]) - s[k]) / s[k] if sampled[k] else 0.0
    else:
        own = terms.source == 0
        for k in range(len(s)):
            around = mark[k] if own else s[k]
            above = bid[k] - around
            below = around - ask[k]
            above = above if above > 0.0 else 0.0
            below = below if below > 0.0 else 0.0
            p = (above - below) / s[k] + (premium[k] if own else 0.0)
            premium[k] = p if sampled[k] else 0.0


@numba.njit(cache=True, error_model="numpy")
def window_mean_kernel(x: FloatArray, sampled: Flags, linear: bool, found: FloatArray) -> int:
    """Running mean of the window's samples, the n-th weighted 1 or n; NaN before the first."""
    total = 0.0
    count = 0
    if linear:
        for k in range(len(found)):
            count += sampled[k]
            total += count * x[k]
            found[k] = total / (0.5 * count * (count + 1.0)) if count > 0 else math.nan
    else:
        for k in range(len(found)):
            count += sampled[k]
            total += x[k]
            found[k] = total / count if count > 0 else math.nan
    return count


@numba.njit(cache=True, error_model="numpy")
def rates_kernel(terms: Terms, r: float, rates: FloatArray) -> None:
    """Rates in place of average premiums; r where there is none."""
    for k in range(len(rates)):
        p = rates[k]
        rate = rate_kernel(
            terms.rule, p, terms.interest, terms.dampener, terms.coefficient, terms.cap
        )
        rates[k] = r if math.isnan(p) else rate


@numba.njit(cache=True, error_model="numpy")
def held_integral_kernel(t: Times, rates: FloatArray) -> float:
    """Sum of rate times nanoseconds from the first step to the last, each held until the next."""
    total = 0.0
    for k in range(len(t) - 1):
        total += rates[k] * (t[k + 1] - t[k])
    return total
