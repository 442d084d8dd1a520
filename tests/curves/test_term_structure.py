"""The term structure on hand-made snapshots; the recorded one is in `test_recorded_curves`."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.curves import Curve, Shape, curve, price_at
from obverse.errors import DataError, MarketDataError
from obverse.market import Snapshot, simulated

Make = Callable[..., Snapshot]


def test_a_year_at_ten_per_cent_above_the_index(make_snapshot: Make) -> None:
    (node,) = curve(make_snapshot("100", {365: "110"})).nodes
    assert (node.symbol, node.listed, node.years, node.days) == ("F365", True, 1, 365)
    assert node.mark_usd == 110
    assert node.basis_usd == 10
    assert node.basis_rate == pytest.approx(0.10)
    assert node.simple_rate == pytest.approx(0.10)
    assert node.continuous_rate == node.forward_rate == pytest.approx(0.0953102, abs=5e-8)


def test_half_a_year_is_annualised_simply_and_continuously(make_snapshot: Make) -> None:
    """182.5 days at +3 %: 6 % a year simple, 2·ln(1.03) = 5.91176 % continuous."""
    (node,) = curve(make_snapshot("50000", {182.5: "51500"})).nodes
    assert node.simple_rate == pytest.approx(0.06)
    assert node.continuous_rate == pytest.approx(0.0591176, abs=5e-8)


def test_forward_rates_run_between_neighbouring_expiries(make_snapshot: Make) -> None:
    """73 days are a fifth of a year: 5·ln(102/100), 5·ln(101/102), 5/2·ln(105/101)."""
    term = curve(make_snapshot("100", {73: "102", 146: "101", 292: "105"}))
    forwards = [node.forward_rate for node in term.nodes]
    assert forwards == pytest.approx([0.0990131, -0.0492615, 0.0970996], abs=5e-8)


def test_forward_rates_weighted_by_time_make_the_rate_to_the_last_expiry(
    make_snapshot: Make,
) -> None:
    term = curve(make_snapshot("81234.5", {10: "81000", 40: "82345.6", 100: "82000", 300: "90000"}))
    edges = [0.0, *(node.years for node in term.nodes)]
    spans = [far - near for near, far in pairwise(edges)]
    total = sum((n.forward_rate or 0) * span for n, span in zip(term.nodes, spans, strict=True))
    assert total == pytest.approx(math.log(90000 / 81234.5))


@pytest.mark.parametrize(
    ("marks", "shape"),
    [
        ({30: "101", 60: "102"}, Shape.CONTANGO),
        ({30: "99", 60: "98"}, Shape.BACKWARDATION),
        ({30: "101", 60: "100.5"}, Shape.MIXED),
        ({30: "99", 60: "99.5"}, Shape.MIXED),
        ({30: "101", 60: "101"}, Shape.MIXED),
        ({}, Shape.EMPTY),
    ],
)
def test_the_shape_runs_from_the_index_outwards(
    make_snapshot: Make, marks: dict[float, str], shape: Shape
) -> None:
    term = curve(make_snapshot("100", marks, perpetuals={"BTC-PERPETUAL": "100"}))
    assert term.shape is shape
    assert str(term).startswith(f"BTC curve at deribit: {shape.value}")


def test_the_shape_is_that_of_the_listed_expiries(make_snapshot: Make) -> None:
    rising = {30: "101", 60: "102"}
    term = curve(make_snapshot("100", rising, synthetic={1: "99", 45: "103", 90: "90"}))
    assert term.shape is Shape.CONTANGO
    falling = curve(make_snapshot("100", {30: "99"}, synthetic={1: "101", 60: "102"}))
    assert falling.shape is Shape.BACKWARDATION


@pytest.mark.parametrize(
    ("marks", "shape"),
    [
        ({30: "101", 60: "102"}, Shape.CONTANGO),
        ({30: "99", 60: "98"}, Shape.BACKWARDATION),
        ({30: "101", 60: "100.5"}, Shape.MIXED),
    ],
)
def test_where_none_is_listed_the_shape_is_that_of_all_expiries(
    make_snapshot: Make, marks: dict[float, str], shape: Shape
) -> None:
    assert curve(make_snapshot("100", {}, synthetic=marks)).shape is shape


def test_a_snapshot_without_expiries_is_a_flat_curve_at_the_index(make_snapshot: Make) -> None:
    term = curve(make_snapshot("100", {}, perpetuals={"BTC-PERPETUAL": "101"}))
    assert term.nodes == ()
    assert term.front is term.back is None
    assert term.price_at(term.at + timedelta(days=90)) == 100
    assert term.to_frame("records") == []


def test_front_and_back_are_the_nearest_and_farthest_listed(make_snapshot: Make) -> None:
    synthetic = {1: "100.1", 400: "110"}
    term = curve(make_snapshot("100", {30: "101", 60: "102", 90: "103"}, synthetic=synthetic))
    assert [node.symbol for node in term.nodes] == ["SYN1", "F30", "F60", "F90", "SYN400"]
    assert term.front is term.nodes[1]
    assert term.back is term.nodes[3]


def test_one_instrument_an_expiry_and_a_listed_one_before_a_synthetic(make_snapshot: Make) -> None:
    term = curve(make_snapshot("100", {30: "101"}, synthetic={30: "105", 60: "102"}))
    assert [(node.symbol, node.listed) for node in term.nodes] == [("F30", True), ("SYN60", False)]
    assert term.nodes[0].mark_usd == 101
    assert [row[:2] for row in term.table().cells()] == [["F30", ""], ["SYN60", "*"]]
    assert [row["symbol"] for row in term.to_frame("records")] == ["F30", "SYN60"]
    assert "note" not in term.to_frame().columns
    assert "a forward implied by options" in str(term)


def test_below_an_hour_to_delivery_there_is_no_yearly_rate(make_snapshot: Make) -> None:
    nearly, an_hour = 59.9 / 1440, 1 / 24
    term = curve(make_snapshot("100", {nearly: "101"}))
    (node,) = term.nodes
    assert node.simple_rate is node.continuous_rate is node.forward_rate is None
    assert (node.basis_usd, node.basis_rate) == (1, pytest.approx(0.01))
    assert str(term).count("—") == 3
    assert term.price_at(node.expiry) == 100  # no rate to read: the index
    (node,) = curve(make_snapshot("100", {an_hour: "101"})).nodes
    assert node.simple_rate == pytest.approx(0.01 * 8760)
    assert node.forward_rate is not None


def test_two_expiries_within_an_hour_have_no_forward_rate_between_them(make_snapshot: Make) -> None:
    near, far = curve(make_snapshot("100", {10: "101", 10.04: "101.1"})).nodes
    assert near.forward_rate is not None
    assert far.forward_rate is None
    assert far.continuous_rate is not None


@given(st.lists(st.tuples(st.integers(1, 900), st.integers(1, 400_000)), min_size=1, max_size=8))
def test_every_node_is_priced_at_its_own_mark(
    make_snapshot: Make, points: list[tuple[int, int]]
) -> None:
    marks = {days: str(200_000 + price) for days, price in points}
    term = curve(make_snapshot("400000", marks))
    for node in term.nodes:
        assert term.price_at(node.expiry) == pytest.approx(node.mark_usd, rel=1e-9)


def test_between_expiries_the_yearly_rate_is_linear_and_flat_outside(make_snapshot: Make) -> None:
    """Rates of 4 % at 73 days and 8 % at 219: 6 % at 146, 4 % before, 8 % after."""
    marks = {73: str(1000 * math.exp(0.04 * 0.2))[:12], 219: str(1000 * math.exp(0.08 * 0.6))[:12]}
    term = curve(make_snapshot("1000", marks))
    for days, rate in ((1, 0.04), (73, 0.04), (146, 0.06), (219, 0.08), (1000, 0.08)):
        expected = 1000 * math.exp(rate * days / 365)
        assert term.price_at(term.at + timedelta(days=days)) == pytest.approx(expected, rel=1e-9)
        assert price_at(term, days / 365) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("days", [0, -1, -400])
def test_a_delivery_that_is_not_ahead_costs_the_index(make_snapshot: Make, days: int) -> None:
    term = curve(make_snapshot("1000", {30: "1010"}))
    assert term.price_at(term.at + timedelta(days=days)) == 1000


def test_the_perpetuals_premium_is_the_funding_that_it_implies(make_snapshot: Make) -> None:
    """8 basis points over the index: 1 an hour, 8 in 8 hours, 24 a day, 87.6 % a year."""
    snapshot = make_snapshot(
        "100000", {}, perpetuals={"BTC-PERPETUAL": "100080"}, funding="0.000125"
    )
    (node,) = curve(snapshot).perpetuals
    assert (node.symbol, node.mark_usd, node.premium_usd) == ("BTC-PERPETUAL", 100_080, 80)
    assert node.premium_rate == pytest.approx(0.0008)
    assert node.implied_funding_1h == pytest.approx(0.0001)
    assert node.implied_funding_8h == pytest.approx(0.0008)
    assert node.implied_funding_24h == pytest.approx(0.0024)
    assert node.implied_funding_1y == pytest.approx(0.876)
    assert node.accruing_rate_8h == 0.000125


@given(st.floats(50, 150).map(lambda mark: f"{mark:.4f}"))
def test_implied_funding_is_proportional_to_the_hours(make_snapshot: Make, mark: str) -> None:
    (node,) = curve(make_snapshot("100", {}, perpetuals={"BTC-PERPETUAL": mark})).perpetuals
    assert node.implied_funding_1h * 8 == pytest.approx(node.implied_funding_8h)
    assert node.implied_funding_8h * 3 == pytest.approx(node.implied_funding_24h)
    assert node.implied_funding_24h * 365 == pytest.approx(node.implied_funding_1y)
    assert (node.implied_funding_1y > 0) is (float(mark) > 100)


def test_each_perpetual_is_told_and_funding_that_is_not_known_is_none(make_snapshot: Make) -> None:
    both = {"BTC-PERPETUAL": "101", "BTC_USDC-PERPETUAL": "99"}
    one, other = curve(make_snapshot("100", {}, perpetuals=both)).perpetuals
    assert (one.premium_usd, other.premium_usd) == (1, -1)
    assert one.accruing_rate_8h is None


def test_a_market_of_one_coin_needs_no_name_and_one_of_several_does() -> None:
    market = simulated()
    with pytest.raises(MarketDataError, match="BTC, ETH; name one"):
        curve(market)
    assert curve(market, "ETH").underlying == "ETH"
    assert curve(simulated(underlyings=("ETH",))) == curve(market, "ETH")
    assert curve(market["BTC"]) == curve(market["BTC"], "BTC") == curve(market, "BTC")


def test_a_coin_that_is_not_there_is_refused() -> None:
    market = simulated()
    with pytest.raises(MarketDataError, match="No market for 'SOL'"):
        curve(market, "SOL")
    with pytest.raises(MarketDataError, match="the snapshot is of BTC"):
        curve(market["BTC"], "ETH")


@pytest.fixture(scope="module")
def term() -> Curve:
    return curve(simulated(), "BTC")


def test_the_simulated_curve_says_so_wherever_it_is_printed(term: Curve) -> None:
    assert term.simulated
    for shown in (str(term), repr(term), term._repr_html_()):
        assert "BTC curve at deribit (simulated)" in shown


def test_a_recorded_curve_is_not_called_simulated(make_snapshot: Make) -> None:
    assert "simulated" not in str(curve(make_snapshot("100", {30: "101"})))


def test_the_table_names_units_conventions_and_instant(term: Curve) -> None:
    shown = str(term)
    heads, units = (line.split() for line in shown.splitlines()[1:3])
    assert heads == ["Expiry", "Days", "Mark", "Basis", "Basis", "Simple", "Contin.", "Forward"]
    assert units == ["(USD)", "(USD)", "(%)", "(%/y)", "(%/y)", "(%/y)"]
    assert "2026-11-20T12:00:00Z, index 90,658.06 USD" in shown
    assert "act/365" in shown
    assert "The index moved" not in shown
    assert "no listed future" not in shown


def test_machines_have_the_delivery_and_whether_it_is_listed(make_snapshot: Make) -> None:
    term = curve(make_snapshot("100", {30: "101"}, synthetic={60: "102"}))
    records = term.to_frame("records")
    assert [row["expiry"] for row in records] == [node.expiry for node in term.nodes]
    assert [row["listed"] for row in records] == [True, False]
    assert {"expiry", "listed"}.isdisjoint(column.key for column in term.table().shown)
    assert term.to_frame()["expiry"].to_list() == [node.expiry for node in term.nodes]


@pytest.mark.parametrize(("high", "noisy"), [("100.10", False), ("100.11", True)])
def test_an_index_that_moved_further_than_ten_basis_points_is_told(
    make_snapshot: Make, high: str, noisy: bool
) -> None:
    limits = (Decimal("100"), Decimal(high))
    term = curve(make_snapshot("100", {30: "101"}, index_range=limits))
    assert ("The index moved 11.0 bp" in str(term)) is noisy


def test_the_curve_becomes_a_frame_of_the_callers_kind(term: Curve) -> None:
    records = term.to_frame("records")
    assert records[0]["symbol"] == "BTC-21NOV26"
    assert [row["mark_usd"] for row in records] == [node.mark_usd for node in term.nodes]
    frame, pandas, arrow = (term.to_frame(kind) for kind in ("polars", "pandas", "arrow"))
    assert type(frame).__module__.startswith("polars")
    assert type(pandas).__module__.startswith("pandas")
    assert type(arrow).__module__.startswith("pyarrow")
    assert frame.to_dicts() == pandas.to_dict("records") == arrow.to_pylist() == records
    assert term.to_frame().equals(frame)


def test_a_frame_keeps_what_is_not_known_as_null(make_snapshot: Make) -> None:
    frame = curve(make_snapshot("100", {0.02: "101", 30: "102"})).to_frame()
    assert frame["continuous_rate"].null_count() == 1
    assert frame["continuous_rate"].dtype.is_float()


def test_a_frame_of_another_kind_is_refused(term: Curve) -> None:
    with pytest.raises(DataError, match="polars, pandas, arrow"):
        term.to_frame("excel")  # type: ignore[arg-type]


def test_a_notebook_gets_a_table_of_every_expiry(term: Curve) -> None:
    shown = term._repr_html_()
    assert shown.startswith("<table class='obverse'>")
    assert shown.count("<tr>") == len(term.nodes) + 1
    assert all(node.symbol in shown for node in term.nodes)
