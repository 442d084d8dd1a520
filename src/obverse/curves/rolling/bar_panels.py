"""A panel of stored bars: closes and volumes of a coin's dated futures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from obverse.contracts.instants import Instant
from obverse.contracts.instruments import Instrument, Kind
from obverse.curves.rolling.panel_sources import panel_of_tickers
from obverse.curves.rolling.panels import ContractPanel
from obverse.errors import MarketDataError, SymbolError
from obverse.market.store import Store, scan
from obverse.rulebooks import Rulebook, rulebook

if TYPE_CHECKING:
    import polars as pl

VOLUMES = ("volume_quote", "volume_contracts", "volume_coin")


def bar_panel(
    store: Store,
    venue: str,
    underlying: str,
    *,
    bars: str = "bars_1d",
    since: Instant | None = None,
    until: Instant | None = None,
) -> ContractPanel:
    """Read stored bars of a coin's dated futures, as known at `until`.

    A row is a close of bars. Prices are closes; a bar in which nothing traded still has one. Volume
    is the bar's, in quote currency where any bar says it so, else in contracts or coins. Contracts
    and their expiries are those that the venue's rulebook reads from the names.

    Raises `MarketDataError` where the store has no such bars in that span.
    """
    import polars as pl

    rows = scan(store, bars, venue=venue, since=since, until=until).collect()
    book = rulebook(venue)
    known = {name: _future(book, name, underlying) for name in rows["instrument"].unique()}
    own = {name: each.expiry for name, each in known.items() if each is not None}
    if not own:
        raise MarketDataError(
            f"no {bars} of futures of {underlying} at {venue} in store {store.name} in that span."
        )
    expiries = pl.DataFrame(
        {"instrument": list(own), "expiry": list(own.values())},
        schema={"instrument": pl.String(), "expiry": pl.Datetime("ns", "UTC")},
    )
    joined = rows.join(expiries, on="instrument", how="inner", maintain_order="left")
    tickers = joined.select(
        "time",
        "instrument",
        "expiry",
        pl.lit("future").alias("contract"),
        pl.col("close").alias("mark"),
        pl.col(_volume(joined)).alias("volume_24h_usd"),
    )
    return panel_of_tickers(tickers, venue, underlying, f"store {store.name}, {bars}")


def _future(book: Rulebook, name: str, underlying: str) -> Instrument | None:
    try:
        found = book.instrument(name)
    except SymbolError:
        return None
    return found if found.kind is Kind.FUTURE and found.underlying == underlying else None


def _volume(rows: pl.DataFrame) -> str:
    return next((name for name in VOLUMES if rows[name].count()), VOLUMES[0])
