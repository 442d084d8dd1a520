"""Kraken Futures' tickers, whole (`ticker`) and short (`ticker_lite`).

- `ticker` has the exchange's `time`. `ticker_lite` has none: `time` is the recorder's clock there,
  and a finding says so. It also lacks mark, index and last.
- `maturityTime` is the instant of delivery; 0 or nothing of a perpetual.
- `relative_funding_rate` is a fraction of value **an hour**, and is made one of 8 hours; so it was
  too in 2021, when a new one came every 4 hours. A rate of zero is not sent at all. `funding_rate`
  is something else: coins a contract an hour, the relative rate over the index at its start.
- `volume` and `openInterest` are contracts, which are dollars of an inverse contract on USD.
  `volumeQuote`, where it is told, is dollars of any contract on USD.
- `premium` and `change` are in percent, and not kept.
"""

from __future__ import annotations

import msgspec

from obverse.market.series.kinds import TICKERS
from obverse.market.sources.captures.kraken_instruments import NO_CONTRACT, Named, named
from obverse.market.sources.captures.rows import Rows, of_milliseconds

NO_TIME = "messages of ticker_lite tell no time; the recorder's clock stands for it"
_HOURS = 8


class Ticker(msgspec.Struct):
    """A ticker, whole or short."""

    product_id: str
    time: int | None = None
    bid: float | None = None
    ask: float | None = None
    last: float | None = None
    index: float | None = None
    mark: float | None = msgspec.field(name="markPrice", default=None)
    open_interest: float | None = msgspec.field(name="openInterest", default=None)
    volume: float | None = None
    volume_quote: float | None = msgspec.field(name="volumeQuote", default=None)
    maturity_ms: int | None = msgspec.field(name="maturityTime", default=None)
    hourly_rate: float | None = msgspec.field(name="relative_funding_rate", default=None)


def add_ticker(rows: Rows, ticker: Ticker, local_time_ns: int) -> None:
    """Add a ticker; one without a time of its own takes the recorder's and says so."""
    symbol = ticker.product_id.upper()
    told = named(symbol)
    if told is None:
        rows.note("dropped", symbol, NO_CONTRACT, TICKERS)
        return
    if ticker.time is None:
        rows.note("flagged", symbol, NO_TIME, TICKERS)
    rows.add(
        symbol,
        TICKERS,
        time=local_time_ns if ticker.time is None else of_milliseconds(ticker.time),
        local_time=local_time_ns,
        underlying=told.coin,
        quote=told.quote,
        contract=told.contract,
        expiry=of_milliseconds(ticker.maturity_ms) if ticker.maturity_ms else None,
        mark=ticker.mark,
        index=ticker.index,
        bid=ticker.bid,
        ask=ticker.ask,
        last=ticker.last,
        open_interest_contracts=ticker.open_interest,
        open_interest_usd=ticker.open_interest if told.is_in_dollars else None,
        volume_24h_usd=_volume_usd(ticker, told),
        funding_rate_8h=_rate_8h(ticker, told),
    )


def _volume_usd(ticker: Ticker, told: Named) -> float | None:
    if told.quote != "USD":
        return None
    if ticker.volume_quote is not None:
        return ticker.volume_quote
    return ticker.volume if told.is_in_dollars else None


def _rate_8h(ticker: Ticker, told: Named) -> float | None:
    """A whole ticker of a perpetual without a rate says that it is zero."""
    if told.contract != "perpetual" or ticker.time is None:
        return None
    return (ticker.hourly_rate or 0.0) * _HOURS
