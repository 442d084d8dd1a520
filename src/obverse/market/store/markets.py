"""A market as of an instant, and an instrument's history, from stored tickers.

A ticker that is part of a snapshot carries the snapshot's instant; where a coin's last tickers do,
those of one instant are the snapshot. Else it is the last ticker of each instrument within the hour
before the coin's last. The index is the last that these tickers say, its range the widest.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from obverse.contracts.instants import iso
from obverse.contracts.instruments import Kind
from obverse.errors import MarketDataError, SymbolError
from obverse.market.floats import decimal_of_float
from obverse.market.histories import QuoteHistory
from obverse.market.observations import Finding, Quote
from obverse.market.series.kinds import TICKERS, TIME
from obverse.market.snapshots import Market, Snapshot
from obverse.market.store.reading import scan, span
from obverse.market.store.stores import Store, unknown
from obverse.market.validation import MAX_AGE, gather, validate

if TYPE_CHECKING:
    import polars as pl

Row = dict[str, Any]
_MONTHS_BACK = 2
_DERIVATIVES = ("perpetual", "future")


def has_market(store: Store, venue: str, at: datetime) -> bool:
    """Whether a venue's tickers are stored in a span that holds an instant."""
    found = span(store.entries(venue=venue, kind=TICKERS.name))
    return found is not None and found[0] <= at <= found[1]


def stored_market(store: Store, at: datetime | None = None, venue: str | None = None) -> Market:
    """Read a market as it was known at an instant (None: at the store's end).

    Raises `MarketDataError` where the store has no tickers, or of several venues and none is named.
    """
    venue = _venue(store, venue)
    rows = _last_rows(store, venue, at)
    parts = {}
    for coin in sorted({row["underlying"] for row in rows}):
        own = [row for row in rows if row["underlying"] == coin]
        parts[coin] = partial(_snapshot, coin, venue, own, _source(store))
    return gather(parts, asked=at, venue=venue, source=_source(store))


def stored_history(store: Store, symbol: str, venue: str | None = None) -> QuoteHistory:
    """Read every stored ticker of one instrument through the door."""
    venue = _venue(store, venue)
    own = list(store.entries(venue, symbol, TICKERS.name))
    if not own:
        known = {entry.instrument for entry in store.entries(venue=venue, kind=TICKERS.name)}
        raise SymbolError(symbol, f"among the tickers of {venue} in {store.name}", known)
    rows = _with_index(store, venue, symbol).to_dicts()
    snapshots: list[Snapshot] = []
    findings: list[Finding] = []
    for row in _one_an_instant(rows):
        try:
            snapshots.append(_snapshot(row["underlying"], venue, [row], _source(store)))
        except MarketDataError as error:
            findings.append(Finding("refused", f"{symbol} at {iso(row[TIME])}", str(error)))
    return QuoteHistory(symbol, venue, _source(store), tuple(snapshots), tuple(findings))


def _with_index(store: Store, venue: str, symbol: str) -> pl.DataFrame:
    """Tickers of one instrument, each with the last index that any ticker of its coin said."""
    import polars as pl

    anchor = pl.coalesce("snapshot_time", TIME).alias("anchor")
    own = scan(store, TICKERS.name, venue=venue, instrument=symbol).collect()
    coin = own["underlying"][0]
    said = (
        scan(store, TICKERS.name, venue=venue)
        .filter(pl.col("underlying") == coin, pl.col("index").is_not_null())
        .select(anchor, pl.col("index").alias("index_said"))
        .unique("anchor", keep="last")
        .sort("anchor")
        .collect()
    )
    joined = own.with_columns(anchor).sort("anchor").join_asof(said, on="anchor", tolerance="1h")
    return joined.with_columns(pl.coalesce("index", "index_said").alias("index"))


def _source(store: Store) -> str:
    return f"store {store.name}"


