"""Between the expiries: interpolation as a named choice, with the forward rates each implies.

Rates are continuous, r(T) = ln(F/S)/T with T in years of 365 days, so that exp(−r·T) = S/F stands
where a discount factor would; the instantaneous forward rate is f(T) = d(r·T)/dT. Every method
passes through its nodes. What lies before the first node: log-linear and monotone convex run from
the index at time zero (r·T = 0 there); the cubic spline holds the first rate flat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from obverse.contracts.instants import DAYS_PER_YEAR
from obverse.curves.cubic_rate import cubic_rate
from obverse.curves.monotone_convex import deviation, node_forwards, step_forwards
from obverse.errors import MarketDataError
from obverse.tables import Table, Tabular, number, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from obverse.curves.term_structure import Curve

FloatArray: TypeAlias = "NDArray[np.float64]"


class Interpolation(Enum):
    """How rates between two nodes follow from the nodes."""

    LOG_LINEAR = "log-linear"
    """ln(S/F), that is r·T, is linear: forward rates are level between nodes."""
    MONOTONE_CONVEX = "monotone-convex"
    """Hagan and West's: forward rates are continuous and local."""
    CUBIC_RATE = "cubic-rate"
    """A natural cubic spline through the continuous rates: smooth, and not local."""


class Extrapolation(Enum):
    """What is said beyond the last node."""

    NONE = "none"
    """Nothing: NaN."""
    FLAT_RATE = "flat-rate"
    """The last node's rate."""


def rates_between(
    years: FloatArray,
    rates: FloatArray,
    at: FloatArray,
    method: Interpolation = Interpolation.LOG_LINEAR,
    *,
    positive_forwards: bool = False,
) -> tuple[FloatArray, FloatArray]:
    """Rates and instantaneous forward rates of n curves of k nodes each, at (n, m) years.

    Beyond the last node both are its rate; callers that do not want that leave it out. At a node
    the forward rate is that from the left. `positive_forwards` applies to monotone convex alone.
    """
    step = (years[:, None, :] < at[:, :, None]).sum(axis=2)
    inside = np.minimum(step, years.shape[1] - 1)
    if method is Interpolation.LOG_LINEAR:
        found, forwards = _log_linear(years, rates, at, inside)
    elif method is Interpolation.MONOTONE_CONVEX:
        found, forwards = _monotone_convex(years, rates, at, inside, positive_forwards)
    else:
        found, forwards = cubic_rate(years, rates, at, inside)
    beyond = step == years.shape[1]
    last = rates[:, -1:]
    return np.where(beyond, last, found), np.where(beyond, last, forwards)


