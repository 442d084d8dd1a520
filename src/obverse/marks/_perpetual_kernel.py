"""The compiled loop over a perpetual's history, by windows; its plain twin is `_reference.py`.

Symbols: t time in ns, s index, e window edges, r rate in force, held the rate of the last step, b
averaged basis. The parts of a window are in `_window_kernels.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np

from obverse.marks._window_kernels import (
    NEVER,
    basis_kernel,
    gaps_kernel,
    held_integral_kernel,
    hold_kernel,
    mark_kernel,
    premium_kernel,
    rates_kernel,
    sliding_mean_kernel,
    window_mean_kernel,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from obverse.marks.terms import Terms
    from obverse.marks.values import FloatArray

_HOUR_NS = 3_600_000_000_000


@numba.njit(cache=True, error_model="numpy")
def perpetual_kernel(
    t: NDArray[np.int64],
    s: FloatArray,
    bid: FloatArray,
    ask: FloatArray,
    last: FloatArray,
    e: NDArray[np.int64],
    start: float,
    terms: Terms,
    mark: FloatArray,
    premium: FloatArray,
    sampled: NDArray[np.bool_],
    accruing: FloatArray,
    in_force: FloatArray,
    paid: FloatArray,
    counts: NDArray[np.int64],
    scratch: FloatArray,
) -> None:
    """One pass over a history, into arrays that NumPy made: it asks for large pages of memory.

    Filled are mark, premium, whether it was sampled, accruing rate and rate in force of each step,
    then what each window that has ended exchanged and its samples. `scratch` has three rows.
    """
    n = len(t)
    windows = max(len(e) - 1, 0)
    ended = len(paid)
    moving = terms.moving_ns > 0
    rolling = terms.rolling_ns > 0
    gap = scratch[0] if moving else premium
    gap_sums = scratch[1]
    sums = scratch[2]
    gap_state = (0, 0, 0.0, 0)
    state = (0, 0, 0.0, 0)
    rate_ns = terms.rate_hours * _HOUR_NS
    r = start
    held = start
    since = t[0] if n > 0 else 0
    b = 0.0
    at = NEVER
    k1 = 0
    for w in range(windows):
        k0 = k1
        while k1 < n and t[k1] <= e[w + 1]:
            k1 += 1
        # This window's parts of the arrays.
        steps = slice(k0, k1)
        tw, sw, bw, aw, lw = t[steps], s[steps], bid[steps], ask[steps], last[steps]
        seen, mw, pw, rates = sampled[steps], mark[steps], premium[steps], accruing[steps]
        gaps_kernel(sw, bw, aw, lw, terms.basis_of == 1, gap[steps], seen)
        if moving:
            gap_state = sliding_mean_kernel(
                gap, sampled, t, terms.moving_ns, k0, k1, gap_sums, gap_state, mark
            )
            b = hold_kernel(seen, b, mw)
        else:
            b, at = basis_kernel(tw, gap[steps], seen, terms.tau_seconds, b, at, mw)
        mark_kernel(tw, sw, lw, e[w + 1], r / rate_ns, terms, pw, mw)
        premium_kernel(sw, bw, aw, mw, seen, terms, pw)
        count = 0
        integral = 0.0
        if terms.continuous:
            rates[:] = pw
            rates_kernel(terms, r, rates)
            count = int(np.count_nonzero(seen))
            before = held
            held = hold_kernel(seen, held, rates)
            in_force[steps] = rates
            if k1 > k0:
                integral = before * (t[k0] - since) + held_integral_kernel(tw, rates)
                since = t[k1 - 1]
        else:
            if rolling:
                state = sliding_mean_kernel(
                    premium, sampled, t, terms.rolling_ns, k0, k1, sums, state, accruing
                )
                count = int(np.count_nonzero(seen))
            else:
                count = window_mean_kernel(pw, seen, terms.weighting == 1, rates)
            rates_kernel(terms, r, rates)
            in_force[steps] = r
            held = rates[k1 - k0 - 1] if k1 > k0 else r
        if w < ended:
            counts[w] = count
            if terms.continuous:
                paid[w] = (integral + held * (e[w + 1] - since)) / rate_ns
                since = e[w + 1]
            else:
                paid[w] = (r if terms.lagged else held) * ((e[w + 1] - e[w]) / rate_ns)
        r = held
