"""Return on what a position ties up: on its initial margin, and on its value."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from obverse.contracts import Amount, Position, exact
from obverse.contracts.units import ExactNumber, to_decimal
from obverse.errors import DataError


@dataclass(frozen=True)
class PositionReturn:
    """A gain as a fraction of the initial margin at entry, and of the entry value."""

    return_on_equity: Decimal
    return_on_value: Decimal


def return_on_equity(position: Position, pnl: Amount, *, leverage: ExactNumber) -> PositionReturn:
    """Return on initial margin (entry value / leverage) and on entry value."""
    multiple = exact(leverage, "leverage")
    if multiple <= 0 or not position.cost:
        raise DataError(f"return: a leverage of {leverage} on a cost of {position.cost} is none.")
    value = abs(position.cost.fraction)
    on_value = pnl.fraction / value
    return PositionReturn(to_decimal(on_value * Fraction(multiple)), to_decimal(on_value))
