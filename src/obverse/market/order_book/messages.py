"""The messages of a stream of order-book levels: rows of `book_levels` put together, checked.

Rows that follow each other with the same number, time and kind are one message. It is applied as a
whole: a book is looked at between messages only.

============================================================= ===============================
found                                                         outcome
============================================================= ===============================
a column is missing                                           refused
a price NaN, infinite, zero, below zero, or between two ticks refused
a size NaN, infinite, below zero, null                        refused
a number missing that the sequence rule looks at              refused
a message again, later                                        dropped as older, told
one level twice in a message                                  the last counts
============================================================= ===============================

Sizes are floats as recorded: they are replaced, never added up, so nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from obverse.errors import MarketDataError
from obverse.market.order_book.rules import SequenceRule
from obverse.market.order_book.ticks import Ticks

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

NEEDED = ("time", "update_id", "snapshot", "is_bid", "price", "size")
NUMBERS = ("first_update_id", "previous_update_id")


class LevelChange(NamedTuple):
    """A level as a message says it is now: zero takes it out of the book."""

    is_bid: bool
    tick: int
    size: float


@dataclass(frozen=True)
class BookMessage:
    """A snapshot or a difference; numbers that its venue does not give are 0."""

    time_ns: int
    update_id: int
    first_update_id: int
    previous_update_id: int
    snapshot: bool
    changes: tuple[LevelChange, ...]


@dataclass(frozen=True)
class BookStream:
    """The messages of a stream as arrays.

    Attributes
    ----------
    ends : the row after the last of each message; the first begins at row 0
    time_ns, update_id, first_update_id, previous_update_id, snapshot : one a message
    is_bid, price, size : one a row
    lowest_tick, highest_tick : of all rows; 0 without any
    """

    ticks: Ticks
    rule: SequenceRule
    ends: NDArray[np.int64]
    time_ns: NDArray[np.int64]
    update_id: NDArray[np.int64]
    first_update_id: NDArray[np.int64]
    previous_update_id: NDArray[np.int64]
    snapshot: NDArray[np.bool_]
    is_bid: NDArray[np.bool_]
    price: NDArray[np.float64]
    size: NDArray[np.float64]
    lowest_tick: int
    highest_tick: int

    def __len__(self) -> int:
        """Number of messages."""
        return len(self.ends)

    def messages(self) -> Iterator[BookMessage]:
        """The same messages, one by one."""
        start, tick = 0, self.ticks.counts(self.price)
        for place, end in enumerate(self.ends.tolist()):
            rows = slice(start, end)
            columns = (self.is_bid[rows], tick[rows], self.size[rows])
            yield BookMessage(
                time_ns=int(self.time_ns[place]),
                update_id=int(self.update_id[place]),
                first_update_id=int(self.first_update_id[place]),
                previous_update_id=int(self.previous_update_id[place]),
                snapshot=bool(self.snapshot[place]),
                changes=tuple(
                    map(LevelChange._make, zip(*(each.tolist() for each in columns), strict=True))
                ),
            )
            start = end


def book_stream(levels: pl.DataFrame, ticks: Ticks, rule: SequenceRule) -> BookStream:
    """Put rows of `book_levels` together to messages, in the order in which they are.

    Raises `MarketDataError` for what the table of this module refuses.
    """
    import numpy as np

    from obverse.market.order_book._ladder_kernels import ends_kernel, sizes_kernel

    _checked_columns(levels, rule)
    time_ns, update_id = _column(levels["time"].to_physical()), _filled(levels, "update_id")
    snapshot, is_bid = _column(levels["snapshot"]), _column(levels["is_bid"])
    price, size = _column(levels["price"]), _column(levels["size"])
    lowest, highest = ticks.span(price)
    wrong = sizes_kernel(size)
    if wrong >= 0:
        raise MarketDataError(
            f"order book: a size of {size[wrong]} in row {wrong}; it must be finite and not "
            "below zero, and 0 takes the level out."
        )
    ends = ends_kernel(time_ns, update_id, snapshot)
    starts = np.concatenate([np.zeros(min(1, len(ends)), np.int64), ends[:-1]])
    first, previous = (_filled(levels, name)[starts] for name in NUMBERS)
    return BookStream(
        ticks=ticks,
        rule=rule,
        ends=frozen(ends),
        time_ns=frozen(time_ns[starts]),
        update_id=frozen(update_id[starts]),
        first_update_id=frozen(first),
        previous_update_id=frozen(previous),
        snapshot=frozen(snapshot[starts]),
        is_bid=is_bid,
        price=price,
        size=size,
        lowest_tick=lowest,
        highest_tick=highest,
    )


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """The same numbers, not to be written to.

    Polars hands over such arrays or others, as it has them; the compiled loops are compiled for
    each kind anew, so they get this one only.
    """
    import numpy as np

    found = np.ascontiguousarray(array).view()
    found.flags.writeable = False
    return found


def _column(values: pl.Series) -> NDArray[Any]:
    return frozen(values.to_numpy())


def in_stream_order(levels: pl.DataFrame) -> pl.DataFrame:
    """Rows by time, those of one time as they are, snapshots before differences.

    For snapshots and differences that were kept apart and are put one under the other.
    """
    import polars as pl

    order = [pl.col("time"), ~pl.col("snapshot")]
    return levels.sort(order, maintain_order=True)


def _checked_columns(levels: pl.DataFrame, rule: SequenceRule) -> None:
    import polars as pl

    needed = [name for name in NEEDED if name != "update_id" or rule.needs_numbers]
    missing = [name for name in needed if name not in levels.columns]
    if missing:
        raise MarketDataError(
            f"order book: no column {', '.join(missing)}; rows of book_levels have "
            f"{', '.join(NEEDED)}."
        )
    for name in needed:
        if levels[name].null_count():
            raise MarketDataError(
                f"order book: {name} is missing in {levels[name].null_count():,} rows, which the "
                f"rule {rule.name} needs in every one."
            )
    differences = levels.lazy().filter(~pl.col("snapshot"))
    wanted = {NUMBERS[0]: rule.needs_first, NUMBERS[1]: rule.needs_previous}
    for name in (name for name, needs in wanted.items() if needs):
        known = name in levels.columns
        if not known or differences.select(pl.col(name).null_count()).collect().item():
            raise MarketDataError(
                f"order book: differences without a {name}, which the rule {rule.name} looks at; "
                "where it was not recorded, the rule rising sees as much as can be seen."
            )


def _filled(levels: pl.DataFrame, name: str) -> NDArray[np.int64]:
    """A column of numbers, 0 where there is none."""
    import numpy as np

    if name not in levels.columns or levels[name].null_count() == len(levels):
        return frozen(np.zeros(len(levels), np.int64))
    return _column(levels[name].fill_null(0))
