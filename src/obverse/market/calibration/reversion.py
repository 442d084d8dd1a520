"""How a series reverts to its mean: an Ornstein-Uhlenbeck process seen through noise.

The model is y(t) = m + x(t) + e(t) with x an Ornstein-Uhlenbeck process of half-life h, so that
corr(x(s), x(t)) = 2^(−|t − s| / h), and e independent noise. Observations may come at any steps. On
equal steps it is the AR(1) process with measurement noise, that is an ARMA(1, 1).

It is fitted by restricted maximum likelihood: the Kalman filter gives the likelihood exactly, the
mean and the scale are profiled out, and half-life and size of noise are searched on a grid that is
refined once. Plain maximum likelihood finds short series to revert too fast, by about 4 / span in
the rate; the restricted one takes most of that away. The half-life's 95 % interval is where the
profile likelihood lies within χ²₁(0.95) / 2 = 1.92 of its top. A half-life of more than half of the
span cannot be told from one that is longer still, so it is put there and said to be held.

Sources: J. Durbin, S. J. Koopman, "Time Series Analysis by State Space Methods", 2nd ed. 2012, ch.
7 (diffuse likelihood); C. Y. Tang, S. X. Chen, "Parameter estimation and bias correction for
diffusion processes", J. Econometrics 149 (2009), on the bias; W. W. Chen, R. S. Deo, "Bias
reduction and likelihood based almost-exactly sized hypothesis testing in predictive regressions
using the restricted likelihood", Econometric Theory 25 (2009).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from obverse.errors import MarketDataError

FloatArray = NDArray[np.float64]

MINIMUM_OBSERVATIONS = 40
_WITHIN = 1.92
_HALF_LIVES = 40
_FINE = 21
_NOISES = np.concatenate([[0.0], np.geomspace(0.02, 200, 15)])
"""Variances of the noise over that of the process's move from one observation to the next."""


@dataclass(frozen=True)
class Reversion:
    """A fitted process; half-lives are in the unit of the times.

    Attributes
    ----------
    deviation : of the process x, in its stationary state
    noise : deviation of ε
    low, high : the half-life's 95 % interval, cut at twice the span where the series cannot tell
    held : whether the best half-life was longer than half of the span and was put there
    """

    mean: float
    deviation: float
    noise: float
    half_life: float
    low: float
    high: float
    held: bool


def fit_reversion(times: FloatArray, values: FloatArray, what: str) -> Reversion:
    """Fit a process to observations at increasing times; `what` names them in errors."""
    _check(times, values, what)
    steps, scale = np.diff(times), float(np.std(values))
    plain = values / scale
    longest = 2 * float(times[-1] - times[0])
    half_lives = np.geomspace(float(np.median(steps)) / 4, longest, _HALF_LIVES)
    heights = surface(steps, plain, half_lives, _NOISES).heights
    told = half_lives <= longest / 4
    row, column = _top(heights[told])
    noises = np.linspace(_NOISES[max(column - 1, 0)], _next(_NOISES, column), _FINE)
    upper = min(_next(half_lives, row), longest / 4)
    fine = np.geomspace(half_lives[max(row - 1, 0)], upper, _FINE)
    near = surface(steps, plain, np.concatenate([half_lives, fine]), noises)
    low, high = _interval(half_lives, near.heights[:_HALF_LIVES].max(axis=1))
    place, beside = _top(near.heights[_HALF_LIVES:])
    best = _HALF_LIVES + place, beside
    total, noise, found = near.variances[best], near.shares[best], float(fine[place])
    return Reversion(
        mean=float(near.means[best]) * scale,
        deviation=float(np.sqrt(total * (1 - noise))) * scale,
        noise=float(np.sqrt(total * noise)) * scale,
        half_life=found,
        low=min(low, found),
        high=max(high, found),
        held=bool(place == _FINE - 1 and upper == longest / 4),
    )


def _check(times: FloatArray, values: FloatArray, what: str) -> None:
    if len(values) < MINIMUM_OBSERVATIONS:
        raise MarketDataError(
            f"{what}: {len(values)} observations; {MINIMUM_OBSERVATIONS} are needed at least."
        )
    if not np.isfinite(values).all():
        raise MarketDataError(f"{what}: a value is not a finite number.")
    if np.diff(times).min() <= 0:
        raise MarketDataError(f"{what}: times do not increase.")
    if np.ptp(values) == 0:
        raise MarketDataError(f"{what}: all {len(values)} values are {values[0]}; nothing reverts.")


def _top(heights: FloatArray) -> tuple[int, int]:
    row, column = divmod(int(np.argmax(heights)), heights.shape[1])
    return row, column


def _next(grid: FloatArray, place: int) -> float:
    return float(grid[min(place + 1, len(grid) - 1)])


def _interval(half_lives: FloatArray, heights: FloatArray) -> tuple[float, float]:
    """Where the profile crosses `_WITHIN` below its top, between grid points by straight lines."""
    top = int(np.argmax(heights))
    level = heights[top] - _WITHIN
    logs = np.log(half_lives)
    below = np.flatnonzero(heights[:top] < level)
    above = np.flatnonzero(heights[top:] < level)
    low, high = logs[0], logs[-1]
    if len(below):
        at = int(below[-1])
        low = np.interp(level, heights[at : at + 2], logs[at : at + 2])
    if len(above):
        at = top + int(above[0])
        high = np.interp(level, heights[[at, at - 1]], logs[[at, at - 1]])
    return float(np.exp(low)), float(np.exp(high))


@dataclass(frozen=True)
class Surface:
    """Restricted log-likelihood, mean, total variance and its share of noise, by candidates."""

    heights: FloatArray
    means: FloatArray
    variances: FloatArray
    shares: FloatArray


def surface(
    steps: FloatArray, values: FloatArray, half_lives: FloatArray, noises: FloatArray
) -> Surface:
    """The likelihood at each half-life and size of noise, which `_NOISES` explains.

    The filter runs over the data once, for all candidates side by side. It filters the data and a
    column of ones alike, so that the mean follows by generalised least squares.
    """
    keeps = 2.0 ** (-steps[:, None] / half_lives[None, :])
    moved = 1 - 4.0 ** (-float(np.median(steps)) / half_lives)
    ratios = moved[:, None] * noises[None, :]
    noise = ratios / (1 + ratios)
    signal = 1 - noise
    state, of_one = np.zeros_like(signal), np.zeros_like(signal)
    spread = signal.copy()
    logs = np.zeros_like(signal)
    yy, y1, one = np.zeros_like(signal), np.zeros_like(signal), np.zeros_like(signal)
    for at, value in enumerate(values.tolist()):
        if at:
            keep = keeps[at - 1][:, None]
            state, of_one = keep * state, keep * of_one
            spread = signal + keep * keep * (spread - signal)
        expected = spread + noise
        surprise, surprise_one = value - state, 1 - of_one
        gain = spread / expected
        logs += np.log(expected)
        yy += surprise * surprise / expected
        y1 += surprise * surprise_one / expected
        one += surprise_one * surprise_one / expected
        state = state + gain * surprise
        of_one = of_one + gain * surprise_one
        spread = spread * (1 - gain)
    means = y1 / one
    variances = (yy - means * y1) / (len(values) - 1)
    heights = -0.5 * ((len(values) - 1) * np.log(variances) + logs + np.log(one))
    return Surface(heights, means, variances, noise)
