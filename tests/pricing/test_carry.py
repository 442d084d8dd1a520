"""Fair price by cost of carry: textbook numbers, payments, rich and cheap, the implied yield."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import DataError
from obverse.pricing import (
    Carry,
    Payment,
    RateCurve,
    compare_with_market,
    fair_price,
    implied_coin_yield,
)

NOT_ABOVE_ZERO = [math.nan, math.inf, -math.inf, 0.0, -100.0]
spots = st.floats(0.01, 1e6)
years = st.floats(1 / 8760, 5)
rates = st.floats(-0.3, 0.6)


@pytest.mark.parametrize(
    ("spot", "maturity", "carry", "price"),
    [
        # A bond without coupons: 930·exp(0.06·4/12).
        (930, 4 / 12, Carry(0.06), 948.79),
        # A stock that pays 0.75 after 3, 6 and 9 months: (50 − 2.162)·exp(0.08·10/12).
        (50, 10 / 12, Carry(0.08, payments=tuple(Payment(m / 12, 0.75) for m in (3, 6, 9))), 51.14),
        # A known yield of 3.96 %: 25·exp((0.10 − 0.0396)·0.5).
        (25, 0.5, Carry(0.10, coin_yield=0.0396), 25.77),
        # An index with a yield of 1 %: 1300·exp((0.05 − 0.01)·0.25).
        (1300, 0.25, Carry(0.05, coin_yield=0.01), 1313.07),
        # Gold stored for 2 dollars, due at the end: (450 + 1.865)·exp(0.07).
        (450, 1, Carry(0.07, payments=(Payment(1, -2),)), 484.63),
        # Storage as a rate of the value: 100·exp(0.05 + 0.02).
        (100, 1, Carry(0.05, storage_rate=0.02), 107.25),
    ],
)
def test_the_textbooks_forward_prices(
    spot: float, maturity: float, carry: Carry, price: float
) -> None:
    """Hull, Options, Futures and Other Derivatives, ch. 5, examples; the last by hand."""
    assert fair_price(spot, maturity, carry) == pytest.approx(price, abs=0.005)


def test_a_comparison_prints_in_one_line_with_units() -> None:
    """A quarter of the year at 4 %: 100,000·exp(0.01) = 101,005.02."""
    found = compare_with_market(100_000, 102_000, 0.25, Carry(0.04))
    assert str(found) == repr(found)
    assert str(found) == (
        "market 102,000.00 USD, fair 101,005.02 USD: +994.98 USD (+0.985%, +3.92% a year)"
    )
    at_delivery = compare_with_market(100_000, 99_000, 0, Carry(0.04))
    assert str(at_delivery) == (
        "market 99,000.00 USD, fair 100,000.00 USD: -1,000.00 USD (-1.000%)"
    )


@given(spots, years, rates, rates, rates)
def test_flat_rates_price_as_curves_of_one_maturity(
    spot: float, maturity: float, dollar: float, coin: float, storage: float
) -> None:
    flat = Carry(dollar, coin, storage)
    curves = Carry(*(RateCurve((0.25,), (rate,)) for rate in (dollar, coin, storage)))
    assert fair_price(spot, maturity, flat) == fair_price(spot, maturity, curves)


def test_each_rate_is_read_off_its_own_curve_at_the_maturity() -> None:
    carry = Carry(
        dollar_rate=RateCurve((0.5, 1.5), (0.04, 0.06)),
        coin_yield=RateCurve((0.0, 2.0), (0.00, 0.02)),
        storage_rate=RateCurve((1.0, 3.0), (0.01, 0.09)),
    )
    assert carry.net_rate(1.0) == pytest.approx(0.05 + 0.01 - 0.01)
    assert carry.net_rate(2.0) == pytest.approx(0.06 + 0.05 - 0.02)
    assert fair_price(50_000, 2.0, carry) == pytest.approx(50_000 * math.exp(0.18))


def test_a_discrete_payment_is_taken_off_the_spot_at_its_present_value() -> None:
    r, maturity = 0.05, 0.5
    paid = Carry(r, payments=(Payment(0.1, 300), Payment(0.4, 500)))
    present = 300 * math.exp(-0.005) + 500 * math.exp(-0.02)
    expected = (60_000 - present) * math.exp(r * maturity)
    assert fair_price(60_000, maturity, paid) == pytest.approx(expected)
    # The same money carried forward: what the seller of the future keeps until delivery.
    forward = 300 * math.exp(r * 0.4) + 500 * math.exp(r * 0.1)
    assert fair_price(60_000, maturity, paid) == pytest.approx(60_000 * math.exp(0.025) - forward)


def test_a_payment_is_discounted_on_the_dollar_curve_at_its_own_time() -> None:
    dollars = RateCurve((0.1, 0.5), (0.02, 0.06))
    carry = Carry(dollars, payments=(Payment(0.3, 400),))
    expected = (60_000 - 400 * math.exp(-0.04 * 0.3)) * math.exp(0.03)
    assert fair_price(60_000, 0.5, carry) == pytest.approx(expected)


def test_a_payment_after_delivery_does_not_count_and_one_at_delivery_does() -> None:
    after = Carry(0.05, payments=(Payment(0.5000001, 900),))
    at_delivery = Carry(0.05, payments=(Payment(0.5, 900),))
    plain = fair_price(60_000, 0.5, Carry(0.05))
    assert fair_price(60_000, 0.5, after) == plain
    assert fair_price(60_000, 0.5, at_delivery) == pytest.approx(plain - 900)


def test_at_delivery_the_fair_price_is_the_spot() -> None:
    assert fair_price(60_000, 0, Carry(0.05, 0.1, 0.2)) == 60_000


@given(spots, years, rates, rates)
def test_the_market_at_its_fair_price_is_neither_rich_nor_cheap(
    spot: float, maturity: float, dollar: float, coin: float
) -> None:
    carry = Carry(dollar, coin)
    found = compare_with_market(spot, fair_price(spot, maturity, carry), maturity, carry)
    assert found.rich_usd == found.rich_rate == found.rich_annualised == 0
    assert found.market_usd == found.fair_usd
    assert found.maturity_years == maturity


def test_a_rich_market_is_told_in_dollars_per_cent_and_a_year() -> None:
    """Half a year at 4 %: 60,000·exp(0.02) = 61,212.08; at 62,000 it is 787.92 rich."""
    found = compare_with_market(60_000, 62_000, 0.5, Carry(0.04))
    assert found.fair_usd == pytest.approx(61_212.08, abs=0.005)
    assert found.rich_usd == pytest.approx(787.92, abs=0.005)
    assert found.rich_rate == pytest.approx(0.0128720, abs=5e-8)
    assert found.rich_annualised == pytest.approx(2 * math.log(62_000 / 60_000) - 0.04)


def test_a_cheap_market_has_the_other_sign_everywhere() -> None:
    found = compare_with_market(60_000, 60_000, 0.5, Carry(0.04))
    assert found.rich_usd < 0
    assert found.rich_rate < 0
    assert found.rich_annualised == pytest.approx(-0.04)


def test_at_delivery_no_yearly_rate_says_how_rich_the_market_is() -> None:
    found = compare_with_market(60_000, 60_100, 0, Carry(0.04))
    assert found.rich_usd == 100
    assert found.rich_annualised is None


@given(spots, years, rates, rates, rates)
def test_the_implied_coin_yield_is_the_one_that_makes_the_market_fair(
    spot: float, maturity: float, dollar: float, coin: float, storage: float
) -> None:
    market = fair_price(spot, maturity, Carry(dollar, coin, storage))
    implied = implied_coin_yield(spot, market, maturity, Carry(dollar, 0.01, storage))
    assert implied == pytest.approx(coin, abs=1e-10 / maturity)


@given(spots, spots, years, rates, rates)
def test_at_the_implied_coin_yield_any_market_is_fair(
    spot: float, market: float, maturity: float, dollar: float, guess: float
) -> None:
    paid = (Payment(maturity / 2, spot / 50),)
    implied = implied_coin_yield(spot, market, maturity, Carry(dollar, guess, 0.01, paid))
    fair = fair_price(spot, maturity, Carry(dollar, implied, 0.01, paid))
    assert fair == pytest.approx(market)


def test_without_payments_the_implied_yield_is_the_rates_less_the_basis() -> None:
    """r + u − ln(F/S)/T: a curve steeper than the dollar rate says that coins cost to hold."""
    steep = 60_000 * math.exp(0.07)
    assert implied_coin_yield(60_000, steep, 1, Carry(0.04)) == pytest.approx(-0.03)
    assert implied_coin_yield(60_000, steep, 1, Carry(0.04, 0.5, 0.01)) == pytest.approx(-0.02)
    flat = Carry(RateCurve.flat(0.04))
    assert implied_coin_yield(60_000, 60_000, 1, flat) == pytest.approx(0.04)


@pytest.mark.parametrize("bad", NOT_ABOVE_ZERO)
def test_a_price_that_is_none_is_refused(bad: float) -> None:
    with pytest.raises(DataError, match="spot price"):
        fair_price(bad, 0.5, Carry())
    with pytest.raises(DataError, match="spot price"):
        implied_coin_yield(bad, 60_000, 0.5, Carry(0.04))
    with pytest.raises(DataError, match="market price"):
        compare_with_market(60_000, bad, 0.5, Carry())
    with pytest.raises(DataError, match="market price"):
        implied_coin_yield(60_000, bad, 0.5, Carry(0.04))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, -0.1])
def test_a_maturity_in_the_past_or_of_no_number_is_refused(bad: float) -> None:
    with pytest.raises(DataError, match="maturity"):
        fair_price(60_000, bad, Carry())
    with pytest.raises(DataError, match="payment"):
        Payment(bad, 100)


@pytest.mark.parametrize("bad", NOT_ABOVE_ZERO)
def test_an_implied_yield_needs_a_delivery_ahead(bad: float) -> None:
    with pytest.raises(DataError, match="maturity"):
        implied_coin_yield(60_000, 61_000, bad, Carry(0.04))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_rate_or_a_payment_of_no_number_is_refused(bad: float) -> None:
    with pytest.raises(DataError):
        fair_price(60_000, 0.5, Carry(dollar_rate=bad))
    with pytest.raises(DataError):
        fair_price(60_000, 0.5, Carry(coin_yield=bad))
    with pytest.raises(DataError):
        fair_price(60_000, 0.5, Carry(storage_rate=bad))
    with pytest.raises(DataError):
        Payment(0.1, bad)


def test_payments_worth_more_than_the_coin_are_refused() -> None:
    with pytest.raises(DataError, match="exceed the spot price"):
        fair_price(100, 1, Carry(payments=(Payment(0.5, 100),)))
