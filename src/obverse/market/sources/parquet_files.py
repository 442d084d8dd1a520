"""Parquet files of sources: looked at without a fuss, read with clear errors."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from obverse.errors import MarketDataError
from obverse.market.printing import listing

if TYPE_CHECKING:
    import polars as pl


def column_names(path: Path) -> tuple[str, ...]:
    """Names of a Parquet file's columns; none for a file that cannot be opened as one."""
    import polars as pl

    try:
        return tuple(pl.read_parquet_schema(path))
    except (OSError, pl.exceptions.PolarsError):
        return ()


def has_columns(path: Path, names: Collection[str]) -> bool:
    """Whether a file is Parquet and has some columns."""
    return bool(names) and set(names) <= set(column_names(path))


def read_table(path: Path, columns: Collection[str] | None = None) -> pl.DataFrame:
    """Read some columns of a Parquet file, by default all.

    Raises `MarketDataError` for a file that is not Parquet, is cut off, or lacks one.
    """
    import polars as pl

    try:
        there = pl.read_parquet_schema(path)
        missing = [name for name in columns or () if name not in there]
        if missing:
            raise MarketDataError(
                f"{path.name} lacks the columns {listing(missing)}; it has {listing([*there])}."
            )
        return pl.read_parquet(path, columns=None if columns is None else list(columns))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise MarketDataError(f"{path.name} is no whole Parquet file: {error}") from None
