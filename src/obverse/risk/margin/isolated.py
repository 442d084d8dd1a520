"""What an isolated position can lose, and what comes back when it is closed."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from obverse.contracts import Amount, Position, fill
from obverse.contracts.units import ExactNumber, exact, to_decimal
from obverse.errors import DataError
from obverse.risk.margin.requirements import checked_leverage, entry_value


def margin_posted(position: Position, leverage: ExactNumber) -> Fraction:
    """Isolated margin at a leverage, unrounded: entry value over leverage."""
    return entry_value(position) / checked_leverage(leverage)


def capped_pnl(position: Position, *, price: ExactNumber, leverage: ExactNumber) -> Amount:
    """Gain at a price; the loss ends at the isolated margin, the rest is not the trader's."""
    gain = position.pnl(price=price)
    least = -margin_posted(position, leverage)
    if gain.fraction >= least:
        return gain
    currency = position.instrument.settlement_currency
    return currency.amount(least, position.instrument.accounting.value.rounding)


def settled_position(
    position: Position,
    *,
    leverage: ExactNumber,
    close_contracts: ExactNumber,
    price: ExactNumber,
    received: Amount,
) -> Amount:
    """What is paid out when contracts of an isolated position are closed and its margin released.

    The whole margin, the gain of the part that was closed (no more than the position is), and a fee
    received; never below nothing.
    """
    count = exact(close_contracts, "close_contracts")
    if count < 0:
        raise DataError(f"close_contracts: {count:f} is below zero; expected how many to close.")
    sign = 1 if position.contracts > 0 else -1
    closing = min(count, abs(position.contracts))
    reduced = fill(position, -sign * closing, price) if closing else position
    gain = reduced.realized - position.realized
    currency = position.instrument.settlement_currency
    margin = currency.amount(
        margin_posted(position, leverage), position.instrument.accounting.value.rounding
    )
    paid = margin + gain + received
    return paid if paid.units > 0 else currency.zero


def leverage_of(position: Position, margin: Fraction) -> Decimal | None:
    """Entry value over the coins posted; none where nothing is."""
    return to_decimal(entry_value(position) / margin) if margin > 0 else None