def _venue(store: Store, venue: str | None) -> str:
    entries = list(store.entries(kind=TICKERS.name))
    venues = list(dict.fromkeys(entry.venue for entry in entries))
    if not venues:
        raise MarketDataError(f"{store.name} has no tickers, so no market to read.")
    if venue is None and len(venues) > 1:
        raise MarketDataError(f"{store.name} has {', '.join(venues)}; say which venue to read.")
    if venue is not None and venue not in venues:
        raise unknown(store, "venue", venue, entries)
    return venue or venues[0]


def _last_rows(store: Store, venue: str, at: datetime | None) -> list[Row]:
    """Rows of each coin's last snapshot not after an instant."""
    import polars as pl

    found = span(store.entries(venue=venue, kind=TICKERS.name))
    assert found is not None
    first, last = found
    if at is not None and at < first:
        raise MarketDataError(
            f"{store.name} has nothing of {venue} at or before {iso(at)}; "
            f"it runs from {iso(first)} to {iso(last)}."
        )
    until = min(at, last) if at is not None else last
    months = sorted(
        {
            entry.month
            for entry in store.entries(venue=venue, kind=TICKERS.name)
            if entry.month <= f"{until:%Y-%m}"
        }
    )
    since = datetime.fromisoformat(f"{months[-_MONTHS_BACK:][0]}-01T00:00:00+00:00")
    table = scan(store, TICKERS.name, venue=venue, since=since, until=until)
    return _anchored(table.filter(pl.col("contract").is_in(_DERIVATIVES)).collect()).to_dicts()


def _anchored(table: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of each coin's last snapshot."""
    import polars as pl

    known = pl.coalesce("snapshot_time", TIME)
    table = table.with_columns(known.alias("anchor"))
    table = table.with_columns(pl.col("anchor").max().over("underlying").alias("latest"))
    whole = (pl.col("snapshot_time") == pl.col("latest")).fill_null(False)
    together = table.filter(whole)
    coins = together["underlying"].unique().to_list()
    loose = table.filter(
        ~pl.col("underlying").is_in(coins), pl.col("anchor") > pl.col("latest") - MAX_AGE
    ).unique("instrument", keep="last", maintain_order=True)
    return pl.concat([together, loose])


def _one_an_instant(rows: Sequence[Row]) -> list[Row]:
    """The last row of each instant, where snapshots share a ticker."""
    last = {row["snapshot_time"] or row[TIME]: row for row in rows}
    return [last[at] for at in sorted(last)]


def _snapshot(coin: str, venue: str, rows: Sequence[Row], source: str) -> Snapshot:
    at = max(row["snapshot_time"] or row[TIME] for row in rows)
    by_time = sorted(rows, key=lambda row: row[TIME])
    indices = [row["index"] for row in by_time if row["index"] is not None]
    index = decimal_of_float(indices[-1]) if indices else Decimal("NaN")
    lows = [row["index_low"] for row in rows if row["index_low"] is not None]
    highs = [row["index_high"] for row in rows if row["index_high"] is not None]
    limits = None
    if lows and highs and indices:
        low, high = decimal_of_float(min(lows)), decimal_of_float(max(highs))
        limits = min(low, index), max(high, index)
    quotes = next((row["quote"] for row in rows if row["quote"]), "USD")
    return validate(
        [_quote(row) for row in rows],
        underlying=coin,
        venue=venue,
        at=at,
        index=index,
        index_range=limits,
        quote=quotes,
        source=source,
    )


def _quote(row: Row) -> Quote:
    def exact(name: str) -> Decimal | None:
        return None if row[name] is None else decimal_of_float(row[name])

    return Quote(
        symbol=row["instrument"],
        kind=Kind.PERPETUAL if row["contract"] == "perpetual" else Kind.FUTURE,
        expiry=row["expiry"],
        mark=exact("mark") or Decimal("NaN"),
        observed_at=row[TIME],
        bid=exact("bid"),
        ask=exact("ask"),
        last=exact("last"),
        open_interest_usd=exact("open_interest_usd"),
        volume_24h_usd=exact("volume_24h_usd"),
        funding_rate_8h=exact("funding_rate_8h"),
        listed=row["listed"] is not False,
        source=row["note"] or "",
    )
