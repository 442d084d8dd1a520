"""Every payment of funding of one contract, and the rate of its rule at a small premium."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from obverse.analysis.provenance import Provenance
from obverse.analysis.stored_rows import (
    NS_PER_HOUR,
    FloatArray,
    IntArray,
    check_numbers,
    check_times,
    floats,
    listed_instrument,
    moment_of,
    provenance_of,
    stored_rows,
    times_ns,
)
from obverse.contracts.instants import DAYS_PER_YEAR, Instant
from obverse.market.series.kinds import FUNDING
from obverse.market.store import Store
from obverse.marks.schedule import to_ns
from obverse.rulebooks import rulebook
from obverse.rulebooks.records import FundingRule
from obverse.rulebooks.series import series
from obverse.tables import Table, Tabular, number, percent, text

if TYPE_CHECKING:
    import polars as pl

HOURS_PER_YEAR = 24 * DAYS_PER_YEAR


@dataclass(frozen=True, repr=False, eq=False)
class FundingHistory(Tabular):
    """Payments in increasing time.

    Attributes
    ----------
    times_ns : (n,) when each was paid, nanoseconds since 1970 UTC
    rates : (n,) of the payment's own interval, as fractions of value; longs pay above zero
    hours : (n,) length of the interval
    previous_index_usd : (n,) index at its start, NaN where it is not recorded
    interest : (n,) rate of the interval that the venue's rule gives while the premium is small,
        NaN where the rule has no such rate or no rulebook knows it
    """

    provenance: Provenance
    times_ns: IntArray
    rates: FloatArray
    hours: FloatArray
    previous_index_usd: FloatArray
    interest: FloatArray
    warnings: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse times out of order, and rates and intervals that are none."""
        name = f"funding of {self.provenance.name}"
        check_times(self.times_ns, name)
        check_numbers(self.rates, name)
        check_numbers(self.hours, f"{name}: hours of an interval", above_zero=True)

    def __len__(self) -> int:
        """Number of payments."""
        return len(self.rates)

    @property
    def rates_8h(self) -> FloatArray:
        """(n,) rates per 8 hours."""
        found: FloatArray = self.rates * 8 / self.hours
        return found

    @property
    def annual(self) -> FloatArray:
        """(n,) rates per year of 365 days, simple: without compounding."""
        found: FloatArray = self.rates * HOURS_PER_YEAR / self.hours
        return found

    @property
    def starts_ns(self) -> IntArray:
        """(n,) when each interval began."""
        return self.times_ns - np.round(self.hours * NS_PER_HOUR).astype(np.int64)

    @property
    def missing(self) -> int:
        """Payments that lie between recorded ones and are not recorded."""
        gaps = (self.starts_ns[1:] - self.times_ns[:-1]) / (self.hours[1:] * NS_PER_HOUR)
        return int(np.maximum(np.round(gaps), 0).sum())

    @property
    def early(self) -> int:
        """Payments that come sooner after the one before than their interval is long."""
        return int((self.starts_ns[1:] - self.times_ns[:-1] < -NS_PER_HOUR // 2).sum())

    def until(self, at_ns: int) -> FundingHistory:
        """The payments not after an instant."""
        return self.between(0, int(np.searchsorted(self.times_ns, at_ns, side="right")))

    def between(self, first: int, last: int) -> FundingHistory:
        """Payments `first` to `last - 1`; at least one."""
        own = slice(first, last)
        check_numbers(self.rates[own], f"funding of {self.provenance.name}")
        begins, ends = (moment_of(int(self.times_ns[place])) for place in (first, last - 1))
        return replace(
            self,
            provenance=replace(self.provenance, first=begins, last=ends),
            times_ns=self.times_ns[own],
            rates=self.rates[own],
            hours=self.hours[own],
            previous_index_usd=self.previous_index_usd[own],
            interest=self.interest[own],
        )

    def table(self) -> Table:
        """One row a payment."""
        columns = (
            text("time", "Paid (UTC)"),
            percent("rate", "Rate", 4),
            number("interval_hours", "Interval", "h", 0),
            percent("rate_annual", "A year", unit="%/y"),
        )
        numbers = zip(self.times_ns, self.rates, self.hours, self.annual, strict=True)
        rows = tuple(
            (f"{moment_of(int(t)):%Y-%m-%d %H:%M}", float(r), float(h), float(a))
            for t, r, h, a in numbers
        )
        note = f"{self.provenance.note} A year: simple, of 365 days."
        title = f"Funding of {self.provenance.name}"
        return Table(title, columns, rows, (note, *self.warnings))


def funding_history(
    store: Store,
    venue: str,
    instrument: str,
    *,
    since: Instant | None = None,
    until: Instant | None = None,
) -> FundingHistory:
    """Read the stored payments of a contract, as known at `until`.

    Raises `MarketDataError` where the store has none in that span.
    """
    rows = stored_rows(store, FUNDING.name, venue, instrument, since=since, until=until)
    return from_rows(rows, provenance_of(rows, store, venue, instrument))


def from_rows(rows: pl.DataFrame, provenance: Provenance) -> FundingHistory:
    """Make a history of stored rows of funding, and read its rules."""
    times, hours = times_ns(rows), floats(rows, "interval_hours")
    interest, warnings = _interest(provenance, times, hours)
    found = FundingHistory(
        provenance, times, floats(rows, "rate"), hours, floats(rows, "previous_index"), interest
    )
    if found.missing:
        warnings += (f"{found.missing:,} payments between those recorded are missing.",)
    if found.early:
        warnings += (f"{found.early:,} payments come before the interval they name has passed.",)
    if len(np.unique(found.hours)) > 1:
        lengths = "/".join(f"{each:g}" for each in np.unique(found.hours))
        warnings += (f"Intervals are of {lengths} hours; each payment counts once.",)
    return replace(found, warnings=warnings)


def _interest(
    provenance: Provenance, times: IntArray, hours: FloatArray
) -> tuple[FloatArray, tuple[str, ...]]:
    """The rate at a small premium, by the rule in force while each payment was measured."""
    found = np.full(len(times), np.nan)
    listed = listed_instrument(provenance.venue, provenance.instrument, provenance.last)
    if listed is None:
        return found, ("No rulebook knows its interest term.",)
    book = rulebook(provenance.venue, as_of=provenance.last)
    product = book.rules_of(listed).product
    for _, entry in series(book.file, "funding", product):
        assert isinstance(entry, FundingRule)
        own = times > to_ns(entry.begins)
        if entry.until is not None:
            own &= times <= to_ns(entry.until)
        rate = _at_small_premium(entry)
        found[own] = np.nan if rate is None else rate * hours[own] / entry.rate_hours
    if np.isnan(found).all():
        return found, ("Its rule gives no fixed rate at a small premium.",)
    return found, ()


def _at_small_premium(rule: FundingRule) -> float | None:
    """Clamp: the interest term; dampener: none is paid; else no rate stands out."""
    if rule.rule == "clamp":
        return float(rule.interest_rate)
    return 0.0 if rule.rule == "dampener" else None
