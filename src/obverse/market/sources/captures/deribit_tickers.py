"""Deribit's tickers: of a perpetual or a future, and of an option.

- `timestamp` is the exchange's, of the ticker itself.
- A best price of 0 means that there is none.
- Open interest of an inverse contract is in USD, of an option in coin; a linear one's, in coin, is
  left out.
- `current_funding` is the rate of 8 hours that accrues now; `funding_8h`, which is not kept, is
  what the last 8 hours came to.
- An option is filed under its coin. Premiums are in coin; `mark_iv` is in percent, kept as a
  fraction; vega is in dollars for one point. `underlying_index` may be a synthetic future
  (`SYN.BTC-...`), or `index_price`.
"""

from __future__ import annotations

import msgspec

from obverse.market.series.kinds import OPTIONS, TICKERS
from obverse.market.sources.captures.deribit_instruments import COMBINATION, Named, named
from obverse.market.sources.captures.rows import Rows, of_milliseconds

_PERCENT = 100


class Stats(msgspec.Struct):
    """What a day summed to."""

    volume: float | None = None
    volume_usd: float | None = None


class Greeks(msgspec.Struct):
    """Sensitivities of an option."""

    delta: float | None = None
    vega: float | None = None


class Ticker(msgspec.Struct):
    """A ticker of any instrument."""

    timestamp: int
    instrument_name: str
    mark_price: float | None = None
    index_price: float | None = None
    best_bid_price: float | None = None
    best_ask_price: float | None = None
    last_price: float | None = None
    open_interest: float | None = None
    current_funding: float | None = None
    underlying_price: float | None = None
    underlying_index: str | None = None
    mark_iv: float | None = None
    greeks: Greeks = msgspec.field(default_factory=Greeks)
    stats: Stats = msgspec.field(default_factory=Stats)


def add_ticker(rows: Rows, ticker: Ticker, local_time_ns: int) -> None:
    """Add a ticker to the series it is of; one of a combination is told."""
    told = named(ticker.instrument_name)
    if told is None:
        rows.note("dropped", ticker.instrument_name, COMBINATION, TICKERS)
    elif told.right is None:
        _add_future(rows, ticker, told, local_time_ns)
    else:
        _add_option(rows, ticker, told, local_time_ns)


def some(price: float | None) -> float | None:
    """Return a price that is one: 0 stands for none."""
    return price or None


def _add_future(rows: Rows, ticker: Ticker, told: Named, local_time_ns: int) -> None:
    rows.add(
        ticker.instrument_name,
        TICKERS,
        time=of_milliseconds(ticker.timestamp),
        local_time=local_time_ns,
        underlying=told.coin,
        quote="USD" if told.is_inverse else told.settlement,
        contract=told.contract,
        expiry=told.expiry_ns,
        mark=ticker.mark_price,
        index=ticker.index_price,
        bid=some(ticker.best_bid_price),
        ask=some(ticker.best_ask_price),
        last=ticker.last_price,
        open_interest_usd=ticker.open_interest if told.is_inverse else None,
        volume_24h_usd=ticker.stats.volume_usd,
        funding_rate_8h=ticker.current_funding,
    )


def _add_option(rows: Rows, ticker: Ticker, told: Named, local_time_ns: int) -> None:
    rows.add(
        told.chain,
        OPTIONS,
        time=of_milliseconds(ticker.timestamp),
        local_time=local_time_ns,
        symbol=ticker.instrument_name,
        right=told.right,
        strike=told.strike,
        expiry=told.expiry_ns,
        forward=ticker.underlying_price,
        forward_symbol=ticker.underlying_index,
        index=ticker.index_price,
        bid=some(ticker.best_bid_price),
        ask=some(ticker.best_ask_price),
        mark=ticker.mark_price,
        implied_volatility=None if ticker.mark_iv is None else ticker.mark_iv / _PERCENT,
        delta=ticker.greeks.delta,
        vega=ticker.greeks.vega,
        open_interest=ticker.open_interest,
        volume_24h=ticker.stats.volume,
    )
