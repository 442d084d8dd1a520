"""How far trading moves a price: linear or square-root in coins traded over depth.

With Q signed coins traded since the start (bought above zero), D the depth, c the price change of
one depth and f(x) = x or √x:

    bought   P = P₀ · (1 + c·f(Q/D))        sold   P = P₀ / (1 + c·f(|Q|/D))

so that no sale leaves a price at zero and one over the price (what an inverse contract is worth)
moves for sales as the price does for purchases. Impact is of all that was traded, whatever slices
it came in, and it stays. A trade from Q₁ to Q₂ is done at P of the mean of f between: exactly the
mean price of a purchase and the harmonic mean of a sale, which is what contracts of a fixed number
of dollars are sold at.

Square-root impact: the empirical law of metaorders (Almgren and others 2005; Tóth and others 2011).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from obverse.contracts.units import exact, exact_price, to_decimal
from obverse.errors import AmountError, RuleError
from obverse.risk.margin.crossing import square_root

Law = Literal["linear", "square_root"]
LAWS: tuple[Law, ...] = ("linear", "square_root")


@dataclass(frozen=True)
class MarketImpact:
    """A market's depth: `depth_coin` coins move the price by `price_change` (a fraction)."""

    depth_coin: Decimal
    price_change: Decimal = Decimal("0.01")
    law: Law = "square_root"

    def __post_init__(self) -> None:
        """Refuse a market without depth, or one that moves against the trade."""
        object.__setattr__(self, "depth_coin", exact_price(self.depth_coin, "depth_coin"))
        object.__setattr__(self, "price_change", exact(self.price_change, "price_change"))
        if self.price_change < 0:
            raise AmountError(f"price_change: {self.price_change} is below zero.")
        if self.law not in LAWS:
            raise RuleError(f"No impact law {self.law!r}; there are {', '.join(LAWS)}.")

    def price(self, start_price: Decimal, traded_coin: Fraction) -> Decimal:
        """The price after so many signed coins were traded since `start_price`."""
        return _moved(start_price, self.price_change, self._signed(traded_coin))

    def trade_price(self, start_price: Decimal, before: Fraction, after: Fraction) -> Decimal:
        """The price at which the coins between two totals were traded."""
        if before == after:
            return self.price(start_price, after)
        mean = (self._integral(after) - self._integral(before)) / (after - before)
        return _moved(start_price, self.price_change, mean)

    def _signed(self, traded: Fraction) -> Fraction:
        ratio = abs(traded) / Fraction(self.depth_coin)
        size = ratio if self.law == "linear" else square_root(ratio)
        return size if traded >= 0 else -size

    def _integral(self, traded: Fraction) -> Fraction:
        """Antiderivative of the signed impact: even, zero at zero."""
        ratio = abs(traded) / Fraction(self.depth_coin)
        if self.law == "linear":
            return abs(traded) * ratio / 2
        return abs(traded) * square_root(ratio) * Fraction(2, 3)


def _moved(start: Decimal, change: Decimal, impact: Fraction) -> Decimal:
    scale = 1 + Fraction(change) * abs(impact)
    return to_decimal(Fraction(start) * scale if impact >= 0 else Fraction(start) / scale)
