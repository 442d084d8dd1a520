"""Binance COIN-M order books, best quotes and trades, as streams and answers tell them.

`T` is the time of the transaction and becomes `time`, `E` the time of sending. Sizes are contracts.

- A snapshot (`GET depth`) holds up to 1000 levels a side and has the last number it includes.
- A difference has its first and last number, and that of the difference before (`pu`), which is the
  last one's `u`. The first to apply to a snapshot is the one with `U <= lastUpdateId <= u`.
- An aggregate trade is all that one order took at one price. It is kept under the numbers of the
  trades that it holds: `f` where it is one, `f-l` where it is more.
- `m` says that the buyer was the maker: the taker sold.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from obverse.market.series.kinds import BOOK_LEVELS, BOOK_TOPS, TRADES
from obverse.market.sources.captures.rows import Rows, of_milliseconds

Level: TypeAlias = tuple[float, float]


class Depth(msgspec.Struct):
    """An answer of `depth`."""

    symbol: str
    last_update_id: int = msgspec.field(name="lastUpdateId")
    sent_ms: int = msgspec.field(name="E")
    transacted_ms: int = msgspec.field(name="T")
    bids: list[Level]
    asks: list[Level]


class DepthUpdate(msgspec.Struct):
    """A difference of the book."""

    symbol: str = msgspec.field(name="s")
    first_id: int = msgspec.field(name="U")
    last_id: int = msgspec.field(name="u")
    previous_id: int = msgspec.field(name="pu")
    sent_ms: int = msgspec.field(name="E")
    transacted_ms: int = msgspec.field(name="T")
    bids: list[Level] = msgspec.field(name="b")
    asks: list[Level] = msgspec.field(name="a")


class BookTicker(msgspec.Struct):
    """A change of the best quotes."""

    symbol: str = msgspec.field(name="s")
    update_id: int = msgspec.field(name="u")
    sent_ms: int = msgspec.field(name="E")
    transacted_ms: int = msgspec.field(name="T")
    bid: float = msgspec.field(name="b")
    bid_size: float = msgspec.field(name="B")
    ask: float = msgspec.field(name="a")
    ask_size: float = msgspec.field(name="A")


class AggregateTrade(msgspec.Struct):
    """What an order took at one price; an answer says neither the symbol nor when it was sent."""

    first_id: int = msgspec.field(name="f")
    last_id: int = msgspec.field(name="l")
    transacted_ms: int = msgspec.field(name="T")
    price: float = msgspec.field(name="p")
    size: float = msgspec.field(name="q")
    buyer_is_maker: bool = msgspec.field(name="m")
    symbol: str = msgspec.field(name="s", default="")
    sent_ms: int | None = msgspec.field(name="E", default=None)

    @property
    def trade_id(self) -> str:
        """Numbers of the trades it holds."""
        if self.first_id == self.last_id:
            return str(self.first_id)
        return f"{self.first_id}-{self.last_id}"


def add_snapshot(rows: Rows, depth: Depth, local_time_ns: int | None) -> None:
    """Add a full book."""
    for is_bid, levels in ((True, depth.bids), (False, depth.asks)):
        for price, size in levels:
            rows.add(
                depth.symbol,
                BOOK_LEVELS,
                time=of_milliseconds(depth.transacted_ms),
                local_time=local_time_ns,
                sent_time=of_milliseconds(depth.sent_ms),
                update_id=depth.last_update_id,
                first_update_id=None,
                previous_update_id=None,
                snapshot=True,
                is_bid=is_bid,
                price=price,
                size=size,
            )


def add_difference(rows: Rows, update: DepthUpdate, local_time_ns: int) -> None:
    """Add a difference of a book."""
    for is_bid, levels in ((True, update.bids), (False, update.asks)):
        for price, size in levels:
            rows.add(
                update.symbol,
                BOOK_LEVELS,
                time=of_milliseconds(update.transacted_ms),
                local_time=local_time_ns,
                sent_time=of_milliseconds(update.sent_ms),
                update_id=update.last_id,
                first_update_id=update.first_id,
                previous_update_id=update.previous_id,
                snapshot=False,
                is_bid=is_bid,
                price=price,
                size=size,
            )


def add_top(rows: Rows, top: BookTicker, local_time_ns: int) -> None:
    """Add the best quotes."""
    rows.add(
        top.symbol,
        BOOK_TOPS,
        time=of_milliseconds(top.transacted_ms),
        local_time=local_time_ns,
        sent_time=of_milliseconds(top.sent_ms),
        update_id=top.update_id,
        bid=top.bid,
        bid_size=top.bid_size,
        ask=top.ask,
        ask_size=top.ask_size,
    )


def add_aggregate_trade(
    rows: Rows, symbol: str, trade: AggregateTrade, local_time_ns: int | None
) -> None:
    """Add what an order took at one price."""
    rows.add(
        symbol,
        TRADES,
        time=of_milliseconds(trade.transacted_ms),
        local_time=local_time_ns,
        sent_time=None if trade.sent_ms is None else of_milliseconds(trade.sent_ms),
        trade_id=trade.trade_id,
        side="sell" if trade.buyer_is_maker else "buy",
        price=trade.price,
        size=trade.size,
        value_coin=None,
    )
