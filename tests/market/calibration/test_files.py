"""Calibrations in TOML: they read back as they were, and a bad file is told by line and field."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.errors import LocatedError, MarketDataError
from obverse.located import parse
from obverse.market.calibration import (
    Calibration,
    Fitted,
    Volatility,
    read_calibration,
    write_calibration,
)
from obverse.market.calibration.files import calibration_text


@pytest.fixture
def written(known: Calibration, tmp_path: Path) -> Path:
    path = tmp_path / "calibration.toml"
    write_calibration(known, path)
    return path


def test_a_calibration_reads_back_as_it_was(
    known: Calibration, recorded: Calibration, tmp_path: Path
) -> None:
    path = tmp_path / "calibration.toml"
    for calibration in (known, recorded):
        write_calibration(calibration, path)
        assert read_calibration(path) == calibration
        assert path.stat().st_size < 6_000


@settings(max_examples=50)
@given(
    annual=st.floats(0.2, 50),
    deviation=st.floats(0, 1e6),
    life=st.floats(1e-9, 1e11),
    name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    note=st.text(st.characters(exclude_categories=["Cs"])),
    moment=st.datetimes(timezones=st.just(UTC)),
)
def test_any_numbers_and_names_read_back(
    known: Calibration,
    annual: float,
    deviation: float,
    life: float,
    name: str,
    note: str,
    moment: datetime,
) -> None:
    changed = msgspec.structs.replace(
        known.coins["BTC"],
        volatility=Volatility(annual, deviation, life, life, life),
        jumps=type(known.coins["BTC"].jumps)(1.0, annual / 10),
        fitted=(Fitted(name, moment, moment, 1),),
    )
    calibration = Calibration({"BTC": changed}, (note,))
    text = calibration_text(calibration)
    found = msgspec.convert(
        {key: value for key, value in parse(text, "x").data.items() if key != "schema"}, Calibration
    )
    assert found == calibration


def test_a_coin_may_lack_basis_and_funding(known: Calibration, tmp_path: Path) -> None:
    bare = msgspec.structs.replace(known.coins["ETH"], basis=(), funding=None, fitted=())
    path = tmp_path / "bare.toml"
    write_calibration(Calibration({"ETH": bare}), path)
    assert read_calibration(path) == Calibration({"ETH": bare})


def test_people_find_units_and_what_the_numbers_make(written: Path) -> None:
    text = written.read_text(encoding="utf-8")
    assert "annual = 0.6  # of log-returns, jumps included" in text
    assert "of mean 0.000225, deviation 0.000338, at rest 35.6% of the time" in text
    assert tomllib.loads(text)["coins"]["BTC"]["basis"][1]["days"] == 30


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("annual = 0.6 ", "anual = 0.6 ", r"unknown field 'anual'; did you mean 'annual'"),
        (
            "annual = 0.6 ",
            "annual = -0.6 ",
            r"coins\.BTC\.volatility\.annual: Expected `float` > 0",
        ),
        ("annual = 0.6 ", "annual = nan ", r"volatility\.annual: NaN is not finite"),
        ("annual = 0.6 ", "annual = inf ", r"volatility\.annual: Infinity is not finite"),
        ("annual = 0.6 ", "annual = 'much' ", "Expected `float`, got `str`"),
        ("annual = 0.6 ", "annual = 0.1 ", "jumps make a variance of 0.054 a year"),
        ("annual = 0.6 ", "", "missing required field `annual`"),
        ("tilt = -0.6 ", "tilt = -1.6 ", r"Expected `float` >= -1.0"),
        ("log_half_life_days = 10.0", "log_half_life_days = 11.0", "not within 10 to 10"),
        ("days = 30", "days = 7", "do not increase"),
        ("schema = 1", "schema = 2", "schema 2 is not known; this version reads 1"),
        ("schema = 1", "", "missing required field `schema`"),
        ("  1.1, 1.1, 1.1, 1.1, 1.2, 0.7,", "  1.1, 1.1, 1.1, 1.1,", "length >= 7"),
        (
            "  1.1, 1.1, 1.1, 1.1, 1.2, 0.7,",
            "  2, 1.1, 1.1, 1.1, 1.2, 0.7,",
            "weekdays have a mean",
        ),
        ("coins.ETH", "coins.DOGE", "the simulated market has no 'DOGE'; it has BTC, ETH"),
        ("start = 2024-01-01T00:00:00Z", "start = 2024-01-01T00:00:00", "timezone"),
        ("[coins.BTC]", "[coins.BTC", "not TOML"),
    ],
)
def test_a_file_that_breaks_a_limit_is_refused(
    written: Path, old: str, new: str, message: str
) -> None:
    text = written.read_text(encoding="utf-8")
    assert old in text
    written.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(LocatedError, match=message) as caught:
        read_calibration(written)
    assert caught.value.faults[0].path == "calibration.toml"


def test_the_fault_is_on_its_line(written: Path) -> None:
    lines = written.read_text(encoding="utf-8").split("\n")
    at = next(place for place, line in enumerate(lines) if line.startswith("dead_band"))
    lines[at] = "dead_band = -1"
    written.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(LocatedError, match=r"Expected `float` >= 0") as caught:
        read_calibration(written)
    assert caught.value.faults[0].line == at + 1
    assert caught.value.faults[0].field == "coins.BTC.funding.dead_band"


def test_an_empty_calibration_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.toml"
    path.write_text("schema = 1\n[coins]\n", encoding="utf-8")
    with pytest.raises(LocatedError, match="no coin; at least one is needed"):
        read_calibration(path)


def test_files_that_cannot_be_read_or_written_are_named(known: Calibration, tmp_path: Path) -> None:
    with pytest.raises(MarketDataError, match=r"none\.toml cannot be read"):
        read_calibration(tmp_path / "none.toml")
    with pytest.raises(MarketDataError, match=r"file\.toml cannot be written"):
        write_calibration(known, tmp_path / "missing" / "file.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MarketDataError, match=r"bytes\.toml cannot be read"):
        read_calibration(tmp_path / "bytes.toml")
