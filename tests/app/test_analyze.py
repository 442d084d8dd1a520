"""`obverse analyze`: every section told or not, in every face, and as of an instant."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from obverse.app.commands.analyze import Request, run
from obverse.app.market_cli import dollars
from obverse.errors import DataError, MarketDataError
from obverse.market.series import Part
from obverse.market.series.kinds import kind_named
from obverse.market.store import Origin, append, create_store

START = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 60
CUT = "2024-02-10T00:00:00Z"


def _store(folder: Path, until: datetime | None = None) -> Path:
    random = np.random.default_rng(4)
    hours = 24 * DAYS
    close = 50_000 * np.exp(np.cumsum(random.normal(0, 5e-3, hours)))
    bars = pl.DataFrame({
        "time": [START + timedelta(hours=n + 1) for n in range(hours)], "close": close,
        "open": close, "high": close * 1.002, "low": close * 0.998,
        "volume_contracts": random.integers(1, 1000, hours).astype(float),
    }).with_columns((pl.col("time") - timedelta(hours=1)).alias("open_time"))  # fmt: skip
    funding = pl.DataFrame({
        "time": [START + timedelta(hours=8 * (n + 1)) for n in range(3 * DAYS)],
        "rate": random.normal(1e-4, 1e-4, 3 * DAYS), "interval_hours": [8.0] * (3 * DAYS),
    })  # fmt: skip
    store = create_store(folder)
    parts = []
    for kind, rows in (("bars_1h", bars), ("funding", funding)):
        known = rows if until is None else rows.filter(pl.col("time") <= until)
        parts.append(Part("binance", "BTCUSD_PERP", kind_named(kind), known))
    append(store, parts, Origin("made", "test", "close"), imported_at=START)
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _store(tmp_path_factory.mktemp("analyze") / "store")


def asked(place: Path, at: str | None = None) -> Request:
    return Request(str(place), "binance", "BTCUSD_PERP", at)


def sections(
    place: Path, capsys: pytest.CaptureFixture[str], at: str | None = None
) -> dict[str, object]:
    run(asked(place, at), True, False, None)
    return {each["section"]: each for each in json.loads(capsys.readouterr().out)["sections"]}


def test_what_is_stored_is_told_and_the_rest_says_why(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(asked(place), False, False, None)
    printed = capsys.readouterr().out
    for title in (
        "Funding of BTCUSD_PERP at binance: 180 payments",
        "Absolute move of BTCUSD_PERP at binance by hour",
        "Turnover of BTCUSD_PERP at binance by month",
        "Where positions in BTCUSD_PERP at binance would be liquidated",
        "Amihud's illiquidity of BTCUSD_PERP",
        "Capital efficiency",
    ):
        assert title in printed
    assert "Not shown" in printed
    assert "book_tops" in printed


def test_a_store_cut_at_an_instant_says_what_the_whole_one_says_of_it(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = _store(tmp_path / "store", datetime(2024, 2, 10, tzinfo=UTC))
    whole, early = sections(place, capsys, CUT), sections(cut, capsys, CUT)
    assert whole.keys() == early.keys()
    for key, own in whole.items():
        if key not in ("carry", "open_interest", "spreads", "order_flow", "season_spread"):
            assert own["rows"] == early[key]["rows"], key  # type: ignore[index]
            assert own["rows"][0].get("reason") is None, key  # type: ignore[index]


def test_csv_and_pages(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(asked(place), False, True, None)
    head = capsys.readouterr().out.splitlines()[0]
    assert head.startswith("row,underlying,measure")
    assert len(set(head.split(","))) == len(head.split(","))
    page, png = tmp_path / "page.html", tmp_path / "chart.png"
    run(asked(place), False, False, page, png)
    assert page.read_text(encoding="utf-8").count("<svg") >= 8
    assert png.exists()


def test_data_that_ends_before_the_instant_says_so(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(asked(place, "2024-06-01"), False, False, None)
    assert "The last row is 92 days before 2024-06-01T00:00:00Z" in capsys.readouterr().out


@pytest.mark.parametrize("coins", [float("nan"), float("inf"), 0.0, -1.0])
def test_reserves_that_are_none_are_refused(place: Path, coins: float) -> None:
    asked = Request(str(place), "binance", "BTCUSD_PERP", reserves_coin=coins)
    with pytest.raises(DataError, match="expected coins above zero"):
        run(asked, False, False, None)


@pytest.mark.parametrize("words", ["", "0", "1000,nan", "inf", "-5", "much"])
def test_sizes_that_are_none_are_refused(words: str) -> None:
    with pytest.raises(DataError, match="expected dollars above zero"):
        dollars(words)


def test_an_instrument_that_is_not_there_is_named(place: Path) -> None:
    with pytest.raises(MarketDataError, match="of binance it has BTCUSD_PERP"):
        run(Request(str(place), "binance", "ETHUSD_PERP"), False, False, None)
