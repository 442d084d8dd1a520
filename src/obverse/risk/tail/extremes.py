"""The chance that a price comes to a liquidation within a horizon, and the leverage for a chance.

A history is cut into blocks of the horizon. The adverse move of a block is the worst that a
position opened at its start would have seen in it: the highest S/S₀ − 1 for a short; for a long the
highest S₀/S − 1, the rise of 1/S, which no fall of S takes beyond a bound that cannot be. To these
maxima an extreme value law is fitted.

Blocks do not overlap and volatility is the history's average, not today's. Where prices are closes
the worst within a step is missed: give the steps' own highs, or lows for a long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from numpy.typing import ArrayLike

from obverse.errors import DataError
from obverse.marks.values import FloatArray, prices
from obverse.risk.tail.extreme_values import (
    LEAST_BLOCKS,
    ExtremeValueLaw,
    FitMethod,
    fit_extreme_values,
)
from obverse.risk.tail.levels import Side, checked_count, checked_level, checked_side
from obverse.risk.tail.thresholds import margin_for_move


@dataclass(frozen=True)
class AdverseTail:
    """The law of the worst move against a side within a horizon.

    Attributes
    ----------
    side : the position's
    horizon_steps : steps of the history in a block
    law : of the adverse move, a rise of S for a short and of 1/S for a long
    blocks : maxima that it was fitted to
    """

    side: Side
    horizon_steps: int
    law: ExtremeValueLaw
    blocks: int


def adverse_moves(
    price_history_usd: ArrayLike,
    *,
    side: str,
    horizon_steps: int,
    worst_usd: ArrayLike | None = None,
) -> FloatArray:
    """The worst move against a side in each whole block of a history, as a fraction.

    Parameters
    ----------
    price_history_usd : closes, oldest first; a block opens at a close and ends `horizon_steps` on
    worst_usd : each step's high (short) or low (long), where known; the closes stand for it
    """
    direction, steps = checked_side(side), checked_count(horizon_steps, "horizon_steps")
    closes = prices(price_history_usd, "price history")
    worst = closes if worst_usd is None else prices(worst_usd, "worst prices")
    if len(worst) != len(closes):
        raise DataError(f"worst prices: {len(worst)} of them, expected {len(closes)}, one a close.")
    count = (len(closes) - 1) // steps
    if count < LEAST_BLOCKS:
        raise DataError(
            f"price history: {len(closes)} prices are {max(count, 0)} blocks of {steps} steps, "
            f"expected at least {LEAST_BLOCKS} blocks; give a longer history or a shorter horizon."
        )
    opened = closes[: count * steps : steps]
    within = worst[1 : count * steps + 1].reshape(count, steps)
    if direction == "short":
        rises: FloatArray = within.max(axis=1) / opened - 1
        return rises
    falls: FloatArray = opened / within.min(axis=1) - 1
    return falls


def adverse_tail(
    price_history_usd: ArrayLike,
    *,
    side: str,
    horizon_steps: int,
    worst_usd: ArrayLike | None = None,
    method: FitMethod = "l_moments",
) -> AdverseTail:
    """Fit the law of the worst move against a side within a horizon (see `adverse_moves`)."""
    moves = adverse_moves(
        price_history_usd, side=side, horizon_steps=horizon_steps, worst_usd=worst_usd
    )
    law = fit_extreme_values(moves, method)
    return AdverseTail(checked_side(side), horizon_steps, law, len(moves))


def liquidation_probability(threshold_return: Decimal | float | None, tail: AdverseTail) -> float:
    """Chance that the price comes to a threshold within the horizon.

    `threshold_return` is of the price from entry, above zero for a short and below for a long, as
    `liquidation_threshold_return` gives it: none has no chance, and one already passed is certain.
    """
    if threshold_return is None:
        return 0.0
    given = float(threshold_return)
    if not math.isfinite(given) or (tail.side == "long" and given <= -1):
        raise DataError(f"threshold return: found {threshold_return}, expected one above -1.")
    move = given if tail.side == "short" else -given / (1 + given)
    return 1.0 if move <= 0 else tail.law.tail(move)


def leverage_for_probability(
    probability: float, tail: AdverseTail, *, payoff: str, maintenance_rate: float = 0.0
) -> float | None:
    """The highest leverage, value at entry over margin, that liquidation stays a chance under.

    The chance rises with leverage, so the threshold of that chance gives it in closed form. Where
    the move of that chance is not adverse at all, maintenance alone bounds leverage: its inverse,
    none without maintenance. A short inverse position at leverage 1 is never liquidated, so it is
    never told less; nor is a long linear one.
    """
    chance = checked_level(probability, "probability")
    if not 0 <= maintenance_rate < 1:
        raise DataError(f"maintenance_rate: found {maintenance_rate}, expected 0 up to below 1.")
    move = max(tail.law.threshold(chance), 0.0)
    margin = margin_for_move(payoff, tail.side, move, maintenance_rate)
    return 1 / margin if margin > 0 else None
