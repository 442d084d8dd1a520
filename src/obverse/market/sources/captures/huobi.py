"""Raw captures of Huobi's futures (DM) and swaps: lists of contracts, and feeds, gzip inside.

Times are the exchange's own, in milliseconds: `time` is when the book or the trade was, `sent_time`
when the message was sent. Sizes of levels are contracts: of 100 USD for inverse ones on BTC, of 10
USD on other coins, and of the listed amount of coin for linear ones.

| message | becomes |
|---|---|
| answers of `contract_info` | instruments: see `huobi_contracts` |
| `trade.detail` | trades, the side the taker's |
| `depth.step0` | book_levels: each message is a full book of up to 150 levels a side |

- **A trade's `amount` and `quantity` are the sum of both sides**, so that every one is even: they
  are halved here, to contracts and coins that changed hands.
- A book's number is `mrid`. It rises, and stays where nothing changed between two messages. Its
  `id` and `version` are seconds, and not kept.
- The venue prunes what is fine: `step1` and on merge prices, and are told of and not read, as are
  `depth.size_...` differences, which no capture has.
- A first `trade.detail` may be of seconds before the recorder came.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import msgspec

from obverse.market.series.kinds import BOOK_LEVELS, TRADES
from obverse.market.series.parts import Part
from obverse.market.sources.captures.frames import Frame, frames, is_capture
from obverse.market.sources.captures.huobi_contracts import Listing, add_listing, payoff_of
from obverse.market.sources.captures.rows import Rows, of_milliseconds
from obverse.market.sources.file_formats import FileFormat

VENUE = "huobi"
HOSTS = ("api.hbdm.com", "www.hbdm.com", "api.hbdm.vn", "api.btcgateway.pro")
_CHANNEL = re.compile(r"market\.(?P<symbol>[A-Z0-9_-]+)\.(?P<channel>.+)")
_SIDES = 2
"""How often a trade's size is counted: for its buyer and for its seller."""


class _Message(msgspec.Struct):
    ch: str = ""


class _Book(msgspec.Struct):
    mrid: int
    ts: int
    bids: list[tuple[float, float]] | None = None
    asks: list[tuple[float, float]] | None = None


class _Depth(msgspec.Struct):
    ts: int
    tick: _Book


class _Trade(msgspec.Struct):
    id: int
    ts: int
    price: float
    amount: float
    direction: Literal["buy", "sell"]
    quantity: float | None = None


class _Tick(msgspec.Struct):
    data: list[_Trade]


class _Trades(msgspec.Struct):
    ts: int
    tick: _Tick


_MESSAGE = msgspec.json.Decoder(_Message)
_LISTING = msgspec.json.Decoder(Listing, strict=False)
_DEPTH = msgspec.json.Decoder(_Depth)
_TRADES = msgspec.json.Decoder(_Trades)


def read(path: Path) -> list[Part]:
    """Read a capture. Raises `MarketDataError` for one that is broken, with the line."""
    rows = Rows(VENUE, path.name)
    for frame in frames(path):
        if frame.direction == "answered":
            payoff = payoff_of(frame.address)
            if payoff:
                add_listing(rows, frame.decoded(_LISTING), payoff, frame.local_time_ns)
        elif frame.direction == "received":
            channel = frame.decoded(_MESSAGE).ch
            if channel:
                _take(channel, frame, rows)
    return rows.parts()


def _take(name: str, frame: Frame, rows: Rows) -> None:
    found = _CHANNEL.fullmatch(name)
    if found is not None and found["channel"] == "trade.detail":
        _add_trades(rows, found["symbol"], frame.decoded(_TRADES), frame.local_time_ns)
    elif found is not None and found["channel"] == "depth.step0":
        _add_book(rows, found["symbol"], frame.decoded(_DEPTH), frame.local_time_ns)
    else:
        rows.note("dropped", "", f"messages of {found['channel'] if found else name} are not read")


def _add_trades(rows: Rows, symbol: str, trades: _Trades, local_time_ns: int) -> None:
    for trade in trades.tick.data:
        rows.add(
            symbol,
            TRADES,
            time=of_milliseconds(trade.ts),
            local_time=local_time_ns,
            sent_time=of_milliseconds(trades.ts),
            trade_id=str(trade.id),
            side=trade.direction,
            price=trade.price,
            size=trade.amount / _SIDES,
            value_coin=None if trade.quantity is None else trade.quantity / _SIDES,
        )


def _add_book(rows: Rows, symbol: str, depth: _Depth, local_time_ns: int) -> None:
    book = depth.tick
    if not book.bids and not book.asks:
        rows.note("dropped", symbol, "a full book without any level has no row", BOOK_LEVELS)
    for is_bid, levels in ((True, book.bids), (False, book.asks)):
        for price, size in levels or ():
            rows.add(
                symbol,
                BOOK_LEVELS,
                time=of_milliseconds(book.ts),
                local_time=local_time_ns,
                sent_time=of_milliseconds(depth.ts),
                update_id=book.mrid,
                snapshot=True,
                is_bid=is_bid,
                price=price,
                size=size,
            )


FORMAT = FileFormat(
    "huobi-capture",
    "Huobi futures and swaps: contracts and feeds as they were sent",
    "event",
    lambda path: any(is_capture(path, host) for host in HOSTS),
    read,
)
