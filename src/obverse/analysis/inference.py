"""Errors and tests for observations that depend on those before them.

================= ============================================================================
autocorrelation   r_k = Σ (x_t − x̄)(x_{t+k} − x̄) / Σ (x_t − x̄)²
its error         √((1 + 2 Σ_{j<k} r_j²) / n): Bartlett's, if all beyond k − 1 are zero
error of a mean   √(S / n), S = c_0 + 2 Σ_{j≤L} (1 − j / (L + 1)) c_j: Newey-West
regression        ordinary least squares; errors by the same S of the scores x_t e_t
autocovariance    c_j = Σ (x_t − x̄)(x_{t+j} − x̄) / n
lags L            ⌊4 (n / 100)^(2/9)⌋ where none is given
================= ============================================================================

Sources: M. S. Bartlett, J. R. Stat. Soc. Suppl. 8 (1946); W. Newey, K. West, Econometrica 55 (1987)
and Review of Economic Studies 61 (1994), for the lags.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from obverse.analysis.stored_rows import FloatArray, check_numbers
from obverse.errors import DataError, MarketDataError

TWO_SIDED_95 = 1.959963984540054


@dataclass(frozen=True)
class Line:
    """A line fitted by least squares.

    Attributes
    ----------
    slope_error, intercept_error : Newey-West
    r_squared : share of the variance that the line explains
    """

    intercept: float
    slope: float
    intercept_error: float
    slope_error: float
    r_squared: float
    observations: int

    @property
    def t_statistic(self) -> float:
        """Slope over its error."""
        return self.slope / self.slope_error if self.slope_error else math.inf


def autocorrelations(values: FloatArray, lags: int) -> FloatArray:
    """r_1 to r_lags. Raises `MarketDataError` for values that do not vary, or too few."""
    check_numbers(values, "autocorrelation", least=lags + 2)
    centred = values - values.mean()
    total = float(centred @ centred)
    if total <= 0:
        raise MarketDataError("autocorrelation: the values are all the same.")
    return np.array([float(centred[:-k] @ centred[k:]) / total for k in range(1, lags + 1)])


def bartlett_errors(correlations: FloatArray, observations: int) -> FloatArray:
    """The error of each autocorrelation, if all from its own lag on are zero."""
    before = np.concatenate([[0.0], np.cumsum(correlations**2)[:-1]])
    errors: FloatArray = np.sqrt((1 + 2 * before) / observations)
    return errors


def usual_lags(observations: int) -> int:
    """⌊4 (n / 100)^(2/9)⌋, and fewer than there are observations."""
    return min(int(4 * (observations / 100) ** (2 / 9)), observations - 1)


def mean_error(values: FloatArray, lags: int | None = None) -> float:
    """Newey-West error of the mean."""
    check_numbers(values, "error of a mean", least=2)
    centred = values - values.mean()
    return math.sqrt(_long_run(centred[:, None], lags)[0, 0] / len(values))


def fit_line(x: FloatArray, y: FloatArray, lags: int | None = None) -> Line:
    """Fit y = a + b x. Raises `MarketDataError` where x does not vary or there are under 3 points.

    Both are scaled inside, so that units do not matter.
    """
    check_numbers(x, "regressor", least=3)
    check_numbers(y, "what is explained", least=3)
    if len(x) != len(y):
        raise DataError(f"line: {len(x)} values of x and {len(y)} of y; expected as many.")
    spread = float(x.std())
    if spread <= 0:
        raise MarketDataError("line: x is the same everywhere, so that it explains nothing.")
    scaled = np.column_stack([np.ones(len(x)), (x - x.mean()) / spread])
    inverse = np.diag([1.0, 1.0]) / len(x)
    weights = inverse @ scaled.T @ y
    left = y - scaled @ weights
    meat = _long_run(scaled * left[:, None], lags) * len(x)
    covariance = inverse @ meat @ inverse
    back = np.array([[1.0, -float(x.mean()) / spread], [0.0, 1.0 / spread]])
    covariance = back @ covariance @ back.T
    total = float(((y - y.mean()) ** 2).sum())
    intercept, slope = (float(each) for each in back @ weights)
    return Line(
        intercept,
        slope,
        intercept_error=math.sqrt(max(float(covariance[0, 0]), 0.0)),
        slope_error=math.sqrt(max(float(covariance[1, 1]), 0.0)),
        r_squared=1 - float(left @ left) / total if total > 0 else 0.0,
        observations=len(x),
    )


def chi_square_tail(statistic: float, degrees: int) -> float:
    """The chance of a χ² of so many degrees above the statistic, as a finite sum."""
    if degrees < 1 or not statistic >= 0:
        raise DataError(f"chi-square: {statistic} with {degrees} degrees of freedom is none.")
    half = statistic / 2
    if degrees % 2 == 0:
        terms = [-half + n * math.log(half) - math.lgamma(n + 1) if half > 0 else -math.inf
                 for n in range(1, degrees // 2)]  # fmt: skip
        return min(1.0, math.exp(-half) + math.fsum(math.exp(each) for each in terms))
    if half == 0:
        return 1.0
    powers = [n + 0.5 for n in range((degrees - 1) // 2)]
    terms = [-half + p * math.log(half) - math.lgamma(p + 1) for p in powers]
    return min(1.0, math.erfc(math.sqrt(half)) + math.fsum(math.exp(each) for each in terms))


def two_sided(statistic: float) -> float:
    """The chance of a standard normal as far from zero, on either side."""
    return math.erfc(abs(statistic) / math.sqrt(2))


def holm(chances: FloatArray) -> FloatArray:
    """p-values of several tests, adjusted so that the chance of any false alarm stays below each.

    Source: S. Holm, Scandinavian Journal of Statistics 6 (1979).
    """
    order = np.argsort(chances)
    steps = chances[order] * np.arange(len(chances), 0, -1)
    adjusted = np.empty(len(chances))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def _long_run(scores: FloatArray, lags: int | None) -> FloatArray:
    """Σ over lags of Bartlett-weighted autocovariances of rows that have mean zero."""
    count = len(scores)
    reach = usual_lags(count) if lags is None else lags
    if not 0 <= reach < count:
        raise DataError(f"lags: {reach} of {count} observations; expected 0 to {count - 1}.")
    total = scores.T @ scores
    for lag in range(1, reach + 1):
        own = scores[lag:].T @ scores[:-lag]
        total = total + (1 - lag / (reach + 1)) * (own + own.T)
    found: FloatArray = total / count
    return found
