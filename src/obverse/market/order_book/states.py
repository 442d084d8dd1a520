"""An order book at an instant: the levels of both sides from the best outwards, exact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate, pairwise, zip_longest
from typing import Literal, TypeAlias

from obverse.contracts.instants import iso
from obverse.errors import MarketDataError
from obverse.market.floats import decimal_of_float
from obverse.market.order_book.ticks import Ticks
from obverse.tables import Table, Tabular, number

Side: TypeAlias = Literal["bids", "asks"]

SHOWN = 10
"""Levels of each side that a printed book shows."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class BookLevel:
    """A size offered at a price: contracts, or coins at a spot venue."""

    price: Decimal
    size: Decimal


@dataclass(frozen=True, repr=False)
class BookState(Tabular):
    """A book at an instant; it prints as a table of its best levels.

    A snapshot of so many levels says nothing of those beyond: they are known only from the first
    difference that names them. Far from the best a rebuilt book may lack levels, never invent them.

    Attributes
    ----------
    time_ns : exchange time of the last message in it, nanoseconds since 1970 UTC
    bids, asks : levels from the best outwards, sizes above zero
    lowest_shown, highest_shown : the farthest bid and ask of the last snapshot, where known;
        beyond them levels may be missing
    """

    time_ns: int
    tick: Decimal
    bids: tuple[BookLevel, ...]
    asks: tuple[BookLevel, ...]
    lowest_shown: Decimal | None = None
    highest_shown: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse sides that do not run outwards, and sizes that are none."""
        for name, levels, outwards in (("bids", self.bids, -1), ("asks", self.asks, 1)):
            for level in levels:
                if not (level.price.is_finite() and level.price > 0 and level.size.is_finite()):
                    raise MarketDataError(f"order book: {level} among the {name} is no level.")
                if level.size <= 0:
                    raise MarketDataError(f"order book: {level.size} offered at {level.price}.")
            for near, far in pairwise(levels):
                if (far.price - near.price) * outwards <= 0:
                    raise MarketDataError(
                        f"order book: {name} at {far.price} after {near.price} do not run outwards."
                    )

    @property
    def time(self) -> datetime:
        """The exchange time, to the microsecond."""
        return _EPOCH + timedelta(microseconds=self.time_ns // 1000)

    def side(self, side: Side) -> tuple[BookLevel, ...]:
        """The levels of one side, from the best outwards."""
        if side not in ("bids", "asks"):
            raise MarketDataError(f"order book: no side {side!r}; there are bids and asks.")
        return self.bids if side == "bids" else self.asks

    def is_shown(self, side: Side, price: Decimal) -> bool:
        """Whether a price is within what the last snapshot showed; so is any without a snapshot."""
        if side == "bids":
            return self.lowest_shown is None or price >= self.lowest_shown
        return self.highest_shown is None or price <= self.highest_shown

    def table(self) -> Table:
        """The best levels of both sides, with what is offered up to each."""
        price_places, size_places = _places(self.tick), self._size_places()
        columns = (
            number("bid_total", "Bid total", decimals=size_places),
            number("bid_size", "Bid size", decimals=size_places),
            number("bid", "Bid", decimals=price_places),
            number("ask", "Ask", decimals=price_places),
            number("ask_size", "Ask size", decimals=size_places),
            number("ask_total", "Ask total", decimals=size_places),
        )
        sides = [_totals(levels[:SHOWN]) for levels in (self.bids, self.asks)]
        nothing = (None, None, None)
        rows = tuple((*reversed(bid), *ask) for bid, ask in zip_longest(*sides, fillvalue=nothing))
        note = f"{len(self.bids):,} bids and {len(self.asks):,} asks are known."
        return Table(f"Order book at {iso(self.time)}", columns, rows, (note,))

    def _size_places(self) -> int:
        shown = self.bids[:SHOWN] + self.asks[:SHOWN]
        return max((_places(level.size) for level in shown), default=0)


def book_state(
    time_ns: int,
    ticks: Ticks,
    bids: Mapping[int, float],
    asks: Mapping[int, float],
    reach: tuple[int | None, int | None],
) -> BookState:
    """Make a state of sizes by price in ticks, and of the farthest ticks of the snapshot."""

    def levels(side: Mapping[int, float], descending: bool) -> tuple[BookLevel, ...]:
        ordered = sorted(side, reverse=descending)
        return tuple(BookLevel(ticks.price(at), decimal_of_float(side[at])) for at in ordered)

    shown = [None if tick is None else ticks.price(tick) for tick in reach]
    return BookState(time_ns, ticks.size, levels(bids, True), levels(asks, False), *shown)


def _totals(levels: tuple[BookLevel, ...]) -> list[tuple[Decimal, Decimal, Decimal]]:
    sums = accumulate(level.size for level in levels)
    return [(level.price, level.size, total) for level, total in zip(levels, sums, strict=True)]


def _places(value: Decimal) -> int:
    return max(0, -int(value.normalize().as_tuple().exponent))
