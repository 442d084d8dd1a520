"""Runs this room's compiled loops once over a little data, so that they lie compiled on disk."""

from __future__ import annotations

from decimal import Decimal

from obverse.contracts.payoffs import Linear
from obverse.market.order_book.messages import book_stream
from obverse.market.order_book.rules import RISING
from obverse.market.order_book.sampling import sample_book
from obverse.market.order_book.ticks import Ticks


def warm() -> None:
    """Run each loop once: compiled machine code is kept per kind of argument, the same for all."""
    import polars as pl

    levels = pl.DataFrame(
        {
            "time": [1, 1, 2],
            "update_id": [1, 1, 2],
            "snapshot": [True, True, False],
            "is_bid": [True, False, True],
            "price": [1.0, 2.0, 1.5],
            "size": [1.0, 1.0, 1.0],
        }
    ).with_columns(pl.col("time").cast(pl.Datetime("ns", "UTC")))
    stream = book_stream(levels, Ticks("0.5"), RISING)
    sample_book(stream, levels["time"], sizes=["0.5"], payoff=Linear(Decimal(1)))
