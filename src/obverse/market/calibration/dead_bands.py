"""Funding with a dead band: what of a normal premium sticks out of ±band, and its moments.

With x normal of mean m and deviation d, the rate is f = max(x − b, 0) + min(x + b, 0), beside the
rate at which it rests. Its mean, deviation and the share of x inside the band have closed forms;
the autocorrelation of f follows from that of x by the Hermite expansion of f,
corr(f(s), f(t)) = Σ c_k² r^k / Σ c_k² with r that of x (F. G. Mehler's formula, 1866).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np

from obverse.market.calibration.moves import FloatArray
from obverse.market.calibration.records import FundingProcess

LAG_HOURS = 8.0
"""Lag of the autocorrelation that is fitted: one funding interval of 8 hours."""
_NORMAL = NormalDist()
_ORDERS = 60
_ROUNDS = 80
_FURTHEST = 6.0


@dataclass(frozen=True)
class RateMoments:
    """What a funding rate per 8 hours looks like.

    Attributes
    ----------
    mean, deviation : of the rate above the one it rests at
    share : how often it rests
    """

    mean: float
    deviation: float
    share: float


def rate_moments(process: FundingProcess) -> RateMoments:
    """Moments of the rate that a process makes."""
    return banded(process.mean, process.deviation, process.dead_band)


def banded(mean: float, deviation: float, band: float) -> RateMoments:
    """Moments of what of a normal number sticks out of ±band."""
    if deviation == 0:
        rate = math.copysign(max(abs(mean) - band, 0.0), mean)
        return RateMoments(rate, 0.0, float(band > 0 and abs(mean) <= band))
    above, below = (mean - band) / deviation, (-mean - band) / deviation
    up, down = _NORMAL.cdf(above), _NORMAL.cdf(below)
    at_up, at_down = _NORMAL.pdf(above), _NORMAL.pdf(below)
    first = (above * up + at_up) - (below * down + at_down)
    second = ((above**2 + 1) * up + above * at_up) + ((below**2 + 1) * down + below * at_down)
    spread = deviation * math.sqrt(max(second - first**2, 0.0))
    return RateMoments(deviation * first, spread, max(1 - up - down, 0.0))


def unbanded(seen: RateMoments) -> tuple[float, float, float]:
    """Mean and deviation of the normal number, and the band, that make a rate of these moments.

    A rate that rests often has a mean of at most so many deviations: beyond, the nearest is found.
    """
    if seen.share <= 0 or seen.deviation == 0:
        return seen.mean, seen.deviation, 0.0
    wanted = abs(seen.mean) / seen.deviation
    low, high = 0.0, _FURTHEST
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        found = banded(middle, 1.0, _band(middle, seen.share))
        low, high = (middle, high) if found.mean < wanted * found.deviation else (low, middle)
    band = _band(low, seen.share)
    scale = seen.deviation / banded(low, 1.0, band).deviation
    return math.copysign(low * scale, seen.mean), scale, band * scale


def _band(mean: float, share: float) -> float:
    """The band that holds a share of a normal number of deviation one."""
    low, high = 0.0, _FURTHEST + mean
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        inside = _NORMAL.cdf(middle - mean) - _NORMAL.cdf(-middle - mean)
        low, high = (middle, high) if inside < share else (low, middle)
    return low


def rate_autocorrelation(process: FundingProcess, lag_hours: float = LAG_HOURS) -> float:
    """Autocorrelation of the rate that a process makes."""
    keep = 0.5 ** (lag_hours / process.half_life_hours)
    return _mapped(keep, _powers(process.mean, process.deviation, process.dead_band))


def half_life_of(autocorrelation: float, mean: float, deviation: float, band: float) -> float:
    """Half-life in hours of the process whose rate has an autocorrelation at `LAG_HOURS`."""
    powers = _powers(mean, deviation, band)
    low, high = 0.0, 1.0
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        low, high = (middle, high) if _mapped(middle, powers) < autocorrelation else (low, middle)
    return LAG_HOURS * math.log(0.5) / math.log(high) if 0 < high < 1 else math.inf


def _mapped(keep: float, powers: FloatArray) -> float:
    weights = keep ** np.arange(1, len(powers) + 1)
    return float(powers @ weights / powers.sum())


def _powers(mean: float, deviation: float, band: float) -> FloatArray:
    """c_k² for k from one: how much of the rate's variance is of each order."""
    if band == 0 or deviation == 0:
        return np.array([1.0])
    z, polynomials = _hermite()
    x = mean + deviation * z
    rate = np.clip(x - band, 0, None) + np.clip(x + band, None, 0)
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi) * (z[1] - z[0])
    found: FloatArray = (polynomials @ (rate * density)) ** 2
    return found if found.sum() > 0 else np.array([1.0])


@cache
def _hermite() -> tuple[FloatArray, FloatArray]:
    """Points, and normalised Hermite polynomials of the orders from one at them."""
    z = np.linspace(-12, 12, 4801)
    before, now = np.ones_like(z), z
    rows = [now]
    for order in range(1, _ORDERS):
        before, now = now, (z * now - math.sqrt(order) * before) / math.sqrt(order + 1)
        rows.append(now)
    return z, np.array(rows)
