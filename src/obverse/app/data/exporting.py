"""`obverse data export`: stored rows into a file, written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from obverse.app.console import remark
from obverse.errors import DataError
from obverse.market.store import open_store, scan

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Request:
    """What was asked for."""

    target: Path
    kind: str
    store: str
    venue: str | None
    instrument: str | None
    start: str | None
    until: str | None
    columns: tuple[str, ...] | None
    force: bool


def run(asked: Request) -> None:
    """Write the rows; times are ISO 8601 in CSV and NDJSON.

    Raises `DataError` for an ending that is not known, an existing file, or nothing to write.
    """
    write = _writer(asked.target)
    if asked.columns and len(set(asked.columns)) < len(asked.columns):
        raise DataError(f"--columns {','.join(asked.columns)}: a column is named twice.")
    if asked.target.exists() and not asked.force:
        raise DataError(f"{asked.target} exists; --force writes over it.")
    rows = scan(
        open_store(asked.store),
        asked.kind,
        venue=asked.venue,
        instrument=asked.instrument,
        since=asked.start,
        until=asked.until,
        columns=asked.columns,
    ).collect()
    if rows.is_empty():
        raise DataError(f"There are no {asked.kind} in that span; nothing was written.")
    unfinished = asked.target.with_name(f".{asked.target.name}.part")
    try:
        write(rows, unfinished)
        unfinished.replace(asked.target)
    finally:
        unfinished.unlink(missing_ok=True)
    remark(f"Wrote {len(rows):,} rows to {asked.target}.")


def _writer(target: Path) -> Callable[[pl.DataFrame, Path], Any]:
    writers: dict[str, Callable[[pl.DataFrame, Path], Any]] = {
        ".csv": lambda rows, path: _texts(rows).write_csv(path),
        ".ndjson": lambda rows, path: _texts(rows).write_ndjson(path),
        ".parquet": lambda rows, path: rows.write_parquet(path),
    }
    if target.suffix.lower() not in writers:
        raise DataError(f"{target.name}: expected an ending of {', '.join(writers)}.")
    return writers[target.suffix.lower()]


def _texts(rows: pl.DataFrame) -> pl.DataFrame:
    """Instants as ISO 8601 with Z and what decimals of a second they have."""
    import polars as pl

    times = [name for name, type_ in rows.schema.items() if isinstance(type_, pl.Datetime)]
    return rows.with_columns(pl.col(times).dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ"))
