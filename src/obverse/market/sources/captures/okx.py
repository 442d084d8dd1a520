"""Raw captures of OKX: its lists of instruments, and its feeds of version 5.

Times are the exchange's own, in milliseconds; a ticker's is that of its making, up to seconds
before a subscriber gets it. Sizes are contracts of futures, swaps and options, and coins of spot.

| message | becomes |
|---|---|
| answers of `public/instruments` | instruments, known from the recorder's clock |
| `tickers` | tickers; the volume of 24 hours in dollars where contracts are dollars |
| `trades` | trades, the side the taker's |
| `books` | book_levels, proved by the venue's checksum: see `okx_books` |

Subscribing again sends no second snapshot. Other channels are told of and not read: of the funding
rate only the coming one is sent, which is none that was paid.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from obverse.market.series.kinds import TICKERS, TRADES
from obverse.market.series.parts import Part
from obverse.market.sources.captures.frames import Frame, frames, is_capture
from obverse.market.sources.captures.okx_books import Book, Books
from obverse.market.sources.captures.okx_contracts import (
    NO_INSTRUMENT,
    Listing,
    add_listing,
    named,
    number,
)
from obverse.market.sources.captures.rows import Rows, of_milliseconds
from obverse.market.sources.file_formats import FileFormat

VENUE = "okx"
HOSTS = ("www.okx.com", "ws.okx.com", "www.okex.com", "ws.okex.com")
INSTRUMENTS_PATH = "/api/v5/public/instruments?"


class _Argument(msgspec.Struct, rename="camel", frozen=True):
    channel: str = ""
    inst_id: str = ""


class _Message(msgspec.Struct):
    event: str = ""
    arg: _Argument = _Argument()


class _Books(msgspec.Struct):
    action: Literal["snapshot", "update"]
    data: list[Book]


class _Trade(msgspec.Struct, rename="camel"):
    inst_id: str
    trade_id: str
    px: str
    sz: str
    side: Literal["buy", "sell"]
    ts: int


class _Trades(msgspec.Struct):
    data: list[_Trade]


class _Ticker(msgspec.Struct, rename="camel"):
    inst_id: str
    last: str
    ask_px: str
    bid_px: str
    vol24h: str
    ts: int


class _Tickers(msgspec.Struct):
    data: list[_Ticker]


_MESSAGE = msgspec.json.Decoder(_Message)
_LISTING = msgspec.json.Decoder(Listing)
_BOOKS = msgspec.json.Decoder(_Books, strict=False)
_TRADES = msgspec.json.Decoder(_Trades, strict=False)
_TICKERS = msgspec.json.Decoder(_Tickers, strict=False)


def read(path: Path) -> list[Part]:
    """Read a capture. Raises `MarketDataError` for one that is broken, with the line."""
    rows, books = Rows(VENUE, path.name), Books()
    for frame in frames(path):
        if frame.direction == "connected":
            books.forget()
        elif frame.direction == "answered" and INSTRUMENTS_PATH in frame.address:
            add_listing(rows, frame.decoded(_LISTING), frame.local_time_ns)
        elif frame.direction == "received" and frame.body != b"pong":
            message = frame.decoded(_MESSAGE)
            if not message.event:
                _take(message.arg, frame, rows, books)
    return rows.parts()


def _take(about: _Argument, frame: Frame, rows: Rows, books: Books) -> None:
    local = frame.local_time_ns
    if about.channel == "books":
        message = frame.decoded(_BOOKS)
        for book in message.data:
            books.take(rows, about.inst_id, message.action == "snapshot", book, local)
    elif about.channel == "trades":
        for trade in frame.decoded(_TRADES).data:
            _add_trade(rows, trade, local)
    elif about.channel == "tickers":
        for ticker in frame.decoded(_TICKERS).data:
            _add_ticker(rows, ticker, local)
    else:
        rows.note("dropped", "", f"messages of {about.channel or 'no channel'} are not read")


def _add_trade(rows: Rows, trade: _Trade, local_time_ns: int) -> None:
    rows.add(
        trade.inst_id,
        TRADES,
        time=of_milliseconds(trade.ts),
        local_time=local_time_ns,
        trade_id=trade.trade_id,
        side=trade.side,
        price=number(trade.px),
        size=number(trade.sz),
    )


def _add_ticker(rows: Rows, ticker: _Ticker, local_time_ns: int) -> None:
    told = named(ticker.inst_id)
    if told is None:
        rows.note("dropped", ticker.inst_id, NO_INSTRUMENT, TICKERS)
        return
    volume, contract_usd = number(ticker.vol24h), told.contract_usd
    rows.add(
        ticker.inst_id,
        TICKERS,
        time=of_milliseconds(ticker.ts),
        local_time=local_time_ns,
        underlying=told.coin,
        quote=told.quote,
        contract=told.contract,
        expiry=told.expiry_ns,
        bid=number(ticker.bid_px),
        ask=number(ticker.ask_px),
        last=number(ticker.last),
        volume_24h_usd=None if volume is None or contract_usd is None else volume * contract_usd,
    )


FORMAT = FileFormat(
    "okx-capture",
    "OKX: instruments and feeds as they were sent",
    "event",
    lambda path: any(is_capture(path, host) for host in HOSTS),
    read,
)
