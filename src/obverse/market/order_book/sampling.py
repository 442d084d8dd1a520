"""A recorded order book at chosen instants: its levels, or its measures as a table.

What is seen at an instant is what was known by then: the messages of the stream up to the first
one with a later exchange time. The measures are those of `measures.py` and `impact.py` in floats.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from obverse.contracts.instants import Instant, instant
from obverse.contracts.payoffs import Payoff
from obverse.contracts.units import ExactNumber, exact
from obverse.errors import MarketDataError
from obverse.market.order_book.impact import Unit, worth
from obverse.market.order_book.measures import BASIS_POINTS, Reach, levels_within
from obverse.market.order_book.messages import BookStream
from obverse.market.order_book.rebuilding import prepared, rebuild_stream
from obverse.market.order_book.states import BookState, book_state

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from obverse.market.order_book._sampling_kernels import Look

_FAR = 2**62


def book_at(stream: BookStream, at: Instant) -> BookState | None:
    """The whole book at an instant; None where it had not begun or was broken."""
    import numpy as np

    from obverse.market.order_book._book_arrays import HIGHEST, JOINING, LOWEST, MODE
    from obverse.market.order_book._following_kernels import follow_kernel

    messages, ladder, trace, places = prepared(stream)
    until = int(_until(stream, _nanoseconds([instant(at)]))[0])
    follow_kernel(messages, ladder, trace, 0, until)
    if ladder.state[MODE] < JOINING:
        return None

    def levels(sizes: NDArray[np.float64]) -> dict[int, float]:
        named = np.flatnonzero(sizes > 0)
        return dict(zip(places.ticks(named).tolist(), sizes[named].tolist(), strict=True))

    bids, asks = levels(ladder.bids), levels(ladder.asks)
    farthest = np.array([ladder.state[LOWEST], ladder.state[HIGHEST]])
    farthest[farthest >= places.total] = -1
    low, high = (tick or None for tick in places.ticks(farthest).tolist())
    return book_state(int(stream.time_ns[until - 1]), stream.ticks, bids, asks, (low, high))


def sample_book(
    stream: BookStream,
    at: Sequence[datetime] | pl.Series,
    *,
    reach: Reach | None = None,
    sizes: Sequence[ExactNumber] = (),
    payoff: Payoff | None = None,
    unit: Unit = "contracts",
) -> pl.DataFrame:
    """Measures of a book at instants that do not fall, a row each.

    Columns: time, whole, bid, bid_size, ask, ask_size, mid, micro_price, bid_depth, ask_depth and
    imbalance within `reach` (the best 10 levels unless said), and for each size impact_bid_SIZE
    and impact_ask_SIZE; null is what cannot be said, such as the impact on a side too thin.

    A size that reaches beyond what the snapshot showed of a side (`Walk.beyond`) has a price that
    is too far from the best rather than too near: there may be more levels than are known.

    Raises `MarketDataError` for times without a zone or that fall, for sizes that are not above
    zero, and for sizes without a payoff.
    """
    import numpy as np
    import polars as pl

    from obverse.market.order_book._sampling_kernels import samples_kernel

    times = _times(at)
    whole_sizes = _sizes(sizes, payoff)
    until = _until(stream, times.to_physical().to_numpy())
    frame = _tops(stream, until, times)
    bid, ask = (frame[name].to_numpy() for name in ("bid_tick", "ask_tick"))
    messages, ladder, trace, places = prepared(stream)
    ticks = places.ticks(np.arange(places.total))
    look = _look(stream, until, bid, ask, ticks, reach, whole_sizes, payoff, unit)
    depths = np.full((2, len(times)), np.nan)
    impacts = np.full((2, len(times), len(sizes)), np.nan)
    samples_kernel(messages, ladder, trace, look, depths, impacts)
    columns = {"bid_depth": depths[0], "ask_depth": depths[1]}
    for place, size in enumerate(whole_sizes):
        columns[f"impact_bid_{size}"] = impacts[0, :, place]
        columns[f"impact_ask_{size}"] = impacts[1, :, place]
    given = [pl.Series(name, column) for name, column in columns.items()]
    return _measured(frame.drop("bid_tick", "ask_tick").with_columns(given))


def _measured(frame: pl.DataFrame) -> pl.DataFrame:
    """Add what follows from best prices and depths, and put the columns in order."""
    import polars as pl

    bid, ask, bid_size, ask_size = (pl.col(n) for n in ("bid", "ask", "bid_size", "ask_size"))
    bids, asks = pl.col("bid_depth"), pl.col("ask_depth")
    found = frame.with_columns(
        ((bid + ask) / 2).alias("mid"),
        ((bid * ask_size + ask * bid_size) / (bid_size + ask_size)).alias("micro_price"),
        ((bids - asks) / (bids + asks)).alias("imbalance"),
    ).with_columns(pl.selectors.float().fill_nan(None))
    first = [
        "time", "whole", "bid", "bid_size", "ask", "ask_size", "mid", "micro_price",
        "bid_depth", "ask_depth", "imbalance",
    ]  # fmt: skip
    return found.select(*first, *(name for name in found.columns if name not in first))


def _tops(stream: BookStream, until: NDArray[np.int64], times: pl.Series) -> pl.DataFrame:
    """Best prices, in ticks too, as they were left by the last message before each instant."""
    import numpy as np
    import polars as pl

    book = rebuild_stream(stream)
    begun = until > 0
    last = np.maximum(until - 1, 0)

    def taken(column: NDArray[Any], without: float) -> NDArray[Any]:
        if not len(column):
            return np.full(len(until), without, column.dtype)
        return np.where(begun, column[last], np.asarray(without, column.dtype))

    ticks = {"bid": taken(book.bid_tick, 0), "ask": taken(book.ask_tick, 0)}
    return pl.DataFrame(
        {
            "time": times,
            "whole": taken(book.whole, 0),
            "bid_tick": ticks["bid"],
            "ask_tick": ticks["ask"],
            "bid": stream.ticks.prices(ticks["bid"]),
            "bid_size": taken(book.bid_size, np.nan),
            "ask": stream.ticks.prices(ticks["ask"]),
            "ask_size": taken(book.ask_size, np.nan),
        }
    )


def _look(
    stream: BookStream,
    until: NDArray[np.int64],
    bid: NDArray[np.int64],
    ask: NDArray[np.int64],
    ticks: NDArray[np.int64],
    reach: Reach | None,
    sizes: Sequence[Decimal],
    payoff: Payoff | None,
    unit: Unit,
) -> Look:
    """What the compiled loop looks for; widths are exact, so that a border is on its right side."""
    import numpy as np

    from obverse.market.order_book._sampling_kernels import Look

    within = levels_within(10) if reach is None else reach
    middle2 = np.where((bid > 0) & (ask > 0), bid + ask, 0)
    if within.basis_points is None:
        width2 = np.full(len(until), _FAR)
    else:
        share = Fraction(within.basis_points) / BASIS_POINTS
        widths = [int(share * middle) if middle else -1 for middle in middle2.tolist()]
        width2 = np.array(widths, np.int64)
    scale, power, value_power = _powers(payoff, unit)
    return Look(
        until,
        middle2,
        width2,
        within.levels or _FAR,
        ticks,
        stream.ticks.prices(ticks),
        np.array([float(size) for size in sizes]),
        scale,
        power,
        value_power,
    )


def _powers(payoff: Payoff | None, unit: Unit) -> tuple[float, int, int]:
    """Scale and power of the unit, and the power of the value: seen at the prices 1 and 2."""
    if payoff is None:
        return 1.0, 0, 1
    one, two = worth(payoff, unit, 1, 1), worth(payoff, unit, 1, 2)
    values = payoff.value(1, 1), payoff.value(1, 2)
    powers = {Fraction(1, 2): -1, Fraction(1): 0, Fraction(2): 1}
    return float(one), powers[two / one], powers[values[1] / values[0]]


def _sizes(sizes: Sequence[ExactNumber], payoff: Payoff | None) -> list[Decimal]:
    found = [exact(size, "size") for size in sizes]
    if found and payoff is None:
        raise MarketDataError("impact: sizes need a payoff; a spot market is Linear(1).")
    for size in found:
        if size <= 0:
            raise MarketDataError(f"impact: a size of {size} takes nothing.")
    return found


def _times(at: Sequence[datetime] | pl.Series) -> pl.Series:
    import polars as pl

    times = at if isinstance(at, pl.Series) else pl.Series(list(at), dtype=None)
    if len(times) and not (isinstance(times.dtype, pl.Datetime) and times.dtype.time_zone):
        raise MarketDataError(f"order book: instants of type {times.dtype} are of no time zone.")
    found = times.alias("time").cast(pl.Datetime("ns", "UTC"))
    if found.null_count() or not found.is_sorted():
        raise MarketDataError("order book: instants must not be missing or fall.")
    return found


def _nanoseconds(instants: Sequence[datetime]) -> NDArray[np.int64]:
    import polars as pl

    return pl.Series(list(instants)).cast(pl.Datetime("ns", "UTC")).to_physical().to_numpy()


def _until(stream: BookStream, at_ns: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many messages come before the first that is later than each instant."""
    import numpy as np

    return np.searchsorted(np.maximum.accumulate(stream.time_ns), at_ns, side="right")
