"""The distribution of funding and how long it lasts.

The half-life is that of a first-order autoregression: ln(1/2) / ln(r_1) intervals; its bounds are
those of r_1 ± 1.96 errors, each √((1 − r_1²) / n).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from obverse.analysis.funding.histories import FundingHistory
from obverse.analysis.inference import (
    TWO_SIDED_95,
    autocorrelations,
    bartlett_errors,
    mean_error,
)
from obverse.analysis.provenance import Provenance
from obverse.analysis.stored_rows import FloatArray, check_numbers
from obverse.contracts.instants import DAYS_PER_YEAR
from obverse.tables import Cell, Table, Tabular, machine, number, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
LEAST = 10
_EXACT = 1e-12
_PER_YEAR = 3 * DAYS_PER_YEAR


@dataclass(frozen=True)
class Run:
    """Payments in a row of one sign."""

    payments: int
    hours: float


@dataclass(frozen=True, repr=False, eq=False)
class FundingStatistics(Tabular):
    """What a history of funding was like. Rates are per 8 hours, as fractions.

    Attributes
    ----------
    mean_error : Newey-West
    quantiles_8h : by probability
    interest_share : share of payments exactly at the rule's rate for a small premium; None where
        the rule has none
    autocorrelations, autocorrelation_errors : (lags,) with Bartlett's errors; empty where the rate
        never varies
    half_life_hours, half_life_range_hours : None where the rate does not persist (r_1 of zero or
        below), infinite where the bound of r_1 reaches 1
    """

    provenance: Provenance
    payments: int
    mean_8h: float
    mean_error_8h: float
    deviation_8h: float
    quantiles_8h: dict[float, float]
    lowest_8h: float
    highest_8h: float
    positive_share: float
    interest_share: float | None
    longest_positive: Run
    longest_negative: Run
    autocorrelations: FloatArray
    autocorrelation_errors: FloatArray
    interval_hours: float
    half_life_hours: float | None
    half_life_range_hours: tuple[float, float] | None
    rates_8h: FloatArray
    warnings: tuple[str, ...] = field(default=())

    def table(self) -> Table:
        """One row a measure: per 8 hours in basis points, and a year in per cent."""
        columns = (
            text("measure", "Funding"),
            number("per_8h_bp", "Per 8 h", "bp", 3, signed=True),
            number("per_year_percent", "A year", "%/y", signed=True),
            number("other", "Other", decimals=3),
            text("unit", "Unit"),
            machine("error"),
        )
        rates = [
            ("mean", self.mean_8h, self.mean_error_8h),
            ("error of the mean", self.mean_error_8h, None),
            ("standard deviation", self.deviation_8h, None),
            ("lowest", self.lowest_8h, None),
            *((f"quantile {p:.0%}", v, None) for p, v in self.quantiles_8h.items()),
            ("highest", self.highest_8h, None),
        ]
        rows: list[tuple[Cell, ...]] = [
            (name, 1e4 * rate, 100 * _PER_YEAR * rate, None, "", error)
            for name, rate, error in rates
        ]
        rows += [(name, None, None, value, unit, error) for name, value, unit, error in self._other]
        note = (
            f"{self.provenance.note} A year: simple, {_PER_YEAR:,} times 8 hours. Errors are "
            "Newey-West, of autocorrelations Bartlett's."
        )
        title = f"Funding of {self.provenance.name}: {self.payments:,} payments"
        return Table(title, columns, tuple(rows), (note, *self.warnings))

    @property
    def _other(self) -> list[tuple[str, float | None, str, float | None]]:
        rows: list[tuple[str, float | None, str, float | None]] = [
            ("positive", self.positive_share, "share", None),
            ("exactly at the rule's rate for a small premium", self.interest_share, "share", None),
            ("longest run above zero", self.longest_positive.hours / 24, "days", None),
            ("longest run below zero", self.longest_negative.hours / 24, "days", None),
        ]
        for lag, (value, error) in enumerate(
            zip(self.autocorrelations, self.autocorrelation_errors, strict=True), start=1
        ):
            if lag in (1, 3, len(self.autocorrelations)):
                name = f"autocorrelation over {lag * self.interval_hours:g} h"
                rows.append((name, float(value), "", float(error)))
        rows.append(("half-life", self.half_life_hours, "hours", None))
        if self.half_life_range_hours is not None:
            low, high = self.half_life_range_hours
            rows.append(("half-life, lower bound (95 %)", low, "hours", None))
            bound = high if math.isfinite(high) else None
            rows.append(("half-life, upper bound (95 %)", bound, "hours", None))
        return rows

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the distribution of the rate, between its 1 % and 99 % quantiles (Matplotlib)."""
        from obverse.charts import ACCENT, SECOND, legend_above, new_axes

        title = f"Funding of {self.provenance.name}"
        axes = axes or new_axes(title, "basis points per 8 hours", "payments")
        low, high = self.quantiles_8h[QUANTILES[0]], self.quantiles_8h[QUANTILES[-1]]
        inside = self.rates_8h[(self.rates_8h >= low) & (self.rates_8h <= high)]
        axes.hist(1e4 * inside, bins=60, color=ACCENT)
        axes.axvline(1e4 * self.mean_8h, color=SECOND, linewidth=1.4, label="mean")
        legend_above(axes)
        return axes


