"""How many contracts: of a coin value, of a margin at a leverage, in whole lots."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from obverse.contracts.instruments import Instrument
from obverse.contracts.units import (
    ExactNumber,
    Rounding,
    exact,
    exact_price,
    round_to_step,
    to_decimal,
)
from obverse.errors import AmountError


def contracts_of_value(
    instrument: Instrument, *, coin_value: ExactNumber, price: ExactNumber
) -> Decimal:
    """Contracts worth so many settlement coins at a price, not rounded to lots."""
    value = exact(coin_value, "coin_value")
    return to_decimal(instrument.payoff.contracts(value, exact_price(price)))


def contracts_of_margin(
    instrument: Instrument, *, margin: ExactNumber, leverage: ExactNumber, price: ExactNumber
) -> Decimal:
    """Contracts that so many coins of margin open at a leverage, before fees."""
    multiple = exact(leverage, "leverage")
    if multiple <= 0:
        raise AmountError(f"leverage: {leverage} is not above zero.")
    value = Fraction(exact(margin, "margin")) * Fraction(multiple)
    return to_decimal(instrument.payoff.contracts(value, exact_price(price)))


def whole_lots(
    instrument: Instrument, contracts: Decimal | Fraction, rounding: Rounding = Rounding.NEAREST
) -> Decimal:
    """Contracts rounded to whole lots."""
    return round_to_step(contracts, instrument.lot, rounding)
