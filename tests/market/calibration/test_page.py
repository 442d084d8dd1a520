"""The page on calibration: its example is a good file, its table has every field."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from obverse.market import simulated
from obverse.market.calibration import (
    CoinCalibration,
    Fitted,
    FundingProcess,
    Jumps,
    Seasons,
    TenorBasis,
    Volatility,
    read_calibration,
)

PAGE = (Path(__file__).parents[3] / "docs" / "calibration.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_example_is_simulated(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text(EXAMPLE, encoding="utf-8")
    calibration = read_calibration(path)
    assert [tenor.days for tenor in calibration.coins["BTC"].basis] == [30, 180]
    market = simulated(calibration=calibration)
    assert market.source == "simulated market, seed 7, calibrated"
    assert market["BTC"].findings == ()


def test_the_implied_rate_is_what_the_example_says(tmp_path: Path) -> None:
    from obverse.market.calibration.files import calibration_text

    path = tmp_path / "my.toml"
    path.write_text(EXAMPLE, encoding="utf-8")
    written = calibration_text(read_calibration(path))
    body = written.partition("schema")[2]
    assert body == EXAMPLE.partition("schema")[2]


@pytest.mark.parametrize(
    "record", [CoinCalibration, Fitted, FundingProcess, Jumps, Seasons, TenorBasis, Volatility]
)
def test_every_field_is_on_the_page(record: type[msgspec.Struct]) -> None:
    tables = "\n".join(line for line in PAGE.splitlines() if line.startswith("| `"))
    assert [name for name in record.__struct_fields__ if f"`{name}`" not in tables] == []
