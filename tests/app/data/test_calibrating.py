"""`obverse data calibrate`, and the market that is simulated by what it wrote."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import Result

from obverse.market.calibration import read_calibration
from obverse.market.series import Part, bars
from obverse.market.store import Origin, append, create_store

Run = Callable[..., Result]
START = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
YEARLY = 0.5


@pytest.fixture
def hours(run: Run, tmp_path: Path) -> Run:
    """A store with half a year of hours of a plain random walk."""
    moves = np.random.default_rng(5).normal(0, YEARLY / np.sqrt(8760), 4400)
    closes = 40_000 * np.exp(np.cumsum(moves))
    times = [START + (place + 1) * HOUR for place in range(len(closes))]
    frame = pl.DataFrame({"time": times, "close": closes}).with_columns(
        (pl.col("time") - HOUR).alias("open_time"),
        *(pl.col("close").alias(name) for name in ("open", "high", "low")),
    )
    part = Part("bitmex", "XBTUSD", bars(HOUR), frame)
    origin = Origin("made", "test", "close")
    append(create_store(tmp_path / "store"), [part], origin, imported_at=START)
    return run


def test_a_calibration_is_written_and_simulated_by(
    hours: Run, tmp_path: Path, obverse: Run
) -> None:
    target = tmp_path / "btc.toml"
    result = hours("calibrate", target, "--prices", "bitmex/XBTUSD/bars_1h")
    assert result.exit_code == 0, result.output
    annual = read_calibration(target).coins["BTC"].volatility.annual
    assert annual == pytest.approx(YEARLY, rel=4 / np.sqrt(2 * 4400))
    shown = obverse("report", "--market", target, "--underlying", "BTC", "--no-book")
    assert shown.exit_code == 0, shown.output
    assert "simulated market, seed 7, calibrated" in " ".join(shown.stdout.split())
    risk = obverse("risk", "--market", target, "--json")
    assert risk.exit_code == 0, risk.output
    refused = hours("calibrate", target, "--prices", "bitmex/XBTUSD/bars_1h")
    assert refused.exit_code == 2
    assert "--force" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("x.toml", "--prices", "bitmex/XBTUSD"), "VENUE/INSTRUMENT/KIND"),
        (("x.json", "--prices", "bitmex/XBTUSD/bars_1h"), ".toml"),
        (("x.toml", "--prices", "bitmex/XBTUSD/bars_1m"), "No kind 'bars_1m'"),
        (("x.toml", "--prices", "bitmex/XBTUSD/bars_1h", "--funding", "bitmex"), "VENUE/INSTR"),
        (("x.toml", "--prices", "bitmex/XBTUSD/bars_1h", "--until", "2024-01-05"), "60 days"),
        (
            ("x.toml", "--prices", "bitmex/XBTUSD/bars_1h", "--underlying", "ETH"),
            "XBTUSD at bitmex is on BTC, and ETH is calibrated",
        ),
    ],
)
def test_what_cannot_be_fitted_is_said(
    hours: Run, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    name, *options = arguments
    result = hours("calibrate", tmp_path / name, *options)
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert not (tmp_path / name).exists()
