"""Rebuilds the book of a whole recorded stream in one compiled pass: the best quotes it had.

The loop is `_following_kernels.py`; `following.py` says the same one message at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from obverse.contracts.units import ExactNumber
from obverse.market.order_book.findings import (
    BookFinding,
    Happening,
    finding_table,
)
from obverse.market.order_book.messages import BookStream, book_stream, frozen
from obverse.market.order_book.rules import JOINS, LINKS, SequenceRule
from obverse.market.order_book.ticks import Ticks
from obverse.tables import Table, Tabular

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from obverse.market.order_book._book_arrays import Ladder, Messages, Trace
    from obverse.market.order_book._ladder_kernels import Places


@dataclass(frozen=True, repr=False)
class RebuiltBook(Tabular):
    """What a book was after each message; it prints as a table of what happened to it.

    Attributes
    ----------
    bid_tick, ask_tick : best prices in ticks; 0 where a side is empty or the book not whole
    bid_size, ask_size : sizes there; NaN in the same places
    whole : whether the book was known after the message
    findings : everything that happened, in order
    """

    stream: BookStream = field(repr=False)
    bid_tick: NDArray[np.int64]
    bid_size: NDArray[np.float64]
    ask_tick: NDArray[np.int64]
    ask_size: NDArray[np.float64]
    whole: NDArray[np.bool_]
    events: NDArray[np.int64] = field(repr=False)

    @cached_property
    def findings(self) -> tuple[BookFinding, ...]:
        """Everything that happened to the book, in order."""
        time_ns, numbers = self.stream.time_ns, self.stream.update_id
        return tuple(
            BookFinding(Happening(what), at, int(time_ns[at]), int(numbers[about]), last)
            for what, at, about, last in self.events.T.tolist()
        )

    @property
    def crossed_count(self) -> int:
        """How many messages left the best bid above the best ask."""
        both = (self.bid_tick > 0) & (self.ask_tick > 0)
        return int((both & (self.bid_tick > self.ask_tick)).sum())

    @property
    def locked_count(self) -> int:
        """How many messages left the best bid equal to the best ask."""
        return int(((self.bid_tick > 0) & (self.bid_tick == self.ask_tick)).sum())

    def tops(self) -> pl.DataFrame:
        """The best quotes after each message that left a whole book, as `book_tops` has them.

        `local_time` and `sent_time` are those of no quote and left out.
        """
        import polars as pl

        ticks = self.stream.ticks
        columns = {
            "time": pl.Series(self.stream.time_ns).cast(pl.Datetime("ns", "UTC")),
            "update_id": pl.Series(self.stream.update_id),
            "bid": pl.Series(ticks.prices(self.bid_tick)),
            "bid_size": pl.Series(self.bid_size),
            "ask": pl.Series(ticks.prices(self.ask_tick)),
            "ask_size": pl.Series(self.ask_size),
        }
        frame = pl.DataFrame(columns).filter(pl.Series(self.whole))
        return frame.with_columns(pl.selectors.float().fill_nan(None))

    def table(self) -> Table:
        """What happened to the book."""
        table = finding_table(self.findings)
        note = (
            f"{len(self.stream):,} messages of {len(self.stream.price):,} rows; after "
            f"{int(self.whole.sum()):,} of them the book was whole, crossed after "
            f"{self.crossed_count:,}, locked after {self.locked_count:,}."
        )
        return Table(table.title, table.columns, table.rows, (note,))


def rebuild(levels: pl.DataFrame, *, tick: ExactNumber, rule: SequenceRule) -> RebuiltBook:
    """Rebuild a book from rows of `book_levels`, in the order in which they are.

    `tick` is the step that every price is a multiple of. Raises `MarketDataError` for rows that
    cannot be (`messages.py`); what the sequence rule finds is no error but in the `findings`.
    """
    return rebuild_stream(book_stream(levels, Ticks(tick), rule))


def rebuild_stream(stream: BookStream) -> RebuiltBook:
    """Rebuild a book from a stream of messages."""
    from obverse.market.order_book._book_arrays import EVENTS
    from obverse.market.order_book._following_kernels import follow_kernel

    messages, ladder, trace, places = prepared(stream)
    follow_kernel(messages, ladder, trace, 0, len(stream))
    return RebuiltBook(
        stream=stream,
        bid_tick=places.ticks(trace.bid),
        bid_size=trace.bid_size,
        ask_tick=places.ticks(trace.ask),
        ask_size=trace.ask_size,
        whole=trace.whole,
        events=trace.events[:, : ladder.state[EVENTS]].copy(),
    )


def prepared(stream: BookStream) -> tuple[Messages, Ladder, Trace, Places]:
    """Lay out what the compiled loop takes: messages, an empty book, room for what it sees."""
    from obverse.market.order_book._book_arrays import Messages, empty_ladder, empty_trace
    from obverse.market.order_book._ladder_kernels import places_of

    ticks = stream.ticks
    places = places_of(stream.price, ticks.per_unit, stream.lowest_tick, stream.highest_tick)
    messages = Messages(
        stream.ends,
        stream.update_id,
        stream.first_update_id,
        stream.previous_update_id,
        stream.snapshot,
        stream.is_bid,
        frozen(places.of_row),
        stream.size,
        LINKS.index(stream.rule.link),
        JOINS.index(stream.rule.join),
        stream.rule.requested,
    )
    return messages, empty_ladder(places.total), empty_trace(len(stream)), places
