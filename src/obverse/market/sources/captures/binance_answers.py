"""Answers of Binance COIN-M's REST interface, but for bars: what each becomes.

A reader takes the query that was asked, whose `symbol` or `pair` may be all that names the series,
and the answer. `obverse.market.sources.binance_rest` tells what their times are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from obverse.market.series.kinds import BOOK_TOPS, FUNDING, TICKERS, TRADES
from obverse.market.sources.captures.binance_books import (
    AggregateTrade,
    Depth,
    add_aggregate_trade,
    add_snapshot,
)
from obverse.market.sources.captures.binance_contracts import (
    ExchangeInfo,
    add_exchange_info,
    decoded,
    named,
    rate_of,
    usd_per_contract,
)
from obverse.market.sources.captures.rows import Rows, Value, of_milliseconds

Query: TypeAlias = dict[str, str]
FUNDING_INTERVAL_HOURS = 8.0
_TICKER: dict[str, Value] = dict.fromkeys(
    (
        "mark", "index", "last", "open_interest_usd", "open_interest_contracts", "volume_24h_usd",
        "funding_rate_8h",
    )
)  # fmt: skip


class _Trade(msgspec.Struct, rename="camel"):
    id: int
    price: float
    qty: float
    base_qty: float
    time: int
    is_buyer_maker: bool


class _Top(msgspec.Struct, rename="camel"):
    symbol: str
    time: int
    bid_price: float
    bid_qty: float
    ask_price: float
    ask_qty: float


class _Funding(msgspec.Struct, rename="camel"):
    symbol: str
    funding_time: int
    funding_rate: float


class _Premium(msgspec.Struct, rename="camel"):
    symbol: str
    time: int
    mark_price: float
    index_price: float
    last_funding_rate: str = ""


class _Day(msgspec.Struct, rename="camel"):
    symbol: str
    close_time: int
    last_price: float
    volume: float


class _Price(msgspec.Struct):
    symbol: str
    time: int
    price: float


class _OpenInterest(msgspec.Struct, rename="camel"):
    symbol: str
    time: int
    open_interest: float


def exchange_info(rows: Rows, query: Query, data: msgspec.Raw) -> None:
    """Add the specifications of `exchangeInfo`."""
    add_exchange_info(rows, decoded(ExchangeInfo, data), None)


def trades(rows: Rows, query: Query, data: msgspec.Raw) -> None:
    """Add the trades of `trades`."""
    for trade in decoded(list[_Trade], data):
        rows.add(
            query["symbol"],
            TRADES,
            time=of_milliseconds(trade.time),
            local_time=None,
            sent_time=None,
            trade_id=str(trade.id),
            side="sell" if trade.is_buyer_maker else "buy",
            price=trade.price,
            size=trade.qty,
            value_coin=trade.base_qty,
        )


def aggregate_trades(rows: Rows, query: Query, data: msgspec.Raw) -> None:
    """Add the aggregate trades of `aggTrades`."""
    for trade in decoded(list[AggregateTrade], data):
        add_aggregate_trade(rows, query["symbol"], trade, None)


def depth(rows: Rows, query: Query, data: msgspec.Raw) -> None:
    """Add the full book of `depth`."""
    add_snapshot(rows, decoded(Depth, data), None)


def tops(rows: Rows, query: Query, data: msgspec.Raw) -> None:
    """Add the best quotes of `ticker/bookTicker`."""
    for top in decoded(list[_Top], data):
        rows.add(
            top.symbol,
            BOOK_TOPS,
            time=of_milliseconds(top.time),
            bid=top.bid_price,
            bid_size=top.bid_qty,
            ask=top.ask_price,
            ask_size=top.ask_qty,
        )


def fundings(rows: Rows, query: Query, data: msgspec.Raw) -> None:
    """Add the rates of `fundingRate`."""
    for funding in decoded(list[_Funding], data):
        rows.add(
            funding.symbol,
            FUNDING,
            time=of_milliseconds(funding.funding_time),
            rate=funding.funding_rate,
            interval_hours=FUNDING_INTERVAL_HOURS,
        )


def premiums(rows: Rows, query: Query, data: msgspec.Raw) -> None:
    """Add marks, indices and rates of `premiumIndex`."""
    for each in decoded(list[_Premium], data):
        rate = rate_of(each.last_funding_rate)
        shown = {"mark": each.mark_price, "index": each.index_price, "funding_rate_8h": rate}
        _add_ticker(rows, each.symbol, each.time, shown)


def days(rows: Rows, query: Query, data: msgspec.Raw) -> None:
    """Add last prices and volumes of `ticker/24hr`."""
    for each in decoded(list[_Day], data):
        volume_usd = each.volume * usd_per_contract(each.symbol.split("_")[0])
        shown = {"last": each.last_price, "volume_24h_usd": volume_usd}
        _add_ticker(rows, each.symbol, each.close_time, shown)


def prices(rows: Rows, query: Query, data: msgspec.Raw) -> None:
    """Add last prices of `ticker/price`."""
    for each in decoded(list[_Price], data):
        _add_ticker(rows, each.symbol, each.time, {"last": each.price})


def open_interest(rows: Rows, query: Query, data: msgspec.Raw) -> None:
    """Add the open interest of `openInterest`."""
    each = decoded(_OpenInterest, data)
    usd = each.open_interest * usd_per_contract(each.symbol.split("_")[0])
    shown = {"open_interest_contracts": each.open_interest, "open_interest_usd": usd}
    _add_ticker(rows, each.symbol, each.time, shown)


def _add_ticker(rows: Rows, symbol: str, time_ms: int, shown: Mapping[str, float | None]) -> None:
    told = named(symbol)
    if told is None:
        rows.note("dropped", symbol, "the name is of no COIN-M contract", TICKERS)
        return
    rows.add(
        symbol,
        TICKERS,
        time=of_milliseconds(time_ms),
        underlying=told.coin,
        quote="USD",
        contract=told.contract,
        expiry=told.expiry_ns,
        **{**_TICKER, **shown},
    )
