"""Plain twins of what is computed over arrays: slow, exact, and obviously right.

They go position by position, with the formulas of one position (`margin/`, `contracts/payoffs.py`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import numpy as np

from obverse.contracts import Position
from obverse.contracts.units import ExactNumber, exact_price
from obverse.risk.arrays.margin import ArrayMargins
from obverse.risk.arrays.positions import PositionArrays
from obverse.risk.margin.prices import Backing, liquidation_value, price_against_trader
from obverse.risk.margin.requirements import (
    bankruptcy_direction,
    entry_value,
    liquidation_fee,
    maintenance_margin,
    margin_ratio,
    mark_value,
    requirement,
)
from obverse.risk.margin.terms import MarginTerms


def array_margins_reference(
    positions: PositionArrays,
    margin_units: Sequence[int],
    terms: MarginTerms,
    mark_price: ExactNumber,
) -> ArrayMargins:
    """Say what `array_margins` says, account by account; rows are taken as they are."""
    mark = exact_price(mark_price, "mark_price")
    scale = positions.instrument.settlement_currency.scale
    rows = [
        account_margins(positions.position(row), Fraction(int(units), scale), terms, mark)
        for row, units in enumerate(margin_units)
    ]
    maintenance, ratios, prices = zip(*rows, strict=True) if rows else ((), (), ())
    return ArrayMargins(
        np.array(maintenance, dtype=np.int64), np.array(ratios), np.array(prices, dtype=np.float64)
    )


def account_margins(
    position: Position, margin: Fraction, terms: MarginTerms, mark_price: Decimal
) -> tuple[int, float, float]:
    """Maintenance units, margin ratio and liquidation price of one isolated account."""
    if not position.contracts:
        return 0, math.inf, 0.0
    maintenance = maintenance_margin(position, terms, mark_price=mark_price)
    value = mark_value(position, mark_price)
    equity = margin + bankruptcy_direction(position) * (entry_value(position) - value)
    needed = requirement(position, terms, "maintenance", mark_price=mark_price)
    fee = liquidation_fee(position, terms, mark_price=mark_price)
    ratio = margin_ratio(equity, needed + fee)
    at = liquidation_value(position, terms, Backing(margin), mark_price=mark_price)
    price = price_against_trader(position, at, terms.price_rounding)
    return (
        maintenance.units,
        math.inf if ratio is None else float(ratio),
        0.0 if price is None else float(price),
    )


def gain_reference(
    positions: PositionArrays,
    prices_usd: Sequence[Fraction],
    loss_limits: Sequence[Fraction] | None = None,
) -> Fraction:
    """Gain of all positions, each at its own price, unrounded; a loss ends at its limit."""
    payoff = positions.instrument.payoff
    total = Fraction(0)
    for row, price in enumerate(prices_usd):
        position = positions.position(row)
        value = payoff.value(position.contracts, price)
        gain = payoff.pnl(position.cost.fraction, value)
        total += gain if loss_limits is None else max(gain, -loss_limits[row])
    return total
