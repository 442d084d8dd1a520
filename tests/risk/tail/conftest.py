"""Shared by the tests of tail risk: recorded bars of XBTUSD, and histories drawn by seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

FOLDER = Path(__file__).parents[3].parent / "shared" / "data" / "bitmex"


def _bars(name: str) -> pl.DataFrame:
    if not FOLDER.is_dir():
        pytest.skip("../shared/data/bitmex is not beside this checkout")
    return pl.read_parquet(FOLDER / name)


@pytest.fixture(scope="session")
def daily() -> pl.DataFrame:
    """Daily bars of BitMEX's XBTUSD, May 2016 to June 2020."""
    return _bars("xbtusd_1d.parquet")


@pytest.fixture(scope="session")
def hourly() -> pl.DataFrame:
    """Hourly bars of the same."""
    return _bars("xbtusd_1h.parquet")


@pytest.fixture(scope="session")
def calm_and_wild() -> np.ndarray:
    """900 prices of a walk whose volatility is 1 % and 4 % by turns of 60 steps, simulated."""
    generator = np.random.default_rng(11)
    deviation = np.where(np.arange(899) // 60 % 2 == 0, 0.01, 0.04)
    steps = np.concatenate([[0.0], generator.standard_normal(899) * deviation])
    return 10_000 * np.exp(np.cumsum(steps))
