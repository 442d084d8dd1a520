"""How fast the basis goes to nothing: two stated models, fitted robustly.

- *power*: |basis| = c · Tᵝ with T the time to expiry. β = 1 is a basis proportional to the time
  left, which is a constant yearly rate; β above 1 leaves less of it near expiry. The basis halves
  while the share 1 − 2^(−1/β) of the time left passes: half of it at β = 1.
- *exponential*: |basis| = c · e^(λT): it halves every ln 2 / λ hours on the way to expiry.

Either is a line in logs, fitted by Huber's estimator with errors clustered by contract and by
instant. `levels` says whether all contracts share one c, or each has its own, which leaves what
happens within contracts: long-lived futures with a dearer carry do not then pass for speed. The
noise of an index read at another moment bounds |basis| from below near expiry and pulls β down;
`min_hours` leaves that part out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import numpy as np

from obverse.contracts.instants import iso
from obverse.curves.convergence.observed import Convergence
from obverse.curves.convergence.robust import FloatArray, IntArray, LineFit, robust_line
from obverse.errors import MarketDataError
from obverse.tables import Cell, Table, Tabular, machine, number, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

Model = Literal["power", "exponential"]
Levels = Literal["shared", "own"]
MANY_TURNS = 0.25


@dataclass(frozen=True, repr=False, eq=False)
class ConvergenceSpeed(Tabular):
    """One model of the speed of convergence, fitted.

    Attributes
    ----------
    slope, slope_low, slope_high : β of the power model, λ per hour of the exponential one, with
        its confidence interval
    constant_rate_p_value : p-value of β = 1, power model only: a small one refuses that the basis
        is proportional to the time left
    """

    underlying: str
    venue: str
    source: str
    model: Model
    levels: Levels
    since: datetime
    until: datetime
    min_hours: float
    max_hours: float
    confidence: float
    fit: LineFit
    contracts: int
    slope_low: float
    slope_high: float
    constant_rate_p_value: float | None
    observed: Convergence
    warnings: tuple[str, ...] = ()

    @property
    def slope(self) -> float:
        """β, or λ per hour."""
        return self.fit.slope

    @property
    def half_life(self) -> float | None:
        """In which the basis halves: a share of the time left (power), or hours (exponential).

        None where the slope is not above zero: the basis does not shrink.
        """
        return _half_life(self.model, self.slope)

    @property
    def half_life_interval(self) -> tuple[float | None, float | None]:
        """Confidence interval of the half-life; its end is none where it never halves."""
        fast = _half_life(self.model, self.slope_high)
        return fast, _half_life(self.model, self.slope_low)

    def half_life_hours(self, hours_left: float) -> float | None:
        """Hours in which the basis halves, from so many hours before expiry on."""
        if not hours_left > 0:
            raise MarketDataError(f"hours_left {hours_left}: expected above zero.")
        found = self.half_life
        if found is None:
            return None
        return found * hours_left if self.model == "power" else found

    def expected_bp(self, hours_left: float) -> float:
        """Typical size of the basis so many hours before expiry, in bp of the index."""
        if not hours_left > 0:
            raise MarketDataError(f"hours_left {hours_left}: expected above zero.")
        x = math.log(hours_left) if self.model == "power" else hours_left
        return math.exp(self.fit.level + self.fit.slope * x)

    def table(self) -> Table:
        """Slope and half-life with their intervals, and the test of a constant rate."""
        power = self.model == "power"
        slope_name = "exponent of time left" if power else "rate per hour"
        half_name = "half-life, share of time left" if power else "half-life, hours"
        low, high = self.half_life_interval
        rows: list[tuple[Cell, ...]] = [
            (slope_name, self.slope, self.slope_low, self.slope_high),
            (half_name, self.half_life, low, high),
        ]
        if self.constant_rate_p_value is not None:
            rows.append(
                ("p-value of a constant yearly rate", self.constant_rate_p_value, None, None)
            )
        columns = (
            text("what", "Speed"),
            number("value", "Value", decimals=4),
            number("low", "Low", decimals=4),
            number("high", "High", decimals=4),
            machine("model"),
        )
        title = f"{self.underlying} speed of convergence at {self.venue}: {self.model} model"
        return Table(title, columns, tuple((*row, self.model) for row in rows), self._notes())

    def _notes(self) -> tuple[str, ...]:
        return (
            f"log|basis| on {'log ' if self.model == 'power' else ''}hours to expiry, "
            f"{self.min_hours:g} to {self.max_hours:g} hours; {self.fit.observations:,} "
            f"observations of {self.contracts:,} contracts with "
            f"{'one level' if self.levels == 'shared' else 'a level each'}, {iso(self.since)} to "
            f"{iso(self.until)}. Huber's estimator; {self.confidence:.0%} intervals clustered by "
            f"contract and instant. Source: {self.source}.",
            *self.warnings,
        )

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the fitted size of the basis over what was observed (Matplotlib)."""
        from obverse.curves.convergence.plots import plot_speed

        return plot_speed(self, axes)


