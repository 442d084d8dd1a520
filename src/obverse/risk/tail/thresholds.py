"""How far a price may go before a margined position is liquidated, and the leverage for a distance.

With a the margin over the position's value at entry and m₀ the maintenance rate on the value at the
price reached, equity meets maintenance when the adverse move is

    short inverse, long linear    x = (a − m₀)/(1 − a), never where a ≥ 1
    short linear, long inverse    x = (a − m₀)/(1 + m₀)

The adverse move of a short is the rise of S; that of a long is the rise of 1/S: an inverse contract
in S is a linear one in 1/S, so there are two formulas and not four (Alexander, Deng and Zou 2022;
the short ones are theirs).
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal, TypeAlias

from obverse.contracts.units import ExactNumber, exact, to_decimal
from obverse.errors import DataError
from obverse.risk.tail.levels import Side, checked_side

PayoffWord: TypeAlias = Literal["inverse", "linear"]


def liquidation_threshold_return(
    payoff: str,
    side: str,
    *,
    margin: ExactNumber,
    hedge_ratio: ExactNumber,
    maintenance_rate: ExactNumber = 0,
) -> Decimal | None:
    """Return of the price from entry at which a margined hedge is liquidated, exactly.

    Parameters
    ----------
    payoff : `inverse` or `linear`
    side : `short` is liquidated by a rise, a return above zero; `long` by a fall, below zero
    margin : coins behind a hedge of one coin (inverse), or that fraction of its value (linear)
    hedge_ratio : coins of position for one coin hedged, at entry
    maintenance_rate : of the position's value at the price reached

    Returns
    -------
    The return, none where no price liquidates. A margin no larger than maintenance gives a return
    of zero or beyond, on the side of a gain: the position is liquidated as it is.
    """
    share, size = exact(margin, "margin"), exact(hedge_ratio, "hedge_ratio")
    rate = exact(maintenance_rate, "maintenance_rate")
    if share < 0:
        raise DataError(f"margin: found {share}, expected zero or more.")
    if size <= 0:
        raise DataError(f"hedge_ratio: found {size}, expected above zero.")
    if not 0 <= rate < 1:
        raise DataError(f"maintenance_rate: found {rate}, expected 0 or more and below 1.")
    direction = checked_side(side)
    a, kept = Fraction(share) / Fraction(size), Fraction(rate)
    if loses_at_most_its_value(payoff, direction):
        move = None if a >= 1 else (a - kept) / (1 - a)
    else:
        move = (a - kept) / (1 + kept)
    if move is None:
        return None
    return to_decimal(move if direction == "short" else -move / (1 + move))


def loses_at_most_its_value(payoff: str, side: Side) -> bool:
    """Whether all that a position can lose is its value at entry: short inverse, long linear."""
    if payoff not in ("inverse", "linear"):
        raise DataError(f"payoff: found {payoff!r}, expected inverse or linear.")
    return (payoff == "inverse") == (side == "short")


def margin_for_move(payoff: str, side: Side, adverse_move: float, maintenance_rate: float) -> float:
    """Margin over value at entry that an adverse move just uses up: the formulas turned round."""
    if loses_at_most_its_value(payoff, side):
        return (adverse_move + maintenance_rate) / (1 + adverse_move)
    return maintenance_rate + adverse_move * (1 + maintenance_rate)
