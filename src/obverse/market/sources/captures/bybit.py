"""Raw captures of Bybit: its list of instruments, and its feeds of version 2.

Times are the exchange's own: milliseconds of a trade, microseconds of an order book and a list.
Sizes are dollars of an inverse contract (`BTCUSD`, `BTCUSDM21`), each one contract, and coins of a
linear one (`BTCUSDT`). The linear feed writes numbers as text where the inverse one does not.

| message | becomes |
|---|---|
| answers of `v2/public/symbols` | instruments: see `bybit_contracts` |
| `trade` | trades, the side the taker's |
| `orderBookL2_25`, `orderBook_200` | book_levels |

Of an order book, `snapshot` is the whole and `delta` has levels to delete, update and insert, each
with its price, given in that order: a price that changes sides is in two of them. `cross_seq` is
the number of a message: it rises, with gaps that mean nothing, so a lost message does not show in
it. It shows in the levels: one to delete or update that is not there, or one to insert that is,
is told. Only the best 25 or 200 levels of each side are told of, and `delete` is also said of a
level that leaves them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from obverse.market.series.kinds import BOOK_LEVELS, TRADES
from obverse.market.series.parts import Part
from obverse.market.sources.captures.bybit_contracts import Listing, add_listing
from obverse.market.sources.captures.frames import Frame, frames, is_capture
from obverse.market.sources.captures.rows import (
    NANOSECONDS_PER_MICROSECOND,
    Rows,
    of_milliseconds,
)
from obverse.market.sources.file_formats import FileFormat

VENUE = "bybit"
HOSTS = ("api.bybit.com", "stream.bybit.com", "stream.bytick.com")
SYMBOLS_PATH = "/v2/public/symbols"
NO_SNAPSHOT = "a change to a book before its snapshot"
BOOK_CHANNELS = ("orderBookL2_25", "orderBook_200")
_SIDES: dict[str, str] = {"Buy": "buy", "Sell": "sell"}

Side: TypeAlias = Literal["Buy", "Sell"]


class _Message(msgspec.Struct):
    topic: str = ""


class _Trade(msgspec.Struct):
    symbol: str
    trade_id: str
    trade_time_ms: int
    side: Side
    price: float
    size: float


class _Trades(msgspec.Struct):
    data: list[_Trade]


class _Level(msgspec.Struct):
    price: float
    side: Side
    size: float = 0.0


class _Whole(msgspec.Struct):
    order_book: list[_Level]


class _Change(msgspec.Struct):
    delete: list[_Level]
    update: list[_Level]
    insert: list[_Level]


class _Kind(msgspec.Struct):
    type: Literal["snapshot", "delta"]
    cross_seq: int
    timestamp_e6: int


class _Snapshot(_Kind):
    data: list[_Level] | _Whole


class _Delta(_Kind):
    data: _Change


_MESSAGE = msgspec.json.Decoder(_Message)
_LISTING = msgspec.json.Decoder(Listing, strict=False)
_TRADES = msgspec.json.Decoder(_Trades, strict=False)
_KIND = msgspec.json.Decoder(_Kind, strict=False)
_SNAPSHOT = msgspec.json.Decoder(_Snapshot, strict=False)
_DELTA = msgspec.json.Decoder(_Delta, strict=False)


class _Books:
    """The levels of each book whose snapshot was seen, by side and price."""

    def __init__(self) -> None:
        self._levels: dict[str, set[tuple[Side, float]]] = {}

    def forget(self) -> None:
        """Forget all books, as at a new connection."""
        self._levels.clear()

    def follow(self, rows: Rows, symbol: str, action: str, level: _Level) -> None:
        """Follow a level, and tell of one that does not fit."""
        own = self._levels.get(symbol)
        if own is None:
            rows.note("flagged", symbol, NO_SNAPSHOT, BOOK_LEVELS)
            return
        key = (level.side, level.price)
        if action != "snapshot" and (key in own) == (action == "insert"):
            what = "is there already" if action == "insert" else "is not there"
            reason = f"a level to {action} {what}: a message is missing"
            rows.note("flagged", symbol, reason, BOOK_LEVELS)
        if action == "delete":
            own.discard(key)
        else:
            own.add(key)

    def begin(self, symbol: str) -> None:
        """Begin a book anew."""
        self._levels[symbol] = set()


def read(path: Path) -> list[Part]:
    """Read a capture. Raises `MarketDataError` for one that is broken, with the line."""
    rows, books = Rows(VENUE, path.name), _Books()
    for frame in frames(path):
        if frame.direction == "connected":
            books.forget()
        elif frame.direction == "answered" and frame.address.endswith(SYMBOLS_PATH):
            add_listing(rows, frame.decoded(_LISTING), frame.local_time_ns)
        elif frame.direction == "received":
            topic = frame.decoded(_MESSAGE).topic
            if topic:
                _take(topic, frame, rows, books)
    return rows.parts()


def _take(topic: str, frame: Frame, rows: Rows, books: _Books) -> None:
    channel, _, rest = topic.partition(".")
    if channel == "trade":
        for trade in frame.decoded(_TRADES).data:
            _add_trade(rows, trade, frame.local_time_ns)
    elif channel in BOOK_CHANNELS:
        _add_book(rows, books, rest.rpartition(".")[2], frame)
    else:
        rows.note("dropped", "", f"messages of {channel} are not read")


def _add_trade(rows: Rows, trade: _Trade, local_time_ns: int) -> None:
    rows.add(
        trade.symbol,
        TRADES,
        time=of_milliseconds(trade.trade_time_ms),
        local_time=local_time_ns,
        trade_id=trade.trade_id,
        side=_SIDES[trade.side],
        price=trade.price,
        size=trade.size,
    )


def _add_book(rows: Rows, books: _Books, symbol: str, frame: Frame) -> None:
    kind = frame.decoded(_KIND)
    snapshot = kind.type == "snapshot"
    if snapshot:
        books.begin(symbol)
    for action, level in _levels(frame, snapshot):
        books.follow(rows, symbol, action, level)
        rows.add(
            symbol,
            BOOK_LEVELS,
            time=kind.timestamp_e6 * NANOSECONDS_PER_MICROSECOND,
            local_time=frame.local_time_ns,
            update_id=kind.cross_seq,
            snapshot=snapshot,
            is_bid=level.side == "Buy",
            price=level.price,
            size=0.0 if action == "delete" else level.size,
        )


def _levels(frame: Frame, snapshot: bool) -> Iterator[tuple[str, _Level]]:
    """Levels of a message with what is to be done with each."""
    if snapshot:
        whole = frame.decoded(_SNAPSHOT).data
        levels = whole.order_book if isinstance(whole, _Whole) else whole
        yield from (("snapshot", level) for level in levels)
        return
    change = frame.decoded(_DELTA).data
    yield from (("delete", level) for level in change.delete)
    yield from (("update", level) for level in change.update)
    yield from (("insert", level) for level in change.insert)


FORMAT = FileFormat(
    "bybit-capture",
    "Bybit: instruments and feeds as they were sent",
    "event",
    lambda path: any(is_capture(path, host) for host in HOSTS),
    read,
)
