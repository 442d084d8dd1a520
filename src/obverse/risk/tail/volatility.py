"""Daily volatility of log returns, and distances in standard deviations.

A step is whatever lies between two prices of a history; the result is per square root of a step
unless its name says a day.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from obverse.errors import DataError
from obverse.marks.averages import exponential_average
from obverse.marks.values import FloatArray, finite, prices
from obverse.risk.tail.levels import checked_count, checked_level

DECAY = 0.94
"""Weight of yesterday in a daily average (RiskMetrics 1996)."""

SEED_STEPS = 20
"""Returns whose mean square starts the average."""


def log_returns(price_history_usd: ArrayLike) -> FloatArray:
    """Log returns between the prices of a history, one fewer than prices."""
    found = prices(price_history_usd, "price history")
    if len(found) < 2:
        raise DataError(f"price history: {len(found)} prices, expected at least 2.")
    moves: FloatArray = np.diff(np.log(found))
    return moves


def ewma_volatilities(
    returns: ArrayLike, *, decay: float = DECAY, seed_steps: int = SEED_STEPS
) -> FloatArray:
    """Volatility forecast before each return after the seed, and before the one yet to come.

    v[t+1] = decay·v[t] + (1 − decay)·r[t]², seeded with the mean square of the first `seed_steps`
    returns. Element k stands before return `seed_steps + k`, so that there is one element more than
    returns after the seed and none knows the return it is of. Returns that stand still, so that
    there is no volatility to divide by, are refused.
    """
    moves = finite(returns, "returns")
    weight, seed = checked_level(decay, "decay"), checked_count(seed_steps, "seed_steps")
    if len(moves) < seed:
        raise DataError(f"returns: {len(moves)} of them, expected at least {seed} for the seed.")
    squares = moves**2
    history = np.concatenate([[squares[:seed].mean()], squares[seed:]])
    steps = np.arange(len(history), dtype=np.float64)
    found: FloatArray = np.sqrt(exponential_average(history, steps, -1 / math.log(weight)))
    if not (found > 0).all():
        place = seed + int(np.argmin(found))
        raise DataError(f"returns: no volatility before step {place}; the prices stand still.")
    return found


def ewma_volatility(
    returns: ArrayLike, *, decay: float = DECAY, seed_steps: int = SEED_STEPS
) -> float:
    """Volatility forecast of the next step (see `ewma_volatilities`)."""
    return float(ewma_volatilities(returns, decay=decay, seed_steps=seed_steps)[-1])


def realised_daily_volatility(price_history_usd: ArrayLike, *, steps_per_day: int) -> float:
    """Root of the mean daily sum of squared log returns; the mean return is taken as zero."""
    steps = checked_count(steps_per_day, "steps_per_day")
    moves = log_returns(price_history_usd)
    if len(moves) < steps:
        raise DataError(f"price history: {len(moves)} steps, expected a day of {steps} or more.")
    return math.sqrt(steps * float(np.mean(moves**2)))


def daily_deviations(price_usd: float, to_price_usd: float, volatility_daily: float) -> float:
    """How many daily standard deviations a price is away, |log(to / from)| over the volatility."""
    for name, value in (
        ("price", price_usd), ("price to reach", to_price_usd), ("volatility", volatility_daily)
    ):  # fmt: skip
        if not (value > 0 and math.isfinite(value)):
            raise DataError(f"{name}: found {value}, expected a finite number above zero.")
    return abs(math.log(to_price_usd / price_usd)) / volatility_daily
