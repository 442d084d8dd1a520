"""OKX order books: snapshots and differences, proved by the venue's own checksum.

A message holds levels of both sides as text: price, size, a retired field and the number of orders;
size 0 removes the level. Since late 2022 a message also has its number (`seqId`) and that of the
one before (`prevSeqId`, -1 with a snapshot).

`checksum` is the signed CRC-32 of the best 25 levels after the message, `bid:size:ask:size` and so
on, each number as it was written. Books are kept here to compare: one that differs is told in a
finding, as are changes to a book before its snapshot, which are given all the same. A checksum of 0
says nothing: the venue has sent no other since 2026.
"""

from __future__ import annotations

import zlib
from heapq import nlargest, nsmallest
from itertools import zip_longest
from typing import TypeAlias

import msgspec

from obverse.market.series.kinds import BOOK_LEVELS
from obverse.market.sources.captures.okx_contracts import number
from obverse.market.sources.captures.rows import Rows, of_milliseconds

BROKEN = "the book does not have the venue's checksum: a message is missing or wrong"
NO_SNAPSHOT = "a change to a book before its snapshot"
_DEPTH = 25
_SIGN = 1 << 31

Side: TypeAlias = dict[str, str]
Level: TypeAlias = tuple[str, str, str, str]


class Book(msgspec.Struct, rename="camel"):
    """A message of an order book."""

    asks: list[Level]
    bids: list[Level]
    ts: int
    checksum: int = 0
    seq_id: int | None = None
    prev_seq_id: int | None = None


class Books:
    """The books whose snapshot was seen, to prove what follows."""

    def __init__(self) -> None:
        self._sides: dict[str, tuple[Side, Side]] = {}

    def forget(self) -> None:
        """Forget all books, as at a new connection."""
        self._sides.clear()

    def take(self, rows: Rows, symbol: str, snapshot: bool, book: Book, local_time_ns: int) -> None:
        """Add the levels of a message."""
        if snapshot:
            self._sides[symbol] = ({}, {})
            if not book.bids and not book.asks:
                what = "a full book without any level has no row; changes may follow it"
                rows.note("flagged", symbol, what, BOOK_LEVELS)
        sides = self._sides.get(symbol)
        if sides is None:
            rows.note("flagged", symbol, NO_SNAPSHOT, BOOK_LEVELS)
        for place, levels in enumerate((book.bids, book.asks)):
            for level in levels:
                _add(rows, symbol, snapshot, book, level, place == 0, local_time_ns)
                if sides is not None:
                    _change(sides[place], level)
        if sides is not None and book.checksum and checksum(*sides) != book.checksum:
            rows.note("flagged", symbol, BROKEN, BOOK_LEVELS)


def checksum(bids: Side, asks: Side) -> int:
    """Signed CRC-32 of the best 25 levels of a book, sizes by price, both as they were written."""
    best_bids = nlargest(_DEPTH, bids.items(), key=lambda level: float(level[0]))
    best_asks = nsmallest(_DEPTH, asks.items(), key=lambda level: float(level[0]))
    pairs = zip_longest(best_bids, best_asks, fillvalue=())
    written = ":".join(text for pair in pairs for level in pair for text in level)
    found = zlib.crc32(written.encode())
    return found - 2 * _SIGN if found >= _SIGN else found


def _change(side: Side, level: Level) -> None:
    price, size = level[:2]
    if number(size) == 0:
        side.pop(price, None)
    else:
        side[price] = size


def _add(
    rows: Rows,
    symbol: str,
    snapshot: bool,
    book: Book,
    level: Level,
    is_bid: bool,
    local_time_ns: int,
) -> None:
    rows.add(
        symbol,
        BOOK_LEVELS,
        time=of_milliseconds(book.ts),
        local_time=local_time_ns,
        update_id=book.seq_id,
        previous_update_id=None if snapshot else book.prev_seq_id,
        snapshot=snapshot,
        is_bid=is_bid,
        price=number(level[0]),
        size=number(level[1]),
    )