def funding_statistics(history: FundingHistory, *, lags: int = 21) -> FundingStatistics:
    """Measure a history. Raises `MarketDataError` for fewer than ten payments."""
    rates = history.rates_8h
    check_numbers(rates, f"funding of {history.provenance.name}", least=LEAST)
    known = ~np.isnan(history.interest)
    at_interest = np.abs(history.rates - history.interest)[known] <= _EXACT
    reach = min(lags, len(rates) - 2)
    found = autocorrelations(rates, reach) if np.ptp(rates) > 0 else np.empty(0)
    interval = float(np.median(history.hours))
    half, bounds = _half_life(found, len(rates), interval)
    warnings = history.warnings
    if not len(found):
        warnings += ("The rate never changes: nothing is said of its persistence.",)
    return FundingStatistics(
        provenance=history.provenance,
        payments=len(rates),
        mean_8h=float(rates.mean()),
        mean_error_8h=mean_error(rates),
        deviation_8h=float(rates.std(ddof=1)),
        quantiles_8h={p: float(np.quantile(rates, p)) for p in QUANTILES},
        lowest_8h=float(rates.min()),
        highest_8h=float(rates.max()),
        positive_share=float((rates > 0).mean()),
        interest_share=float(at_interest.mean()) if known.any() else None,
        longest_positive=longest_run(rates > 0, history.hours),
        longest_negative=longest_run(rates < 0, history.hours),
        autocorrelations=found,
        autocorrelation_errors=bartlett_errors(found, len(rates)) if len(found) else found,
        interval_hours=interval,
        half_life_hours=half,
        half_life_range_hours=bounds,
        rates_8h=rates,
        warnings=warnings,
    )


def longest_run(holds: np.ndarray[tuple[int], np.dtype[np.bool_]], hours: FloatArray) -> Run:
    """The longest stretch in a row, by its payments."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], holds.astype(np.int8), [0]])))
    if not len(edges):
        return Run(0, 0.0)
    starts, ends = edges[::2], edges[1::2]
    best = int(np.argmax(ends - starts))
    own = slice(int(starts[best]), int(ends[best]))
    return Run(own.stop - own.start, float(hours[own].sum()))


def _half_life(
    found: FloatArray, count: int, interval: float
) -> tuple[float | None, tuple[float, float] | None]:
    if not len(found) or found[0] <= 0:
        return None, None
    first = float(found[0])
    error = math.sqrt((1 - first * first) / count)

    def hours(persistence: float) -> float:
        if persistence >= 1:
            return math.inf
        return interval * math.log(0.5) / math.log(persistence) if persistence > 0 else 0.0

    return hours(first), (
        hours(first - TWO_SIDED_95 * error),
        hours(first + TWO_SIDED_95 * error),
    )