def speed_of_convergence(
    found: Convergence,
    *,
    model: Model = "power",
    levels: Levels = "shared",
    min_hours: float = 6,
    max_hours: float = 720,
    confidence: float = 0.95,
) -> ConvergenceSpeed:
    """Fit how the size of the basis depends on the time left.

    Observations whose basis is exactly zero have no log; they are left out and told.

    Raises
    ------
    MarketDataError : a model, range or confidence that is none, or fewer than three contracts or
        instants in the range
    """
    if model not in ("power", "exponential") or levels not in ("shared", "own"):
        raise MarketDataError(
            f"model {model!r}, levels {levels!r}: there are power and exponential, shared and own."
        )
    if not 0 <= min_hours < max_hours or not 0 < confidence < 1:
        raise MarketDataError(
            f"speed of convergence: {min_hours:g} to {max_hours:g} hours at confidence "
            f"{confidence:g}; expected 0 <= min < max and a confidence between 0 and 1."
        )
    inside = (found.hours >= min_hours) & (found.hours <= max_hours) & (found.hours > 0)
    own = inside & (found.basis_bp != 0)
    x = np.log(found.hours[own]) if model == "power" else found.hours[own]
    y = np.log(np.abs(found.basis_bp[own]))
    contracts, instants = found.contract_of[own], found.instants_ns[own]
    fit = robust_line if levels == "shared" else _line_within
    line = fit(x, y, contracts, instants)
    low, high = line.interval(confidence)
    return ConvergenceSpeed(
        underlying=found.underlying,
        venue=found.venue,
        source=found.source,
        model=model,
        levels=levels,
        since=found.since,
        until=found.until,
        min_hours=min_hours,
        max_hours=max_hours,
        confidence=confidence,
        fit=line,
        contracts=len(np.unique(contracts)),
        slope_low=low,
        slope_high=high,
        constant_rate_p_value=line.p_value(1.0) if model == "power" else None,
        observed=found,
        warnings=(*found.warnings, *_warnings(found, inside, own)),
    )


def _line_within(x: FloatArray, y: FloatArray, contracts: IntArray, instants: IntArray) -> LineFit:
    """A line with a level for each contract; the level told is the middle one."""
    label = np.unique(contracts, return_inverse=True)[1]
    counts = np.maximum(np.bincount(label), 1)
    x_means, y_means = (np.bincount(label, each) / counts for each in (x, y))
    line = robust_line(x - x_means[label], y - y_means[label], contracts, instants)
    return replace(line, level=float(np.median(y_means - line.slope * x_means)) if len(x) else 0.0)


def _half_life(model: Model, slope: float) -> float | None:
    if slope <= 0:
        return None
    return 1 - 2 ** (-1 / slope) if model == "power" else math.log(2) / slope


def _warnings(
    found: Convergence, inside: NDArray[np.bool_], own: NDArray[np.bool_]
) -> tuple[str, ...]:
    told = []
    zeros = int(inside.sum() - own.sum())
    if zeros:
        told.append(f"{zeros:,} observations with a basis of exactly zero are left out.")
    signs = np.sign(found.basis_bp[own])
    rarer = min(float((signs > 0).mean()), float((signs < 0).mean()))
    if rarer > MANY_TURNS:
        told.append(
            f"The basis has the rarer sign in {rarer:.0%} of the observations: its size is partly "
            "noise, which makes convergence look slower than it is."
        )
    return tuple(told)
