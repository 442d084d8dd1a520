"""Amihud's illiquidity: how far the price moves for the dollars that are traded.

The mean over bars of |ln(close / close before)| / dollars, here in basis points per million
dollars. Source: Y. Amihud, Journal of Financial Markets 5 (2002).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from obverse.analysis.activity.bar_values import Bars
from obverse.analysis.inference import mean_error
from obverse.analysis.provenance import Provenance
from obverse.analysis.stored_rows import FloatArray, IntArray, moment_of
from obverse.errors import MarketDataError
from obverse.tables import Table, Tabular, number, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEAST_BARS = 10


@dataclass(frozen=True, repr=False, eq=False)
class Amihud(Tabular):
    """Basis points for a million dollars: mean with its Newey-West error, median, each bar's."""

    provenance: Provenance
    interval: str
    mean: float
    error: float
    median: float
    starts_ns: IntArray
    values: FloatArray
    warnings: tuple[str, ...] = field(default=())

    def table(self) -> Table:
        """The measure in one row."""
        columns = (
            text("bars", "Bars"),
            number("mean", "Mean", "bp per m USD", 5),
            number("error", "Error", "bp per m USD", 5),
            number("median", "Median", "bp per m USD", 5),
            number("count", "Count", decimals=0),
        )
        row = (self.interval, self.mean, self.error, self.median, len(self.values))
        note = f"{self.provenance.note} |change of ln(close)| over dollars traded, bar by bar."
        title = f"Amihud's illiquidity of {self.provenance.name}"
        return Table(title, columns, (row,), (note, *self.warnings))

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw it over time, on a logarithmic scale (Matplotlib)."""
        from obverse.charts import ACCENT, new_axes

        title = f"Amihud's illiquidity of {self.provenance.name}"
        axes = axes or new_axes(title, "", "bp per m USD")
        moved = self.values > 0
        times = [moment_of(int(at)) for at in self.starts_ns[moved]]
        axes.plot(times, self.values[moved], ".", color=ACCENT, markersize=3)  # type: ignore[arg-type]
        axes.set_yscale("log")
        return axes


def amihud(bars: Bars) -> Amihud:
    """Measure bars that follow one another and traded. Raises `MarketDataError` for under ten."""
    step = int(bars.interval.total_seconds()) * 10**9
    usable = (np.diff(bars.starts_ns) == step) & (bars.usd[1:] > 0)
    if usable.sum() < LEAST_BARS:
        raise MarketDataError(
            f"{bars.provenance.name}: {int(usable.sum())} bars of {bars.interval_words} follow "
            f"another and say their dollars; expected {LEAST_BARS} at least."
        )
    moves = 1e4 * np.abs(np.diff(np.log(bars.close)))[usable]
    values = moves / (bars.usd[1:][usable] / 1e6)
    return Amihud(
        bars.provenance,
        bars.interval_words,
        float(values.mean()),
        mean_error(values),
        float(np.median(values)),
        bars.starts_ns[1:][usable],
        values,
        bars.warnings,
    )
