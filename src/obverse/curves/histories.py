"""The curve through time: every recorded snapshot of one underlying, as arrays.

Snapshots are in increasing time. The nodes of snapshot `i` are rows `offsets[i]` to
`offsets[i + 1]` of the flat node arrays, near to far, without those that have expired by the
snapshot. Prices cross from the store's floats to arrays in `from_tickers`, and only there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from obverse.contracts.instants import SECONDS_PER_DAY, Instant, instant, iso
from obverse.errors import MarketDataError
from obverse.market.series.kinds import TICKERS
from obverse.market.store import Store, scan
from obverse.tables import Table, Tabular, number, text

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"
IntArray: TypeAlias = "NDArray[np.int64]"

NS_PER_YEAR = 365 * SECONDS_PER_DAY * 10**9


@dataclass(frozen=True, repr=False, eq=False)
class CurveHistory(Tabular):
    """Recorded curves of one underlying at one venue.

    Attributes
    ----------
    instants_ns : (n,) instants of the snapshots, nanoseconds since 1970 UTC, increasing
    index_usd : (n,) index prices
    perpetual_usd : (n,) marks of the perpetual, NaN where none was recorded
    offsets : (n + 1,) where each snapshot's nodes begin
    expiries_ns, marks_usd, listed : (m,) of the nodes; `symbols` are their names
    warnings : what a reader must know before trusting a number
    """

    underlying: str
    venue: str
    source: str
    instants_ns: IntArray
    index_usd: FloatArray
    perpetual_usd: FloatArray
    offsets: IntArray
    expiries_ns: IntArray
    marks_usd: FloatArray
    listed: NDArray[np.bool_]
    symbols: tuple[str, ...]
    warnings: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        """Number of snapshots."""
        return len(self.instants_ns)

    @property
    def snapshot_of_node(self) -> IntArray:
        """(m,) which snapshot each node is of."""
        counts = np.diff(self.offsets)
        return np.repeat(np.arange(len(self), dtype=np.int64), counts)

    @property
    def years(self) -> FloatArray:
        """(m,) years of 365 days from each node's snapshot to its expiry."""
        left = self.expiries_ns - self.instants_ns[self.snapshot_of_node]
        return left / NS_PER_YEAR

    @property
    def continuous_rates(self) -> FloatArray:
        """(m,) ln(F / S) / T of each node."""
        index = self.index_usd[self.snapshot_of_node]
        rates: FloatArray = np.log(self.marks_usd / index) / self.years
        return rates

    def moment(self, place: int) -> datetime:
        """Instant of a snapshot, to the microsecond."""
        return _moment(int(self.instants_ns[place]))

    def nodes(self, place: int) -> slice:
        """Rows of a snapshot's nodes."""
        return slice(int(self.offsets[place]), int(self.offsets[place + 1]))

    def listed_only(self) -> CurveHistory:
        """The same without expiries that no listed future stands behind."""
        return self._keeping(self.listed)

    def until(self, at: Instant) -> CurveHistory:
        """The snapshots not after an instant."""
        last = int(np.searchsorted(self.instants_ns, _ns(instant(at)), side="right"))
        return self.between(0, last)

    def between(self, first: int, last: int) -> CurveHistory:
        """Snapshots `first` to `last - 1`."""
        rows = slice(int(self.offsets[first]), int(self.offsets[last]))
        return CurveHistory(
            self.underlying,
            self.venue,
            self.source,
            self.instants_ns[first:last],
            self.index_usd[first:last],
            self.perpetual_usd[first:last],
            self.offsets[first : last + 1] - self.offsets[first],
            self.expiries_ns[rows],
            self.marks_usd[rows],
            self.listed[rows],
            self.symbols[rows],
            self.warnings,
        )

    def _keeping(self, kept: NDArray[np.bool_]) -> CurveHistory:
        counts = np.add.reduceat(np.append(kept, False), self.offsets[:-1]) if len(self) else kept
        counts = np.where(np.diff(self.offsets) > 0, counts, 0)
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return CurveHistory(
            self.underlying,
            self.venue,
            self.source,
            self.instants_ns,
            self.index_usd,
            self.perpetual_usd,
            offsets,
            self.expiries_ns[kept],
            self.marks_usd[kept],
            self.listed[kept],
            tuple(name for name, keep in zip(self.symbols, kept, strict=True) if keep),
            self.warnings,
        )

    def table(self) -> Table:
        """One row a snapshot: index, perpetual, number of expiries, nearest and farthest."""
        columns = (
            text("at", "Snapshot (UTC)"),
            number("index_usd", "Index", "USD"),
            number("perpetual_usd", "Perpetual", "USD"),
            number("expiries", "Expiries", decimals=0),
            text("nearest", "Nearest"),
            text("farthest", "Farthest"),
        )
        title = f"{self.underlying} curves at {self.venue}: {len(self):,} snapshots"
        rows = tuple(self._row(place) for place in range(len(self)))
        return Table(title, columns, rows, (f"Source: {self.source}.", *self.warnings))

    def _row(self, place: int) -> tuple[str | float | int | None, ...]:
        own = self.nodes(place)
        names = self.symbols[own]
        perpetual = float(self.perpetual_usd[place])
        return (
            iso(self.moment(place).replace(microsecond=0)),
            float(self.index_usd[place]),
            None if np.isnan(perpetual) else perpetual,
            len(names),
            names[0] if names else "",
            names[-1] if names else "",
        )


