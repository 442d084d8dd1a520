"""SQL over the store."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from obverse.errors import MarketDataError
from obverse.market.series import Part
from obverse.market.store import Origin, Store, append
from obverse.market.store.sql import query

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def filled(store: Store, minutes: Callable[..., Part], origin: Origin) -> Store:
    """Two instruments, one with a name that a path cannot carry plainly."""
    parts = [minutes(0, 120), minutes(0, 10, instrument="BTC/USD:BTC's")]
    append(store, parts, origin, imported_at=NOW)
    return store.reopened()


def test_each_kind_is_a_table_with_its_venue_instrument_and_month(filled: Store) -> None:
    found = query(
        filled,
        "SELECT venue, instrument, month, count(*) AS n FROM bars_1m GROUP BY ALL ORDER BY ALL",
    )
    assert found.rows() == [
        ("bitmex", "BTC/USD:BTC's", "2024-01", 10),
        ("bitmex", "XBTUSD", "2024-01", 60),
        ("bitmex", "XBTUSD", "2024-02", 60),
    ]


def test_a_bars_open_is_a_column_too(filled: Store) -> None:
    gap = query(filled, "SELECT DISTINCT epoch(time - open_time) AS gap FROM bars_1m")["gap"]
    assert gap.to_list() == [60]
    with pytest.raises(MarketDataError, match="epoch"):
        query(filled, "SELECT time - open_time FROM bars_1m")


def test_files_that_no_commit_names_are_not_read(
    filled: Store, minutes: Callable[..., Part]
) -> None:
    entry = next(filled.entries())
    content = filled.place.read(entry.path)
    filled.place.write(entry.path.replace("00000001-", "00000009-"), content)
    assert query(filled, "SELECT count(*) FROM bars_1m").item() == 130


@pytest.mark.parametrize(
    "statement", ["SELEC 1", "SELECT * FROM trades", "CREATE TABLE t (a INT)", ""]
)
def test_a_statement_that_gives_no_rows_is_refused_with_the_tables_there_are(
    filled: Store, statement: str
) -> None:
    with pytest.raises(MarketDataError, match=r"bars_1m|gives rows"):
        query(filled, statement)


def test_an_empty_store_answers_plain_questions(store: Store) -> None:
    assert query(store, "SELECT 1 + 1").item() == 2


@pytest.mark.parametrize("type_", ["INTERVAL 3 DAY", "[INTERVAL 3 DAY]", "union_value(k := 1)"])
def test_a_type_without_a_place_in_a_table_is_told(filled: Store, type_: str) -> None:
    with pytest.raises(MarketDataError, match=r"'odd' is of type .* no place in a table; cast it"):
        query(filled, f"SELECT {type_} AS odd FROM bars_1m LIMIT 1")


def test_sql_needs_no_library_beside_duckdb(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pyarrow", "pandas"):
        monkeypatch.setitem(sys.modules, name, None)
    found = query(filled, "SELECT month, max(high) AS high FROM bars_1m GROUP BY 1 ORDER BY 1")
    assert found.rows() == [("2024-01", 106.0), ("2024-02", 106.0)]
