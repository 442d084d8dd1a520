"""Stored prices for price discovery: trades, middles of best quotes, or closes of bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from obverse.analysis.stored_rows import floats, stored_rows, times_ns
from obverse.contracts.instants import Instant
from obverse.curves.spreads.series import PriceSeries
from obverse.errors import DataError, MarketDataError
from obverse.market.series.kinds import BOOK_TOPS, TIME, TRADES
from obverse.market.store import Store

if TYPE_CHECKING:
    import polars as pl

    from obverse.curves.spreads.series import FloatArray

BARS = "bars_"


def stored_prices(
    store: Store,
    venue: str,
    instrument: str,
    *,
    kind: str = TRADES.name,
    since: Instant | None = None,
    until: Instant | None = None,
) -> PriceSeries:
    """Read the prices of one instrument, as known at `until`: the last of each instant.

    Parameters
    ----------
    kind : `trades`; `book_tops`, of which the middle is taken where both sides are there and not
        crossed; or bars such as `bars_1m`, of which the close is known once they are closed

    Raises `MarketDataError` where the store has none, `DataError` for another kind.
    """
    if kind not in (TRADES.name, BOOK_TOPS.name) and not kind.startswith(BARS):
        raise DataError(f"kind {kind!r}: prices are of trades, book_tops, or bars such as bars_1m.")
    names = {TRADES.name: ["price"], BOOK_TOPS.name: ["bid", "ask"]}.get(kind, ["close"])
    rows = stored_rows(
        store, kind, venue, instrument, since=since, until=until, columns=[TIME, *names]
    )
    times, prices = times_ns(rows), _prices(rows, names)
    known = np.isfinite(prices)
    times, prices = times[known], prices[known]
    if not len(times):
        raise MarketDataError(f"{instrument} at {venue}: no {kind} has a price in {store.name}.")
    last = np.append(np.diff(times) > 0, True)
    return PriceSeries(f"{venue} {instrument}", times[last], prices[last])


def _prices(rows: pl.DataFrame, names: list[str]) -> FloatArray:
    """One price a row; NaN where there is none."""
    if len(names) == 1:
        return floats(rows, names[0])
    bid, ask = (floats(rows, name) for name in names)
    middle: FloatArray = np.where(bid <= ask, (bid + ask) / 2, np.nan)
    return middle
