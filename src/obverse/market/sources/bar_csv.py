"""Anybody's CSV or Parquet table, by a column map that says what its columns mean.

The map lies beside the table: `NAME.columns.toml` beside `NAME.csv`, or `columns.toml` for all
tables of a folder (`obverse.market.sources.column_maps`). It says whether a bar's row is labelled
by its open or close, and the unit or format and zone of its times. Maps of some recorded spot bars
are built in (`recorded_spot`).

Text is read strictly: a cell that is not empty and cannot be read is an error with its line; an
empty one is null. Rows may be in any order. A line with too few cells has empty ones at its end.

Three traps are put right and told where the map says so:

- `wrong_zones`: rows that are labelled by the clocks of another zone than the others.
- `volumes_may_be_swapped`: a row's volume in quote currency over that in coin is about the price;
  where it is about one over the price, the two are exchanged.
- `last_bar_is_incomplete`: the last bar was still open when the table was written; it is left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from obverse.contracts.instants import iso
from obverse.errors import MarketDataError
from obverse.market.observations import Finding
from obverse.market.series.kinds import TIME, Type
from obverse.market.series.parts import Part
from obverse.market.sources.column_cells import WANTED, read_cells
from obverse.market.sources.column_maps import ColumnMap, WrongZone, map_content, map_of
from obverse.market.sources.file_formats import FileFormat, TimeLabel
from obverse.market.sources.parquet_files import read_table
from obverse.market.sources.recorded_spot import spot_map

if TYPE_CHECKING:
    import polars as pl

_SUFFIXES = (".csv", ".csv.gz", ".parquet")


def read(path: Path) -> tuple[Part, ...]:
    """Read a table by the map beside it, or the built-in one of its name.

    Raises `MarketDataError` without a map, for a map with faults, and for a broken table.
    """
    found = _map(path)
    if found is None:
        raise MarketDataError(
            f"{path.name} has no column map; write one to {path.name.split('.')[0]}.columns.toml "
            "beside it (see docs/column-maps.md)."
        )
    return (read_by(path, found),)


def read_by(path: Path, columns: ColumnMap) -> Part:
    """Read a table by a column map. Raises `MarketDataError` for a broken table."""
    import polars as pl

    table = _table(path, columns)
    kinds = {column.name: column.type for column in columns.shape.columns}

    def cells(source: str, type_: Type) -> pl.Series:
        made, bad = read_cells(table[source], type_, columns.time)
        if bad is None:
            return made
        place = f"row {bad + 1}"
        if path.suffix != ".parquet":
            place = f"line {bad + columns.csv.skip_lines + 2}"
        raise MarketDataError(
            f"{path.name} {place}: {source} {table[source][bad]!r} is no {WANTED[type_]}."
        )

    named = [cells(source, kinds[name]).alias(name) for name, source in columns.columns.items()]
    at = cells(columns.time.column, "time")
    constants = [
        pl.lit(float(value) if kinds[name] == "float" else value).alias(name)
        for name, value in columns.constants.items()
    ]
    frame = pl.DataFrame([at.alias("_at"), *named]).with_columns(constants)
    findings: list[Finding] = []
    for span in columns.wrong_zones:
        frame = _zone_put_right(frame, span, path.name, findings)
    frame = frame.with_columns(_times(columns)).drop("_at")
    if columns.last_bar_is_incomplete:
        frame = _without_last(frame, path.name, findings)
    if columns.volumes_may_be_swapped:
        frame = _volumes_put_right(frame, path.name, findings)
    return Part(columns.venue, columns.instrument, columns.shape, frame, tuple(findings))


def _map(path: Path) -> ColumnMap | None:
    return map_of(path) or spot_map(path)


def _table(path: Path, columns: ColumnMap) -> pl.DataFrame:
    """The columns that a map needs; those of CSV are text."""
    import polars as pl

    if path.suffix == ".parquet":
        return read_table(path, columns.needs)
    try:
        table = pl.read_csv(
            path,
            infer_schema=False,
            separator=columns.csv.separator,
            skip_lines=columns.csv.skip_lines,
            glob=False,
        )
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).split("\n")[0]
        raise MarketDataError(f"{path.name} is no whole CSV file: {reason}.") from None
    table = table.rename({name: name.strip().lstrip("\ufeff") for name in table.columns})
    missing = [name for name in columns.needs if name not in table.columns]
    if missing:
        raise MarketDataError(
            f"{path.name} lacks the columns {', '.join(missing)}; it has "
            f"{', '.join(table.columns)}. Does its map say how many lines come before the header?"
        )
    return table.select(pl.col(list(columns.needs)).str.strip_chars().replace("", None))


def _times(columns: ColumnMap) -> list[pl.Expr]:
    """Close and open of a bar, or the time of an event."""
    import polars as pl

    at = pl.col("_at")
    if columns.interval is None:
        return [at.alias(TIME)]
    seconds = int(columns.interval.total_seconds())
    if columns.time.label == "open":
        return [at.dt.offset_by(f"{seconds}s").alias(TIME), at.alias("open_time")]
    return [at.alias(TIME), at.dt.offset_by(f"-{seconds}s").alias("open_time")]


def _zone_put_right(
    frame: pl.DataFrame, span: WrongZone, name: str, findings: list[Finding]
) -> pl.DataFrame:
    import polars as pl

    at = pl.col("_at")
    within = at.is_between(span.first, span.last)
    shown = at.dt.replace_time_zone(None)
    meant = shown.dt.replace_time_zone(span.zone, ambiguous="latest", non_existent="null")
    rows = frame.filter(within)
    if rows.is_empty():
        return frame
    reason = (
        f"{len(rows):,} rows labelled {iso(span.first)} to {iso(span.last)} are by the clocks of "
        f"{span.zone}: put right"
    )
    findings.append(Finding("flagged", name, reason))
    return frame.with_columns(pl.when(within).then(meant.dt.convert_time_zone("UTC")).otherwise(at))


def _without_last(frame: pl.DataFrame, name: str, findings: list[Finding]) -> pl.DataFrame:
    import polars as pl

    is_last = pl.col(TIME) == pl.col(TIME).max()
    last = frame.filter(is_last)
    if last.is_empty():
        return frame
    reason = f"the last bar, of {iso(last['open_time'][0])}, was still open when it was written"
    findings.append(Finding("dropped", name, reason))
    return frame.filter(~is_last)


def _volumes_put_right(frame: pl.DataFrame, name: str, findings: list[Finding]) -> pl.DataFrame:
    import polars as pl

    coin, quote = pl.col("volume_coin"), pl.col("volume_quote")
    traded = (coin > 0) & (quote > 0)
    swapped = traded & ((coin / quote).log() * pl.col("close").log() > 0)
    wrong = frame.filter(swapped)
    if wrong.is_empty():
        return frame
    ends = wrong["open_time"].sort()
    reason = (
        f"{len(wrong):,} rows from {iso(ends[0])} to {iso(ends[-1])} have the volumes in coin and "
        "in quote currency exchanged, as their price tells: put right"
    )
    findings.append(Finding("flagged", name, reason))
    return frame.with_columns(
        pl.when(swapped).then(quote).otherwise(coin).alias("volume_coin"),
        pl.when(swapped).then(coin).otherwise(quote).alias("volume_quote"),
    )


def _format(label: TimeLabel, meaning: str) -> FileFormat:
    def recognises(path: Path) -> bool:
        if not path.name.endswith(_SUFFIXES) or not path.is_file():
            return False
        try:
            found = _map(path)
        except MarketDataError:
            return label == "event"  # so that reading it says what is wrong with its map
        return found is not None and found.time.label == label

    return FileFormat(f"columns-{label}", meaning, label, recognises, read, column_map=map_content)


FORMATS = (
    _format("open", "bars of a CSV or Parquet file by their open, with a column map"),
    _format("close", "bars of a CSV or Parquet file by their close, with a column map"),
    _format("event", "events of a CSV or Parquet file, with a column map"),
)
