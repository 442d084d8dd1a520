"""A yearly rate, flat or by maturity, continuously compounded on act/365."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

from obverse.errors import DataError


@dataclass(frozen=True)
class RateCurve:
    """Zero rates by maturity: linear in the rate between nodes, flat outside them.

    Attributes
    ----------
    maturities_years : ascending, above or at zero
    rates : continuously compounded per year, one a maturity (0.05 is 5 %)
    """

    maturities_years: tuple[float, ...]
    rates: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse curves that give no rate."""
        if not self.rates or len(self.rates) != len(self.maturities_years):
            raise DataError("rate curve: give one rate a maturity, and at least one.")
        if not all(map(math.isfinite, (*self.rates, *self.maturities_years))):
            raise DataError("rate curve: a rate or maturity is not finite.")
        ascending = all(low < high for low, high in pairwise(self.maturities_years))
        if not ascending or self.maturities_years[0] < 0:
            raise DataError("rate curve: maturities must ascend from zero or later.")

    @classmethod
    def flat(cls, rate: float) -> RateCurve:
        """The same rate for every maturity."""
        return cls((0.0,), (float(rate),))

    def rate(self, maturity_years: float) -> float:
        """Zero rate for a maturity."""
        times, rates = self.maturities_years, self.rates
        place = bisect_left(times, maturity_years)
        if place == 0:
            return rates[0]
        if place == len(times):
            return rates[-1]
        weight = (maturity_years - times[place - 1]) / (times[place] - times[place - 1])
        return rates[place - 1] + weight * (rates[place] - rates[place - 1])

    def growth(self, maturity_years: float) -> float:
        """What one unit becomes by a maturity: exp(rate · T)."""
        return math.exp(self.rate(maturity_years) * maturity_years)


def as_curve(rate: float | RateCurve) -> RateCurve:
    """Take a flat rate or a curve for a curve."""
    return rate if isinstance(rate, RateCurve) else RateCurve.flat(rate)


def from_annual(rate: float) -> float:
    """Continuous rate of an annually compounded one: ln(1 + r)."""
    if not -1 < rate < math.inf:
        raise DataError(f"annual rate: {rate} is not a number above -100 %.")
    return math.log1p(rate)


def from_simple(rate: float, maturity_years: float) -> float:
    """Continuous rate of a simple one over a maturity: ln(1 + r·T)/T."""
    if not (0 < maturity_years < math.inf and 0 < 1 + rate * maturity_years < math.inf):
        raise DataError(f"simple rate: {rate} over {maturity_years} years has no growth.")
    return math.log1p(rate * maturity_years) / maturity_years
