"""Dated futures of one coin side by side: what a roll is decided and priced on.

Row i is what was known at `instants_ns[i]`, and nothing later; a contract that was not recorded
then, or had expired, is NaN. Columns run near to far.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from obverse.contracts.instants import Instant, instant, iso
from obverse.curves.histories import CurveHistory
from obverse.errors import MarketDataError
from obverse.market.series.kinds import TICKERS
from obverse.market.store import Store, scan
from obverse.marks.schedule import from_ns, to_ns
from obverse.tables import Table, Tabular, number, text

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"
IntArray: TypeAlias = "NDArray[np.int64]"

MEASURES = ("prices_usd", "bids_usd", "asks_usd", "volumes", "open_interests")


@dataclass(frozen=True, repr=False, eq=False)
class ContractPanel(Tabular):
    """Recorded futures of one coin at one venue.

    Attributes
    ----------
    instants_ns : (n,) increasing
    symbols, expiries_ns : (k,) contracts, by increasing expiry
    prices_usd : (n, k) marks or closes
    bids_usd, asks_usd : (n, k) best prices, where they were recorded
    volumes, open_interests : (n, k), each in one unit for all contracts
    index_usd : (n,) index, where it was recorded
    """

    underlying: str
    venue: str
    source: str
    instants_ns: IntArray
    symbols: tuple[str, ...]
    expiries_ns: IntArray
    prices_usd: FloatArray
    bids_usd: FloatArray
    asks_usd: FloatArray
    volumes: FloatArray
    open_interests: FloatArray
    index_usd: FloatArray
    warnings: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse times or expiries out of order, shapes that differ, and prices that are none."""
        _check(self)

    def __len__(self) -> int:
        """Number of instants."""
        return len(self.instants_ns)

    def moment(self, row: int) -> datetime:
        """Instant of a row, to the microsecond."""
        return from_ns(int(self.instants_ns[row]))

    def expiry(self, column: int) -> datetime:
        """Expiry of a contract."""
        return from_ns(int(self.expiries_ns[column]))

    def column(self, symbol: str) -> int:
        """Column of a contract. Raises `MarketDataError` for one that is not there."""
        if symbol not in self.symbols:
            raise MarketDataError(
                f"{symbol} is not among the futures of {self.underlying} at {self.venue}: "
                f"{', '.join(self.symbols)}."
            )
        return self.symbols.index(symbol)

    def until(self, at: Instant) -> ContractPanel:
        """What was known at an instant: its rows, and the contracts seen in them."""
        rows = self.instants_ns <= to_ns(instant(at))
        if not rows.any():
            raise MarketDataError(
                f"futures of {self.underlying} at {self.venue}: nothing at or before "
                f"{iso(instant(at))}; they begin at {iso(self.moment(0))}."
            )
        seen = np.logical_not(np.isnan(self.prices_usd[rows]).all(axis=0))
        return self._part(rows, seen)

    def only(self, symbols: Iterable[str]) -> ContractPanel:
        """Some of the contracts, such as those of one cycle."""
        kept = np.zeros(len(self.symbols), dtype=np.bool_)
        kept[[self.column(symbol) for symbol in symbols]] = True
        return self._part(np.ones(len(self), dtype=np.bool_), kept)

    def _part(self, rows: NDArray[np.bool_], kept: NDArray[np.bool_]) -> ContractPanel:
        measures = {name: getattr(self, name)[rows][:, kept] for name in MEASURES}
        return ContractPanel(
            underlying=self.underlying,
            venue=self.venue,
            source=self.source,
            instants_ns=self.instants_ns[rows],
            symbols=tuple(name for name, keep in zip(self.symbols, kept, strict=True) if keep),
            expiries_ns=self.expiries_ns[kept],
            index_usd=self.index_usd[rows],
            warnings=self.warnings,
            **measures,
        )

    def table(self) -> Table:
        """One row a contract: expiry, first and last time it was recorded, last price."""
        columns = (
            text("symbol", "Future"),
            text("expiry", "Expiry (UTC)"),
            text("first", "First"),
            text("last", "Last"),
            number("count", "Recorded", decimals=0),
            number("price_usd", "Last price", "USD"),
        )
        rows = tuple(self._row(column) for column in range(len(self.symbols)))
        title = f"{self.underlying} futures at {self.venue}: {len(self):,} instants"
        return Table(title, columns, rows, (f"Source: {self.source}.", *self.warnings))

    def _row(self, column: int) -> tuple[str | datetime | int | float | None, ...]:
        known = np.flatnonzero(~np.isnan(self.prices_usd[:, column]))
        if not len(known):
            return self.symbols[column], self.expiry(column), None, None, 0, None
        first, last = int(known[0]), int(known[-1])
        price = float(self.prices_usd[last, column])
        return (
            self.symbols[column],
            self.expiry(column),
            self.moment(first),
            self.moment(last),
            len(known),
            price,
        )


def contract_panel(
    store: Store,
    venue: str,
    underlying: str,
    *,
    since: Instant | None = None,
    until: Instant | None = None,
) -> ContractPanel:
    """Read the stored tickers of a coin's listed futures, as known at `until`.

    Volume is that of 24 hours. Raises `MarketDataError` where the store has none in that span.
    """
    import polars as pl

    rows = scan(store, TICKERS.name, venue=venue, since=since, until=until)
    own = rows.filter(pl.col("underlying") == underlying, pl.col("listed").fill_null(True))
    return panel_of_tickers(own.collect(), venue, underlying, f"store {store.name}")


