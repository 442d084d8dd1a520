"""What moves the curve: level, slope and curvature, and the principal components of its changes.

On the tenors of a constant-maturity basis, with `middle` the tenor in the middle of the list:

    level      the mean of the tenors
    slope      last less first
    curvature  2·middle − first − last

Components are of the changes from one snapshot to the next, each tenor less its mean, by a singular
value decomposition. A component's sign is free, so it is fixed: the first three go the way of
level, slope and curvature; others have a positive loading at the last tenor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from obverse.curves.constant_maturity import ConstantMaturity
from obverse.errors import MarketDataError
from obverse.tables import Table, Tabular, number, percent, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"
ONE_SIDED = 0.8
"""A first component of which one tenor is more than this share is said to be of that tenor."""
LEAST_TENORS = 3
UNEVEN = 1.5
"""Gaps between snapshots that differ by more than this factor are said."""


@dataclass(frozen=True, repr=False, eq=False)
class CurveFactors(Tabular):
    """Level, slope and curvature through time, and the components of the curve's changes.

    Attributes
    ----------
    instants_ns : (n,) of the snapshots
    days : (k,) the tenors
    level, slope, curvature : (n,) continuous yearly rates, NaN where a tenor is missing
    loadings : (c, k) of unit length and orthogonal, a row a component, largest first
    explained : (c,) share of the variance of the changes
    deviations : (c,) standard deviation of each component, yearly rate per step
    change_ns : (d,) instants of the snapshots that end a change
    scores : (d, c) how far each component went in each change
    """

    underlying: str
    venue: str
    source: str
    instants_ns: NDArray[np.int64]
    days: tuple[float, ...]
    level: FloatArray
    slope: FloatArray
    curvature: FloatArray
    loadings: FloatArray
    explained: FloatArray
    deviations: FloatArray
    change_ns: NDArray[np.int64]
    scores: FloatArray
    warnings: tuple[str, ...] = field(default=())

    @property
    def changes(self) -> int:
        """How many changes the components were taken of."""
        return len(self.change_ns)

    def table(self) -> Table:
        """One row a component: share explained, size, loadings."""
        columns = (
            text("component", "Component"),
            percent("explained", "Explained", 1),
            number("deviation_bp", "Size", "bp/step", 2),
            *(number(f"loading_{d:g}d", f"{d:g}d", decimals=3, signed=True) for d in self.days),
        )
        rows = tuple(
            (
                f"{place + 1}",
                float(self.explained[place]),
                float(self.deviations[place]) * 1e4,
                *loadings.tolist(),
            )
            for place, loadings in enumerate(self.loadings)
        )
        title = f"{self.underlying} curve at {self.venue}: components of {self.changes:,} changes"
        notes = (
            "Of changes of the continuous yearly basis (ln(F/S)/T, act/365) at fixed days ahead, "
            "each less its mean. Signs: the way of level, slope and curvature; others up at the "
            "last tenor.",
            f"Source: {self.source}.",
        )
        return Table(title, columns, rows, (*notes, *self.warnings))

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the loadings against days (Matplotlib)."""
        from obverse.curves.history_plots import plot_factors

        return plot_factors(self, axes)


def factor_weights(tenors: int) -> FloatArray:
    """(3, k) weights that make level, slope and curvature of k tenors."""
    weights = np.zeros((3, tenors))
    weights[0] = 1 / tenors
    weights[1, [0, -1]] = -1.0, 1.0
    weights[2, [0, -1]] = -1.0
    weights[2, tenors // 2] += 2.0
    return weights


def curve_factors(
    basis: ConstantMaturity, *, days: Sequence[float] | None = None, components: int = 3
) -> CurveFactors:
    """Take level, slope, curvature, and the leading components of the curve's changes.

    `days` chooses among the tenors, all of them by default. A change is taken only between
    neighbouring snapshots that have every tenor chosen. Raises `MarketDataError` for fewer than
    three tenors, for more components than tenors, for fewer than two changes a tenor, and for a
    curve that does not move.
    """
    chosen = basis.days if days is None else tuple(sorted(set(days)))
    rates = np.column_stack([basis.rate(each) for each in chosen])
    tenors = len(chosen)
    if tenors < LEAST_TENORS or not 1 <= components <= tenors:
        raise MarketDataError(
            f"factors: {components} components of {tenors} tenors; expected {LEAST_TENORS} tenors "
            "at least, and from one component to as many as there are tenors."
        )
    known: NDArray[np.bool_] = np.asarray(np.isfinite(rates).all(axis=1))
    pairs = known[1:] & known[:-1]
    changes = np.diff(rates, axis=0)[pairs]
    if len(changes) < 2 * tenors:
        raise MarketDataError(
            f"factors: {len(changes)} changes between neighbouring snapshots with all of "
            f"{tenors} tenors; {2 * tenors} are needed: take a longer span or nearer tenors."
        )
    weights = factor_weights(tenors)
    loadings, explained, deviations, scores = _components(changes, weights, components)
    level, slope, curvature = np.where(known, weights @ rates.T, np.nan)
    return CurveFactors(
        underlying=basis.underlying,
        venue=basis.venue,
        source=basis.source,
        instants_ns=basis.instants_ns,
        days=chosen,
        level=level,
        slope=slope,
        curvature=curvature,
        loadings=loadings,
        explained=explained,
        deviations=deviations,
        change_ns=basis.instants_ns[1:][pairs],
        scores=scores,
        warnings=(*basis.warnings, *_warnings(basis, pairs), *_one_sided(chosen, loadings)),
    )


def _components(
    changes: FloatArray, weights: FloatArray, count: int
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    centred = changes - changes.mean(axis=0)
    _, sizes, rows = np.linalg.svd(centred, full_matrices=False)
    total = float((sizes**2).sum())
    if total == 0:
        raise MarketDataError("factors: every change is the same; the curve has no components.")
    loadings = np.array([_signed(row, place, weights) for place, row in enumerate(rows[:count])])
    deviations = sizes[:count] / np.sqrt(len(changes) - 1)
    return loadings, sizes[:count] ** 2 / total, deviations, centred @ loadings.T


def _signed(loading: FloatArray, place: int, weights: FloatArray) -> FloatArray:
    way = float(loading @ weights[place]) if place < len(weights) else float(loading[-1])
    return loading if way >= 0 else -loading


def _warnings(basis: ConstantMaturity, pairs: NDArray[np.bool_]) -> list[str]:
    found = []
    if left_out := int((~pairs).sum()):
        found.append(f"{left_out:,} changes are left out: a tenor is missing at an end.")
    steps = np.diff(basis.instants_ns)[pairs]
    if steps.max() > UNEVEN * steps.min():
        low, high = (each / 3.6e12 for each in (steps.min(), steps.max()))
        found.append(f"Steps are uneven, {low:.2g} to {high:.2g} hours: changes are not scaled.")
    return found


def _one_sided(days: tuple[float, ...], loadings: FloatArray) -> list[str]:
    shares = loadings[0] ** 2
    place = int(shares.argmax())
    if shares[place] <= ONE_SIDED:
        return []
    return [
        f"The first component is {100 * shares[place]:.0f} % the {days[place]:g}-day tenor alone: "
        "near rates divide small moves of the basis by little time. Choose the tenors by `days`."
    ]
