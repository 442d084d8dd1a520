"""Raw captures of Kraken Futures: its list of instruments, and its feeds.

Times are the exchange's own, in milliseconds, but for `ticker_lite`, which has none. Sizes are
contracts: of 1 USD for an inverse one.

| message | becomes |
|---|---|
| answers of `instruments` | instruments |
| `ticker`, `ticker_lite` | tickers: see `kraken_tickers` for the traps of its rates |
| `book_snapshot`, `book` | book_levels; a difference is one level, and of size 0 removes it |
| `trade_snapshot`, `trade` | trades, the side the taker's; liquidations and blocks are trades too |

Every message of a book has a number one above the last one's, which is what `previous_update_id`
says of a difference. A snapshot has the number that the next difference follows. `trade_snapshot`
has the last hundred trades from before the recorder came, newest first.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from obverse.market.series.kinds import BOOK_LEVELS, TRADES
from obverse.market.series.parts import Part
from obverse.market.sources.captures.frames import Frame, frames, is_capture
from obverse.market.sources.captures.kraken_instruments import Listing, add_listing
from obverse.market.sources.captures.kraken_tickers import Ticker, add_ticker
from obverse.market.sources.captures.rows import Rows, of_milliseconds
from obverse.market.sources.file_formats import FileFormat

VENUE = "kraken"
HOST = "futures.kraken.com"
INSTRUMENTS_PATH = "/api/v3/instruments"


class _Message(msgspec.Struct):
    feed: str = ""
    event: str = ""


class _Level(msgspec.Struct):
    price: float
    qty: float


class _Snapshot(msgspec.Struct):
    product_id: str
    timestamp: int
    seq: int
    bids: list[_Level]
    asks: list[_Level]


class _Difference(msgspec.Struct):
    product_id: str
    timestamp: int
    seq: int
    side: Literal["buy", "sell"]
    price: float
    qty: float


class _Trade(msgspec.Struct):
    product_id: str
    uid: str
    side: Literal["buy", "sell"]
    time: int
    price: float
    qty: float


class _Trades(msgspec.Struct):
    trades: list[_Trade]


_MESSAGE = msgspec.json.Decoder(_Message)
_LISTING = msgspec.json.Decoder(Listing)
_TICKER = msgspec.json.Decoder(Ticker)
_SNAPSHOT = msgspec.json.Decoder(_Snapshot)
_DIFFERENCE = msgspec.json.Decoder(_Difference)
_TRADE = msgspec.json.Decoder(_Trade)
_TRADES = msgspec.json.Decoder(_Trades)


def read(path: Path) -> list[Part]:
    """Read a capture. Raises `MarketDataError` for one that is broken, with the line."""
    rows = Rows(VENUE, path.name)
    for frame in frames(path):
        if frame.direction == "answered" and frame.address.endswith(INSTRUMENTS_PATH):
            add_listing(rows, frame.decoded(_LISTING), frame.local_time_ns)
        elif frame.direction == "received":
            message = frame.decoded(_MESSAGE)
            if not message.event:
                _take(message.feed, frame, rows)
    return rows.parts()


def _take(feed: str, frame: Frame, rows: Rows) -> None:
    local = frame.local_time_ns
    if feed == "book":
        _add_difference(rows, frame.decoded(_DIFFERENCE), local)
    elif feed == "book_snapshot":
        _add_snapshot(rows, frame.decoded(_SNAPSHOT), local)
    elif feed in ("ticker", "ticker_lite"):
        add_ticker(rows, frame.decoded(_TICKER), local)
    elif feed == "trade":
        _add_trade(rows, frame.decoded(_TRADE), local)
    elif feed == "trade_snapshot":
        for trade in frame.decoded(_TRADES).trades:
            _add_trade(rows, trade, local)
    else:
        rows.note("dropped", "", f"messages of {feed or 'no feed'} are not read")


def _add_snapshot(rows: Rows, book: _Snapshot, local_time_ns: int) -> None:
    symbol = book.product_id.upper()
    if not book.bids and not book.asks:
        what = "a full book without any level has no row; changes may follow it"
        rows.note("flagged", symbol, what, BOOK_LEVELS)
    for is_bid, levels in ((True, book.bids), (False, book.asks)):
        for level in levels:
            rows.add(
                symbol,
                BOOK_LEVELS,
                time=of_milliseconds(book.timestamp),
                local_time=local_time_ns,
                update_id=book.seq,
                previous_update_id=None,
                snapshot=True,
                is_bid=is_bid,
                price=level.price,
                size=level.qty,
            )


def _add_difference(rows: Rows, change: _Difference, local_time_ns: int) -> None:
    rows.add(
        change.product_id.upper(),
        BOOK_LEVELS,
        time=of_milliseconds(change.timestamp),
        local_time=local_time_ns,
        update_id=change.seq,
        previous_update_id=change.seq - 1,
        snapshot=False,
        is_bid=change.side == "buy",
        price=change.price,
        size=change.qty,
    )


def _add_trade(rows: Rows, trade: _Trade, local_time_ns: int) -> None:
    rows.add(
        trade.product_id.upper(),
        TRADES,
        time=of_milliseconds(trade.time),
        local_time=local_time_ns,
        trade_id=trade.uid,
        side=trade.side,
        price=trade.price,
        size=trade.qty,
    )


FORMAT = FileFormat(
    "kraken-capture",
    "Kraken Futures: instruments and feeds as they were sent",
    "event",
    lambda path: is_capture(path, HOST),
    read,
)