def panel_of_tickers(rows: pl.DataFrame, venue: str, underlying: str, source: str) -> ContractPanel:
    """Make a panel of stored tickers: those of one snapshot are a row, or else those of one time.

    Open interest is in dollars where any ticker says it so, else in contracts.
    """
    import polars as pl

    names = ("mark", "bid", "ask", "volume_24h_usd", "open_interest_usd", "open_interest_contracts")
    missing = [name for name in (*names, "index", "snapshot_time") if name not in rows.columns]
    rows = rows.with_columns(pl.lit(None).alias(name) for name in missing)
    at = pl.coalesce(pl.col("snapshot_time").cast(pl.Datetime("ns", "UTC")), "time").alias("at")
    rows = rows.with_columns(at, pl.col("expiry").cast(pl.Datetime("ns", "UTC")))
    futures = rows.filter(
        pl.col("contract") == "future",
        pl.col("mark").is_not_null(),
        pl.col("expiry") > pl.col("at"),
    )
    if futures.is_empty():
        raise MarketDataError(f"no futures of {underlying} at {venue} in {source} in that span.")
    futures = futures.sort("at", "time", maintain_order=True)
    futures = futures.unique(["at", "instrument"], keep="last", maintain_order=True)
    index = futures.group_by("at", maintain_order=True).agg(pl.col("index").drop_nulls().last())
    contracts = futures.group_by("instrument").agg(pl.col("expiry").last()).sort("expiry")
    instants = index["at"].cast(pl.Datetime("ns", "UTC")).to_physical().to_numpy().astype(np.int64)
    symbols = tuple(contracts["instrument"].to_list())
    own = futures["at"].cast(pl.Datetime("ns", "UTC")).to_physical().to_numpy().astype(np.int64)
    places = np.searchsorted(instants, own), _columns(futures["instrument"].to_list(), symbols)

    def spread(name: str) -> FloatArray:
        values = np.full((len(instants), len(symbols)), np.nan)
        values[places] = futures[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        return values

    in_usd = futures["open_interest_usd"].count() > 0
    return ContractPanel(
        underlying=underlying,
        venue=venue,
        source=source,
        instants_ns=instants,
        symbols=symbols,
        expiries_ns=contracts["expiry"].to_physical().to_numpy().astype(np.int64),
        prices_usd=spread("mark"),
        bids_usd=spread("bid"),
        asks_usd=spread("ask"),
        volumes=spread("volume_24h_usd"),
        open_interests=spread("open_interest_usd" if in_usd else "open_interest_contracts"),
        index_usd=index["index"].cast(pl.Float64).fill_null(np.nan).to_numpy(),
    )


def panel_of_history(history: CurveHistory) -> ContractPanel:
    """Make a panel of recorded curves' listed futures: marks and index only."""
    seen = history.listed_only()
    names, first, columns = np.unique(
        np.array(seen.symbols), return_index=True, return_inverse=True
    )
    if not len(names):
        raise MarketDataError(f"no listed future of {seen.underlying} at {seen.venue}.")
    expiries = seen.expiries_ns[first]
    order = np.argsort(expiries, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    shape = (len(seen), len(names))
    prices = np.full(shape, np.nan)
    prices[seen.snapshot_of_node, place[columns]] = seen.marks_usd
    nothing = np.full(shape, np.nan)
    return ContractPanel(
        underlying=seen.underlying,
        venue=seen.venue,
        source=seen.source,
        instants_ns=seen.instants_ns,
        symbols=tuple(names[order].tolist()),
        expiries_ns=expiries[order],
        prices_usd=prices,
        bids_usd=nothing,
        asks_usd=nothing,
        volumes=nothing,
        open_interests=nothing,
        index_usd=seen.index_usd,
        warnings=seen.warnings,
    )


def _columns(names: list[str], symbols: tuple[str, ...]) -> IntArray:
    place = {symbol: column for column, symbol in enumerate(symbols)}
    return np.array([place[name] for name in names], dtype=np.int64)


def _check(panel: ContractPanel) -> None:
    where = f"futures of {panel.underlying} at {panel.venue}"
    shape = (len(panel.instants_ns), len(panel.symbols))
    if not all(shape):
        raise MarketDataError(f"{where}: {shape[0]} instants of {shape[1]} contracts; need both.")
    if (np.diff(panel.instants_ns) <= 0).any():
        row = int(np.argmax(np.diff(panel.instants_ns) <= 0)) + 1
        raise MarketDataError(f"{where}: row {row} of {iso(panel.moment(row))} is late or twice.")
    if (np.diff(panel.expiries_ns) <= 0).any():
        column = int(np.argmax(np.diff(panel.expiries_ns) <= 0)) + 1
        raise MarketDataError(
            f"{where}: {panel.symbols[column]} does not expire after {panel.symbols[column - 1]}; "
            "give one contract an expiry, near to far."
        )
    for name in MEASURES:
        values = getattr(panel, name)
        if values.shape != shape:
            raise MarketDataError(f"{where}: {name} is {values.shape}, expected {shape}.")
        low = values < 0 if name in ("volumes", "open_interests") else values <= 0
        bad = low | np.isinf(values)
        if bad.any():
            row, column = (int(each[0]) for each in np.nonzero(bad))
            raise MarketDataError(
                f"{where}: {name} of {panel.symbols[column]} at {iso(panel.moment(row))} is "
                f"{values[row, column]}; leave it out (NaN) or put it right."
            )
    late = ~np.isnan(panel.prices_usd) & (panel.instants_ns[:, None] >= panel.expiries_ns[None, :])
    if late.any():
        row, column = (int(each[0]) for each in np.nonzero(late))
        raise MarketDataError(
            f"{where}: {panel.symbols[column]} has a price at {iso(panel.moment(row))}, "
            f"after its expiry of {iso(panel.expiry(column))}."
        )
