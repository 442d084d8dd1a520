"""The cells of a table as a column map reads them: strictly, and the first that is none is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

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

_FIRST = datetime(1800, 1, 1, tzinfo=UTC)
_LAST = datetime(2200, 1, 1, tzinfo=UTC)
_NS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


def read_cells(cells: pl.Series, type_: Type, time: TimeColumn) -> tuple[pl.Series, int | None]:
    """Read a column; also give the place of the first cell that is there and cannot be read."""
    import polars as pl

    try:
        made = _READINGS[type_](cells, time)
    except pl.exceptions.InvalidOperationError:  # a column of a type that is never one
        made = pl.Series(cells.name, [None] * len(cells), pl.Null)
    bad = (made.is_null() & cells.is_not_null()).arg_true()
    return made, int(bad[0]) if len(bad) else None


def _moments(cells: pl.Series, time: TimeColumn) -> pl.Series:
    import polars as pl

    if time.unit:
        exact = cells.cast(pl.Decimal(38, 9), strict=False)
        counted = (exact * _NS[time.unit]).cast(pl.Int64, strict=False)
        moments = counted.cast(pl.Datetime("ns", "UTC"))
        return _within(moments, moments)
    if cells.dtype == pl.String:
        return _within(_parsed(cells, time, "ns"), _parsed(cells, time, "us"))
    if not isinstance(cells.dtype, pl.Datetime | pl.Date):
        return pl.Series(cells.name, [None] * len(cells), pl.Datetime("ns", "UTC"))
    zone = getattr(cells.dtype, "time_zone", None)
    coarse = _in_utc(cells.cast(pl.Datetime("us", zone)), time)
    return _within(_in_utc(cells.cast(pl.Datetime("ns", zone)), time), coarse)


def _within(moments: pl.Series, coarse: pl.Series) -> pl.Series:
    """Times that nanoseconds can hold; others wrap around, as the coarser reading tells."""
    return moments.set(~coarse.is_between(_FIRST, _LAST), None)


def _in_utc(moments: pl.Series, time: TimeColumn) -> pl.Series:
    if getattr(moments.dtype, "time_zone", None) is not None:
        return moments.dt.convert_time_zone("UTC")
    if not time.zone:
        raise MarketDataError(
            f"{moments.name} says no time zone; give [time] a zone in its column map, such as UTC."
        )
    shown = moments.dt.replace_time_zone(time.zone, ambiguous="null", non_existent="null")
    return shown.dt.convert_time_zone("UTC")


def _parsed(cells: pl.Series, time: TimeColumn, unit: Literal["ns", "us"]) -> pl.Series:
    """Times of a text format; an hour alone is given its minute, which Polars wants."""
    import polars as pl

    format_ = time.format or "%+"
    if any(code in format_ for code in ("%H", "%I")) and "%M" not in format_:
        cells, format_ = cells + " :00", format_ + " :%M"
    try:
        return _in_utc(cells.str.to_datetime(format_, time_unit=unit, strict=False), time)
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
