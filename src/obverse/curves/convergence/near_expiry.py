"""Recorded forwards near their expiry, against the index and against their settlement window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from obverse.contracts.instants import Instant, iso
from obverse.contracts.units import ExactNumber
from obverse.curves.convergence.observed import check_history
from obverse.curves.convergence.settlement_window import (
    delivery_rule,
    settlement_window,
    window_value,
)
from obverse.curves.histories import CurveHistory
from obverse.curves.term_structure import HOURS_PER_YEAR
from obverse.errors import MarketDataError
from obverse.marks.schedule import from_ns
from obverse.tables import Table, Tabular, machine, number, percent, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Samples = Sequence[tuple[datetime, ExactNumber]]


@dataclass(frozen=True)
class NearForward:
    """A forward recorded near its expiry. Gaps are of the mark, in bp of the index.

    `window_usd` is none inside a window whose index samples are not given.
    """

    at: datetime
    symbol: str
    expiry: datetime
    minutes_left: float
    mark_usd: float
    index_usd: float
    window_usd: float | None
    settled_share: float
    variance_years: float | None

    @property
    def index_gap_bp(self) -> float:
        """Mark less index."""
        return 1e4 * (self.mark_usd / self.index_usd - 1)

    @property
    def window_gap_bp(self) -> float | None:
        """Mark less the value that the settlement window gives."""
        if self.window_usd is None:
            return None
        return 1e4 * (self.mark_usd - self.window_usd) / self.index_usd


@dataclass(frozen=True, repr=False)
class NearExpiry(Tabular):
    """Forwards recorded within some hours of their expiry."""

    underlying: str
    venue: str
    source: str
    hours: float
    since: datetime
    until: datetime
    forwards: tuple[NearForward, ...]
    warnings: tuple[str, ...] = ()

    @property
    def median_index_gap_bp(self) -> float:
        """Median size of the gap to the index."""
        return float(np.median([abs(each.index_gap_bp) for each in self.forwards]))

    @property
    def median_window_gap_bp(self) -> float | None:
        """Median size of the gap to the window's value, where that is known."""
        gaps = [each.window_gap_bp for each in self.forwards]
        known = [abs(gap) for gap in gaps if gap is not None]
        return float(np.median(known)) if known else None

    def table(self) -> Table:
        """One row a recorded forward, by time."""
        columns = (
            text("at", "Recorded (UTC)"),
            text("symbol", "Expiry"),
            number("minutes_left", "Left", "min", 1),
            number("mark_usd", "Forward", "USD"),
            number("index_usd", "Index", "USD"),
            number("window_usd", "Window value", "USD"),
            percent("settled_share", "Settled", 1),
            number("index_gap_bp", "To index", "bp", signed=True),
            number("window_gap_bp", "To window", "bp", signed=True),
            machine("variance_years", "years"),
        )
        rows = tuple(
            (
                each.at,
                each.symbol,
                each.minutes_left,
                each.mark_usd,
                each.index_usd,
                each.window_usd,
                each.settled_share,
                each.index_gap_bp,
                each.window_gap_bp,
                each.variance_years,
            )
            for each in self.forwards
        )
        title = f"{self.underlying} at {self.venue} within {self.hours:g} hours of expiry"
        notes = (
            f"{iso(self.since)} to {iso(self.until)}. Gaps are forward less index, and less the "
            f"window's value, in bp of the index; median sizes {self._medians()}. "
            f"Source: {self.source}.",
            *self.warnings,
        )
        return Table(title, columns, rows, notes)

    def _medians(self) -> str:
        window = self.median_window_gap_bp
        known = "unknown" if window is None else f"{window:.2f} bp"
        return f"{self.median_index_gap_bp:.2f} bp and {known}"

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw both gaps against the time left (Matplotlib)."""
        from obverse.curves.convergence.plots import plot_near_expiry

        return plot_near_expiry(self, axes)


def near_expiry(
    history: CurveHistory,
    *,
    hours: float = 3,
    until: Instant | None = None,
    index_samples: Samples = (),
    yearly_rate: float = 0.0,
) -> NearExpiry:
    """Compare forwards recorded within some hours of expiry with index and settlement window.

    Parameters
    ----------
    until : looks at nothing later
    index_samples : index prices inside the windows, by increasing time; a forward inside its
        window is valued only where its window has some
    yearly_rate : at which the index is expected to grow, continuous, act/365

    Raises
    ------
    MarketDataError : no forward is recorded so near its expiry
    RuleError : the venue's rulebook has no averaging window
    """
    seen = history if until is None else history.until(until)
    check_history(seen)
    if not (np.isfinite(hours) and hours > 0):
        raise MarketDataError(f"hours {hours}: expected above zero.")
    near = np.flatnonzero(seen.years * HOURS_PER_YEAR <= hours)
    if not len(near):
        raise MarketDataError(
            f"no {seen.underlying} forward at {seen.venue} is recorded within {hours:g} hours of "
            f"its expiry; the nearest is at {seen.years.min(initial=np.inf) * HOURS_PER_YEAR:.2f}."
        )
    found = tuple(_forward(seen, int(row), index_samples, yearly_rate) for row in near)
    return NearExpiry(
        seen.underlying,
        seen.venue,
        seen.source,
        hours,
        seen.moment(0),
        seen.moment(len(seen) - 1),
        found,
        (*seen.warnings, *_warnings(seen, found)),
    )


def _warnings(seen: CurveHistory, found: Sequence[NearForward]) -> tuple[str, ...]:
    told = []
    unvalued = sum(each.window_usd is None for each in found)
    if unvalued:
        told.append(f"{unvalued} forwards lie inside a settlement window without index samples.")
    expiries = sorted({each.expiry for each in found})
    methods = {delivery_rule(seen.venue, seen.underlying, each).method for each in expiries}
    told += [
        f"{seen.venue} settles by {method.replace('_', ' ')}; a plain average stands in for it."
        for method in sorted(methods - {"index_average"})
    ]
    return tuple(told)


def _forward(seen: CurveHistory, row: int, samples: Samples, rate: float) -> NearForward:
    place = int(seen.snapshot_of_node[row])
    at, expiry = seen.moment(place), from_ns(int(seen.expiries_ns[row]))
    window = settlement_window(seen.venue, seen.underlying, expiry)
    own = [each for each in samples if window.start < each[0] <= window.end]
    index = float(seen.index_usd[place])
    share = window.elapsed_share(at)
    valued = None
    if share == 0 or any(moment <= at for moment, _ in own):
        valued = window_value(window, own, at, index_usd=index, yearly_rate=rate)
    return NearForward(
        at=at,
        symbol=seen.symbols[row],
        expiry=expiry,
        minutes_left=(expiry - at).total_seconds() / 60,
        mark_usd=float(seen.marks_usd[row]),
        index_usd=index,
        window_usd=None if valued is None else valued.value_usd,
        settled_share=share,
        variance_years=None if valued is None else valued.variance_years,
    )
