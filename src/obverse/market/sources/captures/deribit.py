"""Raw captures of Deribit: instruments as its interface lists them, and its live channels.

Times are the exchange's own, in milliseconds. Sizes of futures are amounts in USD (in coin where
linear), of options in coin, and so are an option's prices.

| channel | becomes |
|---|---|
| an answer of `get_instruments` | instruments |
| `ticker` | tickers of perpetuals and futures; options, under their coin |
| `book` whose messages say what they are, `raw` and `100ms` | book_levels |
| `trades` | trades, the side the taker's |
| `quote` | book_tops |

A `book` says `snapshot` or `change`, the number of each change and that of the one before; a
deleted level comes with size 0. A `book` of a limited depth is no full one and is not read. An
empty book has no level to make a row of: a finding tells it, and that changes may follow it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from obverse.errors import MarketDataError
from obverse.market.series.kinds import BOOK_LEVELS, BOOK_TOPS, TRADES
from obverse.market.series.parts import Part
from obverse.market.sources.captures.deribit_instruments import Listing, add_listing
from obverse.market.sources.captures.deribit_tickers import Ticker, add_ticker, some
from obverse.market.sources.captures.frames import Frame, frames, is_capture
from obverse.market.sources.captures.rows import Rows, of_milliseconds
from obverse.market.sources.file_formats import FileFormat

VENUE = "deribit"
HOST = "www.deribit.com"
INSTRUMENTS_PATH = "/api/v2/public/get_instruments"


class _Channel(msgspec.Struct):
    channel: str
    data: msgspec.Raw


class _Message(msgspec.Struct):
    method: str = ""
    params: _Channel | None = None


class _Book(msgspec.Struct):
    timestamp: int
    instrument_name: str
    change_id: int
    bids: list[tuple[Literal["new", "change", "delete"], float, float]]
    asks: list[tuple[Literal["new", "change", "delete"], float, float]]
    type: Literal["snapshot", "change"]
    prev_change_id: int | None = None


class _Trade(msgspec.Struct):
    timestamp: int
    instrument_name: str
    trade_id: str
    direction: Literal["buy", "sell"]
    price: float
    amount: float


class _Quote(msgspec.Struct):
    timestamp: int
    instrument_name: str
    best_bid_price: float | None = None
    best_bid_amount: float | None = None
    best_ask_price: float | None = None
    best_ask_amount: float | None = None


_LISTING = msgspec.json.Decoder(Listing)
_MESSAGE = msgspec.json.Decoder(_Message)
_TICKER = msgspec.json.Decoder(Ticker)
_BOOK = msgspec.json.Decoder(_Book)
_TRADES = msgspec.json.Decoder(list[_Trade])
_QUOTE = msgspec.json.Decoder(_Quote)


def read(path: Path) -> list[Part]:
    """Read a capture. Raises `MarketDataError` for one that is broken, with the line."""
    rows = Rows(VENUE, path.name)
    for frame in frames(path):
        try:
            _take(frame, rows)
        except msgspec.DecodeError as error:
            what = f"{path.name} line {frame.place} is no message as expected: {error}."
            raise MarketDataError(what) from None
    return rows.parts()


def _take(frame: Frame, rows: Rows) -> None:
    if frame.direction == "answered" and INSTRUMENTS_PATH in frame.address:
        add_listing(rows, frame.decoded(_LISTING), frame.local_time_ns)
    elif frame.direction == "received":
        params = frame.decoded(_MESSAGE).params
        if params is not None:
            _take_channel(params, frame.local_time_ns, rows)


def _take_channel(params: _Channel, local_time_ns: int, rows: Rows) -> None:
    name, _, rest = params.channel.partition(".")
    if name == "ticker":
        add_ticker(rows, _TICKER.decode(params.data), local_time_ns)
    elif name == "book" and rest.count(".") == 1:
        _add_book(rows, _BOOK.decode(params.data), local_time_ns)
    elif name == "trades":
        for trade in _TRADES.decode(params.data):
            _add_trade(rows, trade, local_time_ns)
    elif name == "quote":
        _add_quote(rows, _QUOTE.decode(params.data), local_time_ns)
    else:
        rows.note("dropped", "", f"messages of {params.channel} are not read")


def _add_book(rows: Rows, book: _Book, local_time_ns: int) -> None:
    snapshot = book.type == "snapshot"
    if snapshot and not book.bids and not book.asks:
        what = "a full book without any level has no row; changes may follow it"
        rows.note("flagged", book.instrument_name, what, BOOK_LEVELS)
    for is_bid, levels in ((True, book.bids), (False, book.asks)):
        for action, price, size in levels:
            rows.add(
                book.instrument_name,
                BOOK_LEVELS,
                time=of_milliseconds(book.timestamp),
                local_time=local_time_ns,
                update_id=book.change_id,
                previous_update_id=book.prev_change_id,
                snapshot=snapshot,
                is_bid=is_bid,
                price=price,
                size=0.0 if action == "delete" else size,
            )


def _add_trade(rows: Rows, trade: _Trade, local_time_ns: int) -> None:
    rows.add(
        trade.instrument_name,
        TRADES,
        time=of_milliseconds(trade.timestamp),
        local_time=local_time_ns,
        trade_id=trade.trade_id,
        side=trade.direction,
        price=trade.price,
        size=trade.amount,
    )


def _add_quote(rows: Rows, quote: _Quote, local_time_ns: int) -> None:
    bid, ask = some(quote.best_bid_price), some(quote.best_ask_price)
    rows.add(
        quote.instrument_name,
        BOOK_TOPS,
        time=of_milliseconds(quote.timestamp),
        local_time=local_time_ns,
        bid=bid,
        bid_size=None if bid is None else quote.best_bid_amount,
        ask=ask,
        ask_size=None if ask is None else quote.best_ask_amount,
    )


FORMAT = FileFormat(
    "deribit-capture",
    "Deribit: instruments and live channels as they were sent",
    "event",
    lambda path: is_capture(path, HOST),
    read,
)
