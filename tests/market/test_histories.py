"""Histories from files: every instant of one instrument, through the same door."""

from __future__ import annotations

from pathlib import Path

import pytest

from obverse.errors import LocatedError, MarketDataError, SymbolError
from obverse.market import history, read, simulated, write

HOURS = [f"2026-02-01T{hour:02d}:00:00Z" for hour in (3, 1, 2)]


@pytest.fixture(params=[".csv", ".json", ".parquet"])
def path(request, tmp_path: Path) -> Path:
    """Three instants, out of order, in each of the forms."""
    import polars as pl

    place = tmp_path / f"many{request.param}"
    parts = []
    for number, at in enumerate(HOURS):
        write(simulated(at=at, underlyings=("BTC", "ETH")), tmp_path / f"{number}{request.param}")
        parts.append(tmp_path / f"{number}{request.param}")
    if request.param == ".parquet":
        pl.concat([pl.read_parquet(part) for part in parts]).write_parquet(place)
    elif request.param == ".json":
        inner = [part.read_text(encoding="utf-8").strip()[1:-1] for part in parts]
        place.write_text("[" + ",".join(inner) + "]", encoding="utf-8")
    else:
        lines = [part.read_text(encoding="utf-8").splitlines() for part in parts]
        rows = [lines[0][0], *(row for one in lines for row in one[1:])]
        place.write_text("\n".join(rows), encoding="utf-8")
    return place


def test_every_instant_is_read_in_order_as_reading_each_alone_would(path: Path) -> None:
    found = history(path, "ETH-PERPETUAL")
    assert [snapshot.at.hour for snapshot in found.snapshots] == [1, 2, 3]
    assert (found.underlying, found.venue, found.simulated) == ("ETH", "deribit", True)
    for snapshot, quote in zip(found.snapshots, found.quotes, strict=True):
        alone = read(path, at=snapshot.at)["ETH"]
        assert quote == alone["ETH-PERPETUAL"]
        assert snapshot.index == alone.index
        assert snapshot.quotes == (quote,)


def test_an_unknown_instrument_or_venue_names_the_nearest(path: Path) -> None:
    with pytest.raises(SymbolError, match="Did you mean ETH-PERPETUAL"):
        history(path, "ETH-PERPETUA")
    with pytest.raises(MarketDataError, match="no venue 'deribitt'"):
        history(path, "ETH-PERPETUAL", venue="deribitt")


HEAD = "at,underlying,venue,symbol,kind,expiry,index,mark\n"
GOOD = "2026-02-01T0{}:00:00Z,BTC,okx,S,perpetual,,{},100\n"


def test_a_refused_instant_is_a_finding_and_a_bad_cell_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(HEAD + GOOD.format(1, 100) + GOOD.format(2, 0), encoding="utf-8")
    found = history(path, "S")
    assert len(found.snapshots) == 1
    assert "index 0 is not a price" in found.findings[0].reason
    path.write_text(HEAD + GOOD.format(2, 0), encoding="utf-8")
    with pytest.raises(MarketDataError, match="no usable instant"):
        history(path, "S")
    path.write_text(HEAD + GOOD.format(1, "x"), encoding="utf-8")
    with pytest.raises(LocatedError, match=r"m\.csv:2"):
        history(path, "S")


def test_places_that_hold_no_history(tmp_path: Path) -> None:
    with pytest.raises(MarketDataError, match="No market at"):
        history(tmp_path / "none.csv", "S")
    with pytest.raises(MarketDataError, match="is a directory"):
        history(tmp_path, "S")
    (tmp_path / "m.txt").write_text("", encoding="utf-8")
    with pytest.raises(MarketDataError, match="no known form"):
        history(tmp_path / "m.txt", "S")
