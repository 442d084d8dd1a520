"""Commands take their market from the store, for a venue and an instant that it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from obverse.app.cli import app
from obverse.app.console import console
from obverse.market.sources.importing import find, import_file
from obverse.market.store import create_store

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recorded Deribit curves in a store."""
    folder = Path(__file__).parents[2].parent / "shared" / "data" / "deribit"
    if not folder.exists():
        pytest.skip(f"no recorded market data at {folder}")
    place = tmp_path_factory.mktemp("recorded") / "store"
    names = ("forward_curve.parquet", "perpetual_prices.parquet")
    for found in find([folder / name for name in names]):
        import_file(create_store(place), found, imported_at=datetime(2026, 6, 1, tzinfo=UTC))
    return place


@pytest.fixture
def run(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run `obverse` with that store as the default one."""
    monkeypatch.setenv("OBVERSE_STORE", str(recorded))

    def run(*arguments: object) -> Result:
        console.cache_clear()
        return CliRunner().invoke(app, [str(item) for item in arguments])

    yield run
    console.cache_clear()


def test_a_report_of_a_venue_and_an_instant_is_of_the_store(run: Run, recorded: Path) -> None:
    result = run("report", "--venue", "deribit", "--at", "2026-03-01")
    assert result.exit_code == 0, result.output
    assert "SIMULATED" not in result.stdout
    assert "66,441.58" in result.stdout
    assert f"Market: the store {recorded}" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--venue", "deribit"),
        ("--at", "2026-03-01"),
        ("--venue", "okx", "--at", "2026-03-01"),
        ("--venue", "deribit", "--at", "2026-05-20"),
        ("--venue", "deribit", "--at", "2026-03-01", "--market", "simulated"),
    ],
)
def test_anything_less_is_simulated_and_says_so(run: Run, arguments: tuple[str, ...]) -> None:
    result = run("report", "--no-book", *arguments)
    assert result.exit_code == 0, result.output
    assert "simulated" in result.stdout.lower()
    assert "Market: the store" not in result.stderr


def test_marks_and_risk_read_it_too(run: Run) -> None:
    at = ("--venue", "deribit", "--at", "2026-03-01")
    marks = run("marks", *at, "--instrument", "BTC-27MAR26")
    assert marks.exit_code == 0, marks.output
    assert "SIMULATED" not in marks.stdout
    book = Path(__file__).parents[2] / "examples" / "leveraged_long.toml"
    risk = run("risk", *at, "--book", book)
    assert risk.exit_code == 0, risk.output
    assert "SIMULATED" not in risk.stdout
    assert "tail" in risk.stdout.lower()


def test_a_store_is_named_as_a_market(run: Run, recorded: Path) -> None:
    result = run("report", "--market", recorded, "--no-book")
    assert result.exit_code == 0, result.output
    assert "2026-04-30" in result.stdout
