"""Half-life of a spread: an Ornstein-Uhlenbeck process by maximum likelihood, at uneven times.

    x(t+h) = μ + φ (x(t) − μ) + e,   φ = exp(−κh),   var e = s (1 − φ²),   half-life = ln 2 / κ

At even times this is the AR(1) regression. Its φ is too low in small samples, by (1 + 3φ)/n
(Kendall, and Marriott and Pope, Biometrika 41 (1954)), so that κ is too high, by about 4 over the
span near a unit root. The half-life and its interval have this added back, at the mean step.

The interval holds every κ whose profile likelihood is within χ²₁ of the best, then corrected alike.
Near a unit root its level is lower than stated: do not take a half-life of a third of the span or
more for mean reversion.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from obverse.curves.spreads.scores import FloatArray, check_series
from obverse.errors import MarketDataError
from obverse.tables import Cell, Table, Tabular, number, text

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST = 20
CHI_SQUARE_95 = 3.841458820694124
NS_PER_HOUR = 3600 * 10**9
_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True, repr=False)
class HalfLife(Tabular):
    """How fast a series returns to its mean, per hour.

    Attributes
    ----------
    speed_raw : κ of greatest likelihood, per hour
    speed, speed_low, speed_high : κ with its small-sample bias taken off, and its 95 % interval;
        zero is no return
    mean, deviation : of the stationary process
    """

    speed_raw: float
    speed: float
    speed_low: float
    speed_high: float
    mean: float
    deviation: float
    observations: int
    span_hours: float
    warnings: tuple[str, ...] = ()

    @property
    def bias(self) -> float:
        """By how much the raw speed is too high, per hour, in a sample this small."""
        return self.speed_raw - self.speed

    @property
    def hours(self) -> float | None:
        """Half-life; none where no return to the mean is left once the bias is taken off."""
        return _half(self.speed)

    @property
    def hours_raw(self) -> float | None:
        """Half-life with the bias left in: too short."""
        return _half(self.speed_raw)

    @property
    def interval(self) -> tuple[float | None, float | None]:
        """95 % interval of the half-life in hours; an end is none where it never halves."""
        return _half(self.speed_high), _half(self.speed_low)

    def table(self) -> Table:
        """Half-life with its interval, and without the correction."""
        columns = (
            text("what", "Return to the mean"),
            number("value", "Value", decimals=4),
            number("low", "95 % from", decimals=4),
            number("high", "to", decimals=4),
        )
        rows: tuple[tuple[Cell, ...], ...] = (
            ("half-life, hours", self.hours, *self.interval),
            ("half-life, bias left in, hours", self.hours_raw, None, None),
            ("speed per hour", self.speed, self.speed_low, self.speed_high),
            ("bias of the speed per hour", self.bias, None, None),
        )
        notes = (
            f"{self.observations:,} values over {self.span_hours:,.1f} hours; "
            "Ornstein-Uhlenbeck by maximum likelihood, profile interval.",
            *self.warnings,
        )
        return Table("Half-life", columns, rows, notes)


def half_life(values: FloatArray, instants_ns: NDArray[np.int64]) -> HalfLife:
    """Fit the return to the mean of a series at its own instants.

    Raises `MarketDataError` for under 20 values, ones that are not finite or never vary, or
    instants that do not increase.
    """
    check_series(values, "half-life", LEAST)
    if instants_ns.shape != values.shape or (np.diff(instants_ns) <= 0).any():
        raise MarketDataError("half-life: expected an instant for each value, increasing.")
    scale = float(values.std())
    if not scale > 1e-12 * float(np.abs(values).max()):
        raise MarketDataError("half-life: the values never vary; there is nothing to return.")
    steps = np.diff(instants_ns) / NS_PER_HOUR
    own = (values - values.mean()) / scale
    span, mean_step = float(steps.sum()), float(steps.mean())
    low, high = math.log(1e-3 / span), math.log(40 / mean_step)
    best, top = _maximum(lambda s: _likelihood(own, steps, math.exp(s))[0], low, high)
    _, centre, variance = _likelihood(own, steps, math.exp(best))
    raw = math.exp(best)
    ends = _profile_interval(own, steps, best, top, (low, high))
    speed, slow, fast = (_corrected(each, mean_step, len(steps)) for each in (raw, *ends))
    told = "The interval holds no return to the mean at all (a unit root)."
    return HalfLife(
        speed_raw=raw,
        speed=speed,
        speed_low=slow,
        speed_high=fast,
        mean=float(values.mean()) + scale * centre,
        deviation=scale * math.sqrt(variance),
        observations=len(values),
        span_hours=span,
        warnings=(told,) if slow == 0 else (),
    )


def _corrected(speed: float, step: float, count: int) -> float:
    """The speed with Kendall's bias of φ added back; zero where φ comes to one or more."""
    kept = math.exp(-speed * step)
    return max(0.0, -math.log(kept + (1 + 3 * kept) / count) / step)


def _likelihood(x: FloatArray, steps: FloatArray, speed: float) -> tuple[float, float, float]:
    """Log-likelihood at a speed, with the mean and stationary variance that make it greatest."""
    kept = np.exp(-speed * steps)
    lost = -np.expm1(-speed * steps)
    weights = 1 / (lost * (1 + kept))
    moved = x[1:] - kept * x[:-1]
    mean = float((weights * lost * moved).sum() / (weights * lost**2).sum())
    left = moved - mean * lost
    variance = float((weights * left**2).mean())
    log = -0.5 * (len(steps) * math.log(variance) - float(np.log(weights).sum()) + len(steps))
    return log, mean, variance


def _maximum(what: Callable[[float], float], low: float, high: float) -> tuple[float, float]:
    """Greatest value on a grid, then by golden section about it."""
    grid = np.linspace(low, high, 60)
    heights = [what(float(each)) for each in grid]
    place = int(np.argmax(heights))
    a, b = float(grid[max(place - 1, 0)]), float(grid[min(place + 1, len(grid) - 1)])
    for _ in range(50):
        left, right = b - _GOLDEN * (b - a), a + _GOLDEN * (b - a)
        if what(left) < what(right):
            a = left
        else:
            b = right
    at = (a + b) / 2
    return at, what(at)


def _profile_interval(
    x: FloatArray, steps: FloatArray, best: float, top: float, bounds: tuple[float, float]
) -> tuple[float, float]:
    def inside(s: float) -> bool:
        return 2 * (top - _likelihood(x, steps, math.exp(s))[0]) <= CHI_SQUARE_95

    ends = []
    for bound in bounds:
        if inside(bound):
            ends.append(0.0 if bound < best else math.inf)
            continue
        within, beyond = best, bound
        for _ in range(50):
            middle = (within + beyond) / 2
            within, beyond = (middle, beyond) if inside(middle) else (within, middle)
        ends.append(math.exp(within))
    return ends[0], ends[1]


def _half(speed: float) -> float | None:
    return math.log(2) / speed if speed > 0 else None