@dataclass(frozen=True, repr=False, eq=False)
class RateCurve(Tabular):
    """A curve of continuous yearly rates through its nodes.

    Attributes
    ----------
    years, rates : (k,) of the nodes, near to far
    positive_forwards : monotone convex forward rates are kept from falling below zero
    label, source : what the rates are of, and where from
    """

    years: FloatArray
    rates: FloatArray
    method: Interpolation
    extrapolation: Extrapolation
    positive_forwards: bool = False
    label: str = ""
    source: str = ""
    warnings: tuple[str, ...] = field(default=())

    def rate(self, years: ArrayLike) -> FloatArray:
        """Continuous rate for times ahead, in years; NaN where the curve does not reach."""
        return self._at(years)[0]

    def forward(self, years: ArrayLike) -> FloatArray:
        """Instantaneous forward rate; at a node, that from the left."""
        return self._at(years)[1]

    def discount(self, years: ArrayLike) -> FloatArray:
        """S/F, which falls as a discount factor does where the curve is in contango."""
        found: FloatArray = np.exp(-self.rate(years) * np.asarray(years, dtype=np.float64))
        return found

    def forward_between(self, near_years: ArrayLike, far_years: ArrayLike) -> FloatArray:
        """Continuous forward rate from one time ahead to another."""
        near, far = np.asarray(near_years, np.float64), np.asarray(far_years, np.float64)
        if not (far > near).all():
            raise MarketDataError("forward_between: the far time must be after the near one.")
        found: FloatArray = (self.rate(far) * far - self.rate(near) * near) / (far - near)
        return found

    def table(self) -> Table:
        """One row a node: rate, forward rate there, and S/F."""
        columns = (
            number("days", "Days", decimals=1),
            percent("rate", "Rate", unit="%/y"),
            percent("forward", "Forward there", unit="%/y"),
            number("discount", "S/F", decimals=6),
        )
        cells = (self.years * DAYS_PER_YEAR, self.rates, self.forward(self.years))
        rows = tuple(
            zip(*(each.tolist() for each in (*cells, self.discount(self.years))), strict=True)
        )
        title = f"{self.label or 'Rates'}, {self.method.value}"
        note = f"Continuous, ln(F/S)/T, act/365; beyond the last node: {self.extrapolation.value}."
        source = (f"Source: {self.source}.",) if self.source else ()
        return Table(title, columns, rows, (note, *source, *self.warnings))

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the rate and the forward rate against days (Matplotlib)."""
        from obverse.curves.history_plots import plot_rate_curve

        return plot_rate_curve(self, axes)

    def _at(self, years: ArrayLike) -> tuple[FloatArray, FloatArray]:
        asked = np.asarray(years, dtype=np.float64)
        if not (asked > 0).all():
            raise MarketDataError("times ahead must be above zero years; at zero there is no rate.")
        rates, forwards = rates_between(
            self.years[None, :], self.rates[None, :], asked.reshape(1, -1), self.method,
            positive_forwards=self.positive_forwards,
        )  # fmt: skip
        if self.extrapolation is Extrapolation.NONE:
            outside = asked.reshape(1, -1) > self.years[-1]
            rates, forwards = np.where(outside, np.nan, rates), np.where(outside, np.nan, forwards)
        return rates.reshape(asked.shape), forwards.reshape(asked.shape)


def rate_curve(
    years: Sequence[float] | FloatArray,
    rates: Sequence[float] | FloatArray,
    method: Interpolation = Interpolation.LOG_LINEAR,
    *,
    extrapolation: Extrapolation = Extrapolation.NONE,
    positive_forwards: bool = False,
    label: str = "",
    source: str = "",
) -> RateCurve:
    """Make a curve of continuous rates at increasing times ahead, in years of 365 days.

    Raises `MarketDataError` for no nodes, for times that are not positive and increasing, for rates
    that are not finite, and for positive forwards that the nodes do not allow.
    """
    times, values = np.array(years, dtype=np.float64), np.array(rates, dtype=np.float64)
    if times.ndim != 1 or times.shape != values.shape or not len(times):
        raise MarketDataError(
            f"rate curve: {times.shape} times and {values.shape} rates; expected as many of both, "
            "one at least."
        )
    if not (np.isfinite(times).all() and times[0] > 0 and (np.diff(times) > 0).all()):
        raise MarketDataError(f"rate curve: times {times.tolist()} are not positive, increasing.")
    if not np.isfinite(values).all():
        raise MarketDataError(f"rate curve: rates {values.tolist()} are not all finite numbers.")
    if positive_forwards and method is not Interpolation.MONOTONE_CONVEX:
        raise MarketDataError(f"positive_forwards is of monotone-convex, not of {method.value}.")
    found = RateCurve(times, values, method, extrapolation, positive_forwards, label, source)
    found.rate(times)
    return found


def rate_curve_of(
    term: Curve,
    method: Interpolation = Interpolation.LOG_LINEAR,
    *,
    extrapolation: Extrapolation = Extrapolation.NONE,
    positive_forwards: bool = False,
) -> RateCurve:
    """The rates of one snapshot's curve, without expiries of under an hour."""
    nodes = [(n.years, n.continuous_rate) for n in term.nodes if n.continuous_rate is not None]
    return rate_curve(
        [years for years, _ in nodes],
        [rate for _, rate in nodes],
        method,
        extrapolation=extrapolation,
        positive_forwards=positive_forwards,
        label=f"{term.underlying} at {term.venue}",
        source=term.source,
    )


def _steps(values: FloatArray, step: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    """Left and right ends of each step, of values at nodes, zero before the first."""
    right = np.take_along_axis(values, step, axis=1)
    left = np.take_along_axis(values, np.maximum(step - 1, 0), axis=1)
    return np.where(step > 0, left, 0.0), right


def _log_linear(
    years: FloatArray, rates: FloatArray, at: FloatArray, step: NDArray[np.intp]
) -> tuple[FloatArray, FloatArray]:
    near, far = _steps(years, step)
    low, high = _steps(years * rates, step)
    x = (at - near) / (far - near)
    return (low * (1 - x) + high * x) / at, (high - low) / (far - near)


def _monotone_convex(
    years: FloatArray, rates: FloatArray, at: FloatArray, step: NDArray[np.intp], positive: bool
) -> tuple[FloatArray, FloatArray]:
    level = step_forwards(years, rates)
    ends = node_forwards(years, level, positive=positive)
    near, far = _steps(years, step)
    low, _ = _steps(years * rates, step)
    own = np.take_along_axis(level, step, axis=1)
    x = np.clip((at - near) / (far - near), 0.0, 1.0)
    left = np.take_along_axis(ends, step, axis=1) - own
    right = np.take_along_axis(ends, step + 1, axis=1) - own
    value, integral = deviation(left, right, x)
    return (low + (far - near) * (own * x + integral)) / at, own + value
