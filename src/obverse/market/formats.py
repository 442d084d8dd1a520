"""Rows of the simple forms in and out of CSV, JSON and Parquet: the formats, not their meaning.

A reader takes a form, a path and the instant asked for, and gives rows; it may leave out rows that
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
from obverse.market.floats import decimal_of_float
from obverse.market.forms import Form, Row, check_header
from obverse.market.printing import listing

if TYPE_CHECKING:
    import polars

Cells: TypeAlias = Mapping[str, object]
Reader: TypeAlias = Callable[[Form, Path, datetime | None], list[Row]]
Writer: TypeAlias = Callable[[Form, Path, Sequence[Cells]], None]


def read_csv(form: Form, path: Path, until: datetime | None) -> list[Row]:
    """Read CSV with a header line; `until` is not used, all rows are given."""
    name = path.name
    rows = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            header = [column.strip() for column in next(lines, [])]
            check_header(form, name, header)
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


def read_json(form: Form, path: Path, until: datetime | None) -> list[Row]:
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
        reason = f"expected a list of objects, one {form.row}"
        raise LocatedError([Fault(name, None, "", reason)])
    rows = []
    for number, item in enumerate(data, start=1):
        label = f"row {number}"
        check_header(form, f"{name} {label}", [*(key for key, _ in item), *_absent(form, item)])
        filled = {key: cell for key, cell in item if cell not in (None, "")}
        rows.append(Row(name, None, label, filled))
    return rows


class _Pairs(list[tuple[str, object]]):
    """A JSON object with its keys as written, so that a repeated one is seen."""


def _object(pairs: list[tuple[str, object]]) -> _Pairs:
    return _Pairs(pairs)


def _absent(form: Form, item: _Pairs) -> list[str]:
    """Columns that an object leaves out, and may."""
    keys = {key for key, _ in item}
    return [name for name in form.may_lack if name not in keys]


def read_parquet(form: Form, path: Path, until: datetime | None) -> list[Row]:
    """Read Parquet: rows of each series' last instant not after `until`.

    The rows of the file's first and last instant are given too, for messages.
    """
    import polars as pl

    table = _scan(form, path)
    at = pl.col("at")
    known = at <= until if until is not None else at.is_not_null()
    there = [name for name in form.series if name in table.collect_schema()]
    last = at == at.filter(known).max().over(there)
    ends = (at == at.min()) | (at == at.max())
    return _rows(path.name, table.filter(at.is_null() | (known & last) | ends))


def read_whole(form: Form, path: Path) -> list[Row]:
    """Read every row of a file of any of the forms."""
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return _rows(path.name, _scan(form, path))
    return FORMATS[suffix][0](form, path, None)


def _scan(form: Form, path: Path) -> polars.LazyFrame:
    """A Parquet file with its row numbers and its instants in UTC, its header checked."""
    import polars as pl

    name = path.name
    try:
        table = pl.scan_parquet(path, glob=False)
        schema = table.collect_schema()
    except pl.exceptions.PolarsError as error:
        raise LocatedError([Fault(name, None, "", f"not Parquet: {error}")]) from None
    check_header(form, name, schema.names())
    _check_instants(form, name, schema)
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


def _check_instants(form: Form, name: str, schema: polars.Schema) -> None:
    import polars as pl

    faults = [
        Fault(name, None, column, f"{dtype} is not a timestamp with a time zone; make it UTC")
        for column, dtype in schema.items()
        if column in form.instants and not (isinstance(dtype, pl.Datetime) and dtype.time_zone)
    ]
    if faults:
        raise LocatedError(faults)


def write_csv(form: Form, path: Path, rows: Sequence[Cells]) -> None:
    """Write CSV with every column; what is not known is empty."""
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(form.columns)
        for cells in rows:
            lines.writerow([_plain_text(cells.get(name)) for name in form.columns])


def write_json(form: Form, path: Path, rows: Sequence[Cells]) -> None:
    """Write a JSON list of objects; what is not known is left out, numbers keep their digits."""
    lines = [
        "  {" + ", ".join(f'"{name}": {_json_text(cell)}' for name, cell in cells.items()) + "}"
        for cells in rows
    ]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def write_parquet(form: Form, path: Path, rows: Sequence[Cells]) -> None:
    """Write Parquet with 64-bit floats; a number that a float would change is refused."""
    import polars as pl

    types: dict[str, Any] = dict.fromkeys(form.columns, pl.String)
    types |= dict.fromkeys(form.instants, pl.Datetime("us", "UTC"))
    types |= dict.fromkeys(form.numbers, pl.Float64) | dict.fromkeys(form.flags, pl.Boolean)
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


def write_rows(form: Form, path: str | Path, rows: Sequence[Cells]) -> None:
    """Write rows to a file whose ending says which format."""
    place = Path(path)
    suffix = place.suffix.lower()
    if suffix not in FORMATS:
        raise MarketDataError(
            f"{place.name}: no format {suffix or '(no ending)'!r}; end it in {listing([*FORMATS])}."
        )
    try:
        FORMATS[suffix][1](form, place, rows)
    except OSError as error:
        raise MarketDataError(f"{place} cannot be written: {error.strerror}.") from error
