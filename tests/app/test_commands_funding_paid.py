"""`obverse funding --paid`: recorded payments of a store."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from obverse.market.series import Part, kind_named
from obverse.market.store import Origin, append, create_store

START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with the payments of two perpetuals."""
    place = tmp_path / "store"
    rates = 1e-4 + 5e-5 * np.random.default_rng(3).normal(size=300)
    rows = {
        "time": [START + timedelta(hours=8 * n) for n in range(300)],
        "rate": rates,
        "interval_hours": 8.0,
    }
    parts = [
        Part(venue, name, kind_named("funding"), pl.DataFrame(rows))
        for venue, name in (("bitmex", "XBTUSD"), ("okx", "BTC-USD-SWAP"))
    ]
    append(create_store(place), parts, Origin("made", "test", "event"), imported_at=START)
    monkeypatch.setenv("OBVERSE_STORE", str(place))
    return place


def test_payments_are_described_summed_and_drawn(obverse, stored: Path, tmp_path: Path) -> None:
    picture = tmp_path / "f.png"
    result = obverse("funding", "--paid", "--venue", "bitmex", "--png", picture)
    assert result.exit_code == 0, result.output
    assert "300 payments" in result.stdout
    assert "half-life" in result.stdout or "autocorrelation" in result.stdout
    assert "SIMULATED" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100
    assert picture.exists()
    rows = list(csv.DictReader(io.StringIO(
        obverse("funding", "--paid", "--venue", "okx", "--until", "2024-01-10", "--csv").stdout
    )))  # fmt: skip
    assert len(rows) == 28


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "bitmex/XBTUSD, okx/BTC-USD-SWAP"),
        (("--venue", "kraken"), "No venue 'kraken'"),
        (("--instrument", "XBTUSDT"), "Did you mean XBTUSD"),
        (("--venue", "bitmex", "--at", "2024-01-10"), "--from and --until"),
        (("--venue", "bitmex", "--from", "2030-01-01"), "XBTUSD"),
    ],
)
def test_what_cannot_be_told_is_said(
    obverse, stored: Path, arguments: tuple[str, ...], words: str
) -> None:
    result = obverse("funding", "--paid", *arguments)
    assert result.exit_code == 2, result.output
    assert words in result.stderr


def test_a_simulated_run_tells_of_the_payments_in_the_store(obverse, stored: Path) -> None:
    arguments = ("funding", "--venue", "okx", "--at", "2024-03-01")
    assert "--paid has what the store" in " ".join(obverse(*arguments).stderr.split())
    assert "--paid" not in obverse(*arguments, "--market", "simulated").stderr
    assert "--paid" not in obverse("funding", "--venue", "deribit", "--at", "2024-03-01").stderr
