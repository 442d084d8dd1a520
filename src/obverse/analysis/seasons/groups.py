"""Means by hour of the day or weekday, with errors, and tests that they are all one.

Two tests, both on ranks: **Kruskal-Wallis**, which takes observations as independent, and
**Friedman**, which ranks the hours within each day, or the weekdays within each week, so that days
that are busy as a whole do not count. Volume and volatility persist, so that Friedman is the one to
read. Errors of the means are Newey-West over successive days or weeks. The p-value of a group is of
its difference from the mean of its own days or weeks, by Holm, which allows for looking at all.

Sources: W. Kruskal, W. Wallis, JASA 47 (1952); M. Friedman, JASA 32 (1937); both with ties.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from obverse.analysis.inference import chi_square_tail, holm, mean_error, two_sided
from obverse.analysis.provenance import Provenance
from obverse.analysis.seasons.quantities import Observations
from obverse.analysis.stored_rows import NS_PER_DAY, NS_PER_HOUR, FloatArray, IntArray
from obverse.errors import DataError, MarketDataError
from obverse.tables import Table, Tabular, number, percent, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

By = Literal["hour", "weekday"]
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LEAST_IN_GROUP = 4
_MONDAY_OFFSET = 3  # 1970-01-01 was a Thursday


@dataclass(frozen=True)
class SeasonTest:
    """A test that all groups are alike; `p_value` is the chance of as much difference if so."""

    name: str
    statistic: float
    degrees: int
    p_value: float
    observations: int


@dataclass(frozen=True)
class GroupMean:
    """One hour or weekday.

    Attributes
    ----------
    mean, error : in the quantity's unit; the error is Newey-West
    relative : over the mean of all groups, less 1
    p_value : that it differs from the mean of its own days, or weeks, by Holm
    """

    label: str
    observations: int
    mean: float
    error: float
    median: float
    relative: float
    p_value: float


@dataclass(frozen=True, repr=False, eq=False)
class Seasonality(Tabular):
    """A quantity by hour of the day (UTC, of the beginning of the bar) or weekday (UTC)."""

    provenance: Provenance
    quantity: str
    unit: str
    by: By
    groups: tuple[GroupMean, ...]
    kruskal_wallis: SeasonTest
    friedman: SeasonTest | None
    warnings: tuple[str, ...] = field(default=())

    def table(self) -> Table:
        """One row a group."""
        columns = (
            text("group", "Hour (UTC)" if self.by == "hour" else "Weekday (UTC)"),
            number("mean", "Mean", self.unit, 3),
            number("error", "Error", self.unit, 3),
            number("median", "Median", self.unit, 3),
            percent("relative", "To all", 1),
            number("p_value", "p (Holm)", decimals=4),
            number("observations", "Count", decimals=0),
        )
        rows = tuple(
            (g.label, g.mean, g.error, g.median, g.relative, g.p_value, g.observations)
            for g in self.groups
        )
        tests = [test for test in (self.friedman, self.kruskal_wallis) if test is not None]
        said = "; ".join(
            f"{t.name}: {t.statistic:,.1f} with {t.degrees} degrees, p = {t.p_value:.2g}, "
            f"{t.observations:,} observations"
            for t in tests
        )
        notes = (
            f"All alike? {said}. Friedman compares within days or weeks; Kruskal-Wallis takes "
            "observations as independent, which persistent ones are not.",
            f"p of a group allows for {len(self.groups)} of them, not for other quantities looked "
            "at: of twenty without a pattern one has p below 0.05.",
            self.provenance.note,
            *self.warnings,
        )
        title = f"{self.quantity} of {self.provenance.name} by {self.by}"
        return Table(title, columns, rows, notes)

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw means with bars of 1.96 errors, and the mean of all (Matplotlib)."""
        from obverse.charts import ACCENT, GRID, new_axes

        title = f"{self.quantity} of {self.provenance.name} by {self.by}"
        axes = axes or new_axes(title, f"{self.by} (UTC)", self.unit)
        places = list(range(len(self.groups)))
        means = [group.mean for group in self.groups]
        axes.errorbar(places, means, [1.96 * group.error for group in self.groups], fmt="o",
                      color=ACCENT, capsize=3)  # fmt: skip
        axes.axhline(float(np.mean(means)), color=GRID, linewidth=1, linestyle="--")
        labels = [g.label if self.by == "hour" else g.label[:3] for g in self.groups]
        axes.set_xticks(places, labels)
        return axes


