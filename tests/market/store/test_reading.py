"""Reading: of a series what was asked for, and of the files only what that needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow.parquet as parquet
import pytest

from obverse.errors import MarketDataError
from obverse.market.series import Part, bars
from obverse.market.store import Origin, Store, append, create_store, open_store, scan, span

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FIRST = datetime(2016, 5, 13, 12, 1, tzinfo=UTC)
COUNT = 2_000_000
MINUTE = timedelta(minutes=1)
Minutes = Callable[..., Part]


@pytest.fixture(scope="module")
def two_million(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two million minutes from 2016-05 to 2020-02, with all columns of a bar."""
    store = create_store(tmp_path_factory.mktemp("minutes") / "store")
    times = pl.datetime_range(
        FIRST, FIRST + (COUNT - 1) * MINUTE, "1m", time_unit="ns", time_zone="UTC", eager=True
    )
    price = (7000 + pl.int_range(COUNT, eager=True) % 9973).cast(pl.Float64)
    names = ("open", "high", "low", "close", "volume_contracts", "volume_quote", "volume_coin")
    frame = pl.DataFrame({"time": times, **dict.fromkeys(names, price)}).with_columns(
        (pl.col("time") - MINUTE).alias("open_time"), pl.lit(1).alias("trades")
    )
    part = Part("bitmex", "XBTUSD", bars(MINUTE), frame)
    append(store, [part], Origin("made", "test", "close"), imported_at=NOW)
    return store.reopened()


def spoil(store: Store, keep_month: str, keep_columns: tuple[str, ...]) -> int:
    """Overwrite the other months' files and, in the month kept, the other columns' bytes."""
    spoiled = 0
    for entry in store.entries():
        path = Path(store.name) / entry.path
        content = bytearray(path.read_bytes())
        if entry.month != keep_month:
            path.write_bytes(b"\xff" * len(content))
            spoiled += len(content)
            continue
        rows = parquet.ParquetFile(path).metadata
        for group in range(rows.num_row_groups):
            for place in range(rows.num_columns):
                chunk = rows.row_group(group).column(place)
                if chunk.path_in_schema in keep_columns:
                    continue
                start = chunk.dictionary_page_offset or chunk.data_page_offset
                content[start : start + chunk.total_compressed_size] = b"\xff" * (
                    chunk.total_compressed_size
                )
                spoiled += chunk.total_compressed_size
        path.write_bytes(content)
    return spoiled


def test_a_query_over_two_million_minutes_reads_its_month_and_columns_only(
    two_million: Store, tmp_path: Path
) -> None:
    import shutil

    shutil.copytree(two_million.name, tmp_path / "copy")
    store = open_store(tmp_path / "copy")
    question = {"since": "2018-03-01T00:01:00Z", "until": "2018-03-31T23:59:00Z"}
    whole = scan(store, "bars_1m", columns=["close"], **question).collect()  # type: ignore[arg-type]
    total = sum(entry.bytes for entry in store.entries())
    assert spoil(store, "2018-03", ("time", "close")) > 0.98 * total
    again = scan(store, "bars_1m", columns=["close"], **question).collect()  # type: ignore[arg-type]
    assert again.equals(whole)
    assert len(again) == 31 * 1440 - 1
    with pytest.raises(pl.exceptions.PolarsError):
        scan(store, "bars_1m", columns=["high"], **question).collect()  # type: ignore[arg-type]


def test_both_ends_of_a_span_are_in_it(two_million: Store) -> None:
    rows = scan(two_million, "bars_1m", since=FIRST, until=FIRST + 5 * MINUTE).collect()
    assert rows["time"].to_list() == [FIRST + place * MINUTE for place in range(6)]


def test_a_store_truncated_at_an_instant_is_the_store_as_of_it(
    store: Store, minutes: Minutes, origin: Origin, tmp_path: Path
) -> None:
    append(store, [minutes(0, 200)], origin, imported_at=NOW)
    cut = minutes(0, 200).frame["time"][90]
    known = scan(store.reopened(), "bars_1m", until=cut).collect()
    shorter = create_store(tmp_path / "shorter")
    frame = minutes(0, 200).frame.filter(pl.col("time") <= cut)
    part = Part("bitmex", "XBTUSD", bars(MINUTE), frame)
    append(shorter, [part], origin, imported_at=NOW)
    assert scan(shorter.reopened(), "bars_1m").collect().equals(known)


def test_rows_of_several_commits_come_in_order_of_time(
    store: Store, minutes: Minutes, origin: Origin
) -> None:
    for first in (100, 0, 50, 25):
        append(store, [minutes(first, 40), minutes(first, 40, instrument="ETHUSD")], origin,
               imported_at=NOW)  # fmt: skip
    rows = scan(store.reopened(), "bars_1m").collect()
    assert rows["time"].is_sorted()
    own = rows.filter(pl.col("instrument") == "ETHUSD")
    assert own["time"].is_unique().all()
    assert len(own) == 40 + 90


def test_an_empty_span_gives_no_rows_and_all_columns(
    store: Store, minutes: Minutes, origin: Origin
) -> None:
    append(store, [minutes(0, 10)], origin, imported_at=NOW)
    rows = scan(store.reopened(), "bars_1m", until="2000-01-01").collect()
    assert rows.is_empty()
    assert rows.columns == ["venue", "instrument", *bars(MINUTE).names]


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"kind": "bars_5m"}, "No kind 'bars_5m'.*it has bars_1m"),
        ({"kind": "bars_1m", "venue": "bitmax"}, "No venue 'bitmax'.*Did you mean bitmex"),
        ({"kind": "bars_1m", "instrument": "XBTUSDT"}, "Did you mean XBTUSD"),
        ({"kind": "bars_1m", "columns": ["colour"]}, "no column colour"),
        ({"kind": "candles"}, "no kind of series"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(
    store: Store, minutes: Minutes, origin: Origin, where: dict[str, str], words: str
) -> None:
    append(store, [minutes(0, 10)], origin, imported_at=NOW)
    with pytest.raises(MarketDataError, match=words):
        scan(store.reopened(), **where)  # type: ignore[arg-type]


def test_the_span_of_a_store_is_that_of_its_files(two_million: Store) -> None:
    assert span(two_million.entries()) == (FIRST, FIRST + (COUNT - 1) * MINUTE)
    assert span(()) is None
