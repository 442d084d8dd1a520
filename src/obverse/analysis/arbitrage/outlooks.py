"""What funding is expected to be paid over a time, and how uncertain that is.

Rates per 8 hours follow f(t+1) = μ + φ·(f(t) − μ) + e, fitted by least squares. Over n periods from
the rate f now (first differences of geometric sums; any text on autoregressions):

    mean of the sum      n·μ + (f − μ)·φ·(1 − φⁿ)/(1 − φ)
    variance of the sum  s²/(1 − φ)² · (n − 2φ·(1 − φⁿ)/(1 − φ) + φ²·(1 − φ²ⁿ)/(1 − φ²))

with s the deviation of e. Uncertainty of μ and φ themselves is not counted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from obverse.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"
Floats: TypeAlias = "float | FloatArray"

PERIODS_PER_YEAR = 3 * 365
LEAST = 30
_HIGHEST = 0.999


@dataclass(frozen=True)
class FundingOutlook:
    """What a perpetual's funding rate per 8 hours does from now on.

    Attributes
    ----------
    now, mean : rates per 8 hours
    persistence : φ, how much of a distance from the mean is left after 8 hours
    shock : s, deviation of a period's surprise
    observations : rates it was fitted on; 0 for a rate that is taken to stay
    """

    now: float
    mean: float
    persistence: float
    shock: float
    observations: int

    def expected(self, years: float) -> float:
        """Sum that a long pays over a time, as a fraction of value."""
        return float(expected_sums(self.now, self.mean, self.persistence, years))

    def deviation(self, years: float) -> float:
        """Standard deviation of that sum."""
        return float(sum_deviations(self.shock, self.persistence, years))


def expected_sums(now: Floats, mean: Floats, persistence: Floats, years: Floats) -> FloatArray:
    """Means of the sums, of many outlooks at once; shapes broadcast."""
    n, phi = np.asarray(years) * PERIODS_PER_YEAR, np.asarray(persistence)
    total: FloatArray = n * mean + (np.asarray(now) - mean) * phi * (1 - phi**n) / (1 - phi)
    return total


def sum_deviations(shock: Floats, persistence: Floats, years: Floats) -> FloatArray:
    """Standard deviations of the sums, of many outlooks at once; shapes broadcast."""
    n, phi = np.asarray(years) * PERIODS_PER_YEAR, np.asarray(persistence)
    spread = n - 2 * phi * (1 - phi**n) / (1 - phi)
    spread = spread + phi**2 * (1 - phi ** (2 * n)) / (1 - phi**2)
    found: FloatArray = np.asarray(shock) / (1 - phi) * np.sqrt(np.maximum(spread, 0))
    return found


def steady(rate_8h: float) -> FundingOutlook:
    """The outlook where one rate is all that is known: it stays, and how surely is not known."""
    if not math.isfinite(rate_8h):
        raise DataError(f"funding rate: {rate_8h} is not a number.")
    return FundingOutlook(rate_8h, rate_8h, 0.0, 0.0, 0)


def funding_outlook(rates_8h: Sequence[float]) -> FundingOutlook:
    """Fit an outlook to rates per 8 hours in the order of time, the last of them now.

    Raises `DataError` for fewer than 30 rates, or one that is no number.
    """
    rates = np.asarray(rates_8h, dtype=np.float64)
    if len(rates) < LEAST:
        raise DataError(f"funding: {len(rates)} rates; {LEAST} are needed to tell what is usual.")
    if not np.isfinite(rates).all():
        raise DataError("funding: a rate is not a number.")
    before, after = rates[:-1], rates[1:]
    spread = float(np.var(before))
    slope = float(np.cov(before, after, bias=True)[0, 1]) / spread if spread > 0 else 0.0
    phi = min(max(slope, 0.0), _HIGHEST)
    mean = float(rates.mean())
    surprise = after - mean - phi * (before - mean)
    return FundingOutlook(float(rates[-1]), mean, phi, float(surprise.std()), len(rates))
