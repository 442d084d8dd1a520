"""Robust straight lines with errors that allow for clusters.

Huber's M-estimator by reweighted least squares: residuals beyond `TUNING` times their scale count
as if they were that far. The covariance is the sandwich A⁻¹BA⁻¹ with B summed within clusters, so
that observations of one contract, or of one instant, may depend on each other in any way; with two
kinds of cluster it is V₁ + V₂ − V₁₂ (Cameron, Gelbach and Miller 2011).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from obverse.errors import MarketDataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"
IntArray: TypeAlias = "NDArray[np.int64]"

TUNING = 1.345
"""Huber's constant: 95 % of least squares' efficiency where errors are normal."""
MAD_TO_DEVIATION = 1.4826
STEPS = 100


@dataclass(frozen=True)
class LineFit:
    """A line `level + slope · x` and how sure it is.

    Attributes
    ----------
    level_error, slope_error : standard errors, clustered
    scale : robust standard deviation of the residuals
    freedom : degrees of freedom of the t distribution: clusters of the fewer kind, less one
    """

    level: float
    slope: float
    level_error: float
    slope_error: float
    scale: float
    freedom: int
    observations: int

    def interval(self, confidence: float) -> tuple[float, float]:
        """Confidence interval of the slope."""
        reach = t_quantile(0.5 + confidence / 2, self.freedom) * self.slope_error
        return self.slope - reach, self.slope + reach

    def p_value(self, slope: float) -> float:
        """Two-sided p-value of the slope being `slope`."""
        away = self.slope - slope
        if self.slope_error == 0:
            return 1.0 if math.isclose(self.slope, slope, rel_tol=1e-9) else 0.0
        return t_p_value(away / self.slope_error, self.freedom)


def robust_line(x: FloatArray, y: FloatArray, *clusters: IntArray) -> LineFit:
    """Fit a line of `y` on `x` with errors clustered by one or two labellings.

    Raises `MarketDataError` for numbers that are not finite, fewer than three clusters of a kind,
    or an `x` that does not vary.
    """
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise MarketDataError("robust line: a number is not finite; leave such rows out.")
    labels = [np.unique(each, return_inverse=True)[1] for each in clusters]
    freedom = min(int(each.max(initial=-1)) for each in labels)
    if freedom < 2:
        raise MarketDataError(
            f"robust line: {freedom + 1} clusters; at least 3 are needed to say how sure it is."
        )
    if np.ptp(x) == 0:
        raise MarketDataError("robust line: all observations have one x; a slope needs two.")
    design = np.column_stack([np.ones_like(x), x])
    coefficients, scale = _huber(design, y)
    covariance = _sandwich(design, y - design @ coefficients, scale, labels)
    errors = np.sqrt(np.diag(covariance))
    return LineFit(
        float(coefficients[0]),
        float(coefficients[1]),
        float(errors[0]),
        float(errors[1]),
        scale,
        freedom,
        len(x),
    )


def _huber(design: FloatArray, y: FloatArray) -> tuple[FloatArray, float]:
    weights = np.ones_like(y)
    coefficients: FloatArray = np.zeros(design.shape[1])
    scale = 0.0
    for _ in range(STEPS):
        rooted = np.sqrt(weights)
        solved = np.linalg.lstsq(design * rooted[:, None], y * rooted, rcond=None)[0]
        found = solved.astype(np.float64)
        residuals = y - design @ found
        scale = MAD_TO_DEVIATION * float(np.median(np.abs(residuals)))
        moved = float(np.abs(found - coefficients).max())
        coefficients = found
        if scale == 0 or moved < 1e-12 * (1 + float(np.abs(found).max())):
            break
        weights = np.minimum(1.0, TUNING * scale / np.maximum(np.abs(residuals), 1e-300))
    return coefficients, scale


def _sandwich(
    design: FloatArray, residuals: FloatArray, scale: float, labels: list[IntArray]
) -> FloatArray:
    if scale == 0:
        return np.zeros((design.shape[1], design.shape[1]))
    standard = residuals / scale
    scores = design * np.clip(standard, -TUNING, TUNING)[:, None]
    inner = (np.abs(standard) <= TUNING).astype(np.float64)
    bread = np.linalg.inv((design * inner[:, None]).T @ design / scale)
    ways = [_meat(scores, each) for each in labels]
    meat = ways[0]
    if len(ways) == 2:
        both = np.unique(np.column_stack(labels), axis=0, return_inverse=True)[1].ravel()
        joint = ways[0] + ways[1] - _meat(scores, both)
        larger = np.maximum(np.diag(ways[0]), np.diag(ways[1]))
        meat = joint if (np.diag(joint) >= larger).all() else ways[0] + ways[1]
    covariance: FloatArray = bread @ meat @ bread
    return covariance


def _meat(scores: FloatArray, label: IntArray) -> FloatArray:
    groups = int(label.max()) + 1
    sums = np.zeros((groups, scores.shape[1]))
    np.add.at(sums, label, scores)
    found: FloatArray = sums.T @ sums * groups / (groups - 1)
    return found


def t_quantile(probability: float, freedom: int) -> float:
    """Quantile of Student's t by Wallace's (1959) normal transform: to 1.2 % from 3 degrees on."""
    z = NormalDist().inv_cdf(probability)
    scaled = z * (8 * freedom + 3) / (8 * freedom + 1)
    return math.copysign(math.sqrt(freedom * math.expm1(scaled**2 / freedom)), z)


def t_p_value(t: float, freedom: int) -> float:
    """Two-sided p-value of a t statistic, by the same transform."""
    z = math.sqrt(freedom * math.log1p(t * t / freedom)) * (8 * freedom + 1) / (8 * freedom + 3)
    return 2 * NormalDist().cdf(-z)
