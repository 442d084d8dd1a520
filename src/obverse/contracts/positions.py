"""A position is signed contracts and their total coin cost; averages are derived, never stored.

Each fill keeps, to the last unit, *what was paid less what came back plus what is open = equity*:

    sum of the fills' values, signed  =  realized + cost of what is open   (up to the payoff's sign)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from obverse.contracts.accounting import Averaging, cost_of_part
from obverse.contracts.instruments import Instrument
from obverse.contracts.units import (
    Amount,
    ExactNumber,
    Price,
    Rounding,
    add,
    exact,
    to_decimal,
    to_integer,
)
from obverse.errors import AmountError, DefectError


@dataclass(frozen=True, repr=False)
class Position:
    """What is held of one instrument.

    Attributes
    ----------
    contracts : signed; long above zero
    cost : signed coin value at which they were opened, in the settlement currency
    realized : gain of what was closed so far, before fees and funding; a record of the fills, no
        part of a book's equity, whose holdings have it already
    """

    instrument: Instrument
    contracts: Decimal
    cost: Amount
    realized: Amount

    def __post_init__(self) -> None:
        """Hold the record together: one currency, cost on the side of the contracts."""
        currency = self.instrument.settlement_currency
        if self.cost.currency != currency or self.realized.currency != currency:
            raise DefectError(f"{self.instrument.symbol}: cost is not in {currency.code}.")
        if self.contracts == 0 and self.cost:
            raise DefectError(
                f"{self.instrument.symbol}: nothing is held at a cost of {self.cost}."
            )
        if self.contracts * self.cost.units < 0:
            raise DefectError(f"{self.instrument.symbol}: cost and contracts differ in sign.")

    @classmethod
    def flat(cls, instrument: Instrument) -> Position:
        """Nothing held yet."""
        zero = instrument.settlement_currency.zero
        return cls(instrument, Decimal(0), zero, zero)

    @classmethod
    def from_cost(cls, instrument: Instrument, contracts: ExactNumber, cost: Amount) -> Position:
        """A position as a venue reports it: signed contracts and the magnitude of their cost."""
        count = exact(contracts, "contracts")
        if cost.currency != instrument.settlement_currency or (cost and not count):
            raise AmountError(
                f"cost: {cost} of {count:f} contracts; expected a cost in "
                f"{instrument.settlement_currency.code}, and none of none."
            )
        signed = abs(cost) if count > 0 else -abs(cost)
        return cls(instrument, count, signed, cost.currency.zero)

    @property
    def side(self) -> str:
        """`long`, `short` or `flat`."""
        return "long" if self.contracts > 0 else "short" if self.contracts < 0 else "flat"

    def buy(
        self,
        contracts: ExactNumber | None = None,
        *,
        usd_amount: ExactNumber | None = None,
        price: ExactNumber,
    ) -> Position:
        """The position after a buy of so many contracts, or of so many dollars, at a price."""
        return fill(self, _size(self.instrument, contracts, usd_amount), price)

    def sell(
        self,
        contracts: ExactNumber | None = None,
        *,
        usd_amount: ExactNumber | None = None,
        price: ExactNumber,
    ) -> Position:
        """The position after a sale of so many contracts, or of so many dollars, at a price."""
        return fill(self, -_size(self.instrument, contracts, usd_amount), price)

    def close(self, *, price: ExactNumber) -> Position:
        """The position after all of it was closed at a price."""
        return fill(self, -self.contracts, price) if self.contracts else self

    def value(self, *, price: ExactNumber) -> Amount:
        """Signed coin value at a price."""
        return self.instrument.value(self.contracts, price)

    def pnl(self, *, price: ExactNumber) -> Amount:
        """Unrealised gain at a price, in the settlement coin, before fees and funding."""
        return _gain(self.instrument, self.cost, self.value(price=price))

    @property
    def average_price(self) -> Price | None:
        """Entry price that people read: harmonic for inverse contracts; none when flat."""
        if not self.contracts:
            return None
        lots = Fraction(self.contracts) / Fraction(self.instrument.lot)
        return Price(average_price(self.instrument, lots, self.cost), self.instrument.quote)

    def __repr__(self) -> str:
        """One line with units."""
        if not self.contracts:
            return f"flat {self.instrument.symbol}, realised {self.realized}"
        return (
            f"{self.side} {abs(self.contracts):,f} {self.instrument.symbol} "
            f"from {self.average_price!s}, cost {abs(self.cost)}, realised {self.realized}"
        )


def fill(position: Position, contracts: Decimal, price: ExactNumber) -> Position:
    """Apply a fill of signed contracts: increase, reduce, close, or reverse through zero.

    A reduction releases cost in proportion and leaves the average alone; what crosses zero opens
    at the fill's price.
    """
    held = position.contracts
    if held * contracts >= 0:
        value = position.instrument.value(contracts, price)
        return replace(position, contracts=add(held, contracts), cost=position.cost + value)
    closing = min(abs(held), abs(contracts)) * (1 if held > 0 else -1)
    cost_out = cost_of_part(position.cost, closing, held)
    gain = _gain(position.instrument, cost_out, position.instrument.value(closing, price))
    reduced = replace(
        position,
        contracts=add(held, -closing),
        cost=position.cost - cost_out,
        realized=position.realized + gain,
    )
    left = add(contracts, closing)
    return fill(reduced, left, price) if left else reduced


def average_price(instrument: Instrument, lots: Fraction, cost: Amount) -> Decimal:
    """Price at which so many signed lots cost `cost`, by the venue's averaging."""
    contracts = lots * Fraction(instrument.lot)
    if instrument.accounting.averaging is Averaging.EXACT:
        return to_decimal(instrument.payoff.average_price(contracts, cost.fraction))
    rounding = Rounding.FLOOR if lots > 0 else Rounding.CEILING
    units_per_lot = to_integer(Fraction(abs(cost.units)) / abs(lots), rounding)
    per_lot = Fraction(units_per_lot, cost.currency.scale)
    return to_decimal(instrument.payoff.average_price(Fraction(instrument.lot), per_lot))


def _gain(instrument: Instrument, cost: Amount, value: Amount) -> Amount:
    gain = instrument.payoff.pnl(cost.fraction, value.fraction)
    return instrument.settlement_currency.amount(gain)


def _size(
    instrument: Instrument, contracts: ExactNumber | None, usd_amount: ExactNumber | None
) -> Decimal:
    if (contracts is None) == (usd_amount is None):
        raise AmountError("size: give contracts or usd_amount, one of the two.")
    if usd_amount is not None:
        size = instrument.contracts_of(usd_amount)
    else:
        assert contracts is not None
        size = exact(contracts, "contracts")
    if size <= 0:
        raise AmountError(f"size: {size:f} is not above zero; buy and sell give the side.")
    return size
