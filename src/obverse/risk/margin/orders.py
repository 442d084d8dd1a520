"""What resting orders reserve, and what an order costs to place.

The fee for closing is reckoned at the bankruptcy price of the position that the order would open:
(1 + 1/leverage) times the value for a buy, (1 − 1/leverage) for a sale (Y9).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from obverse.contracts import Amount, Instrument, Position, fill
from obverse.contracts.accounting import rounded_fee, rounded_margin
from obverse.contracts.units import to_decimal
from obverse.errors import DataError
from obverse.risk.margin.requirements import (
    checked_leverage,
    closing_fee_reserve,
    entry_value,
    initial_margin,
)
from obverse.risk.margin.terms import MarginTerms


@dataclass(frozen=True)
class Order:
    """A limit order: signed contracts (a buy above zero), its price, its leverage.

    `leverage` none means the schedule's own rate; `fee_rate` of its own where it is known.
    """

    instrument: Instrument
    contracts: Decimal
    price: Decimal
    leverage: Decimal | None = None
    fee_rate: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse an order of nothing."""
        if not self.contracts or self.price <= 0:
            raise DataError(
                f"order of {self.instrument.symbol}: {self.contracts:f} contracts at {self.price:f}"
                "; expected a size that is not zero and a price above zero."
            )

    @property
    def opened(self) -> Position:
        """The position it would open, at its price."""
        return fill(Position.flat(self.instrument), self.contracts, self.price)


@dataclass(frozen=True)
class OrderCost:
    """What placing an order takes: initial margin, the fee to open, and the fee to close."""

    initial_margin: Amount
    open_fee: Amount
    close_fee: Amount

    @property
    def total_fee(self) -> Amount:
        """Both fees."""
        return self.open_fee + self.close_fee

    @property
    def order_cost(self) -> Amount:
        """All three."""
        return self.initial_margin + self.total_fee


def order_cost(order: Order, terms: MarginTerms) -> OrderCost:
    """What an order takes at a leverage, at the taker rate of the terms."""
    opened = order.opened
    accounting = order.instrument.accounting
    open_fee = rounded_fee(accounting, opened.cost, to_decimal(terms.taker_fee_rate))
    if order.leverage is None:
        margin = initial_margin(opened, terms)
        leverage = _implied_leverage(opened, margin)
    else:
        leverage = to_decimal(checked_leverage(order.leverage))
        margin = initial_margin(opened, terms, leverage=leverage)
    return OrderCost(margin, open_fee, closing_fee_reserve(opened, terms, leverage=leverage))


def _implied_leverage(opened: Position, margin: Amount) -> Decimal:
    if not margin:
        raise DataError(f"order of {opened.instrument.symbol}: no margin is required of it.")
    return to_decimal(entry_value(opened) / margin.fraction)


def order_margin(order: Order, terms: MarginTerms) -> Amount:
    """What one resting order reserves by the venue's rule: its margin, or that with its fees."""
    if terms.order_margin == "with_fees":
        return order_cost(order, terms).order_cost
    return initial_margin(order.opened, terms, leverage=order.leverage)


@dataclass(frozen=True)
class Available:
    """Margin that resting orders reserve, and what a balance leaves after it and their fees."""

    order_margin: Amount
    available: Amount


def available_balance(balance: Amount, orders: Sequence[tuple[Order, MarginTerms]]) -> Available:
    """What is left of a balance after the margin and, where an order names a rate, the fees."""
    reserved = balance.currency.zero
    fees = balance.currency.zero
    for order, terms in orders:
        reserved += initial_margin(order.opened, terms, leverage=order.leverage)
        if order.fee_rate is not None:
            fees += rounded_fee(order.instrument.accounting, order.opened.cost, order.fee_rate)
    return Available(reserved, balance - reserved - fees)


def reserved_by_orders(
    orders: Sequence[Order], terms: MarginTerms, held: Decimal = Decimal(0)
) -> Fraction:
    """Coin that the orders of one instrument reserve, beside a position of `held` contracts.

    Where only the larger side counts, an order that reduces the position reserves nothing until it
    has closed it (BitMEX, B15).
    """
    if terms.order_sides == "each":
        return sum((order_margin(order, terms).fraction for order in orders), Fraction(0))
    sides = []
    for sign in (1, -1):
        side = sorted(
            (order for order in orders if order.contracts * sign > 0),
            key=lambda order: -sign * order.price,  # the order that fills first reduces first
        )
        to_close = max(-sign * held, Decimal(0))
        reserved = Fraction(0)
        for order in side:
            opens = max(abs(order.contracts) - to_close, Decimal(0))
            to_close = max(to_close - abs(order.contracts), Decimal(0))
            if opens:
                share = Fraction(opens) / Fraction(abs(order.contracts))
                reserved += order_margin(order, terms).fraction * share
        sides.append(reserved)
    return max(sides)


def rounded_order_margin(instrument: Instrument, reserved: Fraction) -> Amount:
    """A reserve in whole units of the settlement coin."""
    return rounded_margin(instrument.accounting, reserved)
