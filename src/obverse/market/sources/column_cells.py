"""The cells of a table as a column map reads them: strictly, and the first that is none is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from obverse.errors import MarketDataError
from obverse.market.series.kinds import Type
from obverse.market.sources.column_maps import TimeColumn

if TYPE_CHECKING:
    import polars as pl

Reading: TypeAlias = "Callable[[pl.Series, TimeColumn], pl.Series]"

WANTED: dict[Type, str] = {
    "time": "time of the map's format, unit and zone",
    "float": "number",
    "integer": "whole number",
    "flag": "true or false",
    "text": "text",
}
"""What a cell of each type must be."""

_NS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


def read_cells(cells: pl.Series, type_: Type, time: TimeColumn) -> tuple[pl.Series, int | None]:
    """Read a column; also give the place of the first cell that is there and cannot be read."""
    made = _READINGS[type_](cells, time)
    bad = (made.is_null() & cells.is_not_null()).arg_true()
    return made, int(bad[0]) if len(bad) else None


def _moments(cells: pl.Series, time: TimeColumn) -> pl.Series:
    import polars as pl

    if time.unit:
        exact = cells.cast(pl.Decimal(38, 9), strict=False)
        return (exact * _NS[time.unit]).cast(pl.Int64, strict=False).cast(pl.Datetime("ns", "UTC"))
    if cells.dtype == pl.String:
        cells = _parsed(cells, time.format)
    if not isinstance(cells.dtype, pl.Datetime | pl.Date):
        return pl.Series(cells.name, [None] * len(cells), pl.Datetime("ns", "UTC"))
    cells = cells.cast(pl.Datetime("ns", getattr(cells.dtype, "time_zone", None)))
    if getattr(cells.dtype, "time_zone", None) is not None:
        return cells.dt.convert_time_zone("UTC")
    if not time.zone:
        raise MarketDataError(
            f"{cells.name} says no time zone; give [time] a zone in its column map, such as UTC."
        )
    shown = cells.dt.replace_time_zone(time.zone, ambiguous="null", non_existent="null")
    return shown.dt.convert_time_zone("UTC")


def _parsed(cells: pl.Series, format_: str) -> pl.Series:
    """Times of a text format; an hour alone is given its minute, which Polars wants."""
    import polars as pl

    hours = any(code in format_ for code in ("%H", "%I"))
    if hours and "%M" not in format_:
        cells, format_ = cells + " :00", format_ + " :%M"
    try:
        return cells.str.to_datetime(format_ or "%+", time_unit="ns", strict=False)
    except pl.exceptions.PolarsError as error:
        raise MarketDataError(f"[time] format {format_!r}: {error}") from None


def _floats(cells: pl.Series, time: TimeColumn) -> pl.Series:
    import polars as pl

    return cells.cast(pl.Float64, strict=False)


def _integers(cells: pl.Series, time: TimeColumn) -> pl.Series:
    import polars as pl

    whole = cells.cast(pl.Int64, strict=False)
    return whole.set(whole != cells, None) if cells.dtype.is_float() else whole


def _flags(cells: pl.Series, time: TimeColumn) -> pl.Series:
    import polars as pl

    words = {"true": True, "false": False, "1": True, "0": False}
    text = cells.cast(pl.String).str.to_lowercase()
    return text.replace_strict(words, default=None, return_dtype=pl.Boolean)


def _texts(cells: pl.Series, time: TimeColumn) -> pl.Series:
    import polars as pl

    return cells.cast(pl.String, strict=False)


_READINGS: dict[Type, Reading] = {
    "time": _moments,
    "float": _floats,
    "integer": _integers,
    "flag": _flags,
    "text": _texts,
}
