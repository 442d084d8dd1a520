"""Rows of the simple form in and out of CSV, JSON and Parquet: the formats, not their meaning.

A reader takes a path and the instant asked for, and gives rows; it may leave out rows that
cannot be the last snapshot not after that instant (Parquet does, so that a long recording is
not turned into objects). Numbers keep every digit: CSV and JSON are read as text.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from obverse.contracts.instants import iso
from obverse.errors import Fault, LocatedError, MarketDataError
from obverse.market.columns import COLUMNS, FLAGS, INSTANTS, NUMBERS, Row, check_header
from obverse.market.floats import decimal_of_float

if TYPE_CHECKING:
    import polars

Cells: TypeAlias = Mapping[str, object]
Reader: TypeAlias = Callable[[Path, datetime | None], list[Row]]
Writer: TypeAlias = Callable[[Path, Sequence[Cells]], None]


def read_csv(path: Path, until: datetime | None) -> list[Row]:
    """Read CSV with a header line; `until` is not used, all rows are given."""
    name = path.name
    rows = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            header = [column.strip() for column in next(lines, [])]
            check_header(name, header)
            for cells in lines:
                if not cells:
                    continue
                if len(cells) != len(header):
                    reason = f"{len(cells)} cells, but the header has {len(header)} columns"
                    raise LocatedError([Fault(name, lines.line_num, "", reason)])
                filled = {
                    key: cell for key, cell in zip(header, cells, strict=True) if cell.strip()
                }
                rows.append(Row(name, lines.line_num, "", filled))
    except (csv.Error, UnicodeDecodeError) as error:
        raise LocatedError([Fault(name, None, "", f"not CSV in UTF-8: {error}")]) from None
    return rows


def read_json(path: Path, until: datetime | None) -> list[Row]:
    """Read a JSON list of objects; `until` is not used, all rows are given."""
    name = path.name
    try:
        data = json.loads(
            path.read_text(encoding="utf-8"),
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=Decimal,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise LocatedError([Fault(name, error.lineno, "", f"not JSON: {error.msg}")]) from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise LocatedError([Fault(name, None, "", f"not JSON in UTF-8: {error}")]) from None
    if not isinstance(data, list) or not all(isinstance(item, _Pairs) for item in data):
        reason = "expected a list of objects, one an instrument and instant"
        raise LocatedError([Fault(name, None, "", reason)])
    rows = []
    for number, item in enumerate(data, start=1):
        label = f"row {number}"
        check_header(f"{name} {label}", [*(key for key, _ in item), *_absent(item)])
        filled = {key: cell for key, cell in item if cell not in (None, "")}
        rows.append(Row(name, None, label, filled))
    return rows


class _Pairs(list[tuple[str, object]]):
    """A JSON object with its keys as written, so that a repeated one is seen."""


def _object(pairs: list[tuple[str, object]]) -> _Pairs:
    return _Pairs(pairs)


def _absent(item: _Pairs) -> list[str]:
    """Columns an object may leave out although a table has them: a perpetual has no expiry."""
    keys = {key for key, _ in item}
    return ["expiry"] if "expiry" not in keys else []


def read_parquet(path: Path, until: datetime | None) -> list[Row]:
    """Read Parquet: rows of each underlying's and venue's last instant not after `until`.

    The rows of the file's first and last instant are given too, for messages.
    """
    import polars as pl

    table = _scan(path)
    at = pl.col("at")
    known = at <= until if until is not None else at.is_not_null()
    last = at == at.filter(known).max().over("underlying", "venue")
    ends = (at == at.min()) | (at == at.max())
    return _rows(path.name, table.filter(at.is_null() | (known & last) | ends))


def read_whole(path: Path) -> list[Row]:
    """Read every row of a file of any of the forms."""
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return _rows(path.name, _scan(path))
    return FORMATS[suffix][0](path, None)


def _scan(path: Path) -> polars.LazyFrame:
    """A Parquet file with its row numbers and its instants in UTC, its header checked."""
    import polars as pl

    name = path.name
    try:
        table = pl.scan_parquet(path, glob=False)
        schema = table.collect_schema()
    except pl.exceptions.PolarsError as error:
        raise LocatedError([Fault(name, None, "", f"not Parquet: {error}")]) from None
    check_header(name, schema.names())
    _check_instants(name, schema)
    return table.with_row_index("row", offset=1).with_columns(
        pl.col("at").dt.convert_time_zone("UTC")
    )


def _rows(name: str, table: polars.LazyFrame) -> list[Row]:
    rows = []
    for cells in table.collect().iter_rows(named=True):
        number = cells.pop("row")
        filled = {key: cell for key, cell in cells.items() if cell not in (None, "")}
        rows.append(Row(name, None, f"row {number}", filled))
    return rows


def _check_instants(name: str, schema: polars.Schema) -> None:
    import polars as pl

    faults = [
        Fault(name, None, column, f"{dtype} is not a timestamp with a time zone; make it UTC")
        for column, dtype in schema.items()
        if column in INSTANTS and not (isinstance(dtype, pl.Datetime) and dtype.time_zone)
    ]
    if faults:
        raise LocatedError(faults)


def write_csv(path: Path, rows: Sequence[Cells]) -> None:
    """Write CSV with every column; what is not known is empty."""
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(COLUMNS)
        for cells in rows:
            lines.writerow([_plain_text(cells.get(name)) for name in COLUMNS])


def write_json(path: Path, rows: Sequence[Cells]) -> None:
    """Write a JSON list of objects; what is not known is left out, numbers keep their digits."""
    lines = [
        "  {" + ", ".join(f'"{name}": {_json_text(cell)}' for name, cell in cells.items()) + "}"
        for cells in rows
    ]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def write_parquet(path: Path, rows: Sequence[Cells]) -> None:
    """Write Parquet with 64-bit floats; a number that a float would change is refused."""
    import polars as pl

    types: dict[str, Any] = dict.fromkeys(COLUMNS, pl.String)
    types |= dict.fromkeys(INSTANTS, pl.Datetime("us", "UTC"))
    types |= dict.fromkeys(NUMBERS, pl.Float64) | dict.fromkeys(FLAGS, pl.Boolean)
    data = {name: [_parquet_cell(name, cells.get(name)) for cells in rows] for name in types}
    pl.DataFrame(data, schema=types).write_parquet(path)


def _parquet_cell(name: str, cell: object) -> object:
    if not isinstance(cell, Decimal):
        return cell
    if decimal_of_float(float(cell)) != cell:
        raise MarketDataError(
            f"{name}: {cell} does not fit a 64-bit float exactly; write .csv or .json instead."
        )
    return float(cell)


def _plain_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return iso(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def _json_text(cell: object) -> str:
    if isinstance(cell, bool | Decimal):
        return _plain_text(cell)
    return json.dumps(_plain_text(cell), ensure_ascii=False)


FORMATS: dict[str, tuple[Reader, Writer]] = {
    ".csv": (read_csv, write_csv),
    ".json": (read_json, write_json),
    ".parquet": (read_parquet, write_parquet),
}
"""Reader and writer by the file name's ending."""
