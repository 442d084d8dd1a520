"""Runs this room's compiled loops once over a little data, so that they lie compiled on disk."""

from __future__ import annotations

from obverse.market.order_book.rebuilding import rebuild
from obverse.market.order_book.rules import RISING


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
    rebuild(levels, tick="0.5", rule=RISING)
