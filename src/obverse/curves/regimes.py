"""Contango and backwardation through time: the shape of every snapshot, and its spells.

A shape is that of `term_structure.Shape`: contango when every price from the index outwards is
higher, backwardation when every one is lower, mixed otherwise; judged on listed expiries, and on
all of them where none is listed. A shape lasts until the next snapshot; time between snapshots
further apart than `max_gap_days` belongs to none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from obverse.contracts.instants import SECONDS_PER_DAY
from obverse.curves.histories import CurveHistory
from obverse.curves.term_structure import Shape
from obverse.errors import MarketDataError
from obverse.tables import Column, Table, Tabular, number, percent, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

NS_PER_DAY = SECONDS_PER_DAY * 10**9
MAX_GAP_DAYS = 1.0
_SHAPES = tuple(Shape)


@dataclass(frozen=True)
class Spell:
    """A run of snapshots of one shape; it ends where the next begins, or where records do."""

    shape: Shape
    start_ns: int
    end_ns: int
    snapshots: int
    going_on: bool
    """Whether records end before another shape is seen."""

    @property
    def days(self) -> float:
        """How long it is known to have lasted."""
        return (self.end_ns - self.start_ns) / NS_PER_DAY


@dataclass(frozen=True, repr=False, eq=False)
class Regimes(Tabular):
    """The shape of each snapshot of a history, and the spells they make.

    Attributes
    ----------
    instants_ns : (n,) of the snapshots
    shapes : (n,) one a snapshot
    spells : in time
    """

    underlying: str
    venue: str
    source: str
    instants_ns: NDArray[np.int64]
    shapes: tuple[Shape, ...]
    spells: tuple[Spell, ...]
    max_gap_days: float
    warnings: tuple[str, ...] = field(default=())

    @property
    def days(self) -> float:
        """Time that belongs to a shape."""
        return sum(spell.days for spell in self.spells)

    @property
    def shares(self) -> dict[Shape, float]:
        """Share of the time in each shape; of the snapshots, where no time passes."""
        if self.days == 0:
            return {shape: self.shapes.count(shape) / len(self.shapes) for shape in _SHAPES}
        spent = dict.fromkeys(_SHAPES, 0.0)
        for spell in self.spells:
            spent[spell.shape] += spell.days
        return {shape: days / self.days for shape, days in spent.items()}

    def table(self) -> Table:
        """One row a spell."""
        columns = (
            text("shape", "Shape"),
            text("start", "From (UTC)"),
            text("end", "To (UTC)"),
            number("days", "Days"),
            number("snapshots", "Snapshots", decimals=0),
            percent("share", "Of the time", 1),
            Column("going_on", "", for_people=False),
        )
        whole = self.days or 1.0
        rows = tuple(
            (
                each.shape.value,
                _words(each.start_ns),
                _words(each.end_ns),
                each.days,
                each.snapshots,
                each.days / whole,
                each.going_on,
            )
            for each in self.spells
        )
        told = ", ".join(f"{s.value} {100 * share:.1f} %" for s, share in self.shares.items())
        title = f"{self.underlying} curve at {self.venue}: {len(self.spells):,} spells"
        notes = (
            f"Share of {self.days:,.1f} days: {told}.",
            "Contango: every price from the index outwards is higher; backwardation: lower. "
            f"A shape lasts to the next snapshot, if within {self.max_gap_days:g} days.",
            f"Source: {self.source}.",
        )
        return Table(title, columns, rows, (*notes, *self.warnings))

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the spells through time (Matplotlib)."""
        from obverse.curves.history_plots import plot_regimes

        return plot_regimes(self, axes)


def regimes(history: CurveHistory, *, max_gap_days: float = MAX_GAP_DAYS) -> Regimes:
    """Take the shape of every snapshot, from itself alone, and the spells of equal shapes.

    Raises `MarketDataError` for a history without snapshots, or a gap that is not above zero.
    """
    if not len(history):
        raise MarketDataError(f"regimes: no snapshots of {history.underlying}; take another span.")
    if not 0 < max_gap_days < np.inf:
        raise MarketDataError(f"max_gap_days {max_gap_days}: a number above zero is expected.")
    codes = shape_codes(history)
    gap_ns = int(max_gap_days * NS_PER_DAY)
    gaps = np.diff(history.instants_ns) > gap_ns
    spells = _spells(codes, history.instants_ns, gaps)
    warnings = list(history.warnings)
    if gaps.any():
        days = float(np.diff(history.instants_ns)[gaps].sum()) / NS_PER_DAY
        warnings.append(f"{int(gaps.sum()):,} gaps, {days:,.1f} days in all, belong to no shape.")
    return Regimes(
        underlying=history.underlying,
        venue=history.venue,
        source=history.source,
        instants_ns=history.instants_ns,
        shapes=tuple(_SHAPES[code] for code in codes.tolist()),
        spells=spells,
        max_gap_days=max_gap_days,
        warnings=tuple(warnings),
    )


def shape_codes(history: CurveHistory) -> NDArray[np.intp]:
    """(n,) shape of each snapshot, as a place in `Shape`."""
    owner, count = history.snapshot_of_node, len(history)
    listed = np.bincount(owner, weights=history.listed, minlength=count) > 0
    judged = history.listed | ~listed[owner]
    own, prices = owner[judged], history.marks_usd[judged]
    first = np.diff(own, prepend=-1) != 0
    before = np.where(first, history.index_usd[own], np.append(np.nan, prices[:-1])[: len(own)])
    nodes = np.bincount(own, minlength=count)
    up = np.bincount(own, weights=prices > before, minlength=count) == nodes
    down = np.bincount(own, weights=prices < before, minlength=count) == nodes
    found = np.full(count, _SHAPES.index(Shape.MIXED))
    found[up] = _SHAPES.index(Shape.CONTANGO)
    found[down] = _SHAPES.index(Shape.BACKWARDATION)
    found[nodes == 0] = _SHAPES.index(Shape.EMPTY)
    return found


def _spells(
    codes: NDArray[np.intp], instants: NDArray[np.int64], gaps: NDArray[np.bool_]
) -> tuple[Spell, ...]:
    breaks = np.flatnonzero((np.diff(codes) != 0) | gaps) + 1
    edges = [0, *breaks.tolist(), len(codes)]
    found = []
    for start, end in pairwise(edges):
        seen_out = end < len(codes) and not gaps[end - 1]
        last = instants[end] if seen_out else instants[end - 1]
        shape = _SHAPES[int(codes[start])]
        found.append(Spell(shape, int(instants[start]), int(last), end - start, not seen_out))
    return tuple(found)


def _words(ns: int) -> str:
    return f"{np.datetime_as_string(np.datetime64(ns, 'ns'), unit='m')}Z"
