"""SQL over a store, by DuckDB: each kind of series is a view with its venue and instrument.

The views read the committed files only; their times are to the microsecond, so that SQL can reckon
with them. DuckDB is an extra: `pip install "obverse[sql]"`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from obverse.errors import MarketDataError
from obverse.market.series.kinds import OPEN_TIME, kind_named
from obverse.market.store.places import LocalPlace, RemotePlace
from obverse.market.store.stores import Store

if TYPE_CHECKING:
    import duckdb
    import polars as pl

_ASKING = ("SELECT", "EXPLAIN", "RELATION")
_HOMELESS = ("INTERVAL", "UNION")


def query(store: Store, statement: str) -> pl.DataFrame:
    """Run one SQL statement over a store, and give its rows.

    Raises `MarketDataError` where DuckDB is not installed or refuses the statement.
    """
    try:
        import duckdb
    except ImportError:
        raise MarketDataError("SQL needs DuckDB: pip install 'obverse[sql]'.") from None
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        if isinstance(store.place, RemotePlace):
            connection.register_filesystem(store.place.files)
        for kind in store.known("kind"):
            _make_view(connection, store, kind)
        try:
            asked = connection.extract_statements(statement)
            if len(asked) != 1 or asked[0].type.name not in _ASKING:
                raise MarketDataError("One statement that gives rows is needed, such as SELECT.")
            frame = _frame(connection.sql(statement))
        except duckdb.Error as error:
            tables = ", ".join(sorted(store.known("kind"))) or "none: the store is empty"
            raise MarketDataError(f"{error}\nTables: {tables}.") from None
    return frame


def _frame(answer: duckdb.DuckDBPyRelation) -> pl.DataFrame:
    """Rows through Arrow's C interface, which needs no PyArrow."""
    import polars as pl

    for name, type_ in zip(answer.columns, answer.types, strict=True):
        if any(word in str(type_) for word in _HOMELESS):
            raise MarketDataError(
                f"Column {name!r} is of type {type_}, which has no place in a table; cast it, an "
                "interval with epoch(...)."
            )
    return pl.DataFrame(answer)


def _make_view(connection: duckdb.DuckDBPyConnection, store: Store, kind: str) -> None:
    paths = [_address(store, entry.path) for entry in store.entries(kind=kind)]
    listed = ", ".join(_quoted(path) for path in paths)
    shape = kind_named(kind)
    times = [column.name for column in shape.columns if column.type == "time"]
    stored = ", ".join(f"{name}::TIMESTAMPTZ AS {name}" for name in times if name in shape.stored)
    columns = [f"* EXCLUDE (venue, instrument, kind) REPLACE ({stored})"]
    if shape.interval is not None:
        seconds = f"{shape.interval.total_seconds():.0f}"
        columns.append(f"time::TIMESTAMPTZ - INTERVAL {seconds} SECOND AS {OPEN_TIME}")
    connection.execute(
        f'CREATE VIEW "{kind}" AS SELECT venue, instrument, {", ".join(columns)} '
        f"FROM read_parquet([{listed}], hive_partitioning = true, hive_types_autocast = false)"
    )


def _address(store: Store, path: str) -> str:
    """Where DuckDB reads a file: a path, or a URL of the file system registered with it."""
    if isinstance(store.place, LocalPlace):
        return str(store.place.root / path)
    return f"{store.name}/{path}"


def _quoted(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"
