"""What holding a perpetual paid beside what dated futures offered, month by month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from obverse.analysis.funding.sums import FundingSums
from obverse.analysis.provenance import Provenance
from obverse.analysis.stored_rows import NS_PER_DAY, moment_of
from obverse.contracts.instants import DAYS_PER_YEAR
from obverse.curves.histories import CurveHistory
from obverse.errors import DataError, MarketDataError
from obverse.tables import Table, Tabular, number, percent, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHORTEST_DAYS = 14.0
LONGEST_DAYS = 120.0


@dataclass(frozen=True)
class CarryMonth:
    """One month. Rates are fractions a year.

    Attributes
    ----------
    funding : sum over the days it covers, simple
    basis : mean of ln(F / S) / T over snapshots, of expiries within the range of days
    """

    name: str
    funding: float
    basis: float
    snapshots: int

    @property
    def difference(self) -> float:
        """Funding less basis: what the perpetual paid its shorts over the dated futures."""
        return self.funding - self.basis


@dataclass(frozen=True, repr=False, eq=False)
class CarryHistory(Tabular):
    """Funding against annualised basis."""

    provenance: Provenance
    months: tuple[CarryMonth, ...]
    days_range: tuple[float, float]
    funding_words: str = "plain sum"
    warnings: tuple[str, ...] = field(default=())

    def table(self) -> Table:
        """One row a month."""
        columns = (
            text("month", "Month"),
            percent("funding", "Funding", unit="%/y"),
            percent("basis", "Basis", unit="%/y"),
            percent("difference", "Difference", unit="%/y"),
            number("snapshots", "Curves", decimals=0),
        )
        rows = tuple((m.name, m.funding, m.basis, m.difference, m.snapshots) for m in self.months)
        low, high = self.days_range
        note = (
            f"{self.provenance.note} Funding: {self.funding_words}, simple, of 365 days. "
            "Basis: ln(F/S)/T, "
            f"continuous, act/365, mean over listed expiries of {low:g} to {high:g} days."
        )
        title = f"Carry of {self.provenance.name}: funding and basis"
        return Table(title, columns, rows, (note, *self.warnings))

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw both rates (Matplotlib)."""
        from obverse.charts import ACCENT, GRID, SECOND, legend_above, new_axes

        axes = axes or new_axes(f"Carry of {self.provenance.name}", "", "% a year")
        axes.axhline(0, color=GRID, linewidth=1)
        names = [each.name for each in self.months]
        axes.plot(names, [100 * m.funding for m in self.months], "o-", color=ACCENT,
                  label="funding")  # fmt: skip
        axes.plot(names, [100 * m.basis for m in self.months], "o-", color=SECOND, label="basis")
        legend_above(axes)
        return axes


def carry_history(
    sums: FundingSums,
    curves: CurveHistory,
    *,
    days_range: tuple[float, float] = (SHORTEST_DAYS, LONGEST_DAYS),
) -> CarryHistory:
    """Join monthly sums of funding with the curves of the same months.

    Raises `MarketDataError` where no month has both, `DataError` for sums that are not monthly.
    """
    if sums.by != "month":
        raise DataError(f"carry: sums by {sums.by}; expected by month.")
    rates = {each.name: each.plain * DAYS_PER_YEAR / each.days for each in sums.spans}
    months = _joined(sums.provenance, rates, curves, days_range)
    warnings = tuple(dict.fromkeys((*sums.warnings, *curves.warnings)))
    return CarryHistory(sums.provenance, months, days_range, warnings=warnings)


def published_carry(
    provenance: Provenance,
    published: Mapping[int, tuple[int, float]],
    curves: CurveHistory,
    *,
    days_range: tuple[float, float] = (SHORTEST_DAYS, LONGEST_DAYS),
) -> CarryHistory:
    """The same of a venue's own monthly sums (`obverse.analysis.funding.sums.published_sums`)."""
    rates = {}
    for start, (end, value) in published.items():
        name = f"{moment_of(start):%Y-%m}"
        if f"{moment_of(end - 1):%Y-%m}" == name:
            rates[name] = value * DAYS_PER_YEAR * NS_PER_DAY / (end - start)
    months = _joined(provenance, rates, curves, days_range)
    words = "the venue's own sum, in coin per coin at the start"
    return CarryHistory(provenance, months, days_range, words, curves.warnings)


def _joined(
    provenance: Provenance,
    rates: Mapping[str, float],
    curves: CurveHistory,
    days_range: tuple[float, float],
) -> tuple[CarryMonth, ...]:
    traded = curves.listed_only()
    low, high = days_range
    days = traded.years * DAYS_PER_YEAR
    within = (days >= low) & (days <= high)
    snapshots = traded.snapshot_of_node
    months = np.array([f"{moment_of(int(at)):%Y-%m}" for at in traded.instants_ns])
    found = []
    for name, rate in rates.items():
        own = within & (months[snapshots] == name)
        if own.any():
            basis = float(traded.continuous_rates[own].mean())
            found.append(CarryMonth(name, rate, basis, len(np.unique(snapshots[own]))))
    if not found:
        raise MarketDataError(
            f"carry: no month has both funding of {provenance.name} and curves of "
            f"{curves.underlying} with listed expiries of {low:g} to {high:g} days."
        )
    return tuple(found)
