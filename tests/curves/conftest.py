"""Shared by the tests of the curves: hand-made snapshots, and the recorded curves' place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from obverse.contracts import Kind
from obverse.market import Quote, Snapshot
from obverse.market.sources.importing import find, import_file
from obverse.market.store import Store, create_store
from obverse.market.validation import validate

AT = datetime(2026, 2, 1, tzinfo=UTC)


def _quote(symbol: str, mark: str, days: float | None, **more: Any) -> Quote:
    kind = Kind.PERPETUAL if days is None else Kind.FUTURE
    expiry = None if days is None else AT + timedelta(days=days)
    return Quote(symbol, kind, expiry, Decimal(mark), AT, **more)


def _snapshot(
    index: str,
    futures: Mapping[float, str],
    *,
    perpetuals: Mapping[str, str] | None = None,
    synthetic: Mapping[float, str] | None = None,
    funding: str | None = None,
    **more: Any,
) -> Snapshot:
    """Make a snapshot at `AT`: marks by days to delivery, perpetual marks by symbol."""
    rate = None if funding is None else Decimal(funding)
    quotes = [
        *(_quote(f"F{days:g}", mark, days) for days, mark in futures.items()),
        *(_quote(f"SYN{days:g}", m, days, listed=False) for days, m in (synthetic or {}).items()),
        *(_quote(name, m, None, funding_rate_8h=rate) for name, m in (perpetuals or {}).items()),
    ]
    about = {"underlying": "BTC", "venue": "deribit", "source": "by hand"} | more
    return validate(quotes, at=AT, index=Decimal(index), **about)


@pytest.fixture(scope="session")
def make_snapshot() -> Callable[..., Snapshot]:
    """Make a snapshot by hand: index, {days: mark}, and perpetuals, synthetic, funding."""
    return _snapshot


@pytest.fixture(scope="session")
def deribit_recordings() -> Path:
    """The recorded Deribit curves beside the checkout."""
    folder = Path(__file__).parents[2].parent / "shared" / "data" / "deribit"
    if not folder.exists():
        pytest.skip(f"no recorded market data at {folder}")
    return folder


@pytest.fixture(scope="session")
def deribit_store(tmp_path_factory: pytest.TempPathFactory, deribit_recordings: Path) -> Store:
    """The recorded Deribit forwards in a store."""
    return _stored(tmp_path_factory, deribit_recordings, "forward_curve.parquet")


@pytest.fixture(scope="session")
def recorded_store(tmp_path_factory: pytest.TempPathFactory, deribit_recordings: Path) -> Store:
    """The recorded Deribit forwards and perpetuals in a store."""
    names = ("forward_curve.parquet", "perpetual_prices.parquet")
    return _stored(tmp_path_factory, deribit_recordings, *names)


def _stored(factory: pytest.TempPathFactory, folder: Path, *names: str) -> Store:
    store = create_store(factory.mktemp("recorded") / "store")
    for name in names:
        (found,) = find([folder / name])
        import_file(store, found, imported_at=AT)
    return store.reopened()