def seasonality(found: Observations, by: By = "hour") -> Seasonality:
    """Compare hours or weekdays.

    Weekdays compare the mean of each whole day. Raises `MarketDataError` for fewer than two groups,
    or fewer than four observations in one.
    """
    if by not in ("hour", "weekday"):
        raise DataError(f"seasons by {by!r}: there are hour and weekday.")
    starts, values = (found.starts_ns, found.values) if by == "hour" else _daily(found)
    groups, blocks = _keys(starts, by)
    labels = np.unique(groups)
    counts = [int((groups == label).sum()) for label in labels]
    if len(labels) < 2 or min(counts) < LEAST_IN_GROUP:
        few = min(counts, default=0)
        raise MarketDataError(
            f"{found.name} of {found.provenance.name} by {by}: {len(labels)} groups, the smallest "
            f"of {few}; expected 2 groups at least, of {LEAST_IN_GROUP} observations each."
        )
    return Seasonality(
        found.provenance,
        found.name,
        found.unit,
        by,
        _means(groups, blocks, values, labels, by),
        kruskal_wallis(groups, values),
        friedman(groups, blocks, values),
        found.warnings,
    )


def kruskal_wallis(groups: IntArray, values: FloatArray) -> SeasonTest:
    """Whether groups have one distribution, by ranks of all."""
    count, rank = len(values), ranks(values)
    labels = np.unique(groups)
    own = [rank[groups == label] for label in labels]
    raw = 12 / (count * (count + 1)) * sum(r.sum() ** 2 / len(r) for r in own) - 3 * (count + 1)
    _, ties = np.unique(values, return_counts=True)
    correction = 1 - float((ties.astype(float) ** 3 - ties).sum()) / (float(count) ** 3 - count)
    if correction <= 0:
        raise MarketDataError("Kruskal-Wallis: the values are all the same.")
    statistic = max(float(raw) / correction, 0.0)
    degrees = len(labels) - 1
    chance = chi_square_tail(statistic, degrees)
    return SeasonTest("Kruskal-Wallis", statistic, degrees, chance, count)


def friedman(groups: IntArray, blocks: IntArray, values: FloatArray) -> SeasonTest | None:
    """Whether groups are alike within blocks that have every group; None without two such."""
    labels, place = np.unique(groups, return_inverse=True)
    kinds, block = np.unique(blocks, return_inverse=True)
    grid = np.full((len(kinds), len(labels)), np.nan)
    grid[block, place] = values
    whole = grid[~np.isnan(grid).any(axis=1)]
    rows, columns = whole.shape
    if rows < 2:
        return None
    rank = np.apply_along_axis(ranks, 1, whole)
    middle = (columns + 1) / 2
    spread = float(((rank - middle) ** 2).sum())
    if spread <= 0:
        return None
    between = rows * rows * float(((rank.mean(axis=0) - middle) ** 2).sum())
    statistic = (columns - 1) * between / spread
    degrees = columns - 1
    chance = chi_square_tail(statistic, degrees)
    return SeasonTest("Friedman", statistic, degrees, chance, rows * columns)


def ranks(values: FloatArray) -> FloatArray:
    """Ranks from 1, those that tie sharing their mean."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    found: FloatArray = (last - (counts - 1) / 2)[inverse]
    return found


def _keys(starts: IntArray, by: By) -> tuple[IntArray, IntArray]:
    days = starts // NS_PER_DAY
    if by == "hour":
        return starts // NS_PER_HOUR % 24, days
    return (days + _MONDAY_OFFSET) % 7, (days + _MONDAY_OFFSET) // 7


def _daily(found: Observations) -> tuple[IntArray, FloatArray]:
    """The mean of each day that has as many observations as the fullest."""
    days, place, counts = np.unique(
        found.starts_ns // NS_PER_DAY, return_inverse=True, return_counts=True
    )
    means = np.bincount(place, weights=found.values) / counts
    whole = counts >= 0.95 * counts.max() if len(counts) else counts > 0
    return days[whole] * NS_PER_DAY, means[whole]


def _means(
    groups: IntArray, blocks: IntArray, values: FloatArray, labels: IntArray, by: By
) -> tuple[GroupMean, ...]:
    own = [values[groups == label] for label in labels]
    means = np.array([each.mean() for each in own])
    whole = float(means.mean())
    chances = _chances(groups, blocks, values, labels)
    return tuple(
        GroupMean(
            label=f"{label:02d}" if by == "hour" else WEEKDAYS[label],
            observations=len(each),
            mean=float(mean),
            error=mean_error(each),
            median=float(np.median(each)),
            relative=float(mean / whole - 1) if whole else 0.0,
            p_value=float(chance),
        )
        for label, each, mean, chance in zip(labels, own, means, chances, strict=True)
    )


def _chances(
    groups: IntArray, blocks: IntArray, values: FloatArray, labels: IntArray
) -> FloatArray:
    """p-values of each group's difference from its blocks' means, of blocks with every group."""
    _, block, counts = np.unique(blocks, return_inverse=True, return_counts=True)
    gaps = values - (np.bincount(block, weights=values) / counts)[block]
    whole = (counts == len(labels))[block]
    found = []
    for label in labels:
        own = gaps[(groups == label) & whole]
        error = mean_error(own) if len(own) >= LEAST_IN_GROUP else 0.0
        found.append(two_sided(float(own.mean()) / error) if error > 0 else 1.0)
    return holm(np.array(found))
