"""The price ladder of very many positions on one underlying: exact sums once, then any scenarios.

All positions settled in one coin and moved by one price S gain together

    constant − inverse / S + linear · S

because an inverse position gains C − N·m/S and a linear or quanto one N·m·S − C (payoffs.py). The
three coefficients are sums over positions, taken once and exactly; a scenario costs one division,
however many positions there are: N positions and M scenarios cost O(N + M).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from obverse.contracts import Amount
from obverse.contracts.units import ExactNumber, exact_price
from obverse.errors import DataError
from obverse.risk.arrays.positions import PositionArrays, finite_gains, floats, refuse_sides

if TYPE_CHECKING:
    from obverse.marks.values import FloatArray


@dataclass(frozen=True)
class PriceLine:
    """What a book is worth in one coin as the price of one underlying moves; lines add.

    Attributes
    ----------
    underlying, currency : whose price moves it, and the coin that gains are paid in
    constant : settlement coins that no price changes: what inverse positions cost, and holdings
    inverse : dollars: coins times price that inverse positions are worth
    linear : settlement coins per dollar of price
    """

    underlying: str
    currency: str
    constant: Fraction = Fraction(0)
    inverse: Fraction = Fraction(0)
    linear: Fraction = Fraction(0)

    def __add__(self, other: PriceLine) -> PriceLine:
        """Both together; a different underlying or coin is refused."""
        if (self.underlying, self.currency) != (other.underlying, other.currency):
            raise DataError(
                f"a line of {self.underlying} in {self.currency} and one of {other.underlying} in "
                f"{other.currency} do not add: lay out one ladder for each."
            )
        return PriceLine(
            self.underlying,
            self.currency,
            self.constant + other.constant,
            self.inverse + other.inverse,
            self.linear + other.linear,
        )

    def with_holding(self, held: Amount) -> PriceLine:
        """The line with coins held, in the settlement currency."""
        return self + PriceLine(self.underlying, held.currency.code, held.fraction)

    def gain(self, price_usd: ExactNumber) -> Fraction:
        """Gain in coins at one price, exactly and unrounded."""
        price = Fraction(exact_price(price_usd, "price_usd"))
        return self.constant - self.inverse / price + self.linear * price

    def gains(self, prices_usd: ArrayLike) -> FloatArray:
        """Gain in coins at each price (M,), in floats; a price must be finite and above zero."""
        prices = floats(prices_usd, "prices_usd", above=0.0)
        with np.errstate(over="ignore"):
            found = float(self.constant) - float(self.inverse) / prices
            if self.linear:
                found = found + float(self.linear) * prices
        return finite_gains(found)


def price_line(positions: PositionArrays, *, price_ratio: ExactNumber = "1") -> PriceLine:
    """Add up positions in one instrument, in one pass over their arrays.

    Parameters
    ----------
    positions : contracts and coin cost
    price_ratio : price of the instrument over that of the underlying, for a future that keeps its
        basis: in a ladder all prices move by the same per cent

    Raises
    ------
    DataError
        a cost that is not on the side of its contracts
    """
    from obverse.risk.arrays._ladder_kernel import sums_kernel

    instrument = positions.instrument
    ratio = Fraction(exact_price(price_ratio, "price_ratio"))
    (n_high, n_low), (c_high, c_low), wrong = sums_kernel(positions.contracts, positions.cost_units)
    if wrong:
        refuse_sides(positions)
    size = Fraction((n_high << 32) + n_low) * Fraction(instrument.multiplier)
    cost = Fraction((c_high << 32) + c_low, instrument.settlement_currency.scale)
    names = (instrument.underlying, instrument.settlement_currency.code)
    if instrument.payoff.name == "inverse":
        return PriceLine(*names, constant=cost, inverse=size / ratio)
    return PriceLine(*names, constant=-cost, linear=size * ratio)
