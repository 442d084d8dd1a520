"""Importing files: found, recognised, committed once; broken ones named and passed over."""

from __future__ import annotations

import gzip
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from obverse.errors import MarketDataError, StoreError
from obverse.market.sources.importing import Outcome, find, import_file, rehearse
from obverse.market.sources.registry import FILE_FORMATS, format_named
from obverse.market.store import Store, create_store, scan

NOW = datetime(2026, 1, 2, tzinfo=UTC)
HOURS = pl.datetime_range(
    datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 3, tzinfo=UTC), "8h", eager=True
)


def funding(path: Path, rate: float = 0.0001) -> Path:
    pl.DataFrame(
        {
            "timestamp": HOURS,
            "symbol": "XBTUSD",
            "fundingInterval": "2000-01-01T08:00:00Z",
            "fundingRate": [rate * (place + 1) for place in range(len(HOURS))],
            "fundingRateDaily": 0.0003,
        }
    ).write_parquet(path)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Make an empty store."""
    return create_store(tmp_path / "store")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder of two good files, some broken ones, a hidden and an unknown one."""
    folder = tmp_path / "files"
    (folder / "deep").mkdir(parents=True)
    funding(folder / "a.parquet")
    funding(folder / "deep" / "b.parquet", 0.0002)
    (folder / "cut.parquet").write_bytes((folder / "a.parquet").read_bytes()[:-20])
    (folder / "cut.gz").write_bytes(gzip.compress(b"x" * 10_000)[:-6])
    with zipfile.ZipFile(folder / "whole.zip", "w") as archive:
        archive.writestr("member", "x" * 1000)
    (folder / "cut.zip").write_bytes((folder / "whole.zip").read_bytes()[:-30])
    (folder / "empty.csv").write_bytes(b"")
    (folder / "letter.txt").write_text("dear")
    (folder / ".hidden.parquet").write_bytes(b"x")
    return folder


def run(store: Store, files: Path) -> dict[str, Outcome]:
    found = find([files])
    outcomes = [import_file(store, each, imported_at=NOW) for each in found]
    return {outcome.path.name: outcome for outcome in outcomes}


def test_good_files_are_imported_and_the_rest_is_named(store: Store, files: Path) -> None:
    found = run(store, files)
    assert {name: each.status for name, each in found.items()} == {
        "a.parquet": "imported",
        "b.parquet": "imported",
        "cut.gz": "broken",
        "cut.parquet": "broken",
        "cut.zip": "broken",
        "empty.csv": "broken",
        "letter.txt": "unknown",
        "whole.zip": "unknown",
    }
    assert "truncated or corrupt" in found["cut.parquet"].reason
    assert "empty" in found["empty.csv"].reason
    assert found["a.parquet"].rows_added == len(HOURS)
    assert found["b.parquet"].rows_added == 0
    assert "rows differ in rate" in found["b.parquet"].findings[0]
    assert len(store.reopened().commits) == 2


def test_importing_again_adds_nothing_and_a_copy_is_known_by_its_content(
    store: Store, files: Path
) -> None:
    run(store, files)
    commits = store.reopened().commits
    (files / "copy.parquet").write_bytes((files / "a.parquet").read_bytes())
    again = run(store, files)
    assert {again[name].status for name in ("a.parquet", "b.parquet", "copy.parquet")} == {"known"}
    assert store.reopened().commits == commits


def test_a_file_whose_rows_are_broken_leaves_nothing(store: Store, tmp_path: Path) -> None:
    path = funding(tmp_path / "odd.parquet")
    pl.read_parquet(path).with_columns(pl.lit("soon").alias("fundingInterval")).write_parquet(path)
    (found,) = find([path])
    outcome = import_file(store, found, imported_at=NOW)
    assert outcome.status == "broken"
    assert "odd.parquet is not as bitmex-funding has it" in outcome.reason
    assert store.reopened().commits == ()


def test_a_rehearsal_says_the_same_and_keeps_nothing(store: Store, files: Path) -> None:
    told = [rehearse(each) for each in find([files])]
    assert sum(each.rows_read for each in told) == 2 * len(HOURS)
    assert {each.status for each in told} == {"would import", "broken", "unknown"}
    assert store.reopened().commits == ()


def test_a_path_that_is_not_there_and_a_busy_store_stop_the_import(
    store: Store, tmp_path: Path
) -> None:
    with pytest.raises(MarketDataError, match="does not exist"):
        find([tmp_path / "nothing"])
    (found,) = find([funding(tmp_path / "a.parquet")])
    with store.place.writing(), pytest.raises(StoreError, match="another import"):
        import_file(store, found, imported_at=NOW)


def test_the_origin_is_kept(store: Store, tmp_path: Path) -> None:
    (found,) = find([funding(tmp_path / "a.parquet")])
    import_file(store, found, imported_at=NOW)
    (commit,) = store.reopened().commits
    assert (commit.origin.name, commit.origin.format) == ("a.parquet", "bitmex-funding")
    assert len(commit.origin.sha256) == 64
    assert commit.origin.bytes == (tmp_path / "a.parquet").stat().st_size
    assert commit.imported_at == NOW
    rows = scan(store.reopened(), "funding").collect()
    assert rows["interval_hours"].unique().to_list() == [8.0]


def test_formats_have_names_of_their_own_and_wrong_ones_are_told() -> None:
    names = [each.name for each in FILE_FORMATS]
    assert len(set(names)) == len(names)
    assert format_named(names[0]) is FILE_FORMATS[0]
    with pytest.raises(MarketDataError, match="Did you mean bitmex-minutes"):
        format_named("bitmex-minute")
