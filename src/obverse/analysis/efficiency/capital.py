"""Capital efficiency: the margin that a dollar of exposure binds, and a dollar of daily range.

A contract is cheap to hold if its margin is low, and cheaper still if it moves much on it. Both are
per venue and instrument at one size: initial and maintenance margin over the value at the mark, by
the venue's own tiers, and the initial margin over the **daily range** (highest less lowest price of
a day over its first), the median of the last days. What a margin buys is its reciprocal: dollars of
daily range moved per dollar of margin.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from obverse.analysis.sizes import margin_rates
from obverse.contracts import Instrument, iso
from obverse.contracts.instants import Instant, instant
from obverse.errors import DataError, MarketDataError
from obverse.market.series.kinds import kind_named
from obverse.market.store import Store, scan
from obverse.rulebooks import Rulebook
from obverse.tables import Table, Tabular, number, percent, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DAYS = 30
LEAST_DAYS = 5


@dataclass(frozen=True)
class Held:
    """An instrument under one day's rules, at a mark, with its daily range where that is known."""

    book: Rulebook
    instrument: Instrument
    mark_usd: Decimal
    daily_range: float | None = None
    range_source: str = ""


@dataclass(frozen=True)
class Efficiency:
    """One instrument at one size; rates are fractions of its value at the mark.

    Attributes
    ----------
    daily_range : median range of a day; None where it is not known
    """

    venue: str
    symbol: str
    underlying: str
    size_usd: Decimal
    contracts: Decimal
    initial_rate: float
    maintenance_rate: float
    daily_range: float | None
    range_source: str

    @property
    def most_leverage(self) -> float:
        """Value over initial margin."""
        return 1 / self.initial_rate

    @property
    def margin_per_range(self) -> float | None:
        """Initial margin for a dollar of daily range."""
        return None if self.daily_range is None else self.initial_rate / self.daily_range


@dataclass(frozen=True, repr=False)
class CapitalEfficiency(Tabular):
    """Instruments side by side, the least margin per dollar of range first."""

    at: datetime
    rows: tuple[Efficiency, ...]
    source: str
    warnings: tuple[str, ...] = field(default=())

    def table(self) -> Table:
        """One row an instrument and size."""
        columns = (
            text("venue", "Venue"),
            text("symbol", "Instrument"),
            number("size_usd", "Size", "USD", 0),
            percent("initial_rate", "Initial", 3),
            percent("maintenance_rate", "Maint.", 3),
            number("most_leverage", "Leverage", "x", 1),
            percent("daily_range", "Day's range", 2),
            number("margin_per_range", "Margin/range", "USD", 3),
            text("range_source", "Range of"),
        )
        cells = tuple(
            (
                each.venue, each.symbol, each.size_usd, each.initial_rate, each.maintenance_rate,
                each.most_leverage, each.daily_range, each.margin_per_range, each.range_source,
            )
            for each in self.rows
        )  # fmt: skip
        notes = (
            "Margin over value at the mark, by each venue's tiers, without orders or fees. "
            "Margin/range: initial margin for one dollar of a day's range, "
            f"median of up to {DAYS} days. Source: {self.source}.",
            *self.warnings,
        )
        return Table(f"Capital efficiency at {iso(self.at)}", columns, cells, notes)

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the initial margin of each instrument, and that of a dollar of range."""
        from obverse.analysis.efficiency.plots import plot_efficiency

        return plot_efficiency(self, axes)


def capital_efficiency(
    held: Sequence[Held], sizes_usd: Iterable[Decimal], at: datetime, *, source: str
) -> CapitalEfficiency:
    """Reckon every instrument at every size.

    Raises `DataError` without instruments or sizes, and for a size that is not above zero.
    """
    sizes = tuple(sizes_usd)
    if not held or not sizes:
        raise DataError("capital efficiency: give an instrument and a size at least.")
    for size in sizes:
        if not (size.is_finite() and size > 0):
            raise DataError(f"size: {size} USD is not above zero.")
    rows = [_row(each, size) for each in held for size in sizes]
    rows.sort(key=lambda row: (row.margin_per_range is None, row.margin_per_range or 0.0))
    unknown = sorted({row.symbol for row in rows if row.daily_range is None})
    warnings = [f"No day's range is known of {', '.join(unknown)}."] if unknown else []
    return CapitalEfficiency(at, tuple(rows), source, tuple(warnings))


def daily_range(
    store: Store, venue: str, symbol: str, *, until: Instant | None = None
) -> tuple[float, str] | None:
    """Median daily range of stored bars, over up to 30 whole days, and the kind of bars.

    Taken from the longest bars of up to a day; None without five whole days.
    """
    import polars as pl

    kinds = {
        entry.kind: interval
        for entry in store.entries(venue=venue, instrument=symbol)
        if (interval := kind_named(entry.kind).interval) and interval <= timedelta(days=1)
    }
    for kind, interval in sorted(kinds.items(), key=lambda item: item[1], reverse=True):
        end = None if until is None else instant(until)
        since = None if end is None else end - timedelta(days=DAYS + 1)
        try:
            rows = scan(store, kind, venue=venue, instrument=symbol, since=since, until=end)
            bars = rows.select("open_time", "open", "high", "low").collect()
        except MarketDataError:
            continue
        whole = int(timedelta(days=1) / interval)
        day = pl.col("open_time").dt.truncate("1d").alias("day")
        days = (
            bars.group_by(day, maintain_order=True)
            .agg(pl.col("open").first(), pl.col("high").max(), pl.col("low").min(), pl.len())
            .filter(pl.col("len") == whole)
            .tail(DAYS)
        )
        if len(days) >= LEAST_DAYS:
            ranges = (days["high"] - days["low"]) / days["open"]
            middle = ranges.median()
            assert isinstance(middle, float)
            return middle, f"{venue} {symbol} {kind}"
    return None


def _row(held: Held, size_usd: Decimal) -> Efficiency:
    rates = margin_rates(held.book, held.instrument, held.mark_usd, size_usd)
    return Efficiency(
        venue=held.book.venue,
        symbol=held.instrument.symbol,
        underlying=held.instrument.underlying,
        size_usd=size_usd,
        contracts=rates.contracts,
        initial_rate=rates.initial,
        maintenance_rate=rates.maintenance,
        daily_range=held.daily_range,
        range_source=held.range_source,
    )
