"""Whole numbers over a power of ten, as the decimal that was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def ratio(column: str, divisor: int) -> pl.Expr:
    """A column over a whole number, rounded once: 60773 over 100 is 607.73 to the last bit.

    Polars divides by one number by multiplying with its reciprocal, which rounds twice and misses
    every seventh price by a bit.
    """
    import polars as pl

    def divided(values: pl.Series) -> pl.Series:
        known = values.to_numpy() / divisor
        return pl.Series(values.name, known).fill_nan(None)

    return pl.col(column).map_batches(divided, return_dtype=pl.Float64())
