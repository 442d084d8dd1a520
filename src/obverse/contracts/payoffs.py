"""Three payoffs behind one small interface: what a contract is worth as its price moves.

Everything is exact (`Fraction` in, `Fraction` out) and unrounded; rounding belongs to the venue
(`obverse.contracts.accounting`). `contracts` are signed: long above zero, short below.

Symbols: N contracts, m multiplier, P price (quote currency per coin of the underlying).

============ ==================== =============== ================ =====================
payoff       value in settlement  gain over cost  delta P·dV/dP    convexity P²·d²V/dP²
============ ==================== =============== ================ =====================
inverse      N·m/P                cost − value    N·m/P            −2·N·m/P
linear       N·m·P                value − cost    N·m·P            0
quanto       N·m·P                value − cost    N·m·P            0
============ ==================== =============== ================ =====================

A linear contract in P is an inverse one in 1/P with the sides swapped. A quanto differs from a
linear contract in its settlement currency alone: a coin whose dollar price moves on its own.
Source: venue-published PnL formulas (BitMEX inverse and quanto guides; Deribit, Kraken pages).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Protocol, TypeAlias

from obverse.contracts.units import ExactNumber, exact_price
from obverse.errors import AmountError

Number: TypeAlias = int | Decimal | Fraction


class Payoff(Protocol):
    """What every payoff answers. Amounts are whole settlement coins, unrounded."""

    @property
    def name(self) -> str:
        """The payoff's word in files and output."""
        ...

    @property
    def multiplier(self) -> Decimal:
        """Inverse: quote currency per contract. Linear, quanto: settlement per unit of price."""
        ...

    def value(self, contracts: Number, price: Number) -> Fraction:
        """Settlement-coin value of signed contracts at a price."""
        ...

    def pnl(self, cost: Fraction, value: Fraction) -> Fraction:
        """Gain of a position that cost `cost` and is now valued `value`, both signed."""
        ...

    def contracts(self, value: Number, price: Number) -> Fraction:
        """Signed contracts whose value at `price` is `value`; the inverse of `value`."""
        ...

    def average_price(self, contracts: Number, cost: Number) -> Fraction:
        """Price at which `contracts` are worth `cost`: harmonic for inverse contracts."""
        ...

    def notional_usd(self, contracts: Number, price: Number, settlement_usd: Number) -> Fraction:
        """Signed dollars of exposure agreed, at a dollar price of the settlement currency."""
        ...

    def settlement_delta(self, contracts: Number, price: Number) -> Fraction:
        """P·dV/dP: gain in settlement coin per +100 % of price, to first order."""
        ...

    def settlement_convexity(self, contracts: Number, price: Number) -> Fraction:
        """P²·d²V/dP²: second-order coefficient of the gain in settlement coin."""
        ...


def _multiplier(payoff: object, multiplier: ExactNumber) -> None:
    object.__setattr__(payoff, "multiplier", exact_price(multiplier, "multiplier"))


def _nonzero(number: Number, what: str) -> Fraction:
    value = Fraction(number)
    if value == 0:
        raise AmountError(f"{what}: zero has no price.")
    return value


@dataclass(frozen=True)
class Inverse:
    """Quoted in dollars, settled in the coin: one contract is worth `multiplier / price` coins."""

    multiplier: Decimal
    name: ClassVar[str] = "inverse"

    def __post_init__(self) -> None:
        """Refuse a multiplier that is not above zero."""
        _multiplier(self, self.multiplier)

    def value(self, contracts: Number, price: Number) -> Fraction:
        """N·m/P."""
        return Fraction(contracts) * Fraction(self.multiplier) / _nonzero(price, "price")

    def pnl(self, cost: Fraction, value: Fraction) -> Fraction:
        """Cost less value: what a long owes in coins shrinks as the price rises."""
        return cost - value

    def contracts(self, value: Number, price: Number) -> Fraction:
        """V·P/m."""
        return Fraction(value) * Fraction(price) / Fraction(self.multiplier)

    def average_price(self, contracts: Number, cost: Number) -> Fraction:
        """N·m/cost."""
        return Fraction(contracts) * Fraction(self.multiplier) / _nonzero(cost, "cost")

    def notional_usd(self, contracts: Number, price: Number, settlement_usd: Number) -> Fraction:
        """N·m: dollars, whatever the price."""
        return Fraction(contracts) * Fraction(self.multiplier)

    def settlement_delta(self, contracts: Number, price: Number) -> Fraction:
        """N·m/P: the coins the position is exposed to."""
        return self.value(contracts, price)

    def settlement_convexity(self, contracts: Number, price: Number) -> Fraction:
        """−2·N·m/P: a long loses faster than it gains."""
        return -2 * self.value(contracts, price)


