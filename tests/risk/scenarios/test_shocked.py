"""A shocked market: prices move, rates shift by what was asked, all else stays."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from books import AT, JUNE, MARCH, MARKET, as_simulated
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.curves import curve
from obverse.errors import DataError
from obverse.market import Market
from obverse.risk.scenarios import BasisShock, CurvePoint, CurveShock, Scenario, shocked_market

YEARS = {expiry: Fraction((expiry - AT).total_seconds()) / 31_536_000 for expiry in (MARCH, JUNE)}


def simple_rate(market: Market, symbol: str) -> Fraction:
    """A future's simple yearly rate."""
    snapshot = market["BTC"]
    quote = snapshot[symbol]
    assert quote.expiry is not None
    return (Fraction(quote.mark) / Fraction(snapshot.index) - 1) / YEARS[quote.expiry]


@settings(deadline=None)
@given(st.decimals("-0.99", "9", places=4))
def test_a_parallel_move_moves_every_price_by_one_factor(move: Decimal) -> None:
    found = shocked_market(MARKET, Scenario("move", move=move))
    for coin in MARKET:
        before, after = MARKET[coin], found[coin]
        assert after.index == before.index * (1 + move)
        marks = zip(before.quotes, after.quotes, strict=True)
        assert all(b.mark * (1 + move) == a.mark for b, a in marks)


def test_rates_stay_when_prices_move() -> None:
    found = shocked_market(MARKET, Scenario("move", move=Decimal("-0.4")))
    for before, after in zip(curve(MARKET, "BTC").nodes, curve(found, "BTC").nodes, strict=True):
        assert after.simple_rate == pytest.approx(before.simple_rate, abs=1e-12)


def test_only_the_named_coin_moves() -> None:
    found = shocked_market(MARKET, Scenario("one", moves={"ETH": Decimal("-0.5")}))
    assert found["BTC"].index == MARKET["BTC"].index
    assert found["ETH"].index == MARKET["ETH"].index / 2


@pytest.mark.parametrize("symbol", ["BTC-27MAR26", "BTC-26JUN26"])
def test_a_shift_of_rates_is_what_was_asked(symbol: str) -> None:
    shock = BasisShock(shift_bp=Decimal(-350))
    found = shocked_market(MARKET, Scenario("shift", move=Decimal("-0.2"), basis=shock))
    shifted = simple_rate(found, symbol) - simple_rate(MARKET, symbol)
    assert float(shifted) == pytest.approx(-0.035, abs=1e-20)


@pytest.mark.parametrize("symbol", ["BTC-27MAR26", "BTC-26JUN26"])
def test_a_factor_scales_the_basis(symbol: str) -> None:
    for factor in ("0", "2", "-1"):
        shock = BasisShock(factor=Decimal(factor))
        found = shocked_market(MARKET, Scenario("factor", basis=shock))
        assert float(simple_rate(found, symbol)) == pytest.approx(
            float(simple_rate(MARKET, symbol) * int(factor)), abs=1e-20
        )
    assert found["BTC"]["BTC-PERPETUAL"].mark == MARKET["BTC"]["BTC-PERPETUAL"].mark


def test_curve_points_shift_each_expiry_by_its_own() -> None:
    points = (
        CurvePoint(Decimal(100), expiry=MARCH.date()),
        CurvePoint(Decimal(-50), expiry=JUNE.date()),
    )
    found = shocked_market(MARKET, Scenario("twist", curve=CurveShock(points=points)))
    for symbol, shift in (("BTC-27MAR26", 0.01), ("BTC-26JUN26", -0.005)):
        moved = simple_rate(found, symbol) - simple_rate(MARKET, symbol)
        assert float(moved) == pytest.approx(shift, abs=1e-20)


def test_the_perpetuals_premium_is_shifted_alone() -> None:
    shock = BasisShock(perpetual_shift=Decimal("-0.05"))
    found = shocked_market(MARKET, Scenario("premium", basis=shock))["BTC"]
    assert found["BTC-PERPETUAL"].mark == Decimal("77388") - Decimal("77334.5") * Decimal("0.05")
    assert found["BTC-26JUN26"].mark == MARKET["BTC"]["BTC-26JUN26"].mark


def test_bids_asks_and_the_indexs_range_move_along() -> None:
    snapshot = MARKET["BTC"]
    perpetual = replace(
        snapshot.perpetuals[0], bid=Decimal(77_380), ask=Decimal(77_390), funding_rate_8h=Decimal(0)
    )
    limits = (Decimal(77_000), Decimal(78_000))
    seen = replace(snapshot, perpetuals=(perpetual,), index_range=limits)
    market = replace(MARKET, snapshots={"BTC": seen})
    found = shocked_market(market, Scenario("half", move=Decimal("-0.5")))["BTC"]
    quote = found.perpetuals[0]
    assert (quote.bid, quote.ask, quote.last) == (38_690, 38_695, None)
    assert found.index_range == (38_500, 39_000)
    assert (quote.funding_rate_8h, quote.observed_at) == (0, perpetual.observed_at)


def test_it_says_where_it_comes_from() -> None:
    found = shocked_market(as_simulated(MARKET), Scenario("half", move=Decimal("-0.5")))
    assert found.simulated
    assert found.source == "by hand, scenario 'half'"


def test_a_rate_that_leaves_no_price_is_refused() -> None:
    shock = BasisShock(shift_bp=Decimal(-30_000))
    with pytest.raises(DataError, match=r"BTC-26JUN26 would cost -.*shift its rate less"):
        shocked_market(MARKET, Scenario("too far", basis=shock))
