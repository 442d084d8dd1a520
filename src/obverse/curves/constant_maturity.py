"""The basis at fixed distances ahead, for every snapshot of a history at once.

Conventions: rates are continuous, ln(F/S)/T with T in years of 365 days. *Carry* is what a long
earns if the index stands still, (S − F)/F per year (Koijen, Moskowitz, Pedersen and Vrugt 2018).
*Roll-down* is what a long earns, in logs and per year, because its rate slides along a curve that
stands still: (r(T − h) − r(T))·(T − h)/h over a holding time of h.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from obverse.contracts.instants import DAYS_PER_YEAR
from obverse.curves.histories import CurveHistory
from obverse.curves.history_nodes import UsableNodes, usable_nodes
from obverse.curves.interpolation import Extrapolation, Interpolation, rates_between
from obverse.curves.term_structure import MIN_YEARS
from obverse.errors import MarketDataError
from obverse.tables import Cell, Column, Look, Table, Tabular, machine, number, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"
IntArray: TypeAlias = "NDArray[np.int64]"
TENOR_DAYS = (7.0, 30.0, 60.0, 90.0, 180.0)
SLOPE_DAYS = (30.0, 180.0)


class Reach(IntEnum):
    """Why a value is there, or not."""

    KNOWN = 0
    NO_EXPIRIES = 1
    BEFORE_FIRST = 2
    BEYOND_LAST = 3


_WORDS = {
    Reach.NO_EXPIRIES: "of snapshots without an expiry of an hour or more",
    Reach.BEFORE_FIRST: "before the first expiry",
    Reach.BEYOND_LAST: "beyond the last listed expiry",
}


@dataclass(frozen=True, repr=False, eq=False)
class ConstantMaturity(Tabular):
    """Annualised basis at fixed days ahead, one row a snapshot.

    Attributes
    ----------
    instants_ns, index_usd : (n,) of the snapshots
    days : of the k columns, increasing
    rates : (n, k) continuous, per year, NaN where `reach` says why
    forwards : (n, k − 1) continuous forward rates from each tenor to the next
    roll_down : (n, k) per year, of a holding time of `roll_days`
    reach : (n, k) of `Reach`
    """

    underlying: str
    venue: str
    source: str
    instants_ns: IntArray
    index_usd: FloatArray
    days: tuple[float, ...]
    rates: FloatArray
    forwards: FloatArray
    roll_down: FloatArray
    roll_days: float
    reach: NDArray[np.int8]
    method: Interpolation
    extrapolation: Extrapolation
    warnings: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        """Number of snapshots."""
        return len(self.instants_ns)

    @property
    def years(self) -> FloatArray:
        """(k,) the tenors in years of 365 days."""
        return np.array(self.days) / DAYS_PER_YEAR

    @property
    def simple_rates(self) -> FloatArray:
        """(n, k) simple yearly basis, (F/S − 1)/T."""
        found: FloatArray = np.expm1(self.rates * self.years) / self.years
        return found

    @property
    def carry(self) -> FloatArray:
        """(n, k) carry of a long per year, (S − F)/F/T."""
        found: FloatArray = np.expm1(-self.rates * self.years) / self.years
        return found

    def rate(self, days: float) -> FloatArray:
        """(n,) continuous rate of one of the tenors."""
        return self.rates[:, self._place(days)]

    def slope(
        self, short_days: float = SLOPE_DAYS[0], long_days: float = SLOPE_DAYS[1]
    ) -> FloatArray:
        """(n,) rate of the long tenor less that of the short."""
        return self.rate(long_days) - self.rate(short_days)

    def missing(self) -> dict[Reach, int]:
        """How many values are missing, by reason."""
        return {why: int((self.reach == why).sum()) for why in _WORDS}

    def table(self) -> Table:
        """One row a snapshot: basis a tenor; files have forwards, carry and roll-down too."""
        names = [f"{each:g}d" for each in self.days]
        short, long = self._slope_ends
        columns = (
            Column("at", "Snapshot (UTC)"),
            number("index_usd", "Index", "USD"),
            *(percent(f"basis_{name}", name, unit="%/y") for name in names),
            percent(f"slope_{short:g}d_{long:g}d", "Slope", unit="%/y"),
            *(_file(f"forward_{a}_{b}") for a, b in pairwise(names)),
            *(_file(f"carry_{name}") for name in names),
            *(_file(f"roll_down_{name}") for name in names),
            machine("missing"),
        )
        title = f"{self.underlying} constant-maturity basis at {self.venue}: {self.method.value}"
        return Table(title, columns, self._rows(), self._notes())

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the basis of each tenor through time (Matplotlib)."""
        from obverse.curves.history_plots import plot_constant_maturity

        return plot_constant_maturity(self, axes)

    def _rows(self) -> tuple[tuple[Cell, ...], ...]:
        slope = self.slope(*self._slope_ends)[:, None]
        values = [self.rates, slope, self.forwards, self.carry, self.roll_down]
        cells = np.concatenate(values, axis=1).tolist()
        lacking = (self.reach != Reach.KNOWN).sum(axis=1).tolist()
        instants = np.datetime_as_string(self.instants_ns.astype("datetime64[ns]"), unit="s")
        rows = zip(instants, self.index_usd.tolist(), cells, lacking, strict=True)
        return tuple(
            (f"{at}Z", index, *(None if v != v else v for v in own), missing)
            for at, index, own, missing in rows
        )

    def _notes(self) -> tuple[str, ...]:
        beyond, (short, long) = self.extrapolation.value, self._slope_ends
        notes = (
            f"Basis: continuous, ln(F/S)/T, act/365. Slope: {long:g} days less {short:g}.",
            f"Interpolation {self.method.value}, beyond the last expiry {beyond}.",
            f"Source: {self.source}.",
        )
        return (*notes, *self.warnings)

    @property
    def _slope_ends(self) -> tuple[float, float]:
        usual = SLOPE_DAYS[0] in self.days and SLOPE_DAYS[1] in self.days
        return SLOPE_DAYS if usual else (self.days[0], self.days[-1])

    def _place(self, days: float) -> int:
        if days not in self.days:
            have = ", ".join(f"{each:g}" for each in self.days)
            raise MarketDataError(f"no tenor of {days:g} days; there are {have}.")
        return self.days.index(days)


