"""The three formats beneath the simple form, and how each fails."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from obverse.errors import LocatedError, MarketDataError
from obverse.market.formats import (
    FORMATS,
    read_csv,
    read_json,
    read_parquet,
    write_csv,
    write_json,
    write_parquet,
)
from obverse.market.forms import MARKET

HEADER = "at,underlying,venue,symbol,kind,expiry,index,mark"
LINE = "2026-02-01T00:00:00Z,BTC,deribit,BTC-PERPETUAL,perpetual,,100,100.10"
CELLS = {
    "at": datetime(2026, 2, 1, tzinfo=UTC),
    "underlying": "BTC",
    "venue": "deribit",
    "symbol": "BTC-PERPETUAL",
    "kind": "perpetual",
    "index": Decimal("100"),
    "mark": Decimal("100.1"),
    "listed": True,
    "source": 'a "quoted", source',
}


@pytest.mark.parametrize("suffix", FORMATS)
def test_what_is_written_is_read(tmp_path: Path, suffix: str) -> None:
    read, write = FORMATS[suffix]
    path = tmp_path / f"market{suffix}"
    write(MARKET, path, [CELLS, CELLS])
    first, second = read(MARKET, path, None)
    assert first.cells.keys() == CELLS.keys()
    assert first.cells["source"] == CELLS["source"]
    assert first.place != second.place


def test_csv_rows_know_their_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"\ufeff{HEADER}\n{LINE}\n\n{LINE}\n", encoding="utf-8")
    assert [row.place for row in read_csv(MARKET, path, None)] == ["a.csv:2", "a.csv:4"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (f"{HEADER}\n{LINE},7\n", "a.csv:2: 9 cells, but the header has 8 columns"),
        (f'{HEADER}\n"{LINE}\n', "not CSV"),
        ("", "this column is missing"),
    ],
)
def test_broken_csv_is_located(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(LocatedError, match=reason):
        read_csv(MARKET, path, None)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[{]", "a.json:1: not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"at": 1}', "expected a list of objects"),
        ("[1]", "expected a list of objects"),
        ('[{"at": "x"}]', "a.json row 1: underlying: this column is missing"),
        ('[{"at": "x", "at": "y"}]', "a.json row 1: at: this column is there twice"),
    ],
)
def test_broken_json_is_located(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(LocatedError, match=reason):
        read_json(MARKET, path, None)


def test_text_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"\xff\xfe\x00")
    for read in (read_csv, read_json):
        with pytest.raises(LocatedError, match="UTF-8"):
            read(MARKET, path, None)


def test_json_keeps_digits_and_nan(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(MARKET, path, [CELLS | {"mark": Decimal("0.12345678901234567890123")}])
    (row,) = read_json(MARKET, path, None)
    assert row.cells["mark"] == Decimal("0.12345678901234567890123")
    path.write_text(path.read_text(encoding="utf-8").replace("100", "NaN"), encoding="utf-8")
    (row,) = read_json(MARKET, path, None)
    assert isinstance(row.cells["index"], Decimal)
    assert row.cells["index"].is_nan()


def test_csv_writes_every_column_and_plain_words(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_csv(MARKET, path, [CELLS | {"mark": Decimal("1E+3")}])
    header, line = path.read_text(encoding="utf-8").splitlines()
    assert header.startswith("at,underlying,venue")
    assert line.startswith("2026-02-01T00:00:00Z,BTC,deribit,BTC-PERPETUAL,perpetual,,100,1000,")


def test_parquet_refuses_numbers_that_a_float_would_change(tmp_path: Path) -> None:
    with pytest.raises(MarketDataError, match=r"write .csv or .json"):
        write_parquet(
            MARKET, tmp_path / "a.parquet", [CELLS | {"mark": Decimal("0.12345678901234567890")}]
        )


def test_parquet_wants_timestamps_with_a_zone(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_parquet(MARKET, path, [CELLS])
    naive = pl.read_parquet(path).with_columns(pl.col("at").dt.replace_time_zone(None))
    naive.write_parquet(path)
    with pytest.raises(LocatedError, match=r"at: .* is not a timestamp with a time zone"):
        read_parquet(MARKET, path, None)


def test_parquet_in_another_zone_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_parquet(MARKET, path, [CELLS])
    zone = pl.col("at").dt.convert_time_zone("Europe/London")
    pl.read_parquet(path).with_columns(zone).write_parquet(path)
    (row,) = read_parquet(MARKET, path, CELLS["at"])  # type: ignore[arg-type]
    assert row.cells["at"] == CELLS["at"]


def test_parquet_that_is_none_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_text("not parquet", encoding="utf-8")
    with pytest.raises(LocatedError, match="not Parquet"):
        read_parquet(MARKET, path, None)


def test_parquet_numbers_of_other_types_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_parquet(MARKET, path, [CELLS])
    exact = pl.col("mark").cast(pl.Decimal(20, 4))
    whole = pl.col("index").cast(pl.Int64)
    pl.read_parquet(path).with_columns(exact, whole).write_parquet(path)
    (row,) = read_parquet(MARKET, path, None)
    assert row.cells["mark"] == Decimal("100.1")
    assert row.cells["index"] == 100
