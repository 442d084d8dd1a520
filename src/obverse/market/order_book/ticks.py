"""Prices as whole numbers of ticks: exact, or refused.

A recorded price is the float nearest to a decimal. It is on the tick when it is the float nearest
to a whole number of ticks, which is decided without any tolerance: n · a / b with whole n · a and
b, both below 2**53, is one correctly rounded division. Up to 15 digits a float is of one decimal.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from obverse.contracts.units import ExactNumber, exact_price, plain, to_ticks
from obverse.errors import AmountError, DefectError, MarketDataError
from obverse.market.floats import decimal_of_float

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EXACT = 2**53
"""Whole numbers up to here are floats."""

DIGITS = 15
"""Decimals of so many digits each have a float of their own."""


@dataclass(frozen=True)
class Ticks:
    """The price step of an instrument, in its quote currency: a / b in lowest terms."""

    size: Decimal

    def __init__(self, size: ExactNumber) -> None:
        """Make it exact. Raises `MarketDataError` for a step too fine or coarse for floats."""
        object.__setattr__(self, "size", exact_price(size, "tick"))
        if max(self.numerator, self.denominator) >= EXACT:
            raise MarketDataError(f"tick: {self.size} has more digits than a float keeps.")

    @property
    def most(self) -> int:
        """The highest count whose price has no more digits than a float tells apart."""
        digits = int("".join(map(str, self.size.as_tuple().digits)))
        most: int = 10**DIGITS // digits
        return most

    @property
    def numerator(self) -> int:
        """The a of a / b."""
        return Fraction(self.size).numerator

    @property
    def denominator(self) -> int:
        """The b of a / b."""
        return Fraction(self.size).denominator

    def count(self, price: float | ExactNumber) -> int:
        """How many ticks a price is. Raises `MarketDataError` for a price between two."""
        number = decimal_of_float(price) if isinstance(price, float) else price
        try:
            count = to_ticks(exact_price(number), self.size)
        except AmountError as error:
            raise MarketDataError(f"order book: {error}") from None
        if count > self.most:
            raise MarketDataError(
                f"order book: a price of {number} has more than {DIGITS} digits in ticks of "
                f"{self.size}; a wrong price, or a wrong tick."
            )
        return count

    def price(self, count: int) -> Decimal:
        """The price of a number of ticks."""
        return plain(count * self.size)

    def prices(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Prices of numbers of ticks as floats; NaN where there is none, at or below zero."""
        import numpy as np

        whole = np.where(counts > 0, counts, np.nan) * float(self.numerator)
        return whole / float(self.denominator)

    @property
    def per_unit(self) -> float:
        """Ticks in one of the quote currency, to the nearest float."""
        return float(self.denominator) / float(self.numerator)

    def span(self, prices: NDArray[np.float64]) -> tuple[int, int]:
        """Lowest and highest count of some prices; (0, 0) of none.

        Raises `MarketDataError` naming the first price that is none or between two ticks.
        """
        from obverse.market.order_book._ladder_kernels import span_kernel

        if not len(prices):
            return 0, 0
        a, b = float(self.numerator), float(self.denominator)
        low, high, wrong = span_kernel(prices, a, b, float(self.most))
        if wrong >= 0:
            self.count(float(prices[wrong]))
            raise DefectError(f"{prices[wrong]} is a multiple of {self.size} after all.")
        return int(low), int(high)

    def counts(self, prices: NDArray[np.float64]) -> NDArray[np.int64]:
        """How many ticks each price is. Raises as `span` does."""
        import numpy as np

        self.span(prices)
        return np.rint(prices * self.per_unit).astype(np.int64)