@dataclass(frozen=True)
class _Proportional:
    """Value proportional to price, in the settlement currency."""

    multiplier: Decimal

    def __post_init__(self) -> None:
        """Refuse a multiplier that is not above zero."""
        _multiplier(self, self.multiplier)

    def value(self, contracts: Number, price: Number) -> Fraction:
        """N·m·P."""
        return Fraction(contracts) * Fraction(self.multiplier) * Fraction(price)

    def pnl(self, cost: Fraction, value: Fraction) -> Fraction:
        """Value less cost."""
        return value - cost

    def contracts(self, value: Number, price: Number) -> Fraction:
        """V/(m·P)."""
        return Fraction(value) / (Fraction(self.multiplier) * _nonzero(price, "price"))

    def average_price(self, contracts: Number, cost: Number) -> Fraction:
        """cost/(N·m)."""
        return Fraction(cost) / (_nonzero(contracts, "contracts") * Fraction(self.multiplier))

    def notional_usd(self, contracts: Number, price: Number, settlement_usd: Number) -> Fraction:
        """N·m·P settlement coins in dollars."""
        return self.value(contracts, price) * Fraction(settlement_usd)

    def settlement_delta(self, contracts: Number, price: Number) -> Fraction:
        """N·m·P."""
        return self.value(contracts, price)

    def settlement_convexity(self, contracts: Number, price: Number) -> Fraction:
        """Zero: the gain is a straight line."""
        return Fraction(0)


@dataclass(frozen=True)
class Linear(_Proportional):
    """Quoted and settled in the quote currency: one contract is worth `multiplier · price`."""

    name: ClassVar[str] = "linear"


@dataclass(frozen=True)
class Quanto(_Proportional):
    """Quoted in dollars, settled in a third coin at a fixed `multiplier` of coin per dollar."""

    name: ClassVar[str] = "quanto"


def dollar_delta(
    payoff: Payoff, contracts: Number, price: Number, *, settlement_usd: Number
) -> Fraction:
    """Dollars gained per +100 % of price, to first order, by a position without gains so far.

    `settlement_usd` is the dollar price of the settlement currency (1 for dollars). Divided by the
    coin's own price it is the coin delta: coins whose dollar move the position shares.
    """
    return payoff.settlement_delta(contracts, price) * Fraction(settlement_usd)


def dollar_convexity(
    payoff: Payoff,
    contracts: Number,
    price: Number,
    *,
    settlement_usd: Number,
    settles_in_underlying: bool,
) -> Fraction:
    """P² times the second derivative of the dollar gain.

    Where the settlement coin is the underlying itself, its price moves along and adds twice the
    delta: that makes an inverse contract a straight line in dollars.
    """
    second = payoff.settlement_convexity(contracts, price)
    along = 2 * payoff.settlement_delta(contracts, price) if settles_in_underlying else Fraction(0)
    return (second + along) * Fraction(settlement_usd)


PAYOFFS: dict[str, type[Inverse] | type[Linear] | type[Quanto]] = {
    kind.name: kind for kind in (Inverse, Linear, Quanto)
}
"""The closed set of payoffs, by name."""