def constant_maturity(
    history: CurveHistory,
    *,
    days: Sequence[float] = TENOR_DAYS,
    method: Interpolation = Interpolation.LOG_LINEAR,
    extrapolation: Extrapolation = Extrapolation.NONE,
    positive_forwards: bool = False,
    from_index: bool = True,
    roll_days: float = 1.0,
) -> ConstantMaturity:
    """Take the basis of every snapshot at fixed days ahead.

    Expiries of under an hour are left out. Beyond the last listed expiry (the last of all, where
    none is listed) a value is missing unless `extrapolation` says otherwise; before the first it is
    between the index and that expiry, or missing without `from_index`. Each snapshot is reckoned
    from itself alone. Raises `MarketDataError` for tenors, prices or expiries that cannot be.
    """
    tenors = _checked_tenors(days, roll_days)
    own = usable_nodes(history)
    wanted = np.concatenate([tenors, tenors - roll_days]) / DAYS_PER_YEAR
    found = _evaluated(own, wanted, method, positive_forwards)
    reach = _reach(own, tenors / DAYS_PER_YEAR, extrapolation, from_index)
    count = len(tenors)
    rates = np.where(reach == Reach.KNOWN, found[:, :count], np.nan)
    gained = rates * tenors
    left = tenors - roll_days
    return ConstantMaturity(
        underlying=history.underlying,
        venue=history.venue,
        source=history.source,
        instants_ns=history.instants_ns,
        index_usd=history.index_usd,
        days=tuple(tenors.tolist()),
        rates=rates,
        forwards=np.diff(gained, axis=1) / np.diff(tenors),
        roll_down=np.where(left > 0, (found[:, count:] - rates) * left / roll_days, 0.0 * rates),
        roll_days=float(roll_days),
        reach=reach,
        method=method,
        extrapolation=extrapolation,
        warnings=(*history.warnings, *_warnings(own, reach, tenors, from_index)),
    )


def _evaluated(
    own: UsableNodes, wanted: FloatArray, method: Interpolation, positive: bool
) -> FloatArray:
    """(n, m) rates at the wanted years; snapshots of as many nodes are reckoned together."""
    found = np.full((len(own.counts), len(wanted)), np.nan)
    at = np.maximum(wanted, MIN_YEARS)
    for count in np.unique(own.counts[own.counts > 0]):
        rows = np.flatnonzero(own.counts == count)
        nodes = own.starts[rows][:, None] + np.arange(count)
        asked = np.broadcast_to(at, (len(rows), len(at)))
        found[rows], _ = rates_between(
            own.years[nodes], own.rates[nodes], asked, method, positive_forwards=positive
        )
    return found


def _reach(
    own: UsableNodes, years: FloatArray, extrapolation: Extrapolation, from_index: bool
) -> NDArray[np.int8]:
    found = np.full((len(own.counts), len(years)), Reach.KNOWN, dtype=np.int8)
    if extrapolation is Extrapolation.NONE:
        found[years[None, :] > own.last[:, None]] = Reach.BEYOND_LAST
    if not from_index:
        found[years[None, :] < own.first[:, None]] = Reach.BEFORE_FIRST
    found[own.counts == 0] = Reach.NO_EXPIRIES
    return found


def _warnings(
    own: UsableNodes, reach: NDArray[np.int8], tenors: FloatArray, from_index: bool
) -> list[str]:
    found = [f"{own.left_out:,} expiries of under an hour are left out."] if own.left_out else []
    for why, words in _WORDS.items():
        if count := int((reach == why).sum()):
            found.append(f"{count:,} of {reach.size:,} values are missing: {words}.")
    early = int((tenors[None, :] / DAYS_PER_YEAR < own.first[:, None]).sum()) if from_index else 0
    if early:
        found.append(f"{early:,} values lie between the index and the first expiry.")
    return found


def _checked_tenors(days: Sequence[float], roll_days: float) -> FloatArray:
    tenors = np.array(days, dtype=np.float64)
    good = tenors.ndim == 1 and len(tenors) > 0 and bool(np.isfinite(tenors).all())
    if not good or tenors[0] < MIN_YEARS * DAYS_PER_YEAR or not (np.diff(tenors) > 0).all():
        raise MarketDataError(f"tenors {list(days)}: increasing days of an hour or more expected.")
    if not 0 < roll_days < np.inf:
        raise MarketDataError(f"roll_days {roll_days}: a number of days above zero is expected.")
    return tenors


def _file(key: str) -> Column:
    return Column(key, key, "%/y", Look.PERCENT, for_people=False)
