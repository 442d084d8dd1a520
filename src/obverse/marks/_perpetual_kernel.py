"""The compiled loop over a perpetual's history; `_reference.py` is its plain twin.

Symbols: t time in ns, s index, e window edges, r rate in force, h hours to funding over the hours
of a rate, b averaged basis, m mark, p premium.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import numba
import numpy as np

from obverse.marks._kernels import rate_kernel, slide_kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from obverse.marks.terms import Terms
    from obverse.marks.values import FloatArray

    Arrays: TypeAlias = tuple[
        FloatArray,
        FloatArray,
        NDArray[np.bool_],
        FloatArray,
        FloatArray,
        FloatArray,
        NDArray[np.int64],
    ]

_HOUR_NS = 3_600_000_000_000
_MICROMINUTE_NS = 60_000


@numba.njit(cache=True)
def perpetual_kernel(
    t: NDArray[np.int64],
    s: FloatArray,
    bid: FloatArray,
    ask: FloatArray,
    last: FloatArray,
    e: NDArray[np.int64],
    start: float,
    terms: Terms,
) -> Arrays:
    """One pass over a history.

    Returns mark, premium, whether it was sampled, accruing rate and rate in force of each step,
    then what each window that has ended exchanged and its samples.
    """
    n = len(t)
    mark = np.empty(n)
    premium = np.empty(n)
    sampled = np.empty(n, dtype=np.bool_)
    accruing = np.empty(n)
    in_force = np.empty(n)
    windows = max(len(e) - 1, 0)
    if windows > 0 and t[n - 1] < e[windows]:
        windows -= 1
    paid = np.zeros(windows)
    counts = np.zeros(windows, dtype=np.int64)
    # One loop a family of averages, so that no step asks which.
    gap = np.zeros(n if terms.moving_ns > 0 else 1)
    gap_sums = np.zeros(n if terms.moving_ns > 0 else 1)
    gap_tail, gap_counted, gap_middle, gap_back, gap_count = 0, 0, 0, 0.0, 0
    sums = np.zeros(n if terms.rolling_ns > 0 else 1)
    tail, counted, middle, back, within = 0, 0, 0, 0.0, 0
    rate_ns = terms.rate_hours * _HOUR_NS
    r = start
    held = start
    decay = r / rate_ns
    integral = 0.0
    since = t[0] if n > 0 else 0
    w = 0
    b = 0.0
    book_at = -1
    dt = 0
    share = 0.0
    total = 0.0
    weight = 0.0
    count = 0
    for k in range(n):
        # Windows that ended since the last step.
        while t[k] > e[w + 1]:
            counts[w] = count
            if terms.continuous:
                integral += held * (e[w + 1] - since)
                since = e[w + 1]
                paid[w] = integral / rate_ns
                integral = 0.0
            else:
                due = r if terms.lagged else held
                paid[w] = due * ((e[w + 1] - e[w]) / rate_ns)
            r = held
            decay = r / rate_ns
            total = 0.0
            weight = 0.0
            count = 0
            w += 1
        if terms.continuous:
            integral += held * (t[k] - since)
            since = t[k]
            r = held
            decay = r / rate_ns
        # Averaged basis.
        book = not (math.isnan(bid[k]) or math.isnan(ask[k]))
        mid = 0.5 * (bid[k] + ask[k])
        x = 0.0
        if book:
            x = mid - s[k]
            if terms.basis_of == 1 and not math.isnan(last[k]):
                price = last[k] if last[k] > bid[k] else bid[k]
                x = (price if price < ask[k] else ask[k]) - s[k]
        if terms.averaging == 2:
            gap[k] = x
            gap_count += 1 if book else 0
            added, gap_tail, gap_middle, gap_back = slide_kernel(
                gap, t, terms.moving_ns, k, gap_sums, gap_tail, gap_middle, gap_back
            )
            while gap_counted < gap_tail:
                gap_count -= 1 if sampled[gap_counted] else 0
                gap_counted += 1
            if book:
                b = added / gap_count
        elif book:
            if terms.averaging == 1 and book_at >= 0:
                if t[k] - t[book_at] != dt:
                    dt = t[k] - t[book_at]
                    share = 1.0 - math.exp(-dt * 1e-9 / terms.tau_seconds)
                b += share * (x - b)
            else:
                b = x
            book_at = k
        # Mark.
        left = e[w + 1] - t[k]
        if terms.whole_minutes:
            micro = (left + _MICROMINUTE_NS // 2) // _MICROMINUTE_NS
            left = (micro + 999_999) // 1_000_000 * 60_000_000_000
        basis_rate = decay * left
        if terms.policy == 0:
            m = s[k] * (1.0 + basis_rate)
        elif terms.policy == 1:
            m = s[k] + b
        else:
            decayed = s[k] * (1.0 + basis_rate)
            averaged = s[k] + b
            third = averaged if math.isnan(last[k]) else last[k]
            low = decayed if decayed < averaged else averaged
            high = averaged if decayed < averaged else decayed
            third = third if third < high else high
            m = low if low > third else third
        if terms.bound > 0.0:
            low = s[k] * (1.0 - terms.bound)
            high = s[k] * (1.0 + terms.bound)
            m = m if m > low else low
            m = m if m < high else high
        mark[k] = m
        # Premium.
        p = 0.0
        if book:
            if terms.source == 2:
                p = (m - s[k]) / s[k]
            elif terms.source == 3:
                p = (mid - s[k]) / s[k]
            else:
                around = m if terms.source == 0 else s[k]
                above = bid[k] - around
                below = around - ask[k]
                p = ((above if above > 0.0 else 0.0) - (below if below > 0.0 else 0.0)) / s[k]
                p += basis_rate if terms.source == 0 else 0.0
        premium[k] = p
        sampled[k] = book
        count += 1 if book else 0
        # Rate.
        if terms.continuous:
            if book:
                held = rate_kernel(
                    terms.rule, p, terms.interest, terms.dampener, terms.coefficient, terms.cap
                )
            r = held
        else:
            if terms.weighting == 2:
                within += 1 if book else 0
                total, tail, middle, back = slide_kernel(
                    premium, t, terms.rolling_ns, k, sums, tail, middle, back
                )
                while counted < tail:
                    within -= 1 if sampled[counted] else 0
                    counted += 1
                weight = float(within)
            elif book:
                each = float(count) if terms.weighting == 1 else 1.0
                total += each * p
                weight += each
            held = r
            if weight > 0.0:
                held = rate_kernel(
                    terms.rule,
                    total / weight,
                    terms.interest,
                    terms.dampener,
                    terms.coefficient,
                    terms.cap,
                )
        accruing[k] = held
        in_force[k] = r
    # A last step at a stamp ends its window.
    if w < windows:
        counts[w] = count
        if terms.continuous:
            paid[w] = integral / rate_ns
        else:
            paid[w] = (r if terms.lagged else held) * ((e[w + 1] - e[w]) / rate_ns)
    return mark, premium, sampled, accruing, in_force, paid, counts
