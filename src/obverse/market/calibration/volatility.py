"""How volatility wanders: the logarithm of each day's diffusion as a process that reverts.

A day's variance is the mean of its 24 cut bipower products (see the module `jumps`). Half of its
logarithm is the log-volatility plus an error of estimation that is independent from day to day;
`fit_reversion` tells the two apart.

Source: O. E. Barndorff-Nielsen, N. Shephard, "Econometric analysis of realized volatility and its
use in estimating stochastic volatility models", J. R. Statist. Soc. B 64 (2002), section 5.
"""

from __future__ import annotations

import numpy as np

from obverse.market.calibration.jumps import Separation
from obverse.market.calibration.moves import Moves
from obverse.market.calibration.records import Volatility
from obverse.market.calibration.reversion import Reversion, fit_reversion

_FEWEST_HOURS = 18


def fit_volatility(moves: Moves, found: Separation, name: str) -> Volatility:
    """Fit the wandering of volatility to days of which most hours are known."""
    days, first = np.unique(moves.hours // 24, return_index=True)
    counts = np.diff(np.append(first, len(moves.hours)))
    means = np.add.reduceat(found.products, first) / counts
    usable = (counts >= _FEWEST_HOURS) & (means > 0)
    logs = 0.5 * np.log(means[usable])
    what = f"{name}: daily volatility"
    wander = fit_reversion(days[usable].astype(np.float64), logs, what)
    return _volatility(found, wander)


def _volatility(found: Separation, wander: Reversion) -> Volatility:
    return Volatility(
        annual=float(np.sqrt(found.total_annual)),
        log_deviation=wander.deviation,
        log_half_life_days=wander.half_life,
        log_half_life_low_days=wander.low,
        log_half_life_high_days=wander.high,
    )
