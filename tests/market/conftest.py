"""Shared by the tests of the market room: a raw quote to spoil, and the recorded data's place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from obverse.contracts.instruments import Kind
from obverse.market import Quote

AT = datetime(2026, 2, 1, 12, tzinfo=UTC)
EXPIRY = datetime(2026, 3, 27, 8, tzinfo=UTC)


def _future(**changes: Any) -> Quote:
    plain: dict[str, Any] = {
        "symbol": "BTC-27MAR26",
        "kind": Kind.FUTURE,
        "expiry": EXPIRY,
        "mark": Decimal("100.5"),
        "observed_at": AT,
    }
    return Quote(**plain | changes)


@pytest.fixture
def future() -> Callable[..., Quote]:
    """Make a good future at `AT`, with changes."""
    return _future


@pytest.fixture
def perpetual() -> Callable[..., Quote]:
    """Make a good perpetual at `AT`, with changes."""

    def make(**changes: Any) -> Quote:
        plain = {"symbol": "BTC-PERPETUAL", "kind": Kind.PERPETUAL, "expiry": None}
        return _future(**plain | changes)

    return make


@pytest.fixture(scope="session")
def deribit_recordings() -> Path:
    """The recorded Deribit curves beside the checkout."""
    folder = Path(__file__).parents[2].parent / "shared" / "data" / "deribit"
    if not folder.exists():
        pytest.skip(f"no recorded market data at {folder}")
    return folder
