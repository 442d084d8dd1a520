"""Tables that others recorded in Parquet: told apart by their columns, and read whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from obverse.errors import MarketDataError

if TYPE_CHECKING:
    import polars as pl

_MAGIC = b"PAR1"


def has_columns(path: Path, columns: Sequence[str]) -> bool:
    """Whether a file is Parquet with these columns; false for one that cannot be opened."""
    import polars as pl

    if path.suffix != ".parquet":
        return False
    try:
        there = pl.read_parquet_schema(path)
    except (OSError, pl.exceptions.PolarsError):
        return False
    return all(name in there for name in columns)


def read_table(path: Path) -> pl.DataFrame:
    """Read a Parquet file. Raises `MarketDataError` for a truncated or corrupt one."""
    import polars as pl

    try:
        return pl.read_parquet(path, glob=False)
    except pl.exceptions.PolarsError as error:
        raise MarketDataError(f"{path.name} is truncated or corrupt: {error}") from None


def is_broken_parquet(path: Path) -> bool:
    """Whether a file named as Parquet does not begin and end as one."""
    with path.open("rb") as opened:
        begin = opened.read(4)
        opened.seek(0, 2)
        size = opened.tell()
        opened.seek(max(size - 4, 0))
        end = opened.read(4)
    return size < 12 or begin != _MAGIC or end != _MAGIC
