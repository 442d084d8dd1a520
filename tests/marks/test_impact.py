"""Impact prices, market price and price bands, on books good and bad."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.contracts import Instrument
from obverse.contracts.units import to_decimal
from obverse.errors import AmountError, MarketDataError
from obverse.marks import (
    Level,
    PriceBand,
    impact_mid_price,
    impact_price,
    market_price,
    price_band,
)

INVERSE = Instrument.generic("inverse", "1", "BTC")
prices = st.decimals("0.5", 200_000, places=1)
ticks = st.sampled_from([Decimal(text) for text in ("0.01", "0.05", "0.5", "1")])


def _levels(*rows: tuple[str, str]) -> list[Level]:
    return [Level(Decimal(price), Decimal(contracts)) for price, contracts in rows]


ASKS = _levels(("10000", "5000"), ("10100", "20200"), ("10200", "1000000"))


def test_an_impact_price_takes_coin_from_the_best_outwards() -> None:
    assert impact_price(INVERSE, ASKS, coin_notional="0.5") == 10_000
    # 0.5 coin at 10,000 and 1.5 at 10,100 are 5,000 + 15,150 dollars for two coins.
    assert impact_price(INVERSE, ASKS, coin_notional=2) == Decimal("10075")


def test_a_book_too_thin_has_no_impact_price() -> None:
    assert impact_price(INVERSE, ASKS[:1], coin_notional=1) is None
    assert impact_price(INVERSE, [], coin_notional=1) is None


def test_a_linear_book_averages_by_its_own_payoff() -> None:
    linear = Instrument.generic("linear", "1", "USDT")
    asks = _levels(("100", "1"), ("200", "10"))
    assert impact_price(linear, asks, coin_notional=300) == 150


@given(
    st.lists(st.tuples(prices, st.integers(1, 10**6)), min_size=1, unique_by=lambda row: row[0]),
    st.booleans(),
    st.decimals("0.01", "0.99", places=2),
)
def test_an_impact_price_lies_within_the_levels_it_takes(
    rows: list[tuple[Decimal, int]], falling: bool, part: Decimal
) -> None:
    levels = [Level(p, Decimal(c)) for p, c in sorted(rows, reverse=falling)]
    depth = sum(Fraction(level.contracts) / Fraction(level.price) for level in levels)
    notional = to_decimal(depth * Fraction(part))
    found = impact_price(INVERSE, levels, coin_notional=notional)
    assert found is not None
    low, high = sorted([levels[0].price, levels[-1].price])
    assert low * (1 - Decimal("1e-20")) <= found <= high * (1 + Decimal("1e-20"))


@pytest.mark.parametrize(
    "levels",
    [
        _levels(("100", "1"), ("100", "2")),  # the same level twice
        _levels(("100", "1"), ("101", "2"), ("100.5", "1")),  # not outwards
        _levels(("100", "0")),
        _levels(("100", "-5")),
    ],
)
def test_a_broken_side_is_refused(levels: list[Level]) -> None:
    with pytest.raises(MarketDataError, match="book"):
        impact_price(INVERSE, levels, coin_notional="0.001")


def test_nonsense_prices_and_notionals_are_refused() -> None:
    with pytest.raises(AmountError, match="level"):
        impact_price(INVERSE, _levels(("0", "1")), coin_notional=1)
    for notional in ("0", "-1"):
        with pytest.raises(MarketDataError, match="takes nothing"):
            impact_price(INVERSE, ASKS, coin_notional=notional)


def test_the_impact_mid_is_rounded_to_the_tick_and_refuses_a_crossed_book() -> None:
    # XBTZ21 of 2021-07-22: 32,617.9138 and 32,672.1578 make 32,645 at a tick of 0.5.
    assert impact_mid_price("32617.9138", "32672.1578", tick="0.5") == 32_645
    assert impact_mid_price("100", "100", tick="0.5") == 100
    with pytest.raises(MarketDataError, match="above the ask"):
        impact_mid_price("101", "100", tick="0.5")


def test_deribits_market_price_is_the_last_confined_to_the_book() -> None:
    assert market_price(bid="871", ask="871.5", last="871.7") == Decimal("871.5")  # DRB-13a
    assert market_price(bid="871", ask="871.5", last="870") == 871
    assert market_price(bid="871", ask="871.5", last="871.25") == Decimal("871.25")


def test_a_book_with_one_side_binds_on_that_side_only() -> None:
    assert market_price(bid="871", ask=None, last="900") == 900
    assert market_price(bid="871", ask=None, last="800") == 871
    assert market_price(bid=None, ask="871.5", last="900") == Decimal("871.5")
    assert market_price(bid=None, ask=None, last="900") == 900


def test_no_last_price_means_the_middle_and_needs_both_sides() -> None:
    assert market_price(bid="871", ask="872", last=None) == Decimal("871.5")
    with pytest.raises(MarketDataError, match="not both sides"):
        market_price(bid="871", ask=None, last=None)
    with pytest.raises(MarketDataError, match="above the ask"):
        market_price(bid="872", ask="871", last="871.5")


def test_deribits_limits_are_rounded_outwards() -> None:
    band = price_band("92281.78", band_rate="0.015", tick="0.5")  # DRB-18a
    assert band == PriceBand(Decimal("90897.5"), Decimal("93666.5"))
    band = price_band("87006.21", band_rate="0.015", tick="0.5")  # DRB-18b
    assert band == PriceBand(Decimal("85701"), Decimal("88311.5"))


@given(prices, st.decimals(0, "0.99", places=4), ticks)
def test_a_price_band_contains_its_mark(mark: Decimal, rate: Decimal, tick: Decimal) -> None:
    band = price_band(mark, band_rate=rate, tick=tick)
    assert band.min_price <= mark * (1 - rate) <= mark <= mark * (1 + rate) <= band.max_price
    assert band.min_price % tick == band.max_price % tick == 0
    assert mark * (1 - rate) - band.min_price < tick


@pytest.mark.parametrize("rate", ["-0.01", "1", "2"])
def test_a_band_that_is_no_fraction_of_the_mark_is_refused(rate: str) -> None:
    with pytest.raises(MarketDataError, match="price band"):
        price_band("100", band_rate=rate, tick="0.5")
