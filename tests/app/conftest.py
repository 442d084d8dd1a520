"""Shared by the tests of the app: where things are, rows of a conformance file, a market."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import Result
from typer.testing import CliRunner

from obverse.app.cli import app
from obverse.app.conformance.rows import Row
from obverse.app.console import console
from obverse.market import Market, simulated

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"


@pytest.fixture
def obverse() -> Iterator[Callable[..., Result]]:
    """Run `obverse` with arguments; stdout and stderr apart."""

    def run(*arguments: object) -> Result:
        console.cache_clear()  # a console keeps the stream it was made with
        return CliRunner().invoke(app, [str(item) for item in arguments])

    yield run
    console.cache_clear()


@pytest.fixture(scope="session")
def examples() -> Path:
    """The example book files."""
    return ROOT / "examples"


@pytest.fixture(scope="session")
def conformance_dir() -> Path:
    """The published worked examples; they lie beside the checkout, not in it."""
    folder = SHARED / "conformance"
    if not folder.is_dir():
        pytest.skip("../shared/conformance is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def deribit_data() -> Path:
    """The recorded Deribit curves."""
    folder = SHARED / "data" / "deribit"
    if not folder.is_dir():
        pytest.skip("../shared/data/deribit is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def market() -> Market:
    """The simulated market that a report without arguments shows."""
    return simulated(seed=7)


@pytest.fixture(scope="session")
def first_fifteen() -> frozenset[str]:
    """The quantities whose every visible row passed from the first release on."""
    return frozenset(
        {
            "average_entry",
            "carry_price",
            "combo_price",
            "contract_value",
            "equity",
            "expiry",
            "fee",
            "hedge",
            "listed_expiries",
            "pnl",
            "position_size",
            "quanto_hedge",
            "return_on_equity",
            "unrealized_pnl",
            "volume_weighted_price",
        }
    )


INVERSE = {"payoff": "inverse", "multiplier": "1", "settlement_currency": "BTC"}


def _row(quantity: str, given: dict[str, Any], expect: dict[str, Any], **changes: Any) -> Row:
    plain: dict[str, Any] = {
        "id": "T-1",
        "venue": "generic",
        "as_of": "2026-02-01",
        "instrument": None,
        "quantity": quantity,
        "given": given,
        "expect": expect,
        "tolerance": {"kind": "exact"},
        "contract": INVERSE,
    }
    return msgspec.convert(plain | changes, Row)


@pytest.fixture(scope="session")
def row() -> Callable[..., Row]:
    """Make a row of a quantity: of an inverse contract of one dollar, unless told otherwise."""
    return _row
