"""Stores for the tests of analyses: of made-up rows, and of recorded files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from obverse.market.series import Part
from obverse.market.series.kinds import kind_named
from obverse.market.sources.importing import find, import_file
from obverse.market.store import Origin, Store, append, create_store

IMPORTED = datetime(2026, 7, 1, tzinfo=UTC)
MakeStore = Callable[..., Store]


@pytest.fixture
def made_store(tmp_path: Path) -> MakeStore:
    """Make a store of `(venue, instrument, kind, rows)`."""
    made = iter(range(99))

    def make(*series: tuple[str, str, str, pl.DataFrame]) -> Store:
        store = create_store(tmp_path / f"store-{next(made)}")
        parts = [Part(v, i, kind_named(kind), rows) for v, i, kind, rows in series]
        append(store, parts, Origin("made", "test", "close"), imported_at=IMPORTED)
        return store.reopened()

    return make


@pytest.fixture(scope="session")
def recorded_store(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Store]:
    """Import recorded files into a store; skip where they are absent."""
    folder = Path(__file__).parents[1].parent.parent / "shared" / "data"

    def make(*names: str) -> Store:
        store = create_store(tmp_path_factory.mktemp("recorded") / "store")
        for name in names:
            if not (folder / name).exists():
                pytest.skip(f"no recorded market data at {folder / name}")
            for found in find([folder / name]):
                import_file(store, found, imported_at=IMPORTED)
                store = store.reopened()
        return store

    return make
