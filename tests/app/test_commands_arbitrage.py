"""`obverse arbitrage`: all venues simulated, one from a store, and the faces of the result."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from obverse.market.series import Part, kind_named
from obverse.market.store import Origin, append, create_store

AT = datetime(2026, 3, 1, tzinfo=UTC)


def test_all_venues_that_are_open_are_screened(obverse) -> None:
    result = obverse("arbitrage", "--size", "1000000", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["simulated"] is True
    assert set(found["venue"].split("/")) == {"binance", "bybit", "deribit", "kraken", "okx"}
    rows = list(csv.DictReader(io.StringIO(obverse("arbitrage", "--csv").stdout)))
    assert {row["sort"] for row in rows} == {
        "spot-future", "spot-perpetual", "perpetual-future", "cross-venue", "curve",
    }  # fmt: skip
    assert all(row["reason"] for row in rows if float(row["net_bp"]) <= 0)
    able = [float(row["return_on_margin"]) for row in rows if not row["reason"]]
    assert able == sorted(able, reverse=True)


def test_text_fits_the_terminal_and_says_it_is_simulated(obverse) -> None:
    result = obverse("arbitrage", "--underlying", "BTC", "--rows", "5")
    assert result.exit_code == 0, result.output
    assert "SIMULATED" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100
    assert "ETH" not in result.stdout


def test_a_page_and_a_picture(obverse, tmp_path: Path) -> None:
    page, picture = tmp_path / "a.html", tmp_path / "a.png"
    result = obverse("arbitrage", "--venue", "deribit", "--html", page, "--png", picture)
    assert result.exit_code == 0, result.output
    assert "<svg" in page.read_text()
    assert picture.read_bytes()[:4] == b"\x89PNG"
    wrong = obverse("arbitrage", "--png", tmp_path / "a.jpg")
    assert wrong.exit_code == 2
    assert ".png" in wrong.stderr


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with one venue's spot index, perpetual, future, funding and best quotes."""
    place = tmp_path / "store"
    shared = {"time": AT, "underlying": "BTC", "quote": "USD", "index": 60_000.0}
    near = datetime(2026, 3, 27, 8, tzinfo=UTC)
    perpetual = {**shared, "contract": "perpetual", "mark": 60_010.0, "bid": 60_009.5,
                 "ask": 60_010.5}  # fmt: skip
    future = {**shared, "contract": "future", "expiry": near, "mark": 61_000.0,
              "bid": 60_997.5, "ask": 61_002.5}  # fmt: skip
    times = [AT - timedelta(hours=8 * place) for place in range(60)][::-1]
    paid = {"time": times, "rate": [0.0001] * 30 + [0.0003] * 30, "interval_hours": 8.0}
    top = {"time": AT - timedelta(seconds=5), "bid": 60_997.5, "ask": 61_002.5}
    top |= {"bid_size": 200.0, "ask_size": 900.0}
    parts = [
        Part("deribit", name, kind_named(kind), pl.DataFrame(rows))
        for name, kind, rows in (
            ("BTC-PERPETUAL", "tickers", [perpetual]),
            ("BTC-27MAR26", "tickers", [future]),
            ("BTC-PERPETUAL", "funding", paid),
            ("BTC-27MAR26", "book_tops", [top]),
        )
    ]
    append(create_store(place), parts, Origin("made", "test", "event"), imported_at=AT)
    monkeypatch.setenv("OBVERSE_STORE", str(place))
    return place


def test_a_store_gives_funding_histories_and_depth(obverse, stored: Path) -> None:
    at = ("--venue", "deribit", "--at", "2026-03-01")
    large = obverse("arbitrage", *at, "--size", "10000", "--csv")
    assert large.exit_code == 0, large.output
    rows = {row["sort"]: row for row in csv.DictReader(io.StringIO(large.stdout))}
    assert rows["spot-future"]["reason"] == "BTC-27MAR26 has 2,000 USD at its best price"
    assert float(rows["perpetual-future"]["funding_deviation"]) > 0
    small = obverse("arbitrage", *at, "--size", "2000", "--csv")
    rows = {row["sort"]: row for row in csv.DictReader(io.StringIO(small.stdout))}
    assert rows["spot-future"]["reason"] == ""


def test_nothing_later_than_the_instant_is_used(obverse, stored: Path) -> None:
    at = ("--venue", "deribit", "--at", "2026-03-01", "--size", "2000", "--csv")
    before = obverse("arbitrage", *at).stdout
    later = pl.DataFrame({"time": [AT + timedelta(hours=8)], "rate": [0.01], "interval_hours": 8.0})
    part = Part("deribit", "BTC-PERPETUAL", kind_named("funding"), later)
    append(create_store(stored), [part], Origin("made", "test", "event"), imported_at=AT)
    assert obverse("arbitrage", *at).stdout == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--size", "lots"), "expected dollars"),
        (("--size", "0"), "above zero"),
        (("--size", "nan"), "above zero"),
        (("--size", "inf"), "above zero"),
        (("--size", "1e30"), "at most"),
        (("--horizon-days", "0"), "horizon"),
        (("--underlying", "XRP", "--venue", "deribit"), "XRP"),
        (("--venue", "ftx"), "ftx"),
        (("--json", "--csv"), "choose one"),
    ],
)
def test_what_cannot_be_done_is_said(obverse, arguments: tuple[str, ...], words: str) -> None:
    result = obverse("arbitrage", *arguments)
    assert result.exit_code == 2, result.output
    assert words in result.stderr
