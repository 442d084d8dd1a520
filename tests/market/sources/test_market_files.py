"""Files of the simple form become tickers, and a market read from the store is the file's own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from obverse.market import Market, read, simulated, write
from obverse.market.sources.importing import find, import_file
from obverse.market.store import create_store
from obverse.market.store.markets import stored_market

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def recorded() -> Market:
    """The simulated market, as if it had been recorded."""
    made = simulated(seed=7, venue="deribit")
    snapshots = {
        coin: replace(snapshot, simulated=False, source="recorded")
        for coin, snapshot in made.snapshots.items()
    }
    return replace(made, snapshots=snapshots, simulated=False, source="recorded")


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_a_market_read_from_the_store_is_the_files_own(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"market.{ending}"
    write(recorded(), path)
    (found,) = find([path])
    assert found.format is not None
    assert found.format.name == "market-file"
    store = create_store(tmp_path / "store")
    outcome = import_file(store, found, imported_at=NOW)
    assert outcome.status == "imported", outcome
    ours, plain = stored_market(store.reopened()), read(path)
    for coin in plain:
        assert ours[coin].index == plain[coin].index
        assert ours[coin].index_range == plain[coin].index_range
        assert ours[coin].perpetuals == plain[coin].perpetuals
        assert ours[coin].futures == plain[coin].futures


def test_simulated_rows_are_told_and_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "market.csv"
    write(simulated(seed=7), path)
    store = create_store(tmp_path / "store")
    outcome = import_file(store, find([path])[0], imported_at=NOW)
    assert outcome.rows_added == 0
    assert "is simulated and is not kept" in outcome.findings[0]


def test_a_row_that_cannot_be_read_names_its_place(tmp_path: Path) -> None:
    path = tmp_path / "market.csv"
    write(recorded(), path)
    lines = path.read_text().splitlines()
    lines[3] = lines[3].replace("future", "futures")
    path.write_text("\n".join(lines))
    outcome = import_file(create_store(tmp_path / "store"), find([path])[0], imported_at=NOW)
    assert outcome.status == "broken"
    assert "market.csv:4" in outcome.reason


def test_other_tables_are_not_of_the_form(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("at,price\n1,2\n")
    (tmp_path / "b.json").write_text('{"at": 1}')
    (tmp_path / "c.csv").write_bytes(b"\xff\xfe")
    assert [each.format for each in find([tmp_path])] == [None, None, None]
