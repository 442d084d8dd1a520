"""Panels of dated futures from stored tickers and from recorded curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from obverse.contracts.instants import Instant
from obverse.curves.histories import CurveHistory
from obverse.curves.rolling.panels import ContractPanel, FloatArray, IntArray
from obverse.errors import MarketDataError
from obverse.market.series.kinds import TICKERS
from obverse.market.store import Store, scan

if TYPE_CHECKING:
    import polars as pl


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
