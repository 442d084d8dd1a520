"""Commits: all of a source at once, nothing twice, and nothing of one that failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from obverse.errors import MarketDataError, StoreError
from obverse.market.series import Part
from obverse.market.store import Origin, Store, append, create_store, open_store, scan

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
Minutes = Callable[..., Part]


def closes(store: Store, **where: str) -> list[float]:
    rows = scan(store.reopened(), "bars_1m", **where).collect()  # type: ignore[arg-type]
    return rows["close"].to_list()


def test_a_commit_says_what_it_added_and_where_it_came_from(
    store: Store, minutes: Minutes, origin: Origin
) -> None:
    commit = append(store, [minutes(0, 120)], origin, imported_at=NOW)
    assert (commit.number, commit.rows_read, commit.rows, commit.rows_known) == (1, 120, 120, 0)
    assert [entry.month for entry in commit.entries] == ["2024-01", "2024-02"]
    assert [entry.rows for entry in commit.entries] == [60, 60]
    assert open_store(store.name).commits == (commit,)
    assert commit.origin == origin
    assert commit.imported_at == NOW


def test_a_bar_belongs_to_the_month_of_its_close(
    store: Store, minutes: Minutes, origin: Origin
) -> None:
    commit = append(store, [minutes(60, 1)], origin, imported_at=NOW)
    assert commit.entries[0].month == "2024-02"
    path = Path(store.name) / commit.entries[0].path
    assert path.parent.name == "month=2024-02"
    assert "open_time" not in pl.read_parquet(path).columns
    (opened,) = scan(store.reopened(), "bars_1m").collect()["open_time"].to_list()
    assert opened == datetime(2024, 1, 31, 23, 59, tzinfo=UTC)


def test_rows_that_are_stored_are_not_stored_again(
    store: Store, minutes: Minutes, origin: Origin
) -> None:
    append(store, [minutes(0, 100)], origin, imported_at=NOW)
    again = append(store, [minutes(50, 100)], origin, imported_at=NOW)
    assert (again.rows, again.rows_known) == (50, 50)
    assert len(closes(store)) == 150
    assert again.findings == ()


def test_of_rows_that_differ_the_stored_ones_stay_and_it_is_told(
    store: Store, minutes: Minutes, origin: Origin
) -> None:
    append(store, [minutes(0, 10)], origin, imported_at=NOW)
    before = closes(store)
    again = append(store, [minutes(5, 10, price=500.0)], origin, imported_at=NOW)
    assert closes(store)[:10] == before
    assert again.rows == 5
    assert "5 rows differ in open, high, low, close" in again.findings[0]


def test_parts_of_one_source_may_overlap_each_other(
    store: Store, minutes: Minutes, origin: Origin
) -> None:
    commit = append(store, [minutes(0, 10), minutes(5, 10)], origin, imported_at=NOW)
    assert (commit.rows, commit.rows_known) == (15, 5)


def test_a_source_that_fails_half_way_leaves_nothing(
    store: Store, minutes: Minutes, origin: Origin
) -> None:
    def failing() -> Iterator[Part]:
        yield minutes(0, 100)
        raise MarketDataError("row 101 is cut off")

    with pytest.raises(MarketDataError, match="row 101"):
        append(store, failing(), origin, imported_at=NOW)
    assert store.reopened().commits == ()
    assert store.place.names("data") == []


def test_what_an_interrupted_writer_left_is_invisible_and_swept_by_the_next(
    store: Store, minutes: Minutes, origin: Origin
) -> None:
    append(store, [minutes(0, 10)], origin, imported_at=NOW)
    folder = Path(store.name) / "data/venue=bitmex/instrument=XBTUSD/kind=bars_1m/month=2024-01"
    (folder / "00000002-00000.parquet").write_bytes(b"whole but not committed")
    (folder / ".00000002-00001.parquet.part").write_bytes(b"half")
    assert len(closes(store)) == 10
    append(store, [minutes(10, 10)], origin, imported_at=NOW)
    assert [path.name[:15] for path in sorted(folder.iterdir())] == [
        "00000001-00000-",
        "00000002-00000-",
    ]
    assert len(closes(store)) == 20


def test_two_writers_do_not_meet(store: Store, minutes: Minutes, origin: Origin) -> None:
    with store.place.writing(), pytest.raises(StoreError, match="another import"):
        append(store, [minutes(0, 1)], origin, imported_at=NOW)


def test_names_with_slashes_and_colons_are_kept(store: Store, origin: Origin) -> None:
    part = Part(
        "huobi",
        "BTC/USD:BTC-26'x",
        _kind(),
        pl.DataFrame([{"time": NOW, "rate": 0.1, "interval_hours": 8.0}]),
    )
    append(store, [part], origin, imported_at=NOW)
    found = scan(store.reopened(), "funding", instrument="BTC/USD:BTC-26'x").collect()
    assert found["rate"].to_list() == [0.1]


def _kind() -> object:
    from obverse.market.series import kind_named

    return kind_named("funding")


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(pieces=st.lists(st.tuples(st.integers(0, 90), st.integers(1, 60)), min_size=1, max_size=6))
def test_however_a_series_is_cut_the_store_has_each_row_once(
    pieces: list[tuple[int, int]],
    minutes: Minutes,
    origin: Origin,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    store = create_store(tmp_path_factory.mktemp("cut") / "store")
    for first, count in pieces:
        append(store, [minutes(first, count)], origin, imported_at=NOW)
    wanted = sorted({place for first, count in pieces for place in range(first, first + count)})
    whole = minutes(0, 200).frame
    rows = scan(store.reopened(), "bars_1m").collect()
    assert rows["time"].to_list() == [whole["time"][place] for place in wanted]
    assert rows["close"].to_list() == [whole["close"][place] for place in wanted]
