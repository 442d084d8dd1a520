"""No command knows the future: a whole store and one cut at the instant give the same bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from obverse.market.series import Part, kind_named
from obverse.market.sources.importing import find, import_file
from obverse.market.store import Origin, append, create_store, open_store, scan

AT = datetime(2026, 2, 20, 12, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
FILES = ("forward_curve.parquet", "perpetual_prices.parquet", "futures_marks.parquet")
VENUE = ("--venue", "deribit", "--at", "2026-02-20T12:00:00Z")


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The recorded Deribit market, whole and cut at an instant, both under one name."""
    folder = Path(__file__).parents[2].parent / "shared" / "data" / "deribit"
    if not folder.exists():
        pytest.skip(f"no recorded market data at {folder}")
    whole, cut = (tmp_path_factory.mktemp(name) / "store" for name in ("whole", "cut"))
    for found in find([folder / name for name in FILES]):
        import_file(create_store(whole), found, imported_at=NOW)
    store = open_store(whole)
    series = dict.fromkeys((e.venue, e.instrument, e.kind) for e in store.entries())
    parts = []
    for venue, instrument, kind in series:
        rows = scan(store, kind, venue=venue, instrument=instrument, until=AT).collect()
        if len(rows):
            frame = rows.drop("venue", "instrument")
            parts.append(Part(venue, instrument, kind_named(kind), frame))
    append(create_store(cut), parts, Origin("cut", "test", "event"), imported_at=NOW)
    return whole, cut


COMMANDS = [
    ("report", *VENUE, "--no-book", "--json"),
    ("curve", *VENUE, "--compare", "1d,7d,30d", "--csv"),
    ("basis", *VENUE, "--csv"),
    ("basis", *VENUE, "--json"),
    ("arbitrage", *VENUE, "--csv"),
    ("spreads", *VENUE, "--csv"),
    ("analyze", "deribit", "BTC-PERPETUAL", *VENUE[2:], "--json"),
    ("marks", *VENUE, "--json"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_whole_store_and_one_cut_at_the_instant_give_the_same(
    obverse,
    stores: tuple[Path, Path],
    command: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outputs = []
    for store in stores:
        monkeypatch.chdir(store.parent)
        monkeypatch.setenv("OBVERSE_STORE", store.name)
        result = obverse(*command, "--market", store.name)
        assert result.exit_code == 0, result.output
        outputs.append(result.stdout)
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) > 500
