"""BitMEX order books by level: levels have a number, and changes tell the number only.

`partial` is a full book and replaces what was; `insert` has number, price and size, `update` the
number and the new size, `delete` the number. Prices are kept here by number. A change to a level
that was never told is dropped, as are changes to a book before its `partial`.

Until 2023 the messages had no time of the exchange: `time` is the recorder's clock then, and a
finding says so. Sizes are contracts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from obverse.market.series.kinds import BOOK_LEVELS
from obverse.market.sources.captures.rows import Rows, of_instant

NO_TIME = "messages of the order book tell no time; the recorder's clock stands for it"


class Level(msgspec.Struct):
    """A level as a message tells it."""

    symbol: str
    id: int
    side: Literal["Buy", "Sell"]
    size: float | None = None
    price: float | None = None
    timestamp: datetime | None = None


class Books:
    """Prices by number of level, for each book whose full state was told."""

    def __init__(self) -> None:
        self._prices: dict[str, dict[int, float]] = {}

    def forget(self) -> None:
        """Forget all books, as at a new connection."""
        self._prices.clear()

    def take(
        self, rows: Rows, action: str, levels: list[Level], symbol: str, local_time_ns: int
    ) -> None:
        """Add the levels of a message."""
        if action == "partial":
            for each in {symbol, *(level.symbol for level in levels)} - {""}:
                self._prices[each] = {}
            if not levels:
                rows.note(
                    "dropped", symbol, "a full book without any level has no row", BOOK_LEVELS
                )
        for level in levels:
            self._add(rows, action, level, local_time_ns)

    def _add(self, rows: Rows, action: str, level: Level, local_time_ns: int) -> None:
        prices = self._prices.get(level.symbol)
        if prices is None:
            rows.note(
                "dropped", level.symbol, "a change to a book before its full state", BOOK_LEVELS
            )
            return
        price = level.price if level.price is not None else prices.get(level.id)
        if price is None:
            rows.note(
                "dropped", level.symbol, f"{action} of a level that was never told", BOOK_LEVELS
            )
            return
        if action == "delete":
            prices.pop(level.id, None)
        else:
            prices[level.id] = price
        if level.timestamp is None:
            rows.note("flagged", level.symbol, NO_TIME, BOOK_LEVELS)
        rows.add(
            level.symbol,
            BOOK_LEVELS,
            time=local_time_ns if level.timestamp is None else of_instant(level.timestamp),
            local_time=local_time_ns,
            snapshot=action == "partial",
            is_bid=level.side == "Buy",
            price=price,
            size=0.0 if action == "delete" else level.size,
        )
