"""Shared by the tests of calibration: recorded series, a known calibration, series made by it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from obverse.market.calibration import (
    TENOR_DAYS,
    Calibration,
    CoinCalibration,
    CoinHistory,
    Fitted,
    FundingProcess,
    Jumps,
    Seasons,
    Series,
    TenorBasis,
    Volatility,
    calibrate,
)
from obverse.market.series import Part, checked
from obverse.market.simulated_paths import SimulatedPath
from obverse.market.sources import bitmex_files, deribit_files
from obverse.market.sources.file_formats import FileFormat
from obverse.market.sources.registry import format_of

HOUR_NS = 3_600_000_000_000
DAY_NS = 24 * HOUR_NS


def _parts(path: Path, formats: Sequence[FileFormat]) -> list[Part]:
    if not path.exists():
        pytest.skip(f"no recorded market data at {path}")
    found = format_of(path, formats)
    assert found is not None
    return [checked(part) for part in found.read(path)]


def _data() -> Path:
    return Path(__file__).parents[3].parent / "shared" / "data"


@pytest.fixture(scope="session")
def bitmex_hours() -> pl.DataFrame:
    """Hourly bars of XBTUSD, 2016 to 2020."""
    (part,) = _parts(_data() / "bitmex" / "xbtusd_1h.parquet", bitmex_files.FORMATS)
    return part.frame


@pytest.fixture(scope="session")
def bitmex_minutes() -> pl.DataFrame:
    """Minutes of XBTUSD in the half of 2020 that was recorded."""
    (part,) = _parts(_data() / "bitmex" / "xbtusd_1m_2020.parquet", bitmex_files.FORMATS)
    return part.frame


@pytest.fixture(scope="session")
def bitmex_funding() -> pl.DataFrame:
    """Every funding of XBTUSD, 2016 to 2020."""
    (part,) = _parts(_data() / "bitmex" / "xbtusd_funding.parquet", bitmex_files.FORMATS)
    return part.frame


@pytest.fixture(scope="session")
def deribit_funding() -> pl.DataFrame:
    """Hourly funding of BTC-PERPETUAL, 2019 to 2020."""
    path = _data() / "deribit" / "btc_perpetual_funding_1h.parquet"
    (part,) = _parts(path, deribit_files.FORMATS)
    return part.frame


@pytest.fixture(scope="session")
def deribit_curves() -> pl.DataFrame:
    """Curves of BTC and ETH, about four a day through four months of 2026."""
    path = _data() / "deribit" / "forward_curve.parquet"
    return pl.concat([part.frame for part in _parts(path, deribit_files.FORMATS)])


@pytest.fixture(scope="session")
def recorded(
    bitmex_hours: pl.DataFrame, deribit_curves: pl.DataFrame, deribit_funding: pl.DataFrame
) -> Calibration:
    """BTC calibrated on recorded series."""
    history = CoinHistory(
        Series("bitmex XBTUSD bars_1h", bitmex_hours),
        Series("deribit BTC tickers", deribit_curves),
        Series("deribit BTC-PERPETUAL funding", deribit_funding),
    )
    return calibrate({"BTC": history})


def _basis(scale: float) -> tuple[TenorBasis, ...]:
    rows = zip(
        TENOR_DAYS,
        (0.03, 0.04, 0.045, 0.05, 0.055),
        (0.06, 0.04, 0.035, 0.03, 0.025),
        (4.0, 8.0, 12.0, 18.0, 25.0),
        (-0.6, -0.2, 0.0, 0.2, 0.5),
        strict=True,
    )
    return tuple(
        TenorBasis(
            days=days,
            mean=mean,
            deviation=scale * deviation,
            half_life_days=half_life,
            half_life_low_days=half_life,
            half_life_high_days=half_life,
            half_life_held=False,
            noise=0.0,
            tilt=tilt,
        )
        for days, mean, deviation, half_life, tilt in rows
    )


def _coin(start_usd: float, annual: float, correlation: float | None) -> CoinCalibration:
    hours = 1 + 0.5 * np.cos(2 * np.pi * (np.arange(24) - 15) / 24)
    days = np.array([1.1, 1.1, 1.1, 1.1, 1.2, 0.7, 0.7])
    return CoinCalibration(
        start_usd=start_usd,
        correlation=correlation,
        volatility=Volatility(annual, 0.4, 10.0, 10.0, 10.0),
        jumps=Jumps(60.0, 0.03 * annual / 0.6),
        seasons=Seasons(tuple(hours.tolist()), tuple(days.tolist())),
        basis=_basis(annual / 0.6),
        funding=FundingProcess(
            rest_rate=0.0001,
            mean=0.0002,
            deviation=0.0005,
            dead_band=0.00025,
            half_life_hours=20.0,
            half_life_low_hours=20.0,
            half_life_high_hours=20.0,
        ),
        fitted=(
            Fitted(
                "made up", datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC), 9
            ),
        ),
    )


@pytest.fixture(scope="session")
def known() -> Calibration:
    """A calibration that nobody fitted, of realistic size."""
    coins = {"BTC": _coin(40_000.0, 0.6, None), "ETH": _coin(2_000.0, 0.75, 0.7)}
    return Calibration(coins, ("made up for tests",))


def _times(name: str, stamps: np.ndarray) -> pl.Series:
    return pl.Series(name, stamps).cast(pl.Datetime("ns", "UTC"))


def bars_of(path: SimulatedPath) -> pl.DataFrame:
    """The index as stored hourly bars, closes only."""
    times = [_times("time", path.times_ns), _times("open_time", path.times_ns - HOUR_NS)]
    return pl.DataFrame([*times, pl.Series("close", path.index_usd)])


def funding_of(path: SimulatedPath) -> pl.DataFrame:
    """The accruing rate as stored hourly funding."""
    rates = pl.Series("rate", path.funding_rate_8h / 8)
    return pl.DataFrame([_times("time", path.times_ns), rates]).with_columns(interval_hours=1.0)


def tickers_of(path: SimulatedPath, step_hours: int = 24) -> pl.DataFrame:
    """Curves as stored tickers, on Fridays of five weeks and every thirteenth of a year."""
    rows = []
    levels = np.array([tenor.basis for tenor in path.tenors])
    ends = np.array([tenor.days for tenor in path.tenors], dtype=float)
    first = path.times_ns[0] // DAY_NS
    fridays = first + 4 - (first + 3) % 7 + 7 * np.arange(900)
    expiries = DAY_NS * fridays + 8 * HOUR_NS
    for hour in range(0, len(path.times_ns), step_hours):
        now = path.times_ns[hour]
        away = (expiries - now) / DAY_NS
        listed = (away > 0) & (away < 400)
        listed &= (away < 35) | (np.arange(len(expiries)) % 13 == 0)
        days = away[listed]
        gaps = np.interp(days, np.r_[0, ends], np.r_[0, levels[:, hour] * ends / 365])
        gaps = np.where(days > ends[-1], levels[-1, hour] * days / 365, gaps)
        rows.append((np.full(len(days), now), expiries[listed], path.index_usd[hour], gaps))
    index = np.concatenate([np.full(len(row[0]), row[2]) for row in rows])
    marks = index * np.exp(np.concatenate([row[3] for row in rows]))
    return pl.DataFrame(
        [
            _times("time", np.concatenate([row[0] for row in rows])),
            _times("expiry", np.concatenate([row[1] for row in rows])),
            pl.Series("mark", marks),
            pl.Series("index", index),
        ]
    ).with_columns(contract=pl.lit("future"), underlying=pl.lit(path.underlying))
