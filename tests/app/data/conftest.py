"""A store of small series, and a way to run `obverse data` on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from click.testing import Result
from typer.testing import CliRunner

from obverse.app.cli import app
from obverse.app.console import console

Run = Callable[..., Result]
START = datetime(2024, 1, 31, 23, tzinfo=UTC)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with minutes of XBTUSD and funding, in the recorded forms."""
    folder = tmp_path / "files"
    folder.mkdir()
    closes = [START + timedelta(minutes=place) for place in range(120)]
    names = ("open_x100", "high_x100", "low_x100", "close_x100")
    price = pl.Series([4_300_000 + 50 * (place % 9) for place in range(120)], dtype=pl.Int32)
    pl.DataFrame(
        {"close_time": closes, "trades": 1, "volume_usd": 100, "turnover_xbt_sat": 232_500}
        | dict.fromkeys(names, price)
    ).write_parquet(folder / "minutes.parquet")
    pl.DataFrame(
        {
            "timestamp": [START + timedelta(hours=8 * place) for place in range(10)],
            "symbol": "XBTUSD",
            "fundingInterval": "2000-01-01T08:00:00Z",
            "fundingRate": [0.0001 * place for place in range(10)],
            "fundingRateDaily": 0.0003,
        }
    ).write_parquet(folder / "funding.parquet")
    return folder


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run `obverse data` with a store of this test's own; stdout and stderr apart."""
    monkeypatch.setenv("OBVERSE_STORE", str(tmp_path / "store"))

    def run(*arguments: object) -> Result:
        console.cache_clear()
        return CliRunner().invoke(app, ["data", *(str(item) for item in arguments)])

    yield run
    console.cache_clear()


@pytest.fixture
def filled(run: Run, files: Path) -> Run:
    """The same, with the files imported."""
    assert run("import", files).exit_code == 0
    return run
