"""Spreads of prices through time: weighted sums of legs that were known at the same instants.

A leg's price at an instant is the last one known by then, if it is no older than a stated age;
nothing later is ever read. Instants at which a leg has none are left out and told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from obverse.contracts.instants import instant, iso
from obverse.errors import MarketDataError
from obverse.tables import Table, Tabular, machine, number, percent, text

if TYPE_CHECKING:
    from datetime import datetime

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from obverse.curves.spreads.scores import ZScores

FloatArray: TypeAlias = "NDArray[np.float64]"
IntArray: TypeAlias = "NDArray[np.int64]"
NS_PER_SECOND = 10**9


@dataclass(frozen=True, eq=False)
class PriceSeries:
    """Prices of one thing and when each became known.

    Raises `MarketDataError` for a price that is not above zero (a spread itself may be), and for
    instants that do not increase.
    """

    name: str
    instants_ns: IntArray
    prices_usd: FloatArray

    def __post_init__(self) -> None:
        """Refuse what is no series of prices."""
        if self.instants_ns.shape != self.prices_usd.shape or self.prices_usd.ndim != 1:
            raise MarketDataError(
                f"{self.name}: {self.instants_ns.shape} instants and {self.prices_usd.shape} "
                "prices; expected one price an instant."
            )
        bad = np.flatnonzero(~(np.isfinite(self.prices_usd) & (self.prices_usd > 0)))
        if len(bad):
            raise MarketDataError(
                f"{self.name}: price {self.prices_usd[bad[0]]} at row {bad[0]}; expected finite "
                "prices above zero. Leave out rows without a price."
            )
        back = np.flatnonzero(np.diff(self.instants_ns) <= 0)
        if len(back):
            raise MarketDataError(
                f"{self.name}: row {back[0] + 1} is not later than the one before; expected "
                "increasing instants. Sort, and keep the last price of an instant."
            )

    def until(self, instant_ns: int) -> PriceSeries:
        """The prices known by an instant."""
        last = int(np.searchsorted(self.instants_ns, instant_ns, side="right"))
        return PriceSeries(self.name, self.instants_ns[:last], self.prices_usd[:last])


@dataclass(frozen=True, repr=False, eq=False)
class SpreadSeries(Tabular):
    """A spread through time.

    Attributes
    ----------
    kind : calendar, butterfly, perpetual against dated, inverse against linear, ...
    legs, weights : names, and how many of each; the level is the sum of weight times price
    instants_ns : (n,) increasing
    prices_usd : (n, legs)
    reference_usd : (n,) index, or the leg that bp are of
    annualised : (n,) ln ratio of the two legs per year of 365 days between them, continuous;
        none for spreads that time does not divide
    left_out : instants at which a leg had no price of the stated age
    max_age_seconds : zero where all legs are of one snapshot
    """

    kind: str
    underlying: str
    venue: str
    source: str
    legs: tuple[str, ...]
    weights: tuple[float, ...]
    instants_ns: IntArray
    prices_usd: FloatArray
    reference_usd: FloatArray
    reference: str
    annualised: FloatArray | None
    max_age_seconds: float
    left_out: int
    warnings: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        """Number of instants."""
        return len(self.instants_ns)

    @property
    def label(self) -> str:
        """The spread in words: `F2 − F1`."""
        return spread_label(self.legs, self.weights)

    @property
    def level_usd(self) -> FloatArray:
        """(n,) sum of weight times price."""
        level: FloatArray = self.prices_usd @ np.array(self.weights)
        return level

    @property
    def level_bp(self) -> FloatArray:
        """(n,) level in bp of the reference."""
        level: FloatArray = 1e4 * self.level_usd / self.reference_usd
        return level

    def moment(self, place: int) -> datetime:
        """Instant of an observation, to the microsecond."""
        return instant(f"{np.datetime64(int(self.instants_ns[place]) // 1000, 'us')}Z")

    def until(self, instant_ns: int) -> SpreadSeries:
        """What was known of the spread by an instant."""
        last = int(np.searchsorted(self.instants_ns, instant_ns, side="right"))
        yearly = None if self.annualised is None else self.annualised[:last]
        return SpreadSeries(
            self.kind, self.underlying, self.venue, self.source, self.legs, self.weights,
            self.instants_ns[:last], self.prices_usd[:last], self.reference_usd[:last],
            self.reference, yearly, self.max_age_seconds, self.left_out, self.warnings,
        )  # fmt: skip

    def table(self) -> Table:
        """One row an instant: legs, level in dollars and bp, and a year's rate."""
        yearly = self.annualised is not None
        columns = (
            text("at", "Known at (UTC)"),
            *(number(f"leg_{n + 1}_usd", name, "USD") for n, name in enumerate(self.legs)),
            number("level_usd", "Level", "USD", signed=True),
            number("level_bp", f"Of {self.reference}", "bp", signed=True),
            percent("annualised", "A year", unit="%/y") if yearly else machine("annualised"),
        )
        level, bp = self.level_usd.tolist(), self.level_bp.tolist()
        rates = [None] * len(self) if self.annualised is None else self.annualised.tolist()
        rows = tuple(
            (
                iso(self.moment(n).replace(microsecond=0)),
                *self.prices_usd[n].tolist(),
                level[n],
                bp[n],
                rates[n],
            )
            for n in range(len(self))
        )
        title = f"{self.underlying} {self.kind} at {self.venue}: {self.label}"
        return Table(title, columns, rows, self._notes())

    def _notes(self) -> tuple[str, ...]:
        told = ["Annualised: ln of the ratio per year between deliveries, continuous, act/365."]
        notes = [f"bp are of {self.reference}.", *(told if self.annualised is not None else [])]
        if self.max_age_seconds:
            notes.append(
                f"Each leg is its last price known, {self.max_age_seconds:g} s old at most."
            )
        return (*notes, f"Source: {self.source}.", *self.warnings)

    def plot(
        self, axes: Axes | None = None, scores: ZScores | None = None, *, annualised: bool = False
    ) -> Axes:
        """Draw the level in bp, or a year's rate, with the band of its z-score (Matplotlib)."""
        from obverse.curves.spreads.plots import plot_spread

        return plot_spread(self, scores, axes, annualised=annualised)


