"""Basis against time to expiry, across the contracts that have expired.

Conventions, named on every output: basis in basis points of the index, (F/S − 1)·10⁴; yearly rates
act/365, *simple* (F/S − 1)/T or *continuous* ln(F/S)/T. A contract is an expiry: the forward that
options implied and the future listed later for the same instant are one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from obverse.contracts.instants import Instant, iso
from obverse.curves.convergence.buckets import EDGES_HOURS, Bucket, buckets_of, checked_edges
from obverse.curves.histories import CurveHistory
from obverse.curves.term_structure import HOURS_PER_YEAR, MIN_YEARS
from obverse.errors import MarketDataError
from obverse.tables import Table, Tabular, number, percent, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"
IntArray: TypeAlias = "NDArray[np.int64]"
Convention = Literal["simple", "continuous"]

FEW_CONTRACTS = 5


@dataclass(frozen=True, repr=False, eq=False)
class Convergence(Tabular):
    """How the basis of one underlying's futures shrank on the way to their expiry.

    Attributes
    ----------
    since, until : instants of the first and the last observation looked at
    expiries_ns, symbols : (c,) contracts that had expired by `until`
    hours, basis_bp, yearly_rates : (n,) observations; rates NaN within an hour of expiry
    contract_of : (n,) row of `expiries_ns`
    instants_ns : (n,) when each was observed
    """

    underlying: str
    venue: str
    source: str
    convention: Convention
    since: datetime
    until: datetime
    buckets: tuple[Bucket, ...]
    expiries_ns: IntArray
    symbols: tuple[str, ...]
    hours: FloatArray
    basis_bp: FloatArray
    yearly_rates: FloatArray
    contract_of: IntArray
    instants_ns: IntArray
    warnings: tuple[str, ...] = ()

    def median_gap_bp(self, *, within_hours: float) -> float:
        """Median distance from the index of what was observed within so many hours of expiry.

        Raises `MarketDataError` where nothing was.
        """
        near = self.hours <= within_hours
        if not near.any():
            nearest = f"the nearest is {self.hours.min():.2f} hours" if len(self.hours) else "none"
            raise MarketDataError(
                f"convergence: nothing was recorded within {within_hours:g} hours of expiry; "
                f"{nearest}."
            )
        return float(np.median(np.abs(self.basis_bp[near])))

    def table(self) -> Table:
        """One row a bucket that has observations, near to far."""
        columns = (
            text("bucket", "To expiry"),
            number("low_hours", "Above", "h", 0),
            number("high_hours", "Up to", "h", 0),
            number("count", "Seen", decimals=0),
            number("contracts", "Contracts", decimals=0),
            number("lower_bp", "Q1", "bp", signed=True),
            number("median_bp", "Median", "bp", signed=True),
            number("upper_bp", "Q3", "bp", signed=True),
            number("absolute_bp", "Size", "bp"),
            percent("lower_rate", "Q1", unit="%/y"),
            percent("median_rate", "Median", unit="%/y"),
            percent("upper_rate", "Q3", unit="%/y"),
        )
        rows = tuple(
            (
                each.name,
                each.low_hours,
                each.high_hours,
                each.count,
                each.contracts,
                each.lower_bp,
                each.median_bp,
                each.upper_bp,
                each.absolute_bp,
                each.lower_rate,
                each.median_rate,
                each.upper_rate,
            )
            for each in self.buckets
            if each.count
        )
        title = f"{self.underlying} basis to expiry at {self.venue}: {len(self.symbols):,} expired"
        notes = (
            f"{iso(self.since)} to {iso(self.until)}. Basis in bp of the index: quartiles, median, "
            "and median size; yearly rates "
            f"{self.convention}, act/365. Source: {self.source}.",
            *self.warnings,
        )
        return Table(title, columns, rows, notes)

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw median and quartiles of the basis against time to expiry (Matplotlib)."""
        from obverse.curves.convergence.plots import plot_convergence

        return plot_convergence(self, axes)


def convergence(
    history: CurveHistory,
    *,
    until: Instant | None = None,
    edges_hours: Sequence[float] = EDGES_HOURS,
    convention: Convention = "simple",
) -> Convergence:
    """Collect the basis of every contract that had expired by the end of a history.

    Parameters
    ----------
    until : looks at nothing later; a contract still alive then is left out
    edges_hours : edges of the buckets, increasing, none below zero
    convention : of the yearly rates

    Raises
    ------
    MarketDataError : no contract had expired, or prices or edges that are none
    """
    seen = history if until is None else history.until(until)
    edges = checked_edges(edges_hours)
    if convention not in ("simple", "continuous"):
        raise MarketDataError(f"convention {convention!r}: there are simple and continuous.")
    check_history(seen)
    last = int(seen.instants_ns[-1])
    over = seen.expiries_ns <= last
    if not over.any():
        raise MarketDataError(
            f"convergence: no {seen.underlying} future at {seen.venue} expired by "
            f"{iso(seen.moment(len(seen) - 1))}; take a longer history."
        )
    snapshots = seen.snapshot_of_node[over]
    years = seen.years[over]
    ratio = seen.marks_usd[over] / seen.index_usd[snapshots]
    plain = ratio - 1 if convention == "simple" else np.log(ratio)
    rates = np.where(years >= MIN_YEARS, plain / years, np.nan)
    expiries, contract_of = np.unique(seen.expiries_ns[over], return_inverse=True)
    names = dict(zip(contract_of.tolist(), np.array(seen.symbols)[over].tolist(), strict=True))
    hours, basis = years * HOURS_PER_YEAR, 1e4 * (ratio - 1)
    return Convergence(
        underlying=seen.underlying,
        venue=seen.venue,
        source=seen.source,
        convention=convention,
        since=seen.moment(0),
        until=seen.moment(len(seen) - 1),
        buckets=buckets_of(edges, hours, basis, rates, contract_of),
        expiries_ns=expiries.astype(np.int64),
        symbols=tuple(names[place] for place in range(len(expiries))),
        hours=hours,
        basis_bp=basis,
        yearly_rates=rates,
        contract_of=contract_of.astype(np.int64),
        instants_ns=seen.instants_ns[snapshots],
        warnings=(*seen.warnings, *_warnings(seen, over, len(expiries))),
    )


def check_history(history: CurveHistory) -> None:
    """Refuse a history without snapshots, with prices that are none, or with misordered times."""
    where = f"{history.underlying} curves at {history.venue}"
    if not len(history):
        raise MarketDataError(f"{where}: no snapshot in that span; expected at least one.")
    for name, prices in (("index", history.index_usd), ("mark", history.marks_usd)):
        bad = ~(np.isfinite(prices) & (prices > 0))
        if bad.any():
            place = int(np.argmax(bad))
            raise MarketDataError(
                f"{where}: {name} {prices[place]} at row {place}; expected a price above zero. "
                "Leave such rows out of the store."
            )
    steps = np.diff(history.instants_ns)
    if (steps <= 0).any():
        place = int(np.argmax(steps <= 0)) + 1
        raise MarketDataError(
            f"{where}: snapshot {place} of {iso(history.moment(place))} is not after the one "
            "before; sort them, one an instant."
        )


def _warnings(seen: CurveHistory, over: NDArray[np.bool_], contracts: int) -> tuple[str, ...]:
    found = []
    if contracts < FEW_CONTRACTS:
        found.append(f"Only {contracts} contracts had expired: quartiles say little.")
    implied = int((~seen.listed[over]).sum())
    if implied:
        share = implied / int(over.sum())
        found.append(
            f"{share:.0%} of the observations are forwards implied by options, of expiries "
            "without a listed future."
        )
    return tuple(found)
