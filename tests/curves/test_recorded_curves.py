"""The recorded Deribit curve before 2026-02-01 against its file and against hand-made numbers."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from obverse.curves import Curve, Shape, curve
from obverse.market import Market, read

TAKEN = datetime(2026, 1, 31, 21, 21, 33, 904273, tzinfo=UTC)
TO_MIDNIGHT = 2 * 3600 + 38 * 60 + 26.095727  # seconds from 21:21:33.904273
YEAR = 365 * 86400
INDEX = 77365.24


@pytest.fixture(scope="module")
def market(deribit_recordings: Path) -> Market:
    return read(deribit_recordings, at="2026-02-01T00:00:00Z")


@pytest.fixture(scope="module")
def term(market: Market) -> Curve:
    return curve(market, "BTC")


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_every_forward_is_exactly_the_files(
    market: Market, deribit_recordings: Path, coin: str
) -> None:
    file = pl.read_parquet(deribit_recordings / "forward_curve.parquet")
    rows = file.filter((pl.col("ts") == TAKEN) & (pl.col("currency") == coin)).sort("expiry")
    nodes = curve(market, coin).nodes
    assert [node.symbol for node in nodes] == rows["futures_instrument_name"].to_list()
    assert [node.mark_usd for node in nodes] == rows["forward"].to_list()
    assert [node.expiry for node in nodes] == rows["expiry"].to_list()
    theirs = [365.25 / 365 * years for years in rows["ttm"]]  # the file counts act/365.25
    assert [node.years for node in nodes] == pytest.approx(theirs, rel=1e-9)
    assert [not node.listed for node in nodes] == rows["synthetic"].to_list()


@pytest.mark.parametrize(
    ("symbol", "mark", "days", "before", "gap_days"),
    [
        # Days from 1 February to delivery at 08:00; the mark of the expiry before, and its days.
        ("BTC-27MAR26", 77723.48, 54, 77460.57, 28),
        ("BTC-26JUN26", 78604.47, 145, 77994.553846, 63),
        ("BTC-25DEC26", 80942.72, 327, 79722.36, 91),
    ],
)
def test_basis_and_rates_of_three_expiries(
    term: Curve, symbol: str, mark: float, days: int, before: float, gap_days: int
) -> None:
    (node,) = (node for node in term.nodes if node.symbol == symbol)
    years = (TO_MIDNIGHT + days * 86400 + 8 * 3600) / YEAR
    assert term.index_usd == INDEX
    assert node.mark_usd == mark
    assert node.years == pytest.approx(years, rel=1e-12)
    assert node.basis_usd == pytest.approx(mark - INDEX, abs=1e-9)
    assert node.basis_rate == pytest.approx((mark - INDEX) / INDEX)
    assert node.simple_rate == pytest.approx((mark - INDEX) / INDEX / years)
    assert node.continuous_rate == pytest.approx(math.log(mark / INDEX) / years)
    forward = math.log(mark / before) * 365 / gap_days
    assert node.forward_rate == pytest.approx(forward, rel=1e-8)


def test_the_march_quarter_by_pocket_calculator(term: Curve) -> None:
    """77,723.48 − 77,365.24 = 358.24; /77,365.24 = 0.463050 %; 54.44336 days of 365."""
    (node,) = (node for node in term.nodes if node.symbol == "BTC-27MAR26")
    assert node.basis_usd == pytest.approx(358.24, abs=1e-9)
    assert node.days == pytest.approx(54.44336, abs=5e-6)
    percent = [node.basis_rate, node.simple_rate, node.continuous_rate, node.forward_rate]
    expected = [0.463050, 3.10439, 3.09722, 4.41698]
    assert [100 * (rate or 0) for rate in percent] == pytest.approx(expected, abs=5e-6)


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_every_node_is_priced_at_its_own_mark(market: Market, coin: str) -> None:
    whole = curve(market, coin)
    for node in whole.nodes:
        assert whole.price_at(node.expiry) == pytest.approx(node.mark_usd, rel=1e-9)


def test_front_back_and_shape(term: Curve) -> None:
    assert term.front is not None
    assert term.back is not None
    assert (term.front.symbol, term.back.symbol) == ("BTC-6FEB26", "BTC-25DEC26")
    assert term.shape is Shape.MIXED  # 6 February is below the index, all later ones rise
    assert not term.simulated
    assert term.at == TAKEN


def test_the_perpetual_is_23_dollars_above_the_index(term: Curve) -> None:
    """(77,388.0 − 77,365.24)/77,365.24 = 2.942 basis points in eight hours."""
    (node,) = term.perpetuals
    assert node.premium_usd == pytest.approx(22.76, abs=1e-9)
    assert node.implied_funding_8h == pytest.approx(0.00029419, abs=5e-9)
    assert node.implied_funding_1y == pytest.approx(0.322137, abs=5e-7)
    assert node.accruing_rate_8h is None  # the recording has none


def test_the_table_warns_of_the_moving_index_and_marks_what_is_not_listed(term: Curve) -> None:
    shown = str(term)
    assert "The index moved 15.9 bp" in shown
    (line,) = (line for line in shown.splitlines() if line.startswith("SYN.BTC-20FEB26"))
    assert line.split()[1] == "*"
    (listed,) = (line for line in shown.splitlines() if line.startswith("BTC-27FEB26"))
    assert "*" not in listed
    assert "simulated" not in shown