def spread_label(legs: Sequence[str], weights: Sequence[float]) -> str:
    """A spread in words: `F1 − 2 F2 + F3`."""
    parts = []
    for n, (name, weight) in enumerate(zip(legs, weights, strict=True)):
        size = "" if abs(weight) == 1 else f"{abs(weight):g} "
        sign = ("−" if weight < 0 else "+") if n or weight < 0 else ""
        parts.append(f"{sign} {size}{name}".strip())
    return " ".join(parts)


def align(
    series: Sequence[PriceSeries], max_age_seconds: float, instants_ns: IntArray | None = None
) -> tuple[IntArray, FloatArray, int]:
    """Take the last price of each series known by each instant.

    Parameters
    ----------
    max_age_seconds : older prices are not taken; an age equal to it is
    instants_ns : by default every instant at which any of the series has a price

    Returns the instants at which all have one, their prices (n, series), and how many were left
    out. Raises `MarketDataError` where none is left.
    """
    if not 0 <= max_age_seconds < np.inf:
        raise MarketDataError(f"max_age_seconds {max_age_seconds}: expected zero or more.")
    if len(series) < 2:
        raise MarketDataError(f"a spread of {len(series)} series; expected two or more.")
    if instants_ns is None:
        instants_ns = np.unique(np.concatenate([each.instants_ns for each in series]))
    limit = round(max_age_seconds * NS_PER_SECOND)
    prices = np.full((len(instants_ns), len(series)), np.nan)
    for column, each in enumerate(series):
        place = np.searchsorted(each.instants_ns, instants_ns, side="right") - 1
        known = np.flatnonzero(place >= 0)
        known = known[instants_ns[known] - each.instants_ns[place[known]] <= limit]
        prices[known, column] = each.prices_usd[place[known]]
    whole = np.isfinite(prices).all(axis=1)
    if not whole.any():
        names = ", ".join(each.name for each in series)
        raise MarketDataError(
            f"{names}: at none of {len(instants_ns):,} instants are all prices known and "
            f"{max_age_seconds:g} s old at most; take another span or a greater age."
        )
    return instants_ns[whole], prices[whole], int((~whole).sum())
