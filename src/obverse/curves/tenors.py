"""The curve at constant tenors through time: yearly basis 7, 30, 60, 90 and 180 days ahead.

At each snapshot the continuous rate ln(F/S)/T runs linearly in time between expiries, as
`obverse.curves.term_structure.price_at` has it, so that every expiry keeps its own price. Nearer
than the first expiry the first one's rate stands; beyond the last there is nothing, and a count
says how often. Expiries of under an hour are left out. On arrays: all snapshots at once.

    forward    (r2·t2 − r1·t1) / (t2 − t1)   between neighbouring tenors
    slope      r(longest) − r(second)
    carry      (S − F)/F/T at each tenor, what a holder of the future earns if only time moves
               (Koijen, Moskowitz, Pedersen, Vrugt, "Carry", JFE 2018)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

from obverse.contracts.instants import DAYS_PER_YEAR, iso
from obverse.curves.histories import CurveHistory, FloatArray
from obverse.curves.term_structure import MIN_YEARS
from obverse.errors import DataError
from obverse.tables import Cell, Column, Table, Tabular, percent, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TENOR_DAYS = (7.0, 30.0, 60.0, 90.0, 180.0)
Convention = Literal["continuous", "simple"]


@dataclass(frozen=True, repr=False, eq=False)
class ConstantTenors(Tabular):
    """Yearly basis at constant tenors, a row a snapshot.

    Attributes
    ----------
    history : the curves it was made of
    tenor_days : (k,) increasing
    rates : (n, k) continuous yearly basis; NaN where the curve does not reach
    """

    history: CurveHistory
    tenor_days: tuple[float, ...]
    rates: FloatArray
    convention: Convention = "continuous"
    warnings: tuple[str, ...] = field(default=())

    @property
    def years(self) -> FloatArray:
        """(k,) the tenors in years."""
        return np.array(self.tenor_days) / DAYS_PER_YEAR

    @property
    def basis(self) -> FloatArray:
        """(n, k) yearly basis by the convention."""
        if self.convention == "continuous":
            return self.rates
        simple: FloatArray = np.expm1(self.rates * self.years) / self.years
        return simple

    @property
    def forwards(self) -> FloatArray:
        """(n, k − 1) continuous forward rates between neighbouring tenors."""
        grown = self.rates * self.years
        forward: FloatArray = np.diff(grown, axis=1) / np.diff(self.years)
        return forward

    @property
    def slope(self) -> FloatArray:
        """(n,) rate at the longest tenor less that at the second."""
        slope: FloatArray = self.rates[:, -1] - self.rates[:, min(1, len(self.tenor_days) - 1)]
        return slope

    @property
    def carry(self) -> FloatArray:
        """(n, k) (S − F)/F/T."""
        carry: FloatArray = np.expm1(-self.rates * self.years) / self.years
        return carry

    def table(self) -> Table:
        """One row a snapshot."""
        columns: tuple[Column, ...] = (
            text("at", "Snapshot (UTC)"),
            *(percent(f"basis_{days:g}d", f"{days:g} d", unit="%/y") for days in self.tenor_days),
            percent("slope", "Slope", unit="%/y"),
        )
        basis, slope = self.basis, self.slope
        rows = tuple(
            (
                iso(self.history.moment(place).replace(microsecond=0)),
                *(_cell(value) for value in basis[place]),
                _cell(slope[place]),
            )
            for place in range(len(self.history))
        )
        title = f"{self.history.underlying} basis at constant tenors, {self.history.venue}"
        first, last = self.tenor_days[min(1, len(self.tenor_days) - 1)], self.tenor_days[-1]
        notes = (
            f"Yearly, {self.convention}, act/365. Slope: {last:g} days less {first:g}. "
            f"Source: {self.history.source}.",
            *self.warnings,
        )
        return Table(title, columns, rows, notes)

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the basis at each tenor over time (Matplotlib)."""
        from obverse.curves.tenor_plots import plot_tenors

        return plot_tenors(self, axes)


def constant_tenors(
    history: CurveHistory,
    tenor_days: Sequence[float] = TENOR_DAYS,
    *,
    convention: Convention = "continuous",
    listed_only: bool = True,
) -> ConstantTenors:
    """Read every curve of a history at constant tenors.

    Raises `DataError` for tenors that do not increase from above zero, and for no snapshots.
    """
    tenors = tuple(float(days) for days in tenor_days)
    if not tenors or tenors[0] <= 0 or any(b <= a for a, b in pairwise(tenors)):
        raise DataError(f"tenors: {tenors} do not increase from above zero.")
    if not len(history):
        raise DataError("there are no snapshots to read tenors of.")
    used = history.listed_only() if listed_only else history
    rates = tenor_rates(used, np.array(tenors) / DAYS_PER_YEAR)
    unreached = np.isnan(rates).sum(axis=0)
    warnings = [
        f"{count:,} of {len(history):,} curves do not reach {days:g} days."
        for days, count in zip(tenors, unreached.tolist(), strict=True)
        if count
    ]
    return ConstantTenors(used, tenors, rates, convention, (*history.warnings, *warnings))


def tenor_rates(history: CurveHistory, years: FloatArray) -> FloatArray:
    """(n, k) continuous rates, linear between expiries; the module says what happens outside."""
    times, rates = _padded(history)
    found = np.full((len(history), len(years)), np.nan)
    counts = np.isfinite(times).sum(axis=1)
    for column, ahead in enumerate(years.tolist()):
        after = (times < ahead).sum(axis=1)
        inside = after < counts
        right = np.minimum(after, np.maximum(counts - 1, 0))
        left = np.maximum(right - 1, 0)
        t1, t2 = (np.take_along_axis(times, place[:, None], 1)[:, 0] for place in (left, right))
        r1, r2 = (np.take_along_axis(rates, place[:, None], 1)[:, 0] for place in (left, right))
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where((after > 0) & (t2 > t1), (ahead - t1) / (t2 - t1), 1.0)
            value = r1 + (r2 - r1) * share
        found[:, column] = np.where(inside, value, np.nan)
    return found


def _padded(history: CurveHistory) -> tuple[FloatArray, FloatArray]:
    """(n, most) years and rates of each snapshot's expiries, near to far, padded with infinity."""
    years, rates = history.years, history.continuous_rates
    kept = years >= MIN_YEARS
    snapshots = history.snapshot_of_node[kept]
    counts = np.bincount(snapshots, minlength=len(history))
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    place = np.arange(len(snapshots)) - starts[snapshots]
    most = max(int(counts.max(initial=0)), 1)
    times = np.full((len(history), most), np.inf)
    values = np.full((len(history), most), np.nan)
    times[snapshots, place] = years[kept]
    values[snapshots, place] = rates[kept]
    return times, values


def _cell(value: float) -> Cell:
    return None if np.isnan(value) else float(value)