def curve_history(
    store: Store,
    venue: str,
    underlying: str,
    *,
    since: Instant | None = None,
    until: Instant | None = None,
) -> CurveHistory:
    """Read every stored curve of an underlying, as known at `until`.

    Raises `MarketDataError` where the store has no tickers of it in that span.
    """
    import polars as pl

    rows = scan(store, TICKERS.name, venue=venue, since=since, until=until)
    own = rows.filter(pl.col("underlying") == underlying, pl.col("mark").is_not_null())
    return from_tickers(own.collect(), venue, underlying, f"store {store.name}")


def from_tickers(rows: pl.DataFrame, venue: str, underlying: str, source: str) -> CurveHistory:
    """Make a history of stored tickers, of which those of one instant are a snapshot.

    The instant is the `snapshot_time`, or the ticker's own. A snapshot's index is the last that its
    tickers say; snapshots without one are left out and told.
    """
    import polars as pl

    if rows.is_empty():
        raise MarketDataError(f"no curves of {underlying} at {venue} in {source} in that span.")
    at = pl.coalesce("snapshot_time", "time").alias("at")
    stamps = pl.col("time", "snapshot_time", "expiry").cast(pl.Datetime("ns", "UTC"))
    rows = rows.with_columns(stamps)
    rows = rows.with_columns(at).sort("at", "time", maintain_order=True)
    index = rows.filter(pl.col("index").is_not_null()).group_by("at", maintain_order=True)
    known = index.agg(pl.col("index").last())
    joined = rows.drop("index").join(known, on="at", how="left", maintain_order="left")
    without = joined.filter(pl.col("index").is_null())["at"].n_unique()
    joined = joined.filter(pl.col("index").is_not_null())
    warnings = (f"{without:,} snapshots have no index and are left out.",) if without else ()
    if joined.is_empty():
        raise MarketDataError(f"no curve of {underlying} at {venue} in {source} has an index.")
    return _arrays(joined, (venue, underlying, source), warnings)


def _arrays(
    rows: pl.DataFrame, names: tuple[str, str, str], warnings: Sequence[str]
) -> CurveHistory:
    import polars as pl

    venue, underlying, source = names
    futures = rows.filter(pl.col("contract") == "future", pl.col("expiry") > pl.col("at"))
    listed = pl.col("listed").fill_null(True)
    futures = futures.with_columns(listed).sort("at", "expiry", ~listed, maintain_order=True)
    futures = futures.unique(["at", "expiry"], keep="first", maintain_order=True)
    perpetuals = rows.filter(pl.col("contract") == "perpetual").unique(
        "at", keep="last", maintain_order=True
    )
    snapshots = rows.group_by("at", maintain_order=True).agg(pl.col("index").first())
    snapshots = snapshots.join(
        perpetuals.select("at", pl.col("mark").alias("perpetual")), on="at", how="left",
        maintain_order="left",
    )  # fmt: skip
    instants = snapshots["at"].to_physical().to_numpy().astype(np.int64)
    own = futures["at"].to_physical().to_numpy().astype(np.int64)
    return CurveHistory(
        underlying=underlying,
        venue=venue,
        source=source,
        instants_ns=instants,
        index_usd=snapshots["index"].to_numpy().astype(np.float64),
        perpetual_usd=snapshots["perpetual"].fill_null(np.nan).to_numpy().astype(np.float64),
        offsets=np.append(np.searchsorted(own, instants), len(own)).astype(np.int64),
        expiries_ns=futures["expiry"].to_physical().to_numpy().astype(np.int64),
        marks_usd=futures["mark"].to_numpy().astype(np.float64),
        listed=futures["listed"].to_numpy().astype(np.bool_),
        symbols=tuple(futures["instrument"].to_list()),
        warnings=tuple(warnings),
    )


def _ns(moment: datetime) -> int:
    return int(np.datetime64(moment.replace(tzinfo=None), "ns").astype(np.int64))


def _moment(ns: int) -> datetime:
    return instant(f"{np.datetime64(ns // 1000, 'us')}Z")
