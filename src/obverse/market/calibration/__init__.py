"""The simulated market's parameters fitted to recorded history, and kept in a small TOML file."""

from obverse.market.calibration.files import read_calibration, write_calibration
from obverse.market.calibration.fitting import CoinHistory, Series, calibrate
from obverse.market.calibration.paths import calibrated_path
from obverse.market.calibration.records import (
    TENOR_DAYS,
    Calibration,
    CoinCalibration,
    Fitted,
    FundingProcess,
    Jumps,
    Seasons,
    TenorBasis,
    Volatility,
)

__all__ = [
    "TENOR_DAYS",
    "Calibration",
    "CoinCalibration",
    "CoinHistory",
    "Fitted",
    "FundingProcess",
    "Jumps",
    "Seasons",
    "Series",
    "TenorBasis",
    "Volatility",
    "calibrate",
    "calibrated_path",
    "read_calibration",
    "write_calibration",
]
