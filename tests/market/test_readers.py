from __future__ import annotations

from pathlib import Path

import pytest

from obverse.errors import DataError, MarketDataError
from obverse.market import read

CSV = (
    "at,underlying,venue,symbol,kind,expiry,index,mark\n"
    "2026-02-01T00:00:00Z,BTC,deribit,BTC-PERPETUAL,perpetual,,100,100\n"
)


def test_a_file_is_read_by_its_ending(tmp_path: Path) -> None:
    path = tmp_path / "market.CSV"
    path.write_text(CSV, encoding="utf-8")
    assert read(path)["BTC"].index == 100
    assert read(str(path), at="2026-02-01T00:00Z", venue="deribit").venue == "deribit"


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MarketDataError, match=r"No market at .*; expected a \.csv"):
        read(tmp_path / "none.csv")


def test_unknown_forms_say_which_there_are(tmp_path: Path) -> None:
    (tmp_path / "market.txt").write_text("", encoding="utf-8")
    for place in (tmp_path, tmp_path / "market.txt"):
        with pytest.raises(
            MarketDataError, match=r"expected a .csv, .json, .parquet file .*forward"
        ):
            read(place)


def test_an_instant_that_is_none_is_told(tmp_path: Path) -> None:
    path = tmp_path / "market.csv"
    path.write_text(CSV, encoding="utf-8")
    with pytest.raises(DataError, match="not an instant"):
        read(path, at="yesterday")


def test_the_recording_is_deribits(deribit_recordings: Path) -> None:
    with pytest.raises(MarketDataError, match="holds deribit, not 'kraken'"):
        read(deribit_recordings, venue="kraken")
